"""A folder of numbered frames, for LaTeX and for other programs."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import imageio.v3 as iio

from toylab.base.foreign import is_litter
from toylab.film.writers.writer import Pixels, Reel

RECORD = "provenance.json"
# What such a folder holds, for messages.
FRAMES = "frames that toylab wrote"
_FRAME = re.compile(r"frame-\d+\.png")


class Folder:
    """A folder that is being filled."""

    def __init__(self, path: Path, n: int) -> None:
        # All names of one length: they sort as they play, and LaTeX's animate counts them.
        self._path, self._digits = path, max(4, len(str(n - 1)))

    def add(self, k: int, frame: Pixels, duration: int) -> None:
        """Write a frame to its own file."""
        name = f"frame-{k:0{self._digits}}.png"
        # Opened here: imageio may take a name for an address, or for a file in an archive.
        with (self._path / name).open("wb") as file:
            # 3 of 9: a third of the time of the usual 6, a tenth larger.
            iio.imwrite(file, frame[..., :3], plugin="pillow", extension=".png", compress_level=3)

    def resume(self, before: Pixels) -> None:
        """Frames do not lean on one another."""

    def join(self) -> None:
        """The second process wrote into the same folder."""


@contextlib.contextmanager
def folder(path: Path, reel: Reel) -> Iterator[Folder]:
    """Fill a folder that exists and is empty."""
    yield Folder(path, len(reel.frames))
    (path / RECORD).write_text(reel.told + "\n", encoding="ascii")


def record_of(path: Path) -> str:
    """What a folder of frames says of its making."""
    return (path / RECORD).read_text(encoding="ascii")


def is_ours(path: Path) -> bool:
    """Whether a folder holds frames and their record and nothing else, and so may be replaced.

    What a system leaves in any folder does not count.
    """
    names = {entry.name for entry in path.iterdir() if not is_litter(entry.name)}
    return not names or (
        RECORD in names and all(_FRAME.fullmatch(name) for name in names - {RECORD})
    )
