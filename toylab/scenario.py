"""Scenario: one experiment, frozen, checked in full before anything runs.

Every check of user input is here or in a type that this module reads: the bounds of an option stand in
the signature of the row that takes it, and a row of a table is known here the moment it exists.
"""

from __future__ import annotations

import inspect
import re
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, is_dataclass
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, get_type_hints

import tomli_w
from annotated_types import Interval, Len
from pydantic import BaseModel, ConfigDict, PrivateAttr, ValidationError, create_model
from pydantic import model_validator as validator
from pydantic_core import PydanticCustomError, core_schema

from toylab import catalogue
from toylab.choice import OneOf
from toylab.claims import Claim
from toylab.errors import ToylabError, unknown
from toylab.game.networks import ACTIVATIONS, INITS
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES, Count
from toylab.targets import TARGETS

# strict: TOML has types, so "8" for a number is a mistake and not a spelling.
_CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


@dataclass(frozen=True)
class Choice:
    """A row of a table by name, with its checked options."""

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """As plain data: `kind` and the options."""
        return {"kind": self.kind, **self.options}

    @property
    def written(self) -> dict[str, Any] | str:
        """As a scenario writes it: a row without options is its bare name."""
        return self.settings if self.options else self.kind


def _model_of(row: Callable[..., Any], given: Mapping[str, Any], **tag: Any) -> type[BaseModel]:
    """Make a model whose keys are the parameters of a row's signature."""
    called: Any = row
    annotated = called if inspect.isfunction(row) or is_dataclass(row) else called.__init__
    hints = get_type_hints(annotated, include_extras=True)
    options: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default)
        for p in inspect.signature(called).parameters.values()
        if p.name not in given
    }
    return create_model(getattr(row, "__name__", "row"), __config__=_CONFIG, **tag, **options)


def _attempt(build: Callable[[], Any]) -> Any:
    """Build a row; what it refuses becomes one of the scenario's mistakes."""
    try:
        return build()
    except ToylabError as error:
        raise PydanticCustomError("row", "{reason}", {"reason": str(error)}) from None


class From:
    """Annotation: a `Choice` from a table; a bare string stands for a row without options.

    Args:
        table: Rows by name; the options of a row are the parameters of its signature.
        given: Parameters that the game fills in and the user does not write here.
    """

    def __init__(self, table: Mapping[str, Callable[..., Any]], **given: Any) -> None:
        self.table, self.given = table, given

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Build one model a row, told apart by `kind`."""
        models = {
            name: handler(_model_of(row, self.given, kind=(Literal[name], name)))
            for name, row in self.table.items()
        }
        return core_schema.no_info_before_validator_function(
            lambda given: {"kind": given} if isinstance(given, str) else given,
            core_schema.no_info_after_validator_function(
                self._choose, core_schema.tagged_union_schema(models, discriminator="kind")
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda choice: choice.written
            ),
        )

    def _choose(self, row: Any) -> Choice:
        options = {key: value for key, value in row if key != "kind"}
        _attempt(lambda: self.table[row.kind](**options, **self.given))
        return Choice(row.kind, options)


class Built:
    """Annotation: a frozen dataclass, written as a table of its fields."""

    def __init__(self, row: Callable[..., Any]) -> None:
        self.row = row

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Check the fields, then build the dataclass."""
        return core_schema.no_info_after_validator_function(
            lambda fields: _attempt(lambda: self.row(**dict(fields))),
            handler(_model_of(self.row, {})),
            serialization=core_schema.plain_serializer_function_ser_schema(asdict),
        )


Width = Annotated[int, Interval(ge=1, le=4096)]
Line = Annotated[str, Len(1, 400)]


class _Model(BaseModel):
    model_config = _CONFIG


class DiscriminatorSettings(_Model):
    """The discriminator's network."""

    hidden: Annotated[tuple[Width, ...], Len(0, 16)] = (64, 64)
    activation: Annotated[str, OneOf(ACTIVATIONS)] = "leaky_relu"
    init: Annotated[str, OneOf(INITS)] = "lecun"
    gain: Annotated[float, Interval(ge=0, le=100)] = 1.0


class GeneratorSettings(DiscriminatorSettings):
    """The generator's network, which has a latent too."""

    latent: Annotated[int, Interval(ge=1, le=1024)] = 2


class GameSettings(_Model):
    """What the players want and who moves when. Zero steps freeze a player."""

    objective: Annotated[Choice, From(OBJECTIVES)] = Choice("non_saturating")
    update: Annotated[Choice, From(UPDATES, discriminator_steps=1, generator_steps=1)] = Choice(
        "alternating"
    )
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


_ADAM = Choice("adam", {"lr": 1e-3, "betas": (0.5, 0.999), "eps": 1e-8})


class OptimizerSettings(_Model):
    """How far each player steps."""

    generator: Annotated[Choice, From(OPTIMIZERS)] = _ADAM
    discriminator: Annotated[Choice, From(OPTIMIZERS)] = _ADAM


class TrainingSettings(_Model):
    """How long, and on how many points. A step is one round: all updates of both players."""

    steps: Annotated[int, Interval(ge=1, le=10_000_000)] = 3000
    batch: Annotated[int, Interval(ge=1, le=65_536)] = 256


class RecordingSettings(_Model):
    """What is kept of a training."""

    snapshots: Annotated[int, Interval(ge=2, le=5000)] = 120
    samples: Annotated[int, Interval(ge=2, le=50_000)] = 1000
    grid: Annotated[int, Interval(ge=8, le=512)] = 96
    schedule: Literal["linear", "geometric"] = "linear"


class PanelSettings(_Model):
    """One panel of curves; a bare string stands for a panel of one metric."""

    metrics: Annotated[tuple[Line, ...], Len(1, 4)]
    scale: Literal["linear", "log"] = "linear"

    @validator(mode="before")
    @classmethod
    def _bare_name(cls, given: Any) -> Any:
        return {"metrics": (given,)} if isinstance(given, str) else given


class FilmSettings(_Model):
    """Names of layers and curves, which the film checks, and how long the film moves."""

    layers: Annotated[tuple[Line, ...], Len(0, 32)] = ("surface", "real", "generated", "arrows")
    curves: Annotated[tuple[PanelSettings, ...], Len(0, 2)] = (
        PanelSettings(metrics=("modes_covered",)),
        PanelSettings(metrics=("high_quality",)),
    )
    seconds: Annotated[float, Interval(gt=0, le=3600)] = 6.0


class Scenario(_Model):
    """One experiment: who plays, what is recorded, what is claimed."""

    title: Line
    title_zh: Line | None = None
    lesson: Line
    lesson_zh: Line | None = None
    source: Line | None = None
    target: Annotated[Choice, From(TARGETS)]
    generator: GeneratorSettings = GeneratorSettings()
    discriminator: DiscriminatorSettings = DiscriminatorSettings()
    game: GameSettings = GameSettings()
    optimizer: OptimizerSettings = OptimizerSettings()
    training: TrainingSettings = TrainingSettings()
    recording: RecordingSettings = RecordingSettings()
    film: FilmSettings = FilmSettings()
    claims: Annotated[tuple[Annotated[Claim, Built(Claim)], ...], Len(0, 64)] = ()

    _name: str = PrivateAttr(default="")

    @validator(mode="after")
    def _fits_in_memory(self) -> Scenario:
        batch = max(self.training.batch, self.recording.samples)
        widths = sum(self.generator.hidden) + sum(self.discriminator.hidden)
        needs = {
            # Activations and their gradients of one update, float32.
            "training": 8 * batch * widths,
            "recording": self.recorded_bytes(1, 1),
        }
        for part, n_bytes in needs.items():
            if n_bytes > MOST_BYTES:
                raise PydanticCustomError(
                    "memory",
                    "{part}: these sizes need {needed} GiB a seed, at most {most} GiB are allowed; "
                    "lower the batch, the widths, or what is recorded",
                    {"part": part, "needed": n_bytes >> 30, "most": MOST_BYTES >> 30},
                )
        return self

    def recorded_bytes(self, n_seeds: int, n_filmed: int) -> int:
        """Size of the trace in memory, up to small arrays."""
        kept = self.recording
        # float32: samples and both logits of every seed; pushes and surface of the filmed ones.
        numbers = n_seeds * 4 * kept.samples + n_filmed * (2 * kept.samples + kept.grid**2)
        return 4 * kept.snapshots * numbers

    @property
    def name(self) -> str:
        """The file's stem."""
        return self._name

    @property
    def settings(self) -> dict[str, Any]:
        """All settings as plain data, defaults included; what is not set is left out."""
        return self.model_dump(mode="json", exclude_none=True)

    @property
    def text(self) -> str:
        """All settings as TOML, without `extends`: enough to run the scenario again anywhere."""
        return as_toml(self.settings)


def as_toml(settings: Mapping[str, Any]) -> str:
    """Write plain settings as TOML."""
    # Short lists on one line, as people write them; tomli_w would give each number its own.
    return re.sub(
        r"\[\n((?:    [^\n{\[]{1,24},\n){1,16})\]",
        lambda found: "[" + ", ".join(x.strip(" ,") for x in found[1].splitlines()) + "]",
        tomli_w.dumps(settings),
    )


# Bytes a seed. Eight seeds of it still fit the memory of a large laptop.
MOST_BYTES = 4 << 30


def load(name: str | Path, changes: Sequence[str] = ()) -> Scenario:
    """Load a scenario by name or path, with changes laid over it.

    Args:
        name: A scenario's name or a path to a TOML file.
        changes: Settings such as "game.objective=saturating"; the value is TOML, or a bare string.

    Raises:
        ToylabError: With every mistake of the file, each with its path and what is allowed.
    """
    path = catalogue.find(str(name))
    settings = catalogue.resolve(path)
    for change in changes:
        settings = catalogue.merged(settings, _parsed_change(change))
    return check(settings, where=str(path), name=path.stem)


def check(settings: Mapping[str, Any], where: str = "scenario", name: str = "") -> Scenario:
    """Turn plain settings into a scenario.

    Raises:
        ToylabError: With every mistake found; `where` says in which file.
    """
    try:
        scenario = Scenario.model_validate(_tupled(settings))
    except ValidationError as error:
        # A mistake may be reported twice, by a union's branches; dict keeps order and drops twins.
        lines = dict.fromkeys(_explain(e, settings) for e in error.errors(include_url=False))
        raise ToylabError("\n".join(f"{where}: {line}" for line in lines)) from None
    scenario._name = name
    return scenario


def differences(scenario: Scenario, base: Scenario) -> list[tuple[str, Any, Any]]:
    """Settings in which a scenario differs from another: path, the base's value, its own.

    What a scenario says about itself (title, lesson, claims ...) is left out.
    """
    ours, theirs = _flat(scenario.settings), _flat(base.settings)
    paths = sorted(ours.keys() | theirs.keys())
    return [
        (path, theirs.get(path), ours.get(path))
        for path in paths
        if ours.get(path) != theirs.get(path) and path.split(".")[0] not in catalogue.OWN_KEYS
    ]


def base_of(name: str | Path) -> Scenario | None:
    """The scenario that a scenario extends, or None."""
    links = catalogue.chain(catalogue.find(str(name)))
    return None if len(links) == 1 else load(links[-2][0])


def _flat(settings: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in settings.items():
        flat |= (
            _flat(value, f"{prefix}{key}.") if isinstance(value, dict) else {prefix + key: value}
        )
    return flat


def _tupled(value: Any) -> Any:
    """Lists as tuples, all the way down: strict models take tuples."""
    if isinstance(value, Mapping):
        return {key: _tupled(inner) for key, inner in value.items()}
    return tuple(_tupled(inner) for inner in value) if isinstance(value, list | tuple) else value


def _parsed_change(change: str) -> dict[str, Any]:
    path, equals, text = change.partition("=")
    keys = path.strip().split(".")
    if not equals or not all(keys):
        raise ToylabError(
            f'--set "{change}" is not a change. Expected a path and a value: game.generator_steps=1'
        )
    value: Any
    try:
        value = tomllib.loads(f"value = {text.strip()}")["value"]
    except (tomllib.TOMLDecodeError, RecursionError):
        value = text.strip()
    for key in reversed(keys):
        value = {key: value}
    return value


@cache
def schema() -> dict[str, Any]:
    """JSON schema of a scenario file, for editors."""
    made = Scenario.model_json_schema()
    # Followed before the settings are checked, and so no field of a scenario.
    base = {"type": "string", "description": "Name or path of the scenario that this one changes."}
    return made | {"properties": {"extends": base, **made["properties"]}}


def _explain(error: Any, settings: Any) -> str:
    """One mistake in one to three lines: its path, what was given, what is allowed."""
    path, node = "", schema()
    value: Any = settings
    for part in error["loc"]:
        node = _descend(node, None, value)
        if isinstance(value, Mapping) and part not in value and part == value.get("kind"):
            continue  # the name of a union's branch, not a key
        if error["type"] == "extra_forbidden" and part == error["loc"][-1]:
            known = node.get("properties", {})
            return unknown(f"{path}:" if path else "key", part, known).replace(': "', ': key "', 1)
        node = _descend(node, part, value)
        path = f"{path}[{part}]" if isinstance(part, int) else f"{path}.{part}".lstrip(".")
        try:
            value = value[part]
        except (KeyError, IndexError, TypeError):
            value = None
    node = _descend(node, None, value)
    given = error["input"]
    if error["type"] == "literal_error":
        return unknown(path, given, node.get("enum", [node.get("const")]))
    if error["type"] == "union_tag_invalid":
        return unknown(path, error["ctx"]["tag"], node["discriminator"]["mapping"])
    if error["type"] == "union_tag_not_found":
        known = ", ".join(sorted(node["discriminator"]["mapping"]))
        return f"{path}.kind is missing.\n  Known: {known}."
    if error["type"] == "missing":
        return f"{path} is missing; every scenario needs it."
    if error["type"] in ("row", "still", "memory"):
        return f"{path}: {error['msg']}".removeprefix(": ")
    message = error["msg"].replace("Input should be", "must be").replace("Tuple", "List")
    message = message.replace("valid tuple", "list").replace("valid dictionary", "table")
    shown = repr(given) if len(repr(given)) <= 60 else repr(given)[:57] + "..."
    return f"{path or 'scenario'}: {message[0].lower()}{message[1:]}, got {shown}."


def _descend(node: dict[str, Any], part: str | int | None, value: Any) -> dict[str, Any]:
    """The schema below a key or index; with no part, behind references and chosen branches."""
    while True:
        if "$ref" in node:
            node = schema()["$defs"][node["$ref"].rsplit("/", 1)[-1]]
        elif "oneOf" in node and isinstance(value, Mapping):
            branch = node["discriminator"]["mapping"].get(str(value.get("kind")))
            if branch is None:
                break
            node = {"$ref": branch}
        elif "anyOf" in node:
            node = node["anyOf"][0]
        else:
            break
    if part is None:
        return node
    if isinstance(part, int):
        return node.get("items", {})
    return node.get("properties", {}).get(part, {})
