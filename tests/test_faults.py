"""Faults of our own: a line or two and a file with the whole, wherever they happen; and sweeps of nothing."""

from __future__ import annotations

import re
import tempfile
from pathlib import Path

import pytest
from commands import ran, toylab
from games import small_toml

from toylab.base import faults
from toylab.base.errors import ToylabError
from toylab.claims import sweep
from toylab.cli.stopping import Stopped
from toylab.trace import Trace

BROKEN = """
import sys
from toylab.claims import {room}
from toylab.cli import commands
def broken(task, folder):
    raise LookupError("no metadata\\nfor anything")
{room}.measure = broken
sys.argv = ["toylab", *{words}]
commands.main()
"""
NAMES = ["--jobs", "1", "-o", "x.csv", "-o", "./x.png", "-o", "x.gif"]
SWEEP = ["sweep", "small.toml", "--over", "game.generator_steps=1,2", "--metric", "c2st"]


@pytest.fixture
def small_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    claim = '[[claims]]\ntext = "It is"\nmetric = "c2st"\nrelation = ">="\nthreshold = 0.0\n'
    path = tmp_path / "small.toml"
    path.write_text(f'title = "t"\nlesson = "l"\n{small_toml()}\n{claim}', encoding="utf-8")
    return path


def kept(said: str) -> str:
    """What the file holds that a message names."""
    found = re.search(r"The whole is in (\S+):", said)
    assert found, said
    return Path(found[1]).read_text(encoding="utf-8")


@pytest.mark.slow
@pytest.mark.parametrize("jobs", ["1", "2"])
def test_a_fault_in_a_worker_is_a_few_lines_and_a_file(
    jobs: str, small_file: Path, tmp_path: Path
) -> None:
    words = ["check", "small.toml", "--seeds", "16", "--jobs", jobs]
    code = BROKEN.format(room="counting", words=words)
    done = ran(["-c", code], tmp_path, TMPDIR=str(tmp_path))
    assert done.returncode == faults.FAULT
    assert len(done.stderr.strip().splitlines()) <= 3
    assert "LookupError: no metadata" in done.stderr
    whole = kept(done.stderr)
    # The command, and the way to the fault inside the worker.
    assert whole.startswith("toylab check small.toml") and "in broken" in whole


@pytest.mark.slow
def test_a_sweep_of_nothing_but_failures_ends_with_1_and_its_first_reason(
    small_file: Path, tmp_path: Path
) -> None:
    code = BROKEN.format(room="sweep", words=[*SWEEP, *NAMES])
    done = ran(["-c", code], tmp_path, TMPDIR=str(tmp_path))
    assert done.returncode == 1
    assert "16 of 16 runs failed" in done.stderr and "LookupError: no metadata" in done.stderr
    assert "in broken" in kept(done.stderr)
    assert "./x.png is not written" in done.stderr
    assert (tmp_path / "x.csv").read_text().count("LookupError") == 16
    assert not (tmp_path / "x.png").exists() and not (tmp_path / "x.gif").exists()


def test_a_sweep_that_fails_in_part_says_so_and_shows_the_rest(
    small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sweep.measure

    def half(task: sweep.Task, folder: Path) -> object:
        if task.settings["game"]["generator_steps"] == 2:
            raise LookupError("half")
        return real(task, folder)

    monkeypatch.setattr(sweep, "measure", half)
    words = [*SWEEP, "--jobs", "1", "--seeds", "2", "-o", "x.csv", "-o", "x.png"]
    code, said = toylab(*words)
    assert code == 0 and "2 of 4 runs failed" in said and "LookupError: half" in said
    assert (tmp_path / "x.png").stat().st_size > 1000


def test_what_the_input_has_wrong_is_no_fault_of_ours(
    small_file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(task: sweep.Task, folder: Path) -> object:
        raise sweep.ToylabError("points.csv: gone")

    monkeypatch.setattr(sweep, "measure", refused)
    code, said = toylab(*SWEEP, "--jobs", "1", "--seeds", "2", "-o", "x.csv")
    assert code == 1 and "points.csv: gone" in said and "fault" not in said


def test_a_sweep_that_diverges_everywhere_is_a_result_without_a_picture(
    small_file: Path, tmp_path: Path
) -> None:
    hot = ["--set", 'optimizer.generator={kind="sgd",lr=1e6}', "--set", "training.steps=400"]
    words = [*SWEEP, "--jobs", "1", "--seeds", "2", *hot, "-o", "x.csv", "-o", "x.png"]
    code, said = toylab(*words)
    rows = (tmp_path / "x.csv").read_text().splitlines()[1:]
    assert all("diverged at step" in row for row in rows), rows
    assert code == 0 and "x.png is not written" in said
    assert not (tmp_path / "x.png").exists()


def test_a_fault_in_any_command_is_a_few_lines(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))

    def breaks() -> None:
        raise IndexError

    monkeypatch.setattr("toylab.scenario.catalogue.names", breaks)
    code, said = toylab("list")
    assert code == faults.FAULT and len(said.strip().splitlines()) == 2
    assert "IndexError" in said and "IndexError" in kept(said)


def test_where_no_file_can_be_kept_the_fault_is_still_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "nowhere"))
    assert "could not be kept" in faults.told("KeyError: 3", "...")


def test_a_missing_package_is_named_and_our_own_missing_file_is_a_fault() -> None:
    said, code = faults.ending(ModuleNotFoundError("no", name="torch.nn"))
    assert code == 2 and said.startswith("torch is missing") and "\n" not in said
    assert faults.ending(ModuleNotFoundError("no", name="toylab.gone"))[1] == faults.FAULT


def test_a_trace_is_kept_though_its_film_fails(
    small_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object, **named: object) -> None:
        raise ToylabError("x.gif: no space is left")

    monkeypatch.setattr("toylab.film.animation.Animation.save", full)
    code, said = toylab("run", "small.toml")
    assert (code, said) == (2, "x.gif: no space is left\n")
    assert Trace.load(Path("renders/small.npz")).name == "small"


def test_a_trace_that_cannot_be_kept_is_told_with_the_film_and_without(
    small_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(trace: Trace, path: Path) -> None:
        raise ToylabError(f"{path.name}: no space is left")

    monkeypatch.setattr(Trace, "save", full)
    # Nothing is said to be made before all is.
    assert toylab("run", "small.toml") == (2, "small.npz: no space is left\n")
    assert Path("renders/small.gif").is_file()

    def stop(*given: object, **named: object) -> None:
        raise Stopped(130)

    monkeypatch.setattr("toylab.film.animation.Animation.save", stop)
    code, said = toylab("run", "small.toml")
    assert code == 130 and said.startswith("small.npz: no space is left\n")
