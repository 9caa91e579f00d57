"""Points that stand in the scenario itself: what a person drew."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import numpy as np
from annotated_types import Len

from toylab.base.axes import Float
from toylab.targets.empirical import Empirical
from toylab.targets.frame import PLAIN
from toylab.targets.target import NOTHING_READ, Noise, Position

# A hand draws hundreds, and of more a scenario is no text that anybody reads: they stand in a file.
MOST_DRAWN = 5000


@dataclass(frozen=True, eq=False)
class Drawn(Empirical):
    """Points of a scenario's own text, drawn with replacement, with Gaussian noise."""

    @property
    def data(self) -> Float:
        """Nothing, [0, 0]: the settings hold the points, and a trace keeps the settings."""
        return np.zeros((0, 0), np.float32)


def drawn(
    points: Annotated[tuple[tuple[Position, Position], ...], Len(1, MOST_DRAWN)],
    noise: Noise = 0.0,
) -> Drawn:
    """Draw from points that are written here, as a hand drew them; of more, or of a file's, use "points".

    Args:
        points: Data units, 1 to 5,000 pairs.
        noise: Standard deviation of Gaussian noise, data units, or 0; without noise no density is known.
    """
    at, spread = np.asarray(points, np.float32), np.full(2, float(noise))
    return Drawn(at, spread, PLAIN, NOTHING_READ, None)
