"""Threads: one for torch while it trains, the host's number afterwards, and the same bytes with any of them."""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import fields
from functools import partial
from typing import Any

import numpy as np
import pytest
import torch

from toylab.game.game import Game
from toylab.scenario.scenario import Scenario
from toylab.trace import Snapshot, Trace
from toylab.training import recorder, threads
from toylab.training import run as training
from toylab.training.run import joined, record, train
from toylab.training.threads import Hands, one_thread

ARRAYS = [field.name for field in fields(Snapshot) if field.name not in ("step", "diverged_at")]


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def arrays(trace: Trace) -> dict[str, bytes]:
    return {name: getattr(trace, name).tobytes() for name in (*ARRAYS, "real", "diverged_at")}


def test_a_training_runs_on_one_thread_and_leaves_the_host_s_number(
    small: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = []
    real = Game.begin_round

    def begin_round(self: Game, number: int, progress: float) -> None:
        seen.append(torch.get_num_threads())
        real(self, number, progress)

    monkeypatch.setattr(Game, "begin_round", begin_round)
    torch.set_num_threads(3)
    record(small(), [0, 1])
    assert seen == [1] * 4 and torch.get_num_threads() == 3
    # Between two snapshots the caller has its own number too, and where it stops asking.
    shots = train(small(), [0, 1])
    next(shots)
    assert torch.get_num_threads() == 3
    del shots
    assert torch.get_num_threads() == 3


def test_two_trainings_at_once_leave_the_host_s_number(small: Callable[..., Scenario]) -> None:
    torch.set_num_threads(3)
    both = [threading.Thread(target=partial(record, small(), [seed])) for seed in (0, 1)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    assert torch.get_num_threads() == 3
    found = []
    after = threading.Thread(target=lambda: found.append(torch.get_num_threads()))
    after.start()
    after.join()
    assert found == [3]


def test_one_thread_within_another_ends_with_the_outer() -> None:
    torch.set_num_threads(3)
    with one_thread():
        with one_thread():
            assert torch.get_num_threads() == 1
        assert torch.get_num_threads() == 1
    assert torch.get_num_threads() == 3


def test_a_training_that_fails_leaves_the_host_s_number() -> None:
    torch.set_num_threads(3)
    with pytest.raises(ZeroDivisionError), one_thread():
        _ = 1 / 0
    assert torch.get_num_threads() == 3


@pytest.mark.parametrize("n", [1, 2, 5])
def test_hands_give_what_the_pieces_give_in_order(n: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(threads, "cores", lambda: n)
    hands = Hands()
    with one_thread():
        assert hands.do([partial(pow, k, 2) for k in range(9)]) == [k * k for k in range(9)]
        # A hand at work does its own pieces itself: five of five at once would wait for ever.
        inner: list[Callable[[], Any]] = [
            partial(hands.do, [partial(pow, k, 3) for k in range(3)]) for _ in range(9)
        ]
        assert hands.do(inner) == [[0, 1, 8]] * 9
        with pytest.raises(ZeroDivisionError):
            hands.do([partial(divmod, 1, k) for k in (1, 0, 2)])
    hands.rest()
    assert not [one for one in threading.enumerate() if one.name.startswith("toylab")]


def test_a_trace_has_the_same_bytes_with_any_number_of_cores_and_threads(
    small: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder, "_WORTH_HANDS", 0)
    monkeypatch.setattr(training, "_n_parts", lambda scenario, n: min(n, 3))
    found = []
    for cores, host in ((1, 1), (2, 2), (4, 1)):
        monkeypatch.setattr(threads, "cores", lambda cores=cores: cores)
        torch.set_num_threads(host)
        found.append(arrays(record(small(), range(7), [5, 0, 3])))
    assert found[0] == found[1] == found[2]


def test_an_ensemble_in_parts_is_the_ensemble(
    small: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    # A rate at which some seeds end early: parts lose seeds each for itself.
    hot = small(
        optimizer={"generator": {"kind": "sgd", "lr": 60.0}, "discriminator": {"kind": "sgd", "lr": 60.0}},
        training={"steps": 4, "points": 5},
        recording={"snapshots": 5},
    )  # fmt: skip
    films = [6, 1, 4]
    whole = record(hot, range(8), films)
    monkeypatch.setattr(training, "_n_parts", lambda scenario, n: 3)
    parts = record(hot, range(8), films)
    assert 0 < (whole.diverged_at >= 0).sum() < 8
    np.testing.assert_array_equal(parts.diverged_at, whole.diverged_at)
    np.testing.assert_array_equal(parts.filmed, films)
    for name in ARRAYS:
        # Products of another height may be added in another order: a last digit of float32, 6e-8. A seed
        # that runs away, to 5e13 in four rounds, takes it along and makes 2e-4 of it on some machines; another
        # seed's numbers would be off by their own size.
        np.testing.assert_allclose(getattr(parts, name), getattr(whole, name), rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("ends", ["stopped", "first fails", "second fails"])
def test_what_ends_early_is_not_played_on_to_the_next_snapshot(
    ends: str, small: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "cores", lambda: 2)
    monkeypatch.setattr(training, "_n_parts", lambda scenario, n: 2)
    rounds: list[int] = []
    real = Game.begin_round

    # Of five seeds the first part has two, the second three.
    failing = {"first fails": 2, "second fails": 3}.get(ends)

    def begin_round(self: Game, number: int, progress: float) -> None:
        rounds.append(1)
        if len(self.shown) == failing and len(rounds) >= 20:
            raise ZeroDivisionError
        real(self, number, progress)

    monkeypatch.setattr(Game, "begin_round", begin_round)
    long = small(training={"steps": 1_000_000}, recording={"snapshots": 2})
    shots = train(long, range(5))
    next(shots)
    if ends == "stopped":
        # As a signal does: in the main thread, while it waits for the parts.
        main = threading.main_thread().ident
        told = threading.Timer(0.2, lambda: signal.pthread_kill(main or 0, signal.SIGALRM))
        before = signal.signal(signal.SIGALRM, lambda *_: sys.exit(9))
        try:
            told.start()
            with pytest.raises(SystemExit):
                next(shots)
        finally:
            signal.signal(signal.SIGALRM, before)
    else:
        with pytest.raises(ZeroDivisionError):
            next(shots)
    # A million rounds would take minutes.
    assert 0 < len(rounds) < 500_000
    assert not [one for one in threading.enumerate() if one.name.startswith("toylab")]


def test_joined_films_stand_in_the_order_that_was_asked_for(
    small: Callable[..., Scenario],
) -> None:
    one, two = (list(train(small(), [seed], [0]))[-1] for seed in (0, 1))
    both = joined([one, two], [1, 0])
    np.testing.assert_array_equal(both.logits, np.concatenate([two.logits, one.logits]))
    np.testing.assert_array_equal(both.samples, np.concatenate([one.samples, two.samples]))


def test_parts_depend_on_the_game_and_not_on_the_machine(
    small: Callable[..., Scenario], monkeypatch: pytest.MonkeyPatch
) -> None:
    base = small(
        generator={"hidden": [64, 64]}, discriminator={"hidden": [64, 64]}, training={"batch": 256}
    )
    for cores in (1, 64):
        monkeypatch.setattr(threads, "cores", lambda cores=cores: cores)
        found = [training._n_parts(base, n) for n in (1, 4, 9, 15, 17, 33, 65, 513)]
        assert found == [1, 1, 1, 1, 2, 2, 4, 32]
    # Small games are over before a thread wakes; of a large one, each seed is a part's work.
    assert training._n_parts(small(), 64) == 1
    large = small(generator={"hidden": [512, 512]}, discriminator={"hidden": [512, 512]},
                  training={"batch": 256})  # fmt: skip
    assert training._n_parts(large, 3) == 3
