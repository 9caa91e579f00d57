"""`python -m docs.make.site [FOLDER]`: build the site, into site/ if no folder is named."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from docs.make.writing import run


def main() -> None:
    """Build, and say how long it took and how large it is."""
    from docs.make.site.build import build, size

    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", nargs="?", type=Path, default=Path("site"))
    reader.add_argument("--no-api", action="store_true", help="without the pages of public names")
    asked = reader.parse_args()
    begun = time.perf_counter()
    with tempfile.TemporaryDirectory() as work:
        build(asked.folder.resolve(), Path(work), api=not asked.no_api)
    print(
        f"{asked.folder}/  {size(asked.folder) / 1e6:.1f} MB, {time.perf_counter() - begun:.0f} s"
    )


if __name__ == "__main__":
    run(main)
