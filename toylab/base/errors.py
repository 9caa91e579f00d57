"""The one error that users see as a message and not as a traceback."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class ToylabError(ValueError):
    """Bad input: where it stands, what was given, what was expected, what to do.

    The command line prints the message and ends with exit code 2.
    """


def cut(text: str, most: int = 60) -> str:
    """What was given, or as much of it as a message has room for."""
    return text if len(text) <= most else f"{text[: most - 3]}..."


def unknown(what: str, given: object, known: Iterable[str]) -> str:
    """Say that a name is unknown, with the closest known one and the whole list.

    Args:
        what: Path or role of the name, such as `game.objective`.
        given: What the user wrote.
        known: Every allowed name.

    Returns:
        Two lines: the mistake, then the known names.
    """
    names = sorted(known)
    close = difflib.get_close_matches(str(given), names, n=1, cutoff=0.5)
    hint = f'; did you mean "{close[0]}"?' if close else "."
    listed = ", ".join(names) if names else "nothing"
    return f'{what} "{cut(str(given))}" is unknown{hint}\n  Known: {listed}.'
