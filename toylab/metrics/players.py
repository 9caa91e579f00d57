"""What the players say and how hard they are pushed."""

from __future__ import annotations

import numpy as np
from scipy.spatial import KDTree
from scipy.special import expit

from toylab.base.axes import Curve, Int
from toylab.metrics.metric import alive, masked
from toylab.trace import Trace

# Snapshots after which a place counts as left.
_LEFT = 5


def discriminator_accuracy(trace: Trace) -> Curve:
    """Share of real points with D > 1/2 and of generated points with D < 1/2, averaged, [T, S]."""
    right = ((trace.real_logits > 0).mean(-1) + (trace.fake_logits < 0).mean(-1)) / 2
    return masked(right, alive(trace))


def real_score(trace: Trace) -> Curve:
    """Mean of D over real points, [T, S]."""
    return expit(trace.real_logits).mean(-1)


def half_distance(trace: Trace) -> Curve:
    """How far D is from 1/2 where data are: what 99 of 100 real points do not exceed, [T, S].

    Goodfellow et al. 2014, proposition 1: 0 for the best D of a generator that has learned all. A mean
    would be 1/2 too for a D that is wrong by as much on either side.
    """
    return np.quantile(np.abs(expit(trace.real_logits) - 0.5), 0.99, axis=-1)


def fake_score(trace: Trace) -> Curve:
    """Mean of D over generated points, [T, S]."""
    return expit(trace.fake_logits).mean(-1)


def still_refused(trace: Trace) -> Curve:
    """How much more D refuses places where the cloud was five snapshots ago than data anywhere, [T, S].

    Share of those places to which D gives less than 1/2, less the share of all real points to which it
    does: 0 for a D that knows those places no better than others, or refuses everything, up to 1 for one
    that remembers. A place is the fixed real point nearest to a generated one of then; before there are
    five snapshots, of the first. Thanh-Tung & Tran 2020 call it forgetting.
    """
    frame, living = trace.target.frame, alive(trace)
    found = np.full(living.shape, np.nan)
    for s in np.flatnonzero(living.any(0)):
        tree, refused = KDTree(frame.inward(trace.real[s])), trace.real_logits[:, s] < 0
        left: list[Int] = []
        for t in np.flatnonzero(living[:, s]):
            left.append(np.asarray(tree.query(frame.inward(trace.samples[t, s]))[1]))
            then = left[-1 - min(_LEFT, len(left) - 1)]
            found[t, s] = refused[t][then].mean() - refused[t].mean()
    return found


def largest_logit(trace: Trace) -> Curve:
    """Greatest size of D's number over real and generated points, [T, S]."""
    both = np.concatenate([trace.real_logits, trace.fake_logits], axis=-1)
    return np.abs(both).max(-1)


def critic_slope(trace: Trace) -> Curve:
    """Mean slope of D's number half-way between real and generated points, per players' unit, [T, S].

    Gulrajani et al. 2017 hold it at 1 for a critic. The players' unit is the data's own, unless a target of
    points is scaled for them: a penalty holds the slope that they see. Of a D that judges packs it is the
    slope over all coordinates of a pack, which is what a penalty then holds.
    """
    return trace.critic[..., 0]


def weights_at_bound(trace: Trace) -> Curve:
    """Share of D's parameters whose size is the largest of all, [T, S]: those that clipping stopped.

    Gulrajani et al. 2017, Fig. 1: a clipped critic's weights sit at the bound.
    """
    return trace.critic[..., 1]


def held_out_gap(trace: Trace) -> Curve:
    """Mean of D over the training set less its mean over held-out real points, [T, S]."""
    gap = expit(trace.train_logits).mean(-1) - real_score(trace)
    return masked(gap, alive(trace))


def parameter_norm(trace: Trace) -> Curve:
    """Length of both players' parameters together, for solvable games with the equilibrium at 0, [T, S].

    Zero for other games, which record none.
    """
    return masked(np.sqrt(np.square(trace.parameters).sum(-1)), alive(trace))


def discriminator_loss(trace: Trace) -> Curve:
    """The discriminator's own loss on the fixed points, without penalties, [T, S]."""
    return trace.losses[..., 0]


def generator_loss(trace: Trace) -> Curve:
    """The generator's own loss on the fixed points, [T, S]."""
    return trace.losses[..., 1]


def generator_gradient(trace: Trace) -> Curve:
    """Norm over the generator's parameters of its own loss's gradient, [T, S]."""
    return trace.gradients[..., 0]


def saturating_gradient(trace: Trace) -> Curve:
    """The same norm for E log(1 - D(G(z))), whatever is played, [T, S]. Goodfellow et al. 2014."""
    return trace.gradients[..., 1]


def non_saturating_gradient(trace: Trace) -> Curve:
    """The same norm for -E log D(G(z)), whatever is played, [T, S]. Goodfellow et al. 2014."""
    return trace.gradients[..., 2]
