"""Faults of our own: a line or two for the user, the whole in a file for whoever mends it."""

from __future__ import annotations

import os
import platform
import tempfile
import traceback

from toylab.base.errors import ToylabError
from toylab.base.release import release

# sysexits' EX_SOFTWARE; 2 says that the input was wrong.
FAULT = 70


def in_a_line(error: BaseException) -> str:
    """An error's kind, and the first line of what it says."""
    said = str(error).strip().splitlines()
    return f"{type(error).__name__}: {said[0]}" if said else type(error).__name__


def in_full(error: BaseException) -> str:
    """An error with the way to it, that inside a worker included."""
    return "".join(traceback.format_exception(error))


def told(said: str, text: str, command: str = "") -> str:
    """Keep the whole of a fault in a file; what the user is told of it, in two lines.

    The file lies among the system's temporary ones, for the folder in which a command runs may take none.

    Args:
        said: The fault in a line.
        text: The whole of it.
        command: What the user typed.
    """
    head = f"{command}\ntoylab {release()}, Python {platform.python_version()}, {platform.platform()}\n\n"
    try:
        number, path = tempfile.mkstemp(prefix="toylab-fault-", suffix=".log")
        with os.fdopen(number, "w", encoding="utf-8", errors="backslashreplace") as file:
            file.write(head + text)
        where = f"The whole is in {path}: please send it along when you report this."
    except OSError as error:
        where = f"The whole could not be kept in a file ({error.strerror})."
    return f"Not your mistake, but a fault of toylab or of its surroundings: {said}\n  {where}"


def excuse(error: Exception) -> str:
    """What to say of an error that is no fault of ours: input, memory, a package; empty if it is one."""
    if isinstance(error, ToylabError):
        return str(error)
    if isinstance(error, MemoryError):
        return "Out of memory. Lower training.batch, recording.samples or the number of seeds."
    package = (error.name or "").split(".")[0] if isinstance(error, ModuleNotFoundError) else ""
    if package in ("", "toylab"):
        return ""
    return (
        f"{package} is missing, and this command needs it. "
        f"Install toylab with all that it asks for, or: pip install {package}"
    )


def ending(error: Exception, command: str = "") -> tuple[str, int]:
    """How a command ends by an error: its words and its exit code.

    Args:
        error: What was raised.
        command: What the user typed.
    """
    said = excuse(error)
    return (said, 2) if said else (told(in_a_line(error), in_full(error), command), FAULT)
