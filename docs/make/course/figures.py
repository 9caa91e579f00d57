"""The figures of the course: those from closed forms, and the table of all."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from scipy.integrate import trapezoid
from scipy.special import rel_entr

from docs.make.course import dirac
from docs.make.course.canvas import LINE, beside, decades, panels
from docs.make.course.first import first
from docs.make.course.measured import WORDS, measured
from docs.make.writing import write
from toylab.base.axes import Float
from toylab.film.fonts import check_glyphs, families
from toylab.film.style import THEMES, Theme
from toylab.show.figures import (
    FIGURES,
    Drawing,
    generator_losses,
    generator_weights,
    normal,
    picture,
)

# Pixels a unit: a page shows 1,200 units on some 900 pixels, twice as many on a fine screen.
DOTS = 1.5
# Spread of both blobs in the figure of distances, data units.
SPREAD = 0.5


def js_of_blobs(distance: float, spread: float = SPREAD) -> float:
    """JS divergence of two round Gaussians of equal spread, nats, by quadrature along their axis."""
    x = np.linspace(-8 * spread, distance + 8 * spread, 4001)
    p, q = normal(x, 0.0, spread), normal(x, distance, spread)
    middle = (p + q) / 2
    return float(trapezoid(rel_entr(p, middle) + rel_entr(q, middle), x) / 2)


def _two_losses(ax: Axes, theme: Theme, words: Mapping[str, str]) -> None:
    left, right = panels(
        ax,
        theme,
        [
            (words["losses"], "D(G(z))", words["loss"]),
            (words["weights"], words["logit"], words["weight"]),
        ],
    )
    alive, dying = theme.curves[:2]
    d = np.linspace(0.004, 0.996, 497)
    saturating, non_saturating = generator_losses(d)
    left.axvspan(0, 0.1, color=theme.grid, zorder=0)
    left.plot(d, non_saturating, color=alive, linewidth=LINE)
    left.plot(d, saturating, color=dying, linewidth=LINE)
    beside(left, (0.2, 2.6), words["non_saturating"], alive)
    beside(left, (0.13, -1.7), words["saturating"], dying)
    beside(left, (0.115, -4.1), words["early"], theme.soft, fontweight="normal")
    left.set(xlim=(0, 1), ylim=(-4.6, 4.6))
    logit = np.linspace(-8, 8, 321)
    saturating, non_saturating = generator_weights(logit)
    # The same region as at the left: the logit of D = .1.
    right.axvspan(-8, np.log(0.1 / 0.9), color=theme.grid, zorder=0)
    right.plot(logit, non_saturating, color=alive, linewidth=LINE)
    right.plot(logit, saturating, color=dying, linewidth=LINE)
    beside(right, (-7.8, 1.08), "−log D: 1 − D", alive)
    beside(right, (7.8, 1.08), "log(1 − D): D", dying, ha="right")
    beside(right, (-7.8, 0.5), words["sure"], theme.soft, fontweight="normal")
    ticks = (-8, -4, 0, 4, 8)
    right.set_xticks(ticks, [str(t).replace("-", "−") for t in ticks])
    right.set(xlim=(-8, 8), ylim=(0, 1.16))


def _distances(ax: Axes, theme: Theme, words: Mapping[str, str]) -> None:
    left, right = panels(
        ax,
        theme,
        [
            (words["distance"], words["apart"], ""),
            (words["slope"], words["apart"], ""),
        ],
    )
    straight, flat = theme.curves[:2]
    apart = np.linspace(0, 6, 241)
    js = np.array([js_of_blobs(d) for d in apart])
    left.plot(apart, apart, color=straight, linewidth=LINE)
    left.plot(apart, js, color=flat, linewidth=LINE)
    left.axhline(np.log(2), color=theme.soft, linewidth=1.2, linestyle=(0, (4, 4)), zorder=0)
    beside(left, (3.3, 4.3), words["wasserstein"], straight, ha="right")
    beside(left, (5.9, 1.15), words["js"], flat, ha="right")
    left.set(xlim=(0, 6), ylim=(0, 6))
    right.plot(apart, np.ones_like(apart), color=straight, linewidth=LINE)
    right.plot(apart, np.gradient(js, apart), color=flat, linewidth=LINE)
    beside(right, (3.3, 1.08), "Wasserstein: 1", straight)
    beside(right, (5.9, 0.13), words["nothing"], flat, ha="right")
    right.set(xlim=(0, 6), ylim=(0, 1.2))


def _phase(ax: Axes, theme: Theme, words: Mapping[str, str]) -> None:
    left, right = panels(
        ax,
        theme,
        [
            (words["plane"], words["generator"], words["discriminator"]),
            (words["time"], words["steps"], ""),
        ],
    )
    rows = (
        ("at_once", dirac.path(), theme.curves[1]),
        ("in_turns", dirac.path(in_turns=True), theme.curves[3]),
        ("other", dirac.path(saturating=False), theme.curves[2]),
        ("r1", dirac.path(weight=dirac.WEIGHT), theme.curves[0]),
    )
    for name, path, colour in rows:
        left.plot(*path.T, color=colour, linewidth=1.6)
        distance: Float = np.hypot(*path.T)
        right.plot(distance, color=colour, linewidth=LINE)
        # In a margin to the right of the curve's end; R1 leaves the picture long before.
        end = (dirac.STEPS + 12, distance[-1]) if distance[-1] > 1e-4 else (dirac.STEPS - 90, 3e-4)
        beside(right, end, words[name], colour)
    left.plot(*dirac.START, "o", color=theme.ink, markersize=8)
    left.plot(0, 0, "+", color=theme.ink, markersize=14, markeredgewidth=2.4)
    # Where no curve goes: what dot and cross are.
    for x, mark, name in ((-4.0, "o", "start"), (-2.2, "+", "home")):
        left.plot(x, -2.85, mark, color=theme.ink, markersize=9, markeredgewidth=2)
        beside(left, (x + 0.25, -2.85), words[name], theme.ink)
    # A length means the same both ways: a circle is a circle.
    left.set(xlim=(-4.3, 4.3), ylim=(-3.165, 3.165), aspect="equal")
    decades(right, -4, 1)
    right.set_xlim(0, 1.85 * dirac.STEPS)
    right.set_xticks(range(0, dirac.STEPS + 1, 100))


CLOSED: dict[str, Drawing] = {
    **first(WORDS),
    "log": FIGURES["generator_losses"],
    "game": FIGURES["game"],
    "cross-entropy": FIGURES["discriminator_loss"],
    "two-losses": Drawing(_two_losses, WORDS["two-losses"]),
    "distances": Drawing(_distances, WORDS["distances"]),
    "phase": Drawing(_phase, WORDS["phase"]),
}


def figures(results: Mapping[str, Any]) -> dict[str, Drawing]:
    """All figures by their files' names."""
    return {**CLOSED, **measured(results)}


def draw(folder: Path, results: Mapping[str, Any]) -> None:
    """Draw every figure in both languages: NAME.png and NAME.zh.png.

    Raises:
        ToylabError: If no font here has the Chinese words.
    """
    for name, drawing in figures(results).items():
        check_glyphs(drawing.words["zh"].values(), families("zh"))
        for lang, ending in (("en", "png"), ("zh", "zh.png")):
            write(folder / f"{name}.{ending}", drawn(drawing, lang))


def drawn(drawing: Drawing, lang: str) -> bytes:
    """A figure as the bytes of its PNG, with as few colours as it needs."""
    raw = io.BytesIO()
    picture(drawing, raw, THEMES["light"], lang, DOTS)
    # Lines on paper: 64 colours carry them and their soft edges, in a third of the bytes.
    few = Image.open(raw).convert("RGB").quantize(64, dither=Image.Dither.NONE)
    told = PngInfo()
    told.add_text("Software", "toylab")
    # Which font drew the words: another machine may have another for Chinese.
    told.add_text("Font", families(lang)[0])
    packed = io.BytesIO()
    few.save(packed, format="png", optimize=True, pnginfo=told)
    return packed.getvalue()
