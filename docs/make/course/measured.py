"""The figures of the course that show measurements: docs/course/results.json, drawn."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, PowerNorm

from docs.make.course.canvas import band, beside, decades, panels, seeds
from docs.make.course.numbers import swept
from docs.make.writing import data
from toylab.base.axes import Float
from toylab.film.style import LABEL, Theme
from toylab.scenario.scenario import load
from toylab.show.figures import Drawing, best_discriminator, normal, quiet

Results = Mapping[str, Any]
Words = Mapping[str, str]

KS = (1, 2, 5, 20)
# Learning rates of the discriminator; the generator's is 1e-3.
RATES = {"2e-5": "1/50", "1e-4": "1/10", "3e-4": "0.3", "1e-3": "1", "3e-3": "3"}
# Rounds after which ten steps of the discriminator become one.
LATE = (20, 100, 200, 400)


def _numbers(results: Results, experiment: str, name: str) -> list[float]:
    return results["experiments"][experiment]["numbers"][name]


def _steps(experiment: Mapping[str, Any]) -> Float:
    """Rounds, with the start at a half: a logarithmic axis has no zero."""
    return np.maximum(np.asarray(experiment["steps"], dtype=float), 0.5)


def _best(results: Results, ax: Axes, theme: Theme, words: Words) -> None:
    left, right = panels(
        ax, theme, [(words["paper"], "x", ""), (words["network"], words["steps"], words["loss"])]
    )
    x = np.linspace(-5, 5, 401)
    p, q = normal(x, -1.2, 1.0), normal(x, 1.4, 0.8)
    for density, colour in ((p, theme.curves[1]), (q, theme.curves[2])):
        left.fill_between(x, density, color=colour, alpha=0.25, linewidth=0)
        left.plot(x, density, color=colour, linewidth=2)
    left.plot(x, best_discriminator(p, q), color=theme.ink, linewidth=3.2)
    beside(left, (-1.5, 0.12), words["p"], theme.curves[1], ha="center")
    beside(left, (1.75, 0.56), words["q"], theme.curves[2])
    beside(left, (0.45, 0.86), "D* = p / (p + q)", theme.ink)
    left.set(xlim=(-5, 5), ylim=(0, 1.05))
    left.set_yticks([0, 0.5, 1], ["0", "1/2", "1"])
    run = results["experiments"]["best"]
    steps, curves = _steps(run), run["curves"]
    least = -float(np.median(curves["optimal_value"]["median"]))
    for level in (np.log(4), least):
        right.axhline(level, color=theme.soft, linewidth=1.6, linestyle=(0, (4, 4)), zorder=0)
    band(right, steps, curves["discriminator_loss"], theme.curves[0])
    beside(right, (0.6, np.log(4) + 0.035), words["guessing"], theme.soft)
    beside(right, (0.6, least - 0.04), words["least"], theme.soft)
    right.set_xscale("log")
    right.set_xticks([1, 10, 100, 1000], ["1", "10", "100", "1000"])
    right.minorticks_off()
    right.set(xlim=(0.5, steps[-1]), ylim=(least - 0.12, np.log(4) + 0.12))


def _k(results: Results, ax: Axes, theme: Theme, words: Words) -> None:
    names = (("accuracy", 0.5, 1.0), ("early_good", 0.0, 1.0), ("alive", 0.0, 8.3))
    made = panels(ax, theme, [(words[name], words["k"], "") for name, *_ in names], room=86)
    for panel, (name, low, high), colour in zip(made, names, theme.curves, strict=False):
        columns = [_numbers(results, f"k{k}", name) for k in KS]
        seeds(panel, columns, [str(k) for k in KS], colour)
        panel.set_ylim(low, high)
    for panel in made[:2]:
        _percent(panel)


def _too_strong(results: Results, ax: Axes, theme: Theme, words: Words) -> None:
    (panel,) = panels(ax, theme, [(words["title"], words["steps"], "")], room=96)
    frozen, noise = results["experiments"]["frozen"], results["experiments"]["noise"]
    steps = _steps(frozen)
    rows = (
        ("non_saturating", frozen["curves"]["non_saturating_gradient"], theme.curves[0]),
        ("noise", noise["curves"]["saturating_gradient"], theme.curves[2]),
        ("saturating", frozen["curves"]["saturating_gradient"], theme.curves[1]),
    )
    for name, curve, colour in rows:
        band(panel, steps, curve, colour)
        # To the right of the curve's end, in a margin of its own.
        beside(panel, (steps[-1] * 1.08, curve["median"][-1]), words[name], colour)
    panel.set_xscale("log")
    panel.set_xticks([1, 10, 100, 400], ["1", "10", "100", "400"])
    decades(panel, -5, 1)
    panel.set_xlim(0.5, steps[-1] * 16)


def _too_weak(results: Results, ax: Axes, theme: Theme, words: Words) -> None:
    names = [(words[name], words["ratio"], "") for name in ("good", "accuracy")]
    made = panels(ax, theme, names, room=84)
    for panel, name, colour in zip(made, ("good", "accuracy"), theme.curves, strict=False):
        columns = [_numbers(results, f"rate{rate}", name) for rate in RATES]
        seeds(panel, columns, list(RATES.values()), colour)
        panel.set_ylim(0, 1)
        _percent(panel)


def _hopping(results: Results, ax: Axes, theme: Theme, words: Words) -> None:
    # Their trainings are not equally long, and so neither are the panels' axes: each says how long it is.
    names = [
        (
            words[name],
            words["rounds"].format(results["experiments"][name]["steps"][-1]),
            words["mode"],
        )
        for name in ("collapse", "fair")
    ]
    made = panels(ax, theme, names)
    ramp = LinearSegmentedColormap.from_list("share", (theme.paper, theme.curves[0], theme.ink))
    # The root: an eighth, the fair share, is to be seen beside a whole.
    norm = PowerNorm(0.5, 0.0, 1.0)
    for panel, name in zip(made, ("collapse", "fair"), strict=True):
        run = results["experiments"][name]
        steps, shares = run["steps"], np.asarray(run["shares"])
        panel.imshow(
            shares.T,
            cmap=ramp,
            norm=norm,
            aspect="auto",
            interpolation="nearest",
            extent=(steps[0], steps[-1], 8.5, 0.5),
        )
        panel.set_yticks(range(1, 9))
        panel.tick_params(length=0)
    _key(made[1], theme, words["share"], lambda share: ramp(norm(share)))


def _too_late(results: Results, ax: Axes, theme: Theme, words: Words) -> None:
    names = [(words["gradient"], words["rounds"], ""), (words["when"], words["at"], "")]
    left, right = panels(ax, theme, names, room=84)
    rows = (
        ("late400", theme.curves[1], (1190, 4e-6), "right"),
        ("late20", theme.curves[2], (30, 7), "left"),
        ("other_loss", theme.curves[0], (430, 40), "left"),
        ("forgets", theme.curves[3], (1190, 4e-4), "right"),
    )
    for name, colour, at, ha in rows:
        run = results["experiments"][name]
        band(left, np.asarray(run["steps"]), run["curves"]["saturating_gradient"], colour)
        beside(left, at, words[name], colour, ha=ha)
    left.axvline(400, color=theme.soft, linewidth=1.6, linestyle=(0, (4, 4)), zorder=0)
    decades(left, -6, 2, every=2)
    left.set_xlim(0, 1200)
    left.set_xticks([0, 400, 800, 1200], ["0", "400", "800", "1200"])
    columns = [_numbers(results, f"late{at}", "distance") for at in LATE]
    seeds(right, columns, [str(at) for at in LATE], theme.curves[1])
    right.set_ylim(0, 1.4)


def _what_it_takes(results: Results, ax: Axes, theme: Theme, words: Words) -> None:
    """A row for each change made alone: how far the clouds are apart, and how far D is from a guess."""
    changes = swept("ablation")
    at = np.arange(len(changes))[::-1]
    ax.set_axis_off()
    claimed = {claim.metric: claim.threshold for claim in load("convergence").claims}
    names = ("js_divergence", "half_distance")
    for name, left, colour in zip(names, (0.34, 0.7), theme.curves, strict=False):
        panel = ax.figure.add_axes((left, 0.14, 0.27, 0.76))
        quiet(panel, theme, words[name], "")
        for y, numbers in zip(at, changes.values(), strict=True):
            aside = np.linspace(-0.2, 0.2, len(numbers[name]))
            panel.plot(numbers[name], y + aside, "o", color=colour, alpha=0.3, markersize=5)
            panel.plot([np.median(numbers[name])], [y], "o", color=colour, markersize=9)
        panel.axvline(
            claimed[name], color=theme.soft, linewidth=1.4, linestyle=(0, (4, 4)), zorder=0
        )
        panel.set_yticks(at, [words[change.lower()] for change in changes] if left < 0.5 else [])
        panel.tick_params(axis="y", length=0)
        panel.set(ylim=(-0.6, len(changes) - 0.4))
        for label in panel.get_yticklabels():
            label.set(color=theme.ink, fontsize=LABEL)


def _key(ax: Axes, theme: Theme, name: str, colour: Callable[[float], Any]) -> None:
    """Squares of four shares above the right end of a panel."""
    free = {"transform": ax.transAxes, "clip_on": False}
    told = {"va": "center", "fontsize": LABEL, "color": theme.soft}
    row = ((0.6, 0.0, "0"), (0.68, 0.125, "1/8"), (0.81, 0.5, "1/2"), (0.94, 1.0, "1"))
    for x, share, label in row:
        square = {"markersize": 13, "markeredgecolor": theme.soft, "markeredgewidth": 0.8}
        ax.plot([x], [1.06], "s", color=colour(share), **square, **free)
        ax.text(x + 0.025, 1.057, label, **told, **free)
    ax.text(0.565, 1.057, name, ha="right", **told, **free)


def _percent(ax: Axes) -> None:
    ticks = [t for t in (0, 0.25, 0.5, 0.75, 1) if ax.get_ylim()[0] <= t <= ax.get_ylim()[1]]
    ax.set_yticks(ticks, [f"{t:.0%}".replace("%", " %") for t in ticks])


WORDS = data("course/figures.toml")
_ROWS = {
    "best-discriminator": _best,
    "k": _k,
    "too-strong": _too_strong,
    "too-weak": _too_weak,
    "hopping": _hopping,
    "too-late": _too_late,
    "what-it-takes": _what_it_takes,
}


def measured(results: Results) -> dict[str, Drawing]:
    """These figures by their files' names, of these results."""
    return {name: Drawing(partial(draw, results), WORDS[name]) for name, draw in _ROWS.items()}
