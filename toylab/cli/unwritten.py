"""What a scenario file may leave unwritten, as plain data: for pages that read files without Python."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection
from typing import Any

from toylab.game.objectives import OBJECTIVES
from toylab.game.penalties import PENALTIES
from toylab.metrics.claim import Claim
from toylab.scenario import scenario
from toylab.scenario.options import From
from toylab.targets import TARGETS

# By the path of a table, or of a list of tables.
_ROWS: dict[str, From] = {
    "target": From(TARGETS, data=None),
    "generator": scenario.GENERATOR,
    "discriminator": scenario.DISCRIMINATOR,
    "game.objective": From(OBJECTIVES),
    "game.update": scenario.UPDATE,
    "game.penalties": From(PENALTIES),
    "optimizer.generator": scenario.OPTIMIZER,
    "optimizer.discriminator": scenario.OPTIMIZER,
}


def unwritten() -> dict[str, Any]:
    """Settings of a scenario that says nothing but its target, and the options of all rows.

    Returns:
        `settings`, without target and words; `rows`: by path and kind, the options that have a default;
        `claim`: those of a claim.
    """
    plain = scenario.check({"title": "-", "lesson": "-", "target": {"kind": "ring"}}).settings
    settings = {
        key: value for key, value in plain.items() if key not in ("title", "lesson", "target")
    }
    rows = {
        path: {
            kind: _defaults(row, choice.given)
            | {key: default for key, (_, default) in choice.beside.items()}
            for kind, row in choice.table.items()
        }
        for path, choice in _ROWS.items()
    }
    return {"settings": settings, "rows": rows, "claim": _defaults(Claim)}


def _defaults(row: Callable[..., Any], given: Collection[str] = ()) -> dict[str, Any]:
    return {
        p.name: list(p.default) if isinstance(p.default, tuple) else p.default
        for p in inspect.signature(row).parameters.values()
        if p.name not in given and p.default is not None and p.default is not p.empty
    }
