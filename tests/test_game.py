"""Networks, objectives, optimisers, penalties and updates against torch, closed forms and differences."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from toylab.game.networks import ACTIVATIONS, INITS, MLP
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.streams import streams

MODULES: dict[str, nn.Module] = {
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(0.2),
    "tanh": nn.Tanh(),
    "elu": nn.ELU(),
    "silu": nn.SiLU(),
}


def as_modules(net: MLP, row: Tensor, activation: str) -> nn.Sequential:
    """The network of one seed as torch.nn would write it."""
    layers: list[nn.Module] = []
    at = 0
    for depth, (fan_in, fan_out) in enumerate(net.layers):
        linear = nn.Linear(fan_in, fan_out)
        size = fan_in * fan_out
        with torch.no_grad():
            linear.weight.copy_(row[at : at + size].view(fan_in, fan_out).T)
            linear.bias.copy_(row[at + size : at + size + fan_out])
        at += size + fan_out
        layers += [MODULES[activation]] * bool(depth) + [linear]
    return nn.Sequential(*layers)


def initial(net: MLP, n_seeds: int = 3) -> Tensor:
    return net.initial(streams(range(n_seeds), "generator_init"))


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("hidden", [(), (5,), (7, 4, 6)])
def test_an_ensemble_computes_what_each_torch_network_does(
    activation: str, hidden: tuple[int, ...]
) -> None:
    net = MLP(3, 2, hidden, activation)
    rows, x = initial(net), torch.randn(3, 10, 3)
    each = torch.stack([as_modules(net, r, activation)(x[s]) for s, r in enumerate(rows)])
    assert torch.allclose(net(rows, x), each, atol=1e-6)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_gradients_of_a_network_are_finite_differences(activation: str) -> None:
    net = MLP(2, 1, (5, 5), activation)
    rows = initial(net, 1).double().requires_grad_()
    # Away from kinks: a difference across a kink of relu is no derivative.
    x = torch.randn(1, 3, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    assert torch.autograd.gradcheck(lambda p: net(p, x), rows)


@pytest.mark.parametrize("init", INITS)
def test_initial_weights_have_the_scale_of_their_scheme(init: str) -> None:
    fan_in, fan_out, gain = 60, 80, 0.7
    net = MLP(fan_in, fan_out, (), init=init, gain=gain)
    row = initial(net, 1)[0]
    weights, bias = row[: fan_in * fan_out].view(fan_in, fan_out), row[fan_in * fan_out :]
    expected = {
        "lecun": 1 / np.sqrt(3 * fan_in),
        "xavier": np.sqrt(2 / (fan_in + fan_out)),
        "he": np.sqrt(2 / fan_in),
        "orthogonal": 1 / np.sqrt(fan_out),
        "normal": 1.0,
    }[init]
    # 4,800 weights: the standard deviation is known to 1 %; five of those.
    assert float(weights.std()) == pytest.approx(gain * expected, rel=0.05)
    assert bool((bias != 0).any()) == (init == "lecun")


def test_an_orthogonal_layer_is_orthogonal() -> None:
    net = MLP(20, 30, (), init="orthogonal", gain=0.8)
    weights = initial(net, 1)[0][:600].view(20, 30).double()
    assert torch.allclose(weights @ weights.T, 0.64 * torch.eye(20).double(), atol=1e-5)


def test_a_seeds_start_ignores_its_neighbours() -> None:
    net = MLP(2, 2)
    alone = net.initial(streams([5], "generator_init"))[0]
    assert torch.equal(net.initial(streams([1, 5], "generator_init"))[1], alone)


# --- objectives ---


def logits(n_seeds: int = 3, n: int = 6) -> tuple[Tensor, Tensor]:
    rng = torch.Generator().manual_seed(0)
    real = 3 * torch.randn(n_seeds, n, dtype=torch.float64, generator=rng)
    return real, 3 * torch.randn(n_seeds, n, dtype=torch.float64, generator=rng)


def written_out(name: str, real: np.ndarray, fake: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Losses as the papers write them, in probabilities."""
    d_real, d_fake = 1 / (1 + np.exp(-real)), 1 / (1 + np.exp(-fake))
    cross_entropy = -np.log(d_real).mean(-1) - np.log(1 - d_fake).mean(-1)
    generator = {
        "saturating": np.log(1 - d_fake).mean(-1),
        "non_saturating": -np.log(d_fake).mean(-1),
    }
    return cross_entropy, generator[name]


@pytest.mark.parametrize("name", OBJECTIVES)
def test_losses_are_the_papers_formulas(name: str) -> None:
    real, fake = logits()
    objective = OBJECTIVES[name]()
    d, g = written_out(name, real.numpy(), fake.numpy())
    # float64 on both sides: only the order of sums differs.
    assert np.allclose(objective.discriminator_loss(real, fake).numpy(), d, atol=1e-12)
    assert np.allclose(objective.generator_loss(real, fake).numpy(), g, atol=1e-12)


def test_the_discriminators_loss_is_torchs_cross_entropy() -> None:
    real, fake = logits(1)
    bce = nn.BCEWithLogitsLoss()
    expected = bce(real, torch.ones_like(real)) + bce(fake, torch.zeros_like(fake))
    assert torch.allclose(OBJECTIVES["saturating"]().discriminator_loss(real, fake)[0], expected)


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("side", ["discriminator_loss", "generator_loss"])
def test_gradients_of_a_loss_are_finite_differences(name: str, side: str) -> None:
    loss = getattr(OBJECTIVES[name](), side)
    real, fake = (x.requires_grad_() for x in logits())
    assert torch.autograd.gradcheck(lambda r, f: loss(r, f), (real, fake))


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("side", ["discriminator_loss", "generator_loss"])
def test_a_loss_is_one_number_a_seed_and_keeps_seeds_apart(name: str, side: str) -> None:
    loss = getattr(OBJECTIVES[name](), side)
    real, fake = logits()
    together = loss(real, fake)
    assert together.shape == (3,)
    for s in range(3):
        assert torch.equal(together[s : s + 1], loss(real[s : s + 1], fake[s : s + 1]))


@pytest.mark.parametrize("name", OBJECTIVES)
@pytest.mark.parametrize("at", [*itertools.product([-1000.0, 1000.0], repeat=2)])
def test_losses_and_gradients_are_finite_at_huge_logits(name: str, at: tuple[float, float]) -> None:
    objective = OBJECTIVES[name]()
    for loss in (objective.discriminator_loss, objective.generator_loss):
        real, fake = (torch.full((1, 4), a, requires_grad=True) for a in at)
        value = loss(real, fake)
        value.sum().backward()
        assert torch.isfinite(value).all()
        for x in (real, fake):
            assert x.grad is None or torch.isfinite(x.grad).all()


def test_the_two_generator_losses_weigh_the_logit_as_the_lecture_says() -> None:
    # At a = -5: sigmoid(a) = .0067 against 1 - sigmoid(a) = .9933.
    weights = {}
    for name in ("saturating", "non_saturating"):
        fake = torch.full((1, 1), -5.0, requires_grad=True)
        OBJECTIVES[name]().generator_loss(fake, fake).sum().backward()
        assert fake.grad is not None
        weights[name] = -fake.grad.item()
    assert weights["saturating"] == pytest.approx(0.0067, abs=5e-5)
    assert weights["non_saturating"] == pytest.approx(0.9933, abs=5e-5)


# --- optimisers ---

TORCHS: dict[str, tuple[dict[str, Any], Callable[..., torch.optim.Optimizer]]] = {
    "adam": ({"lr": 0.01, "betas": (0.5, 0.99)}, torch.optim.Adam),
    "sgd": ({"lr": 0.1, "momentum": 0.9}, torch.optim.SGD),
    "rmsprop": ({"lr": 0.01, "decay": 0.9}, torch.optim.RMSprop),
}


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_an_optimizer_steps_as_torchs_does(name: str) -> None:
    options, torchs = TORCHS[name]
    ours = OPTIMIZERS[name](**options)
    at = torch.randn(2, 5, dtype=torch.float64)
    theirs = at.clone().requires_grad_()
    renamed = {"decay": "alpha"}
    reference = torchs([theirs], **{renamed.get(k, k): v for k, v in options.items()})
    state = ours.initial(at)
    for step in range(20):
        gradient = torch.cos(at * (step + 1))
        change, state = ours.step(gradient, state)
        at = at + change
        theirs.grad = torch.cos(theirs.detach() * (step + 1))
        reference.step()
    assert torch.allclose(at, theirs.detach(), rtol=1e-9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_scale_multiplies_the_rate(name: str) -> None:
    rule = OPTIMIZERS[name](**TORCHS[name][0])
    gradient = torch.randn(1, 4)
    full, _ = rule.step(gradient, rule.initial(gradient))
    half, _ = rule.step(gradient, rule.initial(gradient), scale=0.5)
    assert torch.allclose(half, full / 2)


# --- penalties ---


def quadratic(x: Tensor) -> Tensor:
    """A logit whose gradient is known: a = x^2 + 3 x y, so grad = (2 x + 3 y, 3 x)."""
    return x[..., 0] ** 2 + 3 * x[..., 0] * x[..., 1]


def test_r1_is_half_the_mean_squared_slope_at_real_points() -> None:
    real = torch.randn(2, 5, 2, dtype=torch.float64)
    x, y = real[..., 0], real[..., 1]
    slope = (2 * x + 3 * y) ** 2 + (3 * x) ** 2
    value = PENALTIES["r1"](weight=0.4)(quadratic, real, real + 1)
    assert torch.allclose(value, 0.2 * slope.mean(-1))


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penalty_reaches_the_discriminators_parameters(name: str) -> None:
    net = MLP(2, 1, (6,), "tanh")
    rows = initial(net, 2).double().requires_grad_()
    real, fake = torch.randn(2, 4, 2).double(), torch.randn(2, 4, 2).double()

    def value(p: Tensor) -> Tensor:
        return PENALTIES[name](weight=1.0)(lambda x: net(p, x).squeeze(-1), real, fake)

    assert value(rows).shape == (2,)
    assert torch.autograd.gradcheck(value, rows)


# --- updates ---


class TwoNumbers:
    """A game of one number a side: D minimises d^2 - d g, G minimises d g + g^2; nothing is drawn."""

    class Side:
        def __init__(self, at: float, rate: float) -> None:
            self.parameters, self.rate = torch.full((1, 1), at, dtype=torch.float64), rate

        def step(self, gradient: Tensor) -> None:
            self.parameters = self.parameters - self.rate * gradient

    def __init__(self) -> None:
        self.discriminator, self.generator = self.Side(1.0, 0.1), self.Side(2.0, 0.5)
        self.drawn: list[bool] = []

    def draw(self, *, real: bool) -> None:
        self.drawn.append(real)

    def discriminator_loss(self, discriminator: Tensor, generator: Tensor, batch: Any) -> Tensor:
        return (discriminator**2 - discriminator * generator).sum(1)

    def generator_loss(self, discriminator: Tensor, generator: Tensor, batch: Any) -> Tensor:
        return (discriminator * generator + generator**2).sum(1)


def test_alternating_moves_the_discriminator_first_and_lets_the_generator_see_it() -> None:
    game = TwoNumbers()
    UPDATES["alternating"](discriminator_steps=2, generator_steps=1).play(game)
    # By hand: d: 1 -> 1 - .1 (2 - 2) = 1 -> 1; g: 2 - .5 (1 + 4) = -.5.
    assert game.discriminator.parameters.item() == pytest.approx(1.0)
    assert game.generator.parameters.item() == pytest.approx(-0.5)
    UPDATES["alternating"](discriminator_steps=1, generator_steps=2).play(game)
    # d: 1 - .1 (2 + .5) = .75; g: -.5 - .5 (.75 - 1) = -.375, then -.375 - .5 (.75 - .75) = -.375.
    assert game.discriminator.parameters.item() == pytest.approx(0.75)
    assert game.generator.parameters.item() == pytest.approx(-0.375)
    assert game.drawn == [True, True, False, True, False, False]


def test_zero_steps_freeze_a_player() -> None:
    game = TwoNumbers()
    UPDATES["alternating"](discriminator_steps=3, generator_steps=0).play(game)
    assert game.generator.parameters.item() == 2.0
