"""A generator that is free points: nothing is shared between them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import torch
from annotated_types import Interval
from torch import Tensor

from toylab.game.networks.network import Dice, Network


@dataclass(frozen=True)
class Particles(Network):
    """So many free points, of which a latent picks one. Franceschi et al. 2023.

    Each goes where D's slope pushes it, and takes no other along: what is lost is the generator's network
    and what it shares between points. Theirs are as many as one likes, all moved at once by the slope
    itself; here they are a fixed number, a batch picks among them, and an optimiser makes the steps.
    Evaluation picks too, so that some count twice and some not at all: for 1,000 of 1,000 a divergence
    reads some .03 nats more than that of the points.

    Attributes:
        inputs: Width of the latent, of which the first number picks.
        outputs: 2.
        count: How many there are.
        spread: Standard deviation of where they begin, players' units.
    """

    inputs: int
    outputs: int
    count: Annotated[int, Interval(ge=1, le=10_000)] = 1000
    spread: Annotated[float, Interval(gt=0, le=10)] = 0.25
    judges, maps = False, False

    @property
    def starts(self) -> tuple[tuple[float, float], ...]:
        """Three standard deviations about the middle."""
        far = 3 * self.spread
        return (-far, -far), (far, far)

    @property
    def size(self) -> int:
        """P, two numbers a point."""
        return 2 * self.count

    def numbers(self, others: int) -> int:
        """The point itself, and which one it is."""
        return self.inputs + self.outputs

    def initial(self, rngs: Sequence[np.random.Generator]) -> Tensor:
        """Normal about the middle, [S, P]."""
        drawn = [r.standard_normal(self.size, np.float32) * self.spread for r in rngs]
        return torch.from_numpy(np.stack(drawn).astype(np.float32))

    def __call__(
        self, parameters: Tensor, x: Tensor, dice: Dice | None = None, among: Tensor | None = None
    ) -> Tensor:
        """The points that the latents pick, each as likely as any other, [S, B, 2]."""
        # The share of latents below this one: uniform, for latents are normal. To more digits than the
        # latent has, so that the page picks the same; Apple's GPUs have no such numbers.
        wide = torch.float32 if x.device.type == "mps" else torch.float64
        below = torch.special.ndtr(x[..., :1].detach().to(wide))
        which = (below * self.count).long().clamp(max=self.count - 1).expand(-1, -1, 2)
        return parameters.unflatten(-1, (self.count, 2)).gather(1, which)
