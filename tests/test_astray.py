"""What is named where another thing is expected: one line, with the command that takes it."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import ran, toylab
from games import small_toml

from toylab.base.errors import ToylabError
from toylab.scenario import catalogue
from toylab.scenario.scenario import load
from toylab.trace import Trace


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small_trace: Trace) -> Path:
    """A folder of a scenario, a lecture, a trace and a film, in which commands run."""
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text('title = "M"\nlesson = "L"\n' + small_toml())
    Path("lec.toml").write_text('title = "T"\n[[slides]]\nscenario = "mine"\n')
    small_trace.save("x.npz")
    Path("x.gif").write_bytes(b"GIF89a")
    return tmp_path


# What was typed, and the command that would do.
ASTRAY = {
    "run mine": "toylab run mine.toml",
    "run ./mine": "toylab run ./mine.toml",
    "train mine -o a.npz --seeds 3": "toylab train mine.toml -o a.npz --seeds 3",
    "run mine.tml": "toylab run mine.toml",
    "run Mine.toml": "toylab run mine.toml",
    "run mode-collapse.toml": "toylab run mode-collapse",
    "render x -o y.gif": "toylab render x.npz -o y.gif",
    "slides --lecture lec -o a.md": "toylab slides --lecture lec.toml -o a.md",
    "run x.npz": "toylab render x.npz -o x.gif",
    "show x.npz": "toylab render x.npz -o x.gif",
    "train x.npz -o y.npz": "toylab render x.npz -o x.gif",
    "check x.npz": "toylab render x.npz -o x.gif",
    "sweep x.npz --over a=1 --metric c2st -o a.csv": "toylab render x.npz -o x.gif",
    "run mine.toml x.npz": "toylab render x.npz -o x.gif",
    "compare x.gif x.npz -o y.gif": "toylab inspect x.gif",
    "render x.gif -o y.mp4": "toylab inspect x.gif",
    "render mine.toml -o y.gif": "toylab run mine.toml",
    "render mode-collapse -o y.gif": "toylab run mode-collapse",
    "inspect mode-collapse": "toylab show mode-collapse",
    "inspect mine.toml": "toylab show mine.toml",
    "inspect lec.toml": "toylab slides --lecture lec.toml -o talk.pptx",
    "slides lec.toml -o a.pptx": "toylab slides --lecture lec.toml -o talk.pptx",
    "slides lec -o a.pptx": "toylab slides --lecture lec.toml -o talk.pptx",
    "slides --lecture mine.toml -o a.pptx": "toylab slides mine.toml -o talk.pptx",
    "slides --lecture mode-collapse -o a.pptx": "toylab slides mode-collapse -o talk.pptx",
    "slides --lecture x.npz -o a.pptx": "toylab slides x.npz -o talk.pptx",
    "show gan-basics": "toylab slides --lecture gan-basics -o talk.pptx",
    "mode-collapse": "toylab run mode-collapse",
    "mine.toml": "toylab run mine.toml",
    "mine": "toylab run mine.toml",
    "x.npz": "toylab render x.npz -o x.gif",
    "gan-basics": "toylab slides --lecture gan-basics -o talk.pptx",
    "runs mine.toml": "Did you mean 'run'? See `toylab --help`.",
    "help": "See `toylab --help`.",
}


@pytest.mark.parametrize("typed", ASTRAY)
def test_a_thing_of_another_kind_is_told_its_command(typed: str, here: Path) -> None:
    before = sorted(here.iterdir())
    code, said = toylab(*typed.split())
    assert code == 2 and len(said.splitlines()) == 1
    assert said.rstrip().endswith(ASTRAY[typed]), said
    assert sorted(here.iterdir()) == before


def test_what_is_told_for_it_is_a_command_that_runs(here: Path) -> None:
    told = toylab("show", "lec.toml")[1].split("Try: ")[1].replace("talk.pptx", "talk.md")
    Path("mine.toml").rename("mode.toml")
    Path("lec.toml").write_text('title = "T"\n[[slides]]\nscenario = "mode"\n')
    assert toylab(*shlex.split(told)[1:])[0] == 0


def test_what_is_rightly_named_is_not_astray(here: Path) -> None:
    Path("mode-collapse").mkdir()  # a folder of frames, say
    assert "toylab show" not in toylab("inspect", "mode-collapse")[1]
    assert toylab("inspect", "x.npz")[0] == 0
    assert toylab("show", "mine.toml")[0] == 0
    assert toylab("show", "mode-collapse")[0] == 0


def test_a_file_without_its_ending_is_told_from_python_too(here: Path) -> None:
    with pytest.raises(ToylabError, match="but mine.toml lies here"):
        load("mine")


@pytest.mark.parametrize(
    "typed",
    ["run mine.toml -o out", "sweep mine.toml --over training.batch=8,9 --metric c2st -o out"],
)
def test_an_output_without_an_ending_is_said_to_have_none(typed: str, here: Path) -> None:
    code, said = toylab(*typed.split())
    assert code == 2 and "out has no ending" in said and ".gif" in said


@pytest.mark.parametrize("words", [["-h"], ["run", "-h"], ["slides", "-h"]], ids=" ".join)
def test_h_is_help(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert toylab(*words) == (0, "")


def test_the_version_is_told_without_what_trains_or_draws(tmp_path: Path) -> None:
    code = (
        "import sys; from toylab.__main__ import main\n"
        "sys.argv = ['toylab', '-V']\n"
        "try: main()\n"
        "finally: print({'torch', 'numpy', 'matplotlib'} & {*sys.modules})"
    )
    done = ran(["-c", code], tmp_path)
    first, modules = done.stdout.splitlines()
    assert first.split()[0] == "toylab" and len(first.split()) == 2
    assert modules == "set()" and done.returncode == 0 and not done.stderr


def test_every_name_that_comes_with_toylab_is_of_one_kind() -> None:
    # Else `toylab show NAME` could mean either.
    kinds = [set(catalogue.names(kind)) for kind in catalogue.SHELVES]
    assert not set.intersection(*kinds)


def test_help_tells_of_each_command_by_its_own_name(here: Path, scenario_file: Callable) -> None:
    assert "`toylab run --help`" in toylab("run")[1]
    assert "`toylab render --help`" in toylab("render", "x.npz")[1]
