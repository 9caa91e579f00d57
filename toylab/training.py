"""train(): the only loop. It puts the rooms of the game together and yields a snapshot when one is due."""

from __future__ import annotations

import platform
from collections.abc import Callable, Iterable, Iterator, Sequence

import numpy as np
import torch

from toylab.axes import Int
from toylab.choice import make
from toylab.claims import window_of
from toylab.counted import Counted
from toylab.device import device_of, told
from toylab.errors import ToylabError
from toylab.game.updates import UPDATES
from toylab.match import Game
from toylab.memory import keep_freed, machine_bytes
from toylab.recorder import Recorder, schedule
from toylab.release import release
from toylab.rules import MOST_BYTES, needs, recorded_bytes
from toylab.scenario import Scenario
from toylab.trace import Snapshot, Trace


def train(
    scenario: Scenario,
    seeds: Sequence[int],
    filmed: Sequence[int] = (0,),
    device: str = "cpu",
) -> Iterator[Snapshot]:
    """Train all seeds at once; yield a snapshot whenever one is due. Stop by not asking for more.

    Args:
        scenario: What to play.
        seeds: Seeds, each 0 or more, no two alike.
        filmed: Positions in `seeds` whose surface is recorded.
        device: One of `DEVICES`. Draws are made on the host: a seed means the same everywhere.

    Raises:
        ToylabError: If the seeds are not as said, or there is no such device.
    """
    return _Run(scenario, seeds, filmed, device).snapshots()


Watch = Callable[[Iterator[Snapshot], int], Iterable[Snapshot]]


def record(
    scenario: Scenario,
    seeds: Sequence[int],
    filmed: Sequence[int] = (0,),
    command: str = "",
    watch: Watch = lambda snapshots, total: snapshots,
    windows: Sequence[tuple[float, float]] | None = None,
    device: str = "cpu",
) -> Trace:
    """Train to the end and keep everything, or what falls into some windows.

    Args:
        scenario: What to play.
        seeds: As in `train`.
        filmed: As in `train`.
        command: What the user typed, for the trace's provenance.
        watch: Passes the snapshots on, knowing how many will come; for showing progress.
        windows: Fractions of training: of all snapshots those that `window_of` finds for one of these,
            and the last, so that it finds the same ones again. A snapshot of eight seeds costs as much
            as seven steps.
        device: As in `train`.

    Raises:
        ToylabError: As `train`, or if the trace would be too large.
    """
    due = _due(scenario, windows)
    _check_size(scenario, len(seeds), len(filmed), len(due))
    run = _Run(scenario, seeds, filmed, device, due)
    field, field_extent = run.game.field()
    return Trace.stack(
        watch(run.snapshots(), len(due)),
        len(due),
        seeds=np.asarray(seeds, dtype=np.int64),
        filmed=run.recorder.filmed,
        real=run.recorder.real,
        extent=np.asarray(run.recorder.extent, dtype=np.float64),
        field=field,
        field_extent=field_extent,
        target_data=run.game.target.data,
        settings_text=scenario.text,
        provenance={
            "scenario": scenario.name,
            "command": command,
            "output": run.game.objective.output,
            "device": told(run.device),
            **versions(),
        },
    )


class _Run:
    """One training, set up and not yet begun."""

    def __init__(
        self,
        scenario: Scenario,
        seeds: Sequence[int],
        filmed: Sequence[int],
        device: str = "cpu",
        due: Int | None = None,
    ) -> None:
        _check_seeds(seeds, filmed)
        keep_freed()
        self.device = device_of(device)
        self.seeds, kept, play = seeds, scenario.recording, scenario.game
        self.game = Game(scenario, seeds, self.device)
        steps = {
            "discriminator_steps": play.discriminator_steps,
            "generator_steps": play.generator_steps,
        }
        self.update = make("game.update", UPDATES, play.update.settings | steps)
        self.recorder = Recorder(
            self.game.target, self.game, seeds, filmed, kept.samples, kept.grid, self.device
        )
        self.due = _due(scenario) if due is None else due
        self.steps = scenario.training.steps
        self.alive = np.arange(len(seeds))
        self.diverged_at = np.full(len(seeds), -1, dtype=np.int64)

    def snapshots(self) -> Iterator[Snapshot]:
        """Play from one due step to the next."""
        step = 0
        for due in self.due:
            while step < due and len(self.alive):
                self.game.begin_round(step / self.steps)
                self.update.play(self.game)
                self.game.end_round()
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
        g, d = self.game.shown, self.game.discriminator.parameters
        return self.recorder.snapshot(step, g, d, self.alive, self.diverged_at)


def whole_rows(shot: Snapshot) -> np.ndarray:
    """Which seeds of a snapshot have nothing but finite numbers, [S]."""
    numbers = (shot.samples, shot.real_logits, shot.fake_logits, shot.losses, shot.gradients)
    each = [np.isfinite(n).reshape(len(n), -1).all(axis=1) for n in numbers]
    return np.logical_and.reduce(each)


def _due(scenario: Scenario, windows: Sequence[tuple[float, float]] | None = None) -> Int:
    """Steps at which a snapshot is taken: all, or those in some windows and the last, [T]."""
    kept = scenario.recording
    due = schedule(scenario.training.steps, kept.snapshots, kept.schedule)
    if windows is None:
        return due
    within = {i for window in windows for i in range(len(due))[window_of(due, window)]}
    return due[sorted(within | {len(due) - 1})]


def _check_seeds(seeds: Sequence[int], filmed: Sequence[int]) -> None:
    if not len(seeds) or len(set(seeds)) != len(seeds) or min(seeds) < 0 or max(seeds) >= 2**63:
        raise ToylabError(
            f"seeds must be different numbers from 0 on, below 2^63, got {list(seeds)[:8]}."
        )
    if any(not 0 <= position < len(seeds) for position in filmed):
        raise ToylabError(
            f"filmed must be positions in the {Counted(len(seeds)):seed}, got {list(filmed)}."
        )


# Taken for the memory of a machine that does not tell its own.
_USUAL_BYTES = 16 << 30


def _check_size(scenario: Scenario, n_seeds: int, n_filmed: int, snapshots: int) -> None:
    points = scenario.training.points
    n_bytes = recorded_bytes(scenario.recording, n_seeds, n_filmed, points, snapshots)
    if n_bytes > MOST_BYTES:
        raise ToylabError(
            f"Recording {Counted(n_seeds):seed} takes {n_bytes / 2**30:.1f} GiB, at most "
            f"{MOST_BYTES >> 30} GiB are allowed.\n"
            "  Give fewer seeds, or lower recording.snapshots, recording.samples or training.points."
        )
    played = n_seeds * sum(size for part, size in needs(scenario).items() if part != "recording")
    here = machine_bytes() or _USUAL_BYTES
    if n_seeds > 1 and played > here:
        raise ToylabError(
            f"Training {n_seeds} seeds at once takes some {played / 2**30:.0f} GiB, and this machine has "
            f"{here / 2**30:.0f}. Give fewer seeds; check and sweep train few at a time."
        )


def versions() -> dict[str, str]:
    """Versions that decide the numbers of a run."""
    return {
        "toylab": release(),
        "torch": torch.__version__,
        "numpy": np.__version__,
        "python": platform.python_version(),
    }
