"""Threads of a training: torch's own are left out of it, and this machine's cores are used without them.

torch shares a product among threads that wait for one another by spinning. A GAN's products in the plane
are small: with one other program on one of two cores, eight seeds took twenty times as long as on one
thread, for each product waits until the system lets all of its threads run.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import TypeVar

import torch

from toylab.base.cores import cores

Result = TypeVar("Result")

_lock = threading.Lock()
_inside, _before = 0, 1
_own = threading.local()


@contextlib.contextmanager
def one_thread() -> Iterator[None]:
    """Hold torch to one thread, and then leave the number as the host has set it.

    The number belongs partly to a thread and partly to the process, so whoever comes in first remembers
    it for all who are inside at the same time.
    """
    global _inside, _before
    if getattr(_own, "inside", False):
        yield
        return
    with _lock:
        if not _inside:
            _before = torch.get_num_threads()
        _inside += 1
    _own.inside = True
    torch.set_num_threads(1)
    try:
        yield
    finally:
        _own.inside = False
        with _lock:
            _inside -= 1
            torch.set_num_threads(_before)


class Hands:
    """As many threads as this process has cores, for work that falls into pieces, inside `one_thread`.

    None waits for another but at the end of the whole, asleep. What comes out does not depend on how many
    there are.
    """

    def __init__(self) -> None:
        self._pool: ThreadPoolExecutor | None = None

    def do(self, pieces: Sequence[Callable[[], Result]]) -> list[Result]:
        """Do each piece; what they give, in order. Without threads, if there is little to share."""
        # A hand at work does its own pieces itself: its fellows have theirs.
        if len(pieces) < 2 or cores() < 2 or getattr(_own, "hand", False):
            return [piece() for piece in pieces]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(cores(), "toylab", _settle)
        tasks = [self._pool.submit(piece) for piece in pieces]
        # One that fails is told at once: its fellows may have far to go, and nobody wants what they bring.
        for task in wait(tasks, return_when=FIRST_EXCEPTION).done:
            task.result()
        return [task.result() for task in tasks]

    def rest(self) -> None:
        """End the threads; they come again when there is something to do."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)
            self._pool = None


def _settle() -> None:
    """Hold a thread of ours to itself for as long as it lives."""
    _own.inside = _own.hand = True
    torch.set_num_threads(1)
