"""What the page that trains is told, how it is written, and how decks lead to it."""

from __future__ import annotations

import base64
import json
import re
import subprocess
import sys
import time
import zipfile
import zlib
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import numpy as np
import pypandoc
import pytest
import tomli_w
import zxingcpp
from games import SMALL
from live import chromium
from markdown_it import MarkdownIt
from PIL import Image
from playwright.sync_api import Frame, Page
from pptx import Presentation

import toylab
from toylab.base.errors import ToylabError
from toylab.cli import commands
from toylab.cli.live import Lab, in_order, offer
from toylab.film.differences import setting_name
from toylab.film.script import chosen_plans
from toylab.film.words import WORDS
from toylab.scenario import catalogue
from toylab.scenario.scenario import Scenario, check, load
from toylab.show import slides
from toylab.show.bundle import SCRIPTS, bundled
from toylab.show.deck import Deck, Slide
from toylab.show.lab.lab_words import LAB_WORDS
from toylab.show.lab.told_target import told_target
from toylab.show.live_link import LiveLink, address_of
from toylab.targets import TARGETS, Target
from toylab.training.run import record

# The page's frame may come from anybody who writes a scenario.
NASTY = "</script><script>alert(1)</script> @PACK@ <!-- \" ' & é 中"
# Which the page cannot play.
UNPLAYED = "unrolled-fix"


class Read(HTMLParser):
    """Scripts of a page by their id, and its title, as a browser's reader would find them."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.found: dict[str, str] = {}
        self.tags: list[str] = []
        self._now = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs).get("id")
        self._now = str(named or "") if tag == "script" else tag if tag == "title" else ""

    def handle_endtag(self, tag: str) -> None:
        self._now = ""

    def handle_data(self, data: str) -> None:
        if self._now:
            self.found[self._now] = self.found.get(self._now, "") + data


def unpacked(text: str) -> dict[str, Any]:
    """All that a page is told, as its loader lays it together."""
    found = Read(text).found
    large = json.loads(zlib.decompress(base64.b64decode(found["pack"])))
    return {**json.loads(found["lab"]), **large["lab"], "scripts": large}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("lab") / "lab.html"
    Lab().save(path)
    return path


@pytest.fixture(scope="module")
def told(whole: Path) -> dict[str, Any]:
    return unpacked(whole.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def trace() -> toylab.Trace:
    return record(check(SMALL, name="small"), [0])


def game(**tables: Any) -> Scenario:
    return check({**SMALL, **tables}, name="mine")


def until(frame: Page | Frame, true: str) -> None:
    """Wait for something; asked from outside, since the page allows no text to be run."""
    for _ in range(300):
        if frame.evaluate(f"Boolean({true})"):
            return
        time.sleep(0.1)
    raise AssertionError(f"never {true}")


# --- the file ---


def test_all_scenarios_fit_a_file_that_can_be_mailed(whole: Path) -> None:
    # The promise of the guide: at most 400 kB.
    assert whole.stat().st_size <= 400_000


def test_the_page_holds_every_scenario_as_python_has_it(told: dict[str, Any]) -> None:
    assert sorted(one["name"] for one in told["scenarios"]) == catalogue.names()
    played = [one for one in told["scenarios"] if not one["whyNot"]]
    for one in played:
        scenario, settings = load(one["name"]), one["settings"]
        # A picture lies in an installation's own folder: the page has its name from there.
        assert settings == scenario.handed_on
        if "file" not in settings["target"]:
            assert settings == scenario.settings
        assert one["named"]
    # The issue's own count of what a page must play.
    assert len(played) >= 41
    assert told["opened"] == "mode-collapse" and told["lang"] == "en"


def test_a_scenario_that_cannot_be_played_is_named_with_the_reason(told: dict[str, Any]) -> None:
    (one,) = (one for one in told["scenarios"] if one["name"] == UNPLAYED)
    assert set(one["whyNot"]) == set(WORDS) and "unrolled" in one["whyNot"]["en"]
    assert "settings" not in one and one["lesson"]["zh"] == load(UNPLAYED).lesson_zh


def test_a_failure_stands_before_what_mends_it(told: dict[str, Any]) -> None:
    names = [one["name"] for one in told["scenarios"]]
    cures = {one["name"]: one["cures"] for one in told["scenarios"] if one["cures"]}
    assert names[:2] == ["mode-collapse", "fair-steps"] and cures["fair-steps"] == "mode-collapse"
    assert all(names.index(cures[fix]) < names.index(fix) for fix in cures)
    # Worse than what they extend, by their own claims.
    assert not {"weak-discriminator", "collapse-then-fair-unchanged", "too-late"} & {*cures}
    # Better by precision and worse by recall.
    assert not {"truncated", "pinwheel"} & {*cures}
    # From the game as it was, through a change on the way; and a twin without its cure.
    assert cures["collapse-then-fair"] == "mode-collapse"
    assert cures["consensus-ring"] == "no-consensus-ring"
    assert sorted(in_order(catalogue.names())) == catalogue.names()


def test_a_page_says_how_it_was_made(tmp_path: Path) -> None:
    Lab("mode-collapse").save(tmp_path / "x.html", "toylab lab mode-collapse")
    made = unpacked((tmp_path / "x.html").read_text(encoding="utf-8"))["made"]
    assert made == {"toylab": toylab_release(), "command": "toylab lab mode-collapse"}


def toylab_release() -> str:
    from importlib.metadata import version

    return version("toylab")


def test_hostile_words_are_words(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    claim = {"text": NASTY, "metric": "modes_covered", "relation": ">=", "threshold": 0}
    settings = {**SMALL, "title": NASTY, "lesson": NASTY, "source": NASTY, "claims": [claim]}
    path.write_text(tomli_w.dumps(settings), encoding="utf-8")
    Lab(path).save(tmp_path / "x.html", NASTY)
    text = (tmp_path / "x.html").read_text(encoding="utf-8")
    plain = Read(Lab("mode-collapse").page())
    read = Read(text)
    assert read.found["title"] == NASTY and read.tags == plain.tags
    assert "<" not in read.found["lab"] and "alert(1)" in read.found["lab"]
    (one,) = unpacked(text)["scenarios"]
    assert one["title"]["en"] == one["lesson"]["en"] == one["source"] == NASTY
    assert one["claims"][0]["text"]["en"] == NASTY and not one["named"]


def test_no_folder_of_the_author_s_stands_in_a_page(tmp_path: Path) -> None:
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret" / "points.csv").write_text("x,y\n0,0\n1,1\n", encoding="utf-8")
    path = tmp_path / "secret" / "mine.toml"
    own = {**SMALL, "target": {"kind": "points", "file": "points.csv"}}
    path.write_text(tomli_w.dumps(own), encoding="utf-8")
    (one,) = unpacked(Lab(path).page())["scenarios"]
    assert one["settings"]["target"]["file"] == "points.csv"
    assert str(tmp_path) not in json.dumps(one)


def test_a_changed_scenario_is_no_longer_the_one_that_others_know() -> None:
    (one,) = Lab("mode-collapse", changes=["game.generator_steps=3"]).offers
    assert one["settings"]["game"]["generator_steps"] == 3 and not one["named"]
    # What was counted was counted of other settings.
    assert all(claim["published"] is None for claim in one["claims"])


@pytest.mark.parametrize(
    ("games", "options", "words"),
    [
        ((UNPLAYED,), {}, rf"cannot play this. {UNPLAYED}: unrolled.*\nFilm it: toylab run"),
        (("mode-collapse",), {"theme": "print"}, 'theme "print" is unknown'),
        (("mode-collapse",), {"lang": "fr"}, 'lang "fr" is unknown'),
        (("mode-collapse", "mode-collapse"), {}, "Two of these are called mode-collapse"),
        (("no-such",), {}, 'Scenario "no-such" is unknown'),
    ],
)
def test_a_lab_that_cannot_be_is_refused(
    games: tuple[str, ...], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(ToylabError, match=words):
        Lab(*games, **options)


def test_a_notebook_shows_the_page_sealed_and_a_line_behind_it() -> None:
    text = Lab("mode-collapse", lang="zh", theme="dark")._repr_html_()
    found: list[dict[str, str | None]] = []

    class Frames(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "iframe":
                found.append(dict(attrs))

    Frames().feed(text)
    (frame,) = found
    assert "allow-same-origin" not in str(frame["sandbox"])
    inner = unpacked(str(frame["srcdoc"]))
    assert (inner["lang"], inner["theme"], inner["opened"]) == ("zh", "dark", "mode-collapse")
    # In Markdown a blank line ends HTML.
    assert "\n\n" not in text and "实验台" in text.split("<iframe")[0]


def test_a_saved_page_trains_as_one_in_a_notebook_does(tmp_path: Path) -> None:
    """In a browser, as a file and within a sealed frame: ten rounds, and the same state."""
    told = Lab("fair-steps")._repr_html_()
    (tmp_path / "book.html").write_text(f"<!DOCTYPE html><body>{told}</body>", encoding="utf-8")
    Lab("fair-steps").save(tmp_path / "alone.html")
    rows = []
    with chromium() as browser:
        for name in ("alone.html", "book.html"):
            page, wrong = browser.new_page(), []
            page.on("pageerror", lambda error, wrong=wrong: wrong.append(str(error)))
            page.goto((tmp_path / name).as_uri())
            frame = page.frames[-1] if name == "book.html" else page.main_frame
            until(frame, "window.toylab")
            rows.append(
                frame.evaluate(
                    "async () => { await toylab.goto(10); return [toylab.round, [...await toylab.state()]]; }"
                )
            )
            assert wrong == []
    assert rows[0][0] == 10 and rows[0] == rows[1]


def test_the_guide_tells_every_word_of_a_script(tmp_path: Path) -> None:
    guide = (Path(toylab.__file__).parents[1] / "docs/guide/live-lab.md").read_text("utf-8")
    table = guide.partition("`window.toylab`")[2].partition("\n## ")[0]
    cells = [line.split("|")[1] for line in table.splitlines() if line.startswith("| `")]
    named = {name for cell in cells for name in re.findall(r"`(\w+)", cell)}
    Lab("dirac-cycle").save(tmp_path / "x.html")
    with chromium() as browser:
        page = browser.new_page()
        page.goto((tmp_path / "x.html").as_uri())
        until(page, "window.toylab")
        assert named == {*page.evaluate("Object.keys(toylab)")}


def test_a_page_around_two_labs_plays_both(tmp_path: Path) -> None:
    """The guide's own page; nothing of it but messages reaches them."""
    guide = (Path(toylab.__file__).parents[1] / "docs/guide/live-lab.md").read_text("utf-8")
    (block,) = re.findall(r"```html\n(.*?)```", guide, re.S)
    (tmp_path / "page.html").write_text(f"<!DOCTYPE html>{block}", encoding="utf-8")
    Lab("mode-collapse", "fair-steps").save(tmp_path / "lab.html")
    with chromium() as browser:
        # Both in sight: a browser lets a frame rest that is not.
        page = browser.new_page(viewport={"width": 1300, "height": 1600})
        page.goto((tmp_path / "page.html").as_uri())
        labs = page.frames[1:]
        for lab in labs:
            until(lab, "window.toylab")
        assert [lab.evaluate("toylab.round") for lab in labs] == [0, 0]
        page.click("#both")
        for lab in labs:
            until(lab, "toylab.round > 3")
        names = [lab.evaluate("toylab.session().name") for lab in labs]
    assert names == ["mode-collapse", "fair-steps"]


def test_the_wheel_brings_what_the_page_is_made_of(tmp_path: Path) -> None:
    house = Path(toylab.__file__).parent
    there = {path for path in house.rglob("*") if path.suffix in (".js", ".css", ".html")}
    words = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)]
    subprocess.run(words, cwd=house.parent, check=True, capture_output=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as file:
        missing = {path.relative_to(house.parent).as_posix() for path in there} - {*file.namelist()}
    assert len(there) > 40 and not missing


# --- what is told of a game ---


@pytest.mark.parametrize("name", ["ring", "grid", "mixture", "random_gaussians"])
def test_a_mixture_is_told_by_its_own_numbers(name: str) -> None:
    means = {"means": ((0, 1), (2, -1)), "covariances": (((0.5, 0.2), (0.2, 0.3)),) * 2}
    target = TARGETS[name](**(means if name == "mixture" else {"weights": ()}))
    told = told_target(target)
    assert told["kind"] == "mixture"
    assert np.array_equal(told["modes"], target.modes)
    assert np.array_equal(told["spread"], target.spread)
    assert np.array_equal(told["weights"], target.weights)
    for (xx, xy, yy), matrix in zip(told["covariances"], target.covariances, strict=True):  # pyright: ignore
        assert np.array_equal([[xx, xy], [xy, yy]], matrix)


def density_of(told: dict[str, Any], x: np.ndarray) -> np.ndarray:
    """Of equally likely points with noise, written out."""
    at, noise = np.array(told["points"]), np.array(told["noise"])
    z = (x[:, None] - at) / noise
    each = np.exp(-0.5 * (z**2).sum(-1)) / (2 * np.pi * noise.prod())
    return np.log(each.mean(axis=1))


@pytest.mark.parametrize(
    "target",
    [
        TARGETS["two_moons"](),
        TARGETS["circles"](),
        TARGETS["s_curve"](),
        TARGETS["swiss_roll"](),
        TARGETS["two_spirals"](),
        TARGETS["line"](angle=30.0, noise=0.1),
        TARGETS["drawn"](points=((0, 0), (1, 1), (2, -1)), noise=0.2),
    ],
    ids=["two_moons", "circles", "s_curve", "swiss_roll", "two_spirals", "line", "drawn"],
)
def test_points_with_noise_have_the_target_s_own_density(target: Target) -> None:
    told = told_target(target)
    x = target.sample(np.random.default_rng(0), 200).astype(np.float64)
    assert told["density"] and told["exact"]
    # Places are told to four or six digits, and a hundredth of the noise moves a log density by as much.
    assert np.allclose(density_of(told, x), target.log_density(x), atol=1e-3)


def test_what_has_no_density_tells_none_and_is_drawn_alike(tmp_path: Path) -> None:
    Image.fromarray(np.tile(np.array([[0, 255]], np.uint8), (8, 8))).save(tmp_path / "x.png")
    for target in (
        TARGETS["pinwheel"](noise=0.1),
        TARGETS["checkerboard"](noise=0.05),
        TARGETS["image"](file=str(tmp_path / "x.png")),
        TARGETS["line"](),
    ):
        told = told_target(target)
        assert not told["density"]
        rng = np.random.default_rng(0)
        points = np.array(told["points"])
        drawn = points[rng.integers(0, len(points), 4000)]
        drawn = drawn + np.array(told["noise"]) * rng.standard_normal((4000, 2))
        theirs = target.sample(rng, 4000)
        # Of 4,096 places and 4,000 draws: means and spreads to four standard errors, about a tenth.
        assert np.allclose(drawn.mean(0), theirs.mean(0), atol=0.1)
        assert np.allclose(drawn.std(0), theirs.std(0), atol=0.1)
    assert told_target(TARGETS["dirac"](x=1.0, y=-2.0))["points"] == [[1.0, -2.0]]


def test_own_points_are_told_as_the_players_see_them(tmp_path: Path) -> None:
    """Years and incomes: each column in a unit of its own."""
    rng = np.random.default_rng(0)
    table = np.stack([rng.normal(2000, 10, 300), rng.normal(40_000, 9000, 300)], axis=1)
    np.savetxt(tmp_path / "x.csv", table, delimiter=",")
    target = TARGETS["points"](file=str(tmp_path / "x.csv"), noise=(0.5, 100.0), modes=2)
    told = told_target(target)
    assert not target.frame.plain and told["exact"] and told["density"]
    assert np.allclose(told["points"], target.frame.inward(table), atol=1e-5)
    assert np.allclose(told["modes"], target.frame.inward(target.modes))
    assert np.allclose(np.array(told["noise"]) * target.frame.unit, [0.5, 100.0])


def test_a_game_is_told_as_the_recorder_and_the_film_see_it(trace: toylab.Trace) -> None:
    told = offer(check(SMALL, name="small"))
    assert told["extent"] == trace.extent.tolist()
    assert told["due"] == trace.steps.tolist()
    assert told["curves"] == [
        {"metrics": list(plan.metrics), "scale": "log" if plan.log else "linear"}
        for plan in chosen_plans(trace, None)[1]
    ]
    assert told["output"] == trace.provenance["output"] and told["solvable"] is False


def test_the_page_reads_rounds_and_points_as_they_were_told(told: dict[str, Any]) -> None:
    """They travel in few words; of points that stand for many the order says nothing."""
    board, far = {"kind": "checkerboard"}, {"kind": "checkerboard", "cells": 3, "side": 9e3}
    mine = game(target=board, changes=[{"at": 1, "target": far}])
    own = unpacked(Lab(mine).page())["scenarios"]
    with chromium() as browser:
        page = browser.new_page()
        page.add_script_tag(content=bundled([SCRIPTS / "lab" / "page" / "unpacked.js"]))
        read = page.evaluate("told => told.map(unpackedOffer)", [*own, *told["scenarios"]])

    def unordered(one: dict[str, Any]) -> dict[str, Any]:
        many = one["kind"] == "points" and not one["exact"]
        return {**one, "points": sorted(one["points"])} if many else one

    for one, scenario in zip(read, [mine, *map(load, (o["name"] for o in read[1:]))], strict=True):
        alone = offer(scenario)
        assert one["whyNot"] == alone["whyNot"]
        if not one["whyNot"]:
            assert one["due"] == alone["due"]
            assert unordered(one["target"]) == unordered(alone["target"])
            later = [[at, unordered(target)] for at, target in alone["later"]]
            assert [[at, unordered(target)] for at, target in one["later"]] == later
    assert len(read[0]["later"]) == 1


def test_what_changes_on_the_way_is_told_with_its_round() -> None:
    moved = {"kind": "grid", "side": 3, "spacing": 3.0}
    changes = [
        {"at": 1, "game": {"generator_steps": 2}},
        {"at": 2, "target": moved, "game": {"objective": "wasserstein"}},
        {"at": 3, "game": {"generator_steps": 1}},
    ]
    scenario = game(
        changes=changes,
        claims=[
            {
                "text": "c",
                "metric": "sliced_wasserstein",
                "relation": "<",
                "threshold": 9.0,
                "window": ("change 2", 1.0),
            }
        ],
    )
    told, kept = offer(scenario), record(scenario, [0])
    ((at, later),) = told["later"]
    assert at == 2 and np.array_equal(later["modes"], TARGETS["grid"](side=3, spacing=3.0).modes)
    assert told["extent"] == kept.extent.tolist() and told["output"] == kept.provenance["output"]
    assert list(told["claims"][0]["window"]) == [0.5, 1.0]
    assert told["settings"] == scenario.settings


def test_claims_have_their_published_counts() -> None:
    (told,) = Lab("fair-steps").offers
    table = json.loads((Path(toylab.__file__).parents[1] / "renders/claims.json").read_text())
    rows = [row for row in table["claims"] if row["scenario"] == "fair-steps"]
    assert [claim["published"]["hits"] for claim in told["claims"]] == [row["hits"] for row in rows]
    assert all(c["published"]["verdict"] == "holds" for c in told["claims"])
    assert [claim["against"] for claim in told["claims"]] == ["", "", "mode-collapse", ""]


def test_every_setting_has_a_name_in_each_language(told: dict[str, Any]) -> None:
    for code in WORDS:
        names = told["settingNames"][code]
        wanted = {"game.penalties.r1.weight", "optimizer.generator.lr", "lr", "target.spread"}
        assert wanted <= set(names)
    assert told["settingNames"]["en"]["game.generator_steps"] == "generator steps"
    assert told["settingNames"]["zh"]["game.generator_steps"] == "生成器步数"


def test_a_method_is_called_one_thing_in_chinese(told: dict[str, Any]) -> None:
    """In the lab's choices, in what it says of a change, and in films."""
    choices = {k.removeprefix("value."): v for k, v in LAB_WORDS["zh"].items() if "value." in k}
    assert len(choices) > 10
    for method, said in choices.items():
        # Where it keeps its own name, a choice may write it as papers do.
        assert setting_name(method, "zh") in (said, method.replace("_", " ")), method
        if not said.isascii():
            assert setting_name(method, "zh") == said
    assert told["settingNames"]["zh"]["non_saturating"] == choices["non_saturating"]


# --- the command ---


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: Any) -> Callable[..., Any]:
    """Run a command in an empty folder; returns its exit code, what it said and what it warned of."""
    monkeypatch.chdir(tmp_path)

    def command(*words: str) -> tuple[Any, str, str]:
        monkeypatch.setattr("sys.argv", ["toylab", *words])
        with pytest.raises(SystemExit) as end:
            commands.main()
        out, err = capsys.readouterr()
        return end.value.code, out, err

    return command


def test_the_command_says_what_it_wrote_and_what_it_left_out(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    code, out, err = run("lab", "fair-steps", UNPLAYED, "-o", "a.html", "--lang", "zh")
    assert not code and re.fullmatch(
        r"a.html  0.\d MB, trains 1 scenario in a browser, 1 more.*\n", out
    )
    assert f"{UNPLAYED} is shown and cannot be played: unrolled" in err
    told = unpacked((tmp_path / "a.html").read_text(encoding="utf-8"))
    assert told["opened"] == "fair-steps" and told["lang"] == "zh"
    assert told["made"]["command"] == f"toylab lab fair-steps {UNPLAYED} -o a.html --lang zh"


def test_the_command_chooses_a_name(run: Callable[..., Any], tmp_path: Path) -> None:
    code, out, _ = run("lab", "fair-steps")
    assert not code and out.startswith("renders/fair-steps.lab.html")
    assert (tmp_path / "renders" / "fair-steps.lab.html").is_file()


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["lab", "fair-steps", "-o", "x.txt"], "x.txt: expected a name that ends in .html."),
        (["lab", "--set", "training.steps=3"], "--set changes scenarios that are named"),
        (["lab", "fair-steps", "--set", "game.x=1"], 'fair-steps: --set game.x=1: game: key "x"'),
        (["lab", "x.npz"], "x.npz is a trace, and lab takes scenarios"),
        (["slides", "fair-steps", "-o", "x.pptx", "--live"], "--live is for .qmd"),
        (
            ["slides", "fair-steps", "-o", "x.qmd", "--link", "https://a.b/lab.html"],
            "--link is for .pptx, .tex and .md",
        ),
        (["slides", "fair-steps", "-o", "x.md", "--link", "lab.html"], "Got 'lab.html'"),
        (["slides", "fair-steps", "-o", "x.md", "--link", "https://a.b/#x"], "without #"),
        (
            ["slides", "fair-steps", "-o", "x.md", "--link", "https://a.b/" + 300 * "x"],
            "and a code holds 250",
        ),
    ],
)
def test_what_cannot_be_is_refused_in_a_line(
    run: Callable[..., Any], tmp_path: Path, words: list[str], told: str
) -> None:
    code, out, err = run(*words)
    assert code and told in err and not out
    assert [path for path in tmp_path.iterdir() if path.name != ".toylab"] == []


# --- decks ---

URL = "https://example.org/~ann_b/lab.html?x=1&y=a%20b"


class Standing:
    """A film that nobody made."""

    def __init__(self, name: str) -> None:
        self.name, self.alt = name, f"Film {name}"

    def save(self, path: Path) -> None:
        if path.suffix == ".html":
            path.write_text("player", encoding="utf-8")
        else:
            Image.new("RGB", (1280, 520)).save(path)

    def frames(self, folder: Path, most: int) -> tuple[int, float]:
        folder.mkdir()
        self.save(folder / "frame-0000.png")
        return 1, 1.0


class Lasting(Standing):
    def save(self, path: Path) -> None:
        path.write_text("lab", encoding="utf-8")


@pytest.fixture(scope="module")
def decks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    link = LiveLink("one-live", address_of(URL, "fair steps"), "Open it")
    deck = Deck(
        "Talk",
        "of two",
        (
            Slide(
                "One",
                "lesson",
                film=Standing("one"),
                live=Lasting("one-live"),
                link=link,
                footer="foot",
            ),
            Slide("Two", "lesson", film=Standing("two")),
        ),
    )
    folder = tmp_path_factory.mktemp("decks")
    paths = {ending: folder / f"talk{ending}" for ending in slides.DECKS}
    for path in paths.values():
        slides.write(deck, path)
    return paths


def test_an_address_opens_the_scenario(decks: dict[str, Path]) -> None:
    assert address_of("https://a.b/lab.html", "fair-steps") == (
        "https://a.b/lab.html#scenario=fair-steps"
    )
    assert address_of("https://a.b/é", "中 x") == ("https://a.b/%C3%A9#scenario=%E4%B8%AD%20x")


def test_the_code_is_read_by_another_reader(decks: dict[str, Path]) -> None:
    code = decks[".md"].parent / "talk-md-assets" / "one-live.png"
    with Image.open(code) as picture:
        (found,) = zxingcpp.read_barcodes(np.asarray(picture.convert("L")))
    assert found.text == address_of(URL, "fair steps")


def test_powerpoint_leads_to_the_lab(decks: dict[str, Path]) -> None:
    first, second = list(Presentation(str(decks[".pptx"])).slides)[1:]
    wanted = address_of(URL, "fair steps")
    pictures = [one for one in first.shapes if one.shape_type == 13]
    (code,) = (one for one in pictures if one.name == "one-live")
    assert code.click_action.hyperlink.address == wanted  # pyright: ignore
    runs = [
        run
        for one in first.shapes
        if one.has_text_frame
        for paragraph in one.text_frame.paragraphs  # pyright: ignore
        for run in paragraph.runs
    ]
    (words,) = (run for run in runs if run.hyperlink.address)
    assert words.text == "Open the live lab" and words.hyperlink.address == wanted
    # It covers neither words nor film.
    others = [one for one in first.shapes if one is not code and one.shape_id != code.shape_id]
    for one in others:
        apart = (
            one.left + one.width <= code.left
            or code.left + code.width <= one.left
            or one.top + one.height <= code.top
            or code.top + code.height <= one.top
        )
        assert apart, one.name
    assert [one.name for one in second.shapes if one.shape_type == 13] == ["two"]


def test_marp_leads_to_the_lab(decks: dict[str, Path]) -> None:
    body = decks[".md"].read_text(encoding="utf-8").split("\n---\n", 1)[1]
    tokens = MarkdownIt("commonmark", {"html": True}).parse(body)
    links: list[str | None] = []
    shown: list[str | None] = []

    class Seen(HTMLParser):
        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            if tag == "a":
                links.append(dict(attrs)["href"])
            if tag == "img":
                shown.append(dict(attrs)["src"])

    for token in tokens:
        Seen().feed(token.content if token.type in ("inline", "html_block") else "")
    assert links == [address_of(URL, "fair steps")]
    folder = "talk-md-assets"
    assert shown == [f"{folder}/one.gif", f"{folder}/one-live.png", f"{folder}/two.gif"]
    # A path is no word of a slide.
    texts = [token.content for token in tokens if token.type == "inline"]
    assert not [text for text in texts if text.startswith(folder)]


def test_beamer_leads_to_the_lab(decks: dict[str, Path]) -> None:
    text = decks[".tex"].read_text(encoding="utf-8")
    tree = json.loads(pypandoc.convert_text(text, "json", format="latex"))
    links: list[str] = []

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if node.get("t") == "Link":
                links.append(node["c"][2][0])
            walk(node.get("c"))
        elif isinstance(node, list):
            for inner in node:
                walk(inner)

    walk(tree["blocks"])
    # Pandoc reads the words, and of the box in the corner nothing.
    assert links[0] == address_of(URL, "fair steps").replace("~", "%7E")
    assert text.count("\\href{") == 2 and "one-live.png" in text


def test_quarto_shows_the_lab_itself_and_other_decks_the_film(decks: dict[str, Path]) -> None:
    text = decks[".qmd"].read_text(encoding="utf-8")
    frames = re.findall(r'data-src="([^"]+)" title="([^"]+)" sandbox="([^"]+)"', text)
    assert [name for name, _, _ in frames] == [
        "talk-qmd-assets/one-live.html",
        "talk-qmd-assets/two.html",
    ]
    assert [title for _, title, _ in frames] == ["Film one-live", "Film two"]
    assert frames[1][2] == "allow-scripts" and "allow-same-origin" not in frames[0][2]
    assert "example.org" not in text
    with zipfile.ZipFile(decks[".pptx"]) as file:
        assert not [name for name in file.namelist() if name.endswith(".html")]


def test_a_slide_that_cannot_be_live_keeps_its_film_and_says_so(
    run: Callable[..., Any], tmp_path: Path
) -> None:
    table = {**SMALL, "title": "Plain", "lesson": "l"}
    (tmp_path / "plain.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    table = {**table, "title": "Ahead", "game": {"update": {"kind": "unrolled", "steps": 2}}}
    (tmp_path / "ahead.toml").write_text(tomli_w.dumps(table), encoding="utf-8")
    code, _, err = run("slides", "plain.toml", "ahead.toml", "-o", "t.qmd", "--live")
    assert not code and "Ahead: its film is shown, without a lab: unrolled: " in err
    assert "Plain:" not in err
    lab = (tmp_path / "t-qmd-assets" / "plain-live.html").read_text(encoding="utf-8")
    assert '<main id="page" class="bare">' in lab
    assert [one["name"] for one in unpacked(lab)["scenarios"]] == ["plain"]
    assert (tmp_path / "t-qmd-assets" / "ahead.html").is_file()
