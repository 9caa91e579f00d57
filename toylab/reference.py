"""What there is to choose from, as a page: each table's rows with one line and one source.

The lines are the rows' own docstrings, so the page cannot say what the code does not. Run
`python -m toylab.reference` to write it anew, and with it the JSON schema of scenario files.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from toylab.film.layers import LAYERS
from toylab.game.networks import ACTIVATIONS, INITS, MLP, NETWORKS
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS, SCHEDULES
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.metrics import METRICS
from toylab.scenario import schema
from toylab.targets import TARGETS

# A sentence that names a year or a library's function is a source.
_SOURCE = re.compile(r"\b(19|20)\d\d\b|sklearn\.")
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
    text = re.split(r"\n(?:Args|Attributes|Returns|Raises):", text)[0]
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


def attributes(row: Any) -> list[tuple[str, str]]:
    """The attributes of a row and what its docstring says of each."""
    text = (inspect.getdoc(row) or "").partition("Attributes:\n")[2]
    found = re.findall(r"^    (\w+): (.*(?:\n        .*)*)", text, flags=re.M)
    # What the game fills in is no option.
    options = [(name, what) for name, what in found if name not in ("inputs", "outputs")]
    return [(name, " ".join(what.split())) for name, what in options]


def page() -> str:
    """The page, in Markdown."""
    lines = [
        "# What there is",
        "",
        "Written by `python -m toylab.reference` from the code's own tables. A scenario chooses a row by",
        "its name; `toylab show NAME` prints the options that a scenario sets.",
    ]
    for title, (where, table) in TABLES.items():
        lines += [
            "",
            f"## {title}",
            "",
            f"Chosen by {where}.",
            "",
            "| name | what it is | source |",
        ]
        lines += ["|---|---|---|"]
        for name, row in table.items():
            what, source = described(row)
            cells = (cell.replace("|", "\\|") for cell in (what, source))
            lines.append(f"| `{name}` | {' | '.join(cells)} |")
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


def published_schema() -> str:
    """The JSON schema of a scenario file as people write it, for editors.

    Stricter in one thing than a file that extends another needs to be, and laxer in one: a change of a
    table must make sense by itself, and which options go together is for toylab to say.
    """
    made = _as_written(schema())
    told = {
        **made,
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A scenario of toylab",
        "required": ["title", "lesson"],
        "anyOf": [{"required": ["extends"]}, {"required": ["target"]}],
    }
    return json.dumps(told, indent=1, ensure_ascii=False, sort_keys=True) + "\n"


def _as_written(node: Any) -> Any:
    """A schema with the short forms: a row without options is its bare name, a panel its metric's."""
    if isinstance(node, list):
        return [_as_written(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    found = {key: _as_written(inner) for key, inner in node.items()}
    # Of a union; there is also a player of that name.
    if "discriminator" in found and "oneOf" in found:
        names = sorted(found.pop("discriminator")["mapping"])
        # Not "oneOf": a table without `kind` fits several rows.
        rows = found.pop("oneOf")
        return {**found, "anyOf": [{"enum": names}, *rows]}
    if found == {"$ref": "#/$defs/PanelSettings"}:
        return {"anyOf": [{"type": "string"}, found]}
    return found


if __name__ == "__main__":
    Path("docs/reference.md").write_text(page(), encoding="utf-8")
    Path("docs/scenario.schema.json").write_text(published_schema(), encoding="utf-8")
