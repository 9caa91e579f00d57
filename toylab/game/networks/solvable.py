"""Networks of two numbers, for the games that can be solved on paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from annotated_types import Len
from torch import Tensor

from toylab.game.networks.network import Dice, Network, Pulled
from toylab.targets.target import Position

# Within the bounds of the data's own plane: a point starts in it, and the film shows where.
Coordinates = Annotated[tuple[Position, ...], Len(2, 2)]


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
    judges = False

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
class Saddle(_Two):
    """D(x) = -(1 + x^2) (100 - y^2) of the first coordinates. Heusel et al. 2017, the toy of two rates.

    Attributes:
        start: Its parameters at the beginning, of which y is the first.
    """

    start: Coordinates = (1.0, 0.0)
    generates, objective = False, "fake_value"

    def __call__(
        self, parameters: Tensor, x: Tensor, dice: Dice | None = None, among: Tensor | None = None
    ) -> Tensor:
        """The value, negated: the generator raises D and so lowers it."""
        height = 100 - parameters[:, :1].square()  # [S, 1]
        return -(1 + x[..., :1].square()) * height.unsqueeze(1)
