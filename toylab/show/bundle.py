"""Many modules of script as one: a page is one file, and a browser opens no others from a disk.

Modules keep to a plain form, so that to join them takes no parser: an import is one line that names what it
takes, `export` stands only before a declaration at the beginning of a line, and no two modules declare one
name at their top.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

_IMPORT = re.compile(r'^import \{ ([^}]*) \} from "(\.[^"]*)";\n', re.MULTILINE)
_EXPORT = re.compile(r"^export (?=(?:async )?(?:function\*?|class|const|let) (\w+))", re.MULTILINE)
_DECLARED = re.compile(
    r"^(?:export )?(?:async )?(?:function\*?|class|const|let) (\w+)", re.MULTILINE
)
# Where scripts of this room stand.
SCRIPTS = Path(__file__).parent


def bundled(entries: Iterable[Path], known: Iterable[Path] = ()) -> str:
    """Join modules with all that they import, what is imported first.

    Args:
        entries: Files of modules.
        known: Files that stand in the page already, with what they import: they are left out.

    Returns:
        Script without imports and exports.

    Raises:
        ValueError: If modules import one another in a circle, or two declare one name.
    """
    left_out = {*_order(known)}
    files = [path for path in _order(entries) if path not in left_out]
    seen: dict[str, Path] = {}
    for path in files:
        for name in _DECLARED.findall(_text(path)):
            if name in seen:
                raise ValueError(f"{path} and {seen[name]} both declare {name}.")
            seen[name] = path
    return "\n".join(_EXPORT.sub("", _IMPORT.sub("", _text(path))) for path in files)


def as_engine(entries: Iterable[Path], name: str) -> str:
    """Join modules into one constant of a plain script, which a worker can be made of as well.

    Args:
        entries: Files of modules.
        name: Of the constant, whose fields are all that they export.
    """
    entries = list(entries)
    every = ", ".join(sorted(name for path in _order(entries) for name in exports(path)))
    return f'const {name} = (() => {{\n"use strict";\n{bundled(entries)}\nreturn {{ {every} }};\n}})();\n'


def taken_from(entries: Iterable[Path], known: Iterable[Path], name: str) -> str:
    """Join modules that take what others declared from the constant of `as_engine`.

    Args:
        entries: Files of modules.
        known: Files of those that the constant holds, with what they import.
        name: Of the constant.
    """
    there = {*_order(known)}
    wanted = {
        one.strip()
        for path in _order(entries)
        if path not in there
        for names, _ in _imports(path)
        for one in names.split(",")
        if one.strip() in {n for k in there for n in exports(k)}
    }
    head = f"const {{ {', '.join(sorted(wanted))} }} = {name};\n" if wanted else ""
    return head + bundled(entries, known)


def exports(path: Path) -> list[str]:
    """The names that a module exports, in order."""
    return _EXPORT.findall(_text(path))


def _order(entries: Iterable[Path]) -> list[Path]:
    graph: dict[Path, list[Path]] = {}
    open_ = [path.resolve() for path in entries]
    while open_:
        path = open_.pop()
        if path not in graph:
            graph[path] = [(path.parent / where).resolve() for _, where in _imports(path)]
            open_ += graph[path]
    return list(TopologicalSorter(graph).static_order())


def _imports(path: Path) -> list[tuple[str, str]]:
    return _IMPORT.findall(_text(path))


@cache
def _text(path: Path) -> str:
    text = path.read_text(encoding="utf-8")
    return text if text.endswith("\n") else text + "\n"
