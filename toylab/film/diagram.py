"""A sweep as a picture: a curve over one setting, a map over two, small maps over three."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from matplotlib import colormaps, rc_context
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from toylab.axes import Float
from toylab.errors import ToylabError
from toylab.film.fonts import LATIN
from toylab.film.style import DPI, LABEL, LESSON, PANEL, THEMES, TITLE, Theme, short
from toylab.film.text import fitted
from toylab.metrics import METRICS

# Dark to light in even steps, for every eye: matplotlib's own.
_MAP = colormaps["viridis"]

Point = tuple[str, ...]  # the values of the varied settings, as written


def diagram(
    path: Path,
    axes: Sequence[tuple[str, Sequence[str]]],
    runs: Mapping[Point, Sequence[float]],
    metric: str,
    title: str,
    theme: str = "light",
) -> None:
    """Draw the mean over seeds of a metric, with the spread of its seeds, and write it as PNG.

    Args:
        path: Where.
        axes: One to three settings: path and values, as written.
        runs: For each combination, one number a seed; NaN for a run without one.
        metric: Key of `METRICS`.
        title: What stands above.
        theme: Key of `THEMES`.

    Raises:
        ToylabError: If there are more than three axes.
    """
    if len(axes) > 3:
        raise ToylabError(
            f"{path}: a picture shows one to three --over, got {len(axes)}. Write a .csv."
        )
    look = THEMES[theme]
    with rc_context({"font.family": [LATIN], "text.parse_math": False}):
        figure = Figure(figsize=(1280 / DPI, 720 / DPI), dpi=DPI, facecolor=look.paper)
        FigureCanvasAgg(figure)
        title, size = fitted(title, 1200, TITLE, LESSON + 3, [LATIN], bold=True)
        figure.text(40 / 1280, 660 / 720, title, fontsize=size, color=look.ink, fontweight="bold")
        n = max(len(numbers) for numbers in runs.values())
        told = f"{METRICS[metric].label}: mean over {n} seeds" + ", and its quartiles" * (
            len(axes) > 1
        )
        figure.text(40 / 1280, 627 / 720, told, fontsize=LESSON, color=look.soft)
        if len(axes) == 1:
            _curve(figure.add_axes((0.09, 0.14, 0.86, 0.66)), axes[0], runs, look)
        else:
            _maps(figure, axes, runs, look)
        figure.savefig(path, format="png", facecolor=look.paper, metadata={"Software": "toylab"})


def _curve(
    ax: Axes, axis: tuple[str, Sequence[str]], runs: Mapping[Point, Sequence[float]], look: Theme
) -> None:
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


def _maps(
    figure: Figure,
    axes: Sequence[tuple[str, Sequence[str]]],
    runs: Mapping[Point, Sequence[float]],
    look: Theme,
) -> None:
    (across, columns), (down, rows) = axes[0], axes[1]
    third = axes[2] if len(axes) == 3 else ("", ("",))
    every = np.array([_mean(numbers) for numbers in runs.values()])
    known = every[np.isfinite(every)]
    low, high = (float(known.min()), float(known.max())) if known.size else (0.0, 1.0)
    width = 0.82 / len(third[1])
    for k, value in enumerate(third[1]):
        ax = figure.add_axes((0.1 + k * width, 0.14, width - 0.03, 0.62))
        own = (value,) if value else ()
        for (i, y), (j, x) in itertools.product(enumerate(rows), enumerate(columns)):
            _cell(ax, (j, i), runs[(x, y, *own)], (low, high), len(columns) * len(third[1]), look)
        ax.set_xlim(-0.5, len(columns) - 0.5)
        ax.set_ylim(-0.5, len(rows) - 0.5)
        ax.set_xticks(range(len(columns)), columns)
        ax.set_yticks(range(len(rows)), rows if k == 0 else [""] * len(rows))
        ax.set_xlabel(across, fontsize=LABEL, color=look.soft)
        if k == 0:
            ax.set_ylabel(down, fontsize=LABEL, color=look.soft)
        if value:
            ax.set_title(f"{third[0]} {value}", fontsize=LABEL, color=look.ink)
        _quiet(ax, look)


def _cell(
    ax: Axes,
    at: tuple[int, int],
    numbers: Sequence[float],
    limits: tuple[float, float],
    columns: int,
    look: Theme,
) -> None:
    mean, (low, high) = _mean(numbers), limits
    share = (mean - low) / (high - low) if high > low else 0.5
    colour = to_rgb(look.grid) if not np.isfinite(mean) else _MAP(float(share))[:3]
    ax.fill_between([at[0] - 0.49, at[0] + 0.49], at[1] - 0.49, at[1] + 0.49, color=colour, lw=0)
    # Perceived lightness decides which ink is read.
    bright = float(np.dot(colour, (0.299, 0.587, 0.114))) > 0.5
    ink = "#10131A" if bright else "#FFFFFF"
    words = short(mean) if np.isfinite(mean) else "failed"
    ax.text(*at, words, ha="center", va="center", fontsize=PANEL, color=ink, fontweight="bold")
    if columns <= 8 and np.isfinite(numbers).sum() > 2:
        first, last = np.nanpercentile(numbers, (25, 75))
        spread = f"{short(float(first))} – {short(float(last))}"
        ax.annotate(
            spread, at, (0, -22), textcoords="offset points", ha="center", fontsize=LABEL, color=ink
        )


def _mean(numbers: Sequence[float]) -> float:
    known: Float = np.asarray([x for x in numbers if np.isfinite(x)])
    return float(known.mean()) if known.size else float("nan")


def _quiet(ax: Axes, look: Theme) -> None:
    ax.set_facecolor(look.paper)
    ax.tick_params(labelsize=LABEL, labelcolor=look.soft, length=0)
    for spine in ax.spines.values():
        spine.set_visible(False)
