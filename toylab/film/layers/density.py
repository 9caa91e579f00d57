"""Densities as contours: the truth, and what the samples make of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from contourpy import contour_generator
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from scipy.ndimage import gaussian_filter

from toylab.base.axes import Float
from toylab.film.layers.base import Key, with_density
from toylab.film.style import Theme
from toylab.film.words import Words
from toylab.targets import cell_centres
from toylab.trace import Trace

# Rows and columns of the plane. The true density is looked at once, the samples' in each frame.
_FINE, _COARSE = 240, 96


class Density:
    """Contours of the true density, where a round mode has 1, 2 and 3 standard deviations."""

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme = theme
        self.key = Key("dashes", words.density)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One collection that never moves."""
        with_density(trace, "density")
        x, y = cell_centres(trace.extent, _FINE)
        log_p = trace.target.log_density(np.stack(np.meshgrid(x, y), axis=-1))
        peak = float(log_p.max())
        found = _contours(x, y, np.maximum(log_p, peak - 50), [peak - k * k / 2 for k in (1, 2, 3)])
        lines = LineCollection(found, colors=self._theme.ink, linewidths=1.2, alpha=0.75)
        lines.set_linestyle((0, (4, 2.5)))
        ax.add_collection(lines, autolim=False)
        return [lines]

    def show(self, frame: int) -> None:
        """Nothing moves."""


class SampleDensity:
    """Contours of the samples' density: a histogram smoothed by a fortieth of the stage."""

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme = theme
        self.key = Key("line", words.kde, theme.curves[2])

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One collection."""
        self._samples, self._extent = trace.samples[:, trace.row(seed)], trace.extent
        self._x, self._y = cell_centres(trace.extent, _COARSE)
        self._lines = LineCollection([], colors=self._theme.curves[2], linewidths=2.2)
        ax.add_collection(self._lines, autolim=False)
        return [self._lines]

    def show(self, frame: int) -> None:
        """Find the contours at a tenth, four tenths and seven tenths of the highest place."""
        samples = self._samples[frame]
        x0, x1, y0, y1 = (float(v) for v in self._extent)
        seen = samples[np.isfinite(samples).all(axis=1)]
        counts, *_ = np.histogram2d(seen[:, 1], seen[:, 0], _COARSE, ((y0, y1), (x0, x1)))
        height = gaussian_filter(counts, _COARSE / 40, mode="constant")
        top = float(height.max())
        levels = [share * top for share in (0.1, 0.4, 0.7)] if top > 0 else []
        self._lines.set_segments(_contours(self._x, self._y, height, levels))


def _contours(x: Float, y: Float, z: Float, levels: Sequence[float]) -> list[Float]:
    generator = contour_generator(x, y, z)
    return [np.asarray(line) for level in levels for line in generator.lines(level)]
