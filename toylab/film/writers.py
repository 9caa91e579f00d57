"""Writers: one per file ending. All write whole files or none, and all say where the film came from.

A writer takes frames as they are asked for and keeps none, so memory does not grow with their number.
"""

from __future__ import annotations

import contextlib
import json
import struct
import sys
import tempfile
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree
from threadpoolctl import threadpool_limits

from toylab.errors import ToylabError, unknown
from toylab.files import whole
from toylab.trace import Trace

Frame = NDArray[np.uint8]  # [height, width, 4], opaque RGBA


class Frames(Protocol):
    """What a writer needs of a film."""

    def __len__(self) -> int:
        """Number of frames."""
        ...

    def draw(self, frame: int, into: Frame | None = None) -> Frame:
        """One frame, opaque RGBA, uint8, [height, width, 4]; drawn into an array if one is given."""
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
        # Every second pixel, on another diagonal in each frame: a quarter tells as much.
        packed = np.concatenate(
            [_packed(frame)[k % 2 :: 2, k // 2 % 2 :: 2].ravel() for k, frame in enumerate(frames)]
        )
        colours, counts = np.unique(packed, return_counts=True)
        # A flat: paper, a curve, a level of the surface, if only on the bar beside it, where each has a
        # four-thousandth of the pixels.
        flat = colours[np.argsort(-counts, kind="stable")][
            : int((counts > packed.size / 8000).sum())
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


def _cell(packed: NDArray[np.uint32]) -> NDArray[np.int32]:
    """Position of a colour in the lookup table: the upper bits of each channel, red lowest."""
    # Two looks into tables of 16 bits for eight shifts and masks: half the time, a third of the calls.
    halves = np.ascontiguousarray(packed).view("<u2").reshape(*packed.shape, 2)
    return _RED_GREEN[halves[..., 0]] + _BLUE[halves[..., 1]]


_HALF = np.arange(1 << 16)
_RED_GREEN = (((_HALF & 255) >> (8 - _BITS)) | ((_HALF >> (16 - _BITS)) << _BITS)).astype(np.int32)
_BLUE = (((_HALF & 255) >> (8 - _BITS)) << (2 * _BITS)).astype(np.int32)


class _GifEncoder:
    """Turns frames into a GIF's blocks: one palette, no dither, only what changed in each frame."""

    def __init__(self, palette: Palette, height: int, width: int) -> None:
        self._palette = palette
        # Made once: fresh memory for each frame costs more in page faults than the work done in it.
        self._before = np.zeros(height * width, dtype=np.uint32)
        self._differs = np.zeros(height * width, dtype=bool)
        self._shown = np.full(height * width, _SAME, dtype=np.uint8)
        self._part = np.zeros((height, width), dtype=np.uint8)
        # A real file: into one of these Pillow compresses without holding Python's lock, so that the
        # next frame is drawn meanwhile. Into memory it holds the lock.
        self._scratch = tempfile.TemporaryFile()

    def close(self) -> None:
        """Drop the scratch file."""
        self._scratch.close()

    def encode(self, frame: Frame, duration: int) -> bytes:
        """Blocks of the next frame."""
        now = _packed(frame).ravel()
        # The first frame differs everywhere: an opaque pixel is never the zero it is compared with.
        at = np.flatnonzero(np.not_equal(now, self._before, out=self._differs))
        new = self._palette.indices(now[at])
        self._before[:] = now
        seen = new != self._shown[at]
        at, new = at[seen], new[seen]
        self._shown[at] = new
        self._part.fill(_SAME)
        self._part.ravel()[at] = new
        width = self._part.shape[1]
        # A frame like the one before is one row that says "as before": its time must pass.
        top, bottom = (int(at[0]) // width, int(at[-1]) // width) if at.size else (0, 0)
        return self._image(self._part[top : bottom + 1], (0, top), duration)

    def _image(self, indices: NDArray[np.uint8], at: tuple[int, int], duration: int) -> bytes:
        height, width = indices.shape
        return b"".join(
            [
                # 0x05: leave the frame standing, and one colour is transparent.
                b"!\xf9\x04" + struct.pack("<BHBB", 0x05, duration, _SAME, 0),
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


# Frames that may wait for the encoder. Two keep both cores busy; more only hold memory.
_WAITING = 2


def gif(frames: Frames, path: Path, timing: Timing, provenance: dict[str, str]) -> None:
    """Write a looping GIF with one palette, drawing each frame while the one before is encoded."""
    n = len(frames)
    # A dozen frames over the film show all its colours; they are kept, so that none is drawn twice.
    early = {int(k): frames.draw(int(k)) for k in np.unique(np.linspace(0, n - 1, 12).astype(int))}
    palette = Palette(list(early.values()))
    height, width = early[0].shape[:2]
    encoder = _GifEncoder(palette, height, width)
    waiting: deque[Future[bytes]] = deque()
    buffers = [np.empty((height, width, 4), dtype=np.uint8) for _ in range(_WAITING + 1)]
    with (
        path.open("wb") as file,
        contextlib.closing(encoder),
        _quick_turns(),
        # The surface's small products gain nothing from a second core, and the encoder needs it.
        threadpool_limits(limits=1, user_api="blas"),
        # One worker: a frame is told by what differs from the one before.
        ThreadPoolExecutor(max_workers=1) as worker,
    ):
        file.write(_gif_header(width, height, palette, provenance))
        for k, duration in enumerate(timing.durations(n)):
            # In turn: by the time one is drawn into again, its encoding has been waited for.
            frame = early.pop(k) if k in early else frames.draw(k, into=buffers[k % len(buffers)])
            waiting.append(worker.submit(encoder.encode, frame, duration))
            if len(waiting) > _WAITING:
                file.write(waiting.popleft().result())
        while waiting:
            file.write(waiting.popleft().result())
        file.write(b";")


@contextlib.contextmanager
def _quick_turns() -> Iterator[None]:
    """Let two threads take turns 50 times as often as usual.

    The encoder needs Python's lock for moments between long calls without it; at the usual 5 ms a turn
    it would wait most of a frame for each of them.
    """
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-4)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


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
