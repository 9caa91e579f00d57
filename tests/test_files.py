from __future__ import annotations

import os
from pathlib import Path

import pytest

from toylab.errors import ToylabError
from toylab.files import whole, whole_folder


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


# No process has the number 2^22 + 1: Linux counts to 2^22.
DEAD = 2**22 + 1


def test_parts_of_dead_processes_are_swept_and_others_are_left(tmp_path: Path) -> None:
    dead = [f".{DEAD}.part.x[1].gif", f".{DEAD}.scratch.part.x[1].gif"]
    # Of a live process, of other files, and of no process at all.
    others = [f".{os.getppid()}.part.x[1].gif", f".{DEAD}.part.y.gif", f".{DEAD}.part.a.x[1].gif",
              f".{10**30}.part.x[1].gif"]  # fmt: skip
    for name in (*dead, *others):
        (tmp_path / name).write_text("")
    with whole(tmp_path / "x[1].gif") as part:
        part.write_text("new")
    assert sorted(os.listdir(tmp_path)) == sorted([*others, "x[1].gif"])


def test_parts_of_a_folder_with_a_dot_in_its_name_are_swept(tmp_path: Path) -> None:
    for name in (f".{DEAD}.part.frames.v2", f".{DEAD}.old.part.frames.v2"):
        (tmp_path / name).mkdir()
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
