"""The distributions to be learned: how to draw from them, their log density, their modes.

The keys of a scenario's `[target]` table are the arguments of the function in `TARGETS` that makes the
target; the bounds of a key stand in its type. To add a target: a function, and its row.
"""

from __future__ import annotations

from collections.abc import Callable

from toylab.targets.boxes import checkerboard, image, square
from toylab.targets.drawn import drawn
from toylab.targets.empirical import points
from toylab.targets.mixtures import grid, mixture, random_gaussians, ring
from toylab.targets.shapes import (
    circles,
    dirac,
    line,
    pinwheel,
    s_curve,
    swiss_roll,
    two_moons,
    two_spirals,
)
from toylab.targets.target import Target, cell_centres, density_known, extent

__all__ = [
    "TARGETS",
    "Target",
    "cell_centres",
    "density_known",
    "extent",
    "grid",
    "mixture",
    "ring",
]

TARGETS: dict[str, Callable[..., Target]] = {
    "ring": ring,
    "grid": grid,
    "mixture": mixture,
    "random_gaussians": random_gaussians,
    "two_moons": two_moons,
    "circles": circles,
    "s_curve": s_curve,
    "swiss_roll": swiss_roll,
    "line": line,
    "square": square,
    "checkerboard": checkerboard,
    "two_spirals": two_spirals,
    "pinwheel": pinwheel,
    "dirac": dirac,
    "points": points,
    "drawn": drawn,
    "image": image,
}
