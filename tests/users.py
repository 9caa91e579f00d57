"""A user's environments, for the tests: where only the wheel is installed, and where its extras are too."""

from __future__ import annotations

import json
import os
import select
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from documents import ROOT

PLAIN, FULL, OTHER = (ROOT / name for name in (".venv-user", ".venv-user-full", ".venv-other"))
_HANDS = Path(__file__).parent / "user" / "hands.py"
# Three rounds and three moments: what is tried is the command, not the lesson.
BRIEF = ("training.steps=3", "recording.snapshots=3")


def python_of(where: Path) -> Path:
    """The Python of an environment."""
    python = where / "bin" / "python"
    assert python.exists(), "The environments of a user are missing: make user"
    return python


def around(folder: Path, **own: str) -> dict[str, str]:
    """What a user's shell tells: little, and nothing of ours. Its home is a folder of the test."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "LANG": "C.UTF-8", **own}


def typed(
    where: Path, words: Sequence[str], folder: Path, seconds: int = 300, **own: str
) -> subprocess.CompletedProcess[str]:
    """Run `python ...` of an environment in a folder to its end."""
    return subprocess.run(
        [python_of(where), *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        env=around(folder, **own),
        check=False,
    )


class Hands:
    """Those of a user of an environment, who does what one document says, and then another."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        """Take the process that has imported toylab."""
        self.server = server

    def do(self, steps: Sequence[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
        """Do commands and lines of Python one after the other, in a new process; what came of each.

        Args:
            steps: {"words": of a command, "files": that it should leave} or {"python": lines}.
            folder: In which it is done, and which is its home.
        """
        result, said = folder / ".done.json", folder / ".said"
        told = {"brief": BRIEF, "steps": steps, "folder": str(folder)}
        told |= {"result": str(result), "said": str(said)}
        assert self.server.stdin and self.server.stdout
        self.server.stdin.write(json.dumps(told) + "\n")
        self.server.stdin.flush()
        there, _, _ = select.select([self.server.stdout], [], [], 600)
        assert there and self.server.stdout.readline() == "0\n", said.read_text(encoding="utf-8")
        told = json.loads(result.read_text(encoding="utf-8"))
        assert told["home"].startswith(str(PLAIN)), "not what was installed, but the checkout"
        return told["done"]


@contextmanager
def hands(where: Path, home: Path) -> Iterator[Hands]:
    """The hands of a user of an environment.

    Args:
        where: The environment.
        home: An empty folder.
    """
    server = subprocess.Popen(
        [python_of(where), _HANDS],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=home,
        # For the loops that the course writes out by hand: torch's threads stall beside a second test.
        env=around(home, OMP_NUM_THREADS="1"),
    )
    with server:
        yield Hands(server)


def is_a_line(said: str) -> bool:
    """Whether words on standard error are a message as it should be: one to three lines."""
    return 1 <= len(said.strip().splitlines()) <= 3 and "Traceback" not in said
