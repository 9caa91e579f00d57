"""Words that stand for many frames, rasterised once."""

from __future__ import annotations

from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.text import Text
from numpy.typing import NDArray


class Stamp(Text):
    """Text, with the plate behind it, that comes back in many frames.

    Laid out and rasterised anew, words on a plate take 2 ms, a third of a frame, measured. On pixels this
    one keeps what it drew for each of its words; vector renderers get plain text.
    """

    def __init__(self, *words: Any, **style: Any) -> None:
        super().__init__(*words, **style)
        self._made: dict[tuple[Any, ...], tuple[int, int, NDArray[np.uint8]]] = {}

    def draw(self, renderer: RendererBase) -> None:
        """Lay down the picture of the present words."""
        if not isinstance(renderer, RendererAgg):
            super().draw(renderer)
            return
        if not self.get_text() or not self.get_visible():
            return
        key = (
            (renderer.width, renderer.height, renderer.dpi, self.get_text(), self.get_alpha()),
            (self.get_position(), self.get_fontsize(), self.get_color()),
        )
        if key not in self._made:
            self._made[key] = self._picture(renderer)
        left, bottom, pixels = self._made[key]
        context = renderer.new_gc()
        renderer.draw_image(context, left, bottom, pixels)
        context.restore()
        self.stale = False

    def _picture(self, renderer: RendererAgg) -> tuple[int, int, NDArray[np.uint8]]:
        """Left, bottom and pixels, lowest row first, of all that is drawn."""
        # A canvas of its own, as large: words are placed by the canvas's height.
        paper = RendererAgg(int(renderer.width), int(renderer.height), renderer.dpi)
        super().draw(paper)
        pixels = np.asarray(paper.buffer_rgba())[::-1]
        covered = pixels[..., 3] > 0
        rows, columns = (np.flatnonzero(covered.any(axis=axis)) for axis in (1, 0))
        if not rows.size:
            return 0, 0, np.zeros((1, 1, 4), np.uint8)
        left, bottom = int(columns[0]), int(rows[0])
        return left, bottom, pixels[bottom : rows[-1] + 1, left : columns[-1] + 1].copy()


def stamp(ax: Axes, x: float, y: float, words: str, **style: Any) -> Stamp:
    """Add a stamp to axes, as `Axes.text` adds text.

    Args:
        ax: Where it stands.
        x: Across, data units; `transform` in `style` gives others.
        y: Upwards, in the same units.
        words: At first; `Text.set_text` changes them.
        style: As `Text` takes it.
    """
    text = Stamp(x, y, words, **{"transform": ax.transData, "clip_on": False, **style})
    ax.add_artist(text)
    # As of all text there: the axes' edge does not cut it.
    text.set_clip_path(None)
    return text
