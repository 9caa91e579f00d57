"""Mixtures of Gaussians."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Interval, Len
from scipy.special import logsumexp

from toylab.base.axes import Float, Points
from toylab.base.errors import ToylabError
from toylab.targets.frame import PLAIN
from toylab.targets.target import NOTHING_READ, Length, Position, Spread, Weights, in_pieces


@dataclass(frozen=True, eq=False)
class GaussianMixture:
    """A mixture of Gaussians.

    Attributes:
        modes: Means, data units, [K, 2].
        covariances: Data units squared, [K, 2, 2].
        weights: Positive, summing to 1, [K].
    """

    modes: Float
    covariances: Float
    weights: Float
    frame, reading = PLAIN, NOTHING_READ

    @property
    def spread(self) -> Float:
        """Root of the mean variance over the two axes, [K]."""
        return np.sqrt(np.trace(self.covariances, axis1=1, axis2=2) / 2)

    @property
    def data(self) -> Float:
        """Nothing, [0, 0]."""
        return np.zeros((0, 0), np.float32)

    @cached_property
    def _factors(self) -> Float:
        return np.linalg.cholesky(self.covariances)  # [K, 2, 2], lower

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, [n, 2]."""
        # One uniform decides the mode, two normals the place: a fixed number of draws a point.
        edges = np.cumsum(self.weights)[:-1]
        mode = np.searchsorted(edges, rng.random(n), side="right")
        noise = rng.standard_normal((n, 2), dtype=np.float32)
        factors = self._factors.astype(np.float32)[mode]  # [n, 2, 2]
        x = self.modes.astype(np.float32)[mode]
        x[:, 0] += factors[:, 0, 0] * noise[:, 0]
        x[:, 1] += factors[:, 1, 0] * noise[:, 0] + factors[:, 1, 1] * noise[:, 1]
        return x

    def log_density(self, x: Points) -> Float:
        """Log density at points [..., 2], nats, [...]."""
        whiten = np.linalg.inv(self._factors)
        log_det = np.log(self._factors[:, 0, 0] * self._factors[:, 1, 1])

        def work(part: Points) -> Float:
            offset = part[:, None, :] - self.modes  # [n, K, 2]
            white = np.einsum("kij,nkj->nki", whiten, offset)
            each = -0.5 * np.sum(white**2, axis=-1) - log_det - math.log(2 * math.pi)
            return np.asarray(logsumexp(each + np.log(self.weights), axis=-1))

        return in_pieces(work, x, 2 * len(self.modes))


def round_mixture(modes: Float, spreads: Float, weights: tuple[float, ...]) -> GaussianMixture:
    """Make a mixture of round Gaussians; no weights means equal shares.

    Args:
        modes: Means, data units, [K, 2].
        spreads: Standard deviations, data units, [K].
        weights: K positive numbers, or none.

    Raises:
        ToylabError: If there are weights, but not one a mode.
    """
    k = len(modes)
    if weights and len(weights) != k:
        raise ToylabError(f"weights needs one number a mode ({k}), got {len(weights)}.")
    shares = np.asarray(weights, dtype=np.float64) if weights else np.ones(k)
    covariances = np.eye(2) * np.asarray(spreads, dtype=np.float64)[:, None, None] ** 2
    return GaussianMixture(np.asarray(modes, np.float64), covariances, shares / shares.sum())


def ring(
    modes: Annotated[int, Interval(ge=1, le=1024)] = 8,
    radius: Length = 2.0,
    spread: Spread = 0.1,
    weights: Weights = (),
) -> GaussianMixture:
    """Make equally spaced round Gaussians on a circle; the first lies on the positive x axis.

    Metz et al. 2017, Fig. 1.

    Args:
        modes: How many Gaussians.
        radius: Of the circle, data units.
        spread: Standard deviation of each, data units.
        weights: Of each mode, scaled to sum to 1; none means equal shares.
    """
    # The end point is left out: with it the first and the last mode would coincide.
    angle = np.arange(modes) * (2 * math.pi / modes)
    means = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return round_mixture(means, np.full(modes, spread), weights)


def grid(
    side: Annotated[int, Interval(ge=1, le=32)] = 5,
    spacing: Length = 2.0,
    spread: Spread = 0.05,
    weights: Weights = (),
) -> GaussianMixture:
    """Make side x side round Gaussians about the origin, row by row from the lower left.

    Lin et al. 2018 (PacGAN), Table 1.

    Args:
        side: Modes along one side.
        spacing: From one mode to the next, data units.
        spread: Standard deviation of each, data units.
        weights: Of each mode, scaled to sum to 1; none means equal shares.
    """
    at = (np.arange(side) - (side - 1) / 2) * spacing
    means = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
    return round_mixture(means, np.full(side * side, spread), weights)


def mixture(
    means: Annotated[tuple[tuple[Position, Position], ...], Len(1, 1024)],
    spreads: Annotated[tuple[Spread, ...], Len(0, 1024)] = (),
    covariances: Annotated[
        tuple[tuple[tuple[float, float], tuple[float, float]], ...], Len(0, 1024)
    ] = (),
    weights: Weights = (),
) -> GaussianMixture:
    """Make a free mixture: `means` with either `spreads` (round) or `covariances` (any shape).

    Args:
        means: Centres, data units, K pairs.
        spreads: Standard deviations, data units; one for all modes, or K.
        covariances: K symmetric positive definite 2 x 2 matrices, data units squared.
        weights: K positive numbers, scaled to sum to 1; none means equal shares.

    Raises:
        ToylabError: If the numbers of entries differ or a covariance is not positive definite.
    """
    k = len(means)
    if bool(spreads) == bool(covariances):
        raise ToylabError("give either spreads or covariances, not both and not neither.")
    if spreads:
        if len(spreads) not in (1, k):
            raise ToylabError(f"spreads needs one number, or one a mode ({k}), got {len(spreads)}.")
        return round_mixture(np.asarray(means), np.resize(spreads, k), weights)
    if len(covariances) != k:
        raise ToylabError(f"covariances needs one matrix a mode ({k}), got {len(covariances)}.")
    matrices = np.asarray(covariances, dtype=np.float64)
    for i, matrix in enumerate(matrices):
        bounded = np.all(np.abs(matrix) <= 1e6) and matrix[0, 1] == matrix[1, 0]
        # 1e-8 is the square of the least spread.
        if not bounded or np.linalg.eigvalsh(matrix)[0] < 1e-8:
            raise ToylabError(
                f"covariances[{i}] must be symmetric and positive definite, got {matrix.tolist()}."
            )
    shape = round_mixture(np.asarray(means), np.ones(k), weights)
    return GaussianMixture(shape.modes, matrices, shape.weights)


def random_gaussians(
    modes: Annotated[int, Interval(ge=1, le=1024)] = 8,
    half_width: Length = 3.0,
    spread: Spread = 0.15,
    layout_seed: Annotated[int, Interval(ge=0, le=2**31)] = 0,
    weights: Weights = (),
) -> GaussianMixture:
    """Make round Gaussians at uniform places in a square; `layout_seed` chooses the places.

    Args:
        modes: How many Gaussians.
        half_width: Half the side of the square, data units.
        spread: Standard deviation of each, data units.
        layout_seed: Another number, other places.
        weights: Of each mode, scaled to sum to 1; none means equal shares.
    """
    rng = np.random.Generator(np.random.SFC64(layout_seed))
    means = rng.uniform(-half_width, half_width, (modes, 2))
    return round_mixture(means, np.full(modes, spread), weights)
