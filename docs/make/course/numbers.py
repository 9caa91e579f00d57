"""Numbers in the text of the course: written where a mark says which.

A mark is a pair of comments, which no reader sees:

    <!--n EXPERIMENT/NAME/STATISTIC FORMAT-->12.3<!--/n-->
    <!--n claim/SCENARIO/NUMBER/STATISTIC FORMAT-->64<!--/n-->
    <!--n SWEEP/CHANGE/METRIC/STATISTIC FORMAT-->0.02<!--/n-->

EXPERIMENT and NAME are keys of docs/course/results.json; NUMBER counts a scenario's claims from 1 in
renders/claims.json; SWEEP is one of `SWEEPS`, CHANGE one of its table, with "_" for each blank. STATISTIC,
over seeds: median, mean, low (least), high (greatest), n (how many); of a claim also hits (seeds that do as
it says), from and to (95 % interval of their share), and partner and partner_hits (what its partner has in
the median, and in how many seeds the claim holds there). FORMAT is Python's (".1f", ".0%", "d"), or "short"
for three digits, or "fall" for 1 / x, a number of times.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from toylab.base.errors import ToylabError
from toylab.base.settings import EACH
from toylab.claims.counting import Partner
from toylab.film.style import short
from toylab.metrics import METRICS

FOLDER = Path("docs/course")
RESULTS = FOLDER / "results.json"
# Tables in that folder, written by the commands that docs/sweeps.md tells.
SWEEPS = ("ablation", "penalties")
# Nothing in it may run on into the next mark.
_MARK = re.compile(r"(<!--n ([^\s>]+) ([^\s>]+)-->)([^<]*)(<!--/n-->)")
_STATISTICS = {"median": np.median, "mean": np.mean, "low": np.min, "high": np.max, "n": len}


def written(text: str, results: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]) -> str:
    """A page with the number of each mark put in.

    Args:
        text: The page, in Markdown.
        results: What the course's experiments measured, as results.json holds it.
        claims: How each claim fared, the rows of claims.json.

    Raises:
        ToylabError: If a mark names what was not measured, or its number cannot be written so.
    """

    def put(found: re.Match[str]) -> str:
        start, key, form, _, stop = found.groups()
        return start + _formed(statistic(key, results, claims), form) + stop

    return _MARK.sub(put, text)


def statistic(
    key: str, results: Mapping[str, Any], claims: Sequence[Mapping[str, Any]]
) -> float | int:
    """The number that a mark's key names.

    Args:
        key: EXPERIMENT/NAME/STATISTIC, or one that begins with "claim" or a name of `SWEEPS`.
        results: As `written`.
        claims: As `written`.

    Raises:
        ToylabError: As `written`.
    """
    parts = key.split("/")
    try:
        if parts[0] == "claim":
            _, scenario, place, name = parts
            row = [claim for claim in claims if claim["scenario"] == scenario][int(place) - 1]
            if name in ("from", "to"):
                return row["interval"][name == "to"]
            if name in ("partner", "partner_hits"):
                partner = Partner(*row["partner"])
                number = partner.hits if name == "partner_hits" else partner.number
                if number is None:
                    raise KeyError(name)
                return number
            if name == "hits":
                return row["hits"]
            numbers = [np.nan if x is None else x for x in row["numbers"]]
        elif parts[0] in SWEEPS:
            sweep, change, metric, name = parts
            numbers = swept(sweep)[change][metric]
        else:
            experiment, number, name = parts
            numbers = results["experiments"][experiment]["numbers"][number]
        return _STATISTICS[name](numbers)
    except (KeyError, IndexError, TypeError, ValueError) as error:
        raise ToylabError(
            f'"{key}": no such number was measured. Expected a key of {RESULTS}, of a table of '
            f"{' or '.join(SWEEPS)}, or of renders/claims.json."
        ) from error


def _formed(number: float, form: str) -> str:
    if form == "short":
        return short(float(number))
    if form == "fall":
        # A count of times: two digits carry it.
        return f"{float(f'{1 / number:.2g}'):,.0f}"
    try:
        told = f"{number:{form}}"
        if form.endswith("e"):
            mantissa, power = told.split("e")
            raised = str(int(power)).translate(str.maketrans("-0123456789", "⁻⁰¹²³⁴⁵⁶⁷⁸⁹"))
            return f"{mantissa}·10{raised}"
        return told.replace("%", " %").replace("-", "−")
    except ValueError as error:
        raise ToylabError(f'"{form}" is no format for {number}: {error}.') from error


@cache
def swept(name: str) -> dict[str, dict[str, list[float]]]:
    """What came of each change made alone, a number a seed, by change and metric.

    Args:
        name: One of `SWEEPS`.
    """
    found: dict[str, dict[str, list[float]]] = {}
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            change = found.setdefault(row.pop(EACH).replace(" ", "_"), {})
            for metric in row.keys() & METRICS.keys():
                change.setdefault(metric, []).append(float(row[metric]))
    return found


def pages() -> list[Path]:
    """The chapters and their contents, in both languages."""
    return sorted([*FOLDER.glob("*.md"), *FOLDER.glob("zh/*.md")])
