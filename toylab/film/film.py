"""Film: one figure, many frames.

What stands still is drawn once. A frame puts that back and draws what moves over it (blitting); vector
output and tests draw the whole figure anew, and both give the same pixels.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib import rc_context
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrow, Rectangle
from matplotlib.text import Text
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D

from toylab.claims import REDUCTIONS, Claim, told_claims
from toylab.errors import ToylabError, unknown
from toylab.film.layers import LAYERS, Bar, Key
from toylab.film.panels import LEAST_SEEDS, Panel, PanelPlan
from toylab.film.style import (
    DPI,
    LABEL,
    LESSON,
    LEVELS,
    PANEL,
    STEP,
    THEMES,
    TITLE,
    WORDS,
    Layout,
)
from toylab.film.writers import Frame, Frames, Timing, write
from toylab.metrics import METRICS, Setting
from toylab.trace import Trace

# matplotlib's own defaults, whatever the user's matplotlibrc says: the same trace, the same bytes.
_STYLE: Any = {
    "font.family": ["DejaVu Sans"],
    "text.usetex": False,
    "text.parse_math": False,  # a title with $ is text
    "axes.unicode_minus": True,
    "path.simplify": False,
    "path.sketch": None,
    "lines.antialiased": True,
    "patch.antialiased": True,
    "text.antialiased": True,
    "text.hinting": "force_autohint",
}


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


def check_theme(theme: str) -> None:
    """Check a theme's name.

    Raises:
        ToylabError: If it is unknown.
    """
    if theme not in THEMES:
        raise ToylabError(unknown("theme", theme, THEMES))


def plans(settings: dict[str, Any]) -> tuple[list[str], list[PanelPlan]]:
    """Layers and panels from the `[film]` table of a scenario's settings."""
    film = settings.get("film", {})
    panels = [
        PanelPlan(tuple(p["metrics"]), log=p.get("scale") == "log") for p in film.get("curves", ())
    ]
    return list(film.get("layers", ())), panels


class Film:
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
        check_theme(theme)
        if lang not in WORDS:
            raise ToylabError(unknown("language", lang, WORDS))
        if seed is None:
            if not len(trace.filmed):
                raise ToylabError("No seed of this trace was filmed. Record it with a filmed seed.")
            seed = int(trace.seeds[trace.filmed[0]])
        trace.filmed_row(seed)
        self.trace, self.seed = trace, seed
        self._styled = False
        self._theme, self._words = THEMES[theme], WORDS[lang]
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

    def draw(self, frame: int, into: Frame | None = None) -> Frame:
        """Draw one frame over the still background, opaque RGBA, uint8, [height, width, 4].

        Args:
            frame: Which snapshot.
            into: An array to draw into; a new one is made if none is given.
        """
        with self._style():
            canvas = self._canvas
            if self._still is None:
                for artist in self._moving:
                    artist.set_animated(True)
                canvas.draw()
                self._still = canvas.copy_from_bbox(self._figure.bbox)
            canvas.restore_region(self._still)
            self._show(frame)
            renderer = canvas.get_renderer()
            for artist in self._moving:
                artist.draw(renderer)
            frame_now = np.asarray(canvas.buffer_rgba())
            if into is None:
                return frame_now.copy()
            into[:] = frame_now
            return into

    def redraw(self, frame: int) -> Frame:
        """Draw one frame with nothing kept from another: slow, and the oracle of `draw`."""
        with self._style():
            for artist in self._moving:
                artist.set_animated(False)
            self._still = None
            self._show(frame)
            self._canvas.draw()
            return np.array(self._canvas.buffer_rgba())

    def save(
        self,
        *paths: str | Path,
        timing: Timing | None = None,
        command: str = "",
        watch: Callable[[Frames], Frames] = lambda frames: frames,
    ) -> None:
        """Write the film; each path's ending picks the writer.

        Args:
            paths: Files to write.
            timing: How long frames stand.
            command: What the user typed, for the file's provenance.
            watch: Wraps the frames; for showing progress.

        Raises:
            ToylabError: If an ending is unknown or a file cannot be written.
        """
        provenance = {
            **self.trace.provenance,
            "seed": str(self.seed),
            "settings": self.trace.settings_text,
            "matplotlib": matplotlib.__version__,
        }
        if command:
            provenance["film_command"] = command
        seconds = float(self.trace.settings["film"].get("seconds", 6.0))
        timing = timing or Timing.moving(seconds, len(self))
        with self._style():
            write(watch(self), [Path(path) for path in paths], timing, provenance)

    @contextlib.contextmanager
    def _style(self) -> Iterator[None]:
        """Our settings and nobody else's; entered once for a whole film, since entering costs."""
        if self._styled:
            yield
            return
        with rc_context(_STYLE):
            self._styled = True
            try:
                yield
            finally:
                self._styled = False

    def _build(self) -> None:
        trace, theme, words = self.trace, self._theme, self._words
        settings = trace.settings
        lesson = _wrap(settings["lesson"], width=1200, points=LESSON)
        layout = Layout(lesson_lines=len(lesson))
        self._figure = Figure(
            figsize=(layout.width / DPI, layout.height / DPI), dpi=DPI, facecolor=theme.paper
        )
        self._canvas = FigureCanvasAgg(self._figure)
        self._still: Any = None
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

    def _text(self, x: float, y: float, words: str, size: float, colour: str, **style: Any) -> Text:
        """Text at pixels from the lower left of the figure."""
        width, height = self._figure.bbox.width, self._figure.bbox.height
        return self._figure.text(
            x / width, y / height, words, fontsize=size, color=colour, va="baseline", **style
        )

    def _header(self, layout: Layout, title: str, lesson: Sequence[str]) -> None:
        ink, soft = self._theme.ink, self._theme.soft
        title, size = _fitted(title, width=960, points=TITLE, least=LESSON + 3, bold=True)
        self._text(layout.left, 660, title, size, ink, fontweight="bold")
        for line, words in enumerate(lesson):
            self._text(layout.left, 627 - 28 * line, words, LESSON, soft)
        parts = [f"{self._words.seed} {self.seed}", self.trace.name]
        if self._plans and len(self.trace.seeds) >= LEAST_SEEDS:
            parts.insert(1, self._words.band.format(n=len(self.trace.seeds)))
        name = " · ".join(filter(None, parts))
        name, _ = _fitted(name, width=520, points=LABEL, least=LABEL)
        self._text(layout.right, layout.key - 7, name, LABEL, soft, ha="right")

    def _axes(self, box: tuple[float, float, float, float]) -> Axes:
        width, height = self._figure.bbox.width, self._figure.bbox.height
        left, bottom, w, h = box
        ax = self._figure.add_axes((left / width, bottom / height, w / width, h / height))
        ax.set_axis_off()
        return ax

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
        self._key_row(layout)
        bar = next((layer.bar for layer in self._layers if layer.bar), None)
        if bar:
            self._bar(layout, bar)
        return moving

    def _key_row(self, layout: Layout) -> None:
        """Marks and words below the stage, with even gaps whatever the words."""
        theme, y = self._theme, layout.key
        x = float(layout.left)
        renderer = self._canvas.get_renderer()
        for key in (layer.key for layer in self._layers):
            if key is None:
                continue
            x += self._mark(key, x, y) + 8
            text = self._text(x, y - 7, key.words, LABEL, theme.soft)
            x = text.get_window_extent(renderer).x1 + 24

    def _mark(self, key: Key, x: float, y: float) -> float:
        """Draw one mark of the key; return its width in pixels."""
        theme, figure = self._theme, self._figure
        width, height = figure.bbox.width, figure.bbox.height
        if key.mark == "arrow":
            to_pixels = Affine2D().scale(1 / width, 1 / height) + figure.transFigure
            arrow = FancyArrow(
                x, y, 26, 0, width=3, head_width=11, head_length=12, length_includes_head=True
            )
            arrow.set(facecolor=theme.arrow, edgecolor="none")
            arrow.set_transform(to_pixels)
            figure.add_artist(arrow)
            return 26
        size, fill, edge = {
            "real": (4.0, theme.real, theme.real),
            "generated": (8.0, theme.generated, theme.edge),
        }[key.mark]
        dot = Line2D([(x + 6) / width], [y / height], marker="o", linestyle="none")
        dot.set(markersize=size, markerfacecolor=fill, markeredgecolor=edge, markeredgewidth=0.8)
        figure.add_artist(dot)
        return 12

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


def _fitted(
    words: str, width: float, points: float, least: float, bold: bool = False
) -> tuple[str, float]:
    """Words on one line of so many pixels, and their size: smaller if need be, then cut with "…"."""
    size = points
    while len(lines := _wrap(words, width, size, bold)) > 1 and size > least:
        size = max(size - 1, least)
    return (lines[0] if len(lines) == 1 else lines[0].rstrip(" ,.;:") + "…"), size


def _drawn(claim: Claim, plan: PanelPlan) -> bool:
    """Whether a claim's threshold is a place on a panel's axis."""
    in_units = REDUCTIONS[claim.reduce].in_units and not claim.against
    return claim.metric in plan.metrics and in_units


def _wrap(words: str, width: float, points: float, bold: bool = False) -> list[str]:
    """Break words into at most two lines of so many pixels; what does not fit ends in "…"."""
    font = FontProperties(family=_STYLE["font.family"], weight="bold" if bold else "normal")
    words = " ".join(words.split())

    def measure(line: str) -> float:
        # The outline's width, to the next pixel; an empty line has no outline.
        if not line:
            return 0.0
        return float(TextPath((0, 0), line, size=points * DPI / 72, prop=font).get_extents().width)

    if measure(words) <= width:
        return [words]
    lines, line = [], ""
    # Chinese has no spaces: where a word alone is too long it is cut between characters.
    for piece in re.findall(r"\S{1,24}\s*|\s+", words) if " " in words else list(words):
        if line and measure((line + piece).rstrip()) > width:
            lines.append(line.rstrip())
            line = ""
        line += piece
    lines.append(line.rstrip())
    if len(lines) <= 2:
        return lines
    last = lines[1]
    while last and measure(last + "…") > width:
        last = last[:-1]
    return [lines[0], last.rstrip() + "…"]
