from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from toylab.base.axes import Int
from toylab.base.errors import ToylabError
from toylab.game.game import Game
from toylab.scenario import catalogue
from toylab.scenario.rules import recorded_bytes
from toylab.scenario.scenario import Scenario, load
from toylab.targets import TARGETS, extent
from toylab.training.recorder import schedule
from toylab.training.run import Run, record, train
from toylab.training.setup import game_of

Make = Callable[..., Scenario]
CPU = torch.device("cpu")
ARRAYS = ("samples", "real_logits", "fake_logits", "losses", "gradients", "real")


@pytest.mark.parametrize("kind", ["linear", "geometric"])
@pytest.mark.parametrize(("steps", "snapshots"), [(1, 2), (1, 50), (7, 3), (100, 120), (3000, 120)])
def test_a_schedule_runs_from_the_start_to_the_end(steps: int, snapshots: int, kind: str) -> None:
    due = schedule(steps, snapshots, kind)
    assert due[0] == 0 and due[-1] == steps and (np.diff(due) > 0).all()
    # As many as were asked for, where there are as many steps.
    assert len(due) == min(snapshots, steps + 1)


def test_a_geometric_schedule_is_dense_at_the_start() -> None:
    due = schedule(1000, 40, "geometric")
    # Half of the snapshots in the first tenth; a linear one has four.
    assert (due < 100).sum() >= 20


def searched(steps: int, snapshots: int) -> Int:
    """A geometric schedule, its number of marks found by trying one after the other."""
    n = min(snapshots, steps + 1)
    for asked in range(n - 1, 50 * n):
        marks = np.unique(np.round(np.geomspace(1, steps, asked)).astype(np.int64))
        if len(marks) >= n - 1:
            return np.concatenate([[0], marks[: n - 2], [steps]])
    raise AssertionError("never enough")


@pytest.mark.parametrize("steps", [1, 2, 3, 5, 10, 31, 100, 257])
def test_a_geometric_schedule_is_the_first_that_is_long_enough(steps: int) -> None:
    for snapshots in {*range(2, 12), *range(12, steps + 3, 9), steps, steps + 1}:
        if snapshots >= 2:
            found = schedule(steps, snapshots, "geometric")
            assert np.array_equal(found, searched(steps, snapshots)), snapshots


def test_our_own_geometric_schedules_are_the_first_that_are_long_enough() -> None:
    for name in catalogue.names():
        kept = catalogue.resolve(catalogue.find(name)).get("recording", {})
        if kept.get("schedule") == "geometric":
            own = load(name)
            steps, snapshots = own.training.steps, own.recording.snapshots
            assert np.array_equal(
                schedule(steps, snapshots, "geometric"), searched(steps, snapshots)
            )


def test_a_long_schedule_is_found_in_a_few_tries(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[int] = []
    evenly = np.geomspace
    monkeypatch.setattr(np, "geomspace", lambda a, b, n: (tried.append(n), evenly(a, b, n))[1])
    assert np.array_equal(schedule(5000, 5001, "geometric"), np.arange(5001))
    # Doubled until enough, and as often halved: 2 log2(50,000) at most.
    assert len(tried) < 32


def test_the_same_seed_gives_the_same_numbers(small: Make) -> None:
    a, b = (record(small(), [4]) for _ in range(2))
    for name in (*ARRAYS, "logits", "pushes", "lattice"):
        assert np.array_equal(getattr(a, name), getattr(b, name)), name


@pytest.mark.parametrize("optimizer", ["adam", "sgd", "rmsprop"])
def test_a_seed_ignores_its_neighbours(small: Make, optimizer: str) -> None:
    rule = {"kind": optimizer, "lr": 1e-2}
    scenario = small(optimizer={"generator": rule, "discriminator": rule})
    together, alone = record(scenario, [0, 5, 3], [1]), record(scenario, [5])
    for name in ARRAYS:
        part = getattr(together, name)
        part = part[1] if name == "real" else part[:, 1]
        whole = getattr(alone, name)
        # Batched and single matmuls may sum in another order; over four steps that stays below this.
        assert np.allclose(part, whole[0] if name == "real" else whole[:, 0], atol=1e-5), name


def test_a_penalty_does_not_change_the_data(small: Make) -> None:
    plain = game_of(small(), [1], CPU)
    with_r1 = game_of(small(game={"penalties": [{"kind": "r1"}]}), [1], CPU)
    for _ in range(40):  # more than one block of draws
        a, b = plain.draw(real=True), with_r1.draw(real=True)
        assert a.real is not None and b.real is not None
        assert torch.equal(a.real, b.real) and torch.equal(a.z, b.z)


@pytest.mark.parametrize("update", ["alternating", "unrolled"])
def test_the_discriminators_data_is_the_same_whatever_the_generator_looks_at(
    small: Make, update: str
) -> None:
    """A relativistic generator, or one that looks ahead, takes its real points elsewhere."""
    seen = []
    for game in ({}, {"objective": "relativistic", "update": update}):
        run = Run(small(game=game), [3], [], CPU)
        list(run.snapshots([4]))
        batch = run.game.draw(real=True).real
        assert batch is not None
        seen.append(batch)
    assert torch.equal(*seen)


def test_real_points_are_drawn_only_for_those_who_look(small: Make) -> None:
    game = game_of(small(), [1], CPU)
    assert game.draw(real=False).real is None


def test_the_critics_slope_and_bound_are_measured(small: Make) -> None:
    """An affine critic has one slope everywhere: the length of its weights."""
    clipped = [{"kind": "weight_clipping", "limit": 1e-4}]
    trace = record(small(discriminator={"hidden": []}, game={"penalties": clipped}), [0, 1])
    critic = trace.critic[-1]
    # A step of Adam is ten times the bound: two weights and the bias end on it.
    assert critic[:, 0] == pytest.approx(1e-4 * np.sqrt(2), rel=1e-4)
    assert critic[:, 1] == pytest.approx(1)
    assert (record(small(), [0]).critic[-1, :, 1] < 0.1).all()


def test_a_frozen_generator_stands_still(small: Make) -> None:
    trace = record(small(game={"generator_steps": 0}), [0])
    assert np.array_equal(trace.samples[0], trace.samples[-1])
    assert not np.array_equal(trace.logits[0], trace.logits[-1])


def test_a_diverged_seed_ends_and_the_others_go_on(small: Make) -> None:
    blow_up = {"kind": "sgd", "lr": 1e9}
    scenario = small(
        optimizer={"generator": blow_up, "discriminator": blow_up},
        training={"steps": 30},
        recording={"snapshots": 31},
    )
    trace = record(scenario, [0, 1, 2, 3], [0, 1, 2, 3])
    ended = trace.diverged_at
    assert (ended > 0).any()
    for s, step in enumerate(ended):
        dead = trace.steps >= step if step >= 0 else np.zeros(len(trace.steps), bool)
        assert np.isnan(trace.samples[dead, s]).all() and np.isnan(trace.logits[dead, s]).all()
        assert np.isfinite(trace.samples[~dead, s]).all()


def test_only_the_seed_that_breaks_is_dropped(small: Make) -> None:
    """One seed's parameters are made infinite by hand in the middle of the game."""
    scenario = small(training={"steps": 6}, recording={"snapshots": 7})
    healthy = record(scenario, [0, 1, 2])
    run = Run(scenario, [0, 1, 2], [0], CPU)
    shots = run.snapshots(range(7))
    seen = list(islice(shots, 3))
    run.game.generator.parameters[1] = torch.inf
    seen += list(shots)
    assert seen[-1].diverged_at.tolist() == [-1, 3, -1]
    assert np.isnan(seen[-1].samples[1]).all()
    for s in (0, 2):
        assert np.allclose(seen[-1].samples[s], healthy.samples[-1, s], atol=1e-5)


def test_when_all_seeds_diverge_the_recording_still_ends(small: Make) -> None:
    blow_up = {"kind": "sgd", "lr": 1e9}
    scenario = small(
        optimizer={"generator": blow_up, "discriminator": blow_up}, training={"steps": 50}
    )
    trace = record(scenario, [0, 1])
    assert (trace.diverged_at > 0).all() and trace.steps[-1] == 50


def test_snapshots_can_be_stopped_by_not_asking(small: Make) -> None:
    endless = small(training={"steps": 10_000_000})
    assert [shot.step for shot in islice(train(endless, [0]), 1)] == [0]


@pytest.mark.parametrize("seeds", [[], [0, 0], [-1], [2**63]])
def test_seeds_that_are_none_or_twice_are_refused(small: Make, seeds: list[int]) -> None:
    with pytest.raises(ToylabError, match="seeds must be different numbers from 0 on"):
        record(small(), seeds)


@pytest.mark.parametrize("points", [0, 500])
def test_the_size_of_a_trace_is_foretold(small: Make, points: int) -> None:
    scenario = small(
        training={"steps": 9, "points": points},
        recording={"snapshots": 10, "samples": 300, "grid": 40},
        generator={"latent": 3},  # no lattice, which is small
    )
    for filmed, windows in (([0, 2], None), ([1], [(0.5, 0.7)])):
        trace = record(scenario, [0, 1, 2], filmed, windows=windows)
        n = len(trace.steps)
        arrays = [value for value in vars(trace).values() if isinstance(value, np.ndarray)]
        told = recorded_bytes(scenario.recording, 3, len(filmed), points, n)
        # Small arrays, such as losses: eight numbers a snapshot and seed, and a few a trace.
        rest = sum(array.nbytes for array in arrays) - told
        assert 0 <= rest <= n * (3 * 8 * 4 + 8) + 400


def test_what_is_not_kept_is_not_counted(small: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = small(training={"steps": 40}, recording={"snapshots": 41})
    one = recorded_bytes(scenario.recording, 2, 1, 0, 1)
    monkeypatch.setattr("toylab.training.run.MOST_BYTES", 3 * one)
    with pytest.raises(ToylabError, match="Give fewer seeds"):
        record(scenario, [0, 1])
    assert len(record(scenario, [0, 1], windows=[(0.0, 0.0)]).steps) == 2
    # A training that is only looked at keeps nothing.
    assert len([shot.step for shot in train(scenario, [0, 1])]) == 41


def test_a_recording_too_large_is_refused_before_it_starts(small: Make) -> None:
    large = small(recording={"samples": 50_000, "snapshots": 100}, training={"steps": 1000})
    with pytest.raises(ToylabError, match="Give fewer seeds"):
        record(large, range(1000))


# --- what a snapshot measures ---


def logit_of(game: Game, x: np.ndarray) -> torch.Tensor:
    points = torch.tensor(x, dtype=torch.float32)[None]
    return game.judge(game.discriminator.parameters[:1], points)[0]


@pytest.mark.parametrize("objective", ["saturating", "non_saturating"])
def test_pushes_and_gradients_are_finite_differences(small: Make, objective: str) -> None:
    scenario = small(game={"objective": objective}, generator={"activation": "tanh"})
    run = Run(scenario, [0], [0], CPU)
    shot, game = next(run.snapshots([0])), run.game
    rule = game.objective

    def loss(x: torch.Tensor) -> torch.Tensor:
        """Each sample's own loss in float64."""
        a = game.judge(game.discriminator.parameters.double(), x)
        return torch.stack(
            [rule.generator_loss(a[:, i : i + 1], a[:, i : i + 1]) for i in range(4)]
        )

    x = torch.tensor(shot.samples[:1, :4]).double()
    h = 1e-6
    for axis in range(2):
        step = torch.zeros(2, dtype=torch.float64)
        step[axis] = h
        slope = (loss(x + step) - loss(x - step)) / (2 * h)
        assert np.allclose(-slope[:, 0].numpy(), shot.pushes[0, :4, axis], atol=1e-5)

    def mean_loss(p: torch.Tensor) -> torch.Tensor:
        fake = game.generate(p, run.recorder._z.double())
        a = game.judge(game.discriminator.parameters.double(), fake)
        return rule.generator_loss(a, a)[0]

    at = game.generator.parameters.double()
    differences = []
    for i in range(at.shape[1]):
        step = torch.zeros_like(at)
        step[0, i] = h
        differences.append(float(mean_loss(at + step) - mean_loss(at - step)) / (2 * h))
    assert np.linalg.norm(differences) == pytest.approx(shot.gradients[0, 0], rel=1e-4)
    # The three norms are of three losses at the same place.
    column = {"saturating": 1, "non_saturating": 2}[objective]
    assert shot.gradients[0, 0] == pytest.approx(shot.gradients[0, column])


@pytest.mark.parametrize(
    ("size", "options"),
    [(1, {}), (2, {}), (4, {}), (1, {"minibatch": 2}), (2, {"minibatch": 2})],
)
def test_the_slope_of_d_is_finite_differences(
    small: Make, size: int, options: dict[str, Any]
) -> None:
    """Over all coordinates of what D judges at once; what it is compared with stands still."""
    packing = [{"kind": "packing", "size": size}] * (size > 1)
    scenario = small(discriminator={"activation": "tanh", **options}, game={"penalties": packing})
    run = Run(scenario, [0, 1], [], CPU)
    shot, game = next(run.snapshots([0])), run.game
    between = torch.tensor((run.recorder.real + shot.samples) / 2).double()
    d, h = game.discriminator.parameters.double(), 1e-6
    squares = torch.zeros(2, 64 // size, dtype=torch.float64)
    for place in range(size):
        for axis in range(2):
            step = torch.zeros(2, 64 // size, size, 2, dtype=torch.float64)
            step[:, :, place, axis] = h
            up, down = (
                game.judge(d, between + sign * step.view(2, 64, 2), among=between)[:, ::size]
                for sign in (1, -1)
            )
            squares += ((up - down) / (2 * h)).square()
    assert shot.critic[:, 0] == pytest.approx(squares.sqrt().mean(1).numpy(), rel=1e-4)


def test_the_training_set_is_judged_in_packs_as_held_out_points_are(small: Make) -> None:
    scenario = small(training={"points": 32}, game={"penalties": [{"kind": "packing", "size": 4}]})
    run = Run(scenario, [0, 1], [], CPU)
    shot, game = next(run.snapshots([0])), run.game
    packs = torch.from_numpy(game.known).reshape(2, 8, 8)
    logits = game._judge(game.discriminator.parameters, packs).squeeze(-1)
    assert np.allclose(shot.train_logits, logits.detach().repeat_interleave(4, 1), atol=1e-6)


def test_the_grid_lies_where_the_extent_says(small: Make) -> None:
    run = Run(small(), [0], [0], CPU)
    shot = next(run.snapshots([0]))
    x0, x1, y0, y1 = run.recorder.extent
    n = 16
    row, column = 3, 11
    centre = [x0 + (x1 - x0) * (column + 0.5) / n, y0 + (y1 - y0) * (row + 0.5) / n]
    expected = float(logit_of(run.game, np.array([centre]))[0])
    assert shot.logits[0, row, column] == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("place", [0.0, 7.0, -300.0])
def test_the_stage_holds_the_data_and_the_first_cloud(
    small: Make, tmp_path: Path, place: float
) -> None:
    file = tmp_path / "one.csv"
    file.write_text(f"{place},{place / 2}\n")
    usual = {"hidden": [64, 64]}
    trace = record(small(target={"kind": "points", "file": str(file)}, generator=usual), [0, 1])
    x0, x1, y0, y1 = trace.extent
    for points in (trace.real, trace.samples[0]):
        assert (points > [x0, y0]).all() and (points < [x1, y1]).all()


def test_the_stage_holds_a_point_on_both_sides_of_its_equilibrium(small: Make) -> None:
    start = [3.0, -2.0]
    players: dict[str, Any] = {
        "generator": {"kind": "point", "start": start},
        "discriminator": {"kind": "linear"},
    }
    x0, x1, y0, y1 = record(small(target={"kind": "dirac"}, **players), [0]).extent
    assert x0 < -3 and x1 > 3 and y0 < -2 and y1 > 2


def test_where_networks_start_does_not_move_the_stage_of_data_about_the_origin() -> None:
    for kind in ("ring", "grid", "two_moons"):
        target = TARGETS[kind]()
        assert extent(target, [(-0.75, -0.75), (0.75, 0.75)]) == extent(target)


def test_the_lattice_is_there_for_two_latents_only(small: Make) -> None:
    assert record(small(), [0]).lattice.shape[2:] == (21, 21, 2)
    assert record(small(generator={"latent": 3}), [0]).lattice.shape[2:] == (0, 0, 2)


def test_the_recorded_arrays_are_all_there(small: Make) -> None:
    trace = record(small(), [0, 1], filmed=[1])
    assert all(getattr(trace, f.name) is not None for f in fields(trace))
    assert trace.samples.shape == (3, 2, 64, 2) and trace.logits.shape == (3, 1, 16, 16)
    assert trace.provenance["scenario"] == "small" and "torch" in trace.provenance
