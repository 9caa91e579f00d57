"""Haste: Python's search for dead cycles, held back where it costs more than it finds.

Half a million objects of libraries are alive from their loading to the end. Looked through as often as
usual they cost a tenth of the loading, and half a second as the process ends, measured.
"""

from __future__ import annotations

import gc

# New objects between two looks; usually 700 or 2,000, and every tenth look goes deeper, every hundredth
# through all.
_BETWEEN = 50_000


def hurry() -> None:
    """Let this process look for dead cycles seldom."""
    gc.set_threshold(_BETWEEN, 20, 50)


def leave() -> None:
    """Let this process end without one more look: the system takes its memory back as a whole."""
    gc.freeze()
