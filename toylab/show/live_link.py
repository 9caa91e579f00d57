"""A link to a hosted live lab, for slides that show no pages: its address, and a QR code of it."""

from __future__ import annotations

import importlib
import re
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from toylab.base.errors import ToylabError

# What a code holds that a phone still reads from the back of a room, where it is an eighth of a slide high.
_MOST = 250
# What an address is made of besides letters and digits; the rest is spelt out. To programs that read a deck
# only "#" and "%" of these mean more.
_KEPT = ":/?#=&.,;+@%-_"


@dataclass
class LiveLink:
    """A QR code and where it leads.

    Attributes:
        name: For its file.
        url: Where it leads.
        alt: What it shows.
    """

    name: str
    url: str
    alt: str

    def save(self, path: Path) -> None:
        """Write the code as .png."""
        # Only now: the package may be missing. Black on white in every theme: some readers take no other.
        code = importlib.import_module("segno").make(self.url, error="m", micro=False)
        code.save(str(path), kind="png", scale=8, border=4)


def address_of(page: str, name: str) -> str:
    """Where a scenario opens on a hosted lab.

    Args:
        page: Address of the lab.
        name: Of the scenario.

    Raises:
        ToylabError: If it is no address, or too long for a code that can be read.
    """
    if not re.fullmatch(r"https?://[^\s/#]+[^\s#]*", page):
        raise ToylabError(
            f"--link takes the address of a page that `toylab lab` wrote, without #: "
            f"https://example.org/lab.html. Got {page[:100]!r}."
        )
    url = quote(f"{page}#scenario={quote(name, safe='')}", safe=_KEPT)
    if len(url) > _MOST:
        raise ToylabError(
            f"--link: {url[:60]}... has {len(url)} characters, and a code holds {_MOST} that a phone "
            "still reads. Give a shorter address."
        )
    return url
