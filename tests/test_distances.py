"""How far clouds are apart, how thin they are, and what a critic finds of it: against closed forms."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations

import numpy as np
import pytest
from scipy.special import hyp1f1, ndtr

from toylab import targets
from toylab.base.axes import Points
from toylab.metrics import METRICS
from toylab.metrics.distances import exact_wasserstein
from toylab.trace import Trace

Make = Callable[..., Trace]
RING = targets.ring()


def one(name: str, trace: Trace) -> float:
    return float(METRICS[name](trace)[-1, 0])


def gaussian(seed: int, n: int, at: float = 0.0) -> Points:
    cloud = np.random.default_rng(seed).standard_normal((n, 2)) + [at, 0.0]
    return cloud.astype(np.float32)


def mean_distance(apart: float) -> float:
    """Of two round Gaussians of spread 1 with centres so far apart: the mean of Rice's distribution."""
    return float(np.sqrt(np.pi) * hyp1f1(-0.5, 1.0, -(apart**2) / 4))


@pytest.mark.parametrize("apart", [0.0, 0.5, 3.0])
def test_the_energy_distance_of_two_gaussians(apart: float, hand_made: Make) -> None:
    found = [
        one("energy_distance", hand_made(gaussian(i, 500, apart), real=gaussian(99 + i, 500)[None]))
        for i in range(24)
    ]
    expected = 2 * (mean_distance(apart) - mean_distance(0.0))
    error = np.std(found, ddof=1) / np.sqrt(24)
    assert abs(np.mean(found) - expected) < 4 * error
    # Without a bias: of two samples of one distribution some more than half are below nothing; so far off is one in
    # a thousand.
    if not apart:
        assert 4 <= np.sum(np.array(found) < 0) <= 20


def test_the_energy_distance_of_two_dots_is_twice_theirs(hand_made: Make) -> None:
    cloud, real = np.full((5, 2), 3.0), np.tile([[0.0, -1.0]], (5, 1)).astype(np.float32)
    assert one("energy_distance", hand_made(cloud, real=real[None])) == pytest.approx(10)


@pytest.mark.parametrize("apart", [0.0, 1.0, 2.0, 6.0])
def test_a_held_out_classifier_comes_near_the_best_and_not_above(
    apart: float, hand_made: Make
) -> None:
    found = [
        one("c2st_held_out", hand_made(gaussian(i, 1000, apart), real=gaussian(99 + i, 1000)[None]))
        for i in range(12)
    ]
    best, error = ndtr(apart / 2), np.std(found, ddof=1) / np.sqrt(12)
    assert np.mean(found) < best + 4 * error + 1e-12
    # A share of eleven votes has a spread of .5 / sqrt(11) = .15 where D* is near 1/2: few points are near enough to
    # it to be judged wrongly, and cost little there.
    assert np.mean(found) > best - 0.03


def test_a_held_out_classifier_knows_no_twins(hand_made: Make) -> None:
    # Copies of the real points: one neighbour, leaving itself out, is wrong each time; here nobody is known.
    real = gaussian(1, 1000)
    copies = hand_made(real, real=real[None])
    assert one("c2st", copies) < 0.05
    assert one("c2st_held_out", copies) == pytest.approx(0.5, abs=4 * np.sqrt(0.25 / 2000))


def test_few_points_have_a_classifier_too(hand_made: Make) -> None:
    real = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    assert one("c2st_held_out", hand_made(real + 9, real=real[None])) == 1


def test_the_exact_distance_is_the_cheapest_of_all_assignments(hand_made: Make) -> None:
    for seed in range(5):
        cloud, real = gaussian(seed, 6), gaussian(50 + seed, 6)
        costs = (
            np.linalg.norm(cloud[list(p)] - real, axis=1).mean() for p in permutations(range(6))
        )
        trace = hand_made(cloud, real=real[None])
        assert exact_wasserstein(trace)[0, 0] == pytest.approx(min(costs), rel=1e-6)


def test_a_cloud_that_stays_is_measured_once_and_one_that_moves_again(hand_made: Make) -> None:
    real = gaussian(1, 200)
    found = exact_wasserstein(hand_made(real, real, real + 2, real + 2, real, real=real[None]))
    assert found[:, 0] == pytest.approx([0, 0, np.sqrt(8), np.sqrt(8), 0], abs=1e-6)


def test_of_many_points_the_first_thousand_are_compared(hand_made: Make) -> None:
    # Points moved along x by 1, and of those that are left out by 9; f is minus x.
    real = gaussian(4, 1200)
    cloud = real + np.where(np.arange(1200) < 1000, 1.0, 9.0)[:, None] * [1.0, 0.0]
    logits = {"real_logits": -real[None, None, :, 0], "fake_logits": -cloud[None, None, :, 0]}
    trace = hand_made(cloud, real=real[None], **logits)
    assert one("critic_distance", trace) == pytest.approx(1 + 8 / 6, abs=1e-5)
    assert one("critic_ratio", trace) == pytest.approx(1, abs=1e-5)


@pytest.mark.parametrize("steep", [0.0, 0.5, 1.0, 2.0])
def test_a_critic_finds_as_much_as_it_is_steep(steep: float, hand_made: Make) -> None:
    # Points moved by (3, 4), and a plane that falls along the way.
    real, way = gaussian(3, 300), np.array([3.0, 4.0], np.float32)
    logits = {
        name: (-steep * points @ way / 5)[None, None].astype(np.float32)
        for name, points in (("real_logits", real), ("fake_logits", real + way))
    }
    trace = hand_made(real + way, real=real[None], **logits)
    assert one("critic_distance", trace) == pytest.approx(5 * steep, abs=1e-5)
    assert one("critic_ratio", trace) == pytest.approx(steep, abs=1e-5)


def test_a_lost_cloud_has_no_distance(hand_made: Make) -> None:
    trace = hand_made(np.full((9, 2), np.nan))
    names = ("energy_distance", "c2st_held_out", "critic_distance", "critic_ratio", "local_width")
    assert np.isnan([one(name, trace) for name in names]).all()


def width_by_hand(cloud: Points, k: int = 10) -> float:
    """By all distances and numpy's own eigenvalues."""
    apart = np.linalg.norm(cloud[:, None] - cloud[None], axis=-1)
    found = []
    for row in apart:
        low, high = np.linalg.eigvalsh(np.cov(cloud[np.argsort(row)[: k + 1]].T))
        found.append(np.sqrt(max(low, 0) / high))
    return float(np.mean(found))


def test_how_wide_clouds_are(hand_made: Make) -> None:
    angle = np.linspace(0, 2 * np.pi, 1000, endpoint=False)
    clouds = {
        "perfect": RING.sample(np.random.default_rng(1), 400),
        "a circle": 2 * np.stack([np.cos(angle), np.sin(angle)], axis=1),
        "a square": np.random.default_rng(2).uniform(-1, 1, (400, 2)),
    }
    found = {}
    for name, cloud in clouds.items():
        found[name] = one(
            "local_width",
            hand_made(cloud, real=RING.sample(np.random.default_rng(3), len(cloud))[None]),
        )
        # On a circle the tenth and the eleventh are as far: which of them is taken moves the number.
        assert found[name] == pytest.approx(width_by_hand(cloud), abs=2e-3), name
    # Of a circle's arc of eleven of a thousand the height is .001 of the radius, the length .06; a perfect sampler has
    # .69 in the mean of many, a draw of 400 is off by some .01.
    assert found["a circle"] < 0.02
    assert 0.6 < found["perfect"] < 0.75 and 0.6 < found["a square"] < 0.75
    # Stretched evenly nothing changes; a dot and a line have no width.
    wide = hand_made(40 * clouds["perfect"])
    assert one("local_width", wide) == pytest.approx(found["perfect"], abs=1e-5)
    assert one("local_width", hand_made(np.tile([[1.7, -0.3]], (50, 1)))) == 0
    line = np.stack([np.arange(50.0), 0 * np.arange(50.0)], axis=1)
    assert one("local_width", hand_made(line)) == 0
    assert one("local_width", hand_made(line[:1])) == 0
