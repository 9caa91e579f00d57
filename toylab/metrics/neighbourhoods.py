"""How far two clouds lie within each other's neighbourhoods, and how wide one is in its own.

A point's neighbourhood is the disc around it that reaches to its `K`-th nearest of the same cloud, in the
players' units. Where generated points lie among the real ones tells whether they are good; where real
points lie among the generated ones tells whether all are learned: a thin curve inside a mode is precise,
and recalls little.
"""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree

from toylab.base.axes import Curve, Points
from toylab.metrics.metric import each, kept
from toylab.trace import Trace

# Naeem et al. 2020 choose 5 for which a perfect sampler covers .97 of the neighbourhoods.
K = 5
# Neighbours whose spread tells how wide a cloud is there. A perfect sampler has .58 with 5, .69 with 10,
# .77 with 20; the more, the farther a bent line's neighbours are off its tangent.
_AROUND = 10
# A neighbourhood smaller than this, in the players' units, is a dot: the least that float32 tells.
_DOT = 1e-6


def precision(trace: Trace) -> Curve:
    """Share of generated points within some real point's neighbourhood, [T, S].

    Kynkaanniemi et al. 2019, with 5 neighbours.
    """
    return _measured(trace)[0]


def recall(trace: Trace) -> Curve:
    """Share of real points within some generated point's neighbourhood, [T, S].

    Kynkaanniemi et al. 2019, with 5 neighbours.
    """
    return _measured(trace)[1]


def density(trace: Trace) -> Curve:
    """Real neighbourhoods that a generated point lies in, as a share of a perfect sampler's mean, [T, S].

    Naeem et al. 2020, with 5 neighbours; a perfect sampler has 1, a cloud in the middle of the modes more.
    """
    return _measured(trace)[2]


def coverage(trace: Trace) -> Curve:
    """Share of real points with a generated point in their neighbourhood, [T, S].

    Naeem et al. 2020, with 5 neighbours; a perfect sampler of as many points has .97.
    """
    return _measured(trace)[3]


@kept
def _measured(trace: Trace) -> tuple[Curve, Curve, Curve, Curve]:
    inward = trace.target.frame.inward
    return each(
        trace, lambda t, s: _compared(inward(trace.real[s]), inward(trace.samples[t, s])), 4
    )


def _compared(real: Points, generated: Points) -> tuple[float, float, float, float]:
    # Doubles, in which a distance is the same whichever tree measures it.
    real, generated = np.asarray(real, float), np.asarray(generated, float)
    trees = KDTree(real), KDTree(generated)
    inside = []
    for own, tree, other in ((real, trees[0], trees[1]), (generated, trees[1], trees[0])):
        # Each point is nearest to itself.
        reach = np.asarray(tree.query(own, k=min(K + 1, len(own)))[0]).reshape(len(own), -1)[:, -1]
        inside.append(other.query_ball_point(own, reach))
    of_real, of_generated = inside
    met = np.array([len(each) for each in of_real])
    return (
        len(np.unique(np.concatenate(of_real))) / len(generated),
        len(np.unique(np.concatenate(of_generated))) / len(real),
        float(met.sum() / (K * len(generated))),
        float(np.mean(met > 0)),
    )


def local_width(trace: Trace) -> Curve:
    """Width of the cloud around a point as a share of its length there, mean over points, 0..1, [T, S].

    Square root of the ratio of the covariance's eigenvalues, over a point and its ten nearest, in the
    players' units: 0 for a dot, near 0 for a curve whose strands lie farther apart than ten neighbours
    reach, .69 for a perfect sampler of round modes. By lemma 1 of Arjovsky & Bottou 2017 a latent of one
    number draws nothing but a curve.
    """
    inward = trace.target.frame.inward
    return each(trace, lambda t, s: _width(np.asarray(inward(trace.samples[t, s]), float)))


def _width(cloud: Points) -> float:
    near = np.asarray(KDTree(cloud).query(cloud, k=min(_AROUND + 1, len(cloud)))[1])
    around = cloud[near.reshape(len(cloud), -1)]
    off = around - around.mean(1, keepdims=True)
    xx, xy, yy = ((off[..., i] * off[..., j]).mean(-1) for i, j in ((0, 0), (0, 1), (1, 1)))
    middle, half = (xx + yy) / 2, np.hypot((xx - yy) / 2, xy)
    least, most = np.maximum(middle - half, 0), middle + half
    ratio = np.divide(least, most, out=np.zeros_like(most), where=most > _DOT**2)
    return float(np.sqrt(ratio).mean())
