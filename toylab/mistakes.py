"""Mistakes of a scenario file in words: path, what was given, what is allowed."""

from __future__ import annotations

from typing import Any

from toylab.errors import unknown


def explain(error: Any, schema: dict[str, Any]) -> str:
    """One mistake in one to three lines: its path, what was given, what is allowed."""
    path, node = "", schema
    for part in error["loc"]:
        node = _bare(schema, node)
        branches = node.get("discriminator", {}).get("mapping", {})
        if part in branches:
            node = {"$ref": branches[part]}
            continue  # the name of a union's branch, not a key
        if error["type"] == "extra_forbidden" and part == error["loc"][-1]:
            known = node.get("properties", {})
            return unknown(f"{path}: key" if path else "key", part, known)
        node = (
            node.get("items", {})
            if isinstance(part, int)
            else node.get("properties", {}).get(part, {})
        )
        path = f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}".lstrip(".")
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
        return f"{path} is missing; every scenario needs it."
    if error["type"] in ("row", "still", "memory"):
        return f"{path}: {error['msg']}".removeprefix(": ")
    message = error["msg"].replace("Input should be", "must be").replace("Tuple", "List")
    message = message.replace("valid tuple", "list").replace("valid dictionary", "table")
    shown = repr(given) if len(repr(given)) <= 60 else repr(given)[:57] + "..."
    return f"{path or 'scenario'}: {message[0].lower()}{message[1:]}, got {shown}."


def _bare(schema: dict[str, Any], node: dict[str, Any]) -> dict[str, Any]:
    """The schema behind references and behind "or nothing"."""
    while True:
        if "$ref" in node:
            node = schema["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif "anyOf" in node:
            node = node["anyOf"][0]
        else:
            return node
