"""The fast path: layer after layer forward and back by hand, for training's own gradients.

Autograd keeps a graph of a dozen nodes a network and turns each thin product the slow way round: MKL's
batched product with an outer size of 1 or 2 costs 3 to 10 times the same product transposed. Here
activations are written in place, and each parameter's gradient lands where it belongs in the row. What has
to be differentiated once more after a slope's gradient is left to autograd.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from toylab.game.networks.network import Pulled

aten = torch.ops.aten

# Up to so many numbers a product is thin; at 8 both ways cost the same.
THIN = 4


@dataclass(frozen=True)
class Act:
    """An activation in place, and its derivative told from its own output.

    Attributes:
        apply: Changes pre-activations into activations, in place.
        back: Multiplies a gradient by the derivative, in place; it is given the activations.
        bend: Multiplies a gradient by the second derivative over the first, in place; it is given the
            activations. None where it is piecewise linear.
    """

    apply: Callable[[Tensor], Tensor]
    back: Callable[[Tensor, Tensor], Tensor]
    bend: Callable[[Tensor, Tensor], Tensor] | None = None


def leaky(slope: float) -> Act:
    """The leaky ReLU of a slope."""
    return Act(
        lambda x: torch.nn.functional.leaky_relu_(x, slope),
        lambda g, h: aten.leaky_relu_backward.grad_input(g, h, slope, True, grad_input=g),
    )


RELU = Act(
    torch.relu_,
    lambda g, h: aten.threshold_backward.grad_input(g, h, 0, grad_input=g),
)
TANH = Act(
    torch.tanh_,
    lambda g, h: aten.tanh_backward.grad_input(g, h, grad_input=g),
    lambda g, h: g.mul_(h).mul_(-2),
)
ELU = Act(
    torch.nn.functional.elu_,
    lambda g, h: aten.elu_backward.grad_input(g, 1.0, 1, 1, True, h, grad_input=g),
    # Below 0 all derivatives are the same exponential; at 0 autograd takes the second from above.
    lambda g, h: g.mul_(h < 0),
)


@dataclass(frozen=True)
class Chain:
    """Affine layers with one activation between them, over flat rows of parameters.

    Attributes:
        layers: (fan_in, fan_out) of each; a row holds each layer's weights and then its bias.
        act: Between them.
    """

    layers: tuple[tuple[int, int], ...]
    act: Act

    def pulled(self, parameters: Tensor, x: Tensor) -> Pulled:
        """Evaluate, and tell how gradients of that are pulled back."""
        blocks = self.blocks(parameters)
        kept = self.hidden(blocks, x)

        def back(grad: Tensor, row: Tensor | None = None) -> Tensor:
            slots = self.blocks(row) if row is not None else None
            for depth in range(len(blocks) - 1, -1, -1):
                if slots is not None:
                    _fill(slots[depth], kept[depth], grad)
                if depth or slots is None:
                    grad = torch.bmm(grad, _turned(blocks[depth][0]))
                if depth:
                    grad = self.act.back(grad, kept[depth])
            return grad if row is None else row

        weights, bias = blocks[-1]
        value = torch.baddbmm(bias.unsqueeze(1), kept[-1], _turned(weights).transpose(1, 2))
        return Pulled(value, lambda grad: back(grad, torch.empty_like(parameters)), back)

    def slope(self, parameters: Tensor, x: Tensor) -> Tensor:
        """Gradient of the one output at each point, once differentiable, [S, B, inputs]."""
        return _Slope.apply(parameters, x, self)  # pyright: ignore[reportReturnType]

    def blocks(self, row: Tensor) -> list[tuple[Tensor, Tensor]]:
        """Each layer's weights [S, fan_in, fan_out] and bias [S, fan_out], views of the rows."""
        # split, and not a slice a block: one call of torch instead of six.
        parts = row.split(self._sizes, dim=1)
        return [
            (weights.view(-1, *shape), bias)
            for shape, weights, bias in zip(self.layers, parts[::2], parts[1::2], strict=True)
        ]

    @cached_property
    def _sizes(self) -> list[int]:
        return [size for fan_in, fan_out in self.layers for size in (fan_in * fan_out, fan_out)]

    def hidden(self, blocks: Sequence[tuple[Tensor, Tensor]], x: Tensor) -> list[Tensor]:
        """The points and the activations of every hidden layer, [S, B, width] each."""
        kept = [x]
        for weights, bias in blocks[:-1]:
            kept.append(self.act.apply(torch.baddbmm(bias.unsqueeze(1), kept[-1], weights)))
        return kept


def _turned(weights: Tensor) -> Tensor:
    """Weights transposed, [S, fan_out, fan_in]; laid out anew where a product with them is thin."""
    turned = weights.transpose(1, 2)
    return turned.contiguous() if turned.shape[1] <= THIN else turned


def _fill(slot: tuple[Tensor, Tensor], h: Tensor, grad: Tensor) -> None:
    """Write a layer's gradient: of its input h [S, B, fan_in] and of what left it [S, B, fan_out]."""
    weights, bias = slot
    torch.sum(grad, 1, out=bias)
    if grad.shape[2] <= THIN:
        weights.copy_(torch.bmm(grad.transpose(1, 2), h).transpose(1, 2))
    else:
        torch.bmm(h.transpose(1, 2), grad, out=weights)


class _Slope(torch.autograd.Function):
    """Gradient of the network's one output at each point, and that of it in parameters and points.

    The slope depends on the weights along its way back, and, where the activation bends, on where the
    points lie. So its gradient is a pass forward along what pulls at it, and there one more pass back.
    """

    @staticmethod
    def forward(ctx: Any, parameters: Tensor, x: Tensor, chain: Chain) -> Tensor:
        blocks = chain.blocks(parameters)
        kept = chain.hidden(blocks, x)
        last = blocks[-1][0].transpose(1, 2)  # [S, 1, width]
        slope = last.expand(-1, x.shape[1], -1).contiguous()
        passed = []
        for depth in range(len(blocks) - 1, 0, -1):
            slope = chain.act.back(slope, kept[depth])
            passed.append(slope)
            slope = torch.bmm(slope, blocks[depth - 1][0].transpose(1, 2))
        ctx.chain, ctx.blocks = chain, blocks
        ctx.save_for_backward(parameters, *kept, *reversed(passed))
        return slope

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, *grads: Tensor) -> Any:  # pyright: ignore[reportIncompatibleMethodOverride]
        (grad,), chain = grads, ctx.chain
        parameters, *rest = ctx.saved_tensors
        n = len(ctx.blocks)
        kept, passed = rest[:n], rest[n:]
        row = torch.zeros_like(parameters)
        blocks, slots = ctx.blocks, chain.blocks(row)
        bent = []
        for depth, (h, slope) in enumerate(zip(kept[1:], passed, strict=True)):
            torch.bmm(grad.transpose(1, 2), slope, out=slots[depth][0])
            grad = torch.bmm(grad, blocks[depth][0])
            if chain.act.bend is not None:
                bent.append(chain.act.bend(grad * slope, h))
            grad = chain.act.back(grad, h)
        slots[-1][0].copy_(grad.sum(1).unsqueeze(-1))
        points = ctx.needs_input_grad[1]
        return row, _bent(chain, blocks, slots, kept, bent, points), None


def _bent(
    chain: Chain,
    blocks: Sequence[tuple[Tensor, Tensor]],
    slots: Sequence[tuple[Tensor, Tensor]],
    kept: Sequence[Tensor],
    bent: Sequence[Tensor],
    points: bool,
) -> Tensor | None:
    """What a slope owes to where the points lie, added to a row; and to the points, [S, B, inputs].

    Args:
        chain: Whose slope.
        blocks: Its parameters.
        slots: Of the gradient's row.
        kept: The points and the activations of every hidden layer.
        bent: The slope's gradient in each layer's pre-activations, that layer's own alone.
        points: Whether the points want theirs.
    """
    down: Tensor | None = None
    for depth in range(len(bent) - 1, -1, -1):
        here = (
            bent[depth] if down is None else bent[depth].add_(chain.act.back(down, kept[depth + 1]))
        )
        weights, bias = slots[depth]
        weights.baddbmm_(kept[depth].transpose(1, 2), here)
        bias.add_(here.sum(1))
        if depth or points:
            down = torch.bmm(here, _turned(blocks[depth][0]))
    return down if points else None
