"""Batches of data and latents for a game, and the random numbers beside them.

Each seed draws from its own streams, so that its batches depend on nothing but the seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor

from toylab.base.axes import Int
from toylab.game.streams import places, resumed, streams
from toylab.targets import Target

# Batches drawn at once. Part of what a seed means: another number would cut its streams otherwise.
BLOCK = 32

Rngs = list[np.random.Generator]
# What goes on from one round to the next, by name: arrays, and those of parts.
Arrays = dict[str, Any]


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

    def arrays(self) -> Arrays:
        """Where the streams stand."""
        return {"streams": places(self._rngs)}

    def restore(self, arrays: Arrays) -> None:
        """Go on from where they stood."""
        self._rngs = resumed(arrays["streams"])

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
        self._rngs, self._draw, self._device = rngs, draw, device
        self._rows = list(range(len(rngs)))
        self.begin(batch)

    def begin(self, batch: int) -> None:
        """Forget what is drawn ahead: the next batch is drawn anew, of so many points."""
        self.batch, self._block, self._used = batch, (), 0
        # Where the streams stood before the block: it can be drawn again from there.
        self._before = places(self._rngs)

    def next(self) -> Tensor:
        """The next batch of every seed, [S, B, C]."""
        if self._used == len(self._block):
            self.begin(self.batch)
            self._block = self._drawn()
        self._used += 1
        return self._block[self._used - 1]

    def _drawn(self) -> tuple[Tensor, ...]:
        n = BLOCK * self.batch
        rows = zip(self._rows, self._rngs, strict=True)
        block = np.stack([self._draw(row, rng, n) for row, rng in rows])
        return torch.from_numpy(block).to(self._device).split(self.batch, dim=1)

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        self._rngs = [self._rngs[i] for i in rows]
        self._rows = [self._rows[i] for i in rows]
        self._block, self._before = tuple(b[rows] for b in self._block), self._before[rows]

    def arrays(self) -> Arrays:
        """Where the streams stood before the present block, and how many of its batches are used."""
        return {"streams": self._before.copy(), "used": np.array(self._used)}

    def restore(self, arrays: Arrays, rows: Int) -> None:
        """Go on from there, with the seeds at some positions."""
        self._rngs, self._rows = resumed(arrays["streams"]), [int(row) for row in rows]
        self.begin(self.batch)
        if arrays["used"] and self._rows:
            self._block, self._used = self._drawn(), int(arrays["used"])


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
        known: The fixed training set of every seed, ended or not, players' units, [S, points, 2].
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
        self._seeds, self._latent, self._points = seeds, latent, points
        self._learn(target)

        def queue(purpose: str, draw: Callable[..., np.ndarray]) -> _Queue:
            return _Queue(streams(seeds, purpose), draw, batch, device)

        self._queues = {
            "data": queue("data", self._data),
            "generator_data": queue("generator_data", self._data),
            "latent": queue("latent", self._normal),
        }

    def _learn(self, target: Target) -> None:
        self._target = target
        self.known = np.zeros((len(self._seeds), 0, 2), np.float32)
        if self._points:
            own = streams(self._seeds, "training_set")
            self.known = np.stack([drawn(target, rng, self._points) for rng in own])

    def _data(self, row: int, rng: np.random.Generator, n: int) -> np.ndarray:
        if self._points:
            return self.known[row][rng.integers(0, self._points, n)]
        return drawn(self._target, rng, n)

    def _normal(self, row: int, rng: np.random.Generator, n: int) -> np.ndarray:
        return rng.standard_normal((n, self._latent), np.float32)

    def real(self) -> Tensor:
        """Real points for the discriminator's turn, [S, B, 2]."""
        return self._queues["data"].next()

    def paired(self) -> Tensor:
        """Real points that a generator's turn looks at, [S, B, 2].

        From a stream of their own, so that the discriminator sees the same data whether or not the
        generator looks at some.
        """
        return self._queues["generator_data"].next()

    def latents(self) -> Tensor:
        """Standard normal latents, [S, B, Z]."""
        return self._queues["latent"].next()

    def adopt(self, target: Target, batch: int) -> None:
        """Draw from another target, or other numbers of points, from the next batch on."""
        other = target is not self._target
        if other:
            self._learn(target)
        for purpose, queue in self._queues.items():
            # What is drawn ahead stays where it is as it would be drawn.
            if batch != queue.batch or (other and purpose != "latent"):
                queue.begin(batch)

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        for queue in self._queues.values():
            queue.keep(rows)

    def arrays(self) -> Arrays:
        """Where all streams stand."""
        return {purpose: queue.arrays() for purpose, queue in self._queues.items()}

    def restore(self, arrays: Arrays, rows: Int) -> None:
        """Go on from where they stood, with the seeds at some positions."""
        for purpose, queue in self._queues.items():
            queue.restore(arrays[purpose], rows)
