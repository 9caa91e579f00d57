"""Many settings of one scenario: the whole product, a row a run, as results arrive.

An ensemble is kept as in `cache`, by the hash of all that decides its numbers: a sweep that was stopped
goes on where it stopped and repeats nothing.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from pathlib import Path
from typing import NamedTuple

from toylab.base import faults
from toylab.base.errors import ToylabError, unknown
from toylab.base.settings import AS_IT_IS, EACH
from toylab.claims.cache import ENDED, Numbers, Task, film_of, measure, measured, parts
from toylab.claims.traces import retold
from toylab.claims.workers import Workers
from toylab.metrics import METRICS
from toylab.metrics.claim import REDUCTIONS, Claim
from toylab.scenario.rules import setting_of
from toylab.scenario.scenario import Scenario, load
from toylab.trace import Trace

# The values of the varied settings, as written, in the order of the axes.
Values = tuple[str, ...]


class Varied(NamedTuple):
    """One setting that is varied.

    Attributes:
        path: Where it stands, such as "game.discriminator_steps".
        values: As written, each TOML or bare text.
    """

    path: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class SweepRow:
    """One run.

    Attributes:
        values: The varied settings, as written, in the order of the axes.
        seed: Which.
        numbers: One a metric; NaN where there is none.
        failure: Why it did not come to its end, in a line; empty if it did.
        fault: The whole of what failed, empty where a line says it all; None if it was trained, be it
            that it diverged.
    """

    values: Values
    seed: int
    numbers: tuple[float, ...]
    failure: str = ""
    fault: str | None = None

    def told(self, command: str) -> str:
        """What a user is told of a run that failed."""
        return faults.told(self.failure, self.fault, command) if self.fault else self.failure


@dataclass(frozen=True)
class Plan:
    """A sweep, checked.

    Attributes:
        axes: What is varied; of changes that are made one at a time only `EACH`.
        metrics: What is measured.
        claims: How: one a metric.
        scenarios: One a combination of values, in the order of the product.
        seeds: Of each.
        device: Where they are trained.
        filmed: Whether the first seed of each combination is kept for a film.
    """

    axes: tuple[Varied, ...]
    metrics: tuple[str, ...]
    claims: tuple[Claim, ...]
    scenarios: tuple[tuple[Values, Scenario], ...]
    seeds: tuple[int, ...]
    device: str = "cpu"
    filmed: bool = False

    @cached_property
    def tasks(self) -> list[tuple[Values, Task]]:
        """The ensembles, and to which combination each belongs."""
        return [
            (values, Task(scenario.settings, scenario.name, self.claims, part, self.device, filmed))
            for values, scenario in self.scenarios
            for part in parts(self.seeds, self.device)
            for filmed in [self.filmed and part[0] == self.seeds[0]]
        ]


def parsed_axis(text: str) -> Varied:
    """Read "game.discriminator_steps=1,2,5"; commas inside brackets part nothing.

    Raises:
        ToylabError: If there is no path or no value.
    """
    path, _, values = text.partition("=")
    kept = tuple(dict.fromkeys(value for value in _apart(values) if value))
    if not path.strip() or not kept:
        raise ToylabError(
            f'--over "{text}" is no axis. Expected a path and values: game.discriminator_steps=1,2,5'
        )
    return Varied(path.strip(), kept)


def parsed_change(text: str) -> tuple[str, list[str]]:
    """Read "slower: a.lr=1; b.lr=1": what it is called, itself if it has no name, and its changes.

    Raises:
        ToylabError: If there is no change in it.
    """
    head, sign, _ = text.partition("=")
    name, colon, _ = head.partition(":")
    changes = [one for one in _apart(text[len(name) + 1 :] if colon else text, ";") if one]
    if not sign or not changes:
        raise ToylabError(
            f'--each "{text}" is no change. Expected PATH=VALUE, or several with a name: '
            '"slower: optimizer.generator.lr=1e-4; optimizer.discriminator.lr=1e-4"'
        )
    return (name.strip() if colon else "; ".join(changes)), changes


def _apart(text: str, mark: str = ",") -> list[str]:
    """Cut at the marks that stand in no bracket and in no quotes."""
    found, depth, quote = [""], 0, ""
    for c in text:
        if quote:
            quote = "" if c == quote else quote
        elif c in "\"'":
            quote = c
        else:
            depth += (c in "[{") - (c in "]}")
        if c == mark and depth <= 0 and not quote:
            found.append("")
        else:
            found[-1] += c
    return [value.strip() for value in found]


def plan(
    name: str,
    over: Sequence[str],
    metrics: Sequence[str],
    seeds: Sequence[int],
    changes: Sequence[str] = (),
    window: tuple[float, float] = (0.9, 1.0),
    reduce: str = "mean",
    device: str = "cpu",
    filmed: bool = False,
    each: Sequence[str] = (),
) -> Plan:
    """Check a sweep: every combination is loaded before the first is trained.

    Args:
        name: Of a scenario, or its file.
        over: "PATH=A,B,...", one an axis.
        metrics: Keys of `METRICS`.
        seeds: Of each combination.
        changes: "PATH=VALUE", the same in all.
        window: Fractions of training that count.
        reduce: Key of `REDUCTIONS`.
        device: As in `Task`.
        filmed: As in `Plan`.
        each: Instead of `over`: changes that are made one at a time, as `parsed_change` reads them, beside
            the scenario as it is.

    Raises:
        ToylabError: With the first axis, metric or combination that is no good.
    """
    for metric in metrics:
        if metric not in METRICS:
            raise ToylabError(unknown("--metric", metric, METRICS))
    if reduce not in REDUCTIONS:
        raise ToylabError(unknown("--reduce", reduce, REDUCTIONS))
    if not 0 <= window[0] <= window[1] <= 1:
        raise ToylabError(f"--window needs two fractions of training in order, got {list(window)}.")
    if over and each:
        raise ToylabError("Give --over, every combination, or --each, one at a time; not both.")
    axes, variants = _one_at_a_time(each) if each else _product(over)
    for what, given in (("--over", [axis.path for axis in axes]), ("--metric", metrics)):
        twice = next((one for one in given if given.count(one) > 1), None)
        if twice is not None:
            raise ToylabError(f"{what} names {twice} twice. Name each once.")
    if not axes or not metrics:
        raise ToylabError("A sweep needs at least one --over or --each, and one --metric.")
    claims = tuple(Claim(m, m, ">=", 0.0, window=window, reduce=reduce) for m in metrics)
    found = []
    for values, own in variants:
        scenario = load(name, [*changes, *own])
        setting = setting_of(scenario)
        for metric in metrics:
            missing = METRICS[metric].missing(setting)
            if missing:
                raise ToylabError(f"{told(axes, values)}: --metric {metric}: {missing}.")
        found.append((values, scenario))
    return Plan(axes, tuple(metrics), claims, tuple(found), tuple(seeds), device, filmed)


# Of each combination its values, and the changes that make it.
_Variants = list[tuple[Values, list[str]]]


def _product(over: Sequence[str]) -> tuple[tuple[Varied, ...], _Variants]:
    axes = tuple(parsed_axis(text) for text in over)
    return axes, [
        (values, [f"{axis.path}={value}" for axis, value in zip(axes, values, strict=True)])
        for values in itertools.product(*(axis.values for axis in axes))
    ]


def _one_at_a_time(each: Sequence[str]) -> tuple[tuple[Varied, ...], _Variants]:
    named = [(AS_IT_IS, list[str]()), *map(parsed_change, each)]
    names = [name for name, _ in named]
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise ToylabError(f'--each names "{twice}" twice. Name each once.')
    return (Varied(EACH, tuple(names)),), [((name,), own) for name, own in named]


def told(axes: Sequence[Varied], values: Values) -> str:
    """A combination as the command line names it."""
    if axes[0].path == EACH:
        return f'--each "{values[0]}"'
    return " ".join(f"--over {axis.path}={value}" for axis, value in zip(axes, values, strict=True))


def rows(plan: Plan, workers: Workers, folder: Path) -> Iterator[list[SweepRow]]:
    """Train the ensembles; yield each one's rows as it ends, always in the same order.

    Args:
        plan: What.
        workers: Who trains.
        folder: Cache; what is found there is not trained again.
    """
    arriving = workers.results(partial(_tried, folder=folder), [task for _, task in plan.tasks])
    for (values, task), (found, said, fault) in zip(plan.tasks, arriving, strict=True):
        numbers = zip(*(found[measured(claim)] for claim in plan.claims), strict=True)
        yield [
            SweepRow(values, seed, own, said or _ended(step), fault)
            for seed, own, step in zip(task.seeds, numbers, found[ENDED], strict=True)
        ]


def _ended(step: float) -> str:
    return f"diverged at step {step:.0f}" if step >= 0 else ""


def films(plan: Plan, folder: Path) -> dict[Values, Trace]:
    """The trace of each combination's first seed, once the rows are there; none of a failed one.

    Raises:
        ToylabError: If there is none at all.
    """
    kept = {values: film_of(task, folder) for values, task in plan.tasks if task.filmed}
    games = dict(plan.scenarios)
    found = {
        values: retold(Trace.load(path), games[values])
        for values, path in kept.items()
        if path.is_file()
    }
    if not found:
        raise ToylabError(
            f"There is nothing to film: no trace lies in {folder}. Either no run came to its end, or the "
            "workers' disks are not this one's; the rows say which."
        )
    return found


def _tried(task: Task, folder: Path) -> tuple[Numbers, str, str | None]:
    """Numbers of an ensemble, or why there are none: a failure is a row, not the end."""
    try:
        return measure(task, folder), "", None
    except Exception as error:
        said = faults.excuse(error)
        whole = "" if said else faults.in_full(error)
        wanted = [ENDED, *map(measured, task.claims)]
        nothing = dict.fromkeys(wanted, [float("nan")] * len(task.seeds))
        return nothing, (said or faults.in_a_line(error)).splitlines()[0], whole
