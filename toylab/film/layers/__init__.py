"""Layers: what can be drawn on the stage, one class each.

A layer opens its artists once and then only changes them: `show` is free of order and creates no
artist. To add one: a class with `open` and `show`, and its row in `LAYERS`.
"""

from __future__ import annotations

from collections.abc import Callable

from toylab.film.layers.arrows import Arrows, EvenArrows
from toylab.film.layers.base import Bar, Key, Layer
from toylab.film.layers.density import Density, SampleDensity
from toylab.film.layers.lattice import Lattice
from toylab.film.layers.modes import Modes
from toylab.film.layers.phase import Phase, phase_limit
from toylab.film.layers.points import Generated, Real, Trails
from toylab.film.layers.surface import Optimal, OptimalGap, Surface, surface_limit
from toylab.film.style import Theme
from toylab.film.words import Words
from toylab.trace import Trace

__all__ = ["LAYERS", "LIMITS", "Bar", "Key", "Layer"]

LAYERS: dict[str, Callable[[Theme, Words], Layer]] = {
    "surface": Surface,
    "optimal": Optimal,
    "optimal_gap": OptimalGap,
    "density": Density,
    "kde": SampleDensity,
    "lattice": Lattice,
    "real": Real,
    "trails": Trails,
    "generated": Generated,
    "arrows": Arrows,
    "arrows_even": EvenArrows,
    "modes": Modes,
    "phase": Phase,
}

# What a seed's run decides of how a layer is scaled, so that stages can share the widest: the value of
# the outermost colour, half a side of the plane.
LIMITS: dict[str, Callable[[Trace, int], float]] = {"surface": surface_limit, "phase": phase_limit}
