"""Writing files so that a killed process leaves the old file, the new one, or none."""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from toylab.errors import ToylabError


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` and move it there once the block ends well.

    Raises:
        ToylabError: If the folder cannot be made or written, or the disk is full.
    """
    to = _clear(path)
    part = _part(to)
    try:
        with naming(path):
            _make(to.parent)
            _sweep(to)
            yield part
            os.replace(part, to)
    finally:
        with contextlib.suppress(OSError):
            part.unlink()


@contextlib.contextmanager
def scratch(part: Path) -> Iterator[Path]:
    """Give an empty folder for what goes into a part that `whole` gave; it is swept as the part is."""
    folder = part.with_name(part.name.replace(".part.", ".scratch.part.", 1))
    folder.mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def whole_folder(path: Path, ours: Callable[[Path], bool], held: str) -> Iterator[Path]:
    """Give a temporary folder beside `path` and move it there once the block ends well.

    Args:
        path: The folder to be.
        ours: Whether a folder that stands there may be replaced.
        held: What such a folder holds, for the message.

    Raises:
        ToylabError: If something else stands there, or the folder cannot be written.
    """
    to = _clear_folder(path, ours, held)
    part, old = _part(to), _part(to, "old.part")
    try:
        with naming(f"{path}/"):
            _make(to.parent)
            _sweep(to)
            part.mkdir()
            yield part
            if to.exists():
                to.rename(old)
            part.rename(to)
    finally:
        shutil.rmtree(part, ignore_errors=True)
        if old.exists() and not to.exists():
            old.rename(to)
        shutil.rmtree(old, ignore_errors=True)


def expect_file(path: str | Path) -> None:
    """Check that a file can be written, before anything is done for it; what stands there is left alone.

    Raises:
        ToylabError: If it names no file, a folder or a device stands there, or its folder takes no files.
    """
    to = _clear(path)
    with naming(path):
        _expect_room(to)


def expect_folder(path: Path, ours: Callable[[Path], bool], held: str) -> None:
    """Check that a folder can be written, as `expect_file` does; arguments as `whole_folder`.

    Raises:
        ToylabError: If something else stands there, or the folder above takes no files.
    """
    to = _clear_folder(path, ours, held)
    with naming(f"{path}/"):
        _expect_room(to)


def expect_apart(outputs: Sequence[str | Path], inputs: Sequence[str | Path] = ()) -> None:
    """Check that no output is named twice, lies in another's folder, or replaces what it is made of.

    Raises:
        ToylabError: With the first that does.
    """
    read, taken = {os.path.realpath(path) for path in inputs}, set[str]()
    for output in outputs:
        place = os.path.realpath(output)
        if place in taken:
            raise ToylabError(f"-o names {output} twice. Name each file once.")
        if place in read:
            raise ToylabError(
                f"-o {output} would replace what the data are read from. Give another name."
            )
        taken.add(place)
    folders = [os.path.realpath(o) for o in outputs if str(o).endswith("/")]
    inside = [o for o in outputs for f in folders if os.path.realpath(o).startswith(f + os.sep)]
    if inside:
        raise ToylabError(f"-o {inside[0]} lies in a folder that another -o fills. Move one.")


@contextlib.contextmanager
def naming(path: str | Path) -> Iterator[None]:
    """Say of what the system refuses which output it was.

    Raises:
        ToylabError: For any OSError inside.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        raise ToylabError(f"Cannot write {path}: {reason}.") from error


def _clear(path: str | Path) -> Path:
    """Where a file goes, links followed, with nothing in its way."""
    to = _led(Path(path))
    _part(to)
    with naming(path):
        if to.is_dir():
            raise ToylabError(f"Cannot write {path}: it is a folder. Give the name of a file.")
        if to.exists() and not to.is_file():
            # A pipe or a device would be gone, and whoever reads it would wait for ever.
            raise ToylabError(f"Cannot write {path}: it is no file. Give the name of a file.")
    return to


def _clear_folder(path: Path, ours: Callable[[Path], bool], held: str) -> Path:
    """Where a folder goes, links followed, with nothing of others' in its way."""
    to = _led(path)
    _part(to)
    with naming(f"{path}/"):
        if to.exists() and not (to.is_dir() and ours(to)):
            raise ToylabError(
                f"Cannot write {path}/: it holds other things than {held}. Give another name."
            )
    return to


def _expect_room(to: Path) -> None:
    """Try whether a file can be made where `to` will be: only the system knows. It leaves no trace."""
    _part(to, "scratch.part").exists()  # raises where the name is too long
    above = next(folder for folder in to.absolute().parents if folder.exists())
    tempfile.TemporaryFile(dir=above).close()


def _led(path: Path) -> Path:
    """Where a link leads: the link stays, and what it names is replaced."""
    return Path(os.path.realpath(path)) if os.path.islink(path) else path


def _make(folder: Path) -> None:
    """Make a folder and those above it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except RecursionError:  # thousands of folders, one in another
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)) from None


def _part(path: Path, kind: str = "part") -> Path:
    """Where a file is written before it is moved to its place.

    In the same folder, so that the move is atomic; with the process's number, so that two commands do not
    write one file; hidden, so that a watcher of *.gif never sees it. The whole name stays last, since some
    encoders choose the format by its ending, and since other files' parts are then never taken for its own.

    Raises:
        ToylabError: If the path has no name, as "/" and "." have none.
    """
    if not path.name:
        raise ToylabError(f'Cannot write "{path}": it names no file. Give a name.')
    return path.with_name(f".{os.getpid()}.{kind}.{path.name}")


def _sweep(path: Path) -> None:
    """Remove parts of this file left by processes that are gone."""
    ours = re.compile(rf"\.(\d+)\.(?:\w+\.)?part\.{re.escape(path.name)}")
    for old in path.parent.iterdir():
        found = ours.fullmatch(old.name)
        if found and not _alive(int(found[1])):
            with contextlib.suppress(OSError):
                shutil.rmtree(old) if old.is_dir() else old.unlink()


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's; or no number of a process at all
        return True
    return True
