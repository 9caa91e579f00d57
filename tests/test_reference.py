from __future__ import annotations

import inspect
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from docs.make import schema_tables
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
