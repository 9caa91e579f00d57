"""Talk: from names of scenarios, or from a lecture, to a deck."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from toylab.base.counted import Counted
from toylab.base.errors import ToylabError, unknown
from toylab.base.settings import NOT_PLAYED
from toylab.cli.live import LabOnSlide, reason_against
from toylab.cli.look import Look
from toylab.cli.rehearsal import found, rehearse, shared_seed
from toylab.film.words import WORDS
from toylab.scenario import catalogue, lecture
from toylab.scenario.lecture import Lecture, Page
from toylab.scenario.scenario import Scenario, as_filed, base_of, differences
from toylab.show.deck import Deck, Slide, stem
from toylab.show.deck_words import DECK_WORDS
from toylab.show.figures import FIGURES, DrawnFigure
from toylab.show.film_slide import Difference, Known, film_slides
from toylab.show.live_link import LiveLink, address_of
from toylab.trace import Trace

Record = Callable[[Scenario, int], Trace]
Ahead = Callable[[Sequence[tuple[Scenario, int]]], None]


@dataclass(frozen=True)
class Livened:
    """What of a talk's slides can be played by who looks on.

    Attributes:
        frames: Whether the live lab stands in films' places, where a program shows pages.
        url: Address of a hosted lab to which slides lead; empty for none.
        tell: Told of a slide that keeps its film, and why.
    """

    frames: bool = False
    url: str = ""
    tell: Callable[[str], None] = lambda words: None


@dataclass(frozen=True)
class Talk:
    """What will be on the slides, checked, before anything is trained.

    Attributes:
        lecture: The slides in order.
        found: What each of its names stands for: a scenario, or a trace that is there already.
        changes: Settings laid over every scenario.
    """

    lecture: Lecture
    found: dict[str, Scenario | Trace]
    changes: tuple[str, ...] = ()


def planned(names: Sequence[str], lecture_name: str | None, changes: Sequence[str] = ()) -> Talk:
    """Find everything that a talk needs.

    Args:
        names: Scenarios or traces, a slide each.
        lecture_name: Or a lecture.
        changes: Settings to lay over the scenarios.

    Raises:
        ToylabError: If neither or both are given, or with what is unknown.
    """
    if bool(names) == bool(lecture_name):
        raise ToylabError(
            "slides takes scenarios or --lecture, one of the two. "
            f"Lectures here: {', '.join(catalogue.names('lecture'))}."
        )
    told = lecture.load(lecture_name) if lecture_name else lecture.of(names)
    figures = [page.figure for page in told.slides if page.figure is not None]
    mistakes = [unknown("figure", name, FIGURES) for name in figures if name not in FIGURES]
    if mistakes:
        raise ToylabError("\n".join(mistakes))
    wanted = dict.fromkeys(name for page in told.slides for name in page.scenarios)
    games = {name: found(name, changes) for name in wanted}
    if not lecture_name:
        told = told.model_copy(
            update={"title": _titles(games, "en"), "title_zh": _titles(games, "zh")}
        )
    return Talk(told, games, tuple(changes))


def _titles(found: Mapping[str, Scenario | Trace], lang: str) -> str:
    titles = (WORDS[lang].of(one.settings, "title") for one in found.values())
    return " · ".join(dict.fromkeys(titles))[:400]


def deck_of(
    talk: Talk,
    look: Look,
    seed: int | None,
    record: Record,
    command: str = "",
    video: bool = False,
    livened: Livened | None = None,
    ahead: Ahead | None = None,
) -> Deck:
    """Train what is not trained yet, film it, and put the slides in order.

    Args:
        talk: From `planned`.
        look: Theme, language and pace of the films.
        seed: Whose training, where the lecture does not say; None for the scenario's own.
        record: Trains a scenario on a seed.
        command: What the user typed.
        video: Whether films are videos.
        livened: What of it is live; nothing if left out.
        ahead: Trains side by side what `record` is asked for later; nothing does if left out.
    """
    look = replace(look, layout="bare")
    lang, taken = look.lang, set[str]()
    pages = [(page, *_played(talk, page, seed)) for page in talk.lecture.slides]
    for _, games, asked, chosen in pages:
        if games:
            rehearse(games, [chosen], lambda own, asked=asked: look.film(own, asked, None))
    if ahead is not None:
        played = [(one, chosen) for _, games, _, chosen in pages for one in games]
        ahead([(one, seed) for one, seed in played if isinstance(one, Scenario)])
    traces: dict[tuple[str, int], Trace] = {}
    slides: list[Slide] = []
    for page, games, asked, chosen in pages:
        notes = page.said("notes", lang)
        title, lesson = page.said("title", lang) or "", page.said("lesson", lang) or ""
        if page.points is not None:
            points = tuple(page.said("points", lang))
            slides.append(Slide(title, lesson, points=points, notes=notes))
        elif page.figure is not None:
            figure = DrawnFigure(stem(page.figure, taken), page.figure, look.theme, lang)
            slides.append(Slide(title, lesson, figure=figure, notes=notes))
        else:
            own = []
            for name, one in zip(page.scenarios, games, strict=True):
                if (name, chosen) not in traces:
                    traces[name, chosen] = one if isinstance(one, Trace) else record(one, chosen)
                own.append(traces[name, chosen])
            film, timing = look.open(own, asked, None)
            told = Known(title=title, lesson=lesson, notes=notes, command=command)
            if page.scenario is not None:
                told = _with_base(told, page.scenario, talk)
            first, *sheets = film_slides(film, timing, look.theme, lang, told, taken)
            if livened is not None:
                first = _made_live(first, games, look, livened, command, taken)
            slides += [first, *sheets]
    said = DECK_WORDS[lang]
    n = sum(slide.film is not None for slide in slides)
    subtitle = talk.lecture.said("subtitle", lang) or said.subtitle.format(n=Counted(n))
    return Deck(
        talk.lecture.said("title", lang),
        subtitle,
        tuple(slides),
        look.theme,
        lang,
        _provenance([*traces.values()], command),
        video,
    )


def _made_live(
    slide: Slide,
    games: Sequence[Scenario | Trace],
    look: Look,
    livened: Livened,
    command: str,
    taken: set[str],
) -> Slide:
    """A slide with what can be played, if its game can; else as it was, and a line says why."""
    game, *others = games
    if others or isinstance(game, Trace):
        why = "a lab plays one scenario" if others else "a trace is no scenario"
    else:
        why = reason_against(game)
    if why:
        livened.tell(f"{slide.title}: its film is shown, without a lab: {why}.")
        return slide
    assert isinstance(game, Scenario)
    said, name = DECK_WORDS[look.lang], stem(f"{game.name}-live", taken)
    alt = said.live_alt.format(title=slide.title, lesson=slide.lesson)
    if livened.frames:
        theme = "dark" if look.theme == "dark" else "light"
        slide = replace(slide, live=LabOnSlide(name, alt, game, look.lang, theme, command))
    if livened.url:
        link = LiveLink(name, address_of(livened.url, game.name), said.open_live)
        slide = replace(slide, link=link)
    return slide


def _played(
    talk: Talk, page: Page, seed: int | None
) -> tuple[list[Scenario | Trace], int | None, int]:
    """The games of a page, the seed that is asked for, and the one that is filmed."""
    games = [talk.found[name] for name in page.scenarios]
    asked = seed if page.seed is None else page.seed
    return games, asked, shared_seed(games, asked) if games else 0


def _with_base(told: Known, name: str, talk: Talk) -> Known:
    """What a scenario changes: of its own file, if the user changed it, or of what that extends."""
    scenario = talk.found[name]
    if isinstance(scenario, Trace):
        return told
    base = as_filed(name) if talk.changes else base_of(name)
    if base is None:
        return told
    return replace(told, base=base.name, changes=changes_of_the_game(scenario, base))


def changes_of_the_game(scenario: Scenario, base: Scenario) -> list[Difference]:
    """In what settings a scenario plays otherwise than its base."""
    found = differences(scenario, base)
    # A kind without options is its bare name: game.update, where one with options is game.update.kind.
    before = {path.removesuffix(".kind"): old for path, old, _ in found if old is not None}
    # How it is filmed and recorded is no difference between games; nor is what another kind lacks. A change
    # on the way that is taken out is.
    return [
        (path, before.get(path.removesuffix(".kind")), new)
        for path, _, new in found
        if path.split(".")[0] not in NOT_PLAYED and (new is not None or path.startswith("changes["))
    ]


def _provenance(traces: Sequence[Trace], command: str) -> dict[str, str]:
    """Where a deck comes from: all of its traces."""
    told = dict(traces[0].provenance) if traces else {}
    told |= {"scenario": ", ".join(dict.fromkeys(trace.name for trace in traces))}
    told |= {"seed": ", ".join(dict.fromkeys(str(s) for trace in traces for s in trace.seeds[:1]))}
    for number, text in enumerate(dict.fromkeys(trace.settings_text for trace in traces), 1):
        told["settings" if number == 1 else f"settings_{number}"] = text
    return {**told, "film_command": command}
