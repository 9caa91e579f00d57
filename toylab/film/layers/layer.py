"""What a layer is: strokes on the stage, an entry in the key, what the bar says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeVar

from toylab.base.axes import Float
from toylab.base.errors import ToylabError
from toylab.film.strokes import Stroke
from toylab.film.style import Colour
from toylab.film.words import Said
from toylab.metrics.metric import NEEDS, told
from toylab.targets import Target, density_known
from toylab.trace import Trace

# Points on the stage, of either kind. More hide the surface and say nothing new.
MOST_POINTS = 500


@dataclass(frozen=True)
class Key:
    """An entry of the row of words below the stage.

    Attributes:
        mark: What stands before the words.
        words: Key of the words that say what it stands for.
        colour: Of the mark, if it is not the mark's own.
    """

    mark: Literal["real", "generated", "arrow", "line", "dashes"]
    words: str
    colour: Colour = ""

    @property
    def role(self) -> Colour:
        """The colour of the mark."""
        return self.colour or ("ink" if self.mark in ("line", "dashes") else self.mark)


@dataclass(frozen=True)
class Bar:
    """What the bar beside the stage says."""

    name: str | Said
    ticks: tuple[tuple[float, str], ...]  # place from 0 to 1, words


@dataclass(frozen=True)
class View:
    """What a layer is asked to show.

    Attributes:
        trace: What was measured.
        seed: Whose training.
        side: Of the stage, pixels.
        least: What the layer's limit is at least, where stages share one.
    """

    trace: Trace
    seed: int
    side: float
    least: float = 0.0

    @property
    def samples(self) -> Float:
        """The seed's, [T, N, 2]."""
        return self.trace.samples[:, self.trace.row(self.seed)]


@dataclass(frozen=True)
class Layer:
    """Something seen on the stage.

    Attributes:
        strokes: What it is made of, bottom first.
        key: Its entry in the key, if any.
        bar: What it says on the bar, if anything.
        extent: The plane that it shows instead of the data's: x and y from, to.
    """

    strokes: Sequence[Stroke]
    key: Key | None = None
    bar: Bar | None = None
    extent: tuple[float, float, float, float] | None = None


Made = TypeVar("Made")


def each_target(trace: Trace, make: Callable[[Target], Made]) -> Callable[[int], Made]:
    """What is made of the target of a snapshot: one object for as long as the target stays."""
    of = [trace.target_of(snapshot) for snapshot in range(len(trace.steps))]
    made = {id(target): make(target) for target in {id(one): one for one in of}.values()}
    return lambda snapshot: made[id(of[snapshot])]


def of_untold(trace: Trace, layer: str) -> None:
    """Refuse a layer of the best D of places alone where D is told a class beside them.

    Raises:
        ToylabError: If D is told one.
    """
    if "discriminator" in told(trace.settings):
        raise ToylabError(f"film.layers {layer}: {NEEDS['untold'][1]}.")


def with_density(trace: Trace, layer: str) -> None:
    """Refuse a layer that needs the true density where nobody knows it.

    Raises:
        ToylabError: If the target, or one that is to be learned later, does not tell its density.
    """
    known = each_target(trace, density_known)
    if not all(known(snapshot) for snapshot in range(len(trace.steps))):
        raise ToylabError(
            f"film.layers {layer}: the target's density is not known (give it noise, if it can take some)."
        )
