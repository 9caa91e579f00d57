"""Mistakes of a scenario file in words: path, what was given, what is allowed."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from toylab.base.errors import cut, unknown

Keys = tuple[str | int, ...]
# Mistakes of a file that are told at once, and those that are looked at: explaining each of a foreign
# file's hundred thousand keys takes a minute.
MOST_TOLD, MOST_FOUND = 8, 100


def listed(where: str, lines: Iterable[str]) -> str:
    """The first mistakes of a file, and whether there are more; each after where it stands.

    A mistake may be reported twice, by a union's branches: it is told once.
    """
    told = [f"{where}: {line}" for line in dict.fromkeys(lines)]
    more = [f"{where}: and further mistakes; mend these first."] * (len(told) > MOST_TOLD)
    return "\n".join(told[:MOST_TOLD] + more)


def explain(error: Any, schema: dict[str, Any]) -> str:
    """One mistake in one to three lines: its path, what was given, what is allowed."""
    keys, node = _walked(error, schema)
    path = dotted(keys)
    if error["type"] == "extra_forbidden":
        key = error["loc"][-1]
        above = dotted(keys[:-1])
        return unknown(f"{above}: key" if above else "key", key, node.get("properties", {}))
    node = _bare(schema, node)
    given = error["input"]
    if error["type"] == "literal_error":
        return unknown(path, given, node.get("enum", [node.get("const")]))
    if error["type"] == "union_tag_invalid":
        return unknown(path, error["ctx"]["tag"], node["discriminator"]["mapping"])
    if error["type"] == "union_tag_not_found":
        known = ", ".join(sorted(node["discriminator"]["mapping"]))
        return f"{path}.kind is missing.\n  Known: {known}."
    if error["type"] == "missing":
        where = "every scenario" if len(keys) == 1 else dotted(keys[:-1])
        return f"{path} is missing; {where} needs it."
    if error["type"] in ("row", "still"):
        return f"{path}: {error['msg']}".removeprefix(": ")
    message = error["msg"].replace("Input should be", "must be").replace("Tuple", "List")
    message = message.replace("valid tuple", "list").replace("valid dictionary", "table")
    return f"{path or 'scenario'}: {message[0].lower()}{message[1:]}, got {cut(repr(given))}."


def place(error: Any, schema: dict[str, Any]) -> str:
    """Path of the setting in which a mistake is; empty if it is in several together."""
    return dotted(_walked(error, schema)[0])


def concerns(change: str, path: str) -> bool:
    """Whether a change such as "game.update=unrolled" lies at a path, above it or below it."""
    mine, theirs = (re.split(r"[.\[]", of) for of in (change.partition("=")[0].strip(), path))
    shorter = min(len(mine), len(theirs))
    return mine[:shorter] == theirs[:shorter]


def dotted(keys: Keys) -> str:
    """A path as people write it: game.penalties[0].weight."""
    parts = (f"[{key}]" if isinstance(key, int) else f".{key}" for key in keys)
    return "".join(parts).removeprefix(".")


def _walked(error: Any, schema: dict[str, Any]) -> tuple[Keys, dict[str, Any]]:
    """The keys that lead to a mistake, and the schema there; of an unknown key its table's."""
    keys: list[str | int] = []
    node = schema
    for i, part in enumerate(error["loc"], 1):
        node = _bare(schema, node)
        branches = node.get("discriminator", {}).get("mapping", {})
        if part in branches:
            node = {"$ref": branches[part]}
            continue  # the name of a union's branch, not a key
        keys.append(part)
        if error["type"] == "extra_forbidden" and i == len(error["loc"]):
            break
        inner = node.get("properties", {}).get(part, {})
        node = node.get("items", {}) if isinstance(part, int) else inner
    return tuple(keys), node


# What stands in for a table or line that is wrong itself, while the rest is looked at.
_STAND_INS = {"title": "-", "lesson": "-", "target": {"kind": "ring"}}


def without(settings: Mapping[str, Any], errors: Sequence[Any], schema: dict[str, Any]) -> Any:
    """The settings with what is wrong taken out, so that the rules can judge the rest.

    An entry of a list goes as a whole.

    Args:
        settings: As they were given.
        errors: As pydantic lists them.
        schema: Of a scenario file.
    """
    paths = (_walked(error, schema)[0] for error in errors)
    cut = {
        next((keys[: i + 1] for i, key in enumerate(keys) if isinstance(key, int)), keys)
        for keys in paths
    }
    left = _pruned(settings, cut)
    return {**{key: left.get(key, stand_in) for key, stand_in in _STAND_INS.items()}, **left}


def _pruned(value: Any, cut: Container[Keys], at: Keys = ()) -> Any:
    """Plain data without what lies at some paths."""
    if isinstance(value, Mapping):
        own = {key: (*at, key) for key in value}
        return {key: _pruned(value[key], cut, own[key]) for key in value if own[key] not in cut}
    if isinstance(value, list | tuple):
        entries = [(inner, (*at, i)) for i, inner in enumerate(value)]
        return [_pruned(inner, cut, place) for inner, place in entries if place not in cut]
    return value


def _bare(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The schema behind references and behind "or nothing"."""
    while True:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif "anyOf" in node:
            node = node["anyOf"][0]
        else:
            return node
