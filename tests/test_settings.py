from __future__ import annotations

from itertools import permutations
from typing import Any

import pytest

from toylab.base.settings import differing, flat
from toylab.scenario.scenario import differences, load

ONE: dict[str, Any] = {"title": "a", "game": {"objective": {"kind": "hinge"}, "steps": 1}}


def test_tables_become_paths_and_empty_ones_none() -> None:
    assert flat(ONE) == {"title": "a", "game.objective.kind": "hinge", "game.steps": 1}
    assert flat({"empty": {}, "list": [{"a": 1}]}) == {"list": [{"a": 1}]}


def test_what_differs_is_the_same_in_any_order_of_the_tables() -> None:
    two = {"title": "b", "game": {"objective": {"kind": "hinge"}, "steps": 2}}
    three = {"title": "a", "game": {"objective": {"kind": "hinge", "margin": None}, "steps": 1}}
    for tables in permutations([ONE, two, three]):
        assert differing(tables, without=("title",)) == ["game.objective.margin", "game.steps"]
        assert "title" in differing(tables)


@pytest.mark.parametrize("n", [1, 2, 4])
def test_equal_tables_differ_in_nothing(n: int) -> None:
    assert differing([ONE] * n) == []


def test_a_scenario_differs_from_its_base_in_what_its_file_says() -> None:
    told = differences(load("dirac-r1"), load("dirac-cycle"))
    assert [path for path, *_ in told] == ["game.penalties"]
