"""An ensemble of networks: the same for all seeds, one batched matmul a layer.

To add a kind: a class with the members of `Network`, and its row in `NETWORKS`.
"""

from __future__ import annotations

from collections.abc import Callable

from toylab.game.networks.base import Dice, Network
from toylab.game.networks.mlp import ACTIVATIONS, AMONG, INITS, MLP
from toylab.game.networks.solvable import Linear, Point, Saddle

__all__ = ["ACTIVATIONS", "AMONG", "INITS", "MLP", "Dice", "Linear", "Network", "Point", "Saddle"]

NETWORKS: dict[str, Callable[..., Network]] = {
    "mlp": MLP,
    "point": Point,
    "linear": Linear,
    "saddle": Saddle,
}
# Which may stand on which side, and what their input is.
GENERATORS = {kind: NETWORKS[kind] for kind in ("mlp", "point")}
DISCRIMINATORS = {kind: NETWORKS[kind] for kind in ("mlp", "linear", "saddle")}
