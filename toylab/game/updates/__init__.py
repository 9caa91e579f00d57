"""Who moves when: one round of the game, as a rule over two players.

All rules see the game as two losses of the discriminator's parameters and the generator's points, so those
that differentiate through the other's move need nothing special. To add one: a class with `play`, and its
row in `UPDATES`.
"""

from __future__ import annotations

from toylab.game.updates.first_order import Alternating, Extragradient, Optimistic, Simultaneous
from toylab.game.updates.second_order import (
    CompetitiveGradientDescent,
    Consensus,
    SymplecticGradientAdjustment,
    Unrolled,
)
from toylab.game.updates.update import Count, Update

__all__ = ["UPDATES", "Count", "Unrolled", "Update"]

UPDATES: dict[str, type[Update]] = {
    "alternating": Alternating,
    "simultaneous": Simultaneous,
    "unrolled": Unrolled,
    "extragradient": Extragradient,
    "optimistic": Optimistic,
    "consensus": Consensus,
    "symplectic_gradient_adjustment": SymplecticGradientAdjustment,
    "competitive_gradient_descent": CompetitiveGradientDescent,
}
