"""Counterexamples: which seeds miss a claim, where that is said, and that the command told films one."""

from __future__ import annotations

import contextlib
import json
import math
import shlex
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from commands import printed, toylab
from documents import ROOT, is_synopsis, read
from games import small_toml

from toylab.claims import published, report
from toylab.claims.counting import Outcome
from toylab.claims.misses import in_words, missed_by, seeds_of, span
from toylab.claims.verdict import verdict, wilson
from toylab.metrics.claim import Claim, reduced, satisfied
from toylab.scenario import catalogue
from toylab.scenario.scenario import Scenario, load
from toylab.trace import Trace
from toylab.training.run import record

Numbers = Sequence[float | None]
TABLE = json.loads((ROOT / "renders" / "claims.json").read_text(encoding="utf-8"))


def claim(relation: str = "<", text: str = "t", against: str = "") -> Claim:
    return Claim(text, "c2st", relation, 0.5, against=against)


def outcome(
    numbers: Numbers, seeds: Sequence[int], name: str = "small", text: str = "t", against: str = ""
) -> Outcome:
    """A count of numbers that should be below a half."""
    n, hits = len(numbers), sum(x is not None and x < 0.5 for x in numbers)
    told = claim(text=text, against=against)
    judged = wilson(hits, n), verdict(hits, n, told.quorum)
    return Outcome(
        name, "0", told, tuple(numbers), hits, *judged, seeds=tuple(seeds), called=f"{name}.toml"
    )


# --- who misses ---


def test_a_seed_misses_where_the_relation_does_not_hold_or_there_is_no_number() -> None:
    numbers, seeds = [0.4, 0.5, None, 0.6, math.nan], [7, 3, 5, 1, 9]
    missed = {sign: missed_by(claim(sign), numbers, seeds) for sign in ("<", "<=", ">", ">=")}
    assert missed == {"<": (1, 3, 5, 9), "<=": (1, 5, 9), ">": (3, 5, 7, 9), ">=": (5, 7, 9)}


def test_all_may_miss_or_none_and_seeds_that_are_not_known_are_not_told() -> None:
    assert missed_by(claim(), [None, 0.5, 2.0], [2, 1, 0]) == (0, 1, 2)
    assert missed_by(claim(), [0.1, 0.2], [0, 1]) == ()
    assert missed_by(claim(), [2.0, 0.2], []) == ()
    with pytest.raises(ValueError):
        missed_by(claim(), [2.0, 0.2], [0])


def test_the_first_eight_are_named_and_all_are_no_exceptions() -> None:
    assert in_words([4], 64) == "seed 4"
    assert in_words([4, 6], 64) == "seeds 4, 6"
    assert in_words(range(8), 64) == "seeds 0, 1, 2, 3, 4, 5, 6, 7"
    assert in_words(range(10), 64) == "seeds 0, 1, 2, 3, 4, 5, 6, 7 and 2 more"
    assert in_words(range(64), 64) == "all seeds"
    assert in_words([4], 1) == "seed 4"


# --- tables ---


@pytest.mark.parametrize(
    "seeds", [[7], range(3, 9), [3, 5, 100], [5, 3], range(1000, 1064), range(0, 32, 2)]
)
def test_an_older_table_told_its_seeds_in_words(seeds: Sequence[int]) -> None:
    assert seeds_of({"about": {"seeds": span(seeds)}, "claims": []}) == tuple(seeds)


def test_what_a_table_does_not_tell_is_not_made_up() -> None:
    assert seeds_of({"about": {"seeds": span(range(0, 80, 2))}}) == ()
    assert seeds_of({"about": {}}) == ()
    found = report.outcomes_of(
        {
            "about": {"seeds": span(range(0, 80, 2))},
            "claims": json.loads(report.as_json([outcome([1.0] * 40, range(40))], {}))["claims"],
        }
    )
    assert found[0].misses == () and found[0].hits == 0
    assert "Counterexamples" not in report.as_markdown(found, {})


def test_a_table_for_machines_gives_its_outcomes_back_and_an_older_one_their_misses() -> None:
    seeds = [3, 1, 2]
    found = [outcome([0.1, None, 0.7], seeds), outcome([0.1, 0.2, 0.3], seeds, text="u")]
    about = {"seeds": span(seeds)}
    table = json.loads(report.as_json(found, about))
    assert table["seeds"] == seeds
    assert report.outcomes_of(table) == found
    del table["seeds"]
    for row in table["claims"]:
        del row["called"]
    again = report.outcomes_of(table)
    assert [o.misses for o in again] == [o.misses for o in found] == [(1, 2), ()]
    # Then only the scenario's name is known.
    assert [o.called for o in again] == ["small", "small"]
    with pytest.raises(ValueError):
        report.as_json([*found, outcome([0.1], [4])], about)


def test_counts_in_the_table_lead_to_the_commands_that_film_what_misses(tmp_path: Path) -> None:
    seeds = range(100, 112)
    # Names whose headings have one address, or that of another heading.
    names = ["claims", "Counterexamples", "my own", "my-own", "undecided"]
    found = [outcome([0.9, *[0.1] * 10, None], seeds, name) for name in names]
    found.append(outcome([0.9] * 12, seeds, "my own", "nobody", against="k-one"))
    found.append(outcome([0.1] * 12, seeds, "fine"))
    found.append(outcome([0.9] * 10 + [0.1] * 2, seeds, "many"))
    path = tmp_path / "x.md"
    path.write_text(report.as_markdown(found, {"device": "cpu"}), encoding="utf-8")
    page, text = read(path), path.read_text(encoding="utf-8")
    links = [link.removeprefix("#") for link in page.links]
    places = ["claims-1", "counterexamples-1", "my-own", "my-own-1", "undecided"]
    assert links == [*places, "my-own", "many"]
    assert {*links} <= page.anchors
    assert "| fine | t | 12 of 12 |" in text and "### fine" not in text
    assert "| my own | nobody | [0 of 12](#my-own) |" in text
    two = [
        f"toylab run {shlex.quote(f'{name}.toml')} --seed {s}" for name in names for s in (100, 111)
    ]
    nobody = "toylab run 'my own.toml' --seed 100"
    many = [f"toylab run many.toml --seed {seed}" for seed in range(100, 108)]
    told = [
        command
        for block in page.blocks
        if block.language == "console"
        for command in block.commands
    ]
    assert told == [*two[:6], nobody, *two[6:], *many]
    assert "\u201ct\u201d, missed by 2 of 12 seeds:" in text
    assert "\u201cnobody\u201d, against k-one, missed by all 12 seeds, here the first:" in text
    assert "\u201ct\u201d, missed by 10 of 12 seeds, here the first:" in text
    assert "`toylab compare`" in text


def test_what_a_card_counted_is_filmed_on_a_card() -> None:
    text = report.as_markdown([outcome([0.9, 0.1], [0, 1])], {"device": "cuda"})
    assert "\ntoylab run small.toml --seed 0 --device cuda\n" in text


def test_the_published_counts_know_who_missed() -> None:
    counted = 0
    for scenario in map(load, catalogue.names()):
        for one in scenario.claims:
            tally = published.count(scenario.settings, one)
            if tally is not None:
                assert len(tally.misses) == tally.n - tally.hits
                assert [*tally.misses] == sorted({*tally.misses} & {*seeds_of(TABLE)})
                counted += 1
    assert counted == len(TABLE["claims"])


# --- a real check ---

SEEDS = range(1000, 1012)
# At a fifth neither two of twelve nor none decides: the check ends with 0.
CLAIM = """
[[claims]]
text = "{}"
metric = "sliced_wasserstein"
relation = "<"
threshold = {}
quorum = 0.2
"""


@pytest.fixture
def mine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scenario:
    """A small game in a file, with a claim that two of twelve seeds keep, and one that nobody keeps."""
    monkeypatch.chdir(tmp_path)
    path, game = Path("sub/mine.toml"), 'title = "S"\nlesson = "L"\n' + small_toml()
    path.parent.mkdir()
    path.write_text(game + CLAIM.format("Near", 0))
    bare = load(path)
    near = sorted(reduced(bare.claims[0], record(bare, SEEDS, filmed=())))
    limit = float(near[1] + near[2]) / 2
    path.write_text(game + CLAIM.format("Near", limit) + CLAIM.format("Never", 0))
    return load(path)


def test_check_names_the_seeds_that_miss_and_run_films_one(mine: Scenario) -> None:
    kept = satisfied(mine.claims[0], record(mine, SEEDS, filmed=()))
    misses = [seed for seed, hits in zip(SEEDS, kept, strict=True) if not hits]
    assert len(misses) == 10
    words = ["check", "sub/mine.toml", "--seeds", "12", "--jobs", "1"]
    near, who, never, nobody, one = printed(*words, "-o", "sub/x.md", "-o", "x.json").splitlines()
    assert near.endswith("mine  Near") and never.endswith("mine  Never")
    named = ", ".join(map(str, misses[:8]))
    assert (who, nobody) == (
        f"{'':11}missed by seeds {named} and 2 more",
        f"{'':11}missed by all seeds",
    )
    assert max(map(len, (who, one))) <= 100
    head, command = one.split(", as in ")
    assert head == "To film one: toylab run NAME --seed N"
    # Of all lines the last; what it tells to type does train a seed that misses.
    films(command, Path("renders/mine.npz"), mine.claims[0], False)
    # The table stands beside the file of the scenario, and so does who types its commands.
    told = [one for one in read(Path("sub/x.md").absolute()).commands if not is_synopsis(one)]
    assert told[:8] == [f"toylab run mine.toml --seed {seed}" for seed in misses[:8]]
    with contextlib.chdir("sub"):
        films(told[7], Path("renders/mine.npz"), mine.claims[0], False)
        (good, *_) = (seed for seed in SEEDS if seed not in misses)
        films(f"toylab run mine.toml --seed {good}", Path("renders/mine.npz"), mine.claims[0], True)
    table = json.loads(Path("x.json").read_text())
    # Each claim that can be was tried on what nobody trained.
    assert any("untrained" in row["controls"] for row in table["claims"])
    assert report.outcomes_of(table)[0].misses == tuple(misses)
    assert table["claims"][0]["called"] == "mine.toml"


def test_two_seeds_give_the_digits_of_the_count(mine: Scenario) -> None:
    printed("check", "sub/mine.toml", "--seeds", "12", "--jobs", "1", "-o", "x.json")
    near = report.outcomes_of(json.loads(Path("x.json").read_text()))[0]
    for seed in near.misses[:3]:
        other = next(one for one in SEEDS if one != seed)
        words = ["train", "sub/mine.toml", "--seeds", f"{seed},{other}", "-o", "t.npz"]
        assert toylab(*words) == (0, "")
        number, _ = reduced(mine.claims[0], Trace.load(Path("t.npz")))
        assert float(number) == near.numbers[SEEDS.index(seed)]
        assert toylab("render", "t.npz", "--seed", str(seed), "-o", "x.png") == (0, "")


def films(command: str, trace: Path, claim: Claim, hits: bool) -> None:
    """Type a command, with a smaller film; its trace is of one seed that does as the claim says, or not."""
    lab, *words = shlex.split(command)
    assert lab == "toylab" and toylab(*words, "--layout", "card") == (0, "")
    assert satisfied(claim, Trace.load(trace)).tolist() == [hits]
    assert Trace.load(trace).seeds.tolist() == [int(words[-1])]


def test_nothing_is_said_of_claims_that_all_seeds_keep(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    said = printed("check", "dirac-r1", "--seeds", "16", "--jobs", "1").splitlines()
    assert len(said) == len(load("dirac-r1").claims)


def test_a_seed_that_goes_to_infinity_is_among_those_that_miss(
    scenario_file: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    step = {"kind": "sgd", "lr": 1e9}
    gone = small_toml(optimizer={"generator": step, "discriminator": step})
    path = scenario_file("gone", gone + CLAIM.format("Below a million", 1e6))
    said = printed("check", str(path), "--seeds", "5,3", "--jobs", "1", "-o", "x.json")
    (row,) = json.loads(Path("x.json").read_text())["claims"]
    assert row["numbers"] == [None, None]
    assert "missed by all seeds\n" in said
    assert said.endswith(f"as in toylab run {shlex.quote(str(path))} --seed 3\n")
