"""The API reference: every public name says what it is, what it takes, gives and refuses.

Read from the source, so that a name is held to it the moment it exists. Public is what has no underscore,
in any module: a function, a class, a method. A function within a function is nobody's.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

import toylab
from docs.make.reference import told

HOUSE = Path(toylab.__file__).parent
# From so many parameters on each is told of by its name; fewer stand in the sentence.
LEAST_TOLD = 3
# What carries a shape. `Pixels` and `PerSeed` say theirs where they are defined.
_ARRAYS = re.compile(r"\b(Float|Int|Bool|Points|Tensor|np\.ndarray|NDArray)\b")
_MAKING = ("__init__", "__post_init__")
# What typer reads: a command's help stands in its annotations. Nobody else calls these.
COMMAND_LINE = ("toylab.cli.commands.", "toylab.cli.terminal.", "toylab.cli.stopping.")
_SHAPE = re.compile(r"\[[^\]]*\]")

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Name:
    """A public name, where it stands, and the class that it stands in."""

    where: str
    node: Function | ast.ClassDef
    owner: ast.ClassDef | None

    @property
    def docstring(self) -> str:
        return inspect.cleandoc(ast.get_docstring(self.node) or "")


def public(tree: ast.Module, module: str) -> Iterator[Name]:
    def within(body: list[ast.stmt], prefix: str, owner: ast.ClassDef | None) -> Iterator[Name]:
        for node in body:
            if isinstance(node, Function | ast.ClassDef) and not node.name.startswith("_"):
                name = f"{prefix}.{node.name}"
                yield Name(name, node, owner)
                if isinstance(node, ast.ClassDef):
                    yield from within(node.body, name, node)

    yield from within(tree.body, module, None)


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(HOUSE.parent).with_suffix("").parts)


NAMES = [
    name
    for path in sorted(HOUSE.rglob("*.py"))
    for name in public(ast.parse(path.read_text(encoding="utf-8")), module_of(path))
]
FUNCTIONS = [name for name in NAMES if isinstance(name.node, Function)]
CLASSES = [name for name in NAMES if isinstance(name.node, ast.ClassDef)]

SNAPSHOT = next(name.docstring for name in CLASSES if name.where == "toylab.trace.trace.Snapshot")


def decorators(node: Function | ast.ClassDef) -> list[str]:
    return [ast.unparse(one) for one in node.decorator_list]


def is_protocol(node: ast.ClassDef | None) -> bool:
    return node is not None and any(ast.unparse(base) == "Protocol" for base in node.bases)


def parameters(node: Function | ast.ClassDef) -> list[ast.arg]:
    """What a function takes; a class takes nothing here, its `__init__` is asked for itself."""
    if isinstance(node, ast.ClassDef):
        return []
    given = node.args
    several, others = ([one] if one else [] for one in (given.vararg, given.kwarg))
    everything = [*given.posonlyargs, *given.args, *several, *given.kwonlyargs, *others]
    return [one for one in everything if one.arg not in ("self", "cls")]


def named(node: Function | ast.ClassDef) -> list[str]:
    return [one.arg for one in parameters(node)]


def raised(node: ast.AST) -> Iterator[str]:
    """Errors that leave a function; those of functions within it are theirs, and what it tries it catches."""
    tried = node.body if isinstance(node, ast.Try) else []
    for child in ast.iter_child_nodes(node):
        if child in tried:
            continue
        if isinstance(child, Function | ast.Lambda | ast.ClassDef):
            continue
        if isinstance(child, ast.Raise) and isinstance(child.exc, ast.Call):
            yield ast.unparse(child.exc.func)
        yield from raised(child)


def twins(name: Name) -> str:
    """What is told of the same method of other classes: a protocol need not be told again."""
    key = (name.node.name, named(name.node)) if isinstance(name.node, Function) else None
    return "\n".join(
        other.docstring
        for other in FUNCTIONS
        if name.owner and other.owner and key == (other.node.name, named(other.node))
    )


def breaking(rule: Callable[[Name], bool], names: list[Name]) -> list[str]:
    return [name.where for name in names if not rule(name)]


def test_a_public_name_says_what_it_is() -> None:
    def says(name: Name) -> bool:
        if is_protocol(name.owner) and "property" in decorators(name.node):
            # A member of a protocol; the class tells of it.
            owner = inspect.cleandoc(ast.get_docstring(name.owner) or "") if name.owner else ""
            return bool(name.docstring) or name.node.name in told(owner)
        return name.docstring.split("\n")[0].endswith((".", "?", "!", ":"))

    assert not breaking(says, NAMES)


def test_what_a_function_takes_is_told_by_its_names() -> None:
    def tells(name: Name) -> bool:
        given, sections = named(name.node), told(name.docstring)
        if sections:
            return [*sections] == given
        if len(given) < LEAST_TOLD or name.where.startswith(COMMAND_LINE):
            return True
        # Or another function's, whose arguments are the same.
        other = re.search(r"[Aa]rguments as `(\w+)`", name.docstring)
        return bool(told(twins(name))) or other is not None

    assert not breaking(tells, FUNCTIONS)


def test_arrays_have_their_shapes() -> None:
    def shaped(name: Name) -> bool:
        sections, given_back = told(name.docstring), getattr(name.node, "returns", None)
        for one in parameters(name.node):
            if one.annotation and _ARRAYS.match(ast.unparse(one.annotation)) and sections:
                if not _SHAPE.search(sections.get(one.arg, "")):
                    return False
        if given_back is None or not _ARRAYS.match(ast.unparse(given_back)):
            return True
        if is_protocol(name.owner) and "property" in decorators(name.node):
            return True  # the class tells of it
        # Anywhere but among what it takes.
        text = f"{name.docstring}\n{twins(name)}"
        return bool(_SHAPE.search(re.sub(r"\nArgs:\n(?:    .*\n?|\n)*", "", text)))

    assert not breaking(shaped, FUNCTIONS)


def test_what_is_refused_is_told() -> None:
    def tells(name: Name) -> bool:
        nodes: list[ast.AST] = [name.node]
        if isinstance(name.node, ast.ClassDef):
            nodes = [one for one in name.node.body if getattr(one, "name", "") in _MAKING]
        elif name.where.startswith(COMMAND_LINE):
            return True  # its errors are messages and an exit code
        text = f"{name.docstring}\n{twins(name)}"
        for node in nodes:
            text += f"\n{inspect.cleandoc(ast.get_docstring(node) or '')}"  # pyright: ignore
        errors = {error for node in nodes for error in raised(node)} & {"ToylabError", "ValueError"}
        return all(re.search(rf"Raises:\n(?:    .*\n)*    {one}: ", f"{text}\n") for one in errors)

    assert not breaking(tells, NAMES)


def test_what_a_class_is_made_of_is_told_by_its_names() -> None:
    def tells(name: Name) -> bool:
        sections, body = told(name.docstring), name.node.body
        if any(one.startswith("dataclass") for one in decorators(name.node)):
            fields = [ast.unparse(one.target) for one in body if isinstance(one, ast.AnnAssign)]
            shown = {one for one in fields if not one.startswith("_")}
            # A trace's arrays are a snapshot's, stacked; a table of words says itself what it says.
            as_told = {*told(SNAPSHOT)} if name.where.endswith(".Trace") else set()
            small = len(shown) < LEAST_TOLD or "words." in name.where
            return {*sections} <= shown and (small or shown <= {*sections} | as_told)
        own = [one for one in body if isinstance(one, ast.FunctionDef) and one.name == "__init__"]
        given = named(own[0]) if own else []
        return len(given) < LEAST_TOLD or {*given} <= {*sections}

    assert not breaking(tells, CLASSES)


def test_the_rules_are_not_empty() -> None:
    assert len(FUNCTIONS) > 300 and len(CLASSES) > 100
    assert len([name for name in NAMES if told(name.docstring)]) > 100
    assert "toylab.training.run.record" in {name.where for name in FUNCTIONS}


@pytest.mark.parametrize(
    ("source", "rule"),
    [
        ("def f(a): pass", test_a_public_name_says_what_it_is),
        ("def f(a, b, c): 'F.'", test_what_a_function_takes_is_told_by_its_names),
        (
            "def f(a): 'F.\\n\\n    Args:\\n        b: X.'",
            test_what_a_function_takes_is_told_by_its_names,
        ),
        ("def f(x) -> Float: 'F.'", test_arrays_have_their_shapes),
        ("def f(x):\n  'F.'\n  raise ToylabError(x)", test_what_is_refused_is_told),
        (
            "@dataclass\nclass A:\n  'A.'\n  a: int\n  b: int\n  c: int",
            test_what_a_class_is_made_of_is_told_by_its_names,
        ),
    ],
)
def test_each_rule_finds_its_fault(
    source: str, rule: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [*public(ast.parse(source), "toylab.made_up")]
    for group in ("NAMES", "FUNCTIONS", "CLASSES"):
        monkeypatch.setitem(globals(), group, names)
    with pytest.raises(AssertionError, match="made_up"):
        rule()
