"""How far a player steps: from a gradient to a change of its parameters.

All rules are elementwise over rows [S, P], so seeds cannot touch one another. `step` is free of
in-place writes, so that an update may differentiate through its inner steps; `move` is the same step taken
in place, for training itself.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

import torch
from annotated_types import Interval
from torch import Tensor

from toylab.base.choice import OneOf

# 1e6 is a deliberate blow-up and must be allowed: a diverged run is a result.
Rate = Annotated[float, Interval(gt=0, le=1e9)]
Decay = Annotated[float, Interval(ge=0, lt=1)]
Epsilon = Annotated[float, Interval(gt=0, le=1)]

# Factor on the learning rate at a time from 0 (start) to 1 (end).
SCHEDULES: dict[str, Callable[[float], float]] = {
    "constant": lambda t: 1.0,
    "linear": lambda t: 1.0 - t,
    "cosine": lambda t: 0.5 * (1 + math.cos(math.pi * t)),
    # A tenth at half time, a hundredth at three quarters.
    "step": lambda t: 0.1 ** ((t >= 0.5) + (t >= 0.75)),
}
Schedule = Annotated[str, OneOf(SCHEDULES)]

# Under a root: its slope at 0 is infinite, and a look-ahead differentiates through it.
_TINY = 1e-30

Memory = tuple[Any, ...]  # tensors [S, P], or a count of steps


class Optimizer:
    """A first-order rule, with the learning rate and the name of its schedule.

    Attributes:
        lr: Learning rate.
        schedule: Key of `SCHEDULES`.
    """

    lr: float
    schedule: str

    @property
    def plain(self) -> bool:
        """Whether a step is the gradient times the learning rate."""
        return False

    def initial(self, parameters: Tensor) -> Memory:
        """Memory before the first step; `parameters` is [S, P]."""
        raise NotImplementedError

    def step(self, gradient: Tensor, state: Memory, scale: float = 1.0) -> tuple[Tensor, Memory]:
        """Turn a gradient [S, P] into the change to add [S, P] and the next state.

        Args:
            gradient: Of the player's loss, [S, P].
            state: As `initial` or the last step gave it.
            scale: Multiplies the learning rate: that is how a schedule speaks.
        """
        raise NotImplementedError

    def move(self, parameters: Tensor, gradient: Tensor, state: Memory, scale: float) -> Memory:
        """Take such a step: write to the parameters, and to the state, which is handed back.

        Args:
            parameters: To be changed in place, [S, P].
            gradient: Of the player's loss, [S, P].
            state: As `initial` or the last move gave it.
            scale: Multiplies the learning rate.
        """
        change, state = self.step(gradient, state, scale)
        parameters.add_(change)
        return state


@dataclass(frozen=True)
class Adam(Optimizer):
    """Adam with bias correction. Kingma & Ba 2015, algorithm 1.

    Attributes:
        lr: Learning rate.
        betas: Decay of the mean and of the mean square of the gradient.
        eps: Added to the root, so that a step stays finite where the gradient is nil.
        schedule: Key of `SCHEDULES`: how the learning rate falls over the run.
    """

    lr: Rate = 1e-3
    betas: tuple[Decay, Decay] = (0.5, 0.999)
    eps: Epsilon = 1e-8
    schedule: Schedule = "constant"

    def initial(self, parameters: Tensor) -> Memory:
        """First moment, second moment, and the count of steps."""
        zeros = torch.zeros_like(parameters)
        return zeros, zeros.clone(), 0.0

    def move(self, parameters: Tensor, gradient: Tensor, state: Memory, scale: float) -> Memory:
        """Step in place: six passes over the rows where the step that leaves all as it was takes ten."""
        (mean, square, count), (b1, b2) = state, self.betas
        n = count + 1
        mean.lerp_(gradient, 1 - b1)
        square.mul_(b2).addcmul_(gradient, gradient, value=1 - b2)
        root = square.sqrt().add_(self.eps * (1 - b2**n) ** 0.5)
        parameters.addcdiv_(mean, root, value=self._size(n, scale))
        return mean, square, n

    def _size(self, n: float, scale: float) -> float:
        # The second moment's correction is taken out of the root: one pass less over the rows.
        b1, b2 = self.betas
        return -scale * self.lr * (1 - b2**n) ** 0.5 / (1 - b1**n)

    def step(self, gradient: Tensor, state: Memory, scale: float = 1.0) -> tuple[Tensor, Memory]:
        """Step by the corrected ratio of the moments."""
        (mean, square, count), (b1, b2) = state, self.betas
        n = count + 1
        mean = torch.lerp(gradient, mean, b1)
        square = torch.addcmul(square * b2, gradient, gradient, value=1 - b2)
        root = (square + _TINY).sqrt().add(self.eps * (1 - b2**n) ** 0.5)
        return (mean / root).mul(self._size(n, scale)), (mean, square, n)


@dataclass(frozen=True)
class SGD(Optimizer):
    """Stochastic gradient descent, with heavy-ball momentum if wanted. Polyak 1964.

    Attributes:
        lr: Learning rate.
        momentum: What is kept of the velocity; below 0 it is turned round.
        schedule: Key of `SCHEDULES`: how the learning rate falls over the run.
    """

    lr: Rate = 1e-2
    momentum: Annotated[float, Interval(gt=-1, lt=1)] = 0.0
    schedule: Schedule = "constant"

    @property
    def plain(self) -> bool:
        """Whether there is no momentum."""
        return not self.momentum

    def initial(self, parameters: Tensor) -> Memory:
        """Velocity."""
        return (torch.zeros_like(parameters),)

    def step(self, gradient: Tensor, state: Memory, scale: float = 1.0) -> tuple[Tensor, Memory]:
        """Step along the velocity."""
        velocity = state[0] * self.momentum + gradient
        return velocity * (-scale * self.lr), (velocity,)


@dataclass(frozen=True)
class RMSProp(Optimizer):
    """Gradient over its running root mean square. Tieleman & Hinton 2012, lecture 6.5.

    Attributes:
        lr: Learning rate.
        decay: Of the running mean square.
        eps: Added to the root, so that a step stays finite where the gradient is nil.
        schedule: Key of `SCHEDULES`: how the learning rate falls over the run.
    """

    lr: Rate = 1e-3
    decay: Decay = 0.99
    eps: Epsilon = 1e-8
    schedule: Schedule = "constant"

    def initial(self, parameters: Tensor) -> Memory:
        """Running mean square."""
        return (torch.zeros_like(parameters),)

    def step(self, gradient: Tensor, state: Memory, scale: float = 1.0) -> tuple[Tensor, Memory]:
        """Step by the normalised gradient; no correction for the start, as in torch.optim."""
        square = torch.addcmul(state[0] * self.decay, gradient, gradient, value=1 - self.decay)
        return gradient / ((square + _TINY).sqrt() + self.eps) * (-scale * self.lr), (square,)


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "adam": Adam,
    "sgd": SGD,
    "rmsprop": RMSProp,
}
