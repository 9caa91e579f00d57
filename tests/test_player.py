"""The player: opened as a reader would, in a browser, and compared with the film's own frames."""

from __future__ import annotations

import base64
import io
import json
import shutil
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from games import SMALL
from numpy.testing import assert_array_equal
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from toylab import Compare, Film, Trace, scenario
from toylab.errors import ToylabError
from toylab.film.layers import LAYERS
from toylab.film.player.packing import ABSENT, STEPS, Pack, placed
from toylab.film.player.recording import SIDE
from toylab.film.style import THEMES
from toylab.film.writers import provenance_of
from toylab.training import record

NASTY = "</script><script>document.title='caught'</script> \"<b>'&amp; @FILM@ é"


def trace_of(**changed: Any) -> Trace:
    settings = SMALL | {"recording": {"snapshots": 6, "samples": 64, "grid": 16}} | changed
    settings |= {"training": {"steps": 60, "batch": 16}, "claims": []}
    return record(scenario.check(settings, name="small"), [3, 4, 5], filmed=(0, 2))


@pytest.fixture(scope="module")
def trace() -> Trace:
    return trace_of()


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


def stage_pixels(page: Page) -> np.ndarray:
    """The first stage at the film's own size over the light paper, [SIDE, SIDE, 3]."""
    page.evaluate(
        f"document.querySelector('.stage canvas').style.cssText = 'width: {SIDE}px; border: 0'"
    )
    settled(page)
    settled(page)
    url = page.evaluate("document.querySelector('.stage canvas').toDataURL('image/png')")
    image = Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2]))).convert("RGBA")
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
    page.keyboard.press("Space")
    assert step_shown(page) == "step 0"


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
    assert step_shown(page) == "步 0"
    assert page.get_attribute("html", "lang") == "zh-CN"
    assert "生成样本" in page.inner_text("#key")
    page.click("#theme")
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    red, green, blue = (int(THEMES["dark"].paper[i : i + 2], 16) for i in (1, 3, 5))
    assert paper == f"rgb({red}, {green}, {blue})"


@pytest.mark.parametrize("frame", [0, 2, 5])
def test_the_surface_has_the_colours_of_the_film(
    trace: Trace, opened: Callable[..., Page], frame: int
) -> None:
    film = Film(trace, layers=["surface"])
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
        game = {"generator": {"kind": "point"}, "discriminator": {"kind": "linear"}}
        trace = trace_of(**game, target={"kind": "dirac"})
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
    assert shown.startswith("<iframe") and 'sandbox="allow-scripts"' in shown
    # The page stands inside an attribute: no quote may end it.
    assert shown.count('"') == 2 * shown.count('="')


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


def unpacked(pack: Pack, note: dict[str, Any]) -> np.ndarray:
    """The other half of the packing, written a second time from its description."""

    data = np.frombuffer(zlib.decompress(base64.b64decode(pack.text())), np.uint8).astype(np.int64)
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
        assert_array_equal(unpacked(pack, json.loads(json.dumps(note))), array)


def test_places_keep_a_tenth_of_a_pixel_and_nan() -> None:
    points = np.array([[-2.0, -1.0], [2.0, 3.0], [np.nan, 0.0], [100.0, 0.0]])
    packed = placed(points, (-2.0, 2.0, -1.0, 3.0))
    share = 3 * packed / STEPS - 1
    assert np.abs(share[:2] - [[0, 0], [1, 1]]).max() * SIDE < 0.1
    assert_array_equal(packed[2], [ABSENT, ABSENT])
    assert packed[3, 0] == STEPS
