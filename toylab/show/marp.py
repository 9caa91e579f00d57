"""Marp: Markdown with the films as GIFs."""

from __future__ import annotations

import re
from pathlib import Path

from toylab.film.style import THEMES
from toylab.show.deck import Deck, Slide, Watch
from toylab.show.markdown import escaped

_STYLE = """\
style: |
  section {{ background: {paper}; color: {ink}; padding: 28px 40px; font-size: 26px; }}
  section {{ justify-content: start; }}
  section h1 {{ color: {ink}; font-size: 39px; margin: 0 0 6px; }}
  section p {{ margin: 0 0 8px; color: {soft}; }}
  section img {{ width: 1200px; background: none; }}
  section small {{ color: {soft}; font-size: 21px; }}
  section.title {{ justify-content: center; }}
"""
# Words of a description that Marp would take for commands of its own.
_COMMANDS = re.compile(
    r"^(bg|fit|auto|cover|contain|left|right|vertical|(\w+):.*|(left|right):\d+%)$"
)


def write(deck: Deck, path: Path, assets: Path, told: str, watch: Watch) -> None:
    """Write a deck as Markdown for Marp.

    Args:
        deck: The talk.
        path: The text.
        assets: An empty folder for the pictures.
        told: What the text calls that folder.
        watch: Told of each slide.
    """
    theme = THEMES[deck.theme]
    head = [
        "---",
        "marp: true",
        "size: 16:9",
        "paginate: true",
        _STYLE.format(paper=theme.paper, ink=theme.ink, soft=theme.soft) + "---",
    ]
    parts = [f"<!-- _class: title -->\n\n# {escaped(deck.title)}\n\n{escaped(deck.subtitle)}"]
    # Slides for the handout at the end: Marp hides none.
    ordered = sorted(deck.slides, key=lambda slide: slide.handout)
    for slide in ordered:
        watch(slide.title)
        parts.append(_slide(slide, assets, told))
    text = "\n".join(head) + "\n\n" + "\n\n---\n\n".join(parts) + "\n"
    path.write_text(text, encoding="utf-8")


def _slide(slide: Slide, assets: Path, told: str) -> str:
    parts = [f"# {escaped(slide.title)}", escaped(slide.lesson)]
    parts.append("\n".join(f"- {escaped(point)}" for point in slide.points))
    picture = slide.film or slide.figure
    if picture is not None:
        name = f"{picture.name}.{'gif' if slide.film else 'png'}"
        picture.save(assets / name)
        alt = " ".join(map(_word, picture.alt.split()))
        parts.append(f"![{escaped(alt)}]({told}/{name})")
    parts.append(escaped(slide.footer))
    if slide.notes:
        # Every comment is a note unless it reads as settings; no first line of ours does, since a
        # paragraph without a colon follows it.
        notes = "\n\n".join(note.replace("--", "‐‐") for note in slide.notes)
        parts.append(f"<!--\n{notes}\n-->")
    return "\n\n".join(filter(None, parts))


def _word(word: str) -> str:
    """A word of a description that is no command: an invisible joiner makes it another word."""
    return f"{word}\u2060" if _COMMANDS.match(word) else word
