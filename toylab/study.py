"""Many seeds of many scenarios: claims counted, with a cache that survives being stopped.

A task is one ensemble of one scenario. What it leaves behind is a few numbers a seed, kept in a file
whose name is the hash of all that decides them: settings, claims, seeds and the laboratory's code.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from functools import cache, partial
from pathlib import Path
from typing import Any

import numpy as np
import torch

import toylab
from toylab import catalogue
from toylab.axes import PerSeed
from toylab.claims import RELATIONS, Claim, Verdict, reduced, verdict, wilson
from toylab.errors import ToylabError
from toylab.files import whole
from toylab.memory import give_back
from toylab.metrics import METRICS
from toylab.published import fingerprint, played
from toylab.scenario import Scenario, check, load
from toylab.training import record, versions
from toylab.workers import Workers

# Seeds trained together. An ensemble of eight fits the cache of a core, and no more than this is lost
# when a check is stopped. A card wants to be filled: eight leave nearly all of it idle.
ENSEMBLE, ENSEMBLE_ON_A_CARD = 8, 512
# Where numbers are kept, below the folder in which a command runs.
CACHE = Path(".toylab") / "claims"


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
    """

    scenario: str
    played: str
    claim: Claim
    numbers: tuple[float | None, ...]
    hits: int
    interval: tuple[float, float]
    verdict: Verdict


@dataclass(frozen=True)
class Task:
    """One ensemble: plain data, so that it travels to a worker and hashes.

    Attributes:
        settings: Of the scenario.
        name: Of the scenario.
        claims: What is measured.
        seeds: Trained together.
        device: Where: one of `DEVICES`, but "auto".
        filmed: Whether the trace of the first seed is kept, for a film.
    """

    settings: dict[str, Any]
    name: str
    claims: tuple[Claim, ...]
    seeds: tuple[int, ...]
    device: str = "cpu"
    filmed: bool = False

    def key(self) -> str:
        """Hash of all that decides its numbers."""
        told = [played(self.settings), self.seeds, _code()]
        # Cards round otherwise than processors.
        told += [self.device] * (self.device != "cpu")
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def measured(claim: Claim) -> str:
    """What of a claim decides its numbers; claims that share it share them."""
    return f"{claim.metric} {claim.reduce} {claim.window[0]:g}..{claim.window[1]:g}"


# Rooms that have no part in a number.
_SILENT = frozenset(
    "film show cli arguments terminal reference __init__ __main__ study workers published sweep tables "
    "lecture talk survey papers exhibits gallery course keys".split()
)


@cache
def _code() -> str:
    """Hash of the laboratory's source and of the libraries that compute."""
    home = Path(toylab.__file__).parent
    parts = [torch.__version__, np.__version__]
    for path in sorted(home.rglob("*.py")):
        if path.relative_to(home).parts[0].removesuffix(".py") not in _SILENT:
            parts.append(path.read_text(encoding="utf-8"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


# Of one ensemble: by what was measured, a number a seed.
Numbers = dict[str, list[float]]


# Beside what was measured: the step at which each seed ended early, or -1.
ENDED = "diverged at"


def film_of(task: Task, folder: Path) -> Path:
    """Where the trace of a filmed ensemble's first seed is kept."""
    return folder / f"{task.key()}.npz"


def measure(task: Task, folder: Path) -> Numbers:
    """Numbers of an ensemble for each of its claims, from the cache or by training."""
    path, film = folder / f"{task.key()}.json", film_of(task, folder)
    kept, wanted = _kept(path), [ENDED, *map(measured, task.claims)]
    if all(what in kept for what in wanted) and (film.is_file() or not task.filmed):
        return kept
    numbers = kept | _trained(task, film)
    give_back()
    with whole(path) as part:
        part.write_text(json.dumps(numbers), encoding="utf-8")
    return numbers


def _trained(task: Task, film: Path) -> Numbers:
    """Train an ensemble, measure it, and keep the first seed's trace if it is filmed."""
    # One thread a worker: the workers share the cores, and sums come out the same with any number.
    torch.set_num_threads(1)
    whole_run = task.filmed or any(METRICS[claim.metric].cumulative for claim in task.claims)
    windows = None if whole_run else [claim.window for claim in task.claims]
    scenario, filmed = check(task.settings, name=task.name), (0,) if task.filmed else ()
    trace = record(scenario, task.seeds, filmed, windows=windows, device=task.device)
    numbers = {measured(c): reduced(c, trace).astype(float).tolist() for c in task.claims}
    numbers[ENDED] = trace.diverged_at.astype(float).tolist()
    if task.filmed:
        trace.alone(task.seeds[0]).save(film)
    return numbers


def _kept(path: Path) -> Numbers:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}  # not there, not ours, or damaged: it is made again
    return kept if isinstance(kept, dict) else {}


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
        ToylabError: If a claim compares with a scenario that does not exist.
    """
    # Each scenario is trained once, for its own claims and for those that compare with it.
    wanted = {scenario.name: (scenario, [*scenario.claims]) for scenario in scenarios}
    order: list[str] = []
    for scenario in scenarios:
        for claim in scenario.claims:
            if claim.against:
                known = wanted.setdefault(claim.against, (load(claim.against), []))
                known[1].append(claim)
        needed = [*(c.against for c in scenario.claims if c.against), scenario.name]
        order += [name for name in needed if name not in order]
    arriving = measurements([wanted[name] for name in order], seeds, workers, folder, device)
    done: dict[str, Numbers] = {}
    waiting = list(scenarios)
    for name, numbers in zip(order, arriving, strict=True):
        done[name] = numbers
        while waiting and _answered(waiting[0], done):
            yield _counted(waiting.pop(0), done)


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


def about(seeds: Sequence[int], device: str = "cpu") -> dict[str, str]:
    """What a table says of its making: when, on which seeds, with which versions, where."""
    span = f"{seeds[0]} to {seeds[-1]}" if len(seeds) > 1 else str(seeds[0])
    return {"date": date.today().isoformat(), "seeds": span, **versions(), "device": device}


def parts(seeds: Sequence[int], device: str = "cpu") -> list[tuple[int, ...]]:
    """Seeds in ensembles."""
    n = ENSEMBLE if device == "cpu" else ENSEMBLE_ON_A_CARD
    return [tuple(seeds[i : i + n]) for i in range(0, len(seeds), n)]


def _joined(parts: Sequence[Numbers]) -> Numbers:
    """Ensembles one after the other."""
    return {key: [x for part in parts for x in part[key]] for key in parts[0]}


def _answered(scenario: Scenario, done: dict[str, Numbers]) -> bool:
    others = [claim.against for claim in scenario.claims if claim.against]
    return all(name in done for name in (scenario.name, *others))


def _counted(scenario: Scenario, done: dict[str, Numbers]) -> list[Outcome]:
    """Judge the claims of a scenario."""
    counted = []
    for claim in scenario.claims:
        key = measured(claim)
        numbers: PerSeed = np.asarray(done[scenario.name][key], dtype=float)
        if claim.against:
            # Seed by seed: both saw the same data and the same latents.
            numbers = numbers - np.asarray(done[claim.against][key], dtype=float)
        n, hits = len(numbers), int(np.sum(RELATIONS[claim.relation](numbers, claim.threshold)))
        shown = tuple(float(x) if np.isfinite(x) else None for x in numbers)
        counted.append(
            Outcome(
                scenario.name,
                fingerprint(scenario.settings),
                claim,
                shown,
                hits,
                wilson(hits, n),
                verdict(hits, n, claim.quorum),
            )
        )
    return counted


def as_json(found: Sequence[Outcome], about: dict[str, str]) -> str:
    """The table for machines."""
    return json.dumps({"about": about, "claims": [asdict(o) for o in found]}, indent=1) + "\n"


def as_markdown(found: Sequence[Outcome], about: dict[str, str]) -> str:
    """The table for readers."""
    counts = {v: sum(o.verdict == v for o in found) for v in ("holds", "undecided", "fails")}
    lines = [
        "# Claims",
        "",
        f"{len(found)} claims: {counts['holds']} hold, {counts['undecided']} undecided, "
        f"{counts['fails']} fail. A claim holds if the lower end of the 95 % Wilson interval of the "
        "share of seeds reaches its quorum, fails if the upper end does not, and is undecided between.",
        "",
        ", ".join(f"{key} {value}" for key, value in about.items()) + ".",
        "",
        "| scenario | claim | seeds | 95 % interval | quorum | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for o in found:
        low, high = o.interval
        text = o.claim.text.replace("|", "\\|")
        lines.append(
            f"| {o.scenario} | {text} | {o.hits} of {len(o.numbers)} | {low:.2f} to {high:.2f} "
            f"| {o.claim.quorum:g} | {o.verdict} |"
        )
    open_ones = [o for o in found if o.verdict == "undecided"]
    if open_ones:
        lines += ["", "## Undecided, and why", ""]
    lines += [f"- {o.scenario}, \u201c{o.claim.text}\u201d: {_why_undecided(o)}" for o in open_ones]
    return "\n".join(lines) + "\n"


def _why_undecided(o: Outcome) -> str:
    """What the interval says, and how many seeds would decide if the share stayed as it is."""
    n, (low, high) = len(o.numbers), o.interval
    share, doubled = o.hits / n, n
    while (
        doubled < 100 * n
        and verdict(round(share * doubled), doubled, o.claim.quorum) == "undecided"
    ):
        doubled *= 2
    enough = (
        f"if the share stays, some {doubled} seeds decide"
        if doubled < 100 * n
        else "more seeds would hardly decide: the share is the quorum itself"
    )
    return (
        f"true of {share:.0%} of these seeds, but with {n} of them the share may be anything from "
        f"{low:.0%} to {high:.0%}, and {o.claim.quorum:.0%} lies between; {enough}."
    )


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
