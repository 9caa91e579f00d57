"""Animation: a script on a board, frame by frame, and its files.

What stands still is drawn once. A frame puts that back and draws what moves over it (blitting); vector
output and tests draw the whole figure anew, and both give the same pixels.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from toylab.base.errors import ToylabError, unknown
from toylab.film.board import Board
from toylab.film.chapters import Chapter, changes_of, chapters_of
from toylab.film.contact import contact_sheet
from toylab.film.fonts import check_glyphs, families
from toylab.film.key import draw_bar, draw_key
from toylab.film.layers import Bar
from toylab.film.layers.surface import surface_limit
from toylab.film.layout import FOOT, LAYOUTS, LESSON_LINE, Box
from toylab.film.pace import paced
from toylab.film.panels import Panel, PanelPlan
from toylab.film.plates import Plates, newest
from toylab.film.script import Cell, Script
from toylab.film.stage import Stage
from toylab.film.style import DPI, LABEL, PANEL, THEMES, settled, styled
from toylab.film.text import fitted, wrapped
from toylab.film.words import WORDS, Words
from toylab.film.writers import Pixels, Timing, svg_words, write
from toylab.film.writers.writer import key_frames
from toylab.trace import Trace

# What a film needs otherwise than matplotlib comes, or than one version of it did.
FILMED: dict[str, Any] = {"path.simplify": False, "text.hinting": "force_autohint"}
# A chapter's words stand for this share of the film, or until the next.
_STAY = 0.14
# Units. On a smaller stage arrows hide the points that they start from.
_LEAST_WITH_ARROWS = 300
# Units. On a smaller stage there is no room for the words of a chapter.
_LEAST_WITH_WORDS = 200
# Units: for a check-mark at the end of the words above a stage.
_MARK = 26


def check_look(theme: str = "light", lang: str = "en", layout: str = "slide") -> None:
    """Check the names of a theme, a language and a layout.

    Args:
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.

    Raises:
        ToylabError: With every name that is unknown.
    """
    asked = (("theme", theme, THEMES), ("language", lang, WORDS), ("layout", layout, LAYOUTS))
    mistakes = [unknown(what, name, table) for what, name, table in asked if name not in table]
    if mistakes:
        raise ToylabError("\n".join(mistakes))


class Animation:
    """A film: the stages of a script, a header and a clock, and what stands beside them.

    Args:
        script: What it shows.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        style: A matplotlib style file laid over the theme.

    Raises:
        ToylabError: If a layer cannot be drawn, no font has the characters, or a name is unknown.
    """

    def __init__(
        self, script: Script, theme: str, lang: str, layout: str, style: str | Path | None
    ) -> None:
        check_look(theme, lang, layout)
        self.script, self.layout, self.words = script, LAYOUTS[layout], WORDS[lang]
        self.traces = [cell.trace for cell in script.cells]
        #: Its snapshots are the film's clock; the first, if several are as long.
        self.longest = max(self.traces, key=lambda trace: int(trace.steps[-1]))
        steps = self.longest.steps
        #: Of each stage, the snapshot that is nearest to each of the clock's.
        self.nearest = [abs(trace.steps[:, None] - steps).argmin(axis=0) for trace in self.traces]
        #: Whether one stage has the film for itself.
        self.alone = script.panels is not None
        self.theme_name = theme
        self.theme, fonts = styled(THEMES[theme], style)
        self.fonts = [*fonts, *families(lang)]
        self._settled = False
        #: Which snapshot each frame shows; `pace` may choose fewer.
        self.frames: list[int] = list(range(len(steps)))
        with self.settled():
            self._board = Board(self.layout, self.theme, self.fonts)
            self._figure, self._canvas = self._board.figure, self._board.canvas
            self._still: Pixels | None = None
            self._moving = self._build()

    # --- what it says ---

    @cached_property
    def chapters(self) -> list[Chapter]:
        """What happens when, by snapshot of the clock.

        Of stages side by side only what somebody changes: what happens on one of them is no story of those
        beside it.
        """
        return self.told_chapters(self.words)

    def told_chapters(self, words: Words) -> list[Chapter]:
        """The chapters in a language."""
        first = self.script.cells[0]
        if self.alone:
            return chapters_of(first.trace, first.seed, words)
        found = [chapter for trace in self.traces for chapter in self.turns_of(trace, words)]
        return sorted(dict.fromkeys(found), key=lambda chapter: chapter.frame)

    def turns_of(self, trace: Trace, words: Words) -> list[Chapter]:
        """What somebody changes in a trace, by snapshot of the clock."""
        steps = self.longest.steps
        return [
            replace(one, frame=min(int(np.searchsorted(steps, one.step)), len(steps) - 1))
            for one in changes_of(trace, words)
        ]

    def begins(self, cell: Cell) -> int:
        """The snapshot of the clock from which on a stage is shown."""
        return int(np.searchsorted(self.longest.steps, cell.begins))

    @property
    def seconds(self) -> float:
        """How long the film moves unless somebody says otherwise."""
        return float(self.traces[0].settings["film"].get("seconds", 6.0))

    @property
    def fps(self) -> float | None:
        """Frames a second unless somebody says otherwise; None for one a snapshot."""
        return self.traces[0].settings["film"].get("fps")

    @property
    def title(self) -> str:
        """In the film's language."""
        return self.script.title[self.words.code]

    @property
    def lesson(self) -> str:
        """In the film's language."""
        return self.script.lesson[self.words.code]

    @property
    def plans(self) -> Sequence[PanelPlan]:
        """The panels that there is room for."""
        return (self.script.panels or ())[: self.layout.most_panels]

    @property
    def curves(self) -> list[str]:
        """Names of the metrics on show, from the top."""
        return [name for plan in self.plans for name in plan.metrics]

    @cached_property
    def limits(self) -> dict[str, float]:
        """One limit of colour for all surfaces side by side, if their colours can mean the same.

        A critic's value is no probability. Of all stages, even where the film has no surface: a page
        offers one.
        """
        outputs = {trace.provenance.get("output") for trace in self.traces}
        if self.alone or len(outputs) > 1:
            return {}
        return {"surface": max(surface_limit(cell.trace, cell.seed) for cell in self.script.cells)}

    def provenance(self) -> dict[str, str]:
        """Where the film comes from, stage by stage."""
        first, *others = self.traces
        told = {
            **first.provenance,
            "settings": first.settings_text,
            "matplotlib": matplotlib.__version__,
            "seed": ", ".join(dict.fromkeys(str(cell.seed) for cell in self.script.cells)),
        }
        for number, trace in enumerate(others, 2):
            if trace is not first:
                told[f"settings_{number}"] = trace.settings_text
        return told

    def page(self, timing: Timing, told: str = "{}", frame: int = 0) -> str:
        """The film as one HTML page that needs nothing else; who knows of pages makes it.

        Args:
            timing: How long frames stand.
            told: Provenance, JSON.
            frame: On which it opens.
        """
        raise NotImplementedError

    def _repr_png_(self) -> bytes:
        """The last frame, for a notebook on paper."""
        frame, file = Image.fromarray(self.draw(len(self) - 1)[..., :3]), io.BytesIO()
        # By a palette it is a third of the size, and a notebook keeps each film's.
        frame.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        return file.getvalue()

    def pace(self, n: int) -> None:
        """Show at most n frames, chosen so that equal movement passes between them."""
        keep = [chapter.frame for chapter in self.chapters]
        keep += [self.begins(cell) for cell in self.script.cells if cell.begins]
        seed = self.script.cells[0].seed if self.alone else int(self.longest.seeds[0])
        self.frames = paced(self.longest, seed, n, keep)

    @property
    def key_frames(self) -> list[int]:
        """Frames that tell the film on paper, those among them in which somebody changes something."""
        turns = [chapter.frame for chapter in self.chapters if chapter.what]
        return key_frames(len(self), np.searchsorted(self.frames, turns).tolist())

    # --- frames ---

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.frames)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Each frame as other programs want it, RGB, uint8, [height, width, 3]."""
        return (self.draw(k)[..., :3] for k in range(len(self)))

    def draw(self, frame: int, into: Pixels | None = None) -> Pixels:
        """Draw one frame over the still background, opaque RGBA, uint8, [height, width, 4].

        Args:
            frame: Which.
            into: An array to draw into; a new one is made if none is given.
        """
        with self.settled():
            canvas = self._canvas
            if self._still is None:
                for artist in self._moving:
                    artist.set_animated(True)
                canvas.draw()
                self._still = np.array(canvas.buffer_rgba())
            frame_now = np.asarray(canvas.buffer_rgba())
            # A copy; matplotlib's own way back to what stands still takes four times as long.
            frame_now[:] = self._still
            self._show(self.frames[frame])
            renderer = canvas.get_renderer()
            for artist in self._moving:
                artist.draw(renderer)
            if into is None:
                return frame_now.copy()
            into[:] = frame_now
            return into

    def redraw(self, frame: int) -> Pixels:
        """Draw one frame with nothing kept from another: slow, and the oracle of `draw`."""
        with self.settled():
            self.figure(frame)
            self._canvas.draw()
            return np.array(self._canvas.buffer_rgba())

    def figure(self, frame: int | None) -> Figure:
        """The figure of one frame with nothing left out, or of a contact sheet of key frames."""
        if frame is None:
            return contact_sheet(self, self.theme)
        for artist in self._moving:
            artist.set_animated(False)
        self._still = None
        self._show(self.frames[frame])
        return self._figure

    def save(
        self,
        *paths: str | Path,
        timing: Timing | None = None,
        command: str = "",
        frame: int | None = None,
        watch: Callable[[Sequence[int]], Iterable[int]] = lambda numbers: numbers,
        svg_text: bool = False,
    ) -> None:
        """Write the film; each path's ending picks the writer.

        Args:
            paths: Files to write; a name that ends with "/" is a folder of numbered frames.
            timing: How long frames stand.
            command: What the user typed, for the file's provenance.
            frame: The one frame of a still; a contact sheet if none is given.
            watch: Passes frame numbers on, one as each frame is drawn; for showing progress.
            svg_text: Whether an .svg holds its words as text, which needs the fonts that it names.

        Raises:
            ToylabError: If an ending is unknown or a file cannot be written.
        """
        provenance = self.provenance()
        if command:
            provenance["film_command"] = command
        timing = timing or Timing.moving(self.seconds, len(self))
        spelt: Any = svg_words(svg_text)
        with self.settled(), matplotlib.rc_context(spelt):
            write(self, paths, timing, provenance, frame, watch)

    @contextlib.contextmanager
    def settled(self) -> Iterator[None]:
        """Our settings and nobody else's; entered once for a whole film, since entering costs."""
        if self._settled:
            yield
            return
        with settled({**FILMED, "font.family": self.fonts}):
            self._settled = True
            try:
                yield
            finally:
                self._settled = False

    # --- what it is made of ---

    def _build(self) -> list[Artist]:
        """Draw what stands still; return what moves, bottom first.

        In the order in which a full redraw paints it: axes by axes, then the figure's own.
        """
        script, layout, board = self.script, self.layout, self._board
        lines = board.header(self.title, self.lesson, script.name.get(self.words.code, ""))
        places, side = script.places(layout, lines)
        # Of what is changed a file's name may be anything.
        check_glyphs([one.words for one in self.chapters if one.what], self.fonts)
        self.stages: list[Stage] = []
        self._marks: list[tuple[Text, int]] = []
        self._plates: list[Plates] = []
        self._turn: Text | None = None
        for cell, (left, bottom) in zip(script.cells, places, strict=True):
            if script.captioned and not self.alone:
                self._caption(cell, left, bottom + side + 9, side)
            self.stages.append(self._stage(cell, (left, bottom, side, side)))
        moving = [artist for stage in self.stages for artist in stage.moving]
        self._explain(places, side, lines)
        boxes = layout.panels(lines, tuple(plan.header_lines for plan in self.plans))
        self.panels = self.open_panels([*map(board.axes, boxes)], script.cells[0].seed)
        last = float(self.longest.steps[-1])
        at = [float(self.longest.steps[one.frame]) for one in self.chapters]
        own: list[Artist] = [mark for mark, _ in self._marks]
        own += [self._turn] if self._turn else []
        own += board.clock(self.words.step, [step / last if last else 1.0 for step in at])
        moving += [artist for plates in self._plates for artist in plates.artists]
        for panel in self.panels:
            inside = [a for a in panel.artists if not isinstance(a, Text)]
            moving += sorted(inside, key=lambda a: a.get_zorder())
            own += [a for a in panel.artists if isinstance(a, Text)]
        script.around(board, lines)
        return moving + sorted(own, key=lambda a: a.get_zorder())

    def _stage(self, cell: Cell, box: Box) -> Stage:
        ax, side, trace = self._board.axes(box), box[2], cell.trace
        names, theme, words = self._names(side), self.theme, self.words
        if self.alone:
            stage = Stage(ax, trace, cell.seed, names, theme, words)
            self._plates.append(Plates(ax, self.chapters, self._stay, theme, self.fonts, side))
            return stage
        # That a seed diverged is said in as many lines as the stage has room for.
        said = words.diverged.format(step=int(trace.diverged_at[trace.row(cell.seed)]))
        said = "\n".join(wrapped(said, side - 24, LABEL, self.fonts, most=3))
        words = replace(words, diverged=said)
        # Points keep their share of the stage, down to where they are still seen.
        dots = max(0.5, side / 548)
        if self._turns_apart and side >= _LEAST_WITH_WORDS:
            # What was changed before it parted is said on the stage from which it parts.
            own = [one for one in self.turns_of(trace, words) if one.step >= cell.begins]
            self._plates.append(Plates(ax, own, self._stay, theme, self.fonts, side))
        later = words.parts.format(step=cell.begins) if cell.begins else ""
        return Stage(ax, trace, cell.seed, names, theme, words, LABEL, dots, self.limits, later)

    @property
    def _stay(self) -> int:
        """Snapshots for which the words of a chapter stand."""
        return max(2, round(_STAY * len(self.longest.steps)))

    @cached_property
    def _turns_apart(self) -> bool:
        """Whether not the same is changed on all stages: then each says its own."""
        return len({tuple(self.turns_of(trace, self.words)) for trace in self.traces}) > 1

    def _names(self, side: float) -> list[str]:
        """Names of the layers on stages of a size."""
        few = not self.alone and side < _LEAST_WITH_ARROWS
        return [one for one in self.script.layers if not (few and one.startswith("arrows"))]

    def _caption(self, cell: Cell, left: float, bottom: float, side: float) -> None:
        """Write what stands above a stage, and its mark at the right."""
        title, board, ink = cell.title[self.words.code], self._board, self.theme.ink
        check_glyphs([title], self.fonts, bold=True)
        room = side - (_MARK if cell.mark else 0)
        title, size = fitted(title, room, PANEL, LABEL, self.fonts, bold=True)
        board.text(left, bottom, title, size, ink, fontweight="bold")
        mark = board.text(left + side, bottom, cell.mark, size, ink, fontweight="bold")
        mark.set(ha="right", zorder=20)
        self._marks.append((mark, cell.judged))

    def _explain(self, places: Sequence[tuple[float, float]], side: float, lines: int) -> None:
        """The bar of colours and the row of words."""
        layout, stage = self.layout, self.stages[0]
        if self.alone:
            box, bar, at = layout.bar(lines), stage.bar, (layout.left, layout.key_at(lines))
            end = layout.left + side + 100
        else:
            lefts, bottoms = zip(*places, strict=True)
            low = min(bottoms)
            box = max(lefts) + side + 16, low, 14, max(bottoms) + side - low
            bar, at, end = self._shared_bar(side), (layout.left, layout.key), layout.name_to
        if bar:
            name = draw_bar(self._board, box, bar, self.words)
            # A stage that reaches down to the key has the bar's name on the key's row.
            if self.alone or box[1] < FOOT + LESSON_LINE:
                end = name - 12
        if self.chapters and not self.alone and not self._turns_apart:
            end = self._say_turns(end)
        draw_key(self._board, stage.keys, at, end, self.words)

    def _say_turns(self, end: float) -> float:
        """Make the words of what is changed on all stages, on the lowest row; return where they begin."""
        board, layout = self._board, self.layout
        self._turn = board.text(end, layout.key - 7, "", LABEL, self.theme.ink, fontweight="bold")
        self._turn.set(ha="right", zorder=20)
        widest = 0.0
        for chapter in self.chapters:
            self._turn.set_text(self._turn_words(chapter.words))
            widest = max(widest, self._turn.get_window_extent().width)
        return end - widest * DPI / board.figure.dpi - 24

    def _turn_words(self, words: str) -> str:
        """Words on at most two thirds of the lowest row."""
        room = (self.layout.name_to - self.layout.left) * 2 / 3
        return fitted(words, room, LABEL, LABEL, self.fonts, bold=True)[0]

    def _shared_bar(self, side: float) -> Bar | None:
        """What the surfaces' colours mean, if they mean the same on all stages."""
        named = zip(self._names(side), self.stages[0].layers, strict=True)
        return next((one.bar for name, one in named if name == "surface" and self.limits), None)

    def open_panels(
        self, axes: Sequence[Axes], seed: int, beside: Sequence[int] = ()
    ) -> list[Panel]:
        """The curves of a seed of the first trace.

        Args:
            axes: A panel each.
            seed: Whose.
            beside: Seeds whose curves must find room too.
        """
        colours = iter([*self.theme.curves, *self.theme.curves])
        return [
            Panel(
                ax,
                plan,
                self.theme,
                self.words,
                self.traces[0],
                seed,
                [next(colours) for _ in plan.metrics],
                step_axis=ax is axes[-1],
                gap=self.layout.panel_gap,
                beside=beside,
            )
            for ax, plan in zip(axes, self.plans, strict=True)
        ]

    def _show(self, snapshot: int) -> None:
        """Set what moves to a snapshot."""
        for cell, stage, nearest in zip(self.script.cells, self.stages, self.nearest, strict=True):
            stage.show(int(nearest[snapshot]), snapshot >= self.begins(cell))
        for mark, judged in self._marks:
            # Not from the start: the end of the story would stand above its beginning.
            mark.set_visible(snapshot >= judged)
        for panel in self.panels:
            panel.show(snapshot)
        step, last = int(self.longest.steps[snapshot]), int(self.longest.steps[-1])
        self._board.tell_time(step, step / last if last else 1.0)
        for plates in self._plates:
            plates.show(snapshot)
        if self._turn:
            now = newest(self.chapters, snapshot, self._stay)
            self._turn.set_text(self._turn_words(" · ".join(one.words for one in now)))
