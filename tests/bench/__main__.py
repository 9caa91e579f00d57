"""The bench: one table of ratios, each measured side by side in this run. `make bench`.

"times" is the other's number in ours: above 1 ours is the smaller. Lines of growth compare twice the
work with once: there 0.5 is linear. JAX stands in its columns if it is installed (`pip install jax`); it is
needed for nothing else.
"""

from __future__ import annotations

import argparse

import filming
import neighbours
import numpy as np
import pages
import process
import training
import whole
from lines import HEAD


def main() -> None:
    """Print the table, a line as soon as it is measured."""
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--quick", action="store_true", help="three lines of training and no more")
    reader.add_argument("--whole", action="store_true", help="commands against scripts and no more")
    asked = reader.parse_args()
    np.seterr(all="raise", under="ignore")
    print(HEAD, flush=True)
    parts = [] if asked.whole else [training.ratios(asked.quick)]
    if not asked.quick:
        parts.append(whole.ratios())
    if not (asked.quick or asked.whole):
        parts += [training.growth(), neighbours.ratios(), filming.ratios()]
        parts += [process.start_up(), process.memory(), pages.ratios(), pages.phone()]
    for part in parts:
        for line in part:
            print(line, flush=True)


if __name__ == "__main__":
    main()
