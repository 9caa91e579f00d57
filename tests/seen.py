"""How much of the generated points a film's frame shows: the share of their pixels that nothing lies on."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from toylab import Film, Trace
from toylab.film.style import THEMES

# Two colours that nothing else has: what differs between two films in them is a generated point.
_PROBES = ("#FF0000", "#0000FF")


def seen_share(trace: Trace, frames: list[int], theme: str = "light", **film: Any) -> list[float]:
    """Of each frame, the share of its generated points' pixels that are seen; NaN where there are none.

    Points that lie on each other are one; what is asked is what other layers hide.
    """
    layers = film.pop("layers", None)
    seen, whole = (
        _pixels(trace, frames, theme, {**film, "layers": of}) for of in (layers, ["generated"])
    )
    return [
        float((one & other).sum() / other.sum()) if other.any() else np.nan
        for one, other in zip(seen, whole, strict=True)
    ]


def _pixels(trace: Trace, frames: list[int], theme: str, film: dict[str, Any]) -> list[Any]:
    """Of each frame, where a generated point's colour is seen on the stage, bool."""
    films = []
    for number, colour in enumerate(_PROBES):
        probe = f"{theme} probe {number}"
        THEMES[probe] = replace(THEMES[theme], generated=colour, edge=colour)
        try:
            films.append(Film(trace, theme=probe, **film))
        finally:
            del THEMES[probe]
    box = films[0].stages[0].moving[0].axes.get_window_extent()
    found = []
    for frame in frames:
        red, blue = (np.asarray(one.draw(frame), int)[..., :3] for one in films)
        apart = np.abs(red - blue).sum(-1)
        rows = slice(len(apart) - round(box.y1), len(apart) - round(box.y0))
        # Whatever is half seen counts as that: an edge's pixel is one of both.
        found.append(apart[rows, round(box.x0) : round(box.x1)] > 255)
    return found
