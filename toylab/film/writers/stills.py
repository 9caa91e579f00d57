"""Stills: one frame, or a contact sheet of key frames, as pixels (PNG) or vectors (PDF, SVG)."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from matplotlib import rc_context

from toylab.film.writers.animated import KEYWORD
from toylab.film.writers.base import Frame, Reel


class Still:
    """A file that needs no frames: it draws its own figure."""

    def add(self, k: int, frame: Frame, duration: int) -> None:
        """Let the frame pass."""

    def resume(self, before: Frame) -> None:
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
        figure = reel.frames.figure(reel.still)
        # Names inside an SVG come from the hash of this salt: the same film, the same bytes.
        with rc_context({"svg.hashsalt": KEYWORD}):
            figure.savefig(
                path, format=kind, facecolor=figure.get_facecolor(), metadata=tell(reel.told)
            )

    return open_


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
    """The keywords of a PDF that matplotlib wrote: its Info is not compressed."""
    found = re.search(rb"/Keywords \(((?:[^\\()]|\\.)*)\)", path.read_bytes(), re.DOTALL)
    if found is None:
        raise ValueError("no keywords")
    return re.sub(rb"\\(.)", rb"\1", found[1]).decode("ascii")


def svg_description_of(path: Path) -> str:
    """The description of an SVG."""
    for _, element in ElementTree.iterparse(path):
        if element.tag == "{http://purl.org/dc/elements/1.1/}description":
            return element.text or ""
    raise ValueError("no description")
