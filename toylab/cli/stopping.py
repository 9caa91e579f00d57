"""How a command ends: done, refused, broken, or stopped by Ctrl-C or a polite kill.

Imports stand inside functions, as in `commands`: what is not used is not waited for.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import sys
import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import Any, NoReturn

from toylab.cli.terminal import command, drop_output, warn

# Outputs that a command holds, until it ends, however it ends.
held = contextlib.ExitStack()


def hold(outputs: Sequence[str | Path]) -> None:
    """Keep other commands from these outputs until this one ends.

    Raises:
        ToylabError: If another writes one of them, or its folder cannot be written.
    """
    from toylab.base.files import alone

    held.enter_context(alone(outputs))


# What is true of a command that is stopped, and what besides of one that keeps what has ended.
_STOPPED = "Stopped. Files that were not finished are as they were before."
_GOES_ON = "Give the same command again to go on: what had ended is kept."
# As shells number them: 128 and the signal's own number.
_CTRL_C, _KILLED = 130, 143
# Seconds for which a command that was stopped may clear up before a further Ctrl-C ends it at once.
_PATIENCE = 3.0


class Stopped(SystemExit):
    """Ctrl-C or a polite kill, with its exit code.

    No KeyboardInterrupt: typer makes a silent exit code of it, and Python a second death if it comes while
    a dataclass is made.
    """

    words = _STOPPED


@contextlib.contextmanager
def going_on(words: str = _STOPPED) -> Generator[None, None, None]:
    """Work that keeps what has ended: if it is stopped, say that the same command goes on.

    Args:
        words: What is true of its files.
    """
    try:
        yield
    except Stopped as stopped:
        stopped.words = f"{words} {_GOES_ON}"
        raise


@contextlib.contextmanager
def stoppable() -> Generator[None, None, None]:
    """Answer Ctrl-C and a polite kill with one line and an exit code, however often they come."""
    import signal

    begun: list[float] = []

    def stop(number: int, _: object) -> None:
        code = _KILLED if number == signal.SIGTERM else _CTRL_C
        if not begun:
            begun.append(time.monotonic())
            raise Stopped(code)
        # What comes while files are cleared away would leave them there.
        if time.monotonic() - begun[0] > _PATIENCE:
            os._exit(code)

    # What whoever started us had ignored stays so: a script's job in the background lives through Ctrl-C.
    before = [
        (kind, signal.signal(kind, stop))
        for kind in (signal.SIGINT, signal.SIGTERM)
        if signal.getsignal(kind) is not signal.SIG_IGN
    ]
    try:
        yield
    except Stopped as stopped:
        fail(stopped.words, stopped.code)
    finally:
        for kind, handler in before if not begun else ():
            signal.signal(kind, handler)


def guarded(app: Callable[..., Any]) -> None:
    """Run the command line; every error ends as a few lines and an exit code."""
    # A terminal without Unicode, or a file's name that is none, is spelt out and not stumbled over.
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    # Of its user's settings and folders, which do nothing to a film; without a word to it they are told.
    logging.getLogger("matplotlib").addHandler(logging.NullHandler())
    with stoppable():
        try:
            code = app(standalone_mode=False)
            _flush()  # a full disk is told here, and not while Python ends
            sys.exit(code)
        except OSError as error:
            # Without a number it is a library's own, which says where.
            where = error.filename or "Standard output"
            fail(f"{where}: {error.strerror}." if error.strerror else f"{error}.", 2)
        except Exception as error:
            # typer's own errors: unknown commands and options, missing arguments.
            told = getattr(error, "format_message", None)
            if told is None:
                from toylab.base import faults

                fail(*faults.ending(error, command()))
            fail(f"{told()} See `{_help(error)}`.".lstrip(), 2)


def _help(error: Exception) -> str:
    """Where the help is for what was mistyped."""
    context = getattr(error, "ctx", None)
    name = context.info_name if context is not None and context.parent is not None else ""
    return " ".join(filter(None, ["toylab", name, "--help"]))


def fail(words: str, code: Any) -> NoReturn:
    """End with some words on standard error, and an exit code."""
    with contextlib.suppress(OSError):
        warn(words)
    try:
        _flush()
    except OSError:
        drop_output()
    sys.exit(code)


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        drop_output()
