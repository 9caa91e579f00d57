"""In what games differ, and what changes in one on the way, in few words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from toylab.base.settings import NOT_PLAYED, differing, flat, sections
from toylab.film.words import APART, WORDS

# Settings by path, each with what it is, or with what it was and what it is; None where there is none.
Spelt = Mapping[str, tuple[Any, ...]]
# Differences that a chapter has room for.
MOST_TOLD = 3
# Between settings, and between those of different times.
_MARKS = {"en": (", ", "; "), "zh": ("，", "；")}

# Settings by the last part of their path, or by all of it where that says another thing; and what is
# chosen. What has no name here keeps its own: "hinge" and "r1" are written so in Chinese papers too.
_ZH = {
    "objective": "目标函数",
    "update": "更新规则",
    "discriminator_steps": "判别器步数",
    "generator_steps": "生成器步数",
    "generator_first": "生成器先行",
    "penalties": "惩罚与技巧",
    "iterations": "迭代次数",
    "weight": "权重",
    "weights": "权重",
    "steps": "轮数",
    "game.update.steps": "向前看的步数",
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
    "optimizer": "优化器",
    "file": "文件",
    "limit": "界限",
    "amount": "幅度",
    "size": "大小",
    "scale": "缩放",
    "count": "个数",
    "share": "比例",
    "capacity": "容量",
    "judged": "告知判别器",
    "surface": "所示类别",
    # Methods that have a name of their own in Chinese, as in the lab's choices.
    "saturating": "饱和",
    "non_saturating": "非饱和",
    "least_squares": "最小二乘",
    "relativistic": "相对",
    "fake_value": "D 的均值",
    "alternating": "交替",
    "simultaneous": "同时",
    "extragradient": "外推梯度",
    "optimistic": "乐观",
    "constant": "不变",
    "linear": "线性",
    "cosine": "余弦",
    "step": "阶梯",
    "none": "无",
    "True": "是",
    "False": "否",
}


def told_differences(settings: Sequence[Mapping[str, Any]], lang: str = "en") -> list[str]:
    """For each table of settings, in words, only what is not the same in all of them.

    What changes on the way is told with its step; where nothing does, what is kept.
    """
    ways = [sections(one) for one in settings]
    bases = [way[0][1] for way in ways]
    paths, flats = differing(bases, without=NOT_PLAYED), [flat(base) for base in bases]
    turns = [_turns(one) for one in settings]
    turns = [[turn for turn in own if any(turn not in one for one in turns)] for own in turns]
    touched = {path for own in turns for _, found in own for path in found}
    touched -= {path.removesuffix(".kind") for path in paths}
    comma, stop = _MARKS[lang]
    told = []
    for way, one, own in zip(ways, flats, turns, strict=True):
        parts = [_said(path, one, flats, lang) for path in paths if path in one]
        if not own:
            # After what changes in all of them.
            kept = _spelt(way[-1][1])
            parts += _told({path: (kept[path],) for path in touched & {*kept}}, lang)
        later = [_from(at, found, lang) for at, found in own]
        told.append(stop.join(filter(None, [comma.join(parts), *later])))
    return told


def told_changes(settings: Mapping[str, Any], lang: str = "en") -> list[tuple[int, str]]:
    """Before which round settings change on the way, and how: "generator steps 20 → 1"."""
    found = []
    for at, differ in _turns(settings):
        told = _told(differ, lang)
        if len(told) > MOST_TOLD:
            told = [*told[:MOST_TOLD], "…"]
        found.append((at, _MARKS[lang][0].join(told) or WORDS[lang].no_change))
    return found


def setting_name(path: str, lang: str = "en") -> str:
    """What a setting is called: "generator steps"; of one player's optimiser with the player."""
    *above, last = path.removesuffix(".kind").split(".")
    parts = [last]
    if above[:1] == ["optimizer"]:
        parts = [above[1], last] if len(above) > 1 else [last, "optimizer"]
    elif above[1:2] == ["penalties"]:
        parts = [above[-1], last]
    if lang == "zh":
        if path in _ZH:
            return _ZH[path]
        return APART.sub(" ", "".join(_ZH.get(part, part) for part in parts).replace("_", " "))
    return " ".join(parts).replace("_", " ")


def _turns(settings: Mapping[str, Any]) -> list[tuple[int, Spelt]]:
    """Of each change on the way, before which round it comes, and what is otherwise from there on."""
    return [
        (at, _between(before, after)) for (_, before), (at, after) in pairwise(sections(settings))
    ]


def _between(before: Mapping[str, Any], after: Mapping[str, Any]) -> Spelt:
    old, new = _spelt(before), _spelt(after)
    differ = [
        path
        for path in sorted({*old, *new})
        if old.get(path) != new.get(path) and not _unnamed(path, new)
    ]
    return {
        path: (old.get(path), new.get(path))
        for path in differ
        # Another kind has other options, which say little to who looks on.
        if (path in old and path in new) or not any(path.startswith(f"{one}.") for one in differ)
    }


def _unnamed(path: str, new: Mapping[str, Any]) -> bool:
    """Whether it is an option of a penalty that is still there and does not say it: as by default."""
    row = f"{path.rpartition('.')[0]}."
    return (
        row.count(".") > 2
        and row.startswith("game.penalties.")
        and path not in new
        and any(one.startswith(row) for one in new)
    )


def _spelt(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What is played, flat, a kind under the name of what is of that kind.

    Of a list of tables the kinds, and each option by itself: "game.penalties.r1.weight".
    """
    found: dict[str, Any] = {}
    for path, value in flat(settings).items():
        if path.split(".")[0] in NOT_PLAYED:
            continue
        path = path.removesuffix(".kind")
        if _of_tables(value):
            for one in value:
                options = {key: option for key, option in one.items() if key != "kind"}
                found |= flat(options, f"{path}.{one.get('kind')}.")
            value = _kinds(value)
        found[path] = value
    return found


def _of_tables(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and all(isinstance(v, dict) for v in value)


def _from(at: int, found: Spelt, lang: str) -> str:
    """What is so from a step on."""
    told = _told({path: values[-1:] for path, values in found.items()}, lang)
    what = _MARKS[lang][0].join(told) or WORDS[lang].no_change
    return WORDS[lang].from_step.format(step=at, what=what)


def _told(found: Spelt, lang: str) -> list[str]:
    """Settings in words, by path: "generator steps 20 → 1"; what is alike of both players once."""
    told = []
    for path, values in sorted(found.items()):
        table, _, rest = path.partition(".")
        player, _, key = rest.partition(".")
        if table == "optimizer" and found.get(_of_other(player, key)) == values:
            if player == "generator":
                continue
            path = key or table
        words = [_worded(value, lang) for value in values]
        name = setting_name(path, lang)
        if len(words) > 1 and len({*words}) == 1:
            told.append(WORDS[lang].other.format(what=name))
        else:
            told.append(f"{name} {' → '.join(words)}")
    return told


def _of_other(player: str, key: str) -> str:
    """The other player's setting of its optimiser."""
    other = {"generator": "discriminator", "discriminator": "generator"}.get(player, "")
    return ".".join(filter(None, ["optimizer", other, key]))


def _worded(value: Any, lang: str) -> str:
    """A value; of a list of places how many they are, of a file its name."""
    if isinstance(value, list):
        many = any(isinstance(one, list) for one in value)
        said = str(len(value)) if many else " + ".join(map(str, value)) or "none"
    else:
        said = "none" if value is None else PurePath(str(value)).name or str(value)
    return (_ZH.get(said, said) if lang == "zh" else said).replace("_", " ")


def _said(
    path: str, settings: Mapping[str, Any], others: Sequence[Mapping[str, Any]], lang: str
) -> str:
    """A setting in words: "objective hinge", "penalties r1", "lr 0.001"."""
    value = settings[path]
    if isinstance(value, list):
        rivals = [one[path] for one in others if path in one]
        value = " + ".join(_listed(i, value, rivals, lang) for i in range(len(value)))
    name, said = path.removesuffix(".kind").split(".")[-1], str(value) or "none"
    if lang == "zh":
        name, said = _ZH.get(path, _ZH.get(name, name)), _ZH.get(said, said)
    return f"{name.replace('_', ' ')} {said.replace('_', ' ')}"


def _listed(place: int, value: Sequence[Any], rivals: Sequence[Any], lang: str) -> str:
    """One of a list: a table's kind, with its numbers where only they tell it from others' lists."""
    one = value[place]
    if not isinstance(one, dict):
        return str(one)
    alike = [rival[place] for rival in rivals if _kinds(rival) == _kinds(value)]
    told = [key for key in one if any(rival.get(key) != one[key] for rival in alike)]
    numbers = [f"{_ZH.get(key, key) if lang == 'zh' else key} {one[key]}" for key in told]
    return " ".join([str(one.get("kind", one)), *numbers])


def _kinds(value: Any) -> list[str]:
    """Of a list of tables; empty for anything else."""
    return [str(one.get("kind")) for one in value] if _of_tables(value) else []
