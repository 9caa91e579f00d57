"""The terminal: seeds as people write them, progress, and errors as a few lines.

Imports stand inside functions, as in `cli`: what is not used is not waited for.
"""

from __future__ import annotations

import shlex
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any, TypeVar

from toylab.errors import ToylabError

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


def progress(items: Iterable[T], total: int, words: str) -> Iterator[T]:
    """Pass items on, with a bar and the time left; silent where nobody watches."""
    if not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        yield from bar.track(items, total=total, description=words)


def command() -> str:
    """What the user typed."""
    return shlex.join(["toylab", *sys.argv[1:]])


def warn(words: str) -> None:
    """Say something that does not stop the work."""
    print(words, file=sys.stderr)


def say_result(output: str | Path, words: str) -> None:
    """Say what was written, and how large it is."""
    path = Path(output)
    files = [path, *path.iterdir()] if path.is_dir() else [path]
    size = sum(file.stat().st_size for file in files)
    print(f"{output}  {size / 1e6:.1f} MB, {words}")


def expect_ending(path: Path, endings: Iterable[str]) -> None:
    """Check how a file's name ends.

    Raises:
        ToylabError: If it ends otherwise.
    """
    if path.suffix.lower() not in endings:
        raise ToylabError(f"{path}: expected a name that ends in {' or '.join(endings)}.")


def guarded(app: Callable[..., Any]) -> None:
    """Run the command line; every error ends as a few lines and an exit code."""
    import signal

    # A polite kill unwinds like Ctrl-C, so that no part of a file stays behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    # A shell starts its background jobs with Ctrl-C ignored, and Python then leaves it so.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        sys.exit(app(standalone_mode=False))
    except KeyboardInterrupt:
        _fail("Stopped. Files that were not finished are as they were before.", 130)
    except ToylabError as error:
        _fail(str(error), 2)
    except BrokenPipeError:
        sys.stderr.close()  # the reader has gone, as in `toylab list | head -1`
        sys.exit(0)
    except OSError as error:
        _fail(f"{error.filename or 'A file'}: {error.strerror or error}.", 2)
    except MemoryError:
        _fail("Out of memory. Lower training.batch, recording.samples or the number of seeds.", 2)
    except Exception as error:
        # typer's own errors: unknown commands and options, missing arguments.
        say = getattr(error, "format_message", None)
        if say is None:
            if type(error).__name__ == "Abort":
                _fail("Stopped. Files that were not finished are as they were before.", 130)
            raise
        _fail(f"{say()} See `toylab --help`.", 2)


def _fail(words: str, code: int) -> None:
    print(words, file=sys.stderr)
    sys.exit(code)
