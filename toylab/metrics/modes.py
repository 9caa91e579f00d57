"""Which modes live, and how well they are hit."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.spatial import KDTree
from scipy.special import rel_entr

from toylab.base.axes import Bool, Curve, Int, Points
from toylab.metrics.metric import alive, kept, masked
from toylab.targets import Target
from toylab.targets.classes import asked_for
from toylab.trace import Trace

# A sample is good within this many spreads of its nearest mode: the field's usual criterion
# (VEEGAN, PacGAN). A perfect sampler of a round mode has 1 - exp(-4.5) = .98889 of its points there.
RADIUS = 3.0
PERFECT_QUALITY = 1 - np.exp(-(RADIUS**2) / 2)
# Beyond twice as many spreads a perfect sampler of a round mode has exp(-18) of its points, 1.5e-8, and one
# a tenth too wide 3.5e-7: what is there belongs to no mode.
ASTRAY = 2 * RADIUS
# A mode is covered with this share of its fair share: far above one stray sample of 1,000 and far
# below the fluctuation of a perfect sampler.
COVERED_SHARE = 0.1


def nearest_modes(samples: Points, target: Target, radius: float = RADIUS) -> tuple[Int, Bool]:
    """Assign each sample to its nearest mode; where each axis has a unit of its own, in the players' units.

    Args:
        samples: Data units, [..., N, 2]; NaN is nobody's and not good.
        target: With K >= 1 modes.
        radius: In units of `target.spread`, not data units.

    Returns:
        Index of the nearest mode [..., N], and whether the sample lies within `radius` spreads of it.

    Raises:
        ValueError: If the target has no modes.
    """
    if not len(target.modes):
        raise ValueError("the target has no separate modes")
    frame = target.frame
    finite = np.asarray(np.isfinite(samples).all(axis=-1))
    seen = frame.inward(np.where(finite[..., None], samples, 0.0))
    distance, index = KDTree(frame.inward(target.modes)).query(seen)
    index = np.asarray(index)
    near = np.asarray(distance * frame.length <= radius * target.spread[index])
    return index, finite & near


def _count(index: Int, where: Bool, k: int) -> Int:
    """Count, for each leading position, the samples at each mode, [..., K]."""
    lead = index.shape[:-1]
    n_rows = int(np.prod(lead, dtype=int))
    rows = np.arange(n_rows)[:, None] * k + index.reshape(n_rows, -1)
    counts = np.bincount(rows[where.reshape(n_rows, -1)], minlength=n_rows * k)
    return counts.reshape(*lead, k)


@dataclass(frozen=True)
class _Modes:
    good: Int  # good samples at each mode, [T, S, K]
    near: Int  # samples that are not astray, [T, S]
    all: Int  # samples nearest to each mode, [T, S, K]
    n: int
    alive: Bool  # [T, S]


# A film asks for several counts of one trace, one after the other.
@kept
def _modes(trace: Trace) -> _Modes:
    index, good = nearest_modes(trace.samples, trace.target)
    k = len(trace.target.modes)
    finite = np.asarray(np.isfinite(trace.samples).all(axis=-1))
    near = nearest_modes(trace.samples, trace.target, ASTRAY)[1].sum(-1)
    counted = (_count(index, good, k), near, _count(index, finite, k))
    return _Modes(*counted, trace.samples.shape[2], alive(trace))


def modes_covered(trace: Trace) -> Curve:
    """Count the modes that hold at least a tenth of their fair share of samples, all of them good.

    Returns:
        0..K, [T, S].
    """
    modes = _modes(trace)
    share = modes.good / modes.n
    return masked((share >= COVERED_SHARE * trace.target.weights).sum(-1), modes.alive)


def modes_hit(trace: Trace) -> Curve:
    """Count the modes with at least one good sample, 0..K, [T, S]. Lin et al. 2018 (PacGAN)."""
    modes = _modes(trace)
    return masked((modes.good > 0).sum(-1), modes.alive)


def high_quality(trace: Trace) -> Curve:
    """Share of samples within 3 spreads of the nearest mode, [T, S]. Srivastava et al. 2017 (VEEGAN)."""
    modes = _modes(trace)
    return masked(modes.good.sum(-1) / modes.n, modes.alive)


def asked_mode(trace: Trace) -> Curve:
    """Share of samples within 3 spreads of the very mode that they were asked for, [T, S].

    Where a generator is asked for classes, which are the modes; Mirza & Osindero 2014.
    """
    index, good = nearest_modes(trace.samples, trace.target)
    asked = asked_for(trace.target.weights, trace.samples.shape[2])
    return masked((good & (index == asked)).mean(-1), alive(trace))


def strays(trace: Trace) -> Curve:
    """Share of samples beyond 6 spreads of the nearest mode, [T, S]: on bridges between modes, or outside.

    Tanielian et al. 2020: a continuous map of one connected latent leaves some between any two modes.
    """
    modes = _modes(trace)
    return masked(1 - modes.near / modes.n, modes.alive)


def reverse_kl(trace: Trace) -> Curve:
    """KL(histogram of the generated modes || weights of the target), nats, [T, S].

    Lin et al. 2018 (PacGAN), who do not say whether bad points count: here every sample counts for its
    nearest mode, good or not, so that the value exists for any cloud.
    """
    modes = _modes(trace)
    return masked(rel_entr(modes.all / modes.n, trace.target.weights).sum(-1), modes.alive)


def mode_tv(trace: Trace) -> Curve:
    """Total variation between mode histograms with a class for "outside", 0..1, [T, S].

    The target's histogram is exact for round modes that do not overlap: each weight times .98889, and
    .01111 outside.
    """
    modes = _modes(trace)
    share = modes.good / modes.n
    inside = np.abs(share - PERFECT_QUALITY * trace.target.weights).sum(-1)
    outside = np.abs(share.sum(-1) - PERFECT_QUALITY)
    return masked((inside + outside) / 2, modes.alive)


def top_mode_share(trace: Trace) -> Curve:
    """Share of all samples whose nearest mode is the fullest one, 1/K..1, [T, S]."""
    modes = _modes(trace)
    return masked(modes.all.max(-1) / modes.n, modes.alive)


def mode_switches(trace: Trace) -> Curve:
    """How often another mode has taken over so far, [T, S].

    A mode rules while more than half of the samples are nearest to it; a switch is a new ruler after
    an old one, so that noise among equals does not count.
    """
    modes = _modes(trace)
    ruler = np.where(modes.all.max(-1) > modes.n / 2, modes.all.argmax(-1), -1)  # [T, S]
    switches = np.zeros(ruler.shape)
    last = ruler[0].copy()
    for t in range(1, len(ruler)):
        switched = (ruler[t] >= 0) & (last >= 0) & (ruler[t] != last)
        switches[t] = switches[t - 1] + switched
        last = np.where(ruler[t] >= 0, ruler[t], last)
    return masked(switches, modes.alive)
