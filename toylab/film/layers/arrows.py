"""Arrows: where the generator's loss pushes its samples."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import PathPatch
from matplotlib.path import Path

from toylab.base.axes import Points
from toylab.film.layers.base import Key
from toylab.film.layers.choice import spread_choice
from toylab.film.style import LABEL, Theme, short
from toylab.film.words import Words
from toylab.trace import Trace

# Few, so that each can be followed from frame to frame.
N_ARROWS = 14


class Arrows:
    """Where the generator's loss pushes some samples: the same latents in all frames, one scale a run.

    True lengths, so that a gradient that vanishes is seen to vanish.
    """

    bar = None

    def __init__(self, theme: Theme, words: Words) -> None:
        self._theme, self._words = theme, words
        self.key = Key("arrow", words.arrows)

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """One patch for all arrows and one for their casing."""
        # In the players' units the stage is a square, whatever its sides are in the data's.
        self._frame = trace.target.frame
        samples = self._frame.inward(trace.samples[:, trace.row(seed)])
        pushes = trace.pushes[:, trace.filmed_row(seed)]
        chosen = spread_choice(samples, N_ARROWS)
        self._start, self._push = samples[:, chosen], pushes[:, chosen]
        lengths = np.hypot(self._push[..., 0], self._push[..., 1])
        finite = lengths[np.isfinite(lengths)]
        longest = float(np.percentile(finite, 95)) if finite.size else 0.0
        (x0, _), (x1, _) = self._frame.inward(np.reshape(trace.extent, (2, 2)).T).tolist()
        box = ax.get_window_extent()
        # A long arrow of the run takes a ninth of the stage; none takes more than a fifth.
        self._scale = (x1 - x0) / 9 / longest if longest > 0 else 0.0
        self._most, self._pixel = (x1 - x0) / 5, (x1 - x0) / box.width
        self._patches = [
            PathPatch(Path(np.zeros((1, 2))), facecolor=colour, edgecolor=colour, linewidth=width)
            for colour, width in ((self._theme.paper, 2.2), (self._theme.arrow, 0.0))
        ]
        for patch in self._patches:
            patch.set_joinstyle("round")
            ax.add_patch(patch)
        return self._patches

    def show(self, frame: int) -> None:
        """Point the arrows."""
        path = arrow_path(
            self._start[frame], self._push[frame] * self._scale, self._most, self._pixel
        )
        path = Path(self._frame.outward(np.asarray(path.vertices)), path.codes)
        for patch in self._patches:
            patch.set_path(path)


class EvenArrows(Arrows):
    """The same pushes at one length, for their direction; their true size in words.

    For runs whose gradients span decades, where true lengths would show the longest only.
    """

    def open(self, ax: Axes, trace: Trace, seed: int) -> Sequence[Artist]:
        """The arrows and the words in the stage's lower left corner."""
        patches = super().open(ax, trace, seed)
        self._size = np.hypot(self._push[..., 0], self._push[..., 1])
        with np.errstate(divide="ignore", invalid="ignore"):
            even = self._push / self._size[..., None]
        # A ninth of the stage, as a long arrow of true length has.
        self._push = np.where(np.isfinite(even), even, 0.0)
        self._scale = 5 * self._most / 9
        style = {"facecolor": self._theme.paper, "edgecolor": "none", "pad": 5, "alpha": 0.85}
        self._text = ax.text(
            0.02,
            0.025,
            "",
            transform=ax.transAxes,
            fontsize=LABEL,
            color=self._theme.ink,
            bbox=style,
        )
        return [*patches, self._text]

    def show(self, frame: int) -> None:
        """Point the arrows and say how long they would be."""
        super().show(frame)
        middle = np.median(self._size[frame])
        self._text.set_text(self._words.push.format(size=short(float(middle))))


def arrow_path(start: Points, push: Points, most: float, pixel: float) -> Path:
    """One compound path of filled arrows; those shorter than a pixel are left out.

    Args:
        start: Data units, [n, 2].
        push: From there, data units, [n, 2].
        most: Longer arrows are cut to this, data units.
        pixel: One, in data units.
    """
    length = np.hypot(push[:, 0], push[:, 1])
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(length) & (length > pixel)
    start, push, length = start[seen], push[seen], length[seen]
    if not len(start):
        return Path(np.zeros((1, 2)))
    along = push / length[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    length = np.minimum(length, most)
    # Pixels: a shaft of 3, a head of 13 by 11, shrunk for arrows shorter than two heads.
    size = np.minimum(1.0, length / (24 * pixel))
    head, wing, half = 13 * pixel * size, 5.5 * pixel * size, 1.5 * pixel * np.sqrt(size)
    outline = [
        (0 * length, half),
        (length - head, half),
        (length - head, wing),
        (length, 0 * length),
        (length - head, -wing),
        (length - head, -half),
        (0 * length, -half),
        (0 * length, half),
    ]
    corners = np.stack(
        [start + along * a[:, None] + across * b[:, None] for a, b in outline], axis=1
    )  # [n, 8, 2]
    codes = [Path.MOVETO, *[Path.LINETO] * 6, Path.CLOSEPOLY]
    return Path(corners.reshape(-1, 2), codes * len(start))
