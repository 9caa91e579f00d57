"""Strokes: what is to be seen on a stage, before anybody paints it.

A layer gives strokes. `painter` makes matplotlib's artists of them, and a page packs them for its own pen.
Each tells how it looks, in roles of colour (see `Theme.colour`) and in points, and by `at` what it shows in
a snapshot: places in data units, or words. Snapshots are asked for in any order; where one gives the very
object of before, nothing has moved.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from toylab.base.axes import Float, Points
from toylab.film.style import LABEL, Colour
from toylab.film.words import Said


@dataclass(frozen=True)
class Plane:
    """A function of the plane as colour; zero is the middle, and what is not finite has no colour."""

    at: Callable[[int], Float]  # lowest row first, [H, W]
    limit: float  # value of the outermost colours


@dataclass(frozen=True)
class Dots:
    """Marks of one kind: squares, discs or crosses."""

    at: Callable[[int], Points]  # [n, 2]
    marker: Literal["s", "o", "+"]
    size: float
    edge: Colour  # of a cross all there is
    width: float  # of the edge
    fill: Colour = ""
    alpha: float | None = None


@dataclass(frozen=True)
class Line:
    """One line; NaN breaks it."""

    at: Callable[[int], Points]  # [n, 2]
    colour: Colour
    width: float


@dataclass(frozen=True)
class Lines:
    """Lines, as many as there are."""

    at: Callable[[int], Sequence[Points]]  # each [n, 2]
    colours: Sequence[Colour]  # one for all, or of one after the other
    width: float
    dash: tuple[float, ...] = ()  # lengths of dash and gap, in widths
    alpha: float | None = None
    rounded: bool = False  # at the ends


@dataclass(frozen=True)
class Shapes:
    """Filled shapes."""

    at: Callable[[int], Float]  # corners, [n, k, 2]
    fill: Colour
    width: float | None = None  # of an outline of the same colour, if there is one
    alpha: float | None = None


@dataclass(frozen=True)
class Label:
    """Words at a place."""

    at: Callable[[int], str | Said]
    place: tuple[float, float]
    colour: Colour
    of_stage: bool = False  # whether the place is in shares of the stage
    shift: tuple[float, float] = (0, 0)  # from the place, pixels
    across: Literal["left", "center", "right"] = "center"  # which side of the words stands there
    upwards: Literal["baseline", "bottom", "center", "top"] = "center"
    plate: tuple[str, float] | None = None  # behind them: matplotlib's box style, and its opacity
    strength: Callable[[int], float] | None = None  # opacity in a snapshot, if not always 1
    size: float = LABEL


Stroke = Plane | Dots | Line | Lines | Shapes | Label
