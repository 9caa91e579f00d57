"""Arrows: where the generator's loss pushes its samples."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import numpy as np

from toylab.base.axes import Float, Points
from toylab.film.layers.layer import Key, Layer, View
from toylab.film.layers.spread import spread_choice
from toylab.film.strokes import Label, Shapes
from toylab.film.style import short
from toylab.film.words import Said

# Few, so that each can be followed from frame to frame.
N_ARROWS = 14
# Pixels. Arrows that would start nearer to each other than this are one, or they hide what they push.
APART = 34.0
# Pixels from a sample's middle to its arrow: the sample stays seen.
CLEAR = 5.0

_KEY = Key("arrow", "arrows")


def arrows(view: View) -> Layer:
    """Where the generator's loss pushes some samples: the same latents in all frames, one scale a run.

    True lengths, so that a gradient that vanishes is seen to vanish. Samples that stand close together
    have one arrow, the mean of theirs.
    """
    start, push = _pushed(view)
    lengths = np.hypot(push[..., 0], push[..., 1])
    finite = lengths[np.isfinite(lengths)]
    longest = float(np.percentile(finite, 95)) if finite.size else 0.0
    # A long arrow of the run takes a ninth of the stage.
    scale = _side(view) / 9 / longest if longest > 0 else 0.0
    return Layer(_cased(view, start, push, lambda mean: mean * scale), _KEY)


def arrows_even(view: View) -> Layer:
    """The same pushes at one length, for their direction; their true size in words.

    For runs whose gradients span decades, where true lengths would show the longest only.
    """
    start, push = _pushed(view)
    size = np.hypot(push[..., 0], push[..., 1])

    def even(mean: Points) -> Points:
        with np.errstate(divide="ignore", invalid="ignore"):
            along = mean / np.hypot(mean[:, 0], mean[:, 1])[:, None]
        # A ninth of the stage, as a long arrow of true length has.
        return np.where(np.isfinite(along), along, 0.0) * (_side(view) / 9)

    def said(frame: int) -> Said:
        return Said("push", {"size": short(float(np.median(size[frame])))})

    # In the stage's lower left corner.
    words = Label(
        said,
        (0.02, 0.025),
        "ink",
        of_stage=True,
        across="left",
        upwards="baseline",
        plate=("square,pad=0.31", 0.85),
    )
    return Layer([*_cased(view, start, push, even), words], _KEY)


def _pushed(view: View) -> tuple[Float, Float]:
    """Where the chosen samples are and how they are pushed, each [T, n, 2].

    In the players' units, in which the stage is a square, whatever its sides are in the data's.
    """
    samples = view.trace.target.frame.inward(view.samples)
    pushes = view.trace.pushes[:, view.trace.filmed_row(view.seed)]
    chosen = spread_choice(samples, N_ARROWS)
    return samples[:, chosen], pushes[:, chosen]


def _side(view: View) -> float:
    """The stage's, in the players' units."""
    corners = np.reshape(view.trace.extent, (2, 2)).T
    (x0, _), (x1, _) = view.trace.target.frame.inward(corners).tolist()
    return x1 - x0


def _cased(
    view: View, start: Float, push: Float, drawn: Callable[[Points], Points]
) -> list[Shapes]:
    """Arrows over their casing; `drawn` gives what is drawn of pushes."""
    frame, side = view.trace.target.frame, _side(view)
    pixel = side / view.side

    @cache
    def shapes(snapshot: int) -> Float:
        at, mean = thinned(start[snapshot], push[snapshot], APART * pixel, CLEAR * pixel)
        # None takes more than a fifth of the stage.
        return frame.outward(arrow_shapes(at, drawn(mean), side / 5, pixel))

    return [Shapes(shapes, "paper", 2.2), Shapes(shapes, "arrow", 0.0)]


def thinned(start: Points, push: Points, apart: float, clear: float) -> tuple[Points, Points]:
    """Leave one push of those that start close together: their mean, beside them.

    Each in turn joins the nearest of those that are kept, if that is nearer than `apart`; else it is kept.
    So who keeps an arrow stays who has it while the cloud moves, but for who comes and goes.

    Args:
        start: Where samples are, [n, 2].
        push: How they are pushed, [n, 2]; who has none that is finite is left out.
        apart: The least distance of two that are kept.
        clear: How far an arrow begins from the middle of the foremost sample of those it stands for.

    Returns:
        Where arrows begin and the mean pushes, each [m, 2].
    """
    finite = np.isfinite(start).all(1) & np.isfinite(push).all(1)
    start, push = start[finite], push[finite]
    kept: list[int] = []
    joined = np.zeros(len(start), int)
    for i, place in enumerate(start):
        far = np.hypot(*(start[kept] - place).T)
        if not len(far) or far.min() >= apart:
            kept.append(i)
            joined[i] = len(kept) - 1
        else:
            joined[i] = int(np.argmin(far))
    begin, mean = np.zeros((len(kept), 2)), np.zeros((len(kept), 2))
    for k, i in enumerate(kept):
        mine = joined == k
        mean[k] = push[mine].mean(0)
        length = np.hypot(*mean[k])
        along = mean[k] / length if length > 0 else mean[k]
        # The one that has the arrow is among them: never behind it.
        begin[k] = start[i] + along * (((start[mine] - start[i]) @ along).max() + clear)
    return begin, mean


def arrow_shapes(start: Points, push: Points, most: float, pixel: float) -> Float:
    """Corners of arrows, [m, 7, 2]; those shorter than a pixel are left out.

    Args:
        start: Data units, [n, 2].
        push: From there, data units, [n, 2].
        most: Longer arrows are cut to this, data units.
        pixel: One, in data units.
    """
    length, pixel = np.hypot(push[:, 0], push[:, 1]), np.float64(pixel)
    with np.errstate(invalid="ignore"):
        seen = np.isfinite(length) & (length > pixel)
    start, push, length = start[seen], push[seen], length[seen]
    along = push / length[:, None]
    across = np.stack([-along[:, 1], along[:, 0]], axis=1)
    length = np.minimum(length, most)
    # Pixels: a shaft of 3, a head of 13 by 11, shrunk for arrows shorter than two heads.
    size = np.minimum(1.0, length / (24 * pixel))
    head, wing, half = 13 * pixel * size, 5.5 * pixel * size, 1.5 * pixel * np.sqrt(size)
    outline = [
        (0 * length, half),
        (length - head, half),
        (length - head, wing),
        (length, 0 * length),
        (length - head, -wing),
        (length - head, -half),
        (0 * length, -half),
    ]
    return np.stack([start + along * a[:, None] + across * b[:, None] for a, b in outline], axis=1)
