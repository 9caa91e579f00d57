"""Extras: packages that a plain install does without."""

from __future__ import annotations

import importlib.util

from toylab.base.errors import ToylabError


def expect_extra(module: str, extra: str, doing: str, instead: str = "") -> None:
    """Check that a package is there which only an extra brings.

    Args:
        module: The package's; empty where none is needed.
        extra: What installs it.
        doing: What needs it: "write film.mp4".
        instead: What can be done without it, if anything.

    Raises:
        ToylabError: If it is missing.
    """
    if module and importlib.util.find_spec(module) is None:
        otherwise = f", or {instead}" if instead else ""
        raise ToylabError(
            f'Cannot {doing}: the {extra} extra is missing. pip install "toylab[{extra}]"{otherwise}.'
        )
