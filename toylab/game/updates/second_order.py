"""Rules that differentiate a gradient again: through the other's moves, or for the Jacobian's products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from annotated_types import Interval
from torch import Tensor

from toylab.base.errors import ToylabError
from toylab.game.batches import Batch
from toylab.game.game import Game
from toylab.game.updates.update import Count, OneEach, Update, descend, step_both


@dataclass(frozen=True)
class Unrolled(Update):
    """The generator looks `steps` discriminator updates ahead. Metz et al. 2017.

    The gradient flows through the look-ahead, the optimiser's own arithmetic included; all of it is on
    one batch. The discriminator itself then moves as in alternating play.

    Attributes:
        discriminator_steps: Real updates of the discriminator a round.
        generator_steps: Updates of the generator a round.
        steps: Updates that it looks ahead.

    Raises:
        ToylabError: If the generator never moves.
    """

    discriminator_steps: Count = 1
    generator_steps: Count = 1
    steps: Annotated[int, Interval(ge=1, le=100)] = 10
    asks_again = True

    @property
    def ahead(self) -> int:
        """The steps."""
        return self.steps

    def __post_init__(self) -> None:
        """Refuse to look ahead for nobody."""
        if not self.generator_steps:
            raise ToylabError(
                "it looks ahead for the generator, which generator_steps = 0 freezes; choose alternating."
            )

    def play(self, game: Game) -> None:
        """Play one round."""
        for _ in range(self.discriminator_steps):
            descend(game)
        for _ in range(self.generator_steps):
            side = game.generator
            batch = game.draw(real=True, ahead=True)
            side.step(self.gradient(game, side.parameters, batch))

    def gradient(self, game: Game, generator: Tensor, batch: Batch) -> Tensor:
        """Gradient of the generator's loss against the discriminator of `steps` updates later, [S, P].

        Args:
            game: What each minimises.
            generator: Its parameters, [S, P].
            batch: As drawn.
        """
        with torch.enable_grad():
            g = generator.detach().requires_grad_()
            points = game.points(g, batch)

            def slope(d: Tensor) -> Tensor:
                loss = game.discriminator_loss(d, points, batch)
                return torch.autograd.grad(loss.sum(), d, create_graph=True)[0]

            later = game.discriminator.moves(slope, self.steps)
            at = later.detach().requires_grad_(), points.detach().requires_grad_()
            loss = game.generator_loss(*at, batch).sum()
            on_later, on_points = torch.autograd.grad(loss, at)
            # What its own move does, and what it does through the other's.
            own = torch.autograd.grad(points, g, on_points, retain_graph=True)[0]
            return own + torch.autograd.grad(later, g, on_later, materialize_grads=True)[0]


def _attached(game: Game) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Both rows and both gradients, in one graph that can be differentiated again."""
    batch = game.draw(real=True)
    d = game.discriminator.parameters.detach().requires_grad_()
    g = game.generator.parameters.detach().requires_grad_()
    points = game.points(g, batch)
    loss_d, loss_g = (
        loss(d, points, batch) for loss in (game.discriminator_loss, game.generator_loss)
    )
    (slope_d,) = torch.autograd.grad(loss_d.sum(), d, create_graph=True)
    (slope_g,) = torch.autograd.grad(loss_g.sum(), g, create_graph=True)
    return d, g, slope_d, slope_g


def _transposed(
    slopes: tuple[Tensor, ...],
    at: tuple[Tensor, ...],
    v: tuple[Tensor, ...],
    *,
    again: bool = False,
) -> list[Tensor]:
    """Jacobian of the slopes, transposed, times v; zero where a slope does not depend.

    A graph of that costs a third of it: it is made only if the product is differentiated `again`.
    """
    return list(
        torch.autograd.grad(
            slopes, at, v, create_graph=again, retain_graph=True, materialize_grads=True
        )
    )


@dataclass(frozen=True)
class Consensus(OneEach):
    """Each player also lowers both gradients' squared length. Mescheder et al. 2017.

    Attributes:
        weight: Of half the squared length in both players' losses.
    """

    weight: Annotated[float, Interval(ge=0, le=1000)] = 0.1

    def play(self, game: Game) -> None:
        """Play one round."""
        with torch.enable_grad():
            d, g, slope_d, slope_g = _attached(game)
            calm_d, calm_g = _transposed(
                (slope_d, slope_g), (d, g), (slope_d.detach(), slope_g.detach())
            )
        step_both(
            game,
            (slope_d + self.weight * calm_d).detach(),
            (slope_g + self.weight * calm_g).detach(),
        )


@dataclass(frozen=True)
class SymplecticGradientAdjustment(OneEach):
    """Add the rotation's part of the Jacobian, transposed, times the gradient. Balduzzi et al. 2018.

    With xi the two gradients and H their Jacobian, A = (H - H^T) / 2 and the step is xi + lambda A^T xi;
    lambda is 1 with the sign of their algorithm 1, which pulls towards stable points.
    """

    def play(self, game: Game) -> None:
        """Play one round."""
        with torch.enable_grad():
            d, g, slope_d, slope_g = _attached(game)
            at, slopes = (d, g), (slope_d, slope_g)
            xi = tuple(slope.detach() for slope in slopes)
            # H v as the gradient in u of u^T H v: two transposed products make one plain one.
            u = tuple(torch.zeros_like(slope, requires_grad=True) for slope in slopes)
            plain = torch.autograd.grad(
                _transposed(slopes, at, u, again=True), u, xi, retain_graph=True
            )
            back = [part.detach() for part in _transposed(slopes, at, xi)]
        twist = [(b - p) / 2 for b, p in zip(back, plain, strict=True)]
        n = sum(x.shape[1] for x in xi)
        along = _dots(xi, back) * _dots(twist, back) / n
        # 0.1: their epsilon, so that the sign is + where the product is nil.
        sign = torch.sign(along + 0.1).unsqueeze(1)
        step_both(game, *(x + sign * t for x, t in zip(xi, twist, strict=True)))


def _dots(a: Any, b: Any) -> Tensor:
    """Inner product of two players' rows, per seed, [S]."""
    return torch.stack([(x * y).sum(1) for x, y in zip(a, b, strict=True)]).sum(0)


@dataclass(frozen=True)
class CompetitiveGradientDescent(OneEach):
    """Each player plays the Nash equilibrium of the bilinear game next to this one.

    Schaefer & Anandkumar 2019.

    For zero-sum games, with f = L_G = -L_D and B the mixed second derivative: the generator moves by
    -rate (I + rate^2 B B^T)^-1 (grad_g f + rate B grad_d f), solved by conjugate gradients, per seed. The
    discriminator's move is its best answer to that one: rate (grad_d f + B^T move_g), which at the solution
    is what a second solve would give.

    Attributes:
        iterations: Of conjugate gradients, at most.
    """

    # Of conjugate gradients: twice the count after which 2 x 128 nets stop improving at rate .1.
    iterations: Annotated[int, Interval(ge=1, le=1000)] = 20
    zero_sum = True

    def play(self, game: Game) -> None:
        """Play one round."""
        rate = game.generator.rate
        with torch.enable_grad():
            d, g, slope_d, slope_g = _attached(game)
            # f as the generator sees it: the discriminator's own loss is -f.
            pull_g, pull_d = slope_g.detach(), -slope_d.detach()

            # Mixed products: B = d^2 f / dg dd.
            def times(v: Tensor) -> Tensor:
                """B v: from the discriminator's space to the generator's."""
                (product,) = torch.autograd.grad(
                    slope_d, g, -v, retain_graph=True, materialize_grads=True
                )
                return product

            def back(v: Tensor) -> Tensor:
                """B^T v: from the generator's space to the discriminator's."""
                (product,) = torch.autograd.grad(
                    slope_g, d, v, retain_graph=True, materialize_grads=True
                )
                return product

            def for_g(v: Tensor) -> Tensor:
                return v + rate**2 * times(back(v))

            move_g = _solved(for_g, pull_g + rate * times(pull_d), self.iterations)
            move_d = pull_d - rate * back(move_g)
        # Downhill in f for the generator, uphill for the discriminator; an optimiser steps downhill.
        step_both(game, -move_d, move_g)


def _solved(apply: Callable[[Tensor], Tensor], b: Tensor, iterations: int) -> Tensor:
    """Solve apply(x) = b by conjugate gradients, each seed's row by itself."""
    x, r, p = torch.zeros_like(b), b, b
    rho = r.square().sum(1, keepdim=True)
    for _ in range(iterations):
        q = apply(p)
        # A row that is solved has nil residual; the guard makes its step nil and not 0/0.
        size = rho / (p * q).sum(1, keepdim=True).clamp(min=1e-30)
        x, r = x + size * p, r - size * q
        last, rho = rho, r.square().sum(1, keepdim=True)
        p = r + rho / last.clamp(min=1e-30) * p
    return x
