from __future__ import annotations

import os
from pathlib import Path

import pytest

from toylab.errors import ToylabError
from toylab.files import whole


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


def test_parts_of_dead_processes_are_swept_and_others_are_left(tmp_path: Path) -> None:
    path = tmp_path / "x[1].gif"
    # No process has the number 2^22 + 1: Linux counts to 2^22.
    dead, alive = f".x[1].{2**22 + 1}.part.gif", f".x[1].{os.getppid()}.part.gif"
    for name in (dead, alive, ".y.1.part.gif"):
        (tmp_path / name).write_text("")
    with whole(path) as part:
        part.write_text("new")
    assert sorted(os.listdir(tmp_path)) == sorted([alive, ".y.1.part.gif", "x[1].gif"])


def test_a_folder_or_a_file_in_the_way_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path, words in (
        (tmp_path, "it is a folder"),
        (tmp_path / "file" / "x", "directory|exists"),
    ):
        with pytest.raises(ToylabError, match=words), whole(path) as part:
            part.write_text("")
