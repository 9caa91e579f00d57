"""The phase portrait of an exactly solvable game."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch

from toylab.base.axes import Float
from toylab.base.errors import ToylabError
from toylab.film.layers.arrows import arrow_path
from toylab.film.layers.base import Key
from toylab.film.style import LABEL, Theme
from toylab.film.words import Words
from toylab.trace import Trace


class Phase:
    """The plane of both players' first parameters: where each is pushed, and the path they took.

    For the exactly solvable games; it takes the stage for itself.

    Attributes:
        least: Half a side of the plane at least; set before `open`, for seeds that share one.
    """

    bar = None
    least = 0.0

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme = theme
        self.key = Key("line", words.path, theme.curves[0])

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """The field, the path, the goal and the present."""
        if not trace.field.size:
            raise ToylabError(
                "film.layers phase needs an exactly solvable game: "
                "generator kind point, discriminator kind linear or saddle."
            )
        theme, field = self._theme, trace.field
        self._path = _path(trace, seed)
        x0, x1, y0, y1 = (float(v) for v in trace.field_extent)
        half = max(phase_limit(trace, seed), self.least)
        ax.set_xlim(-half, half)
        ax.set_ylim(-half, half)
        n = len(field)
        xx, yy = np.meshgrid(np.linspace(x0, x1, n), np.linspace(y0, y1, n))
        length = np.hypot(field[..., 0], field[..., 1])
        # All arrows of nearly one length: the field's direction is the lesson; the root keeps a hint of
        # its strength.
        scale = 0.75 * (x1 - x0) / n * np.sqrt(length / max(float(length.max()), 1e-12))
        push = field / np.maximum(length, 1e-12)[..., None] * scale[..., None]
        start = np.stack([xx, yy], axis=-1).reshape(-1, 2)
        pixel = 2 * half / ax.get_window_extent().width
        arrows = PathPatch(
            arrow_path(start, push.reshape(-1, 2), 2 * half, pixel),
            facecolor=theme.soft,
            edgecolor="none",
            alpha=0.55,
        )
        ax.add_patch(arrows)
        goal = Line2D([0], [0], marker="+", color=theme.ink, markersize=16, markeredgewidth=2.4)
        self._line = Line2D([], [], color=theme.curves[0], linewidth=2.2)
        self._dot = Line2D([], [], linestyle="none", marker="o", markersize=11)
        self._dot.set(markerfacecolor=theme.generated, markeredgecolor=theme.edge)
        lines = [goal, self._line, self._dot]
        for line in lines:
            ax.add_line(line)
        style = {"transform": ax.transAxes, "fontsize": LABEL, "color": theme.soft}
        words = [
            ax.text(0.98, 0.51, "θ (G)", ha="right", va="bottom", **style),
            ax.text(0.51, 0.98, "ψ (D)", ha="left", va="top", **style),
        ]
        return [arrows, *lines, *words]

    def show(self, frame: int) -> None:
        """Draw the path up to a frame."""
        self._line.set_data(self._path[: frame + 1, 0], self._path[: frame + 1, 1])
        self._dot.set_data(self._path[frame : frame + 1, 0], self._path[frame : frame + 1, 1])


def phase_limit(trace: Trace, seed: int) -> float:
    """Half a side of the plane that holds the field and a seed's path; 0 where there is no field."""
    if not trace.field.size:
        return 0.0
    # The path must fit as well: a game that runs away leaves the field's plane.
    path = np.abs(_path(trace, seed))
    longest = float(path[np.isfinite(path)].max(initial=0))
    return max(float(trace.field_extent[1]), 1.08 * longest)


def _path(trace: Trace, seed: int) -> Float:
    """Both players' first parameters, [T, 2]."""
    n_generator = trace.parameters.shape[2] // 2
    return trace.parameters[:, trace.row(seed)][:, [0, n_generator]]
