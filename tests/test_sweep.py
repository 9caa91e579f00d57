from __future__ import annotations

import csv
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest
from commands import toylab
from games import small_toml
from PIL import Image
from typer.testing import CliRunner

from toylab.base import faults
from toylab.base.errors import ToylabError
from toylab.claims import sweep
from toylab.claims.sweep import parsed_axis, parsed_change, plan, rows
from toylab.claims.workers import Workers
from toylab.cli.commands import app
from toylab.film.style import THEMES
from toylab.metrics import METRICS
from toylab.scenario.scenario import load
from toylab.training.run import record


@pytest.fixture
def small_file(scenario_file: Callable[..., Path]) -> str:
    body = small_toml(training={"steps": 20}, recording={"snapshots": 11, "grid": 8})
    return str(scenario_file("small", body))


def test_an_axis_is_read_with_its_lists() -> None:
    assert parsed_axis("game.generator_steps=1,2, 5").values == ("1", "2", "5")
    assert parsed_axis("generator.hidden=[8,8],[16]").values == ("[8,8]", "[16]")
    nested = "target.means=[[0,0],[1,1]],[[0,0],[2,2]]"
    assert parsed_axis(nested).values == ("[[0,0],[1,1]]", "[[0,0],[2,2]]")
    told = """game.penalties=[{kind="r1"}, {kind="r2"}],[],'a,b'"""
    assert parsed_axis(told).values == ('[{kind="r1"}, {kind="r2"}]', "[]", "'a,b'")
    # What is broken stays as it was written, for whoever tells of the mistake.
    assert parsed_axis("training.batch=64,128]").values == ("64", "128]")
    for text in ("game.generator_steps", "=1,2", "x="):
        with pytest.raises(ToylabError, match="is no axis"):
            parsed_axis(text)


def test_a_change_is_read_with_its_name() -> None:
    assert parsed_change("training.batch=8") == ("training.batch=8", ["training.batch=8"])
    assert parsed_change("small: training.batch=8; generator.hidden=[8,8]") == (
        "small",
        ["training.batch=8", "generator.hidden=[8,8]"],
    )
    # A colon or a semicolon inside a value is its own.
    assert parsed_change('film.layers=["a:b;c"]') == (
        'film.layers=["a:b;c"]',
        ['film.layers=["a:b;c"]'],
    )
    assert parsed_change("a=1;b=2") == ("a=1; b=2", ["a=1", "b=2"])
    for text in ("", "x", "name:", "name: ;"):
        with pytest.raises(ToylabError, match="is no change"):
            parsed_change(text)


EACH = ["wide: training.batch=16", "training.steps=10; generator.hidden=[8]"]


def test_each_change_is_made_alone_and_beside_none(small_file: str, tmp_path: Path) -> None:
    chosen = plan(small_file, [], ["c2st"], [0, 1], each=EACH)
    assert [values for values, _ in chosen.scenarios] == [
        ("as it is",),
        ("wide",),
        ("training.steps=10; generator.hidden=[8]",),
    ]
    found = [row for part in rows(chosen, Workers(1), tmp_path) for row in part]
    for number, changes in enumerate(([], ["training.batch=16"], EACH[1].split("; "))):
        alone = METRICS["c2st"](record(load(small_file, changes), [0, 1]))
        last = alone[int(np.ceil(0.9 * (len(alone) - 1))) :]
        mine = [row.numbers[0] for row in found[2 * number : 2 * number + 2]]
        np.testing.assert_allclose(mine, last.mean(0))


def test_changes_made_one_at_a_time_are_a_table_and_a_picture(
    small_file: str, tmp_path: Path
) -> None:
    csv_, png = str(tmp_path / "x.csv"), str(tmp_path / "x.png")
    each = [word for one in EACH for word in ("--each", one)]
    asked = ["--metric", "c2st", "--seeds", "2", "--jobs", "1", "-o", csv_, "-o", png]
    assert toylab("sweep", small_file, *each, *asked)[0] == 0
    with open(csv_, newline="") as file:
        table = list(csv.DictReader(file))
    assert [row["change"] for row in table] == [
        name for name in ("as it is", "wide", EACH[1]) for _ in range(2)
    ]
    pixels = np.asarray(Image.open(png).convert("RGB"), int)
    blue = np.array([int(THEMES["light"].curves[0][i : i + 2], 16) for i in (1, 3, 5)])
    ys = np.unique(np.nonzero(np.abs(pixels - blue).sum(-1) < 30)[0])
    # Three means, one in each row.
    assert (np.diff(ys) > 20).sum() == 2


def test_a_picture_in_chinese_has_no_english_but_what_was_typed(
    small_file: str, tmp_path: Path
) -> None:
    svg = tmp_path / "x.svg"
    asked = ["--metric", "c2st", "--seeds", "2", "--jobs", "1", "--lang", "zh", "--svg-text"]
    each = ["--each", "宽: training.batch=16"]
    assert toylab("sweep", small_file, *each, *asked, "-o", str(svg))[0] == 0
    words = {text.text for text in ElementTree.parse(svg).iter() if text.tag.endswith("}text")}
    assert {"原样", "宽", "最近邻可区分率：2 个种子的均值；小点：各个种子"} <= words
    english = {word for word in words if word and re.search("[A-Za-z]{2}", word)}
    assert english <= {load(small_file).title}, english


@pytest.mark.parametrize(
    ("each", "over", "words"),
    [
        (["a: training.batch=8", "a: training.batch=9"], [], 'names "a" twice'),
        (["as it is: training.batch=8"], [], 'names "as it is" twice'),
        (["training.batch=8"], ["training.batch=9"], "not both"),
        (["training.bach=8"], [], 'did you mean "batch"'),
        (["x: target.kind=two_moons"], [], '--each "x": --metric modes_hit'),
    ],
)
def test_a_mistake_in_a_change_made_alone_is_said_at_once(
    each: list[str], over: list[str], words: str, small_file: str
) -> None:
    with pytest.raises(ToylabError) as caught:
        plan(small_file, over, ["modes_hit"], [0], each=each)
    assert words in str(caught.value)


def test_the_product_is_run_and_each_row_is_what_a_single_training_gives(
    small_file: str, tmp_path: Path
) -> None:
    over = ["game.generator_steps=1,2", "training.batch=16,8"]
    wanted = plan(small_file, over, ["sliced_wasserstein"], [0, 1, 2])
    found = [row for part in rows(wanted, Workers(1), tmp_path) for row in part]
    assert [(row.values, row.seed) for row in found][:4] == [
        (("1", "16"), 0),
        (("1", "16"), 1),
        (("1", "16"), 2),
        (("1", "8"), 0),
    ]
    assert len(found) == 12
    alone = load(small_file, ["game.generator_steps=2", "training.batch=8"])
    curve = METRICS["sliced_wasserstein"](record(alone, [1], []))[:, 0]
    # The last tenth of eleven snapshots: the last two. Batched sums round otherwise than single ones.
    assert found[10].numbers[0] == pytest.approx(curve[-2:].mean(), rel=1e-4)


def test_rows_do_not_depend_on_the_workers(small_file: str, tmp_path: Path) -> None:
    wanted = plan(small_file, ["game.generator_steps=1,2,3"], ["c2st"], range(3))
    one = [row for part in rows(wanted, Workers(1), tmp_path / "one") for row in part]
    two = [row for part in rows(wanted, Workers(2), tmp_path / "two") for row in part]
    assert one == two


def test_a_run_that_fails_is_a_row_and_not_the_end(
    small_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = sweep.measure

    def breaks(task: Any, folder: Path) -> Any:
        if task.settings["game"]["generator_steps"] == 2:
            raise MemoryError("too large")
        return real(task, folder)

    monkeypatch.setattr(sweep, "measure", breaks)
    wanted = plan(small_file, ["game.generator_steps=1,2,3"], ["c2st"], [0])
    found = [row for part in rows(wanted, Workers(1), tmp_path) for row in part]
    assert [row.failure for row in found] == ["", faults.excuse(MemoryError()), ""]
    assert "Out of memory" in found[1].failure
    assert np.isnan(found[1].numbers[0]) and np.isfinite(found[2].numbers[0])


@pytest.mark.parametrize(
    ("over", "metric", "words"),
    [
        (["game.generator_stepz=1,2"], "c2st", 'key "generator_stepz" is unknown'),
        (["game.generator_steps=1,x"], "c2st", "generator_steps"),
        (["game.generator_steps=1"], "c2s", 'did you mean "c2st"'),
        (["game.objective=hinge,saturating"], "fake_score", "gives a value and no probability"),
        ([], "c2st", "at least one --over"),
    ],
)
def test_mistakes_are_said_before_any_training(
    over: list[str], metric: str, words: str, small_file: str
) -> None:
    with pytest.raises(ToylabError) as caught:
        plan(small_file, over, [metric], [0])
    assert words in str(caught.value)


@pytest.mark.parametrize("n", [1, 2, 3])
def test_the_command_writes_a_table_and_a_picture(
    n: int, small_file: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    axes = ["game.generator_steps=1,2", "training.batch=8,16", "generator.latent=1,2"][:n]
    words = [word for axis in axes for word in ("--over", axis)]
    words += ["--metric", "c2st", "--seeds", "2", "--jobs", "1", "-o", "x.png", "-o", "x.csv"]
    code, said = toylab("sweep", small_file, *words)
    assert code == 0, said
    with (tmp_path / "x.csv").open(encoding="utf-8") as file:
        table = list(csv.DictReader(file))
    assert len(table) == 2**n * 2 and table[0]["seed"] == "0"
    assert all(np.isfinite(float(row["c2st"])) for row in table)
    with Image.open(tmp_path / "x.png") as picture:
        assert picture.size == (1280, 720)


def test_a_seed_that_diverges_says_when(small_file: str, tmp_path: Path) -> None:
    sgd = [f'optimizer.{who}={{kind = "sgd", lr = 1e6}}' for who in ("generator", "discriminator")]
    sgd += [
        "game.objective=least_squares"
    ]  # its slope grows with the error, and so does the next step
    wanted = plan(small_file, ["training.batch=8,9"], ["sliced_wasserstein"], [0, 1], sgd)
    found = [row for part in rows(wanted, Workers(1), tmp_path) for row in part]
    for row in found:
        scenario = dict(wanted.scenarios)[row.values]
        step = record(scenario, [0, 1], []).diverged_at[row.seed]
        assert step > 0 and row.failure == f"diverged at step {step}"
        assert np.isnan(row.numbers[0])


def test_what_is_for_films_needs_one(small_file: str) -> None:
    words = ["sweep", small_file, "--over", "training.batch=8", "--metric", "c2st", "-o", "x.csv"]
    for option in (["--fps", "5"], ["--seconds", "2"], ["--layers", "surface"]):
        error = CliRunner().invoke(app, [*words, *option]).exception
        assert isinstance(error, ToylabError) and "-o names none" in str(error)
