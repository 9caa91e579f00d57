"""train(): the only loop. It puts the rooms of the game together and yields a snapshot when one is due."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import NamedTuple

import numpy as np
import torch
from torch import Tensor

from toylab.axes import Int
from toylab.choice import make
from toylab.errors import ToylabError
from toylab.game.networks import MLP
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS, Optimizer
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.recorder import Recorder, schedule
from toylab.scenario import MOST_BYTES, Scenario
from toylab.streams import streams
from toylab.targets import TARGETS, Target
from toylab.trace import Snapshot, Trace

# Batches drawn at once. Part of what a seed means: another number would cut its streams otherwise.
BLOCK = 32


class Batch(NamedTuple):
    """Points of one update."""

    real: Tensor | None  # [S, B, 2]; None where nobody looks at real points
    z: Tensor  # [S, B, Z]


class Feed:
    """Draws batches for all seeds, a block at a time, each seed from its own streams."""

    def __init__(
        self, target: Target, seeds: Sequence[int], batch: int, latent: int, device: torch.device
    ) -> None:
        self._target, self._batch, self._latent, self._device = target, batch, latent, device
        self._data, self._noise = streams(seeds, "data"), streams(seeds, "latent")
        self._real_block, self._z_block = iter(()), iter(())

    def real(self) -> Tensor:
        """Real points, [S, B, 2]."""
        x = next(self._real_block, None)
        if x is None:
            n = BLOCK * self._batch
            drawn = np.stack([self._target.sample(rng, n) for rng in self._data])
            self._real_block = self._cut(drawn)
            x = next(self._real_block)
        return x

    def latents(self) -> Tensor:
        """Standard normal latents, [S, B, Z]."""
        z = next(self._z_block, None)
        if z is None:
            shape = (BLOCK * self._batch, self._latent)
            drawn = np.stack([rng.standard_normal(shape, np.float32) for rng in self._noise])
            self._z_block = self._cut(drawn)
            z = next(self._z_block)
        return z

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        self._data = [self._data[i] for i in rows]
        self._noise = [self._noise[i] for i in rows]
        self._real_block = iter([x[rows] for x in self._real_block])
        self._z_block = iter([z[rows] for z in self._z_block])

    def _cut(self, block: np.ndarray) -> Iterator[Tensor]:
        """Cut [S, BLOCK * B, C] into BLOCK tensors of [S, B, C]."""
        return iter(torch.from_numpy(block).to(self._device).split(self._batch, dim=1))


@dataclass
class Player:
    """Parameters of one side, and the rule by which they move."""

    parameters: Tensor  # [S, P]
    optimizer: Optimizer

    def __post_init__(self) -> None:
        """Start the optimiser."""
        self.state = self.optimizer.initial(self.parameters)

    def step(self, gradient: Tensor) -> None:
        """Move along a gradient [S, P]."""
        change, self.state = self.optimizer.step(gradient, self.state)
        self.parameters = self.parameters + change

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        self.parameters = self.parameters[rows]
        self.state = tuple(t[rows] if t.ndim else t for t in self.state)


class Game:
    """Two players over one target: what an update plays and the recorder looks at."""

    def __init__(self, scenario: Scenario, seeds: Sequence[int], device: torch.device) -> None:
        g, d, play = scenario.generator, scenario.discriminator, scenario.game
        self.latent = g.latent
        self.target = make("target", TARGETS, scenario.target.settings)
        self.objective = make("game.objective", OBJECTIVES, play.objective.settings)
        self.penalties = [make("game.penalties", PENALTIES, p.settings) for p in play.penalties]
        self._generate = MLP(g.latent, 2, g.hidden, g.activation, g.init, g.gain)
        self._judge = MLP(2, 1, d.hidden, d.activation, d.init, d.gain)
        rates = scenario.optimizer
        self.generator = Player(
            self._generate.initial(streams(seeds, "generator_init")).to(device),
            make("optimizer.generator", OPTIMIZERS, rates.generator.settings),
        )
        self.discriminator = Player(
            self._judge.initial(streams(seeds, "discriminator_init")).to(device),
            make("optimizer.discriminator", OPTIMIZERS, rates.discriminator.settings),
        )
        self.feed = Feed(self.target, seeds, scenario.training.batch, g.latent, device)

    def generate(self, parameters: Tensor, z: Tensor) -> Tensor:
        """G of latents [S, B, Z] -> points [S, B, 2]."""
        return self._generate(parameters, z)

    def judge(self, parameters: Tensor, x: Tensor) -> Tensor:
        """D's logits of points [S, B, 2] -> [S, B]."""
        return self._judge(parameters, x).squeeze(-1)

    def draw(self, *, real: bool) -> Batch:
        """Draw the batch of one update."""
        wanted = real or self.objective.pairs
        return Batch(self.feed.real() if wanted else None, self.feed.latents())

    def discriminator_loss(self, discriminator: Tensor, generator: Tensor, batch: Batch) -> Tensor:
        """The objective's loss and every penalty, [S]."""
        assert batch.real is not None
        fake = self.generate(generator, batch.z)
        logits = self.judge(discriminator, torch.cat([batch.real, fake], dim=1))
        real_logits, fake_logits = logits.split(batch.z.shape[1], dim=1)
        loss = self.objective.discriminator_loss(real_logits, fake_logits)
        for penalty in self.penalties:
            loss = loss + penalty(lambda x: self.judge(discriminator, x), batch.real, fake)
        return loss

    def generator_loss(self, discriminator: Tensor, generator: Tensor, batch: Batch) -> Tensor:
        """The objective's loss, [S]."""
        fake_logits = self.judge(discriminator, self.generate(generator, batch.z))
        none = fake_logits.new_empty((len(fake_logits), 0))
        real_logits = none if batch.real is None else self.judge(discriminator, batch.real)
        return self.objective.generator_loss(real_logits, fake_logits)

    def keep(self, rows: Int) -> None:
        """Go on with some of the seeds only."""
        self.generator.keep(rows)
        self.discriminator.keep(rows)
        self.feed.keep(rows)

    def finite(self) -> np.ndarray:
        """Which seeds still have finite parameters, [S]."""
        # A sum is finite only if every term is; float64, so that large finite terms do not overflow.
        sums = self.generator.parameters.sum(1, dtype=torch.float64)
        return (
            torch.isfinite(sums + self.discriminator.parameters.sum(1, dtype=torch.float64))
            .cpu()
            .numpy()
        )


def train(
    scenario: Scenario, seeds: Sequence[int], filmed: Sequence[int] = (0,)
) -> Iterator[Snapshot]:
    """Train all seeds at once; yield a snapshot whenever one is due. Stop by not asking for more.

    Args:
        scenario: What to play.
        seeds: Seeds, each 0 or more, no two alike.
        filmed: Positions in `seeds` whose surface is recorded.

    Raises:
        ToylabError: If the seeds are not as said.
    """
    return _Run(scenario, seeds, filmed).snapshots()


Watch = Callable[[Iterator[Snapshot], int], Iterable[Snapshot]]


def record(
    scenario: Scenario,
    seeds: Sequence[int],
    filmed: Sequence[int] = (0,),
    command: str = "",
    watch: Watch = lambda snapshots, total: snapshots,
) -> Trace:
    """Train to the end and keep everything.

    Args:
        scenario: What to play.
        seeds: As in `train`.
        filmed: As in `train`.
        command: What the user typed, for the trace's provenance.
        watch: Passes the snapshots on, knowing how many will come; for showing progress.

    Raises:
        ToylabError: As `train`.
    """
    run = _Run(scenario, seeds, filmed)
    return Trace.stack(
        watch(run.snapshots(), len(run.due)),
        seeds=np.asarray(seeds, dtype=np.int64),
        filmed=run.recorder.filmed,
        real=run.recorder.real,
        extent=np.asarray(run.recorder.extent, dtype=np.float64),
        settings_text=scenario.text,
        provenance={"scenario": scenario.name, "command": command, **versions()},
    )


class _Run:
    """One training, set up and not yet begun."""

    def __init__(self, scenario: Scenario, seeds: Sequence[int], filmed: Sequence[int]) -> None:
        _check_seeds(seeds, filmed, scenario)
        device = torch.device("cpu")
        self.seeds, kept, play = seeds, scenario.recording, scenario.game
        self.game = Game(scenario, seeds, device)
        steps = {
            "discriminator_steps": play.discriminator_steps,
            "generator_steps": play.generator_steps,
        }
        self.update = make("game.update", UPDATES, play.update.settings | steps)
        self.recorder = Recorder(
            self.game.target, self.game, seeds, filmed, kept.samples, kept.grid, device
        )
        self.due = schedule(scenario.training.steps, kept.snapshots, kept.schedule)
        self.alive = np.arange(len(seeds))
        self.diverged_at = np.full(len(seeds), -1, dtype=np.int64)

    def snapshots(self) -> Iterator[Snapshot]:
        """Play from one due step to the next."""
        step = 0
        for due in self.due:
            while step < due and len(self.alive):
                self.update.play(self.game)
                step += 1
                self._drop(~self.game.finite(), step)
            shot = self._look(int(due))
            # Finite parameters may still be too large to compute with; that seed has ended too.
            if self._drop(~whole_rows(shot)[self.alive], int(due)):
                shot = self._look(int(due))
            yield shot

    def _drop(self, broken: np.ndarray, step: int) -> bool:
        """End the seeds that broke, so that they stop costing time; the others go on."""
        if not broken.any():
            return False
        self.diverged_at[self.alive[broken]] = step
        self.alive = self.alive[~broken]
        self.game.keep(np.flatnonzero(~broken))
        return True

    def _look(self, step: int) -> Snapshot:
        g, d = self.game.generator.parameters, self.game.discriminator.parameters
        return self.recorder.snapshot(step, g, d, self.alive, self.diverged_at)


def whole_rows(shot: Snapshot) -> np.ndarray:
    """Which seeds of a snapshot have nothing but finite numbers, [S]."""
    numbers = (shot.samples, shot.real_logits, shot.fake_logits, shot.losses, shot.gradients)
    each = [np.isfinite(n).reshape(len(n), -1).all(axis=1) for n in numbers]
    return np.logical_and.reduce(each)


def _check_seeds(seeds: Sequence[int], filmed: Sequence[int], scenario: Scenario) -> None:
    if not len(seeds) or len(set(seeds)) != len(seeds) or min(seeds) < 0:
        raise ToylabError(f"seeds must be different numbers from 0 on, got {list(seeds)[:8]}.")
    if any(not 0 <= position < len(seeds) for position in filmed):
        raise ToylabError(
            f"filmed must be positions in the {len(seeds)} seeds, got {list(filmed)}."
        )
    n_bytes = scenario.recorded_bytes(len(seeds), len(filmed))
    if n_bytes > MOST_BYTES:
        raise ToylabError(
            f"Recording {len(seeds)} seeds takes {n_bytes / 2**30:.1f} GiB, at most "
            f"{MOST_BYTES >> 30} GiB are allowed.\n"
            "  Give fewer seeds, or lower recording.snapshots or recording.samples."
        )


def versions() -> dict[str, str]:
    """Versions that decide the numbers of a run."""
    try:
        own = version("toylab")
    except PackageNotFoundError:  # run from a checkout that was never installed
        own = "checkout"
    return {
        "toylab": own,
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
