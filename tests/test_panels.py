"""Curve panels: what lies inside their axes, what stands above them, and what all seeds did."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pictures import check_apart

from toylab.film import THEMES
from toylab.film.panels import LEAST_SEEDS, PanelPlan, quartiles
from toylab.scenario.scenario import Scenario
from toylab.show.cinema import Film
from toylab.show.page.page import panels_of
from toylab.trace import Trace
from toylab.training.run import record

Make = Callable[..., Scenario]
LOG = {"metrics": ["saturating_gradient"], "scale": "log"}


def fallen(trace: Trace, *values: float) -> Trace:
    """The trace with the saturating gradient of every seed set by hand, one value a snapshot."""
    gradients = trace.gradients.copy()
    gradients[..., 1] = np.asarray(values)[:, None]
    return replace(trace, gradients=gradients)


def filmed(small: Make, curves: list[Any], seeds: int = 1) -> Trace:
    return record(small(film={"layers": [], "curves": curves}), range(seeds), filmed=[0])


@pytest.mark.parametrize("end", [0.0, -3.0, 1e-30])
def test_values_that_have_no_place_on_a_log_axis_lie_at_its_edge(small: Make, end: float) -> None:
    film = Film(fallen(filmed(small, [LOG]), 1.0, 0.1, end))
    panel = film.panels[0]
    film.draw(2)
    low, _ = panel.axes.get_ylim()
    drawn = np.asarray(panel.curves[0].line.get_ydata(), dtype=float)
    assert np.allclose(drawn[:2], [1.0, 0.1]) and drawn[2] == low


def test_a_log_curve_of_zeros_draws_nothing_outside_its_axes(small: Make) -> None:
    trace = fallen(filmed(small, [LOG]), 1.0, 0.0, 0.0)
    film = Film(trace)
    frame = film.draw(2)
    box = film.panels[0].axes.get_window_extent()
    colour = np.array([int(THEMES["light"].curves[0][i : i + 2], 16) for i in (1, 3, 5)])
    rows = np.flatnonzero(
        (frame[..., :3] == colour).all(-1)[:, int(box.x0) : int(box.x1) - 90].any(1)
    )
    height = frame.shape[0]
    # The line is 2.6 points wide and the dot 8: half a dot, rounded up, may stand over the edge.
    # The progress bar at the very bottom has the same colour.
    rows = rows[rows < height - 8]
    assert rows.max() <= height - box.y0 + 6


def test_a_value_that_is_not_finite_is_not_drawn(small: Make) -> None:
    film = Film(fallen(filmed(small, [LOG]), 1.0, np.inf, np.nan))
    film.draw(2)
    drawn = np.asarray(film.panels[0].curves[0].line.get_ydata(), dtype=float)
    assert np.isnan(drawn[1:]).all()
    assert film.panels[0].curves[0].value.get_text() == "–"


def test_the_cursor_stands_at_the_present_step(small: Make) -> None:
    film = Film(filmed(small, ["generator_loss"]))
    for frame in (2, 0, 1):
        film.draw(frame)
        at = np.asarray(film.panels[0]._cursor.get_xdata())
        assert (at == film.trace.steps[frame]).all()


def test_quartiles_are_those_of_the_living_seeds() -> None:
    rng = np.random.default_rng(0)
    curves = rng.normal(size=(5, 9))
    curves[2:, 3:] = np.nan
    curves[4] = np.nan
    found = quartiles(curves)
    assert np.allclose(np.stack(found)[:, :2], np.percentile(curves[:2], (25, 50, 75), axis=1))
    assert np.allclose(np.stack(found)[:, 2], np.percentile(curves[2, :3], (25, 50, 75)))
    assert all(np.isnan(quartile[4]) for quartile in found)


@pytest.mark.parametrize("seeds", [1, 2, 3, 5])
def test_a_band_is_drawn_and_named_where_there_are_seeds_enough(small: Make, seeds: int) -> None:
    film = Film(filmed(small, ["generator_loss"], seeds))
    bands = film.panels[0].axes.collections
    assert len(bands) == (seeds >= LEAST_SEEDS)
    named = any(f"half of {seeds} seeds" in text.get_text() for text in film._figure.texts)
    assert named == (seeds >= LEAST_SEEDS)
    if bands:
        low, _, high = quartiles(film.trace.losses[..., 1].astype(float))
        corners = np.asarray(bands[0].get_paths()[0].vertices)
        assert np.isclose(corners[:, 1].max(), high.max())
        assert np.isclose(corners[:, 1].min(), low.min())
    assert np.array_equal(film.draw(1), film.redraw(1))


@pytest.mark.parametrize("n", [1, 2, 3, 4])
def test_curves_keep_their_room_however_many_share_a_panel(small: Make, n: int) -> None:
    names = [
        "generator_loss",
        "saturating_gradient",
        "non_saturating_gradient",
        "generator_gradient",
    ]
    panel = {"metrics": names[:n]}
    film = Film(filmed(small, [panel, panel], 3))
    film.draw(2)
    for shown in film.panels:
        # A seventh of the slide: ticks at its ends and in its middle stand 16 points apart.
        assert shown.axes.get_window_extent().height >= 720 / 7
    check_apart(film)


def test_three_names_are_small_and_two_are_not() -> None:
    assert PanelPlan(("a", "b")).sizes[0] > PanelPlan(("a", "b", "c")).sizes[0] >= 16
    assert PanelPlan(("a",)).header_lines == 1
    assert PanelPlan(("a", "b", "c")).header_lines < 3


def test_axes_have_room_for_the_seeds_beside(small: Make) -> None:
    game = small(film={"layers": [], "curves": ["generator_loss"]})
    trace = record(game, range(2), filmed=[0, 1])
    trace = replace(trace, losses=trace.losses * np.array([1, 10]).reshape(1, 2, 1))
    film, losses = Film(trace, 0), trace.losses[:, :, 1]
    one, other = (panels_of(film, seed, [0, 1])[0] for seed in (0, 1))
    low, high = one.axes.get_ylim()
    assert low <= losses.min() and losses.max() <= high
    assert other.axes.get_ylim() == (low, high) and other.ticks == one.ticks
    # The film itself shows one seed, as large as it can.
    assert film.panels[0].axes.get_ylim()[1] < losses[:, 1].min()


@pytest.mark.parametrize(
    ("metrics", "curve"),
    [(["generator_loss"], None), (["discriminator_loss", "generator_loss"], 1)],
)
def test_a_threshold_knows_its_curve_among_several(
    small: Make, metrics: list[str], curve: int | None
) -> None:
    claim = {"text": "It is low", "metric": "generator_loss", "relation": "<=", "threshold": 2.0}
    game = small(film={"layers": [], "curves": [{"metrics": metrics}]}, claims=[claim])
    (panel,) = Film(record(game, [0])).panels
    (threshold,) = panel.thresholds
    assert (threshold.at, threshold.words, threshold.curve) == (2.0, "≤ 2.00", curve)
    light = THEMES["light"]
    (line,) = [one for one in panel.axes.lines if one.is_dashed()]
    assert line.get_color() == (light.soft if curve is None else light.curves[curve])
