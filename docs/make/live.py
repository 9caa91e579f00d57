"""Claims counted over the page's own seeds, beside the published counts.

The page's seeds are not Python's. `--measure 32` trains every scenario that the page plays in a browser, on
so many seeds each, two at a time, and keeps what each seed came to in live.json; without it the table is
written anew from that.
"""

from __future__ import annotations

import argparse
import json
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from playwright.sync_api import Page, sync_playwright
from toylab.cli.live import offer

from docs.make.writing import run, write
from toylab.base.errors import ToylabError
from toylab.claims.verdict import verdict, wilson
from toylab.cli.terminal import progress
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

Rows = dict[str, list[list[Any]]]


def plan_of(told: Mapping[str, Any], metrics: list[str]) -> dict[str, Any]:
    """What the engine is to play of an offer, and what to measure of it."""
    extent, output = told["extent"], told["output"]

    def setup(settings: Mapping[str, Any], target: Any) -> dict[str, Any]:
        return {"settings": settings, "target": target, "extent": extent, "output": output}

    later = {at: target for at, target in told["later"]}
    sections, target = [], told["target"]
    for at, section in load(told["name"]).sections:
        target = later.get(at, target)
        sections.append([at, setup(section.settings, target)])
    return {"sections": sections, "due": told["due"], "metrics": metrics}


def measured(page: Page, n: int) -> dict[str, Any]:
    """What each seed came to, for every claim of every scenario that is played."""
    offers = {name: offer(load(name)) for name in catalogue.names()}
    offers = {name: told for name, told in offers.items() if not told["whyNot"]}
    wanted: dict[str, set[str]] = {
        name: {c["metric"] for c in told["claims"]} for name, told in offers.items()
    }
    for told in offers.values():
        for claim in told["claims"]:
            if claim["against"] in wanted:
                wanted[claim["against"]].add(claim["metric"])
    engine, seeds = as_engine(ENGINE, NAME), [*range(FIRST, FIRST + n)]
    rows: dict[str, Rows] = {}
    for name in progress(sorted(offers), len(offers), "Training in a page"):
        plan = plan_of(offers[name], sorted(wanted[name]))
        rows[name] = page.evaluate(_TRAIN, [engine, plan, seeds]) if wanted[name] else {}

    def numbers(name: str, claim: Mapping[str, Any]) -> list[float | None]:
        rounds = [at for at, _ in rows[name][str(seeds[0])]]
        curves = [
            [values.get(claim["metric"]) for _, values in rows[name][str(seed)]] for seed in seeds
        ]
        return page.evaluate(_REDUCE, [dict(claim), rounds, curves])

    found = []
    for name, told in sorted(offers.items()):
        for claim in told["claims"]:
            if claim["against"] and claim["against"] not in rows:
                continue
            own = numbers(name, claim)
            if claim["against"]:
                theirs = numbers(claim["against"], claim)
                own = [
                    None if a is None or b is None else a - b
                    for a, b in zip(own, theirs, strict=True)
                ]
            found.append({"scenario": name, "claim": claim, "numbers": own})
    return {"seeds": [FIRST, FIRST + n], "claims": found}


_RELATIONS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def lines(results: Mapping[str, Any]) -> Iterator[str]:
    """The table, a line a claim."""
    yield "| scenario | claim | the page | published | |"
    yield "|---|---|---|---|---|"
    for row in results["claims"]:
        claim, published = row["claim"], row["claim"]["published"]
        holds = _RELATIONS[claim["relation"]]
        hits = sum(x is not None and holds(x, claim["threshold"]) for x in row["numbers"])
        n = len(row["numbers"])
        own = verdict(hits, n, claim["quorum"])
        low, high = wilson(hits, n)
        theirs = (
            f"{published['verdict']}, {published['hits']} of {published['n']}" if published else "–"
        )
        differs = "" if not published or own == published["verdict"] else "**differs**"
        text = claim["text"]["en"].replace("|", "\\|")
        here = f"{own}, {hits} of {n} ({low:.2f} to {high:.2f})"
        yield f"| {row['scenario']} | {text} | {here} | {theirs} | {differs} |"


_HEAD = """# Claims, counted in the page

The [live lab](guide/live-lab.md) trains with seeds of its own, which are not Python's. Here every claim of
every scenario that it plays is counted over its seeds {first} to {last}, in Chromium, beside the published
count over Python's seeds. `python -m docs.make.live --measure {n}` counts them anew.

"""


def main() -> None:
    """Measure, if asked to, and write the table."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--measure", type=int, metavar="N", help="train N seeds of each scenario")
    asked = reader.parse_args()
    if asked.measure:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        if path is None:
            raise ToylabError("No Chromium here. On Debian: apt-get install chromium.")
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page()
            page.set_default_timeout(0)
            page.add_script_tag(content=as_engine(ENGINE, NAME))
            told = measured(page, asked.measure)
            browser.close()
        write(RESULTS, json.dumps(told, ensure_ascii=False, separators=(",", ":")) + "\n")
    results = json.loads(RESULTS.read_text(encoding="utf-8"))
    first, end = results["seeds"]
    head = _HEAD.format(first=first, last=end - 1, n=end - first)
    write(PAGE, head + "\n".join(lines(results)) + "\n")


if __name__ == "__main__":
    run(main)
