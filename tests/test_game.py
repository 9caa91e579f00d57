"""Networks, objectives, optimisers, penalties and updates against torch, closed forms and differences."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from toylab.base.errors import ToylabError
from toylab.game import networks, optimizers, penalties, updates
from toylab.game.batches import Draws
from toylab.game.networks import ACTIVATIONS, INITS, MLP, Network
from toylab.game.networks.mlp import FAST
from toylab.game.networks.network import Pulled, gradient, slope_of
from toylab.game.objectives import OBJECTIVES, Objective
from toylab.game.optimizers import SCHEDULES, SGD
from toylab.game.penalties import Sight
from toylab.game.side import Side
from toylab.game.streams import streams

# Rows as a scenario calls them: each by keywords of its own.
Rows = dict[str, Callable[..., Any]]
NETWORKS: Rows = {**networks.NETWORKS}
OPTIMIZERS: Rows = {**optimizers.OPTIMIZERS}
PENALTIES: Rows = {**penalties.PENALTIES}
UPDATES: Rows = {**updates.UPDATES}

MODULES: dict[str, nn.Module] = {
    "relu": nn.ReLU(),
    "leaky_relu": nn.LeakyReLU(0.2),
    "tanh": nn.Tanh(),
    "elu": nn.ELU(),
    "silu": nn.SiLU(),
    "linear": nn.Identity(),
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


@pytest.mark.parametrize("activation", MODULES)
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


FAST_ONES = pytest.mark.parametrize("activation", FAST)
SHAPES = pytest.mark.parametrize("hidden", [(), (3,), (7, 4, 6)])


def by_both_ways(net: MLP, n_seeds: int = 3) -> tuple[Tensor, Tensor, Callable, Callable]:
    """Parameters and points that ask for gradients, the network by hand and by autograd."""
    dice = torch.Generator().manual_seed(1)
    rows = initial(net, n_seeds).double().requires_grad_()
    x = torch.randn(n_seeds, 5, net.inputs, dtype=torch.float64, generator=dice).requires_grad_()
    assert net.by_hand
    return rows, x, net.pulled, net


@FAST_ONES
@SHAPES
@pytest.mark.parametrize("outputs", [1, 2, 6])
def test_the_fast_way_gives_what_autograd_gives(
    activation: str, hidden: tuple[int, ...], outputs: int
) -> None:
    net = MLP(2, outputs, hidden, activation, input_scale=0.7)
    rows, x, fast, plain = by_both_ways(net)
    weight = torch.randn(3, 5, outputs, dtype=torch.float64)
    ours, expected = fast(rows.detach(), x.detach()), plain(rows, x)
    assert torch.allclose(ours.value, expected, atol=1e-12)
    assert torch.allclose(ours.value, net(rows.detach(), x.detach()), atol=1e-12)
    theirs = torch.autograd.grad(expected, (rows, x), weight)
    for pull, other in zip((ours.row, ours.points), theirs, strict=True):
        assert torch.allclose(pull(weight), other, atol=1e-12)


@pytest.mark.parametrize(
    "options", [{"batch_norm": True}, {"activation": "silu"}, {"minibatch": 2}]
)
def test_what_is_not_written_out_is_pulled_back_by_autograd(options: dict[str, Any]) -> None:
    net = MLP(2, 1, (4, 3), **options)
    rows, x = initial(net), torch.randn(3, 5, 2)
    assert not net.by_hand
    ours, weight = net.pulled(rows, x), torch.randn(3, 5, 1)
    at = rows.clone().requires_grad_(), x.clone().requires_grad_()
    expected = net(*at)
    assert torch.equal(ours.value, expected) and not ours.value.requires_grad
    theirs = torch.autograd.grad(expected, at, weight)
    for pull, other in zip((ours.row, ours.points), theirs, strict=True):
        assert torch.equal(pull(weight), other)


def test_a_point_is_pulled_as_autograd_pulls_it() -> None:
    net = NETWORKS["point"](inputs=3, outputs=2)
    rows, z, weight = torch.randn(2, 2), torch.randn(2, 5, 3), torch.randn(2, 5, 2)
    ours, theirs = net.pulled(rows, z), Network.pulled(net, rows, z)
    assert torch.equal(ours.value, theirs.value)
    for one, other in ((ours.row, theirs.row), (ours.points, theirs.points)):
        assert torch.equal(one(weight), other(weight))


@FAST_ONES
def test_a_network_can_be_differentiated_twice(activation: str) -> None:
    rows, x, _, net = by_both_ways(MLP(2, 1, (4, 3), activation), 2)
    assert torch.autograd.gradcheck(net, (rows, x))
    assert torch.autograd.gradgradcheck(net, (rows, x))


@FAST_ONES
@pytest.mark.parametrize("moving", [False, True], ids=["fixed points", "points of a generator"])
def test_a_slope_and_its_gradient_are_autograds(activation: str, moving: bool) -> None:
    net = MLP(2, 1, (7, 4), activation, input_scale=0.7)
    rows, x, _, plain = by_both_ways(net)
    at = x if moving else x.detach()
    ours, theirs = net.slope(rows, at), slope_of(lambda at: plain(rows, at), at)
    assert torch.allclose(ours, theirs, atol=1e-12)
    wanted = [rows, x] if moving else [rows]
    grads = [
        torch.autograd.grad(s.square().sum(), wanted, retain_graph=True, materialize_grads=True)
        for s in (ours, theirs)
    ]
    for one, other in zip(*grads, strict=True):
        assert torch.allclose(one, other, atol=1e-12)
    # An update that looks ahead differentiates once more: by autograd's way, and the fast one refuses.
    again = torch.autograd.grad(theirs.square().sum(), rows, create_graph=True)[0]
    assert torch.autograd.grad(again.square().sum(), rows)[0].isfinite().all()
    if net._chain is not None:
        (once,) = torch.autograd.grad(ours.square().sum(), rows, create_graph=True)
        with pytest.raises(RuntimeError, match="once_differentiable"):
            once.square().sum().backward()


@FAST_ONES
def test_where_an_activation_bends_a_slope_s_gradient_is_autograds_too(activation: str) -> None:
    # Biases begin at 0 here, so that the origin lies on the bend of every unit of every layer.
    net = MLP(2, 1, (7, 4), activation, init="orthogonal")
    rows, _, _, plain = by_both_ways(net)
    rows = net.initial([np.random.default_rng(seed) for seed in range(3)]).double().requires_grad_()
    at = torch.zeros(3, 5, 2, dtype=torch.float64)
    ours, theirs = net.slope(rows, at), slope_of(lambda at: plain(rows, at), at)
    one, other = (torch.autograd.grad(s.square().sum(), rows)[0] for s in (ours, theirs))
    assert torch.allclose(ours, theirs, atol=1e-12) and torch.allclose(one, other, atol=1e-12)


def test_a_latent_picks_a_point_as_often_as_any_other() -> None:
    net = NETWORKS["particles"](inputs=3, outputs=2, count=5)
    rows = net.initial([np.random.default_rng(seed) for seed in (1, 2)])
    z = torch.from_numpy(np.random.default_rng(3).standard_normal((2, 20_000, 3), np.float32))
    value = net(rows, z)
    for seed in range(2):
        points, counts = np.unique(value[seed].numpy(), axis=0, return_counts=True)
        assert {*map(tuple, points)} == {*map(tuple, rows[seed].view(5, 2).numpy())}
        # 4,000 each; a binomial's standard deviation is 57, and of ten none is five of them off.
        assert np.abs(counts - 4000).max() < 290
    # The farthest latents pick the ends and nothing beyond.
    ends = torch.tensor([[[-40.0, 0, 0], [40.0, 0, 0]]] * 2)
    assert torch.equal(net(rows, ends), rows.view(2, 5, 2)[:, [0, 4]])


def test_a_particle_feels_what_pulls_at_it_and_nothing_else() -> None:
    net = NETWORKS["particles"](inputs=1, outputs=2, count=4)
    rows = net.initial([np.random.default_rng(0)])
    # By quartiles: the first and the third, twice.
    z = torch.tensor([[[-2.0], [0.2], [0.3]]])
    weight = torch.tensor([[[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]])
    pulled = net.pulled(rows, z)
    assert torch.equal(pulled.value, rows.view(1, 4, 2)[:, [0, 2, 2]])
    assert pulled.row(weight).tolist() == [[1, 2, 0, 0, 8, 10, 0, 0]]
    assert not pulled.points(weight).any()


@pytest.mark.parametrize("hidden", [[], [5]])
def test_a_torn_latent_is_one_with_its_first_number_moved(hidden: list[int]) -> None:
    shape = {"inputs": 2, "outputs": 2, "hidden": hidden, "input_scale": 0.5}
    torn, whole = NETWORKS["torn"](**shape, gap=3.0), NETWORKS["mlp"](**shape)
    rows = torn.initial([np.random.default_rng(0)])
    z = torch.tensor([[[-0.25, 3.0], [0.0, 1.0], [-0.0, 1.0], [2.0, -1.0]]])
    moved = torch.tensor([[[-1.75, 3.0], [1.5, 1.0], [1.5, 1.0], [3.5, -1.0]]])
    pulled, same = torn.pulled(rows, z), whole.pulled(rows, moved)
    weight = torch.ones_like(pulled.value)
    assert torch.equal(pulled.value, same.value) and torch.equal(torn(rows, z), pulled.value)
    assert torch.equal(pulled.row(weight), same.row(weight))
    assert torch.equal(pulled.points(weight), same.points(weight))


def waves(**options: object) -> Network:
    return NETWORKS["fourier"](inputs=2, outputs=1, **options)


def clouds() -> tuple[Tensor, Tensor]:
    rng = np.random.default_rng(4)
    real, fake = 0.3 * rng.standard_normal((2, 1, 40, 2))
    return torch.from_numpy(real * [1.0, 2.0]), torch.from_numpy(fake)


def witness(net: Network, real: Tensor, fake: Tensor) -> Tensor:
    """What one step of the Wasserstein game, of rate 1, makes of a D that begins with nothing, [1, P]."""
    nothing = net.initial([np.random.default_rng(0)]).double()
    on_real, on_fake = (
        net.pulled(nothing, x).row(torch.full((1, x.shape[1], 1), 1 / x.shape[1]))
        for x in (real, fake)
    )
    return on_real - on_fake


def test_one_step_of_a_discriminator_of_waves_is_the_witness_of_its_kernel() -> None:
    net, width = waves(waves=40, spread=0.4, period=5.0), 0.4
    at = torch.from_numpy(np.random.default_rng(1).uniform(-2, 2, (1, 30, 2)))

    def kernel(x: Tensor, y: Tensor) -> Tensor:
        """A Gaussian about every image of a point, 1 at no distance."""
        images = torch.cartesian_prod(*2 * [5.0 * torch.arange(-4, 5)])
        gap = (x.unsqueeze(-2) - y.unsqueeze(-3)).unsqueeze(-2) + images
        here = torch.exp(-gap.square().sum(-1) / (2 * width**2)).sum(-1)
        return here / torch.exp(-images.square().sum(-1) / (2 * width**2)).sum()

    real, fake = clouds()
    expected = kernel(at, real).mean(-1) - kernel(at, fake).mean(-1)
    # Of float32 sizes: 1e-7 of numbers up to 1. Of waves beyond the fortieth there are exp(-200).
    assert torch.allclose(net(witness(net, real, fake), at)[..., 0], expected, atol=1e-6)


def test_the_distance_kernel_is_that_of_the_energy_distance() -> None:
    net = waves(waves=64, period=40.0)
    # About one mean: that the waves begin anew adds a term in the difference of the means, -1.95 |.|^2 / period.
    real, fake = (cloud - cloud.mean(1, keepdim=True) for cloud in clouds())
    between = torch.cdist(real, fake).mean()
    energy = 2 * between - torch.cdist(real, real).mean() - torch.cdist(fake, fake).mean()
    # Szekely & Rizzo 2013: an integral over frequencies t of |difference|^2 / |t|^3, over 2 pi; a sum over those of
    # the box comes to it.
    turns = torch.arange(-64, 65) * (2 * math.pi / 40)
    square = turns[:, None].square() + turns.square()
    whole = torch.where(square > 0, square.clamp(min=1e-30) ** -1.5, 0).sum()
    told = witness(net, real, fake).square().sum() * whole * (2 * math.pi / 40) ** 2 / (2 * math.pi)
    # Beyond the waves' square each of so many points speaks for itself: 1/40 + 1/40, over |t|^3.
    beyond = (2 / 40) * (4 * math.sqrt(2) / (64.5 * 2 * math.pi / 40)) / (2 * math.pi)
    # In there points are not quite alone, and the lowest frequencies lie far apart: a hundredth.
    assert float((told + beyond) / energy) == pytest.approx(1, rel=0.01)


def test_a_discriminator_whose_weights_fade_is_its_last_witnesses_by_age() -> None:
    net, share, rate = waves(waves=9), 0.25, 0.5
    side = Side(
        torch.zeros(1, net.size),
        SGD(lr=rate),
        lambda g: g,
        PENALTIES["weight_decay"](share=share).projected,
    )
    rng, told = np.random.default_rng(5), torch.zeros(1, net.size)
    for _ in range(4):
        real, fake = torch.from_numpy(rng.standard_normal((2, 1, 20, 2), np.float32))
        seen = net.pulled(side.parameters, torch.cat([real, fake], dim=1))
        push = OBJECTIVES["wasserstein"]().discriminator_push(*seen.value[..., 0].split(20, dim=1))
        side.step(seen.row(torch.cat(push, dim=1).unsqueeze(-1)))
        told = (1 - share) * (told + rate * witness(net, real.double(), fake.double()).float())
    assert torch.allclose(side.parameters, told, atol=1e-6)
    # A thousand times what the two may differ by.
    assert float(told.abs().max()) > 1e-3


def test_waves_begin_anew_beyond_their_box() -> None:
    net = waves(waves=7, period=3.0)
    row = torch.from_numpy(np.random.default_rng(2).standard_normal((1, net.size)))
    x = clouds()[0]
    assert torch.allclose(net(row, x), net(row, x + torch.tensor([3.0, -6.0])), atol=1e-5)


@pytest.mark.parametrize("kind", sorted({*NETWORKS} - {"mlp", "torn", "particles"}))
def test_slopes_of_other_networks_are_finite_differences(kind: str) -> None:
    net = NETWORKS[kind](inputs=2, outputs=1)
    drawn = np.random.default_rng(0).standard_normal((1, net.size))
    rows = torch.from_numpy(drawn)
    x = torch.tensor([[[0.2, 0.5], [-1.0, 0.1]]], dtype=torch.float64)
    if kind == "point":
        with pytest.raises(RuntimeError, match="does not require grad|not have been used"):
            net.slope(rows, x)  # a generator that looks at no latent has none
        return
    for axis in range(2):
        step = torch.zeros(2, dtype=torch.float64)
        step[axis] = 1e-6
        ahead, behind = net(rows, x + step), net(rows, x - step)
        assert torch.allclose(
            net.slope(rows, x)[..., axis], ((ahead - behind) / 2e-6)[..., 0], atol=1e-7
        )


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
    gap = np.mean(fake, -1) - np.mean(real, -1)
    odds = 1 / (1 + np.exp(fake - real))  # that the real point of a pair is the real one
    losses = {
        "saturating": (cross_entropy, np.log(1 - d_fake).mean(-1)),
        "non_saturating": (cross_entropy, -np.log(d_fake).mean(-1)),
        "least_squares": (
            0.5 * ((real - 1) ** 2).mean(-1) + 0.5 * (fake**2).mean(-1),
            0.5 * ((fake - 1) ** 2).mean(-1),
        ),
        "hinge": (
            np.maximum(0, 1 - real).mean(-1) + np.maximum(0, 1 + fake).mean(-1),
            -fake.mean(-1),
        ),
        "wasserstein": (gap, -fake.mean(-1)),
        "relativistic": (-np.log(odds).mean(-1), -np.log(1 - odds).mean(-1)),
        "fake_value": (fake.mean(-1), -fake.mean(-1)),
    }
    return losses[name]


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
    # The sum of a loss with nothing times each input: some losses look at one of them only.
    assert torch.autograd.gradcheck(lambda r, f: loss(r, f) + 0 * (r + f).sum(-1), (real, fake))


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_push_is_the_losss_derivative(name: str) -> None:
    objective = OBJECTIVES[name]()
    plain = Objective()
    for loss in ("discriminator_loss", "generator_loss"):
        setattr(plain, loss, getattr(objective, loss))
    real, fake = logits()
    pairs = [
        *zip(
            objective.discriminator_push(real, fake),
            plain.discriminator_push(real, fake),
            strict=True,
        ),
        (objective.generator_push(real, fake), plain.generator_push(real, fake)),
    ]
    for ours, autograds in pairs:
        assert torch.allclose(ours, autograds, atol=1e-12)


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
        if name == "least_squares":
            assert torch.isfinite(value).all()  # its gradient is as large as its logit, and finite
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
    moved, own = at.clone(), ours.initial(at)
    state = ours.initial(at)
    for step in range(20):
        gradient = torch.cos(at * (step + 1))
        change, state = ours.step(gradient, state)
        at = at + change
        own = ours.move(moved, torch.cos(moved * (step + 1)), own, 1.0)
        theirs.grad = torch.cos(theirs.detach() * (step + 1))
        reference.step()
    assert torch.allclose(at, theirs.detach(), rtol=1e-9)
    assert torch.allclose(moved, theirs.detach(), rtol=1e-9)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_a_scale_multiplies_the_rate(name: str) -> None:
    rule = OPTIMIZERS[name](**TORCHS[name][0])
    gradient = torch.randn(1, 4)
    full, _ = rule.step(gradient, rule.initial(gradient))
    half, _ = rule.step(gradient, rule.initial(gradient), scale=0.5)
    assert torch.allclose(half, full / 2)


# --- schedules ---


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_schedule_starts_at_one_and_never_rises(name: str) -> None:
    values = [SCHEDULES[name](t) for t in np.linspace(0, 1, 101)]
    assert values[0] == 1 and all(0 <= b <= a for a, b in itertools.pairwise(values))


# --- penalties ---


class Dice(Draws):
    """Draws that a test knows."""

    def __init__(self, n_seeds: int) -> None:
        self.rng, self.n_seeds = torch.Generator().manual_seed(5), n_seeds

    def uniform(self, *shape: int) -> Tensor:
        return torch.rand(self.n_seeds, *shape, generator=self.rng, dtype=torch.float64)

    def normal(self, *shape: int) -> Tensor:
        return torch.randn(self.n_seeds, *shape, generator=self.rng, dtype=torch.float64)


def quadratic(x: Tensor) -> Tensor:
    """A logit whose gradient is known: a = x^2 + 3 x y, so grad = (2 x + 3 y, 3 x)."""
    return x[..., 0] ** 2 + 3 * x[..., 0] * x[..., 1]


def side(judge: Callable[[Tensor], Tensor], n_seeds: int = 2, n: int = 5) -> Sight:
    rng = torch.Generator().manual_seed(1)
    real, fake = torch.randn(2, n_seeds, n, 2, generator=rng, dtype=torch.float64)
    return Sight(lambda x: slope_of(judge, x), real, fake, judge(real), Dice(n_seeds))


def known_slope(x: Tensor) -> Tensor:
    return torch.stack([2 * x[..., 0] + 3 * x[..., 1], 3 * x[..., 0]], dim=-1)


def between(at: Sight) -> Tensor:
    mix = Dice(len(at.real)).uniform(at.real.shape[1], 1)
    return mix * at.real + (1 - mix) * at.fake


# Written out on a quadratic whose slope is known by hand.
TERMS: dict[str, tuple[dict[str, Any], Callable[[Sight], Tensor]]] = {
    "r1": ({"weight": 0.4}, lambda s: 0.2 * known_slope(s.real).square().sum(-1).mean(-1)),
    "r2": ({"weight": 0.4}, lambda s: 0.2 * known_slope(s.fake).square().sum(-1).mean(-1)),
    "gradient_penalty": (
        {"weight": 0.7, "target": 2.0},
        lambda s: 0.7 * (known_slope(between(s)).norm(dim=-1) - 2).square().mean(-1),
    ),
    "label_smoothing": ({"amount": 0.1}, lambda s: 0.1 * quadratic(s.real).mean(-1)),
}


@pytest.mark.parametrize("name", TERMS)
def test_a_term_is_its_papers_formula(name: str) -> None:
    options, expected = TERMS[name]
    at = side(quadratic)
    value = torch.as_tensor(PENALTIES[name](**options).term(at))
    assert torch.allclose(value, expected(side(quadratic)), atol=1e-6)


@pytest.mark.parametrize("name", ["r1", "r2"])
def test_a_lazy_penalty_comes_every_so_many_rounds_and_weighs_as_much_in_all(name: str) -> None:
    at, rule = side(quadratic), PENALTIES[name](weight=0.4, every=3)
    once = PENALTIES[name](weight=0.4).term(at)
    found = [torch.as_tensor(rule.term(replace(at, round=number))) for number in range(6)]
    assert torch.allclose(found[0], 3 * once) and torch.equal(found[0], found[3])
    assert all(not found[number].any() for number in (1, 2, 4, 5))
    # Where no round is played, as in a field of pushes, it is what they do in the mean.
    assert torch.equal(torch.as_tensor(rule.term(at)), once)


def test_a_one_sided_penalty_counts_only_steep_places() -> None:
    at = side(quadratic)
    steep = torch.relu(known_slope(between(at)).norm(dim=-1) - 3).square().mean(-1)
    rule = PENALTIES["gradient_penalty"](weight=1.0, target=3.0, one_sided=True)
    assert torch.allclose(torch.as_tensor(rule.term(side(quadratic))), steep, atol=1e-6)


def test_a_gradient_penalty_draws_a_factor_for_each_sample() -> None:
    # With one factor a batch all between-points of identical pairs would coincide.
    real, fake = torch.zeros(1, 50, 2).double(), torch.ones(1, 50, 2).double()
    seen: list[Tensor] = []

    def slope(x: Tensor) -> Tensor:
        seen.append(x.detach())
        return torch.ones_like(x)

    PENALTIES["gradient_penalty"]().term(Sight(slope, real, fake, real[..., 0], Dice(1)))
    assert len(seen[0][0, :, 0].unique()) == 50


@pytest.mark.parametrize("name", PENALTIES)
def test_a_penaltys_value_on_a_torch_network_and_its_gradient(name: str) -> None:
    """Per seed: the same term computed by plain autograd on a torch.nn network."""
    net = MLP(2, 1, (6,), "tanh")
    rows = initial(net, 2).double().requires_grad_()
    rule = PENALTIES[name](**TERMS.get(name, ({}, None))[0])

    def value(p: Tensor) -> Tensor:
        at = side(lambda x: net(p, x).squeeze(-1))
        return torch.as_tensor(rule.term(at), dtype=torch.float64) + 0 * p.sum(1)

    assert torch.autograd.gradcheck(value, rows)
    for s in range(2):
        module = as_modules(net, rows[s].detach().float(), "tanh").double()
        alone = side(lambda x, m=module: m(x).squeeze(-1))
        if name == "gradient_penalty":
            x = between(alone)[s].requires_grad_()
            (g,) = torch.autograd.grad(module(x).sum(), x)
            expected = 0.7 * (g.norm(dim=-1) - 2).square().mean()
        elif name in ("r1", "r2"):
            x = (alone.real if name == "r1" else alone.fake)[s].clone().requires_grad_()
            (g,) = torch.autograd.grad(module(x).sum(), x)
            expected = 0.2 * g.square().sum(-1).mean()
        elif name == "label_smoothing":
            expected = 0.1 * module(alone.real[s]).mean()
        else:
            expected = torch.zeros(())
        assert value(rows)[s].item() == pytest.approx(expected.item(), abs=1e-5)


def test_clipping_bounds_every_weight_and_touches_no_other() -> None:
    p = torch.tensor([[-3.0, 0.2, 0.6]])
    assert PENALTIES["weight_decay"](share=0.25).projected(p).tolist() == (0.75 * p).tolist()
    assert PENALTIES["weight_clipping"](limit=0.5).projected(p).tolist() == [
        pytest.approx([-0.5, 0.2, 0.5])
    ]


def test_gradients_are_clipped_per_seed_as_torch_does() -> None:
    g = torch.tensor([[3.0, 4.0], [0.3, 0.4]])
    ours = PENALTIES["gradient_clipping"](norm=1.0).clipped(g)
    theirs = g[:1].clone().requires_grad_()
    theirs.grad = g[:1].clone()
    nn.utils.clip_grad_norm_([theirs], 1.0)
    assert theirs.grad is not None and torch.allclose(ours[0], theirs.grad[0], atol=1e-5)
    assert torch.equal(ours[1], g[1])


def test_instance_noise_has_its_spread_and_dies_away() -> None:
    noise, x = PENALTIES["instance_noise"](spread=0.5), torch.zeros(1, 20_000, 2).double()
    # 40,000 numbers know their standard deviation to .35 %; five of those.
    assert noise.seen(x, Dice(1), 0.0).std().item() == pytest.approx(0.5, rel=0.018)
    assert noise.seen(x, Dice(1), 0.5).std().item() == pytest.approx(0.25, rel=0.018)
    assert torch.equal(noise.seen(x, Dice(1), 1.0), x)


def test_smoothed_labels_are_torchs_cross_entropy_with_soft_labels() -> None:
    real, fake = logits(1)
    plain = OBJECTIVES["non_saturating"]().discriminator_loss(real, fake)
    at = Sight(torch.ones_like, real[..., None], fake[..., None], real, Dice(1))
    ours = plain + PENALTIES["label_smoothing"](amount=0.1).term(at)
    bce = nn.BCEWithLogitsLoss()
    expected = bce(real, torch.full_like(real, 0.9)) + bce(fake, torch.zeros_like(fake))
    assert ours.item() == pytest.approx(expected.item(), abs=1e-5)


# --- what networks can have ---


def test_spectral_norm_is_torchs() -> None:
    net = MLP(2, 1, (6, 6), "relu", spectral_norm=True)
    row = initial(net, 1)
    module = as_modules(MLP(2, 1, (6, 6), "relu"), row[0], "relu")
    for layer in module:
        if isinstance(layer, nn.Linear):
            nn.utils.parametrizations.spectral_norm(layer, n_power_iterations=500)
    x = torch.randn(1, 7, 2)
    module.train()
    assert torch.allclose(net(row, x)[0], module(x[0]), atol=1e-5)


def test_batch_norm_is_torchs_in_training_and_keeps_seeds_apart() -> None:
    net = MLP(3, 2, (5,), "relu", batch_norm=True)
    rows, x = initial(net, 2), torch.randn(2, 9, 3)
    out = net(rows, x)
    for s in range(2):
        w1, b1, scale, w2, b2 = rows[s].split(net.sizes)
        norm = nn.BatchNorm1d(5)
        with torch.no_grad():
            norm.weight.copy_(scale)
            norm.bias.copy_(b1)
        hidden = torch.relu(norm(x[s] @ w1.view(3, 5)))
        assert torch.allclose(out[s], hidden @ w2.view(5, 2) + b2, atol=1e-5)


def test_batch_norm_of_a_point_alone_forgets_the_point_and_so_is_refused_by_the_rules() -> None:
    net = MLP(3, 2, (5,), "relu", batch_norm=True)
    row = initial(net, 1)
    assert torch.equal(net(row, torch.randn(1, 1, 3)), net(row, torch.randn(1, 1, 3)))
    with pytest.raises(ValueError, match="more than 1 value"):  # torch's own says so too
        nn.BatchNorm1d(5)(torch.randn(1, 5))


def test_maxout_takes_the_largest_piece() -> None:
    net = MLP(2, 1, (3,), "maxout")
    row, x = initial(net, 1), torch.randn(1, 4, 2)
    w1, b1, w2, b2 = row[0].split(net.sizes)
    pieces = (x[0] @ w1.view(2, 15) + b1).view(4, 3, 5)
    assert torch.allclose(net(row, x)[0], pieces.max(-1).values @ w2.view(3, 1) + b2, atol=1e-6)


def test_dropout_leaves_out_its_share_in_training_only() -> None:
    net = MLP(2, 1, (2000,), "linear", init="normal", dropout=0.3)
    row, x = initial(net, 1), torch.ones(1, 1, 2)
    calm = net(row, x)
    assert torch.equal(calm, net(row, x))
    rng = torch.Generator().manual_seed(0)
    drawn = torch.stack(
        [net(row, x, lambda shape: torch.rand(1, *shape, generator=rng)) for _ in range(400)]
    )
    # The mean over masks is the calm value; four standard errors of 400 draws.
    assert abs(drawn.mean() - calm.item()) < 4 * drawn.std() / 20
    assert drawn.std() > 0


def test_minibatch_discrimination_is_its_formula_and_sees_a_collapse() -> None:
    net = MLP(2, 1, (4,), "tanh", minibatch=3)
    row, x = initial(net, 1).double(), torch.randn(1, 6, 2).double()
    w1, b1, w2, b2, kernels = row[0].split(net.sizes)
    h = torch.tanh(x[0] @ w1.view(2, 4) + b1)
    m = (h @ kernels.view(4, 15)).view(6, 3, 5)
    close = torch.zeros(6, 3).double()
    for i, j in itertools.permutations(range(6), 2):
        close[i] += torch.exp(-(m[i] - m[j]).abs().sum(-1)) / 5
    expected = torch.cat([h, close], 1) @ w2.view(7, 1) + b2
    assert torch.allclose(net(row, x)[0], expected)
    # Among given points: each place is judged alone, so its neighbours in the call do not matter.
    one = net(row, x[:, :1], among=x[:, 3:])
    assert torch.allclose(net(row, x[:, :3], among=x[:, 3:])[:, :1], one)


# --- updates ---


class TwoNumbers:
    """A game of one number a side: D minimises d^2 - d g, G minimises d g + g^2; nothing is drawn."""

    class Number:
        def __init__(self, at: float, rate: float) -> None:
            self.parameters = torch.full((1, 1), at, dtype=torch.float64)
            self.memory, self.rate = torch.zeros_like(self.parameters), rate

        def step(self, gradient: Tensor) -> None:
            self.parameters = self.moved(gradient)

        def moved(self, gradient: Tensor) -> Tensor:
            return self.parameters - self.rate * gradient

        def moves(self, gradient: Callable[[Tensor], Tensor], n: int) -> Tensor:
            at = self.parameters.detach().requires_grad_()
            for _ in range(n):
                at = at - self.rate * gradient(at)
            return at

    def __init__(self, d_rate: float = 0.1, g_rate: float = 0.5) -> None:
        self._d, self._g = self.Number(1.0, d_rate), self.Number(2.0, g_rate)
        self.drawn: list[bool] = []

    @property
    def discriminator(self) -> Number:
        return self._d

    @property
    def generator(self) -> Number:
        return self._g

    def draw(self, *, real: bool, ahead: bool = False) -> None:
        self.drawn.append(real)

    def discriminator_loss(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        return (discriminator**2 - discriminator * points).sum(1)

    def generator_loss(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        return (discriminator * points + points**2).sum(1)

    def points(self, generator: Tensor, batch: Any) -> Tensor:
        return generator

    def made(self, generator: Tensor, batch: Any) -> Pulled:
        return Pulled(generator, lambda push: push, lambda push: push)

    def discriminator_gradient(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        return gradient(lambda d: self.discriminator_loss(d, points, batch), discriminator)

    def generator_push(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        return gradient(lambda x: self.generator_loss(discriminator, x, batch), points)

    def at(self) -> tuple[float, float]:
        return self._d.parameters.item(), self._g.parameters.item()


def test_alternating_moves_the_discriminator_first_and_lets_the_generator_see_it() -> None:
    game = TwoNumbers()
    UPDATES["alternating"](discriminator_steps=2, generator_steps=1).play(game)
    # By hand: d: 1 -> 1 - .1 (2 - 2) = 1 -> 1; g: 2 - .5 (1 + 4) = -.5.
    assert game.at() == pytest.approx((1.0, -0.5))
    UPDATES["alternating"](discriminator_steps=1, generator_steps=2).play(game)
    # d: 1 - .1 (2 + .5) = .75; g: -.5 - .5 (.75 - 1) = -.375, then -.375 - .5 (.75 - .75) = -.375.
    assert game.at() == pytest.approx((0.75, -0.375))
    assert game.drawn == [True, True, False, True, False, False]


def test_the_generator_may_move_first() -> None:
    game = TwoNumbers()
    UPDATES["alternating"](generator_first=True).play(game)
    # g: 2 - .5 (1 + 4) = -.5; d: 1 - .1 (2 + .5) = .75.
    assert game.at() == pytest.approx((0.75, -0.5))


def test_zero_steps_freeze_a_player() -> None:
    game = TwoNumbers()
    UPDATES["alternating"](discriminator_steps=3, generator_steps=0).play(game)
    assert game.at()[1] == 2.0


# The gradients at (d, g) are 2 d - g and d + 2 g: at the start 0 and 5. The Jacobian of both is
# [[2, -1], [1, 2]]. Rates are .1 and .5.
BY_HAND: dict[str, tuple[dict[str, Any], tuple[float, float]]] = {
    "simultaneous": ({}, (1.0, 2 - 0.5 * 5)),
    # Ahead: (1, -.5), gradients there 2.5 and 0.
    "extragradient": ({}, (1 - 0.25, 2.0)),
    # Nothing remembered: twice the gradient.
    "optimistic": ({}, (1.0, 2 - 0.5 * 10)),
    # The transposed Jacobian times (0, 5) is (5, 10); times .2 it is added.
    "consensus": ({"weight": 0.2}, (1 - 0.1 * 1, 2 - 0.5 * 7)),
    # A = [[0, -1], [1, 0]], A^T (0, 5) = (5, 0); <xi, H^T xi> = 50 and <A^T xi, H^T xi> = 25: sign +.
    "symplectic_gradient_adjustment": ({}, (1 - 0.1 * 5, 2 - 0.5 * 5)),
    # d ahead by two steps of .1: d1 = d - .1 (2 d - g), so d2 = .64 d + .18 g and dd2/dg = .18.
    # d first moves by 0. The loss d2 g + g^2 has slope d2 + .18 g + 2 g = 1 + .36 + 4.
    "unrolled": ({"steps": 2}, (1.0, 2 - 0.5 * (0.64 + 0.36 + 0.36 + 4))),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_an_update_does_what_was_worked_out_by_hand(name: str) -> None:
    options, expected = BY_HAND[name]
    game = TwoNumbers()
    UPDATES[name](**options).play(game)
    assert game.at() == pytest.approx(expected, abs=1e-12)


def test_consensus_lowers_half_the_squared_length_of_both_gradients() -> None:
    """The step against finite differences of each loss plus weight times that half."""
    game, weight, h = TwoNumbers(1.0, 1.0), 0.3, 1e-6

    def half(d: float, g: float) -> float:
        return ((2 * d - g) ** 2 + (d + 2 * g) ** 2) / 2

    d, g = game.at()
    UPDATES["consensus"](weight=weight).play(game)
    calm_d = (half(d + h, g) - half(d - h, g)) / (2 * h)
    calm_g = (half(d, g + h) - half(d, g - h)) / (2 * h)
    moved = (d - (2 * d - g) - weight * calm_d, g - (d + 2 * g) - weight * calm_g)
    assert game.at() == pytest.approx(moved, abs=1e-8)


def test_optimism_remembers_the_last_gradient() -> None:
    game = TwoNumbers(0.1, 0.1)
    rule = UPDATES["optimistic"]()
    rule.play(game)
    d, g = game.at()
    rule.play(game)
    # Twice the new gradients less the old ones, 0 and 5.
    expected = (d - 0.1 * (2 * (2 * d - g) - 0), g - 0.1 * (2 * (d + 2 * g) - 5))
    assert game.at() == pytest.approx(expected)


class ZeroSum(TwoNumbers):
    """f = d g, plus quadratics that the equilibrium of the bilinear game ignores: G lowers f."""

    def discriminator_loss(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        return -(discriminator * points - discriminator**2 + points**2).sum(1)

    def generator_loss(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        return (discriminator * points - discriminator**2 + points**2).sum(1)


def test_competitive_descent_solves_the_local_game() -> None:
    game, rate = ZeroSum(0.3, 0.3), 0.3
    d, g = game.at()
    UPDATES["competitive_gradient_descent"]().play(game)
    # With B = 1: moves (x for g, y for d) solve x = -r (f_g + y), y = r (f_d + x).
    f_g, f_d = d + 2 * g, g - 2 * d
    x, y = np.linalg.solve([[1, rate], [-rate, 1]], [-rate * f_g, rate * f_d])
    assert game.at() == pytest.approx((d + y, g + x), abs=1e-9)


def test_every_update_was_worked_out() -> None:
    assert {*BY_HAND, "alternating", "competitive_gradient_descent"} == set(UPDATES)


@pytest.mark.parametrize("name", [n for n in UPDATES if n not in ("alternating", "unrolled")])
def test_an_update_of_one_move_each_refuses_other_counts(name: str) -> None:
    with pytest.raises(ToylabError, match="once a round"):
        UPDATES[name](discriminator_steps=2, generator_steps=1)
