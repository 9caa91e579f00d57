"""The page that trains, used as a person does: by mouse, keys, fingers, a script; and its data alone."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from live import chromium
from playwright.sync_api import Browser, Page

from toylab.base.settings import merged, sections
from toylab.film.differences import setting_name, told_changes
from toylab.film.words import WORDS
from toylab.scenario import scenario
from toylab.show.bundle import bundled
from toylab.show.lab.lab_words import LAB_WORDS
from toylab.show.lab.parts import HOME

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
    names = ("session.js", "knobs.js", "speaking.js", "claims.js", "rules.js")
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
    base = settings_of("convergence")
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
        paths += ["game.objective", "lr", "betas"]
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
            "game": {"penalties": [{"kind": "r1", "weight": 0.5}]},
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
    assert (found["first"], found["still"], found["kind"], found["cursor"]) == ("start", 1, "start", 0)
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
    assert found == [[0, [batch]], [40, [steps, batch]]]


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
        ("game.generator_steps", 20),
        ("training.batch", 256),
        ("game.penalties.r1.weight", 0.1),
        ("game.penalties.r1.weight", None),
        ("optimizer.generator.betas[0]", 0.5),
        ("optimizer.generator.momentum", -0.5),
    ):
        assert alone.evaluate(at, [path, value]) == (value if value is None else pytest.approx(value))


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
    ("gradient_clipping", "norm", 0),
    ("label_smoothing", "amount", 1.5),
    ("replay", "share", 1),
    ("average", "decay", 1),
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
        "mean": sum(values[2:]) / 4,
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
    claim = {"metric": "m", "window": [0.5, 1.0], "reduce": "mean", "relation": "<=", "threshold": 3}
    told = alone.evaluate(
        """(claim) => [10, 60, 100].map((head) => claimHere(claim, rowsFrom(head).map(([k]) => [k, { m: k < 80 ? 2 : 9 }]), 100, head))""",
        claim,
    )
    assert [one["state"] for one in told] == ["before", "sofar", "known"]
    assert [one["holds"] for one in told] == [False, True, False]
    assert told[2]["value"] == pytest.approx((30 * 2 + 21 * 9) / 51)


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


def test_every_knob_and_every_choice_has_words(alone: Page) -> None:
    keys = alone.evaluate("""() => KNOBS.flatMap((knob) => [`knob.${knobName(knob)}`, ...(knob.options ?? []).map((one) => `value.${one}`)])""")
    keys += [f"group_{group}" for group in alone.evaluate("KNOB_GROUPS")]
    assert set(keys) <= set(LAB_WORDS["en"])
