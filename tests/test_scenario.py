from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from commands import toylab

from toylab.base.errors import ToylabError
from toylab.scenario import catalogue
from toylab.scenario.scenario import as_filed, base_of, check, differences, load, schema

Write = Callable[..., Path]
LEAST: dict[str, Any] = {"title": "t", "lesson": "l", "target": {"kind": "ring"}}


def mistakes(settings: dict[str, Any]) -> str:
    with pytest.raises(ToylabError) as caught:
        check({**LEAST, **settings}, where="x.toml")
    return str(caught.value)


def test_the_least_scenario_is_three_lines() -> None:
    scenario = check(LEAST)
    assert scenario.game.objective.kind == "non_saturating"
    assert scenario.target.options["modes"] == 8


def test_a_change_of_a_claim_leaves_whom_it_compares_with(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = load("fair-steps").claims
    at = next(i for i, claim in enumerate(before) if claim.against)
    # A neighbour of where one stands, and not of the scenario.
    (tmp_path / f"{before[at].against}.toml").write_text('title = "t"\nlesson = "l"\n')
    monkeypatch.chdir(tmp_path)
    after = load("fair-steps", [f"claims[{at}].quorum=0.5"]).claims
    assert after == (*before[:at], replace(before[at], quorum=0.5), *before[at + 1 :])
    typed = load("fair-steps", [f"claims[{at}].against={before[at].against}"]).claims[at]
    assert typed.against == str(tmp_path / f"{before[at].against}.toml")


def test_a_scenario_written_out_reads_back_the_same(tmp_path: Path) -> None:
    for name in catalogue.names():
        # Alone: a neighbour would be taken for what a claim compares with.
        scenario, path = load(name), tmp_path / name / f"{name}.toml"
        path.parent.mkdir()
        path.write_text(scenario.text, encoding="utf-8")
        again = load(path)
        assert again == scenario and again.text == scenario.text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"game": {"objective": "non_saturatin"}}, 'game.objective "non_saturatin" is unknown; did you mean "non_saturating"?'),
        ({"game": {"objektive": "x"}}, 'game: key "objektive" is unknown; did you mean "objective"?'),
        ({"gmae": {}}, 'key "gmae" is unknown; did you mean "game"?'),
        ({"target": {"kind": "rng"}}, 'target "rng" is unknown; did you mean "ring"?'),
        ({"target": {"kind": "ring", "radus": 1}}, 'target: key "radus" is unknown; did you mean "radius"?'),
        ({"target": {"radius": 1}}, "target.kind is missing"),
        ({"target": {"kind": "ring", "radius": -1}}, "target.radius: must be greater than or equal to 0.0001, got -1"),
        ({"target": {"kind": "ring", "weights": [1, 2]}}, "target: weights needs one number a mode (8), got 2"),
        ({"training": {"batch": 10**9}}, "training.batch: must be less than or equal to 65536"),
        ({"training": {"steps": "8"}}, "training.steps: must be a valid integer, got '8'"),
        ({"training": {"steps": True}}, "training.steps: must be a valid integer, got True"),
        ({"training": {"steps": 10.0}}, "training.steps: must be a valid integer, got 10.0"),
        ({"generator": {"activation": "rellu"}}, 'generator.activation "rellu" is unknown; did you mean "relu"?'),
        ({"generator": {"hidden": [64, 0]}}, "generator.hidden[1]: must be greater than or equal to 1, got 0"),
        ({"generator": {"gain": float("nan")}}, "generator.gain: must be a finite number, got nan"),
        ({"game": {"discriminator_steps": 0, "generator_steps": 0}}, "nobody would move"),
        ({"game": {"penalties": [{"kind": "r1", "wight": 1}]}}, 'game.penalties[0]: key "wight" is unknown; did you mean "weight"?'),
        ({"claims": [{"text": "t", "metric": "modes", "relation": "<", "threshold": 1}]}, 'claims[0].metric "modes" is unknown; did you mean "modes_hit"?'),
        ({"claims": [{"text": "t", "metric": "modes_hit", "relation": "=<", "threshold": 1}]}, 'claims[0].relation "=<" is unknown'),
        ({"claims": [{"metric": "modes_hit", "relation": "<", "threshold": 1}]}, "claims[0].text is missing"),
        ({"title": None}, "title: must be a valid string, got None"),
        ({"discriminator": {"hidden": [4096] * 16}, "training": {"batch": 65536}}, "GiB a seed, more than 4"),
        ({"discriminator": {"hidden": [4096] * 12}}, "parameters: these sizes need 5.5 GiB a seed, more than 4; lower the widths"),
        ({"discriminator": {"minibatch": 64}, "training": {"batch": 2048}}, "training: these sizes need 24 GiB"),
        ({"game": {"update": {"kind": "unrolled", "steps": 100}}, "training": {"batch": 65536}}, "or game.update.steps"),
        ({"generator": {"latent": 1024}, "training": {"batch": 65536}}, "latents: these sizes need 16.1 GiB"),
        ({"recording": {"snapshots": 5000, "grid": 512}}, "GiB a seed, more than 4"),
        ({"recording": {"snapshots": 2000}, "training": {"points": 1_000_000}}, "recording: these sizes need 7.56"),
        ({"target": {"kind": "dirac", "noise": 1e-200}}, "target.noise: must be 0, or from 0.0001 to 1000, got 1e-200."),
        ({"target": {"kind": "square", "side": 1e-200}}, "target.side: must be greater than or equal to 0.0001, got 1e-200"),
        ({"generator": {"kind": "point", "start": [1e39, 0.0]}}, "generator.start[0]: must be less than or equal to 10000, got 1e+39"),
        ({"generator": {"kind": "particles"}, "game": {"penalties": ["truncation"]}}, "truncation needs a generator of kind mlp: of particles there is no middle"),
        ({"generator": {"kind": "particles", "count": 10_001}}, "generator.count: must be less than or equal to 10000"),
        ({"claims": [{"text": "t", "metric": "modes_hit", "relation": "<", "threshold": 1, "quorum": 1.0}]}, "claims[0].quorum: must be less than 1, got 1.0"),
    ],
)  # fmt: skip
def test_a_mistake_names_its_path_and_what_is_allowed(settings: dict[str, Any], words: str) -> None:
    said = mistakes(settings)
    assert words in said
    assert said.startswith("x.toml: ") and len(said.splitlines()) <= 3


def test_parameters_are_named_by_both_kinds_of_players_that_record_them() -> None:
    """The least game is played by networks; so is one of a point against a network."""
    claim = {"text": "t", "metric": "parameter_norm", "relation": "<", "threshold": 1}
    point = {"kind": "point"}
    for players in ({}, {"generator": point}):
        said = mistakes({"claims": [claim], **players})
        assert "(generator.kind point, discriminator.kind linear or quadratic)" in said
    check({**LEAST, "claims": [claim], "generator": point, "discriminator": {"kind": "linear"}})


def test_all_mistakes_are_reported_together() -> None:
    said = mistakes({"gmae": 1, "training": {"steps": 0, "batch": -1}, "lesson": 3})
    assert all(part in said for part in ("gmae", "training.steps", "training.batch", "lesson"))


def test_the_rules_speak_even_where_the_form_is_wrong() -> None:
    """A missing title, an unknown key and two settings that make no sense together, all at once."""
    with pytest.raises(ToylabError) as caught:
        check(
            {
                "lesson": "l",
                "target": {"kind": "square"},
                "game": {
                    "objective": "hinge",
                    "penalties": [{"kind": "label_smoothing"}, {"kind": "r3"}],
                },
                "recording": {"snapshots": 5000, "grid": 512, "lines": 3},
                "claims": [{"text": "t", "metric": "modes_hit", "relation": "<", "threshold": 1}],
            }
        )
    said = str(caught.value)
    for words in (
        "title is missing; every scenario needs it",
        'penalties[1] "r3" is unknown',
        'recording: key "lines" is unknown',
        "label_smoothing needs labels",
        "claim on modes_hit: the target has no separate modes",
        "GiB a seed, more than 4",
    ):
        assert words in said, said


@pytest.mark.parametrize("top", ["target", "generator", "game", "optimizer", "training", "film"])
@pytest.mark.parametrize("junk", [3, "x", [], [[]], None, {"kind": 3}, {"": 1}, {"kind": []}])
def test_junk_in_any_table_is_said_and_never_a_traceback(top: str, junk: object) -> None:
    try:
        check({**LEAST, top: junk})
    except ToylabError as error:
        assert top in str(error)


def test_mistakes_far_down_a_list_are_all_taken_out_before_the_rules_speak() -> None:
    claim = {"text": "t", "metric": "modes_hit", "relation": "<", "threshold": 1}
    claims = [claim] * 9 + [{**claim, "metric": "modes_hat"}] * 2 + [claim]
    with pytest.raises(ToylabError) as caught:
        check({**LEAST, "target": {"kind": "square"}, "claims": claims})
    # The two are told, and so is what is wrong with the others.
    said = str(caught.value)
    assert "claims[9]" in said and "the target has no separate modes" in said, said


# --- extends ---


def test_a_fix_is_its_failure_plus_one_line(scenario_file: Write) -> None:
    scenario_file("failure", '[target]\nkind = "ring"\n[game]\ngenerator_steps = 10\n')
    fix = scenario_file("fix", 'extends = "failure"\n[game]\ngenerator_steps = 1\n')
    base = base_of(fix)
    assert base is not None
    assert differences(load(fix), base) == [("game.generator_steps", 10, 1)]


def test_chains_are_followed_to_the_end(scenario_file: Write) -> None:
    scenario_file("a", '[target]\nkind = "ring"\nmodes = 3\n[training]\nsteps = 5\n')
    scenario_file("b", 'extends = "a"\n[target]\nradius = 4.0\n')
    c = load(scenario_file("c", 'extends = "b"\n[training]\nbatch = 7\n'))
    assert (c.target.options["modes"], c.target.options["radius"]) == (3, 4.0)
    assert (c.training.steps, c.training.batch, c.name) == (5, 7, "c")


def test_a_loop_is_an_error_that_shows_the_way(scenario_file: Write) -> None:
    a = scenario_file("a", 'extends = "b"\n')
    scenario_file("b", 'extends = "a"\n')
    with pytest.raises(ToylabError, match="loop: a -> b -> a"):
        load(a)
    own = scenario_file("own", 'extends = "own"\n')
    with pytest.raises(ToylabError, match="loop: own -> own"):
        load(own)


def test_another_kind_brings_its_own_keys(scenario_file: Write) -> None:
    scenario_file("a", '[target]\nkind = "ring"\nradius = 3.0\n')
    b = load(scenario_file("b", 'extends = "a"\n[target]\nkind = "grid"\n'))
    assert b.target.kind == "grid" and "radius" not in b.target.options


def test_claims_and_words_are_not_handed_down(scenario_file: Write) -> None:
    claim = '[[claims]]\ntext = "c"\nmetric = "modes_hit"\nrelation = "<"\nthreshold = 2\n'
    scenario_file("a", f'title_zh = "题"\n[target]\nkind = "ring"\n{claim}')
    b = load(scenario_file("b", 'extends = "a"\n'))
    assert b.claims == () and b.title_zh is None
    nameless = scenario_file("c", 'extends = "a"\n', head=False)
    with pytest.raises(ToylabError, match="title is missing"):
        load(nameless)


def test_a_base_that_is_missing_is_said_with_the_file_that_wants_it(scenario_file: Write) -> None:
    with pytest.raises(ToylabError, match='a.toml: extends: Scenario "convergense".*"convergence"'):
        load(scenario_file("a", 'extends = "convergense"\n'))
    with pytest.raises(ToylabError, match="extends must be a scenario's name, got 3"):
        load(scenario_file("b", "extends = 3\n"))


# --- files and changes ---


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"title = ", "not TOML"),
        (b"\xff\xfa", "not a text file"),
        (b"a = " + b"[" * 100_000, "not TOML|too deeply"),
        (b"#" * 1_100_000, "larger than 1 MB"),
        (b"", "title is missing"),
    ],
)
def test_a_file_that_is_no_scenario_is_one_message(
    content: bytes, words: str, tmp_path: Path
) -> None:
    path = tmp_path / "x.toml"
    path.write_bytes(content)
    with pytest.raises(ToylabError, match=words):
        load(path)


def test_a_change_lies_over_the_file() -> None:
    changed = load("all-modes", ["game.objective=saturating", "training.steps = 7"])
    assert changed.game.objective.kind == "saturating" and changed.training.steps == 7
    penalties = load("all-modes", ["game.penalties=[]"]).game.penalties
    assert penalties == ()


def test_a_change_reaches_into_lists(tmp_path: Path) -> None:
    penalties = '[{ kind = "r1", weight = 1.0 }, { kind = "r2" }]'
    changed = load(
        "all-modes",
        [
            f"game.penalties={penalties}",
            "game.penalties[0].weight=0.5",
            "game.penalties[1].kind=r1",
        ],
    )
    assert [(p.kind, p.options["weight"]) for p in changed.game.penalties] == [
        ("r1", 0.5),
        ("r1", 0.1),
    ]
    assert load("all-modes", ["generator.hidden[1]=3"]).generator.options["hidden"] == (64, 3)
    own = [
        'target={kind="mixture", means=[[0.0, 1.0], [2.0, 3.0]], spreads=[0.1, 0.1]}',
        "target.means[1][0]=9.0",
    ]
    assert load("all-modes", own).target.options["means"] == ((0.0, 1.0), (9.0, 3.0))


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("game.penalties[3].weight=1", "penalties has 1 entry, and none at [3]"),
        ("game[0]=1", "game has 0 entries"),
        ("generator.hidden[1][0]=3", "hidden[1] has 0 entries, and none at [0]"),
        ("extends=hinge", "Name the other scenario itself"),
        ("game.penalties[0.weight=1", "is not a change"),
        ("game.penalties[0].wight=1", "--set game.penalties[0].wight=1: game.penalties[0]: key"),
        ("training.steps=0", "--set training.steps=0: training.steps"),
    ],
)
def test_a_mistake_in_a_change_is_the_changes(change: str, words: str) -> None:
    with pytest.raises(ToylabError) as caught:
        load("all-modes", [change])
    assert words in str(caught.value)


# Two mistakes.
WRONG = '[target]\nkind = "rnig"\n[game]\nobjective = "wgan"\n'


def test_changes_may_mend_what_is_wrong_in_the_file(scenario_file: Write) -> None:
    path = scenario_file("wrong", WRONG)
    mended = load(path, ["target.kind=ring", "game.objective=hinge"])
    assert (mended.target.kind, mended.game.objective.kind) == ("ring", "hinge")
    assert as_filed(path) is None


def test_what_stays_wrong_is_told_with_the_file_and_the_change_that_did_it(
    scenario_file: Write,
) -> None:
    path = scenario_file("wrong", WRONG)
    with pytest.raises(ToylabError) as caught:
        load(path, ["target.kind=ring", "training.steps=0", "nix=1"])
    lines = [line for line in str(caught.value).splitlines() if not line.startswith("  ")]
    assert [line.removeprefix(f"{path}: ")[:35] for line in lines] == [
        'game.objective "wgan" is unknown.',
        "--set training.steps=0: training.st",
        '--set nix=1: key "nix" is unknown.',
    ]
    assert all(line.startswith(f"{path}: ") for line in lines)


def test_what_makes_no_sense_together_names_all_changes(scenario_file: Write) -> None:
    path = scenario_file("fine", '[target]\nkind = "ring"\n')
    changes = ["game.objective=hinge", 'game.penalties=[{kind="label_smoothing"}]']
    with pytest.raises(ToylabError) as caught:
        load(path, changes)
    told = " ".join(f"--set {change}" for change in changes)
    assert str(caught.value).startswith(f"{path}: {told}: label_smoothing needs labels")


def test_a_change_that_is_none_is_told_with_the_file(scenario_file: Write) -> None:
    path = scenario_file("fine", '[target]\nkind = "ring"\n')
    with pytest.raises(ToylabError, match=f"^{re.escape(str(path))}: --set"):
        load(path, ["game.penalties[2].weight=1"])


def test_a_mended_file_is_shown_without_a_base(scenario_file: Write) -> None:
    path = scenario_file("wrong", WRONG)
    mend = ["--set", "target.kind=ring", "--set", "game.objective=hinge"]
    assert toylab("show", str(path), *mend) == (0, "")
    assert toylab("show", str(path))[0] == 2


@pytest.mark.parametrize("change", ["steps", "=3", "a..b=1", "training.steps=", "nix.x=1"])
def test_a_change_that_makes_no_sense_is_refused(change: str) -> None:
    with pytest.raises(ToylabError):
        load("all-modes", [change])


def test_the_schema_knows_every_table_and_row() -> None:
    described = str(schema())
    for word in ("extends", "generator_steps", "leaky_relu", "rmsprop", "r1", "radius"):
        assert word in described


def test_a_file_is_found_beside_its_scenario_wherever_toylab_runs(
    scenario_file: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "mine.csv").write_text("1,2\n3,4\n")
    path = scenario_file("mine", '[target]\nkind = "points"\nfile = "mine.csv"\n')
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    assert load(path).target.options["file"] == str(tmp_path / "mine.csv")
    # On the command line a file is named from where one stands.
    assert load(path, ['target.file="../mine.csv"']).target.kind == "points"
    with pytest.raises(ToylabError, match="none.csv: no such file"):
        load(path, ['target.file="none.csv"'])
