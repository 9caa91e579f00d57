"""The films of a sweep in one picture, and the picture of its metric."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from games import SMALL, small_toml
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from pictures import boxes_of, check_apart, texts_of
from PIL import Image

from toylab.base.errors import ToylabError
from toylab.base.settings import AS_IT_IS, EACH
from toylab.claims.sweep import plan
from toylab.claims.workers import Workers
from toylab.cli.look import Look
from toylab.cli.sweep_outputs import Outputs, run_sweep
from toylab.film.diagram import Axis, Place, check_words, counted, draw_map
from toylab.film.product import product
from toylab.film.style import LABEL, THEMES
from toylab.film.words import WORDS
from toylab.film.writers import provenance_of
from toylab.scenario.scenario import Scenario, check
from toylab.show.cinema import Projection
from toylab.trace import Trace
from toylab.training.run import record

Make = Callable[..., Scenario]

STEPS: Axis = ("game.discriminator_steps", ("1", "2", "5", "20"))
BATCH: Axis = ("training.batch", ("8", "12", "16", "24"))


@pytest.fixture(scope="module")
def trace() -> Trace:
    return record(check(SMALL, name="small"), [0])


def made(trace: Trace, *axes: Axis, holes: tuple[Place, ...] = ()) -> Projection:
    points = list(itertools.product(*(values for _, values in axes)))
    runs = {point: [k / 2, k / 3, float("nan")] for k, point in enumerate(points)}
    shown = {p: trace for p in points if p not in holes}
    return Projection(product(shown, axes, runs, "modes_hit", None), "light", "en", "slide", None)


def test_a_sweeps_words_tell_what_they_show_and_what_has_no_number() -> None:
    two = {("1",): [1.0, 2.0], ("2",): [3.0, float("nan")]}
    en, zh = WORDS["en"], WORDS["zh"]
    assert counted({("1",): [1.0, 2.0]}, en, en.strips) == (
        "mean of 2 seeds; strips: each seed, lowest first"
    )
    assert counted({("1",): [1.0]}, en, en.dots) == "one seed"
    assert counted(two, en, en.dots).endswith("dots: each seed; 1 of 4 failed")
    assert counted(two, zh, zh.dots) == "2 个种子的均值；小点：各个种子；4 次中有 1 次失败"
    with pytest.raises(ToylabError, match="No font here has"):
        check_words(["fine", "\U00013000"])


@pytest.mark.parametrize("n", [(1, 1), (4, 4), (4, 1), (1,), (16,)], ids=str)
def test_a_product_is_its_full_redraw_and_no_words_touch(n: tuple[int, ...], trace: Trace) -> None:
    values = tuple(str(10**k) for k in range(16))
    axes = [("game.discriminator_steps", values), ("optimizer.discriminator.lr", values)]
    film = made(trace, *((path, values[:m]) for (path, _), m in zip(axes, n, strict=False)))
    for frame in (len(film) - 1, 0):
        assert np.array_equal(film.draw(frame), film.redraw(frame)), frame
    assert all(float(text.get_fontsize()) >= LABEL for text in texts_of(film))
    for words, box in boxes_of(film):
        assert box.x0 >= 0 and box.x1 <= 1280 and box.y0 >= 0 and box.y1 <= 720, words
    check_apart(film)


def test_a_film_of_changes_made_alone_says_so_in_each_language(trace: Trace) -> None:
    film = made(trace, (EACH, (AS_IT_IS, "wide")))
    zh = Projection(film.script, "light", "zh", "slide", None)
    for one, words in ((film, ("as it is", "one change each")), (zh, ("原样", "每幅只改一样"))):
        shown = [text.get_text() for text in texts_of(one)]
        assert all(any(word in text for text in shown) for word in (*words, "wide")), shown


def test_stages_stand_where_their_settings_are(trace: Trace) -> None:
    film = made(trace, STEPS, BATCH)
    points = itertools.product(STEPS[1], BATCH[1])
    at = dict(zip(points, film.script.places(film.layout, 1)[0], strict=True))
    assert at["1", "8"][0] < at["2", "8"][0] and at["1", "8"][1] == at["2", "8"][1]
    assert at["1", "8"][1] < at["1", "12"][1] and at["1", "8"][0] == at["1", "12"][0]


def test_a_combination_that_failed_is_a_hole_that_says_so(trace: Trace) -> None:
    film = made(trace, STEPS, BATCH, holes=(("2", "12"),))
    assert len(film.stages) == 15
    assert [text.get_text() for text in film._figure.texts].count("failed") == 1
    with pytest.raises(ToylabError, match="nothing to film"):
        product({}, [STEPS], {("1",): [1.0]}, "modes_hit", None)


def test_words_of_a_seed_that_diverged_stay_on_a_small_stage(small: Make) -> None:
    sgd = {"kind": "sgd", "lr": 1e6}
    ended = record(small(optimizer={"generator": sgd, "discriminator": sgd}), [0])
    assert ended.diverged_at[0] > 0
    film = made(ended, STEPS, BATCH)
    film.draw(len(film) - 1)
    stage = film.stages[0]
    assert "diverged" in stage._ended.get_text()
    box, axes = stage._ended.get_window_extent(), stage._ended.axes
    assert axes is not None
    room = axes.get_window_extent()
    assert room.x0 < box.x0 and box.x1 < room.x1


def test_a_cell_has_its_seeds_in_order_and_each_takes_its_share() -> None:
    figure = Figure(figsize=(1280 / 96, 720 / 96), dpi=96)
    FigureCanvasAgg(figure)
    look = THEMES["light"]
    numbers = [8.0, 0.0, float("nan"), 0.0]
    ax = draw_map(
        figure,
        (100, 100, 300, 300),
        [("a", ("1",)), ("b", ("2",))],
        {("1", "2"): numbers},
        (0.0, 8.0),
        look,
        WORDS["en"],
    )
    whole, *pieces, frame = [patch for patch in ax.patches if isinstance(patch, Rectangle)]
    assert [text.get_text() for text in ax.texts] == ["2.67"]
    shares = [piece.get_width() / frame.get_width() for piece in pieces]
    assert shares == pytest.approx([2 / 4, 1 / 4, 1 / 4])
    lowest, highest, none = (piece.get_facecolor()[:3] for piece in pieces)
    assert none == pytest.approx(to_rgb(look.grid))
    # viridis: dark violet to yellow.
    assert lowest == pytest.approx((0.267, 0.005, 0.329), abs=1e-3)
    assert highest == pytest.approx((0.993, 0.906, 0.144), abs=1e-3)
    assert whole.get_facecolor()[:3] not in (lowest, highest, none)


def test_a_sweep_films_what_it_measured(
    scenario_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = str(scenario_file("small", small_toml()))
    wanted = plan(
        file, ["game.generator_steps=1,2", "training.batch=8,9"], ["modes_hit"], [5, 6], filmed=True
    )
    shown: list[Any] = []
    monkeypatch.setattr(
        "toylab.cli.sweep_outputs.product",
        lambda *given: (shown.append(given[0]), product(*given))[1],
    )
    names = [str(tmp_path / f"x{ending}") for ending in (".gif", ".png", ".svg", ".pdf")]
    outputs = Outputs.of(names)
    rows, written = run_sweep(
        wanted, Workers(1), outputs, Look(), tmp_path / "cache", "toylab sweep ..."
    )
    assert len(rows) == 8 and all(name in written for name in names)
    # The first is the rehearsal.
    brief, traces = shown
    assert {int(trace.steps[-1]) for trace in brief.values()} == {1}
    for (values, scenario), (point, trace) in zip(wanted.scenarios, traces.items(), strict=True):
        # Both seeds were trained together; the film has the first one's numbers from there.
        again = record(scenario, [5, 6], [0])
        assert point == values and trace.seeds.tolist() == [5]
        assert np.array_equal(trace.samples, again.samples[:, :1])
        assert np.array_equal(trace.logits, again.logits)
    with Image.open(tmp_path / "x.gif") as film:
        assert film.size == (1280, 720) and getattr(film, "n_frames", 1) > 1
    for name in names[1:]:
        told = provenance_of(Path(name))
        assert told["seeds"] == "5 to 6" and told["film_command"] == "toylab sweep ..."
        before = Path(name).read_bytes()
        run_sweep(
            wanted, Workers(1), Outputs.of([name]), Look(), tmp_path / "cache", "toylab sweep ..."
        )
        assert Path(name).read_bytes() == before


@pytest.mark.parametrize(
    ("names", "over", "words"),
    [
        (["x.gif"], [(STEPS[0], tuple("12345")), BATCH], "two of up to 4; got 5 x 4"),
        (["x.gif"], [STEPS, BATCH, STEPS], "got 4 x 4 x 4"),
        (["x.html"], [(STEPS[0], tuple(map(str, range(17))))], "up to 16 values"),
        (["x.png"], [STEPS] * 4, "one to three --over"),
    ],
)
def test_what_a_picture_cannot_show_is_said_before_any_training(
    names: list[str], over: list[Axis], words: str
) -> None:
    with pytest.raises(ToylabError, match=words):
        Outputs.of(names).check(over)


@pytest.mark.parametrize(
    ("names", "words"),
    [(["x.foo"], "ending"), (["x"], "ending"), (["x.csv", "x.csv"], "twice")],
)
def test_outputs_that_are_none_are_said(names: list[str], words: str) -> None:
    with pytest.raises(ToylabError, match=words):
        Outputs.of(names)
