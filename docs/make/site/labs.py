"""Labs in the chapters: a frame, a question, and a goal that the page notices."""

from __future__ import annotations

import html
import json
import posixpath
import re
import tomllib
from pathlib import Path
from typing import Any

from docs.make.site.sources import Page
from toylab.base.errors import ToylabError

LABS: dict[str, dict[str, Any]] = tomllib.loads(
    Path(__file__).with_name("labs.toml").read_text(encoding="utf-8")
)
_PLACE = {"en": "## Try it\n", "zh": "## 动手\n"}
_SAID = {
    "en": ("Lab", "done", "Open the lab on a page of its own"),
    "zh": ("实验台", "做到了", "在单独的网页里打开实验台"),
}
# Where it lies in the site, by language.
FILES = {"en": "lab/lab.html", "zh": "lab/lab.zh.html"}


def with_lab(text: str, page: Page) -> str:
    """A chapter's text with its lab where the reader is asked to try; others as they are.

    Args:
        text: Markdown, its links as they are within the site.
        page: Which it becomes.

    Raises:
        ToylabError: If a chapter has no such place.
    """
    chapter = re.fullmatch(r"course/(.+)\.md", page.place)
    if chapter is None or chapter[1] not in LABS:
        return text
    mark = _PLACE[page.lang]
    if text.count(mark) != 1:
        raise ToylabError(
            f"{page.source}: {mark.strip()} stands there {text.count(mark)} times; a lab needs one."
        )
    return text.replace(mark, f"{mark}\n{frame(LABS[chapter[1]], page)}\n")


def goals_of(lab: dict[str, Any]) -> list[dict[str, Any]]:
    """What a lab asks for; where there are several, any of them."""
    return lab["goal"] if isinstance(lab["goal"], list) else [lab["goal"]]


def frame(lab: dict[str, Any], page: Page) -> str:
    """A lab in a page; hidden where no scripts run: the film above and the command below are there."""
    title, done, alone = _SAID[page.lang]
    there = posixpath.relpath(FILES[page.lang], posixpath.dirname(page.url) or ".")
    there += f"#scenario={lab['scenario']}"
    ask = html.escape(lab["ask_zh" if page.lang == "zh" else "ask"])
    goals = html.escape(
        json.dumps([{**goal, "scenario": lab["scenario"]} for goal in goals_of(lab)])
    )
    return (
        f'<div class="toylab-lab" data-goals="{goals}" data-done="{done}" hidden>\n'
        f'<p class="ask">{ask} <b class="reached" role="status"></b></p>\n'
        f'<iframe data-src="{there}" title="{title}: {lab["scenario"]}" '
        'sandbox="allow-scripts allow-downloads"></iframe>\n'
        f'<p><a href="{there}">{alone}</a></p>\n'
        "</div>\n"
    )
