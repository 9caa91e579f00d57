"""Where a game is played: the processor, or a graphics card."""

from __future__ import annotations

import torch

from toylab.base.errors import ToylabError, unknown

# Best first; each with how it is asked for.
_CARDS = {"cuda": torch.cuda.is_available, "mps": torch.backends.mps.is_available}
DEVICES = ("auto", "cpu", *_CARDS)


def device_of(name: str) -> torch.device:
    """The device of a name; "auto" is the best there is.

    Raises:
        ToylabError: If the name is unknown, or there is no such device here.
    """
    if name not in DEVICES:
        raise ToylabError(unknown("--device", name, DEVICES))
    here = [card for card, available in _CARDS.items() if available()]
    if name == "auto":
        return torch.device([*here, "cpu"][0])
    if name != "cpu" and name not in here:
        raise ToylabError(
            f"--device {name}: torch {torch.__version__} finds no such device here. Leave --device out, "
            "or install a build of torch for it."
        )
    return torch.device(name)


def told(device: torch.device) -> str:
    """What a file says of the device: rounding differs from one kind of card to another."""
    if device.type == "cuda":
        return f"cuda ({torch.cuda.get_device_name(device)})"
    return device.type
