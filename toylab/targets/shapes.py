"""Curves with noise, a point, and the pinwheel."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
from annotated_types import Interval

from toylab.base.axes import Float, Points
from toylab.targets.mixtures import round_mixture
from toylab.targets.target import (
    Length,
    Modeless,
    Noise,
    Position,
    Spread,
    Target,
    blurred_log_density,
)


@dataclass(frozen=True, eq=False)
class Shape(Modeless):
    """A curve, or several, with Gaussian noise.

    Attributes:
        curve: From places 0..1, [n], to points [n, 2]; the places are uniform.
        noise: Standard deviation of the noise, data units; with none there is no density.
    """

    curve: Callable[[Float], Points]
    noise: float

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, [n, 2]."""
        x = self.curve(rng.random(n)) + self.noise * rng.standard_normal((n, 2))
        return x.astype(np.float32)

    @cached_property
    def _knots(self) -> Points:
        # Midpoints so dense that neighbours lie within a third of the noise: the sum of Gaussians is
        # then the integral to eight digits. 200,000 at most; beyond, the density is not told.
        n = 256
        while n < 200_000:
            at = self.curve((np.arange(n) + 0.5) / n)
            gaps = np.hypot(*np.diff(at, axis=0).T)
            # The jumps between several curves are not gaps of one.
            if np.quantile(gaps, 1 - 8 / n) < self.noise / 3:
                return at
            n *= 2
        raise NotImplementedError

    def log_density(self, x: Points) -> Float:
        """Log density at points [..., 2], nats, [...]; by a sum over the curve."""
        if not self.noise:
            raise NotImplementedError
        return blurred_log_density(x, self._knots, self.noise)


def _curve(path: Callable[[Float], tuple[Float, Float]], scale: float, noise: float) -> Shape:
    return Shape(lambda u: scale * np.stack(path(u), axis=-1), noise)


def two_moons(noise: Noise = 0.1, scale: Length = 1.0) -> Shape:
    """Make two interleaving half circles, the shape of sklearn.datasets.make_moons.

    Args:
        noise: Standard deviation of Gaussian noise, data units, or 0; without noise no density is known.
        scale: Radius of the half circles, data units.
    """

    def path(u: Float) -> tuple[Float, Float]:
        inner, angle = u >= 0.5, 2 * math.pi * (u % 0.5)
        x = np.where(inner, 1 - np.cos(angle), np.cos(angle))
        return x, np.where(inner, 0.5 - np.sin(angle), np.sin(angle))

    return _curve(path, scale, noise)


def circles(
    noise: Noise = 0.05,
    factor: Annotated[float, Interval(gt=0, lt=1)] = 0.5,
    scale: Length = 1.0,
) -> Shape:
    """Make two circles about the origin, the shape of sklearn.datasets.make_circles.

    Args:
        noise: Standard deviation of Gaussian noise, data units, or 0; without noise no density is known.
        factor: Radius of the inner circle, in units of the outer one's.
        scale: Radius of the outer circle, data units.
    """

    def path(u: Float) -> tuple[Float, Float]:
        radius, angle = np.where(u >= 0.5, factor, 1.0), 4 * math.pi * u
        return radius * np.cos(angle), radius * np.sin(angle)

    return _curve(path, scale, noise)


def s_curve(noise: Noise = 0.1, scale: Length = 1.0) -> Shape:
    """Make an S, the x and z of sklearn.datasets.make_s_curve.

    Args:
        noise: Standard deviation of Gaussian noise, data units, or 0; without noise no density is known.
        scale: Radius of the two bows, data units.
    """

    def path(u: Float) -> tuple[Float, Float]:
        t = 3 * math.pi * (u - 0.5)
        return np.sin(t), np.sign(t) * (np.cos(t) - 1)

    return _curve(path, scale, noise)


def swiss_roll(noise: Noise = 0.25, scale: Length = 1 / 7.5) -> Shape:
    """Make a spiral, the x and z of sklearn.datasets.make_swiss_roll, scaled as the WGAN-GP toys do.

    `noise` is in the roll's own units, before `scale`, as in scikit-learn.

    Args:
        noise: Standard deviation of Gaussian noise, in the roll's own units, or 0; without noise no density
            is known.
        scale: Data units a unit of the roll, whose radius is 4.7 to 14.1.
    """

    def path(u: Float) -> tuple[Float, Float]:
        t = 1.5 * math.pi * (1 + 2 * u)
        return t * np.cos(t), t * np.sin(t)

    return _curve(path, scale, noise * scale)


def two_spirals(
    noise: Noise = 0.1,
    turns: Annotated[float, Interval(gt=0, le=10)] = 1.5,
    radius: Length = 3.0,
) -> Shape:
    """Make two Archimedean spirals, one the other turned by half a circle.

    Args:
        noise: Standard deviation of Gaussian noise, data units, or 0; without noise no density is known.
        turns: Of each arm.
        radius: Of the outer ends, data units.
    """

    def path(u: Float) -> tuple[Float, Float]:
        side = np.where(u >= 0.5, -1.0, 1.0)
        # The root spreads the points evenly along the arms, but for the innermost.
        t = np.sqrt((2 * u) % 1.0)
        angle = 2 * math.pi * turns * t
        return side * radius * t * np.cos(angle), side * radius * t * np.sin(angle)

    return _curve(path, 1.0, noise)


def line(
    length: Length = 4.0,
    angle: Annotated[float, Interval(ge=-360, le=360)] = 0.0,
    noise: Noise = 0.0,
) -> Shape:
    """Make a straight line through the origin; `angle` in degrees from the x axis.

    Args:
        length: From end to end, data units.
        angle: Degrees from the x axis.
        noise: Standard deviation of Gaussian noise, data units, or 0; without noise no density is known.
    """
    turn = math.radians(angle)
    direction = np.array([math.cos(turn), math.sin(turn)]) * length
    return Shape(lambda u: (u[:, None] - 0.5) * direction, noise)


def dirac(x: Position = 0.0, y: Position = 0.0, noise: Noise = 0.0) -> Target:
    """Make a single point, or with noise a single round Gaussian. Mescheder et al. 2018.

    Args:
        x: Data units.
        y: Data units.
        noise: Standard deviation of the Gaussian, data units; 0 for the single point.
    """
    if noise:
        return round_mixture(np.array([[x, y]]), np.array([noise]), ())
    return Shape(lambda u: np.broadcast_to([x, y], (len(u), 2)), 0.0)


@dataclass(frozen=True, eq=False)
class Pinwheel(Modeless):
    """Bent arms; no density is known in closed form.

    Attributes:
        arms: How many.
        radial: Standard deviation along an arm, as a share of 2 data units.
        tangential: Standard deviation across an arm, likewise.
        rate: How far an arm is turned.
        noise: Standard deviation of further noise, data units.
    """

    arms: int
    radial: float
    tangential: float
    rate: float
    noise: float

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, [n, 2]."""
        arm = rng.integers(0, self.arms, n)
        along = 1 + self.radial * rng.standard_normal(n)
        across = self.tangential * rng.standard_normal(n)
        angle = 2 * math.pi * arm / self.arms + self.rate * np.exp(along)
        x = along * np.cos(angle) - across * np.sin(angle)
        y = along * np.sin(angle) + across * np.cos(angle)
        at = 2 * np.stack([x, y], axis=-1)
        if self.noise:
            at += self.noise * rng.standard_normal((n, 2))
        return at.astype(np.float32)


def pinwheel(
    arms: Annotated[int, Interval(ge=2, le=64)] = 5,
    # An arm turns by the power of how far out it is: beyond 100 that is no number any more.
    radial: Annotated[float, Interval(ge=1e-4, le=100)] = 0.3,
    tangential: Spread = 0.05,
    rate: Annotated[float, Interval(ge=-5, le=5)] = 0.25,
    noise: Noise = 0.0,
) -> Pinwheel:
    """Make a pinwheel: Gaussian arms, turned further the farther out. Johnson et al. 2016, section 5.1.

    Args:
        arms: How many.
        radial: Standard deviation along an arm, as a share of 2, the arms' mean distance from the centre.
        tangential: Standard deviation across an arm, as a share of the same.
        rate: How far an arm is turned; below 0 the other way.
        noise: Standard deviation of further Gaussian noise, data units, or 0.
    """
    return Pinwheel(arms, radial, tangential, rate, noise)
