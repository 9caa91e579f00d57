"""The lab: everything that a page needs to train scenarios, in one HTML file.

Nothing of a scenario's text is ever markup: it travels as JSON, and the script sets it as text. What is
large travels deflated, for the file is meant to be mailed and to lie beside slides.
"""

from __future__ import annotations

import base64
import html
import json
import re
import zlib
from collections.abc import Mapping
from functools import cache
from typing import Any

from toylab.show.bundle import as_engine, taken_from
from toylab.show.lab.parts import ENGINE, HOME, NAME, PAGE

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
