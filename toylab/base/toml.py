"""TOML that somebody else wrote: read in bounded time, or refused for one reason."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from typing import Any

# Keys of a scenario stand four deep. tomllib takes time by the square of a key's depth: a megabyte of
# "a.a.a." kept it for hours.
DEEPEST = 32
# A key is seen from its start only: from each of its letters a long word would take its square.
_DEEP = re.compile(
    r"""(?<![\w"'-])(?:(?:[\w-]+|"[^"\n]*"|'[^'\n]*')[ \t]*\.[ \t]*)""" f"{{{DEEPEST}}}", re.ASCII
)


def read(text: str) -> dict[str, Any]:
    """Read TOML.

    Raises:
        ValueError: If it is none, or nested too deeply, with the reason.
    """
    if _DEEP.search(text):
        raise ValueError(f"it has a key of more than {DEEPEST} parts")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    # Beside its own error: of Python, which reads no integer of thousands of digits.
    except ValueError as error:
        told = str(error).split("; use sys.")[0]
        raise ValueError("; ".join([told, *_likely(text, told)])) from None


# As word processors, chats and web pages set them, and Chinese keyboards; what TOML takes.
_TYPESET = {
    **dict.fromkeys("\u201c\u201d\u201e\u201f\u00ab\u00bb\uff02", ("a curly quote", '"')),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\uff07", ("a curly quote", "'")),
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212\uff0d", ("a typeset dash", "-")),
    **{chr(ord(c) + 0xFEE0): ("a wide character", c) for c in "#,.=[]{}0123456789"},
    "\u3001": ("a wide character", ","),
    "\u3002": ("a wide character", "."),
}


# What a program saves that was asked for the text, by how it begins.
_OTHERS = {"{\\rtf": "rich text", "<": "a web page", "```": "Markdown"}


def _likely(text: str, told: str) -> Iterator[str]:
    """What probably is wrong in the line that an error names, or with all of the text."""
    for start, kind in _OTHERS.items():
        if text.lstrip().lower().startswith(start):
            yield f"this is {kind}: save the text alone, as plain text"
            return
    found = re.search(r"at line (\d+)", told)
    line = text.split("\n")[int(found[1]) - 1] if found else ""
    # What stands in straight quotes, or in a comment, may be anything.
    bare = re.sub(r'"[^"]*"|\'[^\']*\'', "", line).partition("#")[0]
    for c in bare:
        if c in _TYPESET:
            yield f"there is {c}, {_TYPESET[c][0]}: write {_TYPESET[c][1]}"
            return
        if not c.isascii() and (c.isspace() or not c.isprintable()):
            yield f"there is U+{ord(c):04X}, which only looks like a blank or like nothing: take it out"
            return
    if "\\" in line:
        yield BACKSLASH


# What to do about a path of Windows.
BACKSLASH = (
    "in TOML a \\ in \"...\" begins a special character: write / in paths, or 'single quotes'"
)
