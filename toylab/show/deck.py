"""Deck: slides as plain data, before any program's format.

What a slide says is text and never markup: each writer escapes it for its own format.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

# Told of each slide as it is begun: its title.
Begun = Callable[[str], object]
# Where a .pptx says how it was made; here, since it is read without python-pptx too.
TOLD_PART = "customXml/item1.xml"
_BLANK_LINE = re.compile(r"\n\s*\n")


class Picture(Protocol):
    """A picture that fills a slide and stands still.

    Attributes:
        name: For its file: letters, digits and hyphens.
        alt: What it shows, for those who cannot see it.
    """

    name: str
    alt: str

    def save(self, path: Path) -> None:
        """Write it as .png."""
        ...


class Moving(Picture, Protocol):
    """A film that fills a slide."""

    def save(self, path: Path) -> None:
        """Write it; the ending picks the format, and .png is its last frame."""
        ...

    def frames(self, folder: Path, most: int) -> tuple[int, float]:
        """Write at most so many numbered frames; return their number and how many a second."""
        ...


class Linking(Picture, Protocol):
    """A picture that tells a phone where to go.

    Attributes:
        url: Where it leads.
    """

    url: str


@dataclass(frozen=True)
class Slide:
    """One slide. Whoever wrote its words, they are kept as `plain` text.

    Attributes:
        title: One line.
        lesson: One sentence below the title.
        film: What fills it,
        figure: or this,
        points: or these.
        live: The page that stands in the film's place where the program shows pages.
        link: Leads to such a page, where the program shows none.
        footer: One quiet line at the foot: what differs from the base.
        notes: Paragraphs for the speaker; a blank line in one parts it.
        handout: Whether it is printed and not shown.
    """

    title: str
    lesson: str = ""
    film: Moving | None = None
    figure: Picture | None = None
    points: tuple[str, ...] = ()
    live: Picture | None = None
    link: Linking | None = None
    footer: str = ""
    notes: tuple[str, ...] = ()
    handout: bool = False

    def __post_init__(self) -> None:
        """Make all words plain, here and once: each writer relies on it."""
        notes = [part for note in self.notes for part in _BLANK_LINE.split(note)]
        _set(self, title=plain(self.title), lesson=plain(self.lesson), footer=plain(self.footer))
        _set(self, points=_plain_ones(self.points), notes=_plain_ones(notes))


@dataclass(frozen=True)
class Deck:
    """A talk.

    Attributes:
        title: Of the talk.
        subtitle: Below it.
        slides: In order.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        provenance: How it was made.
        video: Whether films are videos rather than GIFs.
    """

    title: str
    subtitle: str
    slides: tuple[Slide, ...]
    theme: str = "light"
    lang: str = "en"
    provenance: dict[str, str] = field(default_factory=dict)
    video: bool = False

    def __post_init__(self) -> None:
        """Make all words plain, as a slide's are."""
        _set(self, title=plain(self.title), subtitle=plain(self.subtitle))

    def handouts_last(self, begun: Begun) -> Iterator[Slide]:
        """The slides, those for the handout after all others: for programs that hide none."""
        for slide in sorted(self.slides, key=lambda slide: slide.handout):
            begun(slide.title)
            yield slide


def plain(text: str) -> str:
    """Text on one line, without characters that a file of XML or TeX cannot hold."""
    kept = "".join(c for c in text if c.isprintable() or c.isspace())
    return " ".join(kept.split())


def _plain_ones(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(filter(None, map(plain, texts)))


def _set(frozen: object, **words: object) -> None:
    for key, value in words.items():
        object.__setattr__(frozen, key, value)


def stem(text: str, taken: set[str]) -> str:
    """A file's stem that every program can read, and that nobody has taken yet; it is then taken."""
    base = re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")[:60] or "slide"
    name, number = base, 2
    while name in taken:
        name, number = f"{base}-{number}", number + 1
    taken.add(name)
    return name
