"""The law of the house, held by reading the source: which room may know which."""

from __future__ import annotations

import ast
import re
from collections import Counter
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest
from documents import HOUSE

# From the ground up. A room imports its own files and the rooms named here, and of the libraries that cost a
# second to load those after the stroke.
LAW = {
    "base": "",
    "targets": "base | sklearn",
    "trace": "base targets",
    "metrics": "base targets trace",
    "game": "base targets | torch",
    "scenario": "base targets trace metrics game",
    "training": "base targets trace metrics game scenario | torch",
    "claims": "base trace metrics scenario training",
    "film": "base targets trace metrics | matplotlib",
    "show": "base targets trace metrics claims film | matplotlib",
    "cli": "base targets trace metrics game scenario training claims film show | matplotlib torch",
}
HEAVY = {"torch", "matplotlib", "sklearn"}
# What a file of the show reads of the claims are counts; to count them takes the laboratory.
COUNTS = "claims.published"
# What these ask for by name: an extra that may be missing, a library that is needed once in a while or looks
# about as it is loaded, a module of one system; and the public names, for a quick start.
LATE = {
    "",
    "base.locks",
    "claims.sweep_tables",
    "claims.workers",
    "film.drawing",
    "film.writers.stills",
    "film.writers.video",
    "show.live_link",
    "show.slides",
    "targets.clusters",
}
# Files of one name, each about the thing that it is called after: a layer shows what a metric measures.
OF_ONE_NAME = {"density", "modes", "__init__"}


def name_of(path: Path) -> str:
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {name_of(path): path for path in sorted(HOUSE.rglob("*.py"))}
ROOMS = {path.name for path in HOUSE.iterdir() if (path / "__init__.py").exists()}
IN_ROOMS = [name for name in FILES if name.split(".")[0] in ROOMS]


def imports(path: Path) -> Iterator[tuple[str, bool]]:
    """Every imported module, and whether the import stands inside a function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    inside = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, id(node) in inside
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide where a module stands"
            assert node.module is not None
            for alias in node.names:
                inner = f"{node.module}.{alias.name}"
                is_module = inner.removeprefix("toylab.") in FILES
                yield (inner if is_module else node.module), id(node) in inside


def of_the_house(name: str) -> set[str]:
    """Files of toylab that a file imports."""
    found = {imported.removeprefix("toylab.") for imported, _ in imports(FILES[name])}
    return found & set(FILES)


def test_the_rooms_are_those_of_the_law() -> None:
    assert set(LAW) == ROOMS
    assert {path.name for path in HOUSE.glob("*.py")} == {"__init__.py", "__main__.py"}


@pytest.mark.parametrize("name", IN_ROOMS)
def test_a_file_knows_only_what_its_room_may_know(name: str) -> None:
    own = name.split(".")[0]
    rooms, _, libraries = LAW[own].partition("|")
    assert {one.split(".")[0] for one in of_the_house(name)} <= {own, *rooms.split()}
    assert {i.split(".")[0] for i, _ in imports(FILES[name])} & HEAVY <= {*libraries.split()}
    if own == "show":
        assert {one for one in of_the_house(name) if one.startswith("claims")} <= {COUNTS}


def test_no_import_leads_back() -> None:
    # A package's own list of its files is no import of theirs.
    graph = {name: {one for one in of_the_house(name) if one not in ROOMS} for name in FILES}
    TopologicalSorter(graph).prepare()


@pytest.mark.parametrize("name", sorted(FILES))
def test_imports_inside_functions_stand_only_at_the_command_line(name: str) -> None:
    if name.split(".")[0] not in ("cli", "__main__", ""):
        assert not [i for i, inside in imports(FILES[name]) if inside]


def test_what_is_loaded_late_is_known() -> None:
    late = {
        name
        for name, path in FILES.items()
        if re.search(r"\bimport_module\b", path.read_text(encoding="utf-8"))
    }
    assert late == LATE


def test_one_name_means_one_thing() -> None:
    files = Counter(path.stem for path in FILES.values())
    assert {name for name, n in files.items() if n > 1} <= OF_ONE_NAME
    kinds = Counter(name for path in FILES.values() for name in _kinds(path))
    assert {name for name, n in kinds.items() if n > 1} <= {"Result", "T"}  # type variables


def _kinds(path: Path) -> Iterator[str]:
    """Classes of a file, and the names that it gives to types."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    yield from (node.name for node in ast.walk(tree) if isinstance(node, ast.ClassDef))
    named = [node.targets[0] for node in tree.body if isinstance(node, ast.Assign)]
    yield from (one.id for one in named if isinstance(one, ast.Name) and one.id.istitle())


# Code of ours stands in tests, documents and notebooks as well, some of it in texts that another Python runs.
_NAMED = re.compile(
    r"from (toylab[\w.]*) import ([\w, ]+)|\b(toylab(?:\.[a-z_]+)+)(?=\.[A-Z_(]| import)"
)
ELSEWHERE = [
    path
    for folder in ("tests", "docs", "notebooks", "scenarios")
    for path in sorted((HOUSE.parent / folder).rglob("*"))
    # What those about adding name is added first.
    if path.suffix in (".py", ".md", ".ipynb", ".toml") and "adding" not in path.name
]


def test_what_is_named_elsewhere_is_there() -> None:
    missing = []
    for path in ELSEWHERE:
        for room, names, dotted in _NAMED.findall(path.read_text(encoding="utf-8")):
            module = (room or dotted).removeprefix("toylab").removeprefix(".")
            if module not in FILES:
                missing.append(f"{path.name}: {room or dotted}")
                continue
            text = FILES[module].read_text(encoding="utf-8")
            for name in filter(None, (one.split(" as ")[0].strip() for one in names.split(","))):
                inner = f"{module}.{name}".lstrip(".")
                if inner not in FILES and not re.search(rf"\b{name}\b", text):
                    missing.append(f"{path.name}: {name} from toylab.{module}")
    assert missing == []


def test_the_law_is_not_empty() -> None:
    # A reader that finds no imports would hold any law.
    assert "training.run" in of_the_house("claims.cache")
    assert any(inside for _, inside in imports(FILES["cli.commands"]))
    graph = {"a": {"b"}, "b": {"a"}}
    with pytest.raises(ValueError):
        TopologicalSorter(graph).prepare()
