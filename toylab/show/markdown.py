"""Decks in Markdown: for Quarto with the player in a frame, for Marp with the films as GIFs.

Text stays text, whatever stands in it.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable

from toylab.film.style import THEMES
from toylab.show.assets import Assets, address
from toylab.show.deck import Begun, Deck, Slide
from toylab.show.deck_words import DECK_WORDS, DeckWords

# All that Pandoc, Quarto or Marp could take for markup, wherever in a line it stands: braces for
# Quarto's shortcodes, @ for citations, & only for entities.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#$~^|@]|&(?=#?\w+;)|--|\.\.\.")
# What opens a list, a heading's rule or a block at the beginning of any line. Pandoc's lists count in
# letters and in Roman numerals too, and in brackets: "(a)", "ii.".
_OPENING = re.compile(
    r"^([ \t]*(?:\(?(?:\d+|\w|[ivxlcdm]+))?)([-+=.):%])(?=\s|[-+=:]|$)",
    re.MULTILINE | re.IGNORECASE,
)


def escaped(text: str) -> str:
    """Text as Markdown that shows just that text."""
    found = _SPECIAL.sub(lambda m: "".join(f"\\{c}" for c in m[0]), text)
    return _OPENING.sub(r"\g<1>\\\g<2>", found)


def _page(slide: Slide, words: Callable[[str], str], title: str, *rest: str) -> str:
    """What there is of a slide, a blank line between: its title, lesson and points, and what follows."""
    points = "\n".join(f"- {words(point)}" for point in slide.points)
    return "\n\n".join(filter(None, [title, words(slide.lesson), points, *rest]))


# --- Quarto, for Reveal.js ---

# No engine: nothing in a deck is code, whatever it looks like.
_QUARTO = """\
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
_SCSS = """\
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


def quarto(deck: Deck, assets: Assets, begun: Begun) -> str:
    """The text of a deck for Quarto.

    Args:
        deck: What it shows.
        assets: Where its films and pictures go.
        begun: Told of each slide before its film is made.
    """
    (assets.folder / "toylab.scss").write_text(
        _SCSS.format(**vars(THEMES[deck.theme])), encoding="utf-8"
    )
    head = _QUARTO.format(
        title=_quoted(escaped(deck.title)),
        subtitle=_quoted(escaped(deck.subtitle)),
        lang="zh" if deck.lang == "zh" else "en",
        theme=_quoted(f"{assets.name}/toylab.scss"),
    )
    pages = [_framed(slide, assets) for slide in deck.handouts_last(begun)]
    return head + "\n" + "\n\n".join(pages) + "\n"


def _framed(slide: Slide, assets: Assets) -> str:
    shown = foot = notes = ""
    page = slide.live or slide.film
    if page is not None:
        link = address(assets.put(page, ".html"))
        # Player and lab are sealed from the deck's page: they ask to fill the screen, and the lab to save.
        sealed = "allow-scripts" + " allow-downloads" * (page is slide.live)
        shown = (
            f'```{{=html}}\n<iframe class="film" data-src="{link}" title="{html.escape(page.alt)}" '
            f'sandbox="{sealed}" allow="fullscreen"></iframe>\n```'
        )
    elif slide.figure is not None:
        link = address(assets.put(slide.figure, ".png"))
        shown = f'![]({link}){{fig-alt="{_attribute(slide.figure.alt)}" width="1200"}}'
    if slide.footer:
        foot = f"::: {{.foot}}\n{escaped(slide.footer)}\n:::"
    if slide.notes:
        notes = "::: {.notes}\n" + "\n\n".join(map(escaped, slide.notes)) + "\n:::"
    # Uncounted and not hidden: what Quarto hides is not printed either.
    mark = ' {visibility="uncounted"}' if slide.handout else ""
    return _page(slide, escaped, f"## {escaped(slide.title)}{mark}", shown, foot, notes)


def _quoted(text: str) -> str:
    """A YAML string of just that text: what JSON writes is YAML."""
    return json.dumps(text, ensure_ascii=False)


def _attribute(text: str) -> str:
    """Text inside the quotes of one of Pandoc's attributes, where entities are read."""
    marks = {ord(c): f"&#{ord(c)};" for c in "\\{}"}
    return html.escape(text, quote=True).translate(marks)


# --- Marp, 4 or later ---

# Told where it is needed: without the flag a PDF shows broken pictures and says so only in passing.
_MARP = """\
---
# As a PDF or for PowerPoint: marp --allow-local-files THIS.md -o TALK.pdf
marp: true
size: 16:9
paginate: true
style: |
  section {{ background: {paper}; color: {ink}; padding: 28px 40px; font-size: 26px; }}
  section {{ justify-content: start; }}
  section h1 {{ color: {ink}; font-size: 39px; margin: 0 0 6px; }}
  section p {{ margin: 0 0 8px; color: {soft}; }}
  section img {{ width: 1200px; background: none; }}
  section small {{ color: {soft}; font-size: 21px; }}
  section a img {{ position: absolute; top: 20px; right: 32px; width: 104px; }}
  section.linked h1 {{ padding-right: 120px; }}
  section.title {{ justify-content: center; }}
---

<!-- _class: title -->

# {title}

{subtitle}
"""
# Marp makes pictures of these, and fetches them from the network.
_EMOJI = re.compile(r":(?=[\w+-]+:)")


def marp(deck: Deck, assets: Assets, begun: Begun) -> str:
    """The text of a deck for Marp.

    Args:
        deck: What it shows.
        assets: Where its films and pictures go.
        begun: Told of each slide before its film is made.
    """
    title, subtitle = _joined(deck.title), _joined(deck.subtitle)
    head = _MARP.format(title=title, subtitle=subtitle, **vars(THEMES[deck.theme]))
    said = DECK_WORDS[deck.lang]
    pages = [_shown(slide, assets, said) for slide in deck.handouts_last(begun)]
    return "\n---\n\n".join([head, *pages])


def _shown(slide: Slide, assets: Assets, said: DeckWords) -> str:
    shown = notes = leads = ""
    picture = slide.film or slide.figure
    if picture is not None:
        link = address(assets.put(picture, ".gif" if slide.film else ".png"))
        # Not ![...](...): Marp takes words of that description for commands, and drops what is escaped.
        shown = f'<img src="{link}" alt="{html.escape(picture.alt)}">'
    if slide.notes:
        # Every comment is a note unless it is a mapping or a list in YAML. A bare word on the first line
        # makes it neither: a key stands on one line with its colon.
        told = "\n\n".join(note.replace("--", "‐‐") for note in (said.notes, *slide.notes))
        notes = f"<!--\n{told}\n-->"
    title = f"# {_joined(slide.title)}"
    if slide.link is not None:
        code, to = assets.put(slide.link, ".png"), html.escape(slide.link.url)
        title = f"<!-- _class: linked -->\n\n{title}"
        code = f'<img src="{address(code)}" alt="{html.escape(slide.link.alt)}">'
        leads = f'<a href="{to}">{code}{said.open_live}</a>'
    return _page(slide, _joined, title, shown, _joined(slide.footer), leads, notes) + "\n"


def _joined(text: str) -> str:
    """Text that stays text: an invisible joiner keeps the name of an emoji a name."""
    return escaped(_EMOJI.sub(":\u2060", text))
