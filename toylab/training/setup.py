"""What a scenario says is played, built."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from toylab.base.choice import make
from toylab.game.game import Game, Rules
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS
from toylab.scenario.rules import networks_of, penalties_of
from toylab.scenario.scenario import Scenario
from toylab.targets import TARGETS


def rules_of(scenario: Scenario) -> Rules:
    """What a scenario says is played, but for the networks.

    Args:
        scenario: Or one of its sections.
    """
    own = scenario.optimizer
    return Rules(
        make("target", TARGETS, scenario.target.settings),
        make("game.objective", OBJECTIVES, scenario.game.objective.settings),
        penalties_of(scenario),
        make("optimizer.generator", OPTIMIZERS, own.generator.settings),
        make("optimizer.discriminator", OPTIMIZERS, own.discriminator.settings),
        scenario.training.batch,
    )


def game_of(scenario: Scenario, seeds: Sequence[int], device: torch.device) -> Game:
    """The game of a scenario, at its beginning.

    Args:
        scenario: What to play.
        seeds: Seeds of the ensemble.
        device: Where to play.
    """
    networks = networks_of(scenario)
    return Game(*networks, rules_of(scenario), seeds, scenario.training.points, device)
