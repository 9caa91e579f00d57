"""Markdown: text that stays text, whatever stands in it."""

from __future__ import annotations

import re

# All that Pandoc, Quarto or Marp could take for markup, wherever in a line it stands: braces for
# Quarto's shortcodes, @ for citations, & only for entities.
_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#$~^|@]|&(?=#?\w+;)|--|\.\.\.")
# What opens a list, a heading's rule or a block at the beginning of any line. Pandoc's lists count in
# letters and in Roman numerals too, and in brackets: "(a)", "ii.".
_OPENING = re.compile(
    r"^([ \t]*(?:\(?(?:\d+|\w|[ivxlcdm]+))?)([-+=.):%])(?=\s|[-+=:]|$)",
    re.MULTILINE | re.IGNORECASE,
)


def escaped(text: str) -> str:
    """Text as Markdown that shows just that text."""
    found = _SPECIAL.sub(lambda m: "".join(f"\\{c}" for c in m[0]), text)
    return _OPENING.sub(r"\g<1>\\\g<2>", found)
