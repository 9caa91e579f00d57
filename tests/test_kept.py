"""What a talk or a comparison has trained is kept: stopped, it goes on; the deck is the same."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from commands import ran, toylab
from games import small_toml

from toylab.claims import traces
from toylab.claims.cache import CACHE
from toylab.claims.traces import NAME
from toylab.cli import rehearsal
from toylab.cli.stopping import Stopped
from toylab.training import run as training

NAMES = ("one", "two", "three")
TALK = ["slides", "--lecture", "talk.toml", "-o", "talk.md"]
# Trains what it may, and then dies as by `kill -9`.
DYING = """
import os, signal, sys
from toylab.cli import commands, rehearsal  # rehearsals do not count: they have the real one
from toylab.training import run

real, left = run.record, [int(sys.argv.pop(1))]

def record(*args, **kwargs):
    if not left[0]:
        os.kill(os.getpid(), signal.SIGKILL)
    left[0] -= 1
    return real(*args, **kwargs)

run.record = record
commands.main()
"""


def furnish(folder: Path) -> Path:
    """Three scenarios and a lecture of them, the first of them twice."""
    folder.mkdir(exist_ok=True)
    for steps, name in enumerate(NAMES, 2):
        body = small_toml(training={"steps": steps})
        (folder / f"{name}.toml").write_text(f'title = "{name}"\nlesson = "L"\n{body}')
    slides = "".join(f'[[slides]]\nscenario = "{name}"\n' for name in (*NAMES, "one"))
    (folder / "talk.toml").write_text(f'title = "T"\n{slides}')
    return folder


@pytest.fixture
def trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Names of what is trained, as it begins; in a folder with a lecture."""
    monkeypatch.chdir(furnish(tmp_path / "here"))
    names: list[str] = []
    real = training.record

    def record(scenario: Any, *args: Any, **kwargs: Any) -> Any:
        names.append(scenario.name)
        return real(scenario, *args, **kwargs)

    # Rehearsals do not count.
    monkeypatch.setattr(rehearsal, "record", real)
    monkeypatch.setattr(training, "record", record)
    yield names


def stopped_at(steps: int, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Press Ctrl-C in the middle of the training of so many steps; returns how to take the finger off."""
    real = training.Run.snapshots

    def snapshots(run: Any, *given: Any) -> Iterator[Any]:
        for number, shot in enumerate(real(run, *given)):
            if number and run.steps == steps:
                raise Stopped(130)
            yield shot

    monkeypatch.setattr(training.Run, "snapshots", snapshots)
    return lambda: monkeypatch.setattr(training.Run, "snapshots", real)


def files(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and ".toylab" not in path.parts
    }


def test_a_lecture_that_is_stopped_trains_only_the_rest(
    trained: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    go_on = stopped_at(4, monkeypatch)
    code, _ = toylab(*TALK)
    assert code == 130 and trained == ["one", "two", "three"]
    assert not Path("talk.md").exists()
    trained.clear()
    go_on()
    assert toylab(*TALK) == (0, "")
    assert trained == ["three"]
    # Nothing of the stop is in the deck.
    monkeypatch.chdir(furnish(tmp_path / "there"))
    assert toylab(*TALK) == (0, "")
    assert files(tmp_path / "here") == files(tmp_path / "there")


def test_long_trainings_run_side_by_side_and_the_deck_is_the_same(
    trained: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert toylab(*TALK) == (0, "")
    assert trained == [*NAMES]
    trained.clear()
    monkeypatch.setattr(traces, "_WORTH", 0)
    monkeypatch.setattr(traces, "cores", lambda: 2)
    monkeypatch.chdir(furnish(tmp_path / "there"))
    assert toylab(*TALK) == (0, "")
    # Workers did it, who count elsewhere.
    assert trained == []
    assert files(tmp_path / "here") == files(tmp_path / "there")
    # Where nothing can be kept, each is trained when its turn comes.
    monkeypatch.chdir(furnish(tmp_path / "full"))
    monkeypatch.setattr(traces, "_takes_files", lambda folder: False)
    assert toylab(*TALK) == (0, "")
    assert trained == [*NAMES]


def test_a_lecture_that_is_killed_trains_only_the_rest(trained: list[str]) -> None:
    assert ran(["-c", DYING, "2", *TALK], Path()).returncode == -signal.SIGKILL
    assert toylab(*TALK) == (0, "")
    assert trained == ["three"]


def test_a_comparison_takes_what_a_lecture_trained(trained: list[str]) -> None:
    assert toylab(*TALK) == (0, "")
    trained.clear()
    assert toylab("compare", "one.toml", "two.toml", "-o", "x.png") == (0, "")
    assert trained == []
    assert toylab("compare", "one.toml", "two.toml", "--seed", "1", "-o", "x.png") == (0, "")
    assert trained == ["one", "two"]


def test_what_is_played_decides_and_words_are_those_of_today(trained: list[str]) -> None:
    words = ["slides", "one.toml", "-o", "talk.md"]
    assert toylab(*words) == (0, "")
    before = Path("one.toml").read_text()
    Path("one.toml").write_text(before.replace('"one"', '"Uno"').replace('"L"', '"Lesson"'))
    trained.clear()
    assert toylab(*words) == (0, "")
    assert trained == [] and "# Uno\n\nLesson" in Path("talk.md").read_text()
    assert toylab(*words, "--set", "training.batch=17") == (0, "")
    assert trained == ["one"]


def test_a_damaged_trace_is_made_again_and_an_old_one_goes(trained: list[str]) -> None:
    words = ["slides", "one.toml", "-o", "talk.md"]
    assert toylab(*words) == (0, "")
    (path,) = CACHE.with_name(NAME).iterdir()
    path.write_bytes(path.read_bytes()[:100])
    os.utime(path, (0, 0))
    assert toylab(*words) == (0, "")
    assert trained == ["one", "one"]
    month = time.time() - 31 * 86_400
    os.utime(path, (month, month))
    # Asked for, it stays.
    assert toylab(*words) == (0, "")
    assert toylab("slides", "two.toml", "-o", "talk.md") == (0, "")
    assert len(list(CACHE.with_name(NAME).iterdir())) == 2
    os.utime(path, (month, month))
    assert toylab("slides", "three.toml", "-o", "talk.md") == (0, "")
    assert (
        path not in CACHE.with_name(NAME).iterdir()
        and len(list(CACHE.with_name(NAME).iterdir())) == 2
    )


def test_of_too_many_traces_those_go_that_were_asked_for_longest_ago(
    trained: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = CACHE.with_name(NAME)
    before: set[Path] = set()
    made = []
    for ago, name in ((20, "one"), (10, "two")):
        assert toylab("slides", f"{name}.toml", "-o", "talk.md") == (0, "")
        (path,) = {*folder.iterdir()} - before
        made.append(path)
        before.add(path)
        then = time.time() - ago
        os.utime(path, (then, then))
    # Room for two and a half.
    monkeypatch.setattr(traces, "_MOST_BYTES", 5 * made[0].stat().st_size // 2)
    assert toylab("slides", "three.toml", "-o", "talk.md") == (0, "")
    assert made[0] not in folder.iterdir() and made[1] in folder.iterdir()
    # What has just been trained is kept, however large.
    monkeypatch.setattr(traces, "_MOST_BYTES", 1)
    assert toylab("slides", "one.toml", "-o", "talk.md") == (0, "")
    assert [*folder.iterdir()] == [made[0]]


def test_where_the_folder_takes_nothing_traces_are_kept_in_the_user_s_own(
    trained: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    Path(".toylab").write_text("in the way")
    for _ in range(2):
        assert toylab("slides", "one.toml", "-o", "talk.md") == (0, "")
    assert trained == ["one"] and Path(".toylab").read_text() == "in the way"
    assert len(list((tmp_path / "cache" / "toylab" / NAME).iterdir())) == 1
