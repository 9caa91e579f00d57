"""Marp, 4 or later: Markdown with the films as GIFs."""

from __future__ import annotations

import html
import re
from pathlib import Path

from toylab.film.style import THEMES
from toylab.show.assets import Assets, address
from toylab.show.deck import Begun, Deck, Slide
from toylab.show.markdown import escaped
from toylab.show.phrases import DECK_WORDS

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
# Marp makes pictures of these, and fetches them from the network.
_EMOJI = re.compile(r":(?=[\w+-]+:)")


def write(deck: Deck, path: Path, assets: Assets, begun: Begun) -> None:
    """Write a deck as Markdown for Marp.

    Args:
        deck: The talk.
        path: The text.
        assets: The folder for its pictures.
        begun: Told of each slide.
    """
    theme = THEMES[deck.theme]
    head = [
        "---",
        # Told where it is needed: without it a PDF shows broken pictures and says so only in passing.
        "# As a PDF or for PowerPoint: marp --allow-local-files THIS.md -o TALK.pdf",
        "marp: true",
        "size: 16:9",
        "paginate: true",
        _STYLE.format(paper=theme.paper, ink=theme.ink, soft=theme.soft) + "---",
    ]
    parts = [f"<!-- _class: title -->\n\n# {_text(deck.title)}\n\n{_text(deck.subtitle)}"]
    for slide in deck.handouts_last:
        begun(slide.title)
        parts.append(_slide(slide, assets, DECK_WORDS[deck.lang].notes))
    text = "\n".join(head) + "\n\n" + "\n\n---\n\n".join(parts) + "\n"
    path.write_text(text, encoding="utf-8")


def _slide(slide: Slide, assets: Assets, heading: str) -> str:
    parts = [f"# {_text(slide.title)}", _text(slide.lesson)]
    parts.append("\n".join(f"- {_text(point)}" for point in slide.points))
    picture = slide.film or slide.figure
    if picture is not None:
        link = address(assets.put(picture, ".gif" if slide.film else ".png"))
        # Not ![...](...): Marp takes words of that description for commands, and drops what is escaped.
        parts.append(f'<img src="{link}" alt="{html.escape(picture.alt)}">')
    parts.append(_text(slide.footer))
    if slide.notes:
        # Every comment is a note unless it is a mapping or a list in YAML. A bare word on the first line
        # makes it neither: a key stands on one line with its colon.
        notes = "\n\n".join(note.replace("--", "‐‐") for note in (heading, *slide.notes))
        parts.append(f"<!--\n{notes}\n-->")
    return "\n\n".join(filter(None, parts))


def _text(text: str) -> str:
    """Text that stays text: an invisible joiner keeps the name of an emoji a name."""
    return escaped(_EMOJI.sub(":\u2060", text))
