"""What there is to choose from, as a page: each table's rows with one line and one source.

The lines are the rows' own docstrings, so the page cannot say what the code does not. With it are written
the JSON schema of scenario files and the guide's tables of their keys.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from docs.make import estimates, schema_tables
from docs.make.writing import run, write
from toylab.cli.live import reason_against
from toylab.film.layers import LAYERS
from toylab.game.networks import ACTIVATIONS, INITS, MLP, NETWORKS
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS, SCHEDULES
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.metrics import METRICS
from toylab.scenario import catalogue
from toylab.scenario.scenario import load, schema
from toylab.show.lab.playable import MOST_BATCH, MOST_WIDTH, NOT_PLAYED, NOT_PLAYED_LAYERS
from toylab.targets import TARGETS

# A sentence that names a year or a library's function is a source.
_SOURCE = re.compile(r"\b(19|20)\d\d\b|sklearn\.")
# Where a docstring's first words end.
_SECTION = re.compile(r"^(Args|Attributes|Returns|Raises|Source):\n", re.M)
TABLES: dict[str, tuple[str, Mapping[str, Any]]] = {
    "Targets": ("`[target] kind`", TARGETS),
    "Networks": ("`[generator] kind`, `[discriminator] kind`", NETWORKS),
    "Objectives": ("`[game] objective`", OBJECTIVES),
    "Penalties and tricks": ("`[[game.penalties]] kind`", PENALTIES),
    "Updates": ("`[game.update] kind`", UPDATES),
    "Optimisers": ("`[optimizer.generator] kind`, `[optimizer.discriminator] kind`", OPTIMIZERS),
    "Layers": ("`[film] layers`, `--layers`", LAYERS),
    "Metrics": ("`[film] curves`, `[[claims]] metric`", METRICS),
}


def described(row: Any) -> tuple[str, str]:
    """What a row is, and where it comes from: from the first paragraphs of its docstring."""
    text = inspect.getdoc(getattr(row, "measure", row)) or ""
    # Up to the first section: what stands there belongs to arguments and errors.
    text = _SECTION.split(text)[0]
    sentences = re.split(r"(?<=[.!?])\s+(?=[A-Z\[`-])", " ".join(text.split()))
    # A name such as "et al." ends no sentence: what follows it is joined again.
    joined: list[str] = []
    for sentence in sentences:
        if joined and re.search(r"(\bal|\beq|\bfig|\bsection|\balg)\.$", joined[-1]):
            joined[-1] += f" {sentence}"
        else:
            joined.append(sentence)
    source = next((s for s in joined if _SOURCE.search(s)), "ours")
    if source == joined[0]:
        # One sentence that is both: "Make a pinwheel ..., the shape of sklearn.datasets.x."
        source = "sklearn." + joined[0].split("sklearn.")[-1].split(",")[0]
    # Shapes are for those who read the code.
    return re.sub(r",? \[[^]]*\]", "", joined[0]), source.rstrip(".")


def told(docstring: str) -> dict[str, str]:
    """What a docstring says of each parameter or attribute."""
    sections = _SECTION.split(docstring)
    # A name and its words may run over lines, each indented once more.
    found = [
        entry
        for title, text in zip(sections[1::2], sections[2::2], strict=True)
        if title in ("Args", "Attributes")
        for entry in re.findall(r"^    (\w+): (.*(?:\n        .*)*)", text, flags=re.M)
    ]
    return {name: " ".join(what.split()) for name, what in found}


def attributes(row: Any) -> list[tuple[str, str]]:
    """The attributes of a row and what its docstring says of each."""
    found = told(inspect.getdoc(row) or "").items()
    # What the game fills in is no option.
    return [(name, what) for name, what in found if name not in ("inputs", "outputs")]


def page() -> str:
    """The page, in Markdown."""
    lines = [
        "# What there is",
        "",
        "Written by `make docs` from the code's own tables. A scenario chooses a row by",
        "its name; `toylab show NAME` prints the options that a scenario sets.",
    ]
    for title, (where, table) in TABLES.items():
        lines += ["", f"## {title}", "", f"Chosen by {where}.", ""]
        lines += ["| name | what it is | source |", "|---|---|---|"]
        for name, row in table.items():
            what, source = described(row)
            cells = (cell.replace("|", "\\|") for cell in (what, source))
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
    lines += estimates.estimates()
    lines += ["", "## Options of the network `mlp`", "", "| name | what it is |", "|---|---|"]
    lines += [f"| `{name}` | {what} |" for name, what in attributes(MLP)]
    names = {
        "Activations": ACTIVATIONS,
        "Initial weights": INITS,
        "Schedules of the learning rate": SCHEDULES,
    }
    for title, table in names.items():
        lines += ["", f"## {title}", "", ", ".join(f"`{name}`" for name in table) + "."]
    return "\n".join(lines) + "\n"


def described_schema() -> dict[str, Any]:
    """The JSON schema of a scenario file as people write it, each key with the words of its docstring.

    Stricter in one thing than a file that extends another needs to be, and laxer in one: a change of a
    table must make sense by itself, and which options go together is for toylab to say.
    """
    made = _as_written(schema())
    return {
        **made,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of toylab",
        "required": ["title", "lesson"],
        "anyOf": [{"required": ["extends"]}, {"required": ["target"]}],
    }


def published_schema() -> str:
    """That schema as a file, for editors."""
    return json.dumps(described_schema(), indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _as_written(node: Any) -> Any:
    """A schema with the short forms: a row without options is its bare name, a panel its metric's."""
    if isinstance(node, list):
        return [_as_written(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    found = {key: _as_written(inner) for key, inner in node.items()}
    if "properties" in found and "description" in found:
        found = _told_of_each(found)
    # A choice's default as a scenario writes it.
    default = found.get("default")
    if isinstance(default, dict) and set(default) == {"kind", "options"}:
        options = default["options"]
        found["default"] = {"kind": default["kind"], **options} if options else default["kind"]
    # Of a union; there is also a player of that name.
    if "discriminator" in found and "oneOf" in found:
        names = sorted(found.pop("discriminator")["mapping"])
        # Not "oneOf": a table without `kind` fits several rows.
        rows = found.pop("oneOf")
        return {**found, "anyOf": [{"enum": names}, *rows]}
    if found == {"$ref": "#/$defs/PanelSettings"}:
        return {"anyOf": [{"type": "string"}, found]}
    return found


def _told_of_each(table: dict[str, Any]) -> dict[str, Any]:
    """A table whose docstring's lines stand at the keys that they speak of, where editors show them."""
    docstring, keys = table["description"], dict(table["properties"])
    for name, what in told(docstring).items():
        if name in keys:
            keys[name] = {**keys[name], "description": what}
    what = " ".join(_SECTION.split(docstring)[0].split())
    return {**table, "description": what, "properties": keys}


def unplayed() -> str:
    """What the page that trains does not play, and why: the foot of its guide."""
    lines = ["", "| | in a scenario | why not |", "|---|---|---|"]
    reasons = {**NOT_PLAYED, "options of `mlp`": NOT_PLAYED_LAYERS}
    for table, rows in reasons.items():
        lines += [f"| {table} | `{name}` | {reason.en} |" for name, reason in rows.items()]
    found = {name: reason_against(load(name)) for name in catalogue.names()}
    left_out = [f"`{name}`" for name, why in found.items() if why]
    lines += [
        "",
        f"Layers of more than {MOST_WIDTH} units and batches of more than {MOST_BATCH} points are too slow",
        f"for a page. Of the {len(found)} scenarios it plays {len(found) - len(left_out)}; the others are",
        f"{', '.join(left_out)}.",
    ]
    return "\n".join(lines) + "\n"


def main() -> None:
    """Write the pages, in a checkout."""
    write(Path("docs/reference.md"), page())
    write(Path("docs/scenario.schema.json"), published_schema())
    guide = Path("docs/guide/writing-a-scenario.md")
    head = guide.read_text(encoding="utf-8").partition(schema_tables.MARK)[0]
    write(guide, head + schema_tables.page(described_schema()))
    lab = Path("docs/guide/live-lab.md")
    head = lab.read_text(encoding="utf-8").partition(schema_tables.MARK)[0]
    write(lab, head + schema_tables.MARK + unplayed())


if __name__ == "__main__":
    run(main)
