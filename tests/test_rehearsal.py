"""What a film cannot show is said before anything is trained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from commands import toylab
from games import small_toml

from toylab.base.errors import ToylabError
from toylab.cli import rehearsal
from toylab.cli.look import Look
from toylab.cli.rehearsal import found, rehearse, shared_seed
from toylab.scenario.scenario import Scenario
from toylab.training import run as training
from toylab.training.run import record

Make = Callable[..., Scenario]
Write = Callable[..., Path]


@pytest.fixture
def rounds(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Rounds of every training that is begun."""
    begun: list[int] = []
    real = training.Run

    def counted(scenario: Scenario, *rest: Any) -> Any:
        begun.append(scenario.training.steps)
        return real(scenario, *rest)

    monkeypatch.setattr(training, "Run", counted)
    return begun


# What each command is asked to show, and why it cannot.
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["run", "{a}", "--layers", "lattice"], "lattice needs a latent of two numbers"),
        (["run", "{a}", "--layers", "phase"], "phase needs an exactly solvable game"),
        (["run", "{odd}"], "No font here has"),
        (["compare", "{a}", "{odd}", "-o", "x.gif"], "No font here has"),
        (["compare", "{a}", "{far}", "-o", "x.gif"], "other squares of the plane"),
        (["slides", "{a}", "{odd}", "-o", "x.pptx"], "No font here has"),
        (["slides", "{a}", "-o", "x.pptx", "--layers", "phase"], "phase needs"),
        (["sweep", "{a}", "--over", "generator.latent=2,3", "--metric", "c2st", "-o", "x.gif",
          "--layers", "lattice"], "lattice needs a latent"),
    ],
)  # fmt: skip
def test_a_film_that_cannot_be_is_refused_before_training(
    words: list[str],
    said: str,
    rounds: list[int],
    scenario_file: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    body = small_toml(generator={"latent": 3})
    files = {
        "a": scenario_file("a", body),
        "far": scenario_file("far", small_toml(target={"kind": "ring", "radius": 9.0})),
        "odd": scenario_file("odd", body),
    }
    odd = files["odd"].read_text(encoding="utf-8").replace('title = "', 'title = "\U00013000 ', 1)
    files["odd"].write_text(odd, encoding="utf-8")
    code, told = toylab(*(word.format(**files) for word in words))
    assert code == 2 and said in told and len(told.splitlines()) <= 3, told
    # Of what was trained nothing lasted longer than a round.
    assert set(rounds) <= {1}


def test_a_rehearsal_shows_every_game_as_it_will_be_shown(small: Make) -> None:
    seen: list[tuple[int, list[int]]] = []
    trace = record(small(training={"batch": 9}), [3])
    games = [small(), trace]
    rehearse(
        games, [3], lambda traces: seen.extend((len(t.steps), t.seeds.tolist()) for t in traces)
    )
    assert seen == [(2, [3]), (3, [3])]


def test_a_comparison_with_a_trace_is_trained_on_the_traces_seed(small: Make) -> None:
    many = record(small(), range(4), filmed=(2, 3))
    assert shared_seed([small(), many], None) == 2
    assert shared_seed([many, small()], 3) == 3
    assert shared_seed([small(film={"seed": 5}), small()], None) == 5
    with pytest.raises(ToylabError, match="Seed 1 was trained but not filmed"):
        shared_seed([many, small()], 1)


def test_a_comparison_shows_the_seed_that_was_asked_for(small: Make) -> None:
    pair = [record(small(training={"batch": b}), range(3), filmed=range(3)) for b in (8, 9)]
    film: Any = Look().film(pair, 2, None)
    assert [cell.seed for cell in film.script.cells] == [2, 2]
    # Two games on two seeds differ in their luck as well, and say so.
    odd = [record(small(training={"batch": b}), [seed]) for b, seed in ((8, 0), (9, 1))]
    film = Look().film(odd, None, None)
    assert [cell.title["en"].rsplit(" · ", 1)[-1] for cell in film.script.cells] == [
        "seed 0",
        "seed 1",
    ]


def test_a_trace_cannot_be_changed(small: Make, tmp_path: Path) -> None:
    path = tmp_path / "t.npz"
    record(small(), [0]).save(path)
    with pytest.raises(ToylabError, match="has been trained already"):
        found(str(path), ["training.steps=9"])
    assert rehearsal.found(str(path)).name == "small"
