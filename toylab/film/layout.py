"""Where things stand in a frame: a table of layouts.

Places are in units of 1/96 inch from the lower left, whatever the dots per inch: on a slide of 13.333 x
7.5 inches a unit is a pixel of 1280 x 720.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from toylab.film.style import DPI, LESSON, TITLE

Box = tuple[float, float, float, float]  # left, bottom, width, height

# Where a stage that reaches down to the key ends.
FOOT = 50
# Heights of the rows of words: a line of the lesson, a panel's name, the words of its step axis.
LESSON_LINE, HEADER, SMALL_HEADER, STEP_AXIS = 28, 34, 26, 46
# Width that the step counter is left.
COUNTER = 190


@dataclass(frozen=True)
class Layout:
    """A frame's size and how it is shared out.

    Attributes:
        width: Units.
        height: Units.
        dpi: Dots per inch: pixels are units times dpi / 96.
        tall: Whether the panels stand below the stage and not beside it.
        most_lesson: Lines that the lesson may take.
        title: Size of the title, points.
        lesson: Size of the lesson, points.
        most_panels: Panels that there is room for; the scenario's first ones are shown.
        panels_from: Where panels beside the stage begin, units from the left margin.
        headed: Whether title and lesson stand above; if not, somebody else says them.
        left: Margin, units.
        key: Middle of the lowest row of words, units.
    """

    width: int = 1280
    height: int = 720
    dpi: int = DPI
    tall: bool = False
    most_lesson: int = 2
    title: int = TITLE
    lesson: int = LESSON
    most_panels: int = 2
    panels_from: int = 688
    headed: bool = True
    left: int = 40
    key: int = 28

    @property
    def right(self) -> int:
        """Where everything ends."""
        return self.width - self.left

    @property
    def title_at(self) -> int:
        """Baseline of the title."""
        return self.height - 60

    @property
    def counter_at(self) -> int:
        """Baseline of the step counter: the title's, or the lowest row's."""
        return self.title_at + 4 if self.headed else self.key - 7

    @property
    def name_to(self) -> int:
        """Where seed and name end, on the lowest row: before the counter, if that is there too."""
        return self.right if self.headed else self.right - COUNTER

    @property
    def lesson_at(self) -> int:
        """Baseline of the lesson's first line."""
        return self.title_at - 33

    def top(self, lesson_lines: int) -> int:
        """Where the header leaves off."""
        if not self.headed:
            return self.height - 14
        return self.lesson_at - LESSON_LINE * (lesson_lines - 1) - 29

    def stage(self, lesson_lines: int) -> Box:
        """The square that holds the surface."""
        top = self.top(lesson_lines)
        if not self.tall:
            return (self.left, FOOT, top - FOOT, top - FOOT)
        # Below: the key, then each panel's name and some 80 units of curve, then steps and name.
        below = 140 + 118 * self.most_panels
        side = min(self.width - 2 * self.left - 80, top - below)
        return (self.left, top - side, side, side)

    def key_at(self, lesson_lines: int) -> int:
        """Middle of the row of marks and words: right below the stage."""
        return int(self.stage(lesson_lines)[1]) - 22

    def bar(self, lesson_lines: int) -> Box:
        """The bar of the surface's colours."""
        left, bottom, side, _ = self.stage(lesson_lines)
        return (left + side + 16, bottom, 14, side)

    @property
    def panel_gap(self) -> int:
        """Between a panel's axes and the words of the next."""
        return 20 if self.tall else 34

    def panels(self, lesson_lines: int, header_lines: tuple[float, ...]) -> list[Box]:
        """Axes of the curve panels, each with so many lines of words above itself."""
        if not header_lines:
            return []
        _, bottom, side, _ = self.stage(lesson_lines)
        if self.tall:
            left, top, foot = self.left + 62, bottom - 52, self.key + 30 + STEP_AXIS
        else:
            left, top, foot = self.left + self.panels_from, bottom + side, bottom + STEP_AXIS
        n = len(header_lines)
        free = top - foot - self.panel_gap * (n - 1) - HEADER * sum(header_lines)
        boxes: list[Box] = []
        for lines in header_lines:
            top -= HEADER * lines
            boxes.append((left, top - free / n, self.right - left, free / n))
            top -= free / n + self.panel_gap
        return boxes


# Where the stages of a film stand below so many lines of a lesson: the lower left corner of each, and the
# side of all, units.
Places = Callable[[Layout, int], tuple[list[tuple[float, float]], float]]
# Units: between stages, for the words above one, for the bar and its words on the right.
_GAP, _WORDS, _BAR = 20, 36, 84


def alone(layout: Layout, lesson_lines: int) -> tuple[list[tuple[float, float]], float]:
    """One stage that has the film for itself."""
    left, bottom, side, _ = layout.stage(lesson_lines)
    return [(left, bottom)], side


def in_rows(n: int) -> Places:
    """Stages row by row from the top, in columns that make them as large as they can be."""

    def places(layout: Layout, lesson_lines: int) -> tuple[list[tuple[float, float]], float]:
        # Without a header the counter stands below, where the bar has its name.
        foot = FOOT + (0 if layout.headed else LESSON_LINE)
        top = layout.top(lesson_lines)

        def side_of(columns: int) -> float:
            across = layout.right - layout.left - _BAR - _GAP * (columns - 1)
            return float(min(across / columns, (top - foot) / -(-n // columns) - _WORDS) // 1)

        columns = max(range(1, n + 1), key=side_of)
        side, rows = side_of(columns), -(-n // columns)
        spare = (top - foot - rows * (side + _WORDS)) / rows
        return [
            (
                layout.left + column * (side + _GAP),
                top - (row + 1) * (side + _WORDS) - (row + 0.5) * spare,
            )
            for row, column in (divmod(k, columns) for k in range(n))
        ], side

    return places


LAYOUTS: dict[str, Layout] = {
    "slide": Layout(),
    # Half of a slide, beside text of its own.
    "half": Layout(width=720, height=720, tall=True, title=24, lesson=16, most_panels=1),
    # In a slide that says title and lesson itself, so that the deck's own outline and fonts have them.
    "bare": Layout(height=520, panels_from=600, headed=False),
    # The slide at three quarters of its size: as wide as a page on the web.
    "readme": Layout(dpi=72),
    # On a page that says title and lesson itself, two beside one another: the gallery's.
    "card": Layout(width=640, height=960, dpi=54, tall=True, headed=False, left=32),
    "portrait": Layout(
        width=540, height=960, tall=True, title=22, lesson=16, most_lesson=4, left=32
    ),
}
