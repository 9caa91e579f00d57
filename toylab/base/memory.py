"""Memory that is freed is kept for the next step, and given back when the training is over.

A step of eight seeds asks for some thirty arrays of a megabyte and frees them. glibc hands such pieces back
to the system each time and gets them anew, page by page, each page filled with zeros: a quarter of a
step's time, measured on the base game.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

try:
    import resource
except ImportError:  # Windows
    resource = None

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


def machine_bytes(system: Path = Path("/")) -> int | None:
    """Memory that this process may have: the machine's, or less in a container or under a limit.

    Args:
        system: Where the system tells of control groups.

    Returns:
        Bytes; None where nothing tells.
    """
    told = [*_group_bytes(system)]
    try:
        told.append(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"))
    except (AttributeError, OSError, ValueError):
        pass
    if resource is not None:
        told.append(resource.getrlimit(resource.RLIMIT_AS)[0])
    # -1 is no limit.
    return min((n for n in told if n > 0), default=None)


def _group_bytes(system: Path) -> Iterator[int]:
    """Limits of the control groups around this process, of either version, as far as they can be seen."""
    for line in _text(system / "proc/self/cgroup").splitlines():
        _, kinds, own = line.split(":", 2)
        if kinds not in ("", "memory"):
            continue
        home = system / "sys/fs/cgroup" / kinds
        name = "memory.limit_in_bytes" if kinds else "memory.max"
        group = home / own.strip("/")
        # A group has no more than those above it. Inside a container its path may be the host's.
        for folder in (group, *group.parents):
            limit = _text(folder / name).strip()
            if limit.isdigit():  # or "max"
                yield int(limit)
            if folder == home:
                break


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""


def _of_glibc(name: str) -> Any:
    """A function of the C library, or None where it has no such one."""
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
