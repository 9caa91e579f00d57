"""An ensemble of networks: the same for all seeds, one batched matmul a layer.

To add a kind: a class of `Network`, and its row in `NETWORKS`.
"""

from __future__ import annotations

from toylab.game.networks.fourier import Fourier
from toylab.game.networks.mlp import ACTIVATIONS, AMONG, INITS, MLP
from toylab.game.networks.network import Dice, Network
from toylab.game.networks.particles import Particles
from toylab.game.networks.solvable import Linear, Point, Quadratic
from toylab.game.networks.torn import Torn

__all__ = [
    "ACTIVATIONS",
    "AMONG",
    "INITS",
    "MLP",
    "Dice",
    "Fourier",
    "Linear",
    "Network",
    "Particles",
    "Point",
    "Quadratic",
    "Torn",
]

NETWORKS: dict[str, type[Network]] = {
    "mlp": MLP,
    "torn": Torn,
    "particles": Particles,
    "point": Point,
    "linear": Linear,
    "quadratic": Quadratic,
    "fourier": Fourier,
}
GENERATORS = {kind: row for kind, row in NETWORKS.items() if row.generates}
DISCRIMINATORS = {kind: row for kind, row in NETWORKS.items() if row.judges}
