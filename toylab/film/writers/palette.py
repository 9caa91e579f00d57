"""One palette for a whole film."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import KDTree

from toylab.film.writers.writer import Pixels

# One index stays free for "as before"; in the table of lookups it says "not looked up yet".
N_COLOURS, SAME = 255, 255
# Bits a channel by which a colour is looked up: 64 levels, finer than 255 colours can tell.
_BITS = 6
# Of each frame so many pixels are looked at for what colours there are: a sixteenth of a slide's.
_SEEN = 57_600


class Palette:
    """One palette for a whole film, so that nothing flickers.

    Colours that fill much of the frames are kept exactly; the rest is shared out by median cut.

    Args:
        frames: Some frames that show what colours there are.
    """

    def __init__(self, frames: Sequence[Pixels]) -> None:
        # Every fourth pixel of every fourth row, others in each frame, so that eight frames show half of
        # what stands still.
        n = max(1, round((packed(frames[0]).size / _SEEN) ** 0.5))
        pixels = np.concatenate(
            [packed(frame)[k % n :: n, k // n % n :: n].ravel() for k, frame in enumerate(frames)]
        )
        colours, counts = np.unique(pixels, return_counts=True)
        # A flat: paper, a curve, a level of the surface, if only on the bar beside it, where each has a
        # four-thousandth of the pixels.
        flat = colours[np.argsort(-counts, kind="stable")][
            : int((counts > pixels.size / 8000).sum())
        ]
        flat = flat[: N_COLOURS // 2]
        rest = np.setdiff1d(colours, flat)
        entries = [_unpacked(flat)]
        if rest.size:
            share = np.sqrt(counts[np.isin(colours, rest)])
            # The root gives edges and rare colours a voice beside the flats; 200,000 votes suffice.
            votes = np.ceil(share * (200_000 / share.sum())).astype(int)
            ballot = Image.fromarray(np.repeat(_unpacked(rest), votes, axis=0)[None])
            cut = ballot.quantize(N_COLOURS - len(flat), method=Image.Quantize.MEDIANCUT)
            shared = np.asarray(cut.getpalette(), dtype=np.uint8).reshape(-1, 3)
            entries.append(shared[: N_COLOURS - len(flat)])
        self.colours = np.concatenate(entries)  # [<= 255, 3]
        self._tree = KDTree(self.colours.astype(np.float64))
        self._cells = np.full(1 << (3 * _BITS), SAME, dtype=np.uint8)
        # An exact colour owns its cell, so that a flat comes out as it went in.
        owned = _cell(flat[::-1])
        self._cells[owned] = np.arange(len(flat), dtype=np.uint8)[::-1]

    def indices(self, packed: NDArray[np.uint32]) -> NDArray[np.uint8]:
        """Nearest colour of each packed pixel [...], [...]."""
        cell = _cell(packed)
        found = self._cells.take(cell)
        if found.max(initial=0) == SAME:
            new = np.unique(cell[found == SAME])
            # The middle of the cell stands for it, so that the order of frames does not matter.
            shift = (new[:, None] >> np.array([0, _BITS, 2 * _BITS])) & ((1 << _BITS) - 1)
            middle = (shift + 0.5) * (256 >> _BITS) - 0.5
            self._cells[new] = self._tree.query(middle)[1]
            found = self._cells.take(cell)
        return found


def packed(frame: Pixels) -> NDArray[np.uint32]:
    """Red (lowest byte), green and blue of an opaque frame in one number, [height, width]."""
    return np.ascontiguousarray(frame).view("<u4")[..., 0]


def _unpacked(packed: NDArray[np.uint32]) -> NDArray[np.uint8]:
    return packed.astype("<u4")[:, None].view(np.uint8)[:, :3]


def _cell(packed: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Position of a colour in the lookup table: the upper bits of each channel, red lowest."""
    low, cell = 8 - _BITS, np.zeros_like(packed)
    for channel in range(3):
        # In place: fresh memory costs more than the shift.
        part = packed >> ((channel + 1) * low)
        part &= ((1 << _BITS) - 1) << (channel * _BITS)
        cell |= part
    return cell
