"""One side of the game: its parameters, and the rule by which they move."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from toylab.base.axes import Int
from toylab.game.optimizers import Optimizer


class Side:
    """Parameters of one side, and the rule by which they move.

    Args:
        parameters: [S, P].
        optimizer: The rule.
        clip: What is done to each gradient first.
        project: What is done to the parameters afterwards.
    """

    def __init__(
        self,
        parameters: Tensor,
        optimizer: Optimizer,
        clip: Callable[[Tensor], Tensor],
        project: Callable[[Tensor], Tensor],
    ) -> None:
        self.parameters, self.memory = project(parameters), torch.zeros_like(parameters)
        self.optimizer, self._clip, self._project = optimizer, clip, project
        self.state = optimizer.initial(parameters)
        self.scale = 1.0

    @property
    def rate(self) -> float:
        """The present learning rate."""
        return self.optimizer.lr * self.scale

    def step(self, gradient: Tensor) -> None:
        """Move along a gradient [S, P]."""
        # In place: nobody looks at where the side was.
        self.state = self.optimizer.move(
            self.parameters, self._clip(gradient), self.state, self.scale
        )
        self.parameters = self._project(self.parameters)

    def moved(self, gradient: Tensor) -> Tensor:
        """Where such a step would lead, without taking it, [S, P]."""
        change, _ = self.optimizer.step(self._clip(gradient), self.state, self.scale)
        return self._project(self.parameters + change)

    def moves(self, gradient: Callable[[Tensor], Tensor], n: int) -> Tensor:
        """Where n such steps would lead, differentiably, without taking them, [S, P]."""
        at, state = self.parameters.detach().requires_grad_(), self.state
        for _ in range(n):
            change, state = self.optimizer.step(self._clip(gradient(at)), state, self.scale)
            at = self._project(at + change)
        return at

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        self.parameters, self.memory = self.parameters[rows], self.memory[rows]
        self.state = tuple(t[rows] if isinstance(t, Tensor) else t for t in self.state)
