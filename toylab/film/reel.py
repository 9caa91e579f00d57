"""Reel: one figure, many frames, whatever is in them.

What stands still is drawn once. A frame puts that back and draws what moves over it (blitting); vector
output and tests draw the whole figure anew, and both give the same pixels.
"""

from __future__ import annotations

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrow
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from toylab.errors import ToylabError, unknown
from toylab.film.layers import Key, Layer
from toylab.film.style import DPI, FONTS, LABEL, THEMES, WORDS
from toylab.film.writers import Frame, Frames, Timing, write

# matplotlib's own defaults, whatever the user's matplotlibrc says: the same trace, the same bytes.
_STYLE: Any = {
    "font.family": FONTS,
    "text.usetex": False,
    "text.parse_math": False,  # a title with $ is text
    "axes.unicode_minus": True,
    "path.simplify": False,
    "path.sketch": None,
    "lines.antialiased": True,
    "patch.antialiased": True,
    "text.antialiased": True,
    "text.hinting": "force_autohint",
}


def check_theme(theme: str) -> None:
    """Check a theme's name.

    Raises:
        ToylabError: If it is unknown.
    """
    if theme not in THEMES:
        raise ToylabError(unknown("theme", theme, THEMES))


class Reel(ABC):
    """What all films share: a figure, frames, files."""

    _moving: list[Artist]

    @abstractmethod
    def __len__(self) -> int:
        """Number of frames."""

    @abstractmethod
    def _show(self, frame: int) -> None:
        """Set what moves to a frame."""

    @abstractmethod
    def _told(self) -> dict[str, str]:
        """Where the film comes from, for its files."""

    @property
    @abstractmethod
    def _seconds(self) -> float:
        """How long the film moves."""

    def _dress(self, theme: str, lang: str) -> None:
        """Choose colours and language.

        Raises:
            ToylabError: If either is unknown.
        """
        check_theme(theme)
        if lang not in WORDS:
            raise ToylabError(unknown("language", lang, WORDS))
        self._styled = False
        self._theme, self._words = THEMES[theme], WORDS[lang]

    def _unroll(self, width: int, height: int) -> None:
        """Open an empty figure of so many pixels."""
        size = (width / DPI, height / DPI)
        self._figure = Figure(figsize=size, dpi=DPI, facecolor=self._theme.paper)
        self._canvas = FigureCanvasAgg(self._figure)
        self._still: Any = None

    def draw(self, frame: int, into: Frame | None = None) -> Frame:
        """Draw one frame over the still background, opaque RGBA, uint8, [height, width, 4].

        Args:
            frame: Which snapshot.
            into: An array to draw into; a new one is made if none is given.
        """
        with self._style():
            canvas = self._canvas
            if self._still is None:
                for artist in self._moving:
                    artist.set_animated(True)
                canvas.draw()
                self._still = canvas.copy_from_bbox(self._figure.bbox)
            canvas.restore_region(self._still)
            self._show(frame)
            renderer = canvas.get_renderer()
            for artist in self._moving:
                artist.draw(renderer)
            frame_now = np.asarray(canvas.buffer_rgba())
            if into is None:
                return frame_now.copy()
            into[:] = frame_now
            return into

    def redraw(self, frame: int) -> Frame:
        """Draw one frame with nothing kept from another: slow, and the oracle of `draw`."""
        with self._style():
            for artist in self._moving:
                artist.set_animated(False)
            self._still = None
            self._show(frame)
            self._canvas.draw()
            return np.array(self._canvas.buffer_rgba())

    def save(
        self,
        *paths: str | Path,
        timing: Timing | None = None,
        command: str = "",
        watch: Callable[[Frames], Frames] = lambda frames: frames,
    ) -> None:
        """Write the film; each path's ending picks the writer.

        Args:
            paths: Files to write.
            timing: How long frames stand.
            command: What the user typed, for the file's provenance.
            watch: Wraps the frames; for showing progress.

        Raises:
            ToylabError: If an ending is unknown or a file cannot be written.
        """
        provenance = {**self._told(), "matplotlib": matplotlib.__version__}
        if command:
            provenance["film_command"] = command
        timing = timing or Timing.moving(self._seconds, len(self))
        with self._style():
            write(watch(self), [Path(path) for path in paths], timing, provenance)

    @contextlib.contextmanager
    def _style(self) -> Iterator[None]:
        """Our settings and nobody else's; entered once for a whole film, since entering costs."""
        if self._styled:
            yield
            return
        with rc_context(_STYLE):
            self._styled = True
            try:
                yield
            finally:
                self._styled = False

    def _text(self, x: float, y: float, words: str, size: float, colour: str, **style: Any) -> Text:
        """Text at pixels from the lower left of the figure."""
        width, height = self._figure.bbox.width, self._figure.bbox.height
        return self._figure.text(
            x / width, y / height, words, fontsize=size, color=colour, va="baseline", **style
        )

    def _axes(self, box: tuple[float, float, float, float]) -> Axes:
        width, height = self._figure.bbox.width, self._figure.bbox.height
        left, bottom, w, h = box
        ax = self._figure.add_axes((left / width, bottom / height, w / width, h / height))
        ax.set_axis_off()
        return ax

    def _key_row(self, layers: Sequence[Layer], left: float, y: float) -> float:
        """Marks and words from `left` on, with even gaps whatever the words; return where they end."""
        theme, x = self._theme, float(left)
        renderer = self._canvas.get_renderer()
        for key in (layer.key for layer in layers):
            if key is None:
                continue
            x += self._mark(key, x, y) + 8
            text = self._text(x, y - 7, key.words, LABEL, theme.soft)
            x = text.get_window_extent(renderer).x1 + 24
        return x - 24

    def _mark(self, key: Key, x: float, y: float) -> float:
        """Draw one mark of the key; return its width in pixels."""
        theme, figure = self._theme, self._figure
        width, height = figure.bbox.width, figure.bbox.height
        if key.mark == "arrow":
            to_pixels = Affine2D().scale(1 / width, 1 / height) + figure.transFigure
            arrow = FancyArrow(
                x, y, 26, 0, width=3, head_width=11, head_length=12, length_includes_head=True
            )
            arrow.set(facecolor=theme.arrow, edgecolor="none")
            arrow.set_transform(to_pixels)
            figure.add_artist(arrow)
            return 26
        size, fill, edge = {
            "real": (4.0, theme.real, theme.real),
            "generated": (8.0, theme.generated, theme.edge),
        }[key.mark]
        dot = Line2D([(x + 6) / width], [y / height], marker="o", linestyle="none")
        dot.set(markersize=size, markerfacecolor=fill, markeredgecolor=edge, markeredgewidth=0.8)
        figure.add_artist(dot)
        return 12
