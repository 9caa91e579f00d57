"""Commands in processes of their own: to be stopped, or run to their end."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path


def started(words: Sequence[str], folder: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start `toylab ...` in a folder, silent and as the leader of its own group."""
    return subprocess.Popen(
        [sys.executable, "-m", "toylab.cli", *words],
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
