"""Which samples stand for the cloud."""

from __future__ import annotations

import numpy as np

from toylab.base.axes import Int, Points
from toylab.film.layers.layer import MOST_POINTS


def spread_choice(samples: Points, n: int) -> Int:
    """Choose samples that stay spread over the cloud, by farthest-point choice over all frames.

    The distance of two samples is the mean over frames, so that the chosen ones are apart for most of
    the film and not in one frame only.

    Args:
        samples: [T, N, 2]; frames with NaN do not count.
        n: How many.

    Returns:
        Indices, [n] or fewer.
    """
    finite = samples[np.isfinite(samples).all(axis=(1, 2))]
    if not len(finite):
        return np.arange(min(n, samples.shape[1]))
    # Thirty frames tell who is apart from whom.
    few = finite[:: max(1, len(finite) // 30), :MOST_POINTS]
    chosen = [int(np.argmin(np.hypot(*(few - few.mean(1, keepdims=True)).mean(0).T)))]
    nearest = np.full(few.shape[1], np.inf)
    while len(chosen) < min(n, few.shape[1]):
        offset = few - few[:, chosen[-1:]]
        nearest = np.minimum(nearest, np.hypot(offset[..., 0], offset[..., 1]).mean(0))
        nearest[chosen] = -1
        chosen.append(int(np.argmax(nearest)))
    return np.asarray(chosen)
