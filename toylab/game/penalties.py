"""What is added to the discriminator's loss to keep it in bounds.

A penalty sees the discriminator as a function of points and gives one number per seed. The batch is
summed, never mixed, so the gradient of a sum of logits is each point's own gradient.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Protocol

import torch
from annotated_types import Interval
from torch import Tensor

Judge = Callable[[Tensor], Tensor]  # points [S, B, 2] -> logits [S, B]
Strength = Annotated[float, Interval(ge=0, le=1e6)]


class Penalty(Protocol):
    """A term of the discriminator's loss."""

    def __call__(self, judge: Judge, real: Tensor, fake: Tensor) -> Tensor:
        """Value to add to the discriminator's loss; points are [S, B, 2], the value [S]."""
        ...


def slope_squared(judge: Judge, x: Tensor) -> Tensor:
    """Squared length of the logit's gradient at each point, [S, B]; differentiable."""
    x = x.detach().requires_grad_()
    (slope,) = torch.autograd.grad(judge(x).sum(), x, create_graph=True)
    return slope.square().sum(-1)


@dataclass(frozen=True)
class R1:
    """weight / 2 times E |grad a|^2 over real points. Mescheder et al. 2018, eq. 9."""

    weight: Strength = 0.1

    def __call__(self, judge: Judge, real: Tensor, fake: Tensor) -> Tensor:
        """Penalty on the real points, [S]."""
        return 0.5 * self.weight * slope_squared(judge, real).mean(-1)


PENALTIES: dict[str, Callable[..., Penalty]] = {
    "r1": R1,
}
