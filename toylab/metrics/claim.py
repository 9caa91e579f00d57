"""Claims: what a scenario says must happen, and the number of each seed that tells."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import numpy as np
from annotated_types import Interval, Len

from toylab.base.axes import Bool, Curve, Int, PerSeed
from toylab.base.choice import Fitting, OneOf, misfit
from toylab.base.errors import ToylabError
from toylab.metrics import METRICS, Setting
from toylab.metrics.metric import kept
from toylab.trace import Trace


@dataclass(frozen=True)
class Reduction:
    """How a window of a curve becomes one number a seed.

    Attributes:
        reduce: From [T, S] and the rounds [T] at which it was looked to [S].
        in_units: Whether the number is in the metric's own unit, as a film's axis is.
    """

    reduce: Callable[[Curve, Int], PerSeed]
    in_units: bool = True


def _over_rounds(window: Curve, rounds: Int) -> PerSeed:
    """The mean over rounds, by trapezoids: where looks are dense each of them counts for less."""
    if len(rounds) == 1:
        return window[0]
    spans = np.diff(rounds)[:, None]
    return (spans * (window[1:] + window[:-1]) / 2).sum(axis=0) / spans.sum()


REDUCTIONS: dict[str, Reduction] = {
    "mean": Reduction(_over_rounds),
    "last": Reduction(lambda window, _: window[-1]),
    "min": Reduction(lambda window, _: window.min(axis=0)),
    "max": Reduction(lambda window, _: window.max(axis=0)),
    "end_to_start": Reduction(lambda window, _: window[-1] / window[0], in_units=False),
    "end_to_peak": Reduction(lambda window, _: window[-1] / window.max(axis=0), in_units=False),
}
RELATIONS: dict[str, Callable[[PerSeed, float], Bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}
# As words on a picture write them.
SIGNS = {"<": "<", "<=": "≤", ">": ">", ">=": "≥"}
# "change", or "change 2": the number of one of several.
_CHANGE = re.compile(r"change( [1-9]\d?)?")


def _is_edge(value: Any) -> bool:
    if isinstance(value, str):
        return bool(_CHANGE.fullmatch(value))
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 1


_WORDS = {"type": "string", "pattern": f"^{_CHANGE.pattern}$"}
_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
Edge = Annotated[
    float | str, Fitting(_is_edge, 'from 0 to 1, or "change"', {"anyOf": [_SHARE, _WORDS]})
]
Window = tuple[float | str, float | str]


@dataclass(frozen=True)
class Claim:
    """One falsifiable sentence about a scenario.

    Attributes:
        text: The sentence.
        metric: What is measured; key of `METRICS`.
        relation: Key of `RELATIONS`, between the reduced metric and `threshold`.
        threshold: In the metric's unit.
        window: First and last fraction of training that count; "change" is where the settings change on the
            way, "change 2" where they do so for the second time.
        reduce: Key of `REDUCTIONS`: how the window becomes one number a seed; a mean is over rounds,
            however often they were looked at.
        quorum: Share of seeds that must satisfy the relation.
        source: Where threshold and quorum come from.
        against: Another scenario; the number compared is then this scenario's less that one's, seed by
            seed.
        text_zh: The sentence in Chinese; without it films in Chinese say the rule.

    Raises:
        ToylabError: If the window runs backwards.
    """

    text: Annotated[str, Len(1, 400)]
    metric: Annotated[str, OneOf(METRICS)]
    relation: Annotated[str, OneOf(RELATIONS)]
    threshold: float
    window: tuple[Edge, Edge] = (1.0, 1.0)
    reduce: Annotated[str, OneOf(REDUCTIONS)] = "mean"
    # Below 1: the lower end of an interval never reaches it, whatever the number of seeds.
    quorum: Annotated[float, Interval(gt=0, lt=1)] = 0.8
    source: Annotated[str, Len(0, 400)] = ""
    # As long as a path: a neighbour of a file is named by its place.
    against: Annotated[str, Len(0, 4096)] = ""
    text_zh: Annotated[str, Len(0, 400)] = ""

    def __post_init__(self) -> None:
        """Refuse a window that runs backwards."""
        window = tuple(edge if isinstance(edge, str) else float(edge) for edge in self.window)
        object.__setattr__(self, "window", window)
        ends = [edge for edge in window if not isinstance(edge, str)]
        if ends != sorted(ends):
            raise ToylabError(f"window must run forwards, got {list(window)}.")

    def said(self, lang: str) -> str:
        """The claim's own sentence in "en" or "zh"; empty where it has none in that language."""
        return self.text_zh if lang == "zh" else self.text

    def missing_change(self, n: int) -> str:
        """The end of the window that names a change of which there are only so many; empty if none."""
        words = (edge for edge in self.window if isinstance(edge, str))
        return next((edge for edge in words if _number(edge) > n), "")

    def span(self, changes: Sequence[int], steps: float) -> tuple[float, float]:
        """The window as fractions of a training of so many steps, in which settings change at some.

        Raises:
            ToylabError: If it then runs backwards.
        """
        low, high = (
            changes[_number(edge) - 1] / steps if isinstance(edge, str) else edge
            for edge in self.window
        )
        if low > high:
            raise ToylabError(
                f"window must run forwards, got {list(self.window)}, which is {low:.3g} to {high:.3g}."
            )
        return low, high

    def within(self, changes: Sequence[int], steps: float) -> Claim:
        """The same claim with its window in numbers; arguments as `span`."""
        return replace(self, window=self.span(changes, steps))


def _number(change: str) -> int:
    """Which change is spoken of: 1 is the first."""
    return int(change.removeprefix("change") or 1)


def told_claims(trace: Trace) -> list[Claim]:
    """The claims that a trace's settings tell of, and that mean something there.

    Raises:
        ToylabError: If one speaks of what this toylab does not know.
    """
    claims, setting = [], Setting.of(trace)
    for i, told in enumerate(trace.settings.get("claims", ())):
        if wrong := misfit(told, Claim, f"claims[{i}]"):
            raise ToylabError(wrong)
        claim = Claim(**{key: told[key] for key in told if key in Claim.__dataclass_fields__})
        if words := claim.missing_change(len(trace.changes)):
            raise ToylabError(f'claims[{i}].window: there is no "{words}".')
        if not METRICS[claim.metric].missing(setting):
            claims.append(claim)
    return claims


def window_of(steps: Int, window: tuple[float, float]) -> slice:
    """Snapshots whose step lies in a window of training; the nearest one if none does."""
    low, high = (fraction * float(steps[-1]) for fraction in window)
    inside = np.flatnonzero((steps >= low - 1e-9) & (steps <= high + 1e-9))
    if not len(inside):
        inside = [int(np.argmin(np.abs(steps - (low + high) / 2)))]
    return slice(int(inside[0]), int(inside[-1]) + 1)


def span_in(claim: Claim, trace: Trace) -> tuple[float, float]:
    """A claim's window as fractions of a trace's training."""
    return claim.span(trace.changes, float(trace.steps[-1]))


# So that what a metric keeps of a window is there for each claim about it.
@kept
def _during(trace: Trace, start: int, stop: int) -> Trace:
    return trace.during(start, stop)


def reduced(claim: Claim, trace: Trace) -> PerSeed:
    """The number a claim speaks of, per seed, [S]; NaN for a seed that diverged in the window."""
    metric, looks = METRICS[claim.metric], window_of(trace.steps, span_in(claim, trace))
    # Some metrics take a fifth of a second a look: of a window alone, unless they count all before it.
    alone = not metric.cumulative
    window = metric(_during(trace, looks.start, looks.stop)) if alone else metric(trace)[looks]
    # A curve that starts at zero has no ratio: the seed then satisfies nothing, as when it diverges.
    with np.errstate(divide="ignore", invalid="ignore"):
        number = REDUCTIONS[claim.reduce].reduce(window, trace.steps[looks])
    return np.where(np.isfinite(number), number, np.nan)


def satisfied(claim: Claim, trace: Trace) -> Bool:
    """Which seeds do as the claim says, [S]. A diverged seed does not."""
    return RELATIONS[claim.relation](reduced(claim, trace), claim.threshold)
