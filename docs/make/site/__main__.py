"""`python -m docs.make.site [FOLDER]`: build the site, into site/ if no folder is named."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from docs.make.site.build import OWN, build, size
from docs.make.writing import run
from toylab.base.errors import ToylabError


def main() -> None:
    """Build, and say how long it took and how large it is."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", nargs="?", type=Path, default=Path("site"))
    reader.add_argument("--no-api", action="store_true", help="without the pages of public names")
    asked = reader.parse_args()
    begun = time.perf_counter()
    made(asked.folder, api=not asked.no_api)
    print(
        f"{asked.folder}/  {size(asked.folder) / 1e6:.1f} MB, {time.perf_counter() - begun:.0f} s"
    )


def made(folder: Path, api: bool = True) -> None:
    """Put a site into a folder, in the place of an older one; whole, or not at all.

    Args:
        folder: Where.
        api: As for `build`.

    Raises:
        ToylabError: If something else lies there, or a link leads nowhere.
    """
    there = folder.resolve()
    if there.exists() and not (there.is_dir() and _is_a_site(there)):
        raise ToylabError(
            f"{folder}: something else than a site is there. Name another folder, or empty it."
        )
    there.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".site-", dir=there.parent) as work:
        build(Path(work) / "site", Path(work) / "between", api)
        if there.exists():
            there.rename(Path(work) / "old")
        (Path(work) / "site").rename(there)


def _is_a_site(folder: Path) -> bool:
    return not any(folder.iterdir()) or all((folder / name).is_file() for name in OWN)


if __name__ == "__main__":
    run(main)
