"""Two commands at once, of one machine or of two on one disk: neither spoils what the other writes."""

from __future__ import annotations

import ast
import csv
import errno
import fcntl
import importlib.util
import os
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import ModuleType, SimpleNamespace

import pytest
from commands import started, toylab
from games import small_toml

import toylab as package
from toylab.base import files, locks
from toylab.base.errors import ToylabError
from toylab.base.files import alone, whole, whole_folder

OTHER = "0" * 8  # a machine


def test_two_writers_of_one_file_never_share_a_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # On two machines two processes may have one number; each looks for what dead ones left.
    monkeypatch.setattr(os, "getpid", lambda: 7)
    path = tmp_path / "numbers.json"
    with whole(path) as first:
        first.write_text("first")
        monkeypatch.setattr(files, "_HERE", OTHER)
        with whole(path) as second:
            assert first != second and first.read_text() == "first"
            second.write_text("second")
        assert path.read_text() == "second"
    assert path.read_text() == "first" and os.listdir(tmp_path) == [path.name]


def test_two_writers_of_one_folder_never_share_a_part(tmp_path: Path) -> None:
    path = tmp_path / "frames"
    with whole_folder(path, lambda folder: True, "ours") as first:
        (first / "0.png").write_text("first")
        with whole_folder(path, lambda folder: True, "ours") as second:
            (second / "0.png").write_text("second")
    assert (path / "0.png").read_text() == "first" and os.listdir(tmp_path) == ["frames"]


def test_an_output_that_is_being_written_is_refused_in_one_line(tmp_path: Path) -> None:
    out, link = tmp_path / "new" / "x.csv", tmp_path / "link.csv"
    link.symlink_to(out)
    with alone([out, tmp_path / "frames/"]):
        for same in (out, link, f"{tmp_path}/frames/"):
            with pytest.raises(ToylabError, match="another toylab command") as told, alone([same]):
                pass
            assert len(str(told.value).splitlines()) == 1
        with alone([tmp_path / "y.csv"]):
            pass
    # Nothing was written: what was made for it is gone too.
    assert os.listdir(tmp_path) == ["link.csv"]
    with alone([out]):
        pass


def test_who_is_refused_one_output_keeps_nobody_from_the_others(tmp_path: Path) -> None:
    mine, theirs = tmp_path / "a.csv", tmp_path / "b.csv"
    with alone([theirs]):
        with pytest.raises(ToylabError), alone([mine, theirs]):
            pass
        with alone([mine]):
            pass


SWEEP = ["sweep", "small.toml", "--over", "training.batch=8,9", "--metric", "sliced_wasserstein"]
SWEEP += ["--seeds", "2", "--jobs", "1", "-o", "x.csv"]


@pytest.fixture
def small(scenario_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch) -> Path:
    path = scenario_file("small", small_toml())
    monkeypatch.chdir(path.parent)
    return path


@pytest.mark.parametrize(
    "words",
    [
        SWEEP,
        ["train", "small.toml", "-o", "x.csv.npz", "-o", "x.npz"],
        ["run", "small.toml", "--to", "."],
        ["run", "small.toml", "-o", "x.gif"],
        ["compare", "small.toml", "small.toml", "-o", "x.gif"],
        ["slides", "small.toml", "-o", "x.md"],
    ],
    ids=lambda words: " ".join(words[:1] + words[-1:]),
)
def test_a_second_command_ends_before_it_trains(words: list[str], small: Path) -> None:
    before = sorted(os.listdir())
    held = [
        name for name in ("x.csv", "x.npz", "x.gif", "x.md", "small.npz") if name in " ".join(words)
    ]
    with alone(held or ["small.npz"]):
        code, said = toylab(*words)
    assert code == 2 and "another toylab command" in said and len(said.splitlines()) == 1
    assert sorted(set(os.listdir()) - {".toylab"}) == before
    assert toylab(*words)[0] == 0
    assert not list(Path().rglob("*.lock"))


def rows(path: str) -> list[list[str]]:
    with open(path, newline="", encoding="utf-8") as file:
        return list(csv.reader(file))


@pytest.mark.slow
def test_of_two_sweeps_into_one_table_one_writes_it(small: Path) -> None:
    long = [word.replace("small.toml", "long.toml") for word in SWEEP]
    text = small.read_text(encoding="utf-8").replace("steps = 4", "steps = 1500")
    Path("long.toml").write_text(text, encoding="utf-8")
    first = started(long, Path.cwd())
    until = time.monotonic() + 60
    while not Path(".x.csv.lock").exists() and time.monotonic() < until:
        time.sleep(0.02)
    # Held where it is, so that it cannot have ended when the second asks.
    os.killpg(first.pid, signal.SIGSTOP)
    try:
        code, said = toylab(*long)
    finally:
        os.killpg(first.pid, signal.SIGCONT)
    assert code == 2 and "x.csv is being written" in said
    assert first.wait(timeout=120) == 0
    assert len(rows("x.csv")) == 1 + 4 and not Path(".x.csv.lock").exists()
    # The lock ends with its process, a killed one too.
    killed = started([*long, "--set", "training.steps=1501"], Path.cwd())
    while not Path(".x.csv.lock").exists() and time.monotonic() < until + 60:
        time.sleep(0.02)
    os.killpg(killed.pid, signal.SIGKILL)
    killed.wait(timeout=60)
    # A helper that was just being started holds what its parent held, until it has died as well.
    until = time.monotonic() + 10
    while toylab(*SWEEP)[0] != 0:
        assert time.monotonic() < until
    assert len(rows("x.csv")) == 1 + 4 and not Path(".x.csv.lock").exists()


def test_a_disk_without_locks_is_written_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def none(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", none)
    path = tmp_path / "x.json"
    with alone([path]), alone([path]), whole(path) as first, whole(path) as second:
        # Nothing tells whether the first is at work, and so it stays.
        assert not first.exists() and second.write_text("second") and first.write_text("first")
    assert path.read_text() == "first" and os.listdir(tmp_path) == ["x.json"]


@pytest.fixture
def windows(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """The locks as they are on Windows, whose calls are played by this system's."""

    def locking(file: int, how: int, n: int) -> None:
        assert (how, n) == (2, 1)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise PermissionError(errno.EACCES, "Permission denied") from None

    def blow(pid: int, how: int) -> None:
        raise AssertionError(f"process {pid} would be killed")

    def unlink(path: str | os.PathLike[str], **_: object) -> None:
        held = {os.path.realpath(f"/proc/self/fd/{n}") for n in os.listdir("/proc/self/fd")}
        if os.path.realpath(path) in held:
            raise PermissionError(errno.EACCES, "used by another process")
        really(path)

    really = os.unlink
    monkeypatch.setitem(sys.modules, "msvcrt", SimpleNamespace(locking=locking, LK_NBLCK=2))
    monkeypatch.setattr(os, "kill", blow)
    monkeypatch.setattr(os, "unlink", unlink)
    with monkeypatch.context() as as_there:
        as_there.setattr(sys, "platform", "win32")
        spec = importlib.util.spec_from_file_location("toylab.locks_there", locks.__file__)
        assert spec is not None and spec.loader is not None
        there = importlib.util.module_from_spec(spec)
        as_there.setitem(sys.modules, spec.name, there)
        spec.loader.exec_module(there)
    monkeypatch.setattr(files, "locks", there)
    return there


@pytest.mark.skipif(not Path("/proc/self/fd").is_dir(), reason="sees open files by /proc")
def test_on_windows_locks_tell_who_is_at_work(windows: ModuleType, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    dead = f".{files._HERE}{1:012x}"
    for kind in ("part", "lock.part"):
        (tmp_path / f"{dead}.{kind}.x.json").write_text("")
    with alone([path]), whole(path) as first:
        first.write_text("first")
        assert not list(tmp_path.glob(f"{dead}*"))
        with pytest.raises(ToylabError, match="another toylab command"), alone([path]):
            pass
        with whole(path) as second:
            second.write_text("second")
        assert first.read_text() == "first"
    assert path.read_text() == "first" and os.listdir(tmp_path) == ["x.json"]


def test_no_process_is_asked_by_its_number() -> None:
    # On Windows os.kill ends it, whatever the signal.
    for path in Path(package.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "os.kill":
                assert ast.unparse(node.args[1]) != "0", path
