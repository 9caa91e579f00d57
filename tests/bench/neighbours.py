"""Several seeds beside other programs: ours against torch's own threads, as many as one likes.

The other's number is the best of torch on one thread, on all, and on all that wait asleep
(OMP_WAIT_POLICY=PASSIVE), each measured in this run. Also by itself: `python tests/bench/neighbours.py`.
"""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lines import HEAD, Line

# Points of one's own, 200 rounds, every seed filmed: what `toylab train mine.toml --seeds 8` does.
_SCENARIO = """title = "Mine"
lesson = "Five points."
[target]
kind = "points"
file = "points.csv"
noise = 0.1
[training]
steps = 200
"""
_POINTS = "-1.0,0.0\n-0.5,0.8\n0.5,0.8\n1.0,0.0\n0.0,-0.6\n"
_PYTHON = """
import time, toylab
scenario = toylab.load("mine.toml")
start = time.perf_counter()
toylab.record(scenario, range({n}), range({n}))
print(time.perf_counter() - start)
"""
# As it would be without `toylab.training.threads`.
_TORCH = """
import contextlib
from toylab.training import run, threads
threads.cores = lambda: 1
run.one_thread = contextlib.nullcontext
run._n_parts = lambda scenario, n: 1
"""
_BUSY = "while True: pass"
_ALL = str(os.cpu_count() or 1)
_OTHERS = ({"OMP_NUM_THREADS": "1"}, {"OMP_NUM_THREADS": _ALL}, {"OMP_WAIT_POLICY": "PASSIVE"})


def _whole(words: list[str], folder: str, environment: dict[str, str]) -> tuple[float, str]:
    start = time.perf_counter()
    done = subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    return time.perf_counter() - start, done.stdout


def _python(n: int, folder: str, before: str = "", **environment: str) -> float:
    """Seconds of `record` in a program that has torch already."""
    return float(_whole(["-c", before + _PYTHON.format(n=n)], folder, environment)[1])


def _command(n: int, folder: str, before: str = "", **environment: str) -> float:
    """Seconds of the whole command."""
    words = ["toylab", "train", "mine.toml", "--seeds", str(n), "-o", "t.npz"]
    run = f"{before}\nimport sys; sys.argv = {words}\nfrom toylab.cli.commands import main\nmain()"
    return _whole(["-c", run], folder, environment)[0]


@contextlib.contextmanager
def _busy(n: int) -> Iterator[None]:
    """So many programs that never wait."""
    programs = [subprocess.Popen([sys.executable, "-c", _BUSY]) for _ in range(n)]
    try:
        yield
    finally:
        for program in programs:
            program.kill()
            program.wait()


def ratios(rounds: int = 3) -> Iterator[Line]:
    """A line for each number of neighbours and seeds, from Python and from the command line."""
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "mine.toml").write_text(_SCENARIO)
        (Path(folder) / "points.csv").write_text(_POINTS)
        for neighbours in (0, 1, 2):
            for n in (1, 4, 9, 16):
                for way, seconds in (("Python", _python), ("command", _command)):
                    ours, others = [], [[] for _ in _OTHERS]
                    with _busy(neighbours):
                        for _ in range(rounds):
                            ours.append(seconds(n, folder))
                            for kept, environment in zip(others, _OTHERS, strict=True):
                                kept.append(seconds(n, folder, _TORCH, **environment))
                    best = min(map(statistics.median, others))
                    what = f"{n} seed{'s' * (n > 1)}, {neighbours} busy beside, {way}"
                    yield Line(what, "s", statistics.median(ours), best, "best of torch's threads")


if __name__ == "__main__":
    print(HEAD, flush=True)
    for line in ratios():
        print(line, flush=True)
