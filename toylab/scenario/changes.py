"""Changes as they are typed, `--set game.penalties[0].weight=0.5`, and laid over settings."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from toylab.base import toml
from toylab.base.counted import Counted
from toylab.base.errors import ToylabError
from toylab.base.settings import merged
from toylab.scenario.catalogue import anchored

# game.penalties[0].weight: a key, or a place in a list.
_STEP = re.compile(r"(?:^|\.)([^.\[\]]+)|\[(\d+)\]")


def changed(settings: Mapping[str, Any], changes: Sequence[str]) -> dict[str, Any]:
    """Lay changes such as "game.penalties[0].weight=0.5" over settings; the value is TOML or bare text.

    Raises:
        ToylabError: If a change is not a path and a value, or leads nowhere.
    """
    return laid(settings, changes)[0]


def laid(
    settings: Mapping[str, Any], changes: Sequence[str], option: str = "--set"
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Lay changes over settings, as `changed`; and what they set by itself: of tables only what is new.

    Args:
        settings: Beneath.
        changes: As they were typed.
        option: What a message calls them.

    Raises:
        ToylabError: As `changed`.
    """
    result, alone = dict(settings), dict[str, Any]()
    for change in changes:
        path, equals, text = (part.strip() for part in change.partition("="))
        steps = _STEP.findall(path)
        if not equals or not steps or "".join(_spelt(*s) for s in steps) != f".{path}":
            raise ToylabError(
                f'{option} "{change}" is not a change. Expected a path and a value: '
                "game.generator_steps=1"
            )
        if len(steps) > toml.DEEPEST or any(len(place) > 6 for _, place in steps):
            raise ToylabError(f'{option} "{change}" leads deeper, or further, than any setting is.')
        keys = [int(place) if place else key for key, place in steps]
        if keys[0] == "extends":
            raise ToylabError(
                f'{option} "{change}": a base is chosen in the file. Name the other scenario itself.'
            )
        try:
            value = _from_here(keys, _value(text))
        except ToylabError as error:
            raise ToylabError(f'{option} "{change}": {error}') from None
        new = _laid(result, keys, value, f'{option} "{change}"')
        result, alone = merged(result, new), merged(alone, new)
    return result, alone


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


def _laid(old: Any, keys: Sequence[str | int], value: Any, where: str, name: str = "") -> Any:
    """What then stands there, for `merged`: of tables only what is new, lists whole."""
    if not keys:
        return value
    key, rest = keys[0], keys[1:]
    if not isinstance(key, int):
        inner = old.get(key) if isinstance(old, Mapping) else None
        return {key: _laid(inner, rest, value, where, key)}
    if not isinstance(old, list) or key >= len(old):
        n = len(old) if isinstance(old, list) else 0
        raise ToylabError(f"{where}: {name} has {Counted(n):entry|entries}, and none at [{key}].")
    new = _laid(old[key], rest, value, where, f"{name}[{key}]")
    if rest and isinstance(new, dict) and isinstance(old[key], dict):
        new = merged(old[key], new)
    return [*old[:key], new, *old[key + 1 :]]
