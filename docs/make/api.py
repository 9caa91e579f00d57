"""Build the API reference: every public name as pages, from the docstrings. `make api` runs it.

`--no-search` leaves out the index of all words, half of its bytes.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import warnings
from pathlib import Path

import pdoc
import pdoc.render

import toylab


def build(folder: Path, search: bool = True) -> None:
    """Write index.html and a page a module, with a field to search in or without."""
    packages = [toylab]
    for found in pkgutil.walk_packages(toylab.__path__, "toylab."):
        if found.name.endswith("__main__"):
            continue
        module = importlib.import_module(found.name)
        packages += [module] * found.ispkg
    for package in packages:
        # Names that are loaded when first used are looked for in the module's own dictionary.
        names = getattr(package, "__all__", None)
        if names is None:
            continue
        for name in names:
            setattr(package, name, getattr(package, name))
        # A list of public names leaves out the modules within, which are public too.
        within = [one.name for one in pkgutil.iter_modules(package.__path__)]
        package.__dict__["__all__"] = [*names, *(one for one in within if not one.startswith("_"))]
    # It looks for the types of a class's own fields in the wrong module; their names are shown as written.
    warnings.filterwarnings("ignore", "Error parsing type annotation")
    pdoc.render.configure(docformat="google", show_source=False, search=search)
    pdoc.pdoc("toylab", output_directory=folder)


if __name__ == "__main__":
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("folder", type=Path)
    reader.add_argument("--no-search", action="store_true")
    asked = reader.parse_args()
    build(asked.folder, search=not asked.no_search)
