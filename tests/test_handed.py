"""Handed on: what leaves a folder holds no name of it, has the same bytes from anywhere, and runs again."""

from __future__ import annotations

import sys
import tomllib
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from commands import printed, toylab
from games import small_toml

from toylab.claims.cache import Task
from toylab.cli.terminal import command
from toylab.scenario.scenario import Scenario, check, differences, load
from toylab.trace import Trace
from toylab.training.run import record

HEAD = 'title = "T"\nlesson = "L"\n'
POINTS = {"kind": "points", "file": "data/x.csv"}
CLAIM = """
[[claims]]
text = "c"
metric = "sliced_wasserstein"
relation = ">="
threshold = 0.0
"""


def furnish(folder: Path) -> Path:
    """A scenario with data and a neighbour, a lecture and a style; the folder."""
    (folder / "data").mkdir(parents=True)
    (folder / "data" / "x.csv").write_text("1.0,2.0\n3.0,4.0\n0.0,1.0\n")
    body = small_toml(target=POINTS) + CLAIM
    (folder / "base.toml").write_text(HEAD + body)
    (folder / "mine.toml").write_text(HEAD + body + 'against = "base"\n')
    (folder / "fix.toml").write_text(
        'title = "F"\nlesson = "L"\nextends = "mine"\n[training]\nsteps = 3\n'
    )
    (folder / "talk.toml").write_text('title = "T"\n[[slides]]\nscenario = "fix"\n')
    (folder / "my.mplstyle").write_text("font.family: DejaVu Serif\n")
    return folder


def write_all(folder: Path) -> None:
    """Every kind of file, by commands that name everything from the root."""
    films = ["gif", "png", "apng", "webp", "mp4", "webm", "svg", "pdf", "html"]
    outputs = [f"-o{folder}/x.{ending}" for ending in films] + ["-o", f"{folder}/frames/"]
    look = ["--layout", "card", f"--style={folder}/my.mplstyle", "--svg-text"]
    over = ["--over", "training.batch=8,9", "--metric", "sliced_wasserstein", "--seeds", "1"]
    tables = [f"-o{folder}/s.{ending}" for ending in ("csv", "parquet", "svg", "webp")]
    decks = [f"-o{folder}/t.{ending}" for ending in ("pptx", "qmd", "tex", "md")]
    mine = f"{folder}/mine.toml"
    for words in (
        ["train", mine, "-o", f"{folder}/x.npz"],
        ["run", mine, "--to", str(folder), *outputs, *look],
        ["compare", mine, f"{folder}/fix.toml", f"-o{folder}/c.png"],
        ["sweep", mine, *over, *tables, "--jobs", "1", "--svg-text"],
        ["slides", "--lecture", f"{folder}/talk.toml", *decks],
        ["check", mine, "--seeds", "2", "--jobs", "1", f"-o{folder}/c.json", f"-o{folder}/c.md"],
    ):
        assert toylab(*words) == (0, ""), words


def held(path: Path) -> bytes:
    """All that a file holds, unpacked if it is an archive."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def test_a_file_has_the_same_bytes_wherever_it_was_made_and_names_no_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for place in ("secret-author/a", "elsewhere/secret-author/bb"):
        folder = furnish(tmp_path / place)
        monkeypatch.chdir(folder)
        write_all(folder)
        files = [p for p in folder.rglob("*") if p.is_file() and ".toylab" not in p.parts]
        made.append({str(p.relative_to(folder)): p for p in files})
        for path in files:
            assert b"secret-author" not in held(path), path
    assert made[0].keys() == made[1].keys() and len(made[0]) > 25
    differing = [n for n, path in made[0].items() if path.read_bytes() != made[1][n].read_bytes()]
    assert not differing
    # Asked for on the command line, words are text.
    assert all(b"<text" in made[0][name].read_bytes() for name in ("x.svg", "s.svg"))


def test_what_inspect_prints_runs_again_beside_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    furnish(tmp_path / "a")
    monkeypatch.chdir(tmp_path / "a")
    assert toylab("run", "mine.toml", "--layout", "card", "-o", "x.png") == (0, "")
    assert toylab("compare", "mine.toml", "fix.toml", "-o", "two.png") == (0, "")
    assert toylab("slides", "mine.toml", "fix.toml", "-o", "t.md") == (0, "")
    furnish(tmp_path / "b")
    monkeypatch.chdir(tmp_path / "b")
    own = load("mine.toml")
    for number, name in enumerate(("x.png", "two.png", "t.md", "renders/mine.npz")):
        text = printed("inspect", f"../a/{name}")
        again = Path(f"again{number}.toml")
        again.write_text(text)
        assert load(again).settings == own.settings
        assert "# command " in text and text.count("[training]") == (2 if number in (1, 2) else 1)
    first, second = (record(one, [0]).samples for one in (own, load("again0.toml")))
    np.testing.assert_array_equal(first, second)


def test_what_somebody_elses_film_says_of_itself_stays_a_comment(
    small_trace: Trace, tmp_path: Path
) -> None:
    hostile = {"a\n[film]": "1\r\n[target]\u2028file = 'x'", "settings_2": "[training]\nsteps = 9"}
    trace = replace(small_trace, provenance={**small_trace.provenance, **hostile})
    trace.save(tmp_path / "x.npz")
    told = printed("inspect", str(tmp_path / "x.npz"))
    assert tomllib.loads(told) == small_trace.settings
    assert "[target]" in told.partition("title")[0]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (["run", "mine.toml", "-o", "out/x.gif"], "run mine.toml -o out/x.gif"),
        (["run", "/home/me/x.toml", "-o", "/home/me/x.gif"], "run x.toml -o x.gif"),
        (["run", "x", "-o/home/me/y.png", "-o", "/home/me/fr/"], "run x -oy.png -o fr/"),
        (["run", "x", "--style=/home/me/s.mplstyle"], "run x --style=s.mplstyle"),
        (["run", "x", "--to", "/home/me"], "run x --to ."),
        (["run", "x", "--to=~/films/"], "run x --to=."),
        (["run", "/home/J. D./my, own/a=b/x.toml"], "run x.toml"),
        (["run", "/home/o'neil/x.toml"], "run x.toml"),
        (["run", "../me/x.toml", "~me/y.toml", "~"], "run x.toml y.toml ."),
        (["run", "C:\\Users\\me\\x.toml", "\\\\host\\me\\y.toml"], "run x.toml y.toml"),
        (["slides", "--lecture", "/home/me/l.toml"], "slides --lecture l.toml"),
        (["run", "x", "--set", "target.file=/home/me/x.csv"], "run x --set target.file=x.csv"),
        (["run", "x", "--set", 'target.file= "/home/me/x.csv"'], "run x --set 'target.file= \"x.csv\"'"),
        (["sweep", "x", "--over", "target.file=/a/me/x.csv,/a/me/y.csv"], "sweep x --over target.file=x.csv,y.csv"),
        (
            ["sweep", "x", "--over", 'target={kind="points",file="/h/me/x.csv"},{kind="ring"}'],
            'sweep x --over \'target={kind="points",file="x.csv"},{kind="ring"}\'',
        ),
        (["check", "--backend", "dask=tcp://host:8786"], "check --backend dask"),
        (["check", "--backend=dask=tcp://host:8786"], "check --backend=dask"),
        (["run", "x", "--set", "title=a / b and/or ..."], "run x --set 'title=a / b and/or ...'"),
        (["train", "x", "--seeds", "8:16"], "train x --seeds 8:16"),
    ],
    ids=lambda words: " ".join(words) if isinstance(words, list) else "",
)  # fmt: skip
def test_a_command_is_told_without_folders(
    typed: list[str], told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "argv", ["/home/me/bin/toylab", *typed])
    assert command() == f"toylab {told}"


def file_told(scenario: Scenario) -> str:
    told = tomllib.loads(scenario.text)["target"]["file"]
    assert told == scenario.handed_on["target"]["file"]
    return told


def test_a_file_is_told_from_the_scenarios_folder_or_by_its_name_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = furnish(tmp_path / "me" / "scenarios")
    (tmp_path / "me" / "data").mkdir()
    for path in ("me/data/y.csv", "z.csv"):
        (tmp_path / path).write_text("1.0,2.0\n3.0,4.0\n")
    body = (folder / "mine.toml").read_text()
    monkeypatch.chdir(tmp_path)
    for written, told in (
        ("data/x.csv", "data/x.csv"),
        ("./data/../data/x.csv", "data/x.csv"),
        ("../data/y.csv", "../data/y.csv"),
        (f"{folder}/data/x.csv", "data/x.csv"),
        (f"{tmp_path}/me/data/y.csv", "y.csv"),
    ):
        (folder / "one.toml").write_text(body.replace("data/x.csv", written))
        for way in ("me/scenarios/one.toml", "me/../me/scenarios/one.toml", folder / "one.toml"):
            assert file_told(load(way)) == told
    # A change names a file from where one stands.
    assert file_told(load(folder / "mine.toml", ["target.file=me/data/y.csv"])) == "me/data/y.csv"
    assert file_told(load(folder / "mine.toml", [f"target.file={tmp_path}/z.csv"])) == "z.csv"
    # What a base names is told from the scenario that extends it.
    (tmp_path / "fix.toml").write_text(
        'title = "F"\nlesson = "L"\nextends = "me/scenarios/mine.toml"\n'
    )
    assert file_told(load(tmp_path / "fix.toml")) == "me/scenarios/data/x.csv"
    assert file_told(check({**load(folder / "mine.toml").settings})) == "x.csv"


def test_a_neighbour_that_a_claim_compares_with_is_told_by_its_file(tmp_path: Path) -> None:
    path = furnish(tmp_path) / "mine.toml"
    assert load(path).claims[0].against == str(tmp_path / "base.toml")
    assert load(path).handed_on["claims"][0]["against"] == "base.toml"


def test_a_difference_between_scenarios_names_no_folder(tmp_path: Path) -> None:
    path = furnish(tmp_path / "secret") / "mine.toml"
    (tmp_path / "secret" / "y.csv").write_text("1.0,2.0\n3.0,4.0\n")
    changed = load(path, [f"target.file={tmp_path}/secret/y.csv"])
    assert differences(changed, load(path)) == [("target.file", "data/x.csv", "y.csv")]
    # The same file is none, by whatever way.
    (tmp_path / "other").mkdir()
    fix = tmp_path / "other" / "fix.toml"
    fix.write_text('title = "F"\nlesson = "L"\nextends = "../secret/mine.toml"\n')
    assert differences(load(fix), load(path)) == []


def test_show_names_no_folder(tmp_path: Path) -> None:
    path = furnish(tmp_path / "secret") / "mine.toml"
    for words in (
        [],
        ["--set", f"target.file={tmp_path}/secret/data/x.csv", "--set", "training.batch=9"],
    ):
        said = printed("show", str(path), *words)
        assert 'file = "data/x.csv"' in said and "less that of base.toml on" in said
        assert "secret" not in said


def test_a_picture_that_comes_with_toylab_is_found_again(tmp_path: Path) -> None:
    (tmp_path / "fix.toml").write_text('title = "F"\nlesson = "L"\nextends = "your-logo"\n')
    for number, name in enumerate(("your-logo", tmp_path / "fix.toml")):
        again = tmp_path / f"again{number}.toml"
        again.write_text(load(name).text, encoding="utf-8")
        assert file_told(load(name)) == "pictures/your-logo.png"
        assert load(again).settings == load(name).settings
    # A file of one's own under that name comes first.
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "your-logo.png").write_bytes(
        Path(load("your-logo").settings["target"]["file"]).read_bytes()
    )
    assert load(tmp_path / "again0.toml").settings["target"]["file"].startswith(str(tmp_path))


def test_the_cache_knows_data_by_what_they_hold_and_not_by_their_place(
    tmp_path: Path, small: Callable[..., Scenario]
) -> None:
    def key(folder: str, name: str, text: str) -> str:
        path = tmp_path / folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        settings = small(target={"kind": "points", "file": str(path)}).settings
        return Task(settings, "small", (), (0,)).key()

    first = key("a", "x.csv", "1,2\n3,4\n")
    assert key("b", "y.CSV", "1,2\n3,4\n") == first
    assert key("b", "x.csv", "1,2\n3,5\n") != first
