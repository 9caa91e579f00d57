"""Measurements of a trace: one number per snapshot and seed, [T, S].

To add one: a function from a trace to an array, and its row in `METRICS` with the words the film uses.
Rows of a diverged seed are NaN from its end on.
"""

from __future__ import annotations

import numpy as np

from toylab.metrics.density import (
    cloud_log_density,
    js_divergence,
    optimal_distance,
    optimal_logit,
    optimal_logits,
    optimal_value,
    value,
    value_gap,
)
from toylab.metrics.distances import (
    c2st,
    c2st_held_out,
    critic_distance,
    critic_ratio,
    energy_distance,
    sliced_wasserstein,
)
from toylab.metrics.metric import Metric, Setting
from toylab.metrics.modes import (
    PERFECT_QUALITY,
    asked_mode,
    high_quality,
    mode_switches,
    mode_tv,
    modes_covered,
    modes_hit,
    nearest_modes,
    reverse_kl,
    strays,
    top_mode_share,
)
from toylab.metrics.neighbourhoods import coverage, density, local_width, precision, recall
from toylab.metrics.players import (
    critic_slope,
    discriminator_accuracy,
    discriminator_loss,
    fake_score,
    generator_gradient,
    generator_loss,
    half_distance,
    held_out_gap,
    largest_logit,
    non_saturating_gradient,
    parameter_norm,
    real_score,
    saturating_gradient,
    still_refused,
    weights_at_bound,
)

__all__ = [
    "METRICS",
    "PERFECT_QUALITY",
    "Metric",
    "Setting",
    "cloud_log_density",
    "nearest_modes",
    "optimal_logit",
    "optimal_logits",
    "value",
]

METRICS: dict[str, Metric] = {
    "modes_covered": Metric(
        modes_covered,
        "Modes covered",
        "覆盖的模式",
        "count",
        0,
        "modes",
        needs=("modes",),
        of_points=True,
    ),
    "modes_hit": Metric(
        modes_hit, "Modes hit", "命中的模式", "count", 0, "modes", needs=("modes",), of_points=True
    ),
    "high_quality": Metric(
        high_quality,
        "High-quality samples",
        "好样本",
        "share",
        0,
        1,
        needs=("modes",),
        of_points=True,
    ),
    "asked_mode": Metric(
        asked_mode,
        "At the mode asked for",
        "落在指定模式",
        "share",
        0,
        1,
        needs=("modes", "asked"),
    ),
    "strays": Metric(
        strays, "Points astray", "远离模式的样本", "share", 0, 1, needs=("modes",), of_points=True
    ),
    "reverse_kl": Metric(
        reverse_kl, "Reverse KL of modes", "模式的反向 KL", low=0, needs=("modes",), of_points=True
    ),
    "mode_tv": Metric(
        mode_tv,
        "Distance of mode shares",
        "份额偏差",
        low=0,
        high=1,
        needs=("modes",),
        of_points=True,
    ),
    "top_mode_share": Metric(
        top_mode_share,
        "Share of the largest mode",
        "最大份额",
        "share",
        0,
        1,
        needs=("modes",),
        of_points=True,
    ),
    "mode_switches": Metric(
        mode_switches,
        "Switches of the mode",
        "模式切换次数",
        "count",
        0,
        needs=("modes",),
        cumulative=True,
        of_points=True,
    ),
    "js_divergence": Metric(
        js_divergence,
        "JS divergence",
        "JS 散度",
        low=0,
        high=float(np.log(2)),
        needs=("density",),
        of_points=True,
    ),
    "sliced_wasserstein": Metric(
        sliced_wasserstein, "Wasserstein distance", "Wasserstein 距离", low=0, of_points=True
    ),
    "energy_distance": Metric(
        energy_distance, "Energy distance", "能量距离", low=0, of_points=True
    ),
    "c2st": Metric(
        c2st, "Told apart by neighbours", "最近邻可区分率", "share", 0.5, 1, of_points=True
    ),
    "c2st_held_out": Metric(
        c2st_held_out,
        "Told apart by a classifier",
        "分类器可区分率",
        "share",
        0.5,
        1,
        of_points=True,
    ),
    "precision": Metric(precision, "Precision", "精确率", "share", 0, 1, of_points=True),
    "recall": Metric(recall, "Recall", "召回率", "share", 0, 1, of_points=True),
    "density": Metric(
        density, "Density in real neighbourhoods", "真实邻域中的密度", low=0, high=1, of_points=True
    ),
    "coverage": Metric(coverage, "Coverage", "覆盖率", "share", 0, 1, of_points=True),
    "local_width": Metric(
        local_width, "Local width of the cloud", "局部宽度", low=0, high=1, of_points=True
    ),
    "discriminator_accuracy": Metric(
        discriminator_accuracy,
        "Discriminator accuracy",
        "判别器准确率",
        "share",
        0,
        1,
        needs=("logit",),
    ),
    "real_score": Metric(
        real_score, "D on real points", "真实样本的 D", low=0, high=1, needs=("logit",)
    ),
    "half_distance": Metric(
        half_distance,
        "D's distance from ½ on real points",
        "真实样本处 D 与 ½ 的距离",
        low=0,
        high=0.5,
        needs=("logit",),
    ),
    "fake_score": Metric(
        fake_score, "D on generated points", "生成样本的 D", low=0, high=1, needs=("logit",)
    ),
    "still_refused": Metric(
        still_refused,
        "Left places still refused",
        "离开的位置仍被判假",
        needs=("logit",),
        cumulative=True,
    ),
    "discriminator_loss": Metric(discriminator_loss, "Discriminator loss", "判别器损失"),
    "generator_loss": Metric(generator_loss, "Generator loss", "生成器损失"),
    "generator_gradient": Metric(generator_gradient, "Generator gradient", "生成器梯度", low=0),
    "saturating_gradient": Metric(
        saturating_gradient, "Saturating gradient", "饱和损失的梯度", low=0
    ),
    "non_saturating_gradient": Metric(
        non_saturating_gradient, "Non-saturating gradient", "非饱和损失的梯度", low=0
    ),
    "optimal_value": Metric(
        optimal_value, "V of the best D", "最优判别器的 V", needs=("density",), of_points=True
    ),
    "value_gap": Metric(
        value_gap,
        "Gap to the best D",
        "与最优判别器的差距",
        low=0,
        needs=("density", "logit", "untold"),
    ),
    "optimal_distance": Metric(
        optimal_distance,
        "Distance of D from D*",
        "D 与 D* 的距离",
        low=0,
        needs=("density", "logit", "gaussian", "untold"),
    ),
    "largest_logit": Metric(largest_logit, "Largest |D(x)|", "最大 |D(x)|", low=0),
    "critic_distance": Metric(critic_distance, "Critic: real less fake", "评论家：真减假", low=0),
    "critic_ratio": Metric(
        critic_ratio,
        "Critic's distance / true one",
        "评论家距离与真实距离之比",
        low=0,
        high=1,
        needs=("untold",),
        costly=True,
    ),
    "critic_slope": Metric(critic_slope, "Slope of D", "D 的斜率", low=0, needs=("untold",)),
    "weights_at_bound": Metric(
        weights_at_bound, "Weights at the bound", "触及边界的权重", "share", 0, 1
    ),
    "held_out_gap": Metric(
        held_out_gap,
        "D: training less held-out",
        "D：训练集减留出集",
        low=0,
        needs=("training_set", "logit"),
    ),
    "parameter_norm": Metric(
        parameter_norm, "Distance from equilibrium", "到均衡点的距离", low=0, needs=("equilibrium",)
    ),
}
