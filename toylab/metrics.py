"""Measurements of a trace: one number per snapshot and seed, [T, S].

To add one: a function from a trace to an array, and its row in `METRICS` with the words the film uses.
Rows of a diverged seed are NaN from its end on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from scipy.special import expit, log_expit, rel_entr

from toylab.axes import Bool, Curve, Float, Int, Points
from toylab.targets import Target, density_known
from toylab.trace import Trace

# A sample is good within this many spreads of its nearest mode: the field's usual criterion
# (VEEGAN, PacGAN). A perfect sampler of a round mode has 1 - exp(-4.5) = .98889 of its points there.
RADIUS = 3.0
PERFECT_QUALITY = 1 - np.exp(-(RADIUS**2) / 2)
# A mode is covered with this share of its fair share: far above one stray sample of 1,000 and far
# below the fluctuation of a perfect sampler.
COVERED_SHARE = 0.1


def nearest_modes(samples: Points, target: Target, radius: float = RADIUS) -> tuple[Int, Bool]:
    """Assign each sample to its nearest mode.

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
    tree = KDTree(target.modes)
    finite = np.asarray(np.isfinite(samples).all(axis=-1))
    distance, index = tree.query(np.where(finite[..., None], samples, 0.0))
    index = np.asarray(index)
    return index, finite & np.asarray(distance <= radius * target.spread[index])


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
    all: Int  # samples nearest to each mode, [T, S, K]
    n: int
    alive: Bool  # [T, S]


# A film asks for several counts of one trace, one after the other; two traces in a comparison.
@lru_cache(maxsize=4)
def _modes(trace: Trace) -> _Modes:
    index, good = nearest_modes(trace.samples, trace.target)
    k = len(trace.target.modes)
    finite = np.asarray(np.isfinite(trace.samples).all(axis=-1))
    return _Modes(
        _count(index, good, k), _count(index, finite, k), trace.samples.shape[2], _alive(trace)
    )


def _alive(trace: Trace) -> Bool:
    return np.asarray(np.isfinite(trace.samples).all(axis=(2, 3)))


def _masked(values: Float, alive: Bool) -> Curve:
    return np.where(alive, values, np.nan)


def modes_covered(trace: Trace) -> Curve:
    """Count the modes that hold at least a tenth of their fair share of samples, all of them good.

    Returns:
        0..K, [T, S].
    """
    modes = _modes(trace)
    share = modes.good / modes.n
    return _masked((share >= COVERED_SHARE * trace.target.weights).sum(-1), modes.alive)


def modes_hit(trace: Trace) -> Curve:
    """Count the modes with at least one good sample, 0..K, [T, S]. Lin et al. 2018 (PacGAN)."""
    modes = _modes(trace)
    return _masked((modes.good > 0).sum(-1), modes.alive)


def high_quality(trace: Trace) -> Curve:
    """Share of samples within 3 spreads of the nearest mode, [T, S]. Srivastava et al. 2017 (VEEGAN)."""
    modes = _modes(trace)
    return _masked(modes.good.sum(-1) / modes.n, modes.alive)


def reverse_kl(trace: Trace) -> Curve:
    """KL(histogram of the generated modes || weights of the target), nats, [T, S].

    Lin et al. 2018 (PacGAN), who do not say whether bad points count: here every sample counts for its
    nearest mode, good or not, so that the value exists for any cloud.
    """
    modes = _modes(trace)
    return _masked(rel_entr(modes.all / modes.n, trace.target.weights).sum(-1), modes.alive)


def mode_tv(trace: Trace) -> Curve:
    """Total variation between mode histograms with a class for "outside", 0..1, [T, S].

    The target's histogram is exact for round modes that do not overlap: each weight times .98889, and
    .01111 outside.
    """
    modes = _modes(trace)
    share = modes.good / modes.n
    inside = np.abs(share - PERFECT_QUALITY * trace.target.weights).sum(-1)
    outside = np.abs(share.sum(-1) - PERFECT_QUALITY)
    return _masked((inside + outside) / 2, modes.alive)


def top_mode_share(trace: Trace) -> Curve:
    """Share of all samples whose nearest mode is the fullest one, 1/K..1, [T, S]."""
    modes = _modes(trace)
    return _masked(modes.all.max(-1) / modes.n, modes.alive)


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
    return _masked(switches, modes.alive)


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
    kernels = np.exp(cdist(at, cloud, "sqeuclidean") * (-0.5 / width**2)) * peak  # [M, N]
    if x is not None:
        return np.log(np.maximum(kernels.sum(1), np.finfo(float).tiny))
    np.fill_diagonal(kernels, 0)
    # A sample far from all others has its own kernel after all: one stray must not cost 700 nats.
    return np.log(np.maximum(kernels.sum(1) * (n / (n - 1)), peak))


def optimal_logit(log_p: Float, log_q: Float) -> Float:
    """Logit of D* = p / (p + q), from two log densities in nats. Goodfellow et al. 2014, prop. 1."""
    return log_p - log_q


def value(real_logits: Float, fake_logits: Float) -> Float:
    """V = E log D(real) + E log(1 - D(fake)) over the last axis, nats, [...]."""
    return log_expit(real_logits).mean(-1) + log_expit(-fake_logits).mean(-1)


@lru_cache(maxsize=4)
def _optimal_value(trace: Trace) -> Curve:
    """V(D*) on the trace's points, the generated density by `cloud_log_density`, nats, [T, S]."""
    best = np.full(trace.samples.shape[:2], np.nan)
    for s in range(len(trace.seeds)):
        log_p_real = trace.target.log_density(trace.real[s])
        for t in np.flatnonzero(_alive(trace)[:, s]):
            cloud = trace.samples[t, s]
            at_real = optimal_logit(log_p_real, cloud_log_density(trace.real[s], cloud))
            at_fake = optimal_logit(trace.target.log_density(cloud), cloud_log_density(None, cloud))
            best[t, s] = value(at_real, at_fake)
    return best


def js_divergence(trace: Trace) -> Curve:
    """Jensen-Shannon divergence of target and generator, nats, 0..log 2 up to noise, [T, S].

    Goodfellow et al. 2014, theorem 1: V(D*) = 2 JS - log 4, with the exact density of the target and
    `cloud_log_density` for the generator's.
    """
    return (_optimal_value(trace) + np.log(4)) / 2


def value_gap(trace: Trace) -> Curve:
    """V(D*) - V(D): what the discriminator could still gain, nats, [T, S]; by `js_divergence`'s D*."""
    return _optimal_value(trace) - value(trace.real_logits, trace.fake_logits)


def sliced_wasserstein(trace: Trace) -> Curve:
    """Wasserstein-1 distance of generated and real points, mean over 32 directions, data units, [T, S].

    Bonneel et al. 2015, with evenly spaced directions, not random ones.
    """
    angle = np.arange(32) * (np.pi / 32)
    directions = np.stack([np.cos(angle), np.sin(angle)]).astype(np.float32)  # [2, 32]
    real = np.sort(trace.real @ directions, axis=-2)  # [S, N, 32]
    return np.stack(
        [
            np.abs(np.sort(cloud @ directions, axis=-2) - real).mean((-2, -1))
            for cloud in trace.samples
        ]
    )


def c2st(trace: Trace) -> Curve:
    """Leave-one-out nearest-neighbour two-sample accuracy, .5 = indistinguishable, [T, S].

    Lopez-Paz & Oquab 2017, with one neighbour.
    """
    accuracy = np.full(trace.samples.shape[:2], np.nan)
    n = trace.samples.shape[2]
    generated = np.arange(2 * n) >= n
    for t, s in zip(*np.nonzero(_alive(trace)), strict=True):
        both = np.concatenate([trace.real[s], trace.samples[t, s]])
        # The second nearest: the nearest is the point itself, or a twin at the same place.
        index = np.asarray(KDTree(both).query(both, k=2)[1])
        itself = index[:, 0] == np.arange(2 * n)
        neighbour = np.where(itself, index[:, 1], index[:, 0])
        accuracy[t, s] = np.mean(generated[neighbour] == generated)
    return accuracy


def discriminator_accuracy(trace: Trace) -> Curve:
    """Share of real points with D > 1/2 and of generated points with D < 1/2, averaged, [T, S]."""
    right = ((trace.real_logits > 0).mean(-1) + (trace.fake_logits < 0).mean(-1)) / 2
    return _masked(right, _alive(trace))


def real_score(trace: Trace) -> Curve:
    """Mean of D over real points, [T, S]."""
    return expit(trace.real_logits).mean(-1)


def fake_score(trace: Trace) -> Curve:
    """Mean of D over generated points, [T, S]."""
    return expit(trace.fake_logits).mean(-1)


def largest_logit(trace: Trace) -> Curve:
    """Greatest size of D's number over real and generated points, [T, S]."""
    both = np.concatenate([trace.real_logits, trace.fake_logits], axis=-1)
    return np.abs(both).max(-1)


def held_out_gap(trace: Trace) -> Curve:
    """Mean of D over the training set less its mean over held-out real points, [T, S]."""
    gap = expit(trace.train_logits).mean(-1) - real_score(trace)
    return _masked(gap, _alive(trace))


def parameter_norm(trace: Trace) -> Curve:
    """Length of both players' parameters together, for solvable games with the equilibrium at 0, [T, S].

    Zero for other games, which record none.
    """
    return _masked(np.sqrt(np.square(trace.parameters).sum(-1)), _alive(trace))


def optimal_logits(trace: Trace, frame: int, row: int) -> Float:
    """Logit of D* = p / (p + q) on the trace's grid, for one filmed seed, [H, W].

    p is the target's exact density, q is `cloud_log_density` of the recorded samples.

    Raises:
        NotImplementedError: If the target's density is not known.
    """
    x0, x1, y0, y1 = trace.extent
    height, width = trace.logits.shape[2:]
    xx, yy = np.meshgrid(
        x0 + (x1 - x0) * (np.arange(width) + 0.5) / width,
        y0 + (y1 - y0) * (np.arange(height) + 0.5) / height,
    )
    grid = np.stack([xx, yy], axis=-1).reshape(-1, 2)
    cloud = trace.samples[frame, trace.filmed[row]]
    log_q = cloud_log_density(grid, cloud)
    return optimal_logit(trace.target.log_density(grid), log_q).reshape(height, width)


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
        needs: What a trace must have: "modes", a known "density", or a "training_set".
    """

    measure: Callable[[Trace], Curve]
    label: str
    label_zh: str
    style: Style = "number"
    low: float | None = None
    high: float | Literal["modes"] | None = None
    needs: Literal["", "modes", "density", "training_set"] = ""

    def missing(self, target: Target, training_points: int) -> str:
        """Say what a scenario lacks for this metric; empty if nothing."""
        if self.needs == "modes" and not len(target.modes):
            return "the target has no separate modes"
        if self.needs == "density" and not density_known(target):
            return "the target's density is not known (give it noise, if it can take some)"
        if self.needs == "training_set" and not training_points:
            return "the data is fresh; set training.points"
        return ""

    def __call__(self, trace: Trace) -> Curve:
        """Measure a trace, [T, S]."""
        return self.measure(trace)


METRICS: dict[str, Metric] = {
    "modes_covered": Metric(
        modes_covered, "Modes covered", "覆盖的模式", "count", 0, "modes", needs="modes"
    ),
    "modes_hit": Metric(modes_hit, "Modes hit", "命中的模式", "count", 0, "modes", needs="modes"),
    "high_quality": Metric(
        high_quality, "High-quality samples", "高质量样本", "share", 0, 1, needs="modes"
    ),
    "reverse_kl": Metric(reverse_kl, "Reverse KL of modes", "模式的反向 KL", low=0, needs="modes"),
    "mode_tv": Metric(
        mode_tv, "Distance of mode shares", "模式占比的距离", low=0, high=1, needs="modes"
    ),
    "top_mode_share": Metric(
        top_mode_share, "Share of the largest mode", "最大模式占比", "share", 0, 1, needs="modes"
    ),
    "mode_switches": Metric(
        mode_switches, "Switches of the mode", "模式切换次数", "count", 0, needs="modes"
    ),
    "js_divergence": Metric(
        js_divergence, "JS divergence", "JS 散度", low=0, high=float(np.log(2)), needs="density"
    ),
    "sliced_wasserstein": Metric(
        sliced_wasserstein, "Wasserstein distance", "Wasserstein 距离", low=0
    ),
    "c2st": Metric(c2st, "Told apart by neighbours", "最近邻可区分率", "share", 0.5, 1),
    "discriminator_accuracy": Metric(
        discriminator_accuracy, "Discriminator accuracy", "判别器准确率", "share", 0, 1
    ),
    "real_score": Metric(real_score, "D on real points", "真实样本的 D", low=0, high=1),
    "fake_score": Metric(fake_score, "D on generated points", "生成样本的 D", low=0, high=1),
    "discriminator_loss": Metric(discriminator_loss, "Discriminator loss", "判别器损失"),
    "generator_loss": Metric(generator_loss, "Generator loss", "生成器损失"),
    "generator_gradient": Metric(generator_gradient, "Generator gradient", "生成器梯度", low=0),
    "saturating_gradient": Metric(
        saturating_gradient, "Saturating gradient", "饱和损失的梯度", low=0
    ),
    "non_saturating_gradient": Metric(
        non_saturating_gradient, "Non-saturating gradient", "非饱和损失的梯度", low=0
    ),
    "value_gap": Metric(
        value_gap, "Gap to the best D", "与最优判别器的差距", low=0, needs="density"
    ),
    "largest_logit": Metric(largest_logit, "Largest |D(x)|", "最大 |D(x)|", low=0),
    "held_out_gap": Metric(
        held_out_gap, "D: training less held-out", "D：训练集减留出集", low=0, needs="training_set"
    ),
    "parameter_norm": Metric(parameter_norm, "Distance from equilibrium", "到均衡点的距离", low=0),
}
