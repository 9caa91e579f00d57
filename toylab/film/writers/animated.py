"""Animated PNG and WebP without loss: of each frame only the changed rectangle, the rest seen through.

The containers are written here, a frame at a time: Pillow gathers all frames before it writes one.
"""

from __future__ import annotations

import contextlib
import io
import struct
import tempfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree
from xml.sax.saxutils import escape

import numpy as np
from PIL import Image

from toylab.film.writers.blocks import BlockFile
from toylab.film.writers.palette import packed
from toylab.film.writers.writer import Pixels, Reel

# The name under which a PNG's text and an XMP packet carry the provenance.
KEYWORD = "toylab"


class Changes:
    """What of a frame differs from the one before."""

    def __init__(self, height: int, width: int) -> None:
        # An opaque pixel is never this zero: the first frame differs everywhere.
        self._before = np.zeros((height, width), dtype=np.uint32)

    def see(self, frame: Pixels) -> None:
        """Take a frame as the one before."""
        self._before[:] = packed(frame)

    def of(self, frame: Pixels, even: bool = False) -> tuple[int, int, Pixels]:
        """Left, top and pixels of the changed rectangle, transparent where nothing changed.

        Args:
            frame: The next frame.
            even: Whether left and top must be even.
        """
        now = packed(frame)
        differs = now != self._before
        rows, columns = np.flatnonzero(differs.any(axis=1)), np.flatnonzero(differs.any(axis=0))
        if not rows.size:
            # One pixel seen through: its time must pass.
            return 0, 0, np.zeros((1, 1, 4), np.uint8)
        top, bottom, left, right = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
        if even:
            top, left = top - top % 2, left - left % 2
        box = np.s_[top:bottom, left:right]
        part = np.where(differs[box], now[box], np.uint32(0))
        self._before[:] = now
        return int(left), int(top), part.view(np.uint8).reshape(*part.shape, 4)


class ApngEncoder:
    """Turns frames into an animated PNG's chunks."""

    def __init__(self, height: int, width: int) -> None:
        self._changes = Changes(height, width)
        self.see = self._changes.see

    def encode(self, k: int, frame: Pixels, duration: int) -> bytes:
        """Chunks of frame k."""
        left, top, part = self._changes.of(frame)
        height, width = part.shape[:2]
        # Each frame but the first has two numbers: its control's and its data's.
        number = max(0, 2 * k - 1)
        # Left standing; the first is laid down as it is, the others over what stands.
        control = struct.pack(
            ">5I2H2B", number, width, height, left, top, duration, 100, 0, min(k, 1)
        )
        # Before each row the 0 of "no filter": flat colours pack best as they are.
        rows = np.zeros((height, 1 + 4 * width), dtype=np.uint8)
        rows[:, 1:] = part.reshape(height, -1)
        data = zlib.compress(rows.data, _DEFLATE)
        if k == 0:
            return chunk(b"fcTL", control) + chunk(b"IDAT", data)
        return chunk(b"fcTL", control) + chunk(b"fdAT", struct.pack(">I", number + 1) + data)


# Of 9: more takes twice the time for a twentieth of the size.
_DEFLATE = 6


def chunk(name: bytes, data: bytes) -> bytes:
    """A chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


@contextlib.contextmanager
def apng(path: Path, reel: Reel) -> Iterator[BlockFile]:
    """Open an animated PNG that loops for ever."""
    height, width = reel.size
    with path.open("wb") as file, tempfile.TemporaryFile(buffering=0) as apart:
        file.write(b"\x89PNG\r\n\x1a\n")
        file.write(chunk(b"IHDR", struct.pack(">2I5B", width, height, 8, 6, 0, 0, 0)))
        file.write(chunk(b"acTL", struct.pack(">2I", len(reel.frames), 0)))
        file.write(chunk(b"tEXt", KEYWORD.encode() + b"\0" + reel.told.encode()))
        yield BlockFile(file, apart, ApngEncoder(height, width))
        file.write(chunk(b"IEND", b""))


def png_text_of(path: Path) -> str:
    """The provenance in a PNG's text, moving or still."""
    with Image.open(path, formats=["PNG"]) as image:
        return image.info[KEYWORD]


class WebpEncoder:
    """Turns frames into an animated WebP's chunks."""

    def __init__(self, height: int, width: int) -> None:
        self._changes = Changes(height, width)
        self.see = self._changes.see

    def encode(self, k: int, frame: Pixels, duration: int) -> bytes:
        """Chunk of frame k."""
        left, top, part = self._changes.of(frame, even=True)
        height, width = part.shape[:2]
        single = io.BytesIO()
        # Method 1 of 6 and quality, which is effort here: what a film's half can wait for.
        Image.fromarray(part).save(single, "WEBP", lossless=True, quality=20, method=1)
        head = b"".join(
            number.to_bytes(3, "little")
            for number in (left // 2, top // 2, width - 1, height - 1, 10 * duration)
        )
        # 0: laid over what stands, left standing.
        return _riff(b"ANMF", head + b"\0" + _picture(single.getvalue()))


def _riff(name: bytes, data: bytes) -> bytes:
    return name + struct.pack("<I", len(data)) + data + b"\0" * (len(data) % 2)


def _picture(webp: bytes) -> bytes:
    """The chunks of a still WebP that make its picture."""
    at, chunks = 12, []
    while at < len(webp):
        (size,) = struct.unpack_from("<I", webp, at + 4)
        end = at + 8 + size + size % 2
        if webp[at : at + 4] in (b"VP8L", b"VP8 ", b"ALPH"):
            chunks.append(webp[at:end])
        at = end
    return b"".join(chunks)


@contextlib.contextmanager
def webp(path: Path, reel: Reel) -> Iterator[BlockFile]:
    """Open an animated WebP that loops for ever."""
    height, width = reel.size
    with path.open("wb") as file, tempfile.TemporaryFile(buffering=0) as apart:
        file.write(b"RIFF\0\0\0\0WEBP")
        # 0x16: transparency, XMP and animation follow.
        sides = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
        file.write(_riff(b"VP8X", b"\x16\0\0\0" + sides))
        file.write(_riff(b"ANIM", b"\xff\xff\xff\xff\0\0"))  # on white, for ever
        yield BlockFile(file, apart, WebpEncoder(height, width))
        file.write(_riff(b"XMP ", _XMP.format(escape(reel.told)).encode()))
        size = file.tell() - 8
        file.seek(4)
        file.write(struct.pack("<I", size))


_XMP = (
    '<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#">'
    '<rdf:Description xmlns:toylab="https://toylab.invalid/"><toylab:made>{}</toylab:made>'
    "</rdf:Description></rdf:RDF></x:xmpmeta>"
)


def xmp_of(path: Path) -> str:
    """The provenance in a WebP's XMP packet."""
    with Image.open(path, formats=["WEBP"]) as image:
        packet = ElementTree.fromstring(image.info["xmp"])
    return packet.findtext(".//{https://toylab.invalid/}made") or ""
