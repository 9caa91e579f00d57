"""What a trace says of its scenario: plain data that somebody else may have written.

A film reads it without the laboratory, so what it reads is checked here and once.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

TEXT, TABLE, NUMBER = (str,), (dict,), (int, float)
# Characters of a text, as a scenario has them: a film lays out a title of a megabyte for minutes. A file's
# place may be longer.
_LONGEST, _LONGEST_PLACE = 400, 4096
# Beyond it a number of a film is nothing that can be drawn; a whole number has no end of its own.
_LARGEST = 1e300
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
    if wrong or _dated(settings):
        return wrong or "it holds a date or a time, and no setting is one"
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
    return next((part for part in parts if part), "") or _miscounted(settings)


def _miscounted(settings: Mapping[str, Any]) -> str:
    """Say of what a scenario has too few or too many; each is of the right type."""
    film = settings["film"]
    panels = film.get("curves", ())
    counts = [
        ("claims", len(settings.get("claims", ())), 0, 64),
        ("film.layers", len(film.get("layers", ())), 0, 32),
        ("film.curves", len(panels), 0, 2),
        *((f"film.curves[{i}].metrics", len(p["metrics"]), 1, 4) for i, p in enumerate(panels)),
    ]
    wrong = (
        f"{what} has {n} entries, expected {least} to {most}"
        for what, n, least, most in counts
        if not least <= n <= most
    )
    return next(wrong, "")


def _dated(value: Any) -> bool:
    """Whether a date or a time stands anywhere in it, which TOML knows and JSON does not."""
    if isinstance(value, Mapping | list):
        return any(map(_dated, value.values() if isinstance(value, Mapping) else value))
    return not isinstance(value, str | int | float)


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
        longest = _LONGEST_PLACE if key == "against" else _LONGEST
        if any(isinstance(v, str) and len(v) > longest for v in values):
            return f"{key} is longer than {longest} characters"
    return ""


def _is(value: Any, kinds: tuple[type, ...]) -> bool:
    # A bool is an int to Python, and to nobody else.
    fair = isinstance(value, kinds) and not isinstance(value, bool)
    return fair and (not isinstance(value, int | float) or -_LARGEST <= value <= _LARGEST)
