"""Who moves when: one round of the game, as a rule over two players."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

import torch
from annotated_types import Interval
from torch import Tensor

Count = Annotated[int, Interval(ge=0, le=1000)]


class Player(Protocol):
    """Parameters that can be stepped."""

    parameters: Tensor  # [S, P]

    def step(self, gradient: Tensor) -> None:
        """Move by the player's own optimiser along a gradient [S, P]."""
        ...


class Game(Protocol):
    """Two players and what each would minimise on a fresh batch; losses are one per seed, [S]."""

    @property
    def discriminator(self) -> Player: ...  # noqa: D102 - the class's line says it
    @property
    def generator(self) -> Player: ...  # noqa: D102
    def draw(self, *, real: bool) -> Any:
        """Draw the batch of one update; `real` asks for real points whether paired or not."""
        ...

    def discriminator_loss(self, discriminator: Tensor, generator: Tensor, batch: Any) -> Tensor:
        """Loss of the discriminator with its penalties, [S]."""
        ...

    def generator_loss(self, discriminator: Tensor, generator: Tensor, batch: Any) -> Tensor:
        """Loss of the generator, [S]."""
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


@dataclass(frozen=True)
class Alternating:
    """K_D discriminator updates, then K_G generator updates. Goodfellow et al. 2014, algorithm 1.

    Zero updates freeze that player.
    """

    discriminator_steps: Count = 1
    generator_steps: Count = 1

    def play(self, game: Game) -> None:
        """Play one round; each update draws a batch of its own."""
        for _ in range(self.discriminator_steps):
            batch, other = game.draw(real=True), game.generator.parameters
            game.discriminator.step(
                gradient(
                    lambda d, g=other, b=batch: game.discriminator_loss(d, g, b),
                    game.discriminator.parameters,
                )
            )
        for _ in range(self.generator_steps):
            batch, other = game.draw(real=False), game.discriminator.parameters
            game.generator.step(
                gradient(
                    lambda g, d=other, b=batch: game.generator_loss(d, g, b),
                    game.generator.parameters,
                )
            )


UPDATES: dict[str, Callable[..., Update]] = {
    "alternating": Alternating,
}
