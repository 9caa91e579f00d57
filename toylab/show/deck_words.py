"""What slides and their notes say, in each language of the film."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class DeckWords:
    """Words of one language.

    Attributes:
        code: Key of `DECK_WORDS`.
    """

    code: str = "en"
    differs: str = "Differs from {base}: {what}"
    change: str = "{path}: {old} → {new}"
    from_step: str = "from step {step} {what}"
    without: str = "without the change at step {step}"
    nth_change: str = "change {n}: {what}"
    moved: str = "step {old} → {new}"
    comma: str = ", "
    unset: str = "not set"
    none: str = "none"
    more: str = "and {n} more"
    notes: str = "Notes"
    watch: str = "Watch for"
    moment: str = "{time} (step {step}): {what}"
    course: str = "{name}: {first} at the start, {last} at the end"
    claims: str = "Claims"
    counted: str = (
        "{claim}: {hits} of {n:seed}, 95 % interval {low} to {high} %, asked for {quorum} %: "
        "{verdict}."
    )
    exact: str = "{claim}: one exact run, nothing is drawn: {verdict}."
    uncounted: str = "{claim}: not counted for these settings."
    countable: str = "{claim}: not counted for these settings. `toylab check {name}` counts it."
    holds: str = "holds"
    fails: str = "fails"
    undecided: str = "undecided"
    between: str = "; "
    source: str = "Source: {source}"
    # What a source says that is no paper's name, and the same in this language.
    own_sources: tuple[tuple[str, str], ...] = ()
    made: str = "Seed {seed}, {steps:step}. Made with toylab."
    handout: str = "{title}: for the handout"
    film_alt: str = "Film of {title}. {lesson} At the end: {end}."
    sheet_alt: str = "Six moments of {title}, and its curves."
    live_alt: str = "Live lab of {title}, to be played. {lesson}"
    open_live: str = "Open the live lab"
    moments: str = "step {step}"
    subtitle: str = "{n:film} of small GANs in two dimensions"


DECK_WORDS: dict[str, DeckWords] = {
    "en": DeckWords(),
    "zh": DeckWords(
        code="zh",
        differs="与 {base} 的不同：{what}",
        change="{path}：{old} → {new}",
        from_step="第 {step} 轮起{what}",
        without="没有第 {step} 轮的改变",
        nth_change="第 {n} 次改变：{what}",
        moved="第 {old} 轮 → 第 {new} 轮",
        comma="，",
        unset="未设置",
        none="无",
        more="以及另外 {n} 项",
        notes="备注",
        watch="注意观察",
        moment="{time}（第 {step} 轮）：{what}",
        course="{name}：开始时 {first}，结束时 {last}",
        claims="论断",
        counted=(
            "{claim}：{n} 个种子中 {hits} 个成立，95 % 区间 {low}–{high} %，要求 {quorum} %："
            "{verdict}。"
        ),
        exact="{claim}：一次精确的运行，不抽随机数：{verdict}。",
        uncounted="{claim}：这组设置尚未统计。",
        countable="{claim}：这组设置尚未统计，可用 `toylab check {name}` 统计。",
        holds="成立",
        fails="不成立",
        undecided="未定",
        between="；",
        source="来源：{source}",
        own_sources=(
            ("our measurement", "我们自己的测量"),
            ("the control of", "对照的是"),
            ("ours", "我们自己"),
        ),
        made="种子 {seed}，共 {steps} 轮。由 toylab 制作。",
        handout="{title}：讲义",
        film_alt="影片：{title}。{lesson}结束时：{end}。",
        sheet_alt="“{title}”的六个瞬间及其曲线。",
        live_alt="可操作的实时实验台：{title}。{lesson}",
        open_live="打开实时实验台",
        moments="第 {step} 轮",
        subtitle="二维小型 GAN 的 {n} 部影片",
    ),
}
