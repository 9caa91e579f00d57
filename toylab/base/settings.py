"""Settings of a scenario as plain data: what of them is played, and in what two tables of them differ."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

# What a file says about itself and does not hand down: a fix claims other things than its failure.
OWN_KEYS = ("title", "title_zh", "lesson", "lesson_zh", "source", "partner", "claims")
# Nor does its film decide a number, nor whether it is left out of a whole check; what is recorded does.
DECIDE_NO_NUMBER = (*OWN_KEYS, "film", "slow")
# And what a game is recorded with is no difference between games.
NOT_PLAYED = (*DECIDE_NO_NUMBER, "recording")
# What a sweep varies whose changes are made one at a time: no setting's path.
EACH = "change"
# What the first of them is called, which is none.
AS_IT_IS = "as it is"


def played(settings: Mapping[str, Any]) -> dict[str, Any]:
    """What of a scenario's settings decides its numbers: not the words, not the film."""
    return {key: value for key, value in settings.items() if key not in DECIDE_NO_NUMBER}


def fingerprint(settings: Mapping[str, Any]) -> str:
    """Hash of what is played, the same on every machine."""
    told = played(settings)
    target = told.get("target")
    if isinstance(target, Mapping) and "file" in target:
        # Where the file lies is no setting of the game.
        told["target"] = {**target, "file": Path(str(target["file"])).name}
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]


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


def sections(settings: Mapping[str, Any]) -> list[tuple[int, dict[str, Any]]]:
    """The settings between the changes on the way, each with the round before which it begins.

    A change is laid over all that held before it. The first section begins at 0 and is the scenario
    without its changes.
    """
    now = {key: value for key, value in settings.items() if key != "changes"}
    found = [(0, now)]
    for change in settings.get("changes", ()):
        now = merged(now, {key: value for key, value in change.items() if key != "at"})
        found.append((int(change["at"]), now))
    return found


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Tables within tables as one, with dots in the names: {"game.objective.kind": "hinge", ...}.

    Changes on the way are told one by one: "changes[0].at".
    """
    found: dict[str, Any] = {}
    for key, value in settings.items():
        if key == "changes" and not prefix:
            for i, change in enumerate(value):
                found |= flat(change, f"changes[{i}].")
            continue
        found |= (
            flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
        )
    return found


def nested(table: Mapping[str, Any]) -> dict[str, Any]:
    """One table as tables within tables again, where names have dots in them."""
    found: dict[str, Any] = {}
    for path, value in table.items():
        *above, key = path.split(".")
        inner = found
        for name in above:
            inner = inner.setdefault(name, {})
        inner[key] = value
    return found


def differing(tables: Collection[Mapping[str, Any]], without: Collection[str] = ()) -> list[str]:
    """Paths at which some tables differ, sorted; those under the top keys `without` do not count."""
    flats = [flat(table) for table in tables]
    paths = sorted(set().union(*flats))
    # A setting that is absent differs from one that is there: nothing else is equal to `absent`.
    absent = object()
    return [
        path
        for path in paths
        if path.split(".")[0] not in without
        and any(one.get(path, absent) != flats[0].get(path, absent) for one in flats)
    ]
