"""The folder of pictures beside a deck that is text, and its record."""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from toylab.base.files import whole_folder
from toylab.base.foreign import is_litter
from toylab.film.writers.folder import RECORD
from toylab.show.deck import Deck, Picture

# What stands in the names of some files and in no text: control characters, bytes that are not UTF-8.
NO_TEXT = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
# What a deck's folder holds, for messages.
OURS = "what toylab wrote"
# What the record calls the list of the folder's own files.
_FILES = "files"


def folder_of(path: Path) -> Path:
    """The folder of a deck: not "talk_files", which Quarto makes and removes itself."""
    return path.with_name(f"{path.stem}-{path.suffix.removeprefix('.')}-assets")


def address(path: str) -> str:
    """A path as an address in a page; letters of every script stay as they are, for who edits the text."""
    return re.sub(r"[^\w./-]", lambda m: quote(m[0], safe=""), path)


@dataclass(frozen=True)
class Assets:
    """A deck's folder while it is filled.

    Attributes:
        folder: Where its files go now.
        name: What the deck's text calls it.
    """

    folder: Path
    name: str

    def put(self, picture: Picture, ending: str) -> str:
        """Save a picture by its own name; return its path from the text."""
        file = f"{picture.name}{ending}"
        picture.save(self.folder / file)
        return f"{self.name}/{file}"


@contextlib.contextmanager
def filled(path: Path, deck: Deck) -> Iterator[Assets]:
    """Give an empty folder to fill; it is put beside the deck, with its record, once the block ends well.

    Raises:
        ToylabError: If a folder of that name holds what toylab did not write.
    """
    with whole_folder(folder_of(path), is_ours, OURS) as folder:
        yield Assets(folder, folder_of(path).name)
        files = sorted(str(p.relative_to(folder)) for p in folder.rglob("*") if p.is_file())
        told = {**deck.provenance, _FILES: json.dumps(files)}
        (folder / RECORD).write_text(json.dumps(told, sort_keys=True) + "\n", encoding="ascii")


def record_of(path: Path) -> str:
    """What a deck's folder says of its making."""
    told = json.loads((folder_of(path) / RECORD).read_text(encoding="ascii"))
    told.pop(_FILES)
    return json.dumps(told, sort_keys=True)


def is_ours(folder: Path) -> bool:
    """Whether a folder holds what its record lists and nothing else, and so may be replaced.

    What a system leaves in any folder does not count.
    """
    files = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    present = {str(file) for file in files if not any(map(is_litter, file.parts))}
    if RECORD not in present:
        return not present
    try:
        told = json.loads((folder / RECORD).read_text(encoding="ascii"))
        return present <= {RECORD, *json.loads(told[_FILES])}
    except (OSError, ValueError, KeyError, TypeError):
        return False
