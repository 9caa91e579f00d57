from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import pytest

from toylab.game.networks import MLP
from toylab.reference import TABLES, attributes, described, page

ROOT = Path(__file__).parent.parent


def test_the_page_is_current() -> None:
    written = (ROOT / "docs" / "reference.md").read_text(encoding="utf-8")
    assert written == page(), "run `python -m toylab.reference`"


@pytest.mark.parametrize("title", TABLES)
def test_every_row_says_what_it_is_and_whence(title: str) -> None:
    for name, row in TABLES[title][1].items():
        what, source = described(row)
        assert what and source, name
        assert len(what) < 160, name


def test_every_option_of_a_network_is_described() -> None:
    named = {name for name, _ in attributes(MLP)}
    assert named == {f.name for f in fields(MLP)} - {"inputs", "outputs"}
