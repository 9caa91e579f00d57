"""The course: its parts are there in both languages, and its numbers and figures are what was computed."""

from __future__ import annotations

import io
import json
import math
import re
from typing import Any

import numpy as np
import pytest
import torch
from documents import ROOT, read
from PIL import Image
from scipy.optimize import brentq
from scipy.special import expit, rel_entr

import toylab
from docs.make.course import dirac
from docs.make.course.experiments import EXPERIMENTS, SEEDS
from docs.make.course.figures import CLOSED, SPREAD, drawn, figures, js_of_blobs
from docs.make.course.numbers import statistic, written
from toylab.film.fonts import families
from toylab.game.objectives import OBJECTIVES
from toylab.metrics import METRICS, PERFECT_QUALITY

COURSE = ROOT / "docs" / "course"
RESULTS = json.loads((COURSE / "results.json").read_text(encoding="utf-8"))
CLAIMS = json.loads((ROOT / "renders" / "claims.json").read_text(encoding="utf-8"))["claims"]
CHAPTERS = sorted(path.name for path in COURSE.glob("[01]*.md"))
FOLDERS = {"en": COURSE, "zh": COURSE / "zh"}
PAGES = {
    f"{lang}/{name}": (folder / name).read_text(encoding="utf-8")
    for lang, folder in FOLDERS.items()
    for name in (*CHAPTERS, "README.md")
}
PARTS = {
    "en": ["The film", "The figure", "Try it", "Exercise", "Sources"],
    "zh": ["影片", "图", "动手", "练习", "出处"],
}
LESSONS = [page for page in PAGES if not page.endswith("README.md")]
MARK = re.compile(r"<!--n ([^\s>]+) [^\s>]+-->[^<]*<!--/n-->")


def part(page: str, n: int) -> str:
    """The n-th part of a page, without its heading."""
    lang = page.split("/")[0]
    (found,) = re.findall(rf"^## {PARTS[lang][n]}\n(.*?)(?=^## |\Z)", PAGES[page], re.S | re.M)
    return found


def test_there_are_twelve_chapters_and_one_before_them() -> None:
    assert [int(name[:2]) for name in CHAPTERS] == list(range(13))


@pytest.mark.parametrize("page", LESSONS)
def test_a_chapter_has_its_five_parts_in_order(page: str) -> None:
    lang, name = page.split("/")
    text = PAGES[page]
    assert re.match(rf"# {int(name[:2])}[.、 ]", text)
    headings = re.findall(r"^## (.+)$", text, re.M)
    assert [heading for heading in headings if heading in PARTS[lang]] == PARTS[lang]
    (film,) = re.findall(r"!\[[^\]]+\]\((\S+)\)", part(page, 0))
    up = "../../" if lang == "en" else "../../../"
    assert film.startswith(f"{up}renders/gallery/") and film.endswith(".gif")
    (_,) = re.findall(r"!\[[^\]]+\]\((\S+)\)", part(page, 1))
    for figure in re.findall(r"\((\S*figures/\S+)\)", text):
        assert figure.endswith(".zh.png") == (lang == "zh")
    assert re.search(r"^```(console|python)\n", part(page, 2), re.M)
    exercise = part(page, 3)
    assert exercise.count("<details>") == exercise.count("</details>") == 1
    assert len(exercise.split("<details>")[0].strip()) > 20
    assert len(exercise.split("</summary>")[1].split("</details>")[0].strip()) > 20
    assert re.search(r"^- .*\d{4}", part(page, 4), re.M)


@pytest.mark.parametrize("name", CHAPTERS)
def test_both_languages_show_the_same(name: str) -> None:
    english, chinese = PAGES[f"en/{name}"], PAGES[f"zh/{name}"]
    for shown in (r"gallery/\S*?([\w-]+)\.gif", r"figures/([\w-]+)(?:\.zh)?\.png"):
        assert set(re.findall(shown, english)) == set(re.findall(shown, chinese))
    assert set(MARK.findall(english)) == set(MARK.findall(chinese))
    block = re.compile(r"^```console\n(.*?)```", re.S | re.M)
    told = [" ".join(b).replace(" --lang zh", "") for b in map(block.findall, (english, chinese))]
    assert told[0] == told[1]


@pytest.mark.parametrize("page", PAGES)
def test_every_link_and_picture_is_there(page: str) -> None:
    lang, name = page.split("/")
    home = FOLDERS[lang]
    text = re.sub(r"```.*?```|<!--.*?-->", "", PAGES[page], flags=re.S)
    links = [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link]
    assert links
    for link in links:
        file, _, anchor = link.partition("#")
        other = home / file if file else home / name
        assert other.exists(), link
        assert not anchor or anchor in read(other.resolve()).anchors, link


@pytest.mark.parametrize("page", PAGES)
def test_a_measured_number_is_the_committed_one(page: str) -> None:
    text = PAGES[page]
    assert written(text, RESULTS, CLAIMS) == text, "run `make docs`"
    assert text.count("<!--n ") == text.count("<!--/n-->") == len(MARK.findall(text))
    # GitHub takes a line that begins with a comment for raw HTML.
    assert not re.search(r"^ {0,3}<!--n", text, re.M)


def test_a_wrong_number_is_found_and_put_right() -> None:
    page = "a <!--n claim/all-modes/1/n d-->7<!--/n-->/<!--n k1/alive/high .1f-->9<!--/n--> c"
    high = max(RESULTS["experiments"]["k1"]["numbers"]["alive"])
    assert written(page, RESULTS, CLAIMS) == page.replace(">7<", ">64<").replace(
        ">9<", f">{high:.1f}<"
    )
    assert written(
        "<!--n x/y/n .0%-->1<!--/n-->", {"experiments": {"x": {"numbers": {"y": [1] * 3}}}}, []
    )
    for key in (
        "k1/alive/mode",
        "k3/alive/mean",
        "claim/all-modes/9/n",
        "claim/nothing/1/n",
        "k1",
    ):
        with pytest.raises(toylab.ToylabError, match="no such number"):
            statistic(key, RESULTS, CLAIMS)


def test_every_page_but_a_few_tells_measured_numbers() -> None:
    # Chapter 2 is arithmetic.
    without = [page for page in LESSONS if not MARK.search(PAGES[page])]
    assert {page.split("/")[1][:2] for page in without} <= {"02"}


def test_the_results_are_of_the_experiments_as_they_stand() -> None:
    assert len(SEEDS) == 8  # as the pages say in words
    assert RESULTS["about"]["seeds"] == f"{SEEDS[0]} to {SEEDS[-1]}"
    assert set(RESULTS["experiments"]) == set(EXPERIMENTS)
    for name, experiment in EXPERIMENTS.items():
        row = RESULTS["experiments"][name]
        assert (row["scenario"], row["changes"]) == (experiment.scenario, [*experiment.changes])
        assert set(row["numbers"]) == set(experiment.numbers)
        assert set(row.get("curves", ())) == set(experiment.curves)
        assert all(len(numbers) == len(SEEDS) for numbers in row["numbers"].values())


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("frozen/saturating_fall", ("frozen-generator", 0)),
        ("noise/saturating_fall", ("noise-restores", 0)),
        ("best/gap_last", ("optimal-discriminator", 0)),
        ("collapse/alive", ("mode-collapse", 0)),
        ("collapse/fullest", ("mode-collapse", 1)),
        ("k1/alive", ("k-one", 1)),
    ],
)
def test_the_course_measures_what_toylab_check_measures(ours: str, theirs: tuple[str, int]) -> None:
    experiment, number = ours.split("/")
    mine = RESULTS["experiments"][experiment]["numbers"][number]
    name, place = theirs
    row = [claim for claim in CLAIMS if claim["scenario"] == name][place]
    # Another machine rounds otherwise, and a game makes much of it: not the same numbers, but of the same kind.
    low, high = np.percentile(row["numbers"], (5, 95))
    assert low <= np.median(mine) <= high


@pytest.mark.slow
@pytest.mark.parametrize("lang", FOLDERS)
@pytest.mark.parametrize("name", figures(RESULTS))
def test_a_figure_is_what_the_command_draws(name: str, lang: str) -> None:
    path = COURSE / "figures" / f"{name}{'.zh' * (lang == 'zh')}.png"
    assert path.stat().st_size < 60_000
    with Image.open(path) as kept:
        # Another font draws other pixels: only the one that drew it can say.
        if kept.text["Font"] != families(lang)[0]:  # pyright: ignore[reportAttributeAccessIssue]
            pytest.skip(f"drawn with {kept.text['Font']}")  # pyright: ignore[reportAttributeAccessIssue]
        with Image.open(io.BytesIO(drawn(figures(RESULTS)[name], lang))) as now:
            assert np.array_equal(np.asarray(kept.convert("RGB")), np.asarray(now.convert("RGB")))


def test_every_figure_is_shown_and_every_shown_one_is_drawn() -> None:
    shown = {
        figure
        for name in CHAPTERS
        for figure in re.findall(r"figures/([\w-]+)\.png", PAGES[f"en/{name}"])
    }
    assert shown == set(figures(RESULTS))
    assert {path.name.split(".")[0] for path in (COURSE / "figures").iterdir()} == shown


@pytest.mark.parametrize("name", figures(RESULTS))
def test_a_figure_has_the_same_words_in_both_languages(name: str) -> None:
    words = figures(RESULTS)[name].words
    assert set(words["en"]) == set(words["zh"])


def _mixture_js(p: np.ndarray, q: np.ndarray) -> float:
    middle = (p + q) / 2
    return float((rel_entr(p, middle).sum() + rel_entr(q, middle).sum()) / 2)


def _answers() -> dict[int, list[str]]:
    """What follows from formulas, as the text of a chapter writes it."""
    eighths, alone = np.full(8, 1 / 8), np.eye(8)[0]
    # A third of the line each: only p, both, only q.
    halves = _mixture_js(np.array([0.5, 0.5, 0]), np.array([0, 0.5, 0.5]))
    slow = brentq(lambda x: x + math.exp(x) - 1 - 1000, 0, 20)
    fast = brentq(lambda x: x - math.exp(-x) + 1 - 1000, 0, 2000)
    bent = dirac.factor(dirac.WEIGHT)
    two_of_three = _mixture_js(np.full(3, 1 / 3), np.array([1 / 2, 1 / 2, 0]))
    return {
        0: [f"{28 * 28}", f"{math.log(2):.3f}", f"{2 * math.log(2):.3f}"],
        1: [f"{PERFECT_QUALITY:.4f}", f"{math.erf(3 / math.sqrt(2)):.4f}"],
        2: [
            f"{-math.log(0.9):.3f}",
            f"{-math.log(0.8):.3f}",
            f"{-math.log(0.9) - math.log(0.8):.3f}",
            f"{2 * math.log(2):.3f}",
        ],
        3: [f"{halves:.3f}", f"{2 * halves - math.log(4):.3f}"],
        4: [f"{-math.log(1000):.3f}", f"{1 / 1001:.6f}"],
        5: [f"{800 * 5 * 128}", f"{800 * 6 * 128}"],
        6: [
            f"{-(4**2) / (2 * 0.5**2):.0f}",
            f"{-(4**2) / (2 * (0.5**2 + 1)):.1f}",
            f"{expit(-6.4):.4f}",
            f"{expit(-32.0):.1e}".replace("e-14", r" \cdot 10^{-14}"),
        ],
        7: [f"{slow:.2f}", f"{fast:.0f}"],
        8: [f"{_mixture_js(eighths, alone):.3f}", f"{math.log(8):.3f}", f"{7 / 8}"],
        9: [f"{1 + 4 / (2 * 10):.1f}", f"{1 + 4 / (2 * 0.1):.0f}"],
        10: [
            f"{dirac.factor(0.0):.4f}",
            f"{bent:.4f}",
            f"{dirac.factor(1.0):.1f}",
            f"{math.sqrt(2) * bent**500:.0e}".replace("e-06", r" \cdot 10^{-6}"),
        ],
        12: [
            f"{(1 / 3) / (1 / 3 + 1 / 2)}",
            f"{two_of_three:.4f}",
            f"{2 * two_of_three - math.log(4):.4f}",
        ],
        11: [f"{math.log(1e6) / -math.log(beta):.0f}" for beta in (0.999, 0.9)] + [f"{0.2**2:.2f}"],
    }


@pytest.mark.parametrize("page", LESSONS)
def test_an_answer_is_right(page: str) -> None:
    # TeX writes a minus as -, a thousand as 1{,}000; Chinese pages may leave the comma out.
    answer = (
        part(page, 3).split("</summary>")[1].replace("{,}", "").replace(",", "").replace("−", "-")
    )
    for number in _answers()[int(page.split("/")[1][:2])]:
        assert re.search(rf"(?<![\d.]){re.escape(number)}(?!\d)", answer), number


@pytest.mark.parametrize("lang", FOLDERS)
def test_numbers_of_formulas_in_the_text_are_right(lang: str) -> None:
    def tells(chapter: int, *numbers: str) -> None:
        text = PAGES[f"{lang}/{CHAPTERS[chapter]}"].replace("{,}", "").replace(",", "")
        for number in numbers:
            assert number in text, f"{chapter}: {number}"

    tells(0, f"{64 * 64 * 3}")
    players = (2 * 64 + 64 + 64 * 64 + 64 + 64 * 2 + 2, 2 * 64 + 64 + 64 * 64 + 64 + 64 + 1)
    tells(1, *map(str, players))
    tells(2, f"{-math.log(0.1):.3f}", f"{math.exp(5):.0f}", f"{2 * math.log(2):.3f}")
    tells(3, f"{math.log(2):.3f}", f"{math.log(4):.3f}")
    tells(
        4,
        f"{expit(-5.0):.4f}",
        f"{1 - expit(-5.0):.4f}",
        f"{math.exp(5):.0f}",
        f"{math.exp(10):.0f}",
    )
    tells(5, _rounds("k1"))
    tells(7, _rounds("rate1e-3"))
    tells(8, f"{100 / 8} %")
    tells(9, f"{math.log(2):.4f}")
    tells(10, _rounds("plain"))
    tells(10, f"{math.hypot(*dirac.START):.3f}")
    tells(11, _rounds("late400"), _rounds("leaky"))
    tells(12, f"{math.log(4):.3f}", str(toylab.load("convergence").settings["training"]["steps"]))


@pytest.mark.parametrize("lang", FOLDERS)
def test_the_code_of_lecture_0_has_our_losses_and_their_gradients(lang: str) -> None:
    (code,) = re.findall(r"```python\n(.*?)```", PAGES[f"{lang}/{CHAPTERS[0]}"], re.S)
    few = code.replace("range(601)", "range(5)")
    assert few != code
    told: dict[str, Any] = {}
    exec(few, told)
    d, g, images = told["D"], told["G"], told["data"](told["BATCH"])
    forged = g(torch.randn(told["BATCH"], told["LATENT"]))
    ours = OBJECTIVES["non_saturating"]()
    for theirs, mine, who in (
        (
            told["loss_of_d"](images, forged),
            ours.discriminator_loss(d(images).T, d(forged.detach()).T),
            d,
        ),
        (told["loss_of_g"](forged), ours.generator_loss(torch.empty(1, 0), d(forged).T), g),
    ):
        assert abs((theirs - mine).item()) < 1e-6
        numbers = [*who.parameters()]
        slopes = [
            torch.autograd.grad(loss.sum(), numbers, retain_graph=True) for loss in (theirs, mine)
        ]
        for one, other in zip(*slopes, strict=True):
            # Means over a batch, summed in another order: float32 has seven digits.
            torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-6)
    # What detach keeps from G.
    loss = told["loss_of_d"](images, g(torch.randn(told["BATCH"], told["LATENT"])))
    assert not any(
        map(torch.is_tensor, torch.autograd.grad(loss, [*g.parameters()], allow_unused=True))
    )


def _rounds(experiment: str) -> str:
    row = EXPERIMENTS[experiment]
    return str(toylab.load(row.scenario, row.changes).settings["training"]["steps"])


def test_the_least_penalty_that_is_best_is_one() -> None:
    weights = np.linspace(0, 2, 201)
    factors = [dirac.factor(weight) for weight in weights]
    assert weights[int(np.argmin(factors))] == pytest.approx(1.0, abs=0.011)


@pytest.mark.parametrize(
    ("scenario", "changes", "path"),
    [
        ("dirac-cycle", [], dirac.path()),
        ("dirac-alternating", [], dirac.path(in_turns=True)),
        ("dirac-non-saturating", [], dirac.path(saturating=False)),
        # Pairing is the same game here: the real point lies where every D of this kind is 0.
        ("dirac-non-saturating", ["game.objective=relativistic"], dirac.path(saturating=False)),
        ("dirac-r1", [], dirac.path(weight=dirac.WEIGHT)),
    ],
)
def test_the_game_on_paper_is_the_game_that_is_trained(
    scenario: str, changes: list[str], path: np.ndarray
) -> None:
    trace = toylab.record(toylab.load(scenario, changes), seeds=[0], filmed=())
    trained = METRICS["parameter_norm"](trace)[:, 0]
    # float32 against float64, over 500 rounds.
    np.testing.assert_allclose(trained, np.hypot(*path[trace.steps].T), rtol=2e-3, atol=1e-6)


def test_the_drawn_divergence_is_that_of_two_gaussians() -> None:
    assert js_of_blobs(0.0) == pytest.approx(0.0, abs=1e-12)
    assert js_of_blobs(20 * SPREAD) == pytest.approx(math.log(2), rel=1e-6)
    # Close together it is an eighth of the Fisher information times the square of the distance.
    small = 0.05 * SPREAD
    assert js_of_blobs(small) == pytest.approx(small**2 / SPREAD**2 / 8, rel=2e-3)
    # And against a count: Monte Carlo over a million points, error some 1e-3.
    rng = np.random.default_rng(0)
    d, n = 2 * SPREAD, 1_000_000
    x = rng.normal(0, SPREAD, n)
    log_ratio = (d * x - d * d / 2) / SPREAD**2  # log q / p
    sampled = (math.log(2) - np.logaddexp(0, log_ratio)).mean()  # KL(p || m); by symmetry JS
    assert js_of_blobs(d) == pytest.approx(sampled, abs=2e-3)


def test_a_closed_figure_needs_no_measurement() -> None:
    assert set(CLOSED) < set(figures(RESULTS))
    assert len(CLOSED) == 10
