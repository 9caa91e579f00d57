"""One side of the game: its parameters, and the rule by which they move."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor

from toylab.base.axes import Int
from toylab.game.batches import Arrays
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
        self.parameters, self.memory = parameters, torch.zeros_like(parameters)
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

    def adopt(self, optimizer: Optimizer) -> None:
        """Move by another rule; one of another kind remembers nothing of the gradients so far."""
        if type(optimizer) is not type(self.optimizer):
            self.state = optimizer.initial(self.parameters)
        self.optimizer = optimizer

    def forget(self) -> None:
        """Forget the last gradient, which only updates of one kind keep."""
        self.memory = torch.zeros_like(self.parameters)

    def arrays(self) -> Arrays:
        """Parameters, the last gradient if an update keeps it, and what the optimiser remembers."""
        return {
            "parameters": _array(self.parameters),
            "memory": _array(self.memory),
            "optimizer": {
                str(i): _array(one) if isinstance(one, Tensor) else np.array(one)
                for i, one in enumerate(self.state)
            },
        }

    def restore(self, arrays: Arrays) -> None:
        """Go on from there, by the present rule."""
        device = self.parameters.device
        self.parameters, self.memory = (
            tensor(arrays[key], device) for key in ("parameters", "memory")
        )
        self.state = tuple(
            tensor(one, device) if one.ndim else float(one)
            for _, one in sorted(arrays["optimizer"].items())
        )


def _array(tensor: Tensor) -> np.ndarray:
    # A copy: a side moves in place.
    return tensor.cpu().numpy().copy()


def tensor(array: np.ndarray, device: torch.device) -> Tensor:
    """A tensor of an array's numbers, [S, ...], in memory that torch has laid out.

    Args:
        array: Of any shape, [S, ...].
        device: Where it goes.
    """
    return torch.from_numpy(array).clone().to(device)
