"""Floors: what a perfect sampler has at so many points.

No estimate from points is exact. Two clouds of one density differ by chance, so a perfect generator has a
Wasserstein distance above zero, is told apart in a little more or less than half of the cases, and has a
divergence whose estimate is mostly a little below zero. A curve is read against this, not against zero.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from toylab.metrics import METRICS, Setting
from toylab.metrics.metric import kept
from toylab.trace import Trace

# Enough for a line: the error of the mean is a third of one draw's spread.
DRAWS = 8
# No seed of a training; every draw of a floor is the same, wherever it is asked for.
_SEED = 7


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
        if metric.of_points and not metric.missing(Setting.of(trace)):
            values = metric.measure(_perfect(trace, draws))[0]
            found[name] = Floor(float(values.mean()), float(values.std(ddof=1)))
    return found


@kept
def _perfect(trace: Trace, draws: int) -> Trace:
    """One snapshot of a perfect generator: for each draw a seed, with real points of its own."""
    n = trace.samples.shape[2]
    generators = (np.random.default_rng([_SEED, k]) for k in range(2 * draws))
    points = np.stack([trace.target.sample(one, n) for one in generators])
    perfect = replace(
        trace,
        steps=np.zeros(1, np.int64),
        seeds=np.arange(draws),
        samples=points[None, :draws],
        real=points[draws:],
        diverged_at=np.full(draws, -1),
    )
    # Not by way of TOML, and the very target: one that was read from a file is not read again.
    vars(perfect).update(settings=trace.settings, _targets=[trace.target], _cut=[])
    return perfect
