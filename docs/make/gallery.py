"""The gallery: every scenario with its film, its lesson and how its claims fared, as a page.

Makes the films that are missing and writes the page, in English and in Chinese, from the scenarios and the
published counts, and beside it the table of these counts; `--text` writes only the pages, `--chinese` only
films, all in Chinese: of most scenarios the repository keeps none, and a site can show them. gallery.toml
has the gallery's words.
"""

from __future__ import annotations

import argparse
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from docs.make.writing import claims, data, run, write
from toylab.claims.misses import MOST_NAMED
from toylab.claims.published import Tally, count
from toylab.claims.report import as_markdown, outcomes_of
from toylab.claims.verdict import verdict
from toylab.claims.workers import Workers
from toylab.cli.talk import changes_of_the_game
from toylab.cli.terminal import progress, say_result
from toylab.film import fonts
from toylab.film.words import WORDS, told_claim
from toylab.film.writers import Timing
from toylab.scenario import catalogue
from toylab.scenario.scenario import base_of, load
from toylab.show.cinema import Film
from toylab.show.deck_words import DECK_WORDS
from toylab.show.film_slide import differs, fared, sourced
from toylab.show.markdown import escaped
from toylab.training.run import record

COMMAND = "make docs"
HOME = Path("renders")
# Sweeps, by the key of their words; each written by the command that docs/sweeps.md tells.
DIAGRAMS = {
    "diagram": "phase-diagram.png",
    "ablation": "ablation.png",
    "penalties": "penalties.png",
}
# For readers, from the table for machines.
# The table of claims in each language.
CLAIMS = {"en": "claims.md", "zh": "claims.zh.md"}
PAGES = {"en": "README.md", "zh": "README.zh-CN.md"}
# Bytes of a film in the mean over all, and of the largest: they stay in the repository's history for ever.
MEAN_BYTES, LARGEST = 330_000, 900_000
# The quorum of most claims; another is told.
USUAL = 0.8
# Some twenty-five frames tell a lesson at a quarter of a film's bytes; four a second can still be followed.
FRAMES, SECONDS = 26, 6.0
_DATA = data("gallery.toml")
# The course's films in Chinese; the others show their English film on the Chinese page.
IN_CHINESE: list[str] = _DATA["in_chinese"]
# Scenarios that belong together; of each chapter only the roots are named.
CHAPTERS: list[dict[str, Any]] = _DATA["chapters"]
# By language.
SAID: dict[str, dict[str, Any]] = _DATA["words"]


def families(chapter: Mapping[str, Any]) -> list[list[str]]:
    """Names of a chapter's scenarios: each root with all that extends it, nearest first."""
    roots = {root for chapter in CHAPTERS for root in chapter["roots"]}
    children: dict[str, list[str]] = {}
    for name in catalogue.names():
        links = catalogue.chain(catalogue.find(name))
        if len(links) > 1 and name not in roots:
            children.setdefault(links[-2][0].stem, []).append(name)
    found = [[root] for root in chapter["roots"]]
    for family in found:
        for name in family:
            # Those without followers first, so that a fix stands beside its failure.
            family += sorted(children.get(name, ()), key=lambda other: (other in children, other))
    return found


def films(name: str) -> list[Path]:
    """The films of a scenario, seen from the pages: in English, and in Chinese if the course shows it."""
    return [_film(name, lang) for lang in ("en", "zh") if lang == "en" or name in IN_CHINESE]


def chinese_film(name: str) -> Path:
    """A scenario's Chinese film, seen from the pages: kept in the repository, or made for a site alone."""
    return _film(name, "zh") if name in IN_CHINESE else Path("zh", f"{name}.gif")


def _film(name: str, lang: str) -> Path:
    return Path("gallery", "zh" if lang == "zh" else "", f"{name}.gif")


def headline(lang: str) -> str:
    """How all published claims fared, in a sentence."""
    said, table = SAID[lang], claims()
    rows = [(row["hits"], len(row["numbers"]), row["claim"]["quorum"]) for row in table["claims"]]
    found = Counter(verdict(*row) for row in rows)
    rest = [said["parts"][v].format(n=found[v]) for v in said["parts"] if found[v]]
    return said["headline"].format(
        seeds=table["about"]["seeds"].replace(" to ", said["span"]),
        n=len(rows),
        holds=found["holds"],
        rest="".join(rest),
    )


def page(lang: str) -> str:
    """The page in a language, in Markdown."""
    said = SAID[lang]
    lines = [
        f"# {said['title']}",
        "",
        said["other"],
        "",
        said["intro"],
        "",
        f"{headline(lang)}{said['made']}",
    ]
    chapters = [(WORDS[lang].of(c, "title"), WORDS[lang].of(c, "lesson"), c) for c in CHAPTERS]
    diagrams = [(said[f"{key}_title"], said[key], file) for key, file in DIAGRAMS.items()]
    headings = [title for title, *_ in (*chapters, *diagrams)]
    lines += ["", *(f"- [{heading}](#{_anchor(heading)})" for heading in headings)]
    for title, lesson, chapter in chapters:
        lines += ["", f"## {title}", "", lesson, ""]
        for row in _rows(families(chapter)):
            lines += ["<table><tr>", *(line for name in row for line in _card(name, lang))]
            lines += ["</tr></table>", ""]
    for title, words, file in diagrams:
        lines += [f"## {title}", "", words, "", f"![{title}]({file})", ""]
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
    scenario, said = load(name), SAID[lang]
    deck = replace(DECK_WORDS[lang], counted=said["counted"], exact=said["exact"])
    title, lesson = (WORDS[lang].of(scenario.settings, key) for key in ("title", "lesson"))
    film = films(name)[-1 if lang == "zh" else 0].as_posix()
    yield from ('<td width="50%" valign="top">', "", f"![{escaped(title)}]({film})", "")
    yield from (f"**{escaped(title)}**<br>{escaped(lesson)}", "")
    for claim in scenario.claims:
        words = escaped(told_claim(claim, WORDS[lang]).rstrip(".。"))
        if claim.quorum != USUAL:
            words += said["asked"].format(quorum=f"{claim.quorum:.0%}")
        counted = count(scenario.settings, claim)
        yield f"- {fared(words, counted, name, deck)}{_missed(counted, name, said)}"
    base = base_of(name)
    if base is not None:
        yield from ("", escaped(differs(deck, base.name, changes_of_the_game(scenario, base))))
    yield from ("", f"`{said['command'].format(name=name)}`", "")
    yield from (sourced(escaped(scenario.source or ""), deck), "", "</td>")


def _missed(counted: Tally | None, name: str, said: Mapping[str, Any]) -> str:
    """Of a claim that does not hold the first seeds that miss it, and the command that films one."""
    if counted is None or counted.verdict == "holds" or not counted.misses:
        return ""
    misses = counted.misses
    shown = said["comma"].join(map(str, misses[:MOST_NAMED]))
    more = said["more"].format(n=len(misses) - MOST_NAMED) * (len(misses) > MOST_NAMED)
    if len(misses) == counted.n:
        shown, more = said["all"], ""
    return said["missed"].format(
        seeds=shown, more=more, command=said["command"].format(name=name), seed=misses[0]
    )


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
    """Write the pages, the table of claims, and its headline into the documents beside their folder."""
    table = claims()
    for lang, name in CLAIMS.items():
        write(to / name, as_markdown(outcomes_of(table), table["about"], lang))
    for lang, name in PAGES.items():
        write(to / name, page(lang))
        document = to.parent / name
        if document.is_file():
            write(document, with_headline(document.read_text(encoding="utf-8"), lang))


def main() -> None:
    """Make the films that are wanted, then write the pages."""
    reader = argparse.ArgumentParser(prog="python -m docs.make.gallery", description=__doc__)
    reader.add_argument("names", nargs="*", metavar="NAME", help="whose films; all by default")
    which = reader.add_mutually_exclusive_group()
    which.add_argument("--all", action="store_true", help="also films that are there already")
    which.add_argument("--text", action="store_true", help="no films, only the pages")
    reader.add_argument("--chinese", action="store_true", help="films in Chinese, and no pages")
    reader.add_argument("--jobs", type=int, default=2)
    reader.add_argument("--to", type=Path, default=HOME, help="folder of the pages")
    asked = reader.parse_args()
    # Before anything is trained: a misspelt name, or a machine without Chinese fonts.
    names = [load(name).name for name in asked.names or catalogue.names()]
    fonts.check_glyphs(WORDS["zh"].all, fonts.families("zh"))
    of = (lambda name: [chinese_film(name)]) if asked.chinese else films
    wanted = {name: [asked.to / film for film in of(name)] for name in names}
    if not asked.all:
        wanted = {name: [p for p in paths if not p.is_file()] for name, paths in wanted.items()}
    tasks = [] if asked.text else [(name, paths) for name, paths in wanted.items() if paths]
    made = Workers(asked.jobs).results(lambda task: make(*task), tasks)
    for paths in progress(made, len(tasks), "Filming"):
        for path in paths:
            say_result(path, f"{FRAMES} frames")
    if not asked.chinese:
        write_pages(asked.to)


if __name__ == "__main__":
    run(main)
