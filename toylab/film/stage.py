"""Stage: the square on which the layers of one seed are drawn."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from toylab.film.layers import LAYERS, Bar, Key, View
from toylab.film.painter import Brush, Painting
from toylab.film.stamp import stamp
from toylab.film.style import DPI, LABEL, PANEL, Theme, coordinate
from toylab.film.words import Words
from toylab.trace import Trace

# Units of a stage on which words in two corners leave room for the game.
_LEAST_LABELLED = 300


class Stage:
    """The layers of one seed, opened once and then set to a snapshot.

    Args:
        ax: Empty square axes.
        trace: What was measured.
        seed: Whose.
        layers: Names, bottom first.
        theme: Colours.
        words: Language.
        size: Of the words that say that a seed diverged, points.
        dots: Size of the points, as a share of their own.
        limits: What layers' limits are at least, by name, where stages share them.
        later: What an empty stage says of when it is shown; empty if it always is.
    """

    def __init__(
        self,
        ax: Axes,
        trace: Trace,
        seed: int,
        layers: Sequence[str],
        theme: Theme,
        words: Words,
        size: float = PANEL,
        dots: float = 1.0,
        limits: Mapping[str, float] = {},  # noqa: B006 - never changed
        later: str = "",
    ) -> None:
        self._trace, self._row, self._words = trace, trace.row(seed), words
        side = ax.get_window_extent().width
        #: Bottom first.
        self.layers = [
            LAYERS[name](View(trace, seed, side, limits.get(name, 0.0))) for name in layers
        ]
        own = [layer.extent for layer in self.layers if layer.extent]
        x0, x1, y0, y1 = (float(v) for v in [trace.extent, *own][-1])
        ax.set_xlim(x0, x1)
        ax.set_ylim(y0, y1)
        strokes = [stroke for layer in self.layers for stroke in layer.strokes]
        self._painting = Painting(strokes, Brush(ax, theme, words, dots))
        #: What changes from frame to frame, bottom first.
        self.moving: list[Artist] = list(self._painting.artists)
        # Above the surface, and so among the artists that are drawn anew.
        frame = Rectangle((0, 0), 1, 1, transform=ax.transAxes, fill=False, clip_on=False)
        frame.set(edgecolor=theme.soft, linewidth=1.0)
        ax.add_artist(frame)
        if not own:  # where the places are the data's
            self.moving += self._corners(ax, theme)
        self._ended = stamp(
            ax, 0.5, 0.5, "", transform=ax.transAxes, ha="center", va="center", fontsize=size
        )
        self._ended.set(fontweight="bold", color=theme.ink)
        self._ended.set_bbox({"facecolor": theme.paper, "edgecolor": theme.ink, "pad": 8})
        self.moving += [frame, self._ended]
        self._shown = list(self.moving)
        self._empty = self._emptiness(ax, theme, later, size) if later else []
        self.moving += self._empty
        for order, artist in enumerate(self.moving):
            artist.set_zorder(10 + order)

    def _emptiness(self, ax: Axes, theme: Theme, later: str, size: float) -> list[Artist]:
        """A stage on which there is nothing to see yet."""
        edge = Rectangle((0, 0), 1, 1, transform=ax.transAxes, fill=False, clip_on=False)
        edge.set(edgecolor=theme.soft, linewidth=1.0, linestyle=(0, (5, 5)))
        ax.add_artist(edge)
        middle = {"transform": ax.transAxes, "ha": "center", "va": "center"}
        return [edge, stamp(ax, 0.5, 0.5, later, **middle, fontsize=size, color=theme.soft)]

    def _corners(self, ax: Axes, theme: Theme) -> list[Artist]:
        """Where two corners lie, for data of any size: those that are scaled for the players."""
        figure = ax.get_figure(root=True)
        assert figure is not None
        units = ax.get_window_extent().width * DPI / figure.dpi
        if self._trace.target.frame.plain or units < _LEAST_LABELLED:
            return []
        x0, x1, y0, y1 = (float(v) for v in self._trace.extent)
        style = {"transform": ax.transAxes, "fontsize": LABEL, "color": theme.soft}
        plate = {"facecolor": theme.paper, "edgecolor": "none", "pad": 3, "alpha": 0.7}
        found: list[Artist] = []
        # Not the lower left one, where arrows of one length say how long they are.
        for at, x, y, ha, va in (
            (0.012, x0, y1, "left", "top"),
            (0.988, x1, y0, "right", "bottom"),
        ):
            words = f"{coordinate(x, x1 - x0)}; {coordinate(y, y1 - y0)}"
            found.append(stamp(ax, at, 1 - at, words, ha=ha, va=va, bbox=plate, **style))
        return found

    @property
    def keys(self) -> list[Key]:
        """Entries of the row of words below."""
        return [layer.key for layer in self.layers if layer.key]

    @property
    def bar(self) -> Bar | None:
        """What the colours mean, if there are any."""
        return next((layer.bar for layer in self.layers if layer.bar), None)

    def show(self, snapshot: int, begun: bool = True) -> None:
        """Set the layers to a snapshot; before a stage has begun there is nothing on it."""
        for artist in self._empty:
            artist.set_visible(not begun)
        if self._empty:
            for artist in self._shown:
                artist.set_visible(begun)
        self._painting.show(snapshot)
        step, ended = int(self._trace.steps[snapshot]), int(self._trace.diverged_at[self._row])
        self._ended.set_text(self._words.diverged.format(step=ended) if 0 <= ended <= step else "")
