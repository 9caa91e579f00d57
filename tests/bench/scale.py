"""How time and memory grow with steps, seeds, frames and points of a file; run with `make scale`.

Each size is a process of its own, so that its peak is its own: of the whole process and of the second one that
draws a film's later half. The games are small, so that what grows is what is asked for. Linear is a time
and a memory above the first row's that double with the size; below it the start of Python and torch shows.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))

from games import SMALL

import toylab
from toylab.scenario.scenario import check
from toylab.trace import Trace


def recorded(seeds: int = 1, **tables: dict[str, Any]) -> Trace:
    """Play a small game with some of its settings changed."""
    laid = {key: {**SMALL.get(key, {}), **table} for key, table in tables.items()}
    return toylab.record(check({**SMALL, **laid}, name="scale"), range(seeds))


def steps(n: int) -> None:
    """Train so long."""
    recorded(training={"steps": n}, recording={"snapshots": 100})


def seeds(n: int) -> None:
    """Train so many seeds in one ensemble, and measure each at the end."""
    trace = recorded(n, training={"steps": 200}, recording={"snapshots": 20})
    toylab.metrics.METRICS["sliced_wasserstein"](trace)


def frames(n: int) -> None:
    """Record and film so many frames."""
    trace = recorded(training={"steps": n}, recording={"snapshots": n, "samples": 500, "grid": 64})
    with tempfile.TemporaryDirectory() as folder:
        toylab.Film(trace).save(f"{folder}/x.gif")


def points(n: int) -> None:
    """Read so many points, train on them, and draw their density."""
    rng = np.random.default_rng(0)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "x.csv"
        np.savetxt(file, rng.normal(size=(n, 2)), delimiter=",")
        target = {"kind": "points", "file": str(file), "noise": 0.1}
        trace = toylab.record(check({**SMALL, "target": target}, name="scale"), [0])
        film = toylab.Film(trace, layers=["density", "real"])
        film.save(f"{folder}/x.gif")


# What grows, and how far: three sizes, each twice the one before.
GROWING: dict[str, tuple[Callable[[int], None], int]] = {
    "steps": (steps, 100_000),
    "seeds": (seeds, 512),
    "frames": (frames, 2_000),
    "points": (points, 20_000),
}


def measured(what: str, n: int) -> tuple[float, float]:
    """Seconds and peak memory in MB of one size, in a process of its own."""
    done = subprocess.run(
        [sys.executable, __file__, what, str(n)], capture_output=True, text=True, check=True
    )
    took, peak = done.stdout.split()
    return float(took), float(peak)


def main() -> None:
    """Print the table; or be one size."""
    if len(sys.argv) == 3:
        start = time.perf_counter()
        GROWING[sys.argv[1]][0](int(sys.argv[2]))
        took = time.perf_counter() - start
        who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
        print(took, max(resource.getrusage(w).ru_maxrss for w in who) / 1024)
        return
    print(f"{'':8}{'n':>8}{'s':>8}{'ratio':>7}{'MB':>7}{'more':>7}")
    for what, (_, most) in GROWING.items():
        before: tuple[float, float] | None = None
        for n in (most // 4, most // 2, most):
            took, peak = measured(what, n)
            row = f"{what:8}{n:8}{took:8.1f}"
            row += f"{took / before[0]:7.2f}" if before else " " * 7
            row += f"{peak:7.0f}" + (f"{peak - before[1]:7.0f}" if before else "")
            print(row, flush=True)
            before = took, peak


if __name__ == "__main__":
    main()
