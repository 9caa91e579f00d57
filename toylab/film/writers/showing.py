"""Showing a film to its writers: each frame is drawn once, whatever is written."""

from __future__ import annotations

import contextlib
import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

from toylab.base.errors import ToylabError
from toylab.base.files import expect_apart, expect_file, expect_folder, whole, whole_folder
from toylab.film.writers.endings import FOLDER, ending_of, writer_for
from toylab.film.writers.folder import FRAMES, is_ours
from toylab.film.writers.halves import beside, worth_halving
from toylab.film.writers.writer import Frames, Pixels, Reel, Timing, Writer

Shown = Callable[[Sequence[int]], Iterable[int]]

# Frames that may wait for a writer. Two keep both cores busy; more only hold memory.
_WAITING = 2
# Over the film they show all its colours; they are kept, so that none is drawn twice. Few: the second
# process starts after them.
_N_EARLY = 8


def write(
    frames: Frames,
    outputs: Sequence[str | Path],
    timing: Timing,
    provenance: dict[str, str],
    still: int | None = None,
    watch: Shown = lambda numbers: numbers,
) -> None:
    """Write a film to each output; every ending is checked before the first frame is drawn.

    Args:
        frames: The film.
        outputs: Files, or folders: their names end with "/".
        timing: How long frames stand.
        provenance: How the film was made.
        still: The one frame of a still; a contact sheet if none is given.
        watch: Passes frame numbers on, one as each frame is drawn; for showing progress.

    Raises:
        ToylabError: If an ending is unknown, a frame is not there, or a file cannot be written.
    """
    check_outputs(outputs, still)
    formats = [writer_for(output) for output in outputs]
    n = len(frames)
    if still is not None and not 0 <= still < n:
        raise ToylabError(f"frame {still} is not in the film. It has {n}: 0 to {n - 1}.")
    moving = any(row.moving for row in formats)
    with contextlib.ExitStack() as stack:
        # The surface's small products gain nothing from a second core, which the encoder needs.
        stack.enter_context(threadpool_limits(limits=1, user_api="blas"))
        parts = [stack.enter_context(_whole(output)) for output in outputs]
        few = np.unique(np.linspace(0, n - 1, _N_EARLY).astype(int)) if moving else []
        early = {int(k): frames.draw(int(k)) for k in few}
        reel = Reel(frames, timing, provenance, still, early)
        writers = [
            stack.enter_context(row.open(part, reel))
            for row, part in zip(formats, parts, strict=True)
        ]
        if not moving:
            return
        if all(row.halves for row in formats) and worth_halving(n):
            _show_halves(reel, writers, watch)
        else:
            _show(reel, writers, watch)


def check_outputs(outputs: Sequence[str | Path], still: int | None = None) -> None:
    """Check that each output has a writer, a place of its own, and that what shows a frame is a still.

    Args:
        outputs: Files, or folders: their names end with "/".
        still: The one frame of a still.

    Raises:
        ToylabError: With the first that cannot be written, or if a frame is asked of a film.
    """
    films = [str(output) for output in outputs if writer_for(output).moving]
    expect_apart(outputs)
    if films and still is not None:
        raise ToylabError(
            f"{films[0]} is a film, and frame {still} is a still. Write .png, .pdf or .svg."
        )
    for output in outputs:
        if ending_of(output) == FOLDER:
            expect_folder(Path(output), is_ours, FRAMES)
        else:
            expect_file(output)


def _whole(output: str | Path) -> contextlib.AbstractContextManager[Path]:
    if ending_of(output) == FOLDER:
        return whole_folder(Path(output), is_ours, FRAMES)
    return whole(Path(output))


def _frame(reel: Reel, k: int, into: Pixels) -> Pixels:
    return reel.early.pop(k) if k in reel.early else reel.frames.draw(k, into=into)


def _show_halves(reel: Reel, writers: Sequence[Writer], watch: Shown) -> None:
    """Draw and encode the later half in a second process; neither waits for the other."""
    n, middle = len(reel.frames), len(reel.frames) // 2
    buffer = np.empty((*reel.size, 4), dtype=np.uint8)

    def later(check: Callable[[], None]) -> None:
        before = reel.early.get(middle - 1)
        before = reel.frames.draw(middle - 1, into=buffer) if before is None else before
        for writer in writers:
            writer.resume(before)
        for k in range(middle, n):
            check()
            frame = _frame(reel, k, buffer)
            for writer in writers:
                writer.add(k, frame, reel.timing.duration(k, n))

    with beside(later):
        for k in watch(range(middle)):
            frame = _frame(reel, k, buffer)
            for writer in writers:
                writer.add(k, frame, reel.timing.duration(k, n))
    for writer in writers:
        writer.join()


def _show(reel: Reel, writers: Sequence[Writer], watch: Shown) -> None:
    """Draw each frame while the writers, one thread each, encode the one before."""
    n = len(reel.frames)
    buffers = [np.empty((*reel.size, 4), dtype=np.uint8) for _ in range(_WAITING + 1)]
    waiting: deque[list[Future[None]]] = deque()
    with contextlib.ExitStack() as stack:
        stack.enter_context(_quick_turns())
        # One thread a writer: a frame is told by what differs from the one before.
        threads = [stack.enter_context(ThreadPoolExecutor(max_workers=1)) for _ in writers]
        for k in watch(range(n)):
            # In turn: by the time one is drawn into again, its encoding has been waited for.
            frame = _frame(reel, k, buffers[k % len(buffers)])
            duration = reel.timing.duration(k, n)
            waiting.append(
                [
                    thread.submit(writer.add, k, frame, duration)
                    for thread, writer in zip(threads, writers, strict=True)
                ]
            )
            while len(waiting) > _WAITING:
                _wait(waiting.popleft())
        while waiting:
            _wait(waiting.popleft())


def _wait(encodings: Sequence[Future[None]]) -> None:
    for encoding in encodings:
        encoding.result()


@contextlib.contextmanager
def _quick_turns() -> Iterator[None]:
    """Let two threads take turns 50 times as often as usual.

    The encoder needs Python's lock for moments between long calls without it; at the usual 5 ms a turn
    it would wait most of a frame for each of them.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)
