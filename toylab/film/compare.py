"""Several stages side by side: traces that differ in something, or the seeds of one trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from matplotlib.text import Text

from toylab.base.counted import Counted
from toylab.base.errors import ToylabError
from toylab.film.animation import Animation
from toylab.film.differences import told_differences
from toylab.film.film import MOST_SEEDS, check_look, chosen_plans, filmed_seed
from toylab.film.fonts import check_glyphs
from toylab.film.key import draw_bar, draw_key
from toylab.film.layers.surface import surface_limit
from toylab.film.layout import FOOT, LESSON_LINE
from toylab.film.stage import Stage
from toylab.film.style import LABEL, PANEL
from toylab.film.text import fitted, wrapped
from toylab.film.words import WORDS, Words, told_claim
from toylab.metrics.claim import satisfied, told_claims
from toylab.show.page import Cell, Scene
from toylab.trace import Trace

MOST_TRACES = 4
# Units. On a smaller stage arrows hide the points that they start from.
_LEAST_WITH_ARROWS = 300
# Units: between stages, for the words above one, for the bar and its words on the right.
_GAP, _WORDS, _BAR = 20, 36, 84
# Units: for a check-mark at the end of the words.
_MARK = 26


@dataclass(frozen=True)
class GridCell:
    """A stage, and the words above it.

    Attributes:
        trace: What was measured.
        seed: The seed on show, by its number.
        title: The words above it, by language.
        mark: Says whether the seed did as claimed; empty if nothing is.
        judged: Snapshot from which on that is known and the mark shows.
    """

    trace: Trace
    seed: int
    title: dict[str, str]
    mark: str = ""
    judged: int = 0


class Grid(Animation):
    """Stages of one size with shared steps and shared limits of colour.

    Args:
        cells: The stages, row by row from the top.
        headings: Title and lesson, by language.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        layers: Names of layers, bottom first; those of the first stage's trace if none are given.
        style: A matplotlib style file laid over the theme.
    """

    def __init__(
        self,
        cells: Sequence[GridCell],
        headings: dict[str, tuple[str, str]],
        theme: str,
        lang: str,
        layout: str,
        layers: Sequence[str] | None,
        style: str | Path | None,
    ) -> None:
        self._cells, self._headings = cells, headings
        self._names, _ = chosen_plans(cells[0].trace, layers)
        super().__init__([cell.trace for cell in cells], theme, lang, layout, style)
        # Frames are the snapshots of the longest run; the others show their nearest.
        self._steps = self.longest.steps
        self._nearest = [
            np.abs(cell.trace.steps[:, None] - self._steps).argmin(axis=0) for cell in cells
        ]

    def provenance(self) -> dict[str, str]:
        """Where each stage comes from."""
        seeds = ", ".join(dict.fromkeys(str(cell.seed) for cell in self._cells))
        told = {**super().provenance(), "seed": seeds}
        for number, trace in enumerate(self.traces[1:], 2):
            if trace is not self.traces[0]:
                told[f"settings_{number}"] = trace.settings_text
        return told

    def _told(self, key: str) -> dict[str, str]:
        return {code: both[key == "lesson"] for code, both in self._headings.items()}

    @property
    def _shown_layers(self) -> list[str]:
        return self._names

    def _scenes(self) -> list[Scene]:
        """All stages at once."""
        cells = [
            Cell(
                cell.trace,
                cell.seed,
                cell.title,
                nearest[self.frames].tolist(),
                self._limits,
                cell.mark,
                int(np.searchsorted(self.frames, cell.judged)),
            )
            for cell, nearest in zip(self._cells, self._nearest, strict=True)
        ]
        return [Scene("", cells, self._theme)]

    def _build(self) -> None:
        theme, layout = self._theme, self.layout
        lines = self._header(*self._headings[self._words.code], "")
        places, side = self._places(layout.top(lines))
        names = self._names
        if side < _LEAST_WITH_ARROWS:
            names = [name for name in names if not name.startswith("arrows")]
        self._stages: list[Stage] = []
        limits = self._limits
        self._marks: list[tuple[Text, int]] = []
        for cell, (left, bottom) in zip(self._cells, places, strict=True):
            self._caption(cell, left, bottom + side + 9, side)
            ax = self._axes((left, bottom, side, side))
            # Points keep their share of the stage, down to where they are still seen.
            dots, words = max(0.5, side / 548), self._ended(cell, side)
            stage = Stage(ax, cell.trace, cell.seed, names, theme, words, LABEL, dots, limits)
            self._moving += stage.moving
            self._stages.append(stage)
        (lefts, bottoms) = zip(*places, strict=True)
        height = max(bottoms) + side - min(bottoms)
        end = self._shared_bar((max(lefts) + side + 16, min(bottoms), 14, height))
        place = layout.left, layout.key
        draw_key(self._figure, layout, self._stages[0].keys, place, end, theme, self._words)
        self._moving += [*(mark for mark, _ in self._marks), *self._clock()]

    def _places(self, top: float) -> tuple[list[tuple[float, float]], float]:
        """The lower left corner of each stage below `top`, and the side of all; units."""
        columns, side = self._shape(top)
        rows = -(-len(self._cells) // columns)
        spare = (top - self._foot - rows * (side + _WORDS)) / rows
        return [
            (
                self.layout.left + column * (side + _GAP),
                top - (row + 1) * (side + _WORDS) - (row + 0.5) * spare,
            )
            for row, column in (divmod(k, columns) for k in range(len(self._cells)))
        ], side

    def _caption(self, cell: GridCell, left: float, bottom: float, side: float) -> None:
        """Write what stands above a stage, and its mark at the right."""
        check_glyphs([cell.title[self._words.code]], self._fonts, bold=True)
        room, ink = side - (_MARK if cell.mark else 0), self._theme.ink
        title, size = fitted(
            cell.title[self._words.code], room, PANEL, LABEL, self._fonts, bold=True
        )
        self._text(left, bottom, title, size, ink, fontweight="bold")
        mark = self._text(left + side, bottom, cell.mark, size, ink, fontweight="bold")
        mark.set(ha="right", zorder=20)
        self._marks.append((mark, cell.judged))

    def _ended(self, cell: GridCell, side: float) -> Words:
        """The film's words; those on a stage that diverged in as many lines as it has room for."""
        step = int(cell.trace.diverged_at[cell.trace.row(cell.seed)])
        lines = wrapped(
            self._words.diverged.format(step=step), side - 24, LABEL, self._fonts, most=3
        )
        return replace(self._words, diverged="\n".join(lines))

    @property
    def _foot(self) -> int:
        """Where the stages end: without a header the counter stands below, where the bar has its name."""
        return FOOT + (0 if self.layout.headed else LESSON_LINE)

    def _shape(self, top: float) -> tuple[int, float]:
        """Columns, and the side of a stage, that make the stages as large as they can be."""
        n, layout = len(self._cells), self.layout

        def side(columns: int) -> float:
            rows = -(-n // columns)
            across = layout.right - layout.left - _BAR - _GAP * (columns - 1)
            return float(min(across / columns, (top - self._foot) / rows - _WORDS) // 1)

        columns = max(range(1, n + 1), key=side)
        return columns, side(columns)

    @property
    def _limits(self) -> dict[str, float]:
        """One limit of colour for all surfaces, if their colours can mean the same.

        A critic's value is no probability. Of all stages, even where the film has no surface: the player
        offers one.
        """
        if len({cell.trace.provenance.get("output") for cell in self._cells}) > 1:
            return {}
        return {"surface": max(surface_limit(cell.trace, cell.seed) for cell in self._cells)}

    def _shared_bar(self, box: tuple[float, float, float, float]) -> float:
        """One bar beside the stages, if their colours mean the same.

        Returns:
            Where the key below the stages must end, units.
        """
        layers = zip(self._names, self._stages[0].layers, strict=False)
        bar = next((layer.bar for name, layer in layers if name == "surface"), None)
        if bar is None or not self._limits:
            return self.layout.name_to
        look = self._theme, self._words
        name = draw_bar(self._axes(box), self._figure, self.layout, box, bar, *look)
        # A stage that reaches down to the key has the bar's name on the key's row.
        return name - 12 if box[1] < FOOT + LESSON_LINE else self.layout.name_to

    def _show(self, snapshot: int) -> None:
        for stage, nearest in zip(self._stages, self._nearest, strict=True):
            stage.show(int(nearest[snapshot]))
        for mark, judged in self._marks:
            # Not from the start: the end of the story would stand above its beginning.
            mark.set_visible(snapshot >= judged)
        self._tell_time(snapshot)


class Compare(Grid):
    """Two to four traces side by side; their titles say only in what their settings differ.

    Args:
        traces: What was measured, with one square of data units.
        seed: Whose films; those that the scenarios ask for, or the first filmed ones, if none is given.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        layers: Names of layers, bottom first; those of the first trace if none are given.
        style: A matplotlib style file laid over the theme.

    Raises:
        ToylabError: If there are too few or too many, their squares differ, none of their seeds was
            filmed, or a theme, layer, layout or language is unknown.
    """

    def __init__(
        self,
        traces: Sequence[Trace],
        seed: int | None = None,
        theme: str = "light",
        lang: str = "en",
        layout: str = "slide",
        layers: Sequence[str] | None = None,
        style: str | Path | None = None,
    ) -> None:
        check_look(theme, lang, layout)
        if not 2 <= len(traces) <= MOST_TRACES:
            raise ToylabError(f"compare takes 2 to {MOST_TRACES} traces, got {len(traces)}.")
        for trace in traces[1:]:
            if not np.array_equal(trace.extent, traces[0].extent):
                raise ToylabError(
                    f"{traces[0].name} and {trace.name} cannot stand side by side: they show other "
                    "squares of the plane.\n  Compare games on one target."
                )
        shared = _shared_seed(traces) if seed is None else seed
        seeds = [filmed_seed(trace, shared) for trace in traces]
        titles: dict[str, list[str]] = {}
        for code, words in WORDS.items():
            titles[code] = told_differences([trace.settings for trace in traces], code)
            # Two games on two seeds differ in their luck as well.
            if len(set(seeds)) > 1 or not any(titles[code]):
                told = zip(titles[code], seeds, strict=True)
                titles[code] = [
                    " · ".join(filter(None, (title, f"{words.seed} {one}"))) for title, one in told
                ]
        cells = [
            GridCell(trace, seed, {code: of_traces[k] for code, of_traces in titles.items()})
            for k, (trace, seed) in enumerate(zip(traces, seeds, strict=True))
        ]
        headings = {}
        for code, words in WORDS.items():
            names = dict.fromkeys(words.of(trace.settings, "title") for trace in traces)
            headings[code] = " · ".join(names), words.of(traces[0].settings, "lesson")
        super().__init__(cells, headings, theme, lang, layout, layers, style)


class Seeds(Grid):
    """Up to nine seeds of one trace, and how many of them do as its first claim says.

    Args:
        trace: What was measured.
        seeds: Which seeds; the first nine that were filmed if none are given.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        layers: Names of layers, bottom first; the scenario's if none are given.
        style: A matplotlib style file laid over the theme.

    Raises:
        ToylabError: If a seed was not filmed, there are too many, or a theme, layer, layout or language
            is unknown.
    """

    def __init__(
        self,
        trace: Trace,
        seeds: Sequence[int] | None = None,
        theme: str = "light",
        lang: str = "en",
        layout: str = "slide",
        layers: Sequence[str] | None = None,
        style: str | Path | None = None,
    ) -> None:
        check_look(theme, lang, layout)
        filmed = [int(trace.seeds[row]) for row in trace.filmed[:MOST_SEEDS]]
        chosen = filmed if seeds is None else list(seeds)
        if not 1 <= len(chosen) <= MOST_SEEDS:
            raise ToylabError(f"A grid shows 1 to {MOST_SEEDS} seeds, got {len(chosen)}.")
        for seed in chosen:
            trace.filmed_row(seed)
        # A claim against another scenario cannot be judged from this trace alone.
        claim = next((c for c in told_claims(trace) if not c.against), None)
        marks, judged = dict.fromkeys(chosen, ""), 0
        captions = {code: words.of(trace.settings, "lesson") for code, words in WORDS.items()}
        if claim is not None:
            does = satisfied(claim, trace)
            marks = {seed: "✓" if does[trace.row(seed)] else "✗" for seed in chosen}
            # Where its window ends, and with rounding never beyond the last.
            end = claim.window[1] * float(trace.steps[-1])
            judged = min(int(np.searchsorted(trace.steps, end)), len(trace.steps) - 1)
            n, hits = Counted(len(chosen)), sum(bool(does[trace.row(seed)]) for seed in chosen)
            captions = {
                code: f"{words.seeds_hold.format(hits=hits, n=n)}: {told_claim(claim, words)}"
                for code, words in WORDS.items()
            }
        cells = [
            GridCell(
                trace,
                seed,
                {code: f"{words.seed} {seed}" for code, words in WORDS.items()},
                marks[seed],
                judged,
            )
            for seed in chosen
        ]
        headings = {
            code: (words.of(trace.settings, "title"), captions[code])
            for code, words in WORDS.items()
        }
        super().__init__(cells, headings, theme, lang, layout, layers, style)


def _shared_seed(traces: Sequence[Trace]) -> int | None:
    """The first seed that one of the scenarios asks for, if all traces have it filmed."""
    asked = (trace.settings["film"].get("seed") for trace in traces)
    seed = next((seed for seed in asked if seed is not None), None)
    return seed if all(seed in trace.seeds[trace.filmed] for trace in traces) else None
