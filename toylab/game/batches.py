"""Batches of data and latents for a game, and the random numbers beside them.

Each seed draws from its own streams, so that its batches depend on nothing but the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from toylab.base.axes import Int
from toylab.game.streams import streams
from toylab.targets import Target

# Batches drawn at once. Part of what a seed means: another number would cut its streams otherwise.
BLOCK = 32

Rngs = list[np.random.Generator]


class Batch(NamedTuple):
    """Points of one update."""

    real: Tensor | None  # [S, B, 2]; None where nobody looks at real points
    z: Tensor  # [S, B, Z]


class Draws:
    """Random numbers beside the batches, each seed from its own stream."""

    def __init__(self, seeds: Sequence[int], device: torch.device) -> None:
        self._rngs, self._device = streams(seeds, "penalty"), device

    def uniform(self, *shape: int) -> Tensor:
        """Uniform on 0..1, [S, *shape]."""
        return self._stack([rng.random(shape, np.float32) for rng in self._rngs])

    def normal(self, *shape: int) -> Tensor:
        """Standard normal, [S, *shape]."""
        return self._stack([rng.standard_normal(shape, np.float32) for rng in self._rngs])

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        self._rngs = [self._rngs[i] for i in rows]

    def _stack(self, rows: list[np.ndarray]) -> Tensor:
        return torch.from_numpy(np.stack(rows)).to(self._device)


class _Queue:
    """Batches of one kind, drawn a block at a time.

    Args:
        rngs: One stream a seed.
        draw: From a seed's position, its stream and a number to so many points, [n, C].
        batch: Points of a batch.
        device: Where the batches go.
    """

    def __init__(
        self,
        rngs: Rngs,
        draw: Callable[[int, np.random.Generator, int], np.ndarray],
        batch: int,
        device: torch.device,
    ) -> None:
        self._rngs, self._draw, self._batch, self._device = rngs, draw, batch, device
        self._rows = list(range(len(rngs)))
        self._block: Iterator[Tensor] = iter(())

    def next(self) -> Tensor:
        """The next batch of every seed, [S, B, C]."""
        batch = next(self._block, None)
        if batch is None:
            n = BLOCK * self._batch
            rows = zip(self._rows, self._rngs, strict=True)
            block = np.stack([self._draw(row, rng, n) for row, rng in rows])
            block = torch.from_numpy(block).to(self._device)
            self._block = iter(block.split(self._batch, dim=1))
            batch = next(self._block)
        return batch

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        self._rngs = [self._rngs[i] for i in rows]
        self._rows = [self._rows[i] for i in rows]
        self._block = iter([batch[rows] for batch in self._block])


def drawn(target: Target, rng: np.random.Generator, n: int) -> np.ndarray:
    """Draw points as the players see them, in their own units.

    Args:
        target: The data.
        rng: From which they are drawn.
        n: How many.

    Returns:
        float32, [n, 2].
    """
    return target.frame.inward(target.sample(rng, n)).astype(np.float32, copy=False)


class Batches:
    """Draws batches for all seeds, in the players' units.

    Args:
        target: The data.
        seeds: Seeds of the ensemble.
        batch: Points of a batch.
        latent: Width of a latent.
        points: Size of a fixed training set drawn once a seed; 0 draws fresh points for ever.
        device: Where the batches go.

    Attributes:
        known: The fixed training set of every seed, players' units, [S, points, 2].
    """

    def __init__(
        self,
        target: Target,
        seeds: Sequence[int],
        batch: int,
        latent: int,
        points: int,
        device: torch.device,
    ) -> None:
        known = np.zeros((len(seeds), 0, 2), np.float32)
        if points:
            known = np.stack([drawn(target, r, points) for r in streams(seeds, "training_set")])
        self.known = known

        def data(row: int, rng: np.random.Generator, n: int) -> np.ndarray:
            return known[row][rng.integers(0, points, n)] if points else drawn(target, rng, n)

        def normal(row: int, rng: np.random.Generator, n: int) -> np.ndarray:
            return rng.standard_normal((n, latent), np.float32)

        def queue(purpose: str, draw: Callable[..., np.ndarray]) -> _Queue:
            return _Queue(streams(seeds, purpose), draw, batch, device)

        self._real, self._paired = queue("data", data), queue("generator_data", data)
        self._z = queue("latent", normal)

    def real(self) -> Tensor:
        """Real points for the discriminator's turn, [S, B, 2]."""
        return self._real.next()

    def paired(self) -> Tensor:
        """Real points that a generator's turn looks at, [S, B, 2].

        From a stream of their own, so that the discriminator sees the same data whether or not the
        generator looks at some.
        """
        return self._paired.next()

    def latents(self) -> Tensor:
        """Standard normal latents, [S, B, Z]."""
        return self._z.next()

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        self.known = self.known[rows]
        for queue in (self._real, self._paired, self._z):
            queue.keep(rows)
