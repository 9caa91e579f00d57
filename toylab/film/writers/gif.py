"""GIF: one palette, no dither, and of each frame only what changed."""

from __future__ import annotations

import contextlib
import struct
import tempfile
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from toylab.film.writers.blocks import BlockFile
from toylab.film.writers.palette import SAME, Palette, packed
from toylab.film.writers.writer import Pixels, Reel


class GifEncoder:
    """Turns frames into a GIF's blocks.

    Args:
        palette: Of all frames.
        height: Pixels.
        width: Pixels.
    """

    def __init__(self, palette: Palette, height: int, width: int) -> None:
        self._palette = palette
        # Made once: fresh memory for each frame costs more in page faults than the work done in it.
        self._before = np.zeros((height, width), dtype=np.uint32)
        self._differs = np.zeros((height, width), dtype=bool)
        self._part = np.zeros((height, width), dtype=np.uint8)
        # A real file: into one of these Pillow compresses without holding Python's lock, so that the
        # next frame is drawn meanwhile. Into memory it holds the lock.
        self._scratch = tempfile.TemporaryFile()

    def close(self) -> None:
        """Drop the scratch file."""
        self._scratch.close()

    def see(self, frame: Pixels) -> None:
        """Take a frame as the one before."""
        self._before[:] = packed(frame)
        # The other process goes on with its own; a file handed down shares its position.
        self._scratch.close()
        self._scratch = tempfile.TemporaryFile()

    def encode(self, k: int, frame: Pixels, duration: int) -> bytes:
        """Blocks of frame k."""
        now = packed(frame)
        # The first frame differs everywhere: an opaque pixel is never the zero it is compared with.
        differs = np.not_equal(now, self._before, out=self._differs)
        self._part.fill(SAME)
        # By the mask itself: places as numbers take twice as long.
        self._part[differs] = self._palette.indices(now[differs])
        self._before[:] = now
        rows, columns = (np.flatnonzero(differs.any(axis=axis)) for axis in (1, 0))
        # A frame like the one before is one pixel that says "as before": its time must pass.
        (top, bottom), (left, right) = (
            (int(at[0]), int(at[-1]) + 1) if at.size else (0, 1) for at in (rows, columns)
        )
        return self._image(self._part[top:bottom, left:right], (left, top), duration)

    def _image(self, indices: NDArray[np.uint8], at: tuple[int, int], duration: int) -> bytes:
        height, width = indices.shape
        return b"".join(
            [
                # 0x05: leave the frame standing, and one colour is transparent.
                b"!\xf9\x04" + struct.pack("<BHBB", 0x05, duration, SAME, 0),
                b"," + struct.pack("<HHHHB", *at, width, height, 0),
                self._compressed(indices),
            ]
        )

    def _compressed(self, indices: NDArray[np.uint8]) -> bytes:
        """LZW data of an image as GIF wants it: code size, blocks, end."""
        file = self._scratch
        file.seek(0)
        file.truncate()
        # As a grey image, which Pillow writes with its values as they are.
        Image.fromarray(indices).save(file, "GIF", optimize=False, interlace=0)
        file.seek(0)
        data = file.read()
        # Header 13, table 768, then extensions until the image descriptor of 10; a ";" ends the file.
        at = 13 + 3 * 256
        while data[at : at + 1] == b"!":
            at += 2
            while data[at]:
                at += data[at] + 1
            at += 1
        return data[at + 10 : -1]


@contextlib.contextmanager
def gif(path: Path, reel: Reel) -> Iterator[BlockFile]:
    """Open a GIF that loops for ever."""
    palette = Palette(list(reel.early.values()))
    with (
        # First: it holds a file from the start, which must be closed if the next cannot be opened.
        contextlib.closing(GifEncoder(palette, *reel.size)) as encoder,
        path.open("wb") as file,
        tempfile.TemporaryFile(buffering=0) as apart,
    ):
        file.write(_header(*reel.size, palette, reel.told.encode()))
        yield BlockFile(file, apart, encoder)
        file.write(b";")


def comment_of(path: Path) -> str:
    """The comment of a GIF."""
    with Image.open(path, formats=["GIF"]) as image:
        return bytes(image.info["comment"]).decode()


def _header(height: int, width: int, palette: Palette, comment: bytes) -> bytes:
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(palette.colours)] = palette.colours
    blocks = b"".join(
        bytes([len(part)]) + part
        for part in (comment[i : i + 255] for i in range(0, len(comment), 255))
    )
    return b"".join(
        [
            b"GIF89a",
            # 0xF7: a global table of 256 colours, 8 bits each.
            struct.pack("<HHBBB", width, height, 0xF7, 0, 0),
            table.tobytes(),
            b"!\xff\x0bNETSCAPE2.0\x03\x01\x00\x00\x00",  # loop for ever
            b"!\xfe" + blocks + b"\x00",
        ]
    )
