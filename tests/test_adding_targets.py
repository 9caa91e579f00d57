"""A target, a metric or a writer more is a file of its own and its row in one other."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from commands import ran
from documents import HOUSE, ROOT

import toylab.film.writers.endings
import toylab.metrics
import toylab.targets

TARGET = '''"""A cross of two strokes."""

import numpy as np

from toylab.targets.target import Length, Modeless


class Cross(Modeless):
    """Uniform on two strokes."""

    def __init__(self, side):
        self.side = side

    def sample(self, rng, n):
        """Draw n points, [n, 2]."""
        x = self.side * (rng.random(n) - 0.5)
        upright = rng.random(n) < 0.5
        return np.where(upright[:, None], np.stack([0 * x, x], 1), np.stack([x, 0 * x], 1)).astype(np.float32)


def cross(side: Length = 4.0) -> Cross:
    """Make a cross.

    Args:
        side: Of each stroke, data units.
    """
    return Cross(side)
'''
METRIC = '''"""How wide the cloud is."""


def width(trace):
    """Standard deviation along x, data units, [T, S]."""
    return trace.samples[..., 0].std(-1)
'''
WRITER = '''"""Frames one after the other, each a plain pixmap."""

import contextlib


class Pixmaps:
    """An open file."""

    def __init__(self, file, told):
        self._file, self._comment = file, f"#{told}\\n".encode()

    def add(self, k, frame, duration):
        head = b"P6\\n%b%d %d\\n255\\n" % (self._comment if k == 0 else b"", *frame.shape[1::-1])
        self._file.write(head + frame[..., :3].tobytes())


@contextlib.contextmanager
def pixmaps(path, reel):
    """Open a file of pixmaps."""
    with path.open("wb") as file:
        yield Pixmaps(file, reel.told)


def comment_in(path):
    """What the first of them says."""
    with path.open("rb") as file:
        return file.read(100_000).split(b"\\n")[1][1:].decode()
'''
# The module with the table, the new module's name and text, the row.
ADDED = {
    "target": (toylab.targets, "cross", TARGET, 'TARGETS["cross"] = {module}.cross'),
    "metric": (toylab.metrics, "width", METRIC, 'METRICS["width"] = Metric({module}.width, "Width", "宽度", low=0)'),
    "writer": (
        toylab.film.writers.endings,
        "pixmaps",
        WRITER,
        'WRITERS[".ppm"] = Format({module}.pixmaps, {module}.comment_in, halves=False)',
    ),
}  # fmt: skip
SCENARIO = """title = "S"
lesson = "L"
[target]
kind = "cross"
side = 3.0
[training]
steps = 20
[recording]
snapshots = 4
[film]
curves = ["width"]
[[claims]]
text = "It is narrower than the data"
metric = "width"
relation = "<"
threshold = 3.0
"""


def held(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.py")}


@pytest.mark.slow
def test_a_target_a_metric_and_a_writer_are_a_file_and_a_row_each(tmp_path: Path) -> None:
    house = tmp_path / "toylab"
    shutil.copytree(HOUSE, house, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "scenarios").symlink_to(ROOT / "scenarios")
    for table, name, text, row in ADDED.values():
        before, home = held(house), Path(str(table.__file__)).relative_to(HOUSE)
        new = house / home.parent / f"{name}.py"
        new.write_text(text, encoding="utf-8")
        package = ".".join(("toylab", *home.parent.parts))
        with (house / home).open("a", encoding="utf-8") as file:
            file.write(f"\n\nfrom {package} import {name}\n\n{row.format(module=name)}\n")
        after = held(house)
        assert {path for path in after if after[path] != before.get(path)} == {new, house / home}
    (tmp_path / "own.toml").write_text(SCENARIO)
    for said in ("run own.toml -o own.ppm", "check own.toml --seeds 2 --jobs 1", "inspect own.ppm"):
        done = ran(["-m", "toylab", *said.split()], tmp_path, PYTHONPATH=str(tmp_path))
        # One claim that does not hold is a result.
        assert done.returncode in (0, 1) and not done.stderr, done.stderr
    assert 'kind = "cross"' in done.stdout and 'metric = "width"' in done.stdout
