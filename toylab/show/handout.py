"""A sheet for the handout: six moments of a film's stage, and its curves at the end."""

from __future__ import annotations

from pathlib import Path

from matplotlib.figure import Figure

from toylab.film.fonts import families
from toylab.film.layout import FOOT, Box
from toylab.film.style import DPI, LABEL, THEMES, settled
from toylab.film.writers.writer import Pixels
from toylab.show.cinema import Film
from toylab.show.deck_words import DECK_WORDS

# Units: the sheet, the side of a moment, the words below it, gaps.
WIDTH, HEIGHT = 1200, 510
_SIDE, _WORDS, _GAP = 228, 24, 6
_ACROSS = 3


class Handout:
    """A picture made of a film's own frames: nothing on it is drawn a second time.

    Args:
        name: For its files.
        alt: What it shows.
        film: With panels beside its stage.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
    """

    def __init__(self, name: str, alt: str, film: Film, theme: str, lang: str) -> None:
        self.name, self.alt = name, alt
        self._film, self._theme, self._lang = film, THEMES[theme], lang

    def save(self, path: Path) -> None:
        """Write it as .png."""
        film, theme = self._film, self._theme
        with settled({"font.family": families(self._lang)}):
            figure = Figure(figsize=(WIDTH / DPI, HEIGHT / DPI), dpi=2 * DPI, facecolor=theme.paper)
            layout = film.layout
            stage = layout.stage(0)
            for place, k in enumerate(film.key_frames):
                down, across = divmod(place, _ACROSS)
                left = across * (_SIDE + _GAP)
                bottom = HEIGHT - down * (_SIDE + _WORDS) - _SIDE
                _place(figure, film.draw(k), stage, (left, bottom, _SIDE, _SIDE))
                step = int(film.trace.steps[film.frames[k]])
                words = DECK_WORDS[self._lang].moments.format(step=step)
                at = (left + _SIDE / 2) / WIDTH, (bottom - 18) / HEIGHT
                figure.text(*at, words, fontsize=LABEL - 3, color=theme.soft, ha="center")
            # From the panels' ticks to the frame's edge, and from their step axis to its top.
            beside = layout.left + stage[2] + 70
            curves = (beside, FOOT - 4.0, layout.width - beside, layout.height - FOOT + 4.0)
            left = _ACROSS * (_SIDE + _GAP) + 10
            width = WIDTH - left
            height = width * curves[3] / curves[2]
            _place(figure, film.draw(len(film) - 1), curves, (left, HEIGHT - height, width, height))
            figure.savefig(path, facecolor=theme.paper, metadata={"Software": "toylab"})


def _place(figure: Figure, frame: Pixels, part: Box, box: Box) -> None:
    """Put the part of a frame that lies in one box into another; both in units from the lower left."""
    left, bottom, w, h = (round(v) for v in part)
    foot = len(frame) - bottom
    across, up, wide, high = box
    ax = figure.add_axes((across / WIDTH, up / HEIGHT, wide / WIDTH, high / HEIGHT))
    ax.set_axis_off()
    ax.imshow(frame[foot - h : foot, left : left + w], interpolation="lanczos", aspect="auto")
