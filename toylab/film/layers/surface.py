"""Surfaces: D over the plane, the best D there could be, and what lies between the two.

Each is a function of the plane as colour, with limits that are symmetric and fixed for the run.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np
from contourpy import contour_generator
from scipy.special import expit

from toylab.base.axes import Float
from toylab.film.layers.layer import Bar, Layer, View, of_untold, with_density
from toylab.film.strokes import Lines, Plane
from toylab.film.style import nice_number, nice_probability, resampler, short
from toylab.film.words import Said
from toylab.metrics import optimal_logits
from toylab.targets import cell_centres
from toylab.trace import Trace


def surface(view: View) -> Layer:
    """D as colour, and its D = 1/2 line.

    A critic has no probability: its own value, and the line of 0; where only differences mean
    anything, about the mean of each frame.
    """
    trace = view.trace
    shown = _shown(trace, trace.filmed_row(view.seed))
    limit, output = max(_limit(trace, shown), view.least), trace.provenance.get("output")
    bar = _probabilities("D(x)", limit)
    if output in ("value", "difference"):
        name = "D(x)" if output == "value" else Said("difference")
        bar = Bar(name, ((0.0, short(-limit)), (0.5, "0"), (1.0, short(limit))))
    return _with_line(view, lambda frame: shown[frame], limit, bar)


def _with_line(view: View, values: Callable[[int], Float], limit: float, bar: Bar) -> Layer:
    """A plane, and where it is zero as a line over its casing."""

    @cache
    def zero(frame: int) -> list[Float]:
        now = values(frame)
        if not np.isfinite(now).all():
            return []
        rows, columns = now.shape
        x, y = cell_centres(view.trace.extent, columns)[0], cell_centres(view.trace.extent, rows)[1]
        lines = contour_generator(x, y, now.clip(-limit, limit)).lines(0.0)
        return [np.asarray(line) for line in lines]

    casing, line = (
        Lines(zero, ["paper"], 3.6, rounded=True),
        Lines(zero, ["ink"], 1.6, rounded=True),
    )
    return Layer([Plane(values, limit), casing, line], bar=bar)


def surface_limit(trace: Trace, seed: int) -> float:
    """The value of the outermost colour of a seed's surface by itself."""
    return _limit(trace, _shown(trace, trace.filmed_row(seed)))


def _shown(trace: Trace, row: int) -> Float:
    """Logits, or the critic's value, [T, H, W]."""
    logits = trace.logits[:, row]
    if trace.provenance.get("output") == "difference":
        # Only differences of this D mean anything: each frame is shown about its own mean.
        logits = logits - logits.mean(axis=(1, 2), keepdims=True)
    return logits


def _limit(trace: Trace, shown: Float) -> float:
    """From a high percentile of |logit| over the whole run."""
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


def optimal(view: View) -> Layer:
    """The best discriminator p / (p + q) as colour: p exact, q estimated from the samples.

    Goodfellow et al. 2014, proposition 1; the estimate is `metrics.cloud_log_density`.
    """
    with_density(view.trace, "optimal")
    of_untold(view.trace, "optimal")
    # From .01 to .99, as the best D is sure nearly everywhere.
    limit = _logit_of(0.99)
    return _with_line(view, cache(_best(view)), limit, _probabilities("D*(x)", limit))


def _best(view: View) -> Callable[[int], Float]:
    """Logits of D* on the coarse grid."""
    row = view.trace.filmed_row(view.seed)
    # Each knows one target, and has its own snapshots.
    places = [(part, at) for part in view.trace.parts for at in range(len(part.steps))]

    def logits(frame: int) -> Float:
        trace, at = places[frame]
        if not np.isfinite(trace.logits[at, row]).all():
            return np.full((_COARSE, _COARSE), np.nan)
        return np.clip(optimal_logits(trace, at, row, _COARSE), -50, 50)

    return logits


def optimal_gap(view: View) -> Layer:
    """D less the best discriminator, both as probabilities: where D gives too much and too little."""
    with_density(view.trace, "optimal_gap")
    of_untold(view.trace, "optimal_gap")
    shown, best = view.trace.logits[:, view.trace.filmed_row(view.seed)], _best(view)
    n_rows, n_columns = shown.shape[1:]
    down = resampler(_COARSE, n_rows).astype(float)
    across = resampler(_COARSE, n_columns).astype(float).T

    def gap(frame: int) -> Float:
        return expit(down @ shown[frame].astype(float) @ across) - expit(best(frame))

    return Layer([Plane(gap, 1.0)], bar=Bar("D – D*", ((0.0, "–1"), (0.5, "0"), (1.0, "1"))))
