"""Words that must fit: broken into lines, made smaller, or cut with "…"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from matplotlib import rc_context
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import text_to_path

from toylab.film.style import DPI


def fitted(
    words: str,
    width: float,
    points: float,
    least: float,
    fonts: Sequence[str],
    bold: bool = False,
) -> tuple[str, float]:
    """Words on one line of so many units, and their size: smaller if need be, then cut with "…".

    Args:
        words: To be written.
        width: Units that there are.
        points: Size that is wanted.
        least: Size below which words are cut instead.
        fonts: Families, the first first.
        bold: Whether they are bold.
    """
    words, size = _on_one_line(words), points
    while (lines := wrapped(words, width, size, fonts, bold)) != [words] and size > least:
        size = max(size - 1, least)
    return (lines[0] if len(lines) == 1 else lines[0].rstrip(" ,.;:") + "…"), size


# Characters of which no two lines hold as many.
_MOST = 4000


def _on_one_line(words: str) -> str:
    """Words without breaks, and no more than can be seen: a foreign file's may be megabytes."""
    return " ".join(words[:_MOST].split())


# Between these a line may break. Chinese has no spaces: between its characters, but not before a stop.
_PIECES = re.compile(r"[\u2e80-\uffef][\u3001\u3002\uff01-\uff1f]*|[^\s\u2e80-\uffef]{1,24}\s*|\s+")


# A film asks for the same words at several sizes, and is opened twice: once to see whether it can be.
@lru_cache(maxsize=4096)
# A $ is a $, whoever asks and whatever matplotlib is set to.
@rc_context({"text.parse_math": False})
def measured(line: str, points: float, fonts: tuple[str, ...], bold: bool) -> float:
    """Width of a line's outline, units, to the next pixel.

    Args:
        line: Words without breaks.
        points: Their size.
        fonts: Families, as `fonts.families` gives them.
        bold: Whether they are.
    """
    if not line.strip():
        return 0.0  # blanks have no outline
    font = FontProperties(family=list(fonts), weight="bold" if bold else "normal")
    places, kinds = text_to_path.get_text_path(font, line)
    if not len(kinds):
        return 0.0  # blanks that Python takes for letters, such as U+2800
    places = np.asarray(places) * (points * DPI / 72 / text_to_path.FONT_SCALE)
    # A curve lies within its control points; its exact extent takes matplotlib fifty times as long. What
    # closes a shape is no place on it.
    across = places[np.asarray(kinds) != Path.CLOSEPOLY, 0]
    # At 72 dots an inch hinting makes lines wider by up to a hundredth.
    return 1.012 * float(np.ptp(across))


def wrapped(
    words: str, width: float, points: float, fonts: Sequence[str], bold: bool = False, most: int = 2
) -> list[str]:
    """Break words into at most so many lines of so many units; what does not fit ends in "…".

    Args:
        words: Any text; its own line breaks count as spaces.
        width: Ninety-sixths of an inch.
        points: Size of the font.
        fonts: Families, the first that has a character draws it.
        bold: Whether the words are bold.
        most: How many lines there may be.
    """
    words = _on_one_line(words)

    def measure(line: str) -> float:
        return measured(line, points, tuple(fonts), bold)

    if measure(words) <= width:
        return [words]
    lines, line = [], ""
    for piece in _PIECES.findall(words):
        if line and measure((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    # A word of its own may be too wide for any line.
    if len(lines) <= most and measure(lines[-1]) <= width:
        return lines
    most = min(most, len(lines))
    last = lines[most - 1]
    while last and measure(last + "…") > width:
        last = last[:-1]
    return [*lines[: most - 1], last.rstrip() + "…"]
