"""A user's hands: commands and lines of Python, one after the other, where only toylab is installed.

Run by the Python of such an environment, which has no pytest. Each line of standard input says as JSON what a
document tells to do; it is done in a process of its own, and what came of it is written to a file that the line
names. Those processes are forked from this one: half of a short command is importing torch.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

import toylab
import toylab.show.cinema
import toylab.training.run
from toylab.claims import counting
from toylab.cli import commands
from toylab.scenario import scenario


def main() -> None:
    """Do what each line of standard input says; put out how its process ended."""
    for line in sys.stdin:
        child = os.fork()
        if not child:
            _do(json.loads(line))
            return
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)


def _do(told: dict[str, Any]) -> None:
    os.chdir(told["folder"])
    os.environ["HOME"] = told["folder"]
    for number, file in enumerate((os.devnull, os.devnull, told["said"])):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
    brief = told["brief"]

    def short(name: str | Path, changes: Any = ()) -> scenario.Scenario:
        return scenario.load(name, [*changes, *brief])

    # What has no --set to make it short: `check`, and lines of Python.
    counting.load = toylab.load = short  # type: ignore[attr-defined]
    names: dict[str, Any] = {"__name__": "__main__"}
    done = [
        _typed(step["words"], step["files"]) if "words" in step else _lines(step["python"], names)
        for step in told["steps"]
    ]
    Path(told["result"]).write_text(json.dumps({"home": toylab.__file__, "done": done}))


def _typed(words: list[str], files: list[str]) -> dict[str, Any]:
    """Run `toylab ...`; then look what became of some files."""
    out, said, code = io.StringIO(), io.StringIO(), 0
    sys.argv[1:], kept = words, sys.argv[1:]
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            commands.main()
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        said.write(traceback.format_exc())
        code = 99
    finally:
        sys.argv[1:] = kept
    sizes = {name: _size(Path(name)) for name in files}
    # What a table holds instead of numbers.
    empty = [name for name in files if name.endswith(".csv") and _has_nan(Path(name))]
    return {
        "code": code,
        "out": out.getvalue(),
        "said": said.getvalue(),
        "sizes": sizes,
        "nan": empty,
    }


def _lines(text: str, names: dict[str, Any]) -> dict[str, Any]:
    """Run lines of Python after those before."""
    out, said, code = io.StringIO(), io.StringIO(), 0
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(said):
            exec(compile(text, "<document>", "exec"), names)
    except toylab.ToylabError as error:
        said.write(str(error))
        code = 2
    except BaseException:
        said.write(traceback.format_exc())
        code = 99
    return {"code": code, "out": out.getvalue(), "said": said.getvalue(), "sizes": {}, "nan": []}


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else -1


def _has_nan(path: Path) -> bool:
    return path.is_file() and bool(re.search(r"\bnan\b", path.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
