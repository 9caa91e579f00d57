"""Axis letters, one meaning each in the whole house, and the array aliases that use them.

| letter | axis                                             |
|--------|--------------------------------------------------|
| S      | seeds                                            |
| F      | filmed seeds: those whose surface is recorded    |
| T      | snapshots                                        |
| B      | points of a training batch                       |
| N      | points of the fixed evaluation set               |
| K      | modes of the target                              |
| H, W   | rows (y) and columns (x) of the grid of logits   |
| L      | lines of the latent lattice, each way            |
| P      | parameters of one network                        |
| M      | points of a finite training set                  |
| Q      | parameters of both sides of a solvable game      |
| V      | rows and columns of a solvable game's field      |
| D, E   | axes of what a target read from a file           |

Numpy's types carry no shapes, so the shape stands in the alias and in a trailing comment.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Float: TypeAlias = NDArray[np.floating[Any]]
Int: TypeAlias = NDArray[np.integer[Any]]
Bool: TypeAlias = NDArray[np.bool_]

Points: TypeAlias = Float  # [..., 2], data units
Curve: TypeAlias = Float  # [T, S]
PerSeed: TypeAlias = Float  # [S]
