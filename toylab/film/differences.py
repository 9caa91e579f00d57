"""In what games differ, in the few words that stand above their stages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from toylab.base.settings import NOT_PLAYED, differing, flat

# Settings by the last part of their path. What has no name here keeps its own, as names of methods do:
# "hinge" and "r1" are written so in Chinese papers too.
_ZH = {
    "objective": "目标函数",
    "update": "更新方式",
    "discriminator_steps": "判别器步数",
    "generator_steps": "生成器步数",
    "generator_first": "生成器先行",
    "penalties": "惩罚项",
    "iterations": "迭代次数",
    "weight": "权重",
    "weights": "权重",
    "steps": "步数",
    "batch": "批大小",
    "points": "样本数",
    "target": "目标分布",
    "modes": "模式数",
    "radius": "半径",
    "spread": "标准差",
    "spreads": "标准差",
    "means": "均值",
    "covariances": "协方差",
    "side": "边长",
    "spacing": "间距",
    "generator": "生成器",
    "discriminator": "判别器",
    "latent": "潜变量维数",
    "hidden": "隐藏层",
    "activation": "激活函数",
    "init": "初始化",
    "gain": "增益",
    "lr": "学习率",
    "betas": "动量系数",
    "momentum": "动量",
    "decay": "衰减",
    "schedule": "学习率变化",
    "dropout": "随机失活",
    "batch_norm": "批归一化",
    "spectral_norm": "谱归一化",
    "noise": "噪声",
    "none": "无",
    "True": "是",
    "False": "否",
}


def told_differences(settings: Sequence[dict[str, Any]], lang: str = "en") -> list[str]:
    """For each table of settings, in words, only what is not the same in all of them."""
    paths = differing(settings, without=NOT_PLAYED)
    flats = [flat(table) for table in settings]
    comma = "，" if lang == "zh" else ", "
    return [comma.join(_said(path, one, lang) for path in paths if path in one) for one in flats]


def _said(path: str, settings: dict[str, Any], lang: str) -> str:
    """A setting in words: "objective hinge", "penalties r1", "lr 0.001"."""
    value = settings[path]
    if isinstance(value, list):
        value = " + ".join(str(v.get("kind", v) if isinstance(v, dict) else v) for v in value)
    name, said = path.removesuffix(".kind").split(".")[-1], str(value) or "none"
    if lang == "zh":
        name, said = _ZH.get(name, name), _ZH.get(said, said)
    return f"{name.replace('_', ' ')} {said.replace('_', ' ')}"
