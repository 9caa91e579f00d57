"""Film: one figure, many frames.

What stands still is drawn once. A frame puts that back and draws what moves over it (blitting); vector
output and tests draw the whole figure anew, and both give the same pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.patches import Rectangle
from matplotlib.text import Text

from toylab.claims import REDUCTIONS, Claim, told_claims
from toylab.errors import ToylabError, unknown
from toylab.film.layers import LAYERS, Bar
from toylab.film.panels import LEAST_SEEDS, Panel, PanelPlan
from toylab.film.reel import Reel
from toylab.film.style import (
    LABEL,
    LESSON,
    LEVELS,
    PANEL,
    STEP,
    TITLE,
    Layout,
)
from toylab.film.text import fitted, wrapped
from toylab.metrics import METRICS, Setting
from toylab.trace import Trace

# What a scenario shows that names no layers.
DEFAULT_LAYERS = ("surface", "real", "generated", "arrows")
# The first two of these that mean anything are shown where a scenario names none.
DEFAULT_CURVES = (
    "parameter_norm",
    "sliced_wasserstein",
    "discriminator_accuracy",
    "discriminator_loss",
)


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


class Film(Reel):
    """The film of one seed of a trace.

    Args:
        trace: What was measured.
        seed: Which seed; the first filmed one if none is given.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.

    Raises:
        ToylabError: If the seed was not filmed, or a theme, layer, curve or language is unknown.
    """

    def __init__(
        self, trace: Trace, seed: int | None = None, theme: str = "light", lang: str = "en"
    ) -> None:
        if seed is None:
            if not len(trace.filmed):
                raise ToylabError("No seed of this trace was filmed. Record it with a filmed seed.")
            seed = int(trace.seeds[trace.filmed[0]])
        trace.filmed_row(seed)
        self.trace, self.seed = trace, seed
        self._dress(theme, lang)
        self._layer_names, self._plans = plans(trace.settings)
        if trace.field.size and tuple(self._layer_names) == DEFAULT_LAYERS:
            # A game of few parameters is its phase plane; its points say next to nothing.
            self._layer_names = ["phase"]
        check_names(self._layer_names, self._plans)
        setting = Setting(
            trace.target,
            int(trace.settings.get("training", {}).get("points", 0)),
            trace.provenance.get("output", "logit"),
            bool(trace.field.size),
        )
        if "curves" not in trace.settings["film"]:
            fit = [name for name in DEFAULT_CURVES if not METRICS[name].missing(setting)]
            self._plans = [PanelPlan((name,)) for name in fit[:2]]
        for name in (name for plan in self._plans for name in plan.metrics):
            missing = METRICS[name].missing(setting)
            if missing:
                raise ToylabError(f"film.curves {name}: {missing}.")
        with self._style():
            self._build()

    def __len__(self) -> int:
        """Number of frames: one a snapshot."""
        return len(self.trace.steps)

    def _told(self) -> dict[str, str]:
        return {
            **self.trace.provenance,
            "seed": str(self.seed),
            "settings": self.trace.settings_text,
        }

    @property
    def _seconds(self) -> float:
        return float(self.trace.settings["film"].get("seconds", 6.0))

    def _build(self) -> None:
        trace, theme, words = self.trace, self._theme, self._words
        settings = trace.settings
        lesson = wrapped(settings["lesson"], width=1200, points=LESSON)
        layout = Layout(lesson_lines=len(lesson))
        self._unroll(layout.width, layout.height)
        self._header(layout, settings["title"], lesson)
        self._layers = [LAYERS[name](theme, words) for name in self._layer_names]
        moving_stage = self._stage(layout)
        self._panels = self._open_panels(layout)
        self._step = self._text(layout.right, 664, "", STEP, theme.ink, ha="right", zorder=20)
        self._step.set_fontfamily("DejaVu Sans Mono")
        self._progress = Rectangle(
            (0, 0), 0, 5 / layout.height, transform=self._figure.transFigure, zorder=20
        )
        self._progress.set(facecolor=theme.curves[0], edgecolor="none")
        self._figure.add_artist(self._progress)
        # In the order in which a full redraw paints them: axes by axes, then the figure's own.
        self._moving: list[Artist] = [*moving_stage]
        own: list[Artist] = [self._step, self._progress]
        for panel in self._panels:
            lines = [a for a in panel.artists if not isinstance(a, Text)]
            self._moving += sorted(lines, key=lambda a: a.get_zorder())
            own += [a for a in panel.artists if isinstance(a, Text)]
        self._moving += own

    def _show(self, frame: int) -> None:
        for layer in self._layers:
            layer.show(frame)
        for panel in self._panels:
            panel.show(frame)
        step, last = int(self.trace.steps[frame]), int(self.trace.steps[-1])
        ended = int(self.trace.diverged_at[self.trace.row(self.seed)])
        self._ended.set_text(self._words.diverged.format(step=ended) if 0 <= ended <= step else "")
        self._step.set_text(f"{self._words.step} {step}")
        self._progress.set_width(step / last if last else 1.0)

    def _header(self, layout: Layout, title: str, lesson: Sequence[str]) -> None:
        ink, soft = self._theme.ink, self._theme.soft
        title, size = fitted(title, width=960, points=TITLE, least=LESSON + 3, bold=True)
        self._text(layout.left, 660, title, size, ink, fontweight="bold")
        for line, words in enumerate(lesson):
            self._text(layout.left, 627 - 28 * line, words, LESSON, soft)
        parts = [f"{self._words.seed} {self.seed}", self.trace.name]
        if self._plans and len(self.trace.seeds) >= LEAST_SEEDS:
            parts.insert(1, self._words.band.format(n=len(self.trace.seeds)))
        name = " · ".join(filter(None, parts))
        name, _ = fitted(name, width=520, points=LABEL, least=LABEL)
        self._text(layout.right, layout.key - 7, name, LABEL, soft, ha="right")

    def _stage(self, layout: Layout) -> list[Artist]:
        """Open the layers; return what moves there, bottom first."""
        ax = self._axes(layout.stage)
        x0, x1, y0, y1 = (float(v) for v in self.trace.extent)
        ax.set_xlim(x0, x1)
        ax.set_ylim(y0, y1)
        moving: list[Artist] = []
        for layer in self._layers:
            moving += layer.open(ax, self.trace, self.seed)
        theme = self._theme
        # Above the surface, and so among the artists that are drawn anew.
        frame = Rectangle((0, 0), 1, 1, transform=ax.transAxes, fill=False, clip_on=False)
        frame.set(edgecolor=theme.soft, linewidth=1.0)
        ax.add_artist(frame)
        self._ended = ax.text(
            0.5, 0.5, "", transform=ax.transAxes, ha="center", va="center", fontsize=PANEL
        )
        self._ended.set(fontweight="bold", color=theme.ink)
        self._ended.set_bbox({"facecolor": theme.paper, "edgecolor": theme.ink, "pad": 8})
        moving += [frame, self._ended]
        for order, artist in enumerate(moving):
            artist.set_zorder(10 + order)
        self._key_row(self._layers, layout.left, layout.key)
        bar = next((layer.bar for layer in self._layers if layer.bar), None)
        if bar:
            self._bar(layout, bar)
        return moving

    def _bar(self, layout: Layout, bar: Bar) -> None:
        """The surface's colours beside the stage; the words of the ends stay inside its length."""
        ax = self._axes(layout.bar)
        left, bottom, width, height = layout.bar
        ramp = self._theme.ramp[:LEVELS, None]
        ax.imshow(ramp, aspect="auto", origin="lower", interpolation="nearest")
        for place, words in bar.ticks:
            shift = {0.0: 0.0, 1.0: -15.0}.get(place, -7.0)
            self._text(
                left + width + 9, bottom + place * height + shift, words, LABEL, self._theme.soft
            )
        # Under its ticks, clear of the key beside it.
        self._text(left + width + 9, layout.key - 7, bar.name, LABEL, self._theme.soft)

    def _open_panels(self, layout: Layout) -> list[Panel]:
        claims = told_claims(self.trace.settings)
        boxes = layout.panels(tuple(plan.header_lines for plan in self._plans))
        colours = iter([*self._theme.curves, *self._theme.curves])
        return [
            Panel(
                self._axes(box),
                plan,
                self._theme,
                self._words,
                self.trace,
                self.seed,
                [c for c in claims if _drawn(c, plan)],
                [next(colours) for _ in plan.metrics],
                step_axis=box is boxes[-1],
            )
            for box, plan in zip(boxes, self._plans, strict=True)
        ]


def _drawn(claim: Claim, plan: PanelPlan) -> bool:
    """Whether a claim's threshold is a place on a panel's axis."""
    in_units = REDUCTIONS[claim.reduce].in_units and not claim.against
    return claim.metric in plan.metrics and in_units
