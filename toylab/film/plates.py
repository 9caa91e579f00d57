"""Plates: what happens on a stage, said over it when it does."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes

from toylab.film.chapters import Chapter
from toylab.film.stamp import Stamp, stamp
from toylab.film.style import LABEL, Theme
from toylab.film.text import wrapped

# Lines that a plate may have, and units that it keeps from the stage's sides.
_LINES, _APART = 3, 14


class Plates:
    """The words of a stage's newest chapters, for a while.

    What happens by itself stands on paper; what somebody changes stands on ink, for it is the moment on
    which the film turns.

    Args:
        ax: The stage.
        chapters: In order of time.
        stay: Snapshots for which words stand, unless others come before.
        theme: Colours.
        fonts: Families, the first that has a character draws it.
        side: Of the stage, units.
    """

    def __init__(
        self,
        ax: Axes,
        chapters: Sequence[Chapter],
        stay: int,
        theme: Theme,
        fonts: Sequence[str],
        side: float,
    ) -> None:
        self._chapters, self._stay = chapters, stay
        self._fonts, self._room = fonts, side - _APART
        self._happened = _plate(ax, theme.ink, theme.paper, 6, 0.9)
        self._changed = _plate(ax, theme.paper, theme.ink, 5, 1.0)
        # Only here: it moves single lines as well.
        self._changed.set_linespacing(1.3)

    @property
    def artists(self) -> list[Stamp]:
        """What changes from frame to frame."""
        return [self._happened, self._changed]

    def show(self, snapshot: int) -> None:
        """Say what is new at a snapshot."""
        now = newest(self._chapters, snapshot, self._stay)
        changed = any(chapter.what for chapter in now)
        for plate, shown in ((self._happened, not changed), (self._changed, changed)):
            lines = [line for chapter in now for line in self._lines(chapter)]
            plate.set_text("\n".join(lines) if shown else "")
            # Without words there is no plate behind them either.
            plate.set_visible(bool(now) and shown)

    def _lines(self, chapter: Chapter) -> list[str]:
        """Its words in as few lines as they fit in; the step of a change has the first for itself."""
        lines = wrapped(chapter.words, self._room, LABEL, self._fonts, most=_LINES)
        if len(lines) == 1 or not chapter.what:
            return lines
        step = chapter.words.removesuffix(chapter.what).rstrip()
        return [step, *wrapped(chapter.what, self._room, LABEL, self._fonts, most=_LINES - 1)]


def newest(chapters: Sequence[Chapter], snapshot: int, stay: int) -> list[Chapter]:
    """The last chapters that have begun, if they have not stood for so many snapshots.

    Args:
        chapters: In order of time.
        snapshot: Now.
        stay: For how many snapshots they stand.
    """
    now = [c for c in chapters if c.frame <= snapshot < c.frame + stay]
    return [c for c in now if c.frame == now[-1].frame]


def _plate(ax: Axes, colour: str, behind: str, pad: int, alpha: float) -> Stamp:
    place = {"transform": ax.transAxes, "ha": "center", "va": "top"}
    said = stamp(ax, 0.5, 0.965, "", **place, fontsize=LABEL, zorder=9_000)
    said.set_bbox({"facecolor": behind, "edgecolor": "none", "pad": pad, "alpha": alpha})
    said.set(color=colour)
    return said
