"""Several stages side by side: traces that differ in something, or the seeds of one trace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.patches import Rectangle

from toylab.catalogue import OWN_KEYS
from toylab.claims import satisfied, told_claims
from toylab.errors import ToylabError
from toylab.film.film import check_names, plans
from toylab.film.layers import LAYERS, Bar, Layer, Surface
from toylab.film.reel import Reel
from toylab.film.style import LABEL, LESSON, LEVELS, PANEL, STEP, TITLE
from toylab.film.text import fitted
from toylab.settings import differing, flat
from toylab.trace import Trace

MOST_TRACES, MOST_SEEDS = 4, 9
# What a trace is filmed and recorded with is no difference between games.
_NOT_PLAYED = (*OWN_KEYS, "film", "recording")
_WIDTH, _HEIGHT, _LEFT, _FOOT, _TOP = 1280, 720, 40, 50, 598
# Units. On a smaller stage arrows hide the points that they start from.
_LEAST_WITH_ARROWS = 300
# Units: between stages, for the words above one, for the bar and its words on the right.
_GAP, _WORDS, _BAR = 20, 30, 84


@dataclass(frozen=True)
class _Cell:
    trace: Trace
    seed: int
    title: str


class _Grid(Reel):
    """Stages of one size with shared steps and shared limits of colour."""

    def _set(self, title: str, caption: str, cells: Sequence[_Cell]) -> None:
        self._cells = cells
        first = cells[0].trace
        names, panels = plans(first.settings)
        check_names(names, panels)
        # Frames are the snapshots of the longest run; the others show their nearest.
        self._steps = max((cell.trace.steps for cell in cells), key=lambda steps: steps[-1])
        self._nearest = [
            np.abs(cell.trace.steps[:, None] - self._steps).argmin(axis=0) for cell in cells
        ]
        with self._style():
            self._build(title, caption, names)

    def __len__(self) -> int:
        """Number of frames."""
        return len(self._steps)

    @property
    def _seconds(self) -> float:
        return float(self._cells[0].trace.settings["film"].get("seconds", 6.0))

    def _told(self) -> dict[str, str]:
        first = self._cells[0].trace
        told = {
            "seed": ", ".join(dict.fromkeys(str(cell.seed) for cell in self._cells)),
            "settings": first.settings_text,
        }
        for number, cell in enumerate(self._cells[1:], 2):
            if cell.trace is not first:
                told[f"settings_{number}"] = cell.trace.settings_text
        return {**first.provenance, **told}

    def _build(self, title: str, caption: str, names: Sequence[str]) -> None:
        theme = self._theme
        self._unroll(_WIDTH, _HEIGHT)
        right = _WIDTH - _LEFT
        title, size = fitted(title, width=960, points=TITLE, least=LESSON + 3, bold=True)
        self._text(_LEFT, 660, title, size, theme.ink, fontweight="bold")
        caption, _ = fitted(caption, width=1200, points=LESSON, least=LABEL)
        self._text(_LEFT, 627, caption, LESSON, theme.soft)
        columns, side = _shape(len(self._cells))
        rows = -(-len(self._cells) // columns)
        spare = (_TOP - _FOOT - rows * (side + _WORDS)) / rows
        if side < _LEAST_WITH_ARROWS:
            names = [name for name in names if name != "arrows"]
        self._moving, self._layers, self._ended = [], [], []
        for k, cell in enumerate(self._cells):
            row, column = divmod(k, columns)
            left = _LEFT + column * (side + _GAP)
            bottom = _TOP - (row + 1) * (side + _WORDS) - (row + 0.5) * spare
            words, _ = fitted(cell.title, width=side, points=PANEL, least=LABEL, bold=True)
            self._text(left, bottom + side + 9, words, PANEL, theme.ink, fontweight="bold")
            self._moving += self._open(cell, (left, bottom, side, side), names)
        self._share_limits(_LEFT + columns * (side + _GAP) - _GAP + 16, rows, side, spare)
        self._key_row(self._layers[0], _LEFT, 28)
        self._step = self._text(right, 664, "", STEP, theme.ink, ha="right", zorder=20)
        self._step.set_fontfamily("DejaVu Sans Mono")
        self._progress = Rectangle(
            (0, 0), 0, 5 / _HEIGHT, transform=self._figure.transFigure, zorder=20
        )
        self._progress.set(facecolor=theme.curves[0], edgecolor="none")
        self._figure.add_artist(self._progress)
        # As a full redraw paints the figure's own: patches and texts alike, in order of their adding.
        self._moving += [self._step, self._progress]

    def _open(
        self, cell: _Cell, box: tuple[float, float, float, float], names: Sequence[str]
    ) -> list[Artist]:
        """Open one stage; return what moves there, bottom first."""
        ax = self._axes(box)
        x0, x1, y0, y1 = (float(v) for v in cell.trace.extent)
        ax.set_xlim(x0, x1)
        ax.set_ylim(y0, y1)
        layers = [LAYERS[name](self._theme, self._words) for name in names]
        moving = [artist for layer in layers for artist in layer.open(ax, cell.trace, cell.seed)]
        frame = Rectangle((0, 0), 1, 1, transform=ax.transAxes, fill=False, clip_on=False)
        frame.set(edgecolor=self._theme.soft, linewidth=1.0)
        ax.add_artist(frame)
        ended = ax.text(0.5, 0.5, "", transform=ax.transAxes, ha="center", va="center")
        ended.set(fontsize=LABEL, fontweight="bold", color=self._theme.ink)
        ended.set_bbox({"facecolor": self._theme.paper, "edgecolor": self._theme.ink, "pad": 5})
        moving += [frame, ended]
        for order, artist in enumerate(moving):
            artist.set_zorder(10 + order)
        self._layers.append(layers)
        self._ended.append(ended)
        return moving

    _layers: list[list[Layer]]
    _ended: list[Any]

    def _share_limits(self, left: float, rows: int, side: float, spare: float) -> None:
        """One limit of colour for all surfaces, and one bar beside them."""
        surfaces = [
            layer for layers in self._layers for layer in layers if isinstance(layer, Surface)
        ]
        outputs = {cell.trace.provenance.get("output") for cell in self._cells}
        # A critic's value and a probability have no colours in common: each keeps its own limits.
        if not surfaces or len(outputs) > 1:
            return
        widest = max(surfaces, key=lambda surface: surface.limit)
        for surface in surfaces:
            surface.limit = widest.limit
        bar: Bar = widest.bar
        height = rows * side + (rows - 1) * (_WORDS + spare)
        bottom = _TOP - _WORDS - spare / 2 - height
        ax = self._axes((left, bottom, 14, height))
        ramp = self._theme.ramp[:LEVELS, None]
        ax.imshow(ramp, aspect="auto", origin="lower", interpolation="nearest")
        for place, words in bar.ticks:
            shift = {0.0: 0.0, 1.0: -15.0}.get(place, -7.0)
            self._text(left + 23, bottom + place * height + shift, words, LABEL, self._theme.soft)
        self._text(left, bottom + height + 9, bar.name, LABEL, self._theme.soft)

    def _show(self, frame: int) -> None:
        step, last = int(self._steps[frame]), int(self._steps[-1])
        for cell, layers, ended, nearest in zip(
            self._cells, self._layers, self._ended, self._nearest, strict=True
        ):
            for layer in layers:
                layer.show(int(nearest[frame]))
            at = int(cell.trace.diverged_at[cell.trace.row(cell.seed)])
            ended.set_text(self._words.diverged.format(step=at) if 0 <= at <= step else "")
        self._step.set_text(f"{self._words.step} {step}")
        self._progress.set_width(step / last if last else 1.0)


class Compare(_Grid):
    """Two to four traces side by side; their titles say only in what their settings differ.

    Args:
        traces: What was measured, with one square of data units.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.

    Raises:
        ToylabError: If there are too few or too many, their squares differ, none of their seeds was
            filmed, or a theme, layer or language is unknown.
    """

    def __init__(self, traces: Sequence[Trace], theme: str = "light", lang: str = "en") -> None:
        self._dress(theme, lang)
        if not 2 <= len(traces) <= MOST_TRACES:
            raise ToylabError(f"compare takes 2 to {MOST_TRACES} traces, got {len(traces)}.")
        for trace in traces[1:]:
            if not np.array_equal(trace.extent, traces[0].extent):
                raise ToylabError(
                    f"{traces[0].name} and {trace.name} cannot stand side by side: they show other "
                    "squares of the plane.\n  Compare games on one target."
                )
        seeds = [_filmed(trace, 1)[0] for trace in traces]
        titles = told_differences([trace.settings for trace in traces])
        if not any(titles):
            titles = [f"{self._words.seed} {seed}" for seed in seeds]
        cells = [_Cell(*cell) for cell in zip(traces, seeds, titles, strict=True)]
        names = dict.fromkeys(trace.settings["title"] for trace in traces)
        self._set(" · ".join(names), "", cells)


class Seeds(_Grid):
    """Up to nine seeds of one trace, and how many of all its seeds do as its first claim says.

    Args:
        trace: What was measured.
        seeds: Which seeds; the first nine that were filmed if none are given.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.

    Raises:
        ToylabError: If a seed was not filmed, there are too many, or a theme, layer or language is
            unknown.
    """

    def __init__(
        self,
        trace: Trace,
        seeds: Sequence[int] | None = None,
        theme: str = "light",
        lang: str = "en",
    ) -> None:
        self._dress(theme, lang)
        chosen = _filmed(trace, MOST_SEEDS) if seeds is None else list(seeds)
        if not 1 <= len(chosen) <= MOST_SEEDS:
            raise ToylabError(f"A grid shows 1 to {MOST_SEEDS} seeds, got {len(chosen)}.")
        for seed in chosen:
            trace.filmed_row(seed)
        # A claim against another scenario cannot be judged from this trace alone.
        claim = next((c for c in told_claims(trace.settings) if not c.against), None)
        caption, marks = "", dict.fromkeys(chosen, "")
        if claim is not None:
            does = satisfied(claim, trace)
            marks = {seed: " ✓" if does[trace.row(seed)] else " ✗" for seed in chosen}
            shown = [bool(does[trace.row(seed)]) for seed in chosen]
            caption = f"{sum(shown)} / {len(shown)}: {claim.text}"
        title = f"{self._words.seed} {{}}{{}}"
        cells = [_Cell(trace, seed, title.format(seed, marks[seed])) for seed in chosen]
        self._set(trace.settings["title"], caption, cells)


def _filmed(trace: Trace, most: int) -> list[int]:
    """The first filmed seeds of a trace."""
    if not len(trace.filmed):
        raise ToylabError("No seed of this trace was filmed. Record it with a filmed seed.")
    return [int(seed) for seed in trace.seeds[trace.filmed[:most]]]


def _shape(n: int) -> tuple[int, float]:
    """Columns, and the side of a stage, that make n stages as large as they can be."""

    def side(columns: int) -> float:
        rows = -(-n // columns)
        across = (_WIDTH - 2 * _LEFT - _BAR - _GAP * (columns - 1)) / columns
        return float(min(across, (_TOP - _FOOT) / rows - _WORDS) // 1)

    columns = max(range(1, n + 1), key=side)
    return columns, side(columns)


def told_differences(settings: Sequence[dict[str, Any]]) -> list[str]:
    """For each table of settings, in words, only what is not the same in all of them."""
    paths = differing(settings, without=_NOT_PLAYED)
    flats = [flat(table) for table in settings]
    return [", ".join(_said(path, one) for path in paths if path in one) for one in flats]


def _said(path: str, settings: dict[str, Any]) -> str:
    """A setting in words: "objective hinge", "penalties r1", "lr 0.001"."""
    value = settings[path]
    if isinstance(value, list):
        value = " + ".join(str(v.get("kind", v) if isinstance(v, dict) else v) for v in value)
    name = path.removesuffix(".kind").split(".")[-1].replace("_", " ")
    return f"{name} {str(value).replace('_', ' ') or 'none'}"
