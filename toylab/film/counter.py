"""Words that change in every frame, put together from characters drawn once."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.colors import to_rgba
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray

# Pixels around a character for what leans out of its own width.
_AROUND = 4


class Counter(Text):
    """One line of text on its baseline, quick to change.

    Laying out and rasterising a line takes .6 ms, a tenth of a frame, measured. On pixels this one keeps
    each character's coverage and sets them side by side; vector renderers get plain text.
    """

    def __init__(self, *words: Any, **style: Any) -> None:
        super().__init__(*words, **style)
        self._made_for: tuple[Any, ...] = ()
        self._characters: dict[str, tuple[NDArray[np.uint8], float]] = {}

    def draw(self, renderer: RendererBase) -> None:
        """Set the characters side by side."""
        if not hasattr(renderer, "buffer_rgba") or self.get_bbox_patch() or self.get_rotation():
            super().draw(renderer)
            return
        words = self.get_text()
        if not words or not self.get_visible():
            return
        size = self.get_fontsize()
        key = (cast(RendererAgg, renderer).dpi, size, self.get_fontfamily(), self.get_fontweight())
        if key != self._made_for:
            self._made_for, self._characters = key, {}
        line = self._line(renderer, words)
        height, width = line.shape
        *colour, alpha = to_rgba(self.get_color())
        red, green, blue = (round(255 * float(channel)) for channel in colour)
        covered = line if alpha == 1 else np.round(alpha * line).astype(np.uint8)
        # All four channels in one number, alpha highest: a third of the time of one after another.
        pixels = covered.astype("<u4") << 24 | (red | green << 8 | blue << 16)
        x, y = self.get_transform().transform(self.get_position())
        shift = {"left": 0.0, "center": 0.5, "right": 1.0}[self.get_horizontalalignment()]
        left = round(x - shift * (width - 2 * _AROUND)) - _AROUND
        context = renderer.new_gc()
        # The baseline lies a third of the height up.
        # Renderers want the lowest row first.
        upwards = pixels.view(np.uint8).reshape(height, width, 4)[::-1]
        renderer.draw_image(context, left, round(y) - height // 3, upwards)
        context.restore()
        self.stale = False

    def _line(self, renderer: RendererBase, words: str) -> NDArray[np.uint8]:
        """Coverage of a whole line, [height, width]."""
        parts = [self._character(renderer, character) for character in words]
        ends = np.cumsum([0.0, *[advance for _, advance in parts]])
        width = round(float(ends[-1])) + 2 * _AROUND
        reach = max(
            round(start) + part.shape[1] for start, (part, _) in zip(ends, parts, strict=False)
        )
        line = np.zeros((len(parts[0][0]), max(width, reach)), dtype=np.uint8)
        for start, (part, _) in zip(ends, parts, strict=False):
            at = round(float(start))
            place = line[:, at : at + part.shape[1]]
            np.maximum(place, part, out=place)
        return line[:, :width]

    def _character(self, renderer: RendererBase, character: str) -> tuple[NDArray[np.uint8], float]:
        """Coverage of a character with room around it, and how far the next one stands off."""
        if character not in self._characters:
            dpi = cast(RendererAgg, renderer).dpi
            font = self.get_fontproperties()

            def width(words: str) -> float:
                return renderer.get_text_width_height_descent(words, font, False)[0]

            # Between two others, so that a space has a width as well.
            advance = width(f"0{character}0") - width("00")
            # One and a half times the size below and above hold any character of any script.
            unit = int(np.ceil(float(self.get_fontsize()) * dpi / 72))
            paper = RendererAgg(max(1, round(advance)) + 2 * _AROUND, 3 * unit, dpi)
            context = paper.new_gc()
            context.set_antialiased(self.get_antialiased())
            paper.draw_text(context, _AROUND, 2 * unit, character, font, 0)
            coverage = np.array(paper.buffer_rgba())[..., 3]
            self._characters[character] = (coverage, advance)
        return self._characters[character]


def counter(figure: Figure, x: float, y: float, words: str, **style: Any) -> Counter:
    """Add a counter to a figure.

    Args:
        figure: Where.
        x: Share of its width.
        y: Share of its height.
        words: What it says first.
        style: Properties of a text.
    """
    text = Counter(x, y, words, transform=figure.transFigure, **style)
    text.set_figure(figure)
    figure.texts.append(text)
    return text
