"""The modes by name: which share of the samples each has now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes

from toylab.base.axes import Float
from toylab.base.errors import ToylabError
from toylab.film.style import LABEL, Theme
from toylab.film.words import Words
from toylab.metrics import nearest_modes
from toylab.trace import Trace

# More labels than these would touch on a stage of 548 pixels.
MOST_LABELS = 25


class Modes:
    """A label beside each mode: the share of all samples that are good and nearest to it."""

    key = bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme = theme

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One text a mode."""
        modes = trace.target.modes
        if not 0 < len(modes) <= MOST_LABELS:
            raise ToylabError(
                f"film.layers modes needs a target of 1 to {MOST_LABELS} modes; this one has {len(modes)}."
            )
        index, good = nearest_modes(trace.samples[:, trace.row(seed)], trace.target)
        self._shares = np.stack([((index == k) & good).mean(-1) for k in range(len(modes))], -1)
        style = {"facecolor": self._theme.paper, "edgecolor": "none", "alpha": 0.7}
        self._texts = []
        for at, shift in zip(modes, _shifts(modes), strict=True):
            text = ax.annotate("", at, shift, textcoords="offset pixels", ha="center", va="center")
            text.set(fontsize=LABEL, color=self._theme.ink, annotation_clip=False)
            text.set_bbox({**style, "boxstyle": "round,pad=0.15"})
            self._texts.append(text)
        return self._texts

    def show(self, frame: int) -> None:
        """Say the present shares; a mode without samples says so by standing back."""
        for text, share in zip(self._texts, self._shares[frame], strict=True):
            text.set_text(f"{100 * share:.0f}\u202f%")
            text.set_alpha(1.0 if share > 0 else 0.55)


def _shifts(modes: Float) -> Float:
    """Pixels from each mode to its label, [K, 2]: outwards on a ring, else above."""
    offset = modes - modes.mean(0)
    far = np.hypot(*offset.T)
    if len(modes) > 2 and far.min() > 0.9 * far.max():
        # Wider than high, as the words are.
        return offset / far[:, None] * (44, 34)
    return np.tile([0.0, 26.0], (len(modes), 1))
