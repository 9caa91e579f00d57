"""What a trace says of its scenario: plain data that somebody else may have written.

A film reads it where nothing can be trained, so what it reads is checked here and once. The bounds are
those of a scenario, which takes them from here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Literal

from annotated_types import Interval, Len

from toylab.base.choice import misfit

# A film lays out a title of a megabyte for minutes.
Phrase = Annotated[str, Len(1, 400)]
Layers = Annotated[tuple[Phrase, ...], Len(0, 32)]
PanelMetrics = Annotated[tuple[Phrase, ...], Len(1, 4)]
AxisScale = Literal["linear", "log"]
Seconds = Annotated[float, Interval(gt=0, le=3600)]
# A GIF cannot show more frames a second.
FramesASecond = Annotated[float, Interval(ge=0.1, le=50)]
SeedNumber = Annotated[int, Interval(ge=0, lt=2**63)]
TrainingPoints = Annotated[int, Interval(ge=0, le=1_000_000)]
MOST_PANELS, MOST_CLAIMS, MOST_CHANGES = 2, 64, 16
# Rounds before a change on the way.
ChangeAt = Annotated[int, Interval(ge=1, le=10_000_000)]
# Seeds of a trace that are filmed: seen at once, or one after the other on a page.
MOST_FILMED = 9


@dataclass
class _Panel:
    metrics: PanelMetrics
    scale: AxisScale = "linear"


@dataclass
class _Film:
    layers: Layers = ()
    curves: Annotated[tuple[_Panel, ...], Len(0, MOST_PANELS)] = ()
    seconds: Seconds = 6.0
    fps: FramesASecond | None = None
    seed: SeedNumber = 0


@dataclass
class _Training:
    points: TrainingPoints = 0


@dataclass
class _Penalty:
    kind: Phrase
    judged: bool = True
    surface: Annotated[int, Interval(ge=0, le=1023)] = 0


@dataclass
class _Game:
    penalties: Annotated[tuple[_Penalty, ...], Len(0, 16)] = ()


@dataclass
class _Change:
    at: ChangeAt
    target: dict | None = None


@dataclass
class _Told:
    """What is read; whoever reads a claim knows what one is."""

    title: Phrase
    lesson: Phrase
    target: dict
    film: _Film
    title_zh: Phrase = ""
    lesson_zh: Phrase = ""
    source: Phrase = ""
    game: _Game | None = None
    training: _Training | None = None
    claims: Annotated[tuple[dict, ...], Len(0, MOST_CLAIMS)] = ()
    changes: Annotated[tuple[_Change, ...], Len(0, MOST_CHANGES)] = ()


def misread(settings: Mapping[str, Any]) -> str:
    """Say what a film could not read in a scenario's settings; empty if it can read all."""
    if _dated(settings):
        return "it holds a date or a time, and no setting is one"
    if wrong := misfit(settings, _Told, ""):
        return wrong
    at = [change["at"] for change in settings.get("changes", ())]
    return "" if at == sorted(set(at)) else f"its changes do not follow one another: {at}"


def _dated(value: Any) -> bool:
    """Whether a date or a time stands anywhere in it, which TOML knows and JSON does not."""
    if isinstance(value, Mapping | list):
        return any(map(_dated, value.values() if isinstance(value, Mapping) else value))
    return not isinstance(value, str | int | float)
