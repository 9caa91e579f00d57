"""What a trace says of its scenario: plain data that somebody else may have written.

A film reads it without the laboratory, so what it reads is checked here and once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

TEXT, TABLE, NUMBER = (str,), (dict,), (int, float)
# What each key must be where it stands; a key that ends in "?" may be missing, in "[]" is a list.
_FILM = {"layers[]?": TEXT, "curves[]?": TABLE, "seconds?": NUMBER, "seed?": (int,)}
_PANEL = {"metrics[]": TEXT, "scale?": TEXT}
_CLAIM = {
    "text": TEXT,
    "metric": TEXT,
    "relation": TEXT,
    "threshold": NUMBER,
    "window[]?": NUMBER,
    "reduce?": TEXT,
    "quorum?": NUMBER,
    "source?": TEXT,
    "against?": TEXT,
}
_TOP = {
    "title": TEXT,
    "lesson": TEXT,
    "title_zh?": TEXT,
    "lesson_zh?": TEXT,
    "target": TABLE,
    "film": TABLE,
    "training?": TABLE,
    "claims[]?": TABLE,
}


def misread(settings: Mapping[str, Any]) -> str:
    """Say what a film could not read in a scenario's settings; empty if it can read all."""
    wrong = _misread(settings, _TOP)
    if wrong:
        return wrong
    film, training = settings["film"], settings.get("training", {})
    parts = [
        _misread(film, _FILM),
        _misread(training, {"points?": (int,)}),
        *(_misread(claim, _CLAIM) for claim in settings.get("claims", ())),
    ]
    if not parts[0]:
        parts += [_misread(panel, _PANEL) for panel in film.get("curves", ())]
        seconds = film.get("seconds", 1)
        parts.append("" if 0 < seconds <= 3600 else f"film.seconds is {seconds}")
        parts.append("" if len(film.get("curves", ())) <= 2 else "it has more than two panels")
    return next((part for part in parts if part), "")


def _misread(table: Mapping[str, Any], expected: Mapping[str, tuple[type, ...]]) -> str:
    """Say what is wrong with one table; keys that nobody reads do not matter."""
    for entry, kinds in expected.items():
        key = entry.rstrip("?").removesuffix("[]")
        if key not in table:
            if entry.endswith("?"):
                continue
            return f"{key} is missing"
        value = table[key]
        values = value if "[]" in entry and isinstance(value, list) else [value]
        if ("[]" in entry) != isinstance(value, list) or not all(_is(v, kinds) for v in values):
            return f"{key} is {str(value)[:40]!r}"
    return ""


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    # A bool is an int to Python, and to nobody else.
    fair = isinstance(value, kinds) and not isinstance(value, bool)
    return fair and (not isinstance(value, float) or math.isfinite(value))
