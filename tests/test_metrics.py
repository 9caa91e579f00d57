from __future__ import annotations

import gc
import tracemalloc
import weakref
from collections.abc import Callable

import numpy as np
import pytest
from scipy.special import expit

from toylab import targets
from toylab.base.axes import Float, Points
from toylab.metrics import (
    METRICS,
    PERFECT_QUALITY,
    Setting,
    cloud_log_density,
    nearest_modes,
    optimal_logit,
    optimal_logits,
    value,
)
from toylab.metrics.density import optimal_value
from toylab.targets import Target
from toylab.targets.classes import asked_for
from toylab.trace import Trace

Make = Callable[..., Trace]
RING = targets.ring()
N = 4000


def draw(target: Target, seed: int = 0, n: int = N) -> Points:
    return target.sample(np.random.default_rng(seed), n)


def one(name: str, trace: Trace) -> float:
    return float(METRICS[name](trace)[-1, 0])


def js_by_quadrature(p: Target, q: Target) -> float:
    """Jensen-Shannon divergence by a midpoint sum over a square that holds both."""
    step = 1 / 160
    at = np.arange(-4, 4, step) + step / 2
    x = np.stack(np.meshgrid(at, at), axis=-1)
    log_p, log_q = p.log_density(x), q.log_density(x)
    log_m = np.logaddexp(log_p, log_q) - np.log(2)
    terms = np.exp(log_p) * (log_p - log_m) + np.exp(log_q) * (log_q - log_m)
    return float(terms.sum() * step**2 / 2)


# Tolerances: four standard errors of a share or mean of N points, or as said.
PERFECT: dict[str, tuple[float, float]] = {
    "modes_covered": (8, 0),
    "modes_hit": (8, 0),
    "high_quality": (0.98889, 4 * np.sqrt(0.98889 * 0.01111 / N)),
    "strays": (0, 0),
    "reverse_kl": (0, 7 / N * 4),  # (K - 1) / 2N in the mean
    "mode_tv": (0, 0.03),  # sum of eight shares' errors of .005 each, halved
    "top_mode_share": (1 / 8, 0.025),
    "mode_switches": (0, 0),
    "js_divergence": (0, 0.01),
    "sliced_wasserstein": (0, 0.08),  # two samples of N on a ring of radius 2
    "c2st": (0.5, 4 * np.sqrt(0.25 / N)),
}


@pytest.mark.parametrize("name", PERFECT)
def test_a_perfect_sampler_has_the_perfect_value(name: str, hand_made: Make) -> None:
    expected, tolerance = PERFECT[name]
    assert one(name, hand_made(draw(RING, 1))) == pytest.approx(expected, abs=tolerance + 1e-12)


def test_points_astray_are_those_that_no_wider_mode_explains(hand_made: Make) -> None:
    # Modes a tenth too wide have none; a chord from one mode to the next is outside of both but for six
    # spreads at either end.
    assert one("strays", hand_made(draw(targets.ring(spread=0.11), 1))) == 0
    a, b = RING.modes[:2]
    chord = a + np.linspace(0, 1, N)[:, None] * (b - a)
    expected = 1 - 2 * 6 * 0.1 / np.hypot(*(b - a))
    assert one("strays", hand_made(chord)) == pytest.approx(expected, abs=2 / N)


COLLAPSED: dict[str, float] = {
    "modes_covered": 1,
    "modes_hit": 1,
    "high_quality": 1,
    "reverse_kl": np.log(8),
    "mode_tv": 1 - PERFECT_QUALITY / 8,
    "top_mode_share": 1,
}


@pytest.mark.parametrize("name", COLLAPSED)
def test_a_dot_on_one_mode_has_the_collapsed_value(name: str, hand_made: Make) -> None:
    dot = np.tile(RING.modes[3], (500, 1))
    assert one(name, hand_made(dot)) == pytest.approx(COLLAPSED[name], abs=1e-6)


def test_the_divergences_of_a_dot_are_nearly_the_greatest(hand_made: Make) -> None:
    trace = hand_made(np.tile(RING.modes[3], (500, 1)))
    assert one("js_divergence", trace) == pytest.approx(np.log(2), abs=0.01)
    # Every sample has twins; a real point near the dot may still have a generated neighbour.
    assert one("c2st", trace) > 0.93


def covered(n: int, m: int, k: int = 5) -> float:
    """Share of n points with one of m others within the k-th nearest of their own, all of one distribution.

    Of the n - 1 + m others around a point none is nearer than others by right: that the first k are all of
    its own cloud has the chance of drawing them so without putting back.
    """
    return 1 - float(np.prod([(n - 1 - j) / (n + m - 1 - j) for j in range(k)]))


@pytest.mark.parametrize(
    "target", [RING, targets.grid(), targets.ring(modes=3, radius=0.9, spread=0.5)]
)
@pytest.mark.parametrize(("n", "m"), [(1000, 1000), (500, 2000)])
def test_neighbourhoods_of_a_perfect_sampler(
    target: Target, n: int, m: int, hand_made: Make
) -> None:
    # Means of 8 draws, whose own spread says how far they may be off; by symmetry recall is precision
    # with the clouds changed.
    found = {name: [] for name in ("density", "coverage", "precision", "recall")}
    for seed in range(8):
        real, cloud = draw(target, seed, n), draw(target, 100 + seed, m)
        trace, turned = hand_made(cloud, real=real[None]), hand_made(real, real=cloud[None])
        for name in ("density", "coverage", "precision"):
            found[name].append(one(name, trace))
        found["recall"].append(one("recall", turned))
    assert found["recall"] == pytest.approx(found["precision"], abs=1e-12)
    for name, expected in (("density", 1.0), ("coverage", covered(n, m))):
        error = np.std(found[name], ddof=1) / np.sqrt(8)
        assert abs(np.mean(found[name]) - expected) < 4.5 * error + 1e-9, name


def neighbourhoods_by_hand(real: Points, cloud: Points, k: int = 5) -> dict[str, float]:
    """By all distances, from the papers' formulas."""

    def apart(a: Points, b: Points) -> Float:
        return np.linalg.norm(a[:, None].astype(float) - b[None].astype(float), axis=-1)

    reach = np.sort(apart(real, real), axis=1)[:, k]
    own = np.sort(apart(cloud, cloud), axis=1)[:, k]
    inside = apart(real, cloud) <= reach[:, None]
    return {
        "precision": inside.any(0).mean(),
        "recall": (apart(cloud, real) <= own[:, None]).any(0).mean(),
        "density": inside.sum() / (k * len(cloud)),
        "coverage": inside.any(1).mean(),
    }


def test_neighbourhoods_are_those_of_all_distances(hand_made: Make) -> None:
    real = draw(RING, 0, 400)
    lost = draw(RING, 1, 400)
    lost = lost[np.linalg.norm(lost - RING.modes[0], axis=1) > 0.6]
    angle = np.linspace(0, 2 * np.pi, 300)
    curve = np.repeat(RING.modes, 50, axis=0) + 0.05 * np.stack(
        [np.cos(np.arange(400)), np.sin(np.arange(400))], axis=1
    )
    clouds = {
        "perfect": draw(RING, 2, 400),
        "one mode lost": lost,
        "a curve inside the modes": curve,
        "too wide": draw(targets.ring(spread=0.3), 3, 400),
        "a circle between": 1.0 * np.stack([np.cos(angle), np.sin(angle)], axis=1),
        "a dot": np.tile(RING.modes[2], (300, 1)),
    }
    found = {}
    for name, cloud in clouds.items():
        expected = neighbourhoods_by_hand(real, cloud.astype(np.float32))
        trace = hand_made(cloud, real=real[None])
        found[name] = {each: one(each, trace) for each in expected}
        assert found[name] == pytest.approx(expected, abs=1e-12), name
    # What each of them tells. A mode of eight that is lost is an eighth of the recall and the coverage.
    perfect = found["perfect"]
    assert found["one mode lost"]["recall"] == pytest.approx(perfect["recall"] * 7 / 8, abs=0.04)
    assert found["one mode lost"]["coverage"] == pytest.approx(
        perfect["coverage"] * 7 / 8, abs=0.04
    )
    assert found["one mode lost"]["precision"] == pytest.approx(perfect["precision"], abs=0.03)
    # A curve inside a mode is precise, and recalls little.
    assert found["a curve inside the modes"]["precision"] > 0.98
    assert found["a curve inside the modes"]["recall"] < 0.3
    # A cloud too wide reaches all, and a good part of it is nowhere.
    assert found["too wide"]["recall"] > perfect["recall"]
    assert found["too wide"]["precision"] < 0.6
    assert max(found["a circle between"].values()) == 0
    # A dot in the middle of a mode is denser than anything that was drawn, and recalls nothing.
    assert found["a dot"]["precision"] == 1
    assert found["a dot"]["recall"] == 0
    assert found["a dot"]["coverage"] < 0.1


def test_neighbourhoods_of_few_points_reach_to_the_farthest(hand_made: Make) -> None:
    real = np.array([[0, 0], [1, 0], [0, 1]], np.float32)
    trace = hand_made(np.array([[0.2, 0.2], [5, 5], [0, 0]], np.float32), real=real[None])
    assert [one(name, trace) for name in ("precision", "recall", "coverage")] == [2 / 3, 1, 1]


def test_a_point_counts_at_the_mode_that_it_was_asked_for(hand_made: Make) -> None:
    """Clouds that do as they are told, that turn all classes by one, and that stay at the first mode."""
    target = targets.ring()
    asked = asked_for(target.weights, 400)
    clouds = [
        target.modes[asked],
        target.modes[(asked + 1) % 8],
        np.tile(target.modes[0], (400, 1)),
    ]
    found = METRICS["asked_mode"](hand_made(*clouds))[:, 0]
    assert found == pytest.approx([1, 0, np.mean(asked == 0)])
    # Of a whole cloud in its place, but wider than three spreads, nothing counts.
    assert METRICS["asked_mode"](hand_made(1.2 * clouds[0])).item() == 0


def test_a_tenth_of_the_fair_share_covers_a_mode(hand_made: Make) -> None:
    # 1,000 points: 12 at mode 0 are under a tenth of 125, 13 at mode 1 are over it.
    counts = [12, 13, 975, 0, 0, 0, 0, 0]
    trace = hand_made(np.repeat(RING.modes, counts, axis=0))
    assert one("modes_covered", trace) == 2
    assert one("modes_hit", trace) == 3
    assert one("top_mode_share", trace) == pytest.approx(0.975)


def test_rare_modes_have_their_own_fair_share(hand_made: Make) -> None:
    target = 'kind = "ring"\nmodes = 2\nweights = [0.02, 0.98]'
    modes = targets.ring(modes=2).modes
    cloud = np.repeat(modes, [3, 997], axis=0)  # 3 of 1,000 is over a tenth of .02
    assert one("modes_covered", hand_made(cloud, target=target)) == 2


def test_a_sample_is_good_up_to_three_spreads() -> None:
    x = np.array([[2 + 0.299, 0], [2 + 0.301, 0], [np.nan, 0]])
    index, good = nearest_modes(x, RING)
    assert good.tolist() == [True, False, False] and index[0] == 0


def test_places_that_were_left_are_asked_of_the_d_of_now(hand_made: Make) -> None:
    rng = np.random.default_rng(3)
    clouds, logits = rng.normal(0, 2, (9, 60, 2)), rng.standard_normal((9, 1, 60))
    trace = hand_made(*clouds, real_logits=logits.astype(np.float32))
    found = METRICS["still_refused"](trace)[:, 0]
    for t in range(9):
        # By hand: every real point's distance from every place of then.
        then = trace.samples[max(t - 5, 0), 0]
        beside = np.hypot(*(then[:, None] - trace.real[0]).transpose(2, 0, 1)).argmin(1)
        refused = logits[t, 0] < 0
        assert found[t] == pytest.approx(refused[beside].mean() - refused.mean(), abs=1e-12)
    # A D that refuses one mode: what was there five snapshots ago is refused, and what is elsewhere is not.
    on = [np.tile(RING.modes[k], (60, 1)) for k in (2, 2, 2, 0, 0, 0, 0, 0, 0)]
    trace = hand_made(*on)
    refused = np.where(trace.real[0] @ RING.modes[2] > 3, -1.0, 1.0).astype(np.float32)
    trace = hand_made(*on, real=trace.real, real_logits=np.tile(refused, (9, 1, 1)))
    everywhere = (refused < 0).mean()
    expected = [1 - everywhere] * 8 + [-everywhere]
    assert METRICS["still_refused"](trace)[:, 0] == pytest.approx(expected, abs=1e-6)


def test_switches_count_new_rulers_and_not_noise(hand_made: Make) -> None:
    on = [np.tile(mode, (100, 1)) for mode in RING.modes]
    tie = np.concatenate([on[0][:50], on[1][:50]])
    trace = hand_made(tie, on[0], on[0], tie, on[0], on[2], tie, on[1])
    assert METRICS["mode_switches"](trace)[:, 0].tolist() == [0, 0, 0, 0, 0, 1, 1, 2]


@pytest.mark.parametrize(
    "generator",
    [
        targets.ring(spread=0.2),
        targets.ring(weights=(5, 4, 3, 2, 1, 1, 1, 1)),
        targets.mixture(means=tuple(map(tuple, RING.modes + 0.1)), spreads=(0.1,)),
        targets.mixture(means=((0, 0),), spreads=(1.5,)),
        targets.mixture(means=((2, 0), (0, 2)), spreads=(0.1,)),
    ],
    ids=["wider", "uneven", "shifted", "blob", "two of eight"],
)
def test_the_divergence_of_two_known_mixtures_is_their_integral(
    generator: Target, hand_made: Make
) -> None:
    trace = hand_made(draw(generator, 3))
    # .01 nats is what a scenario may lean on; the standard error of 4,000 points is about .004.
    assert one("js_divergence", trace) == pytest.approx(js_by_quadrature(RING, generator), abs=0.01)


def test_the_optimal_logit_minimises_the_cross_entropy() -> None:
    """p log D + q log(1 - D) at each point, searched by brute force."""
    p, q = np.array([0.9, 0.2, 1e-3]), np.array([0.1, 0.2, 0.7])
    candidates = np.linspace(-9, 9, 200_001)
    v = p[:, None] * -np.logaddexp(0, -candidates) + q[:, None] * -np.logaddexp(0, candidates)
    assert np.allclose(optimal_logit(np.log(p), np.log(q)), candidates[v.argmax(1)], atol=1e-4)


def test_the_value_of_a_guess_is_minus_log_four() -> None:
    assert value(np.zeros(3), np.zeros(3)).item() == pytest.approx(-np.log(4))


def test_the_value_gap_of_the_true_optimum_is_nil_and_of_a_guess_is_twice_js(
    hand_made: Make,
) -> None:
    generator = targets.ring(spread=0.2)
    cloud, real = draw(generator, 3), draw(RING, 4)

    def logit(x: Points) -> Float:
        return (RING.log_density(x) - generator.log_density(x))[None, None]

    best = hand_made(cloud, real=real[None], real_logits=logit(real), fake_logits=logit(cloud))
    js = js_by_quadrature(RING, generator)
    # V(D*) = 2 JS - log 4, so the tolerance of JS counts twice.
    assert one("value_gap", best) == pytest.approx(0, abs=0.02)
    assert one("value_gap", hand_made(cloud, real=real[None])) == pytest.approx(2 * js, abs=0.02)
    assert one("optimal_value", best) == pytest.approx(2 * js - np.log(4), abs=0.02)


AFFINE = 'kind = "ring"\n[generator]\nkind = "mlp"\nlatent = 2\nhidden = []'


def test_the_distance_from_the_best_discriminator_is_exact_where_the_cloud_is_gaussian(
    hand_made: Make,
) -> None:
    generator = targets.mixture(means=((0.5, 0.2),), spreads=(1.5,))
    cloud, real = draw(generator, 3, 1000), draw(RING, 4, 1000)

    def logit(x: Points) -> Float:
        return (RING.log_density(x) - generator.log_density(x))[None, None]

    best = hand_made(
        cloud, real=real[None], target=AFFINE, real_logits=logit(real), fake_logits=logit(cloud)
    )
    # Mean and covariance of 1,000 points move log q by .05 in the mean, D* by a seventh of that.
    assert one("optimal_distance", best) == pytest.approx(0, abs=0.01)
    guess = hand_made(cloud, real=real[None], target=AFFINE)
    # By 200,000 points of either and both exact densities.
    many = [draw(RING, 5, 200_000), draw(generator, 6, 200_000)]
    expected = np.mean([np.abs(expit(logit(x)) - 0.5).mean() for x in many])
    assert one("optimal_distance", guess) == pytest.approx(expected, abs=0.01)
    kernels = METRICS["optimal_distance"].missing(Setting.of(hand_made(cloud)))
    assert "hidden = []" in kernels


def test_a_cloud_without_width_has_no_gaussian(hand_made: Make) -> None:
    dot = hand_made(np.full((8, 2), 0.5), target=AFFINE)
    assert np.isnan(one("optimal_distance", dot))


def test_the_density_of_a_cloud_is_close_to_the_truth_where_the_cloud_is() -> None:
    cloud, fresh = draw(RING, 1), draw(RING, 2)
    error = cloud_log_density(fresh, cloud) - RING.log_density(fresh)
    # In the mean over fresh points: the estimate's bias.
    assert abs(error.mean()) < 0.1
    left_out = cloud_log_density(None, cloud) - RING.log_density(cloud)
    assert abs(left_out.mean()) < 0.1


def test_the_best_discriminator_on_the_grid_is_the_log_ratio_of_densities(hand_made: Make) -> None:
    generator = targets.mixture(means=((0, 0),), spreads=(1.0,))
    trace = hand_made(
        draw(generator, 3, 8000), target='kind = "mixture"\nmeans = [[1, 0]]\nspreads = [1.0]'
    )
    found = optimal_logits(trace, 0, 0)
    x0, x1, y0, y1 = trace.extent
    xx, yy = np.meshgrid(
        x0 + (x1 - x0) * (np.arange(8) + 0.5) / 8, y0 + (y1 - y0) * (np.arange(8) + 0.5) / 8
    )
    # Two unit Gaussians a unit apart: log p - log q = x - 1/2, a plane.
    near = np.hypot(xx, yy) < 2
    assert near.sum() > 10
    # Kernels as wide as ten neighbours know a log density to about 1 / sqrt(10) = .32 a place, whatever
    # the number of points, and without bias: 16 places know the mean to .08, twice of which is allowed.
    error = (found - (xx - 0.5))[near]
    assert np.abs(error).mean() < 0.32 and abs(error.mean()) < 0.16


def test_where_a_clouds_density_is_cut_changes_no_number(monkeypatch: pytest.MonkeyPatch) -> None:
    cloud, places = draw(RING, 1, 300), draw(RING, 2, 200)
    whole = cloud_log_density(None, cloud), cloud_log_density(places, cloud)
    monkeypatch.setattr("toylab.targets.target.PIECE", 1000)  # three rows at a time
    assert np.array_equal(cloud_log_density(None, cloud), whole[0])
    assert np.array_equal(cloud_log_density(places, cloud), whole[1])


def test_the_density_of_a_large_cloud_fills_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("toylab.targets.target.PIECE", 100_000)
    cloud = draw(RING, 1, 2000)
    tracemalloc.start()
    try:
        for places in (None, cloud):
            cloud_log_density(places, cloud)
        # The whole table is 32 MB; a piece of it .8 MB, of which three or four stand side by side.
        assert tracemalloc.get_traced_memory()[1] < 4e6
    finally:
        tracemalloc.stop()


def test_a_trace_is_let_go_after_it_was_measured(hand_made: Make) -> None:
    trace = hand_made(draw(RING, 1, 50))
    curves = [metric(trace) for metric in METRICS.values()]
    optimal_logits(trace, 0, 0)
    assert one("modes_hit", trace) == curves[1][-1, 0]
    gone = weakref.ref(trace)
    del trace
    gc.collect()
    assert gone() is None


def test_what_a_trace_was_measured_by_is_measured_once(hand_made: Make) -> None:
    trace, other = hand_made(draw(RING, 1, 50)), hand_made(draw(RING, 2, 50))
    assert optimal_value(trace) is optimal_value(trace)
    # Two traces alike are still two.
    assert optimal_value(other) is not optimal_value(trace)
    assert not np.array_equal(optimal_value(other), optimal_value(trace))


def test_a_stray_sample_does_not_move_the_divergence(hand_made: Make) -> None:
    cloud = draw(RING, 1)
    clean = one("js_divergence", hand_made(cloud))
    cloud[0] = [40, 40]
    assert one("js_divergence", hand_made(cloud)) == pytest.approx(clean, abs=0.005)


def test_sliced_wasserstein_of_a_shift_is_its_mean_projection(hand_made: Make) -> None:
    real = draw(RING, 1)
    shifted = hand_made(real + np.array([0.3, 0.4], np.float32), real=real[None])
    # E |cos| = 2 / pi over directions; 32 even ones come within a thousandth.
    assert one("sliced_wasserstein", shifted) == pytest.approx(0.5 * 2 / np.pi, rel=2e-3)


def test_scores_and_accuracy_read_the_logits(hand_made: Make) -> None:
    n = 4
    trace = hand_made(
        draw(RING, 1, n),
        real_logits=np.array([[[3.0, 1, -1, 2]]], np.float32),
        fake_logits=np.array([[[-3.0, -1, 1, 1]]], np.float32),
    )
    assert one("discriminator_accuracy", trace) == pytest.approx((3 / 4 + 2 / 4) / 2)
    sigmoid = 1 / (1 + np.exp(-np.array([[3.0, 1, -1, 2], [-3, -1, 1, 1]])))
    assert one("real_score", trace) == pytest.approx(sigmoid[0].mean(), rel=1e-6)
    assert one("fake_score", trace) == pytest.approx(sigmoid[1].mean(), rel=1e-6)


def test_the_distance_from_half_is_what_all_but_a_hundredth_stay_within(hand_made: Make) -> None:
    # D is 1/2 + k / 1000 and 1/2 - k / 1000 at 201 points; of them 99 in a hundred are within .099.
    shares = 0.5 + np.arange(-100, 101) / 1000
    logits = np.log(shares / (1 - shares)).astype(np.float32)
    trace = hand_made(draw(RING, 1, 201), real_logits=logits[None, None])
    assert one("half_distance", trace) == pytest.approx(0.099, abs=1e-6)
    flat = hand_made(draw(RING, 1, 201))
    assert one("half_distance", flat) == 0


@pytest.mark.parametrize("name", METRICS)
def test_every_metric_is_one_number_a_snapshot_and_seed(name: str, small_trace: Trace) -> None:
    curve = METRICS[name](small_trace)
    assert curve.shape == (len(small_trace.steps), 3)
    assert np.isfinite(curve).all()


@pytest.mark.parametrize("name", METRICS)
def test_a_diverged_seed_has_no_value(name: str, hand_made: Make) -> None:
    nan = np.full((1, 1, 64), np.nan, np.float32)
    trace = hand_made(
        np.full((64, 2), np.nan),
        real_logits=nan,
        fake_logits=nan,
        losses=nan[..., :2],
        gradients=nan[..., :4],
        critic=nan[..., :2],
    )
    assert np.isnan(METRICS[name](trace)).all()
