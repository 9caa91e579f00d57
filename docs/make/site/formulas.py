"""Formulas as MathML, which browsers draw by themselves: no script, no font from elsewhere."""

from __future__ import annotations

import html
import re

from latex2mathml.converter import convert

# As pymdownx.arithmatex marks them.
_MARKED = re.compile(r'<(span|div) class="arithmatex">\\[\[(](.*?)\\[\])]</\1>', re.S)


def drawn(page: str) -> str:
    """A page with its formulas as MathML."""
    return _MARKED.sub(lambda mark: _formula(html.unescape(mark[2]), mark[1] == "div"), page)


def _formula(latex: str, alone: bool) -> str:
    told = convert(latex.strip(), display="block" if alone else "inline")
    # The formula itself, for who copies it and for who is read to by an old reader.
    return told.replace("<math ", f'<math alttext="{html.escape(latex.strip())}" ', 1)
