"""How films look: words that fit, in every scenario, layout and language; chapters and pace."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from games import ASKED
from pictures import boxes_of, check_apart, texts_of

from toylab.base.errors import ToylabError
from toylab.cli.look import Look
from toylab.film import THEMES
from toylab.film import fonts as fonts_room
from toylab.film.chapters import chapters_of
from toylab.film.fonts import families, missing
from toylab.film.layers import LAYERS, View
from toylab.film.layout import LAYOUTS
from toylab.film.pace import paced, wanted
from toylab.film.strokes import Line
from toylab.film.style import LABEL, styled
from toylab.film.text import wrapped
from toylab.film.words import WORDS
from toylab.scenario import catalogue
from toylab.scenario.scenario import Scenario, load
from toylab.show.cinema import Compare, Film, Seeds
from toylab.trace import Trace
from toylab.training.run import record

Make = Callable[..., Scenario]
QUICK = ["training.steps=6", "recording.snapshots=4", "recording.samples=64", "recording.grid=16"]


def check_words(film: Any, frame: int) -> None:
    """Nothing below 16 points, nothing outside the frame, no two words on one another."""
    film.draw(frame)
    width, height = film._figure.bbox.width, film._figure.bbox.height
    for text in texts_of(film):
        assert float(text.get_fontsize()) >= LABEL, text.get_text()
    for words, box in boxes_of(film):
        # A pixel for what rounding adds.
        inside = box.x0 >= -1 and box.x1 <= width + 1 and box.y0 >= -1 and box.y1 <= height + 1
        assert inside, (words, box)
    # A line's box holds room for accents and tails that the words do not have.
    check_apart(film, one=-3, other=-3)


@pytest.mark.parametrize("name", catalogue.names())
def test_the_words_of_every_scenario_fit_in_both_languages(name: str) -> None:
    trace = record(load(name, [*QUICK, "training.batch=8"]), [0])
    for lang in WORDS:
        for layout in LAYOUTS:
            film = Film(trace, lang=lang, layout=layout)
            check_words(film, len(film) - 1)
            assert not missing([t.get_text() for t in texts_of(film)], film.fonts)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("lang", WORDS)
def test_every_look_is_its_full_redraw(layout: str, lang: str, small_trace: Trace) -> None:
    for theme in THEMES:
        film = Film(small_trace, theme=theme, lang=lang, layout=layout)
        for frame in (2, 0):
            assert np.array_equal(film.draw(frame), film.redraw(frame)), theme


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "phase"])
def test_every_layer_shows_something_and_is_its_full_redraw(name: str, small: Make) -> None:
    tables = {"training": {"steps": 40, "batch": 64}, "recording": {"snapshots": 5}}
    trace = record(small(**tables, **(ASKED if name == "asked" else {})), [0])
    film, bare = Film(trace, layers=[name]), Film(trace, layers=[])
    for frame in (4, 1):
        assert np.array_equal(film.draw(frame), film.redraw(frame))
    x, y, w, h = (round(v) for v in film.layout.stage(1))
    square = np.s_[720 - y - h : 720 - y, x : x + w]
    assert (film.draw(4)[square] != bare.draw(4)[square]).any()


def test_layers_that_cannot_be_drawn_say_why(small: Make) -> None:
    trace = record(small(target={"kind": "square"}, generator={"latent": 3}), [0])
    for name, words in (
        ("lattice", "latent of two numbers"),
        ("modes", "1 to 25 modes"),
        ("phase", "exactly solvable"),
        ("asked", "no class is asked for"),
    ):
        with pytest.raises(ToylabError, match=words):
            Film(trace, layers=[name])
    blind = record(small(target={"kind": "pinwheel"}), [0])
    for name in ("density", "optimal", "optimal_gap"):
        with pytest.raises(ToylabError, match="density is not known"):
            Film(blind, layers=[name])


def test_a_class_is_shown_by_what_lies_within_twice_what_is_good(
    small: Make, tmp_path: Path
) -> None:
    """The circle, where each axis has a unit of its own: of no point beyond it is any good."""
    rng = np.random.default_rng(0)
    rows = np.repeat([[1.0, 1e5], [9.0, 5e5]], 40, axis=0) + rng.normal(size=(80, 2)) * [0.1, 1e3]
    np.savetxt(tmp_path / "rows.csv", rows, delimiter=",", header="years,income", comments="")
    target = {"kind": "points", "file": str(tmp_path / "rows.csv"), "modes": 2, "scale": "own"}
    trace = record(small(target=target, **ASKED), [0])
    line = LAYERS["asked"](View(trace, 0, 548)).strokes[0]
    assert isinstance(line, Line)
    frame, mode = trace.target.frame, trace.target.modes[0]
    away = np.hypot(*(frame.inward(line.at(0)) - frame.inward(mode)).T) * frame.length
    assert away == pytest.approx(6 * trace.target.spread[0], rel=1e-5)


def test_what_is_of_an_untold_d_is_refused_of_a_told_one(small: Make) -> None:
    told = record(small(game={"penalties": [{"kind": "class_label"}]}), [0])
    for name in ("optimal", "optimal_gap"):
        with pytest.raises(ToylabError, match=f"{name}: D is told a class"):
            Film(told, layers=[name])
    foreign = told.settings_text.replace("surface = 0", "surface = 900")
    with pytest.raises(ToylabError, match="no class 900 of a target of 8 modes"):
        Film(replace(told, settings_text=foreign), layers=["asked"])


def test_mode_labels_are_shares_of_good_samples(small_trace: Trace) -> None:
    film = Film(small_trace, layers=["modes"])
    film.draw(2)
    texts: list[Any] = film.stages[0].moving[: len(small_trace.target.modes)]
    shown = [float(t.get_text().removesuffix("\u202f%")) for t in texts]
    offset = small_trace.samples[2, 0][:, None] - small_trace.target.modes
    good = np.hypot(*np.moveaxis(offset, -1, 0)) <= 0.3
    assert np.allclose(shown, np.round(100 * good.mean(0)))


# --- chapters and pace ---


def told(small: Make, alive: Sequence[float], **claim: Any) -> Trace:
    """A trace of eight modes whose covered count is as given: whole modes, one point each."""
    trace = record(small(claims=[claim] if claim else []), [0])
    modes = trace.target.modes.astype(np.float32)
    clouds = [np.resize(modes[: max(1, int(n))], (64, 2)) + 9 * (n == 0) for n in alive]
    t = len(alive)
    moving = {
        f: np.repeat(getattr(trace, f)[:1], t, axis=0)
        for f in ("real_logits", "fake_logits", "losses", "gradients", "critic", "logits")
    }
    others = {
        f: np.repeat(getattr(trace, f)[:1], t, axis=0)
        for f in ("pushes", "lattice", "train_logits", "parameters")
    }
    samples = np.stack(clouds)[:, None].astype(np.float32)
    return replace(trace, steps=np.arange(t) * 10, samples=samples, **moving, **others)


def test_chapters_mark_modes_won_and_lost(small: Make) -> None:
    trace = told(small, [0] * 10 + [8] * 20 + [5] * 10 + [2] * 20)
    found = chapters_of(trace, 0, WORDS["en"])
    assert [(c.frame, c.words) for c in found] == [(10, "8 of 8 modes alive"), (40, "6 modes lost")]


def test_a_chapter_begins_where_a_claim_holds_for_good(small: Make) -> None:
    claim = {"text": "c", "metric": "modes_hit", "relation": ">=", "threshold": 5.0}
    trace = told(small, [1] * 10 + [6] * 5 + [3] * 10 + [6] * 30, **claim)
    found = {c.words: c.frame for c in chapters_of(trace, 0, WORDS["en"])}
    # Not at 10, where it holds for a while only.
    assert found["Modes hit ≥ 5"] == 25


def test_what_is_costly_is_asked_only_where_its_curve_is_drawn(small: Make) -> None:
    claim = {"text": "c", "metric": "critic_ratio", "relation": ">=", "threshold": 1.0}
    undrawn = told(small, [1] * 10 + [8] * 30, **claim)
    fake = undrawn.fake_logits.copy()
    fake[:20], fake[20:] = 0.0, -100.0
    undrawn = replace(undrawn, fake_logits=fake, real_logits=np.zeros_like(fake))
    drawn = replace(undrawn)
    film = undrawn.settings["film"] | {"curves": [{"metrics": ["critic_ratio"]}]}
    vars(drawn)["settings"] = undrawn.settings | {"film": film}
    marks = [
        [c.frame for c in chapters_of(trace, 0, WORDS["en"]) if "true one" in c.words]
        for trace in (undrawn, drawn)
    ]
    assert marks == [[], [20]]


def test_a_pace_shares_out_movement_and_keeps_the_ends(small: Make) -> None:
    still = told(small, [1] * 40 + [2, 3, 4, 5, 6, 7, 8] + [8] * 40)
    n = len(still.steps)
    chosen = paced(still, 0, 20, keep=[30])
    assert chosen[0] == 0 and chosen[-1] == n - 1 and 30 in chosen
    assert len(chosen) <= 20 and (np.diff(chosen) > 0).all()
    # All movement is in 7 of 87 snapshots, and half of the pace is movement.
    assert sum(40 <= k <= 47 for k in chosen) >= 5
    assert paced(still, 0, 500) == list(range(n))
    assert wanted(None, 6, 120) == 120 and wanted(10, 6, 120) == 62 and wanted(50, 6, 120) == 120


def test_fewer_frames_make_a_shorter_file_of_the_same_length(small: Make, tmp_path: Path) -> None:
    trace = told(small, [1] * 30)
    film, timing = Look(fps=5, seconds=2.0).checked(print).open([trace], None, None)
    n = len(film)
    assert 8 <= n <= 12
    # Two seconds of movement, to the next hundredth a frame, and the two holds.
    assert sum(timing.durations(n)) == pytest.approx(60 + 200 + 200, abs=n)


# --- languages and styles ---


def test_a_chinese_film_speaks_chinese(small: Make) -> None:
    trace = record(
        small(title_zh="标题", lesson_zh="一句话。", film={"curves": ["modes_hit"]}), [0]
    )
    film = Film(trace, lang="zh")
    film.draw(1)
    said = " ".join(t.get_text() for t in texts_of(film))
    assert all(words in said for words in ("标题", "一句话。", "命中的模式", "真实样本", "轮次"))
    assert len(families("zh")) == 2


def test_without_a_font_a_film_is_english_and_says_so(
    small_trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fonts_room, "_chinese", lambda: "")
    said: list[str] = []
    look = Look(lang="zh").checked(said.append)
    assert look.lang == "en" and "toylab[zh]" in said[0] and len(said[0].splitlines()) <= 3
    with pytest.raises(ToylabError, match="No font here has"):
        Film(small_trace, lang="zh")


def test_a_title_that_no_font_has_is_said_and_not_boxed(small: Make) -> None:
    with pytest.raises(ToylabError, match="No font here has 𓀀"):
        Film(record(small(title="Hieroglyph 𓀀"), [0]))


def test_chinese_breaks_between_characters_but_not_before_a_stop() -> None:
    lines = wrapped("生成点覆盖全部模式，判别器只能猜。" * 3, 300, 17, families("zh"), most=9)
    assert len(lines) > 2 and not any(line[0] in "，。" for line in lines)


def test_a_style_file_colours_the_film(small_trace: Trace, tmp_path: Path) -> None:
    path = tmp_path / "mine.mplstyle"
    path.write_text(
        "figure.facecolor: 102030\ntext.color: f0f0f0\n"
        "axes.prop_cycle: cycler('color', ['ff0000', '00ff00'])\nimage.cmap: viridis\n"
    )
    film = Film(small_trace, style=path)
    assert film.draw(1)[0, 0].tolist() == [0x10, 0x20, 0x30, 255]
    theme, _ = styled(THEMES["light"], path)
    assert theme.curves[:2] == ("#ff0000", "#00ff00") and theme.surface[0] == "#440154"
    assert np.array_equal(film.draw(2), film.redraw(2))


@pytest.mark.parametrize("text", ["figure.facecolor: notacolour\n", "nonsense: 3\n", "\x00\xff"])
def test_a_file_that_is_no_style_is_one_line(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.mplstyle").write_text(text, encoding="latin-1")
    for name in ("x.mplstyle", "none.mplstyle"):
        with pytest.raises(ToylabError) as caught:
            styled(THEMES["light"], tmp_path / name)
        assert name in str(caught.value) and len(str(caught.value).splitlines()) <= 3


def test_grids_and_comparisons_fit_their_words(small_trace: Trace, small: Make) -> None:
    pair = [record(small(training={"batch": b}), [0]) for b in (8, 9)]
    for lang in WORDS:
        for film in (Compare(pair, lang=lang), Seeds(small_trace, lang=lang)):
            check_words(film, 1)
            assert np.array_equal(film.draw(1), film.redraw(1))


HOSTILE: dict[str, Any] = {
    "title": "A title of $\\frac{a}{b}$ <b>costs</b> that goes on and on, over the whole slide and beyond its edge",
    "title_zh": "一个非常非常长的标题，长得无论多大的幻灯片都放不下，更不用说半张幻灯片或者竖版了",
    "lesson": "A lesson of too many words, each of which somebody thought was needed; " * 4,
    "lesson_zh": "一句写得太长的要点，作者觉得每一个字都不能省略，所以它怎么也放不进两行里；" * 4,
}
THREE = ["modes_covered", "top_mode_share", "generator_gradient"]
CURVES: dict[str, list[Any]] = {
    "none": [],
    "one": [{"metrics": ["high_quality"]}],
    "three, and on a log axis": [
        {"metrics": THREE},
        {"metrics": ["saturating_gradient"], "scale": "log"},
    ],
}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("curves", CURVES.values(), ids=CURVES)
def test_no_words_touch_whatever_a_scenario_says(
    layout: str, curves: list[Any], small: Make
) -> None:
    scenario = small(**HOSTILE, film={"curves": curves})
    trace = record(scenario, range(3), filmed=range(3))
    # Of the three seeds one diverges half way.
    ended = trace.diverged_at.copy()
    ended[0] = int(trace.steps[-1]) // 2
    trace = replace(trace, diverged_at=ended)
    for lang in WORDS:
        film = Film(trace, lang=lang, layout=layout)
        check_words(film, len(film) - 1)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_no_words_of_grids_and_comparisons_touch(layout: str, small: Make) -> None:
    claim = {"text": "Claimed " * 30, "metric": "modes_hit", "relation": "<=", "threshold": 8.0}
    game = small(**HOSTILE, claims=[claim])
    # Words above one another, beside one another, and both.
    grid = Seeds(record(game, range(9), filmed=range(9)), layout=layout)
    pair = [record(small(**HOSTILE, training={"batch": b}), [0]) for b in (8, 9)]
    for film in (grid, Compare(pair, layout=layout)):
        check_words(film, len(film) - 1)
