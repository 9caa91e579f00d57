"""Scenario files: where they are, and what stands in them once `extends` is followed.

Plain data only; nothing is checked here but the way from file to file. Imports nothing heavy, so that
`toylab list` answers at once.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path, PurePath
from typing import Any

from toylab.base import toml
from toylab.base.errors import ToylabError, unknown
from toylab.base.foreign import decoded, lookalike, read_from
from toylab.base.settings import OWN_KEYS, merged

# A scenario is some 40 lines; a megabyte of TOML is a mistake.
_MOST_BYTES = 1_000_000


def folder() -> Path:
    """Folder of the scenarios: inside an installed package, or beside it in a checkout.

    Raises:
        ToylabError: If neither exists.
    """
    home = Path(__file__).parents[1]
    for candidate in (home / "scenarios", home.parent / "scenarios"):
        if candidate.is_dir():
            return candidate
    raise ToylabError("The scenarios are missing from this installation. Install toylab again.")


# Where files of a kind lie below the folder of the scenarios.
SHELVES = {"scenario": "", "lecture": "lectures"}


def names(kind: str = "scenario") -> list[str]:
    """Names of all scenarios, or of all files of another kind, sorted."""
    shelf = folder() / SHELVES[kind]
    # macOS puts a hidden ._x.toml beside x.toml on disks of other systems.
    return sorted(path.stem for path in shelf.glob("*.toml") if not path.name.startswith("."))


def find(name: str, beside: Path | None = None, kind: str = "scenario") -> Path:
    """Find a scenario by its name or by a path to a TOML file.

    Args:
        name: A name from `names()`, or a path.
        beside: File whose neighbours may be named too, for `extends`.
        kind: Key of `SHELVES`.

    Raises:
        ToylabError: If there is no such scenario.
    """
    here = Path() if beside is None else beside.parent
    if name.lower().endswith(".toml") or "/" in name or "\\" in name:
        path = read_from(name, here)
        if os.path.isfile(path):
            return path
        what = "a folder" if os.path.isdir(path) else f"no such {kind} file"
        raise ToylabError(
            f"{path}: {what}. Expected a TOML file or a {kind}'s name.{lookalike(path)}"
        )
    own = [] if beside is None else [here / f"{name}.toml"]
    for path in [*own, folder() / SHELVES[kind] / f"{name}.toml"]:
        if name and os.path.isfile(path):
            return path
    if beside is None and name and os.path.isfile(f"{name}.toml"):
        raise ToylabError(
            f'{kind.capitalize()} "{name}" is unknown, but {name}.toml lies here: name a file with its '
            "ending."
        )
    alike = name and lookalike(here / f"{name}.toml")
    raise ToylabError(unknown(kind.capitalize(), name, names(kind)) + (alike and f"\n {alike}"))


def parse(path: Path) -> dict[str, Any]:
    """Read one TOML file.

    Raises:
        ToylabError: If it cannot be read, is too large, or is not TOML in UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ToylabError(f"{path}: cannot be read: {error.strerror or error}.") from error
    if len(data) > _MOST_BYTES:
        raise ToylabError(f"{path}: larger than 1 MB. A scenario is some 40 lines of TOML.")
    try:
        return toml.read(decoded(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ToylabError(
            f"{path}: not a text file in UTF-8, see line {line}. Expected a scenario in TOML; if it is "
            "one, save it as UTF-8."
        ) from error
    except ValueError as error:
        raise ToylabError(f"{path}: not TOML of a scenario: {error}.") from error


def chain(path: Path) -> list[tuple[Path, dict[str, Any]]]:
    """The file and the files it extends, from the base to the file itself.

    Raises:
        ToylabError: If a file is missing or the chain bites its tail.
    """
    links: list[tuple[Path, dict[str, Any]]] = []
    seen: list[Path] = []
    while True:
        seen.append(path.resolve())
        data = parse(path)
        links.append((path, data))
        base = data.get("extends")
        if base is None:
            return links[::-1]
        if not isinstance(base, str):
            raise ToylabError(f"{path}: extends must be a scenario's name, got {base!r}.")
        try:
            path = find(base, beside=path)
        except ToylabError as error:
            raise ToylabError(f"{path}: extends: {error}") from None
        if path.resolve() in seen:
            loop = " -> ".join(p.stem for p in [*seen, path])
            raise ToylabError(f"{links[0][0]}: extends runs in a loop: {loop}. Cut one link.")


def anchored(data: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """Files are named from the folder of the scenario that names them, wherever toylab runs.

    Those are a target's file, the partner, and a neighbour that a claim compares with. A file that is not
    there may be one that comes with toylab.
    """
    return _renamed(data, partial(_place, beside=folder), partial(_neighbour, beside=folder))


def handed_on(data: Mapping[str, Any], folders: Sequence[Path]) -> dict[str, Any]:
    """Settings for others to read, the way back from `anchored`: no folder of the author's stands in them.

    Args:
        data: Settings of a scenario.
        folders: From which its files may be named: first the scenario's own.
    """
    handed = partial(_handed, folders=folders)
    return _renamed(data, handed, handed)


def _renamed(
    data: Mapping[str, Any], file: Callable[[str], str], rival: Callable[[str], str]
) -> dict[str, Any]:
    """Settings, as far as they are such, with other names of the target's file, the partner, and rivals."""

    def table(value: Any, key: str, name: Callable[[str], str]) -> Any:
        named = isinstance(value, Mapping) and isinstance(value.get(key), str)
        return {**value, key: name(value[key])} if named else value

    result = table(data, "partner", rival)
    if "target" in data:
        result["target"] = table(data["target"], "file", file)
    if isinstance(data.get("claims"), list):
        result["claims"] = [table(claim, "against", rival) for claim in data["claims"]]
    return result


def _named(file: str) -> str:
    r"""A file's name, unless it is what TOML makes of a path of Windows: "data\new.csv" has a new line."""
    if not any(c in file for c in "\b\t\n\f\r"):
        return file
    raise ToylabError(f"target.file {json.dumps(file)}: {toml.BACKSLASH}.")


def _place(file: str, beside: Path) -> str:
    own = read_from(_named(file), beside)
    # So that what was handed on by one of toylab's scenarios, or by one that extends it, runs again.
    shipped = folder() / file
    only = not os.path.exists(own) and os.path.isfile(shipped)
    return str((shipped if only else own).absolute())


def _handed(place: str, folders: Sequence[Path]) -> str:
    """A file's place from the folder from which it was named; its bare name if it was named from none."""
    if not os.path.isabs(place):
        return place
    for start in (*folders, folder()):
        # Compared as written first: "../points.csv" was named from here, though it lies elsewhere.
        if any(PurePath(at(place)).is_relative_to(at(start)) for at in (str, os.path.normpath)):
            return PurePath(os.path.relpath(place, start)).as_posix()
    return PurePath(place).name


def _neighbour(name: str, beside: Path) -> str:
    # The scenarios that come with toylab are known by their names.
    if not name or beside.absolute() == folder():
        return name
    path = read_from(name if name.lower().endswith(".toml") else f"{name}.toml", beside)
    return str(path.absolute()) if os.path.isfile(path) else name


def resolve(path: Path) -> dict[str, Any]:
    """All settings of a scenario file, with what it extends laid beneath it.

    Raises:
        ToylabError: If one of the files cannot be read, or names a file as none can be named.
    """
    settings: dict[str, Any] = {}
    for link, data in chain(path):
        try:
            data = anchored(data, link.parent)
        except ToylabError as error:
            raise ToylabError(f"{link}: {error}") from None
        inherited = {key: value for key, value in settings.items() if key not in OWN_KEYS}
        settings = merged(inherited, {key: v for key, v in data.items() if key != "extends"})
    return settings
