from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from toylab.base import files, locks
from toylab.base.errors import ToylabError
from toylab.base.files import whole, whole_folder


def test_a_block_that_ends_well_replaces_the_file(tmp_path: Path) -> None:
    path = tmp_path / "new" / "x.gif"
    with whole(path) as part:
        assert part.parent == path.parent and part.suffix == ".gif"
        part.write_text("new")
    assert path.read_text() == "new" and os.listdir(path.parent) == ["x.gif"]


@pytest.mark.parametrize("error", [ValueError, KeyboardInterrupt, SystemExit])
def test_a_block_that_breaks_leaves_the_old_file(
    error: type[BaseException], tmp_path: Path
) -> None:
    path = tmp_path / "x.gif"
    path.write_text("old")
    with pytest.raises(error), whole(path) as part:
        part.write_text("half")
        raise error
    assert path.read_text() == "old" and os.listdir(tmp_path) == ["x.gif"]


def left(kind: str, name: str, n: int = 0, machine: str = files._HERE) -> str:
    """A name that a writer of this machine gave to a part, and that is not in use."""
    return f".{machine}{n:012x}.{kind}.{name}"


def test_parts_of_dead_writers_are_swept_and_others_are_left(tmp_path: Path) -> None:
    name, alive, day = "x[1].gif", 7, 86_400
    dead = [left(kind, name, n)
            for n, kind in ((0, "part"), (0, "scratch.part"), (0, "lock.part"), (1, "part"))]  # fmt: skip
    # Of a writer that is at work, of other files, of other machines, and no part at all.
    others = [left("part", name, alive), left("lock.part", name, alive),
              left("part", "y.gif"), left("part", f"a.{name}"),
              left("part", name, machine="0" * 8), f".12.part.{name}"]  # fmt: skip
    # Whether another machine's writer is at work cannot be seen from here; after a day none is.
    dead.append(left("part", name, machine="1" * 8))
    for each in (*dead, *others):
        (tmp_path / each).write_text("")
    before = time.time() - 2 * day
    os.utime(tmp_path / dead[-1], (before, before))
    held = locks.take(tmp_path / left("lock.part", name, alive))
    assert held is not None
    with whole(tmp_path / name) as part:
        part.write_text("new")
    assert sorted(os.listdir(tmp_path)) == sorted([*others, name])
    held.release()
    with whole(tmp_path / name) as part:
        part.write_text("new")
    assert not [each for each in os.listdir(tmp_path) if each in others[:2]]


def test_parts_of_a_folder_with_a_dot_in_its_name_are_swept(tmp_path: Path) -> None:
    for kind in ("part", "old.part"):
        (tmp_path / left(kind, "frames.v2")).mkdir()
    with whole_folder(tmp_path / "frames.v2", lambda folder: True, "ours") as part:
        (part / "0.png").write_text("")
    assert os.listdir(tmp_path) == ["frames.v2"]


@pytest.mark.parametrize("path", [".", "/", ""])
def test_a_path_without_a_name_is_one_line(path: str) -> None:
    for write in (whole, lambda path: whole_folder(path, lambda folder: True, "ours")):
        with pytest.raises(ToylabError, match="names no file"), write(Path(path)):
            pass


def test_a_folder_or_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, words in (
        (tmp_path, "it is a folder"),
        (tmp_path / "file" / "x", "directory|exists"),
    ):
        with pytest.raises(ToylabError, match=words), whole(path) as part:
            part.write_text("")
