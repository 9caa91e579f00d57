"""Files as other systems make them: marks in text, paths, hidden endings, and what is left lying."""

from __future__ import annotations

import codecs
import os
import re
from pathlib import Path

from toylab.base.errors import ToylabError

# The longer marks first: UTF-32's begins with UTF-16's.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# Finder, Explorer, office programs, desktops, network disks and storage boxes put these into any folder.
_LITTER = re.compile(
    r"\.DS_Store|\.localized|\.directory|\._.*|\.apdisk|\.AppleDouble|\.Spotlight-V100|\.Trashes|\.fseventsd"
    r"|Icon\r|thumbs\.db|ehthumbs\.db|desktop\.ini|@eaDir|\.~lock\..*#|~\$.*|\.nfs[0-9a-f]+|\.fuse_hidden\w+",
    re.IGNORECASE,
)


def marked(data: bytes) -> str:
    """The encoding that a byte order mark names; empty without one."""
    return next((coding for mark, coding in _MARKS if data.startswith(mark)), "")


def decoded(data: bytes) -> str:
    """Text as any system's editor saves it, with plain line ends: UTF-8, or what a byte order mark says.

    Raises:
        UnicodeDecodeError: If it is none of these.
    """
    coding = marked(data) or "utf-8"
    text = data.decode(coding)
    if "\0" in text:  # as in UTF-16 without its mark
        at = data.index(0)
        raise UnicodeDecodeError(coding, data, at, at + 1, "no text has zeros")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def is_litter(name: str) -> bool:
    """Whether a file or folder of this name is a system's own, which nobody misses."""
    return _LITTER.fullmatch(name) is not None


def at_home(path: str | Path) -> Path:
    """A path with its leading ~ as the user's home, as a shell reads it.

    Notebooks, Python, Windows and an option's `--to=~/talks` hand it on as it is.

    Raises:
        ToylabError: If the user has no home here.
    """
    place = Path(os.path.expanduser(path))
    if place.parts[:1] == ("~",):
        raise ToylabError(f"{path}: ~ is your home folder, and none is known here. Give the path.")
    return place


def read_from(path: str | Path, folder: Path) -> Path:
    r"""Where a file lies that is named in a file: from that one's folder, its ~ and its \ understood."""
    place = folder / at_home(path)
    if os.sep == "\\" or "\\" not in str(path) or os.path.isfile(place):
        return place
    # Written on Windows; no system's own files have \ in their names.
    return folder / at_home(str(path).replace("\\", "/"))


def lookalike(path: Path) -> str:
    """What to say of a file that is not there: " x.toml.txt lies there: ...", or nothing.

    Editors add an ending that Windows and macOS hide; a name's case, and blanks at its end, mean nothing to
    some systems and are other files to others.
    """
    try:
        lying = sorted(entry.name for entry in path.absolute().parent.iterdir() if entry.is_file())
    except (OSError, ValueError):
        return ""
    alike = [name for name in lying if name != path.name and _bare(name) == _bare(path.name)]
    return f' "{alike[0]}" lies there: rename it to {path.name}.' if alike else ""


def _bare(name: str) -> str:
    """A name without what cannot be seen of it."""
    name = name.casefold().strip()
    return name.removesuffix(".txt").strip() if Path(name.removesuffix(".txt")).suffix else name
