"""The table of claims, for machines and for readers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from toylab.base.counted import Counted
from toylab.claims.counting import Outcome, Partner
from toylab.claims.misses import MOST_NAMED, seeds_of, span, to_film
from toylab.claims.published import claim_of
from toylab.claims.tried import UNTRAINED, Tried, nearest_chance
from toylab.claims.verdict import verdict
from toylab.metrics.controls import CONTROLS, ONE_MODE, PERFECT
from toylab.training.run import versions


def about(seeds: Sequence[int], device: str = "cpu") -> dict[str, str]:
    """What a table says of its making: when, on which seeds, with which versions, where."""
    return {"date": date.today().isoformat(), "seeds": span(seeds), **versions(), "device": device}


# --- for machines ---


def as_json(found: Sequence[Outcome], about: dict[str, str]) -> str:
    """The table for machines, of outcomes on the same seeds."""
    # Once: the numbers of every claim stand in their order.
    (seeds,) = {o.seeds for o in found} or {()}
    rows = [asdict(o) for o in found]
    for row in rows:
        del row["seeds"]
    return json.dumps({"about": about, "seeds": seeds, "claims": rows}, indent=1) + "\n"


def outcomes_of(table: Mapping[str, Any]) -> list[Outcome]:
    """The outcomes of a table that `as_json` wrote, now or before it told the seeds one by one."""
    seeds = seeds_of(table)
    return [
        Outcome(
            row["scenario"],
            row["played"],
            claim_of(row),
            tuple(row["numbers"]),
            row["hits"],
            (row["interval"][0], row["interval"][1]),
            row["verdict"],
            row["solvable"],
            seeds,
            row.get("called", row["scenario"]),
            {name: Tried(*told) for name, told in row.get("controls", {}).items()},
            Partner(*row["partner"]) if row.get("partner") else None,
            row.get("looks", 0),
            row.get("follows", False),
        )
        for row in table["claims"]
    ]


# --- for readers ---

_TITLE, _UNDECIDED, _MISSED = "Claims", "Undecided, and why", "Counterexamples"


def as_markdown(found: Sequence[Outcome], about: Mapping[str, str]) -> str:
    """The table for readers."""
    counts = {v: sum(o.verdict == v for o in found) for v in ("holds", "undecided", "fails")}
    open_ones = [o for o in found if o.verdict == "undecided"]
    missed: dict[str, list[Outcome]] = {}
    for o in found:
        if o.misses:
            missed.setdefault(o.scenario, []).append(o)
    places = _places([_TITLE, *[_UNDECIDED] * bool(open_ones), _MISSED], missed)
    lines = [
        f"# {_TITLE}",
        "",
        f"{Counted(len(found)):claim}: {Counted(counts['holds']):holds|hold}, "
        f"{counts['undecided']} undecided, {Counted(counts['fails']):fails|fail}. A claim holds if the "
        "lower end of the 95 % Wilson interval of the "
        "share of seeds reaches its quorum, fails if the upper end does not, and is undecided between."
        + " A count with a link leads to the seeds that miss the claim."
        * bool(missed),
        "",
        ", ".join(f"{key} {value}" for key, value in about.items()) + ".",
        "",
        *_explained(found),
        "| scenario | claim | seeds | 95 % interval | quorum | verdict | looks | partner | perfect "
        "| chance | also true of |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for o in found:
        low, high = o.interval
        text, count = o.claim.text.replace("|", "\\|"), f"{o.hits} of {len(o.numbers)}"
        interval = f"{low:.2f} to {high:.2f}"
        if o.exact:
            count, interval = "one exact run", ""
        verdict = f"{o.verdict}, follows" if o.follows else o.verdict
        if o.misses:
            count = f"[{count}](#{places[o.scenario]})"
        lines.append(
            f"| {o.scenario} | {text} | {count} | {interval} | {o.claim.quorum:g} | {verdict} "
            f"| {o.looks or ''} | {_partner(o)} | {_perfect(o)} | {_chance(o)} | {_also(o)} |"
        )
    if open_ones:
        lines += ["", f"## {_UNDECIDED}", ""]
    lines += [f"- {o.scenario}, \u201c{o.claim.text}\u201d: {_why_undecided(o)}" for o in open_ones]
    if missed:
        lines += ["", *_counterexamples(missed, about.get("device", "cpu"))]
    return "\n".join(lines) + "\n"


def _explained(found: Sequence[Outcome]) -> Iterator[str]:
    """What the columns beside the counts say, where there is anything in them."""
    if any(o.controls for o in found):
        words = "; ".join(
            f"{name}: {one.words}" for name, one in CONTROLS.items() if name != PERFECT
        )
        yield (
            "What a claim is worth: *looks* are the snapshots in its window, *partner* is the median in "
            "the scenario that is this one's cure, or is cured by it, and how many of its seeds do as the "
            "claim says, *perfect* is what a perfect sampler has, *chance* what that featureless cloud has "
            "which comes nearest to the claim, and *also true of* says what satisfies the claim though "
            "nobody trained it: clouds, and the players before their first step "
            f"({UNTRAINED}). What one of these satisfies is no finding by itself; claims of one scenario "
            "are read together. A verdict that *follows* is of a claim that is true of every seed of which "
            f"other claims are. ({words}; {ONE_MODE}: all points at the first mode. A ratio of two "
            "moments, a difference from another scenario and a count of switches they do not have.)"
        )
        yield ""


def _partner(o: Outcome) -> str:
    if not o.partner:
        return ""
    return f"{_number(o.partner.number)} ({o.partner.hits} of {len(o.numbers)} in {o.partner.name})"


def _perfect(o: Outcome) -> str:
    found = o.controls.get(PERFECT)
    return _number(found.number) if found else ""


def _chance(o: Outcome) -> str:
    name = nearest_chance(o.claim, o.controls)
    return f"{_number(o.controls[name].number)} ({name})" if name else ""


def _also(o: Outcome) -> str:
    also = [n for n, one in o.controls.items() if n != PERFECT and one.satisfied]
    if o.partner and 2 * o.partner.hits > len(o.numbers):
        also = [o.partner.name, *also]
    return ", ".join(also)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"


def _places(before: Sequence[str], names: Iterable[str]) -> dict[str, str]:
    """Where headings of these names are linked to, as GitHub does it: words that come again are numbered.

    Args:
        before: Other headings, which stand before them.
        names: Of scenarios.
    """
    seen: dict[str, int] = {}
    places = {}
    for heading in (*before, *names):
        anchor = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        n = seen[anchor] = seen.get(anchor, -1) + 1
        places[heading] = f"{anchor}-{n}" if n else anchor
    return places


def _counterexamples(missed: Mapping[str, Sequence[Outcome]], device: str) -> Iterator[str]:
    """For each scenario the commands that film the first seeds that miss each of its claims."""
    yield f"## {_MISSED}"
    yield ""
    compared = " Where a claim compares with another scenario, `toylab compare` films the two side by side."
    yield (
        "A seed misses a claim if it does not do as the claim says, or went to infinity before it could. "
        "These commands film the first of them. A seed that is trained alone is rounded otherwise than "
        "among others, and so it is on another machine or with other versions: it may then do as the "
        "claim says. With `toylab train NAME --seeds N,M -o T.npz` and `toylab render T.npz --seed N -o "
        "X.gif` it is filmed as it was counted."
        + compared
        * any(o.claim.against for same in missed.values() for o in same)
    )
    for name, same in missed.items():
        yield from ("", f"### {name}")
        for o in same:
            n, against = len(o.numbers), f", against {o.claim.against}" * bool(o.claim.against)
            who = "all" if len(o.misses) == n > 1 else f"{len(o.misses)} of"
            # If all miss it none is an exception: one shows what happens.
            shown = o.misses[: 1 if len(o.misses) == n else MOST_NAMED]
            first = ", here the first" * (len(shown) < len(o.misses))
            told = f"\u201c{o.claim.text}\u201d{against}, missed by {who} {Counted(n):seed}{first}:"
            commands = [to_film(o.called, seed, device) for seed in shown]
            yield from ("", told, "", "```console", *commands, "```")


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
