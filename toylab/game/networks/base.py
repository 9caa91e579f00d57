"""What every network offers: a pure function of rows of parameters and of points.

A network has one flat row of parameters per seed, [S, P]. So a gradient norm, a clip, an optimiser
step or an unrolled inner step is one expression over rows, and a seed is dropped by dropping its row.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

# Draws of the given shape per seed, [S, *shape], uniform on 0..1; None where nothing may be random.
Dice = Callable[[tuple[int, ...]], Tensor]


class Network(Protocol):
    """A function of parameters and points, for all seeds at once."""

    def initial(self, rngs: Sequence[np.random.Generator]) -> Tensor:
        """Draw initial parameters, one stream per seed, [S, P]."""
        ...

    def __call__(self, parameters: Tensor, x: Tensor, dice: Dice | None = None) -> Tensor:
        """Evaluate each seed's network on its own points.

        Args:
            parameters: One row per seed, [S, P].
            x: [S, B, inputs].
            dice: Draws for what is random in training; none is drawn without it.

        Returns:
            [S, B, outputs].
        """
        ...

    def slope(self, parameters: Tensor, x: Tensor, dice: Dice | None = None) -> Tensor:
        """Gradient of a network of one output at each point; differentiable in the parameters.

        Points that depend on the generator stay so: an update that looks ahead differentiates through
        them.

        Args:
            parameters: One row per seed, [S, P].
            x: [S, B, inputs].
            dice: As for a call.

        Returns:
            [S, B, inputs].
        """
        ...


def slope_of(value: Callable[[Tensor], Tensor], x: Tensor) -> Tensor:
    """Gradient of a function of points [S, B, C] at each point, by autograd, for all that may follow.

    The gradient of a sum of values is each point's own where points do not see one another; with minibatch
    discrimination, which is refused beside penalties on a slope, it would not be.
    """
    with torch.enable_grad():
        at = x if x.requires_grad else x.detach().requires_grad_()
        return torch.autograd.grad(value(at).sum(), at, create_graph=True)[0]
