"""The page: everything that the player needs to know of a film, in one HTML file.

Nothing of a film's text is ever markup: it travels as JSON in which "<" is escaped, and the script sets
it as text.
"""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from toylab.base.axes import Float
from toylab.base.errors import ToylabError
from toylab.film.animation import Animation
from toylab.film.chapters import Chapter, chapters_of
from toylab.film.layers import LAYERS, LIMITS, Layer, View
from toylab.film.panels import Panel, read
from toylab.film.script import Cell
from toylab.film.style import DPI, THEMES, Theme
from toylab.film.words import WORDS, Words
from toylab.film.writers import Timing
from toylab.show.bundle import SCRIPTS, bundled
from toylab.show.page.packing import SIDE, Pack, Packer
from toylab.targets import Target, cell_centres, density_known
from toylab.trace import Trace
from toylab.trace.bounds import MOST_FILMED

# The themes between which it switches.
SWITCHED = ("light", "dark")
# Offered besides those that the scenario shows, and at first off.
_OFFERED = ("surface", "density", "real", "trails", "generated", "arrows")
# Rows and columns at which the density can be asked for.
_DENSITY = 96


def page_of(film: Animation, timing: Timing, told: str, frame: int = 0) -> str:
    """Write the page.

    Args:
        film: What is seen. Of the page's two themes its own stands for dark if it is dark, else for light.
        timing: How long frames stand.
        told: Provenance, JSON, where `writers.pages` finds it again.
        frame: On which it opens.
    """
    pack, lang, script = Pack(), film.words.code, film.script
    theme = film.theme_name if film.theme_name in SWITCHED else SWITCHED[0]
    themes = {name: THEMES[name] for name in SWITCHED} | {theme: film.theme}
    steps = film.longest.steps[film.frames].tolist()
    page = {
        "title": script.title,
        "lesson": script.lesson,
        "steps": steps,
        "durations": timing.durations(len(steps)),
        "theme": theme,
        "lang": lang,
        "frame": frame,
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
        "scenes": _seeds(film, themes, pack) if film.alone else [_stages(film, themes, pack)],
    }
    page["pack"] = pack.text()
    parts = {
        "HEADED": "" if film.layout.headed else ' class="bare"',
        "LANG": "zh-CN" if lang == "zh" else "en",
        "TITLE": html.escape(film.title),
        "STYLE": _part("page.css"),
        "SCRIPT": bundled([SCRIPTS / "page" / "page.js"]),
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


def _seeds(film: Animation, themes: Mapping[str, Theme], pack: Pack) -> list[dict[str, Any]]:
    """A scene for every filmed seed, the film's first, with limits and axes that have room for all."""
    (own, *_), names = film.script.cells, film.script.layers
    filmed = [int(seed) for seed in own.trace.seeds[own.trace.filmed[:MOST_FILMED]]]
    seeds = list(dict.fromkeys([own.seed, *filmed]))
    limits = {name: max(of(own.trace, seed) for seed in seeds) for name, of in LIMITS.items()}
    found = []
    for seed in seeds:
        cell = Cell(own.trace, seed)
        panels = panels_of(film, seed, seeds)
        found.append(
            {
                "name": str(seed),
                "stages": [_stage(cell, film.frames, names, limits, themes, pack)],
                "panels": [_panel(panel, film.frames) for panel in panels],
                "chapters": {
                    code: _chapters(chapters_of(cell.trace, cell.seed, words), film.frames)
                    for code, words in WORDS.items()
                },
            }
        )
    return found


def panels_of(film: Animation, seed: int, beside: Sequence[int]) -> list[Panel]:
    """The panels of another seed where a film has its own, on a figure that nobody sees.

    Args:
        film: Of one seed.
        seed: Whose curves.
        beside: Seeds whose curves must find room too.
    """
    shown = [panel.axes.get_position().bounds for panel in film.panels]
    layout = film.layout
    figure = Figure((layout.width / DPI, layout.height / DPI), dpi=layout.dpi)
    FigureCanvasAgg(figure)
    return film.open_panels([figure.add_axes(box) for box in shown], seed, beside)


def _stages(film: Animation, themes: Mapping[str, Theme], pack: Pack) -> dict[str, Any]:
    """All stages at once; what happens on one is no story of those beside it."""
    stages = [
        {
            **_stage(cell, nearest[film.frames], film.script.layers, film.limits, themes, pack),
            "title": cell.title,
            "mark": cell.mark,
            "judged": int(np.searchsorted(film.frames, cell.judged)),
            **(_later(film, cell) if cell.begins else {}),
        }
        for cell, nearest in zip(film.script.cells, film.nearest, strict=True)
    ]
    chapters = {
        code: _chapters(film.told_chapters(words), film.frames) for code, words in WORDS.items()
    }
    return {"name": "", "stages": stages, "panels": [], "chapters": chapters}


def _later(film: Animation, cell: Cell) -> dict[str, Any]:
    """From which frame on a stage is shown, and what it says before."""
    return {
        "begins": int(np.searchsorted(film.frames, film.begins(cell))),
        "later": {code: words.parts.format(step=cell.begins) for code, words in WORDS.items()},
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
    cell: Cell,
    snapshots: Sequence[int],
    layers: Sequence[str],
    limits: Mapping[str, float],
    themes: Mapping[str, Theme],
    pack: Pack,
) -> dict[str, Any]:
    """One stage: its layers, and what can be asked of its places.

    `snapshots` are those of the frames, `layers` are on at first, `limits` are what stages share.
    """
    trace, drawn = cell.trace, []
    for name in _on_offer(layers):
        view = View(trace, cell.seed, SIDE, limits.get(name, 0.0))
        try:
            layer = LAYERS[name](view)
        except ToylabError:
            continue  # the trace has not what it shows
        packer = Packer(pack, snapshots, layer.extent or trace.extent, themes)
        drawn.append({"name": name, "shown": name in layers, **told_layer(name, layer, packer)})
    return {
        "title": {},
        "mark": "",
        "judged": 0,
        "layers": drawn,
        "output": trace.provenance.get("output", "logit"),
        "extent": [float(v) for v in trace.extent],
        "ended": int(trace.diverged_at[trace.row(cell.seed)]),
        "density": _density(trace, snapshots, pack),
    }


def told_layer(name: str, layer: Layer, packer: Packer) -> dict[str, Any]:
    """A layer for a page: its words, its entry in the key, its bar, its strokes.

    Args:
        name: Key of `LAYERS`.
        layer: Opened.
        packer: With what its strokes are packed.
    """
    key, bar, themes = layer.key, layer.bar, packer.themes
    return {
        "words": {code: _called(name, layer, words) for code, words in WORDS.items()},
        "mark": key.mark if key else None,
        "colour": {code: one.colour(key.role) for code, one in themes.items()} if key else {},
        "bar": {
            code: {"name": words.told(bar.name), "ticks": bar.ticks}
            for code, words in WORDS.items()
            if bar
        },
        "strokes": [packer.stroke(stroke) for stroke in layer.strokes],
    }


def _called(name: str, layer: Layer, words: Words) -> str:
    """What a layer is called: its words in the key, or its own, or its name.

    Args:
        name: Key of `LAYERS`.
        layer: Opened.
        words: Language.
    """
    return str(getattr(words, layer.key.words if layer.key else name, name.replace("_", " ")))


def _density(trace: Trace, snapshots: Sequence[int], pack: Pack) -> Any:
    """Log density on a grid, as `_density_of`; with the frame from which on it holds where it changes."""
    of = [trace.target_of(snapshot) for snapshot in snapshots]
    starts = [k for k, target in enumerate(of) if not k or target is not of[k - 1]]
    found = [_density_of(of[k], trace.extent, pack) for k in starts]
    if len(found) == 1:
        return found[0]
    return [{"from": k, **(told or {})} for k, told in zip(starts, found, strict=True)]


def _density_of(target: Target, extent: Float, pack: Pack) -> dict[str, Any] | None:
    """Lowest row first: hundredths of nats below its peak; None if unknown."""
    if not density_known(target):
        return None
    x, y = cell_centres(extent, _DENSITY)
    log_p = np.asarray(target.log_density(np.stack(np.meshgrid(x, y), axis=-1)))
    peak = float(log_p.max())
    if not np.isfinite(peak):
        return None  # it lies between the places of the grid
    below = np.rint(100 * np.clip(peak - log_p, 0, 600)).astype(int)
    return {"peak": peak, "below": pack.add(below)}


def _one_or_all(values: list[int]) -> int | list[int]:
    """One value where it is that of all frames."""
    return values if len({*values}) > 1 else values[0]


def _panel(panel: Panel, frames: Sequence[int]) -> dict[str, Any]:
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

    return {
        "ticks": [
            [h, words]
            for h, words in zip(height([*panel.ticks]), panel.ticks.values(), strict=True)
        ],
        "thresholds": [
            [one.start, one.end, height([one.at])[0], one.words, one.side, one.curve]
            for one in panel.thresholds
        ],
        "floors": [[height([one.at])[0], one.side, one.early] for one in panel.floors],
        "curves": [
            {
                "name": {code: words.label(curve.metric) for code, words in WORDS.items()},
                "steps": curve.metric.style == "count",
                "at": height(curve.drawn[frames]),
                "said": [read(curve.metric, float(value)) for value in curve.values[frames]],
                "total": _one_or_all(curve.totals[frames].tolist()),
            }
            for curve in panel.curves
        ],
        "bands": [[height(quartile[frames]) for quartile in band] for band in panel.bands],
        **({"changes": panel.changes} if panel.changes else {}),
    }


def _chapters(found: Sequence[Chapter], frames: Sequence[int]) -> list[list[Any]]:
    """Frame, words, and of what somebody changes that it is so."""
    at = np.searchsorted(np.asarray(frames), [chapter.frame for chapter in found])
    last = len(frames) - 1
    return [
        [min(int(k), last), c.words, *([True] if c.what else [])]
        for k, c in zip(at, found, strict=True)
    ]
