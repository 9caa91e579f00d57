"""Train every scenario that the page plays in a browser, on seeds of the page's own, and keep what each came to.

    python tests/checks/live_counts.py 32 [NAME ...]

Two seeds at a time. After each scenario the number of every seed for every claim that asks for one is written to
docs/make/live_counts.json, of which `python -m docs.make.live_counts` writes the table.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

sys.path.insert(0, str(Path(__file__).parents[1]))
sys.path.insert(0, str(Path(__file__).parents[2]))
from live import chromium, engine_page

from docs.make.live_counts import RESULTS, number_of
from toylab.base.settings import fingerprint
from toylab.cli.live import offer
from toylab.scenario import catalogue
from toylab.scenario.scenario import load
from toylab.show.bundle import as_engine
from toylab.show.lab.parts import ENGINE, NAME

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


def asked_of(offers: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    """By scenario the claims that ask for a number of it, its own and those that compare with it, by the number."""
    asked: dict[str, dict[str, Any]] = {name: {} for name in offers}
    for name, told in offers.items():
        for claim in told["claims"]:
            if claim["against"] not in ("", *offers):
                continue
            for whose in {name, claim["against"] or name}:
                asked[whose][number_of(claim)] = claim
    return asked


def measure(page: Page, n: int, wanted: Sequence[str], held: dict[str, Any]) -> None:
    """Train some scenarios and keep, after each, the number of every seed for every claim that asks."""
    offers = {name: offer(load(name)) for name in catalogue.names()}
    offers = {name: told for name, told in offers.items() if not told["whyNot"]}
    asked, seeds = asked_of(offers), [*range(FIRST, FIRST + n)]
    numbers, played = held["numbers"], held["played"]
    names = [name for name in wanted or sorted(offers) if asked.get(name)]
    for name in names:
        plan = plan_of(offers[name], sorted({claim["metric"] for claim in asked[name].values()}))
        rows = page.evaluate(_TRAIN, [as_engine(ENGINE, NAME), plan, list(seeds)])
        rounds = [at for at, _ in rows[str(seeds[0])]]
        numbers[name] = {}
        for key, claim in asked[name].items():
            curves = [
                [values.get(claim["metric"]) for _, values in rows[str(seed)]] for seed in seeds
            ]
            numbers[name][key] = page.evaluate(_REDUCE, [claim, rounds, curves])
        played[name] = fingerprint(load(name).settings)
        told = json.dumps(
            {"seeds": [seeds[0], seeds[-1] + 1], "played": played, "numbers": numbers}
        )
        RESULTS.write_text(told + "\n", encoding="utf-8")
        print(name, flush=True)


def main() -> None:
    """Measure what is asked for."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("seeds", type=int, help="of each scenario")
    reader.add_argument("names", nargs="*", help="scenarios; all that are played if none is named")
    asked = reader.parse_args()
    held = {"numbers": {}, "played": {}}
    if RESULTS.is_file():
        held = json.loads(RESULTS.read_text(encoding="utf-8"))
    with chromium() as browser:
        page = engine_page(browser)
        page.set_default_timeout(0)
        measure(page, asked.seeds, asked.names, held)


if __name__ == "__main__":
    main()
