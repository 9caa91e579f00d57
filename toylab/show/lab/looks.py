"""How the film looks, for a page that fills its layers itself: all of it is asked of the film's own tables.

Each layer is opened on a small trace in which there is something of everything; what it says of that is
dropped, and its strokes' kinds and styles are kept.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import tomli_w

from toylab.film.layers import LAYERS, Layer, View
from toylab.film.layers.arrows import APART, CLEAR, N_ARROWS, arrow_shapes
from toylab.film.layers.layer import MOST_POINTS
from toylab.film.layers.modes import MOST_LABELS
from toylab.film.layers.points import N_TRAILS, TRAIL_FRAMES
from toylab.film.strokes import Label
from toylab.film.style import LEVELS, THEMES, nice_probability
from toylab.film.words import WORDS
from toylab.metrics import METRICS
from toylab.metrics.claim import SIGNS
from toylab.metrics.modes import RADIUS
from toylab.show.page.packing import SIDE, Pack, Packer
from toylab.show.page.page import SWITCHED, told_layer
from toylab.trace import Trace

# Layers of the film that the page does not fill, and why; every other one it must.
UNFILLED: dict[str, dict[str, str]] = {
    "asked": {
        "en": "the page plays no game of classes",
        "zh": "网页不进行带类别的博弈",
    },
}

# Lines of the latent lattice each way, as a training records it.
_LINES = 21
# A class that one layer shows, and of which others need not know.
_ASKED = {"kind": "class_label", "judged": False}
# Of what a stroke shows in frames: a page that trains has its own.
_CONTENTS = {"levels", "dots", "frames", "lengths", "points", "strength", "limit"}


def looks() -> dict[str, Any]:
    """Themes, layers and metrics of the film, and the numbers by which it draws."""
    themes = {
        name: {
            **{
                key: getattr(theme, key)
                for key in ("paper", "ink", "soft", "grid", "edge", "real", "generated", "arrow")
            },
            "curves": theme.curves,
            "ramp": theme.ramp[:, :3].tolist(),
        }
        for name, theme in ((name, THEMES[name]) for name in SWITCHED)
    }
    metrics = {
        name: {
            "label": {code: words.label(metric) for code, words in WORDS.items()},
            "style": metric.style,
            "low": metric.low,
            "high": metric.high,
            "needs": metric.needs,
            "cumulative": metric.cumulative,
        }
        for name, metric in METRICS.items()
    }
    return {
        "themes": themes,
        "layers": [_told(name) for name in LAYERS],
        "metrics": metrics,
        "film": _numbers(),
    }


def _told(name: str) -> dict[str, Any]:
    """A layer without its contents."""
    layer, themes = _opened(name), {code: THEMES[code] for code in SWITCHED}
    told = told_layer(name, layer, Packer(Pack(), [0, 1], layer.extent or _trace().extent, themes))
    return told | {
        "name": name,
        "strokes": [_bare(stroke) for stroke in told["strokes"]],
        "offered": name not in UNFILLED,
    }


def _bare(stroke: dict[str, Any]) -> dict[str, Any]:
    """A stroke without what it shows in frames; of words, those that it began with."""
    bare = {key: value for key, value in stroke.items() if key not in _CONTENTS}
    return bare | ({"said": stroke["said"]["en"][0]} if "said" in stroke else {})


def _opened(name: str, **target: Any) -> Layer:
    return LAYERS[name](View(_trace(**target), 0, SIDE))


@cache
def _trace(kind: str = "ring") -> Trace:
    """Two snapshots of a game that nobody played, with whatever a layer may ask for."""
    around = np.linspace(0, 1, 16).reshape(2, 1, 4, 2)
    surface = np.linspace(-1, 1, 32).reshape(2, 1, 4, 4)
    return Trace(
        steps=np.arange(2),
        samples=around,
        real_logits=around[..., 0],
        fake_logits=around[..., 0],
        losses=np.zeros((2, 1, 2)),
        gradients=np.zeros((2, 1, 4)),
        critic=np.zeros((2, 1, 2)),
        logits=surface,
        pushes=around,
        lattice=np.zeros((2, 1, _LINES, _LINES, 2)),
        diverged_at=np.array([-1]),
        seeds=np.array([0]),
        filmed=np.array([0]),
        real=around[0],
        extent=np.array([-3.0, 3.0, -3.0, 3.0]),
        train_logits=np.zeros((2, 1, 0)),
        parameters=np.zeros((2, 1, 2)),
        field=np.ones((3, 3, 2)),
        field_extent=np.array([-1.0, 1.0, -1.0, 1.0]),
        target_data=np.zeros((0, 0)),
        settings_text=tomli_w.dumps({"target": {"kind": kind}, "game": {"penalties": [_ASKED]}}),
        provenance={},
    )


def _numbers() -> dict[str, Any]:
    """Numbers that stand in the layers, as they show themselves there."""
    # Arrows along x of 100 and of 6 pixels: the whole shape, and how it shrinks.
    long, short = arrow_shapes(np.zeros((2, 2)), np.array([[100.0, 0], [6, 0]]), 1e3, 1.0)
    head, wing, half = float(100 - long[1, 0]), float(long[2, 1]), float(long[0, 1])
    whole = float(6 * head / (6 - short[1, 0]))
    first, third = (label for label in _opened("modes").strokes[:3:2] if isinstance(label, Label))
    above = next(label for label in _opened("modes", kind="grid").strokes)
    assert isinstance(above, Label)
    return {
        "side": SIDE,
        "levels": LEVELS,
        "points": MOST_POINTS,
        "arrows": N_ARROWS,
        "arrow": {
            **{"head": head, "wing": wing, "half": half, "whole": whole},
            **{"apart": APART, "clear": CLEAR},
        },
        "trails": N_TRAILS,
        "trailFrames": TRAIL_FRAMES,
        "mostLabels": MOST_LABELS,
        # From a mode to its words, pixels: outwards along each axis on a ring, else above.
        "outwards": [float(first.shift[0]), float(third.shift[1])],
        "above": float(above.shift[1]),
        "radius": RADIUS,
        # Where a scale of probabilities may end.
        "probabilities": sorted({nice_probability(x) for x in np.linspace(0, 5, 2001)}),
        "signs": SIGNS,
    }
