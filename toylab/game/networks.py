"""An ensemble of multilayer perceptrons: the same network for all seeds, one batched matmul a layer.

A network is a pure function of its parameters, one flat row per seed, [S, P]. So a gradient norm, a
clip, an optimiser step or an unrolled inner step is one expression over rows, and a seed is dropped
by dropping its row.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    # .2 is the slope of the DCGAN line of work; torch's default .01 is nearly a ReLU.
    "leaky_relu": lambda x: torch.nn.functional.leaky_relu(x, 0.2),
    "tanh": torch.tanh,
    "elu": torch.nn.functional.elu,
    "silu": torch.nn.functional.silu,
}

# What a scheme draws for one layer: weights [fan_in, fan_out] of unit gain.
Draw = Callable[[np.random.Generator, int, int], np.ndarray]


def _uniform(rng: np.random.Generator, shape: tuple[int, ...], bound: float) -> np.ndarray:
    return rng.uniform(-bound, bound, shape)


def _orthogonal(rng: np.random.Generator, fan_in: int, fan_out: int) -> np.ndarray:
    """Columns or rows of a random rotation, uniform by the sign correction of Mezzadri 2007."""
    tall = rng.standard_normal((max(fan_in, fan_out), min(fan_in, fan_out)))
    q, r = np.linalg.qr(tall)
    q = q * np.sign(np.diag(r))
    return q if fan_in >= fan_out else q.T


INITS: dict[str, Draw] = {
    "lecun": lambda rng, i, o: _uniform(rng, (i, o), 1 / math.sqrt(i)),
    "xavier": lambda rng, i, o: _uniform(rng, (i, o), math.sqrt(6 / (i + o))),
    "he": lambda rng, i, o: rng.standard_normal((i, o)) * math.sqrt(2 / i),
    "orthogonal": _orthogonal,
    # Of unit standard deviation: `gain` is then the standard deviation itself.
    "normal": lambda rng, i, o: rng.standard_normal((i, o)),
}
# torch.nn.Linear draws its biases from the same interval as its weights, and so does its twin here.
_RANDOM_BIAS = frozenset({"lecun"})


@dataclass(frozen=True)
class MLP:
    """A multilayer perceptron, evaluated for all seeds at once.

    Attributes:
        inputs: Width of the input.
        outputs: Width of the output.
        hidden: Widths of the hidden layers; empty makes an affine map.
        activation: Key of `ACTIVATIONS`.
        init: Key of `INITS`; "lecun" is what torch.nn.Linear does.
        gain: Factor on all initial weights.
    """

    inputs: int
    outputs: int
    hidden: tuple[int, ...] = (64, 64)
    activation: str = "leaky_relu"
    init: str = "lecun"
    gain: float = 1.0

    @cached_property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """(fan_in, fan_out) of each layer."""
        widths = (self.inputs, *self.hidden, self.outputs)
        return tuple(zip(widths[:-1], widths[1:], strict=True))

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of parameters in each block of a row: weights, biases, weights, ..."""
        return tuple(n for i, o in self.layers for n in (i * o, o))

    def initial(self, rngs: Sequence[np.random.Generator]) -> Tensor:
        """Draw initial parameters, one stream per seed, [S, P]."""
        rows = []
        for rng in rngs:
            blocks = []
            for fan_in, fan_out in self.layers:
                weights = INITS[self.init](rng, fan_in, fan_out) * self.gain
                bias = np.zeros(fan_out)
                if self.init in _RANDOM_BIAS:
                    bias = _uniform(rng, (fan_out,), self.gain / math.sqrt(fan_in))
                blocks += [weights.ravel(), bias]
            rows.append(np.concatenate(blocks))
        return torch.from_numpy(np.stack(rows).astype(np.float32))

    def __call__(self, parameters: Tensor, x: Tensor) -> Tensor:
        """Evaluate the network of each seed on its own points.

        Args:
            parameters: One row per seed, [S, P].
            x: [S, B, inputs].

        Returns:
            [S, B, outputs].
        """
        activate = ACTIVATIONS[self.activation]
        # split, not slices: its backward pass is one concatenation and not one padded sum a block.
        blocks = iter(parameters.split(self.sizes, dim=1))
        for depth, (fan_in, fan_out) in enumerate(self.layers):
            weights = next(blocks).view(-1, fan_in, fan_out)
            bias = next(blocks).unsqueeze(1)
            if depth:
                x = activate(x)
            x = torch.baddbmm(bias, x, weights)
        return x
