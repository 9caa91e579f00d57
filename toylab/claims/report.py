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
from toylab.claims.report_words import CONTROLS_ZH, WORDS
from toylab.claims.tried import UNTRAINED, Tried, nearest_chance
from toylab.claims.verdict import verdict
from toylab.metrics.claim import Claim
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
            row.get("rival"),
        )
        for row in table["claims"]
    ]


# --- for readers ---


def as_markdown(found: Sequence[Outcome], about: Mapping[str, str], lang: str = "en") -> str:
    """The table for readers.

    Args:
        found: The outcomes.
        about: What `about` says of the making.
        lang: Key of `WORDS`.
    """
    words = WORDS[lang]
    open_ones = [o for o in found if o.verdict == "undecided"]
    missed: dict[str, list[Outcome]] = {}
    for o in found:
        if o.misses:
            missed.setdefault(o.scenario, []).append(o)
    before = [words["title"], *[words["undecided"]] * bool(open_ones), words["missed"]]
    places = _places(before, missed)
    lines = [
        f"# {words['title']}",
        "",
        _sum(found, lang) + words["linked"] * bool(missed),
        "",
        _about(about, words),
        "",
        *_explained(found, lang),
        words["columns"],
        "|---" * 11 + "|",
    ]
    for o in found:
        low, high = o.interval
        count = words["count"].format(hits=o.hits, n=len(o.numbers))
        interval = words["interval"].format(low=low, high=high)
        if o.exact:
            count, interval = words["exact"], ""
        judged = words[f"verdict_{o.verdict}"] + words["follows"] * o.follows
        if o.misses:
            count = f"[{count}](#{places[o.scenario]})"
        text = _sentence(o.claim, lang).replace("|", "\\|")
        lines.append(
            f"| {o.scenario} | {text} | {count} | {interval} | {o.claim.quorum:g} | {judged} "
            f"| {o.looks or ''} | {_partner(o, words)} | {_perfect(o)} | {_chance(o)} | {_also(o)} |"
        )
    if open_ones:
        lines += ["", f"## {words['undecided']}", ""]
    for o in open_ones:
        why = _why_undecided(o, words)
        lines.append(
            words["item"].format(scenario=o.scenario, claim=_sentence(o.claim, lang), why=why)
        )
    if missed:
        lines += ["", *_counterexamples(missed, about.get("device", "cpu"), lang)]
    return "\n".join(lines) + "\n"


def _sentence(claim: Claim, lang: str) -> str:
    return claim.said(lang) or claim.text


def _sum(found: Sequence[Outcome], lang: str) -> str:
    """How many claims hold, and what that means."""
    counts = {v: sum(o.verdict == v for o in found) for v in ("holds", "undecided", "fails")}
    told: dict[str, object] = {"n": len(found), **counts}
    if lang == "en":
        told |= {
            "n": f"{Counted(len(found)):claim}",
            "holds": f"{Counted(counts['holds']):holds|hold}",
            "fails": f"{Counted(counts['fails']):fails|fail}",
        }
    return WORDS[lang]["sum"].format(**told)


def _about(about: Mapping[str, str], words: Mapping[str, str]) -> str:
    """When, on which seeds and with what it was made."""
    told = (f"{words.get(f'about_{key}', key)} {value}" for key, value in about.items())
    return words["about"].format(words["listed"].join(told).replace(" to ", words["span"]))


def _explained(found: Sequence[Outcome], lang: str) -> Iterator[str]:
    """What the columns beside the counts say, where there is anything in them."""
    if any(o.controls for o in found):
        told = {name: one.words for name, one in CONTROLS.items() if name != PERFECT}
        told |= CONTROLS_ZH if lang == "zh" else {}
        yield WORDS[lang]["explained"].format(
            untrained=UNTRAINED,
            one_mode=ONE_MODE,
            controls=WORDS[lang]["controls"].join(
                WORDS[lang]["control"].format(name=name, what=what) for name, what in told.items()
            ),
        )
        yield ""


def _partner(o: Outcome, words: Mapping[str, str]) -> str:
    if not o.partner:
        return ""
    name, number, hits = o.partner
    # Where all seeds are one run there is nothing to count.
    return words["in_exact" if o.exact else "in"].format(
        number=_number(number), hits=hits, n=len(o.numbers), name=name
    )


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


def _counterexamples(
    missed: Mapping[str, Sequence[Outcome]], device: str, lang: str
) -> Iterator[str]:
    """For each scenario the commands that film the first seeds that miss each of its claims."""
    words = WORDS[lang]
    yield f"## {words['missed']}"
    yield ""
    compares = any(o.claim.against for same in missed.values() for o in same)
    yield words["how"] + words["compared"] * compares
    for name, same in missed.items():
        yield from ("", f"### {name}")
        for o in same:
            n, k, against = len(o.numbers), len(o.misses), o.claim.against
            counted = f"{Counted(n):seed}" if lang == "en" else n
            # If all miss it none is an exception: one shows what happens.
            shown = o.misses[: 1 if k == n else MOST_NAMED]
            told = words["told"].format(
                claim=_sentence(o.claim, lang),
                against=words["against"].format(against) if against else "",
                who=words["all_of" if k == n > 1 else "some_of"].format(n=counted, k=k),
                first=words["first"] * (len(shown) < k),
            )
            commands = [to_film(o.called, seed, device) for seed in shown]
            yield from ("", told, "", "```console", *commands, "```")


def _why_undecided(o: Outcome, words: Mapping[str, str]) -> str:
    """What the interval says, and how many seeds would decide if the share stayed as it is."""
    n, (low, high) = len(o.numbers), o.interval
    share, doubled = o.hits / n, n
    while (
        doubled < 100 * n
        and verdict(round(share * doubled), doubled, o.claim.quorum) == "undecided"
    ):
        doubled *= 2
    enough = words["some"].format(n=doubled) if doubled < 100 * n else words["never"]
    shares = {"share": share, "low": low, "high": high, "quorum": o.claim.quorum}
    told = {name: f"{100 * one:.0f} %" for name, one in shares.items()}
    return words["true_of"].format(n=n, enough=enough, **told)
