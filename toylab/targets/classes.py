"""Classes: each mode is one, and generated points are asked for in fair shares."""

from __future__ import annotations

import numpy as np

from toylab.base.axes import Float, Int

# The golden ratio's fraction: its multiples lie evenly in 0..1, so that any few of a row have fair shares.
_GOLDEN = (5**0.5 - 1) / 2


def asked_for(weights: Float, n: int, first: int = 0) -> Int:
    """The class that each of n generated points is asked for, by its position in a row alone, [n].

    Not by lot: of any n in a row each class has its share up to a few points (of a thousand four, of a
    hundred thousand six), and a recorded point stays of its class.

    Args:
        weights: Of the classes, positive, summing to 1, [K].
        n: How many points.
        first: Position of the first of them.
    """
    at = ((first + np.arange(n) + 0.5) * _GOLDEN) % 1
    # The last edge is 1 but for rounding, and beyond it there is no class.
    return np.searchsorted(np.cumsum(weights)[:-1], at, side="right")
