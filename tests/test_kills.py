"""A sweep that is killed, whole or a worker of it, loses at most the runs under way.

Each process keeps a ledger: a line when it begins to train an ensemble, a line when that is kept.
"""

from __future__ import annotations

import csv
import os
import signal
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import duckdb
import pytest
from commands import started
from games import small_toml

pytestmark = pytest.mark.slow

JOBS, ENSEMBLES = 2, 8
WORDS = ["sweep", "small.toml", "--metric", "c2st", "--seeds", "2", "--jobs", str(JOBS)]
WORDS += ["--over", "training.steps=" + ",".join(str(1200 + k) for k in range(ENSEMBLES))]
WORDS += ["-o", "x.csv", "-o", "x.parquet"]

# Python runs this first in every process, those of workers too.
LEDGER = """
import importlib.util, os, sys, time

def log(word, settings):
    line = f"{word} {settings['training']['steps']} {os.getpid()}\\n"
    file = os.open(os.environ["LEDGER"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    os.write(file, line.encode())
    os.close(file)

class Watch:
    def find_spec(self, name, path=None, target=None):
        if name != "toylab.claims.cache":
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(name)
        run = spec.loader.exec_module

        def watched(module):
            run(module)
            record, measure = module.record, module.measure

            def recording(scenario, *args, **kwargs):
                log("begun", scenario.settings)
                # Long enough for the test to see it under way: it looks every .02 s, if the machine lets it.
                time.sleep(0.3)
                return record(scenario, *args, **kwargs)

            def measuring(task, folder):
                found = measure(task, folder)
                log("kept", task.settings)
                return found

            module.record, module.measure = recording, measuring

        spec.loader.exec_module = watched
        return spec

sys.meta_path.insert(0, Watch())
"""


class Entry(NamedTuple):
    word: str
    ensemble: str
    pid: int


def entries(folder: Path) -> list[Entry]:
    file = folder / "ledger"
    lines = file.read_text().splitlines() if file.exists() else []
    return [Entry(word, of, int(pid)) for word, of, pid in (line.split() for line in lines)]


def begin(folder: Path, backend: str) -> Callable[[], int]:
    """Start the sweep in a folder; returns how to wait for its end."""
    (folder / "sitecustomize.py").write_text(LEDGER)
    (folder / "small.toml").write_text("title = 'S'\nlesson = 'S.'\n" + small_toml())
    paths = [str(folder), *filter(None, [os.environ.get("PYTHONPATH")])]
    job = started(
        [*WORDS, "--backend", backend],
        folder,
        PYTHONPATH=os.pathsep.join(paths),
        LEDGER=str(folder / "ledger"),
    )
    begin.pid = job.pid  # type: ignore[attr-defined]
    return lambda: job.wait(timeout=240)


def table(folder: Path) -> list[tuple[object, ...]]:
    return duckdb.connect().execute(f"from '{folder / 'x.parquet'}'").fetchall()


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    assert begin(folder, "loky")() == 0
    assert Counter(e.word for e in entries(folder)) == {"begun": ENSEMBLES, "kept": ENSEMBLES}
    return folder


@pytest.mark.parametrize("backend", ["loky", "dask"])
@pytest.mark.parametrize("whole", [True, False], ids=["all of it", "a worker"])
def test_a_killed_sweep_loses_at_most_the_runs_under_way(
    whole: bool, backend: str, undisturbed: Path, tmp_path: Path
) -> None:
    wait = begin(tmp_path, backend)
    kept, busy, until = [], [], time.monotonic() + 120
    while time.monotonic() < until:
        before = entries(tmp_path)
        kept = [e.ensemble for e in before if e.word == "kept"]
        busy = [e for e in before if e.word == "begun" and e.ensemble not in kept]
        if len(kept) >= 2 and busy:
            break
        time.sleep(0.02)
    assert 2 <= len(kept) < ENSEMBLES
    if whole:
        os.killpg(begin.pid, signal.SIGKILL)  # type: ignore[attr-defined]
    else:
        os.kill(busy[0].pid, signal.SIGKILL)
    ended = wait()
    # loky's pool is broken by it, and one line says what to do; dask's nanny starts another worker.
    assert ended == (-signal.SIGKILL if whole else 2 if backend == "loky" else 0)
    if ended:
        # What is there is whole, and only what was trained; a kill before the first row leaves nothing.
        if (tmp_path / "x.csv").exists():
            with (tmp_path / "x.csv").open(newline="", encoding="utf-8") as file:
                assert all(len(row) == 4 for row in csv.reader(file))
        if (tmp_path / "x.parquet").exists():
            assert set(table(tmp_path)) <= set(table(undisturbed))
        assert begin(tmp_path, backend)() == 0
    begun = Counter(e.ensemble for e in entries(tmp_path) if e.word == "begun")
    assert len(begun) == ENSEMBLES and begun.total() <= ENSEMBLES + JOBS
    assert all(begun[ensemble] == 1 for ensemble in kept)
    # The same rows as if nothing had happened, on either backend.
    assert (tmp_path / "x.csv").read_bytes() == (undisturbed / "x.csv").read_bytes()
    assert table(tmp_path) == table(undisturbed)
