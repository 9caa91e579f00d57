"""The game as a whole: solvable games, tricks at work, and any legal mixture of all there is."""

from __future__ import annotations

import itertools
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from commands import ran
from games import SMALL
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn.functional import softplus

from toylab.base.errors import ToylabError
from toylab.game import batches
from toylab.game.batches import drawn
from toylab.game.game import Game
from toylab.game.networks import ACTIVATIONS, MLP
from toylab.game.networks.network import gradient
from toylab.game.objectives import OBJECTIVES
from toylab.game.penalties import PENALTIES
from toylab.game.streams import streams
from toylab.game.told import Classes
from toylab.game.updates import UPDATES, Unrolled
from toylab.game.updates.update import both_gradients
from toylab.scenario import rules
from toylab.scenario.scenario import Scenario, check
from toylab.show.cinema import Film
from toylab.targets import TARGETS
from toylab.targets.classes import asked_for
from toylab.training.run import Run, record
from toylab.training.setup import game_of

Make = Callable[..., Scenario]
CPU = torch.device("cpu")

# Mescheder et al. 2018: the Dirac-GAN from (1, 1) at rate .2 for 500 steps. Their discriminator rises
# on generated points, ours on real ones, so their psi = 1 is our -1; their alternating play moves the
# generator first. Distances from the equilibrium, simultaneous and alternating.
DIRAC: dict[str, tuple[dict[str, Any], tuple[float, float]]] = {
    "gan": ({"objective": "saturating"}, (3.10, 1.42)),
    "non-saturating": ({"objective": "non_saturating"}, (0.64, 0.28)),
    "wgan": (
        {"objective": "wasserstein", "penalties": [{"kind": "weight_clipping", "limit": 1.0}]},
        (1.00, 1.02),
    ),
    "wgan-gp": (
        # Their penalty is lambda / 2, ours lambda.
        {"objective": "wasserstein", "penalties": [{"kind": "gradient_penalty", "weight": 0.35}]},
        (1.80, 1.22),
    ),
    "r1": (
        {"objective": "saturating", "penalties": [{"kind": "r1", "weight": 0.3}]},
        (2.6e-6, 2.3e-7),
    ),
    "r1-critical": (
        {"objective": "saturating", "penalties": [{"kind": "r1", "weight": 1.0}]},
        (1e-21, 7e-17),
    ),
}


def solvable(rate: float, steps: int, **game: Any) -> dict[str, Any]:
    sgd = {"kind": "sgd", "lr": rate}
    return {
        "title": "t",
        "lesson": "l",
        "target": {"kind": "dirac"},
        "generator": {"kind": "point", "start": (1.0, 0.0)},
        "discriminator": {"kind": "linear", "start": (-1.0, 0.0)},
        "game": game,
        "optimizer": {"generator": sgd, "discriminator": sgd},
        "training": {"steps": steps, "batch": 4},
        "recording": {"snapshots": 2, "samples": 8, "grid": 8},
    }


def distance(settings: dict[str, Any]) -> float:
    """Distance of both players from (0, 0) at the end."""
    return float(np.linalg.norm(record(check(settings), [0], []).parameters[-1, 0].astype(float)))


def by_numpy(name: str, alternating: bool) -> float:
    """The same game in float64, written as Mescheder et al. write it."""
    theta, psi, h = 1.0, 1.0, 0.2

    def slope(t: float) -> float:
        return 1 / (1 + np.exp(t))  # f' of f(t) = -log(1 + exp(-t))

    def down_theta() -> float:
        if name == "non-saturating":
            return psi * slope(-theta * psi)
        return psi * (1.0 if name.startswith("wgan") else slope(theta * psi))

    def up_psi() -> float:
        pull = theta * (1.0 if name.startswith("wgan") else slope(theta * psi))
        if name == "wgan-gp":
            pull -= 0.7 * (abs(psi) - 1) * np.sign(psi)
        return pull - {"r1": 0.3, "r1-critical": 1.0}.get(name, 0.0) * psi

    for _ in range(500):
        if alternating:
            theta -= h * down_theta()
            psi += h * up_psi()
        else:
            a, b = down_theta(), up_psi()
            theta, psi = theta - h * a, psi + h * b
        psi = float(np.clip(psi, -1, 1)) if name == "wgan" else psi
    return float(np.hypot(theta, psi))


@pytest.mark.parametrize("alternating", [False, True], ids=["simultaneous", "alternating"])
@pytest.mark.parametrize("name", DIRAC)
def test_the_dirac_gan_ends_where_the_paper_says(name: str, alternating: bool) -> None:
    game, paper = DIRAC[name]
    update = {"kind": "alternating", "generator_first": True} if alternating else "simultaneous"
    end = distance(solvable(0.2, 500, **game, update=update))
    # float32 over 500 steps against float64 of the same equations.
    assert end == pytest.approx(by_numpy(name, alternating), abs=1e-3, rel=1e-3)
    # The paper's cell, to half of the last digit it is quoted with.
    quoted = paper[alternating]
    assert end == pytest.approx(quoted, abs=0.005 if quoted > 0.1 else 0.6 * quoted)


@pytest.mark.parametrize("game", [{"noise": 0.7}, {"consensus": 1.0}])
def test_noise_and_consensus_bring_the_dirac_gan_home(game: dict[str, float]) -> None:
    if "consensus" in game:
        settings = solvable(
            0.2, 500, objective="saturating", update={"kind": "consensus", "weight": 1.0}
        )
    else:
        noise = {"kind": "instance_noise", "spread": 0.7, "end": 1.0}
        settings = solvable(
            0.2, 500, objective="saturating", penalties=[noise], update="simultaneous"
        )
        # Noise is drawn, not integrated out: many points make its mean.
        settings["training"]["batch"] = 4096
    assert distance(settings) < 0.05


@pytest.mark.parametrize(
    ("update", "low", "high"),
    [
        # The product of both players' numbers at rate .1: each simultaneous step multiplies the
        # distance by sqrt(1.01), alternating steps conserve an ellipse, extragradient contracts by
        # sqrt(1 - .01 + .0001) a step.
        ("simultaneous", 1.41421 * 1.01**100 * 0.999, 1.41421 * 1.01**100 * 1.001),
        ("alternating", 1.2, 1.6),
        ("extragradient", 1.41421 * 0.9901**100 * 0.999, 1.41421 * 0.9901**100 * 1.001),
        ("optimistic", 0.0, 0.75),
    ],
)
def test_the_bilinear_game_diverges_stays_or_converges(
    update: str, low: float, high: float
) -> None:
    end = distance(solvable(0.1, 200, objective="fake_value", update=update))
    assert low <= end <= high


@pytest.mark.parametrize("ratio", [1.0, 2.0, 4.0])
def test_a_quadratic_game_is_its_linear_map(ratio: float) -> None:
    # G lowers -x^2 + 2 x y - y^2 / 2 at a rate of h, D raises it at ratio h: a round is a product with a matrix.
    h, steps = 0.05, 300
    settings = solvable(1.0, steps, objective="fake_value", update="simultaneous")
    settings["discriminator"] = {"kind": "quadratic", "start": (1.0, 0.0)}
    settings["optimizer"] = {
        "generator": {"kind": "sgd", "lr": h},
        "discriminator": {"kind": "sgd", "lr": ratio * h},
    }
    of_round = np.eye(2) + h * np.array([[2.0, -2.0], [2.0 * ratio, -ratio]])
    end = np.linalg.norm(np.linalg.matrix_power(of_round, steps) @ np.array([1.0, 1.0]))
    assert distance(settings) == pytest.approx(end, rel=1e-4)
    # Beyond twice as fast the continuous game comes home: a matrix of trace 2 - ratio and determinant 2 ratio.
    assert (end < np.sqrt(2)) == (ratio > 2)


def test_the_field_of_the_dirac_gan_is_its_closed_form() -> None:
    trace = record(check(solvable(0.2, 2, objective="saturating", update="simultaneous")), [0], [])
    x0, x1, y0, y1 = trace.field_extent
    theta, psi = np.meshgrid(np.linspace(x0, x1, 17), np.linspace(y0, y1, 17))
    weight = 1 / (1 + np.exp(-theta * psi))
    assert np.allclose(trace.field[..., 0], weight * psi, atol=1e-5)
    assert np.allclose(trace.field[..., 1], -weight * theta, atol=1e-5)


def test_the_field_does_not_touch_the_draws(small: Make) -> None:
    settings = solvable(0.2, 2, objective="saturating", penalties=[{"kind": "instance_noise"}])
    game = game_of(check(settings), [0], CPU)
    before = game._draws
    game.field()
    assert game._draws is before
    assert game_of(check(settings), [0], CPU)._draws.normal(3).equal(before.normal(3))


# --- unrolling ---


def test_an_unrolled_gradient_flows_through_the_inner_steps(small: Make) -> None:
    """In float64, against finite differences of the loss after the inner steps."""
    for optimizer, terms in (
        ({"kind": "sgd", "lr": 0.3}, []),
        ({"kind": "adam", "lr": 0.05}, []),
        ({"kind": "sgd", "lr": 0.1}, [{"kind": "r2", "weight": 3.0}]),
        ({"kind": "sgd", "lr": 0.1}, [{"kind": "gradient_penalty", "weight": 3.0}]),
    ):
        scenario = small(
            generator={"hidden": [3], "activation": "tanh"},
            discriminator={"hidden": [3], "activation": "tanh"},
            optimizer={"generator": optimizer, "discriminator": optimizer},
            game={"penalties": terms},
        )
        game = game_of(scenario, [0], CPU)
        for player in (game.generator, game.discriminator):
            player.parameters = player.parameters.double()
            player.state = player.optimizer.initial(player.parameters)
        # The same interpolation factors at each look: a difference must not measure the dice.
        factors = torch.rand(1, 16, 1, generator=torch.Generator().manual_seed(5)).double()
        game._draws = SimpleNamespace(uniform=lambda *shape, x=factors: x)  # type: ignore[assignment]
        raw = game.draw(real=True)
        assert raw.real is not None
        batch = raw._replace(real=raw.real.double(), z=raw.z.double())
        rule, at = Unrolled(steps=3), game.generator.parameters

        def down(d: Tensor, x: Tensor, game: Game = game, batch: Any = batch) -> Tensor:
            return gradient(lambda p: game.discriminator_loss(p, x, batch), d)

        def ahead(g: Tensor, game: Game = game, batch: Any = batch) -> Tensor:
            """The generator's loss against the discriminator of three steps later."""
            x = game.points(g, batch)
            later = game.discriminator.moves(partial(down, x=x), 3).detach()
            return game.generator_loss(later, x, batch)

        through = rule.gradient(game, at, batch)
        h, differences = 1e-6, torch.zeros_like(at)
        for i in range(at.shape[1]):
            step = torch.zeros_like(at)
            step[0, i] = h
            differences[0, i] = (ahead(at + step) - ahead(at - step)).item() / (2 * h)
        assert torch.allclose(through, differences, atol=1e-6)
        plain = gradient(
            lambda g, game=game, batch=batch: game.generator_loss(
                game.discriminator.parameters, game.points(g, batch), batch
            ),
            at,
        )
        # Not merely the plain gradient at the later discriminator either.
        later = game.discriminator.moves(partial(down, x=game.points(at, batch)), 3).detach()
        stopped = gradient(
            lambda g, d=later, game=game, batch=batch: game.generator_loss(
                d, game.points(g, batch), batch
            ),
            at,
        )
        assert (through - plain).norm() > 0.01 * plain.norm()
        assert (through - stopped).norm() > 0.01 * stopped.norm()


# --- tricks at work ---


def with_penalty(small: Make, **penalty: Any) -> Game:
    return game_of(small(game={"penalties": [penalty]}), [0, 1], CPU)


def test_a_pack_is_judged_as_one(small: Make) -> None:
    game = with_penalty(small, kind="packing", size=2)
    d, x = game.discriminator.parameters, torch.randn(2, 6, 2)
    logits = game.judge(d, x)
    assert logits.shape == (2, 6) and torch.equal(logits[:, 0], logits[:, 1])
    by_hand = game._judge(d, torch.cat([x[:, 0], x[:, 1]], dim=-1)[:, None]).squeeze(-1)
    assert torch.allclose(logits[:, :1], by_hand, atol=1e-6)
    twice = game.judge_alone(d, x[:, :1], among=x)
    assert torch.allclose(twice, game.judge(d, x[:, :1].repeat(1, 2, 1))[:, :1], atol=1e-6)


def test_a_penalty_on_a_pack_measures_the_slope_over_the_whole_pack(small: Make) -> None:
    """Against autograd on a plain network that takes the pack as one input of four numbers."""
    for kind in ("r1", "r2", "gradient_penalty"):
        scenario = small(
            discriminator={"hidden": [3], "activation": "tanh"},
            game={"penalties": [{"kind": "packing", "size": 2}, {"kind": kind, "weight": 2.0}]},
        )
        game, bare = game_of(scenario, [0], CPU), game_of(scenario, [0], CPU)
        bare._penalties = bare._penalties[:1]
        factors = torch.rand(1, 8, 1, generator=torch.Generator().manual_seed(5))
        game._draws = SimpleNamespace(uniform=lambda *shape, x=factors: x)  # type: ignore[assignment]
        batch, d, g = game.draw(real=True), game.discriminator.parameters, game.generator.parameters
        assert batch.real is not None
        points = game.points(g, batch)
        losses = [one.discriminator_loss(d, points, batch) for one in (game, bare)]
        found = losses[0] - losses[1]
        w1, b1, w2, b2 = d[0].split([12, 3, 3, 1])
        real = batch.real.reshape(8, 4)
        fake = game.generate(g, batch.z).reshape(8, 4)
        at = {"r1": real, "r2": fake}.get(kind, factors[0] * real + (1 - factors[0]) * fake)
        at = at.detach().requires_grad_()
        logits = torch.tanh(at @ w1.reshape(4, 3) + b1) @ w2 + b2
        slope = torch.autograd.grad(logits.sum(), at)[0].norm(dim=1)
        wanted = 2 * (slope - 1).square() if kind == "gradient_penalty" else slope.square()
        assert found.item() == pytest.approx(wanted.mean().item(), rel=1e-4), kind


def told(small: Make, *more: dict[str, Any], **label: Any) -> Game:
    """A game of one seed, four classes told, and a D of which the numbers can be worked out by hand."""
    scenario = small(
        target={"kind": "ring", "modes": 4},
        discriminator={"hidden": [3], "activation": "tanh"},
        game={"penalties": [{"kind": "class_label", **label}, *more]},
    )
    return game_of(scenario, [0], CPU)


def judged_by_hand(d: Tensor, x: Tensor, classes: Tensor) -> Tensor:
    """Logits of places [N, 2] of classes [N], by a layer of three that is written out."""
    w1, b1, w2, b2 = d[0].split([18, 3, 3, 1])
    seen = torch.cat([x, torch.nn.functional.one_hot(classes, 4)], dim=1)
    return torch.tanh(seen @ w1.reshape(6, 3) + b1) @ w2 + b2


def test_a_class_stands_behind_each_point_that_d_sees(small: Make) -> None:
    """A real point's is that of its quarter of the plane, a generated one's what it was asked for."""
    game = told(small, surface=2)
    batch, d, g = game.draw(real=True), game.discriminator.parameters, game.generator.parameters
    points = game.points(g, batch)
    assert batch.real is not None and batch.z.shape[2] == game.latent
    real, fake = batch.real[0], points[0]
    # Modes on the axes, the first one to the right: the nearest is told by the angle.
    at = (torch.atan2(real[:, 1], real[:, 0]) / (torch.pi / 2)).round().long() % 4
    asked = torch.from_numpy(asked_for(np.full(4, 0.25), len(fake)))
    on_real, on_fake = judged_by_hand(d, real, at), judged_by_hand(d, fake, asked)
    wanted = (softplus(-on_real) + softplus(on_fake)).mean()
    assert game.discriminator_loss(d, points, batch).item() == pytest.approx(
        wanted.item(), rel=1e-5
    )
    assert torch.allclose(game.judge(d, batch.real)[0], on_real, atol=1e-6)
    assert torch.allclose(game.judge(d, points, generated=True)[0], on_fake, atol=1e-6)
    shown = judged_by_hand(d, real, torch.full((len(real),), 2))
    assert torch.allclose(game.judge_alone(d, batch.real, among=batch.real)[0], shown, atol=1e-6)


def test_a_class_is_asked_of_g_and_d_need_not_know(small: Make) -> None:
    """The same latent makes different points of different classes; an untold D is as wide as any."""
    game = told(small, judged=False)
    assert game.discriminator.parameters.shape[1] == 3 * 2 + 3 + 3 + 1
    same = torch.ones(1, 8, game.latent)
    points = game.generate(game.generator.parameters, same)[0]
    asked = asked_for(np.full(4, 0.25), 8)
    for k in range(4):
        of_one = points[torch.from_numpy(asked == k)]
        assert torch.allclose(of_one, of_one[:1].expand_as(of_one))
    assert len({tuple(row) for row in points.round(decimals=5).tolist()}) == 4


def test_no_class_is_left_out_for_good(small: Make) -> None:
    """Of 25 modes and a batch of 16: a round asks for some, and the next goes on from there."""
    scenario = small(
        target={"kind": "grid"},
        training={"steps": 30, "batch": 16},
        game={"penalties": [{"kind": "class_label"}]},
    )
    game, counts = game_of(scenario, [0], CPU), np.zeros(25, int)
    latents = torch.zeros(1, 16, game.latent)
    looked = game._told.latents(latents)
    for number in range(30):
        game.begin_round(number, number / 30)
        asked = game._told.latents(latents)[0, :, game.latent :]
        # D is told of the same points what G was asked for.
        assert torch.equal(game._told.generated(torch.zeros(1, 16, 2))[0, :, 2:], asked)
        counts += asked.argmax(1).bincount(minlength=25).numpy()
        game.end_round()
    assert np.abs(counts - 30 * 16 / 25).max() <= 4
    # A look asks for what all looks ask for.
    assert torch.equal(game._told.latents(latents), looked)


def test_the_class_of_a_place_far_from_0_is_that_of_its_nearest_mode() -> None:
    """Where float32's products of matrices have lost what lies between two modes."""
    target = TARGETS["mixture"](means=((1000.0, 1000.0), (1000.5, 1000.0)), spreads=(0.1,))
    classes = Classes(target, [PENALTIES["class_label"]()], CPU)
    at = torch.from_numpy(drawn(target, np.random.default_rng(0), 400))[None]
    right = (at[0, :, 0] - 1000 > 0.25).long()
    assert torch.equal(classes.real(at, at)[0, :, 2:].argmax(1), right)


def test_a_penalty_measures_the_slope_over_places_and_not_over_classes(small: Make) -> None:
    for kind in ("r1", "r2"):
        # So heavy that the penalty is not lost in the rounding of the loss beside it.
        game, bare = told(small, {"kind": kind, "weight": 2e4}), told(small)
        batch, d, g = game.draw(real=True), game.discriminator.parameters, game.generator.parameters
        points = game.points(g, batch)
        losses = [one.discriminator_loss(d, points, batch) for one in (game, bare)]
        at = batch.real if kind == "r1" else points
        assert at is not None
        x = at[0].detach().requires_grad_()
        asked = torch.from_numpy(asked_for(np.full(4, 0.25), len(x)))
        turned = (torch.atan2(x[:, 1], x[:, 0]) / (torch.pi / 2)).round().long() % 4
        logits = judged_by_hand(d, x, turned.detach() if kind == "r1" else asked)
        slope = torch.autograd.grad(logits.sum(), x)[0]
        wanted = 1e4 * slope.square().sum(-1).mean()
        assert (losses[0] - losses[1]).item() == pytest.approx(wanted.item(), rel=1e-4), kind


@pytest.mark.parametrize("options", [{}, {"minibatch": 2}, {"activation": "maxout"}])
def test_places_are_judged_in_pieces_that_fit(
    small: Make, options: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    game = game_of(small(discriminator={"hidden": [8, 4], **options}), [0, 1], CPU)
    d, x = game.discriminator.parameters, torch.randn(2, 100, 2)
    whole = game.judge_alone(d, x, among=x[:, :9])
    network, seen = game._judge, []
    most = 7 * 2 * network.numbers(9)
    monkeypatch.setattr("toylab.game.game.PIECE", most)
    plain = MLP.__call__
    monkeypatch.setattr(
        MLP,
        "__call__",
        lambda self, p, at, **more: (seen.append(at.shape), plain(self, p, at, **more))[1],
    )
    assert torch.allclose(game.judge_alone(d, x, among=x[:, :9]), whole, atol=1e-6)
    assert sum(shape[1] for shape in seen) == 100 and {shape[1] for shape in seen} == {7, 2}


def test_a_network_fills_as_many_numbers_as_its_layers_have() -> None:
    net = MLP(2, 1, (7, 5), "tanh")
    chain, x = net._chain, torch.randn(3, 11, 2)
    assert chain is not None
    row = net.initial(streams(range(3), "generator_init"))
    kept = chain.hidden(chain.blocks(row), x)
    numbers = sum(h[0, 0].numel() for h in kept) + net.outputs
    assert net.numbers(0) == net.numbers(50) == numbers
    # Five differences and a closeness of each kernel for each pair.
    assert MLP(2, 1, (7,), minibatch=3).numbers(50) == 2 + 7 + 1 + 50 * 3 * 6


def test_the_rules_count_the_block_that_is_drawn() -> None:
    assert rules.BLOCK == batches.BLOCK


# One training each in which one thing takes the memory.
HUNGRY: dict[str, dict[str, Any]] = {
    "pairs": {"discriminator": {"hidden": [8], "minibatch": 32}, "training": {"batch": 384}},
    "layers": {"discriminator": {"hidden": [256, 256]}, "training": {"batch": 16384}},
    "look-ahead": {
        "discriminator": {"hidden": [32, 32]},
        "game": {"update": {"kind": "unrolled", "steps": 10}},
        "training": {"batch": 8192},
    },
    "parameters": {"discriminator": {"hidden": [1500, 1500, 1500]}},
    "latents": {"generator": {"latent": 100}, "training": {"batch": 16384}},
}
# In a process of its own, whose peak nobody else has set; getrusage would tell its parent's as well.
HUNGER = """
import json, re, sys
from pathlib import Path
from toylab import train
from toylab.scenario import rules
from toylab.scenario.scenario import check

def peak():
    return 1024 * int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1])

small, hungry = map(json.loads, sys.argv[1:])
list(train(check(small), [0]))
before, scenario = peak(), check({**small, **hungry})
list(train(scenario, [0]))
print(peak() - before, sum(rules.needs(scenario).values()))
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such file")
@pytest.mark.parametrize("what", HUNGRY)
def test_the_rules_foretell_the_memory_of_a_training(what: str) -> None:
    steps = {"steps": 2, "batch": 8}
    hungry = {key: {**SMALL.get(key, {}), **table} for key, table in HUNGRY[what].items()}
    hungry["training"] = {**steps, **HUNGRY[what].get("training", {})}
    tables = json.dumps({**SMALL, "training": steps}), json.dumps(hungry)
    told = ran(["-c", HUNGER, *tables], Path.cwd(), 300)
    taken, foretold = map(int, told.stdout.split())
    # 120 to 530 MB each, from .7 to 1.3 of what is foretold; a limit of gigabytes needs no better.
    assert foretold / 2 < taken < 2 * foretold, told


TRICKS: dict[str, list[dict[str, Any]]] = {
    "none": [],
    "noise": [{"kind": "instance_noise"}],
    "replay": [{"kind": "replay"}],
    "packing": [{"kind": "packing", "size": 2}],
    "r1": [{"kind": "r1"}, {"kind": "packing", "size": 2}],
    "gradient_penalty": [{"kind": "gradient_penalty"}],
    "smoothing": [{"kind": "label_smoothing"}, {"kind": "r2"}],
    "class": [{"kind": "class_label"}, {"kind": "r1"}, {"kind": "instance_noise"}],
}


@pytest.mark.parametrize("objective", [o for o in OBJECTIVES if o != "fake_value"])
@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("extras", [{}, {"batch_norm": True}], ids=["by hand", "by autograd"])
def test_a_players_gradient_is_autograds(
    small: Make, objective: str, trick: str, extras: dict[str, Any]
) -> None:
    if trick == "smoothing" and OBJECTIVES[objective]().output != "logit":
        trick = "r1"  # a label is one of probabilities
    scenario = small(
        generator={"hidden": [5, 4], "activation": "elu", "input_scale": 0.7, **extras},
        discriminator={"hidden": [6, 3], "activation": "leaky_relu", "input_scale": 1.3},
        game={"objective": objective, "penalties": TRICKS[trick]},
    )
    # Two games alike, for their draws go on with each use; a second round has something to replay.
    ours, theirs = game_of(scenario, [0, 1], CPU), game_of(scenario, [0, 1], CPU)
    for ahead in (False, True):
        found = []
        for game, way in ((ours, "gradient"), (theirs, "loss")):
            batch = game.draw(real=True, ahead=ahead)
            d, g = game.discriminator.parameters, game.generator.parameters
            if way == "gradient":
                both = both_gradients(game, batch, d, g)
            else:
                x = theirs.points(g, batch)
                both = (
                    gradient(lambda at, x=x, b=batch: theirs.discriminator_loss(at, x, b), d),
                    gradient(
                        lambda at, d=d, b=batch: theirs.generator_loss(d, theirs.points(at, b), b),
                        g,
                    ),
                )
            found.append(both)
        for one, other in zip(*found, strict=True):
            # float32 and another order of the sums; gradients are of size .1 to 1.
            assert torch.allclose(one, other, atol=2e-6, rtol=1e-4)


def test_replay_mixes_in_old_points_and_forgets_the_oldest(small: Make) -> None:
    game = with_penalty(small, kind="replay", share=0.5, capacity=32)
    first, second = torch.full((2, 16, 2), 1.0), torch.full((2, 16, 2), 2.0)

    def learnt_from(points: Tensor) -> Tensor:
        return game._sides(points, game.draw(real=True))[1]

    assert torch.equal(learnt_from(first), first)
    mixed = learnt_from(second)
    assert (mixed[:, :8] == 1).all() and (mixed[:, 8:] == 2).all()
    learnt_from(torch.full((2, 16, 2), 3.0))
    assert game._old.shape == (2, 32, 2) and game._old.min() == 2


def test_the_average_of_the_generator_is_recorded_and_not_played(small: Make) -> None:
    plain = record(small(), [0])
    averaged = record(small(game={"penalties": [{"kind": "average", "decay": 0.9}]}), [0])
    assert np.array_equal(plain.real_logits[0], averaged.real_logits[0])
    # The discriminator saw the same generator; the shown one lags behind it.
    assert np.allclose(plain.real_logits[-1], averaged.real_logits[-1], atol=1e-6)
    moved = np.abs(plain.samples[-1] - plain.samples[0]).mean()
    assert np.abs(averaged.samples[-1] - plain.samples[0]).mean() < moved


def test_truncation_is_recorded_and_not_played(small: Make) -> None:
    """A generator of one layer is affine: at half of a latent it is half as far from where it is at 0."""
    affine = {"kind": "mlp", "hidden": [], "latent": 2}
    halved = [{"kind": "truncation", "scale": 0.5}]
    nothing = [{"kind": "truncation", "scale": 1e-6}]
    plain, truncated, middle = (
        record(small(generator=affine, game={"penalties": one}), [0, 3])
        for one in ([], halved, nothing)
    )
    np.testing.assert_array_equal(plain.real_logits, truncated.real_logits)
    at_zero = middle.samples[:, :, :1]
    # Rounding of float32, and what a millionth of a latent moves.
    np.testing.assert_allclose(
        truncated.samples - at_zero, (plain.samples - at_zero) / 2, atol=1e-5
    )
    assert np.abs(plain.samples - at_zero).mean() > 0.1


def test_truncation_may_come_on_the_way(small: Make) -> None:
    """From its round on the clouds are those of a training that was recorded so from the first."""
    halved = {"penalties": [{"kind": "truncation", "scale": 0.5}]}
    rounds = {"training": {"steps": 4}, "recording": {"snapshots": 5}}
    plain, always = (record(small(**rounds, game=g), [0]) for g in ({"penalties": []}, halved))
    later = record(small(**rounds, changes=[{"at": 2, "game": halved}]), [0])
    np.testing.assert_array_equal(later.samples[:3], plain.samples[:3])
    np.testing.assert_array_equal(later.samples[3:], always.samples[3:])


def test_clipped_weights_stay_clipped(small: Make) -> None:
    game = with_penalty(small, kind="weight_clipping", limit=0.05)
    assert game.discriminator.parameters.abs().max() <= 0.05
    for _ in range(3):
        UPDATES["alternating"]().play(game)
    assert game.discriminator.parameters.abs().max() <= 0.05
    assert game.generator.parameters.abs().max() > 0.05


def test_a_finite_training_set_is_all_that_training_sees(small: Make) -> None:
    scenario = small(training={"points": 5})
    game = game_of(scenario, [0], CPU)
    known = {tuple(p) for p in game.known[0].tolist()}
    seen = {tuple(p) for _ in range(40) for p in game.batches.real()[0].tolist()}
    assert seen == known and len(known) == 5
    trace = record(scenario, [0])
    assert trace.train_logits.shape == (3, 1, 5)
    assert record(small(), [0]).train_logits.shape == (3, 1, 0)


def test_schedules_reach_the_players(small: Make) -> None:
    rule = {"kind": "sgd", "lr": 0.1, "schedule": "linear"}
    run = Run(small(optimizer={"generator": rule, "discriminator": "sgd"}), [0], [0], CPU)
    list(run.snapshots([4]))
    # Four rounds: the last begins at three quarters of the time.
    assert run.game.generator.rate == pytest.approx(0.025)
    assert run.game.discriminator.rate == pytest.approx(0.01)


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_the_order_of_a_batch_does_not_matter(small: Make, objective: str) -> None:
    game = game_of(small(game={"objective": objective}), [0, 1], CPU)
    batch = game.draw(real=True)
    assert batch.real is not None
    order = torch.randperm(16, generator=torch.Generator().manual_seed(0))
    mixed = batch._replace(real=batch.real[:, order], z=batch.z[:, order])
    d, g = game.discriminator.parameters, game.generator.parameters
    for loss in (game.discriminator_loss, game.generator_loss):
        one, other = (loss(d, game.points(g, b), b) for b in (batch, mixed))
        assert torch.allclose(one, other, atol=1e-6)


# --- any mixture ---


def penalty(kind: str) -> dict[str, Any]:
    return {"kind": kind, **{"packing": {"size": 2}, "replay": {"capacity": 40}}.get(kind, {})}


NETWORK = st.fixed_dictionaries(
    {
        "hidden": st.sampled_from([(), (5,), (6, 4)]),
        "activation": st.sampled_from(sorted(ACTIVATIONS)),
    },
    optional={
        "dropout": st.sampled_from([0.0, 0.3]),
        "spectral_norm": st.booleans(),
        "batch_norm": st.booleans(),
        "minibatch": st.sampled_from([0, 2]),
        "init": st.sampled_from(["lecun", "orthogonal", "he"]),
    },
)
OPTIMIZER = st.fixed_dictionaries(
    {"kind": st.sampled_from(["adam", "sgd", "rmsprop"]), "lr": st.just(1e-3)},
    optional={"schedule": st.sampled_from(["constant", "linear", "cosine", "step"])},
)
MIXTURE = st.fixed_dictionaries(
    {
        "target": st.sampled_from(
            [{"kind": "ring"}, {"kind": "two_moons"}, {"kind": "checkerboard"}]
        ),
        "generator": NETWORK,
        "discriminator": NETWORK,
        "objective": st.sampled_from(sorted(OBJECTIVES)),
        "update": st.sampled_from(sorted(UPDATES)),
        "penalties": st.lists(st.sampled_from(sorted(PENALTIES)), max_size=3),
        "optimizers": st.tuples(OPTIMIZER, OPTIMIZER),
        "points": st.sampled_from([0, 7]),
    }
)


@settings(
    max_examples=150,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
    derandomize=True,
)
@given(MIXTURE)
def test_any_mixture_plays_and_films_or_is_refused_with_a_reason(mix: dict[str, Any]) -> None:
    generator, discriminator = mix["optimizers"]
    if mix["update"] == "competitive_gradient_descent":
        generator = discriminator = {"kind": "sgd", "lr": 1e-3}
    settings = {
        "title": "t",
        "lesson": "l",
        "target": mix["target"],
        "generator": mix["generator"],
        "discriminator": mix["discriminator"],
        "game": {
            "objective": mix["objective"],
            "update": {"kind": "unrolled", "steps": 2}
            if mix["update"] == "unrolled"
            else mix["update"],
            "penalties": [penalty(kind) for kind in mix["penalties"]],
        },
        "optimizer": {"generator": generator, "discriminator": discriminator},
        "training": {"steps": 3, "batch": 8, "points": mix["points"]},
        "recording": {"snapshots": 2, "samples": 16, "grid": 8},
    }
    try:
        scenario = check(settings)
    except ToylabError as error:
        assert any(word in str(error) for word in ("refused", "needs", "need", "twice", "undo"))
        return
    trace = record(scenario, [0, 1])
    for array in (trace.samples, trace.real_logits, trace.logits, trace.losses):
        assert np.isfinite(array).all()
    film = Film(trace)
    assert np.array_equal(film.draw(1), film.redraw(1))


@pytest.mark.parametrize("update", UPDATES)
@pytest.mark.parametrize("trick", [None, *PENALTIES])
def test_a_seed_ignores_its_neighbours_whatever_is_played(
    small: Make, update: str, trick: str | None
) -> None:
    sgd = {"kind": "sgd", "lr": 0.05}
    try:
        scenario = small(
            game={
                "objective": "saturating",
                "update": {"kind": "unrolled", "steps": 2} if update == "unrolled" else update,
                "penalties": [penalty(trick)] if trick else [],
            },
            optimizer={"generator": sgd, "discriminator": sgd},
            generator={"batch_norm": True, "hidden": [8]},
            discriminator={"dropout": 0.2, "minibatch": 2, "hidden": [8]},
        )
    except ToylabError:
        return  # refused; the mixture test asks for the reason
    together, alone = record(scenario, [4, 7], []), record(scenario, [7], [])
    # Batched and single sums differ in their last digits; over four rounds that stays below this.
    assert np.allclose(together.samples[:, 1], alone.samples[:, 0], atol=2e-5)
    assert np.allclose(together.real_logits[:, 1], alone.real_logits[:, 0], atol=2e-5)


# --- what is refused ---

FOUR = {"kind": "packing", "size": 4}
REFUSED = [
    ({"discriminator": {"batch_norm": True}}, "discriminator.batch_norm is refused"),
    ({"generator": {"minibatch": 2}}, "generator.minibatch is refused"),
    (
        {"discriminator": {"kind": "fourier"}, "game": {"penalties": ["packing"]}},
        "packing needs a discriminator of kind mlp",
    ),
    (
        {
            "game": {
                "objective": "wasserstein",
                "update": "competitive_gradient_descent",
                "penalties": ["weight_decay"],
            }
        },
        "weight_decay",
    ),
    ({"discriminator": {"kind": "fourier", "spread": -0.1}}, "spread"),
    ({"discriminator": {"kind": "fourier", "period": 0.01}}, "period"),
    ({"game": {"penalties": [{"kind": "weight_decay", "share": 1}]}}, "share"),
    (
        {"discriminator": {"spectral_norm": True}, "game": {"penalties": ["weight_clipping"]}},
        "it changes no weight that the norm",
    ),
    ({"generator": {"batch_norm": True, "spectral_norm": True}}, "undo one another"),
    ({"generator": {"hidden": [], "dropout": 0.5}}, "need a hidden layer"),
    ({"game": {"objective": "hinge", "penalties": ["label_smoothing"]}}, "label_smoothing needs labels"),
    ({"game": {"penalties": ["packing", "packing"]}}, "packing stands twice"),
    ({"game": {"penalties": ["class_label", "class_label"]}}, "class_label stands twice"),
    ({"game": {"penalties": ["class_label", "replay"]}}, "replay with class_label is refused"),
    ({"game": {"penalties": ["class_label", "gradient_penalty"]}}, "gradient_penalty with class_label"),
    ({"game": {"penalties": ["class_label", "packing"]}}, "packing with class_label is refused"),
    ({"game": {"penalties": [{"kind": "class_label", "surface": 8}]}}, "the last of 8 classes is 7, got 8"),
    ({"target": {"kind": "square"}, "game": {"penalties": ["class_label"]}}, "a target of several modes"),
    ({"generator": {"kind": "torn"}, "game": {"penalties": ["class_label"]}}, "and a discriminator of kind mlp"),
    ({"discriminator": {"kind": "fourier"}, "game": {"penalties": ["class_label"]}}, "and a discriminator of kind mlp"),
    ({"claims": [{"text": "t", "metric": "asked_mode", "relation": "<", "threshold": 1}]}, "no class is asked for"),
    ({"claims": [{"text": "t", "metric": "value_gap", "relation": "<", "threshold": 1}], "game": {"penalties": ["class_label"]}}, "D is told a class"),
    ({"claims": [{"text": "t", "metric": "critic_slope", "relation": "<", "threshold": 1}], "game": {"penalties": ["class_label"]}}, "D is told a class"),
    ({"generator": {"hidden": []}, "claims": [{"text": "t", "metric": "optimal_distance", "relation": "<", "threshold": 1}], "game": {"penalties": [{"kind": "class_label", "judged": False}]}}, "not exactly Gaussian"),
    ({"game": {"penalties": [{"kind": "packing", "size": 3}]}}, "training.batch to be a multiple of 3"),
    ({"training": {"points": 7}, "game": {"penalties": ["packing"]}}, "training.points to be a multiple of 2, got 7"),
    ({"discriminator": {"minibatch": 2}, "game": {"penalties": ["r1"]}}, "r1 with discriminator.minibatch is refused"),
    ({"discriminator": {"minibatch": 2}, "game": {"penalties": ["r2", "gradient_penalty"]}}, "r2, gradient_penalty with"),
    ({"game": {"update": "unrolled", "penalties": ["replay"]}}, "fill the memory twice"),
    ({"game": {"update": "unrolled", "penalties": ["weight_clipping"]}}, "no gradient"),
    ({"game": {"update": "competitive_gradient_descent"}}, "needs a zero-sum objective"),
    ({"game": {"update": "simultaneous", "discriminator_steps": 2}}, "once a round"),
    ({"target": {"kind": "square"}, "claims": [{"text": "t", "metric": "modes_hit", "relation": "<", "threshold": 1}]}, "no separate modes"),
    ({"claims": [{"text": "t", "metric": "held_out_gap", "relation": "<", "threshold": 1}]}, "set training.points"),
    ({"discriminator": {"kind": "quadratic"}}, "fake_value"),
    ({"generator": {"batch_norm": True}, "training": {"batch": 1}}, "batch_norm with training.batch = 1 is refused"),
    ({"discriminator": {"minibatch": 2}, "training": {"batch": 1}}, "minibatch with training.batch = 1 is refused.*to 2 at"),
    ({"discriminator": {"minibatch": 2}, "training": {"batch": 4}, "game": {"penalties": [FOUR]}}, "4 and packing of 4 is refused.*to 8 at"),
    ({"discriminator": {"minibatch": 2}, "recording": {"samples": 4}, "game": {"penalties": [FOUR]}}, "with recording.samples = 4 and packing"),
    ({"game": {"update": "unrolled", "generator_steps": 0}}, "looks ahead for the generator"),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "words"), REFUSED)
def test_what_makes_no_sense_together_is_refused_with_its_reason(
    small: Make, tables: dict[str, Any], words: str | None
) -> None:
    with pytest.raises(ToylabError, match=words):
        small(**tables)


def test_all_reasons_are_told_at_once(small: Make) -> None:
    game = {"update": "simultaneous", "discriminator_steps": 2, "penalties": ["packing"] * 2}
    with pytest.raises(ToylabError, match=r"packing stands twice.*game\.update: .*once a round"):
        small(game=game)


@pytest.mark.parametrize(
    "tables",
    [
        {"generator": {"batch_norm": True}, "training": {"batch": 2}},
        {"discriminator": {"minibatch": 2}, "training": {"batch": 2}},
        {
            "discriminator": {"minibatch": 2},
            "training": {"batch": 8},
            "game": {"penalties": [FOUR]},
        },
        {"discriminator": {"minibatch": 2}, "training": {"points": 1}},
        {"training": {"batch": 1}},
    ],
    ids=str,
)
def test_as_few_points_as_make_sense_are_trained_on(small: Make, tables: dict[str, Any]) -> None:
    assert np.isfinite(record(small(**tables), [0]).samples).all()


def test_all_combinations_of_two_tricks_are_defined_or_refused(small: Make) -> None:
    of_several_classes = {"gradient_penalty", "packing", "replay"}
    for one, two in itertools.combinations(PENALTIES, 2):
        tables = {"game": {"penalties": [penalty(one), penalty(two)]}}
        if "class_label" in (one, two) and {one, two} & of_several_classes:
            with pytest.raises(ToylabError, match="with class_label is refused"):
                small(**tables)
            continue
        scenario = small(**tables)
        assert np.isfinite(record(scenario, [0]).samples).all(), (one, two)


def test_a_seed_that_diverges_under_spectral_norm_is_recorded(small: Make) -> None:
    blow_up = {"kind": "sgd", "lr": 1e9}
    scenario = small(
        discriminator={"spectral_norm": True},
        optimizer={"generator": blow_up, "discriminator": blow_up},
        training={"steps": 30},
    )
    assert (record(scenario, [0, 1]).diverged_at > 0).any()
