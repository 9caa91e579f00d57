"""Which snapshots become frames, when there are more than a film has time for."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toylab.trace import Trace


def paced(trace: Trace, seed: int, n: int, keep: Sequence[int] = ()) -> list[int]:
    """Choose n snapshots so that equal movement passes between them.

    Half of the pace is movement (of the samples, as a share of the stage), half is time: a cloud that
    stands still is still shown to stand.

    Args:
        trace: What was measured.
        seed: Whose samples move.
        n: At most so many; two at least.
        keep: Snapshots that must be shown.

    Returns:
        Increasing, with the first and the last.
    """
    total = len(trace.steps)
    if n >= total:
        return list(range(total))
    samples = np.nan_to_num(trace.target.frame.inward(trace.samples[:, trace.row(seed)]))
    moved = np.hypot(*np.moveaxis(np.diff(samples, axis=0), -1, 0)).mean(-1)  # [T - 1]
    share = moved / moved.sum() if moved.sum() > 0 else np.full(total - 1, 1 / (total - 1))
    pace = np.concatenate([[0.0], np.cumsum(0.5 * share + 0.5 / (total - 1))])
    chosen = {0, total - 1, *keep}
    # Marks that fall on a chosen snapshot give way to finer ones, until there are n.
    for asked in range(2, 4 * total):
        marks = np.searchsorted(pace, np.linspace(0, pace[-1], asked) - 1e-12)
        more = chosen | {int(m) for m in np.minimum(marks, total - 1)}
        if len(more) > n:
            break
        chosen = more
    return sorted(chosen)


def wanted(fps: float | None, seconds: float, snapshots: int) -> int:
    """Frames that a film of so many seconds takes: one a snapshot, or fewer where the pace asks for it.

    Args:
        fps: Frames a second, if there shall be fewer.
        seconds: How long the film moves.
        snapshots: How many there are.
    """
    return snapshots if fps is None else max(2, min(snapshots, round(fps * seconds) + 2))
