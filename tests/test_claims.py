from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy.stats import binomtest

from toylab.base.errors import ToylabError
from toylab.claims.verdict import verdict, wilson
from toylab.metrics.claim import REDUCTIONS, Claim, reduced, satisfied, window_of
from toylab.targets import ring
from toylab.trace import Trace

MODES = ring().modes


@pytest.mark.parametrize(("hits", "n"), [(0, 8), (1, 8), (8, 8), (51, 64), (64, 64), (3, 10)])
def test_the_interval_is_scipys(hits: int, n: int) -> None:
    theirs = binomtest(hits, n).proportion_ci(0.95, method="wilson")
    assert wilson(hits, n) == pytest.approx((theirs.low, theirs.high), abs=1e-12)


@pytest.mark.parametrize(("hits", "n"), [(0, 0), (3, 2), (-1, 4)])
def test_an_impossible_count_is_an_error(hits: int, n: int) -> None:
    with pytest.raises(ValueError):
        wilson(hits, n)


def test_a_verdict_goes_by_the_interval() -> None:
    # 64 of 64 reaches down to .943, 40 of 64 up to .733, 55 of 64 straddles .8.
    assert verdict(64, 64, 0.8) == "holds"
    assert verdict(40, 64, 0.8) == "fails"
    assert verdict(55, 64, 0.8) == "undecided"


def test_no_number_of_seeds_shows_that_all_would() -> None:
    # Why a quorum is below 1.
    assert all(verdict(n, n, 1.0) == "undecided" for n in (1, 64, 10**6))


def test_a_window_is_a_share_of_the_steps_and_never_empty() -> None:
    steps = np.array([0, 1, 10, 100, 1000])
    assert window_of(steps, (0, 1)) == slice(0, 5)
    assert window_of(steps, (0.05, 0.5)) == slice(3, 4)
    assert window_of(steps, (1, 1)) == slice(4, 5)
    assert window_of(steps, (0.6, 0.7)) == slice(4, 5)


def claim(**changes: Any) -> Claim:
    settings = {"text": "t", "metric": "modes_hit", "relation": "<=", "threshold": 2}
    return Claim(**{**settings, **changes})


def test_each_reduction_of_a_window(hand_made: Callable[..., Trace]) -> None:
    # Modes hit: 1, 3, 2 at steps 0, 10, 20.
    trace = hand_made(*[np.repeat(MODES[:k], 6 // k, axis=0) for k in (1, 3, 2)])
    values = {
        name: float(reduced(claim(reduce=name, window=(0, 1)), trace)[0]) for name in REDUCTIONS
    }
    ratios = {"end_to_start": 2, "end_to_peak": pytest.approx(2 / 3)}
    assert values == {"mean": 2.25, "last": 2, "min": 1, "max": 3, **ratios}
    assert satisfied(claim(window=(0, 1), reduce="last"), trace).tolist() == [True]
    assert satisfied(claim(window=(0, 1), reduce="mean"), trace).tolist() == [False]


def test_a_mean_is_over_rounds_and_not_over_looks(hand_made: Callable[..., Trace]) -> None:
    # All eight modes for ten rounds of a hundred, at nine looks of eleven.
    steps = np.array([*range(0, 9), 10, 100])
    counts = [8] * 9 + [2, 2]
    trace = hand_made(*[np.repeat(MODES[:k], 8 // k, axis=0) for k in counts], steps=steps)
    whole = claim(window=(0, 1), reduce="mean")
    expected = np.interp(np.linspace(0, 100, 200_001), steps, counts).mean()
    # The oracle's own step is 5e-4 of a round.
    assert float(reduced(whole, trace)[0]) == pytest.approx(expected, abs=1e-3)
    # Of one look it is that look's; of a part of the training, that part's.
    assert float(reduced(claim(window=(1, 1), reduce="mean"), trace)[0]) == 2
    assert float(reduced(claim(window=(0, 0.08), reduce="mean"), trace)[0]) == 8


def test_a_diverged_seed_satisfies_nothing(hand_made: Callable[..., Trace]) -> None:
    trace = hand_made(np.full((8, 2), np.nan))
    for relation in ("<", "<=", ">", ">="):
        assert not satisfied(claim(relation=relation), trace).any()


def test_a_window_that_runs_backwards_is_refused() -> None:
    with pytest.raises(ToylabError, match="forwards"):
        claim(window=(0.9, 0.1))


def test_a_ratio_to_nothing_satisfies_nothing(hand_made: Callable[..., Trace]) -> None:
    trace = hand_made(np.full((6, 2), 50.0), MODES[:1].repeat(6, axis=0))
    for relation in ("<", ">"):
        ratio = claim(reduce="end_to_start", window=(0, 1), relation=relation)
        assert not satisfied(ratio, trace).any()
