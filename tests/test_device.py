"""Devices: found, refused, and every tensor of a game on the one that was asked for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
import torch
from torch.overrides import TorchFunctionMode
from typer.testing import CliRunner

from toylab.base.errors import ToylabError
from toylab.claims import cache
from toylab.claims.cache import Task
from toylab.cli.commands import app
from toylab.game.objectives import OBJECTIVES
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.metrics.claim import Claim
from toylab.scenario.scenario import Scenario, load
from toylab.training.device import device_of
from toylab.training.run import record

Make = Callable[..., Scenario]


@pytest.fixture
def cards(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Make it look as if such cards were here, and no others."""

    def put(*names: str) -> None:
        table = {name: lambda name=name: name in names for name in ("cuda", "mps")}
        monkeypatch.setattr("toylab.training.device._CARDS", table)

    return put


def test_auto_is_the_best_there_is(cards: Callable[..., None]) -> None:
    for here, best in ((("cuda", "mps"), "cuda"), (("mps",), "mps"), ((), "cpu")):
        cards(*here)
        assert device_of("auto").type == best
        assert device_of("cpu").type == "cpu"


@pytest.mark.parametrize(
    "words",
    [
        ["train", "convergence", "-o", "x.npz"],
        ["run", "convergence"],
        ["compare", "convergence", "hinge", "-o", "x.gif"],
        ["check", "convergence"],
        ["sweep", "convergence", "--over", "training.batch=8,9", "--metric", "c2st", "-o", "x.csv"],
        ["slides", "convergence", "-o", "x.md"],
    ],
    ids=lambda words: words[0],
)
def test_a_device_that_is_not_here_is_one_line_before_any_training(
    words: list[str], cards: Callable[..., None], tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    cards()
    for name, said in (("cuda", "finds no such device here"), ("cudda", 'did you mean "cuda"')):
        error = CliRunner().invoke(app, [*words, "--device", name]).exception
        # What `guarded` prints, and ends with 2.
        assert isinstance(error, ToylabError) and said in str(error)
        assert len(str(error).splitlines()) <= 2
    assert not list(tmp_path.iterdir())


def test_numbers_of_a_card_are_kept_apart_from_the_processors() -> None:
    claims = (Claim("c", "c2st", ">", 0.0),)
    cpu, card = (Task({}, "x", claims, (0,), device) for device in ("cpu", "cuda"))
    assert cpu.key() != card.key()
    assert len(cache.parts(range(64), "cuda")) == 1 < len(cache.parts(range(64)))


class Homes(TorchFunctionMode):
    """Tells two homes of tensors apart where there is only one, and refuses what a card would.

    A tensor made on no device, or from numpy, lives on the host. `.to(device)` and `device=` bring it to
    the card, `.cpu()` brings it back; what is computed from a card's tensors lives there. The card takes
    part in no operation with the host's, but for single numbers and indices, and numpy cannot read it.
    """

    def __enter__(self) -> Homes:
        self._from_numpy = torch.from_numpy

        def from_numpy(array: np.ndarray) -> torch.Tensor:
            # The one maker of tensors that asks no mode.
            tensor = self._from_numpy(array)
            tensor.home = "host"  # type: ignore[attr-defined]
            return tensor

        torch.from_numpy = from_numpy
        return super().__enter__()

    def __exit__(self, *error: Any) -> None:
        torch.from_numpy = self._from_numpy
        super().__exit__(*error)

    def __torch_function__(
        self, func: Any, types: Any, args: Sequence[Any] = (), kwargs: Any = None
    ) -> Any:
        name, kwargs = getattr(func, "__name__", ""), kwargs or {}
        given = list(_tensors([args, kwargs]))
        homes = dict.fromkeys(getattr(t, "home", None) for t in given if t.ndim)
        homes.pop(None, None)
        if name in ("__get__", "__set__", "size", "dim", "backward", "requires_grad_"):
            return func(*args, **kwargs)
        if name == "numpy" and "card" in homes:
            raise TypeError("numpy reads no card")
        if len(homes) > 1 and name not in ("__getitem__", "__setitem__"):
            raise TypeError(f"{name}: tensors of the card and of the host")
        out = func(*args, **kwargs)
        if name == "to" and any(isinstance(a, torch.device) for a in [*args, *kwargs.values()]):
            # On one device `to` gives the very same tensor; a card makes another.
            out, home = out.view_as(out), "card"
        elif name == "cpu":
            out, home = out.view_as(out), "host"
        elif not given:
            home = "card" if kwargs.get("device") is not None else "host"
        else:
            home = next(iter(homes), None)  # of an indexed tensor its own, not the index's
        for tensor in _tensors(out):
            if home:
                tensor.home = home  # type: ignore[attr-defined]
        return out


def _tensors(found: Any) -> Any:
    if isinstance(found, torch.Tensor):
        yield found
    elif isinstance(found, list | tuple):
        for one in found:
            yield from _tensors(one)
    elif isinstance(found, dict):
        yield from _tensors(list(found.values()))


CPU = torch.device("cpu")


def test_the_two_homes_are_told_apart() -> None:
    with Homes():
        card, host = torch.ones(3, device=CPU), torch.ones(3)
        drawn = torch.from_numpy(np.ones(3, np.float32))
        assert (card * 2).sum().home == "card"  # type: ignore[attr-defined]
        for wrong in (lambda: card + host, lambda: torch.cat([card, drawn]), card.numpy):
            with pytest.raises(TypeError):
                wrong()
        assert (host.to(CPU) + card).cpu().numpy().tolist() == [2, 2, 2]
        assert card[torch.tensor([0])].home == "card"  # type: ignore[attr-defined]
        assert (card * torch.tensor(2.0)).home == "card"  # type: ignore[attr-defined]


def played(**game: Any) -> dict[str, Any]:
    return {"game": game}


# Every row of the tables of the game, and what else makes tensors.
GAMES: dict[str, dict[str, Any]] = {
    **{name: played(update=name) for name in UPDATES},
    **{name: played(penalties=[name]) for name in PENALTIES},
    **{name: played(objective=name) for name in OBJECTIVES},
    # It solves for the step itself.
    "competitive_gradient_descent": {
        "game": {"update": "competitive_gradient_descent", "objective": "saturating"},
        "optimizer": {"generator": {"kind": "sgd"}, "discriminator": {"kind": "sgd"}},
    },
    "sgd": {"optimizer": {"generator": {"kind": "sgd"}, "discriminator": {"kind": "rmsprop"}}},
    "few points": {"training": {"points": 20}},
    "dropout, minibatch": {"discriminator": {"dropout": 0.2, "minibatch": 4}},
    "norms": {"generator": {"batch_norm": True}, "discriminator": {"spectral_norm": True}},
    "maxout": {"discriminator": {"activation": "maxout"}},
    "diverges": {
        "optimizer": {"generator": {"kind": "sgd", "lr": 1e6}, "discriminator": {"kind": "sgd"}}
    },
}


@pytest.mark.parametrize("name", [*GAMES, "dirac-r1", "bilinear-extragradient", "ttur-minimax"])
def test_every_tensor_of_a_game_lives_on_its_device(name: str, small: Make) -> None:
    short = ["training.steps=3", "recording.snapshots=2"]
    scenario = small(**GAMES[name]) if name in GAMES else load(name, short)
    plain = record(scenario, [0, 1], filmed=[0])
    with Homes():
        watched = record(scenario, [0, 1], filmed=[0])
    assert np.array_equal(watched.samples, plain.samples, equal_nan=True)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no card here")
def test_a_card_plays_the_game_of_the_processor(small: Make) -> None:
    scenario = small(training={"steps": 20})
    here, there = (record(scenario, range(64), filmed=[0], device=d) for d in ("cpu", "cuda"))
    # Same draws; sums round otherwise, some 1e-7 each, and twenty steps let that grow.
    assert np.allclose(here.samples, there.samples, atol=1e-3)
    assert there.provenance["device"].startswith("cuda (")
