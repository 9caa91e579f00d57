"""Writing files so that a killed process leaves the old file, the new one, or none."""

from __future__ import annotations

import contextlib
import errno
import os
import platform
import re
import secrets
import shutil
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from toylab.base import locks
from toylab.base.errors import ToylabError
from toylab.base.foreign import at_home


@contextlib.contextmanager
def whole(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path` and move it there once the block ends well.

    Raises:
        ToylabError: If the folder cannot be made or written, or the disk is full.
    """
    with naming(path), _writer(to := _clear(path)) as name:
        part = _part(to, name)
        try:
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
    with naming(f"{path}/"), _writer(to := _clear_folder(path, ours, held)) as name:
        part, old = _part(to, name), _part(to, name, "old.part")
        try:
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


@contextlib.contextmanager
def alone(outputs: Sequence[str | Path]) -> Iterator[None]:
    """Keep other commands from these outputs, files or folders, until the block ends.

    Rows of two sweeps would stand in one table, and a deck's text beside another's films.

    Raises:
        ToylabError: If another command writes one of them, or its folder cannot be written.
    """
    places = {_real(output): output for output in outputs}
    with contextlib.ExitStack() as stack:
        # In one order for all, so that of two commands one gets everything.
        for place, output in sorted(places.items()):
            stack.enter_context(_alone(Path(place), output))
        yield


@contextlib.contextmanager
def _alone(to: Path, output: str | Path) -> Iterator[None]:
    with naming(output):
        if not str(output).endswith("/"):
            _clear(output)
        missing = [folder for folder in to.parents if not folder.exists()]
        _make(to.parent)
        lock = locks.take(to.with_name(f".{to.name}.lock"))
    if lock is None:
        raise ToylabError(
            f"{output} is being written by another toylab command. Wait until it ends, or give another "
            "name."
        )
    try:
        yield
    finally:
        lock.release()
        with contextlib.suppress(OSError):  # something was written
            for folder in missing:
                folder.rmdir()


def expect_file(path: str | Path) -> None:
    """Check that a file can be written, before anything is done for it; what stands there is left alone.

    Raises:
        ToylabError: If it names no file, a folder or a device stands there, or its folder takes no files.
    """
    with naming(path):
        _expect_room(_clear(path))


def expect_folder(path: Path, ours: Callable[[Path], bool], held: str) -> None:
    """Check that a folder can be written, as `expect_file` does; arguments as `whole_folder`.

    Raises:
        ToylabError: If something else stands there, or the folder above takes no files.
    """
    with naming(f"{path}/"):
        _expect_room(_clear_folder(path, ours, held))


def expect_apart(outputs: Sequence[str | Path], inputs: Sequence[str | Path] = ()) -> None:
    """Check that no output is named twice, lies in another's folder, or replaces what it is made of.

    Raises:
        ToylabError: With the first that does.
    """
    read = {_real(path) for path in inputs}
    places: dict[str, str | Path] = {}
    for output in outputs:
        place = _real(output)
        if place in places:
            raise ToylabError(f"-o names {output} twice. Name each file once.")
        if place in read:
            raise ToylabError(
                f"-o {output} would replace what the data are read from. Give another name."
            )
        places[place] = output
    folders = [place for place, output in places.items() if str(output).endswith("/")]
    for place, output in places.items():
        if any(place.startswith(folder + os.sep) for folder in folders):
            raise ToylabError(f"-o {output} lies in a folder that another -o fills. Move one.")


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
    to = _led(path)
    _fits(to)
    if to.exists() and not to.is_file():
        # A pipe or a device would be gone, and whoever reads it would wait for ever.
        what = "a folder" if to.is_dir() else "no file"
        raise ToylabError(f"Cannot write {path}: it is {what}. Give the name of a file.")
    return to


def _clear_folder(path: Path, ours: Callable[[Path], bool], held: str) -> Path:
    """Where a folder goes, links followed, with nothing of others' in its way."""
    to = _led(path)
    _fits(to)
    if to.exists() and not (to.is_dir() and ours(to)):
        raise ToylabError(
            f"Cannot write {path}/: it holds other things than {held}. Give another name."
        )
    return to


def _fits(to: Path) -> None:
    """Raise where the name of the longest part would be too long."""
    _part(to, _LONGEST, "scratch.part").exists()


def _expect_room(to: Path) -> None:
    """Try whether a file can be made where `to` will be: only the system knows. It leaves no trace."""
    above = next(folder for folder in to.absolute().parents if folder.exists())
    tempfile.TemporaryFile(dir=above).close()


def _real(path: str | Path) -> str:
    """Where a path leads in the end, from the user's home and along every link."""
    return os.path.realpath(at_home(path))


def _led(path: str | Path) -> Path:
    """Where a path leads, from the user's home and along a link: that stays, what it names is replaced."""
    place = at_home(path)
    return Path(os.path.realpath(place)) if os.path.islink(place) else place


def _make(folder: Path) -> None:
    """Make a folder and those above it."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except RecursionError:  # thousands of folders, one in another
        raise OSError(errno.ENAMETOOLONG, os.strerror(errno.ENAMETOOLONG)) from None


# This machine in the names of parts, eight digits: another's locks may not be seen from here.
_HERE = f"{zlib.crc32(platform.node().encode()):08x}"
# As long as any writer's name.
_LONGEST = "0" * 20
# Seconds after which a part is nobody's, where no lock can tell.
_DAY = 86_400


def _part(path: Path, writer: str, kind: str = "part") -> Path:
    """Where a file is written before it is moved to its place.

    In the same folder, so that the move is atomic; with the writer's own name, so that no two write one
    file, on however many machines; hidden, so that a watcher of *.gif never sees it. The whole name stays
    last, since some encoders choose the format by its ending, and since other files' parts are then never
    taken for its own.

    Raises:
        ToylabError: If the path has no name, as "/" and "." have none.
    """
    if not path.name:
        raise ToylabError(f'Cannot write "{path}": it names no file. Give a name.')
    return path.with_name(f".{writer}.{kind}.{path.name}")


@contextlib.contextmanager
def _writer(to: Path) -> Iterator[str]:
    """Give a name for parts that nobody else has. A lock beside them tells others that they are in use."""
    _make(to.parent)
    _sweep(to)
    name = _HERE + secrets.token_hex(6)
    while (lock := locks.take(_part(to, name, "lock.part"))) is None:
        name = _HERE + secrets.token_hex(6)  # somebody's sweep came upon it in its first moment
    try:
        yield name
    finally:
        lock.release()


def _sweep(path: Path) -> None:
    """Remove parts of this file whose writers are gone."""
    ours = re.compile(rf"\.([0-9a-f]{{20}})\.(?:\w+\.)?part\.{re.escape(path.name)}")
    left: dict[str, list[Path]] = {}
    for entry in path.parent.iterdir():
        if found := ours.fullmatch(entry.name):
            left.setdefault(found[1], []).append(entry)
    for writer, parts in left.items():
        if _gone(_part(path, writer, "lock.part"), parts, writer.startswith(_HERE)):
            for part in parts:
                with contextlib.suppress(OSError):
                    shutil.rmtree(part) if part.is_dir() else part.unlink()


def _gone(lock: Path, parts: Sequence[Path], here: bool) -> bool:
    """Whether a writer has ended: its lock is free. Of another machine's only its parts' age tells."""
    with contextlib.suppress(OSError):
        if here:
            try:
                taken = locks.take(lock, make=False)
            except FileNotFoundError:
                return True
            if taken is None:
                return False
            # Where the disk knows no locks, its writer may yet come back to it.
            taken.release(keep=not taken.sure)
            if taken.sure:
                return True
        return all(time.time() - part.lstat().st_mtime > _DAY for part in parts)
    return False
