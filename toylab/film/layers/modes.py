"""The modes by name: which share of the samples each has now."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toylab.base.axes import Float
from toylab.base.errors import ToylabError
from toylab.film.layers.layer import Layer, View, each_target
from toylab.film.strokes import Label
from toylab.metrics import nearest_modes
from toylab.targets import Target

# More labels than these would touch on a stage of 548 pixels.
MOST_LABELS = 25


def modes(view: View) -> Layer:
    """A label beside each mode: the share of all samples that are good and nearest to it.

    Raises:
        ToylabError: If there are no modes, or too many.
    """

    def labels(target: Target) -> list[Label]:
        places = target.modes
        if not 0 < len(places) <= MOST_LABELS:
            raise ToylabError(
                f"film.layers modes needs a target of 1 to {MOST_LABELS} modes; this one has {len(places)}."
            )
        index, good = nearest_modes(view.samples, target)
        shares = np.stack([((index == k) & good).mean(-1) for k in range(len(places))])  # [K, T]
        now = [view.trace.target_of(t) is target for t in range(len(view.trace.steps))]
        return [
            _label(at, shift, share, now)
            for at, shift, share in zip(places, _shifts(places), shares, strict=True)
        ]

    of = each_target(view.trace, labels)
    found = {id(of(t)): of(t) for t in range(len(view.trace.steps))}
    return Layer([label for one in found.values() for label in one])


def _label(at: Float, shift: Float, share: Float, now: Sequence[bool]) -> Label:
    """The present share, where its mode is to be learned now; one without samples stands back."""
    return Label(
        lambda frame: f"{100 * share[frame]:.0f}\u202f%" if now[frame] else "",
        (at[0], at[1]),
        "ink",
        shift=(shift[0], shift[1]),
        plate=("round,pad=0.15", 0.7),
        strength=lambda frame: 1.0 if share[frame] > 0 else 0.55,
    )


def _shifts(modes: Float) -> Float:
    """Pixels from each mode to its label, [K, 2]: outwards on a ring, else above."""
    offset = modes - modes.mean(0)
    far = np.hypot(*offset.T)
    if len(modes) > 2 and far.min() > 0.9 * far.max():
        # Wider than high, as the words are.
        return offset / far[:, None] * (44, 34)
    return np.tile([0.0, 26.0], (len(modes), 1))
