"""Truth beside training: the best discriminator, and how far from it this one is."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from scipy.special import expit, log_expit

from toylab.base.axes import Curve, Float, Points
from toylab.metrics.metric import each, kept
from toylab.targets import cell_centres
from toylab.targets.target import pieces
from toylab.trace import Trace

# Nats below a kernel's peak, where float64's normal numbers end; what lies farther counts for nothing.
_FARTHEST = float(np.log(np.finfo(float).tiny))


def cloud_log_density(x: Points | None, cloud: Points) -> Float:
    """Estimate the log density of a cloud by a kernel as wide as the cloud is thin there, nats.

    Each sample carries a round Gaussian of .7 times the distance to its tenth neighbour (Breiman,
    Meisel & Purcell 1977): one rule for a collapsed dot and a wide blob, and tails that die. Chosen on
    rings of 8 against quadrature among 7 pairs of factor and neighbour: the divergence of 1,000
    samples then errs by under .01 nats for shifted, wider and collapsed rings, and by .02 for one three
    times too narrow. Plain nearest-neighbour densities erred by .19 there: their tails never die.

    Args:
        x: Points to evaluate at, [M, 2]; None means the samples, each leaving itself out.
        cloud: The samples, [N, 2].

    Returns:
        [M] or [N].
    """
    n = len(cloud)
    cloud = np.asarray(cloud, dtype=np.float64)
    distance = np.asarray(KDTree(cloud).query(cloud, k=min(11, n))[0])
    # A cloud in one point has no density: its width is taken as the least that float32 tells.
    width = np.maximum(0.7 * distance.reshape(n, -1)[:, -1], 1e-6)
    peak = 1 / (2 * np.pi * width**2 * n)  # [N]

    at = cloud if x is None else np.asarray(x, dtype=np.float64)
    sums = np.empty(len(at))
    for rows in pieces(len(at), n):
        kernels = cdist(at[rows], cloud, "sqeuclidean")  # [rows, N]
        kernels *= -0.5 / width**2
        # Below the least normal numbers exp takes four times as long, and so does what follows.
        far = kernels < _FARTHEST
        kernels[far] = 0
        np.exp(kernels, out=kernels)
        kernels[far] = 0
        kernels *= peak
        if x is None:
            np.fill_diagonal(kernels[:, rows], 0)
        sums[rows] = kernels.sum(1)
    if x is not None:
        return np.log(np.maximum(sums, np.finfo(float).tiny))
    # A sample far from all others has its own kernel after all: one stray must not cost 700 nats.
    return np.log(np.maximum(sums * (n / (n - 1)), peak))


def optimal_logit(log_p: Float, log_q: Float) -> Float:
    """Logit of D* = p / (p + q), from two log densities in nats, [...]. Goodfellow et al. 2014, prop. 1."""
    return log_p - log_q


def value(real_logits: Float, fake_logits: Float) -> Float:
    """V = E log D(real) + E log(1 - D(fake)) over the last axis, nats, [...]."""
    return log_expit(real_logits).mean(-1) + log_expit(-fake_logits).mean(-1)


@kept
def optimal_value(trace: Trace) -> Curve:
    """V(D*), nats, [T, S]: what the best discriminator would reach on the recorded points.

    Goodfellow et al. 2014, proposition 1: D* = p / (p + q), with the exact density of the target and
    `cloud_log_density` for the generator's. -log 4 where both are the same, 0 where they never meet.
    """
    inward = trace.target.frame.inward
    log_p_real = [_truth_at(trace, real) for real in trace.real]

    def best(t: int, s: int) -> float:
        real, cloud = inward(trace.real[s]), inward(trace.samples[t, s])
        log_p_fake = _truth_at(trace, trace.samples[t, s])
        at_real = optimal_logit(log_p_real[s], cloud_log_density(real, cloud))
        at_fake = optimal_logit(log_p_fake, cloud_log_density(None, cloud))
        return float(value(at_real, at_fake))

    return each(trace, best)


def _truth_at(trace: Trace, x: Points) -> Float:
    """Log density of the target at points of the data's units, nats a square of the players' unit.

    In their units kernels have a size of their own, and both densities are of the same area.
    """
    return trace.target.log_density(x) + trace.target.frame.log_area


def js_divergence(trace: Trace) -> Curve:
    """Jensen-Shannon divergence of target and generator, nats, 0..log 2 up to noise, [T, S].

    Goodfellow et al. 2014, theorem 1: V(D*) = 2 JS - log 4, with the exact density of the target and
    `cloud_log_density` for the generator's.
    """
    return (optimal_value(trace) + np.log(4)) / 2


def value_gap(trace: Trace) -> Curve:
    """V(D*) - V(D): what the discriminator could still gain, nats, [T, S]; by `js_divergence`'s D*."""
    return optimal_value(trace) - value(trace.real_logits, trace.fake_logits)


@kept
def optimal_distance(trace: Trace) -> Curve:
    """Mean of |D - D*| over real and generated points, where what is generated is Gaussian, [T, S].

    Goodfellow et al. 2014, proposition 1: D* = p / (p + q), with the exact density of the target; q is
    the Gaussian of the samples' mean and covariance, which of 1,000 puts D* out by .007 in the mean.
    The kernels of `cloud_log_density`, which know no shape, put it out by .03.
    """
    inward = trace.target.frame.inward
    log_p_real = [_truth_at(trace, real) for real in trace.real]

    def distance(t: int, s: int) -> float:
        cloud = inward(trace.samples[t, s])
        log_p = np.concatenate([log_p_real[s], _truth_at(trace, trace.samples[t, s])])
        log_q = _gaussian_log_density(np.concatenate([inward(trace.real[s]), cloud]), cloud)
        said = np.concatenate([trace.real_logits[t, s], trace.fake_logits[t, s]])
        return float(np.abs(expit(said) - expit(optimal_logit(log_p, log_q))).mean())

    return each(trace, distance)


def _gaussian_log_density(x: Points, cloud: Points) -> Float:
    """Log density of the Gaussian of a cloud's mean and covariance, nats, [M]; NaN without a width."""
    cloud = np.asarray(cloud, dtype=np.float64)
    spread = np.cov(cloud.T)
    area = np.linalg.det(spread)
    if not area > 0:
        return np.full(len(x), np.nan)
    off = x - cloud.mean(axis=0)
    return -(off * np.linalg.solve(spread, off.T).T).sum(-1) / 2 - np.log(2 * np.pi * np.sqrt(area))


def optimal_logits(trace: Trace, frame: int, row: int, n: int = 0) -> Float:
    """Logit of D* = p / (p + q) over the trace's extent, for one filmed seed, lowest row first, [n, n].

    p is the target's exact density, q is `cloud_log_density` of the recorded samples.

    Args:
        trace: With a filmed seed.
        frame: Which snapshot.
        row: Which filmed seed, by its position in `trace.filmed`.
        n: Cells along one side; those of the recorded surface if 0.

    Raises:
        NotImplementedError: If the target's density is not known.
    """
    n = n or trace.logits.shape[2]
    grid, log_p = _truth(trace, n)
    cloud = trace.target.frame.inward(trace.samples[frame, trace.filmed[row]])
    log_q = cloud_log_density(grid, cloud)
    return optimal_logit(log_p, log_q).reshape(n, n)


# The target stands still while a film goes over its frames.
@kept
def _truth(trace: Trace, n: int) -> tuple[Points, Float]:
    """Middles of n x n cells, [n * n, 2], and the target's log density there, nats, [n * n].

    Both in the players' units.
    """
    grid = np.stack(np.meshgrid(*cell_centres(trace.extent, n)), axis=-1).reshape(-1, 2)
    return trace.target.frame.inward(grid), _truth_at(trace, grid)
