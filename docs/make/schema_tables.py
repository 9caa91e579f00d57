"""Every key of a scenario file, as tables in Markdown, read from the published JSON schema."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

# The guide's page is written by hand above this line, and by `page` from it on.
MARK = "<!-- From here on written by `make docs`. -->\n"

Node = Mapping[str, Any]
# A list of names longer than this is the reference's, under this heading.
_MOST_NAMES = 6
_ELSEWHERE = {"metric": "metrics", "activation": "activations"}
# Tables of a scenario that the top level only mentions.
_SECTIONS = {
    "target": "Targets: what there is to learn",
    "generator": "The generator",
    "discriminator": "The discriminator",
    "game": "The game",
    "optimizer": "Optimisers",
    "training": "Training",
    "recording": "Recording",
    "film": "The film",
    "claims": "Claims",
    "changes": "Changes on the way",
}


def page(schema: Node) -> str:
    """The tables, from `MARK` on.

    Args:
        schema: As `docs.make.reference.described_schema` makes it.
    """
    top = schema["properties"]
    first = [key for key in top if key not in _SECTIONS]
    lines = [
        *(MARK.rstrip(), "", "## Every key", ""),
        "A key that is left out has its default; `needed` has none. A table that takes a row of "
        "[the reference](../reference.md) has a `kind`, and beside it the keys of that kind; without one a "
        "network is `mlp`. Where all of these have defaults, the name alone will do: "
        '`objective = "hinge"`.',
        *("", "### At the top of the file", ""),
        *_table((key, top[key], key in schema["required"]) for key in first),
    ]
    for key, title in _SECTIONS.items():
        lines += ["", f"### {title}", ""]
        lines += _section(schema, key, top[key])
    return "\n".join(lines) + "\n"


def _section(schema: Node, path: str, node: Node) -> list[str]:
    """One table of a scenario, with those inside it: what it is, an empty line, its keys."""
    what, node = node.get("description", ""), _followed(schema, node)
    if _has_kinds(schema, node):
        return [f"`[{path}]` {what}", "", *_kinds(schema, node)]
    items = _items(schema, node)
    if items and _has_kinds(schema, items):
        return [f"`[[{path}]]` {what}", "", *_kinds(schema, items)]
    if items:
        return [f"`[[{path}]]` {what} {items['description']}", "", *_plain(schema, path, items)]
    return [f"`[{path}]` {what or node['description']}", "", *_plain(schema, path, node)]


def _plain(schema: Node, path: str, node: Node) -> list[str]:
    """A table without kinds; what has kinds inside it follows."""
    keys = {key: _followed(schema, inner) for key, inner in node["properties"].items()}
    needed = node.get("required", ())
    simple = [key for key, inner in keys.items() if not _nested(schema, inner)]
    lines = _table((key, keys[key], key in needed) for key in simple) if simple else []
    seen: dict[str, list[str]] = {}
    for key in (key for key in keys if key not in simple):
        inner = _section(schema, f"{path}.{key}", node["properties"][key])
        # Both players' optimisers have the same keys: they are told once.
        seen.setdefault("\n".join(inner[1:]), []).append(inner[0])
    for body, heads in seen.items():
        lines += ["", *("  \n".join(heads)).split("\n"), *body.split("\n")]
    return lines[1:] if lines and not lines[0] else lines


def _nested(schema: Node, node: Node) -> bool:
    """Whether a key is a table with kinds, or a list of tables."""
    return _has_kinds(schema, node) or bool(_items(schema, node))


def _items(schema: Node, node: Node) -> Node:
    """The table that a list is made of; empty if it is no list of tables."""
    for one in node.get("anyOf", [node]):
        inner = _followed(schema, one.get("items", {}))
        if "properties" in inner or _has_kinds(schema, inner):
            return inner
        # Of a table and its short form.
        tables = [_followed(schema, part) for part in inner.get("anyOf", ())]
        if any("properties" in table for table in tables):
            return next(table for table in tables if "properties" in table)
    return {}


def _has_kinds(schema: Node, node: Node) -> bool:
    rows = [_followed(schema, one) for one in node.get("anyOf", ())]
    return any("kind" in row.get("properties", {}) for row in rows)


def _kinds(schema: Node, union: Node) -> list[str]:
    """Keys of each kind, a line a key; the kinds that have none."""
    rows = [_followed(schema, one) for one in union["anyOf"]]
    lines, bare = [], []
    for row in rows:
        if "properties" not in row:
            continue  # the short form: names alone
        kind = row["properties"]["kind"]["const"]
        keys = [key for key in row["properties"] if key != "kind"]
        if not keys:
            bare.append(f"`{kind}`")
        needed = row.get("required", ())
        lines += [
            f"| `{kind}` | {_row(key, row['properties'][key], key in needed)}" for key in keys
        ]
    if lines:
        lines = [
            "| kind | key | type | default | what it is |",
            "|---|---|---|---|---|",
            *lines,
            "",
        ]
    return [*lines, f"Without keys: {', '.join(bare)}."] if bare else lines[:-1]


def _table(keys: Iterator[tuple[str, Node, bool]]) -> list[str]:
    head = ["| key | type | default | what it is |", "|---|---|---|---|"]
    return head + [f"| {_row(*key)}" for key in keys]


def _row(key: str, node: Node, needed: bool) -> str:
    given = node.get("default")
    default = "needed" if needed else "none" if given is None else f"`{_written(given)}`"
    what = node["description"].replace("|", "\\|")
    return f"`{key}` | {_type(node, key)} | {default} | {what} |"


def _type(node: Node, key: str = "") -> str:
    """The type of a value and its bounds, in words."""
    if "anyOf" in node:
        return _type(node["anyOf"][0], key)
    if "enum" in node:
        names = node["enum"]
        if len(names) > _MOST_NAMES:
            return f"one of the [{_ELSEWHERE[key]}](../reference.md#{_ELSEWHERE[key]})"
        return ", ".join(f'`"{name}"`' for name in names)
    if "$ref" in node or node["type"] == "object":
        return "table"
    if node["type"] == "array":
        least, most = node.get("minItems", 0), node["maxItems"]
        n = f"{most}" if least == most else f"{least} to {most}" if least else f"up to {most}"
        one = node["prefixItems"][0] if "prefixItems" in node else node["items"]
        return f"list of {n}: {_type(one)}"
    if node["type"] == "string":
        long = _range(node, "minLength", "maxLength")
        return "text" + (f", {long} characters" if long else "")
    if node["type"] == "boolean":
        return "`true` or `false`"
    bounds = _range(node, "minimum", "maximum")
    return node["type"] + (f", {bounds}" if bounds else "")


def _range(node: Node, low: str, high: str) -> str:
    """Bounds in words, such as "above 0, up to 1000"; empty if there are none."""
    above, below = node.get("exclusiveMinimum"), node.get("exclusiveMaximum")
    if low in node and high in node:
        return f"{_short(node[low])} to {_short(node[high])}"
    parts = []
    if above is not None or low in node:
        parts += [f"{_short(node[low])} or more" if above is None else f"above {_short(above)}"]
    if below is not None or high in node:
        parts += [f"up to {_short(node[high])}" if below is None else f"below {_short(below)}"]
    return ", ".join(parts)


def _short(bound: float) -> str:
    return f"{bound:,.0f}" if bound == round(bound) else f"{bound:g}"


def _written(value: Any) -> str:
    """A default as a scenario file writes it."""
    if isinstance(value, float):
        return f"{value:.4g}" if len(repr(value)) > 8 else repr(value)
    return json.dumps(value, ensure_ascii=False)


def _followed(schema: Node, node: Node) -> Node:
    """A node behind its reference, with what is said where it is referred to."""
    if "$ref" not in node:
        return node
    own = {key: value for key, value in node.items() if key != "$ref"}
    return {**schema["$defs"][node["$ref"].rsplit("/", 1)[-1]], **own}
