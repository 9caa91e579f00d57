"""Characters that are drawn, and honest words about those that cannot be."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from commands import toylab
from games import small_toml

from toylab.base.errors import ToylabError
from toylab.film import fonts
from toylab.film.fonts import LATIN, check_glyphs, families
from toylab.scenario.scenario import Scenario
from toylab.show.cinema import Film, Seeds
from toylab.trace import Trace
from toylab.training.run import record

Make = Callable[..., Scenario]
# In matplotlib's own STIX, and in neither of the film's fonts.
LEFT_OUT = "\u1d81"


@pytest.mark.parametrize(
    "title", ["我的点", "我的点 and mine", "繁體漢字", "ひらがなとカタカナ", "「点」，。！"]
)
def test_a_title_in_chinese_needs_no_flag(title: str, small: Make) -> None:
    # A glyph that is missing is a warning of matplotlib's, and so an error here.
    Film(record(small(title=title, lesson=title), [0])).draw(1)


def test_a_scenario_of_a_chinese_name_is_filmed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("我的.toml").write_text('title = "我的"\nlesson = "点。"\n' + small_toml(), "utf-8")
    outputs = ["x.gif", "x.svg", "x.pdf", "x.html"]
    words = [word for output in outputs for word in ("-o", output)]
    assert toylab("run", "我的.toml", *words) == (0, "")
    assert Path("renders/我的.npz").is_file() and all(Path(o).is_file() for o in outputs)


def test_a_claim_in_chinese_stands_above_a_grid(small: Make) -> None:
    claim = {"text": "点", "metric": "c2st", "relation": ">=", "threshold": 0.0}
    Seeds(record(small(claims=[claim]), [0, 1], [0, 1]), [0, 1]).draw(1)


def test_a_film_in_english_is_the_same_with_a_chinese_font_and_without(
    small_trace: Trace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert len(families("en")) == 2
    drawn = [Film(small_trace).draw(1)]
    monkeypatch.setattr(fonts, "_chinese", lambda: "")
    assert families("en") == [LATIN]
    drawn.append(Film(small_trace).draw(1))
    assert np.array_equal(drawn[0], drawn[1])


def test_without_a_font_for_it_chinese_is_told_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(fonts, "_chinese", lambda: "")
    with pytest.raises(ToylabError, match=r'No font here has 我.*\n.*"toylab\[zh\]"'):
        check_glyphs(["我 a"], families("en"))


@pytest.mark.parametrize("words", ["한국어", "🎉", "नमस्ते", "ไทย", "点 🎉"])
@pytest.mark.parametrize("chinese", [True, False])
def test_what_no_font_of_ours_has_is_not_told_to_install_one(
    words: str, chinese: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not chinese:
        monkeypatch.setattr(fonts, "_chinese", lambda: "")
    with pytest.raises(ToylabError) as told:
        check_glyphs([words], families("en"))
    said = str(told.value)
    assert "toylab[zh]" not in said and LATIN in said and "--style" in said
    assert len(said.splitlines()) == 2
    with pytest.raises(ToylabError) as told:
        check_glyphs([words], families("en"), styled=False)
    assert "--style" not in str(told.value)


def test_a_style_file_may_name_the_font_that_is_missing(small: Make, tmp_path: Path) -> None:
    trace = record(small(lesson=LEFT_OUT), [0])
    with pytest.raises(ToylabError, match="font.family in a style file"):
        Film(trace)
    bold = record(small(title=LEFT_OUT), [0])
    (tmp_path / "mine.mplstyle").write_text("font.family: STIXGeneral\n")
    Film(trace, style=tmp_path / "mine.mplstyle").draw(1)
    # Its bold face has fewer.
    with pytest.raises(ToylabError, match=f"No font here has {LEFT_OUT} in bold"):
        Film(bold, style=tmp_path / "mine.mplstyle")


@pytest.mark.parametrize("words", ["العربية", "עברית"])
def test_what_is_written_from_the_right_is_drawn_so_or_refused(
    words: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As in `families`, with letters that join; DejaVu has both scripts, or nearly so.
    monkeypatch.setattr(fonts, "SHAPES", True)
    check_glyphs([words], [LATIN])
    monkeypatch.setattr(fonts, "SHAPES", False)
    with pytest.raises(ToylabError, match=r"written from the right.*\n.*matplotlib>=3.11"):
        check_glyphs([words], [LATIN])
