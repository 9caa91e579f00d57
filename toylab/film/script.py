"""What a film shows: its stages, their layers and curves; of one seed of a trace here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from toylab.base.errors import ToylabError, unknown
from toylab.film.board import Board
from toylab.film.layers import LAYERS
from toylab.film.layout import Places, alone
from toylab.film.panels import LEAST_SEEDS, PanelPlan
from toylab.film.words import WORDS
from toylab.metrics import METRICS, Setting
from toylab.trace import Trace

# The first two of these that mean anything are shown where a scenario names none.
DEFAULT_CURVES = (
    "parameter_norm",
    "sliced_wasserstein",
    "discriminator_accuracy",
    "discriminator_loss",
)
# What a scenario shows that names no layers.
DEFAULT_LAYERS = ("surface", "real", "generated", "arrows")


@dataclass(frozen=True)
class Cell:
    """A stage of a film: one seed of a trace.

    Attributes:
        trace: What was measured.
        seed: Whose training, by its number.
        title: The words above it, by language.
        mark: Says whether the seed did as claimed; empty if nothing is.
        judged: Snapshot from which on that is known and the mark shows.
        begins: Step up to which it is what a stage before it shows, and stands empty.
    """

    trace: Trace
    seed: int
    title: dict[str, str] = field(default_factory=dict)
    mark: str = ""
    judged: int = 0
    begins: int = 0


@dataclass(frozen=True)
class Script:
    """What a film shows, however it looks.

    Attributes:
        cells: The stages.
        title: By language.
        lesson: By language.
        layers: Names, bottom first.
        places: Where the stages stand.
        panels: Curves beside a stage that has the film for itself; None where stages stand side by side.
        name: What stands small at the lower right, by language.
        captioned: Whether the stages side by side have their titles above them.
        around: Draws what else stands still, below so many lines of the lesson.
    """

    cells: Sequence[Cell]
    title: dict[str, str]
    lesson: dict[str, str]
    layers: Sequence[str]
    places: Places
    panels: Sequence[PanelPlan] | None = None
    name: dict[str, str] = field(default_factory=dict)
    captioned: bool = True
    around: Callable[[Board, int], None] = lambda board, lesson_lines: None


def check_names(layers: Sequence[str], curves: Sequence[PanelPlan]) -> None:
    """Check the names in a scenario's `[film]`.

    Raises:
        ToylabError: With every name that is neither layer nor metric.
    """
    mistakes = [unknown("film.layers", name, LAYERS) for name in layers if name not in LAYERS]
    for panel in curves:
        mistakes += [unknown("film.curves", m, METRICS) for m in panel.metrics if m not in METRICS]
    if mistakes:
        raise ToylabError("\n".join(mistakes))


def plans(settings: dict[str, Any]) -> tuple[list[str], list[PanelPlan]]:
    """Layers and panels from the `[film]` table of a scenario's settings."""
    film = settings.get("film", {})
    panels = [
        PanelPlan(tuple(p["metrics"]), log=p.get("scale") == "log") for p in film.get("curves", ())
    ]
    return list(film.get("layers", ())), panels


def usual_panels(setting: Setting) -> list[PanelPlan]:
    """The panels of a scenario that names no curves."""
    fit = [name for name in DEFAULT_CURVES if not METRICS[name].missing(setting)]
    return [PanelPlan((name,)) for name in fit[:2]]


def chosen_plans(trace: Trace, layers: Sequence[str] | None) -> tuple[list[str], list[PanelPlan]]:
    """Layers and panels of a trace, checked: its own, or the given layers.

    Raises:
        ToylabError: If a name is unknown, or a metric means nothing here.
    """
    names, panels = plans(trace.settings)
    if layers is not None:
        names = list(layers)
    elif trace.field.size and tuple(names) == DEFAULT_LAYERS:
        # Nobody chose: the plane of the data is all but empty in a game of two numbers.
        names = ["phase"]
    setting = Setting.of(trace)
    if "curves" not in trace.settings["film"]:
        panels = usual_panels(setting)
    check_names(names, panels)
    for name in (name for plan in panels for name in plan.metrics):
        missing = METRICS[name].missing(setting)
        if missing:
            raise ToylabError(f"film.curves {name}: {missing}.")
    return names, panels


def filmed_seed(trace: Trace, seed: int | None) -> int:
    """The seed to film: the given one, or the scenario's own choice, or the first that was filmed.

    Raises:
        ToylabError: If it was not filmed.
    """
    if seed is None:
        if not len(trace.filmed):
            raise ToylabError("No seed of this trace was filmed. Record it with a filmed seed.")
        filmed = [int(seed) for seed in trace.seeds[trace.filmed]]
        own = trace.settings["film"].get("seed")
        seed = next((one for one in filmed if one == own), filmed[0])
    trace.filmed_row(seed)
    return seed


def of_seed(trace: Trace, seed: int | None, layers: Sequence[str] | None) -> Script:
    """The film of one seed of a trace, with its curves.

    Args:
        trace: What was measured.
        seed: Which seed; if none is given, the scenario's `film.seed` or else the first filmed one.
        layers: Names of layers, bottom first; the scenario's if none are given.

    Raises:
        ToylabError: If the seed was not filmed, or a layer or curve is unknown.
    """
    cell = Cell(trace, filmed_seed(trace, seed))
    names, panels = chosen_plans(trace, layers)
    banded = bool(panels) and len(trace.seeds) >= LEAST_SEEDS
    name = {}
    for code, words in WORDS.items():
        band = words.band.format(n=len(trace.seeds)) if banded else ""
        parts = (f"{words.seed} {cell.seed}", band, trace.name)
        name[code] = " · ".join(filter(None, parts))
    return Script([cell], *told(trace), names, alone, panels, name)


def told(trace: Trace) -> tuple[dict[str, str], dict[str, str]]:
    """A trace's title and lesson, by language."""
    title, lesson = (
        {code: words.of(trace.settings, key) for code, words in WORDS.items()}
        for key in ("title", "lesson")
    )
    return title, lesson
