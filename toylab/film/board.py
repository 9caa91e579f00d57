"""The board: the figure of a film, with a header and a clock."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from toylab.film.counter import counter
from toylab.film.fonts import MONO, check_glyphs
from toylab.film.layout import COUNTER, LESSON_LINE, Box, Layout
from toylab.film.style import DPI, LABEL, STEP, Theme
from toylab.film.text import fitted, wrapped


class Board:
    """A figure on which things stand at units from the lower left.

    Args:
        layout: Its size, and where words stand.
        theme: Colours.
        fonts: Families, the first that has a character draws it.
    """

    def __init__(self, layout: Layout, theme: Theme, fonts: Sequence[str]) -> None:
        self.layout, self.theme, self.fonts = layout, theme, fonts
        size = layout.width / DPI, layout.height / DPI
        self.figure = Figure(figsize=size, dpi=layout.dpi, facecolor=theme.paper)
        self.canvas = FigureCanvasAgg(self.figure)

    def text(self, x: float, y: float, words: str, size: float, colour: str, **style: Any) -> Text:
        """Write something.

        Args:
            x: Units from the left.
            y: Its baseline, units from below.
            words: What is written.
            size: Points.
            colour: Of the words.
            style: As matplotlib's `Text` takes it.
        """
        at = (x / self.layout.width, y / self.layout.height)
        return self.figure.text(
            *at, words, fontsize=size, color=colour, **{"va": "baseline", **style}
        )

    def axes(self, box: Box) -> Axes:
        """Empty axes in a box of units."""
        left, bottom, w, h = box
        width, height = self.layout.width, self.layout.height
        ax = self.figure.add_axes((left / width, bottom / height, w / width, h / height))
        ax.set_axis_off()
        return ax

    def header(self, title: str, lesson: str, name: str) -> int:
        """Write what stands above and below; return the lines that the lesson takes, 0 without a header.

        Args:
            title: In one line, smaller if need be.
            lesson: In as many lines as the layout allows.
            name: Small at the lower right.
        """
        layout, theme = self.layout, self.theme
        check_glyphs([title], self.fonts, bold=True)
        check_glyphs([lesson, name], self.fonts)
        lines: list[str] = []
        if layout.headed:
            # The step counter stands on the title's line.
            room, least = layout.right - layout.left - COUNTER, layout.lesson + 3
            title, size = fitted(title, room, layout.title, least, self.fonts, bold=True)
            self.text(layout.left, layout.title_at, title, size, theme.ink, fontweight="bold")
            room = layout.right - layout.left
            lines = wrapped(lesson, room, layout.lesson, self.fonts, most=layout.most_lesson)
        for i, words in enumerate(lines):
            self.text(
                layout.left, layout.lesson_at - LESSON_LINE * i, words, layout.lesson, theme.soft
            )
        room = min(520, layout.name_to - layout.left)
        name, size = fitted(name, room, LABEL, LABEL, self.fonts)
        self.text(layout.name_to, layout.key - 7, name, size, theme.soft, ha="right")
        return len(lines)

    def clock(self, step: str, marks: Sequence[float]) -> list[Artist]:
        """The step counter and the progress bar with its marks; return what moves.

        Args:
            step: The word before the number.
            marks: Where something happens, shares of the whole.
        """
        layout, theme = self.layout, self.theme
        place = layout.right / layout.width, layout.counter_at / layout.height
        self._word = step
        self._step = counter(self.figure, *place, "", fontsize=STEP, color=theme.ink, ha="right")
        self._step.set(fontfamily=[MONO, *self.fonts], zorder=20)
        self._progress = self._strip(0, 0, 5, theme.curves[0], 20)
        return [
            self._step,
            self._progress,
            *(self._strip(at - 0.002, 0.004, 9, theme.ink, 21) for at in marks),
        ]

    def _strip(self, left: float, width: float, units: float, colour: str, order: int) -> Rectangle:
        """A piece of the lower edge, so many units high."""
        strip = Rectangle((left, 0), width, units / self.layout.height, zorder=order)
        strip.set(transform=self.figure.transFigure, facecolor=colour, edgecolor="none")
        self.figure.add_artist(strip)
        return strip

    def tell_time(self, step: int, share: float) -> None:
        """Set the clock to a step, of all a share."""
        self._step.set_text(f"{self._word} {step}")
        self._progress.set_width(share)
