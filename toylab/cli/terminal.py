"""The terminal: what is said there, a bar of progress, and what was typed, for others to read.

Imports stand inside functions, as in `commands`: what is not used is not waited for.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import sys
import time
from collections.abc import Generator, Iterable, Sequence
from pathlib import Path
from typing import TypeVar

from toylab.base.errors import ToylabError

T = TypeVar("T")

# Loaded first of all that takes a while.
_BEGUN = time.perf_counter()


def since_begun() -> float:
    """Seconds since the command began, as its user counts them."""
    return time.perf_counter() - _BEGUN


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
        drop_output()


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


def expect_endings(paths: Iterable[Path], endings: Sequence[str]) -> None:
    """Check how files' names end.

    Raises:
        ToylabError: If one ends otherwise.
    """
    for path in paths:
        if path.suffix.lower() not in endings:
            raise ToylabError(f"{path}: expected a name that ends in {' or '.join(endings)}.")


def drop_output() -> None:
    """Forget what could not be written: Python would try once more as it ends, and tell its traceback."""
    if isinstance(sys.stdout, io.TextIOWrapper):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
