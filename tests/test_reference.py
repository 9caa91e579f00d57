from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import numpy as np
import pytest

from docs.make import estimates, schema_tables
from docs.make.reference import (
    TABLES,
    attributes,
    described,
    described_schema,
    page,
    published_schema,
    unplayed,
)
from toylab.game.networks import MLP
from toylab.scenario import catalogue
from toylab.targets import TARGETS

ROOT = Path(__file__).parent.parent


def test_the_page_is_current() -> None:
    written = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert written == page(), "run `make docs`"


@pytest.mark.parametrize("title", TABLES)
def test_every_row_says_what_it_is_and_whence(title: str) -> None:
    for name, row in TABLES[title][1].items():
        what, source = described(row)
        assert what and source, name
        assert len(what) < 160, name


def test_every_option_of_a_network_is_described() -> None:
    named = {name for name, _ in attributes(MLP)}
    assert named == {f.name for f in fields(MLP)} - {"inputs", "outputs"}


def test_the_schema_is_current() -> None:
    written = (ROOT / "docs" / "scenario.schema.json").read_text(encoding="utf-8")
    assert written == published_schema(), "run `make docs`"


def test_the_guides_page_is_current_and_short_where_it_is_written_by_hand() -> None:
    written = (ROOT / "docs" / "guide" / "writing-a-scenario.md").read_text(encoding="utf-8")
    by_hand, mark, _ = written.partition(schema_tables.MARK)
    assert written == by_hand + schema_tables.page(described_schema()), "run `make docs`"
    assert mark and len(by_hand.splitlines()) <= 40


def test_the_guide_to_the_lab_tells_what_it_does_not_play() -> None:
    written = (ROOT / "docs" / "guide" / "live-lab.md").read_text(encoding="utf-8")
    by_hand, mark, rest = written.partition(schema_tables.MARK)
    assert mark and rest == unplayed(), "run `make docs`"
    assert "| updates | `unrolled` |" in rest and "`unrolled-fix`" in rest
    assert "<!--" not in by_hand


def every_key(settings: Any) -> Iterator[str]:
    for key, value in settings.items() if isinstance(settings, dict) else ():
        yield key
        for inner in value if isinstance(value, list) else [value]:
            yield from every_key(inner)


def test_the_guide_tells_every_key_that_a_scenario_may_have() -> None:
    told = set(
        re.findall(r"^\|(?: `\w+` \|)? `(\w+)` \|", schema_tables.page(described_schema()), re.M)
    )
    told |= {
        part
        for path in re.findall(r"`\[\[?([\w.]+)\]\]?`", schema_tables.page(described_schema()))
        for part in path.split(".")
    }
    # What our own scenarios use, and what the rows' signatures take.
    used = {
        key
        for name in catalogue.names()
        for key in every_key(catalogue.parse(catalogue.find(name)))
    }
    taken = {
        option
        for title in (
            "Targets",
            "Networks",
            "Objectives",
            "Penalties and tricks",
            "Updates",
            "Optimisers",
        )
        for row in TABLES[title][1].values()
        for option in inspect.signature(row).parameters
    }
    given = {"inputs", "outputs", "data", "discriminator_steps", "generator_steps"}
    assert (used | taken) - given <= told | {"kind"}
    # Each with its words.
    assert not re.findall(r"^.*\|\s*\|$", schema_tables.page(described_schema()), re.M)


SCHEMA = jsonschema.Draft202012Validator(json.loads(published_schema()))


@pytest.mark.parametrize("name", catalogue.names())
def test_an_editor_finds_no_fault_with_a_scenario_of_ours(name: str) -> None:
    settings = catalogue.parse(catalogue.find(name))
    assert not [error.message for error in SCHEMA.iter_errors(settings)]


@pytest.mark.parametrize(
    "wrong",
    [
        {"titel": "x"},
        {"game": {"objective": "wgan"}},
        {"game": {"generator_step": 2}},
        {"training": {"steps": 0}},
        {"target": {"kind": "rong"}},
        {"generator": {"hidden": [0]}},
        {"film": {"curves": [3]}},
        {"claims": [{"text": "x", "metric": "modes_covered", "relation": "="}]},
        {"optimizer": {"generator": {"kind": "adam", "betas": [0.5]}}},
    ],
)
def test_an_editor_underlines_mistakes(wrong: dict[str, Any]) -> None:
    fine = {"title": "x", "lesson": "y", "target": {"kind": "ring"}}
    assert SCHEMA.is_valid(fine)
    assert not SCHEMA.is_valid({**fine, **wrong})
    assert not SCHEMA.is_valid({"title": "x", "lesson": "y"})
    assert SCHEMA.is_valid({"title": "x", "lesson": "y", "extends": "mode-collapse"})


def test_the_truth_of_a_narrow_cloud_is_what_a_million_draws_say() -> None:
    # Of one mode; both clouds as a mixture of equal shares, so that the best classifier is p > q.
    rng, n = np.random.default_rng(0), 500_000
    away = np.concatenate([rng.rayleigh(1.0, n), rng.rayleigh(0.5, n)])
    log_p, log_q = (-0.5 * (away / s) ** 2 - 2 * np.log(s) for s in (1.0, 0.5))
    log_m = np.logaddexp(log_p, log_q) - np.log(2)
    js = 0.5 * ((log_p - log_m)[:n].mean() + (log_q - log_m)[n:].mean())
    right = 0.5 * ((log_p > log_q)[:n].mean() + (log_p < log_q)[n:].mean())
    narrow = next(one for one in estimates.WRONG if "wide" in one.words and "half" in one.words)
    # Means of half a million: errors of 5e-4.
    assert narrow.truth(TARGETS["ring"]()) == pytest.approx((js, right), abs=2e-3)


def test_the_truth_of_a_lost_mode_is_its_sum() -> None:
    lost = next(one for one in estimates.WRONG if "lost" in one.words)
    m = 1 / 16 + 1 / 14
    js = (7 / 8 * np.log(1 / 8 / m) + np.log(1 / 7 / m) + 1 / 8 * np.log(2)) / 2
    # Told apart: what lies in the eighth mode, and of the rest half and a little.
    assert lost.truth(TARGETS["ring"]()) == pytest.approx((js, 0.5 + 1 / 16))


def test_wrong_clouds_are_wrong_as_they_are_said_to_be() -> None:
    target, rng = TARGETS["ring"](), np.random.default_rng(0)
    seen = target.sample(rng, 4000)
    circle, strokes, lost, narrow = (one.cloud(rng, seen, target) for one in estimates.WRONG)
    assert np.allclose(np.hypot(*circle.T), 2)
    for mode in target.modes:
        near = strokes[np.hypot(*(strokes - mode).T) < 0.5] - mode
        # On a line across the way to the centre, as long as a mode is wide.
        assert np.allclose(near @ mode, 0, atol=1e-5)
        assert near.std() * np.sqrt(2) == pytest.approx(0.1, rel=0.15)
    counts = [int((np.hypot(*(lost - mode).T) < 0.5).sum()) for mode in target.modes]
    assert counts[0] == 0 and min(counts[1:]) > 450
    # No point twice: twins are each other's neighbours.
    assert len(np.unique(lost, axis=0)) == len(lost)
    assert np.hypot(*(narrow - target.modes[0]).T).min() < 0.01
