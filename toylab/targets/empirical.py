"""Points of the user's own."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval

from toylab.base.axes import Float, Points
from toylab.base.choice import Fitting
from toylab.base.errors import ToylabError
from toylab.targets.clusters import Groups, groups
from toylab.targets.frame import Frame, Scaling, framed
from toylab.targets.reading import read_points, refused
from toylab.targets.target import (
    NOTHING_READ,
    File,
    Reading,
    blurred_log_density,
    read_once,
)
from toylab.targets.text_table import MOST_POINTS, Decimal, Told


def _is_noise(value: Any) -> bool:
    """Whether it is one, or one for each column; within the players' units it has the usual bounds."""
    pair = value if isinstance(value, tuple) and len(value) == 2 else (value,)
    numbers = [x for x in pair if isinstance(x, int | float) and not isinstance(x, bool)]
    return len(numbers) == len(pair) and all(x == 0 or 1e-30 <= x <= 1e30 for x in numbers)


def _are_columns(value: Any) -> bool:
    """Whether it is two columns, by name or by place; nothing leaves them to the rule."""
    if not isinstance(value, tuple) or len({*value}) != 2:
        return value is None
    named = [isinstance(x, str) and 0 < len(x) <= 400 for x in value]
    return all(n or (type(x) is int and 0 <= x <= 1000) for n, x in zip(named, value, strict=True))


_NOISE = {"type": "number", "minimum": 0}
_PAIR = {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [_NOISE, _NOISE]}
_COLUMN = {"anyOf": [{"type": "string"}, {"type": "integer", "minimum": 0}]}
OwnNoise = Annotated[
    float | tuple[float, float],
    Fitting(_is_noise, "0, or from 1e-30 to 1e+30, or a pair of these", {"anyOf": [_NOISE, _PAIR]}),
]
Columns = Annotated[
    tuple[str | int, str | int] | None,
    Fitting(
        _are_columns,
        'two different columns, by name (["x", "y"]) or by place from 0 on ([0, 1])',
        {
            "anyOf": [
                {"type": "array", "minItems": 2, "maxItems": 2, "prefixItems": [_COLUMN] * 2},
                {"type": "null"},
            ]
        },
    ),
]


@dataclass(frozen=True, eq=False)
class Empirical:
    """Points of the user's own, drawn with replacement, with Gaussian noise.

    Attributes:
        points_read: Data units, float32, or float64 where the frame is not plain, [M, 2].
        noise: Standard deviation of the noise along each axis, data units, [2]; with none there is no
            density.
        frame: How the players see the points.
        read: How they were read.
        count: How many groups they form, as the user says; None where nobody does.
    """

    points_read: Float
    noise: Float
    frame: Frame
    read: Reading
    count: int | None

    @property
    def data(self) -> Float:
        """The points, [M, 2]."""
        return self.points_read

    @cached_property
    def _groups(self) -> Groups:
        """In the players' units, in which both axes weigh the same. Found when first asked for."""
        seen = self.frame.inward(self.points_read)
        return groups(seen, self.noise / self.frame.unit, self.count)

    @property
    def modes(self) -> Float:
        """Centres of the groups that the points form, [K, 2]."""
        return self.frame.outward(self._groups.centres)

    @property
    def spread(self) -> Float:
        """Of each group, noise included, [K]."""
        return self._groups.spread * self.frame.length

    @property
    def weights(self) -> Float:
        """Share of each group, [K]."""
        return self._groups.weights

    @property
    def reading(self) -> Reading:
        """How the points were read, and the modes that were found in them."""
        if not self.read.words or self.count is not None:
            return self.read
        k = len(self.modes)
        found = f"{k} modes told apart" if k else "no modes told apart"
        return replace(self.read, words=f"{self.read.words}, {found}")

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, or float64 where the frame is not plain, [n, 2]."""
        x = self.points_read[rng.integers(0, len(self.points_read), n)]
        if self.noise.any():
            noise = self.noise.astype(x.dtype)
            x = x + noise * rng.standard_normal((n, 2), dtype=np.float32)
        return x

    def log_density(self, x: Points) -> Float:
        """Log density at points [..., 2], nats, [...]."""
        if not self.noise.all():
            raise NotImplementedError
        knots = self.points_read.astype(np.float64)
        if self.noise[0] == self.noise[1]:
            return blurred_log_density(x, knots, float(self.noise[0]))
        # With each axis in units of its noise both are round.
        told = blurred_log_density(np.asarray(x, np.float64) / self.noise, knots / self.noise, 1.0)
        return told - float(np.log(self.noise).sum())


def points(
    file: File,
    noise: OwnNoise = 0.0,
    header: bool | None = None,
    columns: Columns = None,
    decimal: Decimal | None = None,
    scale: Scaling = "auto",
    modes: Annotated[int, Interval(ge=0, le=1024)] | None = None,
    *,
    data: Float | None = None,
) -> Empirical:
    """Draw from points of a file: two columns of text (a header may stand above), or of a numpy array.

    Args:
        file: A table as text, or .npy, or .npz; beside the scenario's, if the path is not absolute.
        noise: Standard deviation of Gaussian noise, data units, or 0, or a pair: one for each column;
            without noise no density is known.
        header: Whether the first line is a header; decided by rule if left out.
        columns: The two columns that hold the points, by name or by place, from 0 on; needed where more
            than two hold numbers.
        decimal: What parts whole numbers from their decimals; decided by rule if left out.
        scale: How the players see the points: as they are ("none"); moved to 0 and divided by one unit
            ("shared") or by one a column ("own"); or whichever suits them ("auto").
        modes: How many groups the points form, 0 for none; found if left out, where they stand apart.
        data: The points, if they were read before, as a trace keeps them, [M, 2].

    Raises:
        ToylabError: If the file cannot be read as finite pairs of numbers.
    """
    reading = NOTHING_READ
    if data is None:
        # A list from Python is no key of a cache.
        told = Told(header, tuple(columns or ()), decimal)
        reading = read_once(read_points, Path(file), told)
        data = reading.data
    wrong = _misfit(data, scale)
    if wrong:
        raise refused(file, wrong)
    if modes and modes > len(data):
        raise ToylabError(f"{file}: modes is {modes}, and there are only {len(data)} points.")
    spread = np.broadcast_to(np.asarray(noise, np.float64), 2)
    frame = framed(data, scale, float(spread.max()))
    _check_noise(file, spread, frame)
    if not frame.plain:
        reading = Reading(reading.data, f"{reading.words}, {frame}", reading.doubts)
    exact = np.float32 if frame.plain else np.float64
    return Empirical(data.astype(exact), spread, frame, reading, modes)


# Beyond these squares overflow; beyond the second, float32 and the film's extent lose their meaning.
_LARGEST, _LARGEST_PLAIN = 1e30, 1e4
# Points must differ in more than the last of some 16 digits.
_DIGITS = 1e-12


def _misfit(read: Float, scale: Scaling) -> str:
    """Say what is wrong with an array of points; empty if nothing is."""
    if read.ndim != 2 or read.shape[1] != 2 or not len(read):
        return f"holds an array of shape {read.shape}"
    if len(read) > MOST_POINTS:
        return f"holds {len(read)} points, at most {MOST_POINTS} are allowed"
    size = np.abs(read).max(initial=0)
    if not np.isfinite(read).all() or size > _LARGEST:
        return f"holds numbers that are not finite or lie beyond {_LARGEST:g}"
    if scale == "none" and size > _LARGEST_PLAIN:
        return f'holds numbers beyond {_LARGEST_PLAIN:,.0f}, which scale = "none" does not take'
    width = np.ptp(read, axis=0).max()
    if 0 < width < max(_DIGITS * size, 1 / _LARGEST):
        return (
            "holds points that differ in their last digits only; take off what all have in common"
        )
    return ""


def _check_noise(file: str, noise: Float, frame: Frame) -> None:
    """Refuse noise that is nothing, or everything, beside the points."""
    low, high = 1e-4 * frame.unit, 1e3 * frame.unit
    if not noise.any() or ((noise >= low) & (noise <= high)).all():
        return
    bounds = [f"{a:.3g} to {b:.3g}" for a, b in zip(low, high, strict=True)]
    allowed = bounds[0] if frame.shared else f"[{bounds[0]}, {bounds[1]}] (a pair, one a column)"
    given = ", ".join(f"{x:g}" for x in np.unique(noise))
    raise ToylabError(f"{file}: noise must be 0, or for these points from {allowed}; got {given}.")
