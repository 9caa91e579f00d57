"""The distributions to be learned: how to draw from them, their log density, their modes.

The keys of a scenario's `[target]` table are the arguments of the function in `TARGETS` that makes the
target; the bounds of a key stand in its type. To add a target: a class or function, and its row.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Annotated, Protocol

import numpy as np
from annotated_types import Interval, Len
from PIL import Image
from scipy.spatial.distance import cdist
from scipy.special import logsumexp, ndtr

from toylab.axes import Float, Points
from toylab.errors import ToylabError

# Data units. Beyond these, float32 squares and the film's extent lose their meaning.
Position = Annotated[float, Interval(ge=-1e4, le=1e4)]
Length = Annotated[float, Interval(gt=0, le=1e4)]
Noise = Annotated[float, Interval(ge=0, le=1e3)]
Spread = Annotated[float, Interval(ge=1e-4, le=1e3)]
Weights = Annotated[tuple[Annotated[float, Interval(gt=0, le=1e6)], ...], Len(0, 1024)]


class Target(Protocol):
    """A distribution over the plane.

    Attributes:
        modes: Centres, data units, [K, 2]; K is 0 where the target has no separate modes.
        spread: Standard deviation of each mode along one axis, data units, [K].
        weights: Share of the mass in each mode, sums to 1, [K].
        data: What was read from a file, for the trace; size 0 where nothing was.
    """

    @property
    def modes(self) -> Float: ...  # noqa: D102 - the class's lines say it
    @property
    def spread(self) -> Float: ...  # noqa: D102
    @property
    def weights(self) -> Float: ...  # noqa: D102
    @property
    def data(self) -> Float: ...  # noqa: D102

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, [n, 2]."""
        ...

    def log_density(self, x: Points) -> Float:
        """Log density at points [..., 2], nats; NotImplementedError where it is unknown."""
        ...


class _Modeless:
    """What holds for a target unless it says otherwise: no modes, no file, no known density."""

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
        """Unknown."""
        raise NotImplementedError


def density_known(target: Target) -> bool:
    """Whether a target tells its log density."""
    try:
        target.log_density(np.zeros((1, 2)))
    except NotImplementedError:
        return False
    return True


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
        offset = np.asarray(x, dtype=np.float64)[..., None, :] - self.modes  # [..., K, 2]
        white = np.einsum("kij,...kj->...ki", np.linalg.inv(self._factors), offset)
        log_det = np.log(self._factors[:, 0, 0] * self._factors[:, 1, 1])
        each = -0.5 * np.sum(white**2, axis=-1) - log_det - math.log(2 * math.pi)
        return np.asarray(logsumexp(each + np.log(self.weights), axis=-1))


def _round_mixture(modes: Float, spreads: Float, weights: tuple[float, ...]) -> GaussianMixture:
    """Make a mixture of round Gaussians; no weights means equal shares."""
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
    """Make equally spaced round Gaussians on a circle; the first lies on the positive x axis."""
    # The end point is left out: with it the first and the last mode would coincide.
    angle = np.arange(modes) * (2 * math.pi / modes)
    means = radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)
    return _round_mixture(means, np.full(modes, spread), weights)


def grid(
    side: Annotated[int, Interval(ge=1, le=32)] = 5,
    spacing: Length = 2.0,
    spread: Spread = 0.05,
    weights: Weights = (),
) -> GaussianMixture:
    """Make side x side round Gaussians about the origin, row by row from the lower left."""
    at = (np.arange(side) - (side - 1) / 2) * spacing
    means = np.stack(np.meshgrid(at, at), axis=-1).reshape(-1, 2)
    return _round_mixture(means, np.full(side * side, spread), weights)


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
        return _round_mixture(np.asarray(means), np.resize(spreads, k), weights)
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
    shape = _round_mixture(np.asarray(means), np.ones(k), weights)
    return GaussianMixture(shape.modes, matrices, shape.weights)


def random_gaussians(
    modes: Annotated[int, Interval(ge=1, le=1024)] = 8,
    half_width: Length = 3.0,
    spread: Spread = 0.15,
    layout_seed: Annotated[int, Interval(ge=0, le=2**31)] = 0,
    weights: Weights = (),
) -> GaussianMixture:
    """Make round Gaussians at uniform places in a square; `layout_seed` chooses the places."""
    rng = np.random.Generator(np.random.SFC64(layout_seed))
    means = rng.uniform(-half_width, half_width, (modes, 2))
    return _round_mixture(means, np.full(modes, spread), weights)


def dirac(x: Position = 0.0, y: Position = 0.0, noise: Noise = 0.0) -> GaussianMixture | Shape:
    """Make a single point, or with noise a single round Gaussian. Mescheder et al. 2018."""
    if noise:
        return _round_mixture(np.array([[x, y]]), np.array([noise]), ())
    return Shape(lambda u: np.broadcast_to([x, y], (len(u), 2)), 0.0)


@dataclass(frozen=True, eq=False)
class Shape(_Modeless):
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
        knots = self._knots
        flat = np.asarray(x, dtype=np.float64).reshape(-1, 2)
        constant = math.log(2 * math.pi * self.noise**2 * len(knots))
        # In pieces: the whole table of a film's grid would take gigabytes.
        pieces = [
            np.asarray(logsumexp(cdist(part, knots, "sqeuclidean") / (-2 * self.noise**2), axis=1))
            for part in np.array_split(flat, len(flat) * len(knots) // 4_000_000 + 1)
        ]
        return (np.concatenate(pieces) - constant).reshape(np.shape(x)[:-1])


def _curve(path: Callable[[Float], tuple[Float, Float]], scale: float, noise: float) -> Shape:
    return Shape(lambda u: scale * np.stack(path(u), axis=-1), noise)


def two_moons(noise: Noise = 0.1, scale: Length = 1.0) -> Shape:
    """Make two interleaving half circles, the shape of sklearn.datasets.make_moons."""

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
    """Make two circles about the origin, the shape of sklearn.datasets.make_circles."""

    def path(u: Float) -> tuple[Float, Float]:
        radius, angle = np.where(u >= 0.5, factor, 1.0), 4 * math.pi * u
        return radius * np.cos(angle), radius * np.sin(angle)

    return _curve(path, scale, noise)


def s_curve(noise: Noise = 0.1, scale: Length = 1.0) -> Shape:
    """Make an S, the x and z of sklearn.datasets.make_s_curve."""

    def path(u: Float) -> tuple[Float, Float]:
        t = 3 * math.pi * (u - 0.5)
        return np.sin(t), np.sign(t) * (np.cos(t) - 1)

    return _curve(path, scale, noise)


def swiss_roll(noise: Noise = 0.25, scale: Length = 1 / 7.5) -> Shape:
    """Make a spiral, the x and z of sklearn.datasets.make_swiss_roll, scaled as the WGAN-GP toys do.

    `noise` is in the roll's own units, before `scale`, as in scikit-learn.
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
    """Make two Archimedean spirals, one the other turned by half a circle."""

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
    """Make a straight line through the origin; `angle` in degrees from the x axis."""
    turn = math.radians(angle)
    direction = np.array([math.cos(turn), math.sin(turn)]) * length
    return Shape(lambda u: (u[:, None] - 0.5) * direction, noise)


@dataclass(frozen=True, eq=False)
class Boxes(_Modeless):
    """Uniform over rectangles of equal size, with Gaussian noise.

    Attributes:
        corners: Lower left corners, data units, [K, 2].
        size: Width and height, data units, [2].
        weights_of: Share of each rectangle, sums to 1, [K].
        noise: Standard deviation of the noise, data units.
        data_read: What the rectangles were made from.
    """

    corners: Float
    size: Float
    weights_of: Float
    noise: float
    data_read: Float

    @property
    def data(self) -> Float:
        """The picture, if there is one."""
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
        flat = np.asarray(x, dtype=np.float64).reshape(-1, 2)
        shares = np.log(self.weights_of) - math.log(float(np.prod(self.size)))
        pieces = []
        for part in np.array_split(flat, len(flat) * len(self.corners) // 2_000_000 + 1):
            offset = part[:, None, :] - self.corners  # [n, K, 2]
            if self.noise:
                with np.errstate(divide="ignore"):
                    inside = np.log(
                        ndtr(offset / self.noise) - ndtr((offset - self.size) / self.noise)
                    ).sum(-1)
            else:
                within = ((offset >= 0) & (offset < self.size)).all(-1)
                inside = np.where(within, 0.0, -np.inf)
            pieces.append(logsumexp(inside + shares, axis=1))
        return np.concatenate(pieces).reshape(np.shape(x)[:-1])


def _boxes(corners: Float, size: Float, noise: float) -> Boxes:
    shares = np.full(len(corners), 1 / len(corners))
    return Boxes(corners, size, shares, noise, np.zeros((0, 0), np.float32))


def square(side: Length = 4.0, noise: Noise = 0.0) -> Boxes:
    """Make a uniform square about the origin."""
    return _boxes(np.full((1, 2), -side / 2), np.full(2, side), noise)


def checkerboard(
    cells: Annotated[int, Interval(ge=2, le=64)] = 4, side: Length = 4.0, noise: Noise = 0.0
) -> Boxes:
    """Make the black fields of a board of cells x cells, uniform, about the origin."""
    row, column = np.nonzero(np.add.outer(np.arange(cells), np.arange(cells)) % 2 == 0)
    size = side / cells
    return _boxes(np.stack([column, row], axis=1) * size - side / 2, np.full(2, size), noise)


@dataclass(frozen=True, eq=False)
class Pinwheel(_Modeless):
    """Bent arms; no density is known in closed form."""

    arms: int
    radial: float
    tangential: float
    rate: float

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, [n, 2]."""
        arm = rng.integers(0, self.arms, n)
        along = 1 + self.radial * rng.standard_normal(n)
        across = self.tangential * rng.standard_normal(n)
        angle = 2 * math.pi * arm / self.arms + self.rate * np.exp(along)
        x = along * np.cos(angle) - across * np.sin(angle)
        y = along * np.sin(angle) + across * np.cos(angle)
        return (2 * np.stack([x, y], axis=-1)).astype(np.float32)


def pinwheel(
    arms: Annotated[int, Interval(ge=2, le=64)] = 5,
    radial: Spread = 0.3,
    tangential: Spread = 0.05,
    rate: Annotated[float, Interval(ge=-5, le=5)] = 0.25,
) -> Pinwheel:
    """Make a pinwheel: Gaussian arms, turned further the farther out. Johnson et al. 2016, section 5.1."""
    return Pinwheel(arms, radial, tangential, rate)


@dataclass(frozen=True, eq=False)
class Empirical(_Modeless):
    """Points of the user's own, drawn with replacement, with Gaussian noise.

    Attributes:
        points: Data units, float32, [M, 2].
        noise: Standard deviation of the noise, data units; with none there is no density.
    """

    points_read: Float
    noise: float

    @property
    def data(self) -> Float:
        """The points, [M, 2]."""
        return self.points_read

    def sample(self, rng: np.random.Generator, n: int) -> Points:
        """Draw n points, float32, [n, 2]."""
        x = self.points_read[rng.integers(0, len(self.points_read), n)]
        if self.noise:
            x = x + self.noise * rng.standard_normal((n, 2), dtype=np.float32)
        return x.astype(np.float32)

    def log_density(self, x: Points) -> Float:
        """Log density at points [..., 2], nats, [...]."""
        if not self.noise:
            raise NotImplementedError
        flat = np.asarray(x, dtype=np.float64).reshape(-1, 2)
        knots = self.points_read.astype(np.float64)
        constant = math.log(2 * math.pi * self.noise**2 * len(knots))
        pieces = [
            np.asarray(logsumexp(cdist(part, knots, "sqeuclidean") / (-2 * self.noise**2), axis=1))
            for part in np.array_split(flat, len(flat) * len(knots) // 4_000_000 + 1)
        ]
        return (np.concatenate(pieces) - constant).reshape(np.shape(x)[:-1])


File = Annotated[str, Len(1, 4096)]
# Points of a CSV: the largest that a film of minutes still draws from without a pause.
_MOST_POINTS = 1_000_000


def points(file: File, noise: Noise = 0.0, *, data: Float | None = None) -> Empirical:
    """Draw from points of a file: CSV of two columns (a header may stand above) or npz of one array.

    Raises:
        ToylabError: If the file cannot be read as finite pairs of numbers.
    """
    read = _read_points(Path(file)) if data is None else data
    return Empirical(read.astype(np.float32), noise)


def _read_points(path: Path) -> Float:
    def refuse(reason: str) -> ToylabError:
        return ToylabError(
            f"{path}: {reason}. Expected two columns of finite numbers (CSV or npz)."
        )

    if not path.is_file():
        raise refuse("no such file")
    if path.stat().st_size > 200_000_000:
        raise refuse("larger than 200 MB")
    try:
        if path.suffix.lower() == ".npz":
            with np.load(path, allow_pickle=False) as archive:
                read = np.asarray(archive[archive.files[0]], dtype=np.float64)
        else:
            text = path.read_text(encoding="utf-8-sig")
            lines = [line for line in text.splitlines() if line.strip()]
            numbers = [_pair(line) for line in lines]
            # One line of words at the top is a header; words further down are a mistake.
            start = 1 if numbers and numbers[0] is None else 0
            bad = next((i for i, pair in enumerate(numbers[start:], start) if pair is None), None)
            if bad is not None:
                raise refuse(f'line {bad + 1} is "{lines[bad][:40]}"')
            read = np.asarray(numbers[start:], dtype=np.float64)
    except ToylabError:
        raise
    # numpy raises many kinds for a damaged archive.
    except Exception as error:
        raise refuse(f"cannot be read ({type(error).__name__})") from error
    if read.ndim != 2 or read.shape[1] != 2 or not len(read):
        raise refuse(f"holds {len(read) if read.ndim else 0} points of shape {read.shape[1:]}")
    if len(read) > _MOST_POINTS:
        raise refuse(f"holds {len(read)} points, at most {_MOST_POINTS} are allowed")
    if not np.isfinite(read).all() or np.abs(read).max() > 1e4:
        raise refuse("holds numbers that are not finite or lie beyond 10,000")
    return read


def _pair(line: str) -> tuple[float, float] | None:
    cells = line.replace(";", ",").replace("\t", ",").split(",")
    try:
        x, y = (float(cell) for cell in cells)
    except ValueError:
        return None
    return x, y


def image(
    file: File,
    width: Length = 4.0,
    invert: bool = False,
    *,
    data: Float | None = None,
) -> Boxes:
    """Draw from a picture: dark places are dense, or light ones with `invert`.

    The picture is greyed and shrunk to 128 pixels at most; `width` is its width in data units.

    Raises:
        ToylabError: If the file is no picture, or has no dark place.
    """
    grey = _read_picture(Path(file)) if data is None else data.astype(np.float64)
    mass = grey if invert else 1 - grey
    row, column = np.nonzero(mass > 1 / 512)
    if not len(row):
        raise ToylabError(f"{file}: the picture is {'black' if invert else 'white'} all over.")
    height, across = grey.shape
    size = width / max(across, height)
    # Rows of a picture run downwards.
    corners = np.stack([column - across / 2, height / 2 - 1 - row], axis=1) * size
    shares = mass[row, column] / mass[row, column].sum()
    return Boxes(corners, np.full(2, size), shares, 0.0, grey.astype(np.float32))


def _read_picture(path: Path) -> Float:
    """Grey values 0 (black) to 1, [H, W]; what is transparent is white."""
    if not path.is_file():
        raise ToylabError(f"{path}: no such file. Expected a picture.")
    try:
        with Image.open(path) as picture:
            if picture.width * picture.height > 50_000_000:
                raise ToylabError(f"{path}: larger than 50 million pixels. Shrink it first.")
            picture.seek(0)
            rgba = picture.convert("RGBA")
    except ToylabError:
        raise
    # Pillow raises many kinds for a damaged picture, a decompression bomb among them.
    except Exception as error:
        raise ToylabError(f"{path}: not a picture ({type(error).__name__}).") from error
    white = Image.new("RGBA", rgba.size, "white")
    grey = Image.alpha_composite(white, rgba).convert("L")
    grey.thumbnail((128, 128))
    return np.asarray(grey, dtype=np.float64) / 255


def extent(target: Target) -> tuple[float, float, float, float]:
    """Square that holds the target with room around it: x0, x1, y0, y1 in data units.

    The same for every seed, so that films and grids of one scenario can be laid side by side.
    """
    points = target.sample(np.random.Generator(np.random.SFC64(0)), 4096)
    low, high = points.min(axis=0), points.max(axis=0)
    centre = (low + high) / 2
    # 1.45: room for a cloud that overshoots the data. Half a unit at least, for targets of no size.
    half = max(1.45 * float(np.max(high - low)) / 2, 0.5)
    # Rounded outwards, so that a sampling error in the third digit does not reach the picture.
    half = math.ceil(half * 20) / 20
    x, y = (round(float(c), 1) for c in centre)
    return (x - half, x + half, y - half, y + half)


TARGETS: dict[str, Callable[..., Target]] = {
    "ring": ring,
    "grid": grid,
    "mixture": mixture,
    "random_gaussians": random_gaussians,
    "two_moons": two_moons,
    "circles": circles,
    "s_curve": s_curve,
    "swiss_roll": swiss_roll,
    "line": line,
    "square": square,
    "checkerboard": checkerboard,
    "two_spirals": two_spirals,
    "pinwheel": pinwheel,
    "dirac": dirac,
    "points": points,
    "image": image,
}
