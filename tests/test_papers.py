"""Papers' numbers beside ours: the page says what was measured."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import pytest
from documents import ROOT
from games import SMALL

from docs.make import papers
from docs.make.papers import PAPERS, Number, interval, page
from toylab.base.errors import ToylabError
from toylab.claims import cache
from toylab.claims.workers import Workers
from toylab.metrics import METRICS
from toylab.scenario import scenario

NUMBERS = [number for paper in PAPERS for number in paper.numbers]


@pytest.mark.parametrize("number", NUMBERS, ids=lambda number: f"{number.scenario}-{number.metric}")
def test_a_number_names_a_scenario_and_a_metric(number: Number) -> None:
    assert number.metric in METRICS
    assert scenario.load(number.scenario).name == number.scenario
    assert number.claim.reduce == number.reduce


def test_the_intervals_hold_the_truth_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    draws = rng.exponential(size=(2000, 24))
    for mean, truth in ((True, 1.0), (False, np.log(2))):
        held = [low <= truth <= high for _, low, high in (interval(d, mean) for d in draws)]
        # .95 and more for the median, whose ranks are whole; Student's t is a little short on a
        # skewed distribution: .925 was seen on a million draws.
        assert 0.91 <= np.mean(held) <= 0.985


def test_an_interval_without_spread_is_a_point_and_seeds_without_a_number_do_not_count() -> None:
    for mean in (True, False):
        assert interval(np.array([2.0, 2.0, np.nan, 2.0]), mean) == (2.0, 2.0, 2.0)
    with pytest.raises(ValueError, match="at least two"):
        interval(np.array([1.0, np.nan]), True)


def test_few_seeds_have_their_range() -> None:
    assert interval(np.array([1.0, 5.0, 2.0]), False) == (2.0, 1.0, 5.0)


def test_the_page_shows_every_number_beside_the_paper_s() -> None:
    found = {
        number.key: interval(np.arange(8.0) + k, number.mean) for k, number in enumerate(NUMBERS)
    }
    assert len(found) == len(NUMBERS)
    text = page(found, {"date": "today"})
    for k, number in enumerate(NUMBERS):
        assert f"| {number.what} | {number.theirs} | {3.5 + k:.3g} |" in text
    for paper in PAPERS:
        assert f"## {paper.title}" in text and paper.reduced in text and paper.found in text
    with pytest.raises(ToylabError, match="make measure"):
        page({}, {})


def test_the_page_is_current() -> None:
    kept = json.loads((ROOT / papers.RESULTS).read_text(encoding="utf-8"))
    written = (ROOT / papers.PAGE).read_text(encoding="utf-8")
    assert written == page(kept["numbers"], kept["about"]), "run `make docs`"


def test_the_page_is_written_of_what_was_measured(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = Number("x", "1", "small", "sliced_wasserstein")
    monkeypatch.setattr(papers, "PAPERS", (papers.Paper("t", "r", "f", (one,)),))
    monkeypatch.setattr(papers, "load", lambda name: scenario.check(SMALL, name=name))
    monkeypatch.setattr(sys, "argv", ["papers", "--measure", "3", "--jobs", "1"])
    monkeypatch.chdir(tmp_path)
    papers.main()
    ((key, told),) = json.loads(papers.RESULTS.read_text(encoding="utf-8"))["numbers"].items()
    assert key == one.key and told[1] <= told[0] <= told[2]
    text = papers.PAGE.read_text(encoding="utf-8")
    assert f"| x | 1 | {told[0]:.3g} | {told[1]:.3g} to {told[2]:.3g} | `small` |" in text
    assert "seeds 1000 to 1002" in text
    # Written again as it stands.
    monkeypatch.setattr(sys, "argv", ["papers"])
    papers.main()
    assert papers.PAGE.read_text(encoding="utf-8") == text


def test_numbers_are_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = Number("x", "1", "small", "sliced_wasserstein", "mean", (0.0, 1.0))
    two = Number("y", "2", "small", "modes_hit")
    monkeypatch.setattr(papers, "PAPERS", (papers.Paper("t", "r", "f", (one, two)),))
    monkeypatch.setattr(papers, "load", lambda name: scenario.check(SMALL, name=name))
    seeds = list(range(1000, 1010))
    (first,) = papers.measure(seeds, Workers(1), tmp_path)
    assert first[one].shape == first[two].shape == (10,)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()}
    assert len(before) == len(cache.parts(seeds))
    (second,) = papers.measure(seeds, Workers(1), tmp_path)
    assert all(np.array_equal(first[n], second[n]) for n in (one, two))
    assert {path: path.stat().st_mtime_ns for path in tmp_path.iterdir()} == before
