"""Measuring beside the training: the same numbers, asked for sooner."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from games import SMALL

from toylab.base.axes import Curve, Float, Points
from toylab.film.chapters import looked_at
from toylab.metrics import METRICS, Setting
from toylab.metrics.ahead import MeasuredAhead
from toylab.metrics.density import cloud_log_density
from toylab.metrics.metric import know
from toylab.scenario.scenario import Scenario, check
from toylab.show.cinema import Film
from toylab.trace import Trace
from toylab.training.run import record

Make = Callable[..., Scenario]


@pytest.fixture(autouse=True)
def _two_cores(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of whatever machine: on a single core nothing is measured beside a training."""
    monkeypatch.setattr("toylab.metrics.ahead.cores", lambda: 2)


def beside(scenario: Scenario, seeds: list[int], wanted: Any = looked_at) -> Trace:
    with MeasuredAhead(wanted, idle=True) as ahead:
        trace = record(scenario, seeds, look=ahead.look)
        # These games end in a moment: as after a long training, all is measured when they do.
        ahead._pool.shutdown()
        ahead.tell(trace)
    return trace


def everything(trace: Trace) -> dict[str, range]:
    setting, n = Setting.of(trace), len(trace.steps)
    there = {name: metric for name, metric in METRICS.items() if not metric.missing(setting)}
    return {name: range(n) for name, metric in there.items() if not metric.cumulative}


GAMES: dict[str, dict[str, Any]] = {
    "a finite set": {"training": {"points": 32}},
    "a changing target": {"changes": [{"at": 3, "target": {"kind": "grid", "side": 3}}]},
    "a Gaussian cloud of a critic": {
        "generator": {"hidden": []},
        "game": {"objective": "wasserstein"},
    },
    "a game of two numbers": {
        "target": {"kind": "dirac"},
        "generator": {"kind": "point", "start": (1.0, 0.0)},
        "discriminator": {"kind": "linear", "start": (-1.0, 0.0)},
    },
    "classes": {"game": {"penalties": [{"kind": "class_label"}]}},
    "an end on the way": {"optimizer": {"generator": {"kind": "sgd", "lr": 1e9}}},
}


@pytest.mark.parametrize("game", GAMES)
def test_every_snapshot_has_the_number_that_the_whole_trace_gives_it(
    game: str, small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To the last bit, of all metrics that look at one moment; and nobody measures it again."""
    scenario = small(**GAMES[game])
    trace, plain = beside(scenario, [0, 1], everything), record(scenario, [0, 1])
    names = everything(plain)
    assert len(names) > 10
    there = {name: METRICS[name](plain) for name in names}

    def again(self: Trace) -> list[Trace]:
        raise AssertionError("measured again")

    monkeypatch.setattr(Trace, "parts", property(again))
    for name, whole in there.items():
        np.testing.assert_array_equal(METRICS[name](trace), whole, err_msg=name)
        some = range(1, len(trace.steps), 2)
        np.testing.assert_array_equal(METRICS[name].at(trace, some), whole[some], err_msg=name)


def test_a_film_asks_for_nothing_that_was_not_measured(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    claim = {"text": "t", "metric": "js_divergence", "relation": ">", "threshold": 0.1}
    scenario = small(claims=[claim], film={"curves": ["value_gap"]})
    trace, plain = beside(scenario, [0]), record(scenario, [0])
    asked: list[int] = []
    density = cloud_log_density

    def counted(x: Points | None, cloud: Points) -> Float:
        asked.append(len(cloud))
        return density(x, cloud)

    monkeypatch.setattr(sys.modules["toylab.metrics.density"], "cloud_log_density", counted)
    chapters = Film(trace).chapters
    assert not asked
    assert chapters == Film(plain).chapters and len(asked) == 2 * len(plain.steps)


def test_what_was_not_reached_is_measured_once_by_who_asks(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace, plain = (record(small(recording={"snapshots": 5}), [0, 1]) for _ in range(2))
    metric = METRICS["js_divergence"]
    whole = metric(plain)
    know(trace, {metric: {0: whole[0], 1: whole[1]}})
    asked: list[int] = []
    density = cloud_log_density

    def counted(x: Points | None, cloud: Points) -> Float:
        asked.append(len(cloud))
        return density(x, cloud)

    monkeypatch.setattr(sys.modules["toylab.metrics.density"], "cloud_log_density", counted)
    n = len(trace.steps)
    np.testing.assert_array_equal(metric(trace), whole)
    # Of two seeds, at the real points and at the cloud's own.
    assert len(asked) == 4 * (n - 2)
    np.testing.assert_array_equal(metric(trace), whole)
    np.testing.assert_array_equal(metric.at(trace, range(0, n, 2)), whole[::2])
    assert len(asked) == 4 * (n - 2)


def test_what_goes_wrong_is_met_by_who_asks(small: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(trace: Trace) -> Curve:
        raise ZeroDivisionError(len(trace.steps))

    monkeypatch.setitem(METRICS, "c2st", replace(METRICS["c2st"], measure=fails))
    trace = beside(small(), [0], everything)
    with pytest.raises(ZeroDivisionError, match=str(len(trace.steps))):
        METRICS["c2st"](trace)
    assert np.isfinite(METRICS["modes_hit"](trace)).all()


def test_a_training_that_is_given_up_leaves_no_thread(small: Make) -> None:
    import threading

    before = threading.active_count()
    with pytest.raises(KeyboardInterrupt), MeasuredAhead(everything, idle=True) as ahead:

        def watch(shots: Iterator[Any], total: int) -> Iterator[Any]:
            yield next(shots)
            raise KeyboardInterrupt

        record(small(), [0], watch=watch, look=ahead.look)
    assert threading.active_count() == before


@pytest.mark.parametrize(("idle", "n_cores"), [(False, 2), (True, 1)])
def test_a_busy_machine_measures_later(
    idle: bool, n_cores: int, small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("toylab.metrics.ahead.cores", lambda: n_cores)

    def nobody(trace: Trace) -> dict[str, range]:
        raise AssertionError("asked what to measure")

    with MeasuredAhead(nobody, idle=idle) as ahead:
        trace = record(small(), [0], look=ahead.look)
        ahead.tell(trace)
    assert np.isfinite(METRICS["modes_hit"](trace)).all()


def test_a_film_without_curves_looks_at_none(small: Make) -> None:
    assert looked_at(record(small(film={"curves": []}), [0])).keys() == {"modes_covered"}
    usual = looked_at(record(small(), [0]))
    assert usual.keys() == {
        "modes_covered",
        *[n for p in Film(record(small(), [0])).plans for n in p.metrics],
    }


def test_what_a_film_looks_at_is_what_its_scenario_names() -> None:
    claim = {"text": "t", "metric": "value_gap", "relation": ">", "threshold": 0.0}
    costly = {**claim, "metric": "critic_ratio"}
    recording = {**SMALL["recording"], "snapshots": 1000}
    tables = {
        **SMALL,
        "training": {**SMALL["training"], "steps": 999},
        "recording": recording,
        "film": {"curves": ["js_divergence", "mode_switches"]},
        "claims": [claim, costly],
    }
    trace = record(check({**tables, "training": {"steps": 999, "batch": 4}}), [0])
    found = looked_at(trace)
    n = len(trace.steps)
    assert found.keys() == {"js_divergence", "value_gap", "modes_covered"}
    assert found["js_divergence"] == range(n) == range(1000)
    # A hundred and some moments are enough to find from when on a claim holds; the end is one.
    assert 100 < len(found["value_gap"]) <= 121 and found["value_gap"][-1] == n - 1
