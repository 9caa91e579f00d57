"""What a film says of itself, in each language."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import PurePath

from toylab.base.settings import AS_IT_IS
from toylab.metrics import METRICS, Metric
from toylab.metrics.claim import SIGNS, Claim


@dataclass(frozen=True)
class Said:
    """What is said in any language.

    Attributes:
        key: Of the words.
        values: What fills them.
    """

    key: str
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Words:
    """Words of one language.

    What counts things is filled with `Counted`.

    Attributes:
        code: Key of `WORDS`.
    """

    code: str = "en"
    step: str = "step"
    seed: str = "seed"
    real: str = "real"
    generated: str = "generated"
    arrows: str = "push of the loss"
    trails: str = "their way"
    density: str = "true density"
    kde: str = "samples' density"
    lattice: str = "latent lattice"
    asked: str = "asked to be here"
    path: str = "both players, and where each is pushed"
    push: str = "push of the loss: {size}"
    mean: str = "mean"
    difference: str = "D(x) – mean"
    count: str = "{value} of {total}"
    diverged: str = "diverged at step {step}"
    change: str = "step {step}: {what}"
    from_step: str = "from step {step}: {what}"
    no_change: str = "no change"
    other: str = "other {what}"
    parts: str = "parts at step {step}"
    band: str = "band: half of {n} seeds"
    #: Beside the line of what such a one would have at this number of points.
    perfect: str = "a perfect generator"
    modes_won: str = "{n} of {total} modes alive"
    modes_lost: str = "{n:mode} lost"
    seeds_hold: str = "{hits} of {n:seed}"
    surface: str = "discriminator D(x)"
    optimal: str = "best discriminator D*(x)"
    optimal_gap: str = "D – D*"
    modes: str = "share of each mode"
    # A sweep's.
    as_it_is: str = AS_IT_IS
    failed: str = "failed"
    some_failed: str = "{n} of {total} failed"
    means: str = "mean of {n:seed}"
    one_seed: str = "one seed"
    dots: str = "dots: each seed"
    strips: str = "strips: each seed, lowest first"
    aside: str = "; "
    colon: str = ": "
    stages_each: str = "Stages: seed {seeds}, one change each."
    stages_by: str = "Stages: seed {seeds}, by {setting}."
    stages_and: str = "Stages: seed {seeds}. Right: {label}, {counted}."
    #: A claim in words that no scenario needs to translate; empty where each has a sentence of its own.
    rule: str = ""
    against: str = ""
    # The player's controls.
    play: str = "Play"
    pause: str = "Pause"
    back: str = "One frame back"
    forward: str = "One frame on"
    time: str = "Time"
    speed: str = "Speed"
    layers: str = "Layers"
    dark: str = "Dark"
    light: str = "Light"
    full: str = "Full screen"
    language: str = "English"
    p: str = "density"
    help: str = "Space: play · ← →: frame · Home, End · L: layers · F: full screen"

    @property
    def all(self) -> list[str]:
        """Every word, for looking at their characters."""
        return [str(value) for value in asdict(self).values()]

    def told(self, said: str | Said) -> str:
        """What is said, in this language; a plain text is the same in all of them."""
        if isinstance(said, str):
            return said
        return getattr(self, said.key).format_map(said.values)

    def label(self, metric: Metric) -> str:
        """What a metric is called."""
        return metric.label_zh if self.code == "zh" else metric.label

    def of(self, told: dict[str, str], key: str) -> str:
        """An entry of a scenario in this language, or in English where it has none."""
        return told.get(f"{key}_{self.code}") or told[key]


WORDS: dict[str, Words] = {
    "en": Words(),
    "zh": Words(
        code="zh",
        step="轮次",
        seed="种子",
        real="真实样本",
        generated="生成样本",
        arrows="损失的推力",
        trails="走过的路",
        density="真实密度",
        kde="样本密度",
        lattice="潜空间网格",
        asked="指定的模式与样本",
        path="双方的轨迹与受力方向",
        push="损失的推力：{size}",
        mean="均值",
        difference="D(x) – 均值",
        count="{value} / {total}",
        diverged="在第 {step} 轮发散",
        change="第 {step} 轮：{what}",
        from_step="第 {step} 轮起：{what}",
        no_change="没有变化",
        other="{what}改变",
        parts="第 {step} 轮分开",
        band="色带：{n} 个种子的中间一半",
        perfect="完美的生成器",
        modes_won="{total} 个模式中有 {n} 个存活",
        modes_lost="失去 {n} 个模式",
        seeds_hold="{n} 个种子中 {hits} 个",
        surface="判别器 D(x)",
        optimal="最优判别器 D*(x)",
        optimal_gap="D – D*",
        modes="各模式的份额",
        as_it_is="原样",
        failed="失败",
        some_failed="{total} 次中有 {n} 次失败",
        means="{n} 个种子的均值",
        one_seed="一个种子",
        dots="小点：各个种子",
        strips="色条：各个种子，由低到高",
        aside="；",
        colon="：",
        stages_each="各幅：种子 {seeds}，每幅只改一样。",
        stages_by="各幅：种子 {seeds}，按 {setting} 排列。",
        stages_and="各幅：种子 {seeds}。右：{label}，{counted}。",
        rule="{when}{what} {sign} {threshold:g}",
        against="{when}{what}与 {other} 之差 {sign} {threshold:g}",
        play="播放",
        pause="暂停",
        back="后退一帧",
        forward="前进一帧",
        time="时间",
        speed="速度",
        layers="图层",
        dark="深色",
        light="浅色",
        full="全屏",
        language="中文",
        p="密度",
        help="空格：播放 · ← →：逐帧 · Home、End · L：图层 · F：全屏",
    ),
}


# Where a Chinese character meets a letter or a digit, which stand apart in print.
APART = re.compile(r"(?<=[\u4e00-\u9fff])(?=[0-9A-Za-z])|(?<=[0-9A-Za-z%)])(?=[\u4e00-\u9fff])")
# How a claim's window becomes a number, where `rule` says it.
_REDUCED_ZH = {
    "mean": "均值",
    "last": "终值",
    "min": "最小值",
    "max": "最大值",
    "end_to_start": "终值与初值之比",
    "end_to_peak": "终值与峰值之比",
}


def told_claim(claim: Claim, words: Words) -> str:
    """A claim's own sentence, or its rule where it has none in the language."""
    rule = words.against if claim.against else words.rule
    own = claim.said(words.code)
    if own or not rule:
        return own
    when, what = _when_zh(claim), words.label(METRICS[claim.metric])
    # Of one moment there is nothing to reduce, and a mean would be taken for one over seeds.
    if claim.window[0] != claim.window[1]:
        what = f"{what}的{_REDUCED_ZH[claim.reduce]}"
    told = rule.format(
        when=when,
        what=what,
        sign=SIGNS[claim.relation],
        threshold=claim.threshold,
        other=PurePath(claim.against).stem,
    )
    return APART.sub(" ", told)


def _when_zh(claim: Claim) -> str:
    """A claim's window in Chinese."""
    low, high = claim.window
    if low == high:
        moments = {0.0: "训练开始时", 1.0: "训练结束时"}
        if isinstance(low, str):
            return f"{_edge_zh(low)}时"
        return moments.get(low, f"训练到 {low:.0%} 时")
    if isinstance(low, str) and high == 1.0:
        return f"{_edge_zh(low)}之后"
    if isinstance(high, str) and low == 0.0:
        return f"{_edge_zh(high)}之前"
    if isinstance(low, str) or isinstance(high, str):
        return f"从{_edge_zh(low)}到{_edge_zh(high)}"
    return f"训练 {low:.0%}–{high:.0%} 期间"


def _edge_zh(edge: float | str) -> str:
    """An end of a window: a share of the training, or a change on the way."""
    if not isinstance(edge, str):
        return f"训练 {edge:.0%}"
    number = edge.removeprefix("change").strip()
    return f"第{number}次改变" if number else "改变"
