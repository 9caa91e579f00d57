"""Lecture: which slides stand in a talk, and in which order; a data file beside the scenarios."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Annotated, Any

from annotated_types import Len
from pydantic import ValidationError
from pydantic import model_validator as validator

from toylab.base.errors import ToylabError
from toylab.scenario import catalogue
from toylab.scenario.mistakes import MOST_FOUND, explain, listed
from toylab.scenario.options import Strict, attempt
from toylab.scenario.scenario import tupled
from toylab.trace.bounds import Phrase, SeedNumber

# Each slide is one of these.
KINDS = ("scenario", "compare", "figure", "points")
Paragraph = Annotated[str, Len(1, 2000)]


class _Spoken(Strict):
    def said(self, key: str, lang: str) -> Any:
        """What stands under a key in a language, or in English; None where nothing is said."""
        return getattr(self, f"{key}_{lang}", None) or getattr(self, key)


class Page(_Spoken):
    """One slide: a scenario's film, films side by side, a drawn figure, or a list of points.

    A scenario says its own title and lesson; what stands here stands instead.
    """

    scenario: Phrase | None = None
    compare: Annotated[tuple[Phrase, ...], Len(2, 4)] | None = None
    figure: Phrase | None = None
    points: Annotated[tuple[Phrase, ...], Len(1, 8)] | None = None
    points_zh: Annotated[tuple[Phrase, ...], Len(1, 8)] | None = None
    seed: SeedNumber | None = None
    title: Phrase | None = None
    title_zh: Phrase | None = None
    lesson: Phrase | None = None
    lesson_zh: Phrase | None = None
    # For the speaker, before what the slide says of itself.
    notes: Annotated[tuple[Paragraph, ...], Len(0, 16)] = ()
    notes_zh: Annotated[tuple[Paragraph, ...], Len(0, 16)] = ()

    @validator(mode="after")
    def _is_one_thing(self) -> Page:
        attempt(self._refuse)
        return self

    def _refuse(self) -> None:
        given = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            told = " and ".join(given) or "none of them"
            raise ToylabError(f"a slide is one of {', '.join(KINDS)}; got {told}")
        if given[0] in ("figure", "points"):
            if self.title is None:
                raise ToylabError(f"a slide of {given[0]} needs a title")
            if self.seed is not None:
                raise ToylabError(f"a slide of {given[0]} has no seed")

    @property
    def scenarios(self) -> tuple[str, ...]:
        """Names of what must be trained."""
        return (self.scenario,) if self.scenario is not None else self.compare or ()


class Lecture(_Spoken):
    """A talk: its title, and its slides in order."""

    title: Phrase
    title_zh: Phrase | None = None
    subtitle: Phrase = ""
    subtitle_zh: Phrase | None = None
    slides: Annotated[tuple[Page, ...], Len(1, 100)]


def load(name: str) -> Lecture:
    """Load a lecture by its name or by a path to a TOML file.

    Scenarios that it names may lie beside the file.

    Raises:
        ToylabError: With every mistake of the file, each with its path and what is allowed.
    """
    path = catalogue.find(name, kind="lecture")
    settings = catalogue.parse(path)
    try:
        lecture = Lecture.model_validate(tupled(settings))
    except ValidationError as error:
        raise ToylabError(listed(str(path), _explained(error))) from None
    mistakes, pages = [], []
    for number, page in enumerate(lecture.slides):
        try:
            found = tuple(str(catalogue.find(known, beside=path)) for known in page.scenarios)
        except ToylabError as error:
            mistakes.append(f"slides[{number}]: {error}")
            continue
        placed = {"compare": found} if page.compare else {"scenario": found[0]} if found else {}
        pages.append(page.model_copy(update=placed))
    if mistakes:
        raise ToylabError(listed(str(path), mistakes))
    return lecture.model_copy(update={"slides": tuple(pages)})


def of(names: Sequence[str]) -> Lecture:
    """A lecture without words of its own: a slide a scenario.

    Raises:
        ToylabError: If there are too many, or one is no name.
    """
    try:
        return Lecture(title="-", slides=tuple(Page(scenario=name) for name in names))
    except ValidationError as error:
        raise ToylabError("\n".join(dict.fromkeys(_explained(error)))) from None


def _explained(error: ValidationError) -> Iterator[str]:
    """What is wrong, as far as it is looked at."""
    return (explain(e, _schema()) for e in error.errors(include_url=False)[:MOST_FOUND])


@cache
def _schema() -> dict[str, Any]:
    return Lecture.model_json_schema()
