"""Slides: a writer of decks per file ending."""

from __future__ import annotations

import importlib
import json
import re
import zipfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from toylab.base.errors import ToylabError
from toylab.base.extras import expect_extra
from toylab.base.files import expect_apart, expect_file, expect_folder, whole
from toylab.base.foreign import at_home
from toylab.film.writers.endings import unknown_ending
from toylab.show.assets import NO_TEXT, OURS, Assets, filled, folder_of, is_ours, record_of
from toylab.show.beamer import UNREADABLE, beamer
from toylab.show.deck import TOLD_PART, Begun, Deck
from toylab.show.live_link import address_of
from toylab.show.markdown import marp, quarto

# Makes a deck's text and fills its folder.
Text = Callable[[Deck, Assets, Begun], str]
# A deck's provenance is some kilobytes; a damaged file may say that it unpacks to anything.
_MOST_TOLD = 16_000_000


@dataclass(frozen=True)
class Program:
    """A row of the table of decks.

    Attributes:
        name: Of the program that shows it.
        text: Makes the text and fills the folder of assets; None for a file that holds everything.
        films: What a film is in it.
        linked: Whether its slides may lead to a live lab; a program that is not shows the lab itself.
        unreadable: What it cannot read in a file's name, since its films lie in a folder of that name.
    """

    name: str
    text: Text | None
    films: str
    linked: bool = True
    unreadable: re.Pattern[str] | None = None


DECKS: dict[str, Program] = {
    ".pptx": Program("PowerPoint", None, "GIFs, or videos"),
    ".qmd": Program("Quarto", quarto, "the player", linked=False, unreadable=NO_TEXT),
    ".tex": Program("Beamer", beamer, "numbered frames", unreadable=UNREADABLE),
    ".md": Program("Marp", marp, "GIFs", unreadable=NO_TEXT),
}


def check(outputs: Sequence[Path], video: bool = False, live: bool = False, link: str = "") -> None:
    """Check that decks can be written, before anything is trained.

    Args:
        outputs: Files to write.
        video: Whether films are videos.
        live: Whether slides show the live lab.
        link: Address of a hosted lab to which slides lead; empty for none.

    Raises:
        ToylabError: If an ending is unknown, a package is missing, something is asked that no output can
            do, or a program could not read a name.
    """
    if not outputs:
        raise ToylabError(f"slides writes nothing without -o. Give talk{' or talk'.join(DECKS)}.")
    for path in outputs:
        row = DECKS.get(path.suffix.lower())
        if row is None:
            raise ToylabError(unknown_ending(path, DECKS))
        if video and row.text is not None:
            raise ToylabError(f"--video is for .pptx: in {path} films are {row.films}.")
        strange = row.unreadable.search(path.stem) if row.unreadable else None
        if strange is not None:
            raise ToylabError(
                f"{path}: {row.name} reads no pictures beside a file with {strange[0]!r} in its name. "
                "Use letters, digits, single spaces, - and _."
            )
        if row.text is None:
            expect_extra("pptx", "slides", f"write {path}", "write .qmd, .tex or .md")
        if video:
            expect_extra("av", "video", f"write {path}", "leave --video out")
    rows = [DECKS[path.suffix.lower()] for path in outputs]
    if live and all(row.linked for row in rows):
        raise ToylabError(
            "--live is for .qmd: no other deck shows a page. Give --link URL for a code that leads to one."
        )
    if link:
        if not any(row.linked for row in rows):
            raise ToylabError(
                "--link is for .pptx, .tex and .md: give --live, and a .qmd shows the lab itself."
            )
        address_of(link, "")
        expect_extra("segno", "slides", "draw the codes of --link", "leave --link out")
    expect_apart(outputs)
    for path in outputs:
        expect_file(path)
        if DECKS[path.suffix.lower()].text is not None:
            expect_folder(folder_of(path), is_ours, OURS)


def write(deck: Deck, path: Path, begun: Begun = lambda title: None) -> None:
    """Write a deck; the ending picks the program. A text comes with a folder of films beside it.

    Args:
        deck: The talk.
        path: File to write.
        begun: Told of each slide as it is begun.

    Raises:
        ToylabError: If it cannot be written.
    """
    check([path], deck.video)
    row = DECKS[path.suffix.lower()]
    if row.text is None:
        # Only now: the package may be missing.
        powerpoint = importlib.import_module("toylab.show.powerpoint")
        with whole(path) as part:
            powerpoint.write(deck, part, begun)
        return
    with whole(path) as part, filled(path, deck) as assets:
        part.write_text(row.text(deck, assets, begun), encoding="utf-8")


def provenance_in(path: Path) -> dict[str, str]:
    """Read back what a deck says of its making.

    Raises:
        ToylabError: If the file is missing or toylab did not make it.
    """
    path = at_home(path)
    if not path.is_file():
        raise ToylabError(f"{path}: no such file. Expected a deck that toylab wrote.")
    row = DECKS[path.suffix.lower()]
    try:
        text = record_of(path) if row.text else _told_in(path)
        return {str(key): str(value) for key, value in json.loads(text).items()}
    # A damaged file raises many kinds: of zip, of XML, of JSON.
    except Exception as error:
        raise ToylabError(
            f"{path} does not say how it was made. Expected a deck that toylab wrote, and beside a text "
            "its folder of films."
        ) from error


def _told_in(path: Path) -> str:
    """The provenance's JSON of a .pptx.

    Without python-pptx, which may be missing where a deck is only looked at. Python's own reader of XML
    fetches nothing, and stops where entities multiply.
    """
    with zipfile.ZipFile(path) as deck, deck.open(TOLD_PART) as part:
        return ElementTree.fromstring(part.read(_MOST_TOLD)).text or ""
