"""The cinema: films as people ask for them, with pictures and a page."""

from __future__ import annotations

import base64
import html
import json
from collections.abc import Sequence
from pathlib import Path

from toylab.film.animation import Animation
from toylab.film.script import of_seed
from toylab.film.side_by_side import of_seeds, side_by_side
from toylab.film.writers import Timing
from toylab.show.page import page_of
from toylab.trace import Trace


class Projection(Animation):
    """A film that can be a page."""

    def page(self, timing: Timing, told: str = "{}", frame: int = 0) -> str:
        """The film as one HTML page that needs nothing else."""
        with self.settled():
            return page_of(self, timing, told, frame)

    def _repr_html_(self) -> str:
        """The page in a frame, for notebooks; nothing in it can reach the notebook's own page.

        Behind it the still, for who shows no frames: a notebook as Markdown, or one that nobody trusts.
        """
        told = json.dumps(self.provenance(), sort_keys=True)
        page = html.escape(self.page(Timing.moving(self.seconds, len(self)), told), quote=True)
        # In Markdown a blank line ends HTML, and what follows would be read as words.
        page = page.replace("\n", "&#10;")
        still, paper = base64.b64encode(self._repr_png_()).decode(), self.theme.paper
        over = "position:absolute;inset:0;width:100%;height:100%;border:0;background:"
        return (
            '<div style="position:relative;aspect-ratio:16/10.5">'
            f'<img alt="{html.escape(self.title)}" style="width:100%" src="data:image/png;base64,{still}">'
            f'<iframe title="toylab" sandbox="allow-scripts" allow="fullscreen" style="{over}{paper}" '
            f'srcdoc="{page}"></iframe></div>'
        )


class Film(Projection):
    """The film of one seed of a trace, with its curves.

    Args:
        trace: What was measured.
        seed: Which seed; if none is given, the scenario's `film.seed` or else the first filmed one.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        layers: Names of layers, bottom first; the scenario's if none are given.
        style: A matplotlib style file laid over the theme.

    Raises:
        ToylabError: If the seed was not filmed, or a theme, layer, curve, layout or language is
            unknown, or no font has the characters.
    """

    def __init__(
        self,
        trace: Trace,
        seed: int | None = None,
        theme: str = "light",
        lang: str = "en",
        layout: str = "slide",
        layers: Sequence[str] | None = None,
        style: str | Path | None = None,
    ) -> None:
        script = of_seed(trace, seed, layers)
        self.trace, self.seed = trace, script.cells[0].seed
        super().__init__(script, theme, lang, layout, style)


class Compare(Projection):
    """Two to four traces side by side; their titles say only in what their settings differ.

    Args:
        traces: What was measured, with one square of data units.
        seed: Whose films; those that the scenarios ask for, or the first filmed ones, if none is given.
        theme: As of a `Film`, and so are the others.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        layers: Names of layers, bottom first; those of the first trace if none are given.
        style: A matplotlib style file laid over the theme.

    Raises:
        ToylabError: If there are too few or too many, their squares differ, none of their seeds was
            filmed, or a theme, layer, layout or language is unknown.
    """

    def __init__(
        self,
        traces: Sequence[Trace],
        seed: int | None = None,
        theme: str = "light",
        lang: str = "en",
        layout: str = "slide",
        layers: Sequence[str] | None = None,
        style: str | Path | None = None,
    ) -> None:
        super().__init__(side_by_side(traces, seed, layers), theme, lang, layout, style)


class Seeds(Projection):
    """Up to nine seeds of one trace, and how many of them do as its first claim says.

    Args:
        trace: What was measured.
        seeds: Which seeds; the first nine that were filmed if none are given.
        theme: As of a `Film`, and so are the others.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        layers: Names of layers, bottom first; the scenario's if none are given.
        style: A matplotlib style file laid over the theme.

    Raises:
        ToylabError: If a seed was not filmed, there are too many, or a theme, layer, layout or language
            is unknown.
    """

    def __init__(
        self,
        trace: Trace,
        seeds: Sequence[int] | None = None,
        theme: str = "light",
        lang: str = "en",
        layout: str = "slide",
        layers: Sequence[str] | None = None,
        style: str | Path | None = None,
    ) -> None:
        super().__init__(of_seeds(trace, seeds, layers), theme, lang, layout, style)
