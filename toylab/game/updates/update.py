"""What an update is, and the moves that several of them make."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from annotated_types import Interval
from torch import Tensor

from toylab.base.errors import ToylabError
from toylab.game.batches import Batch
from toylab.game.game import Game

Count = Annotated[int, Interval(ge=0, le=1000)]


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

    def play(self, game: Game) -> None:
        """Play one round: every update of both players."""
        raise NotImplementedError


def both_gradients(game: Game, batch: Batch, d: Tensor, g: Tensor) -> tuple[Tensor, Tensor]:
    """Each player's gradient of its own loss at the same point, [S, P_D] and [S, P_G].

    Args:
        game: What each minimises.
        batch: As drawn.
        d: The discriminator's parameters, [S, P].
        g: The generator's, [S, P].
    """
    made = game.made(g, batch)
    slope_d = game.discriminator_gradient(d, made.value, batch)
    return slope_d, made.row(game.generator_push(d, made.value, batch))


def descend(game: Game) -> None:
    """Update the discriminator once, on a batch of its own."""
    batch, (d, g) = game.draw(real=True), (game.discriminator, game.generator)
    points = game.points(g.parameters, batch)
    d.step(game.discriminator_gradient(d.parameters, points, batch))


def ascend(game: Game) -> None:
    """Update the generator once, on a batch of its own."""
    batch, (d, g) = game.draw(real=False, ahead=True), (game.discriminator, game.generator)
    made = game.made(g.parameters, batch)
    g.step(made.row(game.generator_push(d.parameters, made.value, batch)))


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
