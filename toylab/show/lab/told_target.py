"""A target as a page is told of it: a mixture's numbers, or points that are drawn with noise.

All in the players' units, which are the data's own unless a table of one's own was scaled for them.
"""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np

from toylab.base.axes import Float, Points
from toylab.targets import Target, density_known
from toylab.targets.boxes import Boxes
from toylab.targets.empirical import Empirical
from toylab.targets.mixtures import GaussianMixture
from toylab.targets.shapes import Pinwheel, Shape

# Points of what is no mixture: as many as decide the extent of a film.
MOST_TOLD = 4096
# Digits of a place that somebody gave, and of one that stands for many: a pixel is a thousandth of a stage.
_EXACT, FEW = 6, 4


def told_target(target: Target) -> dict[str, Any]:
    """Tell a page what to draw from.

    Args:
        target: A row of `TARGETS`, made.

    Returns:
        `kind` "mixture" with `modes`, `covariances` [[xx, xy, yy], ...], `spread` and `weights`, as they
        are; or "points" with `points`, `noise` along each axis, `modes`, `spread`, `weights`, whether
        these points with that noise have the target's own density, and whether they are all there is.
    """
    if isinstance(target, GaussianMixture):
        return {
            "kind": "mixture",
            "modes": target.modes.tolist(),
            "covariances": [[xx, xy, yy] for (xx, xy), (_, yy) in target.covariances.tolist()],
            "spread": target.spread.tolist(),
            "weights": target.weights.tolist(),
        }
    points, noise, exact = _drawn_from(target)
    frame = target.frame
    return {
        "kind": "points",
        "points": _rounded(frame.inward(points), _EXACT if exact else FEW),
        "noise": (noise / frame.unit).tolist(),
        "modes": frame.inward(target.modes).tolist(),
        "spread": (target.spread / frame.length).tolist(),
        "weights": target.weights.tolist(),
        "density": bool(exact and noise.all() and density_known(target)),
        "exact": exact,
    }


def _drawn_from(target: Target) -> tuple[Points, Float, bool]:
    """Places, the noise that is added to one of them, and whether the target is no more than that."""
    rng = np.random.Generator(np.random.SFC64(0))
    if isinstance(target, Empirical):
        points, exact = target.points_read, len(target.points_read) <= MOST_TOLD
        if not exact:
            points = points[rng.choice(len(points), MOST_TOLD, replace=False)]
        return points, target.noise, exact
    if isinstance(target, Shape):
        return _of_curve(target)
    if isinstance(target, Boxes | Pinwheel):
        # Without its noise, which the page adds afresh to every point.
        return replace(target, noise=0.0).sample(rng, MOST_TOLD), np.full(2, target.noise), False
    return target.sample(rng, MOST_TOLD), np.zeros(2), False


def _of_curve(shape: Shape) -> tuple[Points, Float, bool]:
    """Places along a curve, so close that under the noise nobody can tell them apart; else 4,096."""
    n, at = 128, np.zeros((0, 2))
    while n < MOST_TOLD:
        n *= 2
        at = shape.curve((np.arange(n) + 0.5) / n)
        gaps = np.hypot(*np.diff(at, axis=0).T)
        # As the shape's own density is summed; the jumps between several curves are not gaps of one.
        if np.quantile(gaps, 1 - 8 / n) < shape.noise / 3:
            return at, np.full(2, shape.noise), True
    if (at == at[0]).all():
        return at[:1], np.full(2, shape.noise), True
    return at, np.full(2, shape.noise), False


def decimals(points: Points, digits: int) -> int:
    """How many decimals leave so many digits of the farthest place; below 0 where it is very far."""
    far = float(np.abs(points).max(initial=0)) or 1.0
    return digits - math.ceil(math.log10(far))


def _rounded(points: Points, digits: int) -> list[list[float]]:
    at = np.asarray(points, np.float64)
    return np.round(at, decimals(at, digits)).tolist()
