"""The published counts: on how many seeds each claim held when the whole table was last made.

A count belongs to a claim and to the settings that were played; where either has been changed since,
there is none.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Any

from toylab.base.settings import fingerprint
from toylab.claims.misses import missed_by, seeds_of
from toylab.claims.verdict import one_run, verdict, wilson
from toylab.metrics.claim import Claim


@dataclass(frozen=True)
class Tally:
    """How a claim fared.

    Attributes:
        hits: Seeds that did as it says.
        n: Seeds.
        quorum: Share that was asked for.
        misses: Seeds that did not, in ascending order; empty if the table does not say which they were.
        exact: Whether nothing is drawn, so that all seeds are one run.
    """

    hits: int
    n: int
    quorum: float
    misses: tuple[int, ...] = ()
    exact: bool = False

    @property
    def interval(self) -> tuple[float, float]:
        """95 % Wilson interval of the share."""
        return wilson(self.hits, self.n)

    @property
    def verdict(self) -> str:
        """Holds, fails or undecided; of one run there is nothing to be undecided about."""
        if self.exact:
            return "holds" if self.hits else "fails"
        return verdict(self.hits, self.n, self.quorum)


def count(settings: Mapping[str, Any], claim: Claim) -> Tally | None:
    """The published count of a claim under these settings; None if it has not been counted."""
    return _counts().get((fingerprint(settings), _measured(claim)))


def claim_of(row: Mapping[str, Any]) -> Claim:
    """The claim of a row of the table, as JSON holds it."""
    return Claim(**{**row["claim"], "window": tuple(row["claim"]["window"])})


def _measured(claim: Claim) -> str:
    """A claim without the words about it."""
    told = asdict(claim)
    return json.dumps([told[key] for key in told if key not in ("text", "text_zh", "source")])


@cache
def _table() -> dict[str, Any]:
    """The table as `toylab check -o claims.json` wrote it; empty where it was not brought along."""
    home = Path(__file__).parents[1]
    for path in (home / "claims.json", home.parent / "renders" / "claims.json"):
        if path.is_file():
            return json.loads(path.read_text(encoding="utf-8"))
    return {"about": {}, "claims": []}


@cache
def _counts() -> dict[tuple[str, str], Tally]:
    found, table = {}, _table()
    seeds = seeds_of(table)
    for row in table["claims"]:
        claim, numbers = claim_of(row), row["numbers"]
        key = row["played"], _measured(claim)
        misses = missed_by(claim, numbers, seeds)
        exact = one_run(row["solvable"], numbers)
        found[key] = Tally(row["hits"], len(numbers), claim.quorum, misses, exact)
    return found
