"""A discriminator with fixed features, whose best answer of a given size is known in closed form."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import torch
from annotated_types import Interval
from torch import Tensor

from toylab.base.choice import OneOf
from toylab.game.networks.network import Dice, Network

# How much of each wave a kernel has, from the square of its frequency, radians a unit, and a width.
SPECTRA: dict[str, Callable[[np.ndarray, float], np.ndarray]] = {
    # exp(-|x - y|^2 / (2 width^2)).
    "gaussian": lambda square, width: np.exp(-0.5 * width**2 * square),
    # -|x - y| in the plane, that of the energy distance (Szekely & Rizzo 2013), as far as waves of the box
    # tell it; without the constant, which two densities share, and without a width.
    "distance": lambda square, width: np.where(square > 0, np.maximum(square, 1e-30) ** -1.5, 0),
}


@dataclass(frozen=True)
class Fourier(Network):
    """D(x) = sum of w_k s_k phi_k(x): standing waves of a box, sized by a kernel, weighed by parameters.

    With a difference of means as loss (`wasserstein`; no slope is bounded) a plain step adds rate times
    s (E phi(real) - E phi(fake)) to w, whatever w is: to D a multiple of the witness of the maximum mean
    discrepancy of that kernel (Gretton et al. 2012), the best of all D of one norm. With `weight_decay` D
    is a sum of the last witnesses, and the points that it pushes go down the discrepancy as in the flow of
    Arbel et al. 2019, with what D remembers as momentum; without, it adds up all that was.

    Attributes:
        inputs: 2.
        outputs: 1.
        waves: The most periods of a wave in the box, along each axis.
        period: Side of the box, players' units; beyond it the waves begin anew.
        kernel: Key of `SPECTRA`.
        width: Of a Gaussian kernel, players' units.
    """

    inputs: int
    outputs: int
    waves: Annotated[int, Interval(ge=1, le=64)] = 24
    period: Annotated[float, Interval(gt=0, le=1000)] = 12.0
    kernel: Annotated[str, OneOf(SPECTRA)] = "gaussian"
    width: Annotated[float, Interval(gt=0, le=100)] = 0.5
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
        along, across = self._waves(x[..., 0]), self._waves(x[..., 1])  # [S, B, side]
        return ((along @ weights) * across).sum(-1, keepdim=True)

    def _waves(self, at: Tensor) -> Tensor:
        """1, cosines and sines of one coordinate, [..., side]."""
        turns = torch.from_numpy(self._turns[1:].astype(np.float32)).to(at.device)
        angles = at.unsqueeze(-1) * turns
        return torch.cat([torch.ones_like(at).unsqueeze(-1), angles.cos(), angles.sin()], -1)

    @cached_property
    def _turns(self) -> np.ndarray:
        """Frequencies, the constant's first, radians a player's unit, [waves + 1]."""
        return np.arange(self.waves + 1) * (2 * math.pi / self.period)

    @cached_property
    def _sizes(self) -> Tensor:
        """s, of each product, [side, side]; of a point and itself the kernel is 1."""
        turns = self._turns
        # A wave and its mirror image are one cosine, twice.
        twice = np.where(turns > 0, 2, 1)
        kernel = SPECTRA[self.kernel](turns[:, None] ** 2 + turns**2, self.width)
        kernel = kernel * twice[:, None] * twice
        which = [*range(self.waves + 1), *range(1, self.waves + 1)]
        sizes = np.sqrt(kernel / kernel.sum())[np.ix_(which, which)]
        return torch.from_numpy(sizes.astype(np.float32))
