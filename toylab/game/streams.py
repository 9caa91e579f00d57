"""Random streams: one per seed and purpose.

A seed's draws depend on nothing but the seed and the purpose: not on its neighbours in the ensemble,
not on which penalties are in play. So two scenarios that differ in one setting see the same data and
the same latents, and compare pairwise.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toylab.base.axes import Int

# The position is the spawn key: append only, or every recorded run changes.
PURPOSES = (
    "generator_init",
    "discriminator_init",
    "data",
    "latent",
    "penalty",
    "evaluation_data",
    "evaluation_latent",
    "metric",
    "training_set",
    "generator_data",
)


def stream(seed: int, purpose: str) -> np.random.Generator:
    """Open the stream of one seed for one purpose.

    Args:
        seed: 0 or more.
        purpose: One of `PURPOSES`.

    Raises:
        ValueError: If the purpose is unknown or the seed negative.
    """
    key = (PURPOSES.index(purpose),)
    # SFC64: the fastest of numpy's generators for normals, and each draw of the lab is bulk normals.
    return np.random.Generator(np.random.SFC64(np.random.SeedSequence(seed, spawn_key=key)))


def streams(seeds: Sequence[int], purpose: str) -> list[np.random.Generator]:
    """Open one stream per seed for one purpose, in the order of the seeds."""
    return [stream(seed, purpose) for seed in seeds]


def places(rngs: Sequence[np.random.Generator]) -> Int:
    """Where some streams stand, uint64, [S, 6]: four words, and half a word that may be left over."""
    found = np.zeros((len(rngs), 6), np.uint64)
    for row, rng in zip(found, rngs, strict=True):
        state = rng.bit_generator.state
        row[:4], row[4:] = state["state"]["state"], (state["has_uint32"], state["uinteger"])
    return found


def resumed(places: Int) -> list[np.random.Generator]:
    """Streams that go on from where others stood, [S, 6]."""
    found = []
    for *words, left, half in places.tolist():
        bits = np.random.SFC64(0)
        bits.state = {
            "bit_generator": "SFC64",
            "state": {"state": np.array(words, np.uint64)},
            "has_uint32": left,
            "uinteger": half,
        }
        found.append(np.random.Generator(bits))
    return found
