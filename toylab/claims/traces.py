"""Traces that a talk or a comparison trained, kept for the next: what was stopped goes on from there."""

from __future__ import annotations

import contextlib
import os
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from toylab.base.errors import ToylabError
from toylab.claims.cache import Task
from toylab.scenario.scenario import Scenario
from toylab.trace import Trace

# Beside the folder with the numbers of checks and sweeps.
NAME = "traces"
# A lecture is given every term, and rehearsed for weeks; what nobody has asked for since goes.
_DAYS = 30


def kept(
    scenario: Scenario,
    seed: int,
    device: str,
    folder: Path,
    command: str,
    train: Callable[[], Trace],
) -> Trace:
    """The trace of one seed, from the folder or by training; as if it had been trained right now.

    Args:
        scenario: What is played.
        seed: Whose.
        device: As in `Task`.
        folder: Where traces are kept. If it cannot be written, nothing is kept.
        command: What the user typed.
        train: Makes the trace.
    """
    path = folder / f"{Task(scenario.settings, scenario.name, (), (seed,), device).key()}.npz"
    try:
        found = Trace.load(path)
    except ToylabError:  # not there, or damaged
        trace = train()
        with contextlib.suppress(ToylabError):
            trace.save(path)
            _forget(folder)
        return trace
    with contextlib.suppress(OSError):
        os.utime(path)
    # By what is played it is the same; words and film are those of today.
    told = {**found.provenance, "scenario": scenario.name, "command": command}
    return replace(found, settings_text=scenario.text, provenance=told)


def _forget(folder: Path) -> None:
    """Remove what has not been asked for in a while."""
    before = time.time() - _DAYS * 86_400
    for old in folder.iterdir():
        with contextlib.suppress(OSError):
            if old.stat().st_mtime < before:
                old.unlink()
