"""How somebody wants a film to look, and the film that comes of it."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from toylab.base.errors import ToylabError
from toylab.film.animation import Animation, check_look
from toylab.film.fonts import check_glyphs, families
from toylab.film.pace import wanted
from toylab.film.script import check_names
from toylab.film.style import THEMES, styled
from toylab.film.words import WORDS
from toylab.film.writers import Timing
from toylab.show.cinema import Compare, Film, Seeds
from toylab.trace import Trace


@dataclass(frozen=True)
class Look:
    """What may be asked of any film.

    Attributes:
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        layers: Names with commas between, bottom first; None for the scenario's own.
        style: A matplotlib style file laid over the theme.
        fps: Frames a second, if fewer than were recorded; None for the scenario's own.
        seconds: How long the film moves; None for the scenario's own.
        svg_text: Whether an .svg holds its words as text.
    """

    theme: str = "light"
    lang: str = "en"
    layout: str = "slide"
    layers: str | None = None
    style: Path | None = None
    fps: float | None = None
    seconds: float | None = None
    svg_text: bool = False

    def checked(self, warn: Callable[[str], None], outputs: Sequence[object] = ()) -> Look:
        """Check all of it before anything is trained.

        Args:
            warn: Told if no font has the language's characters; the film is then in English.
            outputs: What is written.

        Raises:
            ToylabError: If a name or the style file is no good.
        """
        check_look(self.theme, self.lang, self.layout)
        if self.svg_text and not any(str(output).lower().endswith(".svg") for output in outputs):
            raise ToylabError("--svg-text is for .svg, and -o names none.")
        for option, given in (("--fps", self.fps), ("--seconds", self.seconds)):
            if given is not None and not math.isfinite(given):
                raise ToylabError(f"{option} is a number, got {given}.")
        check_names(self.named or (), ())
        styled(THEMES[self.theme], self.style)
        try:
            check_glyphs(WORDS[self.lang].all, families(self.lang))
        except ToylabError as error:
            warn(f"{error}\n  Filming in English.")
            return replace(self, lang="en")
        return self

    @property
    def named(self) -> list[str] | None:
        """The layers one by one."""
        if self.layers is None:
            return None
        return [name.strip() for name in self.layers.split(",") if name.strip()]

    def film(
        self, traces: Sequence[Trace], seed: int | None, seeds: Sequence[int] | None
    ) -> Animation:
        """Make the film of one seed, of some seeds, or of several traces side by side.

        Args:
            traces: One, or several for side by side.
            seed: Whose film; the scenario's own, or the first filmed one, if none is given.
            seeds: For a grid of seeds of one trace.
        """
        look = (self.theme, self.lang, self.layout, self.named, self.style)
        if len(traces) > 1:
            return Compare(traces, seed, *look)
        if seeds is not None:
            return Seeds(traces[0], seeds, *look)
        return Film(traces[0], seed, *look)

    def open(
        self, traces: Sequence[Trace], seed: int | None, seeds: Sequence[int] | None
    ) -> tuple[Animation, Timing]:
        """Make a film at its pace, and tell how long its frames stand; arguments as `film` takes them."""
        return self.paced(self.film(traces, seed, seeds))

    def paced(self, film: Animation) -> tuple[Animation, Timing]:
        """Set a film's pace, and tell how long its frames stand."""
        moving = self.seconds or film.seconds
        film.pace(wanted(self.fps or film.fps, moving, len(film)))
        return film, Timing.moving(moving, len(film))
