"""How a film looks: colours, sizes, and style files over them.

A layer names roles of colour, in its own file; what colour a role has stands here, in `THEMES`.

Colours are told apart with every colour blindness: purple against orange for the surface, and real and
generated points differ in size, fill and edge as well. Sizes are points at 96 dots an inch, so that a
frame of 1280 x 720 fills a 13.333 x 7.5 inch slide and its points are the slide's points.
"""

from __future__ import annotations

import ast
import contextlib
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib import RcParams, colormaps, rc_context, rcParams, rcParamsDefault
from matplotlib.colors import LinearSegmentedColormap, to_hex, to_rgb

from toylab.base.axes import Float, Int
from toylab.base.errors import ToylabError
from toylab.base.foreign import at_home, decoded, lookalike

# A role of a theme's, or a colour as matplotlib takes it.
Colour = str | tuple[float, float, float, float]

DPI = 96
# Points. Nothing below 16: it must be legible from the last row.
TITLE, LESSON, PANEL, VALUE, LABEL, STEP = 29, 17, 18, 20, 16, 20
# Levels of the surface. Few enough that a GIF's runs are long, odd so that D = 1/2 has its own.
LEVELS = 33


@dataclass(frozen=True)
class Theme:
    """Colours of a film.

    Attributes:
        paper: Background.
        ink: Titles, the D = 1/2 line.
        soft: Words that stand back.
        grid: Lines of the panels.
        curves: One colour a curve, in order.
        real: Fill of real points.
        generated: Fill of generated points.
        edge: Edge of generated points.
        arrow: Fill of arrows.
        surface: Colours from D = 0 over D = 1/2 to D = 1.
    """

    paper: str
    ink: str
    soft: str
    grid: str
    curves: tuple[str, ...]
    real: str
    generated: str
    edge: str
    arrow: str
    surface: tuple[str, ...]

    def colour(self, role: Colour) -> Colour:
        """The colour of a role: "ink", or "curves 2" of several; any other colour is itself."""
        if not isinstance(role, str):
            return role
        name, _, number = role.partition(" ")
        found: Any = getattr(self, name, role)
        return found[int(number)] if number else found

    @cached_property
    def ramp(self) -> Int:
        """Colours of the surface's levels, and last the paper for "unknown", uint8, [LEVELS + 1, 4]."""
        ramp = LinearSegmentedColormap.from_list("surface", self.surface)(np.linspace(0, 1, LEVELS))
        return np.round(255 * np.vstack([ramp, [*to_rgb(self.paper), 1.0]])).astype(np.uint8)


def _cut(name: str, low: float, high: float, n: int = 9) -> tuple[str, ...]:
    """Colours of a part of one of matplotlib's maps."""
    colours = colormaps[name](np.linspace(low, high, n))
    return tuple("#" + "".join(f"{round(255 * float(c)):02x}" for c in rgb[:3]) for rgb in colours)


THEMES: dict[str, Theme] = {
    "light": Theme(
        paper="#FCFBF8",
        ink="#1D2129",
        soft="#626977",
        grid="#E4E2DC",
        curves=("#2A5BD7", "#B5480B", "#14715A", "#7A3FA0"),
        real="#1D2129",
        generated="#35D07F",
        edge="#10241C",
        arrow="#10241C",
        # Cut, so that black keeps a contrast of 5 on either end.
        surface=_cut("PuOr_r", 0.2, 0.8),
    ),
    "dark": Theme(
        paper="#14161B",
        ink="#F2F0EA",
        soft="#A9ADB8",
        grid="#2C3038",
        curves=("#8FB3FF", "#FFB86B", "#7BE0B8", "#D6A8FF"),
        real="#E8E6E0",
        generated="#35D07F",
        edge="#0C1512",
        arrow="#F2F0EA",
        surface=("#7457D6", "#463A86", "#1A1C22", "#80501A", "#DB8519"),
    ),
    # White, and readable in greys: the surface gets lighter from one end to the other, in even steps.
    "print": Theme(
        paper="#FFFFFF",
        ink="#000000",
        soft="#4A4A4A",
        grid="#D9D9D9",
        curves=("#1D3C9C", "#D0640F", "#0B7A5C", "#8A4FB0"),
        real="#000000",
        generated="#FFFFFF",
        edge="#000000",
        arrow="#000000",
        surface=("#7A66AA", "#B5ACB1", "#FFF2D8"),
    ),
}


# What of matplotlib's own settings is the user's affair: where windows open, which keys work in them.
_NOT_OURS = (
    "backend",
    "figure.max_open",
    "interactive",
    "keymap",
    "macosx",
    "timezone",
    "tk.",
    "toolbar",
    "webagg",
)


@contextlib.contextmanager
def settled(own: Mapping[str, Any]) -> Iterator[None]:
    """Matplotlib as it comes, with some settings of ours: the same trace, the same bytes.

    Whatever a matplotlibrc or a notebook has set: the fonts' weight reaches every word, and the dots of a
    saved file every picture that was made for a film's own.

    Args:
        own: Settings laid over matplotlib's.
    """
    # Of the defaults only what differs now: each setting that is entered is checked, and there are 300.
    changed = {
        key: value
        for key, value in dict.items(rcParamsDefault)
        if not key.startswith(_NOT_OURS) and dict.get(rcParams, key) != value
    }
    # A $ is a $.
    laid: Any = {**changed, "text.parse_math": False, **own}
    with rc_context(laid):
        yield


def styled(theme: Theme, style: str | Path | None) -> tuple[Theme, list[str]]:
    """A theme with a matplotlib style file laid over it, and the file's font families.

    Of the file are read: figure.facecolor (paper), text.color (ink), axes.labelcolor (soft), grid.color,
    axes.prop_cycle (curves), image.cmap (the surface) and font.family. Sizes stay: they fit the layout.

    Raises:
        ToylabError: If the file cannot be read as a style.
    """
    if style is None:
        return theme, []
    path = at_home(style)
    if not path.is_file():
        raise ToylabError(
            f"{path}: no such file. Expected a matplotlib style file (.mplstyle).{lookalike(path)}"
        )
    try:
        if path.stat().st_size > _MOST_BYTES:
            raise ValueError(f"longer than {_MOST_BYTES:,} bytes")
        told = _settings(decoded(path.read_bytes()))
        colours = {
            name: to_hex(told[key])
            for name, key in (
                ("paper", "figure.facecolor"),
                ("ink", "text.color"),
                ("soft", "axes.labelcolor"),
                ("grid", "grid.color"),
            )
            if key in told and str(told[key]).lower() != "none"
        }
        changed: dict[str, Any] = colours
        cycle = told.get("axes.prop_cycle")
        if cycle is not None and "color" in cycle.keys:
            mine = [to_hex(c) for c in cycle.by_key()["color"]]
            changed["curves"] = tuple([*mine, *theme.curves][:4])
        if "image.cmap" in told:
            changed["surface"] = _cut(str(told["image.cmap"]), 0.0, 1.0)
    # matplotlib raises many kinds for a file that is no style.
    except Exception as error:
        raise ToylabError(f"{path}: not a matplotlib style file: {error}.") from error
    return replace(theme, **changed), [str(family) for family in told.get("font.family", ())]


# Of a style file: matplotlib's own sample of all settings has 44,000.
_MOST_BYTES = 200_000


# A "#" opens a comment, but not within double quotes.
_COMMENT, _QUOTED = re.compile(r'("[^"]*")|#.*'), re.compile('^"(.*)"$')


def _settings(text: str) -> dict[str, Any]:
    """What a style file sets, as matplotlib checks it; what it does not know is passed over.

    Raises:
        ValueError: If it knows nothing of the file, or a cycle of colours is more than lists.
    """
    told: Any = RcParams()
    wrong = []
    for line in text.split("\n"):
        key, _, value = (part.strip() for part in _COMMENT.sub(r"\1", line).partition(":"))
        if key == "axes.prop_cycle":
            _refuse_code(value)
        try:
            if key in rcParams:
                told[key] = _QUOTED.sub(r"\1", value)
            elif key:
                wrong.append(f"Bad key {key}")
        except ValueError as error:
            wrong.append(str(error))
    if not told:
        raise ValueError(wrong[0] if wrong else "no setting in it is known to matplotlib")
    return told


# Of Python: sums of calls with lists of literals. Products may be of any length.
_LISTS = (
    *(ast.Expression, ast.BinOp, ast.Add, ast.Call, ast.keyword),
    *(ast.Name, ast.Load, ast.List, ast.Tuple, ast.Constant),
)


def _refuse_code(cycle: str) -> None:
    """Refuse a cycle of colours that is more than `cycler` and lists: matplotlib evaluates it as Python."""
    for node in ast.walk(ast.parse(cycle, mode="eval")):
        if not isinstance(node, _LISTS) or getattr(node, "id", "cycler") != "cycler":
            raise ValueError("axes.prop_cycle: expected cycler(color=[...]), or a sum of such")


def nice_probability(logit: float) -> float:
    """The least round probability whose logit is at least this one; .99 at most."""
    p = 1 / (1 + np.exp(-min(logit, 50.0)))
    rounds = (0.51, 0.52, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
    return next((r for r in rounds if r >= p), rounds[-1])


def nice_number(value: float) -> float:
    """The least of 1, 2, 5 times a power of ten that is no less than a value; 1e-3 at least."""
    value = max(value, 1e-3)
    power = 10.0 ** np.floor(np.log10(value))
    return float(next(m * power for m in (1, 2, 5, 10) if m * power >= value * (1 - 1e-9)))


def short(value: float) -> str:
    """A number as a label: at most three significant digits, no needless zero."""
    if not np.isfinite(value):
        return "–"
    if value != 0 and not 1e-3 <= abs(value) < 1e4:
        mantissa, exponent = f"{value:.0e}".split("e")
        # Unicode, not mathtext: mathtext falls back to no other font.
        power = str(int(exponent)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"10{power}" if mantissa == "1" else f"{mantissa}·10{power}"
    # Two digits below one tenth, three above: as much as can be read in passing.
    return f"{float(f'{value:.{2 if abs(value) < 0.1 else 3}g}'):.10g}"


def coordinate(value: float, side: float) -> str:
    """A place on an axis of some length: as many digits as tell a hundredth of it."""
    decade = math.floor(math.log10(side))
    if not -7 <= decade <= 9:
        power = str(decade).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
        return f"{value / 10.0**decade:.2f}·10{power}"
    return f"{value:,.{max(0, 2 - decade)}f}".replace(",", "\u202f")


def resampler(size: int, n: int) -> Float:
    """Matrix that takes n cell values to `size` pixels by linear interpolation, [size, n]."""
    at = np.clip((np.arange(size) + 0.5) * n / size - 0.5, 0, n - 1)
    low = np.minimum(at.astype(int), n - 2)
    matrix = np.zeros((size, n), dtype=np.float32)
    rows = np.arange(size)
    matrix[rows, low] = 1 - (at - low)
    matrix[rows, low + 1] = at - low
    return matrix
