"""`python -m docs.make.course [--measure]`: figures and numbers of docs/course, in place."""

from __future__ import annotations

import argparse
import json

from docs.make.course.experiments import measure
from docs.make.course.figures import draw
from docs.make.course.numbers import FOLDER, RESULTS, pages, written
from docs.make.writing import claims, run, write
from toylab.claims.workers import Workers


def main() -> None:
    """Measure if asked to; then draw all figures and write all numbers."""
    reader = argparse.ArgumentParser(prog="python -m docs.make.course", description=__doc__)
    reader.add_argument("--measure", action="store_true", help="train again: a few minutes")
    reader.add_argument("--jobs", type=int, default=2)
    asked = reader.parse_args()
    if asked.measure:
        write(RESULTS, json.dumps(measure(Workers(asked.jobs))) + "\n")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    for page in pages():
        text = page.read_text(encoding="utf-8")
        write(page, written(text, results, claims()["claims"]))
    draw(FOLDER / "figures", results)


if __name__ == "__main__":
    run(main)
