"""Film: the training of one seed, with its curves."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.text import Text

from toylab.base.errors import ToylabError, unknown
from toylab.film.animation import Animation
from toylab.film.chapters import Chapter, chapters_of
from toylab.film.key import draw_bar, draw_key
from toylab.film.layers import LAYERS, LIMITS
from toylab.film.layout import LAYOUTS
from toylab.film.panels import LEAST_SEEDS, Panel, PanelPlan
from toylab.film.stage import Stage
from toylab.film.stamp import stamp
from toylab.film.style import LABEL, THEMES
from toylab.film.words import WORDS
from toylab.metrics import METRICS, Setting
from toylab.metrics.claim import REDUCTIONS, Claim, told_claims
from toylab.show.page import Cell, Scene
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
# Seeds that are seen at once, or one after the other in the player.
MOST_SEEDS = 9
# A chapter's words stand for this share of the film, or until the next.
_STAY = 0.14


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


def check_look(theme: str = "light", lang: str = "en", layout: str = "slide") -> None:
    """Check the names of a theme, a language and a layout.

    Args:
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.

    Raises:
        ToylabError: With every name that is unknown.
    """
    asked = (("theme", theme, THEMES), ("language", lang, WORDS), ("layout", layout, LAYOUTS))
    mistakes = [unknown(what, name, table) for what, name, table in asked if name not in table]
    if mistakes:
        raise ToylabError("\n".join(mistakes))


def plans(settings: dict[str, Any]) -> tuple[list[str], list[PanelPlan]]:
    """Layers and panels from the `[film]` table of a scenario's settings."""
    film = settings.get("film", {})
    panels = [
        PanelPlan(tuple(p["metrics"]), log=p.get("scale") == "log") for p in film.get("curves", ())
    ]
    return list(film.get("layers", ())), panels


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
        fit = [name for name in DEFAULT_CURVES if not METRICS[name].missing(setting)]
        panels = [PanelPlan((name,)) for name in fit[:2]]
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


class Film(Animation):
    """The film of one seed of a trace.

    Args:
        trace: What was measured.
        seed: Which seed; if none is given, the scenario's `film.seed` or else the first filmed one.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        layers: Names of layers, bottom first; the scenario's if none are given.
        style: A matplotlib style file laid over the theme.

    Raises:
        ToylabError: If the seed was not filmed, or a theme, layer, curve, layout or language is
            unknown, or no font has the characters.
    """

    def __init__(
        self,
        trace: Trace,
        seed: int | None = None,
        theme: str = "light",
        lang: str = "en",
        layout: str = "slide",
        layers: Sequence[str] | None = None,
        style: str | Path | None = None,
    ) -> None:
        check_look(theme, lang, layout)
        self.trace, self.seed = trace, filmed_seed(trace, seed)
        self._layer_names, self._plans = chosen_plans(trace, layers)
        self._chapters = chapters_of(trace, self.seed, WORDS[lang])
        super().__init__([trace], theme, lang, layout, style)

    @property
    def chapters(self) -> list[Chapter]:
        """What happens when, by snapshot."""
        return self._chapters

    @property
    def curves(self) -> list[str]:
        """Names of the metrics on show, from the top."""
        return [name for plan in self._shown_plans for name in plan.metrics]

    def provenance(self) -> dict[str, str]:
        """Where the film comes from, with its seed."""
        return {**super().provenance(), "seed": str(self.seed)}

    def _led_by(self) -> int:
        return self.seed

    @property
    def _shown_layers(self) -> list[str]:
        return self._layer_names

    def _scenes(self) -> list[Scene]:
        """Every filmed seed, this one first, with limits and axes that have room for all of them."""
        trace = self.trace
        filmed = [int(seed) for seed in trace.seeds[trace.filmed[:MOST_SEEDS]]]
        seeds = list(dict.fromkeys([self.seed, *filmed]))
        limits = {name: max(of(trace, seed) for seed in seeds) for name, of in LIMITS.items()}
        return [
            Scene(
                str(seed),
                [Cell(trace, seed, {}, self.frames, limits)],
                self._theme,
                self._panels_of(seed, seeds),
            )
            for seed in seeds
        ]

    def _build(self) -> None:
        trace, theme, words, layout = self.trace, self._theme, self._words, self.layout
        settings = trace.settings
        parts = [f"{words.seed} {self.seed}", trace.name]
        if self._plans and len(trace.seeds) >= LEAST_SEEDS:
            parts.insert(1, words.band.format(n=len(trace.seeds)))
        name = " · ".join(filter(None, parts))
        lines = self._header(words.of(settings, "title"), words.of(settings, "lesson"), name)
        ax = self._axes(layout.stage(lines))
        self._stage = Stage(ax, trace, self.seed, self._layer_names, theme, words)
        self._said = stamp(
            ax,
            0.5,
            0.965,
            "",
            transform=ax.transAxes,
            ha="center",
            va="top",
            fontsize=LABEL,
            zorder=9_000,
        )
        self._said.set_bbox({"facecolor": theme.paper, "edgecolor": "none", "pad": 6, "alpha": 0.9})
        self._said.set(color=theme.ink)
        # In the order in which a full redraw paints them: axes by axes, then the figure's own.
        self._moving = [*self._stage.moving, self._said]
        left, bar, end = layout.left, self._stage.bar, layout.left + layout.stage(lines)[2] + 100
        if bar:
            box = layout.bar(lines)
            end = draw_bar(self._axes(box), self._figure, layout, box, bar, theme, words) - 12
        at = left, layout.key_at(lines)
        draw_key(self._figure, layout, self._stage.keys, at, end, theme, words)
        boxes = layout.panels(lines, tuple(plan.header_lines for plan in self._shown_plans))
        self._panels = self._open_panels([self._axes(box) for box in boxes], self.seed)
        own: list[Artist] = self._clock()
        for panel in self._panels:
            moving = [a for a in panel.artists if not isinstance(a, Text)]
            self._moving += sorted(moving, key=lambda a: a.get_zorder())
            own += [a for a in panel.artists if isinstance(a, Text)]
        self._moving += sorted(own, key=lambda a: a.get_zorder())

    def _show(self, snapshot: int) -> None:
        self._stage.show(snapshot)
        for panel in self._panels:
            panel.show(snapshot)
        self._tell_time(snapshot)
        stay = max(2, round(_STAY * len(self.trace.steps)))
        now = [c for c in self._chapters if c.frame <= snapshot < c.frame + stay]
        self._said.set_text(now[-1].words if now else "")
        # Without words there is no plate behind them either.
        self._said.set_visible(bool(now))

    @property
    def _shown_plans(self) -> list[PanelPlan]:
        return self._plans[: self.layout.most_panels]

    def _open_panels(
        self, axes: Sequence[Axes], seed: int, beside: Sequence[int] = ()
    ) -> list[Panel]:
        claims = told_claims(self.trace)
        colours = iter([*self._theme.curves, *self._theme.curves])
        return [
            Panel(
                ax,
                plan,
                self._theme,
                self._words,
                self.trace,
                seed,
                [c for c in claims if _drawn(c, plan)],
                [next(colours) for _ in plan.metrics],
                step_axis=ax is axes[-1],
                beside=beside,
            )
            for ax, plan in zip(axes, self._shown_plans, strict=True)
        ]

    def _panels_of(self, seed: int, beside: Sequence[int]) -> list[Panel]:
        """The panels of another seed where this film has its own, on a figure that nobody sees."""
        size = self._figure.get_figwidth(), self._figure.get_figheight()
        figure = Figure(size, dpi=self.layout.dpi)
        FigureCanvasAgg(figure)
        axes = [figure.add_axes(panel.axes.get_position().bounds) for panel in self._panels]
        return self._open_panels(axes, seed, beside)


def _drawn(claim: Claim, plan: PanelPlan) -> bool:
    """Whether a claim's threshold is a place on a panel's axis."""
    in_units = REDUCTIONS[claim.reduce].in_units and not claim.against
    return claim.metric in plan.metrics and in_units
