"""Who wants what: one loss per seed, a mean over the batch, in logit space.

softplus(-a) = -log sigmoid(a) and softplus(a) = -log(1 - sigmoid(a)): never a log of a sigmoid, so a
loss and its gradient are finite for any finite logit. To add an objective: a class with two losses, and
its row; one made of `Term`s has its derivative written out and trains faster.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

import torch
from torch import Tensor, relu, sigmoid
from torch.nn.functional import softplus


class Objective:
    """What the two players minimise. Arguments are logits, [S, B]; losses are one per seed, [S].

    Attributes:
        pairs: Whether the generator's loss looks at `real`; where not, nobody computes it, and it
            may come empty, [S, 0].
        output: What D's number is: a "logit" of "real", a "value" on a scale of its own, or a
            "difference", a value up to a constant that nobody sees.
        zero_sum: Whether the generator's loss is minus the discriminator's, up to what the generator
            cannot change.
    """

    pairs: bool = False
    output: str = "logit"
    zero_sum: bool = False

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss that the discriminator minimises, [S]."""
        raise NotImplementedError

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Loss that the generator minimises, [S]; `real` is for objectives that pair."""
        raise NotImplementedError

    def discriminator_push(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Derivative of the discriminator's loss in each real and in each generated logit, [S, B]."""
        with torch.enable_grad():
            at = real.detach().requires_grad_(), fake.detach().requires_grad_()
            loss = self.discriminator_loss(*at).sum()
            on_real, on_fake = torch.autograd.grad(loss, at, materialize_grads=True)
        return on_real, on_fake

    def generator_push(self, real: Tensor, fake: Tensor) -> Tensor:
        """Derivative of the generator's loss in each generated logit, [S, B]."""
        with torch.enable_grad():
            at = fake.detach().requires_grad_()
            return torch.autograd.grad(self.generator_loss(real.detach(), at).sum(), at)[0]


@dataclass(frozen=True)
class Term:
    """A function of one logit, and its derivative written out.

    Attributes:
        value: Of logits of any shape.
        slope: Likewise.
    """

    value: Callable[[Tensor], Tensor]
    slope: Callable[[Tensor], Tensor]


# -log D and -log(1 - D), nats.
CALLED_REAL = Term(lambda a: softplus(-a), lambda a: -sigmoid(-a))
CALLED_FAKE = Term(softplus, sigmoid)
RAISED = Term(lambda a: -a, lambda a: torch.full_like(a, -1))
LOWERED = Term(lambda a: a, torch.ones_like)
NOT_SEEN = Term(torch.zeros_like, torch.zeros_like)


class _Apart(Objective):
    """Losses that look at each logit by itself: means of one term over each kind of point.

    Attributes:
        real: Of the discriminator's loss over real points.
        fake: Of the discriminator's loss over generated points.
        wanted: Of the generator's loss.
    """

    real: ClassVar[Term]
    fake: ClassVar[Term]
    wanted: ClassVar[Term]

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Mean over real points and mean over generated ones, [S]."""
        return self.real.value(real).mean(-1) + self.fake.value(fake).mean(-1)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """Mean over generated points, [S]."""
        return self.wanted.value(fake).mean(-1)

    def discriminator_push(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Each term's own derivative, [S, B]."""
        return self.real.slope(real) / real.shape[1], self.fake.slope(fake) / fake.shape[1]

    def generator_push(self, real: Tensor, fake: Tensor) -> Tensor:
        """The term's own derivative, [S, B]."""
        return self.wanted.slope(fake) / fake.shape[1]


class _CrossEntropy(_Apart):
    """-E log D(real) - E log(1 - D(fake)), nats: Goodfellow et al. 2014, eq. 1, negated."""

    output = "logit"
    real, fake = CALLED_REAL, CALLED_FAKE


class Saturating(_CrossEntropy):
    """The minimax game: the generator minimises E log(1 - D(G(z))). Goodfellow et al. 2014, eq. 1.

    Its gradient in the logit is sigmoid(a), which dies as D wins.
    """

    zero_sum = True
    wanted = Term(lambda a: -softplus(a), lambda a: -sigmoid(a))


class NonSaturating(_CrossEntropy):
    """The generator minimises -E log D(G(z)) instead. Goodfellow et al. 2014, section 3.

    Its gradient in the logit is 1 - sigmoid(a), alive while D wins.
    """

    wanted = CALLED_REAL


class LeastSquares(_Apart):
    """Half the squared distance to the labels 1 and 0. Mao et al. 2017, eq. 2, a = 0, b = c = 1."""

    output = "value"
    real = Term(lambda a: (a - 1).square() / 2, lambda a: a - 1)
    fake = Term(lambda a: a.square() / 2, lambda a: a)
    wanted = real


class Hinge(_Apart):
    """A margin for the discriminator, a critic's mean for the generator. Lim & Ye 2017."""

    output = "value"
    real = Term(lambda a: relu(1 - a), lambda a: -(a < 1).to(a.dtype))
    fake = Term(lambda a: relu(1 + a), lambda a: (a > -1).to(a.dtype))
    wanted = RAISED


class Wasserstein(_Apart):
    """The critic's difference of means; it needs a bound on the slope. Arjovsky et al. 2017."""

    output, zero_sum = "difference", True
    real, fake, wanted = RAISED, LOWERED, RAISED


class FakeValue(_Apart):
    """D lowers the mean of D over generated points, the generator raises it: a game of two numbers.

    For the exactly solvable games, where the data has no say: the product x y, with the linear
    discriminator, and any quadratic one. Mescheder et al. 2018; Fiez & Ratliff 2021.
    """

    output, zero_sum = "value", True
    real, fake, wanted = NOT_SEEN, LOWERED, RAISED


class Relativistic(Objective):
    """Each real point against one generated point. Jolicoeur-Martineau 2019."""

    pairs, output = True, "difference"

    def discriminator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E log sigmoid(D(real) - D(fake)), pair by pair, nats, [S]."""
        return softplus(fake - real).mean(-1)

    def generator_loss(self, real: Tensor, fake: Tensor) -> Tensor:
        """-E log sigmoid(D(fake) - D(real)), pair by pair, nats, [S]."""
        return softplus(real - fake).mean(-1)

    def discriminator_push(self, real: Tensor, fake: Tensor) -> tuple[Tensor, Tensor]:
        """Equal and opposite within a pair, [S, B]."""
        push = sigmoid(fake - real) / fake.shape[1]
        return -push, push

    def generator_push(self, real: Tensor, fake: Tensor) -> Tensor:
        """Towards the other of the pair, [S, B]."""
        return -sigmoid(real - fake) / fake.shape[1]


OBJECTIVES: dict[str, type[Objective]] = {
    "saturating": Saturating,
    "non_saturating": NonSaturating,
    "least_squares": LeastSquares,
    "hinge": Hinge,
    "wasserstein": Wasserstein,
    "relativistic": Relativistic,
    "fake_value": FakeValue,
}
