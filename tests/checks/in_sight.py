"""How much of the generated points every film shows, frame by frame: none may show less than half of them.

    python tests/checks/in_sight.py [NAME ...]

Trains the filmed seed of each scenario, a quarter of an hour for all. Says for each the least and the mean share
of the points' pixels that no other layer hides, and the frame of the least; exit code 1 if one is below.
"""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1]))
from seen import seen_share

from toylab.scenario import catalogue
from toylab.scenario.scenario import load
from toylab.training.run import record

# As tests/test_film.py holds hand-made clouds to.
LEAST = 0.5
# Frames of each film.
_LOOKS = 40


def main(wanted: list[str]) -> int:
    """Look at all films."""
    hidden = 0
    for name in wanted or catalogue.names():
        scenario = load(name)
        if "generated" not in scenario.film.layers:
            continue
        trace = record(scenario, [scenario.film.seed or 0])
        frames = np.unique(np.linspace(0, len(trace.steps) - 1, _LOOKS).astype(int))
        shares = np.array(seen_share(trace, frames.tolist()))
        if np.isnan(shares).all():
            continue
        at = int(np.nanargmin(shares))
        below = shares[at] < LEAST
        hidden += below
        print(
            f"{name:32} least {shares[at]:.2f} at frame {frames[at]}, mean {np.nanmean(shares):.2f}"
            + ("  BELOW" if below else ""),
            flush=True,
        )
    return int(hidden > 0)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
