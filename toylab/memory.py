"""Memory that is freed is kept for the next step.

A step of eight seeds asks for some thirty arrays of a megabyte and frees them. glibc hands such pieces back
to the system each time and gets them anew, page by page, each page filled with zeros: a quarter of a
step's time, measured on the base game.
"""

from __future__ import annotations

import ctypes
import sys

# From glibc's malloc.h.
_M_TRIM_THRESHOLD, _M_TOP_PAD, _M_MMAP_THRESHOLD = -1, -2, -3
# The most that glibc takes for it; larger pieces come from the system as before.
_LARGEST = 32 << 20
# What the process may keep above what it uses.
_KEPT = 512 << 20


def keep_freed() -> None:
    """Let this process keep what it frees; where malloc is not glibc's nothing happens."""
    if sys.platform != "linux":
        return
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(_M_MMAP_THRESHOLD, _LARGEST)
        mallopt(_M_TRIM_THRESHOLD, _KEPT)
        mallopt(_M_TOP_PAD, 16 << 20)
