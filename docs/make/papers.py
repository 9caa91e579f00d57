"""What papers report and what comes out here, as a page.

The scenarios are the papers' protocols as far as two cores carry them; the page says what was reduced.
papers.toml says what stands on it, papers.json what was measured, on checking seeds.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy import stats

from docs.make.writing import data, run, write
from toylab.base.axes import PerSeed
from toylab.base.errors import ToylabError
from toylab.claims.cache import CACHE, measured
from toylab.claims.counting import measurements
from toylab.claims.report import about
from toylab.claims.workers import Workers
from toylab.cli.arguments import parse_seeds
from toylab.cli.terminal import progress
from toylab.metrics.claim import Claim
from toylab.scenario.scenario import load

PAGE, RESULTS = Path("docs/papers.md"), Path("docs/make/papers.json")


@dataclass(frozen=True)
class Number:
    """One number of a paper.

    Attributes:
        what: In words, with its unit.
        theirs: As the paper has it.
        scenario: Where ours comes from.
        metric: Key of `METRICS`.
        reduce: Key of `REDUCTIONS`.
        window: Fractions of training.
        mean: Whether the mean is told, as the paper does, or the median, which no outlier moves.
    """

    what: str
    theirs: str
    scenario: str
    metric: str
    reduce: str = "last"
    window: tuple[float, float] = (1.0, 1.0)
    mean: bool = False

    @property
    def claim(self) -> Claim:
        """What is to be measured; nothing is claimed of it here."""
        return Claim(self.what, self.metric, ">", 0.0, self.window, self.reduce)

    @property
    def key(self) -> str:
        """What of it decides its interval."""
        return f"{'mean' if self.mean else 'median'} of {self.scenario}: {measured(self.claim)}"


@dataclass(frozen=True)
class Paper:
    """A table or figure of a paper.

    Attributes:
        title: Authors, year, place.
        reduced: What is smaller here than there, or different.
        found: What comes of it.
        numbers: Side by side.
    """

    title: str
    reduced: str
    found: str
    numbers: tuple[Number, ...]


def _read(row: dict[str, Any]) -> Paper:
    """A paper of papers.toml; whether it tells means is said once for all its numbers."""
    mean, numbers = row.pop("mean", False), row.pop("numbers")
    for number in numbers:
        number["window"] = tuple(number.get("window", (1.0, 1.0)))
    return Paper(**row, numbers=tuple(Number(**number, mean=mean) for number in numbers))


PAPERS = tuple(map(_read, data("papers.toml")["papers"]))


def interval(numbers: PerSeed, mean: bool) -> tuple[float, float, float]:
    """Centre and 95 % interval of some seeds' numbers; those without one do not count.

    Args:
        numbers: [S].
        mean: Of the mean, by Student's t; if not, of the median, by order statistics.

    Raises:
        ValueError: If fewer than two seeds have a number.
    """
    known = np.asarray(numbers, dtype=float)
    known = known[np.isfinite(known)]
    if len(known) < 2:
        raise ValueError(f"expected at least two numbers, got {len(known)}")
    if not mean:
        low, high = stats.quantile_test(known, p=0.5).confidence_interval(0.95)
        # With five seeds or fewer no order statistics enclose 95 %: what is known then is the range.
        low, high = (
            x if np.isfinite(x) else y for x, y in ((low, known.min()), (high, known.max()))
        )
        return float(np.median(known)), float(low), float(high)
    centre, error = float(known.mean()), float(stats.sem(known))
    if error == 0:
        return centre, centre, centre
    low, high = stats.t.interval(0.95, len(known) - 1, loc=centre, scale=error)
    return centre, float(low), float(high)


def page(found: Mapping[str, Sequence[float]], made: Mapping[str, str]) -> str:
    """The page, in Markdown.

    Args:
        found: Of each number's key our centre and its interval.
        made: Date, seeds, versions.

    Raises:
        ToylabError: If a number has not been measured.
    """
    lines = [
        "# What papers report, and what comes out here",
        "",
        "Written by `make docs` from trainings on the seeds below. Ours are medians over",
        "seeds with their 95 % interval, or means where a table says so.",
        "",
        ", ".join(f"{key} {value}" for key, value in made.items()) + ".",
    ]
    for paper in PAPERS:
        lines += ["", f"## {paper.title}", "", f"Reduced: {paper.reduced}", ""]
        lines += ["| what | the paper | here | 95 % interval | scenario |", "|---|---|---|---|---|"]
        for number in paper.numbers:
            if number.key not in found:
                raise ToylabError(f"papers.json has no {number.key}. Run `make measure`.")
            centre, low, high = found[number.key]
            lines.append(
                f"| {number.what} | {number.theirs} | {centre:.3g} | {low:.3g} to {high:.3g} "
                f"| `{number.scenario}` |"
            )
        lines += ["", paper.found]
    return "\n".join(lines) + "\n"


def measure(
    seeds: Sequence[int], workers: Workers, folder: Path = CACHE
) -> Iterator[dict[Number, PerSeed]]:
    """Measure all numbers, scenario by scenario; what is in the cache is not trained again.

    Args:
        seeds: Of each scenario.
        workers: Who trains.
        folder: Cache.
    """
    wanted: dict[str, list[Number]] = {}
    for paper in PAPERS:
        for number in paper.numbers:
            wanted.setdefault(number.scenario, []).append(number)
    games = [(load(name), [number.claim for number in numbers]) for name, numbers in wanted.items()]
    arriving = measurements(games, seeds, workers, folder)
    for numbers, found in zip(wanted.values(), arriving, strict=True):
        yield {number: np.asarray(found[measured(number.claim)]) for number in numbers}


def main() -> None:
    """Measure if asked to; then write docs/papers.md.

    Raises:
        ToylabError: If the seeds are too few.
    """
    reader = argparse.ArgumentParser(prog="python -m docs.make.papers", description=__doc__)
    reader.add_argument("--measure", metavar="SEEDS", help="train first; as for toylab check")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    if asked.measure:
        seeds, workers = parse_seeds(asked.measure, first=1000), Workers(asked.jobs)
        if len(seeds) < 2:
            raise ToylabError("An interval needs at least two seeds. Give --measure 2 or more.")
        n = len({number.scenario for paper in PAPERS for number in paper.numbers})
        # Three digits: as many as the page tells.
        found = {
            number.key: [float(f"{x:.3g}") for x in interval(numbers, number.mean)]
            for part in progress(measure(seeds, workers), n, "Measuring")
            for number, numbers in part.items()
        }
        write(RESULTS, json.dumps({"about": about(seeds), "numbers": found}) + "\n")
    kept = json.loads(RESULTS.read_text(encoding="utf-8"))
    write(PAGE, page(kept["numbers"], kept["about"]))


if __name__ == "__main__":
    run(main)
