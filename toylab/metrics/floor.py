"""Floors: what a perfect sampler has at so many points.

No estimate from points is exact. Two clouds of one density differ by chance, so a perfect generator has a
Wasserstein distance above zero, is told apart in a little more or less than half of the cases, and has a
divergence whose estimate is mostly a little below zero. A curve is read against this, not against zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from toylab.metrics import METRICS, Setting
from toylab.metrics.controls import DRAWS, PERFECT, control
from toylab.trace import Trace


@dataclass(frozen=True)
class Floor:
    """What a perfect sampler has.

    Attributes:
        mean: Over draws, in the metric's unit.
        spread: Standard deviation of one draw.
    """

    mean: float
    spread: float


def floors(trace: Trace, names: Sequence[str], draws: int = DRAWS) -> dict[str, Floor]:
    """The floor of each metric that looks at nothing but points, by name; others have none.

    Args:
        trace: Says of what target, the first if it changes, and of how many points.
        names: Keys of `METRICS`.
        draws: Perfect generators that are drawn, each with real points of its own.
    """
    found = {}
    for name in names:
        metric = METRICS[name]
        # Of what is counted from one snapshot to the next, draws that stand still would have none.
        alone = metric.of_points and not metric.cumulative
        if alone and not metric.missing(Setting.of(trace)):
            values = metric.measure(control(trace, PERFECT, draws))[0]
            found[name] = Floor(float(values.mean()), float(values.std(ddof=1)))
    return found
