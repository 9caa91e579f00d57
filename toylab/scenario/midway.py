"""Changes on the way: settings that hold from a later round on, and what cannot come so late."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Protocol

from pydantic import Field
from pydantic import model_validator as validator

from toylab.base.choice import mistake
from toylab.base.errors import ToylabError
from toylab.base.settings import differing
from toylab.scenario.options import Strict
from toylab.scenario.rules import classes_of
from toylab.trace.bounds import ChangeAt

Part = Annotated[
    dict[str, Any] | None, Field(description="Of the table of this name only what is new.")
]


# What decides how many numbers the players are, or what is kept of them, and why that cannot change.
_FIXED = {
    "generator": "another network has other parameters",
    "discriminator": "another network has other parameters",
    "training.points": "a training set is drawn at the start",
}
# What else is of a whole training.
_WHOLE = {
    "recording": "a trace has one form from its first snapshot to its last",
    "training.steps": "a training has one length",
}


def _in_time(given: Any, table: str = "") -> Any:
    """Refuse what cannot change on the way, with the reason."""
    for key in given if isinstance(given, Mapping) else ():
        path = f"{table}{key}"
        if path in _FIXED:
            raise mistake(f"{path} needs a new start: {_FIXED[path]}.")
        if path in _WHOLE:
            raise mistake(f"{path} does not change on the way: {_WHOLE[path]}.")
    return given


class ChangedTraining(Strict):
    """What of `[training]` may change on the way.

    Attributes:
        batch: Points an update looks at from then on.
    """

    batch: int | None = None

    @validator(mode="before")
    @classmethod
    def _possible(cls, given: Any) -> Any:
        return _in_time(given, "training.")


class Change(Strict):
    """Settings that change on the way; each key is a table of which only what is new is written.

    Attributes:
        at: Rounds that are played before it holds.
        target: What is to be learned from then on; it cannot come from a file.
        game: Who wants what, and who moves when.
        optimizer: How far each player steps. What it remembers stays, unless its kind changes.
        training: Only the batch.
    """

    at: ChangeAt
    target: Part = None
    game: Part = None
    optimizer: Part = None
    training: ChangedTraining | None = None

    @validator(mode="before")
    @classmethod
    def _possible(cls, given: Any) -> Any:
        return _in_time(given)


class _Scenario(Protocol):
    """Of a scenario, what is looked at."""

    training: Any
    changes: Any
    claims: Any

    @property
    def settings(self) -> dict[str, Any]: ...


def too_late(before: _Scenario, after: _Scenario) -> list[str]:
    """What of a scenario cannot hold where another has been played so far, each with its reason.

    Args:
        before: What was played.
        after: What should be.
    """
    both = before.settings, after.settings
    found = [
        f"{path} needs a new start: {why}"
        for path in differing(both)
        for fixed, why in _FIXED.items()
        if f"{path}.".startswith(f"{fixed}.")
    ]
    found += [
        f"{kind} needs a new start: {why}"
        for kind, why in _WIDENING.items()
        if _those(kind, both[0]) != _those(kind, both[1])
    ]
    one, other = (settings["target"] for settings in both)
    if _those("class_label", both[1]) and classes_of(one) != classes_of(other):
        found.append("with class_label, a target of other classes needs a new start: an input each")
    if one != other and "file" in {**one, **other}:
        found.append("a target from a file needs a new start: a trace keeps what one file held")
    return found


# Penalties on which the players' inputs depend.
_WIDENING = {
    "packing": "D has two inputs for each point of a pack",
    "class_label": "what the players are told, and what is shown of it, is of a whole training",
}


def _those(kind: str, settings: Mapping[str, Any]) -> list[Any]:
    penalties = settings["game"].get("penalties", ())
    return [one for one in penalties if isinstance(one, Mapping) and one["kind"] == kind]


def out_of_order(scenario: _Scenario) -> list[tuple[str, str]]:
    """Changes that do not come after those before them, or never come; claims that speak of none.

    Returns:
        Of each its path, and what is wrong, in words.
    """
    found, steps = list[tuple[str, str]](), scenario.training.steps
    for i, change in enumerate(scenario.changes):
        path = f"changes[{i}].at"
        if change.at >= steps:
            found.append(
                (path, f"{path}: must be before the end of {steps} steps, got {change.at}.")
            )
        elif i and change.at <= scenario.changes[i - 1].at:
            before = scenario.changes[i - 1].at
            found.append(
                (path, f"{path}: must come after the change at {before}, got {change.at}.")
            )
    if found:
        return found
    changes = [change.at for change in scenario.changes]
    for i, claim in enumerate(scenario.claims):
        path = f"claims[{i}].window"
        if words := claim.missing_change(len(changes)):
            found.append((path, f'{path}: there is no "{words}"; it needs [[changes]].'))
            continue
        try:
            claim.span(changes, steps)
        except ToylabError as error:
            found.append((path, f"{path}: {error}"))
    return found


def cut_short(settings: Mapping[str, Any]) -> Mapping[str, Any]:
    """Settings of a training that was made shorter: without changes that it does not reach.

    Nor has it claims that speak of these. What is no list of tables is left for the checks to come.
    """
    steps, changes = (settings.get(key) for key in ("training", "changes"))
    steps = steps.get("steps") if isinstance(steps, Mapping) else None
    if type(steps) is not int or not isinstance(changes, list):
        return settings
    ats = [change.get("at") if isinstance(change, Mapping) else None for change in changes]
    reached = [c for c, at in zip(changes, ats, strict=True) if type(at) is not int or at < steps]
    lost = {f"change {k}" for k in range(len(reached) + 1, len(changes) + 1)}
    lost |= {"change"} if changes and not reached else set()
    claims = settings.get("claims")
    if not lost or not isinstance(claims, list):
        return {**settings, "changes": reached}
    windows = [claim.get("window") if isinstance(claim, Mapping) else None for claim in claims]
    kept = [
        claim
        for claim, window in zip(claims, windows, strict=True)
        if not (
            isinstance(window, list) and lost & {edge for edge in window if isinstance(edge, str)}
        )
    ]
    return {**settings, "changes": reached, "claims": kept}
