"""How far two clouds are apart."""

from __future__ import annotations

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist

from toylab.base.axes import Curve, Points
from toylab.metrics.metric import alive, each, kept, masked
from toylab.targets.target import pieces
from toylab.trace import Trace

# Neighbours that vote on a point. On four clouds of 1,000 points that are wrong in a known way, 11 come
# nearer to the best classifier than 31 and 61 do; boosted and grown trees come a little nearer (by .00,
# .01, .03 and .09) and take ten times as long and more.
VOTERS = 11
# An assignment of twice as many points takes eight times as long.
_ASSIGNED = 1000


def sliced_wasserstein(trace: Trace) -> Curve:
    """Wasserstein-1 distance of generated and real points, mean over 32 directions, data units, [T, S].

    Bonneel et al. 2015, with evenly spaced directions, not random ones. Where each axis has a unit of its
    own, as for years and incomes, no length in their plane is one of the data: there it is in the players'
    units, in which the data have a standard deviation of the square root of 2 along either axis.
    """
    frame = trace.target.frame
    angle = np.arange(32) * (np.pi / 32)
    directions = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)  # [2, 32]
    real = np.sort(frame.inward(trace.real) @ directions, axis=-2)  # [S, N, 32]
    found = np.stack(
        [
            np.abs(np.sort(frame.inward(cloud) @ directions, axis=-2) - real).mean((-2, -1))
            for cloud in trace.samples
        ]
    )
    return found if frame.plain else frame.length * found


def c2st(trace: Trace) -> Curve:
    """Leave-one-out nearest-neighbour two-sample accuracy, .5 = indistinguishable, [T, S].

    Neighbours are near in the players' units. Xu et al. 2018, section 2: the test of Lopez-Paz & Oquab 2017
    with one neighbour, each point left out in turn.
    """
    n, frame = trace.samples.shape[2], trace.target.frame
    generated = np.arange(2 * n) >= n

    def accuracy(t: int, s: int) -> float:
        both = frame.inward(np.concatenate([trace.real[s], trace.samples[t, s]]))
        # The second nearest: the nearest is the point itself, or a twin at the same place.
        index = np.asarray(KDTree(both).query(both, k=2)[1])
        itself = index[:, 0] == np.arange(2 * n)
        neighbour = np.where(itself, index[:, 1], index[:, 0])
        return float(np.mean(generated[neighbour] == generated))

    return each(trace, accuracy)


def c2st_held_out(trace: Trace) -> Curve:
    """Accuracy of a classifier on points that it has not seen, .5 = indistinguishable, [T, S].

    Lopez-Paz & Oquab 2017. Eleven neighbours vote on whether a point is real. Every other point of both
    clouds is learned and the rest judged, and the other way round. In the mean it is never above what the
    best classifier has.
    """
    frame = trace.target.frame

    def accuracy(t: int, s: int) -> float:
        real, generated = frame.inward(trace.real[s]), frame.inward(trace.samples[t, s])
        right = 0
        for half in (0, 1):
            learned = np.concatenate([real[half::2], generated[half::2]])
            judged = np.concatenate([real[1 - half :: 2], generated[1 - half :: 2]])
            is_generated = np.arange(len(learned)) >= len(real[half::2])
            # An odd number, so that every vote is decided.
            k = min(VOTERS, len(learned) - 1 + len(learned) % 2)
            near = np.asarray(KDTree(learned).query(judged, k=k)[1]).reshape(len(judged), -1)
            said = is_generated[near].sum(1) > k / 2
            right += np.sum(said == (np.arange(len(judged)) >= len(real[1 - half :: 2])))
        return right / (len(real) + len(generated))

    return each(trace, accuracy)


def energy_distance(trace: Trace) -> Curve:
    """2 E|x - y| - E|x - x'| - E|y - y'| of generated x and real y, data units, [T, S].

    Szekely & Rizzo 2013, over pairs of different points: without a bias, so that a perfect sampler has 0 in
    the mean, and a little less in more than half of the draws. Units as in `sliced_wasserstein`.
    """
    frame = trace.target.frame
    reals = [frame.inward(real) for real in trace.real]
    among_real = [_apart(real, real) for real in reals]

    def distance(t: int, s: int) -> float:
        cloud = frame.inward(trace.samples[t, s])
        return 2 * _apart(cloud, reals[s]) - _apart(cloud, cloud) - among_real[s]

    found = each(trace, distance)
    return found if frame.plain else frame.length * found


def _apart(a: Points, b: Points) -> float:
    """Mean distance of points of two clouds; of different points where both are one."""
    n, m = len(a), len(b)
    total = sum(float(cdist(a[rows], b).sum()) for rows in pieces(n, m))
    return total / (n * (m - (a is b)))


@kept
def exact_wasserstein(trace: Trace) -> Curve:
    """Wasserstein-1 distance of the recorded clouds, players' units, [T, S]: the cheapest assignment.

    Of the first thousand points of each, which takes a fifth of a second.
    """
    frame, living = trace.target.frame, alive(trace)
    found = np.full(trace.samples.shape[:2], np.nan)
    for t, s in zip(*np.nonzero(living), strict=True):
        # A generator that does not move has one distance.
        if t and living[t - 1, s] and np.array_equal(trace.samples[t, s], trace.samples[t - 1, s]):
            found[t, s] = found[t - 1, s]
        else:
            found[t, s] = _assigned(frame.inward(trace.real[s]), frame.inward(trace.samples[t, s]))
    return found


def _assigned(a: Points, b: Points) -> float:
    apart = cdist(a[:_ASSIGNED], b[:_ASSIGNED])
    return float(apart[linear_sum_assignment(apart)].mean())


def critic_distance(trace: Trace) -> Curve:
    """E f(real) - E f(generated), where f is D's number, [T, S].

    Arjovsky et al. 2017: what a critic has found of the Wasserstein distance, times how steep it may be.
    """
    return _found(trace, trace.samples.shape[2])


def _found(trace: Trace, most: int) -> Curve:
    """`critic_distance` of the first so many points."""
    real, fake = (
        x[..., :most].mean(-1, dtype=float) for x in (trace.real_logits, trace.fake_logits)
    )
    return masked(real - fake, alive(trace))


def critic_ratio(trace: Trace) -> Curve:
    """`critic_distance` as a share of the clouds' exact Wasserstein-1 distance, players' units, [T, S].

    Kantorovich & Rubinstein 1958: 1 for the best f whose slope is 1 at most. The distance of two samples
    is a little more than that of what they are drawn from: for a perfect sampler it is not 0. Of the first
    thousand points of each.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        return _found(trace, _ASSIGNED) / exact_wasserstein(trace)
