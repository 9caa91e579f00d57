"""The page that trains beside `toylab train`: rounds of the base game, while the page draws.

One core trains in a worker, the other draws; `toylab train` has one seed on one core. Both go in turn, a few
seconds each, and the middle of five is printed.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from lines import Line

sys.path.insert(0, str(Path(__file__).parents[1]))
from live import chromium, ready

import toylab

_SECONDS = 4.0
_ROUNDS = 4000
# Of a round of `toylab train`: milliseconds, without its start and its snapshots.
_TRAIN = """
import time, training
training.ours(1, 64, False, 200)
start = time.perf_counter(); training.ours(1, 64, False, {n})
print(1e3 * (time.perf_counter() - start) / {n})
"""


def _python() -> float:
    """Milliseconds of a round of one seed on one core."""
    done = subprocess.run(
        [sys.executable, "-c", _TRAIN.format(n=_ROUNDS // 2)],
        check=True,
        capture_output=True,
        text=True,
        cwd=Path(__file__).parent,
        env={"OMP_NUM_THREADS": "1", "PATH": "/usr/bin:/bin"},
    )
    return float(done.stdout)


def ratios() -> Iterator[Line]:
    """The page against Python."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        path = Path(folder, "lab.html")
        # As long as it takes: the page comes to rest at the end of a plan.
        toylab.Lab("fair-steps", changes=["training.steps=1000000"]).save(path)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(path.as_uri())
        ready(page)
        ours, theirs, frames = [], [], []
        for _ in range(5):
            page.evaluate("toylab.play()")
            time.sleep(1.0)
            start, before = time.perf_counter(), page.evaluate("toylab.round")
            frames.append(page.evaluate(_COUNT_PICTURES, 1000 * _SECONDS) / _SECONDS)
            rounds = page.evaluate("toylab.round") - before
            ours.append(1e3 * (time.perf_counter() - start) / rounds)
            page.evaluate("toylab.pause()")
            theirs.append(_python())
        yield Line(
            "a round in the page, drawn",
            "ms",
            statistics.median(ours),
            statistics.median(theirs),
            "toylab train",
        )
        yield Line(
            "pictures a second meanwhile", "1/s", statistics.median(frames), 60, "the screen's"
        )


# A phone's screen, and a processor of a quarter of the speed.
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "device_scale_factor": 2.0}
_SLOWER = 4


def phone() -> Iterator[Line]:
    """The same page on a phone's screen with the processor slowed down; and how soon there is a picture."""
    with tempfile.TemporaryDirectory() as folder, chromium() as browser:
        path = Path(folder, "lab.html")
        toylab.Lab("mode-collapse", "fair-steps").save(path)
        first = []
        for _ in range(5):
            page = browser.new_page(viewport={"width": 1440, "height": 900})
            page.add_init_script(_FIRST_PICTURE)
            page.goto(path.as_uri())
            first.append(page.evaluate("firstPicture"))
            page.close()
        yield Line("the first picture", "ms", statistics.median(first), 1000, "a second")
        page = browser.new_context(**PHONE).new_page()
        page.goto(path.as_uri())
        ready(page)
        devtools = page.context.new_cdp_session(page)
        devtools.send("Emulation.setCPUThrottlingRate", {"rate": _SLOWER})
        page.evaluate("toylab.open('fair-steps')")
        page.evaluate("toylab.play()")
        time.sleep(1.0)
        frames = [page.evaluate(_COUNT_PICTURES, 1000 * _SECONDS) / _SECONDS for _ in range(3)]
        yield Line("pictures a second, phone", "1/s", statistics.median(frames), 20, "twenty")
        page.evaluate(_WATCH_TOUCHES)
        button = page.locator("#play")
        for _ in range(10):
            button.tap()
            time.sleep(0.5)
        answers = page.evaluate("answers")
        yield Line("answer to a touch, phone", "ms", max(answers), 100, "the worst of ten; 100 ms")


_FIRST_PICTURE = """globalThis.firstPicture = new Promise((resolve) => {
  const look = () => {
    const canvas = document.querySelector(".stage canvas");
    const seen = canvas?.width > 10 && canvas.getContext("2d").getImageData(canvas.width / 2, canvas.height / 2, 1, 1).data[3];
    if (seen) resolve(performance.now()); else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})"""
# From the finger's own time to the frame in which the button says something else.
_WATCH_TOUCHES = """() => {
  globalThis.answers = [];
  const button = document.getElementById("play");
  let touched = 0;
  button.addEventListener("pointerdown", (event) => { touched = event.timeStamp; }, true);
  new MutationObserver(() => {
    if (!touched) return;
    const start = touched;
    touched = 0;
    // After the frame that shows it.
    requestAnimationFrame(() => setTimeout(() => answers.push(performance.now() - start)));
  }).observe(button, { attributes: true, childList: true, characterData: true, subtree: true });
}"""
_COUNT_PICTURES = """(ms) => new Promise((resolve) => {
  let n = 0;
  const end = toylab.on("drawn", () => { n += 1; });
  setTimeout(() => { end(); resolve(n); }, ms);
})"""
