"""Who moves when: one round of the game, as a rule over two players.

All rules see the game as two functions of two rows of parameters, so those that differentiate through
the other's move need nothing special. To add one: a class with `play`, and its row in `UPDATES`.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import torch
from annotated_types import Interval
from torch import Tensor

from toylab.errors import ToylabError

Count = Annotated[int, Interval(ge=0, le=1000)]


class Player(Protocol):
    """Parameters that can be stepped."""

    parameters: Tensor  # [S, P]
    memory: Tensor  # [S, P], whatever an update keeps between rounds; zero at the start

    def step(self, gradient: Tensor) -> None:
        """Move by the player's own optimiser along a gradient [S, P]."""
        ...

    def moved(self, gradient: Tensor) -> Tensor:
        """Where such a step would lead, without taking it, [S, P]."""
        ...

    def moves(self, gradient: Callable[[Tensor], Tensor], n: int) -> Tensor:
        """Where n such steps would lead, differentiably, without taking them, [S, P]."""
        ...

    @property
    def rate(self) -> float:
        """The present learning rate."""
        ...


class Game(Protocol):
    """Two players and what each would minimise on a fresh batch; losses are one per seed, [S].

    Attributes:
        discriminator: One player.
        generator: The other.
    """

    @property
    def discriminator(self) -> Player: ...  # noqa: D102 - the class's line says it
    @property
    def generator(self) -> Player: ...  # noqa: D102
    def draw(self, *, real: bool, ahead: bool = False) -> Any:
        """Draw the batch of one update.

        Args:
            real: Whether real points are wanted even where the generator's loss does not pair.
            ahead: Whether this is a turn of the generator alone: its real points then come from a
                stream of their own, and leave the discriminator's as it is.
        """
        ...

    def discriminator_loss(self, discriminator: Tensor, generator: Tensor, batch: Any) -> Tensor:
        """Loss of the discriminator with its penalties, [S].

        Args:
            discriminator: Its parameters, [S, P].
            generator: The other's, [S, P].
            batch: As drawn.
        """
        ...

    def generator_loss(self, discriminator: Tensor, generator: Tensor, batch: Any) -> Tensor:
        """Loss of the generator, [S].

        Args:
            discriminator: The other's parameters, [S, P].
            generator: Its own, [S, P].
            batch: As drawn.
        """
        ...

    def discriminator_gradient(
        self, discriminator: Tensor, generator: Tensor, batch: Any
    ) -> Tensor:
        """Gradient of the discriminator's loss over its parameters, [S, P].

        Args:
            discriminator: Its parameters, [S, P].
            generator: The other's, [S, P].
            batch: As drawn.
        """
        ...

    def generator_gradient(self, discriminator: Tensor, generator: Tensor, batch: Any) -> Tensor:
        """Gradient of the generator's loss over its parameters, [S, P].

        Args:
            discriminator: The other's parameters, [S, P].
            generator: Its own, [S, P].
            batch: As drawn.
        """
        ...

    def twice(self) -> AbstractContextManager[None]:
        """Tell the game that losses inside will be differentiated twice; they are the same losses."""
        ...


class Update(Protocol):
    """A rule for one round."""

    def play(self, game: Game) -> None:
        """Play one round: every update of both players."""
        ...


def gradient(loss: Callable[[Tensor], Tensor], parameters: Tensor) -> Tensor:
    """Gradient of a loss per seed [S] at parameters [S, P], row by row."""
    # Sum over seeds: a mean would scale each seed's gradient by 1/S.
    with torch.enable_grad():
        at = parameters.detach().requires_grad_()
        return torch.autograd.grad(loss(at).sum(), at)[0]


def both_gradients(game: Game, batch: Any, d: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """Each player's gradient of its own loss at the same point, [S, P_D] and [S, P_G].

    Args:
        game: What each minimises.
        batch: As drawn.
        d: The discriminator's parameters, [S, P].
        g: The generator's, [S, P].
    """
    return game.discriminator_gradient(d, g, batch), game.generator_gradient(d, g, batch)


def _descend(game: Game) -> None:
    batch, (d, g) = game.draw(real=True), (game.discriminator, game.generator)
    d.step(game.discriminator_gradient(d.parameters, g.parameters, batch))


def _ascend(game: Game) -> None:
    batch, (d, g) = game.draw(real=False, ahead=True), (game.discriminator, game.generator)
    g.step(game.generator_gradient(d.parameters, g.parameters, batch))


@dataclass(frozen=True)
class Alternating:
    """K_D discriminator updates, then K_G generator updates. Goodfellow et al. 2014, algorithm 1.

    Each update draws a batch of its own; zero updates freeze that player. `generator_first` turns the
    order round, as in Mescheder et al. 2018.

    Attributes:
        discriminator_steps: K_D; written in `[game]` itself.
        generator_steps: K_G; written in `[game]` itself.
        generator_first: Whether a round begins with the generator.
    """

    discriminator_steps: Count = 1
    generator_steps: Count = 1
    generator_first: bool = False

    def play(self, game: Game) -> None:
        """Play one round."""
        moves = [_descend] * self.discriminator_steps + [_ascend] * self.generator_steps
        if self.generator_first:
            moves = [_ascend] * self.generator_steps + [_descend] * self.discriminator_steps
        for move in moves:
            move(game)


@dataclass(frozen=True)
class _OneEach:
    """What all rules share in which each player moves once a round, on the same batch."""

    discriminator_steps: Count = 1
    generator_steps: Count = 1

    def __post_init__(self) -> None:
        """Refuse other counts: they have no meaning here."""
        if (self.discriminator_steps, self.generator_steps) != (1, 1):
            raise ToylabError(
                "this update moves each player once a round; leave discriminator_steps and "
                "generator_steps at 1, or choose alternating or unrolled."
            )


def _step_both(game: Game, d: Tensor, g: Tensor) -> None:
    game.discriminator.step(d)
    game.generator.step(g)


@dataclass(frozen=True)
class Simultaneous(_OneEach):
    """Both players step from the same point. Mescheder et al. 2018."""

    def play(self, game: Game) -> None:
        """Play one round."""
        d, g = game.discriminator.parameters, game.generator.parameters
        _step_both(game, *both_gradients(game, game.draw(real=True), d, g))


@dataclass(frozen=True)
class Unrolled:
    """The generator looks `steps` discriminator updates ahead. Metz et al. 2017.

    The gradient flows through the look-ahead, the optimiser's own arithmetic included; all of it is on
    one batch. The discriminator itself then moves as in alternating play.

    Attributes:
        discriminator_steps: Real updates of the discriminator a round.
        generator_steps: Updates of the generator a round.
        steps: Updates that it looks ahead.
    """

    discriminator_steps: Count = 1
    generator_steps: Count = 1
    steps: Annotated[int, Interval(ge=1, le=100)] = 10

    def play(self, game: Game) -> None:
        """Play one round."""
        for _ in range(self.discriminator_steps):
            _descend(game)
        for _ in range(self.generator_steps):
            batch, player = game.draw(real=True, ahead=True), game.generator
            player.step(gradient(lambda g, b=batch: self.ahead(game, g, b), player.parameters))

    def ahead(self, game: Game, generator: Tensor, batch: Any) -> Tensor:
        """The generator's loss against the discriminator of `steps` updates later, [S].

        Args:
            game: What each minimises.
            generator: Its parameters, [S, P].
            batch: As drawn.
        """

        def slope(d: Tensor) -> Tensor:
            with game.twice():
                loss = game.discriminator_loss(d, generator, batch)
                return torch.autograd.grad(loss.sum(), d, create_graph=True)[0]

        later = game.discriminator.moves(slope, self.steps)
        return game.generator_loss(later, generator, batch)


@dataclass(frozen=True)
class Extragradient(_OneEach):
    """Step with the gradient found one step ahead. Korpelevich 1976; Gidel et al. 2019."""

    def play(self, game: Game) -> None:
        """Play one round; look-ahead and step share the batch."""
        batch = game.draw(real=True)
        d, g = game.discriminator, game.generator
        slope_d, slope_g = both_gradients(game, batch, d.parameters, g.parameters)
        _step_both(game, *both_gradients(game, batch, d.moved(slope_d), g.moved(slope_g)))


@dataclass(frozen=True)
class Optimistic(_OneEach):
    """Step along twice the gradient less the last one. Daskalakis et al. 2018."""

    def play(self, game: Game) -> None:
        """Play one round."""
        d, g = game.discriminator, game.generator
        now = both_gradients(game, game.draw(real=True), d.parameters, g.parameters)
        for player, slope in zip((d, g), now, strict=True):
            last, player.memory = player.memory, slope
            player.step(2 * slope - last)


def _attached(game: Game) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Both rows and both gradients, in one graph that can be differentiated again."""
    batch = game.draw(real=True)
    d = game.discriminator.parameters.detach().requires_grad_()
    g = game.generator.parameters.detach().requires_grad_()
    with game.twice():
        loss_d, loss_g = game.discriminator_loss(d, g, batch), game.generator_loss(d, g, batch)
        (slope_d,) = torch.autograd.grad(loss_d.sum(), d, create_graph=True)
        (slope_g,) = torch.autograd.grad(loss_g.sum(), g, create_graph=True)
    return d, g, slope_d, slope_g


def _transposed(slopes: tuple[Tensor, ...], at: tuple[Tensor, ...], v: tuple[Tensor, ...]) -> list:
    """Jacobian of the slopes, transposed, times v; zero where a slope does not depend."""
    return list(
        torch.autograd.grad(
            slopes, at, v, create_graph=True, retain_graph=True, materialize_grads=True
        )
    )


@dataclass(frozen=True)
class Consensus(_OneEach):
    """Each player also lowers both gradients' squared length. Mescheder et al. 2017.

    Attributes:
        weight: Of the squared length in both players' losses.
    """

    weight: Annotated[float, Interval(ge=0, le=1000)] = 0.1

    def play(self, game: Game) -> None:
        """Play one round."""
        with torch.enable_grad():
            d, g, slope_d, slope_g = _attached(game)
            calm_d, calm_g = _transposed(
                (slope_d, slope_g), (d, g), (slope_d.detach(), slope_g.detach())
            )
        _step_both(
            game,
            (slope_d + self.weight * calm_d).detach(),
            (slope_g + self.weight * calm_g).detach(),
        )


@dataclass(frozen=True)
class SymplecticGradientAdjustment(_OneEach):
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
            plain = torch.autograd.grad(_transposed(slopes, at, u), u, xi, retain_graph=True)
            back = [part.detach() for part in _transposed(slopes, at, xi)]
        twist = [(b - p) / 2 for b, p in zip(back, plain, strict=True)]
        n = sum(x.shape[1] for x in xi)
        along = _dots(xi, back) * _dots(twist, back) / n
        # 0.1: their epsilon, so that the sign is + where the product is nil.
        sign = torch.sign(along + 0.1).unsqueeze(1)
        _step_both(game, *(x + sign * t for x, t in zip(xi, twist, strict=True)))


def _dots(a: Any, b: Any) -> Tensor:
    """Inner product of two players' rows, per seed, [S]."""
    return torch.stack([(x * y).sum(1) for x, y in zip(a, b, strict=True)]).sum(0)


@dataclass(frozen=True)
class CompetitiveGradientDescent(_OneEach):
    """Each player plays the Nash equilibrium of the bilinear game next to this one.

    Schaefer & Anandkumar 2019.

    For zero-sum games, with f = L_G = -L_D and B the mixed second derivative: the generator moves by
    -rate (I + rate^2 B B^T)^-1 (grad_g f + rate B grad_d f), and the discriminator likewise. Solved by
    conjugate gradients, per seed.

    Attributes:
        iterations: Of conjugate gradients, at most, in each of two solves a round.
    """

    # Of conjugate gradients: twice the count after which 2 x 128 nets stop improving at rate .1.
    iterations: Annotated[int, Interval(ge=1, le=1000)] = 20

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

            def for_d(v: Tensor) -> Tensor:
                return v + rate**2 * back(times(v))

            move_g = _solved(for_g, pull_g + rate * times(pull_d), self.iterations)
            move_d = _solved(for_d, pull_d - rate * back(pull_g), self.iterations)
        # Downhill in f for the generator, uphill for the discriminator; an optimiser steps downhill.
        _step_both(game, -move_d, move_g)


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


UPDATES: dict[str, Callable[..., Update]] = {
    "alternating": Alternating,
    "simultaneous": Simultaneous,
    "unrolled": Unrolled,
    "extragradient": Extragradient,
    "optimistic": Optimistic,
    "consensus": Consensus,
    "symplectic_gradient_adjustment": SymplecticGradientAdjustment,
    "competitive_gradient_descent": CompetitiveGradientDescent,
}
