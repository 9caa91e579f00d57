"""The gallery: every scenario hangs in it once, and it says what was counted."""

from __future__ import annotations

import json
import re
import shlex
import sys
from collections import Counter
from collections.abc import Sequence
from functools import cache
from pathlib import Path

import pytest
from PIL import Image

import toylab
from docs.make import gallery
from docs.make.gallery import (
    CHAPTERS,
    FRAMES,
    HOME,
    IN_CHINESE,
    LARGEST,
    MEAN_BYTES,
    PAGES,
    families,
)
from toylab.claims.published import Tally, claim_of
from toylab.claims.report import as_markdown, outcomes_of
from toylab.claims.verdict import verdict
from toylab.film.writers import provenance_of
from toylab.film.writers.gif import comment_of
from toylab.scenario import catalogue
from toylab.scenario.scenario import load
from toylab.show.deck_words import DECK_WORDS

page = cache(gallery.page)
ROOT = Path(toylab.__file__).parent.parent
NAMES = catalogue.names()
TABLE = json.loads((ROOT / "renders" / "claims.json").read_text(encoding="utf-8"))
HUNG = [name for chapter in CHAPTERS for family in families(chapter) for name in family]


def test_every_scenario_hangs_in_the_gallery_once() -> None:
    assert sorted(HUNG) == NAMES


def test_what_extends_another_hangs_in_its_family_or_leads_its_own() -> None:
    for family in (family for chapter in CHAPTERS for family in families(chapter)):
        for name in family[1:]:
            base = catalogue.chain(catalogue.find(name))[-2][0].stem
            assert base in family[: family.index(name)]


@pytest.mark.parametrize("lang", PAGES)
def test_the_page_is_current(lang: str) -> None:
    written = (ROOT / HOME / PAGES[lang]).read_text(encoding="utf-8")
    assert written == page(lang), "run `make docs`"


@pytest.mark.parametrize("lang", PAGES)
def test_the_page_shows_every_film_and_every_command_once(lang: str) -> None:
    text = page(lang)
    shown = Counter(re.findall(r"!\[.+\]\((.+)\)", text))
    own = {
        name: "gallery/zh/" if lang == "zh" and name in IN_CHINESE else "gallery/" for name in NAMES
    }
    films = (f"{folder}{name}.gif" for name, folder in own.items())
    assert shown == Counter([*films, *gallery.DIAGRAMS.values()])
    ran = re.findall(r"^`toylab run (\S+).*`$", text, re.M)
    assert sorted(ran) == NAMES


@pytest.mark.parametrize(
    ("title", "key", "seeds"),
    [
        ("A phase diagram", "diagram", "0 to 15"),
        ("What it takes to converge", "ablation", "1000 to 1015"),
        ("What R1, R2 and pairing do", "penalties", "1000 to 1007"),
    ],
)
def test_a_diagram_was_made_by_the_command_that_is_told(title: str, key: str, seeds: str) -> None:
    section = (ROOT / "docs/sweeps.md").read_text(encoding="utf-8").split(f"## {title}\n")[1]
    section = section.split("\n## ")[0]
    (told,) = re.findall(r"^    (toylab sweep (?:.+\\\n)*.+)$", section, re.M)
    made = provenance_of(ROOT / HOME / gallery.DIAGRAMS[key])
    assert shlex.split(told.replace("\\\n", " ")) == shlex.split(made["film_command"])
    assert made["seeds"] == seeds


@pytest.mark.parametrize("lang", PAGES)
def test_the_page_tells_every_count_of_the_table(lang: str) -> None:
    found, exact = Counter(), 0
    for row, outcome in zip(TABLE["claims"], outcomes_of(TABLE), strict=True):
        if outcome.exact:
            exact += 1
            continue
        n = len(row["numbers"])
        low, high = (f"{100 * end:.0f}" for end in row["interval"])
        word = getattr(DECK_WORDS[lang], verdict(row["hits"], n, row["claim"]["quorum"]))
        found[word, str(row["hits"]), str(n), low, high] += 1
    pattern = {
        "en": r"^- \*\*(?P<v>\w+)\*\*, (?P<k>\d+) of (?P<n>\d+) \((?P<a>\d+) to (?P<b>\d+) %\): ",
        "zh": r"^- \*\*(?P<v>\w+)\*\*，(?P<n>\d+) 个种子中 (?P<k>\d+) 个（(?P<a>\d+)–(?P<b>\d+) %）：",
    }[lang]
    told = [m.group("v", "k", "n", "a", "b") for m in re.finditer(pattern, page(lang), re.M)]
    assert Counter(told) == found
    run = {"en": "(one exact run, nothing is drawn)", "zh": "（一次精确的运行，不抽随机数）"}[lang]
    assert page(lang).count(run) == exact > 20


@pytest.mark.parametrize("lang", PAGES)
def test_a_claim_that_does_not_hold_shows_the_seeds_that_miss_it(lang: str) -> None:
    first = int(TABLE["about"]["seeds"].split(" to ")[0])
    told = [line for line in page(lang).splitlines() if "--seed" in line]
    open_ones = [row for row in TABLE["claims"] if row["verdict"] != "holds"]
    assert len(told) == len(open_ones) > 0
    for row in open_ones:
        relation, limit = row["claim"]["relation"], row["claim"]["threshold"]
        hits = {
            "<": lambda x, limit=limit: x < limit,
            "<=": lambda x, limit=limit: x <= limit,
            ">": lambda x, limit=limit: x > limit,
            ">=": lambda x, limit=limit: x >= limit,
        }[relation]
        misses = [first + i for i, x in enumerate(row["numbers"]) if x is None or not hits(x)]
        command = gallery.SAID[lang]["command"].format(name=row["scenario"])
        said = claim_of(row).said(lang)
        (line,) = [
            line for line in told if said in line and f"`{command} --seed {misses[0]}`" in line
        ]
        assert [int(n) for n in re.findall(r"\b1\d{3}\b", line)][:-1] == misses[:8]


@pytest.mark.parametrize(
    ("misses", "en", "zh"),
    [
        (range(5, 8), "miss it: 5, 6, 7. To", "种子：5、6、7。拍摄"),
        (
            range(9),
            "0, 1, 2, 3, 4, 5, 6, 7 and 1 more. To",
            "0、1、2、3、4、5、6、7，另有 1 个。拍摄",
        ),
        (range(64), "miss it: all. To", "种子：全部。拍摄"),
    ],
)
def test_of_many_seeds_that_miss_a_claim_the_first_are_named(
    misses: range, en: str, zh: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    tally = Tally(64 - len(misses), 64, 0.99, tuple(misses))
    assert tally.verdict != "holds"
    monkeypatch.setattr(gallery, "count", lambda *_: tally)
    n = sum(len(load(name).claims) for name in NAMES)
    assert gallery.page("en").count(en) == gallery.page("zh").count(zh) == n


@pytest.mark.parametrize("tally", [Tally(63, 64, 0.8, (5,)), Tally(1, 64, 0.8), None])
def test_of_a_claim_that_holds_or_whose_seeds_are_not_known_none_is_named(
    tally: Tally | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "count", lambda *_: tally)
    assert "--seed" not in gallery.page("en")


def test_the_table_for_readers_is_written_from_that_for_machines() -> None:
    for lang, name in gallery.CLAIMS.items():
        written = (ROOT / HOME / name).read_text(encoding="utf-8")
        assert written == as_markdown(outcomes_of(TABLE), TABLE["about"], lang), "run `make docs`"


def test_what_was_not_counted_names_the_command_that_counts_it() -> None:
    slow = [name for name in NAMES if load(name).slow]
    counted = {row["scenario"] for row in TABLE["claims"]}
    for name in slow:
        # What is slow is counted seldom, but it may have been.
        n = 0 if name in counted else len(load(name).claims)
        assert page("en").count(f"`toylab check {name}` counts it") == n, name
    assert slow


def test_the_headline_counts_the_table_and_stands_in_the_readme() -> None:
    verdicts = Counter(
        verdict(row["hits"], len(row["numbers"]), row["claim"]["quorum"]) for row in TABLE["claims"]
    )
    told = f"{verdicts['holds']} of {len(TABLE['claims'])} claims hold"
    assert told in gallery.headline("en") and TABLE["about"]["seeds"] in gallery.headline("en")
    for lang, name in PAGES.items():
        text = (ROOT / name).read_text(encoding="utf-8")
        assert text == gallery.with_headline(text, lang), "run `make docs`"
    assert told in (ROOT / "README.md").read_text(encoding="utf-8")


SHORT = ["training.steps=3", "recording.snapshots=3", "recording.samples=64", "recording.grid=16"]


def test_a_film_is_the_same_bytes_wherever_the_checkout_lies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gallery, "load", lambda name: load(name, SHORT))
    paths = [tmp_path / folder / "gallery" / "x.gif" for folder in ("one", "two")]
    paths.append(tmp_path / "one" / "gallery" / "zh" / "x.gif")
    for path in paths:
        gallery.make("your-logo", [path])
    one, two, chinese = (path.read_bytes() for path in paths)
    assert one == two != chinese
    assert str(ROOT) not in comment_of(paths[0])
    with Image.open(paths[0]) as image:
        assert image.size == (360, 540)


def test_only_missing_films_are_made_and_pages_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[tuple[str, list[str]]] = []

    def make(name: str, paths: Sequence[Path]) -> Sequence[Path]:
        made.append((name, [path.relative_to(tmp_path).as_posix() for path in paths]))
        for path in paths:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(b"film")
        return paths

    def run(*words: str) -> list[tuple[str, list[str]]]:
        made.clear()
        to = ["--to", str(tmp_path / "renders"), "--jobs", "1"]
        monkeypatch.setattr(sys, "argv", ["gallery", *to, *words])
        gallery.main()
        return list(made)

    monkeypatch.setattr(gallery, "make", make)
    # Each run writes pages that are the same: they are made once.
    monkeypatch.setattr(gallery, "page", page)
    document = tmp_path / "README.md"
    document.write_text("a\n<!-- claims -->\nold\n<!-- /claims -->\nb\n", encoding="utf-8")
    both = ["renders/gallery/k-twenty.gif", "renders/gallery/zh/k-twenty.gif"]
    # For a site: those that the repository does not keep lie where git does not look; no page is written.
    assert run("all-modes", "hinge", "--chinese") == [
        ("all-modes", ["renders/gallery/zh/all-modes.gif"]),
        ("hinge", ["renders/zh/hinge.gif"]),
    ]
    assert not (tmp_path / "renders" / PAGES["en"]).exists()
    assert run("--text") == []
    assert run("k-twenty", "hinge") == [
        ("k-twenty", both),
        ("hinge", ["renders/gallery/hinge.gif"]),
    ]
    (tmp_path / both[1]).unlink()
    assert run("k-twenty", "hinge") == [("k-twenty", both[1:])]
    assert run("k-twenty", "--all") == [("k-twenty", both)]
    assert [name for name, _ in run()] == [n for n in NAMES if n not in ("k-twenty", "hinge")]
    for lang, name in PAGES.items():
        assert (tmp_path / "renders" / name).read_text(encoding="utf-8") == page(lang)
    for name in gallery.CLAIMS.values():
        table = (tmp_path / "renders" / name).read_text(encoding="utf-8")
        assert table == (ROOT / HOME / name).read_text(encoding="utf-8")
    assert document.read_text(encoding="utf-8").splitlines()[1:4:2] == [
        "<!-- claims -->",
        "<!-- /claims -->",
    ]
    assert gallery.headline("en") in document.read_text(encoding="utf-8")


FOLDER = ROOT / HOME / "gallery"


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the films have not been made yet")
def test_all_films_are_there_and_small_enough_to_keep_for_ever() -> None:
    expected = {HOME / film for name in NAMES for film in gallery.films(name)}
    sizes = {path.relative_to(ROOT): path.stat().st_size for path in FOLDER.rglob("*.gif")}
    assert set(sizes) == expected
    assert max(sizes.values()) <= LARGEST
    assert sum(sizes.values()) <= MEAN_BYTES * len(sizes)
    for path in sizes:
        with Image.open(ROOT / path) as image:
            assert 2 <= getattr(image, "n_frames", 1) <= FRAMES
