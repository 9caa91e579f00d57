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


# Names of functions, which stand apart from what they are of; the converter sets them like any letter.
_FUNCTIONS = "log|exp|sin|cos|max|min|arg|argmax|tanh"
_BEFORE = re.compile(rf"(?<=[nip]>)<mi>({_FUNCTIONS})</mi>")
_AFTER = re.compile(rf"<mi>({_FUNCTIONS})</mi>(?=<m)(?!<mo)")
_THIN = '<mspace width="0.167em" />'


def _formula(latex: str, alone: bool) -> str:
    told = convert(latex.strip(), display="block" if alone else "inline")
    # What it does not know it leaves with its stroke.
    told = re.sub(r"<mi>\\(\w+)</mi>", r"<mi>\1</mi>", told)
    told = _BEFORE.sub(lambda name: _THIN + name[0], told)
    told = _AFTER.sub(lambda name: name[0] + _THIN, told)
    # The formula itself, for who copies it and for who is read to by an old reader.
    return told.replace("<math ", f'<math alttext="{html.escape(latex.strip())}" ', 1)
