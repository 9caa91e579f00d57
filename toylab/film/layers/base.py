"""What a layer is: strokes on the stage, an entry in the key, what the bar says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from toylab.base.axes import Float
from toylab.base.errors import ToylabError
from toylab.film.strokes import Stroke
from toylab.film.style import Colour
from toylab.film.words import Said
from toylab.targets import density_known
from toylab.trace import Trace

# Points on the stage, of either kind. More hide the surface and say nothing new.
MOST_POINTS = 500


@dataclass(frozen=True)
class Key:
    """An entry of the row of words below the stage."""

    mark: Literal["real", "generated", "arrow", "line", "dashes"]
    words: str  # key of the words that say what the mark stands for
    colour: Colour = ""  # of the mark, if not its own

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
    """What a layer is asked to show: of a trace one seed's training."""

    trace: Trace
    seed: int
    side: float  # of the stage, pixels
    least: float = 0.0  # what the layer's limit is at least, where stages share one

    @property
    def samples(self) -> Float:
        """The seed's, [T, N, 2]."""
        return self.trace.samples[:, self.trace.row(self.seed)]


@dataclass(frozen=True)
class Layer:
    """Something seen on the stage, with its entry in the key and what it says on the bar, if it has one."""

    strokes: Sequence[Stroke]  # bottom first
    key: Key | None = None
    bar: Bar | None = None
    # The plane that it shows instead of the data's: x and y from, to.
    extent: tuple[float, float, float, float] | None = None


def with_density(trace: Trace, layer: str) -> None:
    """Refuse a layer that needs the true density where nobody knows it.

    Raises:
        ToylabError: If the target does not tell its density.
    """
    if not density_known(trace.target):
        raise ToylabError(
            f"film.layers {layer}: the target's density is not known (give it noise, if it can take some)."
        )
