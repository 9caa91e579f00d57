"""What the course measures: a few trainings, on seeds that no scenario was calibrated on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from toylab.claims.report import about
from toylab.claims.workers import Workers
from toylab.metrics import METRICS, nearest_modes
from toylab.metrics.claim import Claim, reduced
from toylab.scenario.scenario import load
from toylab.trace import Trace
from toylab.training.run import record

# Of the checking seeds the first eight: one ensemble.
SEEDS = tuple(range(1000, 1008))
ALL, LATE, END = (0.0, 1.0), (0.5, 1.0), (0.8, 1.0)

Number = tuple[str, str, tuple[float, float]]  # metric, reduction, window


@dataclass(frozen=True)
class Experiment:
    """One ensemble, and what the course tells of it.

    Attributes:
        scenario: Its name.
        changes: Settings laid over it.
        numbers: One number a seed, each under the name that the text calls it by.
        curves: Metrics whose whole course is drawn.
        shares: Whether the share of each mode is kept, of the first seed.
    """

    scenario: str
    changes: tuple[str, ...] = ()
    numbers: Mapping[str, Number] = field(default_factory=dict)
    curves: tuple[str, ...] = ()
    shares: bool = False


def _k(k: int) -> Experiment:
    return Experiment(
        "k-one",
        (f"game.discriminator_steps={k}",),
        {
            "accuracy": ("discriminator_accuracy", "mean", LATE),
            "early_good": ("high_quality", "mean", (0.2, 0.3)),
            "alive": ("modes_covered", "mean", END),
        },
    )


def _rate(rate: str) -> Experiment:
    """A generator at 1e-3 and a discriminator at another rate."""
    return Experiment(
        "weak-discriminator",
        (f"optimizer.discriminator.lr={rate}", "training.steps=1000"),
        {
            "good": ("high_quality", "mean", LATE),
            "accuracy": ("discriminator_accuracy", "mean", LATE),
        },
    )


def _penalised(scenario: str, *penalties: str) -> Experiment:
    """Whether its loss pairs or not, with other penalties."""
    listed = ", ".join(f'{{ kind = "{kind}", weight = 0.1 }}' for kind in penalties)
    return Experiment(
        scenario,
        (f"game.penalties=[{listed}]", "training.steps=1000"),
        {
            "alive": ("modes_covered", "mean", (0.9, 1.0)),
            "uneven": ("mode_tv", "mean", (0.9, 1.0)),
            "good": ("high_quality", "mean", (0.9, 1.0)),
        },
    )


def _changed(scenario: str, *changes: str, curve: bool = False) -> Experiment:
    """A discriminator that has won, and what changes on the way."""
    return Experiment(
        scenario,
        changes,
        {
            "distance": ("sliced_wasserstein", "mean", (0.9, 1.0)),
            "gradient": ("saturating_gradient", "mean", (0.9, 1.0)),
            "alive": ("modes_covered", "mean", (0.9, 1.0)),
        },
        curves=("saturating_gradient",) * curve,
    )


def _recovering(*changes: str) -> Experiment:
    """A collapse, and one step each from round 400 on, 1,600 rounds in all."""
    return Experiment(
        "collapse-then-fair",
        ("training.steps=1600", "recording.snapshots=161", *changes),
        {
            "on_the_way": ("modes_covered", "mean", (0.7, 0.75)),
            "alive": ("modes_covered", "mean", (0.9, 1.0)),
        },
    )


def _curves(*changes: str) -> Experiment:
    """Eight modes that are covered by curves, and what may fill them."""
    even = ("recording.snapshots=24", "recording.schedule=linear")
    names = {"js": "js_divergence", "coverage": "coverage", "told_apart": "c2st"}
    numbers = {name: (metric, "mean", END) for name, metric in names.items()}
    return Experiment("all-modes", (*changes, *even), numbers)


# From round 400 on one step of D, and a generator whose Adam remembers ten rounds instead of a thousand.
_FORGETS = (
    "changes=[{at = 400, game = {discriminator_steps = 1}, "
    "optimizer = {generator = {betas = [0.5, 0.9]}}}]"
)
_GRADIENTS = {
    "saturating_fall": ("saturating_gradient", "end_to_peak", ALL),
}
_MODES = {
    "alive": ("modes_covered", "mean", LATE),
    "fullest": ("top_mode_share", "mean", LATE),
    "switches": ("mode_switches", "last", (1.0, 1.0)),
}
EXPERIMENTS: dict[str, Experiment] = {
    "best": Experiment(
        "optimal-discriminator",
        numbers={
            "gap_first": ("value_gap", "mean", (0.0, 0.0)),
            "gap_last": ("value_gap", "mean", (0.9, 1.0)),
            "best_value": ("optimal_value", "last", (1.0, 1.0)),
        },
        curves=("discriminator_loss", "optimal_value"),
    ),
    **{f"k{k}": _k(k) for k in (1, 2, 5, 20)},
    "frozen": Experiment(
        "frozen-generator",
        numbers=_GRADIENTS,
        curves=("saturating_gradient", "non_saturating_gradient"),
    ),
    "noise": Experiment("noise-restores", numbers=_GRADIENTS, curves=("saturating_gradient",)),
    **{f"rate{rate}": _rate(rate) for rate in ("2e-5", "1e-4", "3e-4", "1e-3", "3e-3")},
    "collapse": Experiment("mode-collapse", numbers=_MODES, shares=True),
    "fair": Experiment(
        "fair-steps",
        ("training.steps=1600", "recording.schedule=linear", "recording.snapshots=161"),
        numbers=_MODES,
        shares=True,
    ),
    "curves": _curves(),
    "wider": _curves("target.spread=0.3"),
    "patient": _curves(
        "game.discriminator_steps=3",
        'game.penalties=[{ kind = "r1", weight = 0.01 }, { kind = "average", decay = 0.999 }]',
        "optimizer.generator.schedule=cosine",
        "optimizer.discriminator.schedule=cosine",
        "generator.latent=4",
    ),
    # Modes that do not overlap any more, for the game that converges.
    "narrow": Experiment(
        "convergence",
        ("target.spread=0.1", "recording.snapshots=24"),
        {
            "alive": ("modes_covered", "mean", END),
            "on_data": ("real_score", "mean", END),
            "on_generated": ("fake_score", "mean", END),
        },
    ),
    "plain": _penalised("all-modes"),
    "r1": _penalised("all-modes", "r1"),
    "paired": _penalised("relativistic"),
    "paired_r1_r2": _penalised("relativistic", "r1", "r2"),
    **{
        f"late{at}": _changed("too-late", f"changes[0].at={at}", curve=at in (20, 400))
        for at in (20, 100, 200, 400)
    },
    "forgets": _changed("too-late", _FORGETS, curve=True),
    "other_loss": _changed("vanishing-then-non-saturating", "training.steps=800", curve=True),
    "leaky": _recovering(),
    "dead": _recovering("generator.activation=relu", "discriminator.activation=relu"),
}


def told(name: str) -> dict[str, Any]:
    """Run one experiment: settings, numbers a seed, curves as quartiles over seeds, shares."""
    experiment = EXPERIMENTS[name]
    # A claim says what is to be measured; nothing is claimed of it here.
    claims = {
        key: Claim(key, metric, ">", 0.0, window, reduce)
        for key, (metric, reduce, window) in experiment.numbers.items()
    }
    # Only what is looked at is recorded: a look costs as much as seven steps.
    every = experiment.curves or experiment.shares
    every = every or any(METRICS[claim.metric].cumulative for claim in claims.values())
    windows = None if every else [claim.span((), 1) for claim in claims.values()]
    scenario = load(experiment.scenario, experiment.changes)
    trace = record(scenario, SEEDS, filmed=(), windows=windows)
    found: dict[str, Any] = {
        "scenario": experiment.scenario,
        "changes": list(experiment.changes),
        "numbers": {key: _short(reduced(claim, trace)) for key, claim in claims.items()},
    }
    if experiment.curves or experiment.shares:
        found["steps"] = trace.steps.tolist()
    if experiment.curves:
        found["curves"] = {metric: _quartiles(trace, metric) for metric in experiment.curves}
    if experiment.shares:
        found["shares"] = _shares(trace)
    return found


def measure(workers: Workers) -> dict[str, Any]:
    """All experiments, as docs/course/results.json keeps them."""
    names = list(EXPERIMENTS)
    found = dict(zip(names, workers.results(told, names), strict=True))
    return {"about": about(SEEDS), "experiments": found}


def _quartiles(trace: Trace, metric: str) -> dict[str, list[float]]:
    low, middle, high = np.nanpercentile(METRICS[metric](trace), (25, 50, 75), axis=1)
    return {"low": _short(low), "median": _short(middle), "high": _short(high)}


def _shares(trace: Trace) -> list[list[float]]:
    """Share of the first seed's samples that are good points of each mode, [T, K]."""
    index, good = nearest_modes(trace.samples[:, 0], trace.target)
    k = len(trace.target.modes)
    counts = [np.bincount(i[g], minlength=k) for i, g in zip(index, good, strict=True)]
    return [_short(count / index.shape[-1]) for count in counts]


def _short(numbers: Sequence[float] | np.ndarray) -> list[float]:
    """Five digits: more than is drawn or told."""
    return [float(f"{x:.5g}") for x in numbers]
