"""What toylab imports, or asks the installed packages for, is what it asks pip to install."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.metadata import packages_distributions, version
from pathlib import Path

import pytest
from documents import HOUSE, ROOT

ABOUT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = ABOUT["optional-dependencies"]
# Rooms that a plain install loads only where their extra is: the rest of the house must do without.
OF_EXTRAS = {
    "show/live_link.py": ("slides",),
    "show/powerpoint.py": ("slides",),
    "claims/workers.py": ("cluster",),
    "claims/sweep_tables.py": ("parquet",),
    "film/writers/video.py": ("video",),
}
# Ray is named and in no extra: it has no build for every Python that toylab runs on.
IN_NO_EXTRA = {"ray"}


def canonical(name: str) -> str:
    return re.sub(r"[-_.]+", "-", re.split(r"[<>=!~\[; ]", name)[0]).lower()


def declared(*extras: str) -> set[str]:
    wanted = [*ABOUT["dependencies"], *(one for extra in extras for one in EXTRAS[extra])]
    return {canonical(one) for one in wanted}


def named(path: Path) -> Iterator[str]:
    """Distributions that a file asks for: by an import, by name at run time, or for their version."""
    homes = _homes()

    def of(module: str) -> Iterator[str]:
        top = module.split(".")[0]
        if top and top not in sys.stdlib_module_names and top != "toylab":
            yield from map(canonical, homes.get(top, [top]))

    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from of(alias.name)
        elif isinstance(node, ast.ImportFrom):
            yield from of(node.module or "")
        elif isinstance(node, ast.Call):
            # `map(import_module, (...))` as well.
            heads = {ast.unparse(one).split(".")[-1] for one in (node.func, *node.args[:1])}
            called = ast.unparse(node.func).split(".")[-1]
            if heads & {"import_module", "find_spec", "__import__"}:
                for text in _texts(node):
                    yield from of(text)
            if called == "version" and not (node.args and _texts(node)):
                yield from _looped(tree, node)
            elif called == "version":
                yield from (canonical(text) for text in _texts(node) if text != "toylab")


@cache
def _homes() -> Mapping[str, list[str]]:
    """Distributions by the modules that they bring."""
    return packages_distributions()


def _texts(node: ast.AST) -> list[str]:
    return [
        one.value
        for one in ast.walk(node)
        if isinstance(one, ast.Constant) and isinstance(one.value, str)
    ]


def _looped(tree: ast.AST, call: ast.Call) -> Iterator[str]:
    """Texts that a comprehension about a call goes through."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ListComp | ast.GeneratorExp | ast.DictComp) and any(
            inner is call for inner in ast.walk(node)
        ):
            for part in node.generators:
                yield from map(canonical, _texts(part.iter))


FILES = sorted(HOUSE.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(HOUSE)))
def test_what_a_file_asks_for_is_declared(path: Path) -> None:
    extras = OF_EXTRAS.get(str(path.relative_to(HOUSE)), ())
    asked = {*named(path)} - IN_NO_EXTRA
    assert asked <= declared(*extras)
    assert not extras or not asked <= declared(), "it needs no extra any more"


def test_the_reader_sees_what_is_asked_for(tmp_path: Path) -> None:
    # What went wrong once: the version of a package that only developers have.
    page = tmp_path / "page.py"
    page.write_text(
        "import yaml.nodes\nfrom sklearn import tree\nimport json, toylab.cli.commands\n"
        "parts = [version(name) for name in ('torch', 'scikit-learn')]\n"
        "own = metadata.version('pillow'); mine = version('toylab')\n"
        "importlib.import_module('av.frame'); find_spec('pptx')\n"
    )
    found = {"pyyaml", "scikit-learn", "torch", "pillow", "av", "python-pptx"}
    assert {*named(page)} == found


def test_what_writes_documents_asks_for_no_more_than_toylab() -> None:
    making = ROOT / "docs" / "make"
    # `make site` and `make api` run where the developers' packages are.
    pages = {making / "api.py", *(making / "site").glob("*.py")}
    asked = {name for path in {*making.rglob("*.py")} - pages for name in named(path)}
    assert {"numpy"} < asked - {"docs"} <= declared()
    asked = {name for path in pages for name in named(path)}
    assert {"mkdocs"} < asked - {"docs"} <= declared() | declared("dev")


def test_every_declared_package_is_asked_for() -> None:
    asked = {name for path in FILES for name in named(path)}
    unused = declared(*(extra for extra in EXTRAS if extra != "dev")) - asked
    # Of this one a file is read, and its module's name stands in a constant.
    assert unused <= {"zhplot"}
    assert all(version(name) for name in declared())
