"""Scenario files: where they are, and what stands in them once `extends` is followed.

Plain data only; nothing is checked here but the way from file to file. Imports nothing heavy, so that
`toylab list` answers at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toylab.errors import ToylabError, unknown

# A scenario is some 40 lines; a megabyte of TOML is a mistake.
_MOST_BYTES = 1_000_000
# What a file says about itself and does not hand down: a fix claims other things than its failure.
OWN_KEYS = ("title", "title_zh", "lesson", "lesson_zh", "source", "claims")


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


def names() -> list[str]:
    """Names of all scenarios, sorted."""
    return sorted(path.stem for path in folder().glob("*.toml"))


def find(name: str, beside: Path | None = None) -> Path:
    """Find a scenario by its name or by a path to a TOML file.

    Args:
        name: A name from `names()`, or a path.
        beside: File whose neighbours may be named too, for `extends`.

    Raises:
        ToylabError: If there is no such scenario.
    """
    if name.endswith(".toml") or "/" in name or "\\" in name:
        path = Path(name) if beside is None else beside.parent / name
        if _is_file(path):
            return path
        raise ToylabError(
            f"{path}: no such scenario file. Expected a TOML file or a scenario's name."
        )
    own = [] if beside is None else [beside.parent / f"{name}.toml"]
    for path in [*own, folder() / f"{name}.toml"]:
        if name and _is_file(path):
            return path
    raise ToylabError(unknown("Scenario", name, names()))


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name too long for a file system, or with a zero in it
        return False


def parse(path: Path) -> dict[str, Any]:
    """Read one TOML file.

    Raises:
        ToylabError: If it cannot be read, is too large, or is not TOML in UTF-8.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_BYTES + 1)
        if len(data) > _MOST_BYTES:
            raise ToylabError(f"{path}: larger than 1 MB. A scenario is some 40 lines of TOML.")
        return tomllib.loads(data.decode("utf-8"))
    except OSError as error:
        raise ToylabError(f"{path}: cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise ToylabError(
            f"{path}: not a text file in UTF-8. Expected a scenario in TOML."
        ) from error
    except tomllib.TOMLDecodeError as error:
        raise ToylabError(f"{path}: not TOML: {error}.") from error
    except RecursionError as error:
        raise ToylabError(f"{path}: nested too deeply for a scenario.") from error


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
    """A target's file is named from the folder of the scenario that names it, wherever toylab runs."""
    target = data.get("target")
    if not isinstance(target, dict) or not isinstance(target.get("file"), str):
        return data
    return {**data, "target": {**target, "file": str((folder / target["file"]).absolute())}}


def resolve(path: Path) -> dict[str, Any]:
    """All settings of a scenario file, with what it extends laid beneath it."""
    settings: dict[str, Any] = {}
    for link, data in chain(path):
        data = anchored(data, link.parent)
        inherited = {key: value for key, value in settings.items() if key not in OWN_KEYS}
        settings = merged(inherited, {key: v for key, v in data.items() if key != "extends"})
    return settings
