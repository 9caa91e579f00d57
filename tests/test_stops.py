"""Stopped anywhere: every output is the old one, absent, or whole, and the next run completes."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from commands import started
from games import small_toml
from PIL import Image

from toylab.film.writers import provenance_of
from toylab.show.slides import provenance_in
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
READ = (".npz", ".gif", ".webp", ".json", ".pptx", ".md", ".csv", ".png")
# Three of each command; `make kill` makes this the long run of 200.
KILLS = 15 * int(os.environ.get("TOYLAB_FUZZ", "1"))
COMMANDS = (
    ["run", "small.toml"],
    ["render", "old.npz", "-o", "out.gif", "-o", "frames/", "-o", "out.webp"],
    ["check", "small.toml", "--seeds", "16", "--jobs", "1", "-o", "claims.json"],
    ["slides", "old.npz", "-o", "talk.pptx", "-o", "talk.md"],
    [
        *("sweep", "small.toml", "--over", "game.generator_steps=1,2", "--metric", "c2st"),
        *("--seeds", "8", "--jobs", "1", "-o", "sweep.csv", "-o", "sweep.png"),
    ],
)


def read(path: Path) -> None:
    """Read a whole file by an independent reader, or raise."""
    if path.suffix == ".npz":
        Trace.load(path)
    elif path.is_dir():
        provenance_of(path)
    elif path.suffix == ".pptx":
        with zipfile.ZipFile(path) as file:
            assert file.testzip() is None
    elif path.suffix == ".md":
        provenance_in(path)
    elif path.suffix == ".csv":
        # Rows are appended as runs end: there may be few, but each is whole.
        assert path.read_text(encoding="utf-8")[-1:] in ("", "\n")
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
            if path.suffix in READ or path.name == "frames":
                read(path)
    for words in COMMANDS:
        assert started(words, tmp_path).wait() == 0
    # What a kill left behind is gone once the command has run again.
    assert not list(tmp_path.rglob(".*.part*"))


@pytest.mark.parametrize(
    "words",
    [
        ["train", "small.toml", "-o", "out.npz"],
        ["render", "old.npz", "-o", "out.gif"],
        ["render", "old.npz", "-o", "out.html"],
        ["render", "old.npz", "-o", "out.mp4"],
        ["render", "old.npz", "-o", "out.png"],
        ["render", "old.npz", "-o", "out.pdf"],
        ["render", "old.npz", "-o", "frames/"],
        ["slides", "old.npz", "-o", "out.pptx"],
        ["slides", "old.npz", "-o", "out.tex"],
        [
            "sweep",
            "small.toml",
            "--over",
            "training.batch=8,9",
            "--metric",
            "c2st",
            "-o",
            "out.png",
        ],
    ],
    ids=" ".join,
)
def test_a_full_disk_ends_with_a_line_and_the_old_file_survives(
    words: list[str], tmp_path: Path, scenario_file: Callable[..., Path]
) -> None:
    scenario_file("small", SCENARIO)
    assert started(["train", "small.toml", "-o", "old.npz"], tmp_path).wait() == 0
    # A deck's text is small; its folder fills the disk, and neither may be touched.
    out = tmp_path / words[-1].rstrip("/")
    if words[-1].endswith("/"):
        assert started(["render", "old.npz", "-o", words[-1]], tmp_path).wait() == 0
    else:
        out.write_bytes(b"old")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    # As a full disk does, the system refuses to let a file grow, here beyond 2,000 bytes.
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 2; exec "$@"', "-", sys.executable, "-m", "toylab", *words],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "OMP_NUM_THREADS": "1", "PYTHONDONTWRITEBYTECODE": "1"},
    )
    assert done.returncode == 2, done.stderr
    assert 1 <= len(done.stderr.strip().splitlines()) <= 3, done.stderr
    assert "Cannot write" in done.stderr
    after = {
        path: path.read_bytes()
        for path in tmp_path.rglob("*")
        if path.is_file() and ".toylab" not in path.parts
    }
    assert after == before
