"""Many seeds of many scenarios: their claims, counted.

A scenario is known here by what it plays and not by its name: two files may share a name, and two names a
game, which is then trained once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

import numpy as np

from toylab.base.axes import PerSeed
from toylab.base.errors import ToylabError
from toylab.base.settings import fingerprint, played
from toylab.claims.cache import Numbers, Task, measure, measured, parts
from toylab.claims.misses import missed_by
from toylab.claims.tried import Tried, tried
from toylab.claims.verdict import Verdict, verdict, wilson
from toylab.claims.workers import Workers
from toylab.metrics import METRICS
from toylab.metrics.claim import RELATIONS, Claim
from toylab.scenario import catalogue
from toylab.scenario.rules import setting_of, solvable
from toylab.scenario.scenario import Scenario, load
from toylab.training.run import looks


@dataclass(frozen=True)
class Outcome:
    """One claim, counted.

    Attributes:
        scenario: Its name.
        played: Fingerprint of its settings.
        claim: The claim.
        numbers: What was compared with the threshold, per seed; None for a seed without a number.
        hits: Seeds that do as the claim says.
        interval: 95 % Wilson interval of their share.
        verdict: By the interval against the quorum.
        solvable: Whether both players are a few numbers; without noise all seeds are then one run.
        seeds: In the order of the numbers; empty if an older table did not say which they were.
        called: What a command calls the scenario: its name, or its file's.
        controls: The claim on what nobody trained, as `tried` says; empty before
            `with_controls`, and in an older table.
        looks: Snapshots in the claim's window; 0 in an older table.
    """

    scenario: str
    played: str
    claim: Claim
    numbers: tuple[float | None, ...]
    hits: int
    interval: tuple[float, float]
    verdict: Verdict
    solvable: bool = False
    seeds: tuple[int, ...] = ()
    called: str = ""
    controls: Mapping[str, Tried] = field(default_factory=dict)
    looks: int = 0

    @property
    def exact(self) -> bool:
        """Whether nothing is drawn: all seeds are one run, which is no count."""
        return self.solvable and len(self.numbers) > 1 and len({*self.numbers}) == 1

    @property
    def misses(self) -> tuple[int, ...]:
        """The seeds that do not do as the claim says, in ascending order."""
        return missed_by(self.claim, self.numbers, self.seeds)


def outcomes(
    scenarios: Sequence[Scenario],
    seeds: Sequence[int],
    workers: Workers,
    folder: Path,
    device: str = "cpu",
) -> Iterator[list[Outcome]]:
    """Count the claims of each scenario, in order, as results arrive.

    Args:
        scenarios: Which.
        seeds: On which seeds.
        workers: Who trains.
        folder: Cache; what is found there is not trained again.
        device: As in `Task`.

    Raises:
        ToylabError: If a claim compares with a scenario that does not exist or has no such metric.
    """
    games: dict[str, tuple[Scenario, list[Claim]]] = {}
    questions = []
    for scenario in scenarios:
        rivals = {c.against: _rival(scenario, c) for c in scenario.claims if c.against}
        # The rivals first, so that a scenario is judged as soon as it is trained itself.
        for game in (*rivals.values(), scenario):
            games.setdefault(_game(game), (game, []))
        for claim in _in_numbers(scenario):
            games[_game(scenario)][1].append(claim)
            if claim.against:
                games[_game(rivals[claim.against])][1].append(claim)
        questions.append((scenario, {name: _game(rival) for name, rival in rivals.items()}))
    arriving = measurements(list(games.values()), seeds, workers, folder, device)
    done: dict[str, Numbers] = {}
    for game, numbers in zip(games, arriving, strict=True):
        done[game] = numbers
        while questions and {_game(questions[0][0]), *questions[0][1].values()} <= {*done}:
            scenario, rivals = questions.pop(0)
            against = {name: done[rival] for name, rival in rivals.items()}
            yield _counted(scenario, seeds, done[_game(scenario)], against)


def _game(scenario: Scenario) -> str:
    """What decides a scenario's numbers, the way to its target's file included."""
    return json.dumps(played(scenario.settings), sort_keys=True)


def _in_numbers(scenario: Scenario) -> list[Claim]:
    """The claims with windows that mean the same in the scenarios they compare with."""
    changes = [change.at for change in scenario.changes]
    return [claim.within(changes, scenario.training.steps) for claim in scenario.claims]


def _rival(scenario: Scenario, claim: Claim) -> Scenario:
    """The scenario that a claim compares with, checked to have what is compared."""
    rival = load(claim.against)
    missing = METRICS[claim.metric].missing(setting_of(rival))
    if missing:
        raise ToylabError(
            f'{scenario.name}: claim "{claim.text}": {rival.name} has no {claim.metric}: {missing}.'
        )
    return rival


def measurements(
    wanted: Sequence[tuple[Scenario, Sequence[Claim]]],
    seeds: Sequence[int],
    workers: Workers,
    folder: Path,
    device: str = "cpu",
) -> Iterator[Numbers]:
    """Numbers of each scenario for so many claims, in order, as they arrive; arguments as `outcomes`."""
    ensembles = parts(seeds, device)
    tasks = [
        Task(scenario.settings, scenario.name, tuple(claims), part, device)
        for scenario, claims in wanted
        for part in ensembles
    ]
    arriving = workers.results(partial(measure, folder=folder), tasks)
    for _ in wanted:
        yield _joined([next(arriving) for _ in ensembles])
    # To the very end: joblib warns of results that are let go of before it.
    next(arriving, None)


def _joined(parts: Sequence[Numbers]) -> Numbers:
    """Ensembles one after the other."""
    return {key: [x for part in parts for x in part[key]] for key in parts[0]}


def _counted(
    scenario: Scenario, seeds: Sequence[int], own: Numbers, against: Mapping[str, Numbers]
) -> list[Outcome]:
    """Judge the claims of a scenario by its numbers and those of the scenarios it compares with."""
    counted = []
    claims = scenario.claims, _in_numbers(scenario), scenario.handed_on["claims"]
    for claim, placed, told in zip(*claims, strict=True):
        key = measured(placed)
        numbers: PerSeed = np.asarray(own[key], dtype=float)
        if claim.against:
            # Seed by seed: both saw the same data and the same latents.
            numbers = numbers - np.asarray(against[claim.against][key], dtype=float)
        n, hits = len(numbers), int(np.sum(RELATIONS[claim.relation](numbers, claim.threshold)))
        shown = tuple(float(x) if np.isfinite(x) else None for x in numbers)
        counted.append(
            Outcome(
                scenario.name,
                fingerprint(scenario.settings),
                replace(claim, against=told["against"]),
                shown,
                hits,
                wilson(hits, n),
                verdict(hits, n, claim.quorum),
                solvable(scenario),
                tuple(seeds),
                scenario.name,
                looks=looks(scenario, placed.span((), 1)),
            )
        )
    return counted


def with_controls(scenario: Scenario, counted: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of a scenario's claims, each tried on the controls as well; seconds, for a table."""
    return [replace(o, controls=c) for o, c in zip(counted, tried(scenario), strict=True)]


def named(names: Sequence[str]) -> list[Scenario]:
    """The scenarios of these names, or all that are not slow; each with claims.

    Raises:
        ToylabError: If one is unknown or claims nothing.
    """
    scenarios = [load(name) for name in names or catalogue.names()]
    if not names:
        scenarios = [scenario for scenario in scenarios if not scenario.slow]
    for scenario in scenarios:
        if not scenario.claims:
            raise ToylabError(f"{scenario.name} claims nothing. Add [[claims]] to check it.")
    return scenarios
