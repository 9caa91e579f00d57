"""How far two clouds are apart."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from toylab.base.axes import Curve
from toylab.metrics.metric import alive
from toylab.trace import Trace


def sliced_wasserstein(trace: Trace) -> Curve:
    """Wasserstein-1 distance of generated and real points, mean over 32 directions, data units, [T, S].

    Bonneel et al. 2015, with evenly spaced directions, not random ones. Where each axis has a unit of its
    own, as for years and incomes, no length in their plane is one of the data: there it is in the players'
    units, in which the data have a standard deviation of the square root of 2 along either axis.
    """
    frame = trace.target.frame
    angle = np.arange(32) * (np.pi / 32)
    directions = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)  # [2, 32]
    real = np.sort(frame.inward(trace.real) @ directions, axis=-2)  # [S, N, 32]
    found = np.stack(
        [
            np.abs(np.sort(frame.inward(cloud) @ directions, axis=-2) - real).mean((-2, -1))
            for cloud in trace.samples
        ]
    )
    return found if frame.plain else frame.length * found


def c2st(trace: Trace) -> Curve:
    """Leave-one-out nearest-neighbour two-sample accuracy, .5 = indistinguishable, [T, S].

    Neighbours are near in the players' units. Lopez-Paz & Oquab 2017, with one neighbour.
    """
    frame = trace.target.frame
    accuracy = np.full(trace.samples.shape[:2], np.nan)
    n = trace.samples.shape[2]
    generated = np.arange(2 * n) >= n
    for t, s in zip(*np.nonzero(alive(trace)), strict=True):
        both = frame.inward(np.concatenate([trace.real[s], trace.samples[t, s]]))
        # The second nearest: the nearest is the point itself, or a twin at the same place.
        index = np.asarray(KDTree(both).query(both, k=2)[1])
        itself = index[:, 0] == np.arange(2 * n)
        neighbour = np.where(itself, index[:, 1], index[:, 0])
        accuracy[t, s] = np.mean(generated[neighbour] == generated)
    return accuracy
