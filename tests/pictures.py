"""The words on a drawn frame, and whether they touch."""

from __future__ import annotations

from typing import Any

from matplotlib.text import Text
from matplotlib.transforms import BboxBase


def texts_of(film: Any) -> list[Text]:
    """All texts that say something."""
    inner = [text for ax in film._figure.axes for text in ax.texts]
    shown = [*inner, *film._figure.texts]
    return [text for text in shown if text.get_visible() and text.get_text().strip()]


def boxes_of(film: Any) -> list[tuple[str, BboxBase]]:
    """Each text and the box that it fills, pixels."""
    renderer = film._canvas.get_renderer()
    return [(text.get_text(), text.get_window_extent(renderer)) for text in texts_of(film)]


def check_apart(film: Any, one: float = -1, other: float = 0) -> None:
    """No two texts overlap, their boxes padded by so many pixels."""
    boxes = boxes_of(film)
    for i, (a, box) in enumerate(boxes):
        for b, beside in boxes[i + 1 :]:
            assert not box.padded(one).overlaps(beside.padded(other)), f"{a!r} overlaps {b!r}"
