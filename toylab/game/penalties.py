"""What keeps the discriminator in bounds, and the other tricks of the trade.

Each is a class with the hooks it needs; `Penalty` has them all and does nothing in any. To add one: a
class and its row in `PENALTIES`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import torch
from annotated_types import Interval
from torch import Tensor

from toylab.game.batches import Draws

# Points [S, B, 2] -> the gradient of the logit at each, [S, B, 2], differentiable in the parameters.
Slope = Callable[[Tensor], Tensor]
Strength = Annotated[float, Interval(ge=0, le=1e6)]
Share = Annotated[float, Interval(ge=0, le=1)]
# Lazily: Karras et al. 2020, StyleGAN2, who also slow Adam down by as much; here it is left as it is.
Rounds = Annotated[int, Interval(ge=1, le=1000)]


@dataclass(frozen=True)
class Sight:
    """What a term of the discriminator's loss may look at; points are [S, B, 2], logits [S, B].

    Attributes:
        slope: From points to the gradient of the logit at each, [S, B, 2].
        real: Real points.
        fake: Generated points.
        real_logits: D's logits of `real`, [S, B].
        draws: For what is random in the term.
        round: Of the game; None where no round is played, but looked at what all of them do together.
    """

    slope: Slope
    real: Tensor
    fake: Tensor
    real_logits: Tensor
    draws: Draws
    round: int | None = None


class Penalty:
    """Every hook, doing nothing; and what the rules ask of each.

    Attributes:
        hooks: Those that a class has of its own; so each is sorted.
        once: Whether a second one would be ignored or undone.
        slopes: Whether it bounds D's slope at each point by itself.
        labels: Whether it speaks of labels, which only an objective of probabilities has.
        stops: Whether it holds parameters at a bound, where nobody can look ahead through them.
        between: Whether it looks between a real point and a generated one.
    """

    hooks: ClassVar[frozenset[str]] = frozenset()
    once: ClassVar[bool] = False
    slopes: ClassVar[bool] = False
    labels: ClassVar[bool] = False
    stops: ClassVar[bool] = False
    between: ClassVar[bool] = False

    def __init_subclass__(cls) -> None:
        """Sort the class by what it does."""
        hooks = ("term", "seen", "mixed", "clipped", "projected", "shown", "latents")
        cls.hooks = frozenset(h for h in hooks if getattr(cls, h) is not getattr(Penalty, h))

    @property
    def pack(self) -> int:
        """Points that D judges at once, all real or all generated."""
        return 1

    @property
    def told(self) -> frozenset[str]:
        """Which players are told a class beside a latent or a point, by their tables' names."""
        return frozenset()

    @property
    def shown_class(self) -> int:
        """Class of which D's surface is recorded, where D is told classes."""
        return 0

    def term(self, sight: Sight) -> Tensor | float:
        """Add to the discriminator's loss, [S]."""
        return 0.0

    def seen(self, x: Tensor, draws: Draws, progress: float) -> Tensor:
        """Change the points [S, B, 2] before D sees them; progress runs from 0 to 1.

        Args:
            x: Real or generated points, [S, B, 2].
            draws: For what is random.
            progress: Share of the training that is over.
        """
        return x

    def mixed(self, fake: Tensor, old: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Change the generated points that D learns from, and what is remembered of them.

        Args:
            fake: [S, B, 2].
            old: What is remembered, the oldest first, [S, M, 2].
            draws: For what is random.

        Returns:
            Points [S, B, 2], and what is remembered from now on.
        """
        return fake, old

    def clipped(self, gradient: Tensor) -> Tensor:
        """Change either player's gradient, [S, P]."""
        return gradient

    def projected(self, parameters: Tensor) -> Tensor:
        """Change the discriminator's parameters after its step, [S, P]."""
        return parameters

    def shown(self, parameters: Tensor, before: Tensor) -> Tensor:
        """Change what is recorded of the generator after a round, given what was before, [S, P]."""
        return parameters

    def latents(self, z: Tensor) -> Tensor:
        """Change the latents at which the generator is recorded, [S, N, Z]; it is trained at others."""
        return z


def _half_mean_square(sight: Sight, x: Tensor, weight: float, every: int) -> Tensor | float:
    """Half of weight times E |grad a|^2 over points [S, B, 2], [S]; now and then, as much in the mean."""
    if sight.round is not None:
        if sight.round % every:
            return 0.0
        weight *= every
    return 0.5 * weight * sight.slope(x).square().sum(-1).mean(-1)


@dataclass(frozen=True)
class R1(Penalty):
    """weight / 2 times E |grad a|^2 over real points, a being D's logit. Mescheder et al. 2018, eq. 9.

    Attributes:
        weight: Of the penalty in D's loss.
        every: Rounds from one with the penalty to the next, in which it weighs so many times as much.
    """

    weight: Strength = 0.1
    every: Rounds = 1
    slopes = True

    def term(self, sight: Sight) -> Tensor | float:
        """Penalty on the real points, [S]; nothing in the rounds between."""
        return _half_mean_square(sight, sight.real, self.weight, self.every)


@dataclass(frozen=True)
class R2(Penalty):
    """weight / 2 times E |grad a|^2 over generated points, a being D's logit. Mescheder et al. 2018.

    Attributes:
        weight: Of the penalty in D's loss.
        every: Rounds from one with the penalty to the next, in which it weighs so many times as much.
    """

    weight: Strength = 0.1
    every: Rounds = 1
    slopes = True

    def term(self, sight: Sight) -> Tensor | float:
        """Penalty on the generated points, [S]; nothing in the rounds between."""
        return _half_mean_square(sight, sight.fake, self.weight, self.every)


@dataclass(frozen=True)
class GradientPenalty(Penalty):
    """weight times E (|grad a| - target)^2 between real and generated points. Gulrajani et al. 2017.

    One interpolation factor a sample, as in their algorithm 1; some copies draw one a batch.
    `one_sided` counts only slopes above the target, as in their section 4 and Petzka et al. 2018.

    Attributes:
        weight: Of the penalty in D's loss.
        target: Slope that costs nothing, logits a data unit.
        one_sided: Whether smaller slopes cost nothing either.
    """

    # .1 and not the paper's 10: the authors' own 2D toys use .1.
    weight: Strength = 0.1
    target: Annotated[float, Interval(ge=0, le=1000)] = 1.0
    one_sided: bool = False
    slopes, between = True, True

    def term(self, sight: Sight) -> Tensor:
        """Penalty between the points, [S]."""
        at = sight.draws.uniform(sight.real.shape[1], 1)
        between = at * sight.real + (1 - at) * sight.fake
        # The norm has no gradient at 0; 1e-12 below the root gives it one and moves the norm by 1e-6.
        length = (sight.slope(between).square().sum(-1) + 1e-12).sqrt()
        excess = length - self.target
        excess = torch.relu(excess) if self.one_sided else excess
        return self.weight * excess.square().mean(-1)


@dataclass(frozen=True)
class WeightClipping(Penalty):
    """Clip the discriminator's parameters to +-limit after each step. Arjovsky et al. 2017, alg. 1.

    Attributes:
        limit: Largest size of a parameter.
    """

    limit: Annotated[float, Interval(gt=0, le=1000)] = 0.01
    once, stops = True, True

    def projected(self, parameters: Tensor) -> Tensor:
        """Clip, [S, P]."""
        return parameters.clamp(-self.limit, self.limit)


@dataclass(frozen=True)
class WeightDecay(Penalty):
    """Make the discriminator's parameters smaller by a share after each step. Hanson & Pratt 1988.

    Apart from the gradient and from the rate (Loshchilov & Hutter 2019), but of what the step has just
    added too. A D that is linear in its parameters, with a difference of means as loss and plain steps, so
    weighs what it was told by its age.

    Attributes:
        share: What is taken of each parameter.
    """

    share: Annotated[float, Interval(ge=0, lt=1)] = 0.01
    once = True

    def projected(self, parameters: Tensor) -> Tensor:
        """Shrink, [S, P]."""
        return parameters * (1 - self.share)


@dataclass(frozen=True)
class LabelSmoothing(Penalty):
    """One-sided: real points are labelled 1 - amount. Salimans et al. 2016, section 3.4.

    Attributes:
        amount: How far below 1 the label is.
    """

    amount: Share = 0.1
    once, labels = True, True

    def term(self, sight: Sight) -> Tensor:
        """What the other label adds, [S]: softplus(a) - softplus(-a) = a, so it is amount E a."""
        return self.amount * sight.real_logits.mean(-1)


@dataclass(frozen=True)
class InstanceNoise(Penalty):
    """Gaussian noise on all that D sees, falling linearly to `end` times itself.

    Arjovsky & Bottou 2017; Sonderby et al. 2017.

    Attributes:
        spread: Standard deviation at the start, data units.
        end: What is left of it at the end of training, as a share.
    """

    spread: Annotated[float, Interval(ge=0, le=1000)] = 0.5
    end: Share = 0.0

    def seen(self, x: Tensor, draws: Draws, progress: float) -> Tensor:
        """Add noise, [S, B, 2]."""
        now = self.spread * (1 - (1 - self.end) * progress)
        return x + now * draws.normal(*x.shape[1:])


@dataclass(frozen=True)
class GradientClipping(Penalty):
    """Shorten either player's gradient to `norm`, each seed's by itself. Pascanu et al. 2013, alg. 1.

    Attributes:
        norm: Largest length of a gradient.
    """

    norm: Annotated[float, Interval(gt=0, le=1e6)] = 1.0
    once = True

    def clipped(self, gradient: Tensor) -> Tensor:
        """Shorten, [S, P]."""
        length = gradient.norm(dim=1, keepdim=True)
        return gradient * (self.norm / length.clamp(min=self.norm))


@dataclass(frozen=True)
class Packing(Penalty):
    """D judges `size` points at once, all real or all generated. Lin et al. 2018 (PacGAN).

    Attributes:
        size: Points in a pack; batch and recorded samples must be multiples of it.
    """

    size: Annotated[int, Interval(ge=2, le=16)] = 2
    once = True

    @property
    def pack(self) -> int:
        """The size."""
        return self.size


@dataclass(frozen=True)
class ClassLabel(Penalty):
    """G is asked for a class with each latent, and D is told it with each point. Mirza & Osindero 2014.

    A mode is a class: a real point is of the nearest one, a generated point of the one that was asked for,
    as often as the mode has weight. Where modes overlap, or one is much wider than its neighbour, these
    shares are not quite the same.

    Attributes:
        judged: Whether D is told; otherwise G alone is.
        surface: Class that is shown, from 0; if D is told, the recorded surface is of it.
    """

    judged: bool = True
    surface: Annotated[int, Interval(ge=0, le=1023)] = 0
    once = True

    @property
    def told(self) -> frozenset[str]:
        """G, and D unless it is not to know."""
        return frozenset({"generator", "discriminator"} if self.judged else {"generator"})

    @property
    def shown_class(self) -> int:
        """The one to show."""
        return self.surface


@dataclass(frozen=True)
class Replay(Penalty):
    """A share of D's generated points is drawn from the last `capacity` ones. Shrivastava et al. 2017.

    Attributes:
        share: Of D's generated points that are old ones.
        capacity: How many old points are kept.
    """

    share: Share = 0.5
    capacity: Annotated[int, Interval(ge=1, le=100_000)] = 4096
    once = True

    def mixed(self, fake: Tensor, old: Tensor, draws: Draws) -> tuple[Tensor, Tensor]:
        """Put old points in the place of some, and remember the new ones."""
        mixed, n_old = fake, round(self.share * fake.shape[1])
        if old.shape[1]:
            pick = (draws.uniform(n_old) * old.shape[1]).long()
            again = torch.gather(old, 1, pick.unsqueeze(-1).expand(-1, -1, 2))
            mixed = torch.cat([again, fake[:, n_old:]], dim=1)
        return mixed, torch.cat([old, fake.detach()], dim=1)[:, -self.capacity :]


@dataclass(frozen=True)
class Average(Penalty):
    """Record an exponential moving average of the generator. Yazici et al. 2019.

    Attributes:
        decay: What is kept of the average from round to round.
    """

    decay: Annotated[float, Interval(ge=0, lt=1)] = 0.999
    once = True

    def shown(self, parameters: Tensor, before: Tensor) -> Tensor:
        """The average, [S, P]."""
        return torch.lerp(parameters, before, self.decay) if self.decay else parameters


@dataclass(frozen=True)
class Truncation(Penalty):
    """Record the generator at latents nearer to 0 than in training. Brock et al. 2019, section 3.1.

    They draw again what lies beyond a threshold; here all are scaled, as by a temperature in Kingma &
    Dhariwal 2018. Of those latents is all that a snapshot tells of generated points: places, D's numbers,
    losses, gradients, the lattice.

    Attributes:
        scale: Of the latents; beyond 1 they lie farther away than those of the training.
    """

    scale: Annotated[float, Interval(gt=0, le=10)] = 0.5
    once = True

    def latents(self, z: Tensor) -> Tensor:
        """So many times as far from 0, [S, N, Z]."""
        return z * self.scale


PENALTIES: dict[str, type[Penalty]] = {
    "r1": R1,
    "r2": R2,
    "gradient_penalty": GradientPenalty,
    "weight_clipping": WeightClipping,
    "weight_decay": WeightDecay,
    "label_smoothing": LabelSmoothing,
    "instance_noise": InstanceNoise,
    "gradient_clipping": GradientClipping,
    "packing": Packing,
    "class_label": ClassLabel,
    "replay": Replay,
    "average": Average,
    "truncation": Truncation,
}


def pack_of(penalties: Sequence[Penalty]) -> int:
    """Points that D judges at once."""
    return max((penalty.pack for penalty in penalties), default=1)


def told_by(penalties: Sequence[Penalty]) -> frozenset[str]:
    """Which players are told a class, by their tables' names."""
    return frozenset[str]().union(*(penalty.told for penalty in penalties))
