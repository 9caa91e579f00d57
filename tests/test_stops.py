"""Stopped anywhere: every output is the old one, absent, or whole, and the next run completes."""

from __future__ import annotations

import os
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import started
from games import small_toml
from PIL import Image

from toylab.film.writers import provenance_of
from toylab.trace import Trace

pytestmark = pytest.mark.slow

SCENARIO = (
    small_toml(training={"steps": 400}, recording={"snapshots": 60, "grid": 32})
    + """
[[claims]]
text = "The cloud is somewhere"
metric = "sliced_wasserstein"
relation = ">="
threshold = 0.0
"""
)
# `TOYLAB_FUZZ=10` makes this the long run of 200.
KILLS = 20 * int(os.environ.get("TOYLAB_FUZZ", "1"))
COMMANDS = (
    ["run", "small.toml"],
    ["render", "old.npz", "-o", "out.gif", "-o", "frames/", "-o", "out.webp"],
    ["check", "small.toml", "--seeds", "16", "--jobs", "1", "-o", "claims.json"],
)


def read(path: Path) -> None:
    """Read a whole file by an independent reader, or raise."""
    if path.suffix == ".npz":
        Trace.load(path)
    elif path.is_dir():
        provenance_of(path)
    elif path.suffix == ".json":
        assert path.read_text(encoding="utf-8").rstrip().endswith("}")
    else:
        with Image.open(path) as image:
            for k in range(getattr(image, "n_frames", 1)):
                image.seek(k)
                image.load()


def test_a_command_killed_at_any_moment_leaves_whole_files(
    tmp_path: Path, scenario_file: Callable[..., Path]
) -> None:
    scenario_file("small", SCENARIO)
    assert started(["run", "small.toml"], tmp_path).wait() == 0
    (tmp_path / "renders" / "small.npz").rename(tmp_path / "old.npz")
    took = {}
    for words in COMMANDS:
        start = time.perf_counter()
        assert started(words, tmp_path).wait() == 0
        took[words[0]] = time.perf_counter() - start
    rng = random.Random(5)
    for k in range(KILLS):
        words = COMMANDS[k % len(COMMANDS)]
        how = rng.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
        job = started(words, tmp_path)
        time.sleep(rng.uniform(0.1, 1.0) * took[words[0]])
        # As a terminal and a machine that shuts down do it: to all of the command's processes.
        os.killpg(job.pid, how)
        job.wait(timeout=60)
        written = [p for p in tmp_path.rglob("*") if not any(q.startswith(".") for q in p.parts)]
        for path in written:
            if path.suffix in (".npz", ".gif", ".webp", ".json") or path.name == "frames":
                read(path)
    for words in COMMANDS:
        assert started(words, tmp_path).wait() == 0
    # What a kill left behind is gone once the command has run again.
    assert not list(tmp_path.rglob(".*.part*"))
