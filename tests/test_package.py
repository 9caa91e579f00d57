"""What is installed: a wheel that works outside the checkout, and an sdist that makes the same wheel."""

from __future__ import annotations

import runpy
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest
from commands import ran

import toylab
from toylab.scenario import catalogue

pytestmark = pytest.mark.slow

ROOT = Path(toylab.__file__).parent.parent


def build(kind: str, source: Path, to: Path) -> Path:
    """A distribution of a source tree, by the backend that pip would call."""
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", kind, "-d", str(to)],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=120,
    )
    (made,) = to.iterdir()
    return made


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build("wheel", ROOT, tmp_path_factory.mktemp("wheel"))


def names(wheel: Path) -> set[str]:
    with zipfile.ZipFile(wheel) as file:
        return set(file.namelist())


def test_an_installed_toylab_finds_its_scenarios_lectures_and_counts(
    wheel: Path, tmp_path: Path
) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as file:
        file.extractall(site)

    def run(*words: str) -> str:
        # In front of the checkout, which is installed in this environment too.
        done = ran(words, tmp_path, PYTHONPATH=str(site))
        assert done.returncode == 0, done.stderr
        return done.stdout

    where = run("-c", "import toylab; print(toylab.__file__)")
    assert where.startswith(str(site))
    listed = run("-m", "toylab", "list").splitlines()
    assert [line.split()[0] for line in listed] == catalogue.names()
    told = run(
        "-c",
        "import toylab\n"
        "from toylab.claims import published\n"
        "from toylab.scenario import catalogue\n"
        "one = toylab.load('mode-collapse')\n"
        "print(published.count(one.settings, one.claims[0]).n, catalogue.names('lecture'))",
    )
    assert told.split(maxsplit=1) == ["64", "['gan-basics']\n"]
    # A film and a player, and with them every file that is not Python.
    run("-m", "toylab", "run", "k-one", "--set", "training.steps=5", "-o", "x.gif", "-o", "x.html")
    assert (tmp_path / "x.html").stat().st_size > 50_000


def test_the_wheel_holds_the_package_and_nothing_else(wheel: Path) -> None:
    tops = {name.split("/")[0] for name in names(wheel)}
    assert tops == {"toylab", f"toylab-{wheel.name.split('-')[1]}.dist-info"}
    assert {"toylab/py.typed", "toylab/show/page/page.js"} <= names(wheel)
    # Nor what writes our documents, and what it reads.
    makers = {path.stem for path in (ROOT / "docs" / "make").glob("[!_]*")}
    held = {part.split(".")[0] for name in names(wheel) for part in Path(name).parts}
    assert {"gallery", "course"} <= makers and not makers & held


def test_the_sdist_makes_the_same_wheel(wheel: Path, tmp_path: Path) -> None:
    packed = build("sdist", ROOT, tmp_path / "sdist")
    with tarfile.open(packed) as file:
        file.extractall(tmp_path / "source", filter="data")
    (source,) = (tmp_path / "source").iterdir()
    again = build("wheel", source, tmp_path / "again")
    assert names(again) == names(wheel)
    assert (source / "tests" / "test_package.py").is_file()


def test_an_old_python_is_told_so_before_anything_is_fetched(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    (kind,) = (
        value
        for name, value in runpy.run_path(str(ROOT / "hatch_build.py")).items()
        if name == "CustomMetadataHook"
    )
    kind(str(ROOT), {})
    monkeypatch.setattr("platform.python_version", lambda: "3.10.13")
    with pytest.raises(SystemExit, match=r"needs Python >=3\.11, and this is Python 3\.10\.13"):
        kind(str(ROOT), {})
