"""The marks and words below a stage, and the bar of colours beside it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrow
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from toylab.film.layers import Bar, Key
from toylab.film.layout import Box, Layout
from toylab.film.style import DPI, LABEL, LEVELS, Theme
from toylab.film.words import Words


def draw_key(
    figure: Figure,
    layout: Layout,
    keys: Sequence[Key],
    at: tuple[float, float],
    end: float,
    theme: Theme,
    words: Words,
) -> None:
    """Draw marks and words from a place on, with even gaps; those that do not fit are left out.

    Args:
        figure: Where.
        layout: Sizes, in units.
        keys: Entries, from left to right.
        at: Where the first mark begins, units.
        end: Where the last word must have ended, units.
        theme: Colours.
        words: Language.
    """
    x, y = at
    for key in keys:
        start = x + _ROOM[key.mark] + 8
        told = getattr(words, key.words)
        text = figure.text(start / layout.width, (y - 7) / layout.height, told, fontsize=LABEL)
        text.set(color=theme.soft, va="baseline")
        to_units = DPI / figure.dpi
        stop = text.get_window_extent().x1 * to_units
        if stop > end:
            text.remove()
            continue
        _mark(figure, layout, key, x, y, theme)
        x = stop + 24


_ROOM = {"real": 12, "generated": 12, "arrow": 26, "line": 26, "dashes": 26}


def _mark(figure: Figure, layout: Layout, key: Key, x: float, y: float, theme: Theme) -> None:
    width, height = layout.width, layout.height
    if key.mark == "arrow":
        to_units = Affine2D().scale(1 / width, 1 / height) + figure.transFigure
        arrow = FancyArrow(
            x, y, 26, 0, width=3, head_width=11, head_length=12, length_includes_head=True
        )
        arrow.set(facecolor=theme.colour(key.role), edgecolor="none")
        arrow.set_transform(to_units)
        figure.add_artist(arrow)
        return
    if key.mark in ("line", "dashes"):
        line = Line2D([x / width, (x + 26) / width], [y / height] * 2, color=theme.colour(key.role))
        line.set(linewidth=2.0, linestyle=(0, (3, 2)) if key.mark == "dashes" else "-")
        figure.add_artist(line)
        return
    dot = Line2D([(x + 6) / width], [y / height], linestyle="none", color=theme.colour(key.role))
    if key.mark == "real":
        dot.set(marker="s", markersize=4.0, markeredgewidth=0)
    else:
        dot.set(marker="o", markersize=8.0, markeredgewidth=0.8, markeredgecolor=theme.edge)
    figure.add_artist(dot)


def draw_bar(
    ax: Axes, figure: Figure, layout: Layout, box: Box, bar: Bar, theme: Theme, words: Words
) -> float:
    """Draw the surface's colours; the words of the ends stay inside its length.

    Args:
        ax: Axes of the colours.
        figure: For the words.
        layout: Sizes, in units.
        box: Left, bottom, width and height of the colours, units.
        bar: What it says.
        theme: Colours.
        words: Language.

    Returns:
        Where the bar's name begins, units: what stands beside it must end before.
    """
    left, bottom, width, height = box
    ax.imshow(theme.ramp[:LEVELS, None], aspect="auto", origin="lower", interpolation="nearest")

    def say(x: float, y: float, said: str) -> Text:
        text = figure.text(x / layout.width, y / layout.height, said, fontsize=LABEL)
        text.set(color=theme.soft, va="baseline")
        return text

    for place, value in bar.ticks:
        shift = {0.0: 0.0, 1.0: -15.0}.get(place, -7.0)
        say(left + width + 9, bottom + place * height + shift, value)
    # Under its ticks, and not beyond the frame's margin.
    name = say(left + width + 9, bottom - 29, words.told(bar.name))
    unit = figure.dpi / DPI
    over = name.get_window_extent().x1 / unit - layout.right
    if over > 0:
        name.set_x((left + width + 9 - over) / layout.width)
    return float(name.get_window_extent().x0) / unit
