"""Modes of points that nobody has named: groups of them that stand apart."""

from __future__ import annotations

import importlib
import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np

from toylab.base.axes import Float, Int, Points

# Points that are looked at: they take a tenth of a second, 20,000 take five, and tell no more.
_MOST = 3000
# A group has at least so many of them, and at least so large a share: with 5, one in five clouds of
# 300 points with a long tail fell apart, with 8 one in twenty.
_LEAST, _LEAST_SHARE = 8, 1 / 100
# Groups are modes where they hold most points, and stand so many spreads apart that none lies in
# another's circle of 3.
_MOST_SHARE, _APART = 0.8, 4.5
# Square of the distance from its centre within which half of a round normal lies, in spreads.
_MEDIAN = 2 * math.log(2)


class Groups(NamedTuple):
    """What was told apart.

    Attributes:
        centres: Means, [K, 2].
        spread: Standard deviation along one axis of a round normal that is as wide, [K].
        weights: Share of the points that are in any group, [K].
    """

    centres: Float
    spread: Float
    weights: Float


NONE = Groups(np.zeros((0, 2)), np.zeros(0), np.zeros(0))


def groups(points: Points, noise: Float, count: int | None) -> Groups:
    """Find the groups that points form, by density or into so many; none where they do not stand apart.

    Args:
        points: With one unit along both axes, [M, 2].
        noise: Standard deviation of what is added to them, along each axis, [2].
        count: How many groups there are; found if None.

    Source:
        HDBSCAN, Campello et al. 2013; Ward 1963 into a given number.
    """
    seen = np.asarray(points, np.float64)
    if len(seen) > _MOST:
        # Not each so many: files are sorted, or go round their modes.
        rng = np.random.Generator(np.random.SFC64(0))
        seen = seen[rng.choice(len(seen), _MOST, replace=False)]
    variance = float(np.mean(np.square(noise)))
    return _groups(np.ascontiguousarray(seen).tobytes(), variance, count)


# A scenario makes its target several times over.
@lru_cache(maxsize=4)
def _groups(data: bytes, variance: float, count: int | None) -> Groups:
    seen = np.frombuffer(data, np.float64).reshape(-1, 2)
    if count == 0 or (count is None and len(seen) < 2 * _LEAST):
        return NONE
    label = _labels(seen, count)
    k = int(label.max()) + 1
    own = [seen[label == i] for i in range(k)]
    if not k:
        return NONE
    wide = np.sqrt([float(group.var(axis=0).mean()) + variance for group in own])
    centres = np.array([group.mean(axis=0) for group in own])
    # Medians: with a few strays among its members a group is twice as wide as it is without.
    far = [np.median(np.hypot(*(group - at).T)) for group, at in zip(own, centres, strict=True)]
    spread = np.sqrt(np.square(far) / _MEDIAN + variance)
    sizes = np.array([len(group) for group in own])
    if count is None:
        told_apart = sizes.sum() >= _MOST_SHARE * len(seen) and _stand_apart(centres, wide)
        if not told_apart or not spread.all():
            return NONE
    return Groups(centres, spread, sizes / sizes.sum())


def _labels(points: Points, count: int | None) -> Int:
    """The group of each point, from 0 on; -1 for those that are in none, [M]."""
    if count == 1:
        return np.zeros(len(points), int)
    # Not at the top: it takes half a second to load, and few films and trainings need it.
    cluster = importlib.import_module("sklearn.cluster")
    if count is not None:
        return cluster.AgglomerativeClustering(count).fit_predict(points)
    least = max(_LEAST, int(len(points) * _LEAST_SHARE))
    return cluster.HDBSCAN(min_cluster_size=least, copy=True).fit_predict(points)


def _stand_apart(centres: Points, wide: Float) -> bool:
    """Whether there are several groups, each far from the others for their width."""
    gaps = np.linalg.norm(centres[:, None] - centres, axis=-1)
    np.fill_diagonal(gaps, np.inf)
    return len(wide) > 1 and bool((gaps >= _APART * np.maximum(wide[:, None], wide)).all())
