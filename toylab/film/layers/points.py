"""Points: the data, the samples, and where some of them have been."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D

from toylab.film.layers.base import MOST_POINTS, Key
from toylab.film.layers.choice import spread_choice
from toylab.film.style import Theme
from toylab.film.words import Words
from toylab.trace import Trace


class _Dots:
    """Points of one kind, as one marker stamped many times."""

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme, self._words = theme, words

    def _line(self, ax: Axes, mark: str) -> Line2D:
        line = Line2D([], [], linestyle="none", **self._theme.mark(mark))
        ax.add_line(line)
        return line


class Real(_Dots):
    """Real points: small, quiet, the same in all frames."""

    @property
    def key(self) -> Key:
        """Name and mark."""
        return Key("real", self._words.real)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One line of markers."""
        points = trace.real[trace.row(seed), :MOST_POINTS]
        line = self._line(ax, "real")
        line.set_data(points[:, 0], points[:, 1])
        return [line]

    def show(self, frame: int) -> None:
        """Nothing moves."""


class Generated(_Dots):
    """Generated points: bright with a dark edge."""

    @property
    def key(self) -> Key:
        """Name and mark."""
        return Key("generated", self._words.generated)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One line of markers."""
        self._samples = trace.samples[:, trace.row(seed), :MOST_POINTS]
        self._dots = self._line(ax, "generated")
        return [self._dots]

    def show(self, frame: int) -> None:
        """Move the points."""
        self._dots.set_data(self._samples[frame, :, 0], self._samples[frame, :, 1])


# Few, so that each can be followed, and short, so that they do not cover the stage.
N_TRAILS, TRAIL_FRAMES = 12, 14


class Trails:
    """The way that a few samples came, over the last frames."""

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme = theme
        self.key = Key("line", words.trails)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One collection: a line a sample."""
        samples = trace.samples[:, trace.row(seed)]
        chosen = spread_choice(trace.target.frame.inward(samples), N_TRAILS)
        self._ways = samples[:, chosen]  # [T, n, 2]
        self._lines = LineCollection([], colors=self._theme.ink, linewidths=1.8, alpha=0.6)
        self._lines.set_capstyle("round")
        ax.add_collection(self._lines, autolim=False)
        return [self._lines]

    def show(self, frame: int) -> None:
        """Draw the ways up to a frame."""
        ways = self._ways[max(0, frame - TRAIL_FRAMES) : frame + 1].transpose(1, 0, 2)
        self._lines.set_segments(list(ways) if len(ways[0]) > 1 and np.isfinite(ways).all() else [])
