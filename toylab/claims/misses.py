"""The seeds that miss a claim: which they are, how they are told, and what films one."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from toylab.base.axes import PerSeed
from toylab.metrics.claim import RELATIONS, Claim

# As many as a reader looks at; of the others it is told how many there are.
MOST_NAMED = 8
# Of all seeds of a table without order, those that are named one by one.
_NAMED_IN_A_SPAN = 16


def missed_by(
    claim: Claim, numbers: Sequence[float | None], seeds: Sequence[int]
) -> tuple[int, ...]:
    """The seeds that do not do as a claim says, in ascending order; none if the seeds are not known.

    Args:
        claim: The claim.
        numbers: What it compares with its threshold, per seed; None for a seed without a number, which
            satisfies nothing.
        seeds: In the same order, or empty.
    """
    if not seeds:
        return ()
    told: PerSeed = np.array(numbers, dtype=float)
    hit = RELATIONS[claim.relation](told, claim.threshold)
    return tuple(sorted(seed for seed, hits in zip(seeds, hit, strict=True) if not hits))


def in_words(misses: Sequence[int], n: int) -> str:
    """Who misses a claim: the first few by their numbers, unless it is everybody.

    Args:
        misses: Seeds that miss it, at least one.
        n: Seeds that were counted.
    """
    if len(misses) == n > 1:
        return "all seeds"
    return f"seed{'s' * (len(misses) > 1)} {listed(misses)}"


def listed(seeds: Sequence[int], most: int = MOST_NAMED) -> str:
    """Seeds one by one, and how many more there are."""
    more = f" and {len(seeds) - most} more" * (len(seeds) > most)
    return ", ".join(map(str, seeds[:most])) + more


def to_film(name: str, seed: int | str, device: str = "cpu") -> str:
    """The command that films a seed.

    Args:
        name: Of the scenario, or its file.
        seed: Which, or a word in its place.
        device: Where it was counted: cards round otherwise than processors.
    """
    elsewhere = f" --device {device}" * (device != "cpu")
    return f"toylab run {shlex.quote(name)} --seed {seed}{elsewhere}"


# --- the seeds of a whole table ---


def span(seeds: Sequence[int]) -> str:
    """The seeds of a table, for readers."""
    if len(seeds) > 1 and all(b == a + 1 for a, b in pairwise(seeds)):
        return f"{seeds[0]} to {seeds[-1]}"
    return listed(seeds, _NAMED_IN_A_SPAN)


def seeds_of(table: Mapping[str, Any]) -> tuple[int, ...]:
    """The seeds in whose order a table's numbers stand, as `toylab check -o x.json` wrote it.

    An older table has only what `span` said of them: they are empty where that did not name them all.
    """
    if "seeds" in table:
        return tuple(table["seeds"])
    said = table["about"].get("seeds", "")
    if found := re.fullmatch(r"(\d+) to (\d+)", said):
        return tuple(range(int(found[1]), int(found[2]) + 1))
    return tuple(map(int, said.split(", "))) if re.fullmatch(r"\d+(, \d+)*", said) else ()
