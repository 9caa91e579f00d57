"""What the page's engine plays, and why it does not play the rest.

A test holds these lists against the tables of the game: a new row there stands here before it is let in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple


class Reason(NamedTuple):
    """Why something is not played, in a line of each language."""

    en: str
    zh: str


_AHEAD = Reason(
    "it differentiates through the other player's moves, which the page's gradients by hand do not",
    "它要对另一方的更新求导，网页中手写的梯度做不到",
)
_AGAIN = Reason(
    "it differentiates a gradient once more, which the page's gradients by hand do not",
    "它要对梯度再次求导，网页中手写的梯度做不到",
)
_COMPANY = Reason(
    "each point's value depends on the whole batch, and the page's layers look at each point by itself",
    "每个点的输出取决于整批样本，而网页中的网络层逐点计算",
)

# By table: what is played.
PLAYED: dict[str, frozenset[str]] = {
    "objectives": frozenset(
        {
            "saturating",
            "non_saturating",
            "least_squares",
            "hinge",
            "wasserstein",
            "relativistic",
            "fake_value",
        }
    ),
    "optimizers": frozenset({"adam", "sgd", "rmsprop"}),
    "schedules": frozenset({"constant", "linear", "cosine", "step"}),
    "penalties": frozenset(
        {
            "r1",
            "r2",
            "gradient_penalty",
            "weight_clipping",
            "weight_decay",
            "label_smoothing",
            "instance_noise",
            "gradient_clipping",
            "packing",
            "replay",
            "average",
            "truncation",
        }
    ),
    "updates": frozenset({"alternating", "simultaneous", "extragradient", "optimistic"}),
    "activations": frozenset({"relu", "leaky_relu", "tanh", "elu", "silu", "linear"}),
    "inits": frozenset({"lecun", "xavier", "he", "orthogonal", "normal"}),
    "networks": frozenset({"mlp", "torn", "particles", "point", "linear", "quadratic", "fourier"}),
}
# By table: what is not, and why.
NOT_PLAYED: dict[str, dict[str, Reason]] = {
    "objectives": {},
    "optimizers": {},
    "schedules": {},
    "penalties": {
        "class_label": Reason(
            "its points have a class beside their place, which the page's have not",
            "样本除了位置还带类别，网页中的样本没有类别",
        ),
    },
    "updates": {
        "unrolled": _AHEAD,
        "consensus": _AGAIN,
        "symplectic_gradient_adjustment": _AGAIN,
        "competitive_gradient_descent": _AHEAD,
    },
    "activations": {
        "maxout": Reason(
            "it takes the largest of several pieces of each unit, which the page's layers do not",
            "它对每个单元取多个分段的最大值，网页中的网络层不支持",
        ),
    },
    "inits": {},
    "networks": {},
}
# Options of a multilayer perceptron that are not played, unless they are off.
NOT_PLAYED_LAYERS: dict[str, Reason] = {
    "batch_norm": _COMPANY,
    "minibatch": _COMPANY,
    "spectral_norm": Reason(
        "it takes the singular values of every layer in every step, too slow for a page",
        "它每步都要计算各层的奇异值，网页中太慢",
    ),
    "dropout": Reason(
        "it draws a mask for every hidden unit of every point, which the page's layers do not",
        "它要为每个点的每个隐藏单元抽取掩码，网页中的网络层不支持",
    ),
}
# Units of a layer, and points of a batch, that a page still moves: beyond, a round takes a second.
MOST_WIDTH, MOST_BATCH = 512, 4096


def why_not(settings: Mapping[str, Any]) -> dict[str, str] | None:
    """Say why the page cannot play a scenario, in each language; None if it can.

    Args:
        settings: All settings of a section, as `Scenario.settings` gives them.
    """
    found = next(_lacking(settings), None)
    if found is None:
        return None
    what, reason = found
    return {"en": f"{what}: {reason.en}", "zh": f"{what}：{reason.zh}"}


def _lacking(settings: Mapping[str, Any]) -> Iterator[tuple[str, Reason]]:
    game = settings["game"]
    chosen = [("objectives", game["objective"]), ("updates", game["update"])]
    chosen += [("penalties", penalty) for penalty in game["penalties"]]
    for side in ("generator", "discriminator"):
        network, rule = settings[side], settings["optimizer"][side]
        chosen += [("networks", network), ("optimizers", rule), ("schedules", rule["schedule"])]
        if "hidden" in network:
            chosen += [("activations", network["activation"]), ("inits", network["init"])]
            yield from (
                (option, reason)
                for option, reason in NOT_PLAYED_LAYERS.items()
                if network.get(option)
            )
            if max(network["hidden"], default=0) > MOST_WIDTH:
                yield "hidden", _too_large(MOST_WIDTH)
    for table, choice in chosen:
        kind = choice if isinstance(choice, str) else choice["kind"]
        if kind in NOT_PLAYED[table]:
            yield kind, NOT_PLAYED[table][kind]
    if settings["training"]["batch"] > MOST_BATCH:
        yield "batch", _too_large(MOST_BATCH)


def _too_large(most: int) -> Reason:
    return Reason(f"a page plays at most {most}", f"网页中最多 {most}")
