"""Recording: what the layers of a stage draw, frame by frame, as the player's few kinds of strokes.

The layers are opened and shown as in a film, and their artists are asked what they are. So a layer
needs nothing of its own to be in the player, and draws there what it draws in a film.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import PathPatch
from matplotlib.path import Path
from matplotlib.text import Text

from toylab.base.errors import ToylabError
from toylab.film.key import mark_colour
from toylab.film.layers import LAYERS
from toylab.film.layers.base import Layer
from toylab.film.layers.phase import Phase
from toylab.film.layers.surface import Raster, Sheet
from toylab.film.style import DPI, Theme
from toylab.film.words import WORDS, Words
from toylab.show.page.packing import Pack, placed
from toylab.trace import Trace

# Pixels of the stage for which all sizes are given: the film's own.
SIDE = 548
# The themes between which the player switches.
SWITCHED = ("light", "dark")
# Levels of a packed sheet; the film shows 33.
_SHEET = 255


@dataclass(frozen=True)
class Cell:
    """One stage of a scene.

    Attributes:
        trace: What was measured.
        seed: Whose training.
        title: By language.
        snapshots: What is shown in each frame.
        limits: What layers' limits are at least, by name, where stages share them.
        mark: Stands behind the title from frame `judged` on.
        judged: See there.
    """

    trace: Trace
    seed: int
    title: dict[str, str]
    snapshots: Sequence[int]
    limits: Mapping[str, float] = field(default_factory=dict)
    mark: str = ""
    judged: int = 0


@dataclass(frozen=True)
class _Opened:
    """A layer on a stage of its own."""

    ax: Axes
    layer: Layer
    artists: Sequence[Artist]


def _open(cell: Cell, name: str, theme: Theme, words: Words) -> _Opened:
    figure = Figure(figsize=(SIDE / DPI, SIDE / DPI), dpi=DPI)
    FigureCanvasAgg(figure)
    ax = figure.add_axes((0, 0, 1, 1))
    ax.set_axis_off()
    x0, x1, y0, y1 = (float(v) for v in cell.trace.extent)
    ax.set_xlim(x0, x1)
    ax.set_ylim(y0, y1)
    layer = LAYERS[name](theme, words)
    if isinstance(layer, Sheet | Phase):
        layer.least = cell.limits.get(name, 0.0)
    return _Opened(ax, layer, layer.open(ax, cell.trace, cell.seed))


def recorded(
    cell: Cell, name: str, shown: bool, themes: Mapping[str, Theme], pack: Pack
) -> dict[str, Any] | None:
    """One layer of a stage as strokes; None where the trace cannot show it.

    Args:
        cell: The stage.
        name: Of the layer.
        shown: Whether it is on at first.
        themes: Between which the player switches, by name.
        pack: Takes the arrays.
    """
    (theme, *_), (lang, *_) = themes, WORDS
    try:
        opened = _open(cell, name, themes[theme], WORDS[lang])
    except ToylabError:
        return None
    dressed, spoken = {theme: opened}, {lang: opened}
    for code in themes:
        if code != theme:
            dressed[code] = _open(cell, name, themes[code], WORDS[lang])
    # Most layers say nothing, and would be opened in each language for nothing.
    if opened.layer.bar or any(isinstance(artist, Text) for artist in opened.artists):
        for code, words in WORDS.items():
            if code != lang:
                spoken[code] = _open(cell, name, themes[theme], words)
    keys = {code: one.layer.key for code, one in dressed.items()}
    bars = {code: one.layer.bar for code, one in spoken.items()}
    return {
        "name": name,
        "shown": shown,
        "words": {code: _key_words(name, themes[theme], words) for code, words in WORDS.items()},
        "mark": opened.layer.key.mark if opened.layer.key else None,
        "colour": {code: mark_colour(key, themes[code]) for code, key in keys.items() if key},
        "bar": {code: {"name": bar.name, "ticks": bar.ticks} for code, bar in bars.items() if bar},
        "strokes": _strokes(cell, opened, dressed, spoken, pack),
    }


def _key_words(name: str, theme: Theme, words: Words) -> str:
    key = LAYERS[name](theme, words).key
    return key.words if key else str(getattr(words, name, name.replace("_", " ")))


def _strokes(
    cell: Cell,
    opened: _Opened,
    dressed: Mapping[str, _Opened],
    spoken: Mapping[str, _Opened],
    pack: Pack,
) -> list[dict[str, Any]]:
    """What a layer draws in all frames, with its colours by theme and its words by language."""
    layer, strokes = opened.layer, [_stroke(artist) for artist in opened.artists]
    showing = [layer]
    for k, stroke in enumerate(strokes):
        if isinstance(stroke, _Words):
            stroke.texts = {code: one.artists[k] for code, one in spoken.items()}
            showing = [one.layer for one in spoken.values()]
    sheet: list[np.ndarray] = []
    for snapshot in cell.snapshots:
        for one in showing:
            one.show(snapshot)
        if isinstance(layer, Sheet):
            sheet.append(layer.shown)
        for stroke in strokes:
            stroke.take()
    extent = (*opened.ax.get_xlim(), *opened.ax.get_ylim())
    drawn = [stroke.told(pack, extent) for stroke in strokes]
    for k, told in enumerate(drawn):
        told["style"] = {code: _stroke(one.artists[k]).style() for code, one in dressed.items()}
    if isinstance(layer, Sheet):
        drawn[0] |= _sheet(layer, np.stack(sheet), pack)
    return drawn


def _sheet(layer: Sheet, values: np.ndarray, pack: Pack) -> dict[str, Any]:
    """Values [T, H, W] as levels of one byte, 0 where unknown."""
    known = np.isfinite(values).all(axis=(1, 2), keepdims=True)
    share = np.clip(np.where(known, values, 0) / layer.limit, -1, 1)
    levels = np.where(known, 1 + np.rint((share + 1) / 2 * (_SHEET - 1)), 0).astype(int)
    return {"limit": layer.limit, "levels": pack.add(levels, width=1)}


class _Stroke:
    """An artist, asked in each frame what it draws."""

    kind = ""

    def __init__(self, artist: Any) -> None:
        self.artist = artist
        self.frames: list[list[np.ndarray]] = []

    def take(self) -> None:
        """Remember the present lines, each [n, 2]."""
        self.frames.append([np.array(line, dtype=float) for line in self.lines()])

    def lines(self) -> list[Any]:
        """What is drawn now."""
        return []

    def style(self) -> dict[str, Any]:
        """Colours, and sizes in points."""
        return {}

    def told(self, pack: Pack, extent: Sequence[float]) -> dict[str, Any]:
        """All frames; one alone where nothing moves."""
        frames = self.frames
        first = [line.tolist() for line in frames[0]]
        if all([line.tolist() for line in frame] == first for frame in frames[1:]):
            frames = frames[:1]
        lines = [line for frame in frames for line in frame]
        points = np.concatenate([*lines, np.zeros((0, 2))])
        return {
            "kind": self.kind,
            "frames": pack.add(np.array([[len(frame)] for frame in frames])),
            "lengths": pack.add(np.array([[len(line)] for line in lines]).reshape(-1, 1)),
            "points": pack.add(placed(points, extent)),
        }


def _strength(artist: Artist) -> float:
    """Opacity; an artist without one is opaque."""
    alpha = artist.get_alpha()
    return 1.0 if alpha is None else float(alpha)


class _Path(_Stroke):
    kind = "lines"

    def lines(self) -> list[Any]:
        return [self.artist.get_xydata()]

    def style(self) -> dict[str, Any]:
        line = self.artist
        return {
            "colours": [to_hex(line.get_color())],
            "width": line.get_linewidth(),
            "dash": [],
            "alpha": _strength(line),
        }


class _Dots(_Path):
    kind = "dots"

    def style(self) -> dict[str, Any]:
        line = self.artist
        marker = line.get_marker()
        return {
            "marker": marker,
            "size": line.get_markersize(),
            "fill": None if marker == "+" else to_hex(line.get_markerfacecolor()),
            "edge": to_hex(line.get_markeredgecolor()),
            "width": line.get_markeredgewidth(),
            "alpha": _strength(line),
        }

    def told(self, pack: Pack, extent: Sequence[float]) -> dict[str, Any]:
        """As frames of equally many points, which pack better than lines."""
        shapes = {frame[0].shape for frame in self.frames}
        if len(shapes) > 1:
            return super().told(pack, extent)
        points = np.stack([frame[0] for frame in self.frames])
        same = np.array_equal(points, np.broadcast_to(points[:1], points.shape), equal_nan=True)
        return {"kind": self.kind, "dots": pack.add(placed(points[:1] if same else points, extent))}


class _Lines(_Stroke):
    kind = "lines"

    def lines(self) -> list[Any]:
        return list(self.artist.get_segments())

    def style(self) -> dict[str, Any]:
        lines = self.artist
        width, dashes = float(lines.get_linewidths()[0]), lines.get_linestyle()[0][1]
        return {
            "colours": [to_hex(colour) for colour in lines.get_colors()],
            "width": width,
            # Dashes are in widths of the line.
            "dash": [float(d * width) for d in dashes or ()],
            "alpha": _strength(lines),
        }


class _Shapes(_Stroke):
    kind = "shapes"

    def lines(self) -> list[Any]:
        path = self.artist.get_path()
        if path.codes is None:
            return []  # nothing to point at
        corners = np.split(path.vertices, np.flatnonzero(path.codes == Path.MOVETO)[1:])
        return [shape[:-1] for shape in corners]

    def style(self) -> dict[str, Any]:
        patch = self.artist
        return {
            "colours": [to_hex(patch.get_facecolor())],
            "width": patch.get_linewidth() if patch.get_edgecolor()[3] else 0,
            "alpha": _strength(patch),
        }


class _Words(_Stroke):
    kind = "words"

    def __init__(self, artist: Any) -> None:
        super().__init__(artist)
        #: The same words by language.
        self.texts: dict[str, Any] = {}
        self._said: dict[str, list[str]] = {}
        self._strength: list[float] = []
        self._at: list[float] = []

    def take(self) -> None:
        text = self.artist
        for code, one in self.texts.items():
            self._said.setdefault(code, []).append(one.get_text())
        self._strength.append(_strength(text))
        if not self._at and text.get_text():
            box = text.get_window_extent(text.figure.canvas.get_renderer())
            across = {"left": box.x0, "right": box.x1}.get(text.get_ha(), (box.x0 + box.x1) / 2)
            self._at = [across / SIDE, (box.y0 + box.y1) / 2 / SIDE]

    def style(self) -> dict[str, Any]:
        text = self.artist
        return {"colours": [to_hex(text.get_color())], "size": text.get_fontsize()}

    def told(self, pack: Pack, extent: Sequence[float]) -> dict[str, Any]:
        (lang, first), *others = self._said.items()
        return {
            "kind": self.kind,
            "said": {lang: first, **{code: said for code, said in others if said != first}},
            "strength": self._strength,
            "place": self._at,
            "align": self.artist.get_ha(),
            "plate": self.artist.get_bbox_patch() is not None,
        }


class _Nothing(_Stroke):
    """The sheet's own pixels: its values are packed instead."""

    kind = "sheet"

    def take(self) -> None:
        pass

    def told(self, pack: Pack, extent: Sequence[float]) -> dict[str, Any]:
        return {"kind": self.kind}


def _stroke(artist: Artist) -> _Stroke:
    if isinstance(artist, Line2D):
        marked = artist.get_marker() not in (None, "None", "")
        return _Dots(artist) if marked else _Path(artist)
    for kind, stroke in (
        (LineCollection, _Lines),
        (PathPatch, _Shapes),
        (Text, _Words),
        (Raster, _Nothing),
    ):
        if isinstance(artist, kind):
            return stroke(artist)
    raise NotImplementedError(f"the player cannot draw a {type(artist).__name__} yet")
