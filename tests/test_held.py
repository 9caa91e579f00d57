"""A run that is held, put back, and changed on the way: whatever is played, the same bytes follow."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import fields, replace
from itertools import chain, groupby
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from commands import printed, toylab

from toylab.base.errors import ToylabError
from toylab.base.settings import fingerprint
from toylab.game.batches import BLOCK
from toylab.game.objectives import OBJECTIVES
from toylab.game.optimizers import OPTIMIZERS, SCHEDULES
from toylab.game.penalties import PENALTIES
from toylab.game.updates import UPDATES
from toylab.metrics import METRICS
from toylab.scenario.scenario import Scenario, branched, load
from toylab.trace import Snapshot, Trace
from toylab.training.run import Run, branch, record

Make = Callable[..., Scenario]
# Beyond the first block of batches, and in the middle of the second.
HELD, END = BLOCK + 5, BLOCK + 12
SEEDS = (3, 1, 4)


def game(**options: Any) -> dict[str, Any]:
    """Options of a small game that lasts until `END`."""
    return {"training": {"steps": END, "batch": 16}, **options}


def _updates() -> dict[str, dict[str, Any]]:
    """Each update with what it asks for."""
    plain = {"kind": "sgd", "lr": 0.01}
    found = {kind: game(game={"update": kind}) for kind, row in UPDATES.items() if not row.zero_sum}
    for kind in (kind for kind, row in UPDATES.items() if row.zero_sum):
        both = {"generator": plain, "discriminator": plain}
        found[kind] = game(game={"update": kind, "objective": "saturating"}, optimizer=both)
    return found


def _both(optimizer: dict[str, Any]) -> dict[str, Any]:
    return game(optimizer={"generator": optimizer, "discriminator": optimizer})


CASES: dict[str, dict[str, Any]] = {
    **_updates(),
    **{kind: _both({"kind": kind}) for kind in OPTIMIZERS},
    "momentum": _both({"kind": "sgd", "momentum": 0.9}),
    **{f"schedule {name}": _both({"kind": "adam", "schedule": name}) for name in SCHEDULES},
    **{kind: game(game={"penalties": [{"kind": kind}]}) for kind in PENALTIES if kind != "average"},
    # Slow enough that an average that began anew would be seen.
    "average": game(game={"penalties": [{"kind": "average", "decay": 0.9}]}),
    **{kind: game(game={"objective": kind}) for kind in OBJECTIVES if kind != "fake_value"},
    "particles": game(generator={"kind": "particles", "count": 30}),
    "torn": game(generator={"kind": "torn"}),
    "fourier": game(discriminator={"kind": "fourier", "waves": 5}),
    "dropout": game(generator={"dropout": 0.3}, discriminator={"dropout": 0.3}),
    "batch_norm": game(generator={"batch_norm": True}),
    "training_set": {"training": {"steps": END, "batch": 16, "points": 32}},
    "several_steps": game(game={"discriminator_steps": 3, "generator_steps": 2}),
}


def same(a: Snapshot, b: Snapshot) -> bool:
    """Whether two snapshots have the same bytes."""
    pairs = [(np.asarray(getattr(a, f.name)), np.asarray(getattr(b, f.name))) for f in fields(a)]
    return all(one.tobytes() == other.tobytes() for one, other in pairs)


def test_every_row_that_is_played_is_held() -> None:
    """A new row is held by these tests the moment it exists."""
    rows = {*UPDATES, *OPTIMIZERS, *PENALTIES, *OBJECTIVES} - {"fake_value"}
    assert rows <= {*CASES}
    assert {f"schedule {name}" for name in SCHEDULES} <= {*CASES}


@pytest.mark.parametrize("case", CASES)
def test_a_run_put_back_plays_on_as_it_did(small: Make, case: str) -> None:
    scenario = small(**CASES[case])
    run = Run(scenario, SEEDS)
    run.play_to(HELD)
    before, held = run.snapshot(), run.state()
    run.play_to(END)
    after = run.snapshot()
    assert not same(before, after)
    for other in (run, Run(scenario, SEEDS)):
        other.restore(held)
        assert other.at == HELD and same(other.snapshot(), before)
        other.play_to(END)
        assert same(other.snapshot(), after)


def test_a_state_is_plain_arrays_and_stays_as_it_was(small: Make, tmp_path: Any) -> None:
    run = Run(small(**CASES["replay"]), SEEDS)
    run.play_to(HELD)
    held = run.state()
    assert all(type(array) is np.ndarray for array in held.values())
    copies = {name: array.copy() for name, array in held.items()}
    np.savez(tmp_path / "state.npz", **held)  # type: ignore[arg-type]
    run.play_to(END)
    after = run.snapshot()
    assert all(np.array_equal(held[name], copies[name]) for name in held)
    with np.load(tmp_path / "state.npz", allow_pickle=False) as file:
        run.restore(dict(file))
    run.play_to(END)
    assert same(run.snapshot(), after)


def breaks(run: Run, seed: int) -> None:
    """Make one seed's generator infinite, as a step that is too large does."""
    run.game.generator.parameters[run.alive.tolist().index(seed)] = torch.inf


@pytest.mark.parametrize("case", ["unrolled", "replay", "average", "adam", "training_set"])
def test_seeds_that_end_before_and_after_are_put_back_with_the_rest(small: Make, case: str) -> None:
    """The first seed ends before the state is taken, the last one after it; both are as they were."""
    scenario = small(**CASES[case])
    run = Run(scenario, SEEDS)
    run.play_to(HELD - 3)
    breaks(run, 0)
    run.play_to(HELD)
    held = run.state()
    assert run.alive.tolist() == [1, 2] and run.diverged_at.tolist() == [HELD - 2, -1, -1]

    def on(one: Run) -> Snapshot:
        one.play_to(HELD + 3)
        breaks(one, 2)
        one.play_to(END)
        return one.snapshot()

    after = on(run)
    assert after.diverged_at.tolist() == [HELD - 2, -1, HELD + 4]
    for other in (run, Run(scenario, SEEDS)):
        other.restore(held)
        assert other.alive.tolist() == [1, 2]
        assert same(on(other), after)
    # And back to when all were there.
    fresh = Run(scenario, SEEDS)
    start = fresh.state()
    run.restore(start)
    assert same(run.snapshot(), fresh.snapshot())


def test_when_all_seeds_have_ended_a_state_still_is_one(small: Make) -> None:
    run = Run(small(**CASES["adam"]), SEEDS)
    run.play_to(HELD)
    for seed in range(3):
        breaks(run, seed)
    run.play_to(END)
    held, after = run.state(), run.snapshot()
    other = Run(run.scenario, SEEDS)
    other.restore(held)
    assert same(other.snapshot(), after)
    other.step()
    assert other.at == END + 1


def test_a_state_of_something_else_is_refused_and_changes_nothing(small: Make) -> None:
    run = Run(small(**CASES["adam"]), SEEDS)
    run.play_to(3)
    before = run.snapshot()
    wider = Run(small(generator={"hidden": [9]}), SEEDS)
    for state, words in (
        (Run(run.scenario, [1, 2, 3]).state(), "of seeds"),
        (wider.state(), "its generator has"),
        (Run(small(**CASES["sgd"]), SEEDS).state(), "memories of an optimiser"),
        ({"at": np.array(3)}, "no state of a run"),
    ):
        with pytest.raises(ToylabError, match=words):
            run.restore(state)
        assert run.at == 3 and same(run.snapshot(), before)


# --- changed on the way ---


def changed(small: Make, *changes: dict[str, Any], **options: Any) -> Scenario:
    """A small scenario with changes on the way."""
    return small(**{**game(), **options, "changes": list(changes)})


def until(trace: Trace, step: int) -> int:
    """How many snapshots lie no later than a step."""
    return int(np.searchsorted(trace.steps, step, side="right"))


RECORDED = {"snapshots": END + 1, "samples": 64, "grid": 16}
CHANGES: dict[str, dict[str, Any]] = {
    "steps": {"game": {"generator_steps": 3}},
    "objective": {"game": {"objective": "hinge"}},
    "update": {"game": {"update": {"kind": "unrolled", "steps": 2}}},
    "penalty": {"game": {"penalties": [{"kind": "r1"}]}},
    "noise": {"game": {"penalties": [{"kind": "instance_noise"}]}},
    "rate": {"optimizer": {"discriminator": {"lr": 0.02}}},
    "optimizer": {"optimizer": {"generator": {"kind": "sgd", "lr": 0.1}}},
    "schedule": {"optimizer": {"generator": {"schedule": "step"}}},
    "batch": {"training": {"batch": 8}},
    "target": {"target": {"radius": 1.0}},
    "another target": {"target": {"kind": "two_moons"}},
}


@pytest.mark.parametrize("case", CHANGES)
def test_a_change_is_the_base_up_to_there_and_differs_after(small: Make, case: str) -> None:
    base = record(small(**game(), recording=RECORDED), SEEDS)
    trace = record(changed(small, {"at": HELD, **CHANGES[case]}, recording=RECORDED), SEEDS)
    k = until(base, HELD)
    assert k == HELD + 1 and trace.changes == (HELD,)
    for name in ("samples", "real_logits", "losses", "gradients", "critic"):
        one, other = getattr(base, name), getattr(trace, name)
        assert one[:k].tobytes() == other[:k].tobytes(), name
    # Already the next round, and not when the block of batches has been used up.
    assert base.samples[k].tobytes() != trace.samples[k].tobytes()


@pytest.mark.parametrize("case", ["alternating", "replay", "average", "rmsprop", "training_set"])
def test_a_change_that_changes_nothing_is_the_base_to_the_end(small: Make, case: str) -> None:
    options = {**CASES[case], "recording": RECORDED}
    base = record(small(**options), SEEDS)
    same_again = {"at": 7, "training": {"batch": 16}, "target": {"kind": "ring"}}
    trace = record(small(**options, changes=[same_again, {"at": HELD}]), SEEDS)
    for name in ("samples", "logits", "losses", "gradients", "pushes", "critic", "lattice"):
        assert getattr(base, name).tobytes() == getattr(trace, name).tobytes(), name


def test_changes_lie_over_one_another(small: Make) -> None:
    """Two changes are what one would be that came when the second does, and says both."""
    first, second = {"game": {"generator_steps": 2}}, {"optimizer": {"generator": {"lr": 0.01}}}
    scenario = changed(small, {"at": 3, **first}, {"at": 6, **second})
    assert scenario.section(2) is scenario
    assert scenario.section(3).game.generator_steps == 2
    together = small(
        **game(**first, optimizer={"generator": {"kind": "adam", "lr": 0.01}}),
    )
    assert scenario.section(END).settings == together.settings
    run = Run(scenario, SEEDS)
    run.play_to(6)
    held = run.state()
    run.play_to(END)
    fixed = Run(together, SEEDS)
    fixed.restore(held)
    fixed.play_to(END)
    assert same(run.snapshot(), fixed.snapshot())


def test_a_run_goes_back_before_its_change_and_over_it_again(small: Make) -> None:
    scenario = changed(
        small, {"at": 20, "game": {"objective": "saturating", "update": "optimistic"}}
    )
    run = Run(scenario, SEEDS)
    run.play_to(15)
    held = run.state()
    run.play_to(20)
    edge, at_edge = run.snapshot(), run.state()
    run.play_to(END)
    after = run.snapshot()
    for state in (held, at_edge):
        run.restore(state)
        run.play_to(20)
        assert same(run.snapshot(), edge)
        run.play_to(END)
        assert same(run.snapshot(), after)


def test_a_new_target_is_in_the_next_batch(small: Make) -> None:
    """Far from the old one: not a point of a batch is of that."""
    far = {"kind": "mixture", "means": [[50.0, 50.0]], "spreads": [0.1]}
    run = Run(small(**game()), SEEDS)
    run.play_to(3)
    run.adopt(small(**game(), target=far))
    seen: list[torch.Tensor] = []
    draw = run.game.draw

    def watched(**how: Any) -> Any:
        batch = draw(**how)
        seen.extend([batch.real] if batch.real is not None else [])
        return batch

    run.game.draw = watched  # type: ignore[method-assign]
    run.step()
    assert seen and all(float(x.min()) > 49 for x in seen)


def test_a_new_batch_is_the_next_one(small: Make) -> None:
    run = Run(small(**game()), SEEDS)
    run.play_to(3)
    run.adopt(small(training={"steps": END, "batch": 5}))
    run.step()
    assert run.game.batches.real().shape == (3, 5, 2)
    assert run.game.batches.latents().shape == (3, 5, 2)


def test_what_an_optimiser_remembers_stays_unless_its_kind_changes(small: Make) -> None:
    run, as_before = (Run(small(**CASES["adam"]), SEEDS) for _ in range(2))
    for one in (run, as_before):
        one.play_to(5)
    run.adopt(small(**_both({"kind": "adam", "lr": 1e-9})))
    for one in (run, as_before):
        one.step()
    # D moves first: its gradient is that of the run in which nothing changed, and so are both moments.
    ours, theirs = (one.game.discriminator.arrays()["optimizer"] for one in (run, as_before))
    assert [*ours] == ["0", "1", "2"] and ours["2"] == 6.0
    assert all(np.array_equal(ours[key], theirs[key]) for key in ours)
    assert not torch.equal(
        run.game.discriminator.parameters, as_before.game.discriminator.parameters
    )
    run.adopt(small(**_both({"kind": "sgd", "lr": 1e-9})))
    run.step()
    assert len(run.game.generator.state) == 1


def test_a_schedule_keeps_its_clock(small: Make) -> None:
    """A rate that falls in a line stands, after a change half way, where it would have stood."""
    falling = {"optimizer": {"generator": {"kind": "adam", "schedule": "linear"}}}
    run = Run(changed(small, {"at": 10, **falling}), SEEDS)
    run.play_to(11)
    assert run.game.generator.scale == pytest.approx(1 - 10 / END)


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"generator": {"hidden": [9]}}, "generator.hidden needs a new start"),
        ({"generator": {"latent": 3}}, "generator.latent needs a new start"),
        ({"discriminator": {"activation": "tanh"}}, "discriminator.activation needs a new start"),
        ({"training": {"points": 16}}, "training.points needs a new start"),
        ({"game": {"penalties": [{"kind": "packing"}]}}, "packing needs a new start"),
        ({"game": {"penalties": [{"kind": "class_label"}]}}, "class_label needs a new start"),
    ],
)
def test_what_needs_a_new_start_is_refused_by_name(
    small: Make, options: dict[str, Any], words: str
) -> None:
    run = Run(small(), SEEDS)
    with pytest.raises(ToylabError, match=words):
        run.adopt(small(**options))
    assert run.scenario == small()


# --- what a trace knows of it ---


def test_each_part_of_a_trace_is_measured_by_its_own_target(small: Make, tmp_path: Any) -> None:
    """The second half of a training on another ring, against a trace of that ring alone."""
    wide = {"target": {"radius": 3.0}}
    trace = record(changed(small, {"at": 20, **wide}, recording=RECORDED), SEEDS)
    trace.save(tmp_path / "t.npz")
    back = Trace.load(tmp_path / "t.npz")
    for one in (trace, back):
        before, after = until(one, 20), len(one.steps)
        assert [len(part.steps) for part in one.parts] == [before, after - before]
        assert np.abs(np.linalg.norm(one.target_of(0).modes, axis=1) - 2).max() < 1e-6
        assert np.abs(np.linalg.norm(one.target_of(after - 1).modes, axis=1) - 3).max() < 1e-6
        quality, distance = (METRICS[m](one) for m in ("high_quality", "sliced_wasserstein"))
        wider = record(small(**game(), **wide, recording=RECORDED), SEEDS)
        assert np.array_equal(one.real_of(after - 1), wider.real)
        for m, curve in (("high_quality", quality), ("sliced_wasserstein", distance)):
            # The same clouds, as if the wider ring had been the target all the time.
            there = Trace(**{**_arrays(wider), "samples": one.samples})
            assert np.array_equal(curve[before:], METRICS[m](there)[before:], equal_nan=True), m
    # Both rings are on the stage.
    assert trace.extent[1] >= 1.3 * 3


def _arrays(trace: Trace) -> dict[str, Any]:
    return {f.name: getattr(trace, f.name) for f in fields(trace)}


def test_a_trace_without_changes_is_written_as_before_there_were_any(
    small: Make, tmp_path: Any
) -> None:
    record(small(), [0]).save(tmp_path / "t.npz")
    with np.load(tmp_path / "t.npz", allow_pickle=False) as file:
        assert not [name for name in file.files if name.startswith("later")]
        assert b"changes" not in file["meta"].tobytes()


def test_a_game_of_two_numbers_has_a_field_in_each_section() -> None:
    """The field of R1 alone, as far as the change brings it: closed forms stand in test_match."""
    sets = ["training.steps=10", "recording.snapshots=11"]
    r1 = 'game.penalties=[{kind="r1", weight=0.5}]'
    trace = record(branched(load("dirac-cycle", sets), 4, [r1]), [0])
    damped, free = (
        record(load("dirac-cycle", [*sets, r1]), [0]),
        record(load("dirac-cycle", sets), [0]),
    )
    assert np.array_equal(trace.field_of(0), free.field)
    assert np.array_equal(trace.field_of(4), free.field)
    assert np.array_equal(trace.field_of(5), damped.field)
    assert not np.array_equal(damped.field, free.field)


# --- branches ---


@pytest.mark.parametrize("at", [1, 10, HELD])
def test_a_branch_is_both_trainings_from_the_start(small: Make, at: int) -> None:
    scenario = small(**game(), recording={**RECORDED, "snapshots": 9})
    changes = ["game.generator_steps=2", "optimizer.generator.lr=0.01"]
    first, second = branch(scenario, at, changes, SEEDS, filmed=[0, 2])
    for trace, alone in (
        (first, record(scenario, SEEDS, [0, 2])),
        (second, record(branched(scenario, at, changes), SEEDS, [0, 2])),
    ):
        for name, array in _arrays(alone).items():
            if isinstance(array, np.ndarray):
                assert getattr(trace, name).tobytes() == array.tobytes(), name
        assert trace.settings_text == alone.settings_text


def test_a_branch_of_many_seeds_in_parts(small: Make) -> None:
    """As many seeds as are trained in two parts."""
    scenario = small(training={"steps": 6, "batch": 16}, generator={"hidden": [64, 64]})
    many = range(20)
    first, second = branch(scenario, 3, ["game.generator_steps=2"], many, filmed=[12, 1])
    for trace, alone in (
        (first, scenario),
        (second, branched(scenario, 3, ["game.generator_steps=2"])),
    ):
        there = record(alone, many, [12, 1])
        assert trace.samples.tobytes() == there.samples.tobytes()
        assert trace.logits.tobytes() == there.logits.tobytes()


def test_a_branch_lies_among_the_changes_that_there_are(small: Make) -> None:
    scenario = changed(small, {"at": 10, "game": {"generator_steps": 2}})
    other = branched(scenario, 5, ["game.discriminator_steps=3"])
    assert [at for at, _ in other.sections] == [0, 5, 10]
    assert other.section(10).game.discriminator_steps == 3
    again = branched(scenario, 10, ["game.penalties=[{kind='r1'}]"])
    assert [at for at, _ in again.sections] == [0, 10]
    assert (
        again.section(10).game.generator_steps == 2 and len(again.section(10).game.penalties) == 1
    )
    weighed = branched(again, 12, ["game.penalties[0].weight=3.0"])
    assert weighed.section(12).game.penalties[0].options["weight"] == 3.0


def test_a_scenario_without_changes_keeps_its_fingerprint(small: Make) -> None:
    plain = small()
    assert "changes" not in plain.settings and "changes" not in plain.text
    assert fingerprint(small(changes=[]).settings) == fingerprint(plain.settings)
    assert fingerprint(changed(small, {"at": 3}).settings) != fingerprint(small(**game()).settings)


def _watched(run: Run, play: Callable[[Run], None]) -> list[Snapshot]:
    return list(chain([run.snapshot()], (play(run) or run.snapshot() for _ in range(2))))


def test_step_by_step_is_the_same_as_all_at_once(small: Make) -> None:
    scenario = small(**game())
    one, other = Run(scenario, SEEDS), Run(scenario, SEEDS)
    by_step = _watched(one, Run.step)
    at_once = _watched(other, lambda run: run.play_to(run.at + 1))
    assert all(same(a, b) for a, b in zip(by_step, at_once, strict=True))


# --- as users meet it ---

CURED = """
title = "Cured"
lesson = "A change on the way."
target = { kind = "ring" }
generator = { hidden = [8] }
discriminator = { hidden = [8] }
game.generator_steps = 4
training = { steps = 9, batch = 16 }
recording = { snapshots = 10, samples = 64, grid = 16 }

[[changes]]
at = 4
game.generator_steps = 1

[[claims]]
text = "Some points are good"
metric = "high_quality"
window = ["change", 1.0]
reduce = "last"
relation = ">="
threshold = 0.0
"""


@pytest.fixture
def here(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A folder of one's own, with a scenario that changes on the way."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "cured.toml").write_text(CURED, encoding="utf-8")
    return tmp_path


def test_a_scenario_with_a_change_goes_through_every_command(here: Any) -> None:
    shown = printed("show", "cured.toml")
    assert "Changes at step 4:\n  game.generator_steps: 4 -> 1\n" in shown
    assert "at = 4" in shown and "mean" not in shown.split("Settings")[0]
    assert "last of high_quality over change..1 of training" in shown
    assert toylab("run", "cured.toml", "-o", "cured.gif", "-o", "cured.html", "--to", ".")[0] == 0
    trace = Trace.load("cured.npz")
    assert trace.changes == (4,)
    (here / "again.toml").write_text(printed("inspect", "cured.gif"), encoding="utf-8")
    assert toylab("train", "again.toml", "-o", "again.npz")[0] == 0
    assert Trace.load("again.npz").samples.tobytes() == trace.samples.tobytes()
    assert "cured" in printed("check", "cured.toml", "--seeds", "2")


def test_set_reaches_into_a_change_and_takes_it_out(here: Any) -> None:
    assert load("cured.toml", ["changes[0].at=6"]).changes[0].at == 6
    more = load("cured.toml", ["changes[0].game.generator_steps=2"])
    assert more.section(4).game.generator_steps == 2
    # A claim that begins at a change has then lost its beginning.
    with pytest.raises(ToylabError, match=r'claims\[0\]\.window: there is no "change"'):
        load("cured.toml", ["changes=[]"])
    without = load("cured.toml", ["changes=[]", "claims=[]"])
    assert not without.changes and len(without.sections) == 1
    with pytest.raises(ToylabError, match=r"--set changes\[0\]\.at=9: .*before the end of 9 steps"):
        load("cured.toml", ["changes[0].at=9"])


def test_a_training_made_shorter_has_only_the_changes_that_it_reaches(here: Any) -> None:
    """And not the claims that speak of the others: the first rounds of a cure are its failure."""
    short = load("cured.toml", ["training.steps=4"])
    assert not short.changes and not short.claims and "changes" not in short.settings
    assert load("cured.toml", ["training.steps=5"]).claims == load("cured.toml").claims
    (here / "two.toml").write_text(
        CURED
        + '[[changes]]\nat = 7\ngame.objective = "hinge"\n'
        + '[[claims]]\ntext = "Later"\nmetric = "high_quality"\nwindow = ["change 2", 1.0]\n'
        + 'relation = ">="\nthreshold = 0.0\n',
        encoding="utf-8",
    )
    cut = load("two.toml", ["training.steps=6"])
    assert [change.at for change in cut.changes] == [4]
    assert [claim.text for claim in cut.claims] == ["Some points are good"]
    # What is typed is meant, and what stands in a file is checked as it stands.
    with pytest.raises(ToylabError, match="before the end of 6 steps"):
        load("two.toml", ["training.steps=6", "changes[0].at=5"])
    (here / "two.toml").write_text(CURED.replace("at = 4", "at = 40"), encoding="utf-8")
    with pytest.raises(ToylabError, match="before the end of 9 steps, got 40"):
        load("two.toml")


def test_all_mistakes_of_all_changes_are_told_with_their_place(here: Any) -> None:
    later = (
        '[[changes]]\nat = 4\ngame.objective = "hing"\n[[changes]]\nat = 7\nrecording.grid = 8\n'
    )
    (here / "bad.toml").write_text(CURED.replace("= 16 }", "= 0 }", 1) + later, encoding="utf-8")
    with pytest.raises(ToylabError) as error:
        load("bad.toml")
    assert "training.batch: must be greater" in str(error.value)
    assert "changes[2]: recording does not change on the way" in str(error.value)
    (here / "bad.toml").write_text(CURED + later.replace("recording.grid", "training.batch"))
    with pytest.raises(ToylabError) as error:
        load("bad.toml")
    assert "changes[1].at: must come after the change at 4, got 4" in str(error.value)
    assert 'changes[1].game.objective "hing" is unknown' in str(error.value)


def test_two_futures_are_filmed_from_one_command(here: Any) -> None:
    code, said = toylab(
        *(
            "run",
            "cured.toml",
            "--branch",
            "6",
            "game.objective=hinge",
            "optimizer.generator.lr=0.01",
        ),
        *("--seed", "2", "--to", "out"),
    )
    assert code == 0, said
    first, second = (Trace.load(f"out/{name}.npz") for name in ("cured", "cured-branch-6"))
    assert first.changes == (4,) and second.changes == (4, 6)
    assert first.seeds.tolist() == second.seeds.tolist() == [2]
    assert first.samples[:7].tobytes() == second.samples[:7].tobytes()
    assert first.samples[7].tobytes() != second.samples[7].tobytes()
    assert (here / "out" / "cured-branch-6.gif").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--branch", "6"], "--branch takes one scenario, a step, and what changes"),
        (["--branch", "6", "a.b=1", "other"], "--branch takes one scenario"),
        (["--branch", "60", "game.objective=hinge"], "--branch 60: changes[1].at: must be before"),
        (["--branch", "6", "game.objective=hing"], 'did you mean "hinge"'),
        (["--branch", "6", "generator.latent=3"], "generator needs a new start"),
        (["--branch", "6", "game.objective=hinge", "--seeds", "2"], "give --seed, not --seeds"),
    ],
)
def test_a_branch_that_cannot_be_is_refused(here: Any, words: list[str], told: str) -> None:
    code, said = toylab("run", "cured.toml", *words)
    assert code == 2 and told in said and "Traceback" not in said
    assert not list(here.glob("renders/*"))


def test_a_foreign_trace_whose_changes_are_none_is_refused(here: Any) -> None:
    trace = record(load("cured.toml"), [0])
    for text in (
        trace.settings_text.replace("at = 4", "at = 0"),
        trace.settings_text.replace("at = 4", 'at = "x"'),
        trace.settings_text.replace("at = 4", "to = 4"),
        re.sub(r"changes = \[.*?\n\]", "changes = []", trace.settings_text, flags=re.S),
    ):
        assert text != trace.settings_text
        replace(trace, settings_text=text).save("bad.npz")
        with pytest.raises(ToylabError, match="not a readable trace"):
            Trace.load("bad.npz")


def test_published_counts_are_of_the_scenarios_that_there_are() -> None:
    """By fingerprint: none has moved since it was counted."""
    table = json.loads(Path("renders/claims.json").read_text(encoding="utf-8"))
    for name, rows in groupby(table["claims"], key=lambda row: row["scenario"]):
        assert {row["played"] for row in rows} == {fingerprint(load(name).settings)}, name
