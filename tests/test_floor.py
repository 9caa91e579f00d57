"""Floors: what a perfect sampler has, against closed forms; and as a line in panels and on pages."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Callable, Sequence

import numpy as np
import pytest

from toylab import Film, targets
from toylab.film.panels import read
from toylab.film.words import WORDS
from toylab.metrics import METRICS
from toylab.metrics.floor import DRAWS, floors
from toylab.show.page import page as pages
from toylab.trace import Trace

Make = Callable[..., Trace]
N, MANY = 300, 200
# Of N real and N generated points of one density, with the fifth neighbour; see metrics/neighbourhoods.py.
MISSED = np.prod([(N - k) / (2 * N - k) for k in range(1, 6)])
# The fullest of eight equal modes, by 200,000 throws of N points.
THROWS = np.random.default_rng(0).multinomial(N, [1 / 8] * 8, size=200_000).max(1).mean() / N
EXACT = {
    "modes_hit": 8.0,
    "high_quality": 1 - np.exp(-4.5),
    "top_mode_share": THROWS,
    # The nearest of the 2 N - 1 others is one of N - 1 with the same label.
    "c2st": (N - 1) / (2 * N - 1),
    "density": 1.0,
    "coverage": 1 - MISSED,
}


@pytest.fixture
def untrained(hand_made: Make) -> Trace:
    return hand_made(np.zeros((N, 2)))


@pytest.mark.parametrize("name", EXACT)
def test_a_floor_is_its_closed_form(name: str, untrained: Trace) -> None:
    found = floors(untrained, [name], MANY)[name]
    # Four and a half standard errors of so many draws; none where every draw is the same.
    assert abs(found.mean - EXACT[name]) < 4.5 * found.spread / np.sqrt(MANY) + 1e-12


def test_the_divergence_of_a_perfect_generator_is_nothing_up_to_its_own_error(
    untrained: Trace,
) -> None:
    found = floors(untrained, ["js_divergence", "optimal_value"], MANY)
    # The estimate's bias is a few thousandths at 300 points and .02 is what claims allow for it.
    assert abs(found["js_divergence"].mean) < 0.02 and 0 < found["js_divergence"].spread < 0.02
    assert found["optimal_value"].mean == pytest.approx(
        2 * found["js_divergence"].mean - np.log(4), abs=1e-6
    )


def test_fewer_points_have_a_wider_floor(hand_made: Make) -> None:
    few, many = (
        floors(hand_made(np.zeros((n, 2))), ["sliced_wasserstein"], MANY)["sliced_wasserstein"]
        for n in (100, 1600)
    )
    # A distance of two samples falls with the root of their number: a quarter; a third is beyond chance.
    assert many.mean < few.mean / 3 and many.spread < few.spread / 2


def test_what_looks_at_players_has_no_floor(untrained: Trace) -> None:
    without = [name for name, metric in METRICS.items() if not metric.of_points]
    assert "generator_gradient" in without and floors(untrained, without) == {}


def test_what_is_counted_from_look_to_look_has_no_floor(untrained: Trace) -> None:
    # A perfect sampler drawn once stands still, and would never switch.
    assert METRICS["mode_switches"].of_points and floors(untrained, ["mode_switches"]) == {}


def test_a_floor_is_of_points_alone(hand_made: Make) -> None:
    # What players say and where the cloud is does not reach it.
    one = hand_made(np.zeros((N, 2)))
    other = hand_made(np.ones((N, 2)), real_logits=np.ones((1, 1, N), np.float32))
    names = [name for name, one in METRICS.items() if one.of_points and not one.cumulative]
    assert floors(one, names) == floors(other, names)
    assert len(floors(one, names)) == len(names)


def test_where_a_metric_has_no_meaning_there_is_no_floor(hand_made: Make) -> None:
    square = hand_made(np.zeros((N, 2)), target='kind = "two_moons"\nnoise = 0.0')
    assert set(floors(square, ["modes_covered", "js_divergence", "c2st"])) == {"c2st"}


def test_a_target_of_ones_own_is_not_read_again(hand_made: Make) -> None:
    # The file is on another machine; the trace has what was read.
    points = targets.ring().sample(np.random.default_rng(1), 400)
    trace = hand_made(
        np.zeros((N, 2)), target='kind = "points"\nfile = "gone.csv"', target_data=points
    )
    assert floors(trace, ["c2st"])["c2st"].mean == pytest.approx(0.5, abs=0.05)


# --- where it is seen ---


def curved(
    make: Make,
    *curves: str,
    clouds: int = 3,
    given: Sequence[np.ndarray] | None = None,
    claims: str = "",
) -> Trace:
    rng = np.random.default_rng(3)
    told = ", ".join(f'{{ metrics = ["{name}"], scale = "linear" }}' for name in curves)
    return make(
        *(given or (targets.ring().sample(rng, N) for _ in range(clouds))),
        settings_text='title = "t"\nlesson = "l"\n[target]\nkind = "ring"\n[film]\n'
        f'layers = ["real", "generated"]\ncurves = [{told}]\n{claims}',
    )


def test_a_panel_has_a_line_at_the_floor(hand_made: Make) -> None:
    trace = curved(hand_made, "sliced_wasserstein", "c2st")
    for panel, name in zip(Film(trace).panels, ("sliced_wasserstein", "c2st"), strict=True):
        (line,) = panel.floors
        assert line.at == floors(trace, [name], DRAWS)[name].mean
        heights = [np.unique(np.asarray(one.get_ydata(), float)) for one in panel.axes.lines]
        assert line.at in [float(at[0]) for at in heights if len(at) == 1]
        words = [text for text in panel.axes.texts if text.get_text() == WORDS["en"].perfect]
        assert len(words) == 1


@pytest.mark.parametrize("order", [*itertools.product((0.15, 0.4, 3.0), repeat=3)])
def test_its_words_stand_where_the_curve_does_not_go(
    hand_made: Make, order: tuple[float, ...]
) -> None:
    perfect = targets.TARGETS["ring"]().sample(np.random.default_rng(0), 400)
    # An end of the axis is always free: the last cloud, and the one before it, are far away.
    clouds = [perfect + away for away in (*order, 3.0, 3.0)]
    (panel,) = Film(curved(hand_made, "sliced_wasserstein", given=clouds)).panels
    (words,) = [t for t in panel.axes.texts if t.get_text() == WORDS["en"].perfect]
    box = words.get_window_extent()
    (curve,) = panel.curves
    at = panel.axes.transData.transform(np.stack([10 * np.arange(5), curve.drawn], axis=1))
    assert not any(box.contains(*place) for place in at)


# A share of nearly one has its words below the line, where a bound comes near them.
@pytest.mark.parametrize("threshold", [0.85, 0.9, 0.95])
@pytest.mark.parametrize("window", [[0.0, 0.2], [0.8, 1.0]])
def test_no_bound_crosses_its_words(hand_made: Make, window: list[float], threshold: float) -> None:
    away = targets.TARGETS["ring"]().sample(np.random.default_rng(0), 400) + 3.0
    trace = curved(
        hand_made,
        "high_quality",
        given=[away] * 5,
        claims='[[claims]]\ntext = "c"\nmetric = "high_quality"\nrelation = ">="\n'
        f"threshold = {threshold}\nwindow = {window}\n",
    )
    (panel,) = Film(trace).panels
    (bound,) = panel.thresholds
    (words,) = [t for t in panel.axes.texts if t.get_text() == WORDS["en"].perfect]
    box = words.get_window_extent()
    (start, height), (end, _) = panel.axes.transData.transform(
        [(bound.start, bound.at), (bound.end, bound.at)]
    )
    assert not box.y0 < height < box.y1 or end <= box.x0 or start >= box.x1


def test_its_words_stand_below_axes_whose_curve_comes_down_to_the_line(hand_made: Make) -> None:
    perfect = targets.TARGETS["ring"]().sample(np.random.default_rng(0), 400)
    # As a training that converges: everywhere above the line the curve is near, and late it is on it.
    clouds = [perfect + away for away in (3.0, 0.3, 0.2, 0.15, 0.1, 0.05, 0.0, 0.0)]
    upper, lower = Film(curved(hand_made, "sliced_wasserstein", "c2st", given=clouds)).panels
    (words,) = [t for t in upper.axes.texts if t.get_text() == WORDS["en"].perfect]
    box, axes = words.get_window_extent(), upper.axes.get_window_extent()
    assert box.y1 < axes.y0 + 0.05 * axes.height
    figure = lower.axes.get_figure(root=True)
    assert figure is not None
    (header,) = [t for t in figure.texts if t.get_text() == WORDS["en"].label(METRICS["c2st"])]
    assert box.y0 > header.get_window_extent().y1
    # Nothing is below the last panel but its steps.
    for text in lower.axes.texts:
        if text.get_text() == WORDS["en"].perfect:
            assert text.get_window_extent().y0 > lower.axes.get_window_extent().y0


def test_counts_and_what_looks_at_players_have_no_line(hand_made: Make) -> None:
    for panel in Film(curved(hand_made, "modes_covered", "fake_score")).panels:
        assert panel.floors == []


def test_a_page_has_the_same_lines(hand_made: Make) -> None:
    film = Film(curved(hand_made, "sliced_wasserstein", "c2st"))
    for panel in film.panels:
        low, high = panel.axes.get_ylim()
        (line,) = panel.floors
        told = pages._panel(panel, [0, 1, 2])["floors"]
        assert told == [[round(1000 * (line.at - low) / (high - low)), line.side, line.early]]
    packed = json.loads(json.dumps(vars(WORDS["zh"])))
    assert re.search(r"\S", packed["perfect"])


def test_a_divergence_below_nothing_is_called_nothing_and_lowers_no_axis(hand_made: Make) -> None:
    trace = curved(hand_made, "js_divergence", clouds=6)
    values = METRICS["js_divergence"](trace)[:, 0]
    assert -0.05 < values.min() < 0, "this cloud's estimates lie on either side of zero"
    (panel,) = Film(trace).panels
    assert min(panel.ticks) == 0
    panel.show(int(values.argmin()))
    assert panel.curves[0].value.get_text() == "≈\u202f0"
    # What is no error is told.
    assert read(METRICS["value_gap"], -0.3) == "-0.30"
