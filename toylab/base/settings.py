"""Settings of a scenario as plain data: what of them is played, and in what two tables of them differ."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

# What a file says about itself and does not hand down: a fix claims other things than its failure.
OWN_KEYS = ("title", "title_zh", "lesson", "lesson_zh", "source", "claims")
# Nor is what a game is filmed and recorded with a difference between games.
NOT_PLAYED = (*OWN_KEYS, "film", "recording")


def flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Tables within tables as one, with dots in the names: {"game.objective.kind": "hinge", ...}."""
    found: dict[str, Any] = {}
    for key, value in settings.items():
        found |= (
            flat(value, f"{prefix}{key}.") if isinstance(value, Mapping) else {prefix + key: value}
        )
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
