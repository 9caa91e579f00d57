"""Claims counted over the page's own seeds, beside the published counts.

The page's seeds are not Python's. tests/checks/live_counts.py trains every scenario that the page plays in
a browser and keeps the number of every seed for every claim in live_counts.json; here the table is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import fisher_exact

from docs.make.writing import run, write
from toylab.base.settings import fingerprint
from toylab.claims.cache import measured
from toylab.claims.verdict import verdict, wilson
from toylab.cli.live import offer
from toylab.metrics.claim import RELATIONS, Claim
from toylab.scenario import catalogue
from toylab.scenario.scenario import load

PAGE, RESULTS = Path("docs/live-counts.md"), Path("docs/make/live_counts.json")


class Row(NamedTuple):
    """A claim, counted here and published.

    Attributes:
        scenario: Its name.
        text: Of the claim.
        hits: Seeds of the page for which it holds.
        n: Seeds of the page.
        here: The page's verdict.
        published: `{verdict, hits, n}`, or None.
    """

    scenario: str
    text: str
    hits: int
    n: int
    here: str
    published: Mapping[str, Any] | None

    @property
    def differs(self) -> bool:
        """Whether the page's verdict is another than the published one."""
        return self.published is not None and self.here != self.published["verdict"]

    @property
    def opposite(self) -> bool:
        """Whether both are decided, and differ."""
        return self.differs and "undecided" not in (self.here, (self.published or {})["verdict"])

    @property
    def chance(self) -> float:
        """How probable counts so far apart are where both have one share: Fisher's exact test."""
        if self.published is None:
            return 1.0
        hits, n = self.published["hits"], self.published["n"]
        _, chance = fisher_exact([[self.hits, self.n - self.hits], [hits, n - hits]])
        return float(np.asarray(chance))

    @property
    def line(self) -> str:
        """A line of the table."""
        low, high = wilson(self.hits, self.n)
        said = f"{self.here}, {self.hits} of {self.n} ({low:.2f} to {high:.2f})"
        of = self.published
        known = f"{of['verdict']}, {of['hits']} of {of['n']}" if of else "–"
        differs = f"**differs**, p = {self.chance:.2f}" if self.differs else ""
        return f"| {self.scenario} | {self.text} | {said} | {known} | {differs} |"


def number_of(told: Mapping[str, Any]) -> str:
    """What of a claim that the page was told decides a seed's number."""
    keys = ("metric", "relation", "threshold", "window", "reduce")
    return measured(Claim("t", *(told[key] for key in keys)))


def rows(held: Mapping[str, Any]) -> Iterator[Row]:
    """Each claim whose numbers were measured, in games that are played as they were then.

    Args:
        held: What live_counts.json holds.
    """
    games = {name: load(name) for name in sorted(held["numbers"]) if name in catalogue.names()}
    numbers: dict[str, Mapping[str, Sequence[float | None]]] = {
        name: held["numbers"][name]
        for name, game in games.items()
        if held["played"][name] == fingerprint(game.settings)
    }
    for name in numbers:
        for claim in offer(games[name])["claims"]:
            own = numbers[name].get(number_of(claim))
            theirs = numbers.get(claim["against"] or name, {}).get(number_of(claim))
            if own is None or theirs is None:
                continue
            # What the page lacks for a metric, a board's density, no seed has; one that diverged is alone.
            if all(x is None for x in (*own, *theirs)):
                continue
            if claim["against"]:
                own = [
                    None if a is None or b is None else a - b
                    for a, b in zip(own, theirs, strict=True)
                ]
            holds = RELATIONS[claim["relation"]]
            hits = int(
                holds(np.array([np.nan if x is None else x for x in own]), claim["threshold"]).sum()
            )
            here = verdict(hits, len(own), claim["quorum"])
            text = claim["text"]["en"].replace("|", "\\|")
            yield Row(name, text, hits, len(own), here, claim["published"])


_HEAD = """# Claims, counted in the page

The [live lab](guide/live-lab.md) trains with seeds of its own, which are not Python's. Here the claims
of {n} of the {all} scenarios that it plays are counted over its seeds {first} to {last}, in Chromium,
beside the published count over Python's seeds. `make live-counts` counts them anew, in some three hours.

{same} of {claims} verdicts are the published ones. {split}The others are of claims that hold
for nearly all seeds, where {seeds} seeds decide less than 64: the lower end of their interval lies
under the share that is asked for, or just over it. Whether the counts themselves are apart says
Fisher's exact test: p is how probable counts so far apart are where Python and the page have one
share. The least of all {claims} is {least:.2f}. Taken together the page misses {misses:.1%} of the
time and Python {theirs:.1%}; these are not as many chances, for claims of one game miss in the same
seeds, and a claim was published because it held.

"""


def main() -> None:
    """Write the table."""
    held = json.loads(RESULTS.read_text(encoding="utf-8"))
    first, end = held["seeds"]
    found = [*rows(held)]
    known = [row for row in found if row.published]
    published = [row.published for row in found if row.published]
    differ = [row for row in known if row.differs]
    decided = [row for row in differ if row.opposite]
    played = sum(not offer(load(name))["whyNot"] for name in catalogue.names())
    head = _HEAD.format(
        first=first,
        last=end - 1,
        n=len({row.scenario for row in found}),
        all=played,
        seeds=end - first,
        claims=len(known),
        same=len(known) - len(differ),
        split=f"{len(decided)} are the opposite. " if decided else "None is the opposite. ",
        least=min(row.chance for row in known),
        misses=1 - sum(row.hits for row in known) / sum(row.n for row in known),
        theirs=1 - sum(of["hits"] for of in published) / sum(of["n"] for of in published),
    )
    table = ["| scenario | claim | the page | published | |", "|---|---|---|---|---|"]
    write(PAGE, head + "\n".join([*table, *(row.line for row in found)]) + "\n")


if __name__ == "__main__":
    run(main)
