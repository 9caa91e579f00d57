"""Commands: in this process, or in processes of their own, to be stopped or run to their end."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

import typer.main

from toylab.cli import commands

# A process types one command, and so builds the tree of all commands once; this one types thousands.
_built_once = mock.patch("typer.main.get_command", cache(typer.main.get_command))


def started(words: Sequence[str], folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start `toylab ...` in a folder, silent and as the leader of its own group."""
    return subprocess.Popen(
        [sys.executable, "-m", "toylab", *words],
        cwd=folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


def ran(
    words: Sequence[str], folder: Path, seconds: int = 120, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run `python ...` in a folder to its end, every warning an error."""
    return subprocess.run(
        [sys.executable, "-W", "error", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=seconds,
        env={**os.environ, "OMP_NUM_THREADS": "1", **environment},
    )


def toylab(*words: str) -> tuple[int, str]:
    """Run a command in this process; its exit code and what it said on standard error."""
    code, said, _ = run(words)
    return code, said


def printed(*words: str) -> str:
    """What a command that ends well puts out."""
    code, said, out = run(words)
    assert code == 0, said
    return out


def run(words: Sequence[str]) -> tuple[int, str, str]:
    """Run a command in this process; its exit code and what it said on both streams, errors first."""
    argv, sys.argv = sys.argv, ["toylab", *words]
    code: Any = 0
    said, out = io.StringIO(), io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(out), _built_once:
            commands.main()
    except SystemExit as end:
        code = end.code
    finally:
        sys.argv = argv
    return int(code or 0), said.getvalue(), out.getvalue()


def ends_well(*words: str, names: str = "") -> int:
    """Whether a command ends as it should; `names` must stand in what it says if it fails."""
    code, said = toylab(*words)
    assert code in (0, 2), (words, code, said)
    if code == 2:
        assert said.strip(), words
        assert "Traceback" not in said
        assert names in said, (words, said)
        for line in said.splitlines():
            # A mistake's second and third line are set in; none runs over many screens.
            assert len(line) < 1500, line
    return code
