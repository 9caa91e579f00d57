"""Whole against whole: `toylab run NAME` by the clock, and the script that its user would write instead.

Both are processes of their own, from the first import to the written GIF: the same game, as many rounds, the
same frames of the same size. See by_hand.py for the other.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lines import Line

from toylab import Film, load
from toylab.trace import Trace

NAMES = ("mode-collapse", "vanishing-gradients", "convergence")
_BY_HAND = Path(__file__).with_name("by_hand.py")


def _clock(words: list[str], folder: Path, told: str = "") -> float:
    start = time.perf_counter()
    subprocess.run(
        [sys.executable, *words],
        check=True,
        input=told,
        text=True,
        stdout=subprocess.DEVNULL,
        cwd=folder,
    )
    return time.perf_counter() - start


def ours(name: str, folder: Path) -> float:
    """Seconds of the command, which leaves a GIF and a trace."""
    return _clock(["-m", "toylab", "run", name], folder)


def theirs(name: str, folder: Path) -> float:
    """Seconds of the script, told the settings and frames of the film that lies there."""
    film = Film(Trace.load(folder / "renders" / f"{name}.npz"))
    panels = [
        {"metrics": one["metrics"], "scale": one["scale"]}
        for one in load(name).settings["film"]["curves"]
    ]
    told = {
        **load(name).settings,
        "looks": film.trace.steps.tolist(),
        "frames": list(film.frames),
        "fps": len(film) / film.seconds,
        "panels": panels,
        "curves": [metric for panel in panels for metric in panel["metrics"]],
        "output": str(folder / "by-hand.gif"),
    }
    return _clock([str(_BY_HAND)], folder, json.dumps(told))


def ratios() -> Iterator[Line]:
    """Ours three times about theirs, which takes so long that a machine's moods even out within it."""
    for name in NAMES:
        with tempfile.TemporaryDirectory() as made:
            folder = Path(made)
            first = ours(name, folder)
            other = theirs(name, folder)
            own = statistics.median([first, *(ours(name, folder) for _ in range(2))])
        yield Line(f"toylab run {name}", "s", own, other, "a script of PyTorch and FuncAnimation")
