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
    """A function of the plane as colour; zero is the middle, and what is not finite has no colour.

    Attributes:
        at: Values, lowest row first, [H, W].
        limit: Of the outermost colours.
    """

    at: Callable[[int], Float]
    limit: float


@dataclass(frozen=True)
class Dots:
    """Marks of one kind.

    Attributes:
        at: Places, [n, 2].
        marker: A square, a disc or a cross.
        size: Points.
        edge: Colour of the edge, or of the cross.
        width: Of the edge, points.
        fill: Colour inside.
        alpha: Opacity, if they have one of their own.
    """

    at: Callable[[int], Points]
    marker: Literal["s", "o", "+"]
    size: float
    edge: Colour
    width: float
    fill: Colour = ""
    alpha: float | None = None


@dataclass(frozen=True)
class Line:
    """One line.

    Attributes:
        at: Places, [n, 2]; NaN breaks it.
        colour: Of the line.
        width: Points.
    """

    at: Callable[[int], Points]
    colour: Colour
    width: float


@dataclass(frozen=True)
class Lines:
    """Lines, as many as there are.

    Attributes:
        at: Places of each, [n, 2].
        colours: Of all, or of one after the other.
        width: Points.
        dash: Lengths of dash and gap, in widths.
        alpha: Opacity, if they have one of their own.
        rounded: Whether their ends are.
    """

    at: Callable[[int], Sequence[Points]]
    colours: Sequence[Colour]
    width: float
    dash: tuple[float, ...] = ()
    alpha: float | None = None
    rounded: bool = False


@dataclass(frozen=True)
class Shapes:
    """Filled shapes.

    Attributes:
        at: Corners, [n, k, 2].
        fill: Colour.
        width: Of an outline of the same colour, points; None for no outline.
        alpha: Opacity, if they have one of their own.
    """

    at: Callable[[int], Float]
    fill: Colour
    width: float | None = None
    alpha: float | None = None


@dataclass(frozen=True)
class Label:
    """Words at a place.

    Attributes:
        at: What they say.
        place: Data units, or shares of the stage.
        colour: Of the words.
        of_stage: Whether the place is in shares of the stage.
        shift: From there, pixels.
        across: Which of their sides stands there.
        upwards: As `across`.
        plate: Behind them, if there is one: matplotlib's box style, and its opacity.
        strength: Opacity in a snapshot, if it is not always 1.
        size: Points.
    """

    at: Callable[[int], str | Said]
    place: tuple[float, float]
    colour: Colour
    of_stage: bool = False
    shift: tuple[float, float] = (0, 0)
    across: Literal["left", "center", "right"] = "center"
    upwards: Literal["baseline", "bottom", "center", "top"] = "center"
    plate: tuple[str, float] | None = None
    strength: Callable[[int], float] | None = None
    size: float = LABEL


Stroke = Plane | Dots | Line | Lines | Shapes | Label
