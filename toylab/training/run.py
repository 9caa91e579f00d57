"""Run: a training that can be held, put back and changed on the way; and the loops over it."""

from __future__ import annotations

import platform
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import fields, replace
from functools import partial
from itertools import chain, islice, pairwise
from typing import Any

import numpy as np
import torch

from toylab.base.axes import Int
from toylab.base.counted import Counted
from toylab.base.errors import ToylabError
from toylab.base.memory import machine_bytes
from toylab.base.release import release
from toylab.base.settings import flat, nested
from toylab.game.objectives import OBJECTIVES
from toylab.metrics.claim import window_of
from toylab.scenario.midway import too_late
from toylab.scenario.rules import MOST_BYTES, needs, networks_of, recorded_bytes, update_of
from toylab.scenario.scenario import Scenario, branched
from toylab.trace import Snapshot, Trace
from toylab.training.device import device_of
from toylab.training.device import told as told_device
from toylab.training.recorder import Recorder, schedule
from toylab.training.setup import game_of, rules_of
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
    told = ensemble.told(scenario, command)
    return Trace.stack(watch(ensemble.snapshots(due), len(due)), len(due), **told)


def untrained(scenario: Scenario, seeds: Sequence[int]) -> Trace:
    """The one snapshot before the first step; arguments and errors as `train`."""
    ensemble = _Ensemble(scenario, seeds, (0,), "cpu")
    told = ensemble.told(scenario, "")
    return Trace.stack(ensemble.snapshots(_due(scenario)[:1]), 1, **told)


def branch(
    scenario: Scenario,
    at: int,
    changes: Sequence[str],
    seeds: Sequence[int],
    filmed: Sequence[int] = (0,),
    command: str = "",
    watch: Watch = lambda snapshots, total: snapshots,
    device: str = "cpu",
) -> tuple[Trace, Trace]:
    """Train to the end, and from one step on once more under other settings; their past is played once.

    Args:
        scenario: What to play.
        at: Rounds after which the futures part.
        changes: Settings of the other future, such as "game.generator_steps=1".
        seeds: As in `train`.
        filmed: As in `train`.
        command: As in `record`.
        watch: As in `record`; it sees the snapshots of both futures, one after the other.
        device: As in `train`.

    Returns:
        The trace of the scenario, and that of the other future: what `record` gives for `branched`.

    Raises:
        ToylabError: As `record`, or if the changes make no sense there.
    """
    other, due = branched(scenario, at, changes), _due(scenario)
    shared, own = due[due <= at], due[due > at]
    # Both traces are kept.
    _check_size(scenario, len(seeds), len(filmed), 2 * len(due))
    ensemble = _Ensemble(scenario, seeds, filmed, device, others=[other])
    told = [ensemble.told(one, command) for one in (scenario, other)]

    def both() -> Iterator[Snapshot]:
        yield from ensemble.snapshots(shared)
        ensemble.play_to(at)
        states = [run.state() for run in ensemble.runs]
        yield from ensemble.snapshots(own)
        for run, state in zip(ensemble.runs, states, strict=True):
            run.adopt(other)
            run.restore(state)
        yield from ensemble.snapshots(own)

    shots = iter(watch(both(), len(shared) + 2 * len(own)))
    past = list(islice(shots, len(shared)))
    first = Trace.stack(chain(past, islice(shots, len(own))), len(due), **told[0])
    return first, Trace.stack(chain(past, shots), len(due), **told[1])


# Of a game of the base's size (two networks of 2 x 64, a batch of 256): seeds of a part. On two cores two
# parts of eight took .65 of the time of one of sixteen, but two of five 1.1 times that of one of nine, for
# Python itself runs one thread at a time. Of 64 seeds, four parts took .8 of the time of eight.
_PART, _LARGE_PART = 8, 16
_BASE_WORK = 256 * 8_900


class _Ensemble:
    """Seeds in parts, each trained by a thread. The parts depend on the game and not on the machine."""

    def __init__(
        self,
        scenario: Scenario,
        seeds: Sequence[int],
        filmed: Sequence[int],
        device: str,
        others: Sequence[Scenario] = (),
    ) -> None:
        _check_seeds(seeds, filmed)
        place = device_of(device)
        # A card is filled by one large product; its many would wait for one another.
        n = _n_parts(scenario, len(seeds)) if place.type == "cpu" else 1
        edges = [*pairwise(len(seeds) * i // n for i in range(n + 1))]
        of = [[f for f in filmed if low <= f < high] for low, high in edges]
        with one_thread():
            self.runs = [
                Run(scenario, seeds[low:high], [f - low for f in own], place, others)
                for (low, high), own in zip(edges, of, strict=True)
            ]
        # From the order of the parts to that in which the films were asked for.
        self._order = [sum(of, []).index(f) for f in filmed]
        self._seeds, self._filmed, self._hands = seeds, filmed, Hands()

    def told(self, scenario: Scenario, command: str) -> dict[str, Any]:
        """What a trace tells besides the snapshots; asked before the first round.

        Args:
            scenario: The one that is played, or another future of it.
            command: What the user typed.
        """
        run, later = self.runs[0], [rules_of(one) for _, one in scenario.sections[1:]]
        with one_thread():
            field, field_extent = run.game.field()
            fields = [run.game.under(rules).field()[0] for rules in later]
            reals = [
                np.concatenate([part.recorder.points_of(rules.target) for part in self.runs])
                for rules in later
            ]
        outputs = {OBJECTIVES[one.game.objective.kind].output for _, one in scenario.sections}
        told = {
            "seeds": np.asarray(self._seeds, dtype=np.int64),
            "filmed": np.asarray(self._filmed, dtype=np.int64),
            "real": np.concatenate([part.recorder.real for part in self.runs]),
            "extent": np.asarray(run.recorder.extent, dtype=np.float64),
            "field": field,
            "field_extent": field_extent,
            "target_data": run.game.target.data,
            "settings_text": scenario.text,
            "provenance": {
                "scenario": scenario.name,
                "command": command,
                # A probability's logit and a critic's value are on one scale only as plain numbers.
                "output": outputs.pop() if len(outputs) == 1 else "value",
                "device": told_device(run.recorder.device),
                **versions(),
            },
        }
        return told | (
            {"later_real": np.stack(reals), "later_field": np.stack(fields)} if later else {}
        )

    def play_to(self, step: int) -> None:
        """Play all parts to a step."""
        with one_thread():
            self._hands.do([partial(run.play_to, step) for run in self.runs])

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


# A run at one moment, by name: plain arrays.
State = dict[str, np.ndarray]


class Run:
    """A training that can be held, put back, and changed on the way.

    It follows its scenario: where that has `[[changes]]`, they hold when their round comes.

    Args:
        scenario: What to play.
        seeds: Trained together, each 0 or more, no two alike.
        filmed: Positions in `seeds` whose surface is recorded.
        device: Where to play: one of `DEVICES`, or torch's own word for it.
        others: What may be adopted later: whatever is to be learned there finds room on the stage.

    Attributes:
        at: Rounds played.
        scenario: What is played from the next round on.
        game: Both sides, and what they play.
        alive: Positions of the seeds that have not ended, [A].
        diverged_at: Step at which each seed stopped being finite, or -1, [S].

    Raises:
        ToylabError: If the seeds are not as said, or there is no such device.
    """

    def __init__(
        self,
        scenario: Scenario,
        seeds: Sequence[int],
        filmed: Sequence[int] = (0,),
        device: torch.device | str = "cpu",
        others: Sequence[Scenario] = (),
    ) -> None:
        _check_seeds(seeds, filmed)
        place = device_of(device) if isinstance(device, str) else device
        kept = scenario.recording
        self.scenario, self.seeds, self.at = scenario, tuple(seeds), 0
        self._section, self.update = scenario, update_of(scenario)
        with one_thread():
            self.game = game_of(scenario, seeds, place)
            later = [
                rules_of(section).target
                for one in (scenario, *others)
                for at, section in one.sections
                if at
            ]
            self.recorder = Recorder(
                self.game, seeds, filmed, kept.samples, kept.grid, place, later
            )
        self.alive = np.arange(len(seeds))
        self.diverged_at = np.full(len(seeds), -1, dtype=np.int64)

    @property
    def steps(self) -> int:
        """Rounds of the training, by which its schedules go."""
        return self._section.training.steps

    def step(self) -> None:
        """Play one round, by what holds in it."""
        with one_thread():
            self._step()

    def _step(self) -> None:
        section = self.scenario.section(self.at)
        if section is not self._section:
            self._follow(section)
        if len(self.alive):
            # A run may go on beyond its steps: what changes over the training has then changed.
            self.game.begin_round(self.at, min(self.at / self.steps, 1.0))
            self.update.play(self.game)
            self.game.end_round()
        self.at += 1
        if len(self.alive):
            self._drop(~self.game.finite(), self.at)

    def snapshot(self) -> Snapshot:
        """Look at the game as it is. A seed that has grown too large to be measured ends here."""
        with one_thread():
            shot = self._look()
            # Finite parameters may still be too large to compute with; that seed has ended too.
            if self._drop(~whole_rows(shot)[self.alive], self.at):
                shot = self._look()
        return shot

    def state(self) -> State:
        """All that the next round depends on, but for the scenario; a copy."""
        told = {
            "seeds": np.array(self.seeds, dtype=np.int64),
            "at": np.array(self.at),
            "alive": self.alive.copy(),
            "diverged_at": self.diverged_at.copy(),
            "game": self.game.arrays(),
        }
        return flat(told)

    def restore(self, state: State) -> None:
        """Go back, or on, to a state: from here on the same bytes follow as did then.

        The scenario stays the present one: put back what was played before it was adopted by adopting that.

        Args:
            state: Of this run, or of one with the same seeds and networks.

        Raises:
            ToylabError: If it is of other seeds or of another game; nothing is changed then.
        """
        # How many arrays an optimiser needs is its own matter, and asked below.
        needed = [name for name in self.state() if ".optimizer." not in name]
        if missing := [name for name in needed if name not in state]:
            raise ToylabError(f"This is no state of a run: it has no {', '.join(missing[:4])}.")
        told, at = nested(state), int(state["at"])
        section = self.scenario.section(max(at - 1, 0))
        self._check_state(told, section)
        with one_thread():
            self._follow(section)
            self.game.restore(told["game"], told["alive"])
        self.at, self.alive = at, told["alive"].copy()
        self.diverged_at = told["diverged_at"].copy()

    def adopt(self, scenario: Scenario) -> None:
        """Play another scenario from the next round on, with all that there is; its own changes follow.

        Args:
            scenario: One that could be played with the same parameters; how it is recorded does not matter.

        Raises:
            ToylabError: If something of it needs a new start, by name.
        """
        if reasons := too_late(self.scenario, scenario):
            raise ToylabError(
                "\n".join(f"{scenario.name or 'scenario'}: {one}." for one in reasons)
            )
        self.scenario = scenario

    def snapshots(
        self, due: Iterable[int], ended: threading.Event | None = None
    ) -> Iterator[Snapshot]:
        """Play from one due step to the next, [T]; what comes once `ended` is set is for nobody."""
        for stop in map(int, due):
            self.play_to(stop, ended)
            yield self.snapshot()

    def play_to(self, step: int, ended: threading.Event | None = None) -> None:
        """Play until so many rounds are played, or `ended` is set."""
        with one_thread():
            while self.at < step and len(self.alive) and not (ended and ended.is_set()):
                self._step()
        if not len(self.alive):
            # Nothing happens any more where no seed is left.
            self.at = max(self.at, step)

    def _follow(self, section: Scenario) -> None:
        """Play by a section of a scenario."""
        rules = rules_of(section)
        if section.target == self._section.target:
            rules = replace(rules, target=self.game.target)
        update, moved = update_of(section), rules.target is not self.game.target
        self.game.adopt(rules)
        if type(update) is not type(self.update):
            for side in (self.game.generator, self.game.discriminator):
                side.forget()
        self.update, self._section = update, section
        if moved:
            self.recorder.follow()

    def _check_state(self, told: Mapping[str, Any], section: Scenario) -> None:
        """Refuse a state of other seeds or another game."""
        if told["seeds"].tolist() != list(self.seeds):
            raise ToylabError(
                f"The state is of seeds {told['seeds'].tolist()[:8]}, this run of {list(self.seeds)[:8]}."
            )
        ours, rules = self.game.arrays(), rules_of(section)
        for name, rule in (("generator", rules.generator), ("discriminator", rules.discriminator)):
            # Parameters, and what their optimiser remembers.
            here = ours[name]["parameters"].shape[1], len(rule.initial(torch.zeros(1, 1)))
            kept = told["game"][name]
            there = kept["parameters"].shape[1], len(kept.get("optimizer", ()))
            if here != there:
                raise ToylabError(
                    f"The state is of another game: its {name} has {there[0]} parameters and "
                    f"{there[1]} memories of an optimiser, here are {here[0]} and {here[1]}."
                )

    def _drop(self, broken: np.ndarray, step: int) -> bool:
        """End the seeds that broke, so that they stop costing time; the others go on."""
        if not broken.any():
            return False
        self.diverged_at[self.alive[broken]] = step
        self.alive = self.alive[~broken]
        self.game.keep(np.flatnonzero(~broken))
        return True

    def _look(self) -> Snapshot:
        g, d = self.game.shown, self.game.discriminator.parameters
        return self.recorder.snapshot(self.at, g, d, self.alive, self.diverged_at)


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


def looks(scenario: Scenario, window: tuple[float, float]) -> int:
    """Snapshots in a window of training, fractions of it."""
    due = _due(scenario)
    return len(due[window_of(due, window)])


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
