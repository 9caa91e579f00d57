"""Points: the data, the samples, and where some of them have been."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toylab.base.axes import Points
from toylab.film.layers.layer import MOST_POINTS, Key, Layer, View
from toylab.film.layers.spread import spread_choice
from toylab.film.strokes import Dots, Lines


def real(view: View) -> Layer:
    """Real points: small, quiet, the same for as long as the target is."""
    trace, row = view.trace, view.trace.row(view.seed)
    points: dict[int, Points] = {}

    def at(frame: int) -> Points:
        real = trace.real_of(frame)
        return points.setdefault(id(real), real[row, :MOST_POINTS])

    dots = Dots(at, "s", 2.6, "real", 0, "real", alpha=0.5)
    return Layer([dots], Key("real", "real"))


def generated(view: View) -> Layer:
    """Generated points: bright with a dark edge."""
    samples = view.samples[:, :MOST_POINTS]
    dots = Dots(lambda frame: samples[frame], "o", 6.0, "edge", 0.8, "generated")
    return Layer([dots], Key("generated", "generated"))


# Few, so that each can be followed, and short, so that they do not cover the stage.
N_TRAILS, TRAIL_FRAMES = 12, 14


def trails(view: View) -> Layer:
    """The way that a few samples came, over the last frames."""
    samples = view.samples
    chosen = samples[:, spread_choice(view.trace.target.frame.inward(samples), N_TRAILS)]

    def ways(frame: int) -> Sequence[Points]:
        found = chosen[max(0, frame - TRAIL_FRAMES) : frame + 1].transpose(1, 0, 2)
        return [*found] if len(found[0]) > 1 and np.isfinite(found).all() else []

    return Layer([Lines(ways, ["ink"], 1.8, alpha=0.6, rounded=True)], Key("line", "trails"))
