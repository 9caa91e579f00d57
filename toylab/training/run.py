"""train(): the only loop. It plays the game of a scenario and yields a snapshot when one is due."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import fields
from functools import partial
from itertools import pairwise

import numpy as np
import torch

from toylab.base.axes import Int
from toylab.base.counted import Counted
from toylab.base.errors import ToylabError
from toylab.base.memory import machine_bytes
from toylab.base.release import release
from toylab.metrics.claim import window_of
from toylab.scenario.rules import MOST_BYTES, needs, networks_of, recorded_bytes, update_of
from toylab.scenario.scenario import Scenario
from toylab.trace import Snapshot, Trace
from toylab.training.device import device_of, told
from toylab.training.recorder import Recorder, schedule
from toylab.training.setup import game_of
from toylab.training.threads import Hands, one_thread


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
    return _Ensemble(scenario, seeds, filmed, device).snapshots(_due(scenario))


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
    ensemble = _Ensemble(scenario, seeds, filmed, device)
    run = ensemble.runs[0]
    with one_thread():
        field, field_extent = run.game.field()
    return Trace.stack(
        watch(ensemble.snapshots(due), len(due)),
        len(due),
        seeds=np.asarray(seeds, dtype=np.int64),
        filmed=np.asarray(filmed, dtype=np.int64),
        real=np.concatenate([part.recorder.real for part in ensemble.runs]),
        extent=np.asarray(run.recorder.extent, dtype=np.float64),
        field=field,
        field_extent=field_extent,
        target_data=run.game.target.data,
        settings_text=scenario.text,
        provenance={
            "scenario": scenario.name,
            "command": command,
            "output": run.game.objective.output,
            "device": told(run.recorder.device),
            **versions(),
        },
    )


# Of a game of the base's size (two networks of 2 x 64, a batch of 256): seeds of a part. On two cores two
# parts of eight took .65 of the time of one of sixteen, but two of five 1.1 times that of one of nine, for
# Python itself runs one thread at a time. Of 64 seeds, four parts took .8 of the time of eight.
_PART, _LARGE_PART = 8, 16
_BASE_WORK = 256 * 8_900


class _Ensemble:
    """Seeds in parts, each trained by a thread. The parts depend on the game and not on the machine."""

    def __init__(
        self, scenario: Scenario, seeds: Sequence[int], filmed: Sequence[int], device: str
    ) -> None:
        _check_seeds(seeds, filmed)
        place = device_of(device)
        # A card is filled by one large product; its many would wait for one another.
        n = _n_parts(scenario, len(seeds)) if place.type == "cpu" else 1
        edges = [*pairwise(len(seeds) * i // n for i in range(n + 1))]
        of = [[f for f in filmed if low <= f < high] for low, high in edges]
        with one_thread():
            self.runs = [
                Run(scenario, seeds[low:high], [f - low for f in own], place)
                for (low, high), own in zip(edges, of, strict=True)
            ]
        # From the order of the parts to that in which the films were asked for.
        self._order = [sum(of, []).index(f) for f in filmed]
        self._hands = Hands()

    def snapshots(self, due: Int) -> Iterator[Snapshot]:
        """Play all parts from one due step to the next."""
        ended = threading.Event()
        parts = [run.snapshots(due, ended) for run in self.runs]
        try:
            for _ in due:
                with one_thread():
                    shots = self._hands.do([partial(next, part) for part in parts])
                yield shots[0] if len(shots) == 1 else joined(shots, self._order)
        finally:
            # What was stopped, or failed in one part, is not played on to the next due step in the others.
            ended.set()
            self._hands.rest()
            for run in self.runs:
                run.recorder.hands.rest()


def _n_parts(scenario: Scenario, n_seeds: int) -> int:
    """Into how many parts an ensemble falls."""
    work = scenario.training.batch * sum(network.size for network in networks_of(scenario))
    alike = n_seeds * work / _BASE_WORK
    n = max(min(alike / _PART, 2), alike / _LARGE_PART)
    return max(1, min(int(n), n_seeds))


class Run:
    """One training, set up and not yet begun.

    Args:
        scenario: What to play.
        seeds: Trained together.
        filmed: Positions in `seeds` whose surface is recorded.
        device: Where to play.
    """

    def __init__(
        self,
        scenario: Scenario,
        seeds: Sequence[int],
        filmed: Sequence[int],
        device: torch.device,
    ) -> None:
        kept = scenario.recording
        self.game, self.update = game_of(scenario, seeds, device), update_of(scenario)
        self.recorder = Recorder(self.game, seeds, filmed, kept.samples, kept.grid, device)
        self.steps = scenario.training.steps
        self.alive = np.arange(len(seeds))
        self.diverged_at = np.full(len(seeds), -1, dtype=np.int64)

    def snapshots(
        self, due: Iterable[int], ended: threading.Event | None = None
    ) -> Iterator[Snapshot]:
        """Play from one due step to the next, [T]; what comes once `ended` is set is for nobody."""
        step, ended = 0, ended or threading.Event()
        for stop in map(int, due):
            while step < stop and len(self.alive) and not ended.is_set():
                self.game.begin_round(step / self.steps)
                self.update.play(self.game)
                self.game.end_round()
                step += 1
                self._drop(~self.game.finite(), step)
            shot = self._look(stop)
            # Finite parameters may still be too large to compute with; that seed has ended too.
            if self._drop(~whole_rows(shot)[self.alive], stop):
                shot = self._look(stop)
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


def joined(shots: Sequence[Snapshot], films: Sequence[int]) -> Snapshot:
    """Snapshots of the parts of an ensemble at one step as one of the whole.

    Args:
        shots: Of each part, in the order of the seeds.
        films: Where among the films of all parts each film of the whole stands, [F].
    """
    whole = {
        field.name: np.concatenate([getattr(shot, field.name) for shot in shots])
        for field in fields(Snapshot)
        if field.name != "step"
    }
    filmed = {name: whole[name][list(films)] for name in ("logits", "pushes", "lattice")}
    return Snapshot(step=shots[0].step, **whole | filmed)


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
