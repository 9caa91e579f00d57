"""The gallery: every scenario with its film, its lesson and how its claims fared, as a page.

`python -m toylab.gallery` makes the films that are missing and writes the page, in English and in
Chinese, from the scenarios and the published counts; `--text` writes only the pages.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from toylab.base.files import whole
from toylab.claims.published import count, totals
from toylab.claims.workers import Workers
from toylab.cli.talk import changes_of_the_game
from toylab.cli.terminal import guarded, progress, say_result
from toylab.exhibits import CHAPTERS, families
from toylab.film import fonts
from toylab.film.words import WORDS, told_claim
from toylab.film.writers import Timing
from toylab.scenario import catalogue
from toylab.scenario.scenario import base_of, load
from toylab.show.cinema import Film
from toylab.show.films import differs, fared
from toylab.show.markdown import escaped
from toylab.show.words import DECK_WORDS
from toylab.training.run import record

COMMAND = "python -m toylab.gallery"
HOME = Path("renders")
# Written by the command that docs/sweeps.md tells.
DIAGRAM = "phase-diagram.png"
PAGES = {"en": "README.md", "zh": "README.zh-CN.md"}
# Bytes of the films in each language, and of the largest: they stay in the repository's history for ever.
MOST_BYTES, LARGEST = {"en": 18_000_000, "zh": 6_000_000}, 900_000
# Some twenty-five frames tell a lesson at a quarter of a film's bytes; four a second can still be followed.
FRAMES, SECONDS = 26, 6.0
# The course's films in Chinese; the others show their English film on the Chinese page.
IN_CHINESE = (
    *("mode-collapse", "fair-steps", "mode-hopping", "vanishing-gradients"),
    *("non-saturating-rescue", "weak-discriminator", "k-twenty", "optimal-discriminator"),
    *("disjoint-supports", "wgan-gp", "dirac-cycle", "dirac-r1", "convergence"),
    *("frozen-generator", "k-five"),
)


@dataclass(frozen=True)
class PageWords:
    """What a page says in one language; what stands in braces is filled in.

    Attributes:
        title: Of the page.
        other: The link to the page in the other language.
        intro: How to read the films and the claims.
        made: What makes the page, and where the whole table of claims is.
        command: What makes a scenario's film.
        counted: A claim with how it fared.
        half: Said of a claim that asks for half of the seeds only, if its words do not say so.
        headline: How all claims fared.
        span: Stands between the first seed and the last.
        parts: What the headline adds of the claims that do not hold, by verdict.
        diagram: Heading and words of the phase diagram.
    """

    title: str
    other: str
    intro: str
    made: str
    command: str
    counted: str
    half: str
    headline: str
    span: str
    parts: dict[str, str]
    diagram: tuple[str, str]


PAGE_WORDS = {
    "en": PageWords(
        title="Gallery",
        other="[中文](README.zh-CN.md)",
        intro="Every scenario with a film, its lesson, and its claims: on how many seeds each was true, "
        "with the 95 % interval of that share; it holds if the interval lies at or above its quorum, four "
        "seeds in five unless its words ask for less. Orange is where D says real, purple where it says "
        "generated; on the black line it cannot tell. Small dark points are data, green ones are "
        "generated. A film is of seed 0, or of the one that its scenario names.",
        made=" Made by `python -m toylab.gallery`. [The whole table of claims](claims.md).",
        command="toylab run {name}",
        counted="**{verdict}**, {hits} of {n} ({low} to {high} %): {claim}",
        half="",
        headline="On seeds {seeds}, {holds} of {n} claims hold{rest}.",
        span=" to ",
        parts={"undecided": ", {n} undecided", "fails": ", {n} failed"},
        diagram=(
            "A phase diagram",
            "Between a discriminator that is too weak and one that is too strong lies a ridge: the more "
            "often D plays, the more slowly it must learn. 4 x 4 settings of `k-one`, 16 seeds each, "
            "3,000 rounds, G at a rate of 1e-3 throughout; a strip shows every seed, for a mean can be "
            "eight modes in half of them and none in the others. "
            "[One command makes it](../docs/sweeps.md#a-phase-diagram).",
        ),
    ),
    "zh": PageWords(
        title="场景一览",
        other="[English](README.md)",
        intro="每个场景都有一部影片、一句要点和若干论断：每条论断在多少个种子上成立，以及该比例的 95 % "
        "区间；区间不低于要求的比例（一般为五分之四）时，论断成立。橙色是判别器认为真实的地方，紫色是它认为生成的地方，黑线上它无法分辨。小黑点是数据，绿点是生成样本。"
        "影片取种子 0，或场景指定的种子。",
        made="由 `python -m toylab.gallery` 生成。[全部论断的统计表](claims.md)（英文）。",
        command="toylab run {name} --lang zh",
        counted="**{verdict}**，{n} 个种子中 {hits} 个（{low}–{high} %）：{claim}",
        half="（只要求半数种子）",
        headline="在种子 {seeds} 上，{n} 条论断中 {holds} 条成立{rest}。",
        span=" 到 ",
        parts={"undecided": "，{n} 条未定", "fails": "，{n} 条不成立"},
        diagram=(
            "相图",
            "判别器太弱与太强之间有一道山脊：判别器走得越勤，就必须学得越慢。"
            "`k-one` 的 4 x 4 种设置，各 16 个种子、3000 轮，生成器的学习率始终是 1e-3；"
            "色条画出每一个种子，因为均值可能是一半种子八个模式、另一半一个也没有。"
            "[一条命令即可生成](../docs/sweeps.md#a-phase-diagram)（英文）。",
        ),
    ),
}


def films(name: str) -> list[Path]:
    """The films of a scenario, seen from the pages: in English, and in Chinese if the course shows it."""
    return [_film(name, lang) for lang in ("en", "zh") if lang == "en" or name in IN_CHINESE]


def _film(name: str, lang: str) -> Path:
    return Path("gallery", "zh" if lang == "zh" else "", f"{name}.gif")


def headline(lang: str) -> str:
    """How all published claims fared, in a sentence."""
    said, (about, found) = PAGE_WORDS[lang], totals()
    rest = [said.parts[v].format(n=found[v]) for v in said.parts if found[v]]
    return said.headline.format(
        seeds=about["seeds"].replace(" to ", said.span),
        n=sum(found.values()),
        holds=found["holds"],
        rest="".join(rest),
    )


def page(lang: str) -> str:
    """The page in a language, in Markdown."""
    said = PAGE_WORDS[lang]
    lines = [f"# {said.title}", "", said.other, "", said.intro, "", f"{headline(lang)}{said.made}"]
    headings = [*(chapter.title[lang] for chapter in CHAPTERS), said.diagram[0]]
    lines += ["", *(f"- [{heading}](#{_anchor(heading)})" for heading in headings)]
    for chapter in CHAPTERS:
        lines += ["", f"## {chapter.title[lang]}", "", chapter.lesson[lang], ""]
        for row in _rows(families(chapter)):
            lines += ["<table><tr>", *(line for name in row for line in _card(name, lang))]
            lines += ["</tr></table>", ""]
    heading, words = said.diagram
    lines += [f"## {heading}", "", words, "", f"![{heading}]({DIAGRAM})"]
    return "\n".join(lines).rstrip() + "\n"


def _anchor(title: str) -> str:
    """Of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-")


def _rows(found: Sequence[Sequence[str]]) -> list[list[str]]:
    """Two beside one another: a family begins a row, and those without one share theirs."""
    rows: list[list[str]] = []
    alone = [family[0] for family in found if len(family) == 1]
    for family in [*(f for f in found if len(f) > 1), alone]:
        rows += [list(family[i : i + 2]) for i in range(0, len(family), 2)]
    return rows


def _card(name: str, lang: str) -> Iterator[str]:
    """A cell of a table: blank lines let Markdown in."""
    scenario, said = load(name), PAGE_WORDS[lang]
    deck = replace(DECK_WORDS[lang], counted=said.counted)
    title, lesson = (WORDS[lang].of(scenario.settings, key) for key in ("title", "lesson"))
    film = films(name)[-1 if lang == "zh" else 0].as_posix()
    yield from ('<td width="50%" valign="top">', "", f"![{escaped(title)}]({film})", "")
    yield from (f"**{escaped(title)}**<br>{escaped(lesson)}", "")
    for claim in scenario.claims:
        words = escaped(told_claim(claim, WORDS[lang]).rstrip(".。"))
        words += said.half * (claim.quorum == 0.5)
        yield f"- {fared(words, count(scenario.settings, claim), name, deck)}"
    base = base_of(name)
    if base is not None:
        yield from ("", escaped(differs(deck, base.name, changes_of_the_game(scenario, base))))
    yield from ("", f"`{said.command.format(name=name)}`", "")
    yield from (deck.source.format(source=escaped(scenario.source or "")), "", "</td>")


# --- films ---


def make(name: str, paths: Sequence[Path]) -> Sequence[Path]:
    """Train a scenario and write its films; the same bytes wherever the checkout lies."""
    scenario = load(name)
    trace = record(scenario, [scenario.settings["film"].get("seed", 0)])
    for path in paths:
        film = Film(trace, lang="zh" if path.parent.name == "zh" else "en", layout="card")
        film.pace(FRAMES)
        film.save(path, timing=Timing.moving(SECONDS, len(film)), command=COMMAND)
    return paths


def with_headline(text: str, lang: str) -> str:
    """A document with the claims' headline between its two marks, if it has them."""
    told = f"<!-- claims -->\n{headline(lang)}\n<!-- /claims -->"
    return re.sub(r"<!-- claims -->.*?<!-- /claims -->", lambda _: told, text, flags=re.S)


def write_pages(to: Path) -> None:
    """Write the pages, and the claims' headline into the documents beside their folder."""
    for lang, name in PAGES.items():
        with whole(to / name) as part:
            part.write_text(page(lang), encoding="utf-8")
        document = to.parent / name
        if document.is_file():
            text = with_headline(document.read_text(encoding="utf-8"), lang)
            with whole(document) as part:
                part.write_text(text, encoding="utf-8")


def main() -> None:
    """Make the films that are wanted, then write the pages."""
    reader = argparse.ArgumentParser(prog=COMMAND, description=__doc__)
    reader.add_argument("names", nargs="*", metavar="NAME", help="whose films; all by default")
    which = reader.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="also films that are there already")
    which.add_argument("--text", action="store_true", help="no films, only the pages")
    reader.add_argument("--jobs", type=int, default=2)
    reader.add_argument("--to", type=Path, default=HOME, help="folder of the pages")
    asked = reader.parse_args()
    # Before anything is trained: a misspelt name, or a machine without Chinese fonts.
    names = [load(name).name for name in asked.names or catalogue.names()]
    fonts.check_glyphs(WORDS["zh"].all, fonts.families("zh"))
    wanted = {name: [asked.to / film for film in films(name)] for name in names}
    if not asked.all:
        wanted = {name: [p for p in paths if not p.is_file()] for name, paths in wanted.items()}
    tasks = [] if asked.text else [(name, paths) for name, paths in wanted.items() if paths]
    for paths in progress(Workers(asked.jobs).results(_made, tasks), len(tasks), "Filming"):
        for path in paths:
            say_result(path, f"{FRAMES} frames")
    write_pages(asked.to)


def _made(task: tuple[str, Sequence[Path]]) -> Sequence[Path]:
    return make(*task)


if __name__ == "__main__":
    guarded(lambda **_: main())
