"""Whether claims follow from others, against numbers drawn to satisfy the others."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from toylab.claims.following import follows
from toylab.metrics.claim import REDUCTIONS, RELATIONS, Claim
from toylab.scenario import catalogue
from toylab.scenario.scenario import load


def claim(
    reduce: str,
    relation: str,
    threshold: float,
    window: tuple[float, float] = (0.5, 1.0),
    against: str = "",
) -> Claim:
    return Claim(
        "t", "modes_covered", relation, threshold, reduce=reduce, window=window, against=against
    )


KINDS = list(itertools.product(("min", "mean", "max", "last"), RELATIONS, (2.0, 3.0)))


def drawn(rng: np.random.Generator) -> np.ndarray:
    """Curves of ten looks, [10, S], among whose numbers are the very thresholds."""
    return rng.choice([1.0, 2.0, 3.0, 4.0], (10, 400)) + rng.choice([0.0, 0.5], 400)


def does(one: Claim, curves: np.ndarray) -> np.ndarray:
    first = int(one.window[0] * 10)
    # Looks that lie ever farther from one another, as in a schedule that is dense at the start.
    rounds = np.arange(10) ** 2
    number = REDUCTIONS[one.reduce].reduce(curves[first:], rounds[first:])
    return RELATIONS[one.relation](number, one.threshold)


@pytest.mark.parametrize("window", [(0.5, 1.0), (0.8, 1.0), (0.2, 1.0)])
def test_what_follows_is_true_wherever_the_others_are(window: tuple[float, float]) -> None:
    rng = np.random.default_rng(0)
    curves = np.concatenate([drawn(rng), np.full((10, 1), 2.0), np.full((10, 1), 3.0)], axis=1)
    found = 0
    for mine, other in itertools.product(KINDS, KINDS):
        ours, theirs = claim(*mine, window=window), claim(*other)
        if ours != theirs and follows(ours, [ours, theirs]):
            found += 1
            assert does(ours, curves)[does(theirs, curves)].all(), (mine, other)
    # Nothing said of half a window bounds what lies before it.
    assert (found > 10) == (window[0] >= 0.5)


def test_a_difference_follows_from_two_bounds() -> None:
    mine, theirs = claim("mean", "<", 2.0), claim("mean", ">=", 7.0)
    apart = claim("mean", "<=", -5.0, against="other")
    assert follows(apart, [mine, apart], [theirs])
    assert not follows(claim("mean", "<=", -5.1, against="other"), [mine], [theirs])
    assert not follows(apart, [mine], [])
    assert not follows(apart, [mine], [claim("mean", ">=", 7.0, window=(0.4, 1.0))])


def test_no_claim_of_a_success_follows_from_itself() -> None:
    one = claim("min", ">=", 8.0)
    assert not follows(one, [one])


@pytest.mark.parametrize("name", catalogue.names())
def test_a_partner_is_another_scenario_that_can_be_asked(name: str) -> None:
    scenario = load(name)
    if scenario.partner:
        assert scenario.partner != name
        assert load(scenario.partner)
