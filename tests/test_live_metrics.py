"""What the page measures, in a browser: held to Python's numbers on the same points, and densities to closed forms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
from live import chromium, engine_page, numbers
from playwright.sync_api import Browser, Page
from scipy.spatial import KDTree

from toylab import targets
from toylab.base.axes import Float, Points
from toylab.metrics import METRICS, Setting, cloud_log_density
from toylab.metrics import claim as arithmetic
from toylab.metrics.claim import REDUCTIONS, RELATIONS, Claim, window_of
from toylab.metrics.metric import NEEDS, Metric
from toylab.targets import Target, cell_centres
from toylab.targets.classes import asked_for
from toylab.trace import Trace

Make = Callable[..., Trace]
RING = targets.ring()
N = 400


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def engine(browser: Browser) -> Page:
    return engine_page(browser)


def draw(target: Target, seed: int = 0, n: int = N) -> Points:
    return target.sample(np.random.default_rng(seed), n)


def told(target: Any) -> dict[str, Any]:
    """A target as Python tells it to the page."""
    common = {name: getattr(target, name).tolist() for name in ("modes", "spread", "weights")}
    if hasattr(target, "covariances"):
        corners = [[c[0][0], c[0][1], c[1][1]] for c in target.covariances.tolist()]
        return {"kind": "mixture", "covariances": corners, **common}
    noise = np.broadcast_to(target.noise, 2).tolist()
    if hasattr(target, "points_read"):
        points = target.points_read
    else:
        points = target._knots if target.noise else target.curve(np.arange(64) / 64)
    return {"kind": "points", "points": points.tolist(), "noise": noise, **common}


# From what Python tells, a shot as the engine's eyes have it.
_SHOT = """
const shotOf = ({ target, ...told }) => ({
  target: toylabEngine.builtTarget(target), output: told.output, parameters: told.parameters, gaussian: told.gaussian, told: told.told,
  ...Object.fromEntries(["samples", "real", "realLogits", "fakeLogits", "losses", "gradients", "critic", "trainLogits"].map(
    (name) => [name, Float32Array.from(told[name], (x) => x ?? NaN)])),
});
const measured = (told) => {
  const memory = {}, shots = told.map(shotOf);
  return Object.fromEntries(Object.entries(toylabEngine.METRICS).map(([name, { needs, measure }]) => [name, shots.map((shot) => {
    if (toylabEngine.missing(needs, shot)) return toylabEngine.missing(needs, shot);
    const found = measure(shot, memory[name] ?? null);
    memory[name] = JSON.parse(JSON.stringify(found.memory));
    return String(found.value);
  })]));
};
"""


def shots(trace: Trace) -> list[dict[str, Any]]:
    """What the eyes see at each snapshot of a trace of one seed."""

    def row(name: str, t: int) -> list[float | None]:
        # JSON has no NaN.
        return [x if np.isfinite(x) else None for x in numbers(getattr(trace, name)[t, 0])]

    setting = Setting.of(trace)
    names = ("samples", "losses", "gradients", "critic")
    logits = {"realLogits": "real_logits", "fakeLogits": "fake_logits"}
    known = {"trainLogits": "train_logits"} if setting.training_points else {}
    return [
        {
            "target": told(trace.target_of(t)),
            "output": setting.output,
            "gaussian": setting.gaussian,
            "told": sorted(setting.told),
            "parameters": row("parameters", t) if setting.solvable else None,
            "real": numbers(trace.real_of(t)[0]),
            "trainLogits": [],
            **{
                name: row(own, t)
                for name, own in {**dict(zip(names, names, strict=True)), **logits, **known}.items()
            },
        }
        for t in range(len(trace.steps))
    ]


def measured(engine: Page, trace: Trace) -> dict[str, list[str]]:
    """Each metric's number at each snapshot, or the need that is not met."""
    return engine.evaluate(f"(told) => {{ {_SHOT} return measured(told); }}", shots(trace))


# Others agree to 1e-6. This one Python takes from sums of float32, of which each tells 6e-8.
ROUGHLY = {"sliced_wasserstein": 1e-5}
# Counts and shares are the same numbers, or the last digits differ.
EXACT = {
    "modes_covered",
    "modes_hit",
    "high_quality",
    "asked_mode",
    "strays",
    "mode_tv",
    "top_mode_share",
    "mode_switches",
}
EXACT |= {
    "c2st",
    "c2st_held_out",
    "precision",
    "recall",
    "density",
    "coverage",
    "discriminator_accuracy",
}


def agree(engine: Page, trace: Trace) -> None:
    """Hold every metric of a trace to Python's number, and what is lacking to Python's words."""
    setting, found = Setting.of(trace), measured(engine, trace)
    assert set(found) == set(METRICS)
    for name, metric in METRICS.items():
        lacking = [need for need in metric.needs if not NEEDS[need][0](setting)]
        if lacking:
            assert found[name] == [lacking[0]] * len(trace.steps), name
            continue
        here, there = np.array(found[name], float), metric(trace)[:, 0].astype(float)
        # 1e-7 nats or units of what may be as small as nothing.
        rtol, atol = (0, 1e-9) if name in EXACT else (ROUGHLY.get(name, 1e-6), 1e-7)
        np.testing.assert_allclose(here, there, rtol, atol, err_msg=name)


def said(seed: int, t: int = 1, n: int = N) -> dict[str, Any]:
    """What players say and how they are pushed, at random."""
    rng = np.random.default_rng(seed)

    def some(*shape: int) -> Any:
        return (3 * rng.standard_normal((t, 1, *shape))).astype(np.float32)

    arrays = {name: some(n) for name in ("real_logits", "fake_logits", "train_logits")}
    pairs = {"losses": some(2), "critic": some(2), "gradients": some(4), "parameters": some(2)}
    return {**arrays, **pairs}


WIDE = 'kind = "mixture"\nmeans = [[0, 0], [1, 2]]\ncovariances = [[[1, 0.6], [0.6, 0.5]], [[0.1, 0], [0, 0.4]]]\nweights = [3, 1]'
WIDE_CLOUD = targets.mixture(means=((0, 0),), spreads=(1.0,))
TARGET_TEXTS = {
    "ring": 'kind = "ring"',
    "grid": 'kind = "grid"',
    "uneven": 'kind = "ring"\nmodes = 2\nweights = [0.02, 0.98]',
    "correlated": WIDE,
    "a curve": 'kind = "two_moons"',
    "a curve without noise": 'kind = "two_moons"\nnoise = 0.0',
}
DOT = np.tile(RING.modes[3], (N, 1))
STRAY = np.concatenate([[[40.0, 40]], draw(RING, 1)[1:]])
FEW = np.repeat(RING.modes, [N - 60, 40, 20, 0, 0, 0, 0, 0], axis=0) + 0.05 * draw(
    targets.mixture(means=((0, 0),), spreads=(1.0,)), 5
)
CLOUDS: dict[str, Points] = {
    "perfect": draw(RING, 1),
    "a dot": DOT,
    "one stray": STRAY,
    "three modes": FEW,
    "nowhere near": draw(targets.mixture(means=((6, 5),), spreads=(0.3,)), 2),
    "wide": draw(targets.mixture(means=((0, 0),), spreads=(1.5,)), 3),
    "fewer than neighbours": draw(RING, 4, 6),
    "more than are assigned": draw(RING, 6, 1200),
}


def test_the_page_has_every_metric_and_no_other(engine: Page) -> None:
    needs = "Object.fromEntries(Object.entries(toylabEngine.METRICS).map(([k, m]) => [k, m.needs]))"
    assert engine.evaluate(needs) == {name: list(m.needs) for name, m in METRICS.items()}


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_cloud_has_pythons_numbers(cloud: str, engine: Page, hand_made: Make) -> None:
    points = CLOUDS[cloud]
    agree(engine, hand_made(points, **said(1, n=len(points))))


@pytest.mark.parametrize("text", TARGET_TEXTS)
def test_a_target_has_pythons_numbers(text: str, engine: Page, hand_made: Make) -> None:
    target = hand_made(DOT, target=TARGET_TEXTS[text]).target
    agree(engine, hand_made(draw(target, 5) * 1.1, target=TARGET_TEXTS[text], **said(2)))


@pytest.mark.parametrize("cloud", ["wide", "nowhere near", "a dot", "one stray"])
def test_a_gaussian_cloud_has_pythons_numbers(cloud: str, engine: Page, hand_made: Make) -> None:
    affine = 'kind = "ring"\n[generator]\nkind = "mlp"\nlatent = 2\nhidden = []'
    points = CLOUDS[cloud]
    agree(engine, hand_made(points, target=affine, **said(4, n=len(points))))


@pytest.mark.parametrize("judged", ["true", "false"])
@pytest.mark.parametrize("text", ["ring", "uneven"])
def test_a_game_of_classes_has_pythons_numbers(
    text: str, judged: str, engine: Page, hand_made: Make
) -> None:
    """What was asked for; what the best D has, only where the other is not told a class."""
    label = f'[[game.penalties]]\nkind = "class_label"\njudged = {judged}'
    target = hand_made(DOT, target=TARGET_TEXTS[text]).target
    cloud = target.modes[asked_for(target.weights, N)] + 0.15 * draw(WIDE_CLOUD, 5)
    trace = hand_made(cloud, target=f"{TARGET_TEXTS[text]}\n{label}", **said(4))
    assert 0.1 < METRICS["asked_mode"](trace).item() < 0.99
    agree(engine, trace)


def test_a_game_of_values_on_a_finite_set_with_known_parameters(
    engine: Page, hand_made: Make
) -> None:
    finite = 'kind = "ring"\n[training]\npoints = 3'
    trace = hand_made(CLOUDS["perfect"], target=finite, field=np.ones((3, 3, 2)), **said(3))
    agree(engine, trace)
    values = {"scenario": "hand-made", "output": "value"}
    agree(engine, hand_made(CLOUDS["perfect"], provenance=values, **said(3)))


def test_packs_share_a_logit(engine: Page, hand_made: Make) -> None:
    arrays = said(4)
    for name in ("real_logits", "fake_logits"):
        arrays[name] = np.repeat(arrays[name][..., ::4], 4, axis=-1)
    agree(engine, hand_made(CLOUDS["three modes"], **arrays))


def test_what_is_not_finite_has_no_value(engine: Page, hand_made: Make) -> None:
    nan = np.full((1, 1, N), np.nan, np.float32)
    names = ("real_logits", "fake_logits", "losses", "gradients", "critic")
    sizes = {"losses": 2, "gradients": 4, "critic": 2}
    arrays = {name: nan[..., : sizes.get(name, N)] for name in names}
    cloud = np.full((N, 2), np.nan)
    trace = hand_made(cloud, **arrays)
    agree(engine, trace)
    # One sample that is lost is enough, whatever the players say.
    lost = CLOUDS["perfect"].copy()
    lost[7, 1] = np.inf
    found = measured(engine, hand_made(lost, **said(5)))
    for name, metric in METRICS.items():
        assert found[name] == ["NaN"] or metric.missing(Setting.of(trace)), name


def test_switches_are_counted_from_row_to_row(engine: Page, hand_made: Make) -> None:
    on = [np.tile(mode, (100, 1)) for mode in RING.modes]
    tie = np.concatenate([on[0][:50], on[1][:50]])
    gone = np.full((100, 2), np.nan)
    trace = hand_made(tie, on[0], on[0], tie, on[0], on[2], tie, on[1], on[0], gone)
    there = METRICS["mode_switches"](trace)[:, 0]
    assert there[:-1].tolist() == [0, 0, 0, 0, 0, 1, 1, 2, 3]
    found = np.array(measured(engine, trace)["mode_switches"], float)
    assert np.array_equal(found, there, equal_nan=True)


def test_places_are_left_from_row_to_row_and_anew_with_other_data(
    engine: Page, hand_made: Make
) -> None:
    clouds = [draw(RING, k) * (1 + k / 9) for k in range(8)]
    trace = hand_made(*clouds, **said(6, len(clouds)))
    there = METRICS["still_refused"](trace)[:, 0]
    assert len(np.unique(there)) > 4
    after = hand_made(*clouds[:3], target='kind = "ring"\nradius = 2.1', **said(7, 3))
    both = shots(trace) + shots(after)
    found = engine.evaluate(f"(told) => {{ {_SHOT} return measured(told); }}", both)
    expected = [*there, *METRICS["still_refused"](after)[:, 0]]
    assert np.allclose(np.array(found["still_refused"], float), expected, rtol=0, atol=1e-9)


def test_switches_begin_anew_with_other_data(engine: Page, hand_made: Make) -> None:
    on = [np.tile(mode, (10, 1)) for mode in RING.modes]
    before = shots(hand_made(on[0], on[1], on[2]))
    after = shots(hand_made(on[3], on[4], target='kind = "ring"\nradius = 2.1'))
    found = engine.evaluate(f"(told) => {{ {_SHOT} return measured(told); }}", before + after)
    assert found["mode_switches"] == ["0", "1", "2", "0", "1"]


# --- densities ---


def places(extent: tuple[float, ...], n: int) -> Points:
    return np.stack(np.meshgrid(*cell_centres(extent, n)), axis=-1).reshape(-1, 2)


def told_density(engine: Page, target: dict[str, Any], at: Points) -> Float:
    found = """([target, at]) => {
      const { logDensity } = toylabEngine.builtTarget(target);
      return at.map(([x, y]) => logDensity(x, y));
    }"""
    return np.array(engine.evaluate(found, [target, at.tolist()]))


@pytest.mark.parametrize(
    "target",
    [
        RING,
        targets.grid(weights=tuple(range(1, 26))),
        targets.mixture(
            means=((0, 0), (3, 1)), covariances=(((1, 0.9), (0.9, 1)), ((0.01, 0), (0, 4)))
        ),
        targets.two_moons(),
        targets.two_moons(noise=0.02),
        targets.two_moons(noise=1.5),
        targets.points("-", data=draw(RING, 3, 700), noise=0.05),
        targets.points("-", data=draw(RING, 3, 700), noise=(0.03, 0.6)),
    ],
    ids=["ring", "grid", "correlated", "moons", "thin", "thick", "own points", "two noises"],
)
def test_a_log_density_is_pythons_near_and_far(target: Target, engine: Page) -> None:
    for half, n in ((3.5, 24), (60, 5)):
        at = places((-half, half, -half, half), n)
        found = told_density(engine, told(target), at)
        np.testing.assert_allclose(found, target.log_density(at), rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize("cloud", CLOUDS)
def test_a_clouds_density_is_pythons(cloud: str, engine: Page) -> None:
    points = CLOUDS[cloud].astype(np.float32)
    at = np.concatenate([places((-3.5, 3.5, -3.5, 3.5), 24), [[900, 900]]])
    found = """([at, cloud]) => [at.flat(), null].map(
      (places) => [...toylabEngine.cloudLogDensity(places, Float32Array.from(cloud.flat()))])"""
    there, itself = engine.evaluate(found, [at.tolist(), points.tolist()])
    # Below 1e-290 doubles have few digits left, and the estimate is cut at 1e-308.
    np.testing.assert_allclose(there, cloud_log_density(at, points), rtol=1e-6, atol=1e-6)
    np.testing.assert_allclose(itself, cloud_log_density(None, points), rtol=1e-6, atol=1e-6)


def test_a_density_on_a_whole_stage_takes_no_second(engine: Page) -> None:
    # 4,096 points under noise so wide that none can be left out: 38 million kernels.
    target = {"kind": "points", "points": draw(RING, 1, 4096).tolist(), "noise": [0.8, 0.8]}
    taken = engine.evaluate(
        """([target, n]) => {
          const { logDensity } = toylabEngine.builtTarget(target), began = performance.now();
          for (let r = 0; r < n; r++) for (let c = 0; c < n; c++) logDensity(-3 + (6 * c) / n, -3 + (6 * r) / n);
          return performance.now() - began;
        }""",
        [target, 96],
    )
    # Half a second alone; a machine that does other things may take some times as long.
    assert taken < 5000


@pytest.mark.parametrize("twins", [False, True])
def test_the_nearest_are_those_that_scipy_finds(twins: bool, engine: Page) -> None:
    points = draw(RING, 7, 500)
    if twins:
        points = np.concatenate([points, points[:50], np.tile(points[:1], (30, 1))])
    found = """(points) => {
      const tree = new toylabEngine.Neighbours(points.flat()), far = new Float64Array(11), which = new Int32Array(11);
      return points.map(([x, y]) => { tree.nearest(x, y, far, which); return [[...far], [...which]]; });
    }"""
    told_ = engine.evaluate(found, points.tolist())
    far, which = (np.array([row[i] for row in told_]) for i in (0, 1))
    exact = points.astype(np.float64)
    np.testing.assert_allclose(np.sqrt(far), KDTree(exact).query(exact, k=11)[0], atol=1e-12)
    # Each is one of its own, and where it is said to be.
    assert all(len(set(row)) == 11 for row in which.tolist())
    distance = np.hypot(*np.moveaxis(exact[which.astype(int)] - exact[:, None], -1, 0))
    np.testing.assert_allclose(distance, np.sqrt(far), atol=1e-12)


# --- claims ---

STEPS = [0, 10, 20, 30, 50, 80, 100]
SERIES = {
    "plain": [3.0, 1, 4, 1, 5, 9, 2],
    "from nothing": [0.0, 0, 0, 2, 1, 1, 0],
    "never": [0.0] * 7,
    "diverged": [1.0, 2, 3, 4, np.nan, np.nan, np.nan],
    "negative": [-3.0, -1, -4, -1, -5, -9, -2],
}
WINDOWS = [(0, 1), (0.5, 1), (1, 1), (0, 0), (0.31, 0.39), (0.1, 0.3), (0.62, 0.66), (0.9, 0.99)]


def test_windows_hold_what_pythons_hold(engine: Page) -> None:
    found = "([rounds, windows]) => windows.map((w) => toylabEngine.windowOf(rounds, w))"
    for steps in (STEPS, [0], [0, 7], list(range(0, 3001, 30))):
        ends = [window_of(np.array(steps), window) for window in WINDOWS]
        assert engine.evaluate(found, [steps, WINDOWS]) == [[s.start, s.stop] for s in ends]


def test_a_window_may_lie_in_a_training_that_is_not_over(engine: Page) -> None:
    found = "toylabEngine.windowOf([0, 10, 20, 30, 40], [.2, .3], 100)"
    assert engine.evaluate(found) == [2, 4]


@pytest.mark.parametrize("reduce", REDUCTIONS)
@pytest.mark.parametrize("series", SERIES)
def test_a_window_becomes_pythons_number(
    reduce: str, series: str, engine: Page, hand_made: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    trace = hand_made(*[DOT[:3]] * len(STEPS), steps=np.array(STEPS))
    curve = np.array(SERIES[series])[:, None]
    monkeypatch.setitem(METRICS, "c2st", Metric(lambda _: curve, "", "", cumulative=True))
    for window in WINDOWS:
        asked = Claim("t", "c2st", ">", 0.0, window, reduce)
        found = engine.evaluate(
            "([claim, rounds, values]) => String(toylabEngine.reduced(claim, rounds, values.map((x) => x ?? NaN)))",
            [
                {"reduce": reduce, "window": window},
                STEPS,
                [x if np.isfinite(x) else None for x in SERIES[series]],
            ],
        )
        np.testing.assert_allclose(
            float(found), arithmetic.reduced(asked, trace)[0], rtol=1e-12, atol=0
        )


def test_relations_are_pythons(engine: Page) -> None:
    cases = [*itertools.product(RELATIONS, (-1.0, 0.5, 0.5000001, 7.0), (0.5, -1.0))]
    found = engine.evaluate(
        "(cases) => cases.map(([relation, x, threshold]) => toylabEngine.satisfied({ relation, threshold }, x))",
        cases,
    )
    assert found == [bool(RELATIONS[r](np.array([x]), threshold)[0]) for r, x, threshold in cases]
    nan = "(relations) => relations.some((relation) => toylabEngine.satisfied({ relation, threshold: 0 }, NaN))"
    assert not engine.evaluate(nan, [*RELATIONS])


# --- what there is to reach ---

N_FLOOR = 500
OF_POINTS = {"modes_covered": 8, "modes_hit": 8, "high_quality": 0.98889, "c2st": 0.5}
OF_POINTS |= {"sliced_wasserstein": 0.0, "js_divergence": 0.0, "mode_tv": 0.0, "reverse_kl": 0.0}
OF_POINTS |= {"precision": 0.93, "recall": 0.93, "density": 1.0, "coverage": 0.97}
OF_POINTS |= {"energy_distance": 0.0, "c2st_held_out": 0.5, "local_width": 0.69}
OF_POINTS |= {"strays": 0.0, "top_mode_share": 1 / 8, "optimal_value": -np.log(4)}


def test_the_same_metrics_look_at_nothing_but_points() -> None:
    assert {
        name for name, metric in METRICS.items() if metric.of_points and not metric.cumulative
    } == set(OF_POINTS)


@pytest.mark.parametrize("name", OF_POINTS)
def test_the_floor_is_what_pythons_perfect_sampler_has(
    name: str, engine: Page, hand_made: Make
) -> None:
    found = engine.evaluate(
        """([name, target, n]) => {
          const built = toylabEngine.builtTarget(target), stream = new toylabEngine.Stream(3, "metric");
          return toylabEngine.floor(name, built, n, () => built.sample(stream, n, new Float32Array(2 * n)));
        }""",
        [name, told(RING), N_FLOOR],
    )
    own = [
        METRICS[name](
            hand_made(draw(RING, seed, N_FLOOR), real=draw(RING, 100 + seed, N_FLOOR)[None])
        )[0, 0]
        for seed in range(12)
    ]
    # Two means, of 4 and of 12 draws, differ by so many standard errors at most; 1e-9 where all are the same.
    error = np.std(own, ddof=1) * np.sqrt(1 / 4 + 1 / 12)
    assert abs(found["mean"] - np.mean(own)) < 4.5 * error + 1e-9
    assert found["spread"] <= 4 * np.std(own, ddof=1) + 1e-9
    assert (found["spread"] > 0) == (np.std(own) > 0)


def test_what_looks_at_players_has_no_floor(engine: Page) -> None:
    found = engine.evaluate(
        """([target, names]) => names.filter((name) => toylabEngine.floor(name, toylabEngine.builtTarget(target), 9, () => { throw 0; }))""",
        [told(RING), sorted(METRICS.keys() - OF_POINTS.keys())],
    )
    assert found == []
    curve = {"kind": "points", "points": [[0, 0], [1, 1]], "noise": [0, 0]}
    nothing = (
        "(target) => toylabEngine.floor('modes_hit', toylabEngine.builtTarget(target), 9, null)"
    )
    assert engine.evaluate(nothing, curve) is None
