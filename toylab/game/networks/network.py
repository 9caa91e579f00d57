"""What every network offers: a pure function of rows of parameters and of points, and its derivatives.

A network has one flat row of parameters per seed, [S, P]. So a gradient norm, a clip, an optimiser
step or an unrolled inner step is one expression over rows, and a seed is dropped by dropping its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import ClassVar, NamedTuple

import numpy as np
import torch
from torch import Tensor

# Draws of the given shape per seed, [S, *shape], uniform on 0..1; None where nothing may be random.
Dice = Callable[[tuple[int, ...]], Tensor]


class Pulled(NamedTuple):
    """A value, and how a gradient of it, [S, B, outputs], is pulled back."""

    value: Tensor  # [S, B, outputs]
    row: Callable[[Tensor], Tensor]  # to one over the parameters, [S, P]
    points: Callable[[Tensor], Tensor]  # to one in each of the points, [S, B, inputs]


class Network:
    """A function of parameters and points, for all seeds at once; what is not written out is autograd's.

    Attributes:
        solvable: Whether there are so few parameters that a game can be solved, and drawn in their plane.
        generates: Whether it may be a generator.
        judges: Whether it may be a discriminator.
        maps: Whether latents that lie side by side have points that do, with 0 in their middle; else a
            lattice of them is none of points, and none are drawn nearer to 0.
        objective: The only one with which it makes a game; empty where any does.
        inputs: Width of the input.
        outputs: Width of the output.
    """

    solvable: ClassVar[bool] = False
    generates: ClassVar[bool] = True
    judges: ClassVar[bool] = True
    maps: ClassVar[bool] = True
    objective: ClassVar[str] = ""
    inputs: int
    outputs: int

    @property
    def by_hand(self) -> bool:
        """Whether `pulled` is written out, and so the faster way to a gradient."""
        return False

    @property
    def compares(self) -> bool:
        """Whether a point's value depends on the others in its batch, which are to be of its kind."""
        return False

    @property
    def starts(self) -> tuple[tuple[float, float], ...]:
        """Places near which a generator's points begin, whatever the seed."""
        # Weights start small and without a preferred side: of 40 seeds of two layers of 64 the
        # farthest sample lay at .41 in the median and at 1.06 at most, where 1.09 is shown.
        return (-0.75, -0.75), (0.75, 0.75)

    @property
    def size(self) -> int:
        """P, the number of parameters."""
        raise NotImplementedError

    def numbers(self, others: int) -> int:
        """Numbers that are kept of one point for its gradient, when it is judged beside so many others."""
        raise NotImplementedError

    def initial(self, rngs: Sequence[np.random.Generator]) -> Tensor:
        """Draw initial parameters, one stream per seed, [S, P]."""
        raise NotImplementedError

    def __call__(
        self,
        parameters: Tensor,
        x: Tensor,
        dice: Dice | None = None,
        among: Tensor | None = None,
    ) -> Tensor:
        """Evaluate each seed's network on its own points; autograd follows, as often as one likes.

        Args:
            parameters: One row per seed, [S, P].
            x: [S, B, inputs].
            dice: Draws for what is random in training; none is drawn without it.
            among: With what a network that compares points compares each, and not with its own batch,
                [S, R, inputs].

        Returns:
            [S, B, outputs].
        """
        raise NotImplementedError

    def pulled(self, parameters: Tensor, x: Tensor, dice: Dice | None = None) -> Pulled:
        """Evaluate as a call does, and tell how gradients of that are pulled back, once.

        Args:
            parameters: One row per seed, [S, P].
            x: [S, B, inputs].
            dice: As for a call.
        """
        with torch.enable_grad():
            at = parameters.detach().requires_grad_(), x.detach().requires_grad_()
            value = self(*at, dice)

        def back(to: Tensor, grad: Tensor) -> Tensor:
            return torch.autograd.grad(value, to, grad, retain_graph=True, materialize_grads=True)[
                0
            ]

        return Pulled(value.detach(), *(partial(back, to) for to in at))

    def slope(self, parameters: Tensor, x: Tensor, dice: Dice | None = None) -> Tensor:
        """Gradient of a network of one output at each point; once differentiable in the parameters.

        What is differentiated again takes `slope_of`.

        Args:
            parameters: One row per seed, [S, P].
            x: [S, B, inputs].
            dice: As for a call.

        Returns:
            [S, B, inputs].
        """
        return slope_of(lambda at: self(parameters, at, dice), x)


def slope_of(value: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Gradient of a function of points [S, B, C] at each point, by autograd, for all that may follow.

    Points that depend on the generator stay so: an update that looks ahead differentiates through them. The
    gradient of a sum of values is each point's own where points do not see one another; with minibatch
    discrimination, which is refused beside penalties on a slope, it would not be.
    """
    with torch.enable_grad():
        at = x if x.requires_grad else x.detach().requires_grad_()
        return torch.autograd.grad(value(at).sum(), at, create_graph=True)[0]


def gradient(loss: Callable[[Tensor], Tensor], at: Tensor) -> Tensor:
    """Gradient of a loss per seed [S] at parameters or points of each, [S, ...]."""
    # Sum over seeds: a mean would scale each seed's gradient by 1/S.
    with torch.enable_grad():
        at = at.detach().requires_grad_()
        return torch.autograd.grad(loss(at).sum(), at)[0]
