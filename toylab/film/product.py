"""The films of a sweep in one picture: a stage for each combination of its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from toylab.base.errors import ToylabError
from toylab.film.compare import Grid, GridCell
from toylab.film.diagram import Axis, Point, Runs, counted, draw_map, limits
from toylab.film.film import check_look, filmed_seed
from toylab.film.fonts import check_glyphs
from toylab.film.layout import FOOT
from toylab.film.style import LABEL
from toylab.film.text import fitted
from toylab.film.words import WORDS
from toylab.metrics import METRICS
from toylab.trace import Trace

# Of one setting, and of each of two: more stages would be too small to see a cloud on.
MOST_ALONE, MOST_EACH = 16, 4
# Units: between stages; the column of words on the left; the rows of words below; the map's left margin.
_GAP, _LEFT, _BELOW, _BESIDE = 8, 120, 58, 150


def check_product(output: str, axes: Sequence[Axis]) -> None:
    """Check that a film can show the settings of a sweep, before anything is trained.

    Raises:
        ToylabError: If there are too many.
    """
    sizes = [len(values) for _, values in axes]
    most = MOST_ALONE if len(axes) == 1 else MOST_EACH
    if len(axes) > 2 or max(sizes) > most:
        raise ToylabError(
            f"{output}: a film shows one --over of up to {MOST_ALONE} values, or two of up to "
            f"{MOST_EACH}; got {' x '.join(map(str, sizes))}. Write a .csv, or a .png."
        )


class Product(Grid):
    """A stage for each combination of one or two settings, and the metric of all seeds beside them.

    Args:
        traces: Of each combination one filmed seed; a combination that failed has none.
        axes: The settings, the first across, the second upwards.
        runs: The metric's number of each seed.
        metric: Key of `METRICS`.
        theme: Key of `THEMES`.
        layers: Names of layers, bottom first; those of the first trace if none are given.
        style: A matplotlib style file laid over the theme.

    Raises:
        ToylabError: If there is no trace at all, or a theme or layer is unknown.
    """

    def __init__(
        self,
        traces: Mapping[Point, Trace],
        axes: Sequence[Axis],
        runs: Runs,
        metric: str,
        theme: str = "light",
        layers: Sequence[str] | None = None,
        style: str | Path | None = None,
    ) -> None:
        check_look(theme)
        if not traces:
            raise ToylabError("No run of this sweep came to its end: there is nothing to film.")
        self._axes_of, self._runs, self._points = axes, runs, list(traces)
        cells = [
            GridCell(trace, filmed_seed(trace, None), dict.fromkeys(WORDS, self._title(point)))
            for point, trace in traces.items()
        ]
        first = cells[0].trace
        seeds = ", ".join(dict.fromkeys(str(cell.seed) for cell in cells))
        lesson = f"Stages: seed {seeds}. Right: {METRICS[metric].label}, {counted(runs)}."
        if len(axes) == 1:
            lesson = f"Stages: seed {seeds}, by {axes[0][0]}."
        headings = {
            code: (words.of(first.settings, "title"), lesson) for code, words in WORDS.items()
        }
        super().__init__(cells, headings, theme, "en", "slide", layers, style)

    def _title(self, point: Point) -> str:
        """The combination in a few words; of one setting the lesson says which it is."""
        if len(point) == 1:
            return point[0]
        names = [path.split(".")[-1].replace("_", " ") for path, _ in self._axes_of]
        return ", ".join(f"{name} {value}" for name, value in zip(names, point, strict=True))

    def _places(self, top: float) -> tuple[list[tuple[float, float]], float]:
        if len(self._axes_of) == 1:
            return super()._places(top)
        (_, columns), (_, rows) = self._axes_of
        low, left = FOOT + _BELOW, self.layout.left + _LEFT
        # Half of the width is the map's.
        side = min((top - low + _GAP) / len(rows), 560 / len(columns)) // 1 - _GAP
        self._side, self._corner = side, (left, low)
        step = side + _GAP
        places = [
            (left + columns.index(x) * step, low + rows.index(y) * step) for x, y in self._points
        ]
        return places, side

    def _caption(self, cell: GridCell, left: float, bottom: float, side: float) -> None:
        if len(self._axes_of) == 1:
            super()._caption(cell, left, bottom, side)

    def _build(self) -> None:
        super()._build()
        if len(self._axes_of) == 2:
            self._name_axes()
            self._draw_map()

    def _name_axes(self) -> None:
        """Values below the columns and beside the rows, and what they are values of."""
        (across, columns), (up, rows) = self._axes_of
        check_glyphs([across, up, *columns, *rows], self._fonts, styled=False)
        (left, low), step, theme = self._corner, self._side + _GAP, self._theme
        middle = self._side / 2
        for k, value in enumerate(columns):
            words, size = fitted(value, self._side, LABEL, LABEL, self._fonts)
            self._text(left + k * step + middle, low - 22, words, size, theme.soft, ha="center")
        for k, value in enumerate(rows):
            words, size = fitted(value, _LEFT - 40, LABEL, LABEL, self._fonts)
            self._text(left - 10, low + k * step + middle - 6, words, size, theme.soft, ha="right")
        wide, high = len(columns) * step - _GAP, len(rows) * step - _GAP
        words, size = fitted(across, wide + _LEFT, LABEL, LABEL, self._fonts)
        self._text(left + wide / 2, low - 46, words, size, theme.soft, ha="center")
        words, size = fitted(up, high + _BELOW, LABEL, LABEL, self._fonts)
        text = self._text(self.layout.left + 14, low + high / 2, words, size, theme.soft)
        text.set(rotation=90, ha="center", va="center")
        for x, y in ((x, y) for x in columns for y in rows):
            if (x, y) not in self._points:
                at = left + columns.index(x) * step + middle, low + rows.index(y) * step + middle
                self._text(*at, "failed", LABEL, theme.soft, ha="center")

    def _draw_map(self) -> None:
        """What all seeds measure, its rows in line with those of the stages."""
        (_, columns), (_, rows) = self._axes_of
        (left, low), step = self._corner, self._side + _GAP
        x = left + len(columns) * step + _BESIDE - _GAP
        box = x, low - _GAP / 2, self.layout.right - x, len(rows) * step
        draw_map(
            self._figure,
            box,
            self._axes_of,
            self._runs,
            limits(self._runs),
            self._theme,
            rows=False,
        )
