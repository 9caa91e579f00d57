"""Words that must fit: broken into lines, made smaller, or cut with "…"."""

from __future__ import annotations

import re

from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from toylab.film.style import DPI, FONTS


def fitted(
    words: str, width: float, points: float, least: float, bold: bool = False
) -> tuple[str, float]:
    """Words on one line of so many pixels, and their size: smaller if need be, then cut with "…"."""
    size = points
    while len(lines := wrapped(words, width, size, bold)) > 1 and size > least:
        size = max(size - 1, least)
    return (lines[0] if len(lines) == 1 else lines[0].rstrip(" ,.;:") + "…"), size


def wrapped(words: str, width: float, points: float, bold: bool = False) -> list[str]:
    """Break words into at most two lines of so many pixels; what does not fit ends in "…"."""
    font = FontProperties(family=FONTS, weight="bold" if bold else "normal")
    words = " ".join(words.split())

    def measure(line: str) -> float:
        # The outline's width, to the next pixel; an empty line has no outline.
        if not line:
            return 0.0
        return float(TextPath((0, 0), line, size=points * DPI / 72, prop=font).get_extents().width)

    if measure(words) <= width:
        return [words]
    lines, line = [], ""
    # Chinese has no spaces: where a word alone is too long it is cut between characters.
    for piece in re.findall(r"\S{1,24}\s*|\s+", words) if " " in words else list(words):
        if line and measure((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    if len(lines) <= 2:
        return lines
    last = lines[1]
    while last and measure(last + "…") > width:
        last = last[:-1]
    return [lines[0], last.rstrip() + "…"]
