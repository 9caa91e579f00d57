"""Who wants what: one loss per seed, a mean over the batch, in logit space.

softplus(-a) = -log sigmoid(a) and softplus(a) = -log(1 - sigmoid(a)): never a log of a sigmoid, so a
loss and its gradient are finite for any finite logit. To add an objective: a class and its row.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from torch import Tensor, relu
from torch.nn.functional import softplus


class Objective(Protocol):
    """What the two players minimise. Arguments are logits, [S, B]; values one loss per seed, [S].

    Attributes:
        pairs: Whether the generator's loss looks at `real`; where not, nobody computes it, and it
            may come empty, [S, 0].
        output: What D's number is: a "logit" of "real", a "value" on a scale of its own, or a
            "difference", a value up to a constant that nobody sees.
        zero_sum: Whether the generator's loss is minus the discriminator's, up to what the generator
            cannot change.
    """

    pairs: bool
    output: str
    zero_sum: bool

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss that the discriminator minimises, [S]."""
        ...

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss that the generator minimises, [S]; `real` is for objectives that pair."""
        ...


def binary_cross_entropy(real: Tensor, fake: Tensor) -> Tensor:
    """-E log D(real) - E log(1 - D(fake)) per seed, nats, [S]: Goodfellow et al. 2014, eq. 1, negated."""
    return softplus(-real).mean(-1) + softplus(fake).mean(-1)


class Saturating:
    """The minimax game: the generator minimises E log(1 - D(G(z))). Goodfellow et al. 2014, eq. 1."""

    pairs, output, zero_sum = False, "logit", True

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Binary cross-entropy, [S]."""
        return binary_cross_entropy(real, fake)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E log(1 - D(fake)): its gradient in the logit is sigmoid(a), which dies as D wins, [S]."""
        return -softplus(fake).mean(-1)


class NonSaturating:
    """The generator minimises -E log D(G(z)) instead. Goodfellow et al. 2014, section 3."""

    pairs, output, zero_sum = False, "logit", False

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Binary cross-entropy, [S]."""
        return binary_cross_entropy(real, fake)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E log D(fake): its gradient in the logit is 1 - sigmoid(a), alive while D wins, [S]."""
        return softplus(-fake).mean(-1)


class LeastSquares:
    """Squared distance to the labels 1 and 0. Mao et al. 2017, eq. 2 with a = 0, b = c = 1."""

    pairs, output, zero_sum = False, "value", False

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Half of E (D(real) - 1)^2 + E D(fake)^2, [S]."""
        return ((real - 1).square().mean(-1) + fake.square().mean(-1)) / 2

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Half of E (D(fake) - 1)^2, [S]."""
        return (fake - 1).square().mean(-1) / 2


class Hinge:
    """A margin for the discriminator, a critic's mean for the generator. Lim & Ye 2017."""

    pairs, output, zero_sum = False, "value", False

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E max(0, 1 - D(real)) + E max(0, 1 + D(fake)), [S]."""
        return relu(1 - real).mean(-1) + relu(1 + fake).mean(-1)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E D(fake), [S]."""
        return -fake.mean(-1)


class Wasserstein:
    """The critic's difference of means; it needs a bound on the slope. Arjovsky et al. 2017."""

    pairs, output, zero_sum = False, "difference", True

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E D(fake) - E D(real), [S]."""
        return fake.mean(-1) - real.mean(-1)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E D(fake), [S]."""
        return -fake.mean(-1)


class Relativistic:
    """Each real point against one generated point. Jolicoeur-Martineau 2019."""

    pairs, output, zero_sum = True, "difference", False

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E log sigmoid(D(real) - D(fake)), pair by pair, nats, [S]."""
        return softplus(fake - real).mean(-1)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E log sigmoid(D(fake) - D(real)), pair by pair, nats, [S]."""
        return softplus(real - fake).mean(-1)


class FakeValue:
    """D lowers the mean of D over generated points, the generator raises it: a game of two numbers.

    For the exactly solvable games, where the data has no say: the product x y, with the linear
    discriminator, and the saddle. Mescheder et al. 2018; Heusel et al. 2017.
    """

    pairs, output, zero_sum = False, "value", True

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """E D(fake), [S]."""
        return fake.mean(-1)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E D(fake), [S]."""
        return -fake.mean(-1)


OBJECTIVES: dict[str, Callable[..., Objective]] = {
    "saturating": Saturating,
    "non_saturating": NonSaturating,
    "least_squares": LeastSquares,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
    "relativistic": Relativistic,
    "fake_value": FakeValue,
}
