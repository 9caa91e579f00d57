"""A generator whose latent lies in two parts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import torch
from annotated_types import Interval
from torch import Tensor

from toylab.game.networks.mlp import MLP


@dataclass(frozen=True)
class Torn(MLP):
    """A multilayer perceptron of a latent torn in two: its first number is moved away from 0.

    A continuous map keeps connected what is connected, so that modes apart have a bridge between them; of
    two parts it may send each to a mode of its own. After Khayatkhoei et al. 2018, whose parts have a
    generator each.

    Attributes:
        gap: Width of what is left free about 0, standard deviations of the latent.
    """

    gap: Annotated[float, Interval(gt=0, le=100)] = 2.0
    # Lines of a lattice would cross the gap, where no latent is, and its middle is that of the gap.
    judges, maps = False, False

    def _entered(self, x: Tensor) -> Tensor:
        first, rest = x[..., :1], x[..., 1:]
        # 0 too goes to a side: torch.sign would leave it in the gap.
        moved = torch.where(first < 0, first - self.gap / 2, first + self.gap / 2)
        return super()._entered(torch.cat([moved, rest], dim=-1))
