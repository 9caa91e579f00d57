"""Scenario files: where they are, and what stands in them once `extends` is followed.

Plain data only; nothing is checked here but the way from file to file. Imports nothing heavy, so that
`toylab list` answers at once.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePath
from typing import Any

from toylab.base import toml
from toylab.base.counted import Counted
from toylab.base.errors import ToylabError, unknown
from toylab.base.foreign import decoded, folder_there, lookalike, read_from, there
from toylab.base.settings import OWN_KEYS

# A scenario is some 40 lines; a megabyte of TOML is a mistake.
_MOST_BYTES = 1_000_000


def folder() -> Path:
    """Folder of the scenarios: inside an installed package, or beside it in a checkout.

    Raises:
        ToylabError: If neither exists.
    """
    here = Path(__file__).parent
    for candidate in (here / "scenarios", here.parent / "scenarios"):
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
        if there(path):
            return path
        what = "a folder" if folder_there(path) else f"no such {kind} file"
        raise ToylabError(
            f"{path}: {what}. Expected a TOML file or a {kind}'s name.{lookalike(path)}"
        )
    own = [] if beside is None else [here / f"{name}.toml"]
    for path in [*own, folder() / SHELVES[kind] / f"{name}.toml"]:
        if name and there(path):
            return path
    if beside is None and name and there(Path(f"{name}.toml")):
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
    try:
        if len(data) > _MOST_BYTES:
            raise ToylabError(f"{path}: larger than 1 MB. A scenario is some 40 lines of TOML.")
        return toml.read(decoded(data))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise ToylabError(
            f"{path}: not a text file in UTF-8, see line {line}. Expected a scenario in TOML; if it is "
            "one, save it as UTF-8."
        ) from error
    except ToylabError:
        raise
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


def merged(base: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, Any]:
    """Lay a change over a base, table by table.

    A list replaces a list, and a table whose `kind` changes replaces the table: another kind has other
    keys.
    """
    result = dict(base)
    for key, new in change.items():
        old = result.get(key)
        if isinstance(old, dict) and isinstance(new, dict) and _same_kind(old, new):
            result[key] = merged(old, new)
        else:
            result[key] = new
    return result


def _same_kind(old: Mapping[str, Any], new: Mapping[str, Any]) -> bool:
    return new.get("kind", old.get("kind")) == old.get("kind")


def anchored(data: dict[str, Any], folder: Path) -> dict[str, Any]:
    """Files are named from the folder of the scenario that names them, wherever toylab runs.

    Those are a target's file, and a neighbour that a claim compares with. A file that is not there may be
    one that comes with toylab.
    """
    target, claims = data.get("target"), data.get("claims")
    if isinstance(target, dict) and isinstance(target.get("file"), str):
        data = {**data, "target": {**target, "file": _place(target["file"], folder)}}
    if isinstance(claims, list):
        data = {**data, "claims": [_with_neighbour(claim, folder) for claim in claims]}
    return data


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


def handed_on(data: Mapping[str, Any], folders: Sequence[Path]) -> dict[str, Any]:
    """Settings for others to read, the way back from `anchored`: no folder of the author's stands in them.

    Args:
        data: Settings of a scenario.
        folders: From which its files may be named: first the scenario's own.
    """
    result, target, claims = dict(data), data.get("target"), data.get("claims")
    if isinstance(target, Mapping) and "file" in target:
        result["target"] = {**target, "file": _handed(target["file"], folders)}
    if claims:
        result["claims"] = [
            {**claim, "against": _handed(claim["against"], folders)}
            if claim.get("against")
            else claim
            for claim in claims
        ]
    return result


def _handed(place: str, folders: Sequence[Path]) -> str:
    """A file's place from the folder from which it was named; its bare name if it was named from none."""
    if not os.path.isabs(place):
        return place
    for start in (*folders, folder()):
        # Compared as written first: "../points.csv" was named from here, though it lies elsewhere.
        if any(_below(at(place), at(str(start))) for at in (str, os.path.normpath)):
            return PurePath(os.path.relpath(place, start)).as_posix()
    return PurePath(place).name


def _below(place: str, start: str) -> bool:
    return PurePath(place).is_relative_to(start)


def _with_neighbour(claim: Any, beside: Path) -> Any:
    name = claim.get("against") if isinstance(claim, dict) else None
    # The scenarios that come with toylab are known by their names.
    if not isinstance(name, str) or not name or beside.absolute() == folder():
        return claim
    path = read_from(name if name.lower().endswith(".toml") else f"{name}.toml", beside)
    return {**claim, "against": str(path.absolute())} if there(path) else claim


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


# game.penalties[0].weight: a key, or a place in a list.
_STEP = re.compile(r"(?:^|\.)([^.\[\]]+)|\[(\d+)\]")


def changed(settings: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Lay changes such as "game.penalties[0].weight=0.5" over settings; the value is TOML or bare text.

    Raises:
        ToylabError: If a change is not a path and a value, or leads nowhere.
    """
    result = dict(settings)
    for change in changes:
        path, equals, text = (part.strip() for part in change.partition("="))
        steps = _STEP.findall(path)
        if not equals or not steps or "".join(_spelt(*s) for s in steps) != f".{path}":
            raise ToylabError(
                f'--set "{change}" is not a change. Expected a path and a value: '
                "game.generator_steps=1"
            )
        if len(steps) > toml.DEEPEST or any(len(place) > 6 for _, place in steps):
            raise ToylabError(f'--set "{change}" leads deeper, or further, than any setting is.')
        keys = [int(place) if place else key for key, place in steps]
        if keys[0] == "extends":
            raise ToylabError(
                f'--set "{change}": a base is chosen in the file. Name the other scenario itself.'
            )
        value = _laid(result, keys, _from_here(keys, _value(text)), f'--set "{change}"')
        result = merged(result, {str(keys[0]): value})
    return result


def _spelt(key: str, place: str) -> str:
    return f"[{place}]" if place else f".{key}"


def _value(text: str) -> Any:
    try:
        return toml.read(f"value = {text}")["value"]
    except ValueError:
        return text


def _from_here(keys: Sequence[str | int], value: Any) -> Any:
    """A value that was typed, its files named from where one stands; what lies beside it stays as it is."""
    around: Any = value
    for key in reversed(keys):
        around = [around] if isinstance(key, int) else {key: around}
    around = anchored(around, Path())
    for key in keys:
        around = around[0 if isinstance(key, int) else key]
    return around


def _laid(settings: Any, keys: Sequence[str | int], value: Any, where: str) -> Any:
    """What the first of the keys then holds, for `merged`: lists whole, tables only what is new."""
    key, rest = keys[0], keys[1:]
    old = settings.get(key) if isinstance(settings, Mapping) else None
    if not rest:
        return value
    if isinstance(rest[0], int):
        return _listed(old, rest, value, where, str(key))
    return {rest[0]: _laid(old, rest, value, where)}


def _listed(old: Any, places: Sequence[str | int], value: Any, where: str, name: str) -> list[Any]:
    """A list, which may hold lists, with one of its entries changed."""
    place, rest = int(places[0]), places[1:]
    if not isinstance(old, list) or place >= len(old):
        n = len(old) if isinstance(old, list) else 0
        raise ToylabError(f"{where}: {name} has {Counted(n):entry|entries}, and none at [{place}].")
    entry, new = old[place], value
    if rest and isinstance(rest[0], int):
        new = _listed(entry, rest, value, where, f"{name}[{place}]")
    elif rest:
        patch = {str(rest[0]): _laid(entry, rest, value, where)}
        new = merged(entry, patch) if isinstance(entry, dict) else patch
    return [*old[:place], new, *old[place + 1 :]]
