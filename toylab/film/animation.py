"""Animation: one figure, many frames, whatever is in them.

What stands still is drawn once. A frame puts that back and draws what moves over it (blitting); vector
output and tests draw the whole figure anew, and both give the same pixels.
"""

from __future__ import annotations

import base64
import contextlib
import html
import io
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.text import Text
from numpy.typing import NDArray
from PIL import Image

from toylab.film.chapters import Chapter
from toylab.film.counter import counter
from toylab.film.fonts import MONO, check_glyphs, families
from toylab.film.layout import COUNTER, LAYOUTS, LESSON_LINE, Box
from toylab.film.pace import paced
from toylab.film.sheet import contact_sheet
from toylab.film.style import DPI, LABEL, STEP, THEMES, settled, styled
from toylab.film.text import fitted, wrapped
from toylab.film.words import WORDS
from toylab.film.writers import Frame, Timing, svg_words, write
from toylab.show.page import Opening, Scene, Story, page_of
from toylab.trace import Trace

# What a film needs otherwise than matplotlib comes, or than one version of it did.
FILMED: dict[str, Any] = {"path.simplify": False, "text.hinting": "force_autohint"}


class Animation:
    """What all films share: a figure with a header and a clock, frames, files.

    Args:
        traces: What was measured, first the one that names the film.
        theme: Key of `THEMES`.
        lang: Key of `WORDS`.
        layout: Key of `LAYOUTS`.
        style: A matplotlib style file laid over the theme.
    """

    def __init__(
        self,
        traces: Sequence[Trace],
        theme: str,
        lang: str,
        layout: str,
        style: str | Path | None,
    ) -> None:
        self.traces, self.layout, self._words = list(traces), LAYOUTS[layout], WORDS[lang]
        # Its snapshots are the film's clock; the first, if several are as long.
        self.longest = max(self.traces, key=lambda trace: int(trace.steps[-1]))
        self._theme_name = theme
        self._theme, fonts = styled(THEMES[theme], style)
        self._fonts = [*fonts, *families(lang)]
        self._styled = False
        self._moving: list[Artist] = []
        # Which snapshot each frame shows; `pace` may choose fewer.
        self.frames: list[int] = list(range(len(self.longest.steps)))
        with self._style():
            self._figure = Figure(
                figsize=(self.layout.width / DPI, self.layout.height / DPI),
                dpi=self.layout.dpi,
                facecolor=self._theme.paper,
            )
            self._canvas = FigureCanvasAgg(self._figure)
            self._still: Any = None
            self._build()

    # --- what each kind of film says ---

    def _build(self) -> None:
        """Draw what stands still and open what moves, into `_moving`, bottom first."""
        raise NotImplementedError

    def _show(self, snapshot: int) -> None:
        """Set what moves to a snapshot."""
        raise NotImplementedError

    @property
    def chapters(self) -> list[Chapter]:
        """What happens when, by snapshot."""
        return []

    @property
    def seconds(self) -> float:
        """How long the film moves unless somebody says otherwise."""
        return float(self.traces[0].settings["film"].get("seconds", 6.0))

    @property
    def title(self) -> str:
        """In the film's language."""
        return self._told("title")[self._words.code]

    @property
    def lesson(self) -> str:
        """In the film's language."""
        return self._told("lesson")[self._words.code]

    def provenance(self) -> dict[str, str]:
        """Where the film comes from."""
        return {
            **self.traces[0].provenance,
            "settings": self.traces[0].settings_text,
            "matplotlib": matplotlib.__version__,
        }

    def _scenes(self) -> list[Scene]:
        """What the player can show, first what it shows first."""
        raise NotImplementedError

    def _told(self, key: str) -> dict[str, str]:
        """The film's title or lesson by language."""
        return {code: words.of(self.traces[0].settings, key) for code, words in WORDS.items()}

    @property
    def _shown_layers(self) -> list[str]:
        """Names of the layers, bottom first."""
        raise NotImplementedError

    def page(self, timing: Timing, told: str = "{}", frame: int = 0) -> str:
        """The player: the film as one HTML page that needs nothing else.

        Args:
            timing: How long frames stand.
            told: Provenance, JSON.
            frame: On which it opens.
        """
        with self._style():
            story = Story(
                self._told("title"),
                self._told("lesson"),
                self._scenes(),
                self._shown_layers,
                self.longest.steps[self.frames].tolist(),
            )
            opening = Opening(self._theme_name, self._words.code, frame, self.layout.headed)
            return page_of(story, timing, told, opening)

    def _repr_html_(self) -> str:
        """The player in a frame, for notebooks; nothing in it can reach the notebook's own page.

        Behind it the still, for who shows no frames: a notebook as Markdown, or one that nobody trusts.
        """
        told = json.dumps(self.provenance(), sort_keys=True)
        page = html.escape(self.page(Timing.moving(self.seconds, len(self)), told), quote=True)
        # In Markdown a blank line ends HTML, and what follows would be read as words.
        page = page.replace("\n", "&#10;")
        still, paper = base64.b64encode(self._repr_png_()).decode(), self._theme.paper
        over = "position:absolute;inset:0;width:100%;height:100%;border:0;background:"
        return (
            '<div style="position:relative;aspect-ratio:16/10.5">'
            f'<img alt="{html.escape(self.title)}" style="width:100%" src="data:image/png;base64,{still}">'
            f'<iframe title="toylab" sandbox="allow-scripts" allow="fullscreen" style="{over}{paper}" '
            f'srcdoc="{page}"></iframe></div>'
        )

    def _repr_png_(self) -> bytes:
        """The last frame, for a notebook on paper."""
        frame, file = Image.fromarray(self.draw(len(self) - 1)[..., :3]), io.BytesIO()
        # By a palette it is a third of the size, and a notebook keeps each film's.
        frame.quantize(256, dither=Image.Dither.NONE).save(file, "PNG", optimize=True)
        return file.getvalue()

    def pace(self, n: int) -> None:
        """Show at most n frames, chosen so that equal movement passes between them."""
        keep = [chapter.frame for chapter in self.chapters]
        self.frames = paced(self.longest, self._led_by(), n, keep)

    def _led_by(self) -> int:
        """The seed of the longest trace whose movement sets the pace."""
        return int(self.longest.seeds[0])

    # --- frames ---

    def __len__(self) -> int:
        """Number of frames."""
        return len(self.frames)

    def __iter__(self) -> Iterator[NDArray[np.uint8]]:
        """Each frame as other programs want it, RGB, uint8, [height, width, 3]."""
        return (self.draw(k)[..., :3] for k in range(len(self)))

    def draw(self, frame: int, into: Frame | None = None) -> Frame:
        """Draw one frame over the still background, opaque RGBA, uint8, [height, width, 4].

        Args:
            frame: Which.
            into: An array to draw into; a new one is made if none is given.
        """
        with self._style():
            canvas = self._canvas
            if self._still is None:
                for artist in self._moving:
                    artist.set_animated(True)
                canvas.draw()
                self._still = canvas.copy_from_bbox(self._figure.bbox)
            canvas.restore_region(self._still)
            self._show(self.frames[frame])
            renderer = canvas.get_renderer()
            for artist in self._moving:
                artist.draw(renderer)
            frame_now = np.asarray(canvas.buffer_rgba())
            if into is None:
                return frame_now.copy()
            into[:] = frame_now
            return into

    def redraw(self, frame: int) -> Frame:
        """Draw one frame with nothing kept from another: slow, and the oracle of `draw`."""
        with self._style():
            self.figure(frame)
            self._canvas.draw()
            return np.array(self._canvas.buffer_rgba())

    def figure(self, frame: int | None) -> Figure:
        """The figure of one frame with nothing left out, or of a contact sheet of key frames."""
        if frame is None:
            return contact_sheet(self, self._theme)
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
        with self._style(), matplotlib.rc_context(spelt):
            write(self, paths, timing, provenance, frame, watch)

    @contextlib.contextmanager
    def _style(self) -> Iterator[None]:
        """Our settings and nobody else's; entered once for a whole film, since entering costs."""
        if self._styled:
            yield
            return
        with settled({**FILMED, "font.family": self._fonts}):
            self._styled = True
            try:
                yield
            finally:
                self._styled = False

    # --- what films are made of ---

    def _text(self, x: float, y: float, words: str, size: float, colour: str, **style: Any) -> Text:
        """Text at units from the lower left of the figure."""
        at = (x / self.layout.width, y / self.layout.height)
        return self._figure.text(*at, words, fontsize=size, color=colour, va="baseline", **style)

    def _axes(self, box: Box) -> Axes:
        left, bottom, w, h = box
        width, height = self.layout.width, self.layout.height
        ax = self._figure.add_axes((left / width, bottom / height, w / width, h / height))
        ax.set_axis_off()
        return ax

    def _header(self, title: str, lesson: str, name: str) -> int:
        """Title, lesson, name; return the lines that the lesson takes, 0 without a header."""
        layout, theme = self.layout, self._theme
        check_glyphs([title], self._fonts, bold=True)
        check_glyphs([lesson, name], self._fonts)
        lines: list[str] = []
        if layout.headed:
            # The step counter stands on the title's line.
            room, least = layout.right - layout.left - COUNTER, layout.lesson + 3
            title, size = fitted(title, room, layout.title, least, self._fonts, bold=True)
            self._text(layout.left, layout.title_at, title, size, theme.ink, fontweight="bold")
            room = layout.right - layout.left
            lines = wrapped(lesson, room, layout.lesson, self._fonts, most=layout.most_lesson)
        for i, words in enumerate(lines):
            self._text(
                layout.left, layout.lesson_at - LESSON_LINE * i, words, layout.lesson, theme.soft
            )
        room = min(520, layout.name_to - layout.left)
        name, size = fitted(name, room, LABEL, LABEL, self._fonts)
        self._text(layout.name_to, layout.key - 7, name, size, theme.soft, ha="right")
        return len(lines)

    def _clock(self) -> list[Artist]:
        """The step counter and the progress bar with its chapters; return what moves."""
        layout, theme = self.layout, self._theme
        place = layout.right / layout.width, layout.counter_at / layout.height
        self._step = counter(self._figure, *place, "", fontsize=STEP, color=theme.ink, ha="right")
        self._step.set(fontfamily=[MONO, *self._fonts], zorder=20)
        self._progress = Rectangle(
            (0, 0), 0, 5 / layout.height, transform=self._figure.transFigure, zorder=20
        )
        self._progress.set(facecolor=theme.curves[0], edgecolor="none")
        self._figure.add_artist(self._progress)
        steps = self.longest.steps
        last = float(steps[-1])
        marks = []
        for chapter in self.chapters:
            at = float(steps[chapter.frame]) / last if last else 1.0
            mark = Rectangle((at - 0.002, 0), 0.004, 9 / layout.height, zorder=21)
            mark.set(transform=self._figure.transFigure, facecolor=theme.ink, edgecolor="none")
            self._figure.add_artist(mark)
            marks.append(mark)
        return [self._step, self._progress, *marks]

    def _tell_time(self, snapshot: int) -> None:
        steps = self.longest.steps
        step, last = int(steps[snapshot]), int(steps[-1])
        self._step.set_text(f"{self._words.step} {step}")
        self._progress.set_width(step / last if last else 1.0)
