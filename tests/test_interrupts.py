"""Ctrl-C and a polite kill: one line, an exit code, and what is promised in it."""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from games import small_toml

from toylab.cli import stopping
from toylab.cli.stopping import going_on, stoppable

STOPPED = "Stopped. Files that were not finished are as they were before."
CLAIM = '[[claims]]\ntext = "C"\nmetric = "c2st"\nrelation = ">="\nthreshold = 0.0\n'
CHECK = ["check", "small.toml", "--seeds", "48", "--jobs", "2", "-o", "claims.md"]
SWEEP = ["sweep", "small.toml", "--over", "training.batch=8,9,10", "--metric", "c2st"]
SWEEP += ["--seeds", "16", "--jobs", "2", "-o", "x.csv", "-o", "x.png"]


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put back what answers signals."""
    before = [(kind, signal.getsignal(kind)) for kind in (signal.SIGINT, signal.SIGTERM)]
    yield
    for kind, handler in before:
        signal.signal(kind, handler)


def begun(words: list[str], folder: Path, **environment: str) -> subprocess.Popen[str]:
    """Start a command as the leader of a group, as a shell does."""
    return subprocess.Popen(
        [sys.executable, "-m", "toylab", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


def stopped(job: subprocess.Popen[str], kind: signal.Signals = signal.SIGINT) -> tuple[int, str]:
    """Send a signal to a command and to all of its workers, as a terminal does."""
    os.killpg(job.pid, kind)
    _, said = job.communicate(timeout=60)
    return job.returncode, said


def until(there: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not there():  # type: ignore[operator]
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.02)


@pytest.mark.parametrize(
    ("kind", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["Ctrl-C", "kill"]
)
@pytest.mark.parametrize("module", ["typer", "numpy", "matplotlib"])
def test_a_stop_while_modules_are_imported_is_one_line(
    module: str, kind: signal.Signals, code: int, tmp_path: Path
) -> None:
    (tmp_path / "fakes").mkdir()
    (tmp_path / "fakes" / f"{module}.py").write_text(
        f"import time, pathlib; pathlib.Path({str(tmp_path / 'begun')!r}).touch(); time.sleep(60)"
    )
    paths = [str(tmp_path / "fakes"), *filter(None, [os.environ.get("PYTHONPATH")])]
    words = ["run", "convergence", "-o", "x.gif"]
    job = begun(words, tmp_path, PYTHONPATH=os.pathsep.join(paths))
    until((tmp_path / "begun").exists)
    assert stopped(job, kind) == (code, STOPPED + "\n")


def test_ctrl_c_while_python_ends_is_not_a_traceback(tmp_path: Path) -> None:
    # As it came while joblib's own end was waited for, with everything written.
    ends = (
        "import atexit, os, signal\n"
        "from toylab.__main__ import main\n"
        "atexit.register(lambda: os.kill(os.getpid(), signal.SIGINT))\n"
        "main()"
    )
    words = [sys.executable, "-c", ends, "--version"]
    done = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "") and done.stdout


def stopped_midway(words: list[str], folder: Path) -> dict[Path, int]:
    """Stop a command once something has ended, see what it says; what it kept, and when."""
    text = small_toml(training={"steps": 300}) + CLAIM
    (folder / "small.toml").write_text('title = "S"\nlesson = "L"\n' + text)
    cache = folder / ".toylab" / "claims"
    job = begun(words, folder)
    until(lambda: list(cache.glob("*.json")))
    code, said = stopped(job)
    assert code == 130 and said.startswith("Stopped. ") and len(said.splitlines()) == 1
    assert said.endswith("Give the same command again to go on: what had ended is kept.\n")
    return {path: path.stat().st_mtime_ns for path in cache.glob("*.json")}


def test_a_stopped_check_goes_on_as_it_says(tmp_path: Path) -> None:
    kept = stopped_midway(CHECK, tmp_path)
    assert 1 <= len(kept) < 6, "of six ensembles"
    assert not (tmp_path / "claims.md").exists()
    again = begun(CHECK, tmp_path)
    _, said = again.communicate(timeout=120)
    assert (again.returncode, said) == (0, "")
    # What had ended was not trained again.
    now = {path: path.stat().st_mtime_ns for path in (tmp_path / ".toylab/claims").glob("*.json")}
    assert len(now) == 6 and kept.items() <= now.items()


def test_a_stopped_sweep_has_the_rows_that_had_ended_as_it_says(tmp_path: Path) -> None:
    (tmp_path / "x.png").write_bytes(b"old")
    stopped_midway(SWEEP, tmp_path)
    assert (tmp_path / "x.png").read_bytes() == b"old"
    if (tmp_path / "x.csv").exists():  # no row, no table
        with (tmp_path / "x.csv").open(newline="") as file:
            assert all(len(row) == 4 for row in csv.reader(file))


def test_a_second_stop_leaves_time_to_clear_up(
    handlers: None, capsys: pytest.CaptureFixture[str]
) -> None:
    cleared = False
    with pytest.raises(SystemExit) as end, stoppable():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            os.kill(os.getpid(), signal.SIGINT)
            os.kill(os.getpid(), signal.SIGTERM)
            cleared = True
    assert cleared and end.value.code == 130
    assert capsys.readouterr().err == STOPPED + "\n"


def test_a_stop_that_is_repeated_later_ends_at_once(
    handlers: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    now, ended = [100.0], []
    monkeypatch.setattr(stopping.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(stopping.os, "_exit", ended.append)
    with pytest.raises(SystemExit), stoppable():
        try:
            os.kill(os.getpid(), signal.SIGINT)
        finally:
            now[0] += 10
            os.kill(os.getpid(), signal.SIGINT)
    assert ended == [130]


def test_work_that_ends_or_fails_is_not_said_to_go_on(handlers: None) -> None:
    with going_on():
        pass
    with pytest.raises(SystemExit) as end, going_on():
        sys.exit(3)
    assert end.value.code == 3


def test_a_stop_that_was_ignored_stays_so(handlers: None) -> None:
    # As `trap '' INT` and a script's & leave it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with stoppable():
        os.kill(os.getpid(), signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGTERM) is not signal.SIG_DFL


def test_a_command_that_ends_leaves_signals_as_they_were(handlers: None) -> None:
    before = signal.getsignal(signal.SIGINT)
    with stoppable():
        assert signal.getsignal(signal.SIGINT) is not before
    assert signal.getsignal(signal.SIGINT) is before
