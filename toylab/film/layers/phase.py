"""The phase portrait of an exactly solvable game."""

from __future__ import annotations

import numpy as np

from toylab.base.axes import Float
from toylab.base.errors import ToylabError
from toylab.film.layers.arrows import arrow_shapes
from toylab.film.layers.layer import Key, Layer, View
from toylab.film.strokes import Dots, Label, Line, Shapes
from toylab.trace import Trace


def phase(view: View) -> Layer:
    """The plane of both players' first parameters: where each is pushed, and the path they took.

    It takes the stage for itself.

    Raises:
        ToylabError: If the game is not exactly solvable.
    """
    trace = view.trace
    if not trace.field.size:
        raise ToylabError(
            "film.layers phase needs an exactly solvable game: "
            "generator kind point, discriminator kind linear or quadratic."
        )
    path = _path(trace, view.seed)
    half = max(phase_limit(trace, view.seed), view.least)
    x0, x1, y0, y1 = (float(v) for v in trace.field_extent)
    n = len(trace.field)
    xx, yy = np.meshgrid(np.linspace(x0, x1, n), np.linspace(y0, y1, n))
    # One scale for all fields, where settings change on the way.
    of = [trace.field_of(snapshot) for snapshot in range(len(trace.steps))]
    fields = {id(one): one for one in of}
    longest = max(float(np.hypot(one[..., 0], one[..., 1]).max()) for one in fields.values())

    def pushes(field: Float) -> Float:
        length = np.hypot(field[..., 0], field[..., 1])
        # All arrows of nearly one length: the field's direction is the lesson; the root keeps a hint of
        # its strength.
        scale = 0.75 * (x1 - x0) / n * np.sqrt(length / max(longest, 1e-12))
        push = field / np.maximum(length, 1e-12)[..., None] * scale[..., None]
        start = np.stack([xx, yy], axis=-1).reshape(-1, 2)
        return arrow_shapes(start, push.reshape(-1, 2), 2 * half, 2 * half / view.side)

    arrows = {name: pushes(one) for name, one in fields.items()}
    goal = np.zeros((1, 2))
    strokes = [
        Shapes(lambda frame: arrows[id(of[frame])], "soft", alpha=0.55),
        Dots(lambda frame: goal, "+", 16, "ink", 2.4),
        Line(lambda frame: path[: frame + 1], "curves 0", 2.2),
        Dots(lambda frame: path[frame : frame + 1], "o", 11, "edge", 1.0, "generated"),
        Label(lambda frame: "θ (G)", (0.98, 0.51), "soft", True, across="right", upwards="bottom"),
        Label(lambda frame: "ψ (D)", (0.51, 0.98), "soft", True, across="left", upwards="top"),
    ]
    return Layer(strokes, Key("line", "path", "curves 0"), extent=(-half, half, -half, half))


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
