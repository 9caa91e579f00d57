"""Files made of blocks, one a frame, each told by its frame and the one before.

So the later half of a film can be made in another process and set after the first: the bytes are the
same as those of one process.
"""

from __future__ import annotations

import shutil
from typing import IO, Protocol

from toylab.film.writers.writer import Pixels


class Encoder(Protocol):
    """Turns frames into the blocks of one format."""

    def see(self, frame: Pixels) -> None:
        """Take a frame as the one before, without encoding it."""
        ...

    def encode(self, k: int, frame: Pixels, duration: int) -> bytes:
        """Blocks of frame k.

        Args:
            k: Counts up from 0.
            frame: RGBA, [height, width, 4].
            duration: How long it stands, hundredths of a second.
        """
        ...


class BlockFile:
    """A file to which each frame adds its blocks.

    Args:
        file: Open for writing, its header written.
        apart: A nameless file for the blocks of a second process: nobody has to remove it.
        encoder: Of the format.
    """

    def __init__(self, file: IO[bytes], apart: IO[bytes], encoder: Encoder) -> None:
        self._file, self._apart, self._encoder = file, apart, encoder

    def add(self, k: int, frame: Pixels, duration: int) -> None:
        """Write a frame's blocks."""
        data = memoryview(self._encoder.encode(k, frame, duration))
        # The file apart has no buffer and may take a part only.
        while data:
            data = data[self._file.write(data) :]

    def resume(self, before: Pixels) -> None:
        """Go on after a frame, into the file apart."""
        self._encoder.see(before)
        # Without a buffer: a process that ends by os._exit flushes nothing.
        self._file = self._apart

    def join(self) -> None:
        """Copy what the second process wrote."""
        self._apart.seek(0)
        shutil.copyfileobj(self._apart, self._file, 1 << 20)
