"""The gallery as cards: a film that plays while it is seen, what was counted, and what to do with it."""

from __future__ import annotations

import html
import posixpath
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from docs.make.gallery import CHAPTERS, DIAGRAMS, SAID, families, films, headline
from docs.make.site.labs import FILES
from docs.make.site.sources import Links, Page
from docs.make.site.words import SITE
from docs.make.writing import claims
from toylab.claims.published import Tally, count
from toylab.claims.report import outcomes_of
from toylab.cli.talk import changes_of_the_game
from toylab.film.words import WORDS, told_claim
from toylab.metrics.controls import PERFECT
from toylab.scenario import catalogue
from toylab.scenario.scenario import Scenario, base_of, load
from toylab.show.deck_words import DECK_WORDS
from toylab.show.film_slide import differs, sourced
from toylab.show.lab.lab_words import LAB_WORDS


def page(here: Page, played: frozenset[str], links: Links) -> str:
    """The gallery's page, Markdown with cards as HTML.

    Args:
        here: Where it lies.
        played: Scenarios that the lab plays.
        links: For what the gallery's words link to; the cards lead to the site as they are.
    """
    said, shows = SAID[here.lang], kinds()
    # All words of all scenarios are here: search tells it after pages that explain.
    head = ["---", "hide: [navigation]", "search:", "  boost: 0.05", "---", ""]
    lines = [*head, f"# {said['title']}", ""]
    lines += [said["intro"], "", headline(here.lang), "", *_filters(here, shows)]
    for chapter in CHAPTERS:
        words = WORDS[here.lang]
        lesson = links.rewritten(words.of(chapter, "lesson"), here)
        lines += [f"## {words.of(chapter, 'title')}", "", lesson, ""]
        lines.append('<div class="cards">')
        for name in (name for family in families(chapter) for name in family):
            lines += _card(name, here, shows[name], name in played, links)
        lines += ["</div>", ""]
    for key, file in DIAGRAMS.items():
        title = said[f"{key}_title"]
        told = links.rewritten(f"{said[key]}\n\n![{title}]({file})", here)
        lines += [f"## {title}", "", told, ""]
    return "\n".join(lines)


def kinds() -> dict[str, str]:
    """Of each scenario whether it shows a success, a failure, or what only players tell.

    A perfect sampler has what a success claims of points, and not what a failure does.
    """
    told: dict[str, set[bool]] = {name: set() for name in catalogue.names()}
    for outcome in outcomes_of(claims()):
        if PERFECT in outcome.controls and outcome.called in told:
            told[outcome.called].add(outcome.controls[PERFECT].satisfied)
    return {
        name: "theory" if not found else "fails" if False in found else "mends"
        for name, found in told.items()
    }


def tricks(scenario: Scenario) -> list[str]:
    """What a game has beyond two players in turns: penalties, updates, options of its networks."""
    settings = scenario.settings
    found = [one if isinstance(one, str) else one["kind"] for one in settings["game"]["penalties"]]
    update = settings["game"]["update"]
    # Written as a name where it has no settings of its own.
    update = update if isinstance(update, str) else update["kind"]
    found += [] if update == "alternating" else [update]
    for player in ("generator", "discriminator"):
        found += [
            option
            for option in ("batch_norm", "dropout", "spectral_norm", "minibatch")
            if settings[player].get(option)
        ]
    return list(dict.fromkeys(found))


def _filters(here: Page, shows: dict[str, str]) -> Iterator[str]:
    own, scenarios = SITE[here.lang], [load(name) for name in shows]
    choices = {
        "shows": {kind: own["kinds"][kind] for kind in ("fails", "mends", "theory")},
        "objective": _counted((s.settings["game"]["objective"] for s in scenarios), here.lang),
        "trick": _counted((trick for s in scenarios for trick in tricks(s)), here.lang),
    }
    yield '<div class="filters" hidden>'
    for name, options in choices.items():
        listed = "".join(
            f'<option value="{key}">{html.escape(told)}</option>' for key, told in options.items()
        )
        yield (
            f'<label>{own["filters"][name]} <select name="{name}">'
            f'<option value="">{own["all"]}</option>{listed}</select></label>'
        )
    yield f"<span>{own['shown'].format(n='<output></output>')}</span></div>"
    yield ""


def _counted(found: Iterator[str], lang: str) -> dict[str, str]:
    """What names are called, with how often they occur, most first."""
    return {name: f"{_called(name, lang)} ({n})" for name, n in Counter(found).most_common()}


def _called(name: str, lang: str) -> str:
    """What the lab calls an objective or a trick; what it does not play keeps its name."""
    words = LAB_WORDS[lang]
    knobs = [told for key, told in words.items() if key.startswith(f"knob.{name}.")]
    own = SITE[lang]["tricks"].get(name, name.replace("_", " "))
    told = words.get(f"value.{name}") or next(iter(knobs), own)
    # Of a knob's words what is turned, not its number.
    return re.split("[:：]", told)[0]


def _card(name: str, here: Page, shows: str, played: bool, links: Links) -> Iterator[str]:
    scenario, said, own = load(name), SAID[here.lang], SITE[here.lang]
    deck = replace(DECK_WORDS[here.lang], counted=said["counted"], exact=said["exact"])
    title, lesson = (
        html.escape(WORDS[here.lang].of(scenario.settings, key)) for key in ("title", "lesson")
    )
    film = films(name)[-1 if here.lang == "zh" else 0]
    video = links.to(film.as_posix(), here)
    game = scenario.settings["game"]
    yield (
        f'<article class="card" id="{name}" data-shows="{shows}" data-objective="{game["objective"]}" '
        f'data-trick="{" ".join(tricks(scenario))}">'
    )
    yield (
        f'<video class="film" src="{video}" aria-label="{title}" '
        'muted loop playsinline controls preload="none"></video>'
    )
    yield f"<h3>{title}</h3><p>{lesson}</p><ul>"
    for claim in scenario.claims:
        told = html.escape(told_claim(claim, WORDS[here.lang]).rstrip(".。"))
        counted = count(scenario.settings, claim)
        fared = _fared(counted, here.lang)
        missed = _counterexample(counted, name, here.lang)
        yield f"<li>{own['claim'].format(told=told, fared=fared)}{missed}</li>"
    yield "</ul>"
    base = base_of(name)
    if base is not None:
        told = differs(deck, base.name, changes_of_the_game(scenario, base))
        yield f"<p><small>{html.escape(told)}</small></p>"
    yield f"<p><small>{html.escape(sourced(scenario.source or '', deck))}</small></p>"
    acts = []
    if played:
        lab = posixpath.relpath(FILES[here.lang], posixpath.dirname(here.url) or ".")
        acts.append(f'<a href="{lab}#scenario={name}">{own["open"]}</a>')
    file = links.to(f"../scenarios/{name}.toml", here)
    acts.append(f'<a href="{file}" download>{own["file"]}</a>')
    acts.append(f"<code>{said['command'].format(name=name)}</code>")
    more = " --lang zh" if here.lang == "zh" else ""
    acts.append(f"<span>{own['slide']} <code>toylab slides {name}{more} -o talk.pptx</code></span>")
    yield f'<div class="acts">{"".join(acts)}</div></article>'


def _fared(counted: Tally | None, lang: str) -> str:
    own = SITE[lang]
    if counted is None:
        return own["uncounted"]
    if counted.exact:
        told = own["exact"]
    else:
        told = own["of"].format(hits=counted.hits, n=counted.n)
    verdict = f'<b class="{counted.verdict}">{own["verdicts"][counted.verdict]}</b>'
    return own["fared"].format(verdict=verdict, told=told)


def _counterexample(counted: Tally | None, name: str, lang: str) -> str:
    """The command that films a seed in which a claim does not hold."""
    if counted is None or counted.exact or not counted.misses:
        return ""
    command = SAID[lang]["command"].format(name=name)
    return SITE[lang]["misses"].format(command=f"{command} --seed {counted.misses[0]}")
