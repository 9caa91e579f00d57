"""What the players are told beside latents and points: a class, a number for each, 1 for the one it is."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from toylab.game.penalties import Penalty, told_by
from toylab.targets import Target
from toylab.targets.classes import asked_for


class Classes:
    """Classes of one target, for the players who are told them; to the others nothing is added.

    Args:
        target: Whose modes are the classes.
        penalties: Of which one may tell players a class.
        device: Where the game is played.
    """

    def __init__(self, target: Target, penalties: list[Penalty], device: torch.device) -> None:
        who = told_by(penalties)
        self._asks, self._tells = "generator" in who, "discriminator" in who
        self._shown = max((penalty.shown_class for penalty in penalties), default=0)
        self._weights, self._device = target.weights, device
        places = target.frame.inward(target.modes) if who else np.zeros((0, 2))
        self._modes = torch.from_numpy(places.astype(np.float32)).to(device)
        self._known: dict[tuple[int, int], Tensor] = {}
        self._round = 0

    def begin_round(self, number: int) -> None:
        """Ask on from where the last round ended, so that no class is left out for good; 0 for looks."""
        self._round, self._known = number, {}

    @property
    def asked(self) -> int:
        """Numbers behind a latent that say which class is asked for; 0 where none is."""
        return len(self._modes) if self._asks else 0

    def latents(self, z: Tensor) -> Tensor:
        """Latents [S, N, Z], and the class that each is asked for, [S, N, Z + K]."""
        return self._beside(z, self._asked(z.shape[1])) if self._asks else z

    def generated(self, x: Tensor) -> Tensor:
        """Points of a whole batch of the generator, [S, N, 2], and the class that each was asked for."""
        return self._beside(x, self._asked(x.shape[1])) if self._tells else x

    def real(self, x: Tensor, at: Tensor) -> Tensor:
        """Points as D sees them, [S, N, 2], and the class of the places `at` which they really have."""
        if not self._tells:
            return x
        # By differences: matrix products, which are faster, lose the digits of places far from 0.
        how = "donot_use_mm_for_euclid_dist"
        with torch.no_grad():
            nearest = torch.cdist(at, self._modes, compute_mode=how).argmin(-1)
        return self._beside(x, self._one(nearest))

    def places(self, x: Tensor) -> Tensor:
        """Places [S, N, 2], all said to be of the class that is shown."""
        if not self._tells:
            return x
        return self._beside(x, self._one(torch.tensor(self._shown, device=self._device)))

    def places_only(self, slope: Tensor) -> Tensor:
        """Of a slope in all that D sees that in the places, [S, N, 2]: a class is no way to go."""
        return slope[..., :2] if self._tells else slope

    def _one(self, index: Tensor) -> Tensor:
        return torch.nn.functional.one_hot(index, len(self._modes)).float()

    def _asked(self, n: int) -> Tensor:
        key = (self._round, n)
        if key not in self._known:
            index = torch.from_numpy(asked_for(self._weights, n, self._round * n))
            self._known[key] = self._one(index.to(self._device))
        return self._known[key]

    @staticmethod
    def _beside(x: Tensor, told: Tensor) -> Tensor:
        return torch.cat([x, told.expand(*x.shape[:2], -1)], dim=-1)
