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
from typing import NamedTuple

import numpy as np

from toylab.base.axes import PerSeed
from toylab.base.errors import ToylabError
from toylab.base.settings import fingerprint, played
from toylab.claims.cache import Numbers, Task, measure, measured, parts
from toylab.claims.following import follows
from toylab.claims.misses import missed_by
from toylab.claims.tried import Tried, tried
from toylab.claims.verdict import Verdict, one_run, verdict, wilson
from toylab.claims.workers import Workers
from toylab.metrics import METRICS
from toylab.metrics.claim import RELATIONS, Claim
from toylab.scenario import catalogue
from toylab.scenario.rules import setting_of, solvable
from toylab.scenario.scenario import Scenario, load
from toylab.training.run import looks


class Partner(NamedTuple):
    """A claim, counted in another scenario than its own: there it should not hold.

    Attributes:
        name: The other scenario's.
        number: What is compared with the threshold, the median over seeds; None where none has one.
        hits: Seeds that do as the claim says.
    """

    name: str
    number: float | None
    hits: int


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
        partner: The same claim, counted in the scenario's partner; None where there is none, or where
            it cannot be asked there.
        looks: As `looks_of` says; 0 in an older table.
        follows: Whether other claims say as much already.
        rival: What the scenario that it compares with has, the median over seeds; None where there is none,
            or in an older table.
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
    partner: Partner | None = None
    looks: int = 0
    follows: bool = False
    rival: float | None = None

    @property
    def exact(self) -> bool:
        """Whether nothing is drawn: all seeds are one run, which is no count."""
        return one_run(self.solvable, self.numbers)

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
    partners: bool = False,
) -> Iterator[list[Outcome]]:
    """Count the claims of each scenario, in order, as results arrive.

    Args:
        scenarios: Which.
        seeds: On which seeds.
        workers: Who trains.
        folder: Cache; what is found there is not trained again.
        device: As in `Task`.
        partners: Whether the partners are asked as well, which are trained for it.

    Raises:
        ToylabError: If a claim compares with a scenario that does not exist or has no such metric, or
            there is no such partner.
    """
    games: dict[str, tuple[Scenario, list[Claim]]] = {}
    questions = []
    for scenario in scenarios:
        rivals = {c.against: _rival(scenario, c) for c in scenario.claims if c.against}
        partner = _partner(scenario) if partners else None
        # The others first, so that a scenario is judged as soon as it is trained itself.
        needed = {
            _game(game): game for game in (*rivals.values(), partner, scenario) if game is not None
        }
        for key, game in needed.items():
            games.setdefault(key, (game, []))
        for claim in _in_numbers(scenario):
            games[_game(scenario)][1].append(claim)
            if claim.against:
                games[_game(rivals[claim.against])][1].append(claim)
            elif partner and _asks(claim, partner):
                games[_game(partner)][1].append(claim)
        questions.append((scenario, rivals, partner, needed))
    arriving = measurements(list(games.values()), seeds, workers, folder, device)
    done: dict[str, Numbers] = {}
    for game, numbers in zip(games, arriving, strict=True):
        done[game] = numbers
        while questions and questions[0][-1].keys() <= done.keys():
            scenario, rivals, partner, _ = questions.pop(0)
            against = {name: (rival, done[_game(rival)]) for name, rival in rivals.items()}
            counted = _counted(scenario, seeds, done[_game(scenario)], against)
            yield _with_partner(scenario, counted, partner, done) if partner else counted


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


def _partner(scenario: Scenario) -> Scenario | None:
    """The partner of a scenario, if it names one."""
    if not scenario.partner:
        return None
    try:
        return load(scenario.partner)
    except ToylabError as error:
        raise ToylabError(f"{scenario.name}: partner: {error}") from None


def _asks(claim: Claim, partner: Scenario) -> bool:
    """Whether a claim can be asked of a partner: a difference from a third scenario cannot."""
    return not claim.against and not METRICS[claim.metric].missing(setting_of(partner))


def _with_partner(
    scenario: Scenario, counted: Sequence[Outcome], partner: Scenario, done: Mapping[str, Numbers]
) -> list[Outcome]:
    """The outcomes of a scenario's claims, each with what its partner has."""
    found = []
    for outcome, claim in zip(counted, _in_numbers(scenario), strict=True):
        if _asks(claim, partner):
            numbers = np.asarray(done[_game(partner)][measured(claim)], dtype=float)
            told = Partner(partner.name, _middle(numbers), _hits(claim, numbers))
            outcome = replace(outcome, partner=told)
        found.append(outcome)
    return found


def _middle(numbers: Sequence[float] | PerSeed) -> float | None:
    """The median over the seeds that have a number."""
    finite = [x for x in numbers if np.isfinite(x)]
    return float(np.median(finite)) if finite else None


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
    scenario: Scenario,
    seeds: Sequence[int],
    own: Numbers,
    against: Mapping[str, tuple[Scenario, Numbers]],
) -> list[Outcome]:
    """Judge the claims of a scenario by its numbers and those of the scenarios it compares with."""
    counted = []
    claims = scenario.claims, _in_numbers(scenario), scenario.handed_on["claims"]
    for claim, placed, told in zip(*claims, strict=True):
        key = measured(placed)
        numbers: PerSeed = np.asarray(own[key], dtype=float)
        theirs: list[Claim] = []
        middle = None
        if claim.against:
            rival, others = against[claim.against]
            theirs, middle = _in_numbers(rival), _middle(others[key])
            # Seed by seed: both saw the same data and the same latents.
            numbers = numbers - np.asarray(others[key], dtype=float)
        n, hits = len(numbers), _hits(claim, numbers)
        shown = tuple(float(x) if np.isfinite(x) else None for x in numbers)
        counted.append(
            Outcome(
                scenario.name,
                fingerprint(scenario.settings),
                replace(claim, against=told["against"]),
                shown,
                hits,
                wilson(hits, n),
                _verdict(scenario, shown, hits, claim.quorum),
                solvable(scenario),
                tuple(seeds),
                scenario.name,
                looks=looks_of(scenario, placed),
                follows=follows(placed, claims[1], theirs),
                rival=middle,
            )
        )
    return counted


def looks_of(scenario: Scenario, claim: Claim) -> int:
    """Snapshots that a claim looks at; of what is counted from one to the next, all up to then."""
    low, high = claim.span([one.at for one in scenario.changes], scenario.training.steps)
    return looks(scenario, (0.0 if METRICS[claim.metric].cumulative else low, high))


def _hits(claim: Claim, numbers: PerSeed) -> int:
    """How many seeds do as a claim says."""
    return int(np.sum(RELATIONS[claim.relation](numbers, claim.threshold)))


def _verdict(
    scenario: Scenario, numbers: Sequence[float | None], hits: int, quorum: float
) -> Verdict:
    if one_run(solvable(scenario), numbers):
        # One run, however many seeds: there is no interval about it.
        return "holds" if hits else "fails"
    return verdict(hits, len(numbers), quorum)


def with_controls(scenario: Scenario, counted: Sequence[Outcome]) -> list[Outcome]:
    """The outcomes of a scenario's claims, each tried on the controls as well; seconds, for a table."""
    found = tried(scenario, [o.rival for o in counted])
    return [replace(o, controls=c) for o, c in zip(counted, found, strict=True)]


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
