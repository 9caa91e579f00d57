"""Scenario: one experiment, frozen, checked in full before anything runs.

Every check of user input is here, in `rules`, or in the signature of the row that takes an option.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import tomli_w
from annotated_types import Interval, Len
from pydantic import Field, PrivateAttr, ValidationError
from pydantic import model_validator as validator
from pydantic_core import PydanticCustomError

from toylab.base.choice import make
from toylab.base.errors import ToylabError
from toylab.base.settings import OWN_KEYS, differing, flat, merged, sections
from toylab.game.networks import DISCRIMINATORS, GENERATORS
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES, Count
from toylab.metrics.claim import Claim
from toylab.scenario import catalogue
from toylab.scenario.changes import changed, laid
from toylab.scenario.midway import Change, cut_short, out_of_order, too_late
from toylab.scenario.mistakes import MOST_FOUND, concerns, explain, listed, place, without
from toylab.scenario.options import Built, Choice, From, Strict, attempt
from toylab.scenario.rules import refuse_illegal
from toylab.targets import TARGETS
from toylab.targets.target import Reading
from toylab.trace.bounds import (
    MOST_CHANGES,
    MOST_CLAIMS,
    MOST_PANELS,
    AxisScale,
    FramesASecond,
    Layers,
    PanelMetrics,
    Phrase,
    Seconds,
    SeedNumber,
    TrainingPoints,
)

LATENT = Annotated[int, Interval(ge=1, le=1024), Field(description="Numbers in z, from N(0, 1).")]
GENERATOR = From(
    GENERATORS,
    default="mlp",
    beside={"latent": (LATENT, 2)},
    inputs=2,
    outputs=2,
)
DISCRIMINATOR = From(DISCRIMINATORS, default="mlp", inputs=2, outputs=1)
OPTIMIZER = From(OPTIMIZERS)
UPDATE = From(UPDATES, discriminator_steps=1, generator_steps=1)


class GameSettings(Strict):
    """What the players want and who moves when. Zero steps freeze a player.

    Attributes:
        objective: What each player minimises; a row of `OBJECTIVES`.
        update: Who moves when; a row of `UPDATES`.
        discriminator_steps: Updates of the discriminator a round.
        generator_steps: Updates of the generator a round.
        penalties: What else bounds or helps the players; rows of `PENALTIES`.
    """

    objective: Annotated[Choice, From(OBJECTIVES)] = Choice("non_saturating")
    update: Annotated[Choice, UPDATE] = UPDATE.chosen("alternating")
    discriminator_steps: Count = 1
    generator_steps: Count = 1
    penalties: Annotated[tuple[Annotated[Choice, From(PENALTIES)], ...], Len(0, 16)] = ()

    @validator(mode="after")
    def _somebody_moves(self) -> GameSettings:
        if not self.discriminator_steps and not self.generator_steps:
            raise PydanticCustomError(
                "still", "discriminator_steps and generator_steps are both 0: nobody would move"
            )
        return self


class OptimizerSettings(Strict):
    """How far each player steps.

    Attributes:
        generator: The generator's optimiser; a row of `OPTIMIZERS`.
        discriminator: The discriminator's.
    """

    generator: Annotated[Choice, OPTIMIZER] = OPTIMIZER.chosen("adam")
    discriminator: Annotated[Choice, OPTIMIZER] = OPTIMIZER.chosen("adam")


class TrainingSettings(Strict):
    """How long, and on how many points.

    Attributes:
        steps: Rounds; in a round both players make all their updates.
        batch: Points an update looks at, real ones and as many generated ones.
        points: Size of a fixed training set; 0 draws fresh points for ever.
    """

    steps: Annotated[int, Interval(ge=1, le=10_000_000)] = 3000
    batch: Annotated[int, Interval(ge=1, le=65_536)] = 256
    points: TrainingPoints = 0


class RecordingSettings(Strict):
    """What is kept of a training.

    Attributes:
        snapshots: How many moments are kept, the first and the last among them; no more than there are.
        samples: Generated points in each snapshot, the same latents in all; as many real ones once.
        grid: Places along one side of the stage at which D is kept.
        schedule: Whether snapshots lie evenly in steps, or are dense at the beginning.
    """

    snapshots: Annotated[int, Interval(ge=2, le=5000)] = 120
    samples: Annotated[int, Interval(ge=2, le=50_000)] = 1000
    grid: Annotated[int, Interval(ge=8, le=512)] = 96
    schedule: Literal["linear", "geometric"] = "linear"


class PanelSettings(Strict):
    """One panel of curves; a bare string stands for a panel of one metric.

    Attributes:
        metrics: Keys of `METRICS`; curves of one panel share its axis.
        scale: Of the panel's axis.
    """

    metrics: PanelMetrics
    scale: AxisScale = "linear"

    @validator(mode="before")
    @classmethod
    def _bare_name(cls, given: Any) -> Any:
        return {"metrics": (given,)} if isinstance(given, str) else given


class FilmSettings(Strict):
    """Names of layers and curves, which the film checks, how long the film moves, and whose it is.

    Attributes:
        layers: Keys of `LAYERS`, the lowest first.
        curves: Panels beside the stage, two at most; the film chooses them where this is left out.
        seconds: How long the film moves; the holds at its ends come on top.
        fps: Frames a second, where that is fewer than there are snapshots; equal movement then passes
            between them.
        seed: Whose film it is unless somebody says otherwise.
    """

    layers: Layers = ("surface", "real", "generated", "arrows")
    curves: Annotated[tuple[PanelSettings, ...], Len(0, MOST_PANELS)] | None = None
    seconds: Seconds = 6.0
    fps: FramesASecond | None = None
    # For a lesson that not every seed shows; a comment beside it says which do.
    seed: SeedNumber | None = None


class Scenario(Strict):
    """One experiment: who plays, what is recorded, what is claimed.

    Attributes:
        title: The film's heading.
        title_zh: The heading of films in Chinese; without it they show `title`.
        lesson: What there is to learn, in a sentence.
        lesson_zh: The same in Chinese.
        source: Whose experiment it is: paper, section, figure.
        partner: Another scenario, for which its claims must not all hold: the cure of a failure, or a
            failure that is cured here.
        slow: Whether `toylab check` leaves it out unless it is named.
        target: What the generator should learn; a row of `TARGETS`.
        generator: The network from latents to points; a row of `NETWORKS`.
        discriminator: The network that judges points; a row of `NETWORKS`.
        game: Who wants what, and who moves when.
        optimizer: How far each player steps.
        training: How long, and on how many points.
        recording: What is kept of a training.
        film: What is shown.
        claims: Sentences that `toylab check` counts over seeds.
        changes: What changes on the way, in the order in which it does.
    """

    title: Phrase
    title_zh: Phrase | None = None
    lesson: Phrase
    lesson_zh: Phrase | None = None
    source: Phrase | None = None
    # As long as a path: a neighbour of a file is named by its place.
    partner: Annotated[str, Len(1, 4096)] | None = None
    # For papers' protocols, which take long.
    slow: bool = False
    target: Annotated[Choice, From(TARGETS, data=None)]
    generator: Annotated[Choice, GENERATOR] = GENERATOR.chosen("mlp")
    discriminator: Annotated[Choice, DISCRIMINATOR] = DISCRIMINATOR.chosen("mlp")
    game: GameSettings = GameSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    training: TrainingSettings = TrainingSettings()
    recording: RecordingSettings = RecordingSettings()
    film: FilmSettings = FilmSettings()
    claims: Annotated[tuple[Annotated[Claim, Built(Claim)], ...], Len(0, MOST_CLAIMS)] = ()
    changes: Annotated[tuple[Change, ...], Len(0, MOST_CHANGES)] = ()

    _later: tuple[tuple[int, Scenario], ...] = PrivateAttr(default=())
    _name: str = PrivateAttr(default="")
    _handed_on: dict[str, Any] | None = PrivateAttr(default=None)

    @validator(mode="after")
    def _plays(self) -> Scenario:
        attempt(lambda: refuse_illegal(self))
        return self

    @property
    def name(self) -> str:
        """The file's stem."""
        return self._name

    @property
    def reading(self) -> Reading:
        """What was read from the file of the target, in words, and what is doubtful about it."""
        return make("target", TARGETS, self.target.settings).reading

    @property
    def settings(self) -> dict[str, Any]:
        """All settings as plain data, defaults included; what is not set is left out."""
        # Where nothing changes there is no list of it: a scenario is what it was before there were changes.
        without = None if self.changes else {"changes"}
        return self.model_dump(mode="json", exclude_none=True, exclude=without)

    @property
    def sections(self) -> tuple[tuple[int, Scenario], ...]:
        """What is played between the changes, each with the round before which it begins: itself first."""
        return (0, self), *self._later

    def section(self, at: int) -> Scenario:
        """What is played in a round, of which so many come before it."""
        return next(one for begins, one in reversed(self.sections) if begins <= at)

    @property
    def handed_on(self) -> dict[str, Any]:
        """The settings as films and traces keep them: files are named from the scenario's folder."""
        return self._handed_on or catalogue.handed_on(self.settings, ())

    @property
    def text(self) -> str:
        """The settings that are handed on as TOML, without `extends`: beside its data it runs again."""
        return as_toml(self.handed_on)


def as_toml(settings: Mapping[str, Any]) -> str:
    """Write plain settings as TOML."""
    # Short lists on one line, as people write them; tomli_w would give each number its own.
    return re.sub(
        r"\[\n((?:    [^\n{\[]{1,24},\n){1,16})\]",
        lambda found: "[" + ", ".join(x.strip(" ,") for x in found[1].splitlines()) + "]",
        tomli_w.dumps(settings),
    )


def load(name: str | Path, changes: Sequence[str] = ()) -> Scenario:
    """Load a scenario by name or path, with changes laid over it, which may mend what is wrong in it.

    Args:
        name: A scenario's name or a path to a TOML file.
        changes: Settings such as "game.objective=saturating"; the value is TOML, or a bare string.

    Raises:
        ToylabError: With every mistake of the file, each with its path and what is allowed.
    """
    path = catalogue.find(str(name))
    settings = catalogue.resolve(path)
    folders = [path.parent.absolute()]
    if not changes:
        return check(settings, str(path), path.stem, folders)
    # Laid over the file before it is checked, for they may mend it.
    try:
        new: Mapping[str, Any] = changed(settings, changes)
    except ToylabError as error:
        raise ToylabError(f"{name}: {error}") from None
    if any(concerns(one, "training.steps") for one in changes):
        # Who looks at the first rounds only does not want to be told of what comes later.
        new = new if any(concerns(one, "changes") for one in changes) else cut_short(new)
    # A change names files from where one stands.
    scenario, found = _checked(new, path.stem, [*folders, Path().absolute()])
    if scenario is None:
        own = {line for _, line in _checked(settings)[1]}
        told = (line if line in own else f"{_named(changes, at)}: {line}" for at, line in found)
        raise ToylabError(listed(str(name), told))
    return scenario


def _named(changes: Sequence[str], path: str) -> str:
    """The changes that concern a path, as they were typed; all of them if none lies there."""
    near = [change for change in changes if path and concerns(change, path)]
    return " ".join(f"--set {change}" for change in near or changes)


def check(
    settings: Mapping[str, Any],
    where: str = "scenario",
    name: str = "",
    folders: Sequence[Path] = (),
) -> Scenario:
    """Turn plain settings into a scenario.

    Args:
        settings: As a file has them, `extends` followed.
        where: What a message begins with.
        name: The scenario's.
        folders: From which its files are named where it is handed on; the bare name stays of others.

    Raises:
        ToylabError: With every mistake found; `where` says in which file.
    """
    scenario, found = _checked(settings, name, folders)
    if scenario is None:
        raise ToylabError(listed(where, (line for _, line in found)))
    return scenario


def _checked(
    settings: Mapping[str, Any], name: str = "", folders: Sequence[Path] = ()
) -> tuple[Scenario | None, list[tuple[str, str]]]:
    """The scenario, or else its mistakes: where each is, and in words."""
    scenario, found = _validated(settings)
    if not any(path.startswith("changes") for path, _ in found):
        found += _about_changes(scenario or _mended(settings), {line for _, line in found})
    if scenario is None or found:
        return None, found
    scenario._name = name
    scenario._handed_on = catalogue.handed_on(scenario.settings, folders)
    return scenario, []


# Where a mistake is, and in words.
_Mistake = tuple[str, str]


def _validated(settings: Mapping[str, Any]) -> tuple[Scenario | None, list[_Mistake]]:
    """A scenario whose changes are not looked into, or else its mistakes."""
    try:
        return Scenario.model_validate(tupled(settings)), []
    except ValidationError as error:
        found = error.errors(include_url=False)[:MOST_FOUND]
        # The rules look at whole scenarios: at this one without its mistakes.
        found += _rules_broken(without(settings, found, schema()))
        return None, [(place(one, schema()), explain(one, schema())) for one in found]


def _mended(settings: Mapping[str, Any]) -> Scenario | None:
    """A scenario without its mistakes, if that is one."""
    try:
        return Scenario.model_validate(tupled(settings))
    except ValidationError as error:
        found = error.errors(include_url=False)
    try:
        return Scenario.model_validate(tupled(without(settings, found, schema())))
    except ValidationError:
        return None


def _about_changes(scenario: Scenario | None, told: set[str]) -> list[_Mistake]:
    """Mistakes of what holds from each change on, as of a whole scenario; it keeps what has none.

    Args:
        scenario: Without mistakes but for its changes.
        told: Mistakes that have been told already.
    """
    if scenario is None:
        return []
    mistakes, later = out_of_order(scenario), []
    for i, (at, section) in enumerate(sections(scenario.settings)[1:]):
        where, (one, wrong) = f"changes[{i}]", _validated(section)
        if one is not None:
            later.append((at, one))
            wrong = [("", f"{reason}.") for reason in too_late(scenario, one)]
        # What is wrong from an earlier change on is told there.
        for path, line in (one for one in wrong if one[1] not in told):
            told.add(line)
            dot = "." if path else ": "
            mistakes.append((f"{where}{dot}{path}".rstrip(": "), f"{where}{dot}{line}"))
    scenario._later = tuple(later)
    return mistakes


def differences(scenario: Scenario, base: Scenario) -> list[tuple[str, Any, Any]]:
    """Settings in which a scenario differs from another: path, the base's value, its own.

    What a scenario says about itself (title, lesson, claims ...) is left out.
    """
    ours, theirs = flat(scenario.settings), flat(base.settings)
    for table in (ours, theirs):
        if "target.file" in table:
            # From another folder the same file has another way to it.
            table["target.file"] = os.path.normpath(table["target.file"])
    told, before = flat(scenario.handed_on), flat(base.handed_on)
    return [
        (path, before.get(path), told.get(path))
        for path in differing([ours, theirs], without=OWN_KEYS)
    ]


def branched(scenario: Scenario, at: int, changes: Sequence[str]) -> Scenario:
    """Another future of a scenario: it, and from a step on other settings.

    Args:
        scenario: What is played up to there.
        at: Rounds that are played before the changes hold.
        changes: Settings such as "game.generator_steps=1".

    Raises:
        ToylabError: If the changes lead nowhere, or make no sense there.
    """
    settings = scenario.settings
    _, new = laid(scenario.section(at).settings, changes, f"--branch {at}")
    kept = {one["at"]: one for one in settings.get("changes", ())}
    kept[at] = merged(kept.get(at, {}), {**new, "at": at})
    later = {"changes": [kept[one] for one in sorted(kept)]}
    where = f"{scenario.name or 'scenario'}: --branch {at}"
    other = check({**settings, **later}, where, scenario.name)
    # No change names a file.
    other._handed_on = {**scenario.handed_on, **later}
    return other


def seed_to_film(scenarios: Sequence[Scenario], asked: int | None = None) -> int:
    """Whose training a film of scenarios shows: as asked, or the first `film.seed` among them, or 0.

    One for all of them: they are compared pair by pair, each pair on the same draws.
    """
    own = (scenario.film.seed for scenario in scenarios)
    return next((seed for seed in (asked, *own) if seed is not None), 0)


def base_of(name: str | Path) -> Scenario | None:
    """The scenario that a scenario extends, or None."""
    links = catalogue.chain(catalogue.find(str(name)))
    return None if len(links) == 1 else load(links[-2][0])


def as_filed(name: str | Path) -> Scenario | None:
    """The scenario without changes, or None where it is only changes that mend its file."""
    try:
        return load(name)
    except ToylabError:
        return None


def tupled(value: Any) -> Any:
    """Lists as tuples, all the way down: strict models take tuples, and TOML has only lists."""
    if isinstance(value, Mapping):
        return {key: tupled(inner) for key, inner in value.items()}
    return tuple(tupled(inner) for inner in value) if isinstance(value, list | tuple) else value


def _rules_broken(settings: Mapping[str, Any]) -> list[Any]:
    try:
        Scenario.model_validate(tupled(settings))
    except ValidationError as error:
        return [e for e in error.errors(include_url=False) if not e["loc"]]
    return []


@cache
def schema() -> dict[str, Any]:
    """JSON schema of a scenario file, for editors."""
    made = Scenario.model_json_schema()
    # Followed before the settings are checked, and so no field of a scenario.
    base = {"type": "string", "description": "Name or path of the scenario that this one changes."}
    # What changes on the way is written as it is at the top.
    tables = made["$defs"]["Change"]["properties"]
    tables["game"] = {"$ref": "#/$defs/GameSettings"}
    tables["optimizer"] = {"$ref": "#/$defs/OptimizerSettings"}
    return made | {"properties": {"extends": base, **made["properties"]}}
