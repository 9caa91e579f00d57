"""Writers: one per file ending. All write whole files or none, and all say where the film came from.

A writer takes frames as they are asked for and keeps none, so memory does not grow with their number.
"""

from __future__ import annotations

import io
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree

from toylab.errors import ToylabError, unknown
from toylab.files import whole
from toylab.trace import Trace

Frame = NDArray[np.uint8]  # [height, width, 4], opaque RGBA


class Frames(Protocol):
    """What a writer needs of a film."""

    def __len__(self) -> int:
        """Number of frames."""
        ...

    def draw(self, frame: int) -> Frame:
        """One frame, opaque RGBA, uint8, [height, width, 4]."""
        ...


@dataclass(frozen=True)
class Timing:
    """How long each frame stands, hundredths of a second: a GIF knows no finer time.

    Attributes:
        frame: For each frame but the first and the last.
        first: Hold on the first.
        last: Hold on the last.
    """

    frame: int = 5
    first: int = 60
    last: int = 200

    @classmethod
    def moving(cls, seconds: float, n: int) -> Timing:
        """Timing of n frames that move for so many seconds, holds not counted."""
        # Below 2 hundredths viewers slow down to 10: fewer frames a second is what they can show.
        return cls(frame=max(2, round(100 * seconds / max(1, n - 2))))

    def durations(self, n: int) -> list[int]:
        """Hundredths of a second for each of n frames."""
        if n == 1:
            return [self.last]
        return [self.first, *[self.frame] * (n - 2), self.last]


Writer = Callable[[Frames, Path, Timing, dict[str, str]], None]

# One index stays free for "as before".
_COLOURS, _SAME = 255, 255
# Bits a channel by which a colour is looked up: 64 levels, finer than 255 colours can tell.
_BITS = 6


class Palette:
    """One palette for a whole film, so that nothing flickers.

    Colours that fill much of the frames are kept exactly; the rest is shared out by median cut.

    Args:
        frames: Some frames that show what colours there are.
    """

    def __init__(self, frames: Sequence[Frame]) -> None:
        packed = np.concatenate([_packed(frame).ravel() for frame in frames])
        colours, counts = np.unique(packed, return_counts=True)
        # A colour with a thousandth of all pixels is a flat: paper, a level of the surface, a curve.
        flat = colours[np.argsort(-counts, kind="stable")][
            : int((counts > packed.size / 2000).sum())
        ]
        flat = flat[: _COLOURS // 2]
        rest = np.setdiff1d(colours, flat)
        entries = [_unpacked(flat)]
        if rest.size:
            share = np.sqrt(counts[np.isin(colours, rest)])
            # The root gives edges and rare colours a voice beside the flats; 200,000 votes suffice.
            votes = np.ceil(share * (200_000 / share.sum())).astype(int)
            ballot = Image.fromarray(np.repeat(_unpacked(rest), votes, axis=0)[None])
            cut = ballot.quantize(_COLOURS - len(flat), method=Image.Quantize.MEDIANCUT)
            shared = np.asarray(cut.getpalette(), dtype=np.uint8).reshape(-1, 3)
            entries.append(shared[: _COLOURS - len(flat)])
        self.colours = np.concatenate(entries)  # [<= 255, 3]
        self._tree = KDTree(self.colours.astype(np.float64))
        self._cells = np.full(1 << (3 * _BITS), -1, dtype=np.int16)
        # An exact colour owns its cell, so that a flat comes out as it went in.
        owned = _cell(flat[::-1])
        self._cells[owned] = np.arange(len(flat), dtype=np.int16)[::-1]

    def indices(self, packed: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """Nearest colour of each packed pixel; any shape."""
        cell = _cell(packed)
        found = self._cells[cell]
        if found.min(initial=0) < 0:
            new = np.unique(cell[found < 0])
            # The middle of the cell stands for it, so that the order of frames does not matter.
            shift = (new[:, None] >> np.array([0, _BITS, 2 * _BITS])) & ((1 << _BITS) - 1)
            middle = (shift + 0.5) * (256 >> _BITS) - 0.5
            self._cells[new] = self._tree.query(middle)[1]
            found = self._cells[cell]
        return found.astype(np.uint8)


def _packed(frame: Frame) -> NDArray[np.uint32]:
    """Red (lowest byte), green and blue of an opaque frame in one number, [height, width]."""
    return np.ascontiguousarray(frame).view("<u4")[..., 0]


def _unpacked(packed: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return packed.astype("<u4")[:, None].view(np.uint8)[:, :3]


def _cell(packed: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Position of a colour in the lookup table: the upper bits of each channel, red lowest."""
    mask = np.uint32((1 << _BITS) - 1)
    red = (packed >> (8 - _BITS)) & mask
    green = (packed >> (16 - 2 * _BITS)) & (mask << _BITS)
    blue = (packed >> (24 - 3 * _BITS)) & (mask << (2 * _BITS))
    return (red | green | blue).astype(np.uint32, copy=False)


def _compressed(indices: NDArray[np.uint8]) -> bytes:
    """LZW data of an image as GIF wants it: code size, blocks, end."""
    buffer = io.BytesIO()
    # Pillow's encoder; as a grey image, which it writes with its values as they are.
    Image.fromarray(indices).save(buffer, "GIF", optimize=False, interlace=0)
    data = buffer.getvalue()
    # Header 13, table 768, then extensions until the image descriptor of 10.
    at = 13 + 3 * 256
    while data[at : at + 1] == b"!":
        at += 2
        while data[at]:
            at += data[at] + 1
        at += 1
    return data[at + 10 : -1]


def gif(frames: Frames, path: Path, timing: Timing, provenance: dict[str, str]) -> None:
    """Write a looping GIF with one palette, no dither, and only what changed in each frame."""
    n = len(frames)
    durations = timing.durations(n)
    # A dozen frames over the film show all its colours.
    palette = Palette([frames.draw(k) for k in np.unique(np.linspace(0, n - 1, 12).astype(int))])
    with path.open("wb") as file:
        before, shown = np.zeros((0, 0), np.uint32), np.zeros((0, 0), np.uint8)
        for k in range(n):
            now = _packed(frames.draw(k))
            if k == 0:
                height, width = now.shape
                file.write(_gif_header(width, height, palette, provenance))
                shown = palette.indices(now)
                _gif_frame(file, shown, (0, 0), durations[k])
            else:
                rows, columns = np.nonzero(now != before)
                new = palette.indices(now[rows, columns])
                really = new != shown[rows, columns]
                rows, columns, new = rows[really], columns[really], new[really]
                shown[rows, columns] = new
                # A frame like the one before is one pixel that repeats itself: the time must pass.
                top, bottom = (rows.min(), rows.max()) if rows.size else (0, 0)
                left, right = (columns.min(), columns.max()) if rows.size else (0, 0)
                part = np.full((bottom - top + 1, right - left + 1), _SAME, dtype=np.uint8)
                part[rows - top, columns - left] = new
                _gif_frame(file, part, (int(left), int(top)), durations[k])
            before = now
        file.write(b";")


def _gif_header(width: int, height: int, palette: Palette, provenance: dict[str, str]) -> bytes:
    table = np.zeros((256, 3), dtype=np.uint8)
    table[: len(palette.colours)] = palette.colours
    comment = json.dumps(provenance, sort_keys=True).encode()
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


def _gif_frame(
    file: io.BufferedWriter, indices: NDArray[np.uint8], at: tuple[int, int], duration: int
) -> None:
    height, width = indices.shape
    # 0x05: leave the frame standing, and one colour is transparent.
    file.write(b"!\xf9\x04" + struct.pack("<BHBB", 0x05, duration, _SAME, 0))
    file.write(b"," + struct.pack("<HHHHB", *at, width, height, 0))
    file.write(_compressed(indices))


WRITERS: dict[str, Writer] = {
    ".gif": gif,
}


def writer_for(path: Path) -> Writer:
    """Find the writer of a file's ending.

    Raises:
        ToylabError: If there is none.
    """
    ending = path.suffix.lower()
    if ending not in WRITERS:
        raise ToylabError(unknown(f"{path}: ending", ending, WRITERS))
    return WRITERS[ending]


def write(
    frames: Frames, paths: Sequence[Path], timing: Timing, provenance: dict[str, str]
) -> None:
    """Write a film to each path; every ending is checked before the first frame is drawn.

    Raises:
        ToylabError: If an ending is unknown or a file cannot be written.
    """
    chosen = [(writer_for(path), path) for path in paths]
    for writer, path in chosen:
        with whole(path) as part:
            writer(frames, part, timing, provenance)


def provenance_of(path: Path) -> dict[str, str]:
    """Read back what a file says of its making.

    Raises:
        ToylabError: If the file is missing or toylab did not make it.
    """
    if not path.is_file():
        raise ToylabError(f"{path}: no such file. Expected a film or a trace that toylab wrote.")
    with path.open("rb") as file:
        start = file.read(4)
    if start == b"PK\x03\x04":
        trace = Trace.load(path)
        seeds = ", ".join(str(seed) for seed in trace.seeds[:16])
        more = ", ..." if len(trace.seeds) > 16 else ""
        return {**trace.provenance, "seeds": seeds + more, "settings": trace.settings_text}
    try:
        with Image.open(path) as image:
            told = json.loads(image.info["comment"])
        if not isinstance(told, dict):
            raise ValueError
    # Pillow raises many kinds for a damaged image; json and a missing comment add theirs.
    except Exception as error:
        raise ToylabError(
            f"{path} does not say how it was made. Expected a film or a trace that toylab wrote."
        ) from error
    return {str(key): str(value) for key, value in told.items()}
