"""Runs that go to infinity, and results that do not depend on how they were asked for."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commands import ran
from games import small_toml
from PIL import Image

from toylab import Film, record
from toylab.film.layers import LAYERS
from toylab.metrics import METRICS
from toylab.scenario.scenario import Scenario
from toylab.trace import Trace

Make = Callable[..., Scenario]
CLAIM = """
[[claims]]
text = "The cloud is somewhere"
metric = "sliced_wasserstein"
relation = ">="
threshold = 0.0
"""
# The rates that a slip of the finger gives, and one beyond every float.
BLOW_UPS = {
    "sgd 1e6": {"kind": "sgd", "lr": 1e6},
    "sgd 1e9": {"kind": "sgd", "lr": 1e9},
    "adam 1e6": {"kind": "adam", "lr": 1e6},
    "adam 1e9": {"kind": "adam", "lr": 1e9},
    "rmsprop 1e6": {"kind": "rmsprop", "lr": 1e6},
}


def toylab(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return ran(["-m", "toylab", *words], folder, seconds=300)


@pytest.mark.parametrize("rates", BLOW_UPS)
@pytest.mark.parametrize("objective", ["saturating", "least_squares", "wasserstein", "hinge"])
def test_a_rate_of_a_million_is_filmed_and_measured_without_a_word(
    rates: str, objective: str, small: Make
) -> None:
    blow_up = {"generator": BLOW_UPS[rates], "discriminator": BLOW_UPS[rates]}
    scenario = small(
        optimizer=blow_up,
        game={"objective": objective},
        training={"steps": 40, "batch": 16, "points": 64},
    )
    trace = record(scenario, [0, 1, 2])
    for metric in METRICS.values():
        curve = metric(trace)
        assert curve.shape == (len(trace.steps), 3)
        # What has ended has no value; what goes on has one, or its metric does not speak of it.
        for row in np.flatnonzero(trace.diverged_at >= 0):
            assert np.isnan(curve[trace.steps >= trace.diverged_at[row], row].astype(float)).all()
    film = Film(trace, layers=[name for name in LAYERS if name not in ("phase", "asked")])
    last = film.draw(len(film) - 1)
    assert last.shape == (720, 1280, 4)
    # The player's numbers are JSON, which has no word for what is not finite.
    assert "&lt;script" in film._repr_html_()


@pytest.mark.parametrize("discriminator", ["linear", "quadratic"])
def test_players_that_start_as_far_out_as_they_may_are_filmed(
    discriminator: str, small: Make
) -> None:
    objective = "fake_value" if discriminator == "quadratic" else "saturating"
    scenario = small(
        target={"kind": "dirac"},
        generator={"kind": "point", "start": (1e4, -1e4)},
        discriminator={"kind": discriminator, "start": (-1e4, 1e4)},
        game={"objective": objective},
    )
    film = Film(record(scenario, [0]))
    assert film.draw(len(film) - 1).shape == (720, 1280, 4)


@pytest.mark.slow
def test_when_every_seed_diverges_film_and_table_say_so_and_exit_codes_stay_right(
    tmp_path: Path,
) -> None:
    body = "title = 'Away'\nlesson = 'All goes to infinity.'\n"
    body += small_toml(training={"steps": 50}, recording={"snapshots": 26, "grid": 16}) + CLAIM
    (tmp_path / "away.toml").write_text(body)
    rates = ["--set", "optimizer.generator={kind='sgd', lr=1e9}"]
    rates += ["--set", "optimizer.discriminator={kind='sgd', lr=1e9}"]
    done = toylab(tmp_path, "run", "away.toml", *rates, "-o", "x.gif", "-o", "x.html")
    assert done.returncode == 0, done.stderr
    with Image.open(tmp_path / "x.gif") as film:
        assert film.size == (1280, 720)
    trace = Trace.load(tmp_path / "renders" / "away.npz")
    assert (trace.diverged_at >= 0).all()
    # A check reads files: the rates stand in one.
    (tmp_path / "gone.toml").write_text(
        "extends = 'away'\ntitle = 'Gone'\nlesson = 'Gone.'\n[optimizer]\n"
        "generator = { kind = 'sgd', lr = 1e9 }\ndiscriminator = { kind = 'sgd', lr = 1e9 }\n"
        + CLAIM
    )
    done = toylab(tmp_path, "check", "./gone.toml", "--seeds", "8", "-o", "x.json", "-o", "x.md")
    assert done.returncode == 1, done.stderr
    told = json.loads((tmp_path / "x.json").read_text())
    assert told["claims"][0]["hits"] == 0 and told["claims"][0]["numbers"] == [None] * 8
    assert "0 of 8" in (tmp_path / "x.md").read_text()


@pytest.mark.slow
def test_the_order_of_scenarios_and_the_workers_change_no_number(tmp_path: Path) -> None:
    for name, batch in (("one", 16), ("two", 8)):
        (tmp_path / f"{name}.toml").write_text(
            f"title = '{name}'\nlesson = '.'\n" + small_toml(training={"batch": batch}) + CLAIM
        )
    tables = []
    for k, words in enumerate((["one", "two"], ["two", "one"], ["one", "two", "--jobs", "1"])):
        folder = tmp_path / str(k)
        folder.mkdir()
        files = [f"../{w}.toml" if w in ("one", "two") else w for w in words]
        done = toylab(folder, "check", *files, "--seeds", "20", "-o", "x.json")
        assert done.returncode == 0, done.stderr
        claims = json.loads((folder / "x.json").read_text())["claims"]
        tables.append({row["scenario"]: row for row in claims})
    assert tables[0] == tables[1] == tables[2]
