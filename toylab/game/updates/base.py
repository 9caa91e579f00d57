"""What an update knows of the game: two players, and what each would minimise.

Both losses are functions of two rows of parameters, so that an update may ask for them anywhere, and
may differentiate through the other's move.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import torch
from annotated_types import Interval
from torch import Tensor

from toylab.base.errors import ToylabError

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


def descend(game: Game) -> None:
    """Update the discriminator once, on a batch of its own."""
    batch, (d, g) = game.draw(real=True), (game.discriminator, game.generator)
    d.step(game.discriminator_gradient(d.parameters, g.parameters, batch))


def ascend(game: Game) -> None:
    """Update the generator once, on a batch of its own."""
    batch, (d, g) = game.draw(real=False, ahead=True), (game.discriminator, game.generator)
    g.step(game.generator_gradient(d.parameters, g.parameters, batch))


def step_both(game: Game, d: Tensor, g: Tensor) -> None:
    """Move both players at once.

    Args:
        game: Theirs.
        d: What the discriminator moves along, [S, P].
        g: What the generator moves along, [S, P].
    """
    game.discriminator.step(d)
    game.generator.step(g)


@dataclass(frozen=True)
class OneEach:
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
