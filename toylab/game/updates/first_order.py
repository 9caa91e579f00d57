"""Rules that need no more than each player's gradient, at one place or two."""

from __future__ import annotations

from dataclasses import dataclass

from toylab.game.game import Game
from toylab.game.updates.update import (
    Count,
    OneEach,
    Update,
    ascend,
    both_gradients,
    descend,
    step_both,
)


@dataclass(frozen=True)
class Alternating(Update):
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
        moves = [descend] * self.discriminator_steps + [ascend] * self.generator_steps
        if self.generator_first:
            moves = [ascend] * self.generator_steps + [descend] * self.discriminator_steps
        for move in moves:
            move(game)


@dataclass(frozen=True)
class Simultaneous(OneEach):
    """Both players step from the same point. Mescheder et al. 2018."""

    def play(self, game: Game) -> None:
        """Play one round."""
        d, g = game.discriminator.parameters, game.generator.parameters
        step_both(game, *both_gradients(game, game.draw(real=True), d, g))


@dataclass(frozen=True)
class Extragradient(OneEach):
    """Step with the gradient found one step ahead. Korpelevich 1976; Gidel et al. 2019."""

    asks_again = True

    def play(self, game: Game) -> None:
        """Play one round; look-ahead and step share the batch."""
        batch = game.draw(real=True)
        d, g = game.discriminator, game.generator
        slope_d, slope_g = both_gradients(game, batch, d.parameters, g.parameters)
        step_both(game, *both_gradients(game, batch, d.moved(slope_d), g.moved(slope_g)))


@dataclass(frozen=True)
class Optimistic(OneEach):
    """Step along twice the gradient less the last one. Daskalakis et al. 2018."""

    def play(self, game: Game) -> None:
        """Play one round."""
        d, g = game.discriminator, game.generator
        now = both_gradients(game, game.draw(real=True), d.parameters, g.parameters)
        for side, slope in zip((d, g), now, strict=True):
            last, side.memory = side.memory, slope
            side.step(2 * slope - last)
