"""A discriminator with fixed features, whose best answer of a given size is known in closed form."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import torch
from annotated_types import Interval
from torch import Tensor

from toylab.game.networks.network import Dice, Network


@dataclass(frozen=True)
class Fourier(Network):
    """D(x) = sum of w_k s_k phi_k(x): standing waves of a box, sized by a kernel, weighed by parameters.

    One plain step of a critic's loss makes it the witness of Gretton et al. 2012. For with a difference of
    means (`wasserstein`; no slope is bounded) it adds rate times s (E phi(real) - E phi(fake)) to w,
    whatever w is: to D a multiple of what tells best, of all D of one norm, the two kinds of points apart.
    With `weight_decay` D is a sum of the last witnesses, and the points that it pushes go down the maximum
    mean discrepancy as in the flow of Arbel et al. 2019, with what D remembers as momentum; without, it
    adds up all that was.

    Attributes:
        inputs: 2.
        outputs: 1.
        waves: The most periods of a wave in the box, along each axis.
        period: Side of the box, players' units; beyond it the waves begin anew.
        spread: Of a Gaussian kernel, players' units; 0 is the kernel -|x - y|, that of the energy distance
            (Szekely & Rizzo 2013), as far as waves of the box tell it.
    """

    inputs: int
    outputs: int
    waves: Annotated[int, Interval(ge=1, le=64)] = 24
    period: Annotated[float, Interval(ge=0.1, le=1000)] = 12.0
    spread: Annotated[float, Interval(ge=0, le=100)] = 0.0
    generates = False

    @property
    def size(self) -> int:
        """P, one number for each product of a wave along x and one along y."""
        return (2 * self.waves + 1) ** 2

    def numbers(self, others: int) -> int:
        """The waves along both axes, and one axis's weighed by the other's."""
        return 3 * (2 * self.waves + 1)

    def initial(self, rngs: Sequence[np.random.Generator]) -> Tensor:
        """Nothing, [S, P]: it has an opinion of no point."""
        return torch.zeros(len(rngs), self.size)

    def __call__(
        self, parameters: Tensor, x: Tensor, dice: Dice | None = None, among: Tensor | None = None
    ) -> Tensor:
        """Evaluate each seed's sum of waves on its own points, [S, B, 1]."""
        side = 2 * self.waves + 1
        weights = parameters.unflatten(-1, (side, side)) * self._sizes.to(x.device)
        along, across = self._at(x[..., 0]), self._at(x[..., 1])  # [S, B, side]
        return ((along @ weights) * across).sum(-1, keepdim=True)

    def _at(self, place: Tensor) -> Tensor:
        """1, cosines and sines at one coordinate, [..., side]."""
        angles = place.unsqueeze(-1) * self._turns.to(place.device)
        return torch.cat([torch.ones_like(place).unsqueeze(-1), angles.cos(), angles.sin()], dim=-1)

    @cached_property
    def _turns(self) -> Tensor:
        """Frequencies, radians a player's unit, [waves]."""
        return torch.from_numpy(self._frequencies[1:].astype(np.float32))

    @property
    def _frequencies(self) -> np.ndarray:
        """Those, the constant's 0 before them, [waves + 1]."""
        return np.arange(self.waves + 1) * (2 * math.pi / self.period)

    @cached_property
    def _sizes(self) -> Tensor:
        """s, of each product, [side, side]; of a point and itself the kernel is 1."""
        along = self._frequencies
        square = along[:, None] ** 2 + along**2
        if self.spread:
            kernel = np.exp(-0.5 * self.spread**2 * square)
        else:
            # -|x - y| in the plane, without the constant, which two densities share.
            kernel = np.where(square > 0, np.maximum(square, 1e-30) ** -1.5, 0)
        # A wave and its mirror image are one cosine, twice.
        twice = np.where(along > 0, 2, 1)
        kernel = kernel * twice[:, None] * twice
        which = [*range(self.waves + 1), *range(1, self.waves + 1)]
        sizes = np.sqrt(kernel / kernel.sum())[np.ix_(which, which)]
        return torch.from_numpy(sizes.astype(np.float32))
