"""The page: everything that the player needs to know of a film, in one HTML file.

Nothing of a film's text is ever markup: it travels as JSON in which "<" is escaped, and the script sets
it as text.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

import numpy as np

from toylab.base.errors import ToylabError
from toylab.film.chapters import chapters_of
from toylab.film.layers import LAYERS, Layer, View
from toylab.film.panels import Panel, read
from toylab.film.style import THEMES, Theme
from toylab.film.words import WORDS, Words
from toylab.film.writers import Timing
from toylab.show.page.packing import SIDE, Pack, Packing
from toylab.targets import cell_centres, density_known
from toylab.trace import Trace

# The themes between which it switches.
SWITCHED = ("light", "dark")
# Offered besides those that the scenario shows, and at first off.
_OFFERED = ("surface", "density", "real", "trails", "generated", "arrows")
# Rows and columns at which the density can be asked for.
_DENSITY = 96


@dataclass(frozen=True)
class Cell:
    """One stage of a scene.

    Attributes:
        trace: What was measured.
        seed: Whose training.
        title: By language.
        snapshots: What is shown in each frame.
        limits: What layers' limits are at least, by name, where stages share them.
        mark: Stands behind the title from frame `judged` on.
        judged: See there.
    """

    trace: Trace
    seed: int
    title: dict[str, str]
    snapshots: Sequence[int]
    limits: Mapping[str, float] = field(default_factory=dict)
    mark: str = ""
    judged: int = 0


@dataclass(frozen=True)
class Scene:
    """What is seen at once: stages side by side, or one with its curves.

    Attributes:
        name: For the picker of scenes.
        cells: The stages.
        theme: The film's, with its style file.
        panels: Curves, as the film opened them.
    """

    name: str
    cells: Sequence[Cell]
    theme: Theme
    panels: Sequence[Panel] = ()


@dataclass(frozen=True)
class Story:
    """What a page has to show.

    Attributes:
        title: By language.
        lesson: By language.
        scenes: One or more.
        layers: Names of those that are on at first, bottom first.
        steps: Rounds played in each frame.
    """

    title: dict[str, str]
    lesson: dict[str, str]
    scenes: Sequence[Scene]
    layers: Sequence[str]
    steps: Sequence[int]


@dataclass(frozen=True)
class Opening:
    """How a page is at first.

    Attributes:
        theme: Key of `THEMES`. Of the player's two the film's own stands for dark if it is dark, else for
            light.
        lang: Key of `WORDS`.
        frame: Which.
        headed: Whether it shows title and lesson, then and later.
    """

    theme: str = "light"
    lang: str = "en"
    frame: int = 0
    headed: bool = True


def page_of(story: Story, timing: Timing, told: str, opening: Opening = Opening()) -> str:
    """Write the page.

    Args:
        story: What is seen.
        timing: How long frames stand.
        told: Provenance, JSON, where `writers.pages` finds it again.
        opening: What is seen first.
    """
    pack, lang = Pack(), opening.lang
    theme = opening.theme if opening.theme in SWITCHED else SWITCHED[0]
    themes = {name: THEMES[name] for name in SWITCHED}
    for scene in story.scenes[:1]:
        themes[theme] = scene.theme
    page = {
        "title": story.title,
        "lesson": story.lesson,
        "steps": list(story.steps),
        "durations": timing.durations(len(story.steps)),
        "theme": theme,
        "lang": lang,
        "frame": opening.frame,
        "side": SIDE,
        "words": {code: vars(words) for code, words in WORDS.items()},
        "themes": {
            name: {
                **{key: getattr(one, key) for key in ("paper", "ink", "soft", "grid", "edge")},
                "curves": one.curves,
                "ramp": one.ramp[:, :3].tolist(),
            }
            for name, one in themes.items()
        },
        "scenes": [_scene(scene, story.layers, themes, pack) for scene in story.scenes],
    }
    page["pack"] = pack.text()
    parts = {
        "HEADED": "" if opening.headed else ' class="bare"',
        "LANG": "zh-CN" if lang == "zh" else "en",
        "TITLE": html.escape(story.title[lang]),
        "STYLE": _part("page.css"),
        "SCRIPT": _part("page.js"),
        "PROVENANCE": _safe(told),
        "FILM": _safe(json.dumps(page, separators=(",", ":"), allow_nan=False)),
    }
    # In one pass: a title that looks like a mark stays a title.
    return re.sub("@([A-Z]+)@", lambda mark: parts[mark[1]], _part("page.html"))


@cache
def _part(name: str) -> str:
    return resources.files("toylab.show.page").joinpath(name).read_text(encoding="utf-8")


def _safe(told: str) -> str:
    """JSON that cannot end the element it stands in."""
    return told.replace("<", "\\u003c").replace(">", "\\u003e")


def _scene(
    scene: Scene, layers: Sequence[str], themes: Mapping[str, Theme], pack: Pack
) -> dict[str, Any]:
    first, *others = scene.cells
    return {
        "name": scene.name,
        "stages": [_stage(cell, layers, themes, pack) for cell in scene.cells],
        "panels": [_panel(panel, first) for panel in scene.panels],
        # What happens on one stage is no story of those beside it.
        "chapters": {code: [] if others else _chapters(first, code) for code in WORDS},
    }


def _on_offer(layers: Sequence[str]) -> list[str]:
    """The layers in their order, and those merely on offer, each above all that it is drawn over."""
    names, table = list(layers), [*LAYERS]
    # In a game of two numbers the plane of the data is all but empty.
    for name in () if "phase" in names else _OFFERED:
        if name not in names:
            below = [k for k, one in enumerate(names) if table.index(one) < table.index(name)]
            names.insert(max(below, default=-1) + 1, name)
    return names


def _stage(
    cell: Cell, layers: Sequence[str], themes: Mapping[str, Theme], pack: Pack
) -> dict[str, Any]:
    trace = cell.trace
    drawn = [_layer(cell, name, name in layers, themes, pack) for name in _on_offer(layers)]
    return {
        "title": cell.title,
        "mark": cell.mark,
        "judged": cell.judged,
        "layers": [layer for layer in drawn if layer],
        "output": trace.provenance.get("output", "logit"),
        "extent": [float(v) for v in trace.extent],
        "ended": int(trace.diverged_at[trace.row(cell.seed)]),
        "density": _density(trace, pack),
    }


def _layer(
    cell: Cell, name: str, shown: bool, themes: Mapping[str, Theme], pack: Pack
) -> dict[str, Any] | None:
    """One layer of a stage; None where the trace cannot show it.

    Args:
        cell: The stage.
        name: Of the layer.
        shown: Whether it is on at first.
        themes: Between which the page switches, by name.
        pack: Takes the arrays.
    """
    try:
        layer = LAYERS[name](View(cell.trace, cell.seed, SIDE, cell.limits.get(name, 0.0)))
    except ToylabError:
        return None
    key, bar = layer.key, layer.bar
    packing = Packing(pack, cell.snapshots, layer.extent or cell.trace.extent, themes)
    return {
        "name": name,
        "shown": shown,
        "words": {code: _called(name, layer, words) for code, words in WORDS.items()},
        "mark": key.mark if key else None,
        "colour": {code: one.colour(key.role) for code, one in themes.items()} if key else {},
        "bar": {
            code: {"name": words.told(bar.name), "ticks": bar.ticks}
            for code, words in WORDS.items()
            if bar
        },
        "strokes": [packing.stroke(stroke) for stroke in layer.strokes],
    }


def _called(name: str, layer: Layer, words: Words) -> str:
    """What a layer is called: its words in the key, or its own, or its name."""
    return str(getattr(words, layer.key.words if layer.key else name, name.replace("_", " ")))


def _density(trace: Trace, pack: Pack) -> dict[str, Any] | None:
    """Log density on a grid, lowest row first: hundredths of nats below its peak; None if unknown."""
    if not density_known(trace.target):
        return None
    x, y = cell_centres(trace.extent, _DENSITY)
    log_p = np.asarray(trace.target.log_density(np.stack(np.meshgrid(x, y), axis=-1)))
    peak = float(log_p.max())
    if not np.isfinite(peak):
        return None  # it lies between the places of the grid
    below = np.rint(100 * np.clip(peak - log_p, 0, 600)).astype(int)
    return {"peak": peak, "below": pack.add(below)}


def _panel(panel: Panel, cell: Cell) -> dict[str, Any]:
    low, high = panel.axes.get_ylim()
    log = panel.axes.get_yscale() == "log"

    def height(values: Any) -> list[int | None]:
        """Thousandths of the axis; None where there is nothing."""
        values = np.asarray(values, dtype=float)
        with np.errstate(divide="ignore", invalid="ignore"):
            share = (
                np.log(values / low) / np.log(high / low) if log else (values - low) / (high - low)
            )
        return [round(1000 * float(s)) if np.isfinite(s) else None for s in share]

    frames = list(cell.snapshots)
    return {
        "ticks": [
            [h, words]
            for h, words in zip(height([*panel.ticks]), panel.ticks.values(), strict=True)
        ],
        "thresholds": [
            [one.start, one.end, height([one.at])[0], one.words, one.side, one.curve]
            for one in panel.thresholds
        ],
        "curves": [
            {
                "name": {code: words.label(curve.metric) for code, words in WORDS.items()},
                "steps": curve.metric.style == "count",
                "at": height(curve.drawn[frames]),
                "said": [read(curve.metric, float(value)) for value in curve.values[frames]],
                "total": curve.total,
            }
            for curve in panel.curves
        ],
        "bands": [[height(quartile[frames]) for quartile in band] for band in panel.bands],
    }


def _chapters(cell: Cell, lang: str) -> list[list[Any]]:
    """Frame and words."""
    found = chapters_of(cell.trace, cell.seed, WORDS[lang])
    at = np.searchsorted(np.asarray(cell.snapshots), [chapter.frame for chapter in found])
    last = len(cell.snapshots) - 1
    return [[min(int(k), last), c.words] for k, c in zip(at, found, strict=True)]
