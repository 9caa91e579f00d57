"""Claims counted over the page's own seeds, beside the published counts.

The page's seeds are not Python's. tests/checks/live_counts.py trains every scenario that the page plays in
a browser and keeps the number of every seed for every claim in live_counts.json; here the table is written.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from docs.make.writing import run, write
from toylab.claims.verdict import verdict, wilson
from toylab.cli.live import offer
from toylab.metrics.claim import RELATIONS
from toylab.scenario.scenario import load

PAGE, RESULTS = Path("docs/live-counts.md"), Path("docs/make/live_counts.json")


def lines(numbers: Mapping[str, Mapping[str, Sequence[float | None]]]) -> Iterator[str]:
    """The table, a line a claim."""
    yield "| scenario | claim | the page | published | |"
    yield "|---|---|---|---|---|"
    for name in sorted(numbers):
        for i, claim in enumerate(offer(load(name))["claims"]):
            own = numbers[name].get(f"{name} {i}")
            theirs = numbers.get(claim["against"] or name, {}).get(f"{name} {i}")
            if own is None or theirs is None:
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
            here, published = verdict(hits, len(own), claim["quorum"]), claim["published"]
            low, high = wilson(hits, len(own))
            said = f"{here}, {hits} of {len(own)} ({low:.2f} to {high:.2f})"
            known = (
                f"{published['verdict']}, {published['hits']} of {published['n']}"
                if published
                else "–"
            )
            differs = "**differs**" if published and here != published["verdict"] else ""
            text = claim["text"]["en"].replace("|", "\\|")
            yield f"| {name} | {text} | {said} | {known} | {differs} |"


_HEAD = """# Claims, counted in the page

The [live lab](guide/live-lab.md) trains with seeds of its own, which are not Python's. Here the claims of
{n} of the scenarios that it plays are counted over its seeds {first} to {last}, in Chromium, beside the
published count over Python's seeds. The others were not counted yet: `make live-counts` counts them all,
which takes hours.

"""


def main() -> None:
    """Write the table."""
    held = json.loads(RESULTS.read_text(encoding="utf-8"))
    first, end = held["seeds"]
    head = _HEAD.format(first=first, last=end - 1, n=len(held["numbers"]))
    write(PAGE, head + "\n".join(lines(held["numbers"])) + "\n")


if __name__ == "__main__":
    run(main)
