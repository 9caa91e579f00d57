"""Frame: how data far from 0, or much larger or smaller than 1, are laid before the players."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from toylab.base.axes import Float, Points

Scaling = Literal["auto", "none", "shared", "own"]

# Networks that start with weights of size 1 learn what is about this far from 0: a ring of radius 2 has
# this standard deviation along each axis.
_SPREAD = math.sqrt(2)
# Half sides of a square about 0 that players cope with as it is.
_LEAST, _MOST = 0.5, 5.0
# Columns so many times wider than others are no lengths of one plane: years and incomes.
_APART = 20.0


@dataclass(frozen=True, eq=False)
class Frame:
    """An affine map from the data's units to the players' own, (x - centre) / unit.

    Attributes:
        centre: What lies at the players' origin, data units, [2].
        unit: One of the players' units along each axis, data units, [2].
        plain: Whether both are the same, so that arrays are passed on untouched.
    """

    centre: Float
    unit: Float
    plain: bool = False

    @property
    def shared(self) -> bool:
        """Whether both axes have the same unit, so that lengths in the plane mean something."""
        return bool(self.unit[0] == self.unit[1])

    @property
    def length(self) -> float:
        """One of the players' units, data units; 1 where each axis has its own, and lengths stay theirs."""
        return float(self.unit[0]) if self.shared else 1.0

    @property
    def log_area(self) -> float:
        """Log of a square of the players' unit, data units squared."""
        return float(np.log(self.unit).sum())

    def inward(self, x: Points) -> Points:
        """From data units to the players', [..., 2]."""
        return x if self.plain else (np.asarray(x, np.float64) - self.centre) / self.unit

    def outward(self, x: Points) -> Points:
        """From the players' units to the data's, float64 where the frame is not plain, [..., 2]."""
        return x if self.plain else self.centre + self.unit * np.asarray(x, np.float64)

    def square(self, extent: tuple[float, ...]) -> tuple[float, float, float, float]:
        """A rectangle of the players' units, x0, x1, y0, y1, in data units."""
        if self.plain:
            x0, x1, y0, y1 = extent
            return x0, x1, y0, y1
        corners = self.outward(np.reshape(extent, (2, 2)).T)
        (x0, y0), (x1, y1) = corners.tolist()
        return x0, x1, y0, y1

    def __str__(self) -> str:
        """What it does, in words."""
        unit = [f"{u:.3g}" for u in (self.unit[:1] if self.shared else self.unit)]
        centre = ", ".join(f"{c:.6g}" for c in self.centre)
        return f"scaled for the players (centre {centre}; unit {', '.join(unit)})"


PLAIN = Frame(np.zeros(2), np.ones(2), plain=True)


def framed(points: Points, scale: Scaling, least: float = 0.0) -> Frame:
    """Choose the frame of some points.

    Left as they are: points whose square holds 0 and has a half side of .5 to 5. Others are moved to their
    mean and divided by their standard deviation, so that it becomes the square root of 2: the wider
    column's for both, or each column's own where one is more than 20 times as wide.

    Args:
        points: Data units, [M, 2].
        scale: "auto" is as said; "none" leaves all points as they are; "shared" and "own" choose the unit.
        least: Taken for the standard deviation of points that all lie at one place; 0 for the unit 1.
    """
    # As a trace of plain points keeps them, so that the choice is the same when it is read again.
    seen = points.astype(np.float32).astype(np.float64)
    half = (seen.max(axis=0) - seen.min(axis=0)) / 2
    middle = (seen.max(axis=0) + seen.min(axis=0)) / 2
    wide = float(half.max())
    exact = points.astype(np.float64)
    if np.ptp(exact, axis=0).any():
        fits = _LEAST <= wide <= _MOST and np.abs(middle).max() <= wide
    else:
        fits = np.abs(middle).max() <= _MOST
    if scale == "none" or (scale == "auto" and fits):
        return PLAIN
    # Of equal numbers a rounded mean would leave a little.
    spread = np.where(np.ptp(exact, axis=0) > 0, exact.std(axis=0), 0.0)
    widest = float(spread.max()) or least or _SPREAD
    apart = spread.min() > 0 and widest > _APART * spread.min()
    own = scale == "own" or (scale == "auto" and apart)
    spread = np.where(spread > 0, spread, widest) if own else np.full(2, widest)
    return Frame(exact.mean(axis=0), spread / _SPREAD)
