"""What all that writes documents shares: data in, from beside it; text out, where it is new."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any

from toylab.base.errors import ToylabError
from toylab.base.files import whole
from toylab.cli.stopping import guarded

_HERE = Path(__file__).parent


def data(name: str) -> dict[str, Any]:
    """What a TOML file beside this one holds."""
    return tomllib.loads((_HERE / name).read_text(encoding="utf-8"))


def claims() -> dict[str, Any]:
    """How each claim fared, as `toylab check -o renders/claims.json` wrote it."""
    return json.loads((_HERE.parents[1] / "renders" / "claims.json").read_text(encoding="utf-8"))


def write(path: Path, told: str | bytes) -> None:
    """Write a document; one that is right already is left alone, with its date."""
    held = told.encode() if isinstance(told, str) else told
    if not path.is_file() or path.read_bytes() != held:
        with whole(path) as part:
            part.write_bytes(held)


def run(main: Callable[[], None]) -> None:
    """Write some documents, from a checkout's own folder; what is wrong ends as a few lines."""

    def work(**_: Any) -> None:
        if not Path("docs/make").is_dir():
            raise ToylabError("docs/make: no such folder. Run this in a checkout of toylab.")
        main()

    guarded(work)
