"""The generator's map: a square lattice of latents, and where it is taken."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib import colormaps
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection

from toylab.base.errors import ToylabError
from toylab.film.layers.base import Key
from toylab.film.style import Theme
from toylab.film.words import Words
from toylab.trace import Trace


class Lattice:
    """The warped lattice; each line's colour is its place in the latent plane.

    Lines of one latent coordinate run from dark blue to yellow, of the other from dark purple to orange.
    Each cell holds the same share of the latents.
    """

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self.key = Key("line", words.lattice, "#3B528B")

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """Two collections: one a latent coordinate."""
        self._lattice = trace.lattice[:, trace.filmed_row(seed)]  # [T, L, L, 2]
        n = self._lattice.shape[1]
        if not n:
            raise ToylabError(
                "film.layers lattice needs a latent of two numbers: generator.latent = 2."
            )
        self._lines = []
        for name in ("viridis", "inferno"):
            # Neither map's lightest end, which paper swallows.
            colours = colormaps[name](np.linspace(0.05, 0.8, n))
            lines = LineCollection([], colors=colours, linewidths=1.5, alpha=0.9)
            ax.add_collection(lines, autolim=False)
            self._lines.append(lines)
        return self._lines

    def show(self, frame: int) -> None:
        """Bend the lines."""
        at = self._lattice[frame]
        ways = (at, at.transpose(1, 0, 2)) if np.isfinite(at).all() else ((), ())
        for lines, way in zip(self._lines, ways, strict=True):
            lines.set_segments(list(way))
