"""Packing: strokes as arrays, and arrays as bytes that a browser unpacks in a moment.

Whole numbers, each as its difference from the one before along the first axis, low bytes apart from
high ones: what hardly moves becomes zeros, which deflate all but drops.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from toylab.base.axes import Float, Int, Points
from toylab.film.painter import Brush, Painting
from toylab.film.strokes import Dots, Label, Line, Lines, Plane, Shapes, Stroke
from toylab.film.style import DPI, Colour, Theme
from toylab.film.words import WORDS

# Pixels of the stage for which all sizes are given: the film's own.
SIDE = 548
# Levels of a packed plane; the film shows 33.
_LEVELS = 255
# Steps across three widths of the stage: a tenth of a pixel of the film's.
STEPS = 16_383
# Stands for a place that is not there.
ABSENT = 65_535


class Pack:
    """Grows by arrays; each gets a note that says where it lies."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self._size = 0

    def add(self, numbers: Int, width: int = 2) -> dict[str, Any]:
        """Take whole numbers of one or two bytes; return the note, {"at", "shape", "width"}."""
        numbers = np.asarray(numbers, dtype=np.int64)
        difference = np.diff(numbers, axis=0, prepend=0 * numbers[:1]) if len(numbers) else numbers
        flat = (difference.ravel() % (1 << 8 * width)).astype(np.uint32)
        planes = [(flat >> 8 * k & 255).astype(np.uint8).tobytes() for k in range(width)]
        note = {"at": self._size, "shape": list(numbers.shape), "width": width}
        self._parts += planes
        self._size += width * flat.size
        return note

    def text(self) -> str:
        """All of it, deflated (zlib), as base64."""
        return base64.b64encode(zlib.compress(b"".join(self._parts), 9)).decode("ascii")


def placed(points: Float, extent: Sequence[float] | Float) -> Int:
    """Places [..., 2] in a rectangle and one width around it as whole numbers; ABSENT where NaN."""
    low = np.array([extent[0], extent[2]])
    size = np.array([extent[1] - extent[0], extent[3] - extent[2]])
    share = ((np.asarray(points, dtype=float) - low) / size + 1) / 3
    known = np.isfinite(share).all(axis=-1, keepdims=True)
    return np.where(
        known, np.rint(np.clip(np.where(known, share, 0), 0, 1) * STEPS), ABSENT
    ).astype(int)


@dataclass(frozen=True)
class Packer:
    """With what the strokes of a stage are packed.

    Attributes:
        pack: Takes the arrays.
        snapshots: What is shown in each frame.
        extent: The plane that the stage shows: x and y from, to.
        themes: Between which the page switches, by name.
    """

    pack: Pack
    snapshots: Sequence[int]
    extent: Sequence[float] | Float
    themes: Mapping[str, Theme]

    def stroke(self, stroke: Stroke) -> dict[str, Any]:
        """A stroke for the page's pen: what it shows in all frames, and its style in each theme."""
        kind, shown, style = PACKED[type(stroke)](stroke, self)
        styles = {code: _dressed(style, theme) for code, theme in self.themes.items()}
        return {"kind": kind, **shown, "style": styles}

    def lines(self, frames: Sequence[Sequence[Points]]) -> dict[str, Any]:
        """The lines of each frame; of one alone where nothing moves."""
        first = [line.tolist() for line in frames[0]]
        if all([line.tolist() for line in frame] == first for frame in frames[1:]):
            frames = frames[:1]
        lines = [line for frame in frames for line in frame]
        points = np.concatenate([*lines, np.zeros((0, 2))])
        return {
            "frames": self.pack.add(np.array([[len(frame)] for frame in frames])),
            "lengths": self.pack.add(np.array([[len(line)] for line in lines]).reshape(-1, 1)),
            "points": self.pack.add(placed(points, self.extent)),
        }


# What a page's pen knows of a stroke: its name for the kind, what is shown, the style in roles of colour.
Packed = tuple[str, dict[str, Any], dict[str, Any]]


def _dressed(style: dict[str, Any], theme: Theme) -> dict[str, Any]:
    """A style in the colours of a theme."""
    told: dict[str, Any] = {
        key: to_hex(theme.colour(style[key])) for key in ("fill", "edge") if style.get(key)
    }
    if "colours" in style:
        told["colours"] = [to_hex(theme.colour(role)) for role in style["colours"]]
    return {**style, **told}


def _pen(
    colours: Sequence[Colour],
    width: float,
    dash: Sequence[float] = (),
    alpha: float | None = None,
) -> dict[str, Any]:
    """The style of lines, and of shapes; what has no opacity of its own is opaque."""
    dash = [length * width for length in dash]
    return {
        "colours": colours,
        "width": width,
        "dash": dash,
        "alpha": 1.0 if alpha is None else alpha,
    }


def _plane(stroke: Plane, by: Packer) -> Packed:
    """Values as levels of one byte, 0 where unknown."""
    values = np.stack([stroke.at(k) for k in by.snapshots])
    known = np.isfinite(values).all(axis=(1, 2), keepdims=True)
    share = np.clip(np.where(known, values, 0) / stroke.limit, -1, 1)
    levels = np.where(known, 1 + np.rint((share + 1) / 2 * (_LEVELS - 1)), 0).astype(int)
    return "sheet", {"limit": stroke.limit, "levels": by.pack.add(levels, width=1)}, {}


def _dots(stroke: Dots, by: Packer) -> Packed:
    """Frames of equally many points, which pack better than lines."""
    frames = [stroke.at(k) for k in by.snapshots]
    style = {key: getattr(stroke, key) for key in ("marker", "size", "edge", "width")}
    style |= {"fill": stroke.fill or None, "alpha": 1.0 if stroke.alpha is None else stroke.alpha}
    if len({len(frame) for frame in frames}) > 1:
        return "dots", by.lines([[frame] for frame in frames]), style
    points = np.stack(frames)
    same = np.array_equal(points, np.broadcast_to(points[:1], points.shape), equal_nan=True)
    return "dots", {"dots": by.pack.add(placed(points[:1] if same else points, by.extent))}, style


def _line(stroke: Line, by: Packer) -> Packed:
    shown = by.lines([[stroke.at(k)] for k in by.snapshots])
    return "lines", shown, _pen([stroke.colour], stroke.width)


def _lines(stroke: Lines, by: Packer) -> Packed:
    shown = by.lines([stroke.at(k) for k in by.snapshots])
    return "lines", shown, _pen(stroke.colours, stroke.width, stroke.dash, stroke.alpha)


def _shapes(stroke: Shapes, by: Packer) -> Packed:
    shown = by.lines([[*stroke.at(k)] for k in by.snapshots])
    return "shapes", shown, _pen([stroke.fill], stroke.width or 0, alpha=stroke.alpha)


def _label(stroke: Label, by: Packer) -> Packed:
    """What is said in each language, how strongly, and where the film's painter would write it."""
    (lang, first), *others = (
        (code, [words.told(stroke.at(k)) for k in by.snapshots]) for code, words in WORDS.items()
    )
    strength = stroke.strength or (lambda snapshot: 1.0)
    shown = {
        "said": {lang: first, **{code: told for code, told in others if told != first}},
        "strength": [strength(k) for k in by.snapshots],
        "place": _place(stroke, by, first),
        "align": stroke.across,
        "plate": stroke.plate is not None,
    }
    return "words", shown, {"colours": [stroke.colour], "size": stroke.size}


def _place(stroke: Label, by: Packer, said: Sequence[str]) -> list[float]:
    """Across and upwards, shares of the stage: the side that stands fast, half the height of the words."""
    first = next((k for k, told in zip(by.snapshots, said, strict=True) if told), None)
    if first is None:
        return []
    figure = Figure(figsize=(SIDE / DPI, SIDE / DPI), dpi=DPI)
    canvas = FigureCanvasAgg(figure)
    x0, x1, y0, y1 = (float(v) for v in by.extent)
    ax = figure.add_axes((0, 0, 1, 1), xlim=(x0, x1), ylim=(y0, y1))
    theme, words = next(iter(by.themes.values())), next(iter(WORDS.values()))
    painting = Painting([stroke], Brush(ax, theme, words))
    painting.show(first)
    box = painting.artists[0].get_window_extent(canvas.get_renderer())
    across = {"left": box.x0, "right": box.x1}.get(stroke.across, (box.x0 + box.x1) / 2)
    return [across / SIDE, (box.y0 + box.y1) / 2 / SIDE]


PACKED: dict[type, Callable[[Any, Packer], Packed]] = {
    Plane: _plane,
    Dots: _dots,
    Line: _line,
    Lines: _lines,
    Shapes: _shapes,
    Label: _label,
}
