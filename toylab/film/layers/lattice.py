"""The generator's map: a square lattice of latents, and where it is taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps

from toylab.base.axes import Points
from toylab.base.errors import ToylabError
from toylab.film.layers.layer import Key, Layer, View
from toylab.film.strokes import Lines


def lattice(view: View) -> Layer:
    """The warped lattice; each line's colour is its place in the latent plane.

    Lines of one latent coordinate run from dark blue to yellow, of the other from dark purple to orange.
    Each cell holds the same share of the latents.

    Raises:
        ToylabError: If the latent is not of two numbers.
    """
    nodes = view.trace.lattice[:, view.trace.filmed_row(view.seed)]  # [T, L, L, 2]
    n = nodes.shape[1]
    if not n:
        raise ToylabError(
            "film.layers lattice needs a latent of two numbers: generator.kind mlp, latent = 2, "
            "and no class_label."
        )

    def along(frame: int) -> Sequence[Points]:
        return [*nodes[frame]] if np.isfinite(nodes[frame]).all() else []

    def across(frame: int) -> Sequence[Points]:
        at = nodes[frame].transpose(1, 0, 2)
        return [*at] if np.isfinite(at).all() else []

    # Neither map's lightest end, which paper swallows.
    ways = [
        Lines(
            at, [*map(tuple, colormaps[name](np.linspace(0.05, 0.8, n)).tolist())], 1.5, alpha=0.9
        )
        for at, name in ((along, "viridis"), (across, "inferno"))
    ]
    return Layer(ways, Key("line", "lattice", "#3B528B"))
