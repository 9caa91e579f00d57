"""The engine of the page that trains, in a browser: held to what Python plays on the same draws, and to itself."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from live import chromium, engine_page, in_firefox, numbers, tape_of
from playwright.sync_api import Browser, Page
from scipy.special import expit, ndtri

import toylab
from toylab.game.networks import ACTIVATIONS, INITS, NETWORKS
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS, SCHEDULES
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.scenario import catalogue, scenario
from toylab.show.lab.playable import NOT_PLAYED, NOT_PLAYED_LAYERS, PLAYED, why_not
from toylab.targets import TARGETS
from toylab.training.run import Run

PYTHON: dict[str, Any] = {
    "objectives": OBJECTIVES,
    "optimizers": OPTIMIZERS,
    "schedules": SCHEDULES,
    "penalties": PENALTIES,
    "updates": UPDATES,
    "activations": ACTIVATIONS,
    "inits": INITS,
    "networks": NETWORKS,
}
# Of the scale of the state, its largest number: float32 tells 6e-8 of it, and a step of Adam, which divides by
# a root of squares, may tell a hundred times less.
AGREEMENT = 1e-5


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture(scope="module")
def engine(browser: Browser) -> Page:
    return engine_page(browser)


# --- what is played ---


@pytest.mark.parametrize("table", sorted(PYTHON))
def test_every_row_of_the_game_is_played_or_listed_with_its_reason(table: str) -> None:
    assert PLAYED[table] | set(NOT_PLAYED[table]) == set(PYTHON[table])
    assert not PLAYED[table] & set(NOT_PLAYED[table])


@pytest.mark.parametrize("table", sorted(PYTHON))
def test_the_engine_has_a_row_for_all_that_is_played_and_no_other(engine: Page, table: str) -> None:
    assert set(engine.evaluate(f"Object.keys(toylabEngine.{table.upper()})")) == PLAYED[table]


def test_every_option_of_a_layer_is_played_or_listed() -> None:
    played = {"hidden", "activation", "init", "gain", "input_scale", "inputs", "outputs"}
    assert {*NETWORKS["mlp"].__dataclass_fields__} == played | set(NOT_PLAYED_LAYERS)  # pyright: ignore[reportAttributeAccessIssue]


def test_most_scenarios_are_played_and_the_others_say_why() -> None:
    reasons = {name: why_not(toylab.load(name).settings) for name in catalogue.names()}
    played = [name for name, reason in reasons.items() if reason is None]
    # Of the 49 that the laboratory had before this page, 41 need nothing that it has not.
    assert len(played) >= 41
    for reason in filter(None, reasons.values()):
        assert set(reason) == {"en", "zh"} and all(reason.values())
    cures = [n for n in played if toylab.load(n).changes]
    assert len(cures) >= 8


# --- the same draws, the same states ---

SMALL = {"hidden": [12, 12], "activation": "leaky_relu"}
BASE: dict[str, Any] = {
    "target": {"kind": "ring", "modes": 8},
    "generator": {"latent": 2, **SMALL},
    "discriminator": SMALL,
    "training": {"steps": 8, "batch": 24},
    "recording": {"snapshots": 2, "samples": 48, "grid": 8},
}
BOTH = ("generator", "discriminator")


def game(**changed: Any) -> dict[str, Any]:
    found = {**BASE, **changed}
    # A slope that is not bounded: refused without a bound.
    if found.get("game", {}).get("objective") == "wasserstein":
        found["game"] = {"penalties": [{"kind": "weight_clipping", "limit": 0.3}], **found["game"]}
    return found


def moved_by(kind: str, **options: Any) -> dict[str, Any]:
    return {side: {"kind": kind, **options} for side in BOTH}


def with_penalties(*penalties: dict[str, Any], **own: Any) -> dict[str, Any]:
    return game(game={"penalties": [*penalties], **own})


# Steps that tell in eight rounds: a mean of waves of which most cancel.
WAVES = {
    "discriminator": {"kind": "fourier", "waves": 5},
    "generator": {"kind": "particles", "count": 37},
    "game": {"objective": "wasserstein", "penalties": [{"kind": "weight_decay", "share": 0.3}]},
    "optimizer": moved_by("sgd", lr=3.0),
}
QUADRATIC = {
    "target": {"kind": "dirac"},
    "generator": {"kind": "point", "start": [0.7, 0.2]},
    "discriminator": {"kind": "quadratic", "start": [0.8, 0.1], "terms": [-0.7, 1.5, -0.4]},
    "game": {"objective": "fake_value"},
}
DIRAC = {
    "target": {"kind": "dirac"},
    "generator": {"kind": "point", "start": [0.7, 0.2]},
    "discriminator": {"kind": "linear", "start": [0.5, -0.4]},
}
GAMES: dict[str, dict[str, Any]] = {
    **{
        f"{objective} by {rule}": game(
            **(QUADRATIC if objective == "fake_value" else {"game": {"objective": objective}}),
            optimizer=moved_by(rule),
        )
        for objective in sorted(PLAYED["objectives"])
        for rule in sorted(PLAYED["optimizers"])
    },
    **{
        f"{kind} for {objective}": with_penalties({"kind": kind}, objective=objective)
        for kind in sorted(PLAYED["penalties"] - {"packing"})
        for objective in ("non_saturating", "relativistic")
        if not (kind == "label_smoothing" and objective == "relativistic")
    },
    **{
        f"{update} with {rule}": game(game={"update": update}, optimizer=moved_by(rule))
        for update in sorted(PLAYED["updates"])
        for rule in sorted(PLAYED["optimizers"])
    },
    **{
        f"{activation} with slopes": with_penalties(
            {"kind": "r1", "weight": 0.5},
            {"kind": "r2", "weight": 0.3},
            {"kind": "gradient_penalty", "weight": 0.4},
        )
        | {
            "generator": {"latent": 3, "hidden": [10], "activation": activation},
            "discriminator": {"hidden": [9, 11, 7], "activation": activation, "input_scale": 0.7},
        }
        for activation in sorted(PLAYED["activations"])
    },
    **{
        f"{kind} rates": game(optimizer=moved_by("adam", schedule=kind))
        for kind in sorted(PLAYED["schedules"])
    },
    **{
        f"{init} weights": game(
            generator={"latent": 2, **SMALL, "init": init, "gain": 0.6},
            discriminator={**SMALL, "init": init},
        )
        for init in sorted(PLAYED["inits"])
    },
    "packs of two with slopes": with_penalties(
        {"kind": "packing", "size": 2}, {"kind": "r1"}, {"kind": "gradient_penalty"}
    ),
    "packs of three for pairs": with_penalties(
        {"kind": "packing", "size": 3}, objective="relativistic"
    ),
    "momentum": game(optimizer=moved_by("sgd", momentum=0.9, lr=0.05)),
    "three and two steps": game(game={"discriminator_steps": 3, "generator_steps": 2}),
    "the generator first": game(game={"update": {"kind": "alternating", "generator_first": True}}),
    "a frozen generator": game(game={"generator_steps": 0}),
    "noise that stays, and clipped gradients": with_penalties(
        {"kind": "instance_noise", "spread": 0.4, "end": 0.5},
        {"kind": "gradient_clipping", "norm": 0.01},
    ),
    "replay in a small memory": with_penalties({"kind": "replay", "share": 0.45, "capacity": 40}),
    "one side of a slope": with_penalties(
        {"kind": "gradient_penalty", "one_sided": True, "target": 0.3}
    ),
    "no hidden layer": game(generator={"latent": 2, "hidden": []}),
    "particles": game(generator={"kind": "particles", "count": 37}),
    "a torn latent": game(generator={"kind": "torn", "gap": 1.3, "input_scale": 0.7}),
    "particles that start close": with_penalties({"kind": "r1"})
    | {"generator": {"kind": "particles", "count": 9, "spread": 0.01, "latent": 1}},
    "lazy slopes": with_penalties(
        {"kind": "r1", "weight": 0.3, "every": 4}, {"kind": "r2", "weight": 0.2, "every": 3}
    ),
    "lazy slope of two numbers": {**DIRAC, "game": {"penalties": [{"kind": "r1", "every": 4}]}},
    "waves": game(**WAVES),
    "waves of a kernel, with slopes": game(
        **{
            **WAVES,
            "discriminator": {"kind": "fourier", "waves": 6, "spread": 0.7, "period": 9.0},
            "game": {"penalties": ["r1", "gradient_penalty", {"kind": "weight_decay"}]},
        }
    ),
    "weights that shrink": with_penalties({"kind": "weight_decay", "share": 0.05}),
    "quadratic": game(**QUADRATIC),
    "quadratic with slopes": game(
        **{
            **QUADRATIC,
            "game": {"objective": "fake_value", "penalties": ["r1", "gradient_penalty"]},
        }
    ),
    "dirac with slopes": game(
        **DIRAC,
        game={
            "penalties": [
                {"kind": "r1", "weight": 0.4},
                {"kind": "gradient_penalty", "weight": 0.7},
            ]
        },
    ),
    "dirac ahead": game(
        **DIRAC, game={"update": "extragradient"}, optimizer=moved_by("sgd", lr=0.2)
    ),
}

REPLAY = """(tape) => {
  const { Run } = toylabEngine, run = new Run({ settings: tape.settings, target: null, extent: [-3, 3, -3, 3], output: "logit" }, 0);
  const draw = (kind) => (...asked) => {
    const found = Float32Array.from(tape.draws[kind].shift());
    const n = asked.at(-1) * (kind === "real" || kind === "paired" ? 2 : 1);
    if (found.length !== n) throw new Error(`${kind}: asked for ${n} numbers, Python drew ${found.length}`);
    return found;
  };
  run.game.dice = Object.fromEntries(Object.keys(tape.draws).map((kind) => [kind, draw(kind)]));
  for (const side of ["generator", "discriminator"]) run.game[side].network.store(Float32Array.from(tape[side]), run.game[side].parameters);
  run.game.shown.set(run.game.generator.parameters.data);
  const worst = { generator: 0, discriminator: 0, shown: 0 };
  const differ = (name, own, wanted, undecided = []) => {
    for (const i of undecided) own[i] = wanted[i];
    const scale = Math.max(...wanted.map(Math.abs), 1e-30);
    const most = Math.max(...wanted.map((x, i) => Math.abs(x - own[i]))) / scale;
    worst[name] = most <= worst[name] ? worst[name] : most;
  };
  for (const shown of tape.shown) {
    do {
      run.half();
      const moved = new Set(run.game.turns[(run.turn || run.game.turns.length) - 1] === "d" ? ["discriminator"] : run.game.turns[(run.turn || run.game.turns.length) - 1] === "g" ? ["generator"] : ["discriminator", "generator"]);
      for (const side of [...moved]) {
        const [who, wanted, undecided] = tape.steps.shift();
        if (who !== side) throw new Error(`${side} moved, and in Python ${who}`);
        differ(who, run.game[who].network.told(run.game[who].parameters), wanted, undecided);
      }
    } while (run.turn);
    differ("shown", run.parameters().generator, shown);
  }
  const left = Object.entries(tape.draws).filter(([, rows]) => rows.length).map(([kind]) => kind);
  if (left.length || tape.steps.length) throw new Error(`left over: ${left} ${tape.steps.length}`);
  return worst;
}"""


@pytest.mark.parametrize("name", GAMES)
def test_on_pythons_draws_the_engine_comes_to_pythons_states(
    engine: Page, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tape = tape_of(GAMES[name], 8, monkeypatch)
    undecided = {
        place for who, _, free in tape["steps"] if who == "discriminator" for place in free
    }
    # What moves D by the same amount wherever a point was: its last bias, and those of units that fire for all.
    # And a weight of a hundred whose gradient happens to be a millionth of the largest.
    assert len(undecided - {*tape["biases"]}) <= len(tape["discriminator"]) / 100
    worst = engine.evaluate(REPLAY, tape)
    assert all(0 <= error < AGREEMENT for error in worst.values()), worst


# --- the same eyes ---

SEEN: dict[str, dict[str, Any]] = {
    "probabilities": game(),
    "a critic's values": with_penalties({"kind": "gradient_penalty"}, objective="wasserstein"),
    "differences of pairs": game(game={"objective": "relativistic"}),
    "packs of two": with_penalties({"kind": "packing", "size": 2}),
    "clipped weights": with_penalties({"kind": "weight_clipping", "limit": 0.05}),
    "smooth units": game(
        generator={"latent": 2, "hidden": [10], "activation": "tanh"},
        discriminator={"hidden": [9, 7], "activation": "silu", "input_scale": 0.5},
    ),
    "a training set": game(training={"steps": 8, "batch": 24, "points": 30}),
    "two numbers": game(**DIRAC, game={"penalties": ["r1"]}),
    "waves": game(**WAVES),
    "free points": game(generator={"kind": "particles", "count": 41}),
    "a torn latent": game(generator={"kind": "torn"}),
    "latents nearer to 0": with_penalties({"kind": "truncation", "scale": 0.3}),
}
LOOK = """([setup, python]) => {
  const eyes = new toylabEngine.Eyes(setup, 0), f = (rows) => Float32Array.from(rows);
  Object.assign(eyes, { z: eyes.recordedAt(f(python.z)), real: f(python.real), known: f(python.known) });
  const shot = eyes.look({ generator: f(python.generator), discriminator: f(python.discriminator) });
  const lattice = shot.lattice();
  return { samples: [...shot.samples], realLogits: [...shot.realLogits], fakeLogits: [...shot.fakeLogits], trainLogits: [...shot.trainLogits],
    some: [...shot.pushesAt([5, 0, 17])], losses: shot.losses, gradients: shot.gradients, critic: shot.critic, pushes: [...shot.pushes], surface: [...shot.surface(8)], lattice: lattice && [...lattice],
    parameters: shot.parameters };
}"""


@pytest.mark.parametrize("name", SEEN)
def test_the_eyes_see_what_the_recorder_records(engine: Page, name: str) -> None:
    told = scenario.check({"title": "t", "lesson": "l", **SEEN[name]}, name="seen")
    run = Run(told, [7])
    for _ in range(5):
        run.step()
    shot, recorder = run.snapshot(), run.recorder
    setup = {
        "settings": told.settings,
        "target": None,
        "extent": [*recorder.extent],
        "output": "logit",
    }
    python = {
        "z": numbers(recorder._z),
        "real": numbers(recorder.real),
        "known": numbers(run.game.known),
        "generator": numbers(run.game.generator.parameters),
        "discriminator": numbers(run.game.discriminator.parameters),
    }
    seen = engine.evaluate(LOOK, [setup, python])
    wanted = {
        "samples": shot.samples,
        "realLogits": shot.real_logits,
        "fakeLogits": shot.fake_logits,
        "trainLogits": shot.train_logits,
        "losses": shot.losses,
        "gradients": shot.gradients,
        "critic": shot.critic,
        "pushes": shot.pushes,
        "some": shot.pushes[0, [5, 0, 17]],
        "surface": shot.logits,
        "lattice": shot.lattice,
        "parameters": shot.parameters,
    }
    for key, value in wanted.items():
        found, expected = np.array(seen[key] or []), np.array(numbers(value))
        scale = np.abs(expected).max(initial=1e-30)
        # float32 in another order: a few parts in ten million a layer.
        assert found.shape == expected.shape, key
        assert np.abs(found - expected).max(initial=0) <= 1e-5 * scale, key


@pytest.mark.parametrize("objective", ["non_saturating", "wasserstein"])
def test_the_plane_of_two_numbers_is_pythons(engine: Page, objective: str) -> None:
    told = scenario.check(
        {"title": "t", "lesson": "l", **game(**DIRAC, game={"objective": objective})}, name="plane"
    )
    # What the data has no say in is the same whatever is drawn.
    field, extent = Run(told, [3]).game.field()
    setup = {"settings": told.settings, "target": None, "extent": [-1, 1, -1, 1], "output": "logit"}
    seen = engine.evaluate(
        "(setup) => { const f = new toylabEngine.Viewer(setup, 0).field(17); return [[...f.pushes], f.half]; }",
        setup,
    )
    np.testing.assert_allclose(seen[0], field.ravel(), atol=1e-5 * np.abs(field).max())
    assert seen[1] == pytest.approx(extent[1], rel=1e-6)


# --- numbers and draws ---


def test_functions_are_those_of_scipy(engine: Page) -> None:
    x = np.concatenate(
        [np.linspace(-700, 709, 4001), np.linspace(-3, 3, 1001), [0.0, -1e-300, 1e-9]]
    )
    told = engine.evaluate(
        """(x) => { const e = toylabEngine; return {
          exp: x.map(e.exp), log: x.map((v) => e.log(Math.abs(v) + 1e-310)), log1p: x.map((v) => e.log1p(Math.abs(v))),
          softplus: x.map(e.softplus), sigmoid: x.map(e.sigmoid), tanh: x.map(e.tanh),
          cos: x.map((v) => e.cosSin(v)[0]), sin: x.map((v) => e.cosSin(v)[1]) }; }""",
        x.tolist(),
    )
    wanted = {
        "exp": np.exp(x),
        "log": np.log(np.abs(x) + 1e-310),
        "log1p": np.log1p(np.abs(x)),
        "softplus": np.logaddexp(0, x),
        "sigmoid": expit(x),
        "tanh": np.tanh(x),
    }
    for name, value in wanted.items():
        # tanh is a quotient of differences: near 0 what is left of a double is its absolute part. 5e-324 is
        # the least number there is.
        np.testing.assert_allclose(
            np.array(told[name], float), value, rtol=1e-14, atol=2e-16 if name == "tanh" else 1e-323
        )
    np.testing.assert_allclose(told["cos"], np.cos(x), atol=1e-13)
    np.testing.assert_allclose(told["sin"], np.sin(x), atol=1e-13)


def test_streams_are_threefry_and_their_normals_normal(engine: Page) -> None:
    words, uniform, normal = engine.evaluate(
        """() => { const { Stream } = toylabEngine, u = new Float64Array(20000);
          const first = new Stream(0, "generator_init").draw(2);
          const words = [first[0], first[1]];
          new Stream(5, "latent").uniform(u);
          return [words, [...u], [...new Stream(5, "latent").normal(new Float64Array(20000))]]; }"""
    )
    # Known answers of the reference implementation for key 0, counter 0.
    assert words == [0x6B200159, 0x99BA4EFE]
    np.testing.assert_allclose(normal, ndtri(uniform), rtol=2e-7, atol=2e-7)
    # 20,000 draws: standard errors of .002, .007 and .005; five of each.
    assert abs(np.mean(uniform) - 0.5) < 0.01
    assert abs(np.mean(normal)) < 0.035 and abs(np.std(normal) - 1) < 0.025


def test_a_purpose_draws_by_itself(engine: Page) -> None:
    told = engine.evaluate(
        """() => ["data", "latent", "penalty"].map((purpose) => {
          const s = new toylabEngine.Stream(3, purpose), a = [...s.draw(8)].slice(0, 8);
          s.at = 2; const b = [...s.draw(4)].slice(0, 4);
          return [a, b, [...new toylabEngine.Stream(3 + 2 ** 32, purpose).draw(8)].slice(0, 8)]; })"""
    )
    firsts = [tuple(first) for first, _, _ in told] + [tuple(far) for _, _, far in told]
    assert len({*firsts}) == 6
    # A place is a count: what follows is the same.
    assert all(first[4:8] == later for first, later, _ in told)


@pytest.mark.parametrize("init", sorted(PLAYED["inits"]))
def test_weights_are_drawn_as_python_draws_them(engine: Page, init: str) -> None:
    row = np.array(
        engine.evaluate(
            """(init) => { const { Mlp, Arena, Stream } = toylabEngine;
              const spec = { hidden: [80], activation: "relu", init, gain: 1, input_scale: 1 };
              return [...new Mlp(spec, 60, 1, new Arena(), 4).initial(new Stream(1, "generator_init"))]; }""",
            init,
        )
    )
    weights, bias = row[: 60 * 80].reshape(60, 80), row[60 * 80 : 61 * 80]
    python = INITS[init](np.random.default_rng(0), 60, 80)
    # 4,800 numbers: their standard deviation is told to a hundredth, five of its errors.
    assert weights.std() == pytest.approx(python.std(), rel=0.055)
    if init == "orthogonal":
        np.testing.assert_allclose(weights @ weights.T, np.eye(60), atol=1e-5)
    if init in ("lecun", "xavier"):
        assert np.abs(weights).max() == pytest.approx(np.abs(python).max(), rel=0.01)
    assert (np.abs(bias).max() > 0) == (init == "lecun")


@pytest.mark.parametrize("kind", ["ring", "grid", "mixture", "dirac"])
def test_targets_are_pythons(engine: Page, kind: str) -> None:
    given: dict[str, Any] = {
        "ring": {"modes": 7, "radius": 1.7, "spread": 0.2, "weights": [1, 2, 3, 4, 5, 6, 7]},
        "grid": {"side": 3, "spacing": 1.5, "spread": 0.1, "weights": []},
        "mixture": {
            "means": [[0, 1], [2, -1]],
            "covariances": [[[0.5, 0.2], [0.2, 0.3]], [[0.1, 0], [0, 0.4]]],
            "weights": [1, 3],
        },
        "dirac": {"x": 0.5, "y": -0.25, "noise": 0.3},
    }[kind]
    target = TARGETS[kind](**given)
    told, sample = engine.evaluate(
        """(settings) => { const { targetOf, builtTarget, Stream } = toylabEngine, told = targetOf(settings);
          return [told, [...builtTarget(told).sample(new Stream(2, "data"), 20000, new Float32Array(40000))]]; }""",
        {"kind": kind, **given},
    )
    np.testing.assert_allclose(told["modes"], target.modes, atol=1e-12)
    np.testing.assert_allclose(told["spread"], target.spread, rtol=1e-12)
    np.testing.assert_allclose(told["weights"], target.weights, rtol=1e-12)
    points, own = np.array(sample).reshape(-1, 2), target.sample(np.random.default_rng(1), 20000)
    # Means and covariances of 20,000 points each, five standard errors of their difference.
    spread = own.std(axis=0)
    assert (np.abs(points.mean(0) - own.mean(0)) < 5 * spread * np.sqrt(2 / 20000)).all()
    np.testing.assert_allclose(np.cov(points.T), np.cov(own.T), atol=0.05 * spread.max() ** 2)


# --- what is measured, and when ---


def test_what_is_costly_is_measured_where_a_claim_speaks_of_it(engine: Page) -> None:
    found = engine.evaluate(
        """(setup) => {
          const due = [0, 5, 10, 15, 20], metrics = ["critic_ratio", "sliced_wasserstein"];
          const track = new toylabEngine.Track({ sections: [[0, setup]], due, metrics, seldom: { critic_ratio: [15, 20] } }, 4);
          const told = () => due.map((round) => Object.keys(track.rows.get(round).values).sort().join(" "));
          track.goto(20); const seldom = told();
          track.watch({ metrics, seldom: {} });
          const rounds = track.late.length;
          track.catchUp(0);
          if (track.late.length !== rounds - 1) throw new Error("more than a round at once");
          while (track.late.length) track.catchUp(0);
          return [seldom, told()];
        }""",
        setup_of(SAME_GAME),
    )
    both = "critic_ratio sliced_wasserstein"
    # A curve that is drawn later is measured of the past too.
    assert found == [["sliced_wasserstein"] * 3 + [both] * 2, [both] * 5]


def test_truncation_is_looked_at_and_not_played(engine: Page) -> None:
    """A generator of one layer is affine: at half of a latent it is half as far from where it is at 0."""
    affine = {"kind": "mlp", "hidden": [], "latent": 2}
    setups = [
        setup_of(with_penalties(*penalties) | {"generator": affine})
        for penalties in ([], *([{"kind": "truncation", "scale": k}] for k in (0.5, 1e-6)))
    ]
    whole, half, zero = engine.evaluate(
        """(setups) => setups.map((setup) => {
          const run = new toylabEngine.Run(setup, 4);
          for (let i = 0; i < 3; i++) run.step();
          const first = run.shot();
          run.adopt(setups[1]);
          const turned = [...run.shot().samples];
          run.adopt(setup);
          return { samples: [...run.shot().samples], turned, real: [...first.realLogits] };
        })""",
        setups,
    )
    assert whole["real"] == half["real"]
    # On the way as from the first round on.
    assert whole["turned"] == half["samples"] != whole["samples"]
    cloud, halved, at_zero = (np.array(one["samples"]) for one in (whole, half, zero))
    np.testing.assert_allclose(halved - at_zero, (cloud - at_zero) / 2, atol=1e-5)
    assert np.abs(cloud - at_zero).mean() > 0.1


# --- exact ---

SAME_GAME = game(
    game={
        "penalties": [
            {"kind": "r1"},
            {"kind": "instance_noise"},
            {"kind": "replay", "capacity": 60},
            {"kind": "average"},
        ],
        "discriminator_steps": 2,
    },
    optimizer={
        "generator": {"kind": "adam", "schedule": "cosine"},
        "discriminator": {"kind": "rmsprop"},
    },
)


def setup_of(settings: dict[str, Any]) -> dict[str, Any]:
    told = scenario.check({"title": "t", "lesson": "l", **settings}, name="setup")
    return {"settings": told.settings, "target": None, "extent": [-3, 3, -3, 3], "output": "logit"}


EXACT = """([setup, others]) => {
  const { Run, Track } = toylabEngine, alike = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
  const on = (run, n) => { for (let i = 0; i < n; i++) run.step(); return run.state(); };
  const run = new Run(setup, 4), whole = (on(run, 13), run.state()), later = on(run, 9), found = {};
  run.restore(whole); found.again = alike(on(run, 9), later);
  const other = new Run(setup, 4); other.restore(whole); found.elsewhere = alike(on(other, 9), later);
  run.restore(whole); run.half(); const within = run.state(); const rest = on(run, 9);
  other.restore(within); found.withinARound = alike(on(other, 9), rest) && alike(rest, later);
  run.restore(whole); run.adopt(others[0]); run.adopt(setup); found.turnedAndBack = alike(on(run, 9), later);
  run.restore(whole); run.adopt(others[0]); found.turned = !alike(on(run, 1), (other.restore(whole), on(other, 1)));
  const plain = new Run(setup, 4, false); found.withoutVectors = alike(on(plain, 22), later);
  const next = new Run(setup, 5); found.anotherSeed = !alike(on(next, 22), later);

  const plan = (sections) => ({ sections, due: [0, 5, 10, 15, 20, 22], metrics: [] });
  const track = new Track(plan([[0, setup]]), 4);
  track.goto(22); found.track = alike(track.run.state(), later);
  for (const round of [7, 21, 0, 13]) track.goto(round);
  found.back = alike(track.run.state(), whole);
  const branch = new Track(plan([[0, setup]]), 4, { track, round: 13 }); branch.goto(22);
  found.branch = alike(branch.run.state(), later);
  const turned = new Track(plan([[0, setup], [13, others[0]]]), 4, { track, round: 13 }); turned.goto(22);
  found.branchChanged = !alike(turned.run.state(), later);
  turned.goto(9); turned.goto(22); const there = turned.run.state();
  const straight = new Run(setup, 4); on(straight, 13); straight.adopt(others[0]); found.branchIsAChange = alike(on(straight, 9), there);
  const errors = others.slice(1).map((one) => { try { run.adopt(one); return ""; } catch (error) { return error.path; } });
  const cut = [whole.slice(0, -9), new Uint8Array(3), whole.map((x, i) => (i === 900 ? x ^ 1 : x))].map((bytes) => {
    const before = run.state();
    try { run.restore(bytes); return "taken"; } catch (error) { return alike(before, run.state()) ? error.path : "spoilt"; }
  });
  return [found, errors, cut];
}"""


def test_back_and_on_again_is_the_same_to_the_last_bit(engine: Page) -> None:
    turned = SAME_GAME | {
        "game": {**SAME_GAME["game"], "objective": "hinge", "generator_steps": 3},
        "training": {"steps": 8, "batch": 30},
    }
    wide = SAME_GAME | {"generator": {"latent": 2, "hidden": [13]}}
    deep = SAME_GAME | {"generator": {"latent": 3, **SMALL}}
    packs = SAME_GAME | {"game": {"penalties": [{"kind": "packing", "size": 2}]}}
    few = SAME_GAME | {"training": {"steps": 8, "batch": 24, "points": 30}}
    found, errors, cut = engine.evaluate(
        EXACT, [setup_of(SAME_GAME), [setup_of(one) for one in (turned, wide, deep, packs, few)]]
    )
    assert found and all(found.values()), found
    assert errors == ["generator", "generator", "game.penalties.packing", "training.points"]
    assert cut == ["state", "state", "state"]


# What a hand may do, at random; after each the state must be that of a run that went straight there by the same
# settings. The random numbers are of the minimal standard (Park & Miller 1988): one seed, one way.
WANDER = """([variants, seed, ways]) => {
  const { Run, Track } = toylabEngine, alike = (a, b) => a.length === b.length && a.every((x, i) => x === b[i]);
  let s = seed;
  const below = (n) => { s = (s * 16807) % 2147483647; return s % n; };
  const at = (sections, round) => sections.findLast(([from]) => from <= round)[1];
  const straight = (sections, round) => {
    const run = new Run(sections[0][1], 4);
    for (let i = 0; i < round; i++) { const one = at(sections, i); if (one !== run.setup) run.adopt(one); run.step(); }
    return run.state();
  };
  const plan = (sections) => ({ sections, due: [0, 3, 9, 20, 40], metrics: ["modes_covered"] });
  const changed = (sections, round) => [...sections.filter(([from]) => from < round), [round, variants[below(variants.length)]]];
  for (let way = 0; way < ways; way++) {
    let sections = [[0, variants[0]]], track = new Track(plan(sections), 4);
    const said = [];
    for (let k = 0; k < 8; k++) {
      const what = below(5), round = track.run.round;
      if (what === 0) { said.push("on"); for (let n = below(6); n >= 0; n--) track.step(); }
      if (what === 1) { track.goto(below(track.head + 8)); said.push(`to ${track.run.round}`); }
      if (what === 2 && round) { sections = changed(sections, round); track.change(plan(sections)); said.push(`change at ${round}`); }
      if (what === 3) {
        const from = below(track.head + 1), after = from ? changed(sections, from) : sections.slice(0, 1);
        track = new Track(plan(after), 4, { track, round: from });
        sections = after;
        said.push(`branch at ${from}`);
      }
      if (what === 4) { do track.half(); while (track.run.turn); said.push("halves"); }
      track.step();
      if (!alike(track.run.state(), straight(sections, track.run.round))) return said.join(", ");
    }
  }
  return "";
}"""


def test_whatever_way_a_hand_takes_it_comes_to_what_a_straight_run_comes_to(engine: Page) -> None:
    tiny = game(
        generator={"latent": 2, "hidden": [6]},
        discriminator={"hidden": [6]},
        training={"steps": 20, "batch": 8},
    )
    own = {"generator": {"kind": "sgd", "lr": 0.05, "momentum": 0.5, "schedule": "linear"}}
    variants = [
        tiny,
        {**tiny, "game": {"generator_steps": 3}},
        {**tiny, "game": {"objective": "hinge", "penalties": [{"kind": "r1", "weight": 0.3}]}},
        {**tiny, "optimizer": own},
        {**tiny, "training": {"steps": 20, "batch": 12}},
        {**tiny, "game": {"penalties": [{"kind": "replay", "capacity": 30}]}},
        {**tiny, "game": {"update": "optimistic"}},
        {**tiny, "target": {"kind": "grid", "side": 3, "spacing": 1.0}},
    ]
    assert engine.evaluate(WANDER, [[setup_of(one) for one in variants], 5, 60]) == ""


# --- two browser engines ---

STATES = """(setups) => setups.map((setup) => {
  const run = new toylabEngine.Run(setup, 12);
  for (let i = 0; i < 200; i++) run.step();
  return [run.ended, [...run.state()]];
})"""


def test_firefox_and_chromium_come_to_the_same_state(engine: Page, tmp_path: Path) -> None:
    smooth = SAME_GAME | {
        "generator": {"latent": 2, "hidden": [16], "activation": "tanh", "init": "orthogonal"},
        "discriminator": {"hidden": [16], "activation": "silu", "init": "he"},
    }
    setups = [
        setup_of(SAME_GAME),
        setup_of(smooth),
        {
            "settings": toylab.load("mode-collapse").settings,
            "target": None,
            "extent": [-3, 3, -3, 3],
            "output": "logit",
        },
    ]
    ours = engine.evaluate(STATES, setups)
    assert all(ended == -1 for ended, _ in ours)
    assert in_firefox(STATES, setups, tmp_path) == ours
