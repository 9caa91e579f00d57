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
        old = Path(work) / "old"
        if there.exists():
            there.rename(old)
        try:
            (Path(work) / "site").rename(there)
        except BaseException:
            if old.exists():
                old.rename(there)
            raise


def _is_a_site(folder: Path) -> bool:
    """Whether all of a folder may go: it is empty, or a site and nothing that was put beside it."""
    names = {path.name for path in folder.iterdir()}
    own = {*OWN} <= names
    return not names or (own and not any(name.startswith(".") or name == "CNAME" for name in names))


if __name__ == "__main__":
    run(main)
