"""What a claim says of clouds that nobody trained, and of players before their first step.

A claim is worth as much as what it excludes. One that a perfect sampler satisfies is of a success, and no
cloud without features should satisfy it; one that a perfect sampler does not satisfy is of a failure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np

from toylab.base.axes import PerSeed
from toylab.metrics import METRICS
from toylab.metrics.claim import REDUCTIONS, RELATIONS, Claim
from toylab.metrics.controls import CONTROLS, control, named, thinned
from toylab.scenario.scenario import Scenario
from toylab.trace import Trace
from toylab.training.run import untrained

# The players as they begin.
UNTRAINED = "untrained"
# As many as there are draws of a control; any will do, they are trained by nobody.
_SEEDS = range(8)
# Points for an estimate of a density, which takes the square of their number: 4 minutes at 10,000. A count
# is of as many points as the claim's is: of more points more modes are hit by chance.
_MOST = 1_000


class Tried(NamedTuple):
    """A claim, tried on one control.

    Attributes:
        number: What is compared with the threshold, the mean over draws; None where none has one.
        share: Of the draws that do as the claim says.
    """

    number: float | None
    share: float

    @property
    def satisfied(self) -> bool:
        """Whether half of the draws or more do as the claim says."""
        return self.share >= 0.5


def tried(
    scenario: Scenario, rivals: Sequence[float | None] | None = None
) -> list[dict[str, Tried]]:
    """Each claim of a scenario on the controls that it can be tried on, by name.

    A control stands still: a ratio of two moments it does not have, and of what is counted from one
    snapshot to the next it has none. What looks at more than points is measured on untrained players only.

    Args:
        scenario: Whose claims.
        rivals: Of each claim what the scenario has that it compares with; a difference is tried
            where that is known.

    Raises:
        ToylabError: If there is no such target.
    """
    begun = untrained(scenario, _SEEDS)
    known = rivals or [None] * len(scenario.claims)
    return [_each(claim, begun, one) for claim, one in zip(scenario.claims, known, strict=True)]


def _each(claim: Claim, begun: Trace, rival: float | None) -> dict[str, Tried]:
    metric = METRICS[claim.metric]
    if (claim.against and rival is None) or not REDUCTIONS[claim.reduce].in_units:
        return {}
    less = rival if claim.against and rival is not None else 0.0
    if not metric.of_points:
        return {UNTRAINED: _judged(claim, metric.measure(begun)[0] - less)}
    few = thinned(begun, _MOST) if "density" in metric.needs else begun
    clouds = {UNTRAINED: few, **{name: control(few, name) for name in named(few.target)}}
    return {name: _judged(claim, metric.measure(cloud)[0] - less) for name, cloud in clouds.items()}


def _judged(claim: Claim, numbers: PerSeed) -> Tried:
    held = RELATIONS[claim.relation](numbers, claim.threshold)
    finite = numbers[np.isfinite(numbers)]
    return Tried(float(finite.mean()) if finite.size else None, float(np.mean(held)))


def nearest_chance(claim: Claim, found: Mapping[str, Tried]) -> str:
    """Of the clouds without features the one that comes nearest to doing as a claim says; "" if none."""
    sign = 1 if claim.relation.startswith(">") else -1
    near = {
        name: (one.share, sign * one.number)
        for name, one in found.items()
        if name in CONTROLS and CONTROLS[name].featureless and one.number is not None
    }
    return max(near, key=near.__getitem__, default="")
