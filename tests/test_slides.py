"""Slides: read back by readers of their own formats, with hostile words in every place."""

from __future__ import annotations

import json
import re
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import unquote
from xml.etree import ElementTree

import numpy as np
import pypandoc
import pytest
import tomli_w
import yaml  # comes with `distributed`
from games import SMALL
from markdown_it import MarkdownIt
from numpy.testing import assert_allclose
from PIL import Image, ImageSequence
from pptx import Presentation

from toylab.base.errors import ToylabError
from toylab.base.settings import fingerprint
from toylab.claims import published
from toylab.cli import commands, talk
from toylab.cli.look import Look
from toylab.film.words import WORDS
from toylab.film.writers import Timing
from toylab.scenario import catalogue, scenario
from toylab.show import figures, slides
from toylab.show.assets import folder_of
from toylab.show.cinema import Film
from toylab.show.deck import TOLD_PART, Deck, Slide, stem
from toylab.show.deck_words import DECK_WORDS
from toylab.show.figures import FIGURES, DrawnFigure
from toylab.show.film_slide import FilmOnSlide, sourced
from toylab.show.markdown import escaped
from toylab.trace import Trace
from toylab.training.run import record

# Tags, quotes, scripts, and what each format would take for its own markup.
NASTY = [
    "</script><script>alert(1)</script> \"double\" 'single' <b>&amp; é",
    "\\input{/etc/passwd} \\end{frame} $x^2$ %comment {braces} #1 ~tilde^caret_under",
    "{{< include /etc/passwd >}} `r system('x')` {=html} @cite ::: {.notes} :::",
    "# heading **bold** [link](http://x.y) ![image](y.png) | table | --- -- ... :smile:",
    "costs $\\frac$ more",
    "1. one",
    "--> <!-- _class: lead --> bg left:40% w:10",
    "- item + item = x",
    "[1] optional",
    "<2-> overlay",
]
# What opens a list, a definition or a block at the beginning of a line.
OPENINGS = [
    *(
        "1. x",
        "12) x",
        "(1) x",
        "#. x",
        "(#) x",
        "(@a) x",
        "2014. x",
        "a. x",
        "A)  x",
        "(a) x",
        "i.",
    ),
    *("ii. x", "IV) x", "(xii) x", "mix. x", ": x", ":::", "::: {.notes}", "= x", "===", "% x"),
    *("+ x", "- - -", "| x", "| a | b |", "> x", "~ x", "~~~", "* x", "# x", "[a]: b", "<div>"),
]


def settings_with(words: str) -> dict[str, Any]:
    claim = {
        "text": words[:300],
        "metric": "modes_covered",
        "relation": ">=",
        "threshold": 0,
        "source": words[:100],
    }
    return SMALL | {
        "title": words,
        "lesson": words,
        "source": words,
        "claims": [claim],
    }


def deck_with(folder: Path, *titles: str, lang: str = "en") -> Deck:
    names = []
    for number, words in enumerate(titles):
        path = folder / f"nasty-{number}.toml"
        path.write_text(tomli_w.dumps(settings_with(words)), encoding="utf-8")
        names.append(str(path))
    return talk.deck_of(
        talk.planned(names, None), Look(lang=lang), 0, lambda s, seed: record(s, [seed])
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("slides")


@pytest.fixture(scope="module")
def deck(folder: Path) -> Deck:
    return deck_with(folder, *NASTY)


@pytest.fixture(scope="module")
def written(deck: Deck, folder: Path) -> dict[str, Path]:
    paths = {ending: folder / f"talk{ending}" for ending in slides.DECKS}
    for path in paths.values():
        slides.write(deck, path)
    return paths


# --- what Pandoc and PowerPoint read ---


def said(node: Any) -> str:
    """All words below a node of Pandoc's own tree; markup in it has other types and shows as such."""
    if isinstance(node, list):
        return "".join(map(said, node))
    if not isinstance(node, dict):
        return ""
    kind, content = node.get("t"), node.get("c")
    if kind == "Str":
        return str(content)
    if kind in ("Space", "SoftBreak"):
        return " "
    if kind == "Quoted":
        kind, inner = content or ({}, [])
        mark = "'" if kind.get("t") == "SingleQuote" else '"'
        return f"{mark}{said(inner)}{mark}"
    if kind == "Span" and content and content[0] == ["", [], []]:
        return said(content[1])  # TeX's braces, which say nothing
    if kind in ("MetaInlines", "Para", "Plain", "MetaString"):
        return said(content) if not isinstance(content, str) else content
    return f"<{kind}>"


def opened(path: Path) -> Any:
    """A deck as python-pptx reads it, whose types know nothing of what a shape is."""
    return Presentation(str(path))


def plain_quotes(text: str) -> str:
    """TeX's quotes are curly, and a backtick is one of them."""
    return text.translate(str.maketrans("‘’`“”", "'''\"\""))


def tree_of(path: Path, reader: str) -> dict[str, Any]:
    # The one command of ours that Pandoc does not know.
    text = path.read_text(encoding="utf-8").replace("\\textasciigrave{}", "`")
    return json.loads(pypandoc.convert_text(text, "json", format=reader))


def headers(tree: dict[str, Any]) -> list[str]:
    found: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("t") == "Header":
                found.append(said(node["c"][2]))
            walk(node.get("c"))
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(tree["blocks"])
    return found


def test_powerpoint_shows_hostile_words_as_they_are(deck: Deck, written: dict[str, Path]) -> None:
    show = opened(written[".pptx"])
    assert len(show.slides) == len(deck.slides) + 1
    for page, slide in zip(list(show.slides)[1:], deck.slides, strict=True):
        assert page.shapes.title.text_frame.text == slide.title
        assert page.placeholders[1].text_frame.text == slide.lesson
        picture = next(shape for shape in page.shapes if shape.shape_type == 13)
        told = picture._element.xpath(".//p:cNvPr")[0].get("descr")
        assert told == (slide.film or slide.figure).alt  # pyright: ignore
        if slide.notes:
            assert page.notes_slide.notes_text_frame.text == "\n".join(slide.notes)
        assert (page._element.get("show") == "0") == slide.handout


def test_a_film_on_a_slide_keeps_its_shape_and_stays_inside(written: dict[str, Path]) -> None:
    show = opened(written[".pptx"])
    assert show.slide_width * 9 == show.slide_height * 16
    for page in list(show.slides)[1:]:
        for shape in page.shapes:
            assert shape.left >= 0 and shape.left + shape.width <= show.slide_width
            assert shape.top >= 0 and shape.top + shape.height <= show.slide_height
            if shape.shape_type == 13:
                width, height = shape.image.size
                assert_allclose(shape.width / shape.height, width / height, rtol=1e-3)


def test_a_deck_of_powerpoint_carries_moving_pictures(deck: Deck, written: dict[str, Path]) -> None:
    with zipfile.ZipFile(written[".pptx"]) as file:
        films = [name for name in file.namelist() if name.endswith(".gif")]
        assert len(films) == sum(slide.film is not None for slide in deck.slides)
        with file.open(films[0]) as inner, Image.open(inner) as film:
            assert sum(1 for _ in ImageSequence.Iterator(film)) > 1


def test_a_deck_has_a_master_of_three_layouts_in_the_film_s_colours(
    written: dict[str, Path],
) -> None:
    show = opened(written[".pptx"])
    assert [layout.name for layout in show.slide_layouts] == ["Title", "Film", "Points"]
    with zipfile.ZipFile(written[".pptx"]) as file:
        theme = file.read("ppt/theme/theme1.xml").decode()
    assert "FCFBF8" in theme and "35D07F" in theme


def test_the_same_deck_is_the_same_bytes(
    deck: Deck, written: dict[str, Path], folder: Path
) -> None:
    again = folder / "again.pptx"
    slides.write(deck, again)
    assert again.read_bytes() == written[".pptx"].read_bytes()


def test_a_deck_can_hold_videos(deck: Deck, folder: Path) -> None:
    path = folder / "video.pptx"
    one = Deck("One", "", deck.slides[:1], video=True)
    slides.write(one, path)
    with zipfile.ZipFile(path) as file:
        kinds = {Path(name).suffix for name in file.namelist() if "/media/" in name}
    assert kinds == {".mp4", ".png"}


def test_pandoc_reads_hostile_words_in_a_quarto_deck_as_words(
    deck: Deck, written: dict[str, Path]
) -> None:
    tree = tree_of(written[".qmd"], "markdown-smart")
    ordered = sorted(deck.slides, key=lambda slide: slide.handout)
    assert headers(tree) == [slide.title for slide in ordered]
    assert said(tree["meta"]["title"]) == deck.title
    text = written[".qmd"].read_text(encoding="utf-8")
    # Quarto fills shortcodes in before Pandoc reads a word, and runs no engine.
    assert "{{<" not in text and "\nengine: markdown\n" in text
    assert not re.search(r"(?<!\\)<script", text)


def test_a_quarto_deck_frames_the_player(deck: Deck, written: dict[str, Path]) -> None:
    text = written[".qmd"].read_text(encoding="utf-8")
    frames = re.findall(r'<iframe class="film" data-src="([^"]+)"', text)
    assert len(frames) == sum(slide.film is not None for slide in deck.slides)
    for name in frames:
        page = (written[".qmd"].parent / name).read_text(encoding="utf-8")
        assert '<main id="player" class="bare">' in page
    notes = text.count("\n::: {.notes}\n")
    assert notes == sum(bool(slide.notes) for slide in deck.slides)


def test_pandoc_reads_hostile_words_in_a_beamer_deck_as_words(
    deck: Deck, written: dict[str, Path]
) -> None:
    tree = tree_of(written[".tex"], "latex")
    found = [plain_quotes(words) for words in headers(tree)]
    assert found == [plain_quotes(slide.title) for slide in deck.slides]
    assert plain_quotes(said(tree["meta"]["title"])) == plain_quotes(deck.title)


def test_a_beamer_deck_counts_the_frames_that_are_there(written: dict[str, Path]) -> None:
    text = written[".tex"].read_text(encoding="utf-8")
    found = re.findall(r"\{([\d.]+)\}\{([^{}]+/frame-)\}\{(\d+)\}\{(\d+)\}", text)
    assert len(found) == len(NASTY)
    for _, stem_, first, last in found:
        for number in range(int(first), int(last) + 1):
            assert (written[".tex"].parent / f"{stem_}{number:04}.png").is_file()
        assert not (written[".tex"].parent / f"{stem_}{int(last) + 1:04}.png").exists()


def test_markdown_shows_hostile_words_in_a_marp_deck_as_words(
    deck: Deck, written: dict[str, Path]
) -> None:
    text = written[".md"].read_text(encoding="utf-8")
    body = text.split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(body)
    told = []
    for before, token in zip(tokens, tokens[1:], strict=False):
        if before.type == "heading_open":
            assert {child.type for child in token.children or []} <= {"text", "text_special"}
            told.append("".join(child.content for child in token.children or []))
    ordered = sorted(deck.slides, key=lambda slide: slide.handout)
    # The joiner that keeps :smile: from becoming a picture is not seen.
    seen = [words.replace("\u2060", "") for words in told]
    assert seen == [deck.title, *(slide.title for slide in ordered)]
    assert not [words for words in told if ":smile:" in words]
    # A slide ends at a rule and nowhere else.
    assert sum(token.type == "hr" for token in tokens) == len(deck.slides)
    # A note is one comment: nothing in it ends it early.
    blocks = [token.content.strip() for token in tokens if token.type == "html_block"]
    comments = [block for block in blocks if block.startswith("<!--")]
    assert all(c.count("-->") == 1 and c.endswith("-->") for c in comments)
    pictures = [ElementTree.fromstring(block[:-1] + "/>") for block in blocks if block[1] != "!"]
    described = [(slide.film or slide.figure).alt for slide in ordered]  # pyright: ignore
    assert [picture.get("alt") for picture in pictures] == described


def test_each_text_s_pictures_are_there(written: dict[str, Path]) -> None:
    for ending in (".qmd", ".md", ".tex"):
        path = written[ending]
        told = folder_of(path).name
        text = path.read_text(encoding="utf-8")
        names = re.findall(rf"{re.escape(told)}/([\w-]+\.(?:png|gif|html|scss))", text)
        assert names
        assert all((folder_of(path) / name).is_file() for name in names)


# --- what stands at the beginning of a line, and what no format can hold ---


@pytest.fixture(scope="module")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> tuple[Deck, dict[str, Path]]:
    """Every hostile text as a lesson, as a point, as a foot and as a note."""
    texts = [*OPENINGS, *NASTY]
    pages = [
        Slide(f"Slide {n}", words, points=(words, "end"), footer=words, notes=(words,))
        for n, words in enumerate(texts)
    ]
    deck, folder = Deck("T", "S", tuple(pages)), tmp_path_factory.mktemp("spoken")
    paths = {ending: folder / f"talk{ending}" for ending in slides.DECKS}
    for path in paths.values():
        slides.write(deck, path)
    return deck, paths


def paragraphs(node: Any) -> Iterator[str]:
    """Words of each paragraph and of each item below a node of Pandoc's tree."""
    if isinstance(node, list):
        for inner in node:
            yield from paragraphs(inner)
    elif isinstance(node, dict):
        kind = node.get("t")
        if kind in ("Para", "Plain"):
            yield said(node["c"])
        elif kind == "BulletList" or kind == "Div":
            yield from paragraphs(node["c"])
        elif kind != "Header":
            # A list of another kind, a definition, a rule: nothing of ours.
            yield f"<{kind}>"


def test_no_text_of_a_quarto_deck_opens_anything(spoken: tuple[Deck, dict[str, Path]]) -> None:
    deck, paths = spoken
    wanted = [w for s in deck.slides for w in (s.lesson, *s.points, s.footer, *s.notes)]
    blocks = tree_of(paths[".qmd"], "markdown-smart")["blocks"]
    assert list(paragraphs(blocks)) == wanted
    notes = [
        block["c"][1] for block in blocks if block["t"] == "Div" and "notes" in block["c"][0][1]
    ]
    assert [list(paragraphs(block)) for block in notes] == [list(s.notes) for s in deck.slides]


def test_numbered_frames_play_as_slowly_as_their_film(small_trace: Trace, tmp_path: Path) -> None:
    film = FilmOnSlide("x", "", Film(small_trace), Timing(frame=600), "")
    n, fps = film.frames(tmp_path / "frames", 60)
    assert (n, fps) == (3, pytest.approx(1 / 6, rel=0.01))


def test_no_text_of_a_beamer_deck_is_an_argument(spoken: tuple[Deck, dict[str, Path]]) -> None:
    deck, paths = spoken
    # Pandoc leaves a frame's notes out.
    wanted = [w for s in deck.slides for w in (s.lesson, *s.points, s.footer)]
    found = paragraphs(tree_of(paths[".tex"], "latex")["blocks"])
    assert list(map(plain_quotes, found)) == list(map(plain_quotes, wanted))


def test_no_text_of_a_marp_deck_opens_anything(spoken: tuple[Deck, dict[str, Path]]) -> None:
    deck, paths = spoken
    body = paths[".md"].read_text(encoding="utf-8").split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark", {"html": True}).enable("table").parse(body)
    inline = [t.children or [] for t in tokens if t.type == "inline"]
    assert {child.type for children in inline for child in children} <= {"text", "text_special"}
    told = ["".join(child.content for child in children) for children in inline]
    wanted = [w for s in deck.slides for w in (s.title, s.lesson, *s.points, s.footer)]
    assert [words.replace("\u2060", "") for words in told] == ["T", "S", *wanted]


@pytest.mark.parametrize("words", ["a.\n(b) x\n:::\n  ii. y", "x\n1. y", "x\n===\ny"])
def test_every_line_of_a_text_stays_text(words: str) -> None:
    tree = json.loads(pypandoc.convert_text(escaped(words), "json", format="markdown-smart"))
    assert list(paragraphs(tree["blocks"])) == [" ".join(words.split())]


LECTURE = r"""
title = "T\uFFFE"
[[slides]]
figure = "game"
title = "The\ngame"
lesson = "L\u0000"
notes = ["First.\n:::\nthis is said", "\uFFFE", "One.\n\nTwo."]
[[slides]]
title = "Points"
points = ["one\ntwo", "\u001b[31m"]
notes = ["color: orange means real"]
"""


def test_words_of_a_lecture_are_plain_in_every_format(tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(LECTURE, encoding="utf-8")
    plan = talk.planned([], str(tmp_path / "mine.toml"))
    deck = talk.deck_of(plan, Look(), 0, lambda s, seed: record(s, [seed]))
    game, points = deck.slides
    assert (deck.title, game.title, game.lesson) == ("T", "The game", "L")
    assert game.notes == ("First. ::: this is said", "One.", "Two.")
    assert points.points == ("one two", "[31m")
    paths = {ending: tmp_path / f"talk{ending}" for ending in slides.DECKS}
    for path in paths.values():
        slides.write(deck, path)
    pages = list(opened(paths[".pptx"]).slides)[1:]
    told = [page.notes_slide.notes_text_frame.text for page in pages]
    assert told == ["\n".join(slide.notes) for slide in deck.slides]
    blocks = tree_of(paths[".qmd"], "markdown-smart")["blocks"]
    assert [block["t"] for block in blocks].count("Div") == 2


def test_a_marp_deck_says_which_flag_its_pictures_need(tmp_path: Path) -> None:
    slides.write(Deck("T", "S", (Slide("T", points=("x",)),)), tmp_path / "talk.md")
    head = (tmp_path / "talk.md").read_text(encoding="utf-8").split("---\n")[1]
    assert "marp --allow-local-files" in head
    # For readers, and not for Marp.
    assert set(yaml.load(head, yaml.BaseLoader)) == {"marp", "size", "paginate", "style"}


def marp_notes(path: Path) -> list[str]:
    """Comments of a deck, but for the one that names the title's class."""
    text = path.read_text(encoding="utf-8")
    return re.findall(r"<!--\s*(.*?)\s*-->", text, re.DOTALL)[1:]


def test_marp_takes_no_note_for_settings(tmp_path: Path) -> None:
    notes = [("color: orange",), ("a: b", "c: d"), ("- one", "- two"), ("# x", "a: b"), ("{a: b}",)]
    for lang in WORDS:
        pages = tuple(Slide("T", points=("x",), notes=each) for each in notes)
        slides.write(Deck("T", "S", pages, lang=lang), tmp_path / "talk.md")
        comments = marp_notes(tmp_path / "talk.md")
        assert len(comments) == len(notes)
        for comment, paragraphs_ in zip(comments, notes, strict=True):
            assert comment.endswith("\n\n".join(paragraphs_))
            # Marp's rule: what YAML reads as a mapping or a list is settings, all else is a note.
            try:
                read = yaml.load(comment, yaml.BaseLoader)
            except yaml.YAMLError:
                continue
            assert isinstance(read, str)
    # Without the first line it would be: else this test held anything.
    assert yaml.load("color: orange", yaml.BaseLoader) == {"color": "orange"}


# --- names ---


@pytest.mark.parametrize(
    "name", ["week#3", "50% & more?", 'a"b<c>', "模式 一_2", "a: b", "(1) x", "x]"]
)
@pytest.mark.parametrize("ending", [".md", ".qmd"])
def test_a_page_finds_its_pictures_whatever_it_is_called(
    name: str, ending: str, deck: Deck, tmp_path: Path
) -> None:
    path = tmp_path / f"{name}{ending}"
    slides.write(Deck("One", "", deck.slides[:2]), path)
    text = path.read_text(encoding="utf-8")
    links = re.findall(r'(?:src="|!\[\]\()([^")]+)[")]', text)
    assert len(links) == 2
    for link in links:
        # Nothing that HTML, Markdown or an address would end at.
        assert not re.search(r"[\s#?&<>'()\[\]]", link)
        assert (tmp_path / unquote(link)).is_file()
    if ending == ".qmd":
        told = yaml.safe_load(text.split("---\n")[1])["format"]["revealjs"]["theme"]
        assert told[0] == "default" and (tmp_path / told[1]).is_file()


@pytest.mark.parametrize("sign", ["%", "#", "~", "\\", "{", "}", '"', "$", "&", "^", "|", "  "])
def test_names_that_tex_cannot_read_are_refused(sign: str) -> None:
    with pytest.raises(ToylabError, match=re.escape(repr(sign))) as error:
        slides.check([Path(f"week{sign}3.tex")])
    assert len(str(error.value).splitlines()) == 1
    slides.check([Path(f"week{sign}3.pptx"), Path(f"week{sign}3.md"), Path(f"week{sign}3.qmd")])


def test_names_that_tex_can_read_are_not(deck: Deck, tmp_path: Path) -> None:
    path = tmp_path / "模式 一_2.v3.tex"
    slides.write(Deck("One", "", deck.slides[:2]), path)
    links = re.findall(r"\\includegraphics\[[^]]*\]\{(.*?)\}", path.read_text(encoding="utf-8"))
    assert len(links) == 2 and all((tmp_path / link).is_file() for link in links)


@pytest.mark.parametrize("ending", [".md", ".qmd", ".tex"])
def test_a_name_that_no_text_holds_is_refused(ending: str) -> None:
    for name in ("a\nb", "\udcff"):
        with pytest.raises(ToylabError, match="in its name"):
            slides.check([Path(f"{name}{ending}")])


# --- notes ---


def test_notes_tell_the_published_count() -> None:
    chosen = scenario.load("mode-collapse")
    told = json.loads((Path(published.__file__).parents[2] / "renders/claims.json").read_text())
    rows = [row for row in told["claims"] if row["scenario"] == "mode-collapse"]
    for claim, row in zip(chosen.claims, rows, strict=True):
        found = published.count(chosen.settings, claim)
        assert found is not None
        assert (found.hits, found.n) == (row["hits"], len(row["numbers"]))
        assert found.verdict == row["verdict"]


def test_a_count_is_for_one_claim_and_one_game() -> None:
    chosen = scenario.load("mode-collapse")
    claim = chosen.claims[0]
    other = type(claim)(**{**asdict(claim), "threshold": claim.threshold + 1})
    assert published.count(chosen.settings, other) is None
    changed = scenario.load("mode-collapse", ["game.generator_steps=19"])
    assert published.count(changed.settings, claim) is None
    # Words and film have no part in it.
    renamed = scenario.load("mode-collapse", ["title=Other", "film.seconds=3"])
    assert published.count(renamed.settings, claim) is not None


def test_every_published_count_belongs_to_a_scenario_as_it_is_now() -> None:
    told = json.loads((Path(published.__file__).parents[2] / "renders/claims.json").read_text())
    marks = {name: fingerprint(scenario.load(name).settings) for name in catalogue.names()}
    assert {row["scenario"]: row["played"] for row in told["claims"]}.items() <= marks.items()


def test_notes_say_what_to_watch_for_and_how_often_it_happens(tmp_path: Path) -> None:
    path = tmp_path / "fix.toml"
    path.write_text(
        'extends = "mode-collapse"\ntitle = "A"\nlesson = "B"\n[game]\ngenerator_steps = 2\n'
    )
    plan = talk.planned(["mode-collapse", str(path)], None)
    # The claims' counts do not depend on the film: a few steps will do.
    short = {"training": {"steps": 6, "batch": 16}, "recording": {"snapshots": 7}}

    def quick(chosen: scenario.Scenario, seed: int) -> Any:
        trace = record(scenario.check(chosen.settings | short, name=chosen.name), [seed])
        return type(trace)(**{**vars(trace), "settings_text": chosen.text})

    made = talk.deck_of(plan, Look(), 3, quick)
    first, sheet, second, _ = made.slides
    notes = "\n".join(first.notes)
    assert "Watch for" in notes and "64 of 64 seeds" in notes and "Seed 3" in notes
    assert "Modes covered: " in notes
    assert sheet.handout and not first.handout
    assert "generator_steps: 20 → 2" in second.footer and "mode-collapse" in second.footer
    chinese = "\n".join(talk.deck_of(plan, Look(lang="zh"), 3, quick).slides[0].notes)
    assert "64 个种子中 64 个成立" in chinese and "注意观察" in chinese


def test_uncounted_claims_say_so_and_name_no_command_that_counts_others(tmp_path: Path) -> None:
    # Of the same name as a shipped one: `toylab check mode-collapse` counts that.
    path = tmp_path / "mode-collapse.toml"
    path.write_text(tomli_w.dumps(settings_with("Mine")), encoding="utf-8")
    own = talk.planned([str(path)], None)
    changed = talk.planned(
        ["mode-collapse"], None, ["training={steps=4, batch=16}", "recording.snapshots=3"]
    )
    for plan in (own, changed):
        for lang, told in (("en", "not counted for these settings."), ("zh", "尚未统计。")):
            made = talk.deck_of(plan, Look(lang=lang), 0, lambda s, seed: record(s, [seed]))
            notes = made.slides[0].notes
            assert any(note.endswith(told) for note in notes)
            assert not [note for note in notes if "toylab check" in note]


def test_slides_speak_every_language_of_the_film() -> None:
    assert DECK_WORDS.keys() == WORDS.keys()
    for drawing in FIGURES.values():
        assert drawing.words.keys() == WORDS.keys()
        assert len({frozenset(words) for words in drawing.words.values()}) == 1


# --- figures ---


def test_the_weights_are_the_losses_slopes_in_the_logit() -> None:
    logit, h = np.linspace(-9, 9, 73), 1e-6
    slopes = [
        np.abs(after - before) / (2 * h)
        for before, after in zip(
            figures.generator_losses(1 / (1 + np.exp(-(logit - h)))),
            figures.generator_losses(1 / (1 + np.exp(-(logit + h)))),
            strict=True,
        )
    ]
    # 1e-6: rounding of the losses, 1e-15 times 9, over a step of 2e-6.
    for drawn, slope in zip(figures.generator_weights(logit), slopes, strict=True):
        assert_allclose(drawn, slope, atol=1e-6)


def test_the_best_discriminator_has_the_least_loss() -> None:
    d = np.linspace(0.001, 0.999, 999)
    real, generated = figures.discriminator_losses(d)
    for p, q in ((0.3, 0.1), (0.05, 0.4), (0.2, 0.2)):
        least = d[np.argmin(p * real + q * generated)]
        assert abs(least - figures.best_discriminator(np.array(p), np.array(q))) <= 0.0005 + 1e-12


@pytest.mark.parametrize("name", FIGURES)
@pytest.mark.parametrize("lang", WORDS)
def test_a_figure_is_drawn_once_and_again_the_same(name: str, lang: str, tmp_path: Path) -> None:
    paths = [tmp_path / f"{k}.png" for k in range(2)]
    for path in paths:
        DrawnFigure("x", name, "dark", lang).save(path)
    assert paths[0].read_bytes() == paths[1].read_bytes()
    with Image.open(paths[0]) as drawn:
        assert drawn.size == (2 * figures.WIDTH, 2 * figures.HEIGHT)
        assert len(drawn.convert("RGB").getcolors(1 << 20) or []) > 20


# --- lectures ---


@pytest.mark.parametrize("name", catalogue.names("lecture"))
def test_a_lecture_finds_all_that_it_names_and_speaks_chinese(name: str) -> None:
    plan = talk.planned([], name)
    for page in plan.lecture.slides:
        if page.figure or page.points:
            assert page.title_zh and bool(page.lesson) == bool(page.lesson_zh)
        assert not page.points or len(page.points) == len(page.points_zh or ())
        assert len(page.notes) == len(page.notes_zh)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("slides = []", "title is missing"),
        ("title = 'x'\nslides = []", "slides"),
        ("title = 'x'\n[[slides]]\nfigure = 'gane'\ntitle = 'y'", 'did you mean "game"'),
        ("title = 'x'\n[[slides]]\nscenario = 'mode-colapse'", 'did you mean "mode-collapse"'),
        ("title = 'x'\n[[slides]]\nscenario = 'k-one'\nfigure = 'game'", "got scenario and figure"),
        ("title = 'x'\n[[slides]]\ntitle = 'y'", "got none of them"),
        ("title = 'x'\n[[slides]]\nfigure = 'game'", "needs a title"),
        ("title = 'x'\n[[slides]]\npoints = ['a']\ntitle = 'y'\nseed = 3", "has no seed"),
        ("title = 'x'\n[[slides]]\nscenari = 'k-one'", 'did you mean "scenario"'),
        ("title = 'x'\n[[slides]]\ncompare = ['k-one']", "slides[0].compare"),
        ("title = 3", "title"),
    ],
)
def test_a_lecture_s_mistakes_are_told(text: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ToylabError) as error:
        talk.planned([], str(path))
    assert told in str(error.value)
    assert len(str(error.value).splitlines()) <= 4


def test_a_lecture_may_name_scenarios_beside_it(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text(tomli_w.dumps(SMALL))
    (tmp_path / "talk.toml").write_text(
        'title = "T"\n[[slides]]\nscenario = "own"\ntitle = "Mine"\nnotes = ["Say this."]\n'
        '[[slides]]\ncompare = ["own", "own"]\n'
        '[[slides]]\nfigure = "game"\ntitle = "The game"\n'
        '[[slides]]\ntitle = "Points"\npoints = ["one", "two"]\n'
    )
    trained: list[str] = []

    def note(chosen: scenario.Scenario, seed: int) -> Any:
        trained.append(chosen.name)
        return record(chosen, [seed])

    plan = talk.planned([], str(tmp_path / "talk.toml"))
    deck = talk.deck_of(plan, Look(), 0, note)
    assert trained == ["own"]
    assert [slide.title for slide in deck.slides] == [
        "Mine",
        "Mine: for the handout",
        "Small",
        "The game",
        "Points",
    ]
    assert deck.slides[0].notes[0] == "Say this."
    for ending in slides.DECKS:
        slides.write(deck, tmp_path / f"talk{ending}")


# --- the command ---


def run(*words: str) -> Iterator[None]:
    return commands.app(list(words), standalone_mode=False)


def test_the_command_writes_a_deck_that_tells_of_its_making(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(tomli_w.dumps(SMALL))
    run("slides", "small.toml", "-o", "talk.pptx", "-o", "talk.md", "--seed", "4")
    for name in ("talk.pptx", "talk.md"):
        capsys.readouterr()
        run("inspect", name)
        told = capsys.readouterr().out
        assert "scenario" in told and "small" in told and "generator" in told
    assert sorted(p.name for p in tmp_path.iterdir()) == [
        ".toylab",
        "small.toml",
        "talk-md-assets",
        "talk.md",
        "talk.pptx",
    ]


def test_a_deck_of_powerpoint_is_read_where_no_library_for_it_is(
    deck: Deck, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "talk.pptx"
    slides.write(Deck("One", "", deck.slides[:1], provenance={"scenario": "<é>"}), path)
    for missing in ("pptx", "lxml", "lxml.etree", "toylab.show.powerpoint"):
        monkeypatch.setitem(sys.modules, missing, None)
    assert slides.provenance_in(path) == {"scenario": "<é>"}


def bomb(words: str, times: int = 9) -> str:
    """Entities that name one another: ten to so many powers of a word."""
    rows = [f'<!ENTITY a{n} "{f"&a{n - 1};" * 10}">' for n in range(1, times + 1)]
    return f'<!DOCTYPE x [<!ENTITY a0 "{words}">{"".join(rows)}]><x>&a{times};</x>'


@pytest.mark.parametrize(
    "part",
    [
        None,
        "no XML",
        "<x>no JSON</x>",
        "<x>[1]</x>",
        "<x/>",
        bomb("{}"),
        "<x>" + " " * 20_000_000 + "{}</x>",
        '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><x>&a;</x>',
    ],
    ids=["missing", "text", "words", "list", "empty", "bomb", "long", "file"],
)
def test_a_deck_that_says_nothing_of_its_making_is_told(part: str | None, tmp_path: Path) -> None:
    path = tmp_path / "talk.pptx"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        if part is not None:
            file.writestr(TOLD_PART, part)
    with pytest.raises(ToylabError, match="does not say how it was made"):
        slides.provenance_in(path)


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ((), "takes scenarios or --lecture"),
        (("small.toml", "--lecture", "gan-basics", "-o", "a.md"), "one of the two"),
        (("small.toml",), "writes nothing without -o"),
        (
            ("small.toml", "-o", "a.odp"),
            'a.odp: ending ".odp" is unknown; did you mean ".md"?\n  Known: .md, .pptx, .qmd, .tex.',
        ),
        (("small.toml", "-o", "a.md", "--video"), "--video is for .pptx"),
        (("small.toml", "-o", "a.md", "-o", "a.md"), "twice"),
        (("small.toml", "-o", "50%.tex"), "'%' in its name"),
        (("--lecture", "gan-basic", "-o", "a.md"), 'did you mean "gan-basics"'),
        (("nonsense", "-o", "a.md"), "is unknown"),
    ],
)
def test_bad_requests_are_told_in_a_few_lines(
    words: tuple[str, ...], told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("small.toml").write_text(tomli_w.dumps(SMALL))
    with pytest.raises(ToylabError) as error:
        run("slides", *words, *(() if words else ("-o", "a.md")))
    assert told in str(error.value)
    assert [p.name for p in tmp_path.iterdir()] == ["small.toml"]


def test_a_folder_with_a_reader_s_own_file_is_not_replaced(deck: Deck, tmp_path: Path) -> None:
    one = Deck("One", "", deck.slides[:1])
    path = tmp_path / "talk.md"
    slides.write(one, path)
    slides.write(one, path)
    (folder_of(path) / "mine.png").write_bytes(b"mine")
    before = path.read_bytes()
    with pytest.raises(ToylabError, match="holds other things"):
        slides.write(Deck("Two", "", deck.slides[:1]), path)
    assert path.read_bytes() == before
    assert (folder_of(path) / "mine.png").read_bytes() == b"mine"


def test_file_names_are_plain_and_differ() -> None:
    taken: set[str] = set()
    assert [stem(t, taken) for t in ("A b", "a-b", "模式", "../x")] == [
        "a-b",
        "a-b-2",
        "slide",
        "x",
    ]


def test_whose_an_experiment_is_stands_in_the_decks_language() -> None:
    said = DECK_WORDS["zh"]
    assert (
        sourced("the control of k-one; our measurement", said)
        == "来源：对照的是 k-one; 我们自己的测量"
    )
    # Not a part of a word.
    assert sourced("Yours et al. 2020, 24 hours", said) == "来源：Yours et al. 2020, 24 hours"
    assert sourced("ours", DECK_WORDS["en"]) == "Source: ours"
