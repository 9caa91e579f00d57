"""Notebooks: run as a reader runs them, where only toylab and a kernel are installed, every warning an error."""

from __future__ import annotations

import json
import re
import shutil
import tomllib
from pathlib import Path
from typing import Any

import nbformat
import numpy as np
import pytest
from documents import ROOT
from live import chromium
from nbclient import NotebookClient
from playwright.sync_api import sync_playwright
from test_live_door import until
from users import FULL, python_of

from toylab import load, record
from toylab.metrics import METRICS

NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))
each_notebook = pytest.mark.parametrize(
    "path", NOTEBOOKS, ids=lambda path: str(path.relative_to(ROOT / "notebooks"))
)
PLAYER = re.compile(
    r'<div .*<iframe title="toylab" sandbox="allow-scripts".* srcdoc="([^"]+)"></iframe></div>',
    re.S,
)
# Of films, by notebook.
FILMS = {"01-first-film": 2, "02-your-own-scenario": 2, "03-a-sweep": 1, "04-live-lab": 0}


def done(path: Path, folder: Path) -> list[Any]:
    """Run a notebook in an empty folder; what its cells put out."""
    notebook = nbformat.read(path, as_version=4)
    # Ours, before the first cell and after the last: the kernel itself ends with a warning.
    cells = [
        f"import warnings; warnings.{it}" for it in ("simplefilter('error')", "resetwarnings()")
    ]
    first, last = (nbformat.v4.new_code_cell(cell) for cell in cells)
    notebook.cells = [first, *notebook.cells, last]
    resources = {"metadata": {"path": str(folder)}}
    NotebookClient(notebook, timeout=300, kernel_name="user", resources=resources).execute()
    outputs = [out for cell in notebook.cells if cell.cell_type == "code" for out in cell.outputs]
    # A table of nothing is no answer, and once passed for one.
    for text in (*shown(outputs, "text/markdown"), *shown(outputs, "text/plain"), said(outputs)):
        assert not re.search(r"\bnan\b", text), text
    return outputs


def shown(outputs: list[Any], kind: str) -> list[str]:
    return [out.data[kind] for out in outputs if kind in out.get("data", {})]


def said(outputs: list[Any]) -> str:
    assert not [out.text for out in outputs if out.get("name") == "stderr"]
    return "".join(out.text for out in outputs if out.get("name") == "stdout")


@pytest.fixture(autouse=True)
def _quiet_jupyter(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Jupyter warns of its old folders until it is told; and it keeps to a folder of its own here.
    monkeypatch.setenv("JUPYTER_PLATFORM_DIRS", "1")
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    home = tmp_path / "jupyter" / "kernels" / "user"
    home.mkdir(parents=True)
    argv = [str(python_of(FULL)), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    about = {"argv": argv, "display_name": "A user's Python", "language": "python"}
    (home / "kernel.json").write_text(json.dumps(about), encoding="utf-8")
    monkeypatch.setenv("JUPYTER_PATH", str(home.parents[1]))


@pytest.mark.slow
def test_a_first_film(tmp_path: Path) -> None:
    outputs = done(ROOT / "notebooks" / "01-first-film.ipynb", tmp_path)
    check_films("01-first-film", outputs, tmp_path)
    assert "on average: 0." in said(outputs) and "alive at the end: 8 of 8" in said(outputs)
    assert (tmp_path / "mode-collapse.html").stat().st_size > 500_000


@pytest.mark.slow
def test_your_own_scenario(tmp_path: Path) -> None:
    outputs = done(ROOT / "notebooks" / "02-your-own-scenario.ipynb", tmp_path)
    check_films("02-your-own-scenario", outputs, tmp_path)
    # The claim holds on both seeds, and both mistakes are told.
    assert said(outputs).count(", yes") == 2
    assert 'did you mean "steps"' in said(outputs) and '"wgan" is unknown' in said(outputs)


@pytest.mark.slow
def test_a_sweep(tmp_path: Path) -> None:
    outputs = done(ROOT / "notebooks" / "03-a-sweep.ipynb", tmp_path)
    check_films("03-a-sweep", outputs, tmp_path)
    said(outputs)
    (table,) = shown(outputs, "text/markdown")
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()]
    assert rows[0] == ["K", "discriminator_accuracy", "modes_covered"]
    assert [row[0] for row in rows[2:]] == ["1", "5", "20"]
    # One row once more, without sweep, claims and cache: from the trace itself. The last tenth is what
    # lies in the last tenth of the steps, each of its steps on the straight line between two snapshots.
    trace = record(load("k-one", ["training.steps=300"]), seeds=range(4), filmed=())
    for cell, metric in zip(rows[2][1:], rows[0][1:], strict=True):
        inside = trace.steps >= 0.9 * 300
        steps, curves = trace.steps[inside], METRICS[metric](trace)[inside].T
        fine = np.linspace(steps[0], steps[-1], 100_001)
        last = [np.interp(fine, steps, curve).mean() for curve in curves]
        expected = f"{np.mean(last):.2f} ({min(last):.2f} to {max(last):.2f})"
        assert cell == expected, metric
    accuracy, alive = ([float(row[i].split()[0]) for row in rows[2:]] for i in (1, 2))
    # What the text below the picture says.
    assert accuracy == sorted(accuracy)
    assert alive[2] < 4 < alive[0]
    # The picture, and on paper the film's still.
    assert len(shown(outputs, "image/png")) == 1 + FILMS["03-a-sweep"]


@pytest.mark.slow
def test_the_live_lab(tmp_path: Path) -> None:
    """Each lab trains in its frame, and the saved one as a file of its own."""
    outputs = done(ROOT / "notebooks" / "04-live-lab.ipynb", tmp_path)
    assert "The live lab cannot play this. unrolled-fix: unrolled" in said(outputs)
    labs = shown(outputs, "text/html")
    assert len(labs) == 2 and all('sandbox="allow-scripts allow-downloads"' in lab for lab in labs)
    (tmp_path / "book.html").write_text("<!doctype html>" + "".join(labs), encoding="utf-8")
    played = "async () => { await toylab.goto(5); return [toylab.round, toylab.session().name]; }"
    faults: list[str] = []
    with chromium() as browser:
        page = browser.new_page(viewport={"width": 1200, "height": 1800})
        page.on("pageerror", lambda error: faults.append(str(error)))
        for file, names in (
            ("book.html", ["mode-collapse", "three-points"]),
            ("lab.html", ["mode-collapse"]),
        ):
            page.goto((tmp_path / file).as_uri())
            for frame, name in zip(page.frames[-len(names) :], names, strict=True):
                until(frame, "window.toylab")
                assert frame.evaluate(played) == [5, name]
    assert not faults


def check_films(name: str, outputs: list[Any], folder: Path) -> None:
    """Each film is a player in a frame, and plays there as it does in a page of its own."""
    films = [out.strip() for out in shown(outputs, "text/html") if PLAYER.fullmatch(out.strip())]
    # On paper each is a still.
    stills = [out for out in outputs if {"text/html", "image/png"} <= {*out.get("data", {})}]
    assert len(films) == len(stills) == FILMS[name]
    page_of_all = folder / "notebook.html"
    page_of_all.write_text("<!doctype html>" + "".join(films), encoding="utf-8")
    faults: list[str] = []
    path = shutil.which("chromium") or shutil.which("google-chrome")
    assert path, "This test needs Chromium. On Debian: apt-get install chromium."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1000, "height": 1400})
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.goto(page_of_all.as_uri())
        for i in range(len(films)):
            film = page.frame_locator("iframe").nth(i)
            film.locator(".stage canvas").first.wait_for()
            assert film.locator("#step").inner_text() == "step 0"
            film.locator("#play").press("End")
            assert film.locator("#step").inner_text() != "step 0"
        page.screenshot(path=folder / "notebook.png", full_page=True)
        browser.close()
    assert not faults


@each_notebook
def test_a_notebook_is_kept_without_what_it_puts_out(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    assert path.stem in FILMS
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert len(cells) >= 5
    for cell in cells:
        assert not cell.outputs and cell.execution_count is None
    assert path.stat().st_size < 20_000


@each_notebook
def test_a_notebook_opens_in_colab_and_fetches_toylab_there(path: Path) -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    home = about["urls"]["Repository"]
    where = home.removeprefix("https://github.com/")
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    inside = path.relative_to(ROOT).as_posix()
    badge = f"https://colab.research.google.com/github/{where}/blob/main/{inside}"
    assert badge in "".join(cells[0]["source"])
    first = "".join(next(cell["source"] for cell in cells if cell["cell_type"] == "code"))
    extra = "[zh]" if path.parent.name == "zh" else ""
    assert f'"toylab{extra} @ git+{home}"' in first and "google.colab" in first


def bare(source: str) -> str:
    """A cell without what a translation may change: words, and in which language a film is asked for."""
    without = re.sub(r'(, )?lang="zh"|^\w+_zh = .*\n|^ *"\w+_zh": .*\n|#.*', "", source, flags=re.M)
    without = without.replace("_zh)", ")").replace('.said("zh")', ".text")
    # Of what is said stays what is filled in.
    filled = re.sub(r'"[^"\n]*"', lambda said: "".join(re.findall(r"{.*?}", said[0])), without)
    return re.sub(r"'[^'\n]*'", "", filled)


def test_a_notebook_in_chinese_does_what_the_english_one_does() -> None:
    pairs = [(path, path.parents[1] / path.name) for path in NOTEBOOKS if path.parent.name == "zh"]
    assert len(pairs) == len(FILMS)
    for ours, english in pairs:
        cells, told = (nbformat.read(path, as_version=4).cells for path in (ours, english))
        assert [cell.cell_type for cell in cells] == [cell.cell_type for cell in told]
        for cell, other in zip(cells, told, strict=True):
            if cell.cell_type == "code":
                assert bare(cell.source) == bare(other.source)
            else:
                assert re.search(r"[\u4e00-\u9fff]", cell.source)


def test_the_repository_has_one_address() -> None:
    about = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    texts = [*ROOT.glob("*.md"), *ROOT.glob("*.cff"), *ROOT.glob("docs/**/*.md"), *NOTEBOOKS]
    found = {
        address
        for path in texts
        for address in re.findall(
            r"github\.com/[\w-]+/toylab|github/[\w-]+/toylab", path.read_text("utf-8")
        )
    }
    home = about["urls"]["Repository"].removeprefix("https://github.com/")
    assert found == {f"github.com/{home}", f"github/{home}"}
