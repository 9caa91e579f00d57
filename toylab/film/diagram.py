"""A sweep as a picture: a curve over one setting, a map over two, small maps over three."""

from __future__ import annotations

import io
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from toylab.base.axes import Float
from toylab.base.counted import Counted
from toylab.base.errors import ToylabError
from toylab.base.settings import AS_IT_IS, EACH
from toylab.film.fonts import check_glyphs, families
from toylab.film.layout import Box
from toylab.film.style import DPI, LABEL, LESSON, PANEL, THEMES, TITLE, Theme, settled, short
from toylab.film.text import fitted
from toylab.film.words import WORDS, Words
from toylab.film.writers.stills import (
    pdf_metadata,
    png_metadata,
    svg_metadata,
    svg_words,
    vectors,
)
from toylab.metrics import METRICS

Place = tuple[str, ...]  # the values of the varied settings, as written
Runs = Mapping[
    Place, Sequence[float]
]  # of each combination a number a seed; NaN where there is none
Axis = tuple[str, Sequence[str]]  # path and values of a setting, as written

# How each kind of file says where it comes from, by its ending.
PICTURES = {".png": png_metadata, ".pdf": pdf_metadata, ".svg": svg_metadata}
MOST_AXES = 3
# Of one, two or three settings: what leaves a cell some units to be seen.
MOST_VALUES = {0: (), 1: (400,), 2: (160, 80), 3: (40, 80, 12)}
# Of changes made one at a time, with no change: a row of words each.
MOST_ROWS = 20

_WIDTH, _HEIGHT = 1280, 720
# Dark to light in even steps, for every eye: matplotlib's own.
_MAP = colormaps["viridis"]
# Units: between the maps of a third setting; the least cell that has room for its seeds.
_GAP, _LEAST_WITH_SEEDS = 20, (60, 60)


def diagram(
    path: Path,
    ending: str,
    axes: Sequence[Axis],
    runs: Runs,
    metric: str,
    title: str,
    theme: str,
    told: Mapping[str, str],
    svg_text: bool = False,
    lang: str = "en",
) -> None:
    """Draw the mean over seeds of a metric, with its seeds, and write it.

    Args:
        path: Where.
        ending: Key of `PICTURES`.
        axes: One to three settings.
        runs: What was measured.
        metric: Key of `METRICS`.
        title: What stands above.
        theme: Key of `THEMES`.
        told: Where it comes from.
        svg_text: Whether an .svg holds its words as text.
        lang: Key of `WORDS`.
    """
    look, words = THEMES[theme], WORDS[lang]
    fonts, label = families(lang), words.label(METRICS[metric])
    with settled({"font.family": fonts, **vectors(fonts), **svg_words(svg_text)}):
        figure = Figure(figsize=(_WIDTH / DPI, _HEIGHT / DPI), dpi=DPI, facecolor=look.paper)
        FigureCanvasAgg(figure)
        title, size = fitted(title, 1200, TITLE, LESSON + 3, fonts, bold=True)
        figure.text(40 / _WIDTH, 660 / _HEIGHT, title, fontsize=size, color=look.ink, weight="bold")
        each = words.dots if len(axes) == 1 else words.strips
        said = f"{label}{words.colon}{counted(runs, words, each)}"
        figure.text(40 / _WIDTH, 627 / _HEIGHT, said, fontsize=LESSON, color=look.soft)
        if len(axes) == 1:
            if axes[0][0] == EACH:
                _rows(figure, label, axes[0][1], runs, look, words)
            else:
                _curve(figure.add_axes((0.09, 0.14, 0.86, 0.66)), axes[0], runs, look)
        else:
            _maps(figure, axes, runs, look, words)
        raw = io.BytesIO()  # as in writers/stills.py: a full disk is told as one
        figure.savefig(
            raw,
            format=ending[1:],
            facecolor=look.paper,
            metadata=PICTURES[ending](json.dumps(told, sort_keys=True)),
        )
    path.write_bytes(raw.getvalue())


def check_axes(path: object, axes: Sequence[Axis]) -> None:
    """Check that a picture can show so many settings.

    Raises:
        ToylabError: If there are too many, or too many values of one.
    """
    if len(axes) > MOST_AXES:
        raise ToylabError(
            f"{path}: a picture shows one to three --over, got {len(axes)}. Write a .csv."
        )
    for (name, values), usual in zip(axes, MOST_VALUES[len(axes)], strict=True):
        most = MOST_ROWS if name == EACH else usual
        if len(values) > most:
            raise ToylabError(
                f"{path}: a picture shows {most} values of {name} at most, got {len(values)}. Write a .csv."
            )


def check_words(words: Sequence[str], lang: str = "en") -> None:
    """Check that the fonts have a picture's words, before anything is trained.

    Raises:
        ToylabError: With the characters that are missing.
    """
    for bold in (False, True):  # the title is bold, the values are not
        check_glyphs(words, families(lang), bold, styled=False)


def counted(runs: Runs, words: Words, each: str) -> str:
    """Of how many seeds a number is the mean, how each is shown, and how many have none.

    Args:
        runs: What was measured.
        words: Of a language.
        each: How single seeds are shown.
    """
    n = max(len(numbers) for numbers in runs.values())
    lacking = sum(not np.isfinite(x) for numbers in runs.values() for x in numbers)
    told = [words.means.format(n=Counted(n)), each] if n > 1 else [words.one_seed]
    failed = words.some_failed.format(n=lacking, total=sum(map(len, runs.values())))
    return words.aside.join([*told, *[failed] * bool(lacking)])


def _curve(ax: Axes, axis: Axis, runs: Runs, look: Theme) -> None:
    name, values = axis
    at = np.arange(len(values))
    for x, value in zip(at, values, strict=True):
        numbers = np.asarray(runs[(value,)], dtype=float)
        # Spread sideways so that equal seeds are seen to be many.
        aside = np.linspace(-0.12, 0.12, len(numbers)) if len(numbers) > 1 else np.zeros(1)
        ax.plot(x + aside, numbers, "o", color=look.curves[0], alpha=0.35, markersize=6)
    means = [_mean(runs[(value,)]) for value in values]
    ax.plot(at, means, color=look.curves[0], linewidth=2.6, marker="o", markersize=9)
    ax.set_xticks(at, values)
    ax.set_xlabel(name, fontsize=LABEL, color=look.soft)
    _quiet(ax, look)
    ax.grid(axis="y", color=look.grid)


def _rows(
    figure: Figure, label: str, names: Sequence[str], runs: Runs, look: Theme, words: Words
) -> None:
    """A row for each change, no change on top: every seed, their mean, and where no change leads."""
    left, bottom, width, height = 0.36, 0.13, 0.6, 0.68
    ax = figure.add_axes((left, bottom, width, height))
    at = np.arange(len(names))[::-1]
    for y, name in zip(at, names, strict=True):
        numbers, mean = runs[(name,)], _mean(runs[(name,)])
        aside = np.linspace(-0.2, 0.2, len(numbers)) if len(numbers) > 1 else np.zeros(1)
        ax.plot(numbers, y + aside, "o", color=look.curves[0], alpha=0.35, markersize=6)
        ax.plot([mean], [y], "o", color=look.curves[0], markersize=10)
        if not np.isfinite(mean):
            ax.text(0.02, y, words.failed, transform=ax.get_yaxis_transform(), color=look.soft)
    mean = _mean(runs[(names[0],)])
    if np.isfinite(mean):
        ax.axvline(mean, color=look.soft, linewidth=1.2, linestyle=(0, (4, 3)), zorder=0)
    called = [words.as_it_is if name == AS_IT_IS else name for name in names]
    shown = [
        fitted(name, left * _WIDTH - 60, PANEL, LABEL, families(words.code)) for name in called
    ]
    ax.set_yticks(at, [name for name, _ in shown])
    ax.set_ylim(-0.6, len(names) - 0.4)
    ax.set_xlabel(label, fontsize=LABEL, color=look.soft)
    _quiet(ax, look)
    for text, (_, size) in zip(ax.get_yticklabels(), shown, strict=True):
        text.set(fontsize=size, color=look.ink)
    ax.grid(axis="both", color=look.grid)


def _maps(figure: Figure, axes: Sequence[Axis], runs: Runs, look: Theme, words: Words) -> None:
    """One map, or one for each value of a third setting, and the scale of their colours."""
    third, values = axes[2] if len(axes) == 3 else ("", ("",))
    left, right, bottom, height = 150, 1150, 92, 500 - 34 * bool(third)
    width = (right - left + _GAP) / len(values) - _GAP
    for k, value in enumerate(values):
        own = (value,) if third else ()
        part = {point[:2]: numbers for point, numbers in runs.items() if point[2:] == own}
        box = left + k * (width + _GAP), bottom, width, height
        ax = draw_map(figure, box, axes[:2], part, limits(runs), look, words, rows=k == 0)
        if third:
            ax.set_title(f"{third} {value}", fontsize=LABEL, color=look.ink)
    _scale(figure, (right + 24, bottom, 16, height), limits(runs), look)


def limits(runs: Runs) -> tuple[float, float]:
    """The least and the greatest of all numbers: the ends of the colours."""
    every = np.array([number for numbers in runs.values() for number in numbers])
    known = every[np.isfinite(every)]
    return (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)


def draw_map(
    figure: Figure,
    box: Box,
    axes: Sequence[Axis],
    runs: Runs,
    ends: tuple[float, float],
    look: Theme,
    words: Words,
    *,
    rows: bool = True,
) -> Axes:
    """Draw a map of two settings: the first across, the second upwards.

    Args:
        figure: Of 1280 x 720 units.
        box: Where its cells stand, units.
        axes: The two settings.
        runs: What was measured.
        ends: Numbers of the darkest and the lightest colour.
        look: Colours.
        words: Of a language.
        rows: Whether the values of the rows are written beside them.
    """
    (across, columns), (down, lines) = axes
    x, y, width, height = box
    ax = figure.add_axes((x / _WIDTH, y / _HEIGHT, width / _WIDTH, height / _HEIGHT))
    cell = width / len(columns), height / len(lines)
    for (i, row), (j, column) in itertools.product(enumerate(lines), enumerate(columns)):
        _cell(ax, (j, i), runs[column, row], ends, cell, look, words)
    ax.set_xlim(-0.5, len(columns) - 0.5)
    ax.set_ylim(-0.5, len(lines) - 0.5)
    ax.set_xticks(range(len(columns)), columns)
    ax.set_yticks(range(len(lines)), lines if rows else [""] * len(lines))
    ax.set_xlabel(across, fontsize=LABEL, color=look.soft)
    if rows:
        ax.set_ylabel(down, fontsize=LABEL, color=look.soft)
    _quiet(ax, look)
    return ax


def _cell(
    ax: Axes,
    at: tuple[int, int],
    numbers: Sequence[float],
    ends: tuple[float, float],
    size: tuple[float, float],
    look: Theme,
    words: Words,
) -> None:
    """The mean as colour and number, and below it a strip with a piece for each seed."""
    (x, y), mean = at, _mean(numbers)
    colour = _colour(mean, ends, look)
    # A unit's gap on each side.
    w, h = 1 - 2 / size[0], 1 - 2 / size[1]
    ax.add_patch(Rectangle((x - w / 2, y - h / 2), w, h, facecolor=colour, linewidth=0))
    # Perceived lightness decides which ink is read.
    bright = float(np.dot(colour, (0.299, 0.587, 0.114))) > 0.5
    ink = "#10131A" if bright else "#FFFFFF"
    said = short(mean) if np.isfinite(mean) else words.failed
    # What has no room is left out: the colour says it too.
    shown = fitted(said, size[0] - 6, PANEL, LABEL, families(words.code), bold=True)
    seeds = len(numbers) > 1 and size[0] >= _LEAST_WITH_SEEDS[0] and size[1] >= _LEAST_WITH_SEEDS[1]
    if shown[0] == said and size[1] > 26:
        place = (x, y + 0.16 * seeds)
        ax.text(*place, said, ha="center", va="center", fontsize=shown[1], color=ink, weight="bold")
    if seeds:
        _strip(ax, (x - 0.42, y - 0.36, 0.84, 0.22), numbers, ends, ink, look)


def _strip(
    ax: Axes,
    box: Box,
    numbers: Sequence[float],
    ends: tuple[float, float],
    ink: str,
    look: Theme,
) -> None:
    """The seeds side by side, lowest first, those without a number last."""
    x, y, width, height = box
    ordered = sorted(numbers, key=lambda number: (not np.isfinite(number), number))
    for colour, group in itertools.groupby(ordered, lambda number: _colour(number, ends, look)):
        share = width * len(list(group)) / len(numbers)
        ax.add_patch(Rectangle((x, y), share, height, facecolor=colour, linewidth=0))
        x += share
    ax.add_patch(Rectangle(box[:2], width, height, fill=False, edgecolor=ink, linewidth=1))


def _scale(figure: Figure, box: Box, ends: tuple[float, float], look: Theme) -> None:
    """The bar of the colours."""
    x, y, width, height = box
    ax = figure.add_axes((x / _WIDTH, y / _HEIGHT, width / _WIDTH, height / _HEIGHT))
    ax.imshow(_MAP(np.linspace(0, 1, 256))[:, None], aspect="auto", origin="lower")
    ax.set_xticks([])
    ax.yaxis.tick_right()
    marks = np.linspace(0, 255, 3)
    ax.set_yticks(marks, [short(float(v)) for v in np.linspace(*ends, 3)])
    _quiet(ax, look)


def _colour(number: float, ends: tuple[float, float], look: Theme) -> tuple[float, float, float]:
    low, high = ends
    if not np.isfinite(number):
        return to_rgb(look.grid)
    red, green, blue, _ = _MAP(float((number - low) / (high - low)) if high > low else 0.5)
    return red, green, blue


def _mean(numbers: Sequence[float]) -> float:
    known: Float = np.asarray([x for x in numbers if np.isfinite(x)])
    return float(known.mean()) if known.size else float("nan")


def _quiet(ax: Axes, look: Theme) -> None:
    ax.set_facecolor(look.paper)
    ax.tick_params(labelsize=LABEL, labelcolor=look.soft, length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
