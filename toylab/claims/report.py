"""The table of claims, for machines and for readers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from itertools import pairwise

from toylab.base.counted import Counted
from toylab.claims.counting import Outcome
from toylab.claims.verdict import verdict
from toylab.training.run import versions

# Of seeds without order, those that are named one by one.
_NAMED = 16


def about(seeds: Sequence[int], device: str = "cpu") -> dict[str, str]:
    """What a table says of its making: when, on which seeds, with which versions, where."""
    return {"date": date.today().isoformat(), "seeds": _span(seeds), **versions(), "device": device}


def _span(seeds: Sequence[int]) -> str:
    if len(seeds) > 1 and all(b == a + 1 for a, b in pairwise(seeds)):
        return f"{seeds[0]} to {seeds[-1]}"
    more = f" and {len(seeds) - _NAMED} more" * (len(seeds) > _NAMED)
    return ", ".join(map(str, seeds[:_NAMED])) + more


def as_json(found: Sequence[Outcome], about: dict[str, str]) -> str:
    """The table for machines."""
    return json.dumps({"about": about, "claims": [asdict(o) for o in found]}, indent=1) + "\n"


def as_markdown(found: Sequence[Outcome], about: dict[str, str]) -> str:
    """The table for readers."""
    counts = {v: sum(o.verdict == v for o in found) for v in ("holds", "undecided", "fails")}
    lines = [
        "# Claims",
        "",
        f"{Counted(len(found)):claim}: {Counted(counts['holds']):holds|hold}, "
        f"{counts['undecided']} undecided, {Counted(counts['fails']):fails|fail}. A claim holds if the "
        "lower end of the 95 % Wilson interval of the "
        "share of seeds reaches its quorum, fails if the upper end does not, and is undecided between.",
        "",
        ", ".join(f"{key} {value}" for key, value in about.items()) + ".",
        "",
        "| scenario | claim | seeds | 95 % interval | quorum | verdict |",
        "|---|---|---|---|---|---|",
    ]
    for o in found:
        low, high = o.interval
        text = o.claim.text.replace("|", "\\|")
        lines.append(
            f"| {o.scenario} | {text} | {o.hits} of {len(o.numbers)} | {low:.2f} to {high:.2f} "
            f"| {o.claim.quorum:g} | {o.verdict} |"
        )
    games = (o for o in found if o.solvable and len(o.numbers) > 1)
    same = dict.fromkeys(o.scenario for o in games if len({*o.numbers}) == 1)
    if same:
        lines += ["", f"The games of {', '.join(same)} draw nothing: all their seeds are one run."]
    open_ones = [o for o in found if o.verdict == "undecided"]
    if open_ones:
        lines += ["", "## Undecided, and why", ""]
    lines += [f"- {o.scenario}, \u201c{o.claim.text}\u201d: {_why_undecided(o)}" for o in open_ones]
    return "\n".join(lines) + "\n"


def _why_undecided(o: Outcome) -> str:
    """What the interval says, and how many seeds would decide if the share stayed as it is."""
    n, (low, high) = len(o.numbers), o.interval
    share, doubled = o.hits / n, n
    while (
        doubled < 100 * n
        and verdict(round(share * doubled), doubled, o.claim.quorum) == "undecided"
    ):
        doubled *= 2
    enough = (
        f"if the share stays, some {doubled} seeds decide"
        if doubled < 100 * n
        else "more seeds would hardly decide: the share is the quorum itself"
    )
    return (
        f"true of {share:.0%} of these seeds, but with {n} of them the share may be anything from "
        f"{low:.0%} to {high:.0%}, and {o.claim.quorum:.0%} lies between; {enough}."
    )
