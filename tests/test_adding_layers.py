"""A layer is added: its file, its row, its words. The film and the page then draw it."""

from __future__ import annotations

import base64
import io
import shutil
from pathlib import Path

import numpy as np
import pytest
from commands import ran
from documents import HOUSE
from PIL import Image
from playwright.sync_api import sync_playwright

from toylab.film.style import THEMES
from toylab.trace import Trace

LAYER = '''"""A cross at the mean of the generated points."""

from toylab.film.layers.layer import Key, Layer, View
from toylab.film.strokes import Dots


def centre(view: View) -> Layer:
    """One mark, in the colour of arrows."""
    means = view.samples.mean(axis=1)
    cross = Dots(lambda frame: means[frame : frame + 1], "+", 40, "arrow", 4)
    return Layer([cross], Key("line", "centre", "arrow"))
'''
ROW = "from toylab.film.layers.centre import centre\n\nLAYERS['centre'] = centre\n"


def touched(before: Path, after: Path) -> list[str]:
    """Files of a copy that are not as they were."""
    names = sorted(str(path.relative_to(after)) for path in after.rglob("*.*") if path.is_file())
    return [
        name
        for name in names
        if "__pycache__" not in name
        and not (
            (before / name).exists() and (before / name).read_bytes() == (after / name).read_bytes()
        )
    ]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The package with one layer more."""
    house = tmp_path / "toylab"
    shutil.copytree(HOUSE, house, ignore=shutil.ignore_patterns("__pycache__"))
    layers, words = house / "film" / "layers", house / "film" / "words.py"
    (layers / "centre.py").write_text(LAYER, encoding="utf-8")
    with (layers / "__init__.py").open("a", encoding="utf-8") as table:
        table.write(ROW)
    told = words.read_text(encoding="utf-8")
    for line, own in (
        ('    modes: str = "share of each mode"\n', '    centre: str = "their mean"\n'),
        ('        modes="各模式的份额",\n', '        centre="它们的均值",\n'),
    ):
        assert line in told
        told = told.replace(line, line + own)
    words.write_text(told, encoding="utf-8")
    return house


def test_a_layer_is_its_file_its_row_and_its_words(
    copy: Path, small_trace: Trace, tmp_path: Path
) -> None:
    assert touched(HOUSE, copy) == [
        "film/layers/__init__.py",
        "film/layers/centre.py",
        "film/words.py",
    ]
    small_trace.save(tmp_path / "t.npz")

    def rendered(layers: str, *outputs: str) -> None:
        options = [f"-o{output}" for output in outputs]
        words = ["-m", "toylab", "render", "t.npz", "--frame=2", f"--layers={layers}", *options]
        done = ran(words, tmp_path, PYTHONPATH=str(tmp_path))
        assert done.returncode == 0 and not done.stderr, done.stderr

    rendered("centre", "with.png", "with.html")
    rendered("", "without.png")
    film, bare = (
        np.asarray(Image.open(tmp_path / f"{name}.png").convert("RGB")).astype(int)
        for name in ("with", "without")
    )
    # In the film: on the stage the cross alone, at the mean.
    stage = np.s_[:600, 44:540]
    rows, columns = np.nonzero((film != bare).any(-1)[stage])
    assert 0 < len(rows) < 0.01 * 600 * 496
    page, said = played(tmp_path / "with.html")
    arrow = [int(THEMES["light"].arrow[i : i + 2], 16) for i in (1, 3, 5)]
    drawn = np.argwhere(page[..., 3] > 0)
    # On the page: the same cross in the same place, and its words in both languages.
    assert (page[tuple(drawn[len(drawn) // 2])][:3] == arrow).all()
    share = drawn.mean(axis=0) / page.shape[:2]
    extent = np.reshape(small_trace.extent, (2, 2))
    mean = small_trace.samples[2, 0].mean(axis=0)
    at = (mean - extent[:, 0]) / (extent[:, 1] - extent[:, 0])
    assert np.abs(share - [1 - at[1], at[0]]).max() < 0.01
    assert "their mean" in said[0] and "它们的均值" in said[1]


def played(path: Path) -> tuple[np.ndarray, list[str]]:
    """What a page draws on its stage, [H, W, 4], and what its key says in either language."""
    name = shutil.which("chromium") or shutil.which("google-chrome")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=name, args=["--no-sandbox", "--disable-gpu"]
        )
        page = browser.new_page()
        page.goto(path.as_uri())
        page.wait_for_selector(".stage canvas")
        page.evaluate(
            "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )
        url = page.evaluate("document.querySelector('.stage canvas').toDataURL()")
        said = [page.inner_text("#key")]
        page.click("#lang")
        said.append(page.inner_text("#key"))
        browser.close()
    with Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))) as picture:
        return np.asarray(picture.convert("RGBA")).astype(int), said
