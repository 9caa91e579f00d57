"""Controls: clouds that nobody trained, on which a claim is tried as well.

A claim that every cloud satisfies says nothing. So each is tried on a perfect sampler's points, on clouds
that know where the data lie and how far they reach but nothing of their shape, on a single mode, and on
copies of the very points that it is measured against.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from toylab.base.axes import Points
from toylab.metrics.metric import kept
from toylab.metrics.modes import nearest_modes
from toylab.targets import Target
from toylab.trace import Trace

# Enough for a line: the error of the mean is a third of one draw's spread.
DRAWS = 8
# No seed of a training; every draw of a control is the same, wherever it is asked for.
_SEED = 7

Random = np.random.Generator


@dataclass(frozen=True)
class Control:
    """A cloud made from a perfect sampler's points.

    Attributes:
        cloud: From draws, a perfect sampler's points and the real ones [N, 2], in the players' units, to
            the cloud [N, 2].
        words: What it is, in a table.
        featureless: Whether it knows place and size of the data, and no shape.
    """

    cloud: Callable[[Random, Points, Points], Points]
    words: str
    featureless: bool = False


def _turned(rng: Random, seen: Points, real: Points) -> Points:
    """Each point at its own distance from the centre, in any direction: an annulus, for a ring."""
    away = seen - seen.mean(axis=0)
    return seen.mean(axis=0) + _ways(rng, len(seen)) * np.hypot(*away.T)[:, None]


def _circle(rng: Random, seen: Points, real: Points) -> Points:
    away = seen - seen.mean(axis=0)
    return seen.mean(axis=0) + _ways(rng, len(seen)) * np.hypot(*away.T).mean()


def _ways(rng: Random, n: int) -> Points:
    """Directions, each as likely as any, [n, 2]."""
    angle = rng.uniform(0, 2 * np.pi, n)
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


PERFECT = "perfect"
CONTROLS: dict[str, Control] = {
    PERFECT: Control(lambda rng, seen, real: seen, "a perfect sampler"),
    "box": Control(
        lambda rng, seen, real: rng.uniform(seen.min(axis=0), seen.max(axis=0), seen.shape),
        "points anywhere in the data's box",
        featureless=True,
    ),
    "blob": Control(
        lambda rng, seen, real: rng.multivariate_normal(
            seen.mean(axis=0), np.cov(seen.T), len(seen)
        ),
        "one Gaussian with the data's mean and covariance",
        featureless=True,
    ),
    "circle": Control(_circle, "a bare circle at the data's mean distance", featureless=True),
    "annulus": Control(_turned, "the data, each point turned by any angle", featureless=True),
    "copies": Control(lambda rng, seen, real: real.copy(), "the very real points"),
}
# It needs modes, and stands beside the others where there are some.
ONE_MODE = "one mode"


def named(target: Target) -> list[str]:
    """The controls of a target."""
    if not np.ptp(target.sample(np.random.default_rng(_SEED), 8), axis=0).any():
        # A single point has no shape that a cloud could lack: whatever knows where it lies is perfect.
        return [PERFECT]
    return [*CONTROLS, *[ONE_MODE] * bool(len(target.modes))]


@kept
def control(trace: Trace, name: str, draws: int = DRAWS) -> Trace:
    """One snapshot of a control's cloud, for each draw a seed, with real points of its own.

    Args:
        trace: Says of what target, the first if it changes, and of how many points.
        name: One of `named`.
        draws: How many.
    """
    target, n = trace.target, trace.samples.shape[2]
    generators = [np.random.default_rng([_SEED, k]) for k in range(2 * draws)]
    points = np.stack([target.sample(one, n) for one in generators])
    perfect, real = points[:draws], points[draws:]
    clouds = [
        _cloud(name, target, *one) for one in zip(generators[:draws], perfect, real, strict=True)
    ]
    return hand_made(trace, np.stack(clouds).astype(points.dtype), real)


def hand_made(trace: Trace, clouds: Points, real: Points) -> Trace:
    """One snapshot of clouds that nobody trained, each a seed; only for metrics of points.

    Args:
        trace: Says of what target, the first if it changes.
        clouds: Data units, [S, N, 2].
        real: As many real points for each, [S, N, 2].
    """
    made = replace(
        trace,
        steps=np.zeros(1, np.int64),
        seeds=np.arange(len(clouds)),
        samples=clouds[None],
        real=real,
        diverged_at=np.full(len(clouds), -1),
    )
    return _of_one_target(made, trace)


@kept
def thinned(trace: Trace, most: int) -> Trace:
    """A trace of so many of its points at most; only for metrics of points."""
    few = replace(trace, samples=trace.samples[:, :, :most], real=trace.real[:, :most])
    return _of_one_target(few, trace)


def _of_one_target(made: Trace, trace: Trace) -> Trace:
    """Have what was made from a trace share its settings and its first target."""
    # Not by way of TOML, and the very target: one that was read from a file is not read again.
    vars(made).update(settings=trace.settings, _targets=[trace.target], _cut=[])
    return made


def _cloud(name: str, target: Target, rng: Random, seen: Points, real: Points) -> Points:
    if name == ONE_MODE:
        # As many points, each as far from the first mode as it was from its own.
        index, _ = nearest_modes(seen, target)
        return seen - target.modes[index] + target.modes[0]
    frame = target.frame
    return frame.outward(CONTROLS[name].cloud(rng, frame.inward(seen), frame.inward(real)))
