"""Drawn figures: the curves that a lecture on GANs draws on the board, from their closed forms."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from toylab.base.axes import Float
from toylab.film.fonts import families
from toylab.film.style import DPI, LABEL, PANEL, THEMES, VALUE, Theme, settled

# Units: as much as a slide leaves below title and lesson.
WIDTH, HEIGHT = 1200, 500
# Of the curves that matter, points.
LINE = 3.5


def discriminator_losses(d: Float) -> tuple[Float, Float]:
    """Loss of the discriminator for a real and for a generated point with D(x) = d, nats.

    Source: Goodfellow et al. 2014, equation 1, with its sign turned.
    """
    return -np.log(d), -np.log1p(-d)


def generator_losses(d: Float) -> tuple[Float, Float]:
    """Saturating log(1 - D) and non-saturating -log D of a generated point, nats.

    Source: Goodfellow et al. 2014, section 3.
    """
    return np.log1p(-d), -np.log(d)


def generator_weights(logit: Float) -> tuple[Float, Float]:
    """Size of the slope of both losses in the logit: D and 1 - D.

    Source: Arjovsky & Bottou 2017, section 2.2: the first vanishes where D is sure of itself.
    """
    d = 1 / (1 + np.exp(-logit))
    return d, 1 - d


def best_discriminator(p: Float, q: Float) -> Float:
    """D* = p / (p + q) of two densities, [n]. Goodfellow et al. 2014, proposition 1."""
    return p / (p + q)


def normal(x: Float, mean: float, spread: float) -> Float:
    """Density of a normal distribution, [n].

    Args:
        x: Places, [n].
        mean: Of the distribution.
        spread: Its standard deviation.
    """
    return np.exp(-(((x - mean) / spread) ** 2) / 2) / (spread * np.sqrt(2 * np.pi))


@dataclass(frozen=True)
class Drawing:
    """A row of the table of figures.

    Attributes:
        draw: Draws it on empty axes of the whole size.
        words: Its words in each language; "alt" says what it shows.
    """

    draw: Callable[[Axes, Theme, Mapping[str, str]], None]
    words: Mapping[str, Mapping[str, str]]


def quiet(ax: Axes, theme: Theme, across: str, up: str) -> None:
    """Curves on quiet axes with their names.

    Args:
        ax: Where the curves will stand.
        theme: Colours.
        across: Name of the axis below.
        up: Name of the axis at the left.
    """
    ax.set_facecolor(theme.paper)
    for side, spine in ax.spines.items():
        spine.set_visible(side in ("left", "bottom"))
        spine.set_color(theme.soft)
    ax.tick_params(labelsize=LABEL, labelcolor=theme.soft, color=theme.soft)
    ax.set_xlabel(across, fontsize=LABEL, color=theme.soft)
    ax.set_ylabel(up, fontsize=LABEL, color=theme.soft)


def say(ax: Axes, at: tuple[float, float], words: str, colour: str, **more: Any) -> None:
    """Words beside a curve, in its colour.

    Args:
        ax: Where the curve stands.
        at: The words' place, data units.
        words: To be written.
        colour: The curve's.
        more: How `Axes.annotate` sets them, where that is not as usual here.
    """
    usual = {"ha": "left", "va": "center", "fontsize": VALUE, "fontweight": "bold"}
    ax.annotate(words, at, color=colour, **(usual | more))


# Not quite to the ends, where the logarithms leave the picture.
_D = np.linspace(0.004, 0.996, 497)


def _discriminator(ax: Axes, theme: Theme, words: Mapping[str, str]) -> None:
    ax.set_position((0.08, 0.15, 0.88, 0.82))
    quiet(ax, theme, "D(x)", words["loss"])
    real, generated = discriminator_losses(_D)
    # As in films: orange is where D says "real", generated points are green.
    ax.plot(_D, real, color=theme.curves[1], linewidth=LINE)
    ax.plot(_D, generated, color=theme.curves[2], linewidth=LINE)
    ax.plot([0.5], [np.log(2)], "o", color=theme.ink, markersize=10)
    say(ax, (0.5, np.log(2) + 0.62), words["middle"], theme.ink, ha="center", fontsize=PANEL)
    say(ax, (0.05, 3.9), words["real"], theme.curves[1])
    say(ax, (0.95, 3.9), words["generated"], theme.curves[2], ha="right")
    ax.set(xlim=(0, 1), ylim=(0, 4.6))


def losses_of_g(ax: Axes, theme: Theme, width: float = LINE) -> None:
    """Both losses of the generator against D, with the region where training soon is.

    Args:
        ax: Empty axes.
        theme: Colours.
        width: Of the lines, points.
    """
    saturating, non_saturating = generator_losses(_D)
    ax.axvspan(0, 0.1, color=theme.grid, zorder=0)
    ax.plot(_D, non_saturating, color=theme.curves[0], linewidth=width)
    ax.plot(_D, saturating, color=theme.curves[1], linewidth=width)
    ax.set(xlim=(0, 1), ylim=(-4.6, 4.6))


def _generator(ax: Axes, theme: Theme, words: Mapping[str, str]) -> None:
    ax.set_position((0.08, 0.15, 0.88, 0.82))
    quiet(ax, theme, "D(G(z))", words["loss"])
    ax.axhline(0, color=theme.grid, linewidth=1)
    losses_of_g(ax, theme)
    say(ax, (0.115, -4.0), words["early"], theme.soft, fontsize=PANEL)
    say(ax, (0.16, 3.2), words["non_saturating"], theme.curves[0])
    say(ax, (0.92, -3.0), words["saturating"], theme.curves[1], ha="right")
    say(ax, (0.115, 0.62), words["slope"], theme.curves[1], fontsize=PANEL)


def weights_of_g(ax: Axes, theme: Theme, sure: float = -4, width: float = LINE) -> None:
    """The slopes of both losses in the logit; up to the logit `sure` D knows the fakes.

    Args:
        ax: Empty axes.
        theme: Colours.
        sure: The logit at which D is sure that a point is generated.
        width: Of the lines, points.
    """
    logit = np.linspace(-8, 8, 321)
    saturating, non_saturating = generator_weights(logit)
    ax.axvspan(-8, sure, color=theme.grid, zorder=0)
    ax.plot(logit, non_saturating, color=theme.curves[0], linewidth=width)
    ax.plot(logit, saturating, color=theme.curves[1], linewidth=width)
    ax.set(xlim=(-8, 8), ylim=(0, 1.12))
    ax.set_xticks(range(-8, 9, 4), ["−8", "−4", "0", "4", "8"])


def _weights(ax: Axes, theme: Theme, words: Mapping[str, str]) -> None:
    ax.set_position((0.08, 0.22, 0.85, 0.76))
    quiet(ax, theme, words["logit"], words["weight"])
    weights_of_g(ax, theme)
    say(ax, (-7.7, 0.5), words["sure"], theme.soft, fontsize=PANEL)
    say(ax, (-3.2, 1.04), words["non_saturating"], theme.curves[0])
    say(ax, (3.2, 1.04), words["saturating"], theme.curves[1])
    shares = ("0.0003", "0.02", "1/2", "0.98", "0.9997")
    names = [label.get_text() for label in ax.get_xticklabels()]
    ax.set_xticks(ax.get_xticks(), [f"{t}\nD = {d}" for t, d in zip(names, shares, strict=True)])


def best_of_bells(ax: Axes, theme: Theme, width: float = LINE) -> None:
    """D* between two bell curves, the data's and the generator's.

    Args:
        ax: Empty axes.
        theme: Colours.
        width: Of the lines, points.
    """
    x = np.linspace(-5, 5, 401)
    p, q = normal(x, -1.2, 1.0), normal(x, 1.4, 0.8)
    for density, colour in ((p, theme.curves[1]), (q, theme.curves[2])):
        ax.fill_between(x, density, color=colour, alpha=0.25, linewidth=0)
        ax.plot(x, density, color=colour, linewidth=2)
    ax.plot(x, best_discriminator(p, q), color=theme.ink, linewidth=width)
    ax.set(xlim=(-5, 5), ylim=(0, 1.05))
    ax.set_yticks([0, 0.5, 1], ["0", "1/2", "1"])


def _best(ax: Axes, theme: Theme, words: Mapping[str, str]) -> None:
    ax.set_position((0.08, 0.15, 0.88, 0.82))
    quiet(ax, theme, "x", "")
    best_of_bells(ax, theme)
    ax.axhline(0.5, color=theme.soft, linewidth=1.2, linestyle=(0, (4, 4)))
    say(ax, (-1.25, 0.16), words["p"], theme.curves[1], ha="center")
    say(ax, (1.55, 0.3), words["q"], theme.curves[2], ha="center")
    say(ax, (-4.8, 0.92), words["best"], theme.ink)


def blank(ax: Axes) -> None:
    """Have axes fill the picture, in its own units and without a frame."""
    ax.set_position((0, 0, 1, 1))
    ax.set_axis_off()
    ax.set_xlim(0, WIDTH)
    ax.set_ylim(0, HEIGHT)


def frame(ax: Axes, box: tuple[float, float, float, float], paper: str, colour: str) -> None:
    """A box with round corners.

    Args:
        ax: In the picture's units.
        box: Left, bottom, width and height.
        paper: Colour within it.
        colour: Of its edge.
    """
    x, y, w, h = box
    shape = FancyBboxPatch((x, y), w, h, boxstyle="round,pad=0,rounding_size=14")
    shape.set(facecolor=paper, edgecolor=colour, linewidth=3)
    ax.add_patch(shape)


def arrow(
    ax: Axes,
    start: tuple[float, float],
    stop: tuple[float, float],
    colour: str,
    bend: float = 0.0,
    dashed: bool = False,
) -> None:
    """An arrow from here to there.

    Args:
        ax: In the picture's units.
        start: Where it begins.
        stop: Where it ends.
        colour: Of line and head.
        bend: How far it is bent aside, as a share of its length.
        dashed: Whether it is the way back of a gradient.
    """
    shape = FancyArrowPatch(start, stop, arrowstyle="-|>", mutation_scale=26, linewidth=2.5)
    shape.set(connectionstyle=f"arc3,rad={bend}", color=colour)
    if dashed:
        shape.set_linestyle((0, (5, 4)))
    ax.add_patch(shape)


def _game(ax: Axes, theme: Theme, words: Mapping[str, str]) -> None:
    blank(ax)

    def box(x: float, y: float, w: float, name: str, what: str, colour: str) -> None:
        frame(ax, (x, y, w, 120), theme.paper, colour)
        say(ax, (x + w / 2, y + 74), name, colour, ha="center")
        light = {"fontsize": LABEL, "fontweight": "normal"}
        say(ax, (x + w / 2, y + 36), what, theme.soft, ha="center", **light)

    box(10, 100, 170, "z", words["noise"], theme.soft)
    box(270, 100, 230, words["generator"], "G(z)", theme.curves[2])
    box(270, 360, 230, words["data"], "x", theme.curves[1])
    box(620, 230, 270, words["discriminator"], "D(x)", theme.ink)
    arrow(ax, (180, 160), (270, 160), theme.ink)
    arrow(ax, (500, 160), (620, 260), theme.ink)
    arrow(ax, (500, 420), (620, 320), theme.ink)
    arrow(ax, (890, 290), (960, 290), theme.ink)
    light = {"fontsize": PANEL, "fontweight": "normal"}
    say(ax, (975, 320), words["to_real"], theme.curves[1], **light)
    say(ax, (975, 260), words["to_generated"], theme.curves[2], **light)
    arrow(ax, (740, 230), (400, 100), theme.soft, bend=-0.35, dashed=True)
    say(ax, (640, 34), words["push"], theme.soft, ha="center", fontsize=PANEL)


def _both(**told: tuple[str, str]) -> dict[str, dict[str, str]]:
    """Words of a figure in each language, of each word in English and in Chinese."""
    return {
        lang: {key: words[n] for key, words in told.items()} for n, lang in enumerate(("en", "zh"))
    }


FIGURES: dict[str, Drawing] = {
    "game": Drawing(
        _game,
        _both(
            alt=(
                "Noise z goes through the generator; the discriminator sees its points and "
                "real ones and tells them apart; the generator is pushed by the "
                "discriminator's gradient.",
                "噪声 z 经过生成器；判别器看到生成点与真实点并加以区分；生成器由判别器的梯度推动。",
            ),
            noise=("noise", "噪声"),
            generator=("generator", "生成器"),
            data=("data", "数据"),
            discriminator=("discriminator", "判别器"),
            to_real=("real → 1", "真实 → 1"),
            to_generated=("generated → 0", "生成 → 0"),
            push=(
                "the only push that G ever gets: the gradient through D",
                "生成器得到的唯一推力：穿过判别器的梯度",
            ),
        ),
    ),
    "discriminator_loss": Drawing(
        _discriminator,
        _both(
            alt=(
                "−log D falls from infinity at D = 0 to 0 at D = 1; −log(1 − D) is its mirror "
                "image; they cross at D = 1/2 at log 2.",
                "−log D 从 D = 0 处的无穷降到 D = 1 处的 0；−log(1 − D) 与之对称；二者在 D = 1/"
                "2 处相交于 log 2。",
            ),
            loss=("loss of D (nats)", "判别器的损失（奈特）"),
            real=("−log D, for a real point", "−log D：真实点"),
            generated=("−log(1 − D), for a generated point", "−log(1 − D)：生成点"),
            middle=("D = 1/2: log 2 for each", "D = 1/2：各为 log 2"),
        ),
    ),
    "best_discriminator": Drawing(
        _best,
        _both(
            alt=(
                "Two bell curves, data p and generator q, and D* = p / (p + q), which falls "
                "from 1 where only data lie to 0 where only the generator's points lie.",
                "两条钟形曲线：数据 p 与生成器 q；D* = p / (p + q) 从只有数据处的 1 降到只有生"
                "成点处的 0。",
            ),
            p=("data p", "数据 p"),
            q=("generator q", "生成器 q"),
            best=("D* = p / (p + q)", "D* = p / (p + q)"),
        ),
    ),
    "generator_losses": Drawing(
        _generator,
        _both(
            saturating=("log(1 − D): saturating", "log(1 − D)：饱和损失"),
            non_saturating=("−log D: non-saturating", "−log D：非饱和损失"),
            alt=(
                "Against D: near D = 0, where training soon is, −log D is steep without bound "
                "and log(1 − D) has slope −1; near D = 1 it is the other way round.",
                "在 D = 0 附近（训练不久便到这里），−log D 的斜率无界，log(1 − D) 的斜率只有 −1"
                "；在 D = 1 附近则相反。",
            ),
            loss=("loss of G (nats)", "生成器的损失（奈特）"),
            early=(
                "← soon after the start: D knows the fakes",
                "← 训练不久便到这里：D 认得出生成点",
            ),
            slope=("slope −1, no more", "斜率只有 −1"),
        ),
    ),
    "generator_weights": Drawing(
        _weights,
        _both(
            alt=(
                "Against the logit: the slope of log(1 − D) is D and dies where D is sure that "
                "a point is generated; the slope of −log D is 1 − D and is full there.",
                "以 logit 为横轴：log(1 − D) 的斜率是 D，在 D 确信为假处消失；−log D 的斜率是 1"
                " − D，在那里最大。",
            ),
            saturating=("log(1 − D): weight D", "log(1 − D)：权重 D"),
            non_saturating=("−log D: weight 1 − D", "−log D：权重 1 − D"),
            logit=("logit of D(G(z))", "D(G(z)) 的 logit"),
            weight=("slope in the logit", "对 logit 的斜率"),
            sure=("D is sure: fake", "D 确信：假"),
        ),
    ),
}


def picture(
    drawing: Drawing, path: Path | IO[bytes], theme: Theme, lang: str, dots: float = 2.0
) -> None:
    """Draw a figure and write it as PNG.

    Args:
        drawing: What to draw.
        path: Where to write.
        theme: Its colours.
        lang: Key of the drawing's words.
        dots: Pixels a unit.
    """
    with settled({"font.family": families(lang)}):
        size = WIDTH / DPI, HEIGHT / DPI
        figure = Figure(figsize=size, dpi=dots * DPI, facecolor=theme.paper)
        drawing.draw(figure.add_axes((0.0, 0.0, 1.0, 1.0)), theme, drawing.words[lang])
        figure.savefig(path, format="png", facecolor=theme.paper, metadata={"Software": "toylab"})


class DrawnFigure:
    """A drawn figure that fills a slide.

    Args:
        name: For its files.
        drawing: Key of `FIGURES`.
        theme: Key of `THEMES`.
        lang: Key of the drawing's words.
    """

    def __init__(self, name: str, drawing: str, theme: str, lang: str) -> None:
        self.name, self._row, self._lang = name, FIGURES[drawing], lang
        self._theme = THEMES[theme]
        self.alt = self._row.words[lang]["alt"]

    def save(self, path: Path) -> None:
        """Write it as .png."""
        picture(self._row, path, self._theme, self._lang)
