"""One film, two films: in whatever is said."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from commands import toylab
from games import small_toml
from pictures import texts_of

from toylab.base.counted import Counted
from toylab.base.errors import ToylabError
from toylab.film.words import WORDS
from toylab.scenario.changes import changed
from toylab.scenario.scenario import Scenario
from toylab.show.cinema import Seeds
from toylab.show.deck_words import DECK_WORDS
from toylab.training.run import record

Make = Callable[..., Scenario]
CLAIM = '[[claims]]\ntext = "C"\nmetric = "c2st"\nrelation = ">="\nthreshold = 0.0\n'


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A folder of a scenario with a claim, in which commands run."""
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text('title = "S"\nlesson = "L"\n' + small_toml() + CLAIM)
    yield tmp_path


@pytest.mark.parametrize(
    ("n", "noun", "said"),
    [
        (0, "film", "0 films"),
        (1, "film", "1 film"),
        (2, "film", "2 films"),
        (1, "entry|entries", "1 entry"),
        (3, "entry|entries", "3 entries"),
        (1, "", "1"),
    ],
)
def test_a_noun_agrees_with_its_number(n: int, noun: str, said: str) -> None:
    assert f"{Counted(n):{noun}}" == said


# What is typed, and what its line must say where there is one of a thing.
ONE = {
    "train small.toml -o x.npz": "1 seed, trained",
    "sweep small.toml --over training.batch=8 --metric c2st --seeds 1 --jobs 1 -o x.csv": "1 run\n",
    "slides small.toml -o x.md": "3 slides, 1 film\n",
}


@pytest.mark.parametrize("typed", ONE)
def test_one_of_a_thing_is_said_in_the_singular(
    typed: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("toylab.cli.terminal.say", said.append)
    assert toylab(*typed.split()) == (0, "")
    assert ONE[typed] in "\n".join(said) + "\n"


def test_the_title_slide_of_one_film_says_one(here: Path) -> None:
    assert toylab("slides", "small.toml", "-o", "x.md") == (0, "")
    assert "\n1 film of small GANs" in Path("x.md").read_text(encoding="utf-8")


def test_a_table_of_one_claim_says_one(here: Path) -> None:
    words = ["check", "small.toml", "--seeds", "1", "--jobs", "1", "-o", "x.md"]
    assert toylab(*words)[0] == 0
    assert "\n1 claim: " in Path("x.md").read_text(encoding="utf-8")


def test_a_grid_of_one_seed_says_one(small: Make) -> None:
    claim = {"text": "C", "metric": "c2st", "relation": ">=", "threshold": 0.0}
    film = Seeds(record(small(claims=[claim]), [0]), [0])
    assert "1 of 1 seed: C" in [text.get_text() for text in texts_of(film)]


def test_a_list_of_one_entry_says_one() -> None:
    with pytest.raises(ToylabError, match="has 1 entry, and none at"):
        changed({"claims": [{}]}, ["claims[3].text=x"])


def test_chinese_counts_without_plurals() -> None:
    assert DECK_WORDS["zh"].subtitle.format(n=Counted(1)) == "二维小型 GAN 的 1 部影片"
    assert WORDS["zh"].modes_lost.format(n=Counted(1)) == "失去 1 个模式"
    assert WORDS["en"].modes_lost.format(n=Counted(1)) == "1 mode lost"
