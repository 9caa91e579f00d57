"""The figures of lecture 0: what a first text on GANs draws, with points in the place of pictures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap
from scipy.special import expit

from docs.make.course.canvas import panels
from toylab.base.axes import Float, Points
from toylab.film.style import LABEL, PANEL, VALUE, Theme
from toylab.show.figures import HEIGHT, Drawing, arrow, blank, frame, say
from toylab.targets import TARGETS

Words = Mapping[str, str]

# Points of each cloud in a drawing by hand; any seed will do.
_N, _SEED = 160, 4


# Words that stand back from those of `say`.
_LIGHT = {"fontsize": PANEL, "fontweight": "normal"}


def _points(ax: Axes, cloud: Points, theme: Theme, real: bool) -> None:
    """As films draw them: real points small and square, generated ones round with an edge."""
    look = (
        {"marker": "s", "markersize": 3.4, "color": theme.real, "markeredgewidth": 0}
        if real
        else {
            "marker": "o",
            "markersize": 6.5,
            "color": theme.generated,
            "markeredgecolor": theme.edge,
            "markeredgewidth": 0.7,
        }
    )
    ax.plot(*cloud.T, linestyle="none", **look)


def _intuition(ax: Axes, theme: Theme, words: Words) -> None:
    """Three days of a forger; his works are points, and so are the originals."""
    stages = ("first", "later", "last")
    made = panels(ax, theme, [(words[name], "", "") for name in stages], room=30)
    rng = np.random.default_rng(_SEED)
    ring = TARGETS["ring"]()
    real = ring.sample(rng, _N)
    angle = rng.uniform(0, 2 * np.pi, _N)
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1) * rng.normal(1.7, 0.3, (_N, 1))
    clouds = (rng.normal([0.3, 0.2], 0.55, (_N, 2)), circle, ring.sample(rng, _N))
    for panel, cloud, name in zip(made, clouds, stages, strict=True):
        panel.set(xlim=(-2.9, 2.9), ylim=(-2.9, 2.9), aspect="equal", xticks=[], yticks=[])
        for spine in panel.spines.values():
            spine.set(visible=True, color=theme.grid)
        _points(panel, real, theme, real=True)
        _points(panel, cloud, theme, real=False)
        panel.set_xlabel(words[f"{name}_says"], fontsize=PANEL, color=theme.ink, labelpad=14)


def _networks(ax: Axes, theme: Theme, words: Words) -> None:
    """Both players in layers: z, two hidden layers, x; x, two hidden layers, one number."""
    blank(ax)
    green, ink = theme.curves[2], theme.ink
    g = ((2, 120.0), (5, 235.0), (5, 350.0), (2, 465.0))
    d = ((2, 650.0), (5, 765.0), (5, 880.0), (1, 995.0))
    for layers, colour in ((g, green), (d, ink)):
        _layers(ax, theme, layers, colour)
    say(ax, (100, 260), "z", ink, ha="right")
    say(ax, (292, 452), words["generator"], green, ha="center")
    say(ax, (822, 452), words["discriminator"], ink, ha="center")
    arrow(ax, (486, 250), (628, 250), ink)
    say(ax, (557, 278), "x = G(z)", green, ha="center", **_LIGHT)
    # Real points come in at the same door.
    arrow(ax, (557, 120), (628, 222), ink)
    say(ax, (545, 98), words["real"], theme.curves[1], ha="center", **_LIGHT)
    arrow(ax, (1012, 250), (1066, 250), ink)
    say(ax, (1076, 250), "D(x)", ink)
    say(ax, (1076, 214), words["share"], theme.soft, fontsize=LABEL, fontweight="normal")
    say(ax, (292, 58), words["theta"], theme.soft, ha="center", **_LIGHT)
    say(ax, (822, 58), words["phi"], theme.soft, ha="center", **_LIGHT)


def _layers(
    ax: Axes, theme: Theme, layers: Sequence[tuple[int, float]], colour: str, gap: float = 64
) -> None:
    """Circles in columns, each joined to each of the next.

    Args:
        ax: In the picture's units.
        theme: Colours.
        layers: Of each column how many, and where it stands.
        colour: Of the circles' edges.
        gap: From one circle to the next above it.
    """
    places = [[(x, HEIGHT / 2 + gap * (i - (n - 1) / 2)) for i in range(n)] for n, x in layers]
    for here, there in zip(places[:-1], places[1:], strict=True):
        for a in here:
            for b in there:
                ax.plot(*zip(a, b, strict=True), color=theme.grid, linewidth=1.6, zorder=1)
    for column in places:
        ax.plot(
            *zip(*column, strict=True),
            "o",
            markersize=21,
            color=theme.paper,
            markeredgecolor=colour,
            markeredgewidth=2.6,
            zorder=2,
        )


def _classifier(ax: Axes, theme: Theme, words: Words) -> None:
    """Two heaps, the best D for them, and what it says of one point."""
    ax.set_axis_off()
    plane = ax.figure.add_axes((0.03, 0.06, 0.5, 0.88))
    x, y = np.meshgrid(np.linspace(-3, 3, 241), np.linspace(-2.2, 2.2, 177))
    surface = LinearSegmentedColormap.from_list("surface", theme.surface)
    d = _opinion(x, y)
    plane.imshow(d, origin="lower", extent=(-3, 3, -2.2, 2.2), cmap=surface, vmin=0, vmax=1)
    plane.contour(x, y, d, [0.5], colors=theme.ink, linewidths=2.2)
    rng = np.random.default_rng(_SEED)
    _points(plane, rng.normal(_REAL, _SPREAD, (_N, 2)), theme, real=True)
    _points(plane, rng.normal(_FAKE, _SPREAD, (_N, 2)), theme, real=False)
    at = (0.1, 0.8)
    plane.plot(*at, "*", markersize=24, color=theme.paper, markeredgecolor=theme.ink)
    plane.set(xlim=(-3, 3), ylim=(-2.2, 2.2), xticks=[], yticks=[])
    for spine in plane.spines.values():
        spine.set_visible(False)
    told = ax.figure.add_axes((0.57, 0.06, 0.4, 0.88))
    told.set_axis_off()
    told.set(xlim=(0, 1), ylim=(0, 1))
    p = float(_opinion(*at))
    rows = (
        (0.93, words["real"], theme.ink, _LIGHT),
        (0.82, words["generated"], theme.curves[2], _LIGHT),
        (0.71, words["line"], theme.soft, _LIGHT),
        (0.53, words["star"], theme.ink, {}),
        (0.41, f"P(y = 1 | x) = D(x) = {p:.2f}", theme.curves[1], {}),
        (0.29, f"P(y = 0 | x) = 1 − D(x) = {1 - p:.2f}", theme.curves[3], {}),
        (0.12, words["if_real"].format(f"{-np.log(p):.2f}"), theme.soft, _LIGHT),
        (0.02, words["if_fake"].format(f"{-np.log(1 - p):.2f}"), theme.soft, _LIGHT),
    )
    for height, line, colour, look in rows:
        say(told, (0, height), line, colour, **look)


# Centres and spread of the two heaps of the classifier, data units.
_REAL, _FAKE, _SPREAD = (1.0, 0.3), (-1.0, -0.3), 0.7


def _opinion(x: Float | float, y: Float | float) -> Float:
    """D* of two round Gaussians of one spread: its logit is linear in the point. Chapter 3."""
    (a, b), (c, d) = _REAL, _FAKE
    logit = ((a - c) * x + (b - d) * y - (a * a + b * b - c * c - d * d) / 2) / _SPREAD**2
    return expit(logit)


def _loop(ax: Axes, theme: Theme, words: Words) -> None:
    """One round: K steps of D, one of G; who moves, and whose numbers stand still."""
    blank(ax)
    boxes = ((40.0, "d", theme.ink), (640.0, "g", theme.curves[2]))
    for left, name, colour in boxes:
        frame(ax, (left, 110, 520, 270), theme.paper, colour)
        say(ax, (left + 26, 342), words[f"{name}_title"], colour, fontsize=VALUE)
        for i, height in enumerate((290, 240, 190, 140)):
            ink = theme.soft if i == 3 else theme.ink
            say(ax, (left + 26, height), words[f"{name}_{i + 1}"], ink, **_LIGHT)
    arrow(ax, (560, 245), (640, 245), theme.ink)
    arrow(ax, (900, 110), (300, 110), theme.ink, bend=-0.12)
    say(ax, (600, 24), words["again"], theme.soft, ha="center", **_LIGHT)
    # K times around the first box.
    arrow(ax, (420, 380), (180, 380), theme.ink, bend=0.35)
    say(ax, (300, 456), words["k_times"], theme.ink, ha="center", **_LIGHT)
    say(ax, (900, 412), words["once"], theme.curves[2], ha="center", **_LIGHT)


FIRST = {
    "intuition": _intuition,
    "networks": _networks,
    "classifier": _classifier,
    "loop": _loop,
}


def first(words: Mapping[str, Mapping[str, Words]]) -> dict[str, Drawing]:
    """These figures by their files' names, with their words."""
    return {name: Drawing(draw, words[name]) for name, draw in FIRST.items()}
