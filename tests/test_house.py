"""The import law of the house, held by reading the source."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import toylab

HOUSE = Path(toylab.__file__).parent

# From the ground up: a module imports only what stands above it.
ORDER = [
    "axes",
    "errors",
    "counted",
    "release",
    "faults",
    "foreign",
    "toml",
    "locks",
    "files",
    "memory",
    "choice",
    "streams",
    "threads",
    "device",
    "targets.frame",
    "targets.base",
    "targets.mixtures",
    "targets.shapes",
    "targets.pictures",
    "targets.boxes",
    "targets.table",
    "targets.reading",
    "targets.clusters",
    "targets.empirical",
    "feed",
    "game.networks.base",
    "game.networks.chain",
    "game.networks.mlp",
    "game.networks.solvable",
    "game.objectives",
    "game.optimizers",
    "game.penalties",
    "player",
    "match",
    "game.updates.base",
    "game.updates.first_order",
    "game.updates.second_order",
    "told",
    "trace",
    "metrics.base",
    "metrics.modes",
    "metrics.density",
    "metrics.distances",
    "metrics.players",
    "claims",
    "verdict",
    "settings",
    "catalogue",
    "astray",
    "published",
    "options",
    "rules",
    "mistakes",
    "scenario",
    "setup",
    "recorder",
    "training",
    "workers",
    "ensembles",
    "kept",
    "study",
    "report",
    "sweep",
    "tables",
    "lecture",
    "film.drawing",
    "film.style",
    "film.words",
    "film.layout",
    "film.fonts",
    "film.text",
    "film.counter",
    "film.stamp",
    "film.differences",
    "film.chapters",
    "film.pace",
    "film.strokes",
    "film.layers.base",
    "film.layers.spread",
    "film.layers.surface",
    "film.layers.points",
    "film.layers.arrows",
    "film.layers.density",
    "film.layers.lattice",
    "film.layers.modes",
    "film.layers.phase",
    "film.painter",
    "film.stage",
    "film.board",
    "film.key",
    "film.panels",
    "film.writers.base",
    "film.writers.palette",
    "film.writers.blocks",
    "film.writers.gif",
    "film.writers.animated",
    "film.writers.video",
    "film.writers.stills",
    "film.writers.pages",
    "film.writers.folder",
    "film.writers.table",
    "film.writers.halves",
    "film.writers.showing",
    "film.contact",
    "film.film",
    "film.animation",
    "film.compare",
    "film.diagram",
    "film.product",
    "film.player.packing",
    "film.player.page",
    "show.cinema",
    "film.look",
    "show.phrases",
    "show.deck",
    "show.handout",
    "show.films",
    "show.figures",
    "show.assets",
    "show.markdown",
    "show.powerpoint",
    "show.beamer",
    "show.slides",
    "rehearsal",
    "talk",
    "survey",
    "arguments",
    "terminal",
    "cli",
    "__main__",
]
# May import inside functions: start-up time.
LAZY = {"terminal", "cli", "__main__", ""}
CINEMA = ("film", "show")
# Above both wings.
BOTH = (*("rehearsal", "talk", "survey", "terminal", "cli", ""),)
LABORATORY_ONLY = (
    "torch",
    "toylab.game",
    "toylab.scenario.scenario",
    "toylab.training.run",
    "toylab.training.recorder",
    "toylab.training.device",
)


def name_of(path: Path) -> str:
    parts = path.relative_to(HOUSE).with_suffix("").parts
    return ".".join(part for part in parts if part != "__init__")


FILES = {name_of(path): path for path in HOUSE.rglob("*.py")}
MODULES = {name: path for name, path in FILES.items() if path.name != "__init__.py"}


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


def test_every_module_has_its_place_in_the_order() -> None:
    assert sorted(MODULES) == sorted(ORDER)


@pytest.mark.parametrize("name", sorted(MODULES))
def test_a_module_imports_only_what_stands_above_it(name: str) -> None:
    place = ORDER.index(name)
    for imported, _ in imports(MODULES[name]):
        inner = imported.removeprefix("toylab.")
        if imported.startswith("toylab.") and inner in MODULES:
            assert ORDER.index(inner) < place, f"{name} imports {imported}, which stands below it"


@pytest.mark.parametrize("name", [name for name in ORDER if name.startswith("game.")])
def test_the_rooms_of_the_game_do_not_import_one_another(name: str) -> None:
    # A room with several files may, within itself.
    own = ".".join(["toylab", *name.split(".")[:2]]) + "."
    found = [i for i, _ in imports(MODULES[name]) if i.startswith("toylab.game")]
    assert not [i for i in found if not i.startswith(own)]


@pytest.mark.parametrize("name", [name for name in FILES if name.split(".")[0] in CINEMA])
def test_the_cinema_knows_nothing_of_the_laboratory(name: str) -> None:
    assert not [i for i, _ in imports(FILES[name]) if i.startswith(LABORATORY_ONLY)]


@pytest.mark.parametrize(
    "name", [name for name in FILES if name.split(".")[0] not in (*CINEMA, *BOTH)]
)
def test_the_laboratory_never_imports_matplotlib(name: str) -> None:
    found = [i for i, _ in imports(FILES[name])]
    assert not [i for i in found if i.startswith(("matplotlib", "toylab.film"))]


@pytest.mark.parametrize("name", sorted(FILES))
def test_imports_inside_functions_stand_only_at_the_command_line(name: str) -> None:
    if name not in LAZY:
        assert not [i for i, inside in imports(FILES[name]) if inside]


def test_the_law_is_not_empty() -> None:
    # A reader that finds no imports would hold any law.
    assert ("toylab.trace.trace", False) in set(imports(MODULES["metrics.base"]))
    assert any(inside for _, inside in imports(MODULES["cli"]))
