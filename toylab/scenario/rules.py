"""Which settings make no sense together, and why. What is not refused here is well defined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from toylab.base.errors import ToylabError
from toylab.game.batches import BLOCK
from toylab.game.networks import AMONG, MLP
from toylab.game.objectives import OBJECTIVES
from toylab.game.updates import UPDATES
from toylab.metrics import METRICS, Setting
from toylab.scenario.options import Choice
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


# Rules that ask more than once for the discriminator's loss before it moves.
_LOOK_AHEAD = ("unrolled", "extragradient")
_CROSS_ENTROPY = ("saturating", "non_saturating")
# Of these a second one would be ignored or undone.
_ONCE = ("packing", "replay", "average", "weight_clipping", "label_smoothing", "gradient_clipping")
# Those that bound D's slope at each point by itself.
_SLOPES = ("r1", "r2", "gradient_penalty")
# Those that are part of the discriminator's loss.
_TERMS = (*_SLOPES, "label_smoothing")

# The most bytes of whatever one seed needs, of which eight still fit the memory of a large laptop; and of
# all that an ensemble records.
MOST_BYTES = 4 << 30


def refuse_illegal(scenario: _Settings) -> None:
    """Refuse what is not well defined.

    Raises:
        ToylabError: With every reason found.
    """
    reasons = [
        *_about_networks(scenario),
        *_about_company(scenario),
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
    slopes = [kind for kind in _kinds(scenario) if kind in _SLOPES]
    if judge.get("minibatch") and slopes:
        reasons.append(
            f"{', '.join(slopes)} with discriminator.minibatch is refused: the slope at each point by "
            "itself is bounded, and there is none where D compares points (Gulrajani et al. 2017, "
            "section 4); choose one"
        )
    if scenario.discriminator.kind == "saddle" and scenario.game.objective.kind != "fake_value":
        reasons.append(
            'the saddle discriminator is a game of its own: it needs objective "fake_value"'
        )
    return reasons


def _about_company(scenario: _Settings) -> list[str]:
    """What looks at a point's fellows, where it has none."""
    batch, size = scenario.training.batch, _pack(scenario)
    reasons = []
    if scenario.generator.options.get("batch_norm") and batch == 1:
        reasons.append(
            "generator.batch_norm with training.batch = 1 is refused: a point alone is its own mean, so "
            "that the same point would come of every z; raise training.batch to 2 at least"
        )
    if not scenario.discriminator.options.get("minibatch"):
        return reasons
    packed = f" and packing of {size}" * (size > 1)
    for path, n in (("training.batch", batch), ("recording.samples", scenario.recording.samples)):
        if n // size < 2:
            reasons.append(
                f"discriminator.minibatch with {path} = {n}{packed} is refused: there are no others that "
                f"D could compare with; raise {path} to {2 * size} at least"
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
            ("training.points", scenario.training.points),
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


def solvable(scenario: _Settings) -> bool:
    """Whether both players have so few parameters that the game can be solved, and they are recorded."""
    return scenario.generator.kind != "mlp" and scenario.discriminator.kind != "mlp"


def setting_of(scenario: _Settings) -> Setting:
    """What decides which metrics mean anything in a scenario."""
    return Setting(
        TARGETS[scenario.target.kind](**scenario.target.options),
        scenario.training.points,
        OBJECTIVES[scenario.game.objective.kind]().output,
        solvable(scenario),
    )


def _about_metrics(scenario: _Settings) -> list[str]:
    setting = setting_of(scenario)
    reasons = []
    for claim in scenario.claims:
        missing = METRICS[claim.metric].missing(setting)
        if missing:
            reasons.append(f"claim on {claim.metric}: {missing}")
    return reasons


def recorded_bytes(
    kept: Any, n_seeds: int, n_filmed: int, points: int = 0, snapshots: int | None = None
) -> int:
    """Size of a trace in memory, up to small arrays.

    Args:
        kept: The `[recording]` table.
        n_seeds: Trained.
        n_filmed: Of them filmed.
        points: Of the finite training set, 0 where data is fresh.
        snapshots: How many are kept, if not as many as the table says.
    """
    # float32: samples, both logits and those of the training set; of the filmed ones pushes and surface.
    numbers = n_seeds * (4 * kept.samples + points) + n_filmed * (2 * kept.samples + kept.grid**2)
    # Once: the real points.
    return 4 * ((snapshots or kept.snapshots) * numbers + n_seeds * 2 * kept.samples)


def needs(scenario: _Settings) -> dict[str, int]:
    """Bytes of what takes the most memory, for one seed, by its name; true to a factor of two."""
    training, kept = scenario.training, scenario.recording
    batch, latent = training.batch, scenario.generator.options["latent"]
    generator = _network(scenario.generator.but("latent"), latent, 2)
    judge = _network(scenario.discriminator.settings, 2 * _pack(scenario), 1)
    made = max(batch, kept.samples) * generator.numbers(0) if generator else 0
    # Where points see one another: in training all of a batch, in a recording the first few.
    seen = max(batch * judge.numbers(batch), kept.samples * judge.numbers(AMONG)) if judge else 0
    # A game that is looked ahead into is kept step by step.
    ahead = 1 + scenario.game.update.options.get("steps", 0)
    parameters = sum(sum(network.sizes) for network in (generator, judge) if network)
    return {
        # float32, and as much for the gradients; D sees as many real points as generated ones.
        "training": 8 * ahead * (made + 2 * seen),
        # Drawn seed by seed and then stacked: real points, those for the generator's turns, latents.
        "latents": 8 * BLOCK * batch * (4 + latent),
        # The parameters, their first draw in float64, their gradient, and what an optimiser remembers.
        "parameters": 32 * parameters,
        "recording": recorded_bytes(kept, 1, 1, training.points),
    }


def _about_memory(scenario: _Settings) -> list[str]:
    return [
        f"{part}: these sizes need {n_bytes / 2**30:.3g} GiB a seed, more than {MOST_BYTES >> 30}; "
        f"lower {_LOWER[part]}"
        for part, n_bytes in needs(scenario).items()
        if n_bytes > MOST_BYTES
    ]


# What takes the memory, in the words of a scenario.
_LOWER = {
    "training": "the batch, the widths, discriminator.minibatch or game.update.steps",
    "latents": "training.batch or generator.latent",
    "parameters": "the widths",
    "recording": "recording.snapshots, recording.samples, recording.grid or training.points",
}


def _pack(scenario: _Settings) -> int:
    """Points that D judges at once."""
    packs = [p.options["size"] for p in scenario.game.penalties if p.kind == "packing"]
    return packs[0] if packs else 1


def _network(settings: Mapping[str, Any], inputs: int, outputs: int) -> MLP | None:
    """A player of many parameters, if it is one."""
    options = {key: value for key, value in settings.items() if key != "kind"}
    return MLP(inputs=inputs, outputs=outputs, **options) if settings["kind"] == "mlp" else None
