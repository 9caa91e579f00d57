"""Fonts that have the characters: the film's own, and for Chinese what the machine or the extra has.

matplotlib draws a box for a character that a font lacks; so each word is checked before it is drawn.
"""

from __future__ import annotations

import logging
import re
import unicodedata
from collections.abc import Iterable, Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager, ft2font
from matplotlib.ft2font import FT2Font

from toylab.base.errors import ToylabError

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
# Chinese, Japanese and their stops: what the font of the extra has, but for rare ones.
_HAN = re.compile("[\u2e80-\u312f\u31c0-\u9fff\uf900-\ufaff\uff00-\uffef]")
# Whether matplotlib sets letters that join, or run from the right; from 3.11 on.
SHAPES = hasattr(ft2font, "__libraqm_version__")
# The package of the extra `zh`, which carries Noto Sans SC under the Open Font License.
_PACKAGE = "zhplot"


def families(lang: str) -> list[str]:
    """Families for a language, the first that has a character draws it.

    The Chinese one is always among them: a title may be in Chinese whatever language the film speaks.
    """
    chosen = _chinese()
    if not chosen:
        return [LATIN]
    # In Chinese its own font first, whose Latin letters fit its characters.
    return [chosen, LATIN] if lang == "zh" else [LATIN, chosen]


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
def _font(family: str, bold: bool = False) -> FT2Font:
    return font_manager.get_font(_file(family, bold))


def _file(family: str, bold: bool = False) -> str:
    # Not by the bare name: "sans-serif" would be taken for a pattern, and a wrong one.
    weight = "bold" if bold else "normal"
    asked = font_manager.FontProperties(family=[family], weight=weight)
    return font_manager.findfont(asked)


def is_truetype(family: str) -> bool:
    """Whether a family's outlines are TrueType's, and not PostScript's (CFF), as in most .otf."""
    with open(_file(family), "rb") as file:
        head = file.read(16)
        if head[:4] == b"ttcf":
            # Of a collection the first, of which the table of offsets comes next.
            file.seek(int.from_bytes(head[12:16], "big"))
            head = file.read(4)
    return head[:4] != b"OTTO"


def missing(words: Iterable[str], fonts: Iterable[str], bold: bool = False) -> str:
    """Characters that none of the fonts has, each once, in order.

    Args:
        words: To be drawn.
        fonts: Families, as they will be tried.
        bold: Whether the words are bold: such faces may have fewer.
    """
    drawn = [_font(family, bold) for family in fonts]

    def known(c: str) -> bool:
        return c == "\n" or any(font.get_char_index(ord(c)) for font in drawn)

    return "".join(dict.fromkeys(c for text in words for c in text if not known(c)))


def check_glyphs(
    words: Iterable[str], fonts: Sequence[str], bold: bool = False, styled: bool = True
) -> None:
    """Check that the fonts have all characters, and that matplotlib can set them.

    Args:
        words: To be drawn.
        fonts: Families, as they will be tried.
        bold: Whether the words are bold.
        styled: Whether a style file may name another.

    Raises:
        ToylabError: With what to do.
    """
    words = [*words]
    lacking = missing(words, fonts, bold)
    hidden = [c for c in lacking if not c.isprintable()]
    if hidden:
        codes = ", ".join(f"U+{ord(c):04X}" for c in hidden[:4])
        raise ToylabError(f"The film's words hold {codes}, which nobody can see. Take it out.")
    if lacking:
        shown = lacking[:12] + "…" * (len(lacking) > 12)
        shown += " in bold" * (bold and not missing([lacking], fonts))
        raise ToylabError(f"No font here has {shown}.\n  {_cure(lacking, fonts, styled)}")
    turned = "".join(dict.fromkeys(c for text in words for c in text if _from_the_right(c)))
    if turned and not SHAPES:
        raise ToylabError(
            f"{turned[:12]}: these are written from the right, and this matplotlib ({mpl.__version__}) "
            'would draw them from\n  the left, one by one. pip install "matplotlib>=3.11", or write it '
            "otherwise."
        )


def _from_the_right(c: str) -> bool:
    return unicodedata.bidirectional(c) in ("R", "AL")


def _cure(lacking: str, fonts: Sequence[str], styled: bool) -> str:
    """What to do about characters that the fonts lack."""
    if not _chinese() and all(map(_HAN.match, lacking)):
        return 'pip install "toylab[zh]", or install Noto Sans CJK SC, or write it otherwise.'
    tried = " and ".join(dict.fromkeys(fonts))
    other = ", or name a font that has it as font.family in a style file (--style)" * styled
    return f"Tried: {tried}. Write it otherwise{other}."
