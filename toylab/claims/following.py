"""Whether a claim says anything that other claims do not say already."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

from toylab.metrics.claim import REDUCTIONS, Claim

# What a bound of every look bounds as well.
_OF_LOOKS = {name for name, one in REDUCTIONS.items() if one.in_units}


def follows(claim: Claim, own: Sequence[Claim], rival: Sequence[Claim] = ()) -> bool:
    """Whether a claim is true of each seed for which the others are.

    Args:
        claim: Its window in numbers, as those of the others.
        own: All claims of its scenario; itself is passed over.
        rival: Those of the scenario that it compares with, if it does.
    """
    low, high = _bounds(claim, (one for one in own if one != claim))
    if claim.against:
        least, most = _bounds(claim, rival)
        low, high = low - most, high - least
    if claim.relation.startswith(">"):
        return low > claim.threshold or (low == claim.threshold and claim.relation == ">=")
    return high < claim.threshold or (high == claim.threshold and claim.relation == "<=")


def _bounds(claim: Claim, others: Iterable[Claim]) -> tuple[float, float]:
    """Between what the number of a claim lies, less no rival's, by other claims."""
    low, high = -math.inf, math.inf
    for other in others:
        if other.metric != claim.metric or other.against:
            continue
        same = (other.window, other.reduce) == (claim.window, claim.reduce)
        below = other.relation.startswith(">")
        # No look in a window falls below its least one.
        every = other.reduce == ("min" if below else "max") and claim.reduce in _OF_LOOKS
        if same or (every and _inside(claim, other)):
            low, high = (
                (max(low, other.threshold), high) if below else (low, min(high, other.threshold))
            )
    return low, high


def _inside(claim: Claim, other: Claim) -> bool:
    (a, b), (c, d) = claim.span((), 1), other.span((), 1)
    return c <= a and b <= d
