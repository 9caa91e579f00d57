"""One class: its mode, and the points that were asked to be of it."""

from __future__ import annotations

import numpy as np

from toylab.base.axes import Points
from toylab.base.errors import ToylabError
from toylab.film.layers.layer import MOST_POINTS, Key, Layer, View, each_target
from toylab.film.strokes import Dots, Line
from toylab.metrics.metric import class_label
from toylab.metrics.modes import RADIUS
from toylab.targets import Target
from toylab.targets.classes import asked_for

# Points of one class that are marked: as many as are still told apart.
_MOST = 60
_CORNERS = 49


def asked(view: View) -> Layer:
    """The class that is shown: a circle round its mode, and the points that were asked for it.

    Raises:
        ToylabError: If the generator is not asked for classes, or there is no such class.
    """
    label = class_label(view.trace.settings)
    if label is None:
        raise ToylabError(
            'film.layers asked: no class is asked for (the penalty "class_label" asks the generator).'
        )
    shown, samples = label.get("surface", 0), view.samples[:, :MOST_POINTS]

    def rows(target: Target) -> np.ndarray:
        return np.flatnonzero(asked_for(target.weights, samples.shape[1]) == shown)[:_MOST]

    def circle(target: Target) -> Points:
        if shown >= len(target.modes):
            raise ToylabError(
                f"film.layers asked: there is no class {shown} of a target of {len(target.modes)} modes."
            )
        angle, frame = np.linspace(0, 2 * np.pi, _CORNERS), target.frame
        around = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        # Twice as far as a good point lies: it goes round them, and hides none.
        far = 2 * RADIUS * target.spread[shown] / frame.length
        return frame.outward(frame.inward(target.modes[shown]) + far * around)

    chosen, mode = each_target(view.trace, rows), each_target(view.trace, circle)
    points = Dots(lambda frame: samples[frame][chosen(frame)], "o", 8.0, "ink", 2.0, "generated")
    return Layer([Line(mode, "ink", 2.0), points], Key("line", "asked"))
