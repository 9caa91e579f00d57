"""Astray: something named where another thing is expected, and the command that takes it.

Looks at names and at the first level of TOML files, so that `toylab show` answers at once.
"""

from __future__ import annotations

import difflib
import os
import shlex
from collections.abc import Sequence
from pathlib import Path

from toylab.base.errors import ToylabError
from toylab.scenario import catalogue

# What there is: in the singular, in the plural, and the command that takes it.
THINGS = {
    "scenario": ("a scenario", "scenarios", "toylab run {name}"),
    "lecture": ("a lecture", "lectures", "toylab slides --lecture {name} -o talk.pptx"),
    "trace": ("a trace", "traces", "toylab render {name} -o {stem}.gif"),
    "file": ("neither a scenario nor a trace", "films and decks", "toylab inspect {name}"),
}
# Commands that are nearer to what was asked.
_NEARER = {
    ("inspect", "scenario"): "toylab show {name}",
    ("--lecture", "scenario"): "toylab slides {name} -o talk.pptx",
    ("--lecture", "trace"): "toylab slides {name} -o talk.pptx",
}
# Of files whose names come so near to what was typed that it was meant.
_NEAR = 0.8


def thing(name: str) -> str:
    """What a name stands for: a key of `THINGS`, or nothing where nothing of that name is known."""
    path = Path(name)
    ending = path.suffix.lower()
    if ending == ".npz":
        return "trace"
    if ending == ".toml":
        return _told_in(path) if os.path.isfile(path) else ""
    for kind in catalogue.SHELVES:
        if name in catalogue.names(kind):
            return kind
    # Text without an ending of its own may be a scenario after all; the reader says what it lacks.
    return "file" if ending not in ("", ".txt") and os.path.isfile(path) else ""


def expect(name: str, takes: Sequence[str], asked: str, typed: Sequence[str] = ()) -> None:
    """Check that a name does not stand for another thing than what is taken, or lacks its ending.

    Of a name that stands for nothing, whoever reads it says what is known.

    Args:
        name: As it was given.
        takes: Keys of `THINGS`.
        asked: The command, or the option of it, by its name.
        typed: The command's words, among them the name.

    Raises:
        ToylabError: With the command that would do.
    """
    if "file" in takes and Path(name).suffix.lower() != ".toml" and Path(name).exists():
        return
    meant = name if thing(name) else _meant(name)
    kind = thing(meant)
    if not kind or (kind in takes and meant == name):
        return
    if kind in takes:
        where = "lies here" if Path(meant).suffix else "comes with toylab"
        words = shlex.join(["toylab", *(meant if word == name else word for word in typed)])
        raise ToylabError(f'There is no "{name}", but {meant} {where}: {words}')
    what, _, way = THINGS[kind]
    way = _NEARER.get((asked, kind), way)
    expected = " or ".join(THINGS[one][1] for one in takes)
    raise ToylabError(
        f"{meant} is {what}, and {asked} takes {expected}. Try: {_filled(way, meant)}"
    )


def instead_of_a_command(word: str) -> str:
    """What a word is that stands where a command should, and the command that takes it; or nothing."""
    meant = word if thing(word) else _meant(word)
    kind = thing(meant)
    if not kind:
        return ""
    return f'"{word}" is no command. Try: {_filled(THINGS[kind][2], meant)}'


def _filled(way: str, name: str) -> str:
    return way.format(name=shlex.quote(name), stem=shlex.quote(Path(name).stem))


def _told_in(path: Path) -> str:
    """Whether a TOML file holds a lecture; what cannot be read is taken for a scenario, and refused so."""
    try:
        told = catalogue.parse(path)
    except ToylabError:
        return "scenario"
    return "lecture" if "slides" in told and not {"target", "extends"} & {*told} else "scenario"


def _meant(name: str) -> str:
    """The file, or the scenario, whose name this is but for its ending or a slip; or nothing."""
    path = Path(name)
    for ending in (".toml", ".npz"):
        if name and os.path.isfile(name + ending):
            return name + ending
    if path.suffix == ".toml" and len(path.parts) == 1 and thing(path.stem):
        return path.stem
    if not path.suffix or not os.path.isdir(path.parent):
        return ""
    lying = [file.name for file in path.parent.iterdir() if file.suffix in (".toml", ".npz")]
    near = difflib.get_close_matches(path.name, lying, n=1, cutoff=_NEAR)
    return str(path.with_name(near[0])) if near else ""
