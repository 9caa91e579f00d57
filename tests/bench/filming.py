"""Film a trace our way and matplotlib's way, side by side in one run.

Same figure, same size, same frames. Ours: `Film.save` to a GIF. Theirs: FuncAnimation with PillowWriter,
blitting off as it is whenever an animation is saved, drawing the same artists of the same figure.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import torch
from lines import Line
from matplotlib.animation import FuncAnimation, PillowWriter

from toylab import Film, load, record
from toylab.film.animation import FILMED
from toylab.film.style import settled

N_FRAMES = 120  # as many as both films have


def ours(film: Film, folder: Path) -> tuple[float, float]:
    """Seconds and bytes a frame of our GIF."""
    start = time.perf_counter()
    film.save(folder / "ours.gif")
    seconds = time.perf_counter() - start
    return seconds / len(film), (folder / "ours.gif").stat().st_size / len(film)


def theirs(film: Film, folder: Path) -> tuple[float, float]:
    """Seconds and bytes a frame of FuncAnimation's GIF."""
    film.redraw(0)
    with settled(FILMED):
        animation = FuncAnimation(
            film._figure, film._show, frames=film.frames, init_func=lambda: None
        )
        start = time.perf_counter()
        animation.save(folder / "theirs.gif", writer=PillowWriter(fps=20))
        seconds = time.perf_counter() - start
    return seconds / len(film), (folder / "theirs.gif").stat().st_size / len(film)


def drawing(film: Film) -> tuple[float, float]:
    """Seconds a frame of drawing alone: blitted, and redrawn in full."""
    film.draw(0)
    start = time.perf_counter()
    for k in range(len(film)):
        film.draw(k)
    blitted = (time.perf_counter() - start) / len(film)
    start = time.perf_counter()
    for k in range(0, len(film), 6):
        film.redraw(k)
    return blitted, (time.perf_counter() - start) / len(range(0, len(film), 6))


def ratios() -> Iterator[Line]:
    """Each scenario three times, both ways in turn; the middle one."""
    torch.set_num_threads(1)
    for name in ("vanishing-gradients", "mode-collapse", "convergence"):
        film = Film(record(load(name), [0]))
        # Spread evenly: some scenarios record more.
        film.frames = np.linspace(0, len(film) - 1, N_FRAMES).astype(int).tolist()
        with tempfile.TemporaryDirectory() as folder:
            rounds = sorted(
                (their[0] / our[0], our, their)
                for our, their in (
                    (ours(film, Path(folder)), theirs(film, Path(folder))) for _ in range(3)
                )
            )
        _, our, their = rounds[1]
        other = "FuncAnimation and PillowWriter"
        yield Line(f"GIF of {name}", "ms a frame", 1e3 * our[0], 1e3 * their[0], other)
        yield Line(f"GIF of {name}", "KB a frame", our[1] / 1e3, their[1] / 1e3, other)
        blitted, full = drawing(film)
        yield Line(f"drawing {name}", "ms a frame", 1e3 * blitted, 1e3 * full, "full redraw")
