"""Layers: what can be drawn on the stage, one class each.

A layer opens its artists once and then only changes them: `show` is free of order and creates no
artist. To add one: a class with `open` and `show`, and its row in `LAYERS`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

import numpy as np
from contourpy import contour_generator
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from toylab.axes import Int, Points
from toylab.errors import ToylabError
from toylab.film.style import (
    LABEL,
    LEVELS,
    Theme,
    Words,
    nice_number,
    nice_probability,
    resampler,
    short,
)
from toylab.trace import Trace


@dataclass(frozen=True)
class Key:
    """An entry of the row of words below the stage."""

    mark: Literal["real", "generated", "arrow"]
    words: str


@dataclass(frozen=True)
class Bar:
    """What the bar beside the stage says."""

    name: str
    ticks: tuple[tuple[float, str], ...]  # place from 0 to 1, words


class Layer(Protocol):
    """Something drawn on the stage, with its entry in the key and what it says on the bar."""

    @property
    def key(self) -> Key | None: ...  # noqa: D102 - the class's line says it
    @property
    def bar(self) -> Bar | None: ...  # noqa: D102

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """Make the artists, bottom first, for one seed of a trace."""
        ...

    def show(self, frame: int) -> None:
        """Set them to a frame of the trace."""
        ...


# Points on the stage, of either kind. More hide the surface and say nothing new.
MOST_POINTS = 500


class Raster(Artist):
    """Pixels that fill their axes one to one.

    matplotlib's own images resample and colour anew at each draw: 8 ms of a frame's 20, measured.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pixels: NDArray[Any] = np.zeros((1, 1, 4), np.uint8)  # lowest row first

    def draw(self, renderer: RendererBase) -> None:
        """Copy the pixels onto the canvas."""
        assert self.axes is not None
        context = renderer.new_gc()
        corner = self.axes.bbox
        # Renderers want the top row first.
        renderer.draw_image(context, round(corner.x0), round(corner.y0), self.pixels[::-1])
        context.restore()
        self.stale = False


class Surface:
    """D as colour, and its D = 1/2 line. Limits are symmetric about 1/2 and fixed for the run.

    A critic has no probability: its own value, and the line of 0; where only differences mean
    anything, about the mean of each frame.
    """

    key = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme = theme

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One image and two lines: the casing and the line."""
        self._logits = trace.logits[:, trace.filmed_row(seed)]
        output, name = trace.provenance.get("output"), "D(x)"
        if output == "difference":
            # Only differences of this D mean anything: each frame is shown about its own mean.
            self._logits = self._logits - self._logits.mean(axis=(1, 2), keepdims=True)
            name = "D(x) – mean"
        finite = np.abs(self._logits[np.isfinite(self._logits)])
        # A high percentile, not the maximum: a spike in a corner would empty the whole stage.
        widest = float(np.percentile(finite, 98)) if finite.size else 1.0
        if output in ("value", "difference"):
            self.limit = nice_number(widest)
            ticks = ((0.0, short(-self.limit)), (0.5, "0"), (1.0, short(self.limit)))
        else:
            p = nice_probability(widest)
            self.limit = float(np.log(p / (1 - p)))
            low, high = (f"{v:.2f}".rstrip("0").lstrip("0") for v in (1 - p, p))
            ticks = ((0.0, low), (0.5, "½"), (1.0, high))
        self.bar = Bar(name, ticks)
        box = ax.get_window_extent()
        n_rows, n_columns = self._logits.shape[1:]
        self._down = resampler(max(1, round(box.height)), n_rows)
        self._across = resampler(max(1, round(box.width)), n_columns).T.copy()
        x0, x1, y0, y1 = (float(v) for v in trace.extent)
        self._image = Raster()
        ax.add_artist(self._image)
        self._x = x0 + (x1 - x0) * (np.arange(n_columns) + 0.5) / n_columns
        self._y = y0 + (y1 - y0) * (np.arange(n_rows) + 0.5) / n_rows
        casing = LineCollection([], colors=self._theme.paper, linewidths=3.6, capstyle="round")
        line = LineCollection([], colors=self._theme.ink, linewidths=1.6, capstyle="round")
        self._lines = (casing, line)
        for artist in self._lines:
            ax.add_collection(artist, autolim=False)
        return [self._image, *self._lines]

    def show(self, frame: int) -> None:
        """Colour the surface and find its line."""
        logits = self._logits[frame]
        known = np.isfinite(logits)
        filled = np.where(known, logits, 0).clip(-self.limit, self.limit)
        # Scaled before it is enlarged: one pass less over the stage's pixels.
        scaled = filled * ((LEVELS - 1) / (2 * self.limit)) + LEVELS / 2
        level = (self._down @ scaled.astype(np.float32) @ self._across).astype(np.uint8)
        if not known.all():
            level[:] = LEVELS  # a diverged seed has no surface at all
        self._image.pixels = np.take(self._theme.ramp, level, axis=0)
        lines = []
        if known.all():
            lines = contour_generator(self._x, self._y, filled).lines(0.0)
        for artist in self._lines:
            artist.set_segments([np.asarray(line) for line in lines])


class _Dots:
    """Points of one kind, as one marker stamped many times."""

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme, self._words = theme, words

    def _line(self, ax: Axes, **style: object) -> Line2D:
        line = Line2D([], [], linestyle="none", marker="o", **style)  # type: ignore[arg-type]
        ax.add_line(line)
        return line


class Real(_Dots):
    """Real points: small, quiet, the same in all frames."""

    @property
    def key(self) -> Key:
        """Name and mark."""
        return Key("real", self._words.real)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One line of markers."""
        points = trace.real[trace.row(seed), :MOST_POINTS]
        line = self._line(ax, color=self._theme.real, markersize=2.6, markeredgewidth=0, alpha=0.5)
        line.set_data(points[:, 0], points[:, 1])
        return [line]

    def show(self, frame: int) -> None:
        """Nothing moves."""


class Generated(_Dots):
    """Generated points: bright with a dark edge."""

    @property
    def key(self) -> Key:
        """Name and mark."""
        return Key("generated", self._words.generated)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One line of markers."""
        self._samples = trace.samples[:, trace.row(seed), :MOST_POINTS]
        self._dots = self._line(
            ax,
            markersize=6,
            markerfacecolor=self._theme.generated,
            markeredgecolor=self._theme.edge,
            markeredgewidth=0.8,
        )
        return [self._dots]

    def show(self, frame: int) -> None:
        """Move the points."""
        self._dots.set_data(self._samples[frame, :, 0], self._samples[frame, :, 1])


# Few, so that each can be followed from frame to frame.
N_ARROWS = 14


class Arrows:
    """Where the generator's loss pushes some samples: the same latents in all frames, one scale a run.

    True lengths, so that a gradient that vanishes is seen to vanish.
    """

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme = theme
        self.key = Key("arrow", words.arrows)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One patch for all arrows and one for their casing."""
        samples = trace.samples[:, trace.row(seed)]
        pushes = trace.pushes[:, trace.filmed_row(seed)]
        chosen = spread_choice(samples, N_ARROWS)
        self._start, self._push = samples[:, chosen], pushes[:, chosen]
        lengths = np.hypot(self._push[..., 0], self._push[..., 1])
        finite = lengths[np.isfinite(lengths)]
        longest = float(np.percentile(finite, 95)) if finite.size else 0.0
        x0, x1, *_ = (float(v) for v in trace.extent)
        box = ax.get_window_extent()
        # A long arrow of the run takes a ninth of the stage; none takes more than a fifth.
        self._scale = (x1 - x0) / 9 / longest if longest > 0 else 0.0
        self._most, self._pixel = (x1 - x0) / 5, (x1 - x0) / box.width
        self._patches = [
            PathPatch(Path(np.zeros((1, 2))), facecolor=colour, edgecolor=colour, linewidth=width)
            for colour, width in ((self._theme.paper, 2.2), (self._theme.arrow, 0.0))
        ]
        for patch in self._patches:
            patch.set_joinstyle("round")
            ax.add_patch(patch)
        return self._patches

    def show(self, frame: int) -> None:
        """Point the arrows."""
        path = _arrow_path(
            self._start[frame], self._push[frame] * self._scale, self._most, self._pixel
        )
        for patch in self._patches:
            patch.set_path(path)


def spread_choice(samples: Points, n: int) -> Int:
    """Choose samples that stay spread over the cloud, by farthest-point choice over all frames.

    The distance of two samples is the mean over frames, so that the chosen ones are apart for most of
    the film and not in one frame only.

    Args:
        samples: [T, N, 2]; frames with NaN do not count.
        n: How many.

    Returns:
        Indices, [n] or fewer.
    """
    finite = samples[np.isfinite(samples).all(axis=(1, 2))]
    if not len(finite):
        return np.arange(min(n, samples.shape[1]))
    # Thirty frames tell who is apart from whom.
    few = finite[:: max(1, len(finite) // 30), :MOST_POINTS]
    chosen = [int(np.argmin(np.hypot(*(few - few.mean(1, keepdims=True)).mean(0).T)))]
    nearest = np.full(few.shape[1], np.inf)
    while len(chosen) < min(n, few.shape[1]):
        offset = few - few[:, chosen[-1:]]
        nearest = np.minimum(nearest, np.hypot(offset[..., 0], offset[..., 1]).mean(0))
        nearest[chosen] = -1
        chosen.append(int(np.argmax(nearest)))
    return np.asarray(chosen)


def _arrow_path(start: Points, push: Points, most: float, pixel: float) -> Path:
    """One compound path of filled arrows; those shorter than a pixel are left out."""
    length = np.hypot(push[:, 0], push[:, 1])
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(length) & (length > pixel)
    start, push, length = start[seen], push[seen], length[seen]
    if not len(start):
        return Path(np.zeros((1, 2)))
    along = push / length[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    length = np.minimum(length, most)
    # Pixels: a shaft of 3, a head of 13 by 11, shrunk for arrows shorter than two heads.
    size = np.minimum(1.0, length / (24 * pixel))
    head, wing, half = 13 * pixel * size, 5.5 * pixel * size, 1.5 * pixel * np.sqrt(size)
    outline = [
        (0 * length, half),
        (length - head, half),
        (length - head, wing),
        (length, 0 * length),
        (length - head, -wing),
        (length - head, -half),
        (0 * length, -half),
        (0 * length, half),
    ]
    corners = np.stack(
        [start + along * a[:, None] + across * b[:, None] for a, b in outline], axis=1
    )  # [n, 8, 2]
    codes = [Path.MOVETO, *[Path.LINETO] * 6, Path.CLOSEPOLY]
    return Path(corners.reshape(-1, 2), codes * len(start))


class Phase:
    """The plane of both players' first parameters: where each is pushed, and the path they took.

    For the exactly solvable games; it takes the stage for itself.
    """

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme = theme
        self.key = Key("generated", words.path)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """The field, the path, the goal and the present."""
        if not trace.field.size:
            raise ToylabError(
                "film.layers phase needs an exactly solvable game: "
                "generator kind point, discriminator kind linear or saddle."
            )
        theme, field = self._theme, trace.field
        n_generator = trace.parameters.shape[2] // 2
        self._path = trace.parameters[:, trace.row(seed)][:, [0, n_generator]]  # [T, 2]
        x0, x1, y0, y1 = (float(v) for v in trace.field_extent)
        # The path must fit as well: a game that runs away leaves the field's plane.
        finite = np.abs(self._path[np.isfinite(self._path)])
        half = max(x1, 1.08 * float(finite.max(initial=0)))
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
            _arrow_path(start, push.reshape(-1, 2), 2 * half, pixel),
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


LAYERS: dict[str, Callable[[Theme, Words], Layer]] = {
    "surface": Surface,
    "real": Real,
    "generated": Generated,
    "arrows": Arrows,
    "phase": Phase,
}
