"""Which toylab this is."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def release() -> str:
    """The version that is installed, or "checkout" where it is run without having been installed."""
    try:
        return version("toylab")
    except PackageNotFoundError:
        return "checkout"
