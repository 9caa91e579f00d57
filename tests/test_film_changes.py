"""What somebody changes on the way: told in words, marked in films, and drawn once where it is shared."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pictures import check_apart, texts_of

from toylab.cli.talk import changes_of_the_game
from toylab.film import THEMES, chapters
from toylab.film.chapters import Chapter, changes_of, chapters_of
from toylab.film.differences import told_changes, told_differences
from toylab.film.layers import LAYERS, View
from toylab.film.words import WORDS, told_claim
from toylab.film.writers import Timing
from toylab.film.writers.writer import key_frames
from toylab.metrics import METRICS
from toylab.metrics.claim import Claim, reduced, window_of
from toylab.scenario.scenario import Scenario, check, differences, load
from toylab.show.cinema import Compare, Film, Seeds
from toylab.show.deck_words import DECK_WORDS
from toylab.show.film_slide import Known, differs, film_slides
from toylab.trace import Trace
from toylab.training.run import record

Make = Callable[..., Scenario]
STEPS = {"training": {"steps": 8}, "recording": {"snapshots": 9}}
FEWER = {"at": 4, "game": {"generator_steps": 1}}
MANY = {"generator_steps": 20}


def played(small: Make, *changes: dict[str, Any], seeds: int = 1, **tables: Any) -> Trace:
    """Eight rounds with a snapshot after each."""
    tables = {**STEPS, "game": MANY, **tables}
    chosen = {"changes": list(changes)} if changes else {}
    return record(small(**tables, **chosen), range(seeds), filmed=range(seeds))


@pytest.fixture
def base(small: Make) -> Trace:
    return played(small)


@pytest.fixture
def cured(small: Make) -> Trace:
    return played(small, FEWER)


# --- in words ---

R1: dict[str, Any] = {"kind": "r1", "weight": 0.1}
RATES = {"generator": {"lr": 0.01}, "discriminator": {"lr": 0.01}}


@pytest.mark.parametrize(
    ("change", "en", "zh"),
    [
        ({"game": {"generator_steps": 1}}, "generator steps 20 → 1", "生成器步数 20 → 1"),
        (
            {"game": {"generator_steps": 1, "objective": "hinge"}},
            "generator steps 20 → 1, objective non saturating → hinge",
            "生成器步数 20 → 1，目标函数 非饱和 → hinge",
        ),
        ({"game": {"penalties": [R1]}}, "penalties none → r1", "惩罚与技巧 无 → r1"),
        ({"training": {"batch": 8}}, "batch 16 → 8", "批大小 16 → 8"),
        ({"target": {"radius": 1.5}}, "radius 2.0 → 1.5", "半径 2.0 → 1.5"),
        (
            {"optimizer": {"discriminator": {"lr": 0.01}}},
            "discriminator lr 0.001 → 0.01",
            "判别器学习率 0.001 → 0.01",
        ),
        ({"optimizer": RATES}, "lr 0.001 → 0.01", "学习率 0.001 → 0.01"),
        ({}, "no change", "没有变化"),
        ({"game": {"generator_steps": 20}}, "no change", "没有变化"),
    ],
)
def test_a_change_is_told_in_the_words_of_its_settings(
    small: Make, change: dict[str, Any], en: str, zh: str
) -> None:
    game = small(game=MANY, changes=[{"at": 2, **change}]).settings
    assert told_changes(game) == [(2, en)]
    assert told_changes(game, "zh") == [(2, zh)]


def test_another_number_of_the_same_penalty_is_told(small: Make) -> None:
    stronger = {"at": 2, "game": {"penalties": [{**R1, "weight": 1.0}]}}
    game = small(game={"penalties": [R1]}, changes=[stronger])
    assert told_changes(game.settings) == [(2, "r1 weight 0.1 → 1.0")]
    assert told_changes(game.settings, "zh") == [(2, "r1 权重 0.1 → 1.0")]
    other = small(game={"penalties": [{**R1, "weight": 1.0}]})
    both = [small(game={"penalties": [R1]}).settings, other.settings]
    assert told_differences(both) == ["penalties r1 weight 0.1", "penalties r1 weight 1.0"]


def test_a_change_is_told_by_what_held_before_it_and_not_at_first(small: Make) -> None:
    changes = [{"at": 1, "game": {"generator_steps": 5}}, {"at": 3, "game": {"generator_steps": 1}}]
    told = told_changes(small(game=MANY, changes=changes).settings)
    assert told == [(1, "generator steps 20 → 5"), (3, "generator steps 5 → 1")]


def test_many_differences_are_cut_short(small: Make) -> None:
    much: dict[str, Any] = {
        "game": {"generator_steps": 1, "discriminator_steps": 2, "objective": "hinge"},
        "training": {"batch": 8},
    }
    ((_, told),) = told_changes(small(game=MANY, changes=[{"at": 2, **much}]).settings)
    assert told.count("→") == 3 and told.endswith(", …")


def test_another_kind_of_target_is_told_without_its_options(small: Make) -> None:
    other = {"at": 2, "target": {"kind": "grid", "side": 3, "spacing": 1.0}}
    ((_, told),) = told_changes(small(changes=[other]).settings)
    assert told.startswith("target ring → grid")
    assert "side" not in told and "radius" not in told


def test_settings_of_a_foreign_trace_are_told_whatever_they_are() -> None:
    odd: dict[str, Any] = {
        "game": {"penalties": {"r1": 3}, "x": [{"a": 1}, {"b": [[1], [2]]}]},
        "optimizer": {"nobody": {"lr": 1}, "generator": 3},
        "target": {"file": "/some/where.csv"},
    }
    change = {
        "game": {"penalties": {"r1": 4}, "x": [{"a": 2}, {"b": [[1], [3]]}]},
        "optimizer": {"nobody": {"lr": 2}, "generator": []},
        "target": {"file": "/else/where.csv"},
    }
    both = [odd, {**odd, "changes": [{"at": 1, **change}]}]
    for lang in ("en", "zh"):
        ((_, words),) = told_changes(both[1], lang)
        titles = told_differences(both, lang)
        for told in (words, *titles):
            assert told and not {*"{}[]/"} & {*told}, told


def test_titles_say_what_changes_and_what_is_kept(base: Trace, cured: Trace) -> None:
    both = [base.settings, cured.settings]
    assert told_differences(both) == ["generator steps 20", "from step 4: generator steps 1"]
    assert told_differences(both, "zh") == ["生成器步数 20", "第 4 轮起：生成器步数 1"]
    for lang, told in (("en", "from step 4: generator steps 1"), ("zh", "第 4 轮起：生成器步数 1")):
        film = Compare([base, cured], lang=lang)
        film.draw(0)
        assert told in [text.get_text() for text in texts_of(film)]


def test_titles_leave_out_what_changes_in_all(small: Make) -> None:
    later = {"at": 6, "game": {"generator_steps": 3}}
    games = [
        small(**STEPS, game=MANY, changes=changes).settings for changes in ([FEWER], [FEWER, later])
    ]
    assert told_differences(games) == ["generator steps 1", "from step 6: generator steps 3"]


def test_a_claim_s_window_from_a_change_on_is_told_in_chinese() -> None:
    def told(*window: float | str) -> str:
        claim = Claim("c", "modes_hit", ">=", 5.0, window=(window[0], window[1]))
        return told_claim(claim, WORDS["zh"]).partition("命中")[0]

    assert told("change", 1.0) == "改变之后"
    assert told(0.0, "change 2") == "第 2 次改变之前"
    assert told("change", "change 2") == "从改变到第 2 次改变"
    assert told(0.5, 1.0) == "训练 50%–100% 期间"


# --- chapters ---


def test_a_change_is_a_chapter_from_its_first_snapshot_on(small: Make) -> None:
    trace = played(small, FEWER, recording={"snapshots": 4})
    assert trace.steps.tolist() == [0, 3, 5, 8]
    (change,) = changes_of(trace, WORDS["en"])
    assert change == Chapter(2, "step 4: generator steps 20 → 1", "generator steps 20 → 1", 4)
    (change,) = changes_of(trace, WORDS["zh"])
    assert change.words == "第 4 轮：生成器步数 20 → 1"


def test_changes_are_told_whatever_else_happens(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns = [{"at": at, "game": {"generator_steps": at}} for at in (40, 41, 80)]
    settings = small(training={"steps": 100}, changes=turns).text
    trace = replace(played(small), settings_text=settings)
    times = {
        name: np.repeat(getattr(trace, name)[:1], 101, axis=0) for name in ("samples", "losses")
    }
    trace = replace(trace, steps=np.arange(101), **times)
    others = [Chapter(k, f"other {k}") for k in (10, 20, 38, 39, 40, 42, 43, 50, 60, 79, 90)]
    monkeypatch.setattr(chapters, "_claims", lambda *_: others)
    monkeypatch.setattr(chapters, "_modes", lambda *_: [])
    found = chapters_of(trace, 0, WORDS["en"])
    assert [c.frame for c in found if c.what] == [40, 41, 80]
    # Three of the six are changes, and what lies within three snapshots of one makes room for it.
    assert [c.frame for c in found if not c.what] == [10, 20, 50]
    assert [c.frame for c in found] == sorted(c.frame for c in found)


def test_a_film_without_changes_has_the_chapters_that_it_had(base: Trace) -> None:
    assert not changes_of(base, WORDS["en"])
    assert not Compare([base, replace(base)]).chapters


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_the_words_of_a_change_fit_its_stage(small: Make, lang: str) -> None:
    much: dict[str, Any] = {
        "game": {"penalties": [R1], "discriminator_steps": 2, "objective": "hinge"},
        "training": {"batch": 8},
    }
    trace = played(small, {"at": 4, **much})
    for film in (Film(trace, lang=lang), Film(trace, lang=lang, layout="card")):
        film.draw(4)
        (plate,) = [one for one in film._plates[0].artists if one.get_visible()]
        assert plate.get_text().replace("\n", " ").replace(" ", "") in told(film)
        box, stage = plate.get_window_extent(), film._figure.axes[0].get_window_extent()
        assert stage.x0 <= box.x0 and box.x1 <= stage.x1


def test_on_a_small_stage_the_step_has_a_line_for_itself(base: Trace, cured: Trace) -> None:
    film = Compare([base, cured, base, cured])
    for frame in (4, 5):
        assert np.array_equal(film.draw(frame), film.redraw(frame))
    said = [plate.get_text() for plates in film._plates for plate in plates.artists]
    assert said.count("step 4:\ngenerator steps 20 → 1") == 2


def told(film: Film) -> str:
    """Its chapters' words without blanks."""
    return " ".join(chapter.words.replace(" ", "") for chapter in film.chapters)


def test_key_frames_have_the_moment_of_a_change() -> None:
    assert key_frames(101) == [0, 20, 40, 60, 80, 100]
    assert key_frames(101, [13]) == [0, 13, 40, 60, 80, 100]
    assert key_frames(101, [13, 15, 40]) == [0, 13, 15, 40, 80, 100]
    # There are four places, and its ends stay.
    assert key_frames(101, [1, 2, 3, 4, 5]) == [0, 1, 2, 3, 4, 100]


# --- panels ---


def test_a_line_stands_at_each_change_and_only_there(base: Trace, cured: Trace) -> None:
    film, plain = Film(cured, theme="light"), Film(base, theme="light")
    for panel, without in zip(film.panels, plain.panels, strict=True):
        lines = [line for line in panel.axes.lines if (np.asarray(line.get_xdata()) == 4).all()]
        drawn = [line for line in lines if line is not panel._cursor and np.size(line.get_xdata())]
        assert len(drawn) == 1 and drawn[0].get_ydata() == [0, 1]
        assert len(panel.axes.lines) == len(without.axes.lines) + 1
        assert panel.changes == [4.0] and not without.changes
    frame, ink = film.draw(8), np.array([29, 33, 41])
    for panel in film.panels:
        box = panel.axes.get_window_extent()
        x = panel.axes.transData.transform((4, panel.axes.get_ylim()[0]))[0]
        rows = slice(720 - int(box.y1), 720 - int(box.y0))
        column = frame[rows, int(x) - 1 : int(x) + 2, :3].astype(int)
        dark = (abs(column - ink).sum(-1) < 120).any(axis=1)
        # Dots all the way from its foot to its top, curve and grid excepted.
        assert dark[:12].any() and dark[-12:].any() and dark.mean() > 0.2


def test_a_claim_from_a_change_on_has_its_line_there(small: Make) -> None:
    claim: dict[str, Any] = {
        "text": "c",
        "metric": "generator_loss",
        "relation": "<=",
        "threshold": 1.0,
        "window": ["change", 1.0],
    }
    trace = played(small, FEWER, claims=[claim], film={"curves": ["generator_loss"]})
    ((threshold,),) = [panel.thresholds for panel in Film(trace).panels]
    assert (threshold.start, threshold.end) == (4.0, 8.0)


# --- a changed film, and two futures ---


@pytest.mark.parametrize("theme", THEMES)
def test_a_changed_film_is_its_full_redraw_pixel_for_pixel(cured: Trace, theme: str) -> None:
    film = Film(cured, theme=theme)
    for frame in (8, 3, 4, 5, 0):
        assert np.array_equal(film.draw(frame), film.redraw(frame)), frame
    check_apart(film)


@pytest.mark.parametrize("theme", THEMES)
def test_parted_games_are_their_full_redraw_pixel_for_pixel(
    small: Make, base: Trace, cured: Trace, theme: str
) -> None:
    third = played(small, FEWER, {"at": 6, "game": {"objective": "hinge"}})
    for traces in ([base, cured], [base, cured, third]):
        film = Compare(traces, theme=theme)
        for frame in (8, 0, 4, 3, 6, 5):
            assert np.array_equal(film.draw(frame), film.redraw(frame)), frame


def test_a_shared_past_is_drawn_once(small: Make, base: Trace, cured: Trace) -> None:
    third = played(small, FEWER, {"at": 6, "game": {"objective": "hinge"}})
    film = Compare([base, cured, third], theme="light")
    # The third parts from the second, with which it shares more.
    assert [cell.begins for cell in film.script.cells] == [0, 4, 6]
    paper = np.array([0xFC, 0xFB, 0xF8])
    for frame, seen in ((0, 1), (3, 1), (4, 2), (5, 2), (6, 3), (8, 3)):
        drawn = film.draw(frame)[..., :3]
        for number, ax in enumerate(film._figure.axes[:3]):
            x0, y0, x1, y1 = (round(v) for v in ax.get_window_extent().extents)
            # Its upper quarter, above the words that an empty stage has in its middle.
            stage = drawn[720 - y1 + 3 : 720 - y0 - 3 * (y1 - y0) // 4, x0 + 3 : x1 - 3]
            assert (stage == paper).all() == (number >= seen), (frame, number)
        said = [text.get_text() for text in _shown(film)]
        assert ("parts at step 4" in said) == (frame < 4)
        assert ("parts at step 6" in said) == (frame < 6)
        assert ("step 4: generator steps 20 → 1" in said) == (4 <= frame < 6)


def _shown(film: Any) -> list[Any]:
    return [t for ax in film._figure.axes for t in ax.texts if t.get_visible()]


def test_vector_output_of_an_empty_stage_has_no_points(
    base: Trace, cured: Trace, tmp_path: Any
) -> None:
    film = Compare([base, cured], lang="en")
    pictures = []
    for frame in (3, 5):
        film.save(tmp_path / "x.svg", frame=frame, svg_text=True)
        pictures.append((tmp_path / "x.svg").read_text())
    before, after = pictures
    assert "parts at step 4" in before and "parts at step 4" not in after
    assert after.count("<use") > 1.5 * before.count("<use")


def test_what_shares_no_past_is_shown_from_the_start(small: Make, base: Trace) -> None:
    other = played(small, game={"generator_steps": 19})
    never = played(small, {"at": 4, "game": {"generator_steps": 20}})
    for trace in (other, never, replace(base)):
        film = Compare([base, trace])
        assert [cell.begins for cell in film.script.cells] == [0, 0]
    # Of another seed, from which it differs from the first round on.
    game = small(**STEPS, game=MANY, changes=[FEWER])
    film = Compare([base, record(game, [1])])
    assert [cell.begins for cell in film.script.cells] == [0, 0]


def test_a_past_ends_with_the_last_snapshot_that_both_have(small: Make, base: Trace) -> None:
    sparse = played(small, FEWER, recording={"snapshots": 3})
    assert sparse.steps.tolist() == [0, 4, 8]
    film = Compare([base, sparse])
    assert [cell.begins for cell in film.script.cells] == [0, 4]
    assert film.begins(film.script.cells[1]) == 4


def test_a_change_of_all_seeds_is_said_once(small: Make) -> None:
    film = Seeds(played(small, FEWER, seeds=4))
    for frame in (8, 3, 4, 0):
        drawn = film.draw(frame)
        words = [text.get_text() for text in film._figure.texts]
        assert words.count("step 4: generator steps 20 → 1") == (4 <= frame < 6)
        assert np.array_equal(drawn, film.redraw(frame))
        check_apart(film)


# --- another target, another field ---


@pytest.fixture
def moved(small: Make) -> Trace:
    layers = [name for name in LAYERS if name not in ("phase", "asked")]
    grid = {"at": 4, "target": {"kind": "grid", "side": 3, "spacing": 1.0}}
    curves = ["modes_covered", "high_quality"]
    return played(small, grid, film={"layers": layers, "curves": curves}, game={})


def test_layers_follow_the_target(moved: Trace) -> None:
    def at(name: str) -> Any:
        return LAYERS[name](View(moved, 0, 548)).strokes[0].at

    real = at("real")
    assert np.array_equal(real(4), moved.real[0, :500]) and real(4) is real(0)
    assert np.array_equal(real(5), moved.later_real[0, 0, :500]) and real(5) is real(8)
    density = at("density")
    assert density(0) is density(4) and density(5) is density(8)
    # Closed lines about each mode of the present target: all of it lies within 3 of its spreads.
    for frame, target in ((4, moved.target), (5, moved.target_of(5))):
        corners = np.concatenate(density(frame))
        near = np.linalg.norm(corners[:, None] - target.modes, axis=-1).min(1)
        assert near.max() < 3.2 * float(np.max(target.spread))
    assert len(moved.target_of(5).modes) == 9
    labels = LAYERS["modes"](View(moved, 0, 548)).strokes
    for frame, n in ((4, 8), (5, 9)):
        assert sum(bool(label.at(frame)) for label in labels) == n  # type: ignore[union-attr]


def test_the_best_discriminator_is_that_of_the_present_target(moved: Trace) -> None:
    def at(trace: Trace, frame: int) -> Any:
        return LAYERS["optimal"](View(trace, 0, 548)).strokes[0].at(frame)

    # A trace with the same clouds whose target was always the later one.
    settings = {**moved.settings, "target": moved.settings["changes"][0]["target"]}
    del settings["changes"]
    later = replace(moved, settings_text=check(settings).text, later_real=moved.later_real[:0])
    assert np.array_equal(at(moved, 6), at(later, 6))
    assert not np.array_equal(at(moved, 4), at(later, 4))


@pytest.mark.parametrize(
    "name", ["sliced_wasserstein", "high_quality", "mode_switches", "c2st_held_out"]
)
@pytest.mark.parametrize("window", [(0.0, 0.4), (0.3, 0.9), (0.7, 1.0), (1.0, 1.0)])
def test_a_window_is_measured_against_the_target_of_its_time(
    name: str, window: tuple[float, float], moved: Trace
) -> None:
    # The whole curve's part, whether all was recorded or nothing but the window.
    claim = Claim(text="t", metric=name, relation="<", threshold=0, window=window)
    looks = window_of(moved.steps, window)
    curve = METRICS[name](moved)[looks]
    # Every look is as far from the next: by trapezoids the two at the ends count for a half.
    ends = (curve[0] + curve[-1]) / 2
    expected = (curve.sum(0) - ends) / max(len(curve) - 1, 1) if len(curve) > 1 else curve[0]
    found = reduced(claim, moved)
    # The oracle sums in single precision.
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    if not METRICS[name].cumulative:
        only = record(check(moved.settings), [0], windows=[window])
        assert len(only.steps) < len(moved.steps)
        assert np.array_equal(reduced(claim, only), found)


def test_a_film_of_two_targets_is_its_full_redraw(moved: Trace) -> None:
    film = Film(moved)
    for frame in (8, 4, 5, 0):
        assert np.array_equal(film.draw(frame), film.redraw(frame)), frame
        (value,) = [c.value.get_text() for c in film.panels[0].curves]
        assert value.endswith(f"of {8 if frame <= 4 else 9}")


def test_the_field_is_that_of_the_present_game(small: Make) -> None:
    game: dict[str, Any] = {
        "generator": {"kind": "point"},
        "discriminator": {"kind": "linear"},
        "target": {"kind": "dirac"},
        "film": {"layers": ["phase"]},
    }
    trace = played(small, {"at": 4, "game": {"penalties": [R1]}}, game={}, **game)
    film = Film(trace)
    for frame in (8, 4, 5, 0):
        assert np.array_equal(film.draw(frame), film.redraw(frame)), frame
    arrows = LAYERS["phase"](View(trace, 0, 548)).strokes[0].at
    assert arrows(0) is arrows(4) and arrows(5) is arrows(8)

    x0, x1, y0, y1 = trace.field_extent
    n = len(trace.field)
    places = np.stack(np.meshgrid(np.linspace(x0, x1, n), np.linspace(y0, y1, n)), -1)
    for frame, field in ((4, trace.field), (5, trace.later_field[0])):
        shapes = np.asarray(arrows(frame))
        # From the foot of each arrow, the middle of its first and last corner, to its tip.
        foot = (shapes[:, 0] + shapes[:, 6]) / 2
        along = shapes[:, 3] - foot
        gaps = np.linalg.norm(places.reshape(-1, 1, 2) - foot, axis=-1)
        push = field.reshape(-1, 2)[gaps.argmin(0)]
        assert len(shapes) > n and gaps.min(0).max() < 1e-6
        across = along[:, 0] * push[:, 1] - along[:, 1] * push[:, 0]
        lengths = np.linalg.norm(along, axis=1) * np.linalg.norm(push, axis=1)
        assert np.allclose(across / lengths, 0, atol=1e-5) and ((along * push).sum(1) > 0).all()
    assert not np.array_equal(np.asarray(arrows(4)), np.asarray(arrows(5)))


# --- pages and decks ---


def packed(film: Any) -> dict[str, Any]:
    page = film.page(Timing.moving(1.0, len(film)))
    return json.loads(page.partition('id="film">')[2].partition("</script>")[0])


def test_a_page_has_the_change_in_both_languages(base: Trace, cured: Trace) -> None:
    (scene,) = packed(Film(cured))["scenes"]
    assert [4, "step 4: generator steps 20 → 1", True] in scene["chapters"]["en"]
    assert [4, "第 4 轮：生成器步数 20 → 1", True] in scene["chapters"]["zh"]
    assert all(panel["changes"] == [4.0] for panel in scene["panels"])
    (scene,) = packed(Film(base))["scenes"]
    assert not any("changes" in panel for panel in scene["panels"])
    assert all(len(chapter) == 2 for chapter in scene["chapters"]["en"])


def test_a_page_of_two_futures_knows_when_they_part(base: Trace, cured: Trace) -> None:
    film = Compare([base, cured])
    (scene,) = packed(film)["scenes"]
    first, second = scene["stages"]
    assert "begins" not in first and second["begins"] == 4
    assert second["later"] == {"en": "parts at step 4", "zh": "第 4 轮分开"}
    assert scene["chapters"]["zh"] == [[4, "第 4 轮：生成器步数 20 → 1", True]]
    film.frames = [0, 2, 5, 8]
    (scene,) = packed(film)["scenes"]
    assert scene["stages"][1]["begins"] == 2 and scene["chapters"]["en"][0][0] == 2


def test_a_page_has_the_density_of_each_target(moved: Trace, base: Trace) -> None:
    (stage,) = packed(Film(moved))["scenes"][0]["stages"]
    assert [one["from"] for one in stage["density"]] == [0, 5]
    peaks = [one["peak"] for one in stage["density"]]
    assert peaks[0] != peaks[1]
    (stage,) = packed(Film(base))["scenes"][0]["stages"]
    assert set(stage["density"]) == {"peak", "below"}


def test_a_slide_tells_a_change_in_words(small: Make) -> None:
    plain = small(**STEPS, game=MANY)
    change = {**FEWER, "game": {"generator_steps": 1, "penalties": [R1]}}
    other = small(**STEPS, game=MANY, changes=[change])
    found = differences(other, plain)
    told = differs(DECK_WORDS["en"], "small", found)
    assert told == "Differs from small: from step 4 generator steps 1, penalties r1 (weight 0.1)"
    told = differs(DECK_WORDS["zh"], "small", found)
    assert told == "与 small 的不同：第 4 轮起生成器步数 1，惩罚与技巧 r1 (weight 0.1)"
    film = Film(record(other, [0]), layout="bare")
    known = Known(base="small", changes=found)
    for lang, words in (("en", "penalties none → r1"), ("zh", "惩罚与技巧 无 → r1")):
        film = Film(record(other, [0]), layout="bare", lang=lang)
        slides = film_slides(film, Timing.moving(1.0, len(film)), "light", lang, known, set())
        assert len(slides) == 2 and slides[1].handout
        for slide in slides:
            for text in (slide.footer, *slide.notes):
                assert not {*"{}[]'"} & {*text}, text
        assert any("4" in note and note.endswith(words) for note in slides[0].notes)


def test_a_slide_tells_of_a_change_that_the_base_has_otherwise(small: Make) -> None:
    def changed(at: int, steps: int) -> Scenario:
        return small(**STEPS, game=MANY, changes=[{"at": at, "game": {"generator_steps": steps}}])

    def told(lang: str, other: Scenario) -> str:
        return differs(DECK_WORDS[lang], "b", differences(other, changed(4, 1)))

    assert told("en", changed(6, 1)) == "Differs from b: change 1: step 4 → 6"
    assert told("en", changed(4, 2)) == "Differs from b: change 1: generator steps 1 → 2"
    assert (
        told("zh", changed(6, 2)) == "与 b 的不同：第 1 次改变：第 4 轮 → 第 6 轮，生成器步数 1 → 2"
    )


@pytest.mark.parametrize(
    ("lang", "told", "without"),
    [
        ("en", "from step 400 generator steps 1; ", "without the change at step 400"),
        ("zh", "第 400 轮起生成器步数 1；", "没有第 400 轮的改变"),
    ],
)
def test_a_slide_tells_a_change_before_all_else_and_a_control_what_it_lacks(
    lang: str, told: str, without: str
) -> None:
    said = DECK_WORDS[lang]
    cure, control = load("collapse-then-fair"), load("collapse-then-fair-unchanged")
    base = load("mode-collapse")
    assert told in differs(said, base.name, changes_of_the_game(cure, base))
    only = differs(said, cure.name, changes_of_the_game(control, cure))
    assert only == said.differs.format(base=cure.name, what=without)
