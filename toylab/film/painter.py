"""The painter: matplotlib's artists of strokes, made once and then set to a snapshot."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from numpy.typing import NDArray

from toylab.base.axes import Float, Points
from toylab.film.strokes import Dots, Label, Line, Lines, Plane, Shapes, Stroke
from toylab.film.style import LEVELS, Theme, resampler
from toylab.film.words import Words

# An artist, and what sets it to a snapshot.
Painted = tuple[Artist, Callable[[int], None]]


@dataclass(frozen=True)
class Brush:
    """With what strokes are painted.

    Attributes:
        ax: The stage, in data units.
        theme: Colours.
        words: Language.
        dots: Size of dots, as a share of their own.
    """

    ax: Axes
    theme: Theme
    words: Words
    dots: float = 1.0


class Painting:
    """Strokes on axes; `show` is free of order and makes no artist.

    Attributes:
        artists: Bottom first.
    """

    def __init__(self, strokes: Sequence[Stroke], brush: Brush) -> None:
        painted = [PAINTED[type(stroke)](stroke, brush) for stroke in strokes]
        self.artists = [artist for artist, _ in painted]
        self._shows = [show for _, show in painted]

    def show(self, frame: int) -> None:
        """Set all of them to a snapshot."""
        for show in self._shows:
            show(frame)


def _moved(at: Callable[[int], Any], put: Callable[[Any], object]) -> Callable[[int], None]:
    """What puts down what a stroke shows, where that is another object than before."""
    last: Any = None

    def show(frame: int) -> None:
        nonlocal last
        now = at(frame)
        if now is not last:
            put(now)
            last = now

    return show


class Raster(Artist):
    """Pixels that fill their axes one to one.

    matplotlib's own images resample and colour anew at each draw: 8 ms of a frame's 20, measured.
    """

    def __init__(self) -> None:
        super().__init__()
        self.pixels: NDArray[Any] = np.zeros((1, 1, 4), np.uint8)  # lowest row first

    def draw(self, renderer: RendererBase) -> None:
        """Copy the pixels onto the canvas."""
        if not self.get_visible():
            return
        assert self.axes is not None
        left, bottom = round(self.axes.bbox.x0), round(self.axes.bbox.y0)
        if isinstance(renderer, RendererAgg):
            # Opaque pixels need no blending, which takes three times as long.
            canvas = np.asarray(renderer.buffer_rgba())[::-1]
            place = canvas[bottom : bottom + len(self.pixels), left:][:, : self.pixels.shape[1]]
            place[:] = self.pixels[: len(place), : place.shape[1]]
        else:
            context = renderer.new_gc()
            # Renderers, too, want the lowest row first.
            renderer.draw_image(context, left, bottom, self.pixels)
            context.restore()
        self.stale = False


def _plane(stroke: Plane, brush: Brush) -> Painted:
    image, ramp, box = Raster(), brush.theme.ramp, brush.ax.get_window_extent()
    height, width = max(1, round(box.height)), max(1, round(box.width))
    brush.ax.add_artist(image)

    def colour(values: Float) -> None:
        known = np.isfinite(values)
        filled = np.where(known, values, 0).clip(-stroke.limit, stroke.limit)
        # Scaled before it is enlarged: one pass less over the stage's pixels.
        scaled = filled * ((LEVELS - 1) / (2 * stroke.limit)) + LEVELS / 2
        down, across = _enlarging(height, width, *values.shape)
        level = (down @ scaled.astype(np.float32) @ across).astype(np.uint8)
        if not known.all():
            level[:] = LEVELS  # a diverged seed has no surface at all
        image.pixels = np.take(ramp, level, axis=0)

    return image, _moved(stroke.at, colour)


@lru_cache(maxsize=4)
def _enlarging(height: int, width: int, n_rows: int, n_columns: int) -> tuple[Float, Float]:
    """The matrices that take values on a grid to pixels."""
    return resampler(height, n_rows), resampler(width, n_columns).T.copy()


def _dots(stroke: Dots, brush: Brush) -> Painted:
    line = Line2D([], [], linestyle="none", marker=stroke.marker, alpha=stroke.alpha)
    line.set(markersize=stroke.size * brush.dots, markeredgewidth=stroke.width)
    line.set_markeredgecolor(brush.theme.colour(stroke.edge))
    line.set_markerfacecolor(brush.theme.colour(stroke.fill or stroke.edge))
    brush.ax.add_line(line)
    return line, _moved(stroke.at, partial(_put, line))


def _line(stroke: Line, brush: Brush) -> Painted:
    line = Line2D([], [], color=brush.theme.colour(stroke.colour), linewidth=stroke.width)
    brush.ax.add_line(line)
    return line, _moved(stroke.at, partial(_put, line))


def _put(line: Line2D, points: Points) -> None:
    line.set_data(points[:, 0], points[:, 1])


def _lines(stroke: Lines, brush: Brush) -> Painted:
    colours = [brush.theme.colour(colour) for colour in stroke.colours]
    lines = LineCollection([], colors=colours, linewidths=stroke.width, alpha=stroke.alpha)
    if stroke.dash:
        lines.set_linestyle((0, stroke.dash))
    if stroke.rounded:
        lines.set_capstyle("round")
    brush.ax.add_collection(lines, autolim=False)
    return lines, _moved(stroke.at, lines.set_segments)


def _shapes(stroke: Shapes, brush: Brush) -> Painted:
    fill = brush.theme.colour(stroke.fill)
    patch = PathPatch(_NOTHING, facecolor=fill, edgecolor="none", alpha=stroke.alpha)
    if stroke.width is not None:
        patch.set(edgecolor=fill, linewidth=stroke.width, joinstyle="round")
    brush.ax.add_patch(patch)
    return patch, _moved(stroke.at, lambda corners: patch.set_path(_closed(corners)))


_NOTHING = Path(np.zeros((1, 2)))


def _closed(corners: Float) -> Path:
    """One path of all shapes, each closed."""
    n, k = corners.shape[:2]
    if not n:
        return _NOTHING
    codes = [Path.MOVETO, *[Path.LINETO] * (k - 1), Path.CLOSEPOLY]
    closed = np.concatenate([corners, corners[:, :1]], axis=1)
    return Path(closed.reshape(-1, 2), codes * n)


def _label(stroke: Label, brush: Brush) -> Painted:
    text = brush.ax.annotate(
        "",
        stroke.place,
        stroke.shift,
        xycoords="axes fraction" if stroke.of_stage else "data",
        textcoords="offset pixels",
        annotation_clip=False,
        color=brush.theme.colour(stroke.colour),
        fontsize=stroke.size,
        ha=stroke.across,
        va=stroke.upwards,
    )
    if stroke.plate:
        box, alpha = stroke.plate
        text.set_bbox(
            {"facecolor": brush.theme.paper, "edgecolor": "none", "boxstyle": box, "alpha": alpha}
        )

    def show(frame: int) -> None:
        text.set_text(brush.words.told(stroke.at(frame)))
        if stroke.strength:
            text.set_alpha(stroke.strength(frame))

    return text, show


# What paints each kind of stroke.
PAINTED: dict[type, Callable[[Any, Brush], Painted]] = {
    Plane: _plane,
    Dots: _dots,
    Line: _line,
    Lines: _lines,
    Shapes: _shapes,
    Label: _label,
}
