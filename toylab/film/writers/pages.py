"""Pages: the film as a player in one HTML file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from toylab.film.writers.stills import Still
from toylab.film.writers.writer import Reel

# What stands around the provenance in the player's template.
_BEFORE, _AFTER = '<script type="application/json" id="provenance">', "</script>"


@contextmanager
def page(path: Path, reel: Reel) -> Iterator[Still]:
    """Write the player; it opens on the frame that was asked for."""
    yield Still()
    path.write_text(reel.frames.page(reel.timing, reel.told, reel.still or 0), encoding="utf-8")


def provenance_in(path: Path) -> str:
    """The provenance's JSON.

    Raises:
        ValueError: If there is none.
    """
    _, found, rest = path.read_text(encoding="utf-8").partition(_BEFORE)
    if not found:
        raise ValueError("no provenance")
    return rest.partition(_AFTER)[0]
