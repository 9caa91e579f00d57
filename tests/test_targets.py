from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from toylab.errors import ToylabError
from toylab.targets import TARGETS, extent, grid, mixture, ring

# One working set of options for each row; a new row fails here until it has one.
OPTIONS: dict[str, dict[str, Any]] = {
    "ring": {"modes": 5, "spread": 0.2, "weights": (1, 2, 3, 4, 5)},
    "grid": {"side": 3, "spread": 0.3},
    "mixture": {
        "means": ((0, 1), (2, -1)),
        "covariances": (((0.5, 0.2), (0.2, 0.3)), ((0.1, 0), (0, 0.4))),
        "weights": (1, 3),
    },
}


def test_every_row_has_options_here() -> None:
    assert set(OPTIONS) == set(TARGETS)


@pytest.mark.parametrize("kind", TARGETS)
def test_samples_have_the_promised_shape_and_repeat(kind: str) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    x = target.sample(np.random.default_rng(0), 100)
    assert x.shape == (100, 2) and x.dtype == np.float32 and np.isfinite(x).all()
    assert np.array_equal(x, target.sample(np.random.default_rng(0), 100))


@pytest.mark.parametrize("kind", TARGETS)
def test_modes_spreads_and_weights_fit_together(kind: str) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    k = len(target.modes)
    assert target.modes.shape == (k, 2)
    assert target.spread.shape == target.weights.shape == (k,)
    assert np.isclose(target.weights.sum(), 1)


@pytest.mark.parametrize("kind", TARGETS)
def test_the_density_integrates_to_one(kind: str) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    at = np.linspace(-9, 9, 1200)
    x = np.stack(np.meshgrid(at, at), axis=-1)
    mass = np.exp(target.log_density(x)).sum() * (at[1] - at[0]) ** 2
    # Midpoint sums of densities this smooth are exact to far more digits; the tails beyond 9 are nil.
    assert mass == pytest.approx(1, abs=1e-6)


@pytest.mark.parametrize("kind", TARGETS)
def test_samples_follow_the_density(kind: str) -> None:
    """E[log p(X)] over samples equals the integral of p log p."""
    target = TARGETS[kind](**OPTIONS[kind])
    at = np.linspace(-9, 9, 1200)
    x = np.stack(np.meshgrid(at, at), axis=-1)
    log_p = target.log_density(x)
    entropy = -(np.exp(log_p) * log_p).sum() * (at[1] - at[0]) ** 2
    drawn = target.log_density(target.sample(np.random.default_rng(1), 40_000))
    # Five standard errors: one false alarm in two million.
    assert -drawn.mean() == pytest.approx(entropy, abs=5 * drawn.std() / 200)


def test_the_log_density_of_a_mixture_is_scipys() -> None:
    target = TARGETS["mixture"](**OPTIONS["mixture"])
    x = np.random.default_rng(2).normal(size=(7, 3, 2))
    parts = [
        w * multivariate_normal(mean, cov).pdf(x)
        for w, mean, cov in zip(
            (0.25, 0.75),
            OPTIONS["mixture"]["means"],
            OPTIONS["mixture"]["covariances"],
            strict=True,
        )
    ]
    assert np.allclose(target.log_density(x), np.log(sum(parts)), atol=1e-10)


def test_the_log_density_is_finite_far_away() -> None:
    assert np.isfinite(ring(spread=0.01).log_density(np.array([1e3, -1e3])))


def test_no_two_modes_of_a_ring_coincide() -> None:
    # Popular copies space eight angles over the closed interval, so that the first and last are one.
    modes = ring(modes=8, radius=2).modes
    gaps = np.linalg.norm(modes[:, None] - modes, axis=-1) + 9 * np.eye(8)
    assert gaps.min() == pytest.approx(2 * 2 * np.sin(np.pi / 8))
    assert np.allclose(modes[0], [2, 0])


def test_a_grid_is_centred_and_spaced() -> None:
    modes = grid(side=5, spacing=2).modes
    assert sorted(set(modes[:, 0])) == [-4, -2, 0, 2, 4] and np.allclose(modes.mean(0), 0)


def test_weights_are_the_shares_of_samples() -> None:
    target = ring(modes=2, radius=5, weights=(0.02, 0.98))
    x = target.sample(np.random.default_rng(0), 50_000)
    # Four standard errors of a share of .02 among 50,000.
    assert np.mean(x[:, 0] > 0) == pytest.approx(0.02, abs=4 * np.sqrt(0.02 * 0.98 / 50_000))


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"means": ((0, 0),)}, "either spreads or covariances"),
        ({"means": ((0, 0),), "spreads": (1,), "covariances": (((1, 0), (0, 1)),)}, "either"),
        ({"means": ((0, 0), (1, 1)), "spreads": (1, 2, 3)}, "one a mode (2), got 3"),
        ({"means": ((0, 0),), "covariances": (((1, 2), (2, 1)),)}, "positive definite"),
        ({"means": ((0, 0),), "covariances": (((1, 0.5), (0.2, 1)),)}, "symmetric"),
        ({"means": ((0, 0),), "spreads": (1,), "weights": (1, 2)}, "one number a mode (1), got 2"),
    ],
)
def test_a_mixture_that_does_not_fit_is_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ToylabError, match=words.replace("(", r"\(").replace(")", r"\)")):
        mixture(**options)


@pytest.mark.parametrize("kind", TARGETS)
def test_the_extent_is_a_square_with_room_around_the_data(kind: str) -> None:
    target = TARGETS[kind](**OPTIONS[kind])
    x0, x1, y0, y1 = extent(target)
    assert x1 - x0 == pytest.approx(y1 - y0)
    x = target.sample(np.random.default_rng(5), 2000)
    assert (x > [x0, y0]).all() and (x < [x1, y1]).all()
