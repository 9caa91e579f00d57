from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from string import Formatter

import numpy as np
import pytest

from toylab import record
from toylab.base.errors import ToylabError
from toylab.claims import cache, counting, report
from toylab.claims.report_words import WORDS
from toylab.claims.verdict import wilson
from toylab.claims.workers import Workers
from toylab.metrics import METRICS
from toylab.metrics.claim import REDUCTIONS, RELATIONS, Claim, reduced
from toylab.scenario.scenario import Scenario, load

Make = Callable[..., Scenario]
CLAIMS = [
    {"text": "always", "metric": "sliced_wasserstein", "relation": ">", "threshold": 0.0},
    {"text": "never", "metric": "sliced_wasserstein", "relation": "<", "threshold": 0.0},
]


def found(scenario: Scenario, folder: Path, n: int = 20, jobs: int = 1) -> list[counting.Outcome]:
    return next(counting.outcomes([scenario], range(1000, 1000 + n), Workers(jobs), folder))


def test_claims_are_counted_and_judged(small: Make, tmp_path: Path) -> None:
    always, never = found(small(claims=CLAIMS), tmp_path)
    assert (always.hits, always.interval, always.verdict) == (20, wilson(20, 20), "holds")
    assert (never.hits, never.verdict) == (0, "fails")
    assert len(always.numbers) == 20


def test_what_was_measured_is_not_trained_again(
    small: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario = small(claims=CLAIMS)
    first = found(scenario, tmp_path)
    monkeypatch.setattr(cache, "record", lambda *_, **__: pytest.fail("trained again"))
    assert found(scenario, tmp_path) == first
    # Words and films do not decide the numbers; settings do.
    assert found(small(claims=CLAIMS, title="Another", film={"layers": []}), tmp_path)
    with pytest.raises(pytest.fail.Exception):
        found(small(claims=CLAIMS, training={"batch": 8}), tmp_path)


def test_a_check_that_was_stopped_goes_on_where_it_stopped(
    small: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    scenario, trained = small(claims=CLAIMS), []
    real = cache.record

    def stop_at_second(*args: object, **kwargs: object) -> object:
        trained.append(args)
        if len(trained) == 2:
            raise KeyboardInterrupt
        return real(*args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(cache, "record", stop_at_second)
    with pytest.raises(KeyboardInterrupt):
        found(scenario, tmp_path)
    assert len(os.listdir(tmp_path)) == 1
    assert len(found(scenario, tmp_path)[0].numbers) == 20
    # Three ensembles of up to eight seeds: one kept, one lost and done again, one done.
    assert len(trained) == 2 + 2


def test_a_damaged_cache_is_made_again(small: Make, tmp_path: Path) -> None:
    scenario = small(claims=CLAIMS)
    first = found(scenario, tmp_path, 8)
    for name in os.listdir(tmp_path):
        (tmp_path / name).write_text("[[1")
    assert found(scenario, tmp_path, 8) == first


def test_the_number_of_workers_changes_nothing(small: Make, tmp_path: Path) -> None:
    scenario = small(claims=CLAIMS)
    assert found(scenario, tmp_path / "a", jobs=1) == found(scenario, tmp_path / "b", jobs=2)


def test_a_claim_against_another_scenario_is_a_difference_seed_by_seed(
    small: Make, scenario_file: Callable[..., Path], tmp_path: Path
) -> None:
    other = scenario_file("other", SMALL_BODY)
    plain = {**CLAIMS[0], "relation": ">="}
    scenario = small(claims=[plain, {**plain, "against": str(other)}], game={"generator_steps": 3})
    own, difference = found(scenario, tmp_path, 9)
    theirs = found(small(claims=[plain]), tmp_path, 9)[0]
    pairs = zip(own.numbers, theirs.numbers, difference.numbers, strict=True)
    for a, b, c in pairs:
        assert a is not None and b is not None and c == pytest.approx(a - b)


SMALL_BODY = """[target]
kind = "ring"
[generator]
hidden = [8]
[discriminator]
hidden = [8]
[training]
steps = 4
batch = 16
[recording]
snapshots = 3
samples = 64
grid = 16
"""


def test_a_cache_that_holds_more_than_is_asked_for_hands_over_what_is_asked_for(
    small: Make, tmp_path: Path
) -> None:
    more = [*CLAIMS, {**CLAIMS[0], "window": [0.0, 1.0]}]
    found(small(claims=more), tmp_path, 8)
    # The first eight seeds have a number more than the others.
    assert [o.hits for o in found(small(claims=CLAIMS), tmp_path, 16)] == [16, 0]


def test_another_file_under_the_same_name_is_trained_anew(small: Make, tmp_path: Path) -> None:
    file = tmp_path / "x.csv"
    counted = []
    for centre in (0, 3):
        np.savetxt(file, np.random.default_rng(0).normal(centre, 0.1, (50, 2)), delimiter=",")
        scenario = small(claims=CLAIMS[:1], target={"kind": "points", "file": str(file)})
        counted.append(found(scenario, tmp_path / "cache", 2)[0].numbers)
    assert counted[0] != counted[1]


def test_files_that_share_a_name_are_counted_apart(tmp_path: Path) -> None:
    scenarios = []
    for folder, steps in (("a", 2), ("b", 4)):
        path = tmp_path / folder / "same.toml"
        path.parent.mkdir()
        claim = (
            '[[claims]]\ntext = "t"\nmetric = "sliced_wasserstein"\nrelation = ">"\nthreshold = 0\n'
        )
        text = f'title = "t"\nlesson = "l"\n{SMALL_BODY}{claim}'
        path.write_text(text.replace("steps = 4", f"steps = {steps}"))
        scenarios.append(load(path))
    both = list(counting.outcomes(scenarios, [0, 1], Workers(1), tmp_path / "cache"))
    alone = [
        next(counting.outcomes([s], [0, 1], Workers(1), tmp_path / "cache")) for s in scenarios
    ]
    assert both == alone and both[0][0].numbers != both[1][0].numbers


def test_a_neighbour_may_be_compared_with_from_anywhere(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    head = 'title = "t"\nlesson = "l"\n'
    claim = '[[claims]]\ntext = "t"\nmetric = "sliced_wasserstein"\nrelation = ">"\nthreshold = 0\n'
    (tmp_path / "base.toml").write_text(head + SMALL_BODY)
    for name in ("base", "base.toml"):
        (tmp_path / "fix.toml").write_text(head + SMALL_BODY + claim + f'against = "{name}"\n')
        monkeypatch.chdir("/")
        (outcome,) = found(load(tmp_path / "fix.toml"), tmp_path / "cache", 2)
        # The same game: no difference in any seed.
        assert outcome.numbers == (0.0, 0.0)


def test_a_comparison_with_what_has_no_such_number_is_refused(small: Make, tmp_path: Path) -> None:
    claim = {**CLAIMS[0], "metric": "modes_covered", "against": "your-logo"}
    with pytest.raises(ToylabError, match="your-logo has no modes_covered"):
        found(small(claims=[claim]), tmp_path)


def test_a_claim_is_asked_of_the_partner_too(tmp_path: Path) -> None:
    cycle, cured = load("dirac-cycle"), load("dirac-r1")
    told = list(
        counting.outcomes([cycle, cured], [0, 1], Workers(1), tmp_path / "cache", partners=True)
    )
    for scenario, partner, outcomes in ((cycle, cured, told[0]), (cured, cycle, told[1])):
        for claim, outcome in zip(scenario.claims, outcomes, strict=True):
            if claim.against:
                assert outcome.partner is None
                continue
            # The partner's own number, in a game without noise the same for every seed.
            number = reduced(claim, record(partner, [0]))[0]
            does = RELATIONS[claim.relation](number, claim.threshold)
            assert outcome.partner == (partner.name, pytest.approx(number), 2 * does)
        # Each by itself may hold for the other, a ceiling for what ends in the middle; not all.
        assert not all(one.partner.hits for one in outcomes if one.partner)
    table = report.as_markdown([one for both in told for one in both], {}).splitlines()
    (row,) = [line for line in table if line.startswith("| dirac-r1 | The players")]
    assert "| 3.1 (in dirac-cycle) |" in row
    without = next(counting.outcomes([cycle], [0, 1], Workers(1), tmp_path / "cache"))
    assert [one.partner for one in without] == [None, None]


def test_a_partner_that_does_as_a_claim_says_is_told(small: Make, tmp_path: Path) -> None:
    (tmp_path / "twin.toml").write_text('title = "t"\nlesson = "l"\n' + SMALL_BODY)
    scenario = small(claims=CLAIMS[:1], partner=str(tmp_path / "twin.toml"))
    (outcome,) = next(
        counting.outcomes([scenario], range(4), Workers(1), tmp_path / "cache", partners=True)
    )
    assert outcome.partner and outcome.partner.hits == 4
    again = report.outcomes_of(json.loads(report.as_json([outcome], {})))
    assert again == [outcome]
    (row,) = [x for x in report.as_markdown(again, {}).splitlines() if x.startswith("| small")]
    assert row.endswith("| twin |")


def test_a_partner_that_is_not_there_is_named(small: Make, tmp_path: Path) -> None:
    scenario = small(claims=CLAIMS, partner="nobody")
    assert found(scenario, tmp_path, 2)
    with pytest.raises(ToylabError, match='small: partner: Scenario "nobody" is unknown'):
        next(counting.outcomes([scenario], [0], Workers(1), tmp_path, partners=True))


def test_one_exact_run_holds_or_fails_whatever_the_number_of_seeds(tmp_path: Path) -> None:
    for outcome in found(load("dirac-cycle"), tmp_path, 2):
        assert outcome.exact and outcome.verdict == "holds"
    turned = load("dirac-cycle", ["training.steps=50"])
    assert {outcome.verdict for outcome in found(turned, tmp_path, 2)} == {"holds", "fails"}


def test_a_table_says_which_seeds_were_counted() -> None:
    told = [
        report.about(seeds)["seeds"] for seeds in ([7], range(3, 9), [3, 5, 100], range(0, 80, 2))
    ]
    assert told[:3] == ["7", "3 to 8", "3, 5, 100"]
    assert told[3].endswith("28, 30 and 24 more")


def test_the_tables_say_the_same_to_readers_and_machines(small: Make, tmp_path: Path) -> None:
    outcomes = found(small(claims=CLAIMS), tmp_path, 8)
    told = json.loads(report.as_json(outcomes, {"torch": "1"}))
    assert [c["hits"] for c in told["claims"]] == [8, 0]
    text = report.as_markdown(outcomes, {"torch": "1"})
    assert "| small | always | 8 of 8 | 0.68 to 1.00 | 0.8 | undecided |" in text
    # 8 of 8 leave room down to .68, 16 of 16 to .806: the first to lie above .8.
    assert "small, \u201calways\u201d: true of 100 % of these seeds" in text
    assert (
        "from 68 % to 100 %, and 80 % lies between; if the share stays, some 16 seeds decide."
        in text
    )


def test_scenarios_without_claims_cannot_be_checked(scenario_file: Callable[..., Path]) -> None:
    with pytest.raises(ToylabError, match="claims nothing"):
        counting.named([str(scenario_file("bare"))])


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_that_is_not_cumulative_looks_at_each_snapshot_alone(
    name: str, small: Make
) -> None:
    scenario = small(
        training={"steps": 40, "batch": 16, "points": 64},
        recording={"snapshots": 21, "samples": 64, "grid": 8},
    )
    windows = [(0.5, 0.7), (0.1, 0.1)]
    few = record(scenario, [0, 1], filmed=(), windows=windows)
    every = record(scenario, [0, 1], filmed=())
    assert few.steps.tolist() == [4, 20, 22, 24, 26, 28, 40]
    kept = np.isin(every.steps, few.steps)
    whole, part = METRICS[name](every)[kept], METRICS[name](few)
    # Cumulative ones are measured on the whole run; if this one could do without, it should say so.
    if not METRICS[name].cumulative:
        assert np.array_equal(whole, part, equal_nan=True)
    for window in windows:
        for reduce in REDUCTIONS:
            claim = Claim("x", name, ">", 0.0, window, reduce)
            if not METRICS[name].cumulative:
                assert np.array_equal(reduced(claim, few), reduced(claim, every), equal_nan=True)


def test_what_was_kept_by_code_that_gave_the_same_numbers_is_still_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kept under the name of the older code; of code that has been changed since, nobody knows."""
    task = cache.Task(load("dirac-cycle").settings, "dirac-cycle", (), (0,))
    told = tmp_path / "same.json"
    monkeypatch.setattr(cache, "SAME_NUMBERS", told)
    told.write_text(json.dumps({"as": "older", "code": "not this one"}), encoding="utf-8")
    own = task.key()
    assert cache.code() == cache.own_code()
    told.write_text(json.dumps({"as": "older", "code": cache.own_code()}), encoding="utf-8")
    kept = task.key()
    monkeypatch.setattr(cache, "own_code", lambda: "older")
    assert kept == task.key() != own


@pytest.mark.parametrize("key", WORDS["en"])
def test_the_table_says_as_much_in_either_language(key: str) -> None:
    def blanks(lang: str) -> set[str]:
        return {name.split(".")[0] for _, name, *_ in Formatter().parse(WORDS[lang][key]) if name}

    assert set(WORDS["zh"]) == set(WORDS["en"])
    assert blanks("zh") == blanks("en")


def test_a_table_in_chinese_has_the_claims_own_sentence(small: Make, tmp_path: Path) -> None:
    claims = [{**CLAIMS[0], "text_zh": "总是"}, CLAIMS[1]]
    text = report.as_markdown(found(small(claims=claims), tmp_path), {}, "zh")
    assert "| small | 总是 | 20 个中 20 个 | 0.84–1.00 | 0.8 | 成立 |" in text
    # Without one it keeps the other's.
    assert "| small | never | [20 个中 0 个](#small) | 0.00–0.16 | 0.8 | 不成立 |" in text
    assert "## 反例" in text and "“never”，全部 20 个种子不满足，这里是头几个：" in text
