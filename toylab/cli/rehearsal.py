"""Rehearsal: everything that a film needs, tried on one round of each game before any is trained.

What a film cannot show is then told at once, by the film itself, and not after an hour.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from toylab.base.errors import ToylabError
from toylab.film.script import filmed_seed
from toylab.scenario.scenario import Scenario, check, load, seed_to_film
from toylab.trace import Trace
from toylab.training.run import record


def found(name: str, changes: Sequence[str] = ()) -> Scenario | Trace:
    """What a name stands for: a trace that is there already, or a scenario.

    Args:
        name: Of a scenario, or a path to a TOML file or to a trace (.npz).
        changes: Settings to lay over a scenario.

    Raises:
        ToylabError: If there is none, or a trace is to be changed.
    """
    if not name.endswith(".npz"):
        return load(name, changes)
    if changes:
        raise ToylabError(f"--set changes scenarios, and {name} has been trained already.")
    return Trace.load(Path(name))


def shared_seed(games: Sequence[Scenario | Trace], asked: int | None) -> int:
    """Whose training a film of several games shows: as asked; the traces'; or the scenarios' own.

    Raises:
        ToylabError: If a trace has not filmed the seed that was asked for, or none at all.
    """
    traces = [game for game in games if isinstance(game, Trace)]
    seeds = [filmed_seed(trace, asked) for trace in traces]
    if seeds:
        return seeds[0]
    return seed_to_film([game for game in games if isinstance(game, Scenario)], asked)


def rehearse(
    games: Sequence[Scenario | Trace],
    seeds: Sequence[int],
    show: Callable[[list[Trace]], object],
    where: str = "",
) -> None:
    """Play one round of each scenario and show what comes of it, as it will be shown.

    Args:
        games: Scenarios, and traces as they are.
        seeds: Whose games are filmed.
        show: Makes the film, and raises if it cannot.
        where: What a message begins with; the scenario's name if nothing is given.

    Raises:
        ToylabError: With what cannot be shown.
    """
    filmed = range(len(seeds))
    try:
        show([g if isinstance(g, Trace) else record(_brief(g), seeds, filmed) for g in games])
    except ToylabError as error:
        names = " and ".join(dict.fromkeys(game.name for game in games))
        raise ToylabError(f"{where or names}: {error}") from None


def _brief(scenario: Scenario) -> Scenario:
    """The same game, over after one round, or one for each of its sections."""
    settings = scenario.settings
    changes = [{**change, "at": 1 + i} for i, change in enumerate(settings.get("changes", ()))]
    steps = 1 + len(changes)
    training = {**settings["training"], "steps": steps}
    recording = {**settings["recording"], "snapshots": 1 + steps}
    brief = {**settings, "training": training, "recording": recording, "changes": changes}
    return check(brief, name=scenario.name)
