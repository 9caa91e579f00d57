"""How near the page's engine comes to Python on Python's draws: the largest error of each game, as a table.

    python tests/checks/tapes.py

The same games as tests/test_live_engine.py; errors are shares of the largest parameter of a side, over all
turns of eight rounds, each going on from where the engine itself came to.
"""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1]))
from live import chromium, engine_page, tape_of
from test_live_engine import GAMES, REPLAY


def main() -> None:
    """Print the table."""
    print("| game | generator | discriminator |\n|---|---|---|")
    with chromium() as browser, pytest.MonkeyPatch.context() as patch:
        page = engine_page(browser)
        for name, game in GAMES.items():
            worst = page.evaluate(REPLAY, tape_of(game, 8, patch))
            print(
                f"| {name} | {worst['generator']:.0e} | {worst['discriminator']:.0e} |", flush=True
            )


if __name__ == "__main__":
    main()
