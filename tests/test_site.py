"""The site: every page opens from a disk, quiet and whole; labs train in it and notice their goals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import av
import pytest
from live import chromium
from PIL import Image, ImageSequence
from playwright.sync_api import Browser, FrameLocator, Page

from docs.make.site.__main__ import made
from docs.make.site.build import OWN, build, html_pages, size
from docs.make.site.films import as_video
from docs.make.site.formulas import drawn
from docs.make.site.labs import LABS, goals_of, with_lab
from docs.make.site.sources import Links, pages
from docs.make.site.sources import Page as Place
from toylab.base.errors import ToylabError
from toylab.metrics import METRICS
from toylab.scenario import catalogue
from toylab.scenario.scenario import load

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    # What is tested is what the repository has.
    build(folder / "site", folder / "work", api=False, chinese=False)
    return folder / "site"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    opened = browser.new_page(viewport={"width": 1440, "height": 900})
    opened.set_default_timeout(20_000)
    yield opened
    opened.close()


class Read(HTMLParser):
    """Links, anchors and pictures of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.nameless: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        for key in ("href", "src", "data-src"):
            if told.get(key) and tag != "link":
                self.links.add(str(told[key]))
        self.anchors |= {str(told[key]) for key in ("id", "name") if told.get(key)}
        if tag == "img" and "alt" not in told or tag == "video" and not told.get("aria-label"):
            self.nameless.append(str(told.get("src")))


# --- all of it ---


def test_every_document_has_its_page_and_its_twin_or_the_other_start(site: Path) -> None:
    for one in pages(ROOT):
        assert (site / one.url).is_file(), one
    for path in html_pages(site):
        text = path.read_text(encoding="utf-8")
        (tongue,) = re.findall(r'toylab-tongue" href="([^"]+)"', text)
        twin = (path.parent / tongue).resolve()
        assert twin.is_file() and ("zh" in twin.relative_to(site).parts) != (
            "zh" in path.relative_to(site).parts
        )


def test_links_and_anchors_hold_and_pictures_have_words(site: Path) -> None:
    read = {path: Read(path.read_text(encoding="utf-8")) for path in html_pages(site)}
    for path, found in read.items():
        assert not found.nameless, (path, found.nameless)
        for link in found.links:
            url, anchor = urldefrag(link)
            if re.match(r"[a-z]+:", url):
                continue
            target = (path.parent / unquote(url)).resolve() if url else path
            assert target.exists(), (path.name, link)
            if anchor and target in read:
                assert unquote(anchor) in read[target].anchors, (path.name, link)


def test_it_fits_a_stick_and_asks_nothing_of_a_network(site: Path) -> None:
    # The public names take some 8 MB more; 40 are allowed.
    assert size(site) < 32_000_000
    for path in html_pages(site):
        text = path.read_text(encoding="utf-8")
        assert not re.search(
            r'<(?:script|link|img|video|iframe)\b[^>]*(?:src|href)="(?:https?:)?//', text
        )


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_every_page_opens_from_a_disk_without_a_word_or_a_request(
    site: Path, browser: Browser, lang: str
) -> None:
    for path in html_pages(site):
        if ("zh" in path.relative_to(site).parts) != (lang == "zh"):
            continue
        page, said = browser.new_page(), []
        page.on("console", lambda message, said=said: said.append(message.text))
        page.on("pageerror", lambda error, said=said: said.append(str(error)))
        page.on(
            "request",
            lambda asked, said=said: (
                None
                if asked.url.startswith(("file:", "data:", "blob:", "about:"))
                else said.append(asked.url)
            ),
        )
        page.goto(path.as_uri())
        page.wait_for_function("document.querySelector('.md-content').innerText.length > 50")
        # No formula is left as it was written.
        assert "\\(" not in page.inner_text("article"), path
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        page.close()
        assert said == [], path


# --- what one does in it ---


def lab(page: Page) -> FrameLocator:
    return page.frame_locator(".toylab-lab iframe")


@pytest.mark.parametrize(
    ("place", "done"),
    [
        ("course/02-discriminator-as-classifier.html", "done"),
        ("zh/course/06-discriminator-too-strong.html", "做到了"),
    ],
)
def test_a_lab_in_a_chapter_trains_and_notices_its_goal(
    site: Path, page: Page, place: str, done: str
) -> None:
    page.goto((site / place).as_uri())
    page.locator(".toylab-lab").scroll_into_view_if_needed()
    inside = lab(page)
    inside.locator("#play").wait_for()
    assert page.inner_text(".reached") == ""
    inside.locator("#play").click()
    page.wait_for_function("document.querySelector('.reached').textContent !== ''", timeout=120_000)
    assert page.inner_text(".reached") == f"✓ {done}"


def test_a_goal_is_reached_by_what_it_asks_for_and_by_nothing_less(site: Path, page: Page) -> None:
    page.goto((site / "course" / "08-mode-collapse.html").as_uri())

    def reached(
        goal: Mapping[str, object],
        *futures: tuple[int, int, list[float]],
        name: str = "a",
        turned: bool = False,
    ) -> bool:
        told = [
            {
                "name": str(i),
                "from": start,
                "head": head,
                "rows": [[k, {"m": v}] for k, v in enumerate(curve)],
            }
            for i, (start, head, curve) in enumerate(futures)
        ]
        changes = [{"at": 1}] if turned else []
        session = {
            "name": name,
            "branches": [{"name": one["name"], "base": {}, "changes": changes} for one in told],
        }
        return page.evaluate(
            "([goal, session, told]) => toylabGoal(goal, session, told)",
            [{"scenario": "a", **goal}, session, told],
        )

    up = {"metric": "m", "reaches": 5, "above": True}
    assert reached(up, (0, 9, [0, 5, 6, 5])) and not reached(up, (0, 9, [0, 0, 0, 6]))
    # One look alone, another scenario, another metric.
    assert not reached(up, (0, 1, [9])) and not reached(up, (0, 9, [5, 5, 5]), name="b")
    assert not reached({**up, "metric": "n"}, (0, 9, [5, 5, 5]))
    assert not reached({**up, "turned": True}, (0, 9, [5, 5, 5]))
    assert reached({**up, "turned": True}, (0, 9, [5, 5, 5]), turned=True)
    # Of the last three rounds, and no less than three.
    kept = {**up, "over": 3}
    assert reached(kept, (0, 9, [0, 5, 5, 5])) and not reached(kept, (0, 9, [0, 9, 0, 0]))
    assert not reached(kept, (0, 9, [9, 9, 9]))
    falls = {"metric": "m", "falls": 10}
    assert reached(falls, (0, 9, [50, 100, 9, 9, 9])) and not reached(
        falls, (0, 9, [100, 9, 11, 12])
    )
    assert not reached(falls, (0, 9, [0, 0, 0]))
    both = {"futures": 2, "rounds": 100}
    assert reached(both, (0, 150, []), (50, 150, [])) and not reached(
        both, (0, 150, []), (149, 150, [])
    )


@pytest.mark.parametrize(
    ("start", "word", "told"),
    [
        ("index.html", "vanishing", "6. a discriminator too strong"),
        ("zh/index.html", "判别器", "判别器"),
        # The second half of a word that texts have whole.
        ("zh/index.html", "裁剪", "9. 距离"),
    ],
)
def test_search_finds_a_page_from_a_disk(
    start: str, word: str, told: str, site: Path, page: Page
) -> None:
    page.goto((site / start).as_uri())
    # It is made ready when it is looked at; what is typed before is not looked for.
    page.locator("[data-md-component=search-query]").focus()
    page.wait_for_function(
        "!/Initializing|初始化/.test(document.querySelector('.md-search-result__meta').textContent)"
    )
    page.locator("[data-md-component=search-query]").fill(word)
    # What an input method puts in presses no key.
    page.keyboard.press("End")
    first = page.locator(".md-search-result__link").first
    first.wait_for()
    # Where words part there is a space of no width.
    found = page.inner_text(".md-search-result__list").replace("\u200b", "").lower()
    assert told in found


def test_cards_are_chosen_by_what_they_show(site: Path, page: Page) -> None:
    page.goto((site / "gallery.html").as_uri())
    shown = page.locator(".card:visible")
    assert shown.count() == len(catalogue.names())
    page.select_option("[name=objective]", "hinge")
    wanted = [n for n in catalogue.names() if load(n).settings["game"]["objective"] == "hinge"]
    assert sorted(card.get_attribute("id") or "" for card in shown.all()) == sorted(wanted)
    # A chapter of none of them is gone with its heading.
    headings = page.locator("article h2:visible").all_inner_texts()
    page.select_option("[name=objective]", "")
    assert len(headings) < page.locator("article h2:visible").count()
    page.select_option("[name=shows]", "fails")
    assert page.locator("#mode-collapse").is_visible()
    assert not page.locator("#fair-steps").is_visible()
    # The address says so, and leads to the same choice: in the other language, and for whom it is sent to.
    page.click(".toylab-tongue")
    page.wait_for_url("**/zh/gallery.html#shows=fails")
    assert page.input_value("[name=shows]") == "fails"
    assert not page.locator("#fair-steps").is_visible()
    page.goto((site / "gallery.html").as_uri() + "#objective=nothing&trick=r1")
    assert page.input_value("[name=objective]") == "" and page.input_value("[name=trick]") == "r1"
    assert page.locator("#all-modes").is_visible()
    assert not page.locator("#mode-collapse").is_visible()


def test_a_film_plays_while_it_is_seen(site: Path, page: Page) -> None:
    page.goto((site / "gallery.html").as_uri())
    first, last = page.locator(".card video").first, page.locator(".card video").last
    playing = "(film) => !film.paused && film.currentTime > 0"
    first.scroll_into_view_if_needed()
    page.wait_for_function(f"({playing})(document.querySelector('.card video'))")
    assert not last.evaluate(playing)
    last.scroll_into_view_if_needed()
    page.wait_for_function("document.querySelector('.card video').paused")


def test_without_scripts_a_chapter_has_its_film_and_its_command(
    site: Path, browser: Browser
) -> None:
    page = browser.new_page(java_script_enabled=False)
    page.goto((site / "course/06-discriminator-too-strong.html").as_uri())
    assert page.locator("video.film").first.is_visible()
    assert not page.locator(".toylab-lab").is_visible()
    assert "toylab lab vanishing-gradients" in page.inner_text("article")
    page.goto((site / "gallery.html").as_uri())
    assert page.locator(".card").count() == len(catalogue.names())
    assert not page.locator(".filters").is_visible()
    page.close()


def test_formulas_and_code_are_drawn_wherever_they_stand(site: Path) -> None:
    folded = 0
    for path in html_pages(site):
        text = path.read_text(encoding="utf-8")
        # What is meant as it is written: code, scripts, a formula's own words for who copies it.
        shown = re.sub(
            r"<(code|pre|script|style)\b.*?</\1>|alttext=\"[^\"]*\"", "", text, flags=re.S
        )
        assert not re.search(r"\$[^$\n]{1,80}\$", shown), path
        assert not re.search(r"<mi>\\", shown), path
        for answer in re.findall(r"<details.*?</details>", shown, re.S):
            folded += 1
            assert "`" not in answer and "**" not in answer, path
    # An answer a chapter, in two languages.
    assert folded >= 2 * len(LABS)


# --- parts ---


def test_every_chapter_has_a_lab_whose_goal_its_scenario_shows() -> None:
    chapters = {path.stem for path in (ROOT / "docs" / "course").glob("[0-9]*.md")}
    assert set(LABS) == chapters
    for told in LABS.values():
        scenario = load(told["scenario"])
        curves = [m for panel in scenario.settings["film"]["curves"] for m in panel["metrics"]]
        shown = {*curves, *(claim.metric for claim in scenario.claims)}
        wanted = {goal["metric"] for goal in goals_of(told) if "metric" in goal}
        assert wanted <= shown & {*METRICS}, told


def test_a_chapter_without_its_place_for_a_lab_is_refused() -> None:
    place = Place("en", "course/08-mode-collapse.md", "docs/course/08-mode-collapse.md")
    with pytest.raises(ToylabError, match="stands there 0 times"):
        with_lab("# 8\n", place)
    other = Place("en", "papers.md", "docs/papers.md")
    assert with_lab("# Papers\n", other) == "# Papers\n"


def test_what_else_lies_in_a_folder_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "theses").mkdir()
    (tmp_path / "theses" / "mine.txt").write_text("all my work")
    with pytest.raises(ToylabError, match="something else than a site"):
        made(tmp_path / "theses")
    assert (tmp_path / "theses" / "mine.txt").read_text() == "all my work"
    assert [path.name for path in tmp_path.iterdir()] == ["theses"]


@pytest.mark.parametrize("own", [".git", "CNAME"])
def test_a_site_with_something_of_its_keepers_is_left_alone(tmp_path: Path, own: str) -> None:
    for name in (*OWN, own):
        (tmp_path / name).write_text("x")
    with pytest.raises(ToylabError, match="something else than a site"):
        made(tmp_path)
    assert (tmp_path / own).read_text() == "x"


def test_a_site_takes_an_older_ones_place_or_leaves_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stand_in(site: Path, work: Path, api: bool) -> None:
        site.mkdir()
        for name in OWN:
            (site / name).write_text(f"{work} {api}")

    monkeypatch.setattr("docs.make.site.__main__.build", stand_in)
    made(tmp_path / "a" / "site")
    (tmp_path / "a" / "site" / "old.html").write_text("old")
    made(tmp_path / "a" / "site")
    assert not (tmp_path / "a" / "site" / "old.html").exists()

    def breaks(*_: object) -> None:
        raise ToylabError("a link leads nowhere")

    monkeypatch.setattr("docs.make.site.__main__.build", breaks)
    with pytest.raises(ToylabError, match="nowhere"):
        made(tmp_path / "a" / "site")
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == ["site"]
    assert (tmp_path / "a" / "site" / "site.js").is_file()


def test_a_chinese_page_shows_a_chinese_film_where_there_is_one(tmp_path: Path) -> None:
    kept, made_here = "renders/gallery/zh/k-twenty.gif", "renders/zh/hinge.gif"
    english = [f"renders/gallery/{name}.gif" for name in ("k-twenty", "hinge", "cgd-two-modes")]
    for film in (kept, made_here, *english):
        (tmp_path / film).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / film).touch()
    for lang, others, wanted in (
        ("en", True, english),
        ("zh", True, [kept, made_here, english[2]]),
        ("zh", False, [kept, *english[1:]]),
    ):
        links = Links(tmp_path, [], others)
        here = Place(lang, "gallery.md", "renders/README.md")
        led = [links.to(film.removeprefix("renders/"), here) for film in english]
        assert links.wanted == {*wanted}
        assert len({*led}) == 3 and all(link.endswith(".mp4") for link in led)


def test_links_lead_to_pages_files_and_films() -> None:
    links = Links(ROOT, pages(ROOT))
    here = Place("zh", "course/08-mode-collapse.md", "docs/course/zh/08-mode-collapse.md")
    for link, led in (
        ("../08-mode-collapse.md#try-it", "../../course/08-mode-collapse.html#try-it"),
        ("09-distances-and-penalties.md", "09-distances-and-penalties.html"),
        ("../../../renders/gallery/zh/mode-collapse.gif", "../../films/zh/mode-collapse.mp4"),
        ("../../../scenarios/k-one.toml", "../../files/scenarios/k-one.toml"),
        ("../../../renders/README.zh-CN.md", "../gallery.html"),
        ("https://example.org/x.md", "https://example.org/x.md"),
        ("#figure", "#figure"),
    ):
        assert links.to(link, here) == led
    assert links.wanted == {"renders/gallery/zh/mode-collapse.gif", "scenarios/k-one.toml"}
    with pytest.raises(ToylabError, match="leads to no file"):
        links.to("nowhere.md", here)
    # Code says what it says.
    code = "`[a](b.md)`\n\n```py\nx = '[a](b.md)'\n```\n"
    assert links.rewritten(code, here) == code


def test_a_formula_is_drawn_by_the_browser_and_keeps_its_words() -> None:
    told = drawn('<p><span class="arithmatex">\\(a &lt; \\tfrac12\\)</span></p>')
    assert "<math" in told and 'alttext="a &lt; \\tfrac12"' in told and "arithmatex" not in told


def test_a_video_has_the_frames_and_the_length_of_its_gif(tmp_path: Path) -> None:
    gif = ROOT / "renders" / "gallery" / "dirac-cycle.gif"
    as_video(gif, tmp_path / "x.mp4")
    with Image.open(gif) as film:
        lengths = [frame.info["duration"] for frame in ImageSequence.Iterator(film)]
        n, length = len(lengths), sum(lengths)
    with av.open(str(tmp_path / "x.mp4")) as video:
        frames = list(video.decode(video=0))
    # And the last once more, at its end.
    assert len(frames) == n + 1
    assert 1000 * float(frames[-1].time or 0) == pytest.approx(length, abs=11)
    first = frames[0].to_image()
    with Image.open(gif) as film:
        still = film.convert("RGB").crop((0, 0, *first.size))
    apart = [abs(a - b) for a, b in zip(first.tobytes(), still.tobytes(), strict=True)]
    # Colours are kept at half the resolution.
    assert sum(apart) / len(apart) < 3
