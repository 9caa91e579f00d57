"""What an update knows of the game: two sides, and what each would minimise.

Losses are functions of the discriminator's parameters and of the generator's points, so that an update may
ask for them anywhere, and may differentiate through the other's move.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar, Protocol

import torch
from annotated_types import Interval
from torch import Tensor

from toylab.base.errors import ToylabError

Count = Annotated[int, Interval(ge=0, le=1000)]


class Movable(Protocol):
    """Parameters that can be stepped."""

    parameters: Tensor  # [S, P]
    memory: Tensor  # [S, P], whatever an update keeps between rounds; zero at the start

    def step(self, gradient: Tensor) -> None:
        """Move by the side's own optimiser along a gradient [S, P]."""
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


class Playable(Protocol):
    """Two sides and what each would minimise on a fresh batch; losses are one per seed, [S].

    Attributes:
        discriminator: One side.
        generator: The other.
    """

    @property
    def discriminator(self) -> Movable: ...  # noqa: D102 - the class's line says it
    @property
    def generator(self) -> Movable: ...  # noqa: D102
    def draw(self, *, real: bool, ahead: bool = False) -> Any:
        """Draw the batch of one update.

        Args:
            real: Whether real points are wanted even where the generator's loss does not pair.
            ahead: Whether this is a turn of the generator alone: its real points then come from a
                stream of their own, and leave the discriminator's as it is.
        """
        ...

    def points(self, generator: Tensor, batch: Any) -> Tensor:
        """The generator's points, [S, B, 2]; autograd follows, if the parameters [S, P] ask for it."""
        ...

    def made(self, generator: Tensor, batch: Any) -> tuple[Tensor, Callable[[Tensor], Tensor]]:
        """The points, and from a gradient in each of them that over the parameters [S, P]."""
        ...

    def discriminator_loss(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        """Loss of the discriminator with its penalties, [S], by autograd, as often as one likes.

        Args:
            discriminator: Its parameters, [S, P].
            points: The generator's, [S, B, 2].
            batch: As drawn.
        """
        ...

    def generator_loss(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        """Loss of the generator, [S], by autograd, as often as one likes.

        Args:
            discriminator: The other's parameters, [S, P].
            points: Its own, [S, B, 2].
            batch: As drawn.
        """
        ...

    def discriminator_gradient(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        """Gradient of the discriminator's loss over its parameters, [S, P]; arguments as for the loss."""
        ...

    def generator_push(self, discriminator: Tensor, points: Tensor, batch: Any) -> Tensor:
        """Gradient of the generator's loss in each of its points, [S, B, 2]; arguments as for the loss."""
        ...


class Update:
    """A rule for one round; and what the rules ask of each.

    Attributes:
        asks_again: Whether it asks for the discriminator's loss more than once before that moves.
        zero_sum: Whether it solves for the step itself, and so needs a zero-sum game and plain steps.
        ahead: Moves that it looks ahead, all of them kept, for it differentiates through them.
    """

    asks_again: ClassVar[bool] = False
    zero_sum: ClassVar[bool] = False

    @property
    def ahead(self) -> int:
        """None, unless a rule says otherwise."""
        return 0

    def play(self, game: Playable) -> None:
        """Play one round: every update of both players."""
        raise NotImplementedError


def gradient(loss: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """Gradient of a loss per seed [S] at parameters or points of each, [S, ...]."""
    # Sum over seeds: a mean would scale each seed's gradient by 1/S.
    with torch.enable_grad():
        at = at.detach().requires_grad_()
        return torch.autograd.grad(loss(at).sum(), at)[0]


def both_gradients(game: Playable, batch: Any, d: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """Each player's gradient of its own loss at the same point, [S, P_D] and [S, P_G].

    Args:
        game: What each minimises.
        batch: As drawn.
        d: The discriminator's parameters, [S, P].
        g: The generator's, [S, P].
    """
    points, pull = game.made(g, batch)
    slope_d = game.discriminator_gradient(d, points, batch)
    return slope_d, pull(game.generator_push(d, points, batch))


def descend(game: Playable) -> None:
    """Update the discriminator once, on a batch of its own."""
    batch, (d, g) = game.draw(real=True), (game.discriminator, game.generator)
    points = game.points(g.parameters, batch)
    d.step(game.discriminator_gradient(d.parameters, points, batch))


def ascend(game: Playable) -> None:
    """Update the generator once, on a batch of its own."""
    batch, (d, g) = game.draw(real=False, ahead=True), (game.discriminator, game.generator)
    points, pull = game.made(g.parameters, batch)
    g.step(pull(game.generator_push(d.parameters, points, batch)))


def step_both(game: Playable, d: Tensor, g: Tensor) -> None:
    """Move both players at once.

    Args:
        game: Theirs.
        d: What the discriminator moves along, [S, P].
        g: What the generator moves along, [S, P].
    """
    game.discriminator.step(d)
    game.generator.step(g)


@dataclass(frozen=True)
class OneEach(Update):
    """What all rules share in which each player moves once a round, on the same batch.

    Attributes:
        discriminator_steps: 1.
        generator_steps: 1.

    Raises:
        ToylabError: If either is another number.
    """

    discriminator_steps: Count = 1
    generator_steps: Count = 1

    def __post_init__(self) -> None:
        """Refuse other counts: they have no meaning here."""
        if (self.discriminator_steps, self.generator_steps) != (1, 1):
            raise ToylabError(
                "this update moves each player once a round; leave discriminator_steps and "
                "generator_steps at 1, or choose alternating or unrolled."
            )
