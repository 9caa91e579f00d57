"""Fonts that have the characters: the film's own, and for Chinese what the machine has.

matplotlib draws a box for a character that a font lacks; so each word is checked before it is drawn.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

from toylab.errors import ToylabError

LATIN, MONO = "DejaVu Sans", "DejaVu Sans Mono"
# Sans serif fonts with Chinese glyphs, as Linux, macOS and Windows name them; the first found is used.
CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Hiragino Sans GB",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
    "Droid Sans Fallback",
    "Noto Sans CJK JP",
)
# A Chinese family may have no bold face; that it is drawn in its only one is no news to the user.
logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)
# The package of the extra `zh`, which carries Noto Sans SC under the Open Font License.
_PACKAGE = "zhplot"


def families(lang: str) -> list[str]:
    """Families for a language, the first that has a character draws it."""
    if lang != "zh":
        return [LATIN]
    chosen = _chinese()
    # The Chinese font first: its Latin letters fit its characters.
    return [chosen, LATIN] if chosen else [LATIN]


@cache
def _chinese() -> str:
    """Name of an installed family with Chinese glyphs; empty if there is none."""
    known = {entry.name for entry in font_manager.fontManager.ttflist}
    for name in CHINESE:
        if name in known:
            return name
    for path in _packaged():
        font_manager.fontManager.addfont(path)
        return font_manager.FontProperties(fname=path).get_name()
    return ""


def _packaged() -> list[Path]:
    """Font files of the extra, found without importing the package."""
    spec = find_spec(_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        return []
    home = Path(next(iter(spec.submodule_search_locations)))
    return sorted(p for p in home.rglob("*") if p.suffix.lower() in (".ttf", ".otf"))


@cache
def _font(family: str) -> FT2Font:
    return font_manager.get_font(_file(family))


def _file(family: str) -> str:
    # Not by the bare name: "sans-serif" would be taken for a pattern, and a wrong one.
    return font_manager.findfont(font_manager.FontProperties(family=[family]))


def is_truetype(family: str) -> bool:
    """Whether a family's outlines are TrueType's, and not PostScript's (CFF), as in most .otf."""
    with open(_file(family), "rb") as file:
        head = file.read(16)
        if head[:4] == b"ttcf":
            # Of a collection the first, of which the table of offsets comes next.
            file.seek(int.from_bytes(head[12:16], "big"))
            head = file.read(4)
    return head[:4] != b"OTTO"


def missing(words: Iterable[str], fonts: Iterable[str]) -> str:
    """Characters that none of the fonts has, each once, in order."""
    drawn = [_font(family) for family in fonts]

    def known(c: str) -> bool:
        return c == "\n" or any(font.get_char_index(ord(c)) for font in drawn)

    return "".join(dict.fromkeys(c for text in words for c in text if not known(c)))


def check_glyphs(words: Iterable[str], lang: str) -> None:
    """Check that the fonts for a language have all characters.

    Raises:
        ToylabError: With what to install.
    """
    lacking = missing(words, families(lang))
    hidden = [c for c in lacking if not c.isprintable()]
    if hidden:
        codes = ", ".join(f"U+{ord(c):04X}" for c in hidden[:4])
        raise ToylabError(f"The film's words hold {codes}, which nobody can see. Take it out.")
    if lacking:
        raise ToylabError(
            f"No font here has {lacking[:12]}.\n"
            '  pip install "toylab[zh]", or install Noto Sans CJK SC, or film in English.'
        )
