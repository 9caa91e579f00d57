"""What `toylab show` says of a scenario, in each language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from toylab.base.settings import OWN_KEYS
from toylab.film.words import WORDS, told_claim
from toylab.metrics.claim import Claim
from toylab.scenario import catalogue, scenario
from toylab.scenario.scenario import Scenario

_WORDS = {
    "en": {
        "source": "Source: {}",
        "partner": "Partner: {}, for which the claims below must not all hold",
        "from_file": "Differs from its file in:",
        "from": "Differs from {} in:",
        "changes": "Changes at step {}:",
        "nothing": "nothing",
        "not_set": "not set",
        "claim": "Claim: {}",
        "less": ", less that of {} on the same seed,",
        "rule": "{reduce} of {metric} over {low}..{high} of training{less} {relation} {threshold:g}, "
        "in {quorum:.0%} of seeds",
        "settings": "Settings:",
    },
    "zh": {
        "source": "出处：{}",
        "partner": "对照：{}；下面的论断在那里不应全部成立",
        "from_file": "与文件不同之处：",
        "from": "与 {} 不同之处：",
        "changes": "第 {} 轮起改变：",
        "nothing": "没有",
        "not_set": "未设",
        "claim": "论断：{}",
        "less": "，减去同一种子下 {} 的，",
        "rule": "{metric} 在训练 {low}..{high} 期间的 {reduce}{less} {relation} {threshold:g}，"
        "{quorum:.0%} 的种子",
        "settings": "设置：",
    },
}


def heading(chosen: Scenario, lang: str) -> str:
    """Title, lesson, source and partner.

    Args:
        chosen: The scenario.
        lang: Key of `WORDS`.
    """
    words, told = _WORDS[lang], chosen.handed_on
    lines = [WORDS[lang].of(told, "title"), f"  {WORDS[lang].of(told, 'lesson')}"]
    lines += [f"  {words[key].format(told[key])}" for key in ("source", "partner") if told.get(key)]
    return "\n".join(lines)


def parts(chosen: Scenario, name: str, changes: Sequence[str], lang: str) -> Iterator[str]:
    """What differs from what, the claims, and the settings; paragraph by paragraph.

    Args:
        chosen: The scenario.
        name: By which it was asked for.
        changes: Settings that were laid over it.
        lang: Key of `WORDS`.
    """
    words = _WORDS[lang]
    for head, base in _bases(name, changes, words):
        yield _differences(head, scenario.differences(chosen, base), words)
    for (_, before), (at, after) in pairwise(chosen.sections):
        differ = scenario.differences(after, before)
        own = [one for one in differ if not one[0].startswith("changes[")]
        yield _differences(words["changes"].format(at), own, words)
    told = chosen.handed_on
    for claim, handed in zip(chosen.claims, told["claims"], strict=True):
        yield _claim(claim, handed["against"], lang)
    settings = {key: value for key, value in told.items() if key not in OWN_KEYS}
    yield f"\n{words['settings']}\n\n{scenario.as_toml(settings).rstrip()}"


def _bases(
    name: str, changes: Sequence[str], words: dict[str, str]
) -> Iterator[tuple[str, Scenario]]:
    """What a scenario may be compared with: its file, if settings are changed; its base."""
    filed = scenario.as_filed(name) if changes else None
    if filed is not None:
        yield words["from_file"], filed
    base = scenario.base_of(name)
    if base is not None:
        links = catalogue.chain(catalogue.find(name))
        yield words["from"].format(links[-2][0].stem), base


def _differences(head: str, found: Sequence[tuple[str, Any, Any]], words: dict[str, str]) -> str:
    def said(value: Any) -> str:
        return words["not_set"] if value is None else str(value)

    lines = [f"  {path}: {said(old)} -> {said(new)}" for path, old, new in found]
    return "\n".join([f"\n{head}", *(lines or [f"  {words['nothing']}"])])


def _claim(claim: Claim, against: str, lang: str) -> str:
    words = _WORDS[lang]
    low, high = (f"{edge:g}" if isinstance(edge, float) else edge for edge in claim.window)
    rule = words["rule"].format(
        reduce=claim.reduce,
        metric=claim.metric,
        low=low,
        high=high,
        less=words["less"].format(against) if against else "",
        relation=claim.relation,
        threshold=claim.threshold,
        quorum=claim.quorum,
    )
    source = f" ({claim.source})" * bool(claim.source)
    said = told_claim(claim, WORDS[lang])
    return f"\n{words['claim'].format(said)}\n  {rule}{source}"
