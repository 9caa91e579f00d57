"""What a layer is: artists on the stage, an entry in the key, what the bar says."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toylab.base.errors import ToylabError
from toylab.targets import density_known
from toylab.trace import Trace

# Points on the stage, of either kind. More hide the surface and say nothing new.
MOST_POINTS = 500


@dataclass(frozen=True)
class Key:
    """An entry of the row of words below the stage.

    Attributes:
        mark: What stands before the words.
        words: What it stands for.
        colour: Of the mark; the theme's where none is given.
    """

    mark: Literal["real", "generated", "arrow", "line", "dashes"]
    words: str
    colour: str = ""


@dataclass(frozen=True)
class Bar:
    """What the bar beside the stage says."""

    name: str
    ticks: tuple[tuple[float, str], ...]  # place from 0 to 1, words


class Layer(Protocol):
    """Something drawn on the stage, with its entry in the key and what it says on the bar.

    Attributes:
        key: Its entry in the key, if any.
        bar: What it says on the bar, if anything.
    """

    @property
    def key(self) -> Key | None: ...  # noqa: D102 - the class's line says it
    @property
    def bar(self) -> Bar | None: ...  # noqa: D102

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """Make the artists, bottom first, for one seed of a trace.

        Args:
            ax: The stage, in data units.
            trace: What was measured.
            seed: Whose.

        Raises:
            ToylabError: If the trace has not what the layer shows.
        """
        ...

    def show(self, frame: int) -> None:
        """Set them to a frame of the trace."""
        ...


def with_density(trace: Trace, layer: str) -> None:
    """Refuse a layer that needs the true density where nobody knows it.

    Raises:
        ToylabError: If the target does not tell its density.
    """
    if not density_known(trace.target):
        raise ToylabError(
            f"film.layers {layer}: the target's density is not known (give it noise, if it can take some)."
        )
