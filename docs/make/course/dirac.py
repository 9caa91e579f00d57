"""The Dirac-GAN on paper: two numbers and the four ways to play it that the course draws.

Data is the point 0, the generator the point theta, the discriminator the logit psi x. Cross-entropy:
D minimises softplus(psi theta) up to a constant, G either -softplus(psi theta), which saturates, or
softplus(-psi theta), which does not. Mescheder et al. 2018, sections 2 and 4; their psi is ours negated.
"""

from __future__ import annotations

import numpy as np

from toylab.base.axes import Float

START = (1.0, -1.0)
RATE, STEPS = 0.2, 500
# The weight of R1 in the scenario dirac-r1 and in the paper's figure.
WEIGHT = 0.3


def path(
    saturating: bool = True, in_turns: bool = False, weight: float = 0.0, steps: int = STEPS
) -> Float:
    """Theta and psi from the start on, [steps + 1, 2].

    Args:
        saturating: Which loss the generator has.
        in_turns: Whether D answers what G has just done, or both move at once.
        weight: Of R1, which adds weight / 2 psi^2 to D's loss.
        steps: How many.
    """
    theta, psi = START
    places = [(theta, psi)]
    for _ in range(steps):
        logit = psi * theta
        moved = theta + RATE * psi * _sigmoid(logit if saturating else -logit)
        seen = moved if in_turns else theta
        psi -= RATE * (seen * _sigmoid(psi * seen) + weight * psi)
        theta = moved
        places.append((theta, psi))
    return np.array(places)


def factor(weight: float) -> float:
    """By what a round of steps at once multiplies the distance from the equilibrium, close to it.

    The greater size of the eigenvalues of the step, linear at 0, where the sigmoid is 1/2.
    """
    step = np.array([[1.0, RATE / 2], [-RATE / 2, 1.0 - RATE * weight]])
    return float(np.abs(np.linalg.eigvals(step)).max())


def _sigmoid(logit: float) -> float:
    return float(1 / (1 + np.exp(-logit)))
