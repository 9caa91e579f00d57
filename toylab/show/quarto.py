"""Quarto: Markdown for Reveal.js, with the player in a frame."""

from __future__ import annotations

import html
import json
from pathlib import Path

from toylab.film.style import THEMES
from toylab.show.assets import Assets, address
from toylab.show.deck import Begun, Deck, Slide
from toylab.show.markdown import escaped

# No engine: nothing in a deck is code, whatever it looks like.
_HEAD = """\
---
title: {title}
subtitle: {subtitle}
lang: {lang}
engine: markdown
format:
  revealjs:
    width: 1280
    height: 720
    margin: 0
    center: false
    slide-number: true
    theme: [default, {theme}]
---
"""
_STYLE = """\
/*-- scss:defaults --*/
$body-bg: {paper};
$body-color: {ink};
$presentation-heading-color: {ink};
$presentation-font-size-root: 26px;
$presentation-h2-font-size: 1.5em;

/*-- scss:rules --*/
.reveal .slides section {{ padding: 18px 40px 0; }}
.reveal h2 {{ margin-bottom: 4px; }}
.reveal p {{ margin: 0 0 6px; color: {soft}; }}
.reveal iframe.film {{ width: 1200px; height: 530px; border: 0; max-width: none; }}
.reveal .foot p {{ font-size: 21px; color: {soft}; }}
"""


def write(deck: Deck, path: Path, assets: Assets, begun: Begun) -> None:
    """Write a deck as Markdown for Quarto.

    Args:
        deck: The talk.
        path: The text.
        assets: The folder for its films.
        begun: Told of each slide.
    """
    theme = THEMES[deck.theme]
    style = _STYLE.format(paper=theme.paper, ink=theme.ink, soft=theme.soft)
    (assets.folder / "toylab.scss").write_text(style, encoding="utf-8")
    head = _HEAD.format(
        title=_yaml(deck.title),
        subtitle=_yaml(deck.subtitle),
        lang="zh" if deck.lang == "zh" else "en",
        theme=_quoted(f"{assets.name}/toylab.scss"),
    )
    parts = []
    for slide in deck.handouts_last:
        begun(slide.title)
        parts.append(_slide(slide, assets))
    path.write_text(head + "\n" + "\n\n".join(parts) + "\n", encoding="utf-8")


def _slide(slide: Slide, assets: Assets) -> str:
    # Uncounted and not hidden: what Quarto hides is not printed either.
    mark = ' {visibility="uncounted"}' if slide.handout else ""
    parts = [f"## {escaped(slide.title)}{mark}", escaped(slide.lesson)]
    parts.append("\n".join(f"- {escaped(point)}" for point in slide.points))
    if slide.film is not None:
        link = address(assets.put(slide.film, ".html"))
        # The player is sealed from the deck's page; it only asks to fill the screen.
        frame = (
            f'<iframe class="film" data-src="{link}" title="{html.escape(slide.film.alt)}" '
            'sandbox="allow-scripts" allow="fullscreen"></iframe>'
        )
        parts.append(f"```{{=html}}\n{frame}\n```")
    if slide.figure is not None:
        link = address(assets.put(slide.figure, ".png"))
        parts.append(f'![]({link}){{fig-alt="{_attribute(slide.figure.alt)}" width="1200"}}')
    if slide.footer:
        parts.append(f"::: {{.foot}}\n{escaped(slide.footer)}\n:::")
    if slide.notes:
        notes = "\n\n".join(map(escaped, slide.notes))
        parts.append(f"::: {{.notes}}\n{notes}\n:::")
    return "\n\n".join(filter(None, parts))


def _yaml(text: str) -> str:
    """A YAML string that holds Markdown, since Quarto reads titles as that."""
    return _quoted(escaped(text))


def _quoted(text: str) -> str:
    """A YAML string of just that text: what JSON writes is YAML."""
    return json.dumps(text, ensure_ascii=False)


def _attribute(text: str) -> str:
    """Text inside the quotes of one of Pandoc's attributes, where entities are read."""
    return (
        html.escape(text, quote=True)
        .replace("\\", "&#92;")
        .replace("{", "&#123;")
        .replace("}", "&#125;")
    )
