"""Stopped anywhere: every output is the old one, absent, or whole, and the next run completes."""

from __future__ import annotations

import os
import random
import shutil
import signal
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from games import small_toml
from PIL import Image
from warm import Warm, warm

from toylab.film.writers import provenance_of
from toylab.show.slides import provenance_in
from toylab.trace import Trace

pytestmark = pytest.mark.slow

SCENARIO = (
    'title = "A title"\nlesson = "A lesson"\n'
    + small_toml(training={"steps": 400}, recording={"snapshots": 60, "grid": 32})
    + """
[[claims]]
text = "The cloud is somewhere"
metric = "sliced_wasserstein"
relation = ">="
threshold = 0.0
"""
)
READ = (".npz", ".gif", ".webp", ".json", ".pptx", ".md", ".csv", ".png")
# Two of each command; `make kill` makes this the long run of 200.
KILLS = 10 * int(os.environ.get("TOYLAB_FUZZ", "1"))
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


@pytest.fixture(scope="module")
def commands() -> Iterator[Warm]:
    with warm() as opened:
        yield opened


@pytest.fixture(scope="module")
def filmed(commands: Warm, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a scenario, and what became of it: old.npz and frames/."""
    folder = tmp_path_factory.mktemp("filmed")
    (folder / "small.toml").write_text(SCENARIO, encoding="utf-8")
    assert commands.run(["train", "small.toml", "-o", "old.npz"], folder) == 0
    assert commands.run(["render", "old.npz", "-o", "frames/"], folder) == 0
    return folder


@pytest.fixture
def here(filmed: Path, tmp_path: Path) -> Path:
    """A folder of a test's own with the scenario and its trace."""
    for name in ("small.toml", "old.npz"):
        shutil.copy(filmed / name, tmp_path)
    return tmp_path


def test_a_command_killed_at_any_moment_leaves_whole_files(here: Path, commands: Warm) -> None:
    took = {}
    for words in COMMANDS:
        start = time.perf_counter()
        assert commands.run(words, here) == 0
        took[words[0]] = time.perf_counter() - start
    rng = random.Random(5)
    ended, whole = [], set()
    for k in range(KILLS):
        words = COMMANDS[k % len(COMMANDS)]
        how = rng.choice([signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
        # Another game each time: what was kept of an earlier one would leave `check` and `sweep` nothing to do.
        (here / "small.toml").write_text(SCENARIO.replace("= 400", f"= {401 + k}"))
        job = commands.start(words, here)
        time.sleep(rng.uniform(0.1, 1.0) * took[words[0]])
        # As a terminal and a machine that shuts down do it: to all of the command's processes.
        os.killpg(job, how)
        ended.append(commands.wait())
        written = [p for p in here.rglob("*") if not any(q.startswith(".") for q in p.parts)]
        for path in written:
            told = path.stat()
            # What was read after an earlier kill, and nobody has touched since, is whole still.
            state = (path, told.st_ino, told.st_size, told.st_mtime_ns)
            if path.name == "frames" or (path.suffix in READ and state not in whole):
                read(path)
                whole.add(state)
    # Many were stopped at work, by our answer to a signal or without one; on a machine whose load changes, others
    # had ended.
    assert sum(code in (130, 143, -signal.SIGKILL) for code in ended) > KILLS / 4, ended
    for words in COMMANDS:
        assert commands.run(words, here) == 0
    # What a kill left behind is gone once the command has run again.
    assert not list(here.rglob(".*.part*"))


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
    words: list[str],
    here: Path,
    filmed: Path,
    commands: Warm,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    # A deck's text is small; its folder fills the disk, and neither may be touched.
    out = here / words[-1].rstrip("/")
    if words[-1].endswith("/"):
        shutil.copytree(filmed / "frames", out)
    else:
        out.write_bytes(b"old")
    before = {path: path.read_bytes() for path in here.rglob("*") if path.is_file()}
    told = tmp_path_factory.mktemp("told") / "stderr"
    # As a full disk does, the system refuses to let a file grow, here beyond 2,048 bytes.
    code = commands.run(words, here, 2048, told)
    said = told.read_text(encoding="utf-8")
    assert code == 2, said
    assert 1 <= len(said.strip().splitlines()) <= 3, said
    assert "Cannot write" in said
    after = {
        path: path.read_bytes()
        for path in here.rglob("*")
        if path.is_file() and ".toylab" not in path.parts
    }
    assert after == before
