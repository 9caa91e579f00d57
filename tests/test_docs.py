"""Documents: their examples run, and what they link to is there."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import pytest
from commands import ran

import toylab
from toylab import catalogue, gallery

HOUSE = Path(toylab.__file__).parent
ROOT = HOUSE.parent
DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").glob("*.md"), *(ROOT / "renders").glob("*.md")]
)
# The gallery's films before they are made for the first time; then all of them are (test_gallery).
TO_COME = {
    (ROOT / gallery.HOME / film).resolve()
    for name in catalogue.names()
    for film in gallery.films(name)
    if not (ROOT / gallery.HOME / "gallery").is_dir()
}
_SECTION = re.compile(r"^## (.+?)\n(.*?)(?=^## |\Z)", re.S | re.M)
_BLOCK = re.compile(r"```python\n# (toylab/\S+)\n(.*?)```", re.S)
_COMMAND = re.compile(r"^    (toylab .+)$", re.M)
EXTENDING = (ROOT / "docs" / "extending.md").read_text(encoding="utf-8")
SECTIONS = {title: text for title, text in _SECTION.findall(EXTENDING)}


@pytest.mark.slow
@pytest.mark.parametrize("title", SECTIONS)
def test_an_example_of_the_guide_is_one_block_in_one_file_and_works(
    title: str, tmp_path: Path
) -> None:
    ((name, block),) = _BLOCK.findall(SECTIONS[title])
    assert len(block.strip().splitlines()) <= 40
    shutil.copytree(HOUSE, tmp_path / "toylab", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copytree(ROOT / "scenarios", tmp_path / "scenarios")
    file = tmp_path / name
    file.write_text(f"{file.read_text(encoding='utf-8')}\n\n{block}", encoding="utf-8")
    commands = _COMMAND.findall(SECTIONS[title])
    assert commands
    for command in commands:
        done = ran(["-m", *shlex.split(command)], tmp_path, PYTHONPATH=str(tmp_path))
        assert done.returncode == 0, done.stderr
        assert not done.stderr


def anchors(text: str) -> set[str]:
    """Headings as a page's anchors."""
    found = re.findall(r"^#+ (.+)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_and_picture_of_a_document_is_there(path: Path) -> None:
    text = re.sub(r"```.*?```", "", path.read_text(encoding="utf-8"), flags=re.S)
    for target in re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text):
        target = "".join(target)
        if re.match(r"https?:", target):
            continue
        file, _, anchor = target.partition("#")
        other = path.parent / file if file else path
        assert other.exists() or other.resolve() in TO_COME, f"{path}: {target}"
        if anchor:
            assert anchor in anchors(other.read_text(encoding="utf-8")), f"{path}: {target}"


def test_there_are_documents_with_links() -> None:
    assert len(DOCUMENTS) >= 7
