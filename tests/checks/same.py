"""Whether a change left every byte as it was: traces, films, players, decks.

    python tests/checks/same.py before.json        in a checkout from before the change
    python tests/checks/same.py before.json        in the changed one: says what differs, exit code 1

The first call writes the file, the later ones compare with it. Of a page, what the browser draws is
compared: how the page holds it may change. Words after the file choose parts: traces, films, pages, decks.
Where all traces and the numbers of all claims are as before, what `toylab check` has kept is still true: that
is written down, for the code as it is now (`toylab.claims.cache`).
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import numpy as np
from playwright.sync_api import Browser, sync_playwright

import toylab
from toylab.claims import cache
from toylab.metrics.claim import reduced

# All layers, a game of two numbers, a critic, data of one's own with a frame of its own, and a lattice.
ALL = "--set=film.layers=[" + ",".join(
    f'"{name}"'
    for name in "surface optimal_gap density kde lattice real trails generated arrows modes".split()
) + "]"  # fmt: skip
FILMED = {
    "mode-collapse": [ALL],
    "dirac-cycle": [],
    "wgan-gp": ['--set=film.layers=["optimal","real","generated","arrows_even"]'],
    "your-logo": [],
    "vanishing-gradients": ["--set=film.curves=[]"],
}
BESIDE = ("k-one", "k-five", "--set=training.steps=200", "--set=recording.snapshots=24")
ENDINGS = ("gif", "png", "svg", "pdf", "webp", "apng", "mp4", "webm", "frames/")
DECKS = ("pptx", "qmd", "tex", "md")


def toylab_(*arguments: object) -> None:
    """One command, in a process of its own."""
    environment = {**os.environ, "OMP_NUM_THREADS": "1", "SOURCE_DATE_EPOCH": "0"}
    command = [sys.executable, "-m", "toylab", *map(str, arguments)]
    subprocess.run(command, check=True, env=environment, stdout=subprocess.DEVNULL)


def hashed(content: bytes) -> str:
    """A short name for some bytes."""
    return hashlib.sha256(content).hexdigest()[:16]


def traces(folder: Path) -> Iterator[tuple[str, str]]:
    """Each array of each scenario's trace, and what its claims measure: 200 rounds, seeds 0 to 7."""
    here = Path(__file__).parents[2] / "scenarios"
    for path in sorted(here.glob("*.toml")):
        # A film needs two moments; long recordings are shortened with the training.
        short = ["training.steps=200", "recording.snapshots=20"]
        short += [f"changes[{k}].at={100 + k}" for k in range(len(toylab.load(path).changes))]
        scenario = toylab.load(path, short)
        saved = folder / "one.npz"
        trace = toylab.record(scenario, range(8))
        for k, claim in enumerate(scenario.claims):
            yield f"trace {path.stem} claim {k}", hashed(reduced(claim, trace).tobytes())
        trace.save(saved)
        with np.load(saved) as arrays:
            for name in arrays.files:
                if name != "provenance":
                    yield f"trace {path.stem} {name}", hashed(arrays[name].tobytes())


def filmed(folder: Path) -> dict[str, Path]:
    """Traces that films are made of; what training leaves of 200 rounds of one seed."""
    found = {}
    for name, settings in FILMED.items():
        found[name] = folder / f"{name}.npz"
        short = ["--set=training.steps=200", "--set=recording.snapshots=24"]
        toylab_("train", name, *settings, *short, "--seeds", "0:2", "-o", found[name])
    return found


def _files(path: Path) -> Iterator[tuple[str, bytes]]:
    """What an output holds: itself, the files of a folder, the members of an archive."""
    if path.is_dir():
        for one in sorted(path.rglob("*")):
            if one.is_file():
                yield f"{path.name}/{one.relative_to(path)}", one.read_bytes()
    elif zipfile.is_zipfile(path):
        with zipfile.ZipFile(path) as archive:
            for one in sorted(archive.namelist()):
                yield f"{path.name}/{one}", archive.read(one)
    else:
        yield path.name, path.read_bytes()


def _outputs(folder: Path) -> Iterator[tuple[str, str]]:
    for output in sorted(folder.iterdir()):
        for name, content in _files(output):
            if not name.endswith(".html"):
                yield f"{folder.name} {name}", hashed(content)


def films(folder: Path, of: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Every ending of each film; both layouts of several at once; a dark one in Chinese."""
    made = folder / "films"
    made.mkdir()
    for name, trace in of.items():
        outputs = [f"-o{made / name}.{ending}" for ending in ENDINGS]
        toylab_("render", trace, *outputs)
        toylab_("render", trace, f"-o{made / name}.zh.png", "--theme=dark", "--lang=zh")
        toylab_("render", trace, f"-o{made / name}.seeds.png", "--seeds=0:2")
    toylab_("compare", *BESIDE, f"-o{made / 'compare.gif'}")
    yield from _outputs(made)


def decks(folder: Path, of: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """Decks of two films."""
    for ending in DECKS:
        made = folder / f"deck-{ending}"
        made.mkdir()
        toylab_("slides", *list(of.values())[:2], f"-o{made / 'talk'}.{ending}")
        yield from _outputs(made)


def pages(folder: Path, of: dict[str, Path]) -> Iterator[tuple[str, str]]:
    """What the browser draws of the pages of films, at their first, a middle and the last frame."""
    browser_path = shutil.which("chromium") or shutil.which("chromium-browser")
    outputs = {name: folder / f"{name}.html" for name in of}
    for name, trace in of.items():
        toylab_("render", trace, f"-o{outputs[name]}")
    both = folder / "compare.html"
    toylab_("compare", *BESIDE, f"-o{both}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=browser_path, args=["--no-sandbox", "--disable-gpu"]
        )
        for name, path in {**outputs, "compare": both}.items():
            yield from _drawn(browser, name, path)
        browser.close()


def _drawn(browser: Browser, name: str, path: Path) -> Iterator[tuple[str, str]]:
    page = browser.new_page(viewport={"width": 1280, "height": 860})
    page.goto(path.as_uri())
    page.wait_for_selector(".stage canvas")
    for key in ("Home", "ArrowRight", "End"):
        page.keyboard.press(key)
        page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        urls = page.evaluate("[...document.querySelectorAll('canvas')].map(c => c.toDataURL())")
        for k, url in enumerate(urls):
            picture = base64.b64decode(url.partition(",")[2])
            yield f"page {name} {key} canvas {k}", hashed(picture)
        words = page.evaluate("document.body.innerText")
        yield f"page {name} {key} words", hashed(words.encode())
    page.close()


def main(record: Path, parts: list[str]) -> int:
    """Write or compare; how many outputs are not as they were."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        of = filmed(folder) if set(parts) - {"traces"} else {}
        made = {
            "traces": lambda: traces(folder),
            "films": lambda: films(folder, of),
            "pages": lambda: pages(folder, of),
            "decks": lambda: decks(folder, of),
        }
        found = dict(chain.from_iterable(made[part]() for part in parts))
    if not record.exists():
        record.write_text(json.dumps({"code": cache.code(), **found}, indent=1), encoding="utf-8")
        print(f"{len(found)} outputs noted in {record}")
        return 0
    before = json.loads(record.read_text(encoding="utf-8"))
    code = before.pop("code")
    kinds = {key.split(" ")[0].partition("-")[0] for key in found}
    before = {k: v for k, v in before.items() if k.split(" ")[0].partition("-")[0] in kinds}
    # What was not there before is not otherwise than before.
    differ = [key for key in before if before[key] != found.get(key)]
    new = len({*found} - {*before})
    print("\n".join([*differ, f"{len(found)} outputs, {new} new, {len(differ)} not as before"]))
    if "traces" in parts and not any(key.startswith("trace ") for key in differ):
        told = json.dumps({"as": code, "code": cache.own_code()}, indent=1)
        cache.SAME_NUMBERS.write_text(told + "\n", encoding="utf-8")
    return min(len(differ), 1)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2:] or ["traces", "films", "pages", "decks"]))
