"""One ensemble of one scenario: trained, measured, and kept in a cache that survives being stopped.

What an ensemble leaves behind is a few numbers a seed, in a file whose name is the hash of all that
decides them: settings, what the target's file holds, seeds, and the code and libraries that compute.
"""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.metadata import version
from itertools import chain
from pathlib import Path
from typing import Any

from toylab.base.errors import ToylabError
from toylab.base.files import expect_file, whole
from toylab.base.foreign import at_home
from toylab.base.memory import give_back
from toylab.base.settings import played
from toylab.metrics import METRICS
from toylab.metrics.claim import Claim, reduced
from toylab.scenario.scenario import check
from toylab.training.run import record

# Seeds trained together. An ensemble of eight fits the cache of a core, and no more than this is lost
# when a check is stopped. A card wants to be filled: eight leave nearly all of it idle.
ENSEMBLE, ENSEMBLE_ON_A_CARD = 8, 512
# Where numbers are kept, below the folder in which a command runs.
CACHE = Path(".toylab") / "claims"


def cache_folder(warn: Callable[[str], None]) -> Path:
    """Where numbers are kept: below the working folder, or the user's own place where that takes no files.

    Args:
        warn: Told if it is not below the working folder.

    Raises:
        ToylabError: If nowhere anything can be written.
    """
    refused: list[ToylabError] = []
    for place in chain([CACHE], _elsewhere()):
        try:
            expect_file(place / "numbers")
        except ToylabError as error:
            refused.append(error)
            continue
        if refused:
            warn(f"{refused[0]} What is measured is kept in {place}.")
        return place.absolute()
    raise refused[0]


def _elsewhere() -> Iterator[Path]:
    """The user's cache folder; and for users without a home one of theirs among the temporary files."""
    own = os.environ.get("XDG_CACHE_HOME") or os.environ.get("LOCALAPPDATA")
    try:
        yield (Path(own) if own else at_home("~/.cache")) / "toylab" / CACHE.name
    except ToylabError:
        pass
    user = os.getuid() if hasattr(os, "getuid") else "user"
    place = Path(tempfile.gettempdir()) / f"toylab-{user}"
    try:
        place.mkdir(mode=0o700, exist_ok=True)
        # Of a folder that somebody else made the numbers may be anybody's.
        if place.stat().st_uid in (user, 0):
            yield place / CACHE.name
    except OSError:
        pass


@dataclass(frozen=True)
class Task:
    """One ensemble: plain data, so that it travels to a worker and hashes.

    Attributes:
        settings: Of the scenario.
        name: Of the scenario.
        claims: What is measured; their windows in numbers.
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
        told = [played(self.settings), self.seeds, code()]
        target = self.settings.get("target", {})
        if "file" in target:
            # What a file holds and how its ending lets it be read, wherever it lies.
            file = Path(target["file"])
            told[0] = {**told[0], "target": {**target, "file": file.suffix.lower()}}
            told.append(_held(file))
        # Cards round otherwise than processors.
        told += [self.device] * (self.device != "cpu")
        return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:32]


def measured(claim: Claim) -> str:
    """What of a claim decides its numbers, its window being in numbers; claims that share it share them."""
    low, high = claim.span((), 1)
    return f"{claim.metric} {claim.reduce} {low:g}..{high:g}"


# Rooms that decide numbers. Of what stands around them a change leaves every number as it was.
_DECIDING = ("targets", "trace", "metrics", "game", "scenario", "training")


# Which code was shown to give the numbers of which older code; `tests/checks/same.py` writes it.
SAME_NUMBERS = Path(__file__).with_name("same_numbers.json")


def code() -> str:
    """What a cache calls the code that decides numbers: where older code gave the same ones, as that did.

    So what was kept before a change that leaves every number as it was is still there after it.
    """
    own = own_code()
    told = json.loads(SAME_NUMBERS.read_text(encoding="utf-8"))
    return told["as"] if told["code"] == own else own


@cache
def own_code() -> str:
    """Hash of the source of those rooms and of the libraries that compute."""
    home = Path(__file__).parents[1]
    parts = [version(name) for name in ("torch", "numpy", "scipy", "scikit-learn")]
    for room in _DECIDING:
        parts += (path.read_text(encoding="utf-8") for path in sorted((home / room).rglob("*.py")))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _held(file: Path) -> str:
    """Hash of what a file holds; empty for one that is gone, which the target will tell of."""
    try:
        return hashlib.sha256(at_home(file).read_bytes()).hexdigest()
    except OSError:
        return ""


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
        return {what: kept[what] for what in wanted}
    numbers = _trained(task, film)
    give_back()
    with whole(path) as part:
        part.write_text(json.dumps(kept | numbers), encoding="utf-8")
    return numbers


def _trained(task: Task, film: Path) -> Numbers:
    """Train an ensemble, measure it, and keep the first seed's trace if it is filmed."""
    whole_run = task.filmed or any(METRICS[claim.metric].cumulative for claim in task.claims)
    windows = None if whole_run else [claim.span((), 1) for claim in task.claims]
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


def parts(seeds: Sequence[int], device: str = "cpu") -> list[tuple[int, ...]]:
    """Seeds in ensembles."""
    n = ENSEMBLE if device == "cpu" else ENSEMBLE_ON_A_CARD
    return [tuple(seeds[i : i + n]) for i in range(0, len(seeds), n)]
