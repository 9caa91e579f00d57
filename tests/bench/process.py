"""What a whole command costs: its start, and the memory of its largest moment."""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Iterator

from lines import Line

_PEAK = "import resource; print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)"
_TRAIN = "import training; training.ours({seeds}, 64, False, 100); "
_FILM = """
import tempfile, toylab
scenario = toylab.load("all-modes", ["training.steps={n}", "recording.snapshots={n}"])
with tempfile.TemporaryDirectory() as folder:
    toylab.Film(toylab.record(scenario, [0])).save(f"{{folder}}/x.gif")
"""


def _seconds(words: list[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *words], check=True, capture_output=True)
    return time.perf_counter() - start


def start_up() -> Iterator[Line]:
    """How long a command takes that does next to nothing."""
    for words in (["--help"], ["list"], ["show", "mode-collapse"]):
        pairs = [(_seconds(["-m", "toylab", *words]), _seconds(["-c", "pass"])) for _ in range(5)]
        own, bare = (statistics.median(column) for column in zip(*pairs, strict=True))
        yield Line(
            f"start: toylab {' '.join(words)}", "ms", 1e3 * own, 1e3 * bare, "python -c pass"
        )


def _peak(work: str) -> float:
    """Megabytes that a process of its own needs for some work."""
    done = subprocess.run(
        [sys.executable, "-c", work + _PEAK],
        check=True,
        capture_output=True,
        text=True,
        cwd=sys.path[0],
    )
    return int(done.stdout.split()[-1]) / 1024


def memory() -> Iterator[Line]:
    """Whether it grows with what is trained and filmed."""
    few, many = (_peak(_TRAIN.format(seeds=n)) for n in (8, 64))
    yield Line("peak memory: training 64 seeds", "MB", many, few, "8 seeds")
    few, many = (_peak(_FILM.format(n=n)) for n in (100, 400))
    yield Line("peak memory: a GIF of 400 frames", "MB", many, few, "100 frames")
