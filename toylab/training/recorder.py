"""What is kept of a training: when a snapshot is taken, and what is measured for it.

A snapshot looks at the players on points that stay fixed for the whole run, so that a film shows the
players move and not the dice.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
import torch
from scipy.special import ndtri
from torch import Tensor

from toylab.base.axes import Int, Points
from toylab.game.game import Game
from toylab.game.objectives import NonSaturating, Saturating
from toylab.game.streams import streams
from toylab.targets import Target, cell_centres, extent
from toylab.trace import Snapshot
from toylab.training.threads import Hands

# Lines of the latent lattice, each way: enough to see it fold, few enough to follow one.
LATTICE_LINES = 21
# Seeds that are measured at once: a piece for each core where there are a few, and each large enough.
_MEASURED = 2
# Points times parameters from which the pieces of a snapshot are worth threads: the base game has nine
# million; a game of eight units and 64 points is done before a thread wakes.
_WORTH_HANDS = 1_000_000


def schedule(steps: int, snapshots: int, kind: str) -> Int:
    """Steps at which a snapshot is taken: first 0, last `steps`, increasing, at most `snapshots`.

    Args:
        steps: Length of the training.
        snapshots: How many are wanted, 2 or more; fewer come out where steps would coincide.
        kind: "linear", or "geometric": dense at the start, where most happens.

    Returns:
        [T].
    """
    n = min(snapshots, steps + 1)
    if kind != "geometric":
        return np.unique(np.round(np.linspace(0, steps, n)).astype(np.int64))

    def marks(asked: int) -> Int:
        """Different steps among so many, evenly spaced in their logarithm."""
        return np.unique(np.round(np.geomspace(1, steps, asked)).astype(np.int64))

    # Rounding makes early steps coincide; the least number is asked for that leaves enough. The more are
    # asked for, the more are left: tried for every number and each length up to 260.
    low, high = n - 2, n - 1
    while len(marks(high)) < n - 1:
        low, high = high, 2 * high
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if len(marks(middle)) >= n - 1 else (middle, high)
    return np.concatenate([[0], marks(high)[: n - 2], [steps]])


class Recorder:
    """Takes snapshots of one ensemble.

    What the game says of a place is asked in its units; what is kept of places is in the data's.

    Args:
        game: What is measured.
        seeds: Seeds of the whole ensemble, [S].
        filmed: Positions in `seeds` whose surface is recorded, [F].
        samples: N, points of the fixed evaluation sets.
        grid: H = W, rows and columns of the surface.
        device: Where the players live.
        later: What else is to be learned before the training ends, and so must fit the stage.
    """

    def __init__(
        self,
        game: Game,
        seeds: Sequence[int],
        filmed: Sequence[int],
        samples: int,
        grid: int,
        device: torch.device,
        later: Sequence[Target] = (),
    ) -> None:
        self.game, self.filmed, self.device = game, np.asarray(filmed, dtype=np.int64), device
        self._seeds, self._samples = seeds, samples
        self._frame = game.target.frame
        self.follow()
        shape = (samples, game.latent)
        self._z = self._tensor(
            np.stack(
                [r.standard_normal(shape, np.float32) for r in streams(seeds, "evaluation_latent")]
            )
        )
        stage = _around([extent(target, game.starts) for target in (game.target, *later)])
        self.extent = self._frame.square(stage)
        # Cell centres, so that the surface fills the extent to its edge and no further.
        xx, yy = np.meshgrid(*cell_centres(stage, grid))
        self._grid = self._tensor(np.stack([xx, yy], axis=-1).reshape(1, -1, 2))
        lines = LATTICE_LINES if game.latent == 2 and game.maps else 0
        # At the normal's quantiles, so that each cell of the lattice holds the same mass.
        at = ndtri((np.arange(lines) + 0.5) / max(lines, 1))
        self._lattice = self._tensor(np.stack(np.meshgrid(at, at), axis=-1).reshape(1, -1, 2))
        self._lines, self._n_grid = lines, grid
        self.hands = Hands()

    def follow(self) -> None:
        """Compare from now on with what the game has to learn now."""
        self.real = self.points_of(self.game.target)
        self._x = self._tensor(self._frame.inward(self.real))
        # Of the whole ensemble: a seed that ends keeps its row here.
        self._known = self._tensor(self.game.known)

    def points_of(self, target: Target) -> Points:
        """The fixed real points of each seed, if a target is to be learned, data units, [S, N, 2]."""
        own = streams(self._seeds, "evaluation_data")
        return np.stack([target.sample(rng, self._samples) for rng in own])

    def _tensor(self, array: np.ndarray) -> Tensor:
        return torch.from_numpy(array.astype(np.float32)).to(self.device)

    def snapshot(
        self, step: int, generator: Tensor, discriminator: Tensor, alive: Int, diverged_at: Int
    ) -> Snapshot:
        """Measure the game.

        Args:
            step: Rounds played.
            generator: Parameters of the seeds still alive, [A, P].
            discriminator: Likewise, [A, P].
            alive: Positions of those rows in the ensemble, [A].
            diverged_at: Step at which each seed ended, or -1, [S].
        """
        n_seeds, n = len(self.real), self.real.shape[1]
        grid, lines, n_filmed = self._n_grid, self._lines, len(self.filmed)

        def blank(*shape: int, dtype: np.typing.DTypeLike = np.float32) -> np.ndarray:
            return np.full(shape, np.nan, dtype)

        # Degrees of latitude need more digits than float32 has.
        places = self.real.dtype

        shot = Snapshot(
            step=step,
            samples=blank(n_seeds, n, 2, dtype=places),
            real_logits=blank(n_seeds, n),
            fake_logits=blank(n_seeds, n),
            losses=blank(n_seeds, 2),
            gradients=blank(n_seeds, 4),
            critic=blank(n_seeds, 2),
            logits=blank(n_filmed, grid, grid),
            pushes=blank(n_filmed, n, 2),
            lattice=blank(n_filmed, lines, lines, 2, dtype=places),
            train_logits=blank(n_seeds, self._known.shape[1]),
            parameters=blank(n_seeds, self._n_parameters(generator, discriminator)),
            diverged_at=diverged_at.copy(),
        )
        parts = [slice(i, i + _MEASURED) for i in range(0, len(alive), _MEASURED)]
        pushes = blank(n_seeds, n, 2)
        measures = [
            partial(self._measure, shot, pushes, generator[p], discriminator[p], alive[p])
            for p in parts
        ]
        films = []
        for f, position in enumerate(self.filmed):
            for row in np.flatnonzero(alive == position):
                g, d = generator[row : row + 1], discriminator[row : row + 1]
                films.append(partial(self._film, shot, f, g, d, self._x[[position]]))
        # One after the other: of a large game either takes much memory.
        for pieces in (measures, films):
            if n * (generator.shape[1] + discriminator.shape[1]) >= _WORTH_HANDS:
                self.hands.do(pieces)
            else:
                for piece in pieces:
                    piece()
        shot.pushes[:] = pushes[self.filmed]
        return shot

    def _n_parameters(self, generator: Tensor, discriminator: Tensor) -> int:
        return generator.shape[1] + discriminator.shape[1] if self.game.solvable else 0

    def _measure(
        self, shot: Snapshot, pushes: np.ndarray, g: Tensor, d: Tensor, alive: Int
    ) -> None:
        """Fill in what some living seeds have, and their rows of the pushes, [S, N, 2]."""
        game, own = self.game, self.game.objective
        g, d = g.detach().requires_grad_(), d.detach().requires_grad_()
        real = self._x[alive]
        with torch.enable_grad():
            fake = game.generate(g, game.recorded_at(self._z[alive]))
            real_logits, fake_logits = game.judge(d, real), game.judge(d, fake, generated=True)
            wanted = own.generator_loss(real_logits, fake_logits)
            cost = own.discriminator_loss(real_logits, fake_logits)
            losses = (
                wanted,
                Saturating().generator_loss(real_logits, fake_logits),
                NonSaturating().generator_loss(real_logits, fake_logits),
            )
            push = torch.autograd.grad(wanted.sum(), fake, retain_graph=True)[0]
            norms = [_row_norm(loss, g) for loss in losses] + [_row_norm(cost, d)]
        shot.samples[alive] = self._frame.outward(_numpy(fake))
        shot.real_logits[alive] = _numpy(real_logits)
        shot.fake_logits[alive] = _numpy(fake_logits)
        shot.losses[alive] = _numpy(torch.stack([cost, wanted], dim=1))
        shot.gradients[alive] = _numpy(torch.stack(norms, dim=1))
        shot.critic[alive] = _numpy(self._criticised(d.detach(), (real + fake.detach()) / 2))
        if self.game.solvable:
            shot.parameters[alive] = _numpy(torch.cat([g, d], dim=1))
        if self._known.shape[1]:
            with torch.no_grad():
                # In packs where D judges packs, as the held-out points that they are compared with.
                shot.train_logits[alive] = _numpy(game.judge(d, self._known[alive], among=real))
        # The loss is a mean over N samples; times N it is each sample's own.
        pushes[alive] = _numpy(-push * fake.shape[1])

    def _criticised(self, d: Tensor, between: Tensor) -> Tensor:
        """What bounds the critic: its mean slope, and its share of parameters at their bound, [A, 2]."""
        slope, size = self.game.slope(d, between), d.abs()
        # A part in a million: clipped weights are equal, others are not.
        bound = size >= size.amax(dim=1, keepdim=True) * (1 - 1e-6)
        return torch.stack([slope.norm(dim=-1).mean(-1), bound.float().mean(-1)], dim=1)

    def _film(self, shot: Snapshot, f: int, g: Tensor, d: Tensor, real: Tensor) -> None:
        with torch.no_grad():
            grid, lines = self._n_grid, self._lines
            surface = self.game.judge_alone(d, self._grid, among=real)
            shot.logits[f] = _numpy(surface).reshape(grid, grid)
            if lines:
                at = self.game.generate(g, self.game.recorded_at(self._lattice))
                shot.lattice[f] = self._frame.outward(_numpy(at)).reshape(lines, lines, 2)


def _around(squares: Sequence[tuple[float, float, float, float]]) -> tuple[float, ...]:
    """The least square around some squares: x0, x1, y0, y1."""
    if len(squares) == 1:
        return squares[0]
    x0, _, y0, _ = np.min(squares, axis=0).tolist()
    _, x1, _, y1 = np.max(squares, axis=0).tolist()
    half = max(x1 - x0, y1 - y0) / 2
    x, y = (x0 + x1) / 2, (y0 + y1) / 2
    return x - half, x + half, y - half, y + half


def _numpy(tensor: Tensor) -> np.ndarray:
    return tensor.detach().cpu().numpy()


def _row_norm(loss: Tensor, parameters: Tensor) -> Tensor:
    """Norm of the gradient of each seed's loss over that seed's parameters, [A]."""
    # retain_graph: the losses share one graph, which the caller drops.
    return torch.autograd.grad(loss.sum(), parameters, retain_graph=True)[0].norm(dim=1)
