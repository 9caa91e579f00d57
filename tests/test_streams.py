from __future__ import annotations

import numpy as np
import pytest

from toylab.game.streams import PURPOSES, stream, streams


def test_the_same_seed_and_purpose_give_the_same_draws() -> None:
    assert np.array_equal(stream(3, "data").random(5), stream(3, "data").random(5))


def test_no_two_streams_share_draws() -> None:
    drawn = {
        tuple(stream(seed, purpose).integers(0, 2**62, 4))
        for seed in range(20)
        for purpose in PURPOSES
    }
    assert len(drawn) == 20 * len(PURPOSES)


def test_a_seed_ignores_its_neighbours() -> None:
    together, alone = streams([4, 9, 2], "latent")[1], stream(9, "latent")
    assert np.array_equal(together.standard_normal(8), alone.standard_normal(8))


def test_an_unknown_purpose_is_an_error() -> None:
    with pytest.raises(ValueError):
        stream(0, "lunch")
