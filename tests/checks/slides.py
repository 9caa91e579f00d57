"""Open decks in the programs that they are for; for people, since CI has none of these programs.

Makes a deck of hostile words and the lecture's figures in each format, turns it into pages with
LibreOffice, LuaLaTeX, Marp and Quarto, those that are installed, and says how many pages came out and
where they lie: look at them. Run with `make check-slides`.
"""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pypdfium2

sys.path.insert(0, str(Path(__file__).parents[1]))

from test_slides import NASTY, deck_with

from toylab import load, record
from toylab.cli import talk
from toylab.cli.look import Look
from toylab.scenario.lecture import Lecture, Page
from toylab.show import slides
from toylab.show.deck import Deck
from toylab.show.figures import FIGURES

LATEX = ("lualatex", "-interaction=nonstopmode", "-halt-on-error")
# Of each ending: the commands that make pages of it, and the file that comes out.
PROGRAMS = {
    "deck.pptx": ([["soffice", "--headless", "--convert-to", "pdf", "deck.pptx"]], "deck.pdf"),
    "beamer.tex": (
        [["lualatex", "-interaction=nonstopmode", "-halt-on-error", "beamer.tex"]] * 2,
        "beamer.pdf",
    ),
    "handout.tex": (
        [["lualatex", "-interaction=nonstopmode", "-halt-on-error", "handout.tex"]] * 2,
        "handout.pdf",
    ),
    "marp.md": ([["marp", "--pdf", "--allow-local-files", "marp.md"]], "marp.pdf"),
    "quarto.qmd": ([["quarto", "render", "quarto.qmd"]], "quarto.html"),
}


def made(folder: Path, lang: str) -> Deck:
    """Hostile words, a film worth looking at, and every figure."""
    nasty = deck_with(folder, *NASTY, lang=lang)
    pages = [Page(figure=name, title=name) for name in FIGURES]
    told = Lecture(title="Check", slides=(Page(scenario="mode-collapse"), *pages))
    plan = talk.Talk(told, {"mode-collapse": load("mode-collapse")})
    rest = talk.deck_of(plan, Look(lang=lang), 0, lambda scenario, seed: record(scenario, [seed]))
    return Deck("Check", nasty.title, (*rest.slides, *nasty.slides), lang=lang)


def main() -> None:
    """Write, convert, count."""
    home = Path(sys.argv[1] if len(sys.argv) > 1 else "renders/check-slides")
    for lang in ("en", "zh"):
        folder = home / lang
        folder.mkdir(parents=True, exist_ok=True)
        deck = made(folder, lang)
        for name, (commands, product) in PROGRAMS.items():
            slides.write(deck, folder / name)
            if name == "handout.tex":
                text = (folder / name).read_text(encoding="utf-8")
                told = text.replace(
                    "[aspectratio=169]{beamer}", "[aspectratio=169,handout]{beamer}"
                )
                (folder / name).write_text(told, encoding="utf-8")
            if shutil.which(commands[0][0]) is None:
                print(f"{lang}  {name:<12} written; {commands[0][0]} is not installed")
                continue
            for command in commands:
                subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=600)
            result = folder / product
            pages = len(pypdfium2.PdfDocument(result)) if result.suffix == ".pdf" else "?"
            print(f"{lang}  {name:<12} {pages} pages of {len(deck.slides) + 1} slides: {result}")


if __name__ == "__main__":
    main()
