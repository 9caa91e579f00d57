"""Claims counted over the page's own seeds, beside the published counts.

The page's seeds are not Python's. `--measure 32` trains every scenario that the page plays in a browser, on
so many seeds each, two at a time, and keeps what each seed came to in live.json; without it the table is
written anew from that.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright
from toylab.cli.live import offer

from docs.make.writing import run, write
from toylab.base.errors import ToylabError
from toylab.claims.verdict import verdict, wilson
from toylab.cli.terminal import progress
from toylab.metrics.claim import RELATIONS
from toylab.scenario import catalogue
from toylab.scenario.scenario import load
from toylab.show.bundle import as_engine
from toylab.show.lab.parts import ENGINE, NAME

PAGE, RESULTS = Path("docs/live-counts.md"), Path("docs/make/live.json")
# As Python's: seeds from here on have tuned nothing.
FIRST = 1000

# Trains some seeds of a plan, two at a time, each in a worker: what was measured of each, by seed.
_TRAIN = """async ([engine, plan, seeds]) => {
  globalThis.address ??= URL.createObjectURL(new Blob([engine, "toylabEngine.serveWorker(self);"]));
  const told = {};
  await Promise.all([0, 1].map(async () => {
    const worker = new Worker(globalThis.address);
    const next = () => new Promise((resolve) => { worker.onmessage = ({ data }) => resolve(data); });
    const claim = { metric: plan.metrics[0], window: [1, 1], reduce: "last", relation: ">", threshold: 0 };
    await next();
    while (seeds.length) {
      const seed = seeds.shift(), answer = next();
      worker.postMessage({ op: "count", plan, seed, ask: 0, claim });
      const { kind, rows, message } = await answer;
      if (kind !== "counted") throw new Error(message);
      told[seed] = rows;
    }
    worker.terminate();
  }));
  return told;
}"""
_REDUCE = """([claim, rounds, rows]) => rows.map((values) => {
  const number = toylabEngine.reduced(claim, rounds, values.map((x) => x ?? NaN));
  return Number.isFinite(number) ? number : null;
})"""


def plan_of(told: Mapping[str, Any], metrics: list[str]) -> dict[str, Any]:
    """What the engine is to play of an offer, and what to measure of it."""
    extent, output = told["extent"], told["output"]
    later, target = dict(told["later"]), told["target"]
    sections = []
    for at, section in load(told["name"]).sections:
        target = later.get(at, target)
        setup = {"settings": section.settings, "target": target}
        sections.append([at, {**setup, "extent": extent, "output": output}])
    return {"sections": sections, "due": told["due"], "metrics": metrics}


def asked_of(offers: Mapping[str, Mapping[str, Any]]) -> dict[str, list[tuple[str, int]]]:
    """By scenario: whose claims ask for a number of it, its own and those that compare with it."""
    asked: dict[str, list[tuple[str, int]]] = {name: [] for name in offers}
    for name, told in offers.items():
        for i, claim in enumerate(told["claims"]):
            if claim["against"] in ("", *offers):
                asked[name].append((name, i))
                if claim["against"]:
                    asked[claim["against"]].append((name, i))
    return asked


def measure(page: Page, n: int, wanted: Sequence[str], results: dict[str, Any]) -> None:
    """Train some scenarios and keep, after each, the number of every seed for every claim that asks."""
    offers = {name: offer(load(name)) for name in catalogue.names()}
    offers = {name: told for name, told in offers.items() if not told["whyNot"]}
    asked, seeds = asked_of(offers), [*range(FIRST, FIRST + n)]
    names = [name for name in wanted or sorted(offers) if asked.get(name)]
    for name in progress(names, len(names), "Training in a page"):
        claims = [offers[whose]["claims"][i] for whose, i in asked[name]]
        plan = plan_of(offers[name], sorted({claim["metric"] for claim in claims}))
        rows = page.evaluate(_TRAIN, [as_engine(ENGINE, NAME), plan, list(seeds)])
        rounds = [at for at, _ in rows[str(seeds[0])]]
        results[name] = {}
        for (whose, i), claim in zip(asked[name], claims, strict=True):
            curves = [
                [values.get(claim["metric"]) for _, values in rows[str(seed)]] for seed in seeds
            ]
            results[name][f"{whose} {i}"] = page.evaluate(_REDUCE, [claim, rounds, curves])
        told = json.dumps({"seeds": [seeds[0], seeds[-1] + 1], "numbers": results})
        write(RESULTS, told + "\n")


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
            hits = sum(
                x is not None and bool(holds(np.float64(x), claim["threshold"])) for x in own
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

The [live lab](guide/live-lab.md) trains with seeds of its own, which are not Python's. Here every claim of
every scenario that it plays is counted over its seeds {first} to {last}, in Chromium, beside the published
count over Python's seeds. `python -m docs.make.live --measure {n}` counts them anew.

"""


def main() -> None:
    """Measure, if asked to, and write the table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--measure", type=int, metavar="N", help="train N seeds of each scenario")
    reader.add_argument("names", nargs="*", help="scenarios; all that are played if none is named")
    asked = reader.parse_args()
    held = json.loads(RESULTS.read_text(encoding="utf-8")) if RESULTS.is_file() else {"numbers": {}}
    if asked.measure:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        if path is None:
            raise ToylabError("No Chromium here. On Debian: apt-get install chromium.")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page()
            page.set_default_timeout(0)
            page.add_script_tag(content=as_engine(ENGINE, NAME))
            measure(page, asked.measure, asked.names, held["numbers"])
            browser.close()
        held = json.loads(RESULTS.read_text(encoding="utf-8"))
    first, end = held["seeds"]
    head = _HEAD.format(first=first, last=end - 1, n=end - first)
    write(PAGE, head + "\n".join(lines(held["numbers"])) + "\n")


if __name__ == "__main__":
    run(main)
