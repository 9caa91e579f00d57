"""The marks and words below a stage, and the bar of colours beside it."""

from __future__ import annotations

from collections.abc import Sequence

from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrow
from matplotlib.text import Text
from matplotlib.transforms import Affine2D

from toylab.film.board import Board
from toylab.film.layers import Bar, Key
from toylab.film.layout import Box
from toylab.film.style import DPI, LABEL, LEVELS
from toylab.film.words import Words


def draw_key(
    board: Board, keys: Sequence[Key], at: tuple[float, float], end: float, words: Words
) -> None:
    """Draw marks and words from a place on, with even gaps; those that do not fit are left out.

    Args:
        board: Where.
        keys: Entries, from left to right.
        at: Where the first mark begins, units.
        end: Where the last word must have ended, units.
        words: Language.
    """
    x, y = at
    for key in keys:
        start = x + _ROOM[key.mark] + 8
        text = board.text(start, y - 7, getattr(words, key.words), LABEL, board.theme.soft)
        to_units = DPI / board.figure.dpi
        stop = text.get_window_extent().x1 * to_units
        if stop > end:
            text.remove()
            continue
        _mark(board, key, x, y)
        x = stop + 24


_ROOM = {"real": 12, "generated": 12, "arrow": 26, "line": 26, "dashes": 26}


def _mark(board: Board, key: Key, x: float, y: float) -> None:
    figure, theme, width, height = (
        board.figure,
        board.theme,
        board.layout.width,
        board.layout.height,
    )
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


def draw_bar(board: Board, box: Box, bar: Bar, words: Words) -> float:
    """Draw the surface's colours; the words of the ends stay inside its length.

    Args:
        board: Where.
        box: Left, bottom, width and height of the colours, units.
        bar: What it says.
        words: Language.

    Returns:
        Where the bar's name begins, units: what stands beside it must end before.
    """
    left, bottom, width, height = box
    ramp = board.theme.ramp[:LEVELS, None]
    board.axes(box).imshow(ramp, aspect="auto", origin="lower", interpolation="nearest")

    def say(y: float, said: str) -> Text:
        return board.text(left + width + 9, y, said, LABEL, board.theme.soft)

    for place, value in bar.ticks:
        shift = {0.0: 0.0, 1.0: -15.0}.get(place, -7.0)
        say(bottom + place * height + shift, value)
    # Under its ticks, and not beyond the frame's margin.
    name = say(bottom - 29, words.told(bar.name))
    unit = board.figure.dpi / DPI
    over = name.get_window_extent().x1 / unit - board.layout.right
    if over > 0:
        name.set_x((left + width + 9 - over) / board.layout.width)
    return float(name.get_window_extent().x0) / unit
