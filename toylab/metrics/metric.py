"""What a metric is, and what it needs of a trace."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import wraps
from typing import Any, Concatenate, Literal, ParamSpec, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from toylab.base.axes import Bool, Curve, Float
from toylab.base.cores import cores
from toylab.targets import Target, density_known
from toylab.trace import Trace

# Snapshots measured side by side: each may fill some pieces of a table of all pairs.
_HANDS = 4

P = ParamSpec("P")
T = TypeVar("T")


def kept(
    measure: Callable[Concatenate[Trace, P], T],
) -> Callable[Concatenate[Trace, P], T]:
    """Measure each trace once, and keep what was found for as long as the trace is there.

    A trace may take gigabytes: what is kept of it must not hold it.
    """
    found: WeakKeyDictionary[Trace, dict[Any, T]] = WeakKeyDictionary()

    @wraps(measure)
    def once(trace: Trace, *others: P.args, **named: P.kwargs) -> T:
        of_trace = found.setdefault(trace, {})
        key = (*others, *named.items())
        if key not in of_trace:
            of_trace[key] = measure(trace, *others, **named)
        return of_trace[key]

    return once


def alive(trace: Trace) -> Bool:
    """Which seeds have samples, at each snapshot, [T, S]."""
    return np.asarray(np.isfinite(trace.samples).all(axis=(2, 3)))


def each(trace: Trace, measure: Callable[[int, int], float | tuple[float, ...]], n: int = 1) -> Any:
    """A number or more of each seed that has samples, at each snapshot, NaN for the others.

    Cores share the snapshots; which of them measures one does not matter. What a caller has set for its own
    thread, as by numpy.errstate, does not hold in there.

    Args:
        trace: What is measured.
        measure: Of a snapshot and a seed, by position.
        n: How many numbers it gives.

    Returns:
        [T, S]; of several numbers a tuple of such arrays.
    """
    found = np.full((n, *trace.samples.shape[:2]), np.nan)
    places = [(int(t), int(s)) for t, s in zip(*np.nonzero(alive(trace)), strict=True)]
    with ThreadPoolExecutor(min(cores(), _HANDS)) as pool:
        for (t, s), numbers in zip(places, pool.map(lambda at: measure(*at), places), strict=True):
            found[:, t, s] = numbers
    return found[0] if n == 1 else tuple(found)


def masked(values: Float, alive: Bool) -> Curve:
    """Values of the seeds that live, NaN for the others, [T, S]."""
    return np.where(alive, values, np.nan)


@dataclass(frozen=True)
class Setting:
    """What decides which metrics mean anything.

    Attributes:
        target: What is to be learned.
        training_points: Size of a finite training set; 0 where data is fresh.
        output: What D's number is: `Objective.output`.
        solvable: Whether the players' parameters are recorded.
        gaussian: Whether what is generated is Gaussian, whatever the generator learns.
        told: Which players are told a class, by their tables' names.
    """

    target: Target
    training_points: int
    output: str
    solvable: bool
    gaussian: bool
    told: frozenset[str] = frozenset()

    @classmethod
    def of(cls, trace: Trace) -> Setting:
        """The setting of a trace."""
        return cls(
            trace.target,
            int(trace.settings.get("training", {}).get("points", 0)),
            trace.provenance.get("output", "logit"),
            bool(trace.field.size),
            gaussian(trace.settings.get("generator", {})) and not told(trace.settings),
            told(trace.settings),
        )


def gaussian(generator: Mapping[str, Any]) -> bool:
    """Whether a generator of these settings is an affine map onto the plane: then its cloud is Gaussian.

    Unless it is asked for classes, of which each has a Gaussian of its own.
    """
    kind, hidden, latent = (generator.get(key) for key in ("kind", "hidden", "latent"))
    return kind == "mlp" and hidden in ([], ()) and isinstance(latent, int) and latent >= 2


def told(settings: Mapping[str, Any]) -> frozenset[str]:
    """Which players are told a class in a game of these settings, by their tables' names."""
    label = class_label(settings)
    if label is None:
        return frozenset()
    return frozenset({"generator", "discriminator"} if label.get("judged", True) else {"generator"})


def class_label(settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The penalty by which players are told a class, if there is one."""
    penalties = settings.get("game", {}).get("penalties", ())
    return next((one for one in penalties if one["kind"] == "class_label"), None)


NEEDS: dict[str, tuple[Callable[[Setting], Any], str]] = {
    "modes": (
        lambda s: len(s.target.modes),
        "the target has no separate modes (points of your own may: modes = 3 says how many)",
    ),
    "density": (
        lambda s: density_known(s.target),
        "the target's density is not known (give it noise, if it can take some)",
    ),
    "training_set": (lambda s: s.training_points, "the data is fresh; set training.points"),
    "logit": (
        lambda s: s.output == "logit",
        "this objective's D gives a value and no probability; "
        "use sliced_wasserstein, largest_logit or discriminator_loss",
    ),
    "gaussian": (
        lambda s: s.gaussian,
        "what the generator makes is not exactly Gaussian (generator.hidden = [] makes it so)",
    ),
    "asked": (
        lambda s: "generator" in s.told,
        'no class is asked for (the penalty "class_label" asks the generator)',
    ),
    "untold": (
        lambda s: "discriminator" not in s.told,
        "D is told a class here, and this is of one who is not (class_label, judged = false)",
    ),
    "equilibrium": (
        lambda s: s.solvable,
        "only the exactly solvable games record their parameters (generator.kind point, "
        "discriminator.kind linear or quadratic)",
    ),
}

Style = Literal["count", "share", "number"]


@dataclass(frozen=True)
class Metric:
    """A measurement and how it is shown.

    Attributes:
        measure: From a trace to [T, S].
        label: What a film calls it.
        label_zh: The same in Chinese.
        style: "count" is drawn in steps and read "3 of 8", "share" is read "62 %".
        low: Least value that an axis must show, if there is one.
        high: Greatest value that an axis must show; "modes" stands for K.
        needs: Keys of `NEEDS`.
        cumulative: Whether a snapshot's number depends on those before it.
        of_points: Whether it looks at nothing but points: then any cloud has a number, a perfect sampler
            too.
        costly: Whether a snapshot takes longer than drawing it: then it is measured where a claim speaks
            of it, and everywhere only if its curve is drawn.
    """

    measure: Callable[[Trace], Curve]
    label: str
    label_zh: str
    style: Style = "number"
    low: float | None = None
    high: float | Literal["modes"] | None = None
    needs: tuple[str, ...] = ()
    cumulative: bool = False
    of_points: bool = False
    costly: bool = False

    def missing(self, setting: Setting) -> str:
        """Say what a scenario lacks for this metric; empty if nothing."""
        lacking = (why for met, why in map(NEEDS.__getitem__, self.needs) if not met(setting))
        return "; ".join(lacking)

    def __call__(self, trace: Trace) -> Curve:
        """Measure a trace, [T, S]; where its target changes on the way, each part by its own."""
        parts = [self.measure(part) for part in trace.parts]
        return parts[0] if len(parts) == 1 else np.concatenate(parts)
