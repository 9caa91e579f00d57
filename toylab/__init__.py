"""Toylab: see a GAN learn, collapse or starve.

Public names are loaded when first used, so that `toylab --help` answers at once and a film can be
rendered where torch is not installed.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from toylab.base.errors import ToylabError as ToylabError
    from toylab.cli.live import Lab as Lab
    from toylab.scenario.scenario import Scenario as Scenario
    from toylab.scenario.scenario import load as load
    from toylab.show.cinema import Compare as Compare
    from toylab.show.cinema import Film as Film
    from toylab.show.cinema import Seeds as Seeds
    from toylab.trace import Snapshot as Snapshot
    from toylab.trace import Trace as Trace
    from toylab.training.run import Run as Run
    from toylab.training.run import branch as branch
    from toylab.training.run import record as record
    from toylab.training.run import train as train

_HOMES = {
    "Compare": "toylab.show.cinema",
    "Film": "toylab.show.cinema",
    "Lab": "toylab.cli.live",
    "Seeds": "toylab.show.cinema",
    "ToylabError": "toylab.base.errors",
    "Scenario": "toylab.scenario.scenario",
    "load": "toylab.scenario.scenario",
    "Snapshot": "toylab.trace.trace",
    "Trace": "toylab.trace.trace",
    "Run": "toylab.training.run",
    "branch": "toylab.training.run",
    "record": "toylab.training.run",
    "train": "toylab.training.run",
}
__all__ = [*_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'toylab' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
