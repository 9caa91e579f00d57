"""Verdicts: what a count of seeds says of a claim."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal

Verdict = Literal["holds", "fails", "undecided"]


def wilson(hits: int, n: int) -> tuple[float, float]:
    """95 % score interval for a share of `hits` among `n`. Wilson 1927.

    Raises:
        ValueError: If there are no trials or more hits than trials.
    """
    if not 0 <= hits <= n or n == 0:
        raise ValueError(f"expected 0 <= hits <= n and n > 0, got hits = {hits}, n = {n}")
    z = 1.959963984540054  # the normal's 97.5 % point
    share, shrink = hits / n, 1 + z * z / n
    centre = (share + z * z / (2 * n)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    # The ends are exactly 0 and 1 for no and all hits; rounding would miss them.
    return (0.0 if hits == 0 else centre - half), (1.0 if hits == n else centre + half)


def one_run(solvable: bool, numbers: Sequence[float | None]) -> bool:
    """Whether seeds are one run however many they are, so that there is nothing to count.

    Args:
        solvable: Whether both players are a few numbers; such a game may yet draw noise.
        numbers: What was measured, a seed each.
    """
    return solvable and len(numbers) > 1 and len({*numbers}) == 1


def verdict(hits: int, n: int, quorum: float) -> Verdict:
    """Judge a count of seeds: by where its interval lies about the quorum.

    Args:
        hits: Seeds that do as the claim says.
        n: Seeds that were counted.
        quorum: Share that the claim asks for.
    """
    low, high = wilson(hits, n)
    if low >= quorum:
        return "holds"
    return "fails" if high < quorum else "undecided"
