"""Rectangles of uniform density: a square, a board, a picture."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated

import numpy as np
from annotated_types import Interval
from scipy.special import log_ndtr, logsumexp

from toylab.base.axes import Float, Points
from toylab.base.errors import ToylabError
from toylab.targets.pictures import MOST_PIXELS, read_picture
from toylab.targets.target import (
    NOTHING_READ,
    File,
    Length,
    Modeless,
    Noise,
    Reading,
    in_pieces,
    read_once,
)


@dataclass(frozen=True, eq=False)
class Boxes(Modeless):
    """Uniform over rectangles of equal size, with Gaussian noise.

    Attributes:
        corners: Lower left corners, data units, [K, 2].
        size: Width and height, data units, [2].
        weights_of: Share of each rectangle, sums to 1, [K].
        noise: Standard deviation of the noise, data units.
        data_read: What the rectangles were made from.
        reading: How it was read.
    """

    corners: Float
    size: Float
    weights_of: Float
    noise: float
    data_read: Float
    reading: Reading = NOTHING_READ

    @property
    def data(self) -> Float:
        """The picture, if there is one, [H, W]."""
        return self.data_read

    @cached_property
    def _edges(self) -> Float:
        return np.cumsum(self.weights_of)[:-1]

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, [n, 2]."""
        box = np.searchsorted(self._edges, rng.random(n), side="right")
        x = self.corners[box] + self.size * rng.random((n, 2))
        if self.noise:
            x += self.noise * rng.standard_normal((n, 2))
        return x.astype(np.float32)

    def log_density(self, x: Points) -> Float:
        """Log density at points [..., 2], nats, [...]; -inf outside where there is no noise."""
        shares = np.log(self.weights_of) - math.log(float(np.prod(self.size)))

        def work(part: Points) -> Float:
            offset = part[:, None, :] - self.corners  # [n, K, 2]
            if self.noise:
                low, high = (offset - self.size) / self.noise, offset / self.noise
                inside = _log_between(low, high).sum(-1)
            else:
                within = ((offset >= 0) & (offset < self.size)).all(-1)
                inside = np.where(within, 0.0, -np.inf)
            return np.asarray(logsumexp(inside + shares, axis=1))

        # Both edges along both axes.
        return in_pieces(work, x, 4 * len(self.corners))


def _log_between(low: Float, high: Float) -> Float:
    """Log of the standard normal's mass between two places, low < high."""
    # Far out on the right both masses below round to 1: there the masses above are compared.
    right = low > 0
    low, high = np.where(right, -high, low), np.where(right, -low, high)
    larger = log_ndtr(high)
    return larger + np.log1p(-np.exp(log_ndtr(low) - larger))


def _boxes(corners: Float, size: Float, noise: float) -> Boxes:
    shares = np.full(len(corners), 1 / len(corners))
    return Boxes(corners, size, shares, noise, np.zeros((0, 0), np.float32))


def square(side: Length = 4.0, noise: Noise = 0.0) -> Boxes:
    """Make a uniform square about the origin.

    Args:
        side: Data units.
        noise: Standard deviation of Gaussian noise over it, data units, or 0.
    """
    return _boxes(np.full((1, 2), -side / 2), np.full(2, side), noise)


def checkerboard(
    cells: Annotated[int, Interval(ge=2, le=64)] = 4, side: Length = 4.0, noise: Noise = 0.0
) -> Boxes:
    """Make the black fields of a board of cells x cells, uniform, about the origin.

    Args:
        cells: Fields along one side, white ones counted.
        side: Of the board, data units.
        noise: Standard deviation of Gaussian noise over it, data units, or 0.
    """
    row, column = np.nonzero(np.add.outer(np.arange(cells), np.arange(cells)) % 2 == 0)
    size = side / cells
    return _boxes(np.stack([column, row], axis=1) * size - side / 2, np.full(2, size), noise)


def image(
    file: File,
    width: Length = 4.0,
    invert: bool = False,
    noise: Noise = 0.0,
    *,
    data: Float | None = None,
) -> Boxes:
    """Draw from a picture: dark places are dense, or light ones with `invert`; transparent ones never.

    The picture is greyed and shrunk to 128 pixels at most.

    Args:
        file: PNG, JPEG, GIF, BMP, TIFF, WebP or PPM; beside the scenario's, if the path is not absolute.
        width: Of the picture's longer side, data units.
        invert: Whether light places are the dense ones.
        noise: Standard deviation of Gaussian noise over it, data units, or 0.
        data: The grey values, if they were read before, as a trace keeps them, [H, W].

    Raises:
        ToylabError: If the file is no picture, or has no dark place.
    """
    reading = read_once(read_picture, Path(file), invert) if data is None else NOTHING_READ
    grey = reading.data if data is None else data.astype(np.float64)
    if grey.ndim != 2 or not 0 < grey.size <= MOST_PIXELS**2 or not np.isfinite(grey).all():
        raise ToylabError(f"{file}: holds no grey picture of {MOST_PIXELS} pixels at most a side.")
    mass = grey if invert else 1 - grey
    row, column = np.nonzero(mass > 1 / 512)
    if not len(row):
        cure = "leave invert out" if invert else "write invert = true"
        raise ToylabError(
            f"{file}: the picture is {'black' if invert else 'white'} all over, where it is not "
            f"transparent; {cure} to draw from it."
        )
    height, across = grey.shape
    size = width / max(across, height)
    # Rows of a picture run downwards.
    corners = np.stack([column - across / 2, height / 2 - 1 - row], axis=1) * size
    shares = mass[row, column] / mass[row, column].sum()
    return Boxes(corners, np.full(2, size), shares, noise, grey.astype(np.float32), reading)
