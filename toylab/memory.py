"""Memory that is freed is kept for the next step, and given back when the training is over.

A step of eight seeds asks for some thirty arrays of a megabyte and frees them. glibc hands such pieces back
to the system each time and gets them anew, page by page, each page filled with zeros: a quarter of a
step's time, measured on the base game.
"""

from __future__ import annotations

import ctypes
import os
import sys
from typing import Any

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
# The most that glibc takes for it; larger pieces come from the system as before.
_LARGEST = 32 << 20
# What the process may keep above what it uses.
_KEPT = 512 << 20


def keep_freed() -> None:
    """Let this process keep what it frees; where malloc is not glibc's nothing happens."""
    mallopt = _of_glibc("mallopt")
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
        mallopt(_M_TOP_PAD, 16 << 20)


def give_back() -> None:
    """Hand what is kept back to the system, for whoever needs it next.

    Without it a worker looks as if it leaked: joblib ends one that has grown by 300 MB, and warns.
    """
    malloc_trim = _of_glibc("malloc_trim")
    if malloc_trim is not None:
        malloc_trim(0)


def machine_bytes() -> int | None:
    """Memory of this machine; None where the system does not tell."""
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return None


def _of_glibc(name: str) -> Any:
    """A function of the C library, or None where it has no such one."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
