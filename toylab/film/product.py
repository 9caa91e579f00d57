"""The films of a sweep in one picture: a stage for each combination of its settings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from toylab.base.errors import ToylabError
from toylab.base.settings import AS_IT_IS, EACH
from toylab.film.board import Board
from toylab.film.diagram import Axis, Place, Runs, counted, draw_map, limits
from toylab.film.fonts import check_glyphs
from toylab.film.layout import FOOT, Layout, in_rows
from toylab.film.script import Cell, Script, chosen_plans, filmed_seed, told
from toylab.film.style import LABEL
from toylab.film.text import fitted
from toylab.film.words import WORDS, Words
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


def product(
    traces: Mapping[Place, Trace],
    axes: Sequence[Axis],
    runs: Runs,
    metric: str,
    layers: Sequence[str] | None,
    lang: str = "en",
) -> Script:
    """A stage for each combination of one or two settings, and the metric of all seeds beside them.

    Args:
        traces: Of each combination one filmed seed; a combination that failed has none.
        axes: The settings, the first across, the second upwards.
        runs: The metric's number of each seed.
        metric: Key of `METRICS`.
        layers: Names of layers, bottom first; those of the first trace if none are given.
        lang: Key of `WORDS`, for the words of the map.

    Raises:
        ToylabError: If there is no trace at all, or a layer is unknown.
    """
    if not traces:
        raise ToylabError("No run of this sweep came to its end: there is nothing to film.")
    cells = [
        Cell(
            trace,
            filmed_seed(trace, None),
            {code: _title(point, axes, words) for code, words in WORDS.items()},
        )
        for point, trace in traces.items()
    ]
    first = cells[0].trace
    (title, _), (names, _) = told(first), chosen_plans(first, layers)
    seeds = ", ".join(dict.fromkeys(str(cell.seed) for cell in cells))
    if len(axes) == 1:
        setting = axes[0][0]
        by = {
            code: (w.stages_each if setting == EACH else w.stages_by).format(
                seeds=seeds, setting=setting
            )
            for code, w in WORDS.items()
        }
        return Script(cells, title, by, names, in_rows(len(cells)))
    lesson = {
        code: w.stages_and.format(
            seeds=seeds, label=w.label(METRICS[metric]), counted=counted(runs, w, w.strips)
        )
        for code, w in WORDS.items()
    }
    table = Table(axes[0], axes[1], list(traces), runs, WORDS[lang])
    return Script(
        cells,
        title,
        lesson,
        names,
        table.places,
        captioned=False,
        around=table.draw,
    )


def _title(point: Place, axes: Sequence[Axis], words: Words) -> str:
    """The combination in a few words; of one setting the lesson says which it is."""
    if len(point) == 1:
        return words.as_it_is if point[0] == AS_IT_IS else point[0]
    names = [path.split(".")[-1].replace("_", " ") for path, _ in axes]
    return ", ".join(f"{name} {value}" for name, value in zip(names, point, strict=True))


@dataclass(frozen=True)
class Table:
    """Stages in the columns and rows of two settings.

    Attributes:
        across: The setting of the columns.
        up: The setting of the rows.
        points: The combinations that have a stage.
        runs: The metric's number of each seed, of all combinations.
        words: Of a language.
    """

    across: Axis
    up: Axis
    points: Sequence[Place]
    runs: Runs
    words: Words

    def places(self, layout: Layout, lesson_lines: int) -> tuple[list[tuple[float, float]], float]:
        """Where the stages stand, as `Places` says it."""
        left, low, side = self._corner(layout, lesson_lines)
        step, ((_, columns), (_, rows)) = side + _GAP, (self.across, self.up)
        return [
            (left + columns.index(x) * step, low + rows.index(y) * step) for x, y in self.points
        ], side

    def _corner(self, layout: Layout, lesson_lines: int) -> tuple[float, float, float]:
        """The lower left corner of all stages, and the side of one."""
        (_, columns), (_, rows), top = self.across, self.up, layout.top(lesson_lines)
        low, left = FOOT + _BELOW, layout.left + _LEFT
        # Half of the width is the map's.
        return left, low, min((top - low + _GAP) / len(rows), 560 / len(columns)) // 1 - _GAP

    def draw(self, board: Board, lesson_lines: int) -> None:
        """Values below the columns and beside the rows, what they are values of, and the map."""
        (across, columns), (up, rows) = self.across, self.up
        check_glyphs([across, up, *columns, *rows], board.fonts, styled=False)
        left, low, side = self._corner(board.layout, lesson_lines)
        step, middle = side + _GAP, side / 2

        def write(x: float, y: float, words: str, room: float, **style: Any) -> None:
            words, size = fitted(words, room, LABEL, LABEL, board.fonts)
            board.text(x, y, words, size, board.theme.soft, **{"ha": "center", **style})

        for k, value in enumerate(columns):
            write(left + k * step + middle, low - 22, value, side)
        for k, value in enumerate(rows):
            write(left - 10, low + k * step + middle - 6, value, _LEFT - 40, ha="right")
        wide, high = len(columns) * step - _GAP, len(rows) * step - _GAP
        write(left + wide / 2, low - 46, across, wide + _LEFT)
        turned = {"rotation": 90, "va": "center"}
        write(board.layout.left + 14, low + high / 2, up, high + _BELOW, **turned)
        for x, y in ((x, y) for x in columns for y in rows):
            if (x, y) not in self.points:
                at = left + columns.index(x) * step + middle, low + rows.index(y) * step + middle
                write(*at, self.words.failed, side)
        # What all seeds measure, its rows in line with those of the stages.
        x = left + len(columns) * step + _BESIDE - _GAP
        box = x, low - _GAP / 2, board.layout.right - x, len(rows) * step
        ends = limits(self.runs)
        draw_map(
            board.figure,
            box,
            (self.across, self.up),
            self.runs,
            ends,
            board.theme,
            self.words,
            rows=False,
        )
