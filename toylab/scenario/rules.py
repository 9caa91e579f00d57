"""Which settings make no sense together, and why. What is not refused here is well defined."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from toylab.base.choice import make
from toylab.base.errors import ToylabError
from toylab.game.batches import BLOCK
from toylab.game.networks import AMONG, DISCRIMINATORS, GENERATORS, NETWORKS, Network
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS
from toylab.game.penalties import PENALTIES, Penalty, pack_of, told_by
from toylab.game.updates import UPDATES, Update
from toylab.metrics import METRICS, Setting
from toylab.metrics.metric import gaussian
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
        *_about_classes(scenario),
        *_about_updates(scenario),
        *_about_metrics(scenario),
        *_about_memory(scenario),
    ]
    if reasons:
        raise ToylabError("; ".join(reasons))


def penalties_of(scenario: _Settings) -> list[Penalty]:
    """The penalties, built."""
    return [
        make("game.penalties", PENALTIES, choice.settings) for choice in scenario.game.penalties
    ]


def networks_of(scenario: _Settings) -> tuple[Network, Network]:
    """The generator's network and the discriminator's, as wide as packs and classes make them."""
    made, judged = scenario.generator, scenario.discriminator.settings
    told = {side: classes_of(scenario.target.settings) for side in _told(scenario)}
    widths = (
        {"inputs": made.options["latent"] + told.get("generator", 0), "outputs": 2},
        {"inputs": 2 * _pack(scenario) + told.get("discriminator", 0), "outputs": 1},
    )
    generator = make("generator", GENERATORS, made.but("latent") | widths[0])
    return generator, make("discriminator", DISCRIMINATORS, judged | widths[1])


def update_of(scenario: _Settings) -> Update:
    """Who moves when, built."""
    play = scenario.game
    steps = {key: getattr(play, key) for key in ("discriminator_steps", "generator_steps")}
    return make("game.update", UPDATES, play.update.settings | steps)


def _kinds(
    scenario: _Settings, of: Callable[[type[Penalty]], object] = lambda row: True
) -> list[str]:
    """The penalties, or those of some kind."""
    return [choice.kind for choice in scenario.game.penalties if of(PENALTIES[choice.kind])]


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
    projections = _kinds(scenario, lambda row: "projected" in row.hooks)
    if judge.get("spectral_norm") and projections:
        reasons.append(
            f"{', '.join(projections)} with discriminator.spectral_norm is refused: it changes "
            "no weight that the norm does not put back; choose one"
        )
    slopes = _kinds(scenario, lambda row: row.slopes)
    if judge.get("minibatch") and slopes:
        reasons.append(
            f"{', '.join(slopes)} with discriminator.minibatch is refused: the slope at each point by "
            "itself is bounded, and there is none where D compares points (Gulrajani et al. 2017, "
            "section 4); choose one"
        )
    kind = scenario.discriminator.kind
    needed = DISCRIMINATORS[kind].objective
    if needed not in ("", scenario.game.objective.kind):
        reasons.append(
            f'the {kind} discriminator is a game of its own: it needs objective "{needed}"'
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
    kinds, objective = _kinds(scenario), scenario.game.objective.kind
    once = dict.fromkeys(_kinds(scenario, lambda row: row.once))
    reasons = [f"{kind} stands twice in game.penalties" for kind in once if kinds.count(kind) > 1]
    if not _is_cross_entropy(objective):
        labelled = " or ".join(filter(_is_cross_entropy, OBJECTIVES))
        reasons += [
            f"{kind} needs labels: objective {labelled}, not {objective}"
            for kind in _kinds(scenario, lambda row: row.labels)
        ]
    size = _pack(scenario)
    for path, n in (
        ("training.batch", scenario.training.batch),
        ("training.points", scenario.training.points),
        ("recording.samples", scenario.recording.samples),
    ):
        if n % size:
            reasons.append(f"packing of {size} needs {path} to be a multiple of {size}, got {n}")
    if not GENERATORS[scenario.generator.kind].maps:
        given = scenario.generator.kind
        reasons += [
            f"{kind} needs a generator of kind mlp: of {given} there is no middle to draw from"
            for kind in _kinds(scenario, lambda row: "latents" in row.hooks)
        ]
    if size > 1 and scenario.discriminator.kind != "mlp":
        reasons.append("packing needs a discriminator of kind mlp")
    return reasons


def _about_classes(scenario: _Settings) -> list[str]:
    """What a class cannot be told beside, and of what there is none."""
    telling = [penalty for penalty in penalties_of(scenario) if penalty.told]
    if not telling:
        return []
    n, reasons = classes_of(scenario.target.settings), []
    if n < 2:
        reasons.append("class_label needs a target of several modes: each is a class")
    shown = max(penalty.shown_class for penalty in telling)
    if shown >= n > 1:
        reasons.append(f"class_label.surface: the last of {n} classes is {n - 1}, got {shown}")
    if {scenario.generator.kind, scenario.discriminator.kind} != {"mlp"}:
        reasons.append("class_label needs a generator and a discriminator of kind mlp")
    kinds = _kinds(scenario, lambda row: "mixed" in row.hooks or row.between)
    kinds += ["packing"] * (_pack(scenario) > 1)
    reasons += [
        f"{kind} with class_label is refused: it puts together points of several classes"
        for kind in kinds
    ]
    return reasons


def _is_cross_entropy(objective: str) -> bool:
    """Whether D's number is the logit of a probability, so that points have labels."""
    return OBJECTIVES[objective].output == "logit"


def _about_updates(scenario: _Settings) -> list[str]:
    kind = scenario.game.update.kind
    try:
        update = update_of(scenario)
    except ToylabError as error:
        return [str(error)]
    reasons = []
    if update.asks_again:
        reasons += [
            f"{penalty} with {kind} is refused: looking ahead would fill the memory twice"
            for penalty in _kinds(scenario, lambda row: "mixed" in row.hooks)
        ]
    if update.ahead:
        reasons += [
            f"{penalty} with {kind} is refused: a clipped weight has no gradient"
            for penalty in _kinds(scenario, lambda row: row.stops)
        ]
    return reasons + (_about_competition(scenario) if update.zero_sum else [])


def _about_competition(scenario: _Settings) -> list[str]:
    update, objective = scenario.game.update.kind, scenario.game.objective.kind
    reasons = []
    if not OBJECTIVES[objective].zero_sum:
        zero_sum = ", ".join(name for name, row in OBJECTIVES.items() if row.zero_sum)
        reasons.append(f"{update} needs a zero-sum objective ({zero_sum}), not {objective}")
    # A bound leaves the game's numbers as they are.
    terms = _kinds(
        scenario,
        lambda row: (
            row.hooks & {"term", "seen", "mixed"} or "projected" in row.hooks and not row.stops
        ),
    )
    if scenario.generator.options.get("dropout") or scenario.discriminator.options.get("dropout"):
        terms.append("dropout")
    if terms:
        reasons.append(
            f"{update} with {', '.join(terms)} is refused: the game would not be zero-sum any more"
        )
    one, other = scenario.optimizer.generator, scenario.optimizer.discriminator
    if one != other or not make("optimizer", OPTIMIZERS, one.settings).plain:
        reasons.append(
            f"{update} solves for the step itself: it needs the same plain sgd for both players"
        )
    return reasons


def solvable(scenario: _Settings) -> bool:
    """Whether both players have so few parameters that the game can be solved, and they are recorded."""
    sides = (scenario.generator, scenario.discriminator)
    return all(NETWORKS[side.kind].solvable for side in sides)


def setting_of(scenario: _Settings) -> Setting:
    """What decides which metrics mean anything in a scenario."""
    return Setting(
        TARGETS[scenario.target.kind](**scenario.target.options),
        scenario.training.points,
        OBJECTIVES[scenario.game.objective.kind].output,
        solvable(scenario),
        gaussian(scenario.generator.settings) and not _told(scenario),
        _told(scenario),
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
    batch, kept = scenario.training.batch, scenario.recording
    # Without its counts, which may be what is wrong with it.
    update = make("game.update", UPDATES, scenario.game.update.settings)
    generator, judge = networks_of(scenario)
    made = max(batch, kept.samples) * generator.numbers(0)
    # Where points see one another: in training all of a batch, in a recording the first few.
    seen = max(batch * judge.numbers(batch), kept.samples * judge.numbers(AMONG))
    return {
        # float32, and as much for the gradients; D sees as many real points as generated ones. A game that
        # is looked ahead into is kept step by step, and the generator's own loss at the end of it.
        "training": 8 * (1 + update.ahead + (update.ahead > 0)) * (made + 2 * seen),
        # Drawn seed by seed and then stacked: real points, those for the generator's turns, latents.
        "latents": 8 * BLOCK * batch * (4 + scenario.generator.options["latent"]),
        # The parameters, their first draw in float64, their gradient, and what an optimiser remembers.
        "parameters": 32 * (generator.size + judge.size),
        "recording": recorded_bytes(kept, 1, 1, scenario.training.points),
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
    return pack_of(penalties_of(scenario))


def _told(scenario: _Settings) -> frozenset[str]:
    """Which players are told a class, by their tables' names."""
    return told_by(penalties_of(scenario))


def classes_of(target: Mapping[str, Any]) -> int:
    """Classes of a target of these settings: its modes."""
    return len(make("target", TARGETS, target).modes)
