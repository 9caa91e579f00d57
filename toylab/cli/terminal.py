"""The terminal: seeds as people write them, progress, and errors as a few lines.

Imports stand inside functions, as in `cli`: what is not used is not waited for.
"""

from __future__ import annotations

import contextlib
import io
import logging
import os
import re
import shlex
import sys
import time
from collections.abc import Callable, Generator, Iterable, Sequence
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from toylab.base.errors import ToylabError

T = TypeVar("T")


def parse_seeds(text: str, first: int = 0) -> list[int]:
    """Read "64" as 64 seeds from `first`, "8:16" as a half-open range, "3,5" as a list.

    Raises:
        ToylabError: If the text is none of these, or names no seed, or too many.
    """
    most = 100_000
    expected = "Expected a number (64), a range (8:16) or a list (3,5)."
    try:
        if ":" in text:
            start, stop = (int(part) for part in text.split(":"))
            seeds = list(range(start, min(stop, start + most + 1)))
        elif "," in text:
            seeds = [int(part) for part in text.split(",") if part.strip()]
        else:
            seeds = list(range(first, first + min(int(text), most + 1)))
    except ValueError:
        seeds = []
    if not seeds:
        raise ToylabError(f'--seeds "{text}" names no seeds. {expected}')
    if len(seeds) > most:
        raise ToylabError(f'--seeds "{text}" names more than {most:,} seeds. Give fewer.')
    if len(seeds) != len(set(seeds)):
        raise ToylabError(f'--seeds "{text}" names a seed twice. Name each once.')
    # 2^63: seeds are kept as 64-bit integers.
    if min(seeds) < 0 or max(seeds) >= 2**63:
        raise ToylabError(f'--seeds "{text}": seeds go from 0 to 2^63 - 1. {expected}')
    return seeds


def progress(items: Iterable[T], total: int, words: str) -> Generator[T, None, None]:
    """Pass items on, with a bar and the time left; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    # Without markup: what stands in brackets may be somebody's name.
    told = TextColumn("{task.description}", markup=False)
    columns = (told, BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(items, total=total, description=plain(words))


def command() -> str:
    """What the user typed, for others to read: paths that lead out of this folder are told by their ends.

    The same work done in another folder, or by another user, is then told alike. Bytes that are no
    characters are spelt out, as in what is said.
    """
    typed = ["toylab", *sys.argv[1:]]
    told = [_without_folders(word, after) for after, word in zip(["", *typed], typed, strict=False)]
    return shlex.join(told).encode("utf-8", "backslashreplace").decode()


# How a path begins that leads out of the folder: home, above, a root, a drive.
_OUT = r"(?:~|\.\.(?![^/\\])|[/\\](?![\s]|$)|[A-Za-z]:[/\\])"
# A word that is one, or an option's; one in quotes; a value as such. Blanks, quotes and commas may stand in
# its folders' names.
_PATH = re.compile(
    rf"""(^|^-\w|^--[\w-]+=)({_OUT}.*)|(["']\s*)({_OUT}[^"']*)|([=,\[]\s*)({_OUT}(?:(?!,\s*{_OUT}).)*)""",
    re.S,
)
_CLUSTER = re.compile(r"^((?:--backend=)?\w+)=.*", re.S)


def _without_folders(word: str, after: str) -> str:
    """A word of a command without the folders of whoever typed it, and without the name of a cluster."""
    if after == "--backend" or word.startswith("--backend="):
        return _CLUSTER.sub(r"\1", word)
    if after == "--to" or word.startswith("--to="):
        # Only a folder, and it may be somebody's home.
        return _PATH.sub(lambda found: f"{found[1] or ''}.", word)
    return _PATH.sub(_ended, word)


def _ended(found: re.Match[str]) -> str:
    before, path = (part for part in found.groups() if part is not None)
    return before + _end(path)


def _end(path: str) -> str:
    """The last part of a path; a slash that ends it stays, since it tells a folder of frames."""
    end = re.split(r"[/\\]", path.rstrip("/\\"))[-1]
    if end.startswith("~") or end in ("", "..") or end.endswith(":"):
        return "."
    return end + "/" * path.endswith("/")


def plain(words: str) -> str:
    """The words without what commands a terminal: a file may be somebody else's, and so may its title.

    Escapes and other control characters, and those that turn the direction of what follows, are spelt
    out.
    """
    return _COMMANDING.sub(lambda found: found[0].encode("unicode_escape").decode(), words)


# Lines and tabs stay; 202A-202E and 2066-2069 turn the direction.
_COMMANDING = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")


def say(words: str) -> None:
    """Say what was asked for, on standard output; work goes on if nobody reads it any more."""
    try:
        print(plain(words))
    except BrokenPipeError:  # as in `toylab list | head -1`; typer would make exit code 1 of it
        _drop_output()


def warn(words: str) -> None:
    """Say something that does not stop the work, on standard error."""
    print(*map(_cut, plain(words).splitlines()), sep="\n", file=sys.stderr)


# Characters of a line of a message: all names that are known fit, the text of a whole book does not.
_LONGEST = 1400


def _cut(line: str) -> str:
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 200]} ... {line[-190:]}"


def say_result(output: str | Path, words: str) -> None:
    """Say what was written, and how large it is."""
    from toylab.base.foreign import at_home

    path = at_home(output)
    files = [path, *path.iterdir()] if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    say(f"{output}  {size / 1e6:.1f} MB, {words}")


# Outputs that a command holds, until it ends, however it ends.
held = contextlib.ExitStack()


def hold(outputs: Sequence[str | Path]) -> None:
    """Keep other commands from these outputs until this one ends.

    Raises:
        ToylabError: If another writes one of them, or its folder cannot be written.
    """
    from toylab.base.files import alone

    held.enter_context(alone(outputs))


def expect_endings(paths: Iterable[Path], endings: Sequence[str]) -> None:
    """Check how files' names end.

    Raises:
        ToylabError: If one ends otherwise.
    """
    for path in paths:
        if path.suffix.lower() not in endings:
            raise ToylabError(f"{path}: expected a name that ends in {' or '.join(endings)}.")


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
        _fail(stopped.words, stopped.code)
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
            _fail(f"{where}: {error.strerror}." if error.strerror else f"{error}.", 2)
        except Exception as error:
            # typer's own errors: unknown commands and options, missing arguments.
            told = getattr(error, "format_message", None)
            if told is None:
                from toylab.base import faults

                _fail(*faults.ending(error, command()))
            _fail(f"{told()} See `{_help(error)}`.".lstrip(), 2)


def _help(error: Exception) -> str:
    """Where the help is for what was mistyped."""
    context = getattr(error, "ctx", None)
    name = context.info_name if context is not None and context.parent is not None else ""
    return " ".join(filter(None, ["toylab", name, "--help"]))


def _fail(words: str, code: Any) -> NoReturn:
    with contextlib.suppress(OSError):
        warn(words)
    try:
        _flush()
    except OSError:
        _drop_output()
    sys.exit(code)


def _flush() -> None:
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _drop_output()


def _drop_output() -> None:
    """Forget what could not be written: Python would try once more as it ends, and tell its traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
