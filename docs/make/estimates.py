"""What metrics of points say of clouds whose truth is known: a perfect one, and some that are wrong."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from scipy.integrate import quad

from toylab.base.axes import Points
from toylab.metrics import METRICS, nearest_modes
from toylab.metrics.controls import hand_made
from toylab.metrics.floor import floors
from toylab.scenario.scenario import load
from toylab.targets import Target
from toylab.trace import Trace
from toylab.training.run import record

_POINTS, _DRAWS = 1000, 200
# Of each wrong cloud: the error of a mean is a tenth of a draw's spread.
_WRONG_DRAWS = 100
_SAID = ("js_divergence", "c2st", "c2st_held_out", "local_width", "precision", "recall", "coverage")


class Wrong(NamedTuple):
    """A cloud that is wrong in a known way.

    Attributes:
        words: What it is.
        cloud: From draws, real points [N, 2] and the target, the cloud [N, 2].
        truth: From the target, its JS divergence in nats, and how often the best classifier is right.
    """

    words: str
    cloud: Callable[[np.random.Generator, Points, Target], Points]
    truth: Callable[[Target], tuple[float, float]]


def estimates() -> list[str]:
    """Both tables, as Markdown."""
    short = ["training.steps=1", "recording.snapshots=2", f"recording.samples={_POINTS}"]
    trace = record(load("all-modes", short), [0])
    return [*_of_a_perfect_one(trace), *_of_wrong_ones(trace)]


def _of_a_perfect_one(trace: Trace) -> list[str]:
    found = floors(trace, list(METRICS), _DRAWS)
    return [
        "",
        "## What a perfect generator has",
        "",
        f"An estimate from points has an error. Of {_POINTS:,} generated and as many real points, both",
        f"drawn from the ring of `all-modes`, {_DRAWS} times: the mean, and the standard deviation of one",
        "draw. A divergence is never below nothing, but its estimate is, in most of these draws: films",
        "call that `≈ 0`. Panels of these metrics have a thin line at what a perfect generator has of",
        "the film's own target and number of points.",
        "",
        "| metric | mean | spread |",
        "|---|---|---|",
        *(_row(f"`{name}`", [floor.mean, floor.spread]) for name, floor in found.items()),
    ]


def _of_wrong_ones(trace: Trace) -> list[str]:
    target, rng = trace.target, np.random.default_rng(0)
    lines = [
        "",
        "## What they do not see",
        "",
        f"Clouds of {_POINTS:,} points that are wrong in a known way, on the same ring, {_WRONG_DRAWS}",
        "draws each: the true divergence and how often the best classifier is right, beside the",
        "estimates. Kernels widen whatever they lie on, so that a curve passes for a cloud of some width;",
        "one neighbour is a poor classifier of densities, eleven that vote are a poor one",
        "of curves. All err downwards: clouds that they tell apart are different, clouds that they do not",
        "tell apart need not be alike. Curves are seen where they are looked for: by their local width.",
        "",
        "| cloud | JS, nats | `js_divergence` | best classifier | "
        + " | ".join(f"`{name}`" for name in _SAID[1:])
        + " |",
        "|---" * (3 + len(_SAID)) + "|",
    ]
    for wrong in WRONG:
        real, seen = (
            np.stack([target.sample(rng, _POINTS) for _ in range(_WRONG_DRAWS)]) for _ in range(2)
        )
        clouds = np.stack([wrong.cloud(rng, one, target) for one in seen]).astype(real.dtype)
        made = hand_made(trace, clouds, real)
        js, c2st, *rest = (float(METRICS[name](made)[0].mean()) for name in _SAID)
        true_js, best = wrong.truth(target)
        lines.append(_row(wrong.words, [true_js, js, best, c2st, *rest]))
    return lines


def _row(name: str, numbers: list[float]) -> str:
    return "| " + " | ".join([name, *(f"{n:.3f}".replace("-", "−") for n in numbers)]) + " |"


def _bare_circle(rng: np.random.Generator, seen: Points, target: Target) -> Points:
    angle = rng.uniform(0, 2 * np.pi, len(seen))
    return np.hypot(*target.modes[0]) * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _strokes(rng: np.random.Generator, seen: Points, target: Target) -> Points:
    """Each point moved onto the line through its mode across the way to the centre."""
    modes = target.modes[nearest_modes(seen, target)[0]]
    along = np.stack([-modes[:, 1], modes[:, 0]], axis=1) / np.hypot(*modes.T)[:, None]
    return modes + along * np.sum((seen - modes) * along, axis=1, keepdims=True)


def _one_lost(rng: np.random.Generator, seen: Points, target: Target) -> Points:
    index, _ = nearest_modes(seen, target)
    elsewhere = np.where(index > 0, index, rng.integers(1, len(target.modes), len(seen)))
    return seen - target.modes[index] + target.modes[elsewhere]


def _half_as_wide(rng: np.random.Generator, seen: Points, target: Target) -> Points:
    modes = target.modes[nearest_modes(seen, target)[0]]
    return modes + (seen - modes) / 2


def _apart(target: Target) -> tuple[float, float]:
    """A line has no area: nothing is shared with what has a density."""
    return float(np.log(2)), 1.0


def _of_shares(target: Target) -> tuple[float, float]:
    """Of K modes one has nothing; what is left is shared out."""
    p = np.full(len(target.modes), 1 / len(target.modes))
    q = np.append(np.full(len(p) - 1, 1 / (len(p) - 1)), 0.0)
    return _js_of(p, q), 0.5 + np.abs(p - q).sum() / 4


def _js_of(p: np.ndarray, q: np.ndarray) -> float:
    m = (p + q) / 2

    def kl(a: np.ndarray) -> float:
        return float(np.sum(a[a > 0] * np.log(a[a > 0] / m[a > 0])))

    return (kl(p) + kl(q)) / 2


def _of_widths(target: Target) -> tuple[float, float]:
    """Round Gaussians at one place, one half as wide: integrals over the radius, in spreads."""

    def density(r: float, spread: float) -> float:
        return r / spread**2 * np.exp(-0.5 * (r / spread) ** 2)

    def half_kl(r: float) -> float:
        p, q = density(r, 1.0), density(r, 0.5)
        return sum(a * np.log(2 * a / (p + q)) for a in (p, q) if a > 0) / 2

    apart = quad(lambda r: abs(density(r, 1.0) - density(r, 0.5)), 0, 12, limit=200)[0]
    return quad(half_kl, 0, 12, limit=200)[0], 0.5 + apart / 4


WRONG = (
    Wrong("a bare circle through the modes", _bare_circle, _apart),
    Wrong("a stroke in each mode, as long as it is wide", _strokes, _apart),
    Wrong("one mode of eight lost", _one_lost, _of_shares),
    Wrong("every mode half as wide", _half_as_wide, _of_widths),
)
