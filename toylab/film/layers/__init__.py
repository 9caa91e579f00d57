"""Layers: what can be seen on the stage, a function each.

A layer takes a view of a trace and gives strokes: what is to be seen, which others paint. To add one: its
file, its row in `LAYERS`, and its words, if it has any.
"""

from __future__ import annotations

from collections.abc import Callable

from toylab.film.layers.arrows import arrows, arrows_even
from toylab.film.layers.asked import asked
from toylab.film.layers.density import density, kde
from toylab.film.layers.lattice import lattice
from toylab.film.layers.layer import Bar, Key, Layer, View
from toylab.film.layers.modes import modes
from toylab.film.layers.phase import phase, phase_limit
from toylab.film.layers.points import generated, real, trails
from toylab.film.layers.surface import optimal, optimal_gap, surface, surface_limit
from toylab.trace import Trace

__all__ = ["LAYERS", "LIMITS", "Bar", "Key", "Layer", "View"]

# Each may refuse a trace that has not what it shows, by a ToylabError.
LAYERS: dict[str, Callable[[View], Layer]] = {
    "surface": surface,
    "optimal": optimal,
    "optimal_gap": optimal_gap,
    "density": density,
    "kde": kde,
    "lattice": lattice,
    "real": real,
    "trails": trails,
    "generated": generated,
    "asked": asked,
    "arrows": arrows,
    "arrows_even": arrows_even,
    "modes": modes,
    "phase": phase,
}

# What a seed's run decides of how a layer is scaled, so that stages can share the widest: the value of
# the outermost colour, half a side of the plane.
LIMITS: dict[str, Callable[[Trace, int], float]] = {"surface": surface_limit, "phase": phase_limit}
