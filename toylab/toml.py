"""TOML that somebody else wrote: read in bounded time, or refused for one reason."""

from __future__ import annotations

import re
import tomllib
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
        raise ValueError(str(error).split("; use sys.")[0]) from None
