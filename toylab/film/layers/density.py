"""Densities as contours: the truth, and what the samples make of it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from contourpy import contour_generator
from scipy.ndimage import gaussian_filter

from toylab.base.axes import Float
from toylab.film.layers.layer import Key, Layer, View, each_target, with_density
from toylab.film.strokes import Lines
from toylab.targets import Target, cell_centres

# Rows and columns of the plane. The true density is looked at once, the samples' in each frame.
_FINE, _COARSE = 240, 96


def density(view: View) -> Layer:
    """Contours of the true density, where a round mode has 1, 2 and 3 standard deviations."""
    with_density(view.trace, "density")
    x, y = cell_centres(view.trace.extent, _FINE)

    def contours(target: Target) -> list[Float]:
        log_p = target.log_density(np.stack(np.meshgrid(x, y), axis=-1))
        peak = float(log_p.max())
        return _contours(x, y, np.maximum(log_p, peak - 50), [peak - k * k / 2 for k in (1, 2, 3)])

    found = each_target(view.trace, contours)
    lines = Lines(found, ["ink"], 1.2, dash=(4, 2.5), alpha=0.75)
    return Layer([lines], Key("dashes", "density"))


def kde(view: View) -> Layer:
    """Contours of the samples' density: a histogram smoothed by a fortieth of the stage.

    At a tenth, four tenths and seven tenths of its highest place.
    """
    x0, x1, y0, y1 = (float(v) for v in view.trace.extent)
    x, y = cell_centres(view.trace.extent, _COARSE)

    def contours(frame: int) -> list[Float]:
        samples = view.samples[frame]
        seen = samples[np.isfinite(samples).all(axis=1)]
        counts, *_ = np.histogram2d(seen[:, 1], seen[:, 0], _COARSE, ((y0, y1), (x0, x1)))
        height = gaussian_filter(counts, _COARSE / 40, mode="constant")
        top = float(height.max())
        levels = [share * top for share in (0.1, 0.4, 0.7)] if top > 0 else []
        return _contours(x, y, height, levels)

    return Layer([Lines(contours, ["curves 2"], 2.2)], Key("line", "kde", "curves 2"))


def _contours(x: Float, y: Float, z: Float, levels: Sequence[float]) -> list[Float]:
    generator = contour_generator(x, y, z)
    return [np.asarray(line) for level in levels for line in generator.lines(level)]
