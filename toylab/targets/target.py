"""What a target is, and the bounds that its settings share."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Protocol

import numpy as np
from annotated_types import Interval, Len
from scipy.spatial.distance import cdist
from scipy.special import logsumexp

from toylab.base.axes import Float, Points
from toylab.base.choice import OrZero
from toylab.base.foreign import at_home
from toylab.targets.frame import PLAIN, Frame

# Data units. Beyond these, float32 squares and the film's extent lose their meaning.
Position = Annotated[float, Interval(ge=-1e4, le=1e4)]
Length = Annotated[float, Interval(ge=1e-4, le=1e4)]
Noise = Annotated[float, OrZero(1e-4, 1e3)]
Spread = Annotated[float, Interval(ge=1e-4, le=1e3)]
Weights = Annotated[tuple[Annotated[float, Interval(gt=0, le=1e6)], ...], Len(0, 1024)]


File = Annotated[str, Len(1, 4096)]


@dataclass(frozen=True, eq=False)
class Reading:
    """What was read from a file, and how.

    Attributes:
        data: The numbers; size 0 where no file was read.
        words: In one line, which file, how much, and what was made of it; empty where nothing was read.
        doubts: What may have been meant otherwise, each with what to do about it.
    """

    data: Float = field(default_factory=lambda: np.zeros((0, 0), np.float32))
    words: str = ""
    doubts: tuple[str, ...] = ()


NOTHING_READ = Reading()


class Target(Protocol):
    """A distribution over the plane.

    Attributes:
        modes: Centres, data units, [K, 2]; K is 0 where the target has no separate modes.
        spread: Standard deviation of each mode along one axis, data units, or the players' where each
            axis has a unit of its own, [K].
        weights: Share of the mass in each mode, sums to 1, [K].
        data: What was read from a file, for the trace; size 0 where nothing was.
        frame: From data units to those in which the players see it.
        reading: How `data` was read; without words where it came from a trace, or nothing was read.
    """

    @property
    def modes(self) -> Float: ...  # noqa: D102 - the class's lines say it
    @property
    def spread(self) -> Float: ...  # noqa: D102
    @property
    def weights(self) -> Float: ...  # noqa: D102
    @property
    def data(self) -> Float: ...  # noqa: D102
    @property
    def frame(self) -> Frame: ...  # noqa: D102
    @property
    def reading(self) -> Reading: ...  # noqa: D102

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, data units, float32, or float64 where the frame is not plain, [n, 2]."""
        ...

    def log_density(self, x: Points) -> Float:
        """Log density at points [..., 2], nats; NotImplementedError where it is unknown."""
        ...


class Modeless:
    """What holds for a target unless it says otherwise: no modes, no file, no known density."""

    frame, reading = PLAIN, NOTHING_READ

    @property
    def modes(self) -> Float:
        """None, [0, 2]."""
        return np.zeros((0, 2))

    @property
    def spread(self) -> Float:
        """None, [0]."""
        return np.zeros(0)

    @property
    def weights(self) -> Float:
        """None, [0]."""
        return np.zeros(0)

    @property
    def data(self) -> Float:
        """Nothing, [0, 0]."""
        return np.zeros((0, 0), np.float32)

    def log_density(self, x: Points) -> Float:
        """Unknown.

        Raises:
            NotImplementedError: Always.
        """
        raise NotImplementedError


def read_once(read: Callable[..., Reading], path: Path, *how: Hashable) -> Reading:
    """Read a file, or return what was read if it has not changed: loading looks at it several times.

    Args:
        read: From a path, and `how`.
        path: The file.
        how: Whatever else decides what is read.

    Raises:
        ToylabError: As `read`.
    """
    path = at_home(path)
    try:
        state = path.stat()
    except OSError:
        return read(path, *how)  # which says what is wrong
    return _kept(read, path, how, state.st_mtime_ns, state.st_size)


# A scenario and the one it is compared with.
@lru_cache(maxsize=2)
def _kept(
    read: Callable[..., Reading], path: Path, how: tuple[Hashable, ...], changed: int, size: int
) -> Reading:
    return read(path, *how)


def density_known(target: Target) -> bool:
    """Whether a target tells its log density."""
    try:
        target.log_density(np.zeros((1, 2)))
    except NotImplementedError:
        return False
    return True


# Numbers of one piece of a table: 32 MB of float64, of which a few stand side by side.
PIECE = 4_000_000


def pieces(n: int, width: int) -> list[slice]:
    """Cut n rows into pieces so short that a table [rows, width] of each stays small.

    The whole table of a film's grid and a large cloud would take tens of gigabytes. What is worked out row
    by row does not change with the cut.
    """
    count = n * width // PIECE + 1
    edges = [n * i // count for i in range(count + 1)]
    return [slice(low, high) for low, high in pairwise(edges)]


def in_pieces(work: Callable[[Points], Float], x: Points, width: int) -> Float:
    """Work out a number at each point [..., 2], piece by piece, float64, [...].

    Args:
        work: From points [n, 2] to a number each, [n], by way of tables [n, width].
        x: Places, data units, [..., 2].
        width: Numbers in a row of such a table.
    """
    flat = np.asarray(x, dtype=np.float64).reshape(-1, 2)
    found = [work(flat[rows]) for rows in pieces(len(flat), width)]
    return np.concatenate(found).reshape(np.shape(x)[:-1])


def blurred_log_density(x: Points, knots: Points, noise: float) -> Float:
    """Log density of equally likely knots [M, 2] with round noise, at points [..., 2], nats, [...].

    Args:
        x: Places, data units, [..., 2].
        knots: Data units, [M, 2].
        noise: Standard deviation, data units.
    """
    constant = math.log(2 * math.pi * noise**2 * len(knots))

    def work(part: Points) -> Float:
        table = cdist(part, knots, "sqeuclidean") / (-2 * noise**2)
        return np.asarray(logsumexp(table, axis=1)) - constant

    return in_pieces(work, x, len(knots))


def cell_centres(extent: Sequence[float] | Float, n: int) -> tuple[Float, Float]:
    """Middles of n x n cells that fill an extent, along each axis, data units, [n] and [n]."""
    x0, x1, y0, y1 = (float(v) for v in extent)
    across = (np.arange(n) + 0.5) / n
    return x0 + (x1 - x0) * across, y0 + (y1 - y0) * across


def extent(
    target: Target, starts: Sequence[tuple[float, float]] = ()
) -> tuple[float, float, float, float]:
    """Square that holds the target with room around it: x0, x1, y0, y1 in the players' units.

    The same for every seed, so that films and grids of one scenario can be laid side by side.

    Args:
        target: The data.
        starts: Places that must be seen as well: where generators begin, players' units.
    """
    drawn = target.sample(np.random.Generator(np.random.SFC64(0)), 4096)
    points = target.frame.inward(drawn).astype(np.float32)
    points = np.concatenate([points, np.asarray(starts, np.float32).reshape(-1, 2)])
    low, high = points.min(axis=0), points.max(axis=0)
    centre = (low + high) / 2
    # 1.45: room for a cloud that overshoots the data. Half a unit at least, for targets of no size.
    half = max(1.45 * float(np.max(high - low)) / 2, 0.5)
    # Rounded outwards, so that a sampling error in the third digit does not reach the picture.
    half = math.ceil(half * 20) / 20
    x, y = (round(float(c), 1) for c in centre)
    return (x - half, x + half, y - half, y + half)
