"""Surfaces: D over the plane, the best D there could be, and what lies between the two."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from contourpy import contour_generator
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.collections import LineCollection
from numpy.typing import NDArray
from scipy.special import expit

from toylab.base.axes import Float
from toylab.film.layers.base import Bar, with_density
from toylab.film.style import LEVELS, Theme, nice_number, nice_probability, resampler, short
from toylab.film.words import Words
from toylab.metrics import optimal_logits
from toylab.targets import cell_centres
from toylab.trace import Trace


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


class Sheet:
    """A function of the plane as colour, with the line of its zero. Limits are symmetric and fixed.

    Attributes:
        least: What `limit` is at least; set before `open`, for stages that share one.
        limit: The value of the outermost colour.
        shown: The values that were shown last, rows from low y to high y, [H, W].
    """

    key = None
    line_of_zero = True
    least = limit = 0.0

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme, self._words = theme, words

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One image and two lines: the casing and the line."""
        self._trace, self._row = trace, trace.filmed_row(seed)
        self.limit = max(self.scale(), self.least)
        box = ax.get_window_extent()
        n_rows, n_columns = self.values(0).shape
        self._down = resampler(max(1, round(box.height)), n_rows)
        self._across = resampler(max(1, round(box.width)), n_columns).T.copy()
        self._image = Raster()
        ax.add_artist(self._image)
        self._x, self._y = (
            cell_centres(trace.extent, n_columns)[0],
            cell_centres(trace.extent, n_rows)[1],
        )
        casing = LineCollection([], colors=self._theme.paper, linewidths=3.6, capstyle="round")
        line = LineCollection([], colors=self._theme.ink, linewidths=1.6, capstyle="round")
        self._lines = (casing, line) if self.line_of_zero else ()
        for artist in self._lines:
            ax.add_collection(artist, autolim=False)
        return [self._image, *self._lines]

    @property
    def bar(self) -> Bar:
        """What the colours mean, once it is open."""
        raise NotImplementedError

    def scale(self) -> float:
        """The limit that this run asks for."""
        raise NotImplementedError

    def values(self, frame: int) -> Float:
        """Values on the grid, lowest row first, [H, W]; zero is the middle colour."""
        raise NotImplementedError

    def show(self, frame: int) -> None:
        """Colour the surface and find its line."""
        values = self.shown = self.values(frame)
        known = np.isfinite(values)
        filled = np.where(known, values, 0).clip(-self.limit, self.limit)
        # Scaled before it is enlarged: one pass less over the stage's pixels.
        scaled = filled * ((LEVELS - 1) / (2 * self.limit)) + LEVELS / 2
        level = (self._down @ scaled.astype(np.float32) @ self._across).astype(np.uint8)
        if not known.all():
            level[:] = LEVELS  # a diverged seed has no surface at all
        self._image.pixels = np.take(self._theme.ramp, level, axis=0)
        lines = []
        if known.all() and self._lines:
            lines = contour_generator(self._x, self._y, filled).lines(0.0)
        for artist in self._lines:
            artist.set_segments([np.asarray(line) for line in lines])


class Surface(Sheet):
    """D as colour, and its D = 1/2 line.

    A critic has no probability: its own value, and the line of 0; where only differences mean
    anything, about the mean of each frame.
    """

    @property
    def bar(self) -> Bar:
        """Probabilities, or the critic's values."""
        output, limit = self._trace.provenance.get("output"), self.limit
        if output not in ("value", "difference"):
            return _probabilities("D(x)", limit)
        name = "D(x)" if output == "value" else f"D(x) – {self._words.mean}"
        return Bar(name, ((0.0, short(-limit)), (0.5, "0"), (1.0, short(limit))))

    def scale(self) -> float:
        """From a high percentile of |logit| over the whole run."""
        self._logits = _shown(self._trace, self._row)
        return _limit(self._trace, self._logits)

    def values(self, frame: int) -> Float:
        """Logits, or the critic's value."""
        return self._logits[frame]


def surface_limit(trace: Trace, seed: int) -> float:
    """The value of the outermost colour of a seed's surface by itself."""
    return _limit(trace, _shown(trace, trace.filmed_row(seed)))


def _shown(trace: Trace, row: int) -> Float:
    logits = trace.logits[:, row]
    if trace.provenance.get("output") == "difference":
        # Only differences of this D mean anything: each frame is shown about its own mean.
        logits = logits - logits.mean(axis=(1, 2), keepdims=True)
    return logits


def _limit(trace: Trace, shown: Float) -> float:
    finite = np.abs(shown[np.isfinite(shown)])
    # Not the maximum: a spike in a corner would empty the whole stage.
    widest = float(np.percentile(finite, 98)) if finite.size else 1.0
    if trace.provenance.get("output") in ("value", "difference"):
        return nice_number(widest)
    return _logit_of(nice_probability(widest))


def _logit_of(p: float) -> float:
    return float(np.log(p / (1 - p)))


def _probabilities(name: str, limit: float) -> Bar:
    p = float(expit(limit))
    low, high = (f"{v:.2f}".rstrip("0").lstrip("0") for v in (1 - p, p))
    return Bar(name, ((0.0, low), (0.5, "½"), (1.0, high)))


# Rows and columns of the best D: each place costs a look at every sample.
_COARSE = 48


class Optimal(Sheet):
    """The best discriminator p / (p + q) as colour: p exact, q estimated from the samples.

    Goodfellow et al. 2014, proposition 1; the estimate is `metrics.cloud_log_density`.
    """

    @property
    def bar(self) -> Bar:
        """Probabilities."""
        return _probabilities("D*(x)", self.limit)

    def scale(self) -> float:
        """From .01 to .99, as the best D is sure nearly everywhere."""
        with_density(self._trace, "optimal")
        return _logit_of(0.99)

    def values(self, frame: int) -> Float:
        """Logits of D*."""
        if not np.isfinite(self._trace.logits[frame, self._row]).all():
            return np.full((_COARSE, _COARSE), np.nan)
        found = optimal_logits(self._trace, frame, self._row, _COARSE)
        return np.clip(found, -50, 50)


class OptimalGap(Optimal):
    """D less the best discriminator, both as probabilities: where D gives too much and too little."""

    line_of_zero = False

    @property
    def bar(self) -> Bar:
        """Differences of probabilities."""
        return Bar("D – D*", ((0.0, "–1"), (0.5, "0"), (1.0, "1")))

    def scale(self) -> float:
        """From -1 to 1."""
        with_density(self._trace, "optimal_gap")
        n_rows, n_columns = self._trace.logits.shape[2:]
        self._fewer = resampler(_COARSE, n_rows).astype(float)
        self._narrower = resampler(_COARSE, n_columns).astype(float).T
        return 1.0

    def values(self, frame: int) -> Float:
        """The difference on the coarse grid."""
        logits = self._trace.logits[frame, self._row].astype(float)
        return expit(self._fewer @ logits @ self._narrower) - expit(super().values(frame))
