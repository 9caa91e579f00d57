"""What the figures of the course share: panels with a name, curves with their spread, words beside them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes

from toylab.base.axes import Float
from toylab.film.style import LABEL, PANEL, Theme, short
from toylab.show.figures import HEIGHT, WIDTH, quiet

LINE = 3.2


def panels(
    ax: Axes, theme: Theme, names: Sequence[tuple[str, str, str]], room: float = 74
) -> list[Axes]:
    """Split the whole picture into panels side by side.

    Args:
        ax: Axes of the whole size; it stays empty.
        theme: Colours.
        names: Of each panel its title, what goes across and what goes up.
        room: Units at the left of each panel for what goes up.
    """
    ax.set_axis_off()
    each = WIDTH / len(names)
    made = []
    for i, (title, across, up) in enumerate(names):
        box = (i * each + room, 76, each - room - 26, HEIGHT - 76 - 56)
        panel = ax.figure.add_axes(
            (box[0] / WIDTH, box[1] / HEIGHT, box[2] / WIDTH, box[3] / HEIGHT)
        )
        quiet(panel, theme, across, up)
        panel.set_title(title, loc="left", fontsize=PANEL, color=theme.ink, fontweight="bold")
        made.append(panel)
    return made


def band(ax: Axes, steps: Float, curve: Mapping[str, Sequence[float]], colour: str) -> None:
    """The median over seeds, and between its quartiles a tint.

    Args:
        ax: The panel.
        steps: Where it was measured, [T].
        curve: Median, lower ("low") and upper ("high") quartile over seeds at each step.
        colour: Of the line and of the tint.
    """
    ax.fill_between(steps, curve["low"], curve["high"], color=colour, alpha=0.22, linewidth=0)
    ax.plot(steps, curve["median"], color=colour, linewidth=LINE)


def seeds(ax: Axes, columns: Sequence[Sequence[float]], labels: Sequence[str], colour: str) -> None:
    """A dot a seed, column by column, and a line through the medians.

    Args:
        ax: The panel.
        columns: Of each column one number a seed.
        labels: What stands below each column.
        colour: Of the dots and of the line.
    """
    for x, numbers in enumerate(columns):
        # Aside, so that equal seeds are seen to be many; in the seeds' order, which is no trend.
        aside = np.linspace(-0.16, 0.16, len(numbers))
        ax.plot(x + aside, numbers, "o", color=colour, alpha=0.45, markersize=7)
    medians = [float(np.median(numbers)) for numbers in columns]
    ax.plot(range(len(columns)), medians, color=colour, linewidth=LINE)
    ax.set_xticks(range(len(columns)), labels)
    ax.set_xlim(-0.4, len(columns) - 0.6)


def decades(ax: Axes, low: int, high: int, every: int = 1) -> None:
    """A logarithmic axis upwards, its powers of ten in Unicode.

    Args:
        ax: The panel.
        low: Power of ten at its lower end.
        high: Power of ten at its upper end.
        every: Powers from one tick to the next.
    """
    ax.set_yscale("log")
    ax.set_ylim(10.0**low, 10.0**high)
    ticks = [10.0**power for power in range(low, high + 1, every)]
    ax.set_yticks(ticks, map(short, ticks))
    ax.minorticks_off()


def beside(ax: Axes, at: tuple[float, float], words: str, colour: str, **more: Any) -> None:
    """Words next to a curve, in its colour.

    Args:
        ax: The panel.
        at: Where they begin, data units.
        words: To be written.
        colour: The curve's.
        more: How `Axes.annotate` sets them, where that is not as usual here.
    """
    told = {"ha": "left", "va": "center", "fontsize": LABEL + 1, "fontweight": "bold"}
    ax.annotate(words, at, color=colour, **(told | more))
