"""Packing: arrays as bytes that a browser unpacks in a moment.

Whole numbers, each as its difference from the one before along the first axis, low bytes apart from
high ones: what hardly moves becomes zeros, which deflate all but drops.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from toylab.base.axes import Float, Int

# Steps across three widths of the stage: a tenth of a pixel of the film's.
STEPS = 16_383
# Stands for a place that is not there.
ABSENT = 65_535


class Pack:
    """Grows by arrays; each gets a note that says where it lies."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, numbers: Int, width: int = 2) -> dict[str, Any]:
        """Take whole numbers of one or two bytes; return the note, {"at", "shape", "width"}."""
        numbers = np.asarray(numbers, dtype=np.int64)
        difference = np.diff(numbers, axis=0, prepend=0 * numbers[:1]) if len(numbers) else numbers
        flat = (difference.ravel() % (1 << 8 * width)).astype(np.uint32)
        planes = [(flat >> 8 * k & 255).astype(np.uint8).tobytes() for k in range(width)]
        note = {"at": self._size, "shape": list(numbers.shape), "width": width}
        self._parts += planes
        self._size += width * flat.size
        return note

    def text(self) -> str:
        """All of it, deflated (zlib), as base64."""
        return base64.b64encode(zlib.compress(b"".join(self._parts), 9)).decode("ascii")


def placed(points: Float, extent: Sequence[float]) -> Int:
    """Places [..., 2] in a rectangle and one width around it as whole numbers; ABSENT where NaN."""
    low = np.array([extent[0], extent[2]])
    size = np.array([extent[1] - extent[0], extent[3] - extent[2]])
    share = ((np.asarray(points, dtype=float) - low) / size + 1) / 3
    known = np.isfinite(share).all(axis=-1, keepdims=True)
    return np.where(
        known, np.rint(np.clip(np.where(known, share, 0), 0, 1) * STEPS), ABSENT
    ).astype(int)
