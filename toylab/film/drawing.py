"""Matplotlib, imported whatever its user's settings say: films are drawn into memory, by its defaults.

Before anything else of it is imported: MPLBACKEND may come from a notebook or an old shell and name what is
not installed here, which ends matplotlib's own import.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys

from toylab.base.errors import ToylabError


def _import() -> None:
    """Import matplotlib without the backend that is asked for, and only then ask for it.

    Raises:
        ToylabError: If its settings cannot be read, or it has no folder to write into.
    """
    asked = os.environ.pop("MPLBACKEND", None)
    try:
        matplotlib = importlib.import_module("matplotlib")
        importlib.import_module("matplotlib.font_manager")
    except UnicodeDecodeError as error:
        raise ToylabError(
            "matplotlib cannot read its settings: a matplotlibrc here, or in your home or in "
            "MPLCONFIGDIR, is not a text file in UTF-8. Save it as UTF-8, or remove it."
        ) from error
    except OSError as error:
        raise ToylabError(
            f"matplotlib cannot start: {error}.\n  It needs a folder to write into: set TMPDIR to one."
        ) from error
    finally:
        if asked is not None:
            os.environ["MPLBACKEND"] = asked
    # Where windows open is the user's affair: a notebook's own figures stay where they were.
    with contextlib.suppress(ValueError):
        if asked:
            matplotlib.rcParams["backend"] = asked


if "matplotlib" not in sys.modules:
    _import()
