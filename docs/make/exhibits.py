"""The gallery's chapters: which scenarios hang beside one another."""

from __future__ import annotations

from dataclasses import dataclass

from toylab.scenario import catalogue


@dataclass(frozen=True)
class Chapter:
    """Scenarios that belong together.

    Attributes:
        title: By language.
        lesson: By language: what they show together.
        roots: Scenarios; what extends one of them, however far, stands beside it.
    """

    title: dict[str, str]
    lesson: dict[str, str]
    roots: tuple[str, ...]


def _chapter(title: str, title_zh: str, lesson: str, lesson_zh: str, *roots: str) -> Chapter:
    return Chapter({"en": title, "zh": title_zh}, {"en": lesson, "zh": lesson_zh}, roots)


CHAPTERS = (
    _chapter(
        "Modes lost, and kept",
        "丢失的模式与保住的模式",
        "A generator that outruns its discriminator sits on one mode and moves on when it is found out.",
        "生成器跑得比判别器快，就会挤在一个模式上，被识破后再换一个。",
        "mode-collapse",
        "mode-hopping",
    ),
    _chapter(
        "How strong should D be?",
        "判别器该有多强？",
        "Too strong, and the saturating loss goes flat; too weak, and its advice is stale.",
        "太强，饱和损失变平；太弱，它的指引早已过时。",
        "vanishing-gradients",
        "k-one",
        "weak-discriminator",
        "optimal-discriminator",
    ),
    _chapter(
        "Objectives that arrive",
        "能够收敛的目标函数",
        "One ring, one pair of networks, four losses: with a penalty on D's slope each covers all modes.",
        "同一个圆环、同一对网络、四种损失：约束判别器的斜率后，都能覆盖全部模式。",
        "convergence",
    ),
    _chapter(
        "Distances and critics",
        "距离与评论家",
        "What a critic measures depends on what holds its slope.",
        "评论家量出什么，取决于用什么约束它的斜率。",
        "disjoint-supports",
        "wgan-gp",
        "wgan-clipping",
    ),
    _chapter(
        "Updates that look at the other player",
        "顾及对手的更新方式",
        "Plain steps run in circles; these correct for the rotation. Each stands beside its plain twin.",
        "普通的更新会兜圈；这些方法修正旋转。每个都与它的普通版本并排。",
        "consensus-ring",
        "sga-grid-16",
        "cgd-two-modes",
    ),
    _chapter(
        "What a generator can draw",
        "生成器能画出什么",
        "Twenty-five modes, one number for two, a bridge that no map can cut, and a picture.",
        "二十五个模式、一维潜变量、剪不断的桥，以及一幅图。",
        "grid-25",
        "your-logo",
        "small-latent",
        "bridge",
    ),
    _chapter(
        "Games that can be solved on paper",
        "可以手算的博弈",
        "Two numbers play: the whole game is a picture, and its digits are known.",
        "两个数的博弈：整个博弈就是一幅图，结果可以逐位核对。",
        "dirac-cycle",
        "bilinear-simultaneous",
        "ttur-saddle",
    ),
    _chapter(
        "A paper's protocol",
        "论文的实验设置",
        "PacGAN's ring and grid at a hundredth of its updates. They are slow: `toylab check` counts them "
        "only when they are named, and [their numbers](../docs/papers.md) stand beside the paper's.",
        "PacGAN 的圆环与网格，更新次数为原文的百分之一。它们很慢：只有点名时 `toylab check` 才统计，"
        "[数字与原文并列](../docs/papers.md)。",
        "pacgan-ring",
    ),
)


def families(chapter: Chapter) -> list[list[str]]:
    """Names of a chapter's scenarios: each root with all that extends it, nearest first."""
    found = []
    for root in chapter.roots:
        family: list[str] = [root]
        for name in family:
            below = [other for other in _children().get(name, ()) if other not in _roots()]
            # Those without followers first, so that a fix stands beside its failure.
            family += sorted(below, key=lambda other: (other in _children(), other))
        found.append(family)
    return found


def _roots() -> set[str]:
    return {root for chapter in CHAPTERS for root in chapter.roots}


def _children() -> dict[str, list[str]]:
    """Names of the scenarios that extend each scenario."""
    found: dict[str, list[str]] = {}
    for name in catalogue.names():
        links = catalogue.chain(catalogue.find(name))
        if len(links) > 1:
            found.setdefault(links[-2][0].stem, []).append(name)
    return found
