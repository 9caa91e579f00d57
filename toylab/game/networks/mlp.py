"""A multilayer perceptron for all seeds at once."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Annotated

import numpy as np
import torch
from annotated_types import Interval, Len
from torch import Tensor

from toylab.base.choice import OneOf
from toylab.base.errors import ToylabError
from toylab.game.networks.chain import ELU, RELU, TANH, Act, Chain, leaky
from toylab.game.networks.network import Dice, Network, Pulled

ACTIVATIONS: dict[str, Callable[[Tensor], Tensor]] = {
    "relu": torch.relu,
    "leaky_relu": lambda x: torch.nn.functional.leaky_relu(x, LEAK),
    "tanh": torch.tanh,
    "elu": torch.nn.functional.elu,
    "silu": torch.nn.functional.silu,
    "linear": lambda x: x,
    # The largest of so many affine pieces a unit: the layer before is that much wider.
    # Goodfellow et al. 2013; five pieces as in PacGAN's tables.
    "maxout": lambda x: x.unflatten(-1, (-1, MAXOUT_PIECES)).amax(-1),
}
MAXOUT_PIECES = 5
# The slope of the DCGAN line of work; torch's default .01 is nearly a ReLU.
LEAK = 0.2
# Those of which the derivative is told from the value.
FAST: dict[str, Act] = {"relu": RELU, "leaky_relu": leaky(LEAK), "tanh": TANH, "elu": ELU}

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


Width = Annotated[int, Interval(ge=1, le=4096)]
# Points of its own kind among which minibatch discrimination is recorded: a fair batch, and few enough
# for a whole surface.
AMONG = 64


@dataclass(frozen=True)
class MLP(Network):
    """A multilayer perceptron.

    Attributes:
        inputs: Width of the input.
        outputs: Width of the output.
        hidden: Widths of the hidden layers; empty makes an affine map.
        activation: What follows each hidden layer; key of `ACTIVATIONS`.
        init: How weights are drawn; key of `INITS`; "lecun" is what torch.nn.Linear does.
        gain: Factor on all initial weights.
        input_scale: Factor on the input.
        batch_norm: Normalise each hidden layer over the batch, per seed, before its activation, with
            a scale and a shift for its bias; the batch's own statistics always, also when recorded.
            Ioffe & Szegedy 2015.
        dropout: Share of hidden units left out in training. Srivastava et al. 2014.
        spectral_norm: Divide each weight matrix by its largest singular value, computed exactly, so
            that the bound holds from the first step. Miyato et al. 2018.
        minibatch: Kernels of minibatch discrimination after the last hidden layer, 5 numbers each; 0
            for none. Salimans et al. 2016, section 3.2.

    Raises:
        ToylabError: If what is asked for is not defined together.
    """

    inputs: int
    outputs: int
    hidden: Annotated[tuple[Width, ...], Len(0, 16)] = (64, 64)
    activation: Annotated[str, OneOf(ACTIVATIONS)] = "leaky_relu"
    init: Annotated[str, OneOf(INITS)] = "lecun"
    gain: Annotated[float, Interval(ge=0, le=100)] = 1.0
    input_scale: Annotated[float, Interval(gt=0, le=1000)] = 1.0
    batch_norm: bool = False
    dropout: Annotated[float, Interval(ge=0, lt=1)] = 0.0
    spectral_norm: bool = False
    minibatch: Annotated[int, Interval(ge=0, le=64)] = 0

    def __post_init__(self) -> None:
        """Refuse what is not defined together."""
        if self.spectral_norm and self.batch_norm:
            raise ToylabError(
                "spectral_norm and batch_norm undo one another: one bounds a layer's slope, the other "
                "rescales it. Choose one."
            )
        if self.spectral_norm and not self.gain:
            raise ToylabError(
                "spectral_norm needs weights that are not all 0: give a gain above 0."
            )
        if not self.hidden and (self.batch_norm or self.dropout or self.minibatch):
            raise ToylabError("batch_norm, dropout and minibatch need a hidden layer to act on.")

    @cached_property
    def layers(self) -> tuple[tuple[int, int], ...]:
        """(fan_in, fan_out) of each layer's weights."""
        pieces = MAXOUT_PIECES if self.activation == "maxout" else 1
        fan_in = (self.inputs, *self.hidden)
        fan_out = (*(width * pieces for width in self.hidden), self.outputs)
        last = len(self.hidden)
        return tuple(
            (i + self.minibatch if depth == last else i, o)
            for depth, (i, o) in enumerate(zip(fan_in, fan_out, strict=True))
        )

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """Number of parameters in each block of a row."""
        sizes: list[int] = []
        for depth, (fan_in, fan_out) in enumerate(self.layers):
            norm = self.batch_norm and depth < len(self.hidden)
            # Weights and bias; with batch norm its scale too, the shift being the bias.
            sizes += [fan_in * fan_out, fan_out] + [fan_out] * norm
        if self.minibatch:
            sizes.append(self.hidden[-1] * self.minibatch * _MINIBATCH_DIM)
        return tuple(sizes)

    @property
    def size(self) -> int:
        """P, the number of parameters."""
        return sum(self.sizes)

    def numbers(self, others: int) -> int:
        """Numbers that are kept of one point: every layer's, and of each pair with another."""
        layers = self.inputs + sum(fan_out for _, fan_out in self.layers)
        # Of each pair: the differences, and the closeness.
        pairs = others * self.minibatch * (_MINIBATCH_DIM + 1)
        return layers + pairs

    def initial(self, rngs: Sequence[np.random.Generator]) -> Tensor:
        """Draw initial parameters, one stream per seed, [S, P]."""
        return torch.from_numpy(np.stack([self._row(rng) for rng in rngs]).astype(np.float32))

    def _row(self, rng: np.random.Generator) -> np.ndarray:
        blocks = []
        for depth, (fan_in, fan_out) in enumerate(self.layers):
            norm = self.batch_norm and depth < len(self.hidden)
            weights = INITS[self.init](rng, fan_in, fan_out) * self.gain
            bias = np.zeros(fan_out)
            if self.init in _RANDOM_BIAS and not norm:
                bias = _uniform(rng, (fan_out,), self.gain / math.sqrt(fan_in))
            blocks += [weights.ravel(), bias] + [np.ones(fan_out)] * norm
        if self.minibatch:
            # A small start: kernels near 1 for all pairs, as if there were none.
            blocks.append(0.1 * rng.standard_normal(self.sizes[-1]))
        return np.concatenate(blocks)

    def __call__(
        self,
        parameters: Tensor,
        x: Tensor,
        dice: Dice | None = None,
        among: Tensor | None = None,
    ) -> Tensor:
        """Evaluate the network of each seed on its own points, [S, B, outputs]."""
        followed = torch.is_grad_enabled() and (parameters.requires_grad or x.requires_grad)
        if self.by_hand and not followed:
            return self.pulled(parameters, x).value
        n_among = 0
        if among is not None and self.minibatch:
            n_among = among.shape[1]
            x = torch.cat([among.expand(len(x), -1, -1), x], dim=1)
        return self._layered(parameters, self._entered(x), dice, n_among)[:, n_among:]

    @property
    def compares(self) -> bool:
        """Whether there is minibatch discrimination."""
        return self.minibatch > 0

    @property
    def by_hand(self) -> bool:
        """Whether there is nothing but layers and activations of the fast kind."""
        return self._chain is not None

    def pulled(self, parameters: Tensor, x: Tensor, dice: Dice | None = None) -> Pulled:
        """Evaluate, and tell how gradients of that are pulled back.

        By hand without autograd's graph, which costs a single seed a third of its time.
        """
        if self._chain is None:
            return super().pulled(parameters, x, dice)
        value, row, points = self._chain.pulled(parameters, self._entered(x))
        return Pulled(value, row, lambda grad: self._scaled(points(grad)))

    def slope(self, parameters: Tensor, x: Tensor, dice: Dice | None = None) -> Tensor:
        """Gradient of the one output at each point, [S, B, inputs]; differentiable once more."""
        chain = self._chain
        if chain is not None:
            return self._scaled(chain.slope(parameters, self._entered(x)))
        return super().slope(parameters, x, dice)

    def _entered(self, x: Tensor) -> Tensor:
        """What the first layer is given."""
        return self._scaled(x)

    def _scaled(self, x: Tensor) -> Tensor:
        return x * self.input_scale if self.input_scale != 1 else x

    @cached_property
    def _chain(self) -> Chain | None:
        """The fast path, where there is nothing but layers and activations."""
        extras = self.batch_norm or self.dropout or self.spectral_norm or self.minibatch
        if extras or self.activation not in FAST:
            return None
        return Chain(self.layers, FAST[self.activation])

    def _layered(
        self, parameters: Tensor, x: Tensor, dice: Dice | None = None, n_among: int = 0
    ) -> Tensor:
        """Every kind of layer, by autograd; the first `n_among` points are the others' company."""
        # split, not slices: its backward pass is one concatenation and not one padded sum a block.
        blocks = iter(parameters.split(self.sizes, dim=1))
        kernels = parameters.split(self.sizes, dim=1)[-1] if self.minibatch else None
        for depth, (fan_in, fan_out) in enumerate(self.layers):
            weights = next(blocks).reshape(-1, fan_in, fan_out)
            bias = next(blocks).unsqueeze(1)
            if kernels is not None and depth == len(self.hidden):
                x = torch.cat([x, self._closeness(x, kernels, n_among)], dim=-1)
            if self.spectral_norm:
                # A seed that has diverged must not stop the others: the decomposition refuses NaN.
                known = torch.nan_to_num(weights, nan=1.0, posinf=1.0, neginf=1.0)
                weights = weights / torch.linalg.matrix_norm(known, 2, keepdim=True)
            if depth == len(self.hidden):
                return torch.baddbmm(bias, x, weights)
            if self.batch_norm:
                x = _normalised(x @ weights) * next(blocks).unsqueeze(1) + bias
            else:
                x = torch.baddbmm(bias, x, weights)
            x = ACTIVATIONS[self.activation](x)
            if self.dropout and dice is not None:
                kept = dice(tuple(x.shape[1:])) >= self.dropout
                x = x * kept / (1 - self.dropout)
        raise AssertionError("the last layer returns")

    def _closeness(self, h: Tensor, kernels: Tensor, n_among: int) -> Tensor:
        """How close each point is to the others, or to the first few, per kernel, [S, B, minibatch].

        A mean over the others, not Salimans' sum, so that the size of the batch does not matter.
        """
        m = (h @ kernels.reshape(len(kernels), self.hidden[-1], -1)).unflatten(
            -1, (self.minibatch, _MINIBATCH_DIM)
        )
        others = m[:, :n_among] if n_among else m
        gap = (m.unsqueeze(2) - others.unsqueeze(1)).abs().sum(-1)  # [S, B, B, minibatch]
        total = torch.exp(-gap).sum(2)
        return total / n_among if n_among else (total - 1) / max(m.shape[1] - 1, 1)


_MINIBATCH_DIM = 5


def _normalised(x: Tensor) -> Tensor:
    """Zero mean and unit variance over the batch, for each seed and unit, [S, B, C]."""
    centred = x - x.mean(dim=1, keepdim=True)
    # 1e-5: torch's own guard against a unit that never varies.
    return centred * torch.rsqrt(centred.square().mean(dim=1, keepdim=True) + 1e-5)
