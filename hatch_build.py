"""Says which Python toylab needs before anything is fetched.

An older pip looks at `requires-python` last: under Python 3.10 it fetched half a gigabyte of torch and then
complained of numpy. This file is loaded before, by whatever Python is there, and keeps to what the oldest
understands.
"""

import os
import platform
import re

from hatchling.metadata.plugin.interface import MetadataHookInterface
from packaging.specifiers import SpecifierSet


class CustomMetadataHook(MetadataHookInterface):
    """Refuses a Python that `requires-python` does not allow: when made, for `update` may not be called."""

    def __init__(self, root, config):
        """Look at the Python that builds."""
        super().__init__(root, config)
        with open(os.path.join(root, "pyproject.toml"), encoding="utf-8") as file:
            wanted = re.search('^requires-python = "(.+)"', file.read(), re.M).group(1)
        here = platform.python_version()
        if not SpecifierSet(wanted).contains(here, prereleases=True):
            raise SystemExit(
                "toylab needs Python {}, and this is Python {}. Make the environment with a newer one: "
                "python3.11 -m venv .venv".format(wanted, here)
            )

    def update(self, metadata):
        """Change nothing."""
