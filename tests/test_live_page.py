"""The page that trains, used as a person does: by mouse, keys, fingers, a script; and its data alone."""

from __future__ import annotations

import json
import re
import time
import tomllib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from games import SMALL
from live import chromium
from playwright.sync_api import Browser, Page, expect

from toylab import Lab
from toylab.base.settings import merged, sections
from toylab.cli.unwritten import unwritten
from toylab.film.differences import setting_name, told_changes
from toylab.film.words import WORDS
from toylab.metrics import METRICS
from toylab.scenario import scenario
from toylab.scenario.rules import setting_of
from toylab.show.bundle import bundled
from toylab.show.lab.keeping_words import KEEPING_WORDS
from toylab.show.lab.lab import lab_page
from toylab.show.lab.lab_words import LAB_WORDS
from toylab.show.lab.looks import looks
from toylab.show.lab.parts import HOME
from toylab.show.lab.told_target import MOST_TOLD, told_target

PARTS = HOME / "page"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


# --- data alone ---


@pytest.fixture(scope="module")
def alone(browser: Browser) -> Page:
    """A page that has the session, knobs, rules and words, and nothing to see."""
    page = browser.new_page()
    names = ("session.js", "knobs.js", "speaking.js", "claims.js", "rules.js", "plans.js")
    page.add_script_tag(content=bundled([PARTS / name for name in names]))
    page.evaluate("""(told) => {
        window.offerOf = (settings, more = {}) => ({ name: settings.title, settings, curves: [], claims: [], ...more });
        window.rowsFrom = (n) => Array.from({ length: n + 1 }, (_, k) => [k, { x: k }]);
    }""")
    return page


def settings_of(name: str) -> dict[str, Any]:
    return scenario.load(name).settings


def session(page: Page, work: str, name: str = "mode-collapse", **more: Any) -> Any:
    """What some work on a fresh session gives; `s` is the session."""
    return page.evaluate(
        f"([settings, more]) => {{ const s = new Session(offerOf(settings, more), 7); {work} }}",
        [settings_of(name), more],
    )


def test_settings_are_laid_over_one_another_as_python_does(alone: Page) -> None:
    base = settings_of("all-modes")
    for change in (
        {"game": {"generator_steps": 3}},
        {"game": {"penalties": [{"kind": "r2", "weight": 1.0}]}},
        {"optimizer": {"generator": {"kind": "sgd", "lr": 0.1}}},
        {"game": {"update": "simultaneous"}},
        {"target": {"kind": "grid", "side": 3, "spacing": 1.0, "spread": 0.1}},
        {"target": {"spread": 0.3}},
    ):
        found = alone.evaluate("([a, b]) => laidOver(a, b)", [base, change])
        assert found == merged(base, change)
        # And what would have to be laid over is found again.
        partial = alone.evaluate("([a, b]) => partialBetween(a, laidOver(a, b))", [base, change])
        assert merged(base, partial) == merged(base, change)


def test_sections_are_those_of_python(alone: Page) -> None:
    settings = settings_of("collapse-then-fair")
    found = alone.evaluate("(settings) => sectionsOf(settings)", settings)
    assert [(at, section) for at, section in found] == sections(settings)


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_changes_are_told_as_the_film_tells_them(alone: Page, lang: str) -> None:
    for name in ("collapse-then-fair", "oscillation-then-r1", "vanishing-then-non-saturating"):
        settings = settings_of(name)
        paths = ["game.generator_steps", "game.penalties", "game.penalties.r1.weight"]
        paths += ["game.objective", "lr", "betas", "saturating", "non_saturating"]
        lab = {
            "words": {code: vars(WORDS[code]) | LAB_WORDS[code] for code in WORDS},
            "settingNames": {code: {p: setting_name(p, code) for p in paths} for code in WORDS},
        }
        found = alone.evaluate(
            """([settings, lab, lang]) => {
                const [word, nameOf] = [speaker(lab, () => lang), settingNamer(lab, () => lang)];
                const s = new Session(offerOf(settings));
                return s.marks().map(([at, differ]) => [at, differencesTold(differ, nameOf, word).join(lang === "zh" ? "，" : ", ")]);
            }""",
            [settings, lab, lang],
        )
        assert [tuple(one) for one in found] == told_changes(settings, lang)


def test_a_knob_turned_at_the_head_is_a_change_there(alone: Page) -> None:
    found = session(
        alone,
        """s.note(s.chosen, { head: 40, rows: rowsFrom(40) }); s.cursor = 40;
        const told = s.turn("game.generator_steps", 1);
        return [told.kind, s.branches.length, s.settings()];""",
    )
    assert found[:2] == ["change", 1]
    expected = settings_of("mode-collapse")
    got = {key: value for key, value in found[2].items() if key != "changes"}
    assert got == expected
    assert found[2]["changes"] == [{"at": 40, "game": {"generator_steps": 1}}]
    # Python takes it, and plays the same in each part.
    told = scenario.check(found[2], name="kept")
    assert [at for at, _ in told.sections] == [0, 40]
    assert told.sections[1][1].game.generator_steps == 1


def test_a_knob_turned_in_the_past_begins_a_branch_and_both_stay(alone: Page) -> None:
    found = session(
        alone,
        """s.note(s.chosen, { head: 100, rows: rowsFrom(100) }); s.cursor = 30;
        const told = s.turn("game.generator_steps", 1);
        s.note(s.chosen, { head: 60, rows: [[31, { x: -31 }], [60, { x: -60 }]] });
        return { kind: told.kind, names: s.branches.map((one) => one.name), from: told.branch.from,
          a: s.rowsOf(s.branch("A")).length, b: s.rowsOf(s.branch("B")), steps: [s.settingsAt(s.branch("A"), 80).game.generator_steps, s.settingsAt(s.branch("B"), 30).game.generator_steps, s.settingsAt(s.branch("B"), 29).game.generator_steps] };""",
    )
    assert found["kind"] == "branch" and found["names"] == ["A", "B"] and found["from"] == 30
    assert found["a"] == 101
    # The past is shared, and nothing of the other future's is seen beyond it.
    assert [row[0] for row in found["b"]] == [*range(31), 31, 60]
    assert found["b"][-1] == [60, {"x": -60}]
    assert found["steps"] == [20, 1, 20]


def test_a_knob_turned_and_turned_back_leaves_no_change(alone: Page) -> None:
    found = session(
        alone,
        """s.note(s.chosen, { head: 40 }); s.cursor = 40;
        s.turn("optimizer.generator.lr", 0.1); s.turn("game.penalties.r1.weight", 0.5);
        const between = JSON.parse(JSON.stringify(s.chosen.changes));
        s.turn("game.penalties.r1.weight", null); s.turn("optimizer.generator.lr", 0.001);
        return [between, s.chosen.changes, s.differences()];""",
    )
    assert found[0] == [
        {
            "at": 40,
            "optimizer": {"generator": {"lr": 0.1}},
            "game": {"penalties": [{"kind": "r1", "weight": 0.5, "every": 1}]},
        }
    ]
    assert found[1:] == [[], []]


def test_a_change_of_the_scenarios_own_stays_behind_a_knob(alone: Page) -> None:
    found = session(
        alone,
        """s.note(s.chosen, { head: 100 }); s.cursor = 100;
        s.turn("optimizer.discriminator.lr", 0.01);
        return [0, 100, 399, 400].map((at) => { const g = s.settingsAt(s.chosen, at); return [g.game.generator_steps, g.optimizer.discriminator.lr]; });""",
        "collapse-then-fair",
    )
    assert found == [[10, 0.001], [10, 0.01], [10, 0.01], [1, 0.01]]


def test_the_fifth_future_is_refused_and_nothing_is_lost(alone: Page) -> None:
    found = session(
        alone,
        """s.note(s.chosen, { head: 100 });
        for (const at of [10, 21, 30]) { s.choose("A"); s.cursor = at; s.turn("game.generator_steps", at); }
        s.choose("A"); s.cursor = 40;
        let refused = "";
        try { s.turn("game.generator_steps", 40); } catch (error) { refused = error.message; }
        return [refused, s.branches.map((one) => one.name).join(""), s.chosenName, s.chosen.changes.length];""",
    )
    assert found == ["four", "ABCD", "A", 0]


def test_closing_a_future_leaves_its_past_to_those_that_grew_from_it(alone: Page) -> None:
    found = session(
        alone,
        """s.note(s.chosen, { head: 50, rows: rowsFrom(50) }); s.cursor = 20;
        s.turn("game.generator_steps", 1); s.note(s.chosen, { head: 30, rows: [[30, { x: 0 }]] });
        s.close("A");
        return [s.chosenName, s.rowsOf(s.chosen).map(([round]) => round)];""",
    )
    assert found == ["B", [*range(21), 30]]


def test_networks_begin_anew_beside_what_is_open(alone: Page) -> None:
    found = session(
        alone,
        """const first = s.turn("generator.hidden", [8]).kind, still = s.branches.length;
        s.note(s.chosen, { head: 9, rows: rowsFrom(9) }); s.cursor = 9;
        const told = s.turn("discriminator.hidden", [16, 16]);
        return { first, still, kind: told.kind, names: s.branches.map((one) => [one.name, one.parent, one.from, one.head]), cursor: s.cursor,
          kept: s.branch("A").base.discriminator.hidden, own: [s.chosen.base.generator.hidden, s.chosen.base.discriminator.hidden] };""",
    )
    assert (found["first"], found["still"], found["kind"], found["cursor"]) == (
        "start",
        1,
        "start",
        0,
    )
    assert found["names"] == [["A", "", 0, 9], ["B", "", 0, 0]]
    assert found["kept"] == [64, 64] and found["own"] == [[8], [16, 16]]


def test_what_differs_is_told_once_where_it_begins(alone: Page) -> None:
    found = session(
        alone,
        """s.turn("training.batch", 64);
        s.note(s.chosen, { head: 40 }); s.cursor = 40;
        s.turn("game.generator_steps", 1);
        return s.differences();""",
    )
    batch, steps = ["training.batch", 256, 64], ["game.generator_steps", 20, 1]
    assert found == [[0, [batch]], [40, [steps]]]


def test_a_session_survives_as_plain_data(alone: Page) -> None:
    work = """s.turn("training.batch", 64); s.note(s.chosen, { head: 100 }); s.cursor = 30;
        s.turn("game.penalties.r1.weight", 0.5); s.note(s.chosen, { head: 70 }); s.cursor = 55;
        const told = JSON.parse(JSON.stringify(s.plain())), again = Session.from(s.offer, told);
        const known = (one) => [one.seed, one.cursor, one.chosenName, one.branches.map((b) => [b.name, b.parent, b.from, b.head, one.sections(b)])];
        return [known(s), known(again), told];"""
    before, after, told = session(alone, work)
    assert before == after
    # Only what is otherwise travels.
    assert len(json.dumps(told)) < 700


def test_another_seed_keeps_the_plan(alone: Page) -> None:
    found = session(
        alone,
        """s.note(s.chosen, { head: 40 }); s.cursor = 40; s.turn("game.generator_steps", 1); s.reset(8);
        return [s.seed, s.cursor, s.chosen.head, s.chosen.changes];""",
    )
    assert found == [8, 0, 0, [{"at": 40, "game": {"generator_steps": 1}}]]


# --- sliders, typed entries, rules ---


def test_every_place_of_every_slider_is_its_values_own(alone: Page) -> None:
    wrong = alone.evaluate("""() => KNOBS.filter((knob) => knob.kind === "number").flatMap((knob) => {
        const places = placesOf(knob), found = [];
        for (let i = 0; i <= places.last; i++) if (places.placeOf(places.valueAt(i)) !== i) found.push([knob.path, i, places.valueAt(i)]);
        return found;
    })""")
    assert wrong == []


def test_sliders_reach_what_scenarios_use(alone: Page) -> None:
    """1e-3, 2e-4, 20 steps and a batch of 256 are places and no neighbours of them."""
    at = "(([path, value]) => { const p = placesOf(KNOBS.find((k) => k.path === path)); return p.valueAt(p.placeOf(value)); })"
    for path, value in (
        ("optimizer.generator.lr", 1e-3),
        ("optimizer.generator.lr", 2e-4),
        ("optimizer.generator.lr", 100),  # of kernel-flow
        ("game.generator_steps", 20),
        ("training.batch", 256),
        ("game.penalties.r1.weight", 0.1),
        ("game.penalties.r1.weight", None),
        ("optimizer.generator.betas[0]", 0.5),
        ("optimizer.generator.momentum", -0.5),
    ):
        assert alone.evaluate(at, [path, value]) == (
            value if value is None else pytest.approx(value)
        )


@pytest.mark.parametrize(
    ("typed", "value"),
    [("1e-3", 1e-3), (" 0.25 ", 0.25), ("−1", -1), ("off", None), ("", None), ("1e6", 1e6)],
)
def test_numbers_can_be_typed(alone: Page, typed: str, value: float | None) -> None:
    knob = "KNOBS.find((k) => k.path === 'game.penalties.r1.weight')"
    assert alone.evaluate(f"(typed) => typedEntry({knob}, typed)", typed) == {"value": value}


@pytest.mark.parametrize("typed", ["abc", "1,5x", "NaN", "Infinity", "1 2"])
def test_words_are_no_numbers(alone: Page, typed: str) -> None:
    knob = "KNOBS.find((k) => k.path === 'optimizer.generator.lr')"
    assert alone.evaluate(f"(typed) => typedEntry({knob}, typed)", typed) == {"wrong": True}


# Of each knob values at and beyond its ends; Python is asked whether it takes them too.
TRIED: list[tuple[str, Any]] = [
    ("optimizer.generator.lr", 0),
    ("optimizer.generator.lr", 1e6),
    ("optimizer.generator.betas", [0.5, 1]),
    ("optimizer.generator.betas", [0, 0.999]),
    ("game.generator_steps", 0),
    ("game.generator_steps", 1.5),
    ("game.generator_steps", -1),
    ("training.batch", 0),
    ("training.batch", 65537),
    ("training.batch", 100),
    ("target.spread", 0),
    ("target.modes", 0),
    ("target.modes", 25),
    ("target.radius", -1),
    ("target.weights", [1, 2]),
    ("target.weights", [1] * 8),
    ("generator.latent", 0),
    ("generator.hidden", [0]),
    ("generator.hidden", []),
]
PENALTIES_TRIED: list[tuple[str, str, float]] = [
    ("r1", "weight", -1),
    ("r1", "weight", 1e6),
    ("weight_clipping", "limit", 0),
    ("weight_decay", "share", 1),
    ("weight_decay", "share", 0),
    ("gradient_clipping", "norm", 0),
    ("label_smoothing", "amount", 1.5),
    ("replay", "share", 1),
    ("average", "decay", 1),
    ("truncation", "scale", 0),
    ("truncation", "scale", 11),
    ("instance_noise", "spread", 1001),
]


def taken(settings: dict[str, Any], change: dict[str, Any]) -> bool:
    """Whether Python takes a change."""
    try:
        scenario.check(merged(settings, change) | {"claims": []})
    except Exception:
        return False
    return True


@pytest.mark.parametrize(("path", "value"), TRIED)
def test_what_python_refuses_is_refused_here(alone: Page, path: str, value: Any) -> None:
    settings = settings_of("mode-collapse")
    table, *keys = path.split(".")
    change: Any = value
    for key in reversed([table, *keys]):
        change = {key: change}
    refused = alone.evaluate(REFUSED, [settings, path, value])
    assert refused is not taken(settings, change)


REFUSED = """([settings, path, value]) => Boolean(misfitOf(path, value) || conflictOf(laidOver(settings, changeTo(settings, path, value))))"""


@pytest.mark.parametrize(("kind", "option", "value"), PENALTIES_TRIED)
def test_penalties_have_pythons_bounds(alone: Page, kind: str, option: str, value: float) -> None:
    settings = settings_of("mode-collapse")
    penalty = {"kind": kind, option: value}
    refused = alone.evaluate(REFUSED, [settings, f"game.penalties.{kind}.{option}", value])
    assert refused is not taken(settings, {"game": {"penalties": [penalty]}})


@pytest.mark.parametrize(
    ("settings", "path", "value"),
    [
        ("hinge", "game.penalties.label_smoothing.amount", 0.1),
        ("mode-collapse", "game.penalties.label_smoothing.amount", 0.1),
        ("dirac-cycle", "game.generator_steps", 2),
        ("pacgan-ring-2", "training.batch", 33),
    ],
)
def test_what_makes_no_sense_together_is_refused_as_in_python(
    alone: Page, settings: str, path: str, value: Any
) -> None:
    told = settings_of(settings)
    change = alone.evaluate("([s, p, v]) => changeTo(s, p, v)", [told, path, value])
    assert alone.evaluate(REFUSED, [told, path, value]) is not taken(told, change)


def test_options_of_new_penalties_and_optimisers_are_pythons_defaults(alone: Page) -> None:
    settings = settings_of("mode-collapse")
    for kind in alone.evaluate("Object.keys(PENALTY_OPTIONS)"):
        check = merged(settings, {"game": {"penalties": [kind]}})
        told = alone.evaluate("(kind) => ({ kind, ...PENALTY_OPTIONS[kind] })", kind)
        assert scenario.check(check).settings["game"]["penalties"] == [told]
    for kind in alone.evaluate("Object.keys(OPTIMIZER_OPTIONS)"):
        check = merged(settings, {"optimizer": {"generator": kind}})
        told = alone.evaluate("(kind) => ({ kind, ...OPTIMIZER_OPTIONS[kind] })", kind)
        assert scenario.check(check).settings["optimizer"]["generator"] == told


# --- claims ---


def test_claims_are_reduced_as_in_python(alone: Page) -> None:
    rows = [[k * 10, {"m": value}] for k, value in enumerate([4, 2, 8, 6, 1, 3])]
    values = [value["m"] for _, value in rows]
    for reduce, expected in {
        # Over rounds: between two looks along the straight line, so that the outer two count half.
        "mean": (values[2] / 2 + values[3] + values[4] + values[5] / 2) / 3,
        "last": 3,
        "min": 1,
        "max": 8,
        "end_to_start": 3 / 8,
        "end_to_peak": 3 / 8,
    }.items():
        claim = {"metric": "m", "window": [0.4, 1.0], "reduce": reduce}
        found = alone.evaluate("([c, rows]) => reducedRows(c, rows, 50)", [claim, rows])
        assert found == pytest.approx(expected)


def test_a_claim_is_known_when_its_window_is_over(alone: Page) -> None:
    claim = {
        "metric": "m",
        "window": [0.5, 1.0],
        "reduce": "mean",
        "relation": "<=",
        "threshold": 3,
    }
    told = alone.evaluate(
        """(claim) => [10, 60, 100].map((head) => claimHere(claim, rowsFrom(head).map(([k]) => [k, { m: k < 80 ? 2 : 9 }]), 100, head))""",
        claim,
    )
    assert [one["state"] for one in told] == ["before", "sofar", "known"]
    assert [one["holds"] for one in told] == [False, True, False]
    # Fifty rounds, and from round 79 to 80 along the straight line.
    assert told[2]["value"] == pytest.approx((29 * 2 + (2 + 9) / 2 + 20 * 9) / 50)


def test_what_is_costly_is_planned_where_it_is_drawn_or_claimed(alone: Page) -> None:
    claims = [
        {"metric": "critic_ratio", "window": [0.8, 1.0]},
        {"metric": "c2st", "window": [0, 1]},
    ]
    seldom = alone.evaluate(
        """(claims) => [[], ["critic_ratio"]].map((drawn) => seldomOf([0, 10, 20, 30, 40, 50], drawn, claims))""",
        claims,
    )
    assert seldom == [{"critic_ratio": [40, 50]}, {}]


def test_python_and_the_page_find_the_same_things_costly(alone: Page) -> None:
    told = alone.evaluate("() => Object.keys(METRICS).filter((name) => METRICS[name].costly)")
    assert told == [name for name, metric in METRICS.items() if metric.costly] != []


# --- words ---


def test_every_word_is_said_in_both_languages() -> None:
    english, chinese = LAB_WORDS["en"], LAB_WORDS["zh"]
    assert english.keys() == chinese.keys()
    assert not set(english) & set(vars(WORDS["en"]))
    for key, said in english.items():
        assert said and chinese[key]
        assert fields(said) == fields(chinese[key]), key


def fields(said: str) -> set[str]:
    return {part.partition("}")[0] for part in said.split("{")[1:]}


def test_every_word_that_the_page_asks_for_is_there() -> None:
    asked = {
        key
        for path in PARTS.glob("*.js")
        for key in re.findall(r'\bword\("([\w.]+)"', path.read_text(encoding="utf-8"))
    }
    assert len(asked) > 60
    assert asked <= set(LAB_WORDS["en"]) | set(vars(WORDS["en"])) | set(KEEPING_WORDS["en"])


def test_every_knob_and_every_choice_has_words(alone: Page) -> None:
    keys = alone.evaluate(
        """() => KNOBS.flatMap((knob) => [`knob.${knobName(knob)}`, ...(knob.options ?? []).map((one) => `value.${one}`)])"""
    )
    keys += [f"group_{group}" for group in alone.evaluate("KNOB_GROUPS")]
    assert set(keys) <= set(LAB_WORDS["en"])


# --- used as a person does ---

NAMES = ("small", "small-fix", "far")


def offer(name: str, cures: str = "", **tables: Any) -> dict[str, Any]:
    """What Python tells of a game that ends in a moment."""
    tables = {"training": {"steps": 40, "batch": 16}, **tables}
    told = scenario.check(merged(merged(SMALL, tables), {"title": name, "lesson": f"Of {name}."}))
    both = {"en": f"Title of {name}", "zh": f"标题 {name}"}
    claim = {"metric": "generator_loss", "relation": "<=", "reduce": "mean", "quorum": 0.8}
    claims = [
        {**claim, "threshold": 1e6, "window": [0.5, 1.0], "against": "", "text": {"en": "It is finite", "zh": "有限"}},
        {**claim, "threshold": -1e6, "window": [0.0, 1.0], "against": "", "text": {"en": "It is far below", "zh": "很低"}},
    ]  # fmt: skip
    published = {"hits": 63, "n": 64, "verdict": "holds"}
    return {
        "name": name,
        "title": both,
        "lesson": {"en": f"Lesson of {name}", "zh": f"说明 {name}"},
        "source": "",
        "cures": cures,
        "whyNot": None,
        "settings": told.settings,
        # Python does not know it by name: its file says everything.
        "named": False,
        "due": list(range(41)),
        "curves": [{"metrics": ["generator_loss"], "scale": "linear"}],
        "extent": [-3, 3, -3, 3],
        "output": "logit",
        "solvable": False,
        "target": told_target(setting_of(told).target),
        "later": [],
        "claims": [{**one, "published": published} for one in claims],
    }


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The page with a failure, its fix, and one that it does not play."""
    reason = {"en": "it differentiates", "zh": "它要求导"}
    far = {"name": "far", "cures": "", "whyNot": reason}
    far |= {key: {"en": f"{key} of far", "zh": f"{key} far"} for key in ("title", "lesson")}
    words = {code: vars(WORDS[code]) | LAB_WORDS[code] | KEEPING_WORDS[code] for code in WORDS}
    paths = ("game.generator_steps", "optimizer.generator.lr", "training.batch")
    told = {
        **looks(),
        "lang": "en",
        "theme": "light",
        "opened": "small",
        "words": words,
        "unwritten": unwritten(),
        "settingNames": {
            code: {path: setting_name(path, code) for path in paths} for code in WORDS
        },
        "scenarios": [
            offer("small", game={"generator_steps": 4}),
            offer("small-fix", cures="small"),
            far,
        ],
    }
    path = tmp_path_factory.mktemp("page") / "lab.html"
    # As plain data: the looks are tables of numbers.
    path.write_text(lab_page(json.loads(json.dumps(told, default=list)), "small"), encoding="utf-8")
    return path


@pytest.fixture
def opened(browser: Browser, lab: Path) -> Iterator[Callable[..., Page]]:
    """Opens the page, and at the end looks for errors, messages and requests."""
    faults: list[str] = []
    contexts = []

    def opened(address: str = "", width: int = 1440, height: int = 900, script: str = "", **options: Any) -> Page:  # fmt: skip
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: faults.append(message.text))
        page.on("pageerror", lambda error: faults.append(str(error)))
        own = ("file:", "blob:", "data:", "about:")
        page.on("request", lambda request: None if request.url.startswith(own) else faults.append(request.url))  # fmt: skip
        if script:
            page.add_init_script(script)
        page.goto(address or lab.as_uri())
        if not address or address.startswith(lab.as_uri()):
            until(page, "window.toylab && toylab.branches[0].rows.length > 0")
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


def until(page: Page, told: str, seconds: float = 10) -> None:
    """Wait for something to be so; playwright's own way evaluates text, which the page's policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(told):
        assert time.monotonic() < end, f"never: {told}"
        page.wait_for_timeout(20)


def state(page: Page) -> list[int]:
    return page.evaluate("toylab.state().then((bytes) => [...bytes])")


def play_to(page: Page, n: int) -> None:
    page.evaluate("(n) => toylab.goto(n)", n)


_COLOURS = """(selector) => {
    const c = document.querySelector(selector), copy = new OffscreenCanvas(c.width, c.height).getContext("2d");
    // Read from a copy: a browser complains of a canvas that is read again and again.
    copy.drawImage(c, 0, 0);
    return new Set(new Uint32Array(copy.getImageData(0, 0, c.width, c.height).data.buffer)).size;
}"""


def colours_of(page: Page, selector: str = "#stages canvas") -> int:
    """How many colours a canvas has: 1 where nothing is drawn."""
    return page.evaluate(_COLOURS, selector)


def drawn(page: Page, selector: str = "#stages canvas") -> None:
    """Wait until something is: a painter of another thread may be behind for a moment."""
    until(page, f"({_COLOURS})({json.dumps(selector)}) > 2")


def settled(page: Page) -> None:
    page.evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))")


def test_the_first_picture_waits_for_no_worker(browser: Browser, lab: Path) -> None:
    page = browser.new_page()
    # A worker that never answers.
    page.add_init_script("window.Worker = class { postMessage() {} terminate() {} };")
    page.goto(lab.as_uri())
    page.wait_for_selector("#stages canvas")
    page.wait_for_timeout(300)
    assert colours_of(page) > 3
    page.close()


def test_without_workers_the_same_is_trained_in_slices(opened: Callable[..., Page]) -> None:
    page, other = opened(), opened(script="delete window.Worker;")
    for one in (page, other):
        play_to(one, 10)
        one.evaluate("toylab.set('game.generator_steps', 1)")
        one.evaluate("toylab.speed(11); toylab.play()")
        until(one, "toylab.round === 40 && !toylab.playing")
    assert state(other) == state(page)


def test_space_plays_and_pausing_trains_nothing_more(opened: Callable[..., Page]) -> None:
    page = opened()
    page.evaluate("toylab.speed(4)")
    page.keyboard.press(" ")
    until(page, "toylab.round >= 3")
    assert page.get_attribute("#play", "aria-label") == "Pause"
    page.keyboard.press(" ")
    page.evaluate("toylab.pause()")
    at, before = page.evaluate("toylab.round"), state(page)
    page.wait_for_timeout(400)
    assert page.evaluate("toylab.round") == at < 40
    assert state(page) == before
    assert page.get_attribute("#play", "aria-label") == "Play"


def test_it_rests_at_the_end_of_the_plan_and_tells_what_holds(opened: Callable[..., Page]) -> None:
    page = opened()
    page.evaluate("toylab.speed(11)")
    page.click("#play")
    until(page, "toylab.round === 40 && !toylab.playing")
    expect(page.locator("#said")).to_contain_text("1 of 2 claims hold")
    told = page.locator(".claim .count").all_inner_texts()
    assert told[::2] == ["63 of 64 seeds"] * 2
    assert [one[-1] for one in told[1::2]] == ["✓", "✗"]
    assert told[1].startswith("here, steps 20 to 40: ") and "on average" in told[1]
    # And goes on beyond it if it is asked to.
    page.click("#play")
    until(page, "toylab.round > 60")
    page.keyboard.press(" ")


def test_steps_of_each_side_and_back(opened: Callable[..., Page]) -> None:
    page = opened()
    first = state(page)
    page.click("#stepd")
    expect(page.locator("#said")).to_contain_text("D's turn")
    page.keyboard.press("g")
    expect(page.locator("#said")).to_contain_text("G's turn")
    until(page, "toylab.round === 0")
    # One of four steps of G: the rest of the round is still to be played.
    page.keyboard.press("ArrowRight")
    until(page, "toylab.round === 1")
    one = state(page)
    page.keyboard.press("ArrowRight")
    until(page, "toylab.round === 2")
    page.keyboard.press("ArrowLeft")
    until(page, "toylab.round === 1")
    assert state(page) == one
    page.keyboard.press("Home")
    until(page, "toylab.round === 0")
    assert state(page) == first
    page.keyboard.press("End")
    until(page, "toylab.round === 2")


def test_slow_motion_shows_each_turn(opened: Callable[..., Page]) -> None:
    page = opened()
    page.evaluate(
        "window.turns = []; toylab.on('half', ({ who, nth, of }) => turns.push([who, nth, of])); 0"
    )
    page.evaluate("toylab.speed(0)")
    expect(page.locator("#dial span")).to_have_text("slow motion")
    page.click("#play")
    until(page, "turns.length >= 2")
    page.evaluate("toylab.pause()")
    assert page.evaluate("turns.slice(0, 2)") == [["d", 1, 1], ["g", 1, 4]]
    assert page.evaluate("toylab.round") == 0


def test_going_back_and_on_gives_the_same_future(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 30)
    there = state(page)
    play_to(page, 7)
    page.evaluate("toylab.speed(11); toylab.play()")
    until(page, "toylab.round === 40")
    play_to(page, 30)
    assert state(page) == there


def drag(page: Page, selector: str, share: float) -> None:
    """Press a slider or a line and let go at a share of its width."""
    box = page.locator(selector).bounding_box()
    assert box
    page.mouse.move(box["x"] + 8, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + share * box["width"], box["y"] + box["height"] / 2, steps=4)
    page.mouse.up()


def test_a_knob_is_turned_by_mouse_and_put_back_by_a_key(opened: Callable[..., Page]) -> None:
    page = opened()
    row = page.locator(".knob", has=page.locator("#knob-generator_steps"))
    drag(page, "#knob-generator_steps", 0.5)
    expect(row.locator(".old s")).to_have_text("4")
    value = float(row.locator("[type=text]").input_value())
    assert 15 <= value <= 25
    expect(page.locator("#differs li")).to_have_text(
        f"from the start: generator steps 4 → {value:g}"
    )
    page.locator("#knob-generator_steps").press("Backspace")
    expect(row.locator(".old")).to_be_hidden()
    assert row.locator("[type=text]").input_value() == "4"
    expect(page.locator("#differs")).to_contain_text("Nothing differs")


def test_a_knob_turned_in_the_past_begins_a_second_future(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 30)
    there = state(page)
    drag(page, "#line", 0.25)
    until(page, "toylab.round < 12 && toylab.round > 6")
    at = page.evaluate("toylab.round")
    page.locator("#knob-generator-lr").press("ArrowRight")
    until(page, "toylab.branches.length === 2")
    assert page.evaluate("toylab.branches.map((b) => [b.name, b.parent, b.from, b.head])") == [
        ["A", "", 0, 30],
        ["B", "A", at, at],
    ]
    expect(page.locator("#said")).to_have_text(f"Branch B begins at step {at}.")
    expect(page.locator("figure.stage")).to_have_count(2)
    expect(page.locator(".marks span")).to_have_text(f"step {at}: generator lr 0.001 → 0.0011")
    # The other is as it was, and the second goes its own way.
    page.evaluate("toylab.goto(30)")
    assert state(page) != there
    page.keyboard.press("1")
    until(page, "toylab.round === 30")
    assert state(page) == there
    # Turned back it is the same future.
    page.evaluate(f"toylab.choose('B').then(() => toylab.goto({at}))")
    until(page, f"toylab.round === {at}")


def test_a_branch_without_a_change_is_the_same_future(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 30)
    there = state(page)
    play_to(page, 10)
    page.keyboard.press("b")
    until(page, "toylab.branches.length === 2")
    play_to(page, 30)
    assert page.evaluate("toylab.branches.map((b) => b.head)") == [30, 30]
    assert state(page) == there
    page.click("#branches .shut >> nth=0")
    until(page, "toylab.branches.length === 1")
    assert page.evaluate("toylab.branches[0].rows.length") == 31
    assert state(page) == there


def test_a_change_at_the_head_is_a_mark_and_keeps_the_state(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 10)
    before = state(page)
    page.evaluate("toylab.set('game.generator_steps', 1)")
    assert state(page) == before
    expect(page.locator(".marks span")).to_have_text("step 10: generator steps 4 → 1")
    page.keyboard.press("Control+z")
    expect(page.locator(".marks span")).to_have_count(0)
    assert page.evaluate("toylab.branches.length") == 1


def test_a_knob_turned_while_it_plays_holds_from_a_round_that_is_known(opened: Callable[..., Page]) -> None:  # fmt: skip
    page = opened()
    page.evaluate("toylab.speed(6)")
    page.click("#play")
    until(page, "toylab.round >= 4")
    page.evaluate("toylab.set('game.generator_steps', 1)")
    until(page, "toylab.round === 40 && !toylab.playing")
    [change] = page.evaluate("toylab.session().branches[0].changes")
    assert change["game"] == {"generator_steps": 1} and 4 <= change["at"] < 40
    there = state(page)
    # Gone through again, by the plan that is told, the same comes out.
    play_to(page, 0)
    play_to(page, 40)
    assert state(page) == there


@pytest.mark.parametrize(
    ("typed", "line"),
    [
        ("fast", '"fast" is no number'),
        ("-1", "must be a whole number from 0 to 1000, got -1"),
        ("1.5", "must be a whole number"),
    ],
)
def test_a_wrong_entry_is_one_line_and_nothing_is_lost(opened: Callable[..., Page], typed: str, line: str) -> None:  # fmt: skip
    page = opened()
    play_to(page, 5)
    entry = page.locator("#knob-generator_steps-entry")
    entry.fill(typed)
    entry.press("Enter")
    expect(page.locator("#alert")).to_contain_text(line)
    entry.blur()
    expect(entry).to_have_value("4")
    assert page.evaluate("toylab.round") == 5
    assert page.evaluate("toylab.session().branches[0].changes") == []


def test_a_rate_of_a_million_ends_in_a_line(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 5)
    entry = page.locator("#knob-generator-lr-entry")
    entry.fill("1e6")
    entry.press("Enter")
    page.evaluate("toylab.set('optimizer.generator.kind', 'sgd')")
    page.evaluate("toylab.set('optimizer.discriminator.lr', 1e9)")
    page.evaluate("toylab.speed(11); toylab.play()")
    until(page, "!toylab.playing")
    play_to(page, 5)
    assert page.evaluate("toylab.round") == 5


def test_networks_are_a_new_start_and_it_is_said_before(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 10)
    there = state(page)
    page.click("details[data-group=networks] summary")
    page.locator("#knob-generator-hidden-width").press("ArrowRight")
    expect(page.locator("#question")).to_contain_text(
        "begins a new training at step 0, as branch B"
    )
    assert page.evaluate("toylab.branches.length") == 1
    page.click("#left")
    expect(page.locator("#knob-generator-hidden-width-entry")).to_have_value("8")
    page.locator("#knob-generator-hidden-width").press("ArrowRight")
    page.click("#confirmed")
    until(page, "toylab.branches.length === 2 && toylab.round === 0")
    play_to(page, 3)
    assert len(state(page)) > len(there)
    page.evaluate("toylab.choose('A')")
    until(page, "toylab.round === 3")
    play_to(page, 10)
    assert state(page) == there


def test_scenarios_are_chosen_searched_and_refused_with_their_reason(opened: Callable[..., Page]) -> None:  # fmt: skip
    page = opened()
    assert page.locator("#scenarios .chip").all_inner_texts() == [
        "Title of small",
        "its fix: Title of small-fix",
        "1 more …",
    ]
    page.click("#scenarios .chip >> nth=2")
    page.fill("#others input", "far")
    expect(page.locator("#others li")).to_have_count(1)
    expect(page.locator("#others li")).to_contain_text(
        "it differentiates. Film it: toylab show far"
    )
    page.click("#others .chip", force=True)
    assert page.inner_text("#title") == "Title of small"
    page.fill("#others input", "no such thing")
    expect(page.locator("#others li")).to_have_text("Nothing is called that.")
    play_to(page, 7)
    page.click("#scenarios .chip >> nth=1")
    until(page, "document.querySelector('#title').textContent === 'Title of small-fix'")
    expect(page.locator("#said")).to_contain_text("“Title of small” is kept")
    assert page.evaluate("toylab.session().name") == "small-fix"
    assert page.locator("#knob-generator_steps-entry").input_value() == "1"
    # What was left is as it was, and goes on.
    page.click("#scenarios .chip >> nth=0")
    until(page, "toylab.session().name === 'small' && toylab.round === 7")
    play_to(page, 9)
    assert page.evaluate("toylab.branches[0].rows.length") == 10


def test_the_map_of_the_other_future_is_that_of_the_same_round(opened: Callable[..., Page]) -> None:
    """Both stages are what one alone shows at that round, though the trainings stand elsewhere."""
    page = opened()
    play_to(page, 30)
    play_to(page, 10)
    page.evaluate("toylab.set('game.generator_steps', 1)")
    play_to(page, 25)
    expect(page.locator("figcaption")).to_have_text(["A · step 25", "B · step 25"])
    settled(page)
    shown = page.evaluate(PICTURE, "figure:not(.chosen) canvas")
    page.keyboard.press("1")
    expect(page.locator("figure.chosen figcaption")).to_have_text("A · step 25")
    settled(page)
    again, other = (
        page.evaluate(PICTURE, f"figure{one} canvas") for one in (".chosen", ":not(.chosen)")
    )

    def apart(one: list[int], other: list[int]) -> float:
        return sum(abs(a - b) for a, b in zip(one, other, strict=True)) / len(one)

    # Frames of two widths, and nothing else.
    assert apart(shown, again) < apart(again, other) / 3


def test_futures_side_by_side_have_one_scale(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 12)
    play_to(page, 10)
    bars = page.locator(".stage .bar")
    alone = bars.text_content() or ""
    # A quick D grows sure of itself, and the map of the other future stands still.
    page.evaluate("toylab.set('optimizer.discriminator.lr', 0.05)")
    play_to(page, 30)
    settled(page)
    expect(bars).to_have_count(2)
    expect(bars.first).not_to_have_text(alone)
    expect(bars.last).to_have_text(bars.first.text_content() or "")


def test_a_link_shows_the_same_picture(opened: Callable[..., Page]) -> None:
    """Whom arrows follow and where colours end depends on what was seen on the way; a link tells it."""
    page = opened()
    page.evaluate("toylab.play()")
    page.wait_for_timeout(1200)
    page.evaluate("toylab.pause()")
    settled(page)
    page.wait_for_timeout(400)
    picture = "() => document.querySelector('#stages canvas').toDataURL()"
    before, at = page.evaluate(picture), page.evaluate("toylab.round")
    plain = page.evaluate("toylab.session()")
    page.evaluate("toylab.reset(7)")
    page.evaluate("toylab.goto(3)")
    page.evaluate("told => toylab.revive(told)", plain)
    settled(page)
    page.wait_for_timeout(400)
    assert page.evaluate("toylab.round") == at > 0
    assert page.evaluate(picture) == before
    # What a link tells is looked at before it is believed.
    strange = {"surface": -1, "longest": "far", "chosen": ["<b>", -2, 1e9]}
    for more in (
        {"look": strange},
        {"look": [1]},
        {"curves": [{"metrics": ["<b>"]}]},
        {"curves": 3},
    ):
        page.evaluate("told => toylab.revive(told)", {**plain, **more})
        settled(page)
        assert page.evaluate("toylab.round") == at
        drawn(page)


def test_a_finger_that_scrolls_over_a_slider_turns_nothing(opened: Callable[..., Page]) -> None:
    page = opened()
    turned = page.evaluate(
        """() => {
          const slider = document.querySelector("#knobs [type=range]"), before = slider.value;
          slider.dispatchEvent(new PointerEvent("pointerdown", { bubbles: true }));
          slider.value = Number(before) + 5;
          slider.dispatchEvent(new Event("input", { bubbles: true }));
          slider.dispatchEvent(new PointerEvent("pointercancel", { bubbles: true }));
          slider.dispatchEvent(new Event("change", { bubbles: true }));
          return [slider.value === before, getComputedStyle(slider).touchAction];
        }"""
    )
    assert turned == [True, "pan-y"]
    settled(page)
    assert page.locator("#differs li").count() == 0


# The stage's inner pixels; its border is thicker where it is in hand.
PICTURE = """async (selector) => {
    await new Promise((done) => setTimeout(done, 300));
    const c = document.querySelector(selector), small = document.createElement("canvas");
    small.width = small.height = 24;
    small.getContext("2d").drawImage(c, 0, 0, 24, 24);
    return [...small.getContext("2d").getImageData(4, 4, 16, 16).data];
}"""


def test_seeds_are_shown_next_and_typed(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 5)
    first = state(page)
    page.keyboard.press("s")
    until(page, "toylab.seed === 1 && toylab.round === 0")
    play_to(page, 5)
    assert state(page) != first
    page.fill("#seed", "0")
    page.press("#seed", "Enter")
    until(page, "toylab.seed === 0")
    play_to(page, 5)
    assert state(page) == first
    page.fill("#seed", "-3")
    page.press("#seed", "Enter")
    expect(page.locator("#alert")).to_contain_text("seed must be a whole number")
    assert page.evaluate("toylab.seed") == 0


def test_a_failing_seed_is_found_and_opened(opened: Callable[..., Page]) -> None:
    page = opened()
    page.click("#hunt")
    page.select_option("#seeds select", "1")
    page.fill("#seeds [type=number]", "4")
    page.click("#seeds .main")
    expect(page.locator("#seeds p")).to_contain_text(
        "0 of 4 hold · fail: 0, 1, 2, 3", timeout=20_000
    )
    expect(page.locator(".tile.fails")).to_have_count(4)
    drawn(page, ".tile canvas")
    page.click(".tile >> nth=2")
    until(page, "toylab.seed === 2 && toylab.round === 40")
    expect(page.locator("#seeds")).to_be_hidden()
    page.keyboard.press("f")
    expect(page.locator(".tile[aria-pressed=true]")).to_have_text("2 ✗")
    page.keyboard.press("Escape")
    expect(page.locator("#seeds")).to_be_hidden()


def test_layers_and_curves_are_chosen(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 5)
    page.keyboard.press("l")
    expect(page.locator("#key")).to_contain_text("generated")
    page.uncheck("#menu [name=generated]")
    expect(page.locator("#key")).not_to_contain_text("generated")
    page.select_option("#menu select", "discriminator_loss")
    expect(page.locator(".panel .head")).to_contain_text("Discriminator loss")
    play_to(page, 8)
    assert page.evaluate("'discriminator_loss' in toylab.branches[0].rows.at(-1)[1]")


# --- languages, themes, sizes ---


def test_language_and_theme_are_switched_at_once(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 5)
    page.click("#lang")
    assert page.evaluate("document.documentElement.lang") == "zh-CN"
    assert page.inner_text("#title") == "标题 small"
    said = page.evaluate("document.querySelector('main').innerText")
    for english in ("step D", "Objective", "What it claims", "Differs", "Save"):
        assert english not in said
    page.click("#theme")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 22, 27)"
    assert page.evaluate("toylab.round") == 5


# What is seen of words, with its contrast to what lies behind it (WCAG 2.2, 1.4.3).
CONTRAST = """() => {
    const parse = (colour) => { const c = document.createElement("canvas").getContext("2d", { willReadFrequently: true }); c.fillStyle = colour; c.fillRect(0, 0, 1, 1); return [...c.getImageData(0, 0, 1, 1).data]; };
    const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => (v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)).reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
    const found = [], walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
    while (walk.nextNode()) {
        const { parentElement: one } = walk.currentNode, said = walk.currentNode.textContent.trim();
        if (!said || !one.checkVisibility() || one.closest(":disabled, .unseen, svg, [style*='text-stroke']") || (one.tagName === "B" && one.closest("#key"))) continue;
        let behind = one;
        while (parse(getComputedStyle(behind).backgroundColor)[3] < 255 && behind.parentElement) behind = behind.parentElement;
        const [a, b] = [light(parse(getComputedStyle(one).color)), light(parse(getComputedStyle(behind).backgroundColor))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        if (ratio < 4.5) found.push([said.slice(0, 30), Number(ratio.toFixed(2))]);
    }
    return found;
}"""


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_words_have_contrast(opened: Callable[..., Page], theme: str) -> None:
    page = opened()
    if theme == "dark":
        page.click("#theme")
    play_to(page, 10)
    play_to(page, 5)
    page.evaluate("toylab.set('game.generator_steps', 2)")
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.keyboard.press("?")
    page.keyboard.press("l")
    page.click("#scenarios .chip >> nth=2")
    settled(page)
    assert page.evaluate(CONTRAST) == []


@pytest.mark.parametrize("lang", ["en", "zh"])
@pytest.mark.parametrize("width", [390, 1024, 1440])
def test_nothing_is_wider_than_the_window(
    opened: Callable[..., Page], width: int, lang: str
) -> None:
    page = opened(width=width, height=844)
    if lang == "zh":
        page.click("#lang")
    play_to(page, 10)
    for at in (3, 5, 7):
        page.evaluate(
            f"toylab.choose('A').then(() => toylab.goto({at})).then(() => toylab.set('game.generator_steps', {at + 3}))"
        )
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    page.keyboard.press("f")
    settled(page)
    assert page.locator("figure.stage").count() == 4
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # Nor is a row cut off at its own edge.
    cut = page.evaluate(
        """() => [...document.querySelectorAll("main button, main label, main h1, main p, .knob")]
            .filter((one) => one.checkVisibility() && !one.closest("#scenarios, #tools, #skip, .unseen") && one.scrollWidth > one.clientWidth + 1 && getComputedStyle(one).display !== "inline")
            .map((one) => [one.id, one.className, one.textContent.slice(0, 20), one.scrollWidth, one.clientWidth])"""
    )
    assert cut == []


def test_a_thumb_meets_what_it_aims_at(opened: Callable[..., Page]) -> None:
    """44 pixels, as Apple's and WCAG 2.2's larger target size ask; the stage comes before the knobs."""
    page = opened(width=390, height=844, has_touch=True, is_mobile=True)
    small = page.evaluate(
        """() => [...document.querySelectorAll("#controls button, #tools button, .chip, .options label, summary, #branches button, #keeping button, #drawing button, #layers")]
            .filter((one) => one.checkVisibility() && (one.offsetHeight < 44 || one.offsetWidth < 44)).map((one) => [one.id, one.textContent, one.offsetWidth, one.offsetHeight])"""
    )
    assert small == []
    boxes = [page.locator(one).bounding_box() for one in ("#stages", "#panels", "#knobs")]
    tops = [box["y"] for box in boxes if box]
    assert len(tops) == 3 and tops == sorted(tops)
    # Play stays within reach of the thumb wherever one scrolls.
    page.evaluate("scrollTo(0, 1e6)")
    box = page.locator("#play").bounding_box()
    assert box and 844 / 2 < box["y"] < 844 - 44


def test_fingers_play_drag_and_turn(opened: Callable[..., Page]) -> None:
    page = opened(width=390, height=844, has_touch=True, is_mobile=True)
    page.evaluate("toylab.speed(11)")
    page.tap("#play")
    until(page, "toylab.round === 40")
    touch(page, "#line", 0.9, 0.3)
    until(page, "toylab.round > 8 && toylab.round < 14")
    page.locator("#knob-generator_steps").scroll_into_view_if_needed()
    touch(page, "#knob-generator_steps", 0.1, 0.6)
    until(page, "toylab.branches.length === 2")
    page.tap("#branches button >> nth=0")
    until(
        page, "document.querySelector('#branches button').getAttribute('aria-pressed') === 'true'"
    )


def touch(page: Page, selector: str, start: float, end: float) -> None:
    """A finger put down on something and drawn along it."""
    page.locator(selector).scroll_into_view_if_needed()
    box = page.locator(selector).bounding_box()
    assert box
    client = page.context.new_cdp_session(page)
    y = box["y"] + box["height"] / 2

    def at(share: float) -> list[dict[str, float]]:
        return [{"x": box["x"] + share * box["width"], "y": y}]

    client.send("Input.dispatchTouchEvent", {"type": "touchStart", "touchPoints": at(start)})
    for k in range(1, 5):
        share = start + (end - start) * k / 4
        client.send("Input.dispatchTouchEvent", {"type": "touchMove", "touchPoints": at(share)})
    client.send("Input.dispatchTouchEvent", {"type": "touchEnd", "touchPoints": []})


def test_all_is_reached_by_tab_and_has_a_name_and_a_ring(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 5)
    page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
    # Buttons of branches are made anew while something is told.
    page.wait_for_timeout(900)
    reachable = page.evaluate(
        """() => [...document.querySelectorAll("main button, main input, main select, main summary, #line")].filter((one) => one.checkVisibility({ visibilityProperty: true }) && !one.disabled)
            .filter((one) => one.type !== "radio" || one.checked).map((one, i) => { one.dataset.number = i; return i; })"""
    )
    seen, unnamed, ringless = set(), [], []
    page.evaluate("document.activeElement.blur()")
    for _ in range(len(reachable) + 20):
        page.keyboard.press("Tab")
        told = page.evaluate(
            """() => { const one = document.activeElement, ring = one.type === "radio" ? one.parentElement : one;
                return { number: one.dataset.number, name: one.ariaLabel || one.labels?.[0]?.textContent || one.textContent || one.title, ring: getComputedStyle(ring).outlineStyle, what: one.outerHTML.slice(0, 90) }; }"""
        )
        if told["number"] is None:
            continue
        if told["number"] in seen:
            break
        seen.add(told["number"])
        unnamed += [] if (told["name"] or "").strip() else [told["what"]]
        ringless += [told["what"]] if told["ring"] == "none" else []
    assert {str(n) for n in reachable} - seen == set()
    assert unnamed == [] and ringless == []


def test_keys_alone_lead_from_the_first_focus_to_a_saved_branch(
    opened: Callable[..., Page],
) -> None:
    page = opened(accept_downloads=True)
    page.evaluate("toylab.speed(11)")
    page.keyboard.press("Space")
    until(page, "toylab.round === 40")
    page.keyboard.press("Home")
    until(page, "toylab.round === 0")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    until(page, "toylab.round === 3")
    tab_to(page, "knob-generator_steps")
    page.keyboard.press("ArrowLeft")
    until(page, "toylab.branches.length === 2")
    tab_to(page, "save")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.textContent") == LAB_WORDS["en"]["save_scenario"]
    with page.expect_download() as waited:
        page.keyboard.press("Enter")
    saved = Path(waited.value.path()).read_text(encoding="utf-8")
    assert tomllib.loads(saved)["changes"] == [{"at": 3, "game": {"generator_steps": 3}}]


def tab_to(page: Page, name: str) -> None:
    for _ in range(120):
        page.keyboard.press("Tab")
        if page.evaluate("document.activeElement.id") == name:
            return
    raise AssertionError(f"Tab does not lead to {name}.")


def test_the_printed_page_has_what_was_seen_and_no_buttons(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 6)
    page.emulate_media(media="print")
    for seen in ("#title", "#lesson", "#stages canvas", "#panels canvas", "#differs", "#claims"):
        expect(page.locator(seen).first).to_be_visible()
    assert page.inner_text("#printed") == "small · seed 0 · step 6"
    assert page.locator("main button:visible").count() == 0


# --- what is brought in, and what is kept ---


def pasted(page: Page, text: str) -> None:
    page.evaluate(
        """(text) => { const data = new DataTransfer(); data.setData("text/plain", text);
            document.body.dispatchEvent(new ClipboardEvent("paste", { clipboardData: data, bubbles: true })); }""",
        text,
    )


def dropped(page: Page, name: str, text: str) -> None:
    page.evaluate(
        """([name, text]) => { const data = new DataTransfer(); data.items.add(new File([text], name));
            document.querySelector("#stages").dispatchEvent(new DragEvent("drop", { dataTransfer: data, bubbles: true, cancelable: true })); }""",
        [name, text],
    )


def test_pasted_columns_are_learned_from_the_next_round_on(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 5)
    pasted(page, "x,y\n-1,-1\n1,1\n-1,1\n1,-1\n")
    until(page, "toylab.session().branches[0].changes.length === 1")
    [change] = page.evaluate("toylab.session().branches[0].changes")
    assert change["at"] == 5 and change["target"]["kind"] == "drawn"
    assert len(change["target"]["points"]) == 4
    play_to(page, 8)
    pasted(page, "these are words")
    expect(page.locator("#alert")).not_to_be_empty()
    assert len(page.evaluate("toylab.session().branches[0].changes")) == 1


def test_a_saved_scenario_is_pythons_and_comes_back(opened: Callable[..., Page], tmp_path: Path) -> None:  # fmt: skip
    page = opened(accept_downloads=True)
    play_to(page, 12)
    page.evaluate("toylab.set('game.penalties.instance_noise.spread', 0.2)")
    with page.expect_download() as waited:
        page.click("#save")
        page.click("#keeping button >> nth=0")
    path = tmp_path / "kept.toml"
    path.write_bytes(Path(waited.value.path()).read_bytes())
    told = scenario.load(path)
    assert told.section(11).game.penalties == ()
    assert told.section(12).game.penalties[0].options["spread"] == 0.2
    again = opened()
    dropped(again, "kept.toml", path.read_text(encoding="utf-8"))
    until(again, "toylab.session().branches[0].changes.length === 1")
    assert again.evaluate("toylab.session().branches[0].changes") == page.evaluate(
        "toylab.session().branches[0].changes"
    )
    play_to(page, 20)
    play_to(again, 20)
    assert state(again) == state(page)
    dropped(again, "bad.toml", "title = ")
    expect(again.locator("#alert")).not_to_be_empty()
    assert again.evaluate("toylab.round") == 20


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('game.update = "unrolled"', "does not play unrolled"),
        ("generator.batch_norm = true", "does not play true"),
        ("game.generator_steps = -1", "must be a whole number"),
        ('target.kind = "swiss_roll"', "does not play swiss_roll"),
        ('extends = "nowhere"', "nowhere"),
    ],
)
def test_a_file_that_cannot_be_played_is_a_line_and_nothing_is_lost(opened: Callable[..., Page], text: str, line: str) -> None:  # fmt: skip
    page = opened()
    play_to(page, 5)
    there = state(page)
    dropped(page, "other.toml", f'title = "Other"\nlesson = "Of elsewhere"\n{text}\n')
    expect(page.locator("#alert")).to_contain_text(line)
    assert page.inner_text("#title") == "Title of small"
    assert state(page) == there


def test_a_file_of_elsewhere_brings_its_title_and_claims(opened: Callable[..., Page]) -> None:
    page = opened()
    claim = (
        '[[claims]]\ntext = "Is small"\nmetric = "generator_loss"\nrelation = "<="\nthreshold = 9\n'
    )
    tables = (
        '[target]\nkind = "ring"\n[generator]\nhidden = [4]\n[training]\nsteps = 12\nbatch = 8\n'
    )
    dropped(page, "other.toml", f'title = "Other"\nlesson = "Of elsewhere"\n{tables}{claim}')
    until(page, "document.querySelector('#title').textContent === 'Other'")
    page.evaluate("toylab.speed(11); toylab.play()")
    until(page, "toylab.round === 12 && !toylab.playing")
    expect(page.locator(".claim p").first).to_have_text("Is small")
    expect(page.locator(".claim .count")).to_contain_text("✓")


def test_data_is_drawn_on_the_stage(opened: Callable[..., Page]) -> None:
    page = opened()
    play_to(page, 4)
    page.click("#drawing .tool >> nth=0")
    box = page.locator("#stages canvas").first.bounding_box()
    assert box
    page.mouse.move(box["x"] + 0.3 * box["width"], box["y"] + 0.5 * box["height"])
    page.mouse.down()
    page.mouse.move(box["x"] + 0.7 * box["width"], box["y"] + 0.5 * box["height"], steps=8)
    page.mouse.up()
    until(page, "(toylab.session().branches[0].changes[0] ?? {}).target?.kind === 'drawn'")
    # Python takes what was drawn.
    told = scenario.check(tomllib.loads(page.evaluate("toylab.scenario()")))
    assert told.section(4).target.kind == "drawn" and told.section(3).target.kind == "ring"
    play_to(page, 6)
    assert page.inner_text("#alert") == ""


# --- scripts, frames, links ---


def test_a_script_drives_it_and_states_come_back(opened: Callable[..., Page]) -> None:
    page = opened()
    told = page.evaluate(
        """async () => {
            const heard = [], end = toylab.on("turned", ({ kind }) => heard.push(kind));
            await toylab.goto(10);
            const bytes = await toylab.state();
            await toylab.set("game.penalties.r1.weight", 0.5);
            end();
            await toylab.step("round");
            const on = toylab.round;
            await toylab.restore(bytes);
            const same = (await toylab.state()).every((byte, i) => byte === bytes[i]);
            const wrong = await toylab.set("game.nonsense", 1).catch((error) => error.message);
            const beyond = await toylab.set("training.batch", 0).catch((error) => error.message);
            return { heard, on, back: toylab.round, same, wrong, beyond, bytes: bytes instanceof Uint8Array, toml: toylab.scenario() };
        }"""
    )
    assert told["heard"] == ["change"] and told["on"] == 11 and told["back"] == 10
    assert told["same"] and told["bytes"]
    assert told["wrong"].startswith('"game.nonsense"')
    assert "whole number from 1 to 65536, got 0" in told["beyond"]
    assert tomllib.loads(told["toml"])["changes"] == [
        {"at": 10, "game": {"penalties": [{"kind": "r1", "weight": 0.5, "every": 1}]}}
    ]


def test_a_link_opens_the_same_session(opened: Callable[..., Page], lab: Path) -> None:
    page = opened()
    play_to(page, 20)
    play_to(page, 8)
    page.evaluate("toylab.set('optimizer.generator.lr', 0.02)")
    play_to(page, 15)
    there = state(page)
    page.click("#share")
    until(page, "location.hash.length > 4")
    again = opened(page.evaluate("location.href"))
    until(again, "toylab.branches.length === 2 && toylab.round === 15")
    assert again.evaluate("toylab.branches.map((b) => [b.name, b.parent, b.from, b.head])") == [
        ["A", "", 0, 20],
        ["B", "A", 8, 15],
    ]
    assert state(again) == there


def test_an_address_may_name_a_scenario(opened: Callable[..., Page], lab: Path) -> None:
    page = opened(f"{lab.as_uri()}#scenario=small-fix&seed=3&lang=zh")
    until(page, "toylab.session().name === 'small-fix'")
    assert page.evaluate("toylab.seed") == 3 and page.inner_text("#title") == "标题 small-fix"
    again = opened(f"{lab.as_uri()}#scenario=far")
    expect(again.locator("#alert")).to_contain_text('no scenario "far"')
    assert again.inner_text("#title") == "Title of small"


def test_a_link_that_was_cut_short_is_a_line(opened: Callable[..., Page], lab: Path) -> None:
    page = opened()
    page.click("#share")
    until(page, "location.hash.length > 4")
    address = page.evaluate("location.href")
    again = opened(address[:-9])
    expect(again.locator("#alert")).not_to_be_empty()
    assert again.inner_text("#title") == "Title of small"


def test_two_labs_are_driven_by_a_page_around_them(browser: Browser, lab: Path, opened: Callable[..., Page]) -> None:  # fmt: skip
    """In frames without an origin of their own: no storage, no workers of theirs asked for in vain."""
    around = lab.with_name("around.html")
    frames = "".join(f'<iframe id="f{i}" sandbox="allow-scripts" src="lab.html" width=700 height=800></iframe>' for i in (0, 1))  # fmt: skip
    around.write_text(f"<!DOCTYPE html>{frames}<script>{ASKING}</script>", encoding="utf-8")
    page = opened(around.as_uri())
    page.frame_locator("#f1").locator("#stages canvas").first.wait_for()
    page.wait_for_timeout(500)
    assert page.evaluate("ask(0, 'goto', 12)")["result"] == 12
    assert page.evaluate("ask(1, 'goto', 3)")["result"] == 3
    assert page.evaluate("ask(0, 'round')")["result"] == 12
    refused = page.evaluate("ask(1, 'set', 'training.batch', 0)")
    assert refused["toylab"] == "refused" and "whole number" in refused["line"]
    # A deck of slides shows one and hides it again.
    page.evaluate("ask(0, 'speed', 3).then(() => ask(0, 'play'))")
    page.wait_for_timeout(300)
    page.evaluate("frame(0).postMessage('slide:stop', '*')")
    page.wait_for_timeout(200)
    assert page.evaluate("ask(0, 'playing')")["result"] is False
    page.evaluate("frame(0).postMessage('slide:start', '*')")
    page.wait_for_timeout(200)
    assert page.evaluate("ask(0, 'playing')")["result"] is True
    page.evaluate("ask(0, 'pause')")


ASKING = """
const frame = (i) => document.getElementById("f" + i).contentWindow;
let asked = 0;
function ask(i, toylab, ...args) {
  const id = ++asked;
  return new Promise((done) => {
    addEventListener("message", function on({ data }) { if (data.id === id) { removeEventListener("message", on); done(data); } });
    frame(i).postMessage({ toylab, args, id }, "*");
  });
}
"""


def test_a_target_of_which_the_page_has_only_points_is_told_so(
    browser: Browser, tmp_path: Path
) -> None:
    Lab("your-logo", "mode-collapse").save(tmp_path / "lab.html")
    page = browser.new_page()
    page.goto((tmp_path / "lab.html").as_uri())
    expect(page.locator("#differs")).to_contain_text(f"{MOST_TOLD} points of this target")
    page.goto((tmp_path / "lab.html").as_uri() + "#scenario=mode-collapse")
    page.reload()
    expect(page.locator("#differs")).to_contain_text("Nothing differs")
    expect(page.locator("#differs")).not_to_contain_text("points of this target")
    page.close()
