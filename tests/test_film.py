from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, cast

import matplotlib
import numpy as np
import pytest
from games import ASKED
from pictures import check_apart, texts_of
from seen import seen_share

from toylab.base.errors import ToylabError
from toylab.film import THEMES
from toylab.film.layers import LAYERS, View
from toylab.film.layers.arrows import APART, CLEAR, N_ARROWS, _pushed, thinned
from toylab.film.layers.spread import spread_choice
from toylab.film.panels import PanelPlan
from toylab.film.strokes import Line
from toylab.film.style import LABEL, nice_number, nice_probability, resampler, short
from toylab.metrics import METRICS
from toylab.scenario.scenario import Scenario, check, seed_to_film
from toylab.show.cinema import Film
from toylab.targets import ring
from toylab.trace import Trace
from toylab.training.run import record

Make = Callable[..., Scenario]


@pytest.mark.parametrize("theme", THEMES)
def test_a_blitted_frame_is_the_full_redraw_pixel_for_pixel(small_trace: Trace, theme: str) -> None:
    film = Film(small_trace, theme=theme)
    for frame in (2, 0, 1, 2):  # in any order
        assert np.array_equal(film.draw(frame), film.redraw(frame)), frame


@pytest.mark.parametrize(("axis", "place"), [(0, "up"), (1, "right")])
def test_the_surface_is_highest_where_d_is(small_trace: Trace, axis: int, place: str) -> None:
    shape = small_trace.logits.shape
    # Rows run from low y to high y, columns from low x to high x.
    slope = np.linspace(-1, 1, shape[2 + axis])[:, None]
    plane = np.broadcast_to(slope if axis == 0 else slope.T, shape).astype(np.float32)
    film = Film(replace(small_trace, logits=plane), layers=["surface"])
    x, y, width, height = (round(v) for v in film._figure.axes[0].bbox.bounds)
    drawn = film.draw(0)[::-1][y + 4 : y + height - 4, x + 4 : x + width - 4, :3].astype(int)
    low, high = (drawn[0, 0], drawn[-1, 0] if place == "up" else drawn[0, -1])
    # Orange less purple: red less blue.
    assert high[0] - high[2] > 50
    assert low[2] - low[0] > 20


def test_every_layer_and_metric_draws_the_same_both_ways(small: Make) -> None:
    names = [name for name in METRICS if "equilibrium" not in METRICS[name].needs]
    for first, second in pairwise(names):
        panels = [{"metrics": [first]}, {"metrics": [first, second], "scale": "log"}]
        needs = {need for name in (first, second) for need in METRICS[name].needs}
        made = {"generator": {"latent": 2, "hidden": []}} if "gaussian" in needs else {}
        # Of classes there is no one lattice.
        lacking = {"phase", "lattice"} if "asked" in needs else {"phase", "asked"}
        made |= ASKED if "asked" in needs else {}
        film_table = {"layers": [n for n in LAYERS if n not in lacking], "curves": panels}
        trace = record(small(film=film_table, training={"points": 8}, **made), [0])
        film = Film(trace)
        assert np.array_equal(film.draw(1), film.redraw(1)), (first, second)


@pytest.mark.parametrize("objective", ["wasserstein", "hinge", "relativistic", "least_squares"])
def test_a_critic_is_not_shown_as_a_probability(small: Make, objective: str) -> None:
    trace = record(small(game={"objective": objective}), [0])
    assert [panel.metrics for panel in Film(trace).plans] == [
        ("sliced_wasserstein",),
        ("discriminator_loss",),
    ]
    shown = record(small(game={"objective": objective}, film={"curves": ["real_score"]}), [0])
    with pytest.raises(ToylabError, match="real_score: this objective's D gives a value"):
        Film(shown)


def test_the_phase_plane_draws_the_same_both_ways_and_needs_a_solvable_game(small: Make) -> None:
    players: dict[str, Any] = {"generator": {"kind": "point"}, "discriminator": {"kind": "linear"}}
    table = {"layers": ["phase"], "curves": ["parameter_norm"]}
    trace = record(check({**small_settings(), **players, "film": table}), [0])
    film = Film(trace)
    for frame in (2, 0):
        assert np.array_equal(film.draw(frame), film.redraw(frame))
    (path,) = [stroke for stroke in film.stages[0].layers[0].strokes if isinstance(stroke, Line)]
    # The path is the recorded parameters themselves: theta and psi, first coordinates.
    assert np.array_equal(path.at(2), trace.parameters[:, 0][:, [0, 2]])
    with pytest.raises(ToylabError, match="exactly solvable"):
        Film(record(small(film=table), [0]))


def test_a_solvable_game_that_names_no_layers_shows_its_phase_plane() -> None:
    players: dict[str, Any] = {"generator": {"kind": "point"}, "discriminator": {"kind": "linear"}}
    film = Film(record(check({**small_settings(), **players}), [0]))
    assert film.script.layers == ["phase"]
    chosen = {"layers": ["real", "generated"]}
    assert Film(
        record(check({**small_settings(), **players, "film": chosen}), [0])
    ).script.layers == [
        "real",
        "generated",
    ]


def small_settings() -> dict[str, Any]:
    return {
        "title": "t",
        "lesson": "l",
        "target": {"kind": "dirac"},
        "training": {"steps": 4, "batch": 4},
        "recording": {"snapshots": 3, "samples": 8, "grid": 8},
    }


def test_a_frame_has_the_size_of_a_slide_and_is_opaque(small_trace: Trace) -> None:
    frame = Film(small_trace).draw(0)
    assert frame.shape == (720, 1280, 4) and (frame[..., 3] == 255).all()


def test_the_users_matplotlibrc_does_not_reach_a_film(small_trace: Trace) -> None:
    plain = Film(small_trace).draw(1)
    odd: Any = {
        "axes.facecolor": "red",
        "lines.linewidth": 9,
        "font.size": 30,
        "font.family": "serif",
    }
    with matplotlib.rc_context(odd):
        assert np.array_equal(Film(small_trace).draw(1), plain)


@pytest.mark.parametrize("ending", ["png", "pdf", "svg"])
def test_the_users_matplotlibrc_does_not_reach_a_still(
    ending: str, small_trace: Trace, tmp_path: Path
) -> None:
    odd: Any = {
        "savefig.dpi": 300,
        "savefig.bbox": "tight",
        "savefig.transparent": True,
        "font.weight": "bold",
        "pdf.fonttype": 3,
        "svg.fonttype": "none",
        "image.interpolation": "nearest",
    }
    for frame in (1, None):
        plain, other = tmp_path / f"plain.{ending}", tmp_path / f"other.{ending}"
        Film(small_trace).save(plain, frame=frame)
        with matplotlib.rc_context(odd):
            Film(small_trace).save(other, frame=frame)
        assert other.read_bytes() == plain.read_bytes()


def test_a_title_with_markup_is_text(small: Make) -> None:
    for title in ("$x^2$", "a $ b", r"\frac{1}{2}", "<b>bold</b>", "%s {0} \\n"):
        Film(record(small(title=title, lesson=title), [0])).draw(0)


def test_long_words_stay_inside_the_frame(small: Make) -> None:
    words = "collapse " * 44
    trace = record(small(title=words, lesson=words), [0])
    film = Film(trace)
    film.draw(0)
    width = film._figure.bbox.width
    for text in film._figure.texts:
        box = text.get_window_extent(film._canvas.get_renderer())
        assert box.x0 >= 0 and box.x1 <= width, text.get_text()


def test_a_long_title_shrinks_before_it_is_cut(small: Make) -> None:
    def shown(title: str) -> tuple[str, float]:
        text = Film(record(small(title=title), [0]))._figure.texts[0]
        return text.get_text(), float(text.get_fontsize())

    assert shown("Short") == ("Short", 29)
    longer = "A title that is a little longer than fits at its full size"
    text, size = shown(longer)
    assert text == longer and 20 <= size < 29
    text, size = shown("A title without end " * 9)
    assert text.endswith("…") and size == 20


@pytest.mark.parametrize("name", ["one line", "two lines"])
def test_no_words_overlap_and_none_is_small(small: Make, name: str) -> None:
    lesson = "The lesson of this film. " * (2 if name == "one line" else 6)
    film = Film(record(small(lesson=lesson.strip()), [0]))
    film.draw(2)
    assert all(float(t.get_fontsize()) >= LABEL for t in texts_of(film))
    check_apart(film)


def test_arrows_are_the_same_latents_in_all_frames_and_spread() -> None:
    rng = np.random.default_rng(0)
    start = rng.normal(size=(200, 2))
    samples = np.stack([start + 3 * t for t in range(5)])
    chosen = spread_choice(samples, N_ARROWS)
    assert len(set(chosen.tolist())) == N_ARROWS
    gaps = np.linalg.norm(start[chosen][:, None] - start[chosen], axis=-1) + 9 * np.eye(N_ARROWS)
    random = start[:N_ARROWS]
    other = np.linalg.norm(random[:, None] - random, axis=-1) + 9 * np.eye(N_ARROWS)
    # Farthest points keep their distance; the first fourteen of a normal cloud do not.
    assert gaps.min() > 3 * other.min()


def test_an_arrow_has_its_true_length_up_to_the_one_scale(small: Make) -> None:
    trace = record(small(film={"layers": ["arrows"], "curves": []}), [0])
    view = View(trace, 0, side=548)
    arrows: Any = LAYERS["arrows"](view).strokes[1]
    start, push = _pushed(view)
    lengths, side = np.hypot(push[..., 0], push[..., 1]), trace.extent[1] - trace.extent[0]
    scale, pixel = side / 9 / np.percentile(lengths, 95), side / 548
    for frame in range(3):
        begin, mean = thinned(start[frame], push[frame], APART * pixel, CLEAR * pixel)
        length = np.hypot(*mean.T) * scale
        tips = np.asarray(arrows.at(frame))[:, 3]
        seen = length > pixel
        drawn = np.linalg.norm(tips - begin[seen], axis=1)
        assert np.allclose(drawn, np.minimum(length[seen], side / 5), rtol=1e-5)


def test_arrows_far_apart_are_each_samples_own_and_begin_beside_it() -> None:
    rng = np.random.default_rng(1)
    start = np.stack(np.meshgrid([0.0, 1, 2], [0.0, 1, 2]), -1).reshape(-1, 2)
    push = rng.normal(size=(9, 2))
    begin, mean = thinned(start, push, 0.9, 0.05)
    assert np.array_equal(mean, push)
    along = push / np.hypot(*push.T)[:, None]
    np.testing.assert_allclose(begin, start + 0.05 * along)


def test_a_collapsed_cloud_has_one_mean_arrow_before_it() -> None:
    rng = np.random.default_rng(2)
    start, push = rng.normal(0, 0.01, (14, 2)), np.array([1.0, 0]) + rng.normal(0, 0.3, (14, 2))
    push[5] = np.nan
    begin, mean = thinned(start, push, 0.5, 0.05)
    kept = np.arange(14) != 5
    np.testing.assert_allclose(mean, push[kept].mean(0)[None])
    # None of those it stands for is ahead of where it begins.
    along = mean[0] / np.hypot(*mean[0])
    ahead = (start[kept] - begin[0]) @ along
    assert ahead.max() == pytest.approx(-0.05)


def test_pushes_that_cancel_have_no_arrow() -> None:
    start, push = np.zeros((2, 2)), np.array([[1.0, 0], [-1, 0]])
    begin, mean = thinned(start, push, 0.5, 0.05)
    assert np.array_equal(mean, [[0, 0]]) and np.array_equal(begin, [[0, 0]])
    assert len(thinned(start, np.full((2, 2), np.nan), 0.5, 0.05)[0]) == 0


CLOUDS = {
    "a dot": lambda rng, z: 0.01 * z,
    "a small blot": lambda rng, z: 0.15 * z + [1, 1],
    "a blot": lambda rng, z: 0.6 * z,
    "a thread": lambda rng, z: np.stack([z[:, 0], 0.01 * z[:, 1]], 1),
    "eight modes": lambda rng, z: ring().sample(rng, len(z)),
}


@pytest.mark.parametrize("layer", ["arrows", "arrows_even"])
@pytest.mark.parametrize("cloud", CLOUDS)
def test_arrows_leave_the_generated_points_in_sight(
    cloud: str, layer: str, hand_made: Callable[..., Trace]
) -> None:
    rng = np.random.default_rng(3)
    samples = CLOUDS[cloud](rng, rng.normal(size=(500, 2)))
    # To one side, outwards, and each its own way.
    pushes = [np.tile([1.0, 0.3], (500, 1)), samples - samples.mean(0), rng.normal(size=(500, 2))]
    trace = hand_made(*[samples] * 3, pushes=np.stack(pushes)[:, None].astype(np.float32))
    shown = seen_share(trace, [0, 1, 2], layers=["real", "generated", layer])
    # Half is the least that is promised: an arrow along a thread hides what it lies on. Where fourteen lay on
    # a small cloud a fifth of it was seen. Of all scenarios: tests/checks/in_sight.py.
    assert min(shown) >= 0.5 and np.mean(shown) >= 0.8, shown
    assert max(shown) < 1 or cloud == "a dot", "an arrow is there to be seen, too"


def test_a_diverged_seed_says_so(small: Make) -> None:
    blow_up = {"kind": "sgd", "lr": 1e9}
    trace = record(small(optimizer={"generator": blow_up, "discriminator": blow_up}), [0])
    film = Film(trace)
    film.draw(len(film) - 1)
    assert film.stages[0]._ended.get_text() == f"diverged at step {trace.diverged_at[0]}"
    assert np.array_equal(film.draw(len(film) - 1), film.redraw(len(film) - 1))


@pytest.mark.parametrize(
    ("film", "words"),
    [
        ({"layers": ["surfase"]}, 'film.layers "surfase" is unknown; did you mean "surface"'),
        ({"curves": ["modes"]}, 'film.curves "modes" is unknown; did you mean "modes_hit"'),
    ],
)
def test_a_misspelt_layer_or_curve_is_said(small: Make, film: dict[str, Any], words: str) -> None:
    with pytest.raises(ToylabError, match=words):
        Film(record(small(film=film), [0]))


def test_options_that_are_unknown_are_said(small_trace: Trace) -> None:
    for options in cast(
        list[dict[str, Any]], [{"theme": "drak"}, {"lang": "fr"}, {"seed": 1}, {"seed": 77}]
    ):
        with pytest.raises(ToylabError):
            Film(small_trace, **options)


# --- small parts ---


def test_the_resampler_reproduces_planes() -> None:
    n, size = 16, 60
    cells = (np.arange(n) + 0.5) / n
    fine = resampler(size, n) @ cells
    inside = slice(size // n, -(size // n))
    assert np.allclose(fine[inside], ((np.arange(size) + 0.5) / size)[inside], atol=1e-6)


@pytest.mark.parametrize(
    ("value", "text"),
    [(0, "0"), (0.5, "0.5"), (1234, "1230"), (12.345, "12.3"), (0.0123, "0.012"), (1e-5, "10⁻⁵"),
     (2e-5, "2·10⁻⁵"), (-3e7, "-3·10⁷"), (float("nan"), "–"), (0.001, "0.001")],
)  # fmt: skip
def test_numbers_are_short(value: float, text: str) -> None:
    assert short(value) == text


def test_surface_limits_are_round_and_wide_enough() -> None:
    for logit in (0, 0.01, 0.3, 1, 4):
        p = nice_probability(logit)
        assert np.log(p / (1 - p)) >= logit
    assert nice_probability(1e9) == 0.99


@pytest.mark.parametrize(
    ("value", "nice"), [(0, 1e-3), (0.9, 1), (1, 1), (1.1, 2), (30, 50), (51, 100)]
)
def test_a_critics_limits_are_round(value: float, nice: float) -> None:
    assert nice_number(value) == pytest.approx(nice)


def test_a_critics_bar_tells_values_and_not_probabilities(small: Make) -> None:
    for objective, middle in (("hinge", "0"), ("wasserstein", "0"), ("saturating", "½")):
        film = Film(record(small(game={"objective": objective}), [0]))
        bar = film.stages[0].layers[0].bar
        assert bar is not None and bar.ticks[1][1] == middle


def test_curves_may_share_a_panel() -> None:
    assert PanelPlan(("a", "b"), log=True).metrics == ("a", "b")


def test_a_scenario_may_say_whose_training_is_filmed(small: Make) -> None:
    trace = record(small(film={"seed": 2}), range(4), filmed=range(3))
    assert Film(trace).seed == 2 and Film(trace, 1).seed == 1
    # A trace without that seed still has a film.
    assert Film(record(small(film={"seed": 2}), [5, 6])).seed == 5


def test_one_seed_for_all_that_are_compared(small: Make) -> None:
    own, other, none = small(film={"seed": 3}), small(film={"seed": 4}), small()
    assert seed_to_film([none, own, other]) == 3
    assert seed_to_film([none, own], asked=7) == 7 and seed_to_film([none], asked=0) == 0
    assert seed_to_film([none]) == seed_to_film([]) == 0
