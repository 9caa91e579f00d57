"""For tests of the page that trains: a browser with the engine in it, and tapes of what Python plays."""

from __future__ import annotations

import json
import os
import queue
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Browser, Page, sync_playwright

from toylab.game.batches import Batches, Draws
from toylab.game.side import Side
from toylab.scenario import scenario
from toylab.show.bundle import as_engine
from toylab.show.lab.parts import ENGINE, NAME
from toylab.training.run import Run


@contextmanager
def chromium() -> Iterator[Browser]:
    """The machine's browser; .ci/run installs one."""
    names = ("chromium", "chromium-browser", "google-chrome")
    path = next(filter(None, map(shutil.which, names)), None)
    assert path, "These tests need Chromium. On Debian: apt-get install chromium."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


def engine_page(browser: Browser) -> Page:
    """An empty page in which `toylabEngine` stands."""
    page = browser.new_page()
    page.add_script_tag(content=as_engine(ENGINE, NAME))
    return page


def ready(page: Page) -> None:
    """Wait until a page can be driven; asked from outside, for it lets no text be run."""
    while not page.evaluate("globalThis.toylab !== undefined"):
        page.wait_for_timeout(20)


def numbers(array: Any) -> list[float]:
    """An array as plain numbers."""
    return np.asarray(array, dtype=np.float64).ravel().tolist()


def tape_of(settings: Mapping[str, Any], rounds: int, monkeypatch: Any) -> dict[str, Any]:
    """What Python draws and where both sides stand after each of their steps, for one seed.

    Returns:
        The checked settings, both sides' first parameters, all draws in order by kind, and [side, parameters,
        undecided] after each step, and where the discriminator's biases stand in its row. Undecided are places of parameters on which no loss depends, as D's last bias
        where only differences of D count: their gradient is what rounding leaves of a sum of nothing, and a rule
        that divides by a gradient's own size makes a whole step of it.
    """
    told = scenario.check({"title": "t", "lesson": "l", **settings}, name="tape")
    run = Run(told, [11])
    tape: dict[str, Any] = {
        "settings": told.settings,
        "generator": numbers(run.game.generator.parameters),
        "discriminator": numbers(run.game.discriminator.parameters),
        "draws": {name: [] for name in ("latents", "real", "paired", "uniform", "normal")},
        "steps": [],
        "shown": [],
        "biases": _biases(run.game._pack, told.settings["discriminator"].get("hidden", [])),
    }

    def kept(kind: type, name: str) -> None:
        draw = getattr(kind, name)

        def told(self: Any, *shape: int) -> Any:
            found = draw(self, *shape)
            tape["draws"][name].append(numbers(found))
            return found

        monkeypatch.setattr(kind, name, told)

    for name in ("latents", "real", "paired"):
        kept(Batches, name)
    for name in ("uniform", "normal"):
        kept(Draws, name)
    step = Side.step

    cancels = told.settings["game"]["objective"] in ("relativistic", "wasserstein", "hinge")
    undecided: dict[str, set[int]] = {"generator": set(), "discriminator": set()}

    def stepped(self: Side, gradient: Any) -> None:
        who = "generator" if self is run.game.generator else "discriminator"
        size = np.abs(numbers(gradient))
        # float32 rounds a sum of 50 terms by some 1e-6 of the largest. An exact nothing of a unit that never fires
        # is one here and there; of terms that cancel it may be luck.
        nothing = (size < 1e-6 * size.max()) & ((size > 0) | cancels)
        undecided[who] |= {*map(int, np.flatnonzero(nothing))}
        step(self, gradient)
        tape["steps"].append([who, numbers(self.parameters), sorted(undecided[who])])

    monkeypatch.setattr(Side, "step", stepped)
    for _ in range(rounds):
        run.step()
        tape["shown"].append(numbers(run.game.shown))
    monkeypatch.undo()
    return tape


def _biases(pack: int, hidden: list[int]) -> list[int]:
    """Places of the biases in the row of a discriminator that judges so many points at once."""
    found, at = [], 0
    for fan_in, fan_out in pairwise([2 * pack, *hidden, 1]):
        found += range(at + fan_in * fan_out, at + (fan_in + 1) * fan_out)
        at += (fan_in + 1) * fan_out
    return found


# Of a built browser engine other than Chromium's: it opens a page of ours and hands in what it found.
_HANDING_IN = """<!DOCTYPE html><meta charset="utf-8"><script>@ENGINE@</script><script type="module">
let told;
try { told = await (@WORK@)(@WITH@); } catch (error) { told = { error: String(error) }; }
await fetch("/", { method: "POST", body: JSON.stringify(told) });
</script>"""


def in_firefox(work: str, given: Any, home: Path) -> Any:
    """What a function of JavaScript gives in Firefox, where `toylabEngine` stands.

    Args:
        work: An expression that is a function.
        given: Its argument, as JSON.
        home: An empty folder for the browser's own files.
    """
    path = shutil.which("firefox-esr") or shutil.which("firefox")
    assert path, "This test needs Firefox. On Debian: apt-get install firefox-esr."
    parts = {"ENGINE": as_engine(ENGINE, NAME), "WORK": work, "WITH": json.dumps(given)}
    page = re.sub("@([A-Z]+)@", lambda mark: parts[mark[1]], _HANDING_IN).encode()
    found: queue.Queue[bytes] = queue.Queue()

    class Desk(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.answer(page)

        def do_POST(self) -> None:
            found.put(self.rfile.read(int(self.headers["Content-Length"])))
            self.answer(b"")

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: Any) -> None:
            """Nothing: a test's output is its own."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Desk) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        address = f"http://127.0.0.1:{server.server_port}/"
        asked = [path, "--headless", "--no-remote", "--profile", str(home), address]
        env = {**os.environ, "HOME": str(home), "MOZ_DISABLE_CONTENT_SANDBOX": "1"}
        browser = subprocess.Popen(
            asked, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            # A first start on a busy machine takes its time.
            return json.loads(found.get(timeout=120))
        finally:
            browser.kill()
            browser.wait()
            server.shutdown()
