"""`python -m docs.make.course [--measure]`: figures and numbers of docs/course, in place."""

from __future__ import annotations

import argparse
import json

from docs.make.course.experiments import measure
from docs.make.course.pages import FOLDER, RESULTS, evidence, pages, written
from docs.make.course.plates import draw
from toylab.base.files import whole
from toylab.claims.workers import Workers
from toylab.cli.terminal import guarded


def main() -> None:
    """Measure if asked to; then draw all figures and write all numbers."""
    reader = argparse.ArgumentParser(prog="python -m docs.make.course", description=__doc__)
    reader.add_argument("--measure", action="store_true", help="train again: a few minutes")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    if asked.measure:
        found = measure(Workers(asked.jobs))
        with whole(RESULTS) as part:
            part.write_text(json.dumps(found) + "\n", encoding="utf-8")
    results, claims = evidence()
    for page in pages():
        text = page.read_text(encoding="utf-8")
        new = written(text, results, claims)
        # A page that is right already is left alone, with its date.
        if new != text:
            with whole(page) as part:
                part.write_text(new, encoding="utf-8")
    draw(FOLDER / "figures", results)


if __name__ == "__main__":
    guarded(lambda **_: main())
