from __future__ import annotations

import csv
import importlib.util
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from games import small_toml

from toylab.base.errors import ToylabError
from toylab.claims.workers import BACKENDS, Workers


def square(n: int) -> int:
    return n * n


def dies(n: int) -> int:
    if n == 3:
        os.kill(os.getpid(), signal.SIGKILL)
    return n


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_come_in_the_order_of_the_tasks(jobs: int) -> None:
    assert list(Workers(jobs).results(square, range(7))) == [n * n for n in range(7)]


def hears_interrupts(_: int) -> bool:
    return signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


@pytest.mark.parametrize("backend", ["loky", "dask"])
def test_a_worker_is_deaf_to_ctrl_c_from_its_start_and_its_host_is_not(backend: str) -> None:
    # What is told here stays what it was when the process began: nothing of ours sets it there.
    assert list(Workers(2, backend).results(hears_interrupts, range(4))) == [False] * 4
    assert hears_interrupts(0)


@pytest.mark.parametrize(
    ("backend", "words"),
    [
        ("locky", 'did you mean "loky"'),
        ("loky=2", "expected dask"),
        ("dask=", "expected dask"),
        ("dask=localhost", "expected dask"),
    ],
)
def test_a_backend_that_is_none_is_refused_at_once(backend: str, words: str) -> None:
    with pytest.raises(ToylabError, match=words):
        Workers(2, backend)


def test_no_workers_are_refused() -> None:
    with pytest.raises(ToylabError, match="from 1 on, got 0"):
        Workers(0)


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    for backend, said in (
        ("dask", r'pip install "toylab\[cluster\]"'),
        ("ray", 'pip install "ray"'),
    ):
        with pytest.raises(ToylabError, match=said):
            Workers(2, backend)


def test_a_worker_that_is_killed_ends_in_a_line(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(ToylabError, match="same command again"):
        list(Workers(2).results(dies, range(6)))


def sweep(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    (folder / "small.toml").write_text(
        "title = 'Small'\nlesson = 'Small.'\n" + small_toml(training={"steps": 30})
    )
    axes = ["--over", "game.generator_steps=1,2,3", "--over", "training.batch=8,16"]
    command = ["sweep", "small.toml", *axes, "--metric", "sliced_wasserstein", "--seeds", "10"]
    return subprocess.run(
        [sys.executable, "-m", "toylab", *command, "-o", "x.csv", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=300,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )


@pytest.mark.slow
@pytest.mark.parametrize("other", ["dask", "ray"])
def test_a_cluster_gives_the_rows_that_loky_gives(other: str, tmp_path: Path) -> None:
    if importlib.util.find_spec(BACKENDS[other][0]) is None:
        pytest.skip(f"{other} is not installed")
    tables = []
    for backend in ("loky", other):
        folder = tmp_path / backend
        folder.mkdir()
        done = sweep(folder, "--backend", backend)
        assert done.returncode == 0, done.stderr
        assert not done.stderr, "neither library has anything to say"
        tables.append((folder / "x.csv").read_bytes())
    assert tables[0] == tables[1]
    with (tmp_path / other / "x.csv").open(encoding="utf-8") as file:
        assert len(list(csv.DictReader(file))) == 60


@pytest.mark.slow
def test_a_scheduler_that_does_not_answer_is_told(tmp_path: Path) -> None:
    done = sweep(tmp_path, "--backend", "dask=tcp://127.0.0.1:1")
    assert done.returncode == 2
    assert "No scheduler answers at tcp://127.0.0.1:1" in done.stderr
    assert len(done.stderr.strip().splitlines()) <= 3
