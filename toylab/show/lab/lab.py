"""The lab: everything that a page needs to train scenarios, in one HTML file.

Nothing of a scenario's text is ever markup: it travels as JSON, and the script sets it as text. What is
large travels deflated, and before that told in few words, for the file is meant to be mailed and to lie
beside slides: `page/unpacked.js` reads them.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import numpy as np

from toylab.show.bundle import as_engine, taken_from
from toylab.show.lab.parts import ENGINE, HOME, NAME, PAGE
from toylab.show.lab.told_target import FEW, decimals

# Read before anything is unpacked: how the page looks in its first moment.
_AT_ONCE = ("lang", "theme", "opened")


def lab_page(
    lab: Mapping[str, Any],
    title: str,
    lang: str = "en",
    told: Mapping[str, str] | None = None,
    headed: bool = True,
) -> str:
    """Write the page.

    Args:
        lab: What it is told: words, looks, scenarios.
        title: Of the window.
        lang: Key of `WORDS`.
        told: How the page was made.
        headed: Whether it has a title and lesson of its own; on a slide the slide says them.
    """
    at_once = {key: lab[key] for key in _AT_ONCE} | {"made": dict(told or {})}
    large = {key: value for key, value in lab.items() if key not in _AT_ONCE}
    large["scenarios"] = [_shortened(one) for one in lab["scenarios"]]
    parts = {
        "HEADED": "" if headed else ' class="bare"',
        "LANG": "zh-CN" if lang == "zh" else "en",
        "TITLE": html.escape(title),
        "STYLE": _part("lab.css"),
        "LAB": _safe(_json(at_once)),
        "PACK": _packed({**_scripts(), "lab": large}),
    }
    # In one pass: a title that looks like a mark stays a title.
    return re.sub("@([A-Z]+)@", lambda mark: parts[mark[1]], _part("lab.html"))


def _shortened(scenario: Mapping[str, Any]) -> Mapping[str, Any]:
    """What a page is told of a scenario, its rounds as runs and its many points as small numbers."""
    if scenario["whyNot"]:
        return scenario
    later = [[at, _few_words(target)] for at, target in scenario["later"]]
    shorter = {"due": _runs(scenario["due"]), "target": _few_words(scenario["target"])}
    return {**scenario, **shorter, "later": later}


def _runs(rounds: Sequence[int]) -> list[list[int]]:
    """Rounds as [first, step, how many], a run for each change of the step."""
    runs: list[list[int]] = []
    for at in rounds:
        if runs and (runs[-1][2] == 1 or at == runs[-1][0] + runs[-1][2] * runs[-1][1]):
            first, _, n = runs[-1]
            runs[-1] = [first, (at - first) // n, n + 1]
        else:
            runs.append([at, 0, 1])
    return runs


def _few_words(target: Mapping[str, Any]) -> Mapping[str, Any]:
    """Points that stand for many, in the order of y, which is told by its steps: half of what pairs take.

    Of such points the order says nothing; of those that are all there is it may be a table's own.
    """
    if target["kind"] != "points" or target["exact"]:
        return target
    at = np.array(target["points"])
    # They were rounded so far that this makes whole numbers of them.
    per = 10.0 ** decimals(at, FEW)
    x, y = np.round(at * per).astype(np.int64)[np.lexsort(at.T)].T.tolist()
    steps = np.diff(y, prepend=0).tolist()
    return {**target, "points": {"per": per, "x": x, "steps": steps}}


def _packed(told: Mapping[str, Any]) -> str:
    return base64.b64encode(zlib.compress(_json(told).encode(), 9)).decode()


def _json(told: Mapping[str, Any]) -> str:
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def _safe(told: str) -> str:
    """JSON that cannot end the element it stands in."""
    return told.replace("<", "\\u003c").replace(">", "\\u003e")


@cache
def _scripts() -> dict[str, str]:
    return {"engine": as_engine(ENGINE, NAME), "script": taken_from(PAGE, ENGINE, NAME)}


@cache
def _part(name: str) -> str:
    return (HOME / "page" / name).read_text(encoding="utf-8")
