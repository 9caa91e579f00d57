"""Traces that a talk or a comparison trained, kept for the next: what was stopped goes on from there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from toylab.base.cores import cores
from toylab.base.errors import ToylabError
from toylab.base.files import expect_file
from toylab.base.memory import machine_bytes
from toylab.claims.cache import Task, film_of
from toylab.claims.workers import Workers
from toylab.scenario.scenario import Scenario, check
from toylab.trace import Trace
from toylab.training.run import record

# Beside the folder with the numbers of checks and sweeps.
NAME = "traces"
# A lecture is given every term, and rehearsed for weeks; what nobody has asked for since goes, and of more
# than a few lectures' worth what was asked for longest ago.
_DAYS, _MOST_BYTES = 30, 2 << 30
# Steps of both players that can run beside the longest training, from which on workers save more than the
# three seconds in which they get ready: a step takes a millisecond.
_WORTH = 5_000
# What a worker takes: torch half a gigabyte, the rest is for its game and its trace.
_WORKER = 1 << 30

Awaited = Callable[[Iterator[None], int], Iterable[None]]


@dataclass(frozen=True)
class Keeper:
    """Gives traces from the folder or by training, as if each had been trained right now.

    Attributes:
        folder: Where traces are kept. If it cannot be written, nothing is kept.
        device: As in `Task`.
        command: What the user typed.
        train: Makes the trace of a scenario on a seed.
    """

    folder: Path
    device: str
    command: str
    train: Callable[[Scenario, int], Trace]

    def ahead(self, wanted: Sequence[tuple[Scenario, int]], watch: Awaited) -> None:
        """Train side by side, on all cores, what is not kept yet of several traces.

        What cannot be kept, or whose worker was killed, is left for `trace` to train.

        Args:
            wanted: Scenarios and seeds.
            watch: Passes on what comes of each, knowing how many will come; for showing progress.
        """
        games = {film_of(self._task(*one), self.folder): one for one in wanted}
        missing = [one for path, one in games.items() if not path.is_file()]
        steps = sorted(_steps(scenario) for scenario, _ in missing)
        # A card is one, however many cores there are.
        room = (machine_bytes() or _WORKER) // _WORKER if self.device == "cpu" else 1
        jobs = min(cores(), room, len(missing))
        if jobs < 2 or sum(steps[:-1]) < _WORTH or not _takes_files(self.folder):
            return
        work, tasks = partial(_train, folder=self.folder), [self._task(*one) for one in missing]
        with contextlib.suppress(ToylabError):
            for _ in watch(Workers(jobs).results(work, tasks), len(tasks)):
                pass
        _forget(self.folder, but=[*games])

    def _task(self, scenario: Scenario, seed: int) -> Task:
        return Task(scenario.settings, scenario.name, (), (seed,), self.device)

    def trace(self, scenario: Scenario, seed: int) -> Trace:
        """The trace of one seed."""
        path = film_of(self._task(scenario, seed), self.folder)
        try:
            found = Trace.load(path)
        except ToylabError:  # not there, or damaged
            trace = self.train(scenario, seed)
            with contextlib.suppress(ToylabError):
                trace.save(path)
                _forget(self.folder, but=[path])
            return trace
        with contextlib.suppress(OSError):
            os.utime(path)
        return retold(found, scenario, command=self.command)


def _train(task: Task, folder: Path) -> None:
    """Train in a worker, and keep the trace if it can be kept."""
    trace = record(check(task.settings, name=task.name), task.seeds, device=task.device)
    with contextlib.suppress(ToylabError):
        trace.save(film_of(task, folder))


def _steps(scenario: Scenario) -> int:
    """Steps of both players in a training."""
    game = scenario.game
    return scenario.training.steps * (game.discriminator_steps + game.generator_steps)


def _takes_files(folder: Path) -> bool:
    try:
        expect_file(folder / "trace.npz")
    except ToylabError:
        return False
    return True


def retold(trace: Trace, scenario: Scenario, **told: str) -> Trace:
    """A kept trace as of today: by what is played it is the same, words and film may have been changed.

    Args:
        trace: As it was kept.
        scenario: As it is now.
        told: What else its provenance says now.
    """
    told = {**trace.provenance, "scenario": scenario.name, **told}
    return replace(trace, settings_text=scenario.text, provenance=told)


def _forget(folder: Path, but: Collection[Path]) -> None:
    """Remove what has not been asked for in a while, and what is too much; not what is asked for now."""
    with contextlib.suppress(OSError):
        files = [(path.stat(), path) for path in folder.iterdir() if path not in but]
        here = sum(path.stat().st_size for path in but if path.is_file())
        room, before = _MOST_BYTES - here, time.time() - _DAYS * 86_400
        for state, path in sorted(files, key=lambda file: -file[0].st_mtime):
            room -= state.st_size
            if room < 0 or state.st_mtime < before:
                path.unlink()
