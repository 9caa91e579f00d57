"""Signals held back for a moment."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Iterator


@contextlib.contextmanager
def blocked(*signals: signal.Signals) -> Iterator[set[int]]:
    """Hold signals back; what comes meanwhile is heard when the block ends. Windows holds none back.

    Threads and processes that are started in here never take them: a mask is inherited, and holds from the
    first instruction on.

    Yields:
        The signals that were held back before.
    """
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield set()
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, signals)
    try:
        yield {*before}
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
