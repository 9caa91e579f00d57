"""The engine of the page that trains, in a browser: held to what Python plays on the same draws, and to itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from live import chromium, engine_page, tape_of
from playwright.sync_api import Browser, Page

import toylab
from toylab.game.networks import ACTIVATIONS, INITS, NETWORKS
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS, SCHEDULES
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.scenario import catalogue
from toylab.show.lab.playable import NOT_PLAYED, NOT_PLAYED_LAYERS, PLAYED, why_not

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


SADDLE = {
    "target": {"kind": "dirac"},
    "generator": {"kind": "point", "start": [0.7, 0.2]},
    "discriminator": {"kind": "saddle", "start": [0.8, 0.1]},
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
            **(SADDLE if objective == "fake_value" else {"game": {"objective": objective}}),
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
    "saddle": game(**SADDLE),
    "saddle with slopes": game(
        **{**SADDLE, "game": {"objective": "fake_value", "penalties": ["r1", "gradient_penalty"]}}
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
    undecided = {place for who, _, free in tape["steps"] if who == "discriminator" for place in free}
    # What moves D by the same amount wherever a point was: its last bias, and those of units that fire for all.
    # And a weight of a hundred whose gradient happens to be a millionth of the largest.
    assert len(undecided - {*tape["biases"]}) <= len(tape["discriminator"]) / 100
    worst = engine.evaluate(REPLAY, tape)
    assert all(0 <= error < AGREEMENT for error in worst.values()), worst
