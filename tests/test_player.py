"""The player: opened as a reader would, in a browser, and compared with the film's own frames."""

from __future__ import annotations

import base64
import io
import json
import shutil
import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from games import ASKED, SMALL
from IPython.core.formatters import DisplayFormatter
from markdown_it import MarkdownIt
from numpy.testing import assert_array_equal
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from toylab import Compare, Film, Seeds, Trace
from toylab.base.errors import ToylabError
from toylab.film.layers import LAYERS
from toylab.film.layers.surface import surface_limit
from toylab.film.style import THEMES
from toylab.film.words import WORDS
from toylab.film.writers import Timing, provenance_of
from toylab.metrics import METRICS
from toylab.scenario import scenario
from toylab.show.page.packing import ABSENT, SIDE, STEPS, Pack, placed
from toylab.show.page.page import _on_offer
from toylab.training.run import record

NASTY = "</script><script>document.title='caught'</script> \"<b>'&amp; @FILM@ é"


DIRAC: dict[str, Any] = {
    "generator": {"kind": "point"},
    "discriminator": {"kind": "linear"},
    "target": {"kind": "dirac"},
}


def trace_of(filmed: Sequence[int] = (0, 2), **changed: Any) -> Trace:
    settings = SMALL | {"recording": {"snapshots": 6, "samples": 64, "grid": 16}, "claims": []}
    settings |= {"training": {"steps": 60, "batch": 16}, **changed}
    return record(scenario.check(settings, name="small"), [3, 4, 5], filmed=filmed)


@pytest.fixture(scope="module")
def trace() -> Trace:
    return trace_of()


@pytest.fixture(scope="module")
def alone() -> Trace:
    """With one filmed seed, so that its page has the film's own limits."""
    return trace_of(filmed=[0])


@pytest.fixture(scope="module")
def relative() -> Trace:
    """Of a game whose D means something only in differences."""
    return trace_of(filmed=[0], game={"objective": "relativistic"})


def widened(trace: Trace) -> Trace:
    """The trace with the second filmed seed's D and losses ten times as large."""
    losses, times = trace.losses.copy(), np.array([1, 10]).reshape(1, 2, 1, 1)
    losses[:, 2] *= 10
    return replace(trace, logits=trace.logits * times, losses=losses)


def told(film: Any) -> dict[str, Any]:
    """What the player reads."""
    page = film.page(Timing.moving(1.0, len(film)))
    return json.loads(page.partition('id="film">')[2].partition("</script>")[0])


def layer_of(stage: dict[str, Any], name: str) -> dict[str, Any]:
    return next(layer for layer in stage["layers"] if layer["name"] == name)


def rgb(colour: str) -> str:
    """As a browser tells it."""
    return f"rgb({', '.join(str(int(colour[i : i + 2], 16)) for i in (1, 3, 5))})"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    # .ci/run installs it; without one nothing here would be tested.
    path = (
        shutil.which("chromium")
        or shutil.which("chromium-browser")
        or shutil.which("google-chrome")
    )
    assert path, "These tests need Chromium. On Debian: apt-get install chromium."
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-gpu"]
        )
        yield browser
        browser.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens a film's page from a file, and at the end looks for errors and requests."""
    faults: list[str] = []
    asked: list[str] = []
    context = browser.new_context(viewport={"width": 1280, "height": 860})

    def opened(film: Any, **options: Any) -> Page:
        path = tmp_path / "film.html"
        film.save(path, **options)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.as_uri())
        page.wait_for_selector(".stage canvas")
        assert asked.pop(0) == path.as_uri()
        return page

    yield opened
    context.close()
    assert faults == []
    assert asked == []


def step_shown(page: Page) -> str:
    return page.inner_text("#step")


def settled(page: Page) -> None:
    """Wait for two frames: one asks for the drawing, one follows it."""
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def paper_shown(page: Page) -> str:
    return page.evaluate("getComputedStyle(document.body).backgroundColor")


def picture(url: str) -> Image.Image:
    """What a canvas says that it holds."""
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA")


def stage_pixels(page: Page) -> np.ndarray:
    """The first stage at the film's own size over the light paper, [SIDE, SIDE, 3]."""
    page.evaluate(
        f"document.querySelector('.stage canvas').style.cssText = 'width: {SIDE}px; border: 0'"
    )
    settled(page)
    settled(page)
    url = page.evaluate("document.querySelector('.stage canvas').toDataURL('image/png')")
    image = picture(url)
    paper = Image.new("RGBA", image.size, THEMES["light"].paper)
    return np.asarray(Image.alpha_composite(paper, image).convert("RGB")).astype(int)


def film_pixels(film: Film, frame: int) -> np.ndarray:
    """The stage of a film's frame without its border, [SIDE, SIDE, 3]."""
    drawn = film.redraw(frame)[..., :3].astype(int)
    x, y, width, height = film._figure.axes[0].bbox.bounds
    top = drawn.shape[0] - round(y + height)
    return drawn[top : top + round(height), round(x) : round(x) + round(width)]


def test_it_opens_on_its_first_frame_and_stands(trace: Trace, opened: Callable[..., Page]) -> None:
    page = opened(Film(trace))
    assert page.title() == "Small"
    assert step_shown(page) == "step 0"
    assert page.get_attribute("#play", "aria-label") == "Play"


def test_it_plays_to_the_end_and_stands_there(trace: Trace, opened: Callable[..., Page]) -> None:
    page = opened(Film(trace))
    page.select_option("#speed", "4")
    page.focus("#play")
    page.keyboard.press("Space")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    expect(page.locator("#step")).to_have_text("step 60", timeout=20_000)
    expect(page.locator("#play")).to_have_attribute("aria-label", "Play")
    # Asked inside the page, before it can move on: from outside a busy machine sees a later frame.
    shown = page.evaluate(
        """() => {
            document.querySelector("#play").click();
            return document.querySelector("#step").innerText;
        }"""
    )
    assert shown == "step 0"


def test_keys_step_and_leap(trace: Trace, opened: Callable[..., Page]) -> None:
    page = opened(Film(trace))
    shown = []
    for key in (
        "ArrowRight",
        "ArrowRight",
        "ArrowLeft",
        "ArrowLeft",
        "ArrowLeft",
        "End",
        "ArrowRight",
        "Home",
    ):
        page.keyboard.press(key)
        shown.append(int(step_shown(page).removeprefix("step ")))
    assert shown == [12, 24, 12, 0, 0, 60, 60, 0]


def test_the_keyboard_reaches_every_control(trace: Trace, opened: Callable[..., Page]) -> None:
    page = opened(Film(trace))
    reached = []
    for _ in range(12):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached[:10] == [
        "play",
        "back",
        "forward",
        "time",
        "speed",
        "scenes",
        "layers",
        "theme",
        "lang",
        "full",
    ]
    page.focus("#forward")
    page.keyboard.press("Space")
    assert step_shown(page) == "step 12"
    for control in page.query_selector_all("button, select, input:not([type=checkbox])"):
        assert control.get_attribute("aria-label")


def test_the_scrubber_and_the_curves_set_the_time(
    trace: Trace, opened: Callable[..., Page]
) -> None:
    page = opened(Film(trace))
    page.focus("#time")
    page.keyboard.press("End")
    assert step_shown(page) == "step 60"
    box = page.query_selector(".panel canvas").bounding_box()  # type: ignore[union-attr]
    assert box is not None
    page.mouse.move(box["x"] + box["width"] - 16, box["y"] + 40)
    page.mouse.down()
    page.mouse.move(box["x"] + 64, box["y"] + 40)
    page.mouse.up()
    assert step_shown(page) == "step 0"


def test_layers_can_be_switched(trace: Trace, opened: Callable[..., Page]) -> None:
    page = opened(Film(trace, layers=["real", "generated"]))
    page.keyboard.press("l")
    assert page.is_visible("#menu")
    before = stage_pixels(page)
    page.check("#menu input[name=surface]")
    with_surface = stage_pixels(page)
    page.uncheck("#menu input[name=surface]")
    after = stage_pixels(page)
    assert np.mean(np.any(before != with_surface, axis=-1)) > 0.9
    assert_array_equal(before, after)
    page.keyboard.press("L")
    assert not page.is_visible("#menu")


def test_languages_themes_and_seeds_can_be_switched(
    trace: Trace, opened: Callable[..., Page]
) -> None:
    page = opened(Film(trace, seed=5))
    assert page.evaluate("[...document.querySelectorAll('#scenes option')].map(o => o.text)") == [
        "seed 5",
        "seed 3",
    ]
    light = stage_pixels(page)
    page.select_option("#scenes", "1")
    assert np.any(stage_pixels(page) != light)
    page.click("#lang")
    assert step_shown(page) == "轮次 0"
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert "生成样本" in page.inner_text("#key")
    page.click("#theme")
    assert paper_shown(page) == rgb(THEMES["dark"].paper)


@pytest.mark.parametrize("frame", [0, 2, 5])
def test_the_surface_has_the_colours_of_the_film(
    alone: Trace, opened: Callable[..., Page], frame: int
) -> None:
    film = Film(alone, layers=["surface"])
    page = opened(film, frame=frame)
    ours, theirs = stage_pixels(page), film_pixels(film, frame)
    ramp = THEMES["light"].ramp[:-1, :3].astype(int)
    level = np.abs(np.diff(ramp, axis=0)).max()
    # Values are packed in 255 levels and shown in 33: at a border of two colours a pixel may fall on the
    # other side. The line of D = 1/2 is drawn by another rasteriser; a border of one pixel is the frame's.
    off = np.abs(ours - theirs).max(axis=-1)[2:-2, 2:-2]
    assert np.mean(off > level) < 0.02
    assert np.mean(off > 0) < 0.1


@pytest.mark.parametrize("frame", [0, 3, 5])
def test_the_points_lie_where_they_lie_in_the_film(
    trace: Trace, opened: Callable[..., Page], frame: int
) -> None:
    film = Film(trace, layers=["generated"])
    page = opened(film, frame=frame)
    ours, theirs = (
        np.any(np.abs(pixels - 252) > 60, axis=-1)[2:-2, 2:-2]
        for pixels in (stage_pixels(page), film_pixels(film, frame))
    )
    assert theirs.sum() > 40
    # Two rasterisers smooth the edges of a disc of 8 pixels differently; a shift by a pixel fails.
    assert np.sum(ours ^ theirs) < 0.2 * theirs.sum()
    for axis in (0, 1):
        centre, expected = (np.mean(np.nonzero(mask)[axis]) for mask in (ours, theirs))
        # matplotlib sets each disc on whole pixels, the player where it belongs.
        assert abs(centre - expected) < 1


def test_a_place_of_scaled_data_has_the_digits_of_its_units(
    opened: Callable[..., Page], tmp_path: Path
) -> None:
    np.savetxt(tmp_path / "x.csv", np.array([13.4, 52.5]) + 1e-3 * np.eye(4, 2))
    own = trace_of(filmed=[0], target={"kind": "points", "file": str(tmp_path / "x.csv")})
    page = opened(Film(own))
    box = page.query_selector(".stage canvas").bounding_box()  # type: ignore[union-attr]
    assert box is not None
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    settled(page)
    x, y = page.inner_text(".here").split(" · ")[0].strip("()").split(", ")
    x0, x1, y0, y1 = own.extent
    # A pixel of some five hundred, and a rounded digit.
    assert float(x) == pytest.approx(x0 + 0.75 * (x1 - x0), abs=(x1 - x0) / 90)
    assert float(y) == pytest.approx((y0 + y1) / 2, abs=(y1 - y0) / 90)


def test_a_place_says_d_and_the_density(trace: Trace, opened: Callable[..., Page]) -> None:
    page = opened(Film(trace, seed=3), frame=5)
    box = page.query_selector(".stage canvas").bounding_box()  # type: ignore[union-attr]
    assert box is not None
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    settled(page)
    said = dict(
        part.replace(" = ", " ").split(" ") for part in page.inner_text(".here").split(" · ")[1:]
    )
    x0, x1, y0, y1 = trace.extent
    at = np.array([x0 + 0.75 * (x1 - x0), (y0 + y1) / 2])
    # Row and column half-way between two cells of 16: the mean of four.
    logits = trace.logits[5, 0][7:9, 11:13].mean()
    assert float(said["D"]) == pytest.approx(1 / (1 + np.exp(-logits)), abs=0.01)
    # A cell of 96 is a square of some .08: the density moves by as much as its slope there.
    cell = (x1 - x0) / 96
    near = np.exp(
        trace.target.log_density(at + cell * np.array([[-1, -1], [-1, 1], [1, -1], [1, 1], [0, 0]]))
    )
    assert near.min() * 0.5 <= float(said["density"]) <= near.max() * 2


def test_hostile_text_is_text(opened: Callable[..., Page]) -> None:
    trace = trace_of(title=NASTY, lesson=NASTY)
    page = opened(Film(trace))
    assert page.inner_text("#title") == NASTY
    assert page.inner_text("#lesson") == NASTY
    assert page.title() == NASTY
    assert page.locator("script").count() == 3


@pytest.mark.parametrize("name", LAYERS)
def test_every_layer_can_be_played(name: str, trace: Trace, opened: Callable[..., Page]) -> None:
    if name == "phase":
        trace = trace_of(**DIRAC)
    if name == "asked":
        trace = trace_of(**ASKED)
    page = opened(Film(trace, layers=[name]), frame=4)
    shown = page.evaluate(
        "[...document.querySelectorAll('#menu input:checked')].map(box => box.name)"
    )
    assert shown == [name]
    paper = [int(THEMES["light"].paper[i : i + 2], 16) for i in (1, 3, 5)]
    assert np.mean(np.any(stage_pixels(page) != paper, axis=-1)) > 1e-4


def test_traces_side_by_side_share_their_time(trace: Trace, opened: Callable[..., Page]) -> None:
    other = trace_of(game={"objective": "saturating"})
    page = opened(Compare([trace, other]))
    assert page.locator(".stage").count() == 2
    page.keyboard.press("End")
    assert step_shown(page) == "step 60"
    assert page.locator("figcaption").all_inner_texts() == [
        "objective non saturating",
        "objective saturating",
    ]


def test_a_small_window_still_shows_everything(
    trace: Trace, browser: Browser, tmp_path: Path
) -> None:
    Film(trace).save(tmp_path / "film.html")
    page = browser.new_page(viewport={"width": 390, "height": 800}, has_touch=True)
    page.goto((tmp_path / "film.html").as_uri())
    page.wait_for_selector(".stage canvas")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.tap("#forward")
    assert step_shown(page) == "step 12"
    page.close()


def test_a_notebook_gets_the_player_in_a_frame(trace: Trace) -> None:
    shown = Film(trace)._repr_html_()
    assert "<iframe" in shown and 'sandbox="allow-scripts"' in shown
    # The page stands inside an attribute: no quote may end it.
    frame = shown.partition("<iframe")[2]
    assert frame.count('"') == 2 * frame.count('="')


def test_a_notebook_as_markdown_has_nothing_of_the_player_in_its_words(trace: Trace) -> None:
    tokens = MarkdownIt().parse(f"Before\n\n{Film(trace)._repr_html_()}\n\nAfter\n")
    kinds = [token.type for token in tokens if token.type in ("html_block", "inline")]
    assert kinds == ["inline", "html_block", "inline"]


def test_a_notebook_on_paper_gets_the_last_frame(trace: Trace) -> None:
    film = Film(trace)
    data, _ = DisplayFormatter().format(film)
    png = data["image/png"]
    # Once more for whoever shows the page but no frame in it.
    assert f'src="data:image/png;base64,{base64.b64encode(png).decode()}"' in data["text/html"]
    assert len(png) < 100_000
    with Image.open(io.BytesIO(png)) as still:
        error = np.asarray(still.convert("RGB")) - film.draw(len(film) - 1)[..., :3].astype(float)
    # 256 colours for a frame: what is lost cannot be seen.
    assert np.abs(error).mean() < 1


def test_the_page_says_how_it_was_made_and_is_the_same_each_time(
    trace: Trace, tmp_path: Path
) -> None:
    for name in ("a.html", "b.html"):
        Film(trace).save(tmp_path / name, command="toylab render")
    assert provenance_of(tmp_path / "a.html")["film_command"] == "toylab render"
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


def test_a_page_that_is_not_ours_is_refused(tmp_path: Path) -> None:
    (tmp_path / "other.html").write_text("<html></html>")
    with pytest.raises(ToylabError, match="does not say how it was made"):
        provenance_of(tmp_path / "other.html")


# --- several stages ---


def test_a_page_of_several_stages_tells_the_story_of_none(trace: Trace) -> None:
    ended = replace(trace, diverged_at=np.array([36, -1, -1]))
    assert [3, "diverged at step 36"] in told(Film(ended))["scenes"][0]["chapters"]["en"]
    for grid in (Seeds(ended), Compare([ended, ended])):
        assert told(grid)["scenes"][0]["chapters"] == {code: [] for code in WORDS}


def test_a_bar_is_that_of_all_stages_or_not_there(
    trace: Trace, opened: Callable[..., Page]
) -> None:
    hinge = trace_of(game={"objective": "hinge"})
    for other, barred in ((trace, True), (hinge, False)):
        page = opened(Compare([trace, other]))
        said = page.locator("#key > span").all_inner_texts()
        assert any(words.startswith("D(x)") for words in said) == barred
        assert said[-3:] == ["▪ real", "● generated", "➜ push of the loss"]


def test_a_surface_on_offer_has_the_colours_of_its_neighbours(trace: Trace) -> None:
    (scene,) = told(Seeds(widened(trace), layers=["generated"]))["scenes"]
    limits = {layer_of(s, "surface")["strokes"][0]["limit"] for s in scene["stages"]}
    assert len(limits) == 1


# --- several seeds ---


def test_another_seed_has_the_same_colours(trace: Trace) -> None:
    wide = widened(trace)
    limits = [surface_limit(wide, seed) for seed in (3, 5)]
    assert limits[0] < limits[1]
    for seed in (3, 5):
        page = told(Film(wide, seed))
        drawn = [layer_of(scene["stages"][0], "surface") for scene in page["scenes"]]
        assert [layer["strokes"][0]["limit"] for layer in drawn] == [limits[1]] * 2
        assert drawn[0]["bar"] == drawn[1]["bar"]


@pytest.mark.parametrize("log", [False, True])
def test_another_seed_has_the_same_axes(log: bool) -> None:
    curves: list[Any] = [{"metrics": ["generator_loss"], "scale": "log" if log else "linear"}]
    wide = widened(trace_of(film={"curves": curves}))
    metric = METRICS["generator_loss"](wide)
    heights, values = [], []
    for scene in told(Film(wide, 3))["scenes"]:
        (panel,) = scene["panels"]
        heights += panel["curves"][0]["at"]
        values += metric[:, list(wide.seeds).index(int(scene["name"]))].tolist()
    assert 0 <= min(heights) and max(heights) <= 1000
    # On one axis heights are one linear function of what was measured; they are told in thousandths.
    at = np.log(values) if log else np.array(values)
    slope, foot = np.polyfit(at, heights, 1)
    assert np.abs(slope * at + foot - heights).max() < 1.5


def test_another_seed_has_the_same_plane_of_phases() -> None:
    game = trace_of(**DIRAC)
    # The second filmed seed leaves the plane of the field.
    far = replace(game, parameters=game.parameters * np.array([1, 1, 30]).reshape(1, 3, 1))
    # Of each player the first parameter.
    paths = far.parameters[..., [0, far.parameters.shape[2] // 2]]
    half = max(float(far.field_extent[1]), 1.08 * float(np.abs(paths[:, [0, 2]]).max()))
    page = told(Film(far, 3))
    for scene, row in zip(page["scenes"], (0, 2), strict=True):
        (layer,) = scene["stages"][0]["layers"]
        dots = [stroke["dots"] for stroke in layer["strokes"] if "dots" in stroke][-1]
        at = (2 * (3 * unpacked(page["pack"], dots)[:, 0] / STEPS - 1) - 1) * half
        assert np.abs(at - paths[:, row]).max() < 4 * half / STEPS


@pytest.mark.parametrize(("layout", "panels"), [("slide", 2), ("half", 1)])
def test_another_seed_has_the_panels_of_the_films_layout(
    trace: Trace, layout: str, panels: int
) -> None:
    page = told(Film(trace, layout=layout))
    assert [len(scene["panels"]) for scene in page["scenes"]] == [panels, panels]


def test_a_page_leaves_its_film_as_it_was(trace: Trace) -> None:
    film = Film(widened(trace))
    before = film.draw(2)
    told(film)
    assert_array_equal(film.draw(2), before)
    assert_array_equal(film.redraw(2), before)


# --- what is said ---


def test_a_chinese_page_is_chinese(relative: Trace, opened: Callable[..., Page]) -> None:
    page = opened(Film(relative, lang="zh", layers=["surface", "arrows_even"]))
    assert "D(x) – 均值" in page.inner_text("#key")
    page.evaluate("""() => {
        window.written = [];
        const write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (said, ...place) {
            window.written.push(said);
            return write.call(this, said, ...place);
        };
    }""")
    for words in ("损失的推力：", "push of the loss: "):
        page.evaluate("window.written.length = 0")
        page.keyboard.press("ArrowRight")
        settled(page)
        assert any(said.startswith(words) for said in page.evaluate("window.written"))
        page.click("#lang")


def test_a_place_says_that_only_differences_of_d_mean_anything(
    relative: Trace, opened: Callable[..., Page]
) -> None:
    page = opened(Film(relative), frame=5)
    box = page.query_selector(".stage canvas").bounding_box()  # type: ignore[union-attr]
    assert box is not None
    page.mouse.move(box["x"] + 0.75 * box["width"], box["y"] + 0.5 * box["height"])
    settled(page)
    name, value = page.inner_text(".here").split(" · ")[1].split(" = ")
    logits = relative.logits[5, 0]
    assert name == "D – mean"
    # Row and column half-way between two cells of 16; a level of 254 from end to end.
    limit = layer_of(told(Film(relative))["scenes"][0]["stages"][0], "surface")
    level = 2 * limit["strokes"][0]["limit"] / 254
    assert float(value) == pytest.approx(logits[7:9, 11:13].mean() - logits.mean(), abs=level)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_key_has_the_colours_of_the_films(
    trace: Trace, opened: Callable[..., Page], theme: str
) -> None:
    look = THEMES[theme]
    names = ["real", "trails", "generated", "arrows", "density", "kde"]
    page = opened(Film(trace, theme=theme, layers=names))
    colours = page.evaluate("[...document.querySelectorAll('#key b')].map(b => b.style.color)")
    meant = [look.real, look.ink, look.generated, look.arrow, look.ink, look.curves[2]]
    assert colours == [rgb(colour) for colour in meant]
    page = opened(Film(trace_of(**DIRAC), theme=theme))
    assert page.evaluate("document.querySelector('#key b').style.color") == rgb(look.curves[0])


# Notes what is filled and stroked on every canvas from now on.
WATCH = """() => {
    window.drawn = [];
    const pen = CanvasRenderingContext2D.prototype;
    let points = [];
    for (const [name, note] of Object.entries({
        beginPath: () => { points = []; },
        moveTo: (_, x, y) => points.push([x, y]),
        lineTo: (_, x, y) => points.push([x, y]),
        stroke: (at) => window.drawn.push(
            ["stroke", at.strokeStyle, at.globalAlpha, at.getLineDash().length, points]),
        fill: (at) => window.drawn.push(["fill", at.fillStyle, at.globalAlpha, 0, points]),
    })) {
        const own = pen[name];
        pen[name] = function (...given) { note(this, ...given); return own.apply(this, given); };
    }
}"""


def test_panels_show_what_all_seeds_did_as_the_film_does(opened: Callable[..., Page]) -> None:
    curves: list[Any] = [{"metrics": ["generator_loss", "discriminator_loss"]}, "modes_covered"]
    page = opened(Film(trace_of(filmed=[0], film={"curves": curves}), layers=[]))
    page.evaluate(WATCH)
    page.keyboard.press("End")
    settled(page)
    drawn = page.evaluate("window.drawn")
    colours = [colour.lower() for colour in THEMES["light"].curves[:3]]
    # Of the last drawing: three curves, each with its band and its median.
    bands = [one for one in drawn if one[0] == "fill" and abs(one[2] - 0.16) < 0.01][-3:]
    medians = [one for one in drawn if one[0] == "stroke" and abs(one[2] - 0.45) < 0.01][-3:]
    assert [one[1] for one in bands] == [one[1] for one in medians] == colours
    # A count holds until the next one: it moves along one axis at a time.
    for points in (bands[2][4][:11], bands[2][4][11:], medians[2][4]):
        moved = np.abs(np.diff(points, axis=0)) > 0.01
        assert len(points) == 11 and not moved.all(axis=1).any()
    assert len(medians[0][4]) == 6


def test_among_several_curves_a_threshold_says_whose_it_is(opened: Callable[..., Page]) -> None:
    claims = [
        {"text": f"{metric} is low", "metric": metric, "relation": "<=", "threshold": 2.0}
        for metric in ("discriminator_loss", "generator_gradient")
    ]
    curves: list[Any] = [
        {"metrics": ["generator_loss", "discriminator_loss"]},
        "generator_gradient",
    ]
    page = opened(Film(trace_of(filmed=[0], claims=claims, film={"curves": curves})))
    page.evaluate(WATCH)
    page.keyboard.press("End")
    settled(page)
    look = THEMES["light"]
    dashed = [one[1] for one in page.evaluate("window.drawn") if one[0] == "stroke" and one[3]]
    assert dashed[-2:] == [look.curves[1].lower(), look.soft.lower()]


def test_a_chapters_mark_says_what_happens_and_leads_there(
    trace: Trace, opened: Callable[..., Page]
) -> None:
    page = opened(Film(replace(trace, diverged_at=np.array([36, -1, -1]))))
    mark = page.locator("#marks i[title^=diverged]")
    box = mark.bounding_box()
    assert box is not None
    at = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    found = page.evaluate("([x, y]) => document.elementFromPoint(x, y).title", at)
    assert found == "diverged at step 36"
    page.mouse.click(*at)
    assert step_shown(page) == "step 36"


# --- what somebody changes on the way ---

CHANGES = [{"at": 24, "game": {"generator_steps": 3}}]


@pytest.fixture(scope="module")
def turned() -> Trace:
    return trace_of(changes=CHANGES)


def test_a_change_is_marked_and_told_in_both_languages(
    turned: Trace, opened: Callable[..., Page]
) -> None:
    page = opened(Film(turned))
    words = {"en": "step 24: generator steps 1 → 3", "zh": "第 24 轮：生成器步数 1 → 3"}
    for told in words.values():
        mark = page.locator(f'#marks i[title="{told}"]')
        assert mark.count() == 1
        mark.evaluate("mark => mark.click()")
        assert page.inner_text("#said") == told
        assert page.evaluate("document.querySelector('#said').style.fontWeight") == "bold"
        page.keyboard.press("ArrowLeft")
        assert page.inner_text("#said") == ""
        page.click("#lang")


def test_a_line_stands_in_the_panels_where_a_change_is(
    trace: Trace, turned: Trace, opened: Callable[..., Page]
) -> None:
    look = THEMES["light"].ink
    ink = [int(look[i : i + 2], 16) for i in (1, 3, 5)]
    seen = []
    for one in (trace, turned):
        page = opened(Film(one))
        page.keyboard.press("End")
        settled(page)
        settled(page)
        canvas = page.locator(".panel canvas").first
        url = canvas.evaluate("canvas => canvas.toDataURL('image/png')")
        pixels = np.asarray(picture(url)).astype(int)
        # From the left margin to the right one, as page.js draws them; the change is at 24 of 60.
        x = 62 + 24 / 60 * (pixels.shape[1] - 62 - 14)
        columns = pixels[10:-34, round(x) - 1 : round(x) + 2]
        dark = (abs(columns[..., :3] - ink).sum(-1) < 90) & (columns[..., 3] > 120)
        seen.append(dark.any(axis=1))
        page.close()
    before, after = seen
    assert not before.any()
    assert after[:8].any() and after[-8:].any() and after.mean() > 0.25


def test_a_past_that_is_shared_is_drawn_once_on_a_page(
    trace: Trace, turned: Trace, opened: Callable[..., Page]
) -> None:
    page = opened(Compare([trace, turned]))
    border = "document.querySelectorAll('.stage canvas')[1].style.borderStyle"
    for key, shown in (("Home", False), ("ArrowRight", False), ("ArrowRight", True), ("End", True)):
        page.keyboard.press(key)
        settled(page)
        urls = page.evaluate(
            "[...document.querySelectorAll('.stage canvas')].map((canvas) => canvas.toDataURL())"
        )
        # The upper quarter, above the words that an empty stage has in its middle.
        filled = [np.asarray(picture(url))[:100, :, 3].any() for url in urls]
        assert filled == [True, shown], (key, step_shown(page))
        assert page.evaluate(border) == ("" if shown else "dashed")
    page.keyboard.press("Home")
    settled(page)
    page.hover(".stage canvas >> nth=1")
    assert page.locator(".here").nth(1).inner_text() == ""
    page.keyboard.press("End")
    settled(page)
    assert page.locator(".here").nth(1).inner_text() != ""


def test_a_place_says_the_density_of_the_present_target(opened: Callable[..., Page]) -> None:
    moved = trace_of(changes=[{"at": 24, "target": {"spread": 0.5}}])
    page = opened(Film(moved))
    box = page.locator(".stage canvas").bounding_box()
    assert box is not None
    x0, x1, y0, y1 = moved.extent
    a, b = moved.target.modes[0]
    page.mouse.move(
        box["x"] + (a - x0) / (x1 - x0) * box["width"],
        box["y"] + (y1 - b) / (y1 - y0) * box["height"],
    )
    found = []
    for key in ("Home", "End"):
        page.keyboard.press(key)
        settled(page)
        found.append(float(page.inner_text(".here").split("density ")[1]))
    # At a mode a density goes with one over its variance.
    for value, frame in zip(found, (0, 5), strict=True):
        truth = float(np.exp(moved.target_of(frame).log_density(np.array([[a, b]])))[0])
        assert value == pytest.approx(truth, rel=0.15)
    assert found[0] > 10 * found[1]


# --- a long talk, a full screen ---


def test_a_seed_that_was_left_is_forgotten(trace: Trace, browser: Browser, tmp_path: Path) -> None:
    Film(trace).save(tmp_path / "film.html")
    page = browser.new_page()
    page.add_init_script("""
        window.watched = new Set();
        const { observe, disconnect } = ResizeObserver.prototype;
        ResizeObserver.prototype.observe = function (one) {
            window.watched.add(one);
            observe.call(this, one);
        };
        ResizeObserver.prototype.disconnect = function () {
            window.watched.clear();
            disconnect.call(this);
        };
    """)
    page.goto((tmp_path / "film.html").as_uri())
    page.wait_for_selector(".stage canvas")
    for scene in ("1", "0", "1"):
        page.select_option("#scenes", scene)
    assert page.evaluate("watched.size") == page.locator("canvas").count() == 3
    page.close()


def test_the_layers_can_be_reached_in_full_screen(
    trace: Trace, opened: Callable[..., Page]
) -> None:
    page = opened(Film(trace))
    page.set_viewport_size({"width": 1000, "height": 500})
    page.keyboard.press("f")
    page.evaluate("""new Promise(done => document.fullscreenElement
        ? done() : document.addEventListener("fullscreenchange", done, { once: true }))""")
    page.keyboard.press("l")
    settled(page)
    box, high = page.locator("#menu").bounding_box(), page.evaluate("innerHeight")
    assert box is not None and 0 <= box["y"] and box["y"] + box["height"] <= high


# --- a look of one's own ---

STYLE = """
figure.facecolor: FFE8CC
text.color: 440044
axes.prop_cycle: cycler('color', ['FF0000', '00AA00'])
image.cmap: viridis
"""


def test_a_style_file_dresses_the_page(
    trace: Trace, opened: Callable[..., Page], tmp_path: Path
) -> None:
    (tmp_path / "own.mplstyle").write_text(STYLE)
    film = Film(trace, style=tmp_path / "own.mplstyle")
    page, look = told(film), film.theme
    assert page["themes"]["light"]["ramp"] == look.ramp[:, :3].tolist()
    assert page["themes"]["light"]["curves"] == list(look.curves)
    assert page["themes"]["dark"]["paper"] == THEMES["dark"].paper
    line = layer_of(page["scenes"][0]["stages"][0], "surface")["strokes"][2]
    assert line["style"]["light"]["colours"] == ["#440044"]
    shown = opened(film)
    assert paper_shown(shown) == "rgb(255, 232, 204)"
    shown.click("#theme")
    assert paper_shown(shown) == rgb(THEMES["dark"].paper)


def test_a_page_has_the_theme_of_its_film(trace: Trace) -> None:
    for theme, place in (("light", "light"), ("dark", "dark"), ("print", "light")):
        for film in (Film(trace, theme=theme), Seeds(trace, theme=theme)):
            page = told(film)
            assert page["theme"] == place
            assert page["themes"][place]["paper"] == THEMES[theme].paper
            real = layer_of(page["scenes"][0]["stages"][0], "real")
            assert real["colour"][place] == THEMES[theme].real


@pytest.mark.parametrize(
    ("given", "drawn"),
    [
        ("surface,real,generated,arrows", "surface density real trails generated arrows"),
        ("generated,real", "surface density generated real trails arrows"),
        ("arrows,surface", "arrows surface density real trails generated"),
        ("phase", "phase"),
    ],
)
def test_layers_keep_their_order_and_those_on_offer_stand_around_them(
    given: str, drawn: str
) -> None:
    assert _on_offer(given.split(",")) == drawn.split()


def test_a_page_draws_its_layers_in_the_order_given(trace: Trace) -> None:
    (stage, *_) = told(Film(trace, layers=["generated", "real"]))["scenes"][0]["stages"]
    shown = [layer["name"] for layer in stage["layers"] if layer["shown"]]
    assert shown == ["generated", "real"]


def unpacked(text: str, note: dict[str, Any]) -> np.ndarray:
    """The other half of the packing, written a second time from its description."""

    data = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8).astype(np.int64)
    n, width = int(np.prod(note["shape"])), note["width"]
    planes = data[note["at"] : note["at"] + width * n].reshape(width, n)
    differences = sum(plane << 8 * k for k, plane in enumerate(planes))
    return np.cumsum(np.reshape(differences, note["shape"]), axis=0) % (1 << 8 * width)


def test_packing_keeps_whole_numbers() -> None:
    dice, pack = np.random.default_rng(0), Pack()
    arrays = [
        (dice.integers(0, 1 << 8 * width, shape), width)
        for shape, width in (((5, 7), 1), ((4, 3, 2), 2), ((0, 2), 2), ((1, 1), 2))
    ]
    notes = [pack.add(array, width) for array, width in arrays]
    for (array, _), note in zip(arrays, notes, strict=True):
        assert_array_equal(unpacked(pack.text(), json.loads(json.dumps(note))), array)


def test_places_keep_a_tenth_of_a_pixel_and_nan() -> None:
    points = np.array([[-2.0, -1.0], [2.0, 3.0], [np.nan, 0.0], [100.0, 0.0]])
    packed = placed(points, (-2.0, 2.0, -1.0, 3.0))
    share = 3 * packed / STEPS - 1
    assert np.abs(share[:2] - [[0, 0], [1, 1]]).max() * SIDE < 0.1
    assert_array_equal(packed[2], [ABSENT, ABSENT])
    assert packed[3, 0] == STEPS
