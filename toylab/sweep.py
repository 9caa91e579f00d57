"""Many settings of one scenario: the whole product, a row a run, as results arrive.

An ensemble is kept as in `study`, by the hash of all that decides its numbers: a sweep that was stopped
goes on where it stopped and repeats nothing.
"""

from __future__ import annotations

import csv
import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TextIO

from toylab.claims import REDUCTIONS, Claim
from toylab.errors import ToylabError, unknown
from toylab.metrics import METRICS
from toylab.rules import setting_of
from toylab.scenario import Scenario, load
from toylab.study import Numbers, Task, measure, measured, parts
from toylab.workers import Workers


@dataclass(frozen=True)
class Axis:
    """One setting that is varied.

    Attributes:
        path: Where it stands, such as "game.discriminator_steps".
        values: As written, each TOML or bare text.
    """

    path: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Row:
    """One run.

    Attributes:
        values: The varied settings, as written, in the order of the axes.
        seed: Which.
        numbers: One a metric; NaN where the seed diverged.
        failure: Why there are none; empty if there are.
    """

    values: tuple[str, ...]
    seed: int
    numbers: tuple[float, ...]
    failure: str = ""


@dataclass(frozen=True)
class Plan:
    """A sweep, checked.

    Attributes:
        axes: What is varied.
        metrics: What is measured.
        claims: How: one a metric.
        scenarios: One a combination of values, in the order of the product.
        seeds: Of each.
    """

    axes: tuple[Axis, ...]
    metrics: tuple[str, ...]
    claims: tuple[Claim, ...]
    scenarios: tuple[tuple[tuple[str, ...], Scenario], ...]
    seeds: tuple[int, ...]

    @property
    def ensembles(self) -> int:
        """How many trainings there are."""
        return len(self.scenarios) * len(parts(self.seeds))


def parsed_axis(text: str) -> Axis:
    """Read "game.discriminator_steps=1,2,5"; commas inside brackets part nothing.

    Raises:
        ToylabError: If there is no path or no value.
    """
    path, _, values = text.partition("=")
    found = re.findall(r"(?:[^,\[\]{}]|\[[^\]]*\]|\{[^}]*\})+", values)
    kept = tuple(dict.fromkeys(value.strip() for value in found if value.strip()))
    if not path.strip() or not kept:
        raise ToylabError(
            f'--over "{text}" is no axis. Expected a path and values: game.discriminator_steps=1,2,5'
        )
    return Axis(path.strip(), kept)


def plan(
    name: str,
    over: Sequence[str],
    metrics: Sequence[str],
    seeds: Sequence[int],
    changes: Sequence[str] = (),
    window: tuple[float, float] = (0.9, 1.0),
    reduce: str = "mean",
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
    axes = tuple(parsed_axis(text) for text in over)
    if not axes or not metrics:
        raise ToylabError("A sweep needs at least one --over and one --metric.")
    claims = tuple(Claim(m, m, ">=", 0.0, window=window, reduce=reduce) for m in metrics)
    found = []
    for values in itertools.product(*(axis.values for axis in axes)):
        own = [f"{axis.path}={value}" for axis, value in zip(axes, values, strict=True)]
        scenario = load(name, [*changes, *own])
        setting = setting_of(scenario)
        for metric in metrics:
            missing = METRICS[metric].missing(setting)
            if missing:
                raise ToylabError(f"--over {' --over '.join(own)}: --metric {metric}: {missing}.")
        found.append((values, scenario))
    return Plan(axes, tuple(metrics), claims, tuple(found), tuple(seeds))


def rows(plan: Plan, workers: Workers, folder: Path) -> Iterator[list[Row]]:
    """Train the ensembles; yield each one's rows as it ends, always in the same order.

    Args:
        plan: What.
        workers: Who trains.
        folder: Cache; what is found there is not trained again.
    """
    tasks = [
        (values, Task(scenario.settings, scenario.name, plan.claims, part))
        for values, scenario in plan.scenarios
        for part in parts(plan.seeds)
    ]
    arriving = workers.results(partial(_tried, folder=folder), [task for _, task in tasks])
    keys = [measured(claim) for claim in plan.claims]
    for values, task in tasks:
        found = next(arriving)
        if isinstance(found, str):
            nothing = (float("nan"),) * len(keys)
            yield [Row(values, seed, nothing, found) for seed in task.seeds]
            continue
        yield [
            Row(values, seed, tuple(found[key][i] for key in keys))
            for i, seed in enumerate(task.seeds)
        ]


def _tried(task: Task, folder: Path) -> Numbers | str:
    """Numbers of an ensemble, or why there are none: a failure is a row, not the end."""
    try:
        return measure(task, folder)
    except Exception as error:
        return f"{type(error).__name__}: {error}".splitlines()[0]


def write_head(file: TextIO, plan: Plan) -> None:
    """Write the names of the columns."""
    names = [axis.path for axis in plan.axes]
    csv.writer(file).writerow([*names, "seed", *plan.metrics, "failure"])


def write_rows(file: TextIO, found: Sequence[Row]) -> None:
    """Append rows, at once on the disk."""
    writer = csv.writer(file)
    for row in found:
        writer.writerow([*row.values, row.seed, *(f"{x:.6g}" for x in row.numbers), row.failure])
    file.flush()
