"""Curve panels: a metric's name, its present value, its past."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.text import Text

from toylab.base.axes import Float, Int
from toylab.film.counter import counter
from toylab.film.fonts import families
from toylab.film.layout import HEADER, SMALL_HEADER
from toylab.film.style import DPI, LABEL, PANEL, VALUE, Theme, short
from toylab.film.text import fitted, measured
from toylab.film.words import Words
from toylab.metrics import METRICS, Metric
from toylab.metrics.claim import REDUCTIONS, SIGNS, Claim, span_in, told_claims
from toylab.metrics.floor import floors
from toylab.trace import Trace


@dataclass(frozen=True)
class PanelPlan:
    """What a panel shows: metrics by name, on a linear or a log axis."""

    metrics: tuple[str, ...]
    log: bool = False

    @property
    def header_lines(self) -> float:
        """Height of the words above the axes, in lines of 34 units."""
        return len(self.metrics) * self.line / HEADER

    @property
    def line(self) -> int:
        """Units from one line of words to the next."""
        # From three on the names are small, or they would leave no room for the curves.
        return HEADER if len(self.metrics) <= 2 else SMALL_HEADER

    @property
    def sizes(self) -> tuple[int, int]:
        """Sizes of a name and of a value, points."""
        return (PANEL, VALUE) if len(self.metrics) <= 2 else (LABEL, LABEL)


# Share of an axis. What an estimate is below the least value that there is by chance is drawn at the foot.
_NOISE = 0.1
# In a metric's own unit. So little below the least value that there is, a number is called that one.
_ERROR = 0.05
# Fewer seeds have no quartiles worth a band.
LEAST_SEEDS = 3


@dataclass(frozen=True)
class Curve:
    """One curve of a panel, with the artists that show it.

    Attributes:
        metric: Which.
        values: As measured, [T].
        drawn: The same inside the axis, [T].
        line: The past.
        dot: The present.
        value: The present in words.
        totals: What a count is out of, [T]; 0 of what is no count.
    """

    metric: Metric
    values: Float  # [T]
    drawn: Float  # the same inside the axis, [T]
    line: Line2D
    dot: Line2D
    value: Text
    totals: Int


@dataclass(frozen=True)
class Threshold:
    """A claim's threshold: a line over the claim's window, and words.

    Attributes:
        start: Where the line starts, steps.
        end: Where it ends, steps.
        at: Its place on the value axis.
        words: What it says.
        side: Of the line, where the words stand: "top", "bottom", or "" where they would lie on others'.
        curve: Which of several curves it is about, by number; None where there is but one.
    """

    start: float
    end: float
    at: float
    words: str
    side: str
    curve: int | None


@dataclass(frozen=True)
class FloorLine:
    """What a perfect sampler has, as a thin line over the whole axis.

    Attributes:
        at: Its place on the value axis.
        side: Of the line, where its words stand: "top" or "bottom"; "" where they stand for another's too.
        early: Whether they stand at its beginning; at its end where the curves leave less room there.
    """

    at: float
    side: str
    early: bool


class Panel:
    """One panel, opened once and then set to a frame.

    Args:
        ax: Empty axes without frame; the words stand above and left of it.
        plan: What to show.
        theme: Colours.
        words: Language.
        trace: Where the curves come from.
        seed: Whose curves.
        colours: One a curve.
        step_axis: Whether this panel carries the words of the step axis.
        gap: Units of free room below the axes of the others.
        beside: Seeds whose curves must find room on the axes too.
    """

    def __init__(
        self,
        ax: Axes,
        plan: PanelPlan,
        theme: Theme,
        words: Words,
        trace: Trace,
        seed: int,
        colours: Sequence[str],
        step_axis: bool,
        gap: float,
        beside: Sequence[int] = (),
    ) -> None:
        self._theme, self._words, self._fonts = theme, words, families(words.code)
        self._ax, self._trace, self._steps, self._plan = ax, trace, trace.steps, plan
        # Where no steps are told, words may stand below the axes.
        self._below = 0.0 if step_axis else gap
        row = trace.row(seed)
        metrics = [METRICS[name] for name in plan.metrics]
        of_seeds = [metric(trace).astype(float) for metric in metrics]  # each [T, S]
        values = [curves[:, row] for curves in of_seeds]
        bands = (
            [quartiles(curves) for curves in of_seeds] if len(trace.seeds) >= LEAST_SEEDS else []
        )
        # Another target may have other modes.
        modes = np.array([len(trace.target_of(t).modes) for t in range(len(trace.steps))])
        k = int(modes.max())
        claims = [claim for claim in told_claims(trace) if _is_place(claim, plan)]
        # A count has its whole as a tick, a log axis mostly no place for it, and where another target comes
        # it is another.
        sought = [name for name, m in zip(plan.metrics, metrics, strict=True) if m.style != "count"]
        without = plan.log or len(trace.parts) > 1
        found = [] if without else [one.mean for one in floors(trace, sought).values()]
        thresholds = [c.threshold for c in claims] + found
        ceilings = [c.threshold for c in claims if c.relation.startswith("<")]
        others = [curves[:, trace.row(other)] for curves in of_seeds for other in beside]
        shown = [*values, *others, *(quartile for band in bands for quartile in band)]
        ticks = self._limits(metrics, shown, plan.log, k, thresholds, ceilings)
        ax.set_xlim(float(trace.steps[0]), float(trace.steps[-1]))
        if self._word_room() * (len(ticks) - 1) >= 1:
            # On low axes the words of the ends only: those between would lie on them.
            ticks = [ticks[0], ticks[-1]]
        self.ticks = {tick: read(metrics[0], tick, bare=True) for tick in ticks}
        self.bands = [[self._inside(quartile) for quartile in band] for band in bands]
        self.thresholds: list[Threshold] = []
        self._grid(ax, self.ticks)
        #: Steps at which settings change on the way.
        self.changes = [float(at) for at in trace.changes]
        for at in self.changes:
            # Dotted and upright: neither a line of the grid, nor a claim's, nor the present.
            ax.axvline(at, color=theme.ink, linewidth=1.4, linestyle=(0, (1, 2)), zorder=0.8)
        self.floors = self._floors(ax, found, [self._inside(curve) for curve in values], claims)
        self._thresholds(ax, claims, dict(zip(plan.metrics, colours, strict=False)))
        for metric, band, colour in zip(metrics, self.bands, colours, strict=False):
            self._band(metric, band, colour)
        if step_axis:
            self._step_axis(ax)
        self._cursor = Line2D([], [], color=theme.soft, linewidth=1, alpha=0.6, zorder=10)
        ax.add_line(self._cursor)
        name_size, value_size = plan.sizes
        self.curves = []
        for i, (metric, curve) in enumerate(zip(metrics, values, strict=True)):
            above = len(metrics) - 1 - i
            self._header(
                0,
                words.label(metric),
                name_size,
                theme.ink if len(metrics) == 1 else colours[i],
                above,
            )
            value = self._header(1, "", value_size, colours[i], above)
            counts = metric.high == "modes" and metric.style == "count"
            self.curves.append(
                Curve(
                    metric,
                    curve,
                    self._inside(curve),
                    *self._lines(colours[i], metric),
                    value,
                    modes if counts else 0 * modes,
                )
            )

    @property
    def artists(self) -> list[Artist]:
        """What changes from frame to frame, bottom first."""
        own = [artist for c in self.curves for artist in (c.line, c.dot, c.value)]
        return [self._cursor, *own]

    @property
    def axes(self) -> Axes:
        """Where the curves live."""
        return self._ax

    def show(self, frame: int) -> None:
        """Draw the past up to a frame and say the present value."""
        now = float(self._steps[frame])
        self._cursor.set_data([now, now], self._ax.get_ylim())
        for c in self.curves:
            c.line.set_data(self._steps[: frame + 1], c.drawn[: frame + 1])
            c.dot.set_data(self._steps[frame : frame + 1], c.drawn[frame : frame + 1])
            present = c.values[frame]
            text = read(c.metric, float(present))
            if c.totals[frame] and np.isfinite(present):
                text = self._words.count.format(value=text, total=c.totals[frame])
            c.value.set_text(text)

    def _limits(
        self,
        metrics: Sequence[Metric],
        values: Sequence[Float],
        log: bool,
        k: int,
        thresholds: Sequence[float],
        ceilings: Sequence[float],
    ) -> list[float]:
        """Fix the value axis for the whole run; return the ticks."""
        finite = np.concatenate([v[np.isfinite(v)] for v in values] + [np.asarray(thresholds)])
        if log:
            return self._log_limits(finite[finite > 0])
        low = min([*finite, *(m.low for m in metrics if m.low is not None)], default=0.0)
        tops = [k if m.high == "modes" else m.high for m in metrics if m.high is not None]
        high = max([*finite, *tops], default=1.0)
        least = min((m.low for m in metrics if m.low is not None), default=low)
        if low < least and least - low < _NOISE * (high - least):
            low = least
        # A curve that never moves lies at the foot of an axis of length one.
        high = high if high > low else low + max(1.0, abs(low))
        if metrics[0].high == "modes" and high == k > 1:
            # None, half and all of them: a round number beyond K would say nothing.
            ticks = [0.0, float(k // 2), float(k)]
        else:
            ticks = _round_ticks(low, high, whole=metrics[0].style == "count")
        low, high = min(low, ticks[0]), max(high, ticks[-1])
        # A ceiling's words stand above it, and must not stand in the name of the panel.
        room = self._word_room()
        highest = max(ceilings, default=low)
        if highest > low + (1 - room) * (high - low):
            high = low + (highest - low) / (1 - room)
        margin = 0.03 * (high - low)
        self._ax.set_ylim(low - margin, high + margin)
        return ticks

    @property
    def _unit(self) -> float:
        """Pixels in a unit of 1/96 inch."""
        figure = self._ax.get_figure(root=True)
        assert figure is not None
        return figure.dpi / DPI

    def _word_room(self) -> float:
        """Share of the axes' height that a line of words takes; half at most."""
        return min(0.5, 26 * self._unit / self._ax.get_window_extent().height)

    def _log_limits(self, positive: Float) -> list[float]:
        # Eight decades at most: below that a gradient is zero for any purpose.
        top = math.ceil(np.log10(positive.max())) if positive.size else 0
        least = math.floor(np.log10(positive.min())) if positive.size else -1
        least = max(min(least, top - 1), top - 8)
        self._ax.set_yscale("log")
        self._ax.set_ylim(10.0**least, 10.0**top)
        every = max(1, math.ceil((top - least) / 3))
        return [10.0**e for e in range(top, least - 1, -every)][::-1]

    def _inside(self, curve: Float) -> Float:
        """A curve brought to the axis's edges where it leaves them: zero has no logarithm."""
        low, high = self._ax.get_ylim()
        return np.where(np.isfinite(curve), np.clip(curve, low, high), np.nan)

    def _band(self, metric: Metric, band: Sequence[Float], colour: str) -> None:
        """Half of all seeds as a band, and their median; they stand still behind the curve."""
        low, middle, high = band
        step = "post" if metric.style == "count" else None
        self._ax.fill_between(
            self._steps, low, high, step=step, color=colour, alpha=0.16, linewidth=0, zorder=0.5
        )
        style = "steps-post" if metric.style == "count" else "default"
        self._ax.plot(
            self._steps,
            middle,
            color=colour,
            alpha=0.45,
            linewidth=1.4,
            drawstyle=style,
            zorder=0.6,
        )

    def _grid(self, ax: Axes, ticks: Mapping[float, str]) -> None:
        for tick, text in ticks.items():
            ax.axhline(tick, color=self._theme.grid, linewidth=1, zorder=0)
            ax.annotate(
                text,
                (0, tick),
                xytext=(-9, 0),
                xycoords=("axes fraction", "data"),
                textcoords="offset points",
                ha="right",
                va="center_baseline",
                fontsize=LABEL,
                color=self._theme.soft,
                annotation_clip=False,
            )

    def _step_axis(self, ax: Axes) -> None:
        last = float(self._steps[-1])
        ticks = [t for t in _round_ticks(0, last, whole=True, n=4) if t <= last]
        for tick in ticks:
            near_end = tick > 0.93 * last
            text = f"{tick:,.0f}".replace(",", "\u202f")
            ax.annotate(
                text if tick else f"{self._words.step} 0",
                (tick, 0),
                xytext=(0, -9),
                xycoords=("data", "axes fraction"),
                textcoords="offset points",
                ha="left" if tick == 0 else "right" if near_end else "center",
                va="top",
                fontsize=LABEL,
                color=self._theme.soft,
                annotation_clip=False,
            )

    def _floors(
        self, ax: Axes, found: Sequence[float], curves: Sequence[Float], claims: Sequence[Claim]
    ) -> list[FloorLine]:
        """Thin lines of what a perfect sampler has, with words where the curves leave room for them."""
        low, high = ax.get_ylim()
        lines: list[FloorLine] = []
        for at in found:
            ax.axhline(at, color=self._theme.soft, linewidth=1, zorder=0.9)
            if any(abs(at - one.at) < self._word_room() * (high - low) for one in lines):
                lines.append(FloorLine(at, "", True))
                continue
            side, early = self._clear_of(at, curves, claims)
            lines.append(FloorLine(at, side, early))
            line = (float(self._steps[0]), float(self._steps[-1]), at)
            self._line_words(ax, self._words.perfect, line, side, self._theme.soft, early)
        return lines

    def _clear_of(
        self, at: float, curves: Sequence[Float], claims: Sequence[Claim]
    ) -> tuple[str, bool]:
        """Side of a line, and whether at its beginning, where least is drawn: curves and bounds."""
        low, high = self._ax.get_ylim()
        width, room = self._ax.get_window_extent().width / self._unit, self._word_room()
        wide = measured(self._words.perfect, LABEL, tuple(self._fonts), False) / width
        time = (self._steps - self._steps[0]) / max(self._steps[-1] - self._steps[0], 1)
        heights = [(curve - low) / (high - low) for curve in curves]
        lowest = -max(0.02, self._below * self._unit / self._ax.get_window_extent().height)
        first, span = self._steps[0], max(self._steps[-1] - self._steps[0], 1)
        # A bound is a line as long as its window, wherever there are snapshots.
        bounds = [
            ((start - first) / span, (end - first) / span, (place - low) / (high - low))
            for start, end, place in map(self._bound, claims)
        ]

        def covered(place: tuple[str, bool]) -> float:
            foot = self._foot(at, place[0])
            if not lowest < foot < 1.02 - room:
                return math.inf
            beside = time <= wide if place[1] else time >= 1 - wide
            on = [(h[beside] > foot) & (h[beside] < foot + room) for h in heights]
            met = sum(int(one.sum()) for one in on)
            for start, end, height in bounds:
                under = min(end, wide) - start if place[1] else end - max(start, 1 - wide)
                if foot < height < foot + room:
                    met += round(len(time) * max(0.0, under))
            return met

        sides = ("top", "bottom") if at < (low + high) / 2 else ("bottom", "top")
        return min([(side, early) for early in (True, False) for side in sides], key=covered)

    def _thresholds(self, ax: Axes, claims: Sequence[Claim], colours: dict[str, str]) -> None:
        """A claim's threshold as a thin dashed line over its window, with its words."""
        taken: list[float] = []
        for claim in claims:
            # Among several curves the line must say whose it is.
            curve = [*colours].index(claim.metric) if len(colours) > 1 else None
            colour = self._theme.soft if curve is None else colours[claim.metric]
            start, end, at = self._bound(claim)
            ax.plot([start, end], [at] * 2, color=colour, linewidth=1.4, linestyle=(0, (4, 3)))
            ax.lines[-1].set_zorder(1)
            words = f"{SIGNS[claim.relation]} {read(METRICS[claim.metric], claim.threshold)}"
            # At the end of the line; of one at the very start, from there, clear of the axis's words and of
            # those of floors.
            early = float(end) < 0.3 * float(self._steps[-1])
            floors = [self._foot(f.at, f.side) for f in self.floors if f.side and f.early == early]
            side = self._side(claim, at, [*taken, *floors])
            self.thresholds.append(Threshold(start, end, at, words, side, curve))
            if side:
                taken.append(self._foot(at, side))
                self._line_words(ax, words, (start, end, at), side, colour, early)

    def _bound(self, claim: Claim) -> tuple[float, float, float]:
        """Where a claim's threshold is drawn: from, to, at."""
        first, last = float(self._steps[0]), float(self._steps[-1])
        start, end = (first + f * (last - first) for f in span_in(claim, self._trace))
        # A claim about one moment would be a dot; a tenth of the axis can be seen.
        start = min(start, max(first, end - 0.1 * (last - first)))
        end = max(end, start + 0.1 * (last - first))
        return start, end, float(self._inside(np.array([claim.threshold]))[0])

    def _side(self, claim: Claim, at: float, taken: Sequence[float]) -> str:
        """Above or below a threshold's line, or "" where its words would lie on others' words."""
        room = self._word_room()
        # Above a ceiling, below a floor: the curve is expected on the other side.
        wanted = ("top", "bottom") if claim.relation.startswith("<") else ("bottom", "top")
        for side in wanted:
            low = self._foot(at, side)
            inside = low > -0.02 and low + room < 1.02
            if inside and all(low + room <= other or low >= other + room for other in taken):
                return side
        return ""

    def _foot(self, at: float, side: str) -> float:
        """Where words begin that stand on a side of a line, upwards, as a share of the axes."""
        place = self._ax.transAxes.inverted().transform(self._ax.transData.transform((0.0, at)))[1]
        return float(place) - (0.0 if side == "top" else self._word_room())

    def _line_words(
        self,
        ax: Axes,
        words: str,
        line: tuple[float, float, float],
        side: str,
        colour: str,
        early: bool,
    ) -> None:
        """Words on a line from, to, at: at its beginning or at its end."""
        start, end, at = line
        ax.annotate(
            words,
            (start if early else end, at),
            xytext=(0, 5 if side == "top" else -5),
            textcoords="offset points",
            ha="left" if early else "right",
            va="bottom" if side == "top" else "top",
            fontsize=LABEL,
            color=colour,
            annotation_clip=False,
        )

    def _header(self, side: int, words: str, size: float, colour: str, above: int) -> Text:
        """Words over the axes, left (0) or right (1), `above` lines over the lowest one."""
        figure = self._ax.get_figure(root=True)
        assert figure is not None
        box = self._ax.get_window_extent()
        # The lowest line 12 units of 1/96 inch above the axes.
        unit = self._unit
        x, y = (box.x0, box.x1)[side], box.y1 + (12 + self._plan.line * above) * unit
        if side == 0:
            # Beside it the value needs its place.
            free = box.width / unit - 6.5 * self._plan.sizes[1]
            words, size = fitted(words, free, size, LABEL, self._fonts, bold=True)
        # The name stands still; the value changes in every frame.
        write = (figure.text, partial(counter, figure))[side]
        text = write(x / figure.bbox.width, y / figure.bbox.height, words, fontsize=size)
        text.set(color=colour, fontweight="bold", ha=("left", "right")[side], va="baseline")
        text.set_zorder(20)
        return text

    def _lines(self, colour: str, metric: Metric) -> tuple[Line2D, Line2D]:
        """The past and the present of one curve."""
        style = "steps-post" if metric.style == "count" else "default"
        # From 10 up come the artists that move: they must lie over all that stands still.
        past = Line2D([], [], color=colour, linewidth=2.6, drawstyle=style, zorder=11)
        past.set_solid_joinstyle("round")
        dot = Line2D([], [], color=colour, marker="o", markersize=8, markeredgewidth=0, zorder=12)
        for artist in (past, dot):
            # A curve at the edge of its axes must not lose half its width.
            artist.set_clip_on(False)
            self._ax.add_line(artist)
        return past, dot


def _is_place(claim: Claim, plan: PanelPlan) -> bool:
    """Whether a claim's threshold is a place on a panel's axis."""
    in_units = REDUCTIONS[claim.reduce].in_units and not claim.against
    return claim.metric in plan.metrics and in_units


def quartiles(curves: Float) -> tuple[Float, Float, Float]:
    """Lower quartile, median and upper quartile over the living seeds of [T, S]; NaN without any.

    Returns:
        Each [T].
    """
    found = np.full((3, len(curves)), np.nan)
    for t, row in enumerate(curves):
        alive = row[np.isfinite(row)]
        if len(alive):
            found[:, t] = np.percentile(alive, (25, 50, 75))
    return found[0], found[1], found[2]


def read(metric: Metric, value: float, bare: bool = False) -> str:
    """A value of a metric in words.

    Args:
        metric: Says how.
        value: In the metric's unit.
        bare: Whether an axis's label is wanted.
    """
    if not np.isfinite(value):
        return "–"
    if metric.style == "share":
        return f"{100 * value:.0f}\u202f%"
    if not bare and metric.low is not None and metric.low - _ERROR < value < metric.low:
        # An estimate's error: most draws of a perfect generator have such a number.
        return f"≈\u202f{metric.low:.0f}"
    if metric.style == "count":
        return f"{value:.0f}" if bare or value == round(value) else short(value)
    # Two digits after the point read calmly while they say something.
    return f"{value:.2f}" if not bare and 0.1 <= abs(value) < 1e3 else short(value)


def _round_ticks(low: float, high: float, whole: bool, n: int = 2) -> list[float]:
    """Some n + 1 round numbers from low to high."""
    rough = (high - low) / n
    power = 10.0 ** math.floor(math.log10(rough))
    size = next(m * power for m in (1, 2, 2.5, 4, 5, 10) if m * power >= rough * 0.999)
    if whole:
        size = max(1.0, round(size))
    # Outwards to whole ticks, so that the axis ends in a number at either end.
    first, last = math.floor(low / size + 1e-9), math.ceil(high / size - 1e-9)
    digits = max(12, 3 - math.floor(math.log10(size)))
    return [round(i * size, digits) for i in range(first, last + 1)]
