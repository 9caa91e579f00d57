"""What papers report and what comes out here, as a page: `python -m docs.make.papers`.

The scenarios are the papers' protocols as far as two cores carry them; the page says what was reduced.
Numbers are measured on checking seeds and kept where `toylab check` keeps its own.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import stats

from toylab.base.axes import PerSeed
from toylab.base.errors import ToylabError
from toylab.base.files import whole
from toylab.claims.cache import CACHE, measured
from toylab.claims.counting import measurements
from toylab.claims.report import about
from toylab.claims.workers import Workers
from toylab.cli.terminal import guarded, parse_seeds, progress
from toylab.metrics.claim import Claim
from toylab.scenario.scenario import load

PAGE = Path("docs/papers.md")


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


def _pacgan(scenario: str, modes: str, good: str, divergence: str) -> tuple[Number, ...]:
    packs = 2 if scenario.endswith("-2") else 1
    name = f"{scenario.split('-')[1]}, m = {packs}"
    return (
        Number(f"{name}: modes with points", modes, scenario, "modes_hit", mean=True),
        Number(f"{name}: share of good points", good, scenario, "high_quality", mean=True),
        Number(f"{name}: reverse KL, nats", divergence, scenario, "reverse_kl", mean=True),
    )


def _dirac(scenario: str, what: str, theirs: str) -> Number:
    return Number(f"{what}: final distance", theirs, scenario, "parameter_norm")


PAPERS = (
    Paper(
        "Lin et al. 2018 (PacGAN), Table 1",
        "3,000 updates where the paper has 400,000, at ten times its rate; 2 x 100 units "
        "for its 4 x 400 and 2 x 40 maxout units for its 3 x 200; fresh points where the paper has "
        "100,000 fixed ones. Batches of 100 packs, 2,500 counted points and batch norm as there. Means "
        "over seeds with their 95 % interval; the paper's are means of 10 trials and their standard error.",
        "On the ring packing makes the shares of the modes several times more even, as in the paper, and "
        "has not yet won a whole mode. On the grid it finds more modes, as in the paper, but their shares "
        "are less even, unlike there. After 1 % of the updates few points are good, on the grid hardly "
        "any.",
        (
            *_pacgan("pacgan-ring", "6.3 +- .5", ".982 +- .002", ".45 +- .09"),
            *_pacgan("pacgan-ring-2", "7.9 +- .1", ".956 +- .020", ".07 +- .03"),
            *_pacgan("pacgan-grid", "17.3 +- .8", ".948 +- .007", ".70 +- .07"),
            *_pacgan("pacgan-grid-2", "23.8 +- .7", ".913 +- .008", ".13 +- .04"),
        ),
    ),
    Paper(
        "Metz et al. 2017 (unrolled GANs), Figure 1",
        "2,500 rounds at 1e-3 where the paper has 25,000 and more at 1e-4; half its widths; a latent of 16 "
        "for 256; five steps of looking ahead for ten.",
        "The figure's two rows: without looking ahead the cloud goes from mode to mode, with it nearly "
        "all modes have points, and none has much more than its share of .125.",
        (
            Number(
                "plain: switches of the fullest mode", "rotates", "mode-hopping", "mode_switches"
            ),
            Number(
                "plain: modes alive, second half",
                "one at a time",
                "mode-hopping",
                "modes_covered",
                "mean",
                (0.5, 1.0),
            ),
            Number("looking ahead: switches", "none is seen", "unrolled-fix", "mode_switches"),
            Number(
                "looking ahead: modes with points",
                "8 of 8",
                "unrolled-fix",
                "modes_hit",
                "mean",
                (0.9, 1.0),
            ),
            Number(
                "looking ahead: share of the fullest mode",
                "even to the eye",
                "unrolled-fix",
                "top_mode_share",
                "mean",
                (0.9, 1.0),
            ),
        ),
    ),
    Paper(
        "Gulrajani et al. 2017 (WGAN-GP), Figure 1",
        "3 x 64 units for 3 x 512; 1,000 steps of the critic at 1e-3. The paper fixes G at the data plus "
        "unit noise; here it is a round Gaussian of the same covariance.",
        "The figure's finding: clipping drives the weights to the bound and leaves a critic that is all "
        "but flat; under the penalty, which knows no bound, its slope is 1.",
        (
            Number(
                "clipping: share of weights at the bound",
                "two peaks, at the bounds",
                "wgan-clipping",
                "weights_at_bound",
                "mean",
                (0.8, 1.0),
            ),
            Number(
                "clipping: slope of the critic",
                "vanishes with depth",
                "wgan-clipping",
                "critic_slope",
                "mean",
                (0.8, 1.0),
            ),
            Number(
                "penalty: slope of the critic",
                "1",
                "critic-penalised",
                "critic_slope",
                "mean",
                (0.8, 1.0),
            ),
        ),
    ),
    Paper(
        "Arjovsky & Bottou 2017, Figures 2 and 3, and section 3",
        "A ring in two dimensions and small networks; the paper has a DCGAN on images, at 1, 10 and 25 "
        "epochs of training. 4,000 steps of the discriminator, as there (400 rounds of ten).",
        "The saturating gradient dies within these 4,000 steps, by nearly four orders of magnitude; noise "
        "on both sides, the paper's remedy, keeps it alive.",
        (
            Number(
                "saturating gradient, end over peak",
                "down to 1e-5 in 4,000 steps",
                "frozen-generator",
                "saturating_gradient",
                "end_to_peak",
                (0.0, 1.0),
            ),
            Number(
                "non-saturating gradient, end over peak",
                "grows, and its variance with it",
                "frozen-generator",
                "non_saturating_gradient",
                "end_to_peak",
                (0.0, 1.0),
            ),
            Number(
                "with noise: saturating gradient, end over peak",
                "does not vanish",
                "noise-restores",
                "saturating_gradient",
                "end_to_peak",
                (0.0, 1.0),
            ),
        ),
    ),
    Paper(
        "Mescheder et al. 2018 (Dirac-GAN), the authors' programme",
        "Nothing: start (1, 1), step .2, 500 updates. These games are exact, and every seed is the same.",
        "The programme's numbers, to the digits that are known.",
        (
            _dirac("dirac-cycle", "simultaneous", "3.10"),
            _dirac("dirac-alternating", "alternating", "1.42"),
            _dirac("dirac-non-saturating", "non-saturating", ".64"),
            _dirac("dirac-wgan-gp", "WGAN-GP, lambda .7", "1.80"),
            _dirac("dirac-r1", "R1, weight .3", "2.6e-6"),
        ),
    ),
)


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


def page(found: Mapping[Number, PerSeed], made: Mapping[str, str]) -> str:
    """The page, in Markdown.

    Args:
        found: Of each number ours, [S].
        made: Date, seeds, versions.
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
            centre, low, high = interval(found[number], number.mean)
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
    """Measure, and write docs/papers.md.

    Raises:
        ToylabError: If the seeds are too few, or this is no checkout.
    """
    reader = argparse.ArgumentParser(prog="python -m docs.make.papers", description=__doc__)
    reader.add_argument("--seeds", default="64", help="as for toylab check")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    seeds, workers = parse_seeds(asked.seeds, first=1000), Workers(asked.jobs)
    if len(seeds) < 2:
        raise ToylabError("An interval needs at least two seeds. Give --seeds 2 or more.")
    if not PAGE.parent.is_dir():
        raise ToylabError(f"{PAGE.parent}: no such folder. Run this in a checkout of toylab.")
    n = len({number.scenario for paper in PAPERS for number in paper.numbers})
    found: dict[Number, PerSeed] = {}
    for part in progress(measure(seeds, workers), n, "Measuring"):
        found |= part
    with whole(PAGE) as part:
        part.write_text(page(found, about(seeds)), encoding="utf-8")


if __name__ == "__main__":
    guarded(lambda **_: main())
