"""Games that end in a moment, for every test that needs one."""

from __future__ import annotations

from typing import Any

import tomli_w

SMALL: dict[str, Any] = {
    "title": "Small",
    "lesson": "A game that ends in a moment.",
    "target": {"kind": "ring"},
    "generator": {"hidden": [8]},
    "discriminator": {"hidden": [8]},
    "training": {"steps": 4, "batch": 16},
    "recording": {"snapshots": 3, "samples": 64, "grid": 16},
}

# G is asked for classes, and D is not told.
ASKED: dict[str, Any] = {"game": {"penalties": [{"kind": "class_label", "judged": False}]}}


def small_toml(**tables: dict[str, Any]) -> str:
    """The small game as a scenario file without its title and lesson; keys lie over its tables."""
    settings = {key: value for key, value in SMALL.items() if isinstance(value, dict)}
    laid = {key: {**settings.get(key, {}), **table} for key, table in tables.items()}
    return tomli_w.dumps({**settings, **laid})
