"""Which settings make no sense together, and why. What is not refused here is well defined."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from toylab.errors import ToylabError
from toylab.game.objectives import OBJECTIVES
from toylab.game.updates import UPDATES
from toylab.metrics import METRICS, Setting
from toylab.options import Choice
from toylab.targets import TARGETS


class _Settings(Protocol):
    """The parts of a scenario that the rules read."""

    target: Any
    generator: Any
    discriminator: Any
    game: Any
    optimizer: Any
    training: Any
    recording: Any
    film: Any
    claims: Any


# Rules that differentiate through the discriminator's step.
_LOOK_AHEAD = ("unrolled", "extragradient")
_CROSS_ENTROPY = ("saturating", "non_saturating")
# Of these a second one would be ignored or undone.
_ONCE = ("packing", "replay", "average", "weight_clipping", "label_smoothing", "gradient_clipping")
# Of these the gradient of a gradient is needed, and they are part of the discriminator's loss.
_TERMS = ("r1", "r2", "gradient_penalty", "label_smoothing")


# Bytes a seed. Eight seeds of it still fit the memory of a large laptop.
MOST_BYTES = 4 << 30


def refuse_illegal(scenario: _Settings) -> None:
    """Refuse what is not well defined.

    Raises:
        ToylabError: With every reason found.
    """
    reasons = [
        *_about_networks(scenario),
        *_about_penalties(scenario),
        *_about_updates(scenario),
        *_about_metrics(scenario),
        *_about_memory(scenario),
    ]
    if reasons:
        raise ToylabError("; ".join(reasons))


def _kinds(scenario: _Settings) -> list[str]:
    return [penalty.kind for penalty in scenario.game.penalties]


def _about_networks(scenario: _Settings) -> list[str]:
    generator, judge = scenario.generator.options, scenario.discriminator.options
    reasons = []
    if judge.get("batch_norm"):
        reasons.append(
            "discriminator.batch_norm is refused: a surface is judged place by place and has no batch; "
            "normalise the generator, or use spectral_norm"
        )
    if generator.get("minibatch"):
        reasons.append("generator.minibatch is refused: only a discriminator compares points")
    if judge.get("spectral_norm") and "weight_clipping" in _kinds(scenario):
        reasons.append(
            "weight_clipping with discriminator.spectral_norm is refused: clipping changes nothing "
            "that the norm does not undo; choose one"
        )
    if scenario.discriminator.kind == "saddle" and scenario.game.objective.kind != "fake_value":
        reasons.append(
            'the saddle discriminator is a game of its own: it needs objective "fake_value"'
        )
    return reasons


def _about_penalties(scenario: _Settings) -> list[str]:
    kinds, reasons = _kinds(scenario), []
    reasons += [f"{kind} stands twice in game.penalties" for kind in _ONCE if kinds.count(kind) > 1]
    if "label_smoothing" in kinds and scenario.game.objective.kind not in _CROSS_ENTROPY:
        reasons.append(
            f"label_smoothing needs labels: objective {' or '.join(_CROSS_ENTROPY)}, "
            f"not {scenario.game.objective.kind}"
        )
    for penalty in scenario.game.penalties:
        if penalty.kind != "packing":
            continue
        size = penalty.options["size"]
        for path, n in (
            ("training.batch", scenario.training.batch),
            ("recording.samples", scenario.recording.samples),
        ):
            if n % size:
                reasons.append(
                    f"packing of {size} needs {path} to be a multiple of {size}, got {n}"
                )
        if scenario.discriminator.kind != "mlp":
            reasons.append("packing needs a discriminator of kind mlp")
    return reasons


def _about_updates(scenario: _Settings) -> list[str]:
    update, kinds = scenario.game.update.kind, _kinds(scenario)
    reasons = []
    counts = ("discriminator_steps", "generator_steps")
    try:
        UPDATES[update](
            **scenario.game.update.options, **{key: getattr(scenario.game, key) for key in counts}
        )
    except ToylabError as error:
        reasons.append(f"game.update: {error}")
    if update in _LOOK_AHEAD and "replay" in kinds:
        reasons.append(
            f"replay with {update} is refused: looking ahead would fill the memory twice"
        )
    if update == "unrolled" and "weight_clipping" in kinds:
        reasons.append("weight_clipping with unrolled is refused: a clipped weight has no gradient")
    if update == "competitive_gradient_descent":
        reasons += _about_competition(scenario, kinds)
    return reasons


def _about_competition(scenario: _Settings, kinds: Sequence[str]) -> list[str]:
    reasons = []
    objective = scenario.game.objective.kind
    if not OBJECTIVES[objective]().zero_sum:
        zero_sum = ", ".join(name for name, row in OBJECTIVES.items() if row().zero_sum)
        reasons.append(
            f"competitive_gradient_descent needs a zero-sum objective ({zero_sum}), not {objective}"
        )
    terms = [kind for kind in kinds if kind in (*_TERMS, "replay", "instance_noise")]
    if scenario.generator.options.get("dropout") or scenario.discriminator.options.get("dropout"):
        terms.append("dropout")
    if terms:
        reasons.append(
            f"competitive_gradient_descent with {', '.join(terms)} is refused: the game would not be "
            "zero-sum any more"
        )
    sides: list[Choice] = [scenario.optimizer.generator, scenario.optimizer.discriminator]
    plain = all(side.kind == "sgd" and not side.options["momentum"] for side in sides)
    if not plain or sides[0].settings != sides[1].settings:
        reasons.append(
            "competitive_gradient_descent solves for the step itself: it needs the same plain sgd for "
            "both players"
        )
    return reasons


def setting_of(scenario: _Settings) -> Setting:
    """What decides which metrics mean anything in a scenario."""
    return Setting(
        TARGETS[scenario.target.kind](**scenario.target.options),
        scenario.training.points,
        OBJECTIVES[scenario.game.objective.kind]().output,
        scenario.generator.kind != "mlp" and scenario.discriminator.kind != "mlp",
    )


def _about_metrics(scenario: _Settings) -> list[str]:
    setting = setting_of(scenario)
    reasons = []
    for claim in scenario.claims:
        missing = METRICS[claim.metric].missing(setting)
        if missing:
            reasons.append(f"claim on {claim.metric}: {missing}")
    return reasons


def recorded_bytes(kept: Any, n_seeds: int, n_filmed: int) -> int:
    """Size of a trace in memory, up to small arrays, from the `[recording]` table.

    Args:
        kept: The `[recording]` table.
        n_seeds: Trained.
        n_filmed: Of them filmed.
    """
    # float32: samples and both logits of every seed; pushes and surface of the filmed ones.
    numbers = n_seeds * 4 * kept.samples + n_filmed * (2 * kept.samples + kept.grid**2)
    return 4 * kept.snapshots * numbers


def _about_memory(scenario: _Settings) -> list[str]:
    batch = max(scenario.training.batch, scenario.recording.samples)
    sides = (scenario.generator.options, scenario.discriminator.options)
    widths = sum(sum(side.get("hidden", ())) for side in sides)
    needs = {
        # Activations and their gradients of one update, float32.
        "training": 8 * batch * widths,
        # Pairs of points in each kernel, five numbers each.
        "discriminator": 20 * scenario.training.batch**2 * sides[1].get("minibatch", 0),
        "recording": recorded_bytes(scenario.recording, 1, 1),
    }
    return [
        f"{part}: these sizes need {n_bytes / 2**30:.3g} GiB a seed, more than {MOST_BYTES >> 30}; "
        "lower the batch, the widths, or what is recorded"
        for part, n_bytes in needs.items()
        if n_bytes > MOST_BYTES
    ]
