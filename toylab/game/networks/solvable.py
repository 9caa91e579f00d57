"""Networks of two numbers, for the games that can be solved on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from annotated_types import Interval, Len
from torch import Tensor

from toylab.game.networks.network import Dice, Network, Pulled
from toylab.targets.target import Position

# Within the bounds of the data's own plane: a point starts in it, and the film shows where.
Coordinates = Annotated[tuple[Position, ...], Len(2, 2)]
Coefficient = Annotated[float, Interval(ge=-100, le=100)]


@dataclass(frozen=True)
class _Two(Network):
    """Two parameters that begin at a given place, whatever the seed; each row says where.

    Attributes:
        inputs: Width of the latent, which a point ignores; of a discriminator 2.
        outputs: 2 of a point, 1 of a discriminator.
    """

    inputs: int
    outputs: int
    start: Coordinates
    solvable = True

    @property
    def size(self) -> int:
        """P, the two."""
        return 2

    def numbers(self, others: int) -> int:
        """Those of the point itself."""
        return self.inputs

    def initial(self, rngs: Sequence[np.random.Generator]) -> Tensor:
        """The start, [S, 2]."""
        return torch.tensor(self.start, dtype=torch.float32).repeat(len(rngs), 1)


@dataclass(frozen=True)
class Point(_Two):
    """A generator that is one point: G(z) = theta. Mescheder et al. 2018, the Dirac-GAN.

    Attributes:
        start: Where it begins, data units.
    """

    start: Coordinates = (1.0, 0.0)
    judges, maps = False, False

    @property
    def starts(self) -> tuple[tuple[float, float], ...]:
        """Its start, and the other side: there it comes out that swings about the equilibrium."""
        x, y = self.start
        return (x, y), (-x, -y)

    def __call__(
        self, parameters: Tensor, x: Tensor, dice: Dice | None = None, among: Tensor | None = None
    ) -> Tensor:
        """The point, as often as there are latents."""
        return parameters.unsqueeze(1).expand(-1, x.shape[1], -1)

    def pulled(self, parameters: Tensor, x: Tensor, dice: Dice | None = None) -> Pulled:
        """The point, and the sum of what pulls at its copies; no latent has a say."""
        value = self(parameters, x)
        return Pulled(value, lambda grad: grad.sum(1), lambda grad: torch.zeros_like(x))


@dataclass(frozen=True)
class Linear(_Two):
    """A discriminator without bias: D(x) = psi . x. Mescheder et al. 2018, the Dirac-GAN.

    Attributes:
        start: psi at the beginning.
    """

    start: Coordinates = (-1.0, 0.0)
    generates = False

    def __call__(
        self, parameters: Tensor, x: Tensor, dice: Dice | None = None, among: Tensor | None = None
    ) -> Tensor:
        """The product."""
        return x @ parameters.unsqueeze(-1)


@dataclass(frozen=True)
class Quadratic(_Two):
    """D(x) = -(a x^2 + b x y + c y^2), y being D's own first parameter. Fiez & Ratliff 2021.

    Of points only the first coordinate counts. Where c < 0 and b^2 > 4 a c, x = y = 0 is a minimax point
    (Jin et al. 2020): the best that G can do against D's best answer. With a < 0 it is no Nash equilibrium
    besides: while y stands still, G would rather leave.

    Attributes:
        start: Its parameters at the beginning, of which y is the first.
        terms: a, b and c of what the generator lowers and the discriminator raises.
    """

    start: Coordinates = (1.0, 0.0)
    terms: Annotated[tuple[Coefficient, ...], Len(3, 3)] = (-1.0, 2.0, -0.5)
    generates, objective = False, "fake_value"

    def __call__(
        self, parameters: Tensor, x: Tensor, dice: Dice | None = None, among: Tensor | None = None
    ) -> Tensor:
        """The value, negated: the generator raises D and so lowers it."""
        a, b, c = self.terms
        x, y = x[..., :1], parameters[:, :1].unsqueeze(1)  # [S, B, 1], [S, 1, 1]
        return -(a * x.square() + b * x * y + c * y.square())
