"""Locks of the system's own: held until they are let go or their process ends, however it ends.

By hand, since the common library leaves its files lying, and where a disk knows no locks puts a mark that
outlives a killed process. Nobody asks whether a process is alive by its number: another machine on the same
disk has the same numbers, and on Windows `os.kill(pid, 0)` is no question.
"""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_WINDOWS = sys.platform == "win32"
_SYSTEM: Any = importlib.import_module("msvcrt" if _WINDOWS else "fcntl")
# What the system says of a lock that another holds; anything else is a disk without locks.
_HELD = frozenset({errno.EAGAIN, errno.EWOULDBLOCK, errno.EACCES, errno.EDEADLK})


@dataclass(frozen=True)
class Lock:
    """A lock that is held.

    Attributes:
        path: Its file.
        file: The file's descriptor.
        sure: Whether this disk knows locks; where it does not, others may hold it as well.
    """

    path: Path
    file: int
    sure: bool

    def release(self, keep: bool = False) -> None:
        """Let go, and take the file away unless it is to be kept."""
        # Still locked when it goes, so that nobody takes a lock on a file that is gone; Windows lets no
        # open file go.
        if _WINDOWS:
            os.close(self.file)
        if not keep:
            with contextlib.suppress(OSError):
                os.unlink(self.path)
        if not _WINDOWS:
            os.close(self.file)


def take(path: Path, make: bool = True) -> Lock | None:
    """Take a lock at once; None if another holds it, in this process or any other.

    Args:
        path: The lock's file.
        make: Whether it is made where there is none.

    Raises:
        OSError: If the file cannot be opened.
    """
    while True:
        file = _opened(path, make)
        sure = True
        try:
            if _WINDOWS:
                _SYSTEM.locking(file, _SYSTEM.LK_NBLCK, 1)
            else:
                _SYSTEM.flock(file, _SYSTEM.LOCK_EX | _SYSTEM.LOCK_NB)
        except OSError as error:
            if error.errno in _HELD:
                os.close(file)
                return None
            sure = False
        # Whoever held it may have taken the file away after it was opened here.
        if _stands(file, path):
            return Lock(path, file, sure)
        os.close(file)


def _opened(path: Path, make: bool) -> int:
    flags = os.O_CREAT if make else 0
    try:
        return os.open(path, os.O_RDWR | flags, 0o666)
    except PermissionError as error:
        # Another user's, left by a kill: a lock needs no writing.
        try:
            return os.open(path, os.O_RDONLY)
        except FileNotFoundError:
            raise error from None


def _stands(file: int, path: Path) -> bool:
    try:
        return os.path.samestat(os.fstat(file), os.stat(path))
    except FileNotFoundError:
        return False
