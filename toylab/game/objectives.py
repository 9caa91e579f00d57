"""Who wants what: one loss per seed, a mean over the batch, in logit space.

softplus(-a) = -log sigmoid(a) and softplus(a) = -log(1 - sigmoid(a)): never a log of a sigmoid, so a
loss and its gradient are finite for any finite logit.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor
from torch.nn.functional import softplus


class Objective(Protocol):
    """What the two players minimise. Arguments are logits, [S, B]; values one loss per seed, [S].

    Attributes:
        pairs: Whether the generator's loss looks at `real`; where not, nobody computes it, and it
            may come empty, [S, 0].
    """

    pairs: bool

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss that the discriminator minimises, [S]."""
        ...

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss that the generator minimises, [S]; `real` is for objectives that pair."""
        ...


def binary_cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """-E log D(real) - E log(1 - D(fake)) per seed, nats: Goodfellow et al. 2014, eq. 1, negated."""
    return softplus(-real).mean(-1) + softplus(fake).mean(-1)


class Saturating:
    """The minimax game: the generator minimises E log(1 - D(G(z))). Goodfellow et al. 2014, eq. 1."""

    pairs = False

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Binary cross-entropy, [S]."""
        return binary_cross_entropy(real, fake)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E log(1 - D(fake)): its gradient in the logit is sigmoid(a), which dies as D wins, [S]."""
        return -softplus(fake).mean(-1)


class NonSaturating:
    """The generator minimises -E log D(G(z)) instead. Goodfellow et al. 2014, section 3."""

    pairs = False

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Binary cross-entropy, [S]."""
        return binary_cross_entropy(real, fake)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E log D(fake): its gradient in the logit is 1 - sigmoid(a), alive while D wins, [S]."""
        return softplus(-fake).mean(-1)


OBJECTIVES: dict[str, Callable[..., Objective]] = {
    "saturating": Saturating,
    "non_saturating": NonSaturating,
}
