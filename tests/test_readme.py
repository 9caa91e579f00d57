"""The README: its example and its steps run, and its numbers are those of the code."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from users import FULL, PLAIN, typed

import toylab
from toylab.cli import commands as cli
from toylab.film.writers import provenance_of
from toylab.game.objectives import OBJECTIVES
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.scenario import catalogue
from toylab.scenario.scenario import load
from toylab.targets import TARGETS

ROOT = Path(toylab.__file__).parent.parent
TEXT = (ROOT / "README.md").read_text(encoding="utf-8")
SECTIONS = dict(re.findall(r"^## (.+?)\n(.*?)(?=^## |\Z)", TEXT, re.S | re.M))


def commands(section: str) -> list[list[str]]:
    """Words of a section's `toylab ...` lines, comments dropped."""
    lines = re.findall(r"^    (toylab .+)$", SECTIONS[section], re.M)
    return [shlex.split(line, comments=True) for line in lines]


@pytest.mark.slow
def test_the_ten_lines_of_python_run(tmp_path: Path) -> None:
    (block,) = re.findall(r"```python\n(.*?)```", TEXT, re.S)
    assert len(block.strip().splitlines()) == 10
    done = typed(PLAIN, ["-W", "error", "-c", block], tmp_path, 600)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert (tmp_path / "renders" / "collapse.gif").is_file()
    assert re.fullmatch(r"\[[\d. ]+\]\n", done.stdout)


@pytest.mark.slow
def test_points_of_one_s_own_become_the_films_that_the_readme_names(tmp_path: Path) -> None:
    section = SECTIONS["Your own points"]
    for ending, name in (("csv", "points.csv"), ("toml", "mine.toml")):
        (block,) = re.findall(rf"```{ending}\n(.*?)```", section, re.S)
        assert f"`{name}`" in section
        (tmp_path / name).write_text(block, encoding="utf-8")
    for words in commands("Your own points"):
        # Its last command needs the extra that the README names below.
        where = FULL if "slides" in words else PLAIN
        done = typed(where, ["-W", "error", "-m", *words], tmp_path, 600)
        assert done.returncode == 0 and not done.stderr, (words, done.stderr)
    for name in (
        "renders/mine.gif",
        "renders/mine.npz",
        "mine.html",
        "outrun/mine.gif",
        "mine.pptx",
    ):
        assert (tmp_path / name).stat().st_size > 10_000


@pytest.mark.slow
def test_the_first_talk_of_the_readme_is_made(tmp_path: Path) -> None:
    first, lecture = commands("Into your talk")
    done = typed(FULL, ["-W", "error", "-m", *first], tmp_path, 600)
    assert done.returncode == 0 and not done.stderr, done.stderr
    assert (tmp_path / "talk.pptx").is_file()
    # The lecture takes minutes; that it can be made is shown where lectures are tested.
    assert lecture[lecture.index("--lecture") + 1] in catalogue.names("lecture")


def test_the_readme_names_every_command_and_no_other() -> None:
    told = [words[1] for words in commands("All commands")]
    there = [c.name or c.callback.__name__ for c in cli.app.registered_commands if c.callback]
    assert sorted(told) == sorted(there)


def test_the_numbers_of_the_readme_are_the_code_s() -> None:
    table = SECTIONS["Beside others"]
    assert f"{len(catalogue.names())} scenarios" in TEXT
    assert f"| {len(TARGETS)} kinds of target" in table
    games = f"{len(OBJECTIVES)} objectives, {len(PENALTIES)} penalties and tricks, {len(UPDATES)} updates"
    assert f"| {games} |" in table


def test_the_strip_names_scenarios_by_their_films() -> None:
    cells = re.findall(r'src="renders/gallery/(.+?)\.gif".*?<b>(.+?)</b>', TEXT)
    assert len(cells) == 8
    assert all(film == name and name in catalogue.names() for film, name in cells)


def test_the_readme_cites_as_the_citation_file_does() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    told = {key: re.search(rf'^{key}: "?(.+?)"?$', citation, re.M) for key in ("title", "version")}
    entry = SECTIONS["Cite"].replace("{GAN}", "GAN")
    for key, found in told.items():
        assert found is not None
        assert re.search(rf"{key} += {{{re.escape(found[1])}}}", entry)
    released = re.search(r"^date-released: (\d{4})", citation, re.M)
    assert released is not None and f"year    = {{{released[1]}}}" in entry


def test_the_hero_is_small_enough_to_be_seen_at_once() -> None:
    assert (ROOT / "renders" / "hero.gif").stat().st_size < 2_000_000


def test_the_hero_is_of_its_scenario_as_it_is() -> None:
    made = provenance_of(ROOT / "renders" / "hero.gif")
    assert made["settings"] == load(made["scenario"]).text
