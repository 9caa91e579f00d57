"""Stills: one frame, or a contact sheet of key frames, as pixels (PNG) or vectors (PDF, SVG)."""

from __future__ import annotations

import contextlib
import importlib
import io
import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from matplotlib import rc_context, rcParams

from toylab.film.fonts import is_truetype
from toylab.film.writers.animated import KEYWORD
from toylab.film.writers.writer import Pixels, Reel


def vectors(fonts: Iterable[str]) -> dict[str, Any]:
    """What matplotlib is told before it writes a PDF or an SVG with words in these families."""
    # Journals refuse Type 3, matplotlib's own; 42 is TrueType. Outlines of PostScript's it would put where
    # TrueType's belong, which not every reader forgives: they stay Type 3.
    kind = 42 if all(map(is_truetype, fonts)) else 3
    # Names inside an SVG come from the hash of this salt: the same film, the same bytes.
    return {"svg.hashsalt": KEYWORD, "pdf.fonttype": kind}


def svg_words(as_text: bool) -> dict[str, Any]:
    """What matplotlib is told of the words in an SVG: text in named fonts, or shapes that need none."""
    return {"svg.fonttype": "none" if as_text else "path"}


class Still:
    """A file that needs no frames: it draws its own figure."""

    def add(self, k: int, frame: Pixels, duration: int) -> None:
        """Let the frame pass."""

    def resume(self, before: Pixels) -> None:
        """Nothing to go on with."""

    def join(self) -> None:
        """Nothing to take over."""


def still(
    kind: str, tell: Callable[[str], dict[str, Any]]
) -> Callable[[Path, Reel], AbstractContextManager[Still]]:
    """A writer of stills.

    Args:
        kind: matplotlib's name of the format.
        tell: From the provenance to the file's metadata.
    """

    @contextlib.contextmanager
    def open_(path: Path, reel: Reel) -> Iterator[Still]:
        yield Still()
        told: Any = vectors(rcParams["font.family"])
        with rc_context(told):
            if reel.still is None and kind in SHEETS:
                SHEETS[kind](path, reel, tell(reel.told))
                return
            figure, raw = reel.frames.figure(reel.still), io.BytesIO()
            figure.savefig(
                raw, format=kind, facecolor=figure.get_facecolor(), metadata=tell(reel.told)
            )
            path.write_bytes(raw.getvalue())

    return open_


def _pages(path: Path, reel: Reel, metadata: dict[str, Any]) -> None:
    """A PDF with a page a key frame: vectors, each page to be placed in a paper by itself."""
    # In memory first: on a full disk matplotlib ends a stream that is broken already, and says only that.
    raw = io.BytesIO()
    # Not before it is needed: with its fonts it takes a tenth of a second of every command that films.
    pdf = importlib.import_module("matplotlib.backends.backend_pdf")
    with pdf.PdfPages(raw, metadata=metadata) as pages:
        for k in reel.frames.key_frames:
            figure = reel.frames.figure(k)
            pages.savefig(figure, facecolor=figure.get_facecolor())
    path.write_bytes(raw.getvalue())


# Units of an SVG between frames, and how many stand in a row.
_GAP, _ACROSS = 20, 3


def _nested(path: Path, reel: Reel, metadata: dict[str, Any]) -> None:
    """An SVG of key frames side by side, each an SVG of its own inside."""
    ElementTree.register_namespace("", _SVG)
    ElementTree.register_namespace("xlink", "http://www.w3.org/1999/xlink")
    sheet = ElementTree.Element(f"{{{_SVG}}}svg")
    wide = high = 0.0
    for place, k in enumerate(reel.frames.key_frames):
        figure, text = reel.frames.figure(k), io.StringIO()
        # The first carries the description for all.
        told = metadata if place == 0 else {"Date": None, "Creator": None}
        figure.savefig(text, format="svg", facecolor=figure.get_facecolor(), metadata=told)
        frame = ElementTree.fromstring(text.getvalue())
        _number(frame, f"f{k}-")
        _, _, width, height = (float(n) for n in frame.attrib["viewBox"].split())
        row, column = divmod(place, _ACROSS)
        x, y = _GAP + column * (width + _GAP), _GAP + row * (height + _GAP)
        frame.attrib |= {
            "x": f"{x:g}",
            "y": f"{y:g}",
            "width": f"{width:g}",
            "height": f"{height:g}",
        }
        sheet.append(frame)
        wide, high = max(wide, x + width + _GAP), max(high, y + height + _GAP)
    sheet.attrib |= {"viewBox": f"0 0 {wide:g} {high:g}", "version": "1.1"}
    ElementTree.ElementTree(sheet).write(path, encoding="utf-8", xml_declaration=True)


def _number(frame: ElementTree.Element, by: str) -> None:
    """Tell a frame's shapes apart from other frames': each numbers them from the start."""
    for element in frame.iter():
        for key, value in element.attrib.items():
            if key == "id":
                element.attrib[key] = by + value
            elif key.endswith("href"):
                element.attrib[key] = re.sub(r"^#", f"#{by}", value)
            else:
                element.attrib[key] = value.replace("url(#", f"url(#{by}")


_SVG = "http://www.w3.org/2000/svg"
SHEETS: dict[str, Callable[[Path, Reel, dict[str, Any]], None]] = {"pdf": _pages, "svg": _nested}


def png_metadata(told: str) -> dict[str, Any]:
    """A PNG's text."""
    return {KEYWORD: told}


def pdf_metadata(told: str) -> dict[str, Any]:
    """A PDF's Info, without the time of writing."""
    return {"Creator": KEYWORD, "Keywords": told, "CreationDate": None, "ModDate": None}


def svg_metadata(told: str) -> dict[str, Any]:
    """An SVG's description, without the time of writing."""
    return {"Creator": KEYWORD, "Description": told, "Date": None}


def pdf_keywords_of(path: Path) -> str:
    """The keywords of a PDF that matplotlib wrote: its Info is not compressed.

    Raises:
        ValueError: If there are none.
    """
    found = re.search(rb"/Keywords \(((?:[^\\()]|\\.)*)\)", path.read_bytes(), re.DOTALL)
    if found is None:
        raise ValueError("no keywords")
    return re.sub(rb"\\(.)", rb"\1", found[1]).decode("ascii")


def svg_description_of(path: Path) -> str:
    """The description of an SVG.

    Raises:
        ValueError: If there is none.
    """
    for _, element in ElementTree.iterparse(path):
        if element.tag == "{http://purl.org/dc/elements/1.1/}description":
            return element.text or ""
    raise ValueError("no description")
