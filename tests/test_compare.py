from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pictures import boxes_of, check_apart, texts_of
from typer.testing import CliRunner

from toylab.base.errors import ToylabError
from toylab.cli.commands import app
from toylab.film import THEMES
from toylab.film.differences import told_differences
from toylab.film.fonts import missing
from toylab.film.style import LABEL
from toylab.film.writers import Timing, provenance_of
from toylab.scenario.scenario import Scenario
from toylab.show.cinema import Compare, Seeds
from toylab.trace import Trace
from toylab.training.run import record

Make = Callable[..., Scenario]
CLAIM: dict[str, Any] = {
    "text": "No mode is found",
    "metric": "modes_hit",
    "relation": "<=",
    "threshold": 8.0,
}


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("n", [2, 3, 4])
def test_a_comparison_is_its_full_redraw_pixel_for_pixel(small: Make, theme: str, n: int) -> None:
    steps = (4, 8, 4, 6)
    traces = [record(small(training={"steps": steps[k], "batch": 8 + k}), [0]) for k in range(n)]
    film = Compare(traces, theme=theme)
    for frame in (len(film) - 1, 0, 1):
        assert np.array_equal(film.draw(frame), film.redraw(frame)), frame


@pytest.mark.parametrize("n", [1, 2, 5, 9])
def test_a_grid_of_seeds_is_its_full_redraw_and_no_words_touch(small: Make, n: int) -> None:
    film = Seeds(record(small(claims=[CLAIM]), range(n), filmed=range(n)))
    assert np.array_equal(film.draw(1), film.redraw(1))
    assert any(
        t.get_text() == f"{n} of {n} seed{'s' * (n > 1)}: No mode is found"
        for t in film._figure.texts
    )
    assert all(float(t.get_fontsize()) >= LABEL for t in texts_of(film))
    for words, box in boxes_of(film):
        assert box.x0 >= 0 and box.x1 <= 1280 and box.y0 >= 0 and box.y1 <= 720, words
    check_apart(film)


def test_a_frame_shows_the_snapshot_nearest_to_its_step(small: Make) -> None:
    short, long = (record(small(training={"steps": s}), [0]) for s in (4, 8))
    film = Compare([short, long])
    assert film.longest.steps.tolist() == long.steps.tolist() == [0, 4, 8]
    assert film.nearest[0].tolist() == [0, 2, 2] and film.nearest[1].tolist() == [0, 1, 2]


def test_colours_mean_the_same_on_all_stages(small: Make) -> None:
    film = Compare([record(small(training={"batch": b}), [0]) for b in (8, 9)])
    planes: list[Any] = [stage.layers[0].strokes[0] for stage in film.stages]
    assert len({plane.limit for plane in planes}) == 1


def test_titles_say_what_differs_and_nothing_else(small: Make) -> None:
    one = small().settings
    two = small(game={"objective": "hinge"}, title="Other", recording={"grid": 20}).settings
    assert told_differences([one, two]) == ["objective non saturating", "objective hinge"]
    assert told_differences([one, one]) == ["", ""]


def test_games_on_other_squares_and_wrong_numbers_of_traces_are_said(
    small: Make, small_trace: Trace
) -> None:
    other = record(small(target={"kind": "ring", "radius": 9.0}), [0])
    for traces, words in (([small_trace, other], "side by side"), ([small_trace], "2 to 4")):
        with pytest.raises(ToylabError, match=words):
            Compare(traces)
    with pytest.raises(ToylabError, match="not filmed"):
        Seeds(small_trace, [0, 1])
    with pytest.raises(ToylabError, match="1 to 9"):
        Seeds(small_trace, [])


def test_a_comparisons_file_says_where_each_stage_came_from(small: Make, tmp_path: Path) -> None:
    traces = [record(small(training={"batch": b}), [0]) for b in (8, 9)]
    Compare(traces).save(tmp_path / "x.gif")
    told = provenance_of(tmp_path / "x.gif")
    assert "batch = 8" in told["settings"] and "batch = 9" in told["settings_2"]


def test_the_command_line_compares_and_films_grids(
    small: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, batch in (("a", 8), ("b", 9)):
        record(small(training={"batch": batch}), range(3), filmed=range(3)).save(f"{name}.npz")
    for command in (
        ["compare", "a.npz", "b.npz", "-o", "both.gif"],
        ["render", "a.npz", "--seeds", "3", "-o", "grid.gif"],
    ):
        result = CliRunner().invoke(app, command)
        assert result.exit_code == 0, result.output
        assert provenance_of(tmp_path / command[-1])
    too_many = CliRunner().invoke(app, ["run", "convergence", "--seeds", "10"])
    assert isinstance(too_many.exception, ToylabError)


def test_a_comparison_shows_one_seed_where_it_can(small: Make) -> None:
    own, none = small(film={"seed": 2}), small(training={"batch": 9})
    film = Compare([record(game, range(3), filmed=range(3)) for game in (none, own)])
    assert [cell.seed for cell in film.script.cells] == [2, 2]
    film = Compare([record(none, [0, 1]), record(own, range(3), filmed=range(3))])
    assert [cell.seed for cell in film.script.cells] == [0, 2]


def test_what_became_of_a_seed_is_not_said_before_it_is_known(small: Make) -> None:
    steps = {"steps": 8, "batch": 8}
    claims = [{**CLAIM, "window": [0.25, 0.5], "threshold": at} for at in (8.0, -1.0)]
    for claim, sign in zip(claims, "✓✗", strict=True):
        game = small(claims=[claim], training=steps, recording={"snapshots": 5})
        film = Seeds(record(game, range(2), filmed=range(2)))
        assert film.longest.steps.tolist() == [0, 2, 4, 6, 8]
        for frame in (4, 2, 1, 0):
            assert np.array_equal(film.draw(frame), film.redraw(frame))
            said = [text.get_text() for text in texts_of(film)]
            assert said.count(sign) == (2 if frame >= 2 else 0), frame
        assert told_on_page(film) == [(sign, 2)] * 2
        film.frames = [0, 1, 3, 4]
        assert told_on_page(film)[0] == (sign, 2)


def told_on_page(film: Seeds) -> list[tuple[str, int]]:
    """The mark of each stage of a page, and from which frame on it shows."""
    page = film.page(Timing.moving(1.0, len(film))).partition('id="film">')[2]
    (scene,) = json.loads(page.partition("</script>")[0])["scenes"]
    return [(stage["mark"], stage["judged"]) for stage in scene["stages"]]


def test_a_comparison_in_chinese_says_so_what_differs(small: Make) -> None:
    games = [small(), small(game={"objective": "hinge", "generator_steps": 3})]
    told = told_differences([game.settings for game in games], "zh")
    assert told[1] == "生成器步数 3，目标函数 hinge"
    film = Compare([record(game, [0]) for game in games], lang="zh")
    assert told[1] in [text.get_text() for text in texts_of(film)]
    assert not missing(told, film.fonts)
    grid = Seeds(record(small(claims=[CLAIM]), range(2), filmed=range(2)), lang="zh")
    assert any("训练" in t.get_text() for t in texts_of(grid))
