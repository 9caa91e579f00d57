"""A film as a slide: what it shows, what to watch for, and how often that happens."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from toylab.base.counted import Counted
from toylab.claims.published import Tally, count
from toylab.film.animation import Animation
from toylab.film.differences import setting_name
from toylab.film.panels import read
from toylab.film.words import WORDS, told_claim
from toylab.film.writers import Timing
from toylab.metrics import METRICS
from toylab.metrics.claim import told_claims
from toylab.show.cinema import Film
from toylab.show.deck import Slide, plain, stem
from toylab.show.deck_words import DECK_WORDS, DeckWords
from toylab.show.handout import Handout

# A setting, what it was and what it is.
Difference = tuple[str, Any, Any]
# Changes that a slide's foot has room for; the notes have them all.
MOST_CHANGES = 3


class FilmOnSlide:
    """A film that fills a slide.

    Args:
        name: For its files.
        alt: What it shows.
        film: The film, paced.
        timing: How long its frames stand.
        command: What the user typed.
    """

    def __init__(self, name: str, alt: str, film: Animation, timing: Timing, command: str) -> None:
        self.name, self.alt = name, alt
        self._film, self._timing, self._command = film, timing, command

    def save(self, path: Path) -> None:
        """Write the film; of a still its last frame."""
        # The player opens on its first frame: it is there to be played.
        frame = {".png": len(self._film) - 1, ".html": 0}.get(path.suffix)
        self._film.save(path, timing=self._timing, command=self._command, frame=frame)

    def frames(self, folder: Path, most: int) -> tuple[int, float]:
        """Write at most so many numbered frames; return their number and how many a second."""
        before, seconds = self._film.frames, self._timing.frame * len(self._film) / 100
        try:
            if len(before) > most:
                self._film.pace(most)
            n = len(self._film)
            self._film.save(f"{folder}/", timing=self._timing, command=self._command)
        finally:
            self._film.frames = before
        return n, float(f"{n / seconds:.3g}")


@dataclass(frozen=True)
class Known:
    """What is known of a film besides its traces.

    Attributes:
        base: Name of the scenario that it changes; empty if there is none.
        changes: In what it differs from that.
        title: Instead of its own.
        lesson: Instead of its own.
        notes: Before its own.
        command: What the user typed.
    """

    base: str = ""
    changes: Sequence[Difference] = ()
    title: str = ""
    lesson: str = ""
    notes: Sequence[str] = ()
    command: str = ""


def film_slides(
    film: Animation, timing: Timing, theme: str, lang: str, told: Known, taken: set[str]
) -> list[Slide]:
    """The slide of a film, and of a single film also its sheet for the handout.

    Args:
        film: Paced; without title and lesson of its own, since the slide says them.
        timing: How long its frames stand.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        told: What the film does not know.
        taken: Names of pictures in the deck so far.
    """
    said = DECK_WORDS[lang]
    title = plain(told.title or film.title)
    lesson = plain(told.lesson or film.lesson)
    notes = [*told.notes, lesson]
    end = ""
    moments = [
        said.moment.format(time=_clock(timing, len(film), k), step=step, what=words)
        for k, step, words in _moments(film)
    ]
    if isinstance(film, Film):
        courses = _courses(film, lang)
        notes += [said.watch, *moments, *(said.course.format(**course) for course in courses)]
        end = ", ".join(f"{course['name']} {course['last']}" for course in courses)
    elif moments:
        notes += [said.watch, *moments]
    alt = said.film_alt.format(title=title, lesson=lesson, end=end) if end else f"{title}. {lesson}"
    notes += _about(film, said, lang)
    notes.append(differs(said, told.base, told.changes, len(told.changes)))
    footer = differs(said, told.base, told.changes)
    name = stem("-".join(trace.name for trace in film.traces), taken)
    shown = FilmOnSlide(name, plain(alt), film, timing, told.command)
    slides = [Slide(title, lesson, film=shown, footer=footer, notes=tuple(notes))]
    if isinstance(film, Film):
        sheet = Handout(
            stem(f"{name}-sheet", taken), said.sheet_alt.format(title=title), film, theme, lang
        )
        heading = said.handout.format(title=title)
        slides.append(Slide(heading, lesson, figure=sheet, footer=footer, handout=True))
    return slides


def _about(film: Animation, said: DeckWords, lang: str) -> list[str]:
    """Claims with their counts, sources, and how each trace was made."""
    found = []
    for trace in film.traces:
        claims = told_claims(trace)
        if claims:
            found.append(said.claims + (f" ({trace.name})" if len(film.traces) > 1 else ""))
        for claim in claims:
            words = told_claim(claim, WORDS[lang]).rstrip(".。")
            # No command is named: a trace's name may be that of a file of one's own, and its settings
            # may have been changed.
            found.append(fared(words, count(trace.settings, claim), "", said))
    traces = film.traces
    sources = dict.fromkeys(str(t.settings["source"]) for t in traces if t.settings.get("source"))
    found += [sourced(source, said) for source in sources]
    seed = film.provenance().get("seed", "")
    found.append(said.made.format(seed=seed, steps=Counted(film.longest.steps[-1])))
    return found


def fared(words: str, counted: Tally | None, name: str, said: DeckWords) -> str:
    """A claim in words, with how it fared; without a count, the command that makes one, if one does.

    Args:
        words: The claim, without its full stop.
        counted: On how many seeds it was true, if that was counted.
        name: Of the scenario, where `toylab check NAME` counts just these settings; else empty.
        said: What is said in this language.
    """
    if counted is None:
        told = said.countable if name else said.uncounted
        return told.format(claim=words, name=name)
    low, high = (f"{100 * end:.0f}" for end in counted.interval)
    template = said.exact if counted.exact else said.counted
    return template.format(
        claim=words,
        hits=counted.hits,
        n=Counted(counted.n),
        low=low,
        high=high,
        quorum=f"{100 * counted.quorum:.0f}",
        verdict=getattr(said, counted.verdict),
    )


def sourced(source: str, said: DeckWords) -> str:
    """Whose an experiment is, in this language: papers keep their names."""
    for words, own in said.own_sources:
        source = re.sub(rf"(?<!\w){re.escape(words)}(?!\w)", own, source)
    return said.source.format(source=source)


def differs(
    said: DeckWords, base: str, changes: Sequence[Difference], most: int = MOST_CHANGES
) -> str:
    """In what a scenario differs from its base; empty if in nothing.

    Args:
        said: What is said in this language.
        base: Name of the base.
        changes: Settings with what they were and what they are.
        most: Settings that are told; of the others only how many there are.
    """
    if not changes:
        return ""
    told = _changes(said, changes)
    shown = told[:most]
    if len(told) > len(shown):
        shown.append(said.more.format(n=len(told) - len(shown)))
    return said.differs.format(base=base, what=said.between.join(shown))


# A setting of a change on the way: which change, and the setting.
_ON_THE_WAY = re.compile(r"changes\[(\d+)\]\.(.+)")


def _changes(said: DeckWords, changes: Sequence[Difference]) -> list[str]:
    """Differences in words: first what changes on the way, change by change; then setting by setting."""
    told: list[str] = []
    later: dict[int, list[Difference]] = {}
    for path, old, new in changes:
        if found := _ON_THE_WAY.fullmatch(path):
            later.setdefault(int(found[1]), []).append((found[2], old, new))
        else:
            told.append(_change(said, (path, old, new)))
    return [_later(said, number, later[number]) for number in sorted(later)] + told


def _later(said: DeckWords, number: int, found: Sequence[Difference]) -> str:
    """What is changed on the way: by a change of one of the two alone, or by one that both have."""
    at = {path: (old, new) for path, old, new in found if path == "at"}
    others = [one for one in found if one[0] != "at"]
    before, step = at.get("at", (0, 0))
    if step is None:
        return said.without.format(step=before)
    if before is None:
        what = [f"{setting_name(p, said.code)} {_value(said, new)}" for p, _, new in others]
        return said.from_step.format(step=step, what=said.comma.join(what))
    what = [said.moved.format(old=old, new=new) for old, new in at.values()]
    for path, *values in others:
        old, new = (_value(said, value) for value in values)
        what.append(f"{setting_name(path, said.code)} {old} → {new}")
    return said.nth_change.format(n=number + 1, what=said.comma.join(what))


def _change(said: DeckWords, change: Difference) -> str:
    path, *values = change
    old, new = (_value(said, value) for value in values)
    return said.change.format(path=path.removesuffix(".kind"), old=old, new=new)


def _value(said: DeckWords, value: Any) -> str:
    """A setting as people write it: "packing (size 2)", "64, 64"."""
    if value is None or value == []:
        return said.unset if value is None else said.none
    if isinstance(value, list):
        return ", ".join(_value(said, one) for one in value)
    if not isinstance(value, dict):
        return str(value)
    options = ", ".join(f"{key} {_value(said, value[key])}" for key in value if key != "kind")
    kind = str(value.get("kind", ""))
    return f"{kind} ({options})" if kind and options else kind or options


def _moments(film: Animation) -> list[tuple[int, int, str]]:
    """Frame, step and words of each chapter, in order of time."""
    shown = np.asarray(film.frames)
    found = []
    for chapter in film.chapters:
        k = min(int(np.searchsorted(shown, chapter.frame)), len(shown) - 1)
        # A change's own step may lie between two snapshots.
        step = chapter.step or int(film.longest.steps[chapter.frame])
        found.append((k, step, chapter.what or chapter.words))
    return found


def _clock(timing: Timing, n: int, frame: int) -> str:
    """When a frame is first seen: minutes and seconds from the start."""
    seconds = sum(timing.durations(n)[:frame]) // 100
    return f"{seconds // 60}:{seconds % 60:02d}"


def _courses(film: Film, lang: str) -> list[dict[str, str]]:
    """Of each curve on show: its name, its first and its last value."""
    row = film.trace.row(film.seed)
    found = []
    for name in film.curves:
        metric = METRICS[name]
        curve = metric(film.trace)[:, row]
        found.append(
            {
                "name": WORDS[lang].label(metric),
                "first": read(metric, float(curve[0])),
                "last": read(metric, float(curve[-1])),
            }
        )
    return found
