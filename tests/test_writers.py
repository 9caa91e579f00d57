from __future__ import annotations

import importlib.util
import os
import signal
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import av
import imageio.v3 as iio
import numpy as np
import pypdfium2
import pytest
from documents import ROOT, read
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from PIL import Image

import toylab
from toylab.base.errors import ToylabError
from toylab.cli.look import Look
from toylab.film import THEMES, fonts
from toylab.film.diagram import diagram
from toylab.film.writers import WRITERS, Palette, Timing, provenance_of, showing, write, writer_for
from toylab.film.writers.stills import vectors
from toylab.film.writers.writer import key_frames
from toylab.scenario.scenario import check
from toylab.show.cinema import Film
from toylab.show.page.page import _safe
from toylab.trace import Trace

SVG = "http://www.w3.org/2000/svg"
TIMING = Timing(frame=5, first=60, last=200)
MOVING = [ending for ending, row in WRITERS.items() if row.moving]
STILLS = [ending for ending, row in WRITERS.items() if not row.moving]
HALVES = [ending for ending, row in WRITERS.items() if row.moving and row.halves]


class Plain:
    """Frames of flat colours with a corner that grows."""

    def __init__(self, n: int = 5, height: int = 40, width: int = 60) -> None:
        rng = np.random.default_rng(0)
        # Far from the corner's colour and from one another, so that a wrong frame is seen.
        self.colours = rng.integers(90, 255, (n, 4), dtype=np.uint8)
        self.size = height, width

    def __len__(self) -> int:
        return len(self.colours)

    @property
    def key_frames(self) -> list[int]:
        return key_frames(len(self))

    def draw(self, frame: int, into: np.ndarray | None = None) -> np.ndarray:
        full = np.broadcast_to(self.colours[frame], (*self.size, 4)).copy()
        full[..., 3] = 255
        full[: 5 + frame % 30, :9, :3] = 30
        return full

    def figure(self, frame: int | None) -> Figure:
        figure = Figure(figsize=(1, 0.5), dpi=96, facecolor="red")
        FigureCanvasAgg(figure)
        if frame is not None:
            figure.text(0.1, 0.5, f"frame {frame}", fontsize=8)
        return figure

    def page(self, timing: Timing, told: str, frame: int) -> str:
        return f'<script type="application/json" id="provenance">{_safe(told)}</script>'


class Still(Plain):
    def draw(self, frame: int, into: np.ndarray | None = None) -> np.ndarray:
        return super().draw(0)


def write_one(frames: Any, path: Path, ending: str, told: dict[str, str] | None = None) -> Path:
    """Write a film to `path` with an ending; return what was written."""
    output = f"{path}{ending}"
    write(frames, [output], TIMING, told or {"a": "b"})
    return Path(output)


def pillow_frames(path: Path) -> tuple[list[np.ndarray], list[int]]:
    """Frames [height, width, 3] and their milliseconds, read by Pillow."""
    with Image.open(path) as image:
        frames, durations = [], []
        for k in range(getattr(image, "n_frames", 1)):
            image.seek(k)
            frames.append(np.asarray(image.convert("RGB")))
            durations.append(int(image.info["duration"]))
    return frames, durations


@pytest.mark.parametrize("ending", [".gif", ".webp", ".apng"])
def test_pillow_reads_every_frame_its_time_and_the_loop(ending: str, tmp_path: Path) -> None:
    frames = Plain()
    path = write_one(frames, tmp_path / "x", ending)
    read, durations = pillow_frames(path)
    assert durations == [600, 50, 50, 50, 2000]
    with Image.open(path) as image:
        assert image.info["loop"] == 0 and image.size == (60, 40)
    for k, frame in enumerate(read):
        # Two of them lose nothing, and fewer than 255 colours are all kept by the third.
        assert np.array_equal(frame, frames.draw(k)[..., :3]), k


@pytest.mark.parametrize("ending", [".gif", ".webp", ".apng"])
def test_time_passes_while_nothing_changes(ending: str, tmp_path: Path) -> None:
    path = write_one(Still(4), tmp_path / "x", ending)
    assert sum(pillow_frames(path)[1]) == 600 + 2 * 50 + 2000


@pytest.mark.parametrize(("ending", "codec"), [(".mp4", "h264"), (".webm", "vp9")])
@pytest.mark.parametrize("size", [(40, 60), (41, 63)])
def test_ffmpeg_reads_a_video_of_constant_rate_even_sides_and_yuv420p(
    ending: str, codec: str, size: tuple[int, int], tmp_path: Path
) -> None:
    frames = Plain(5, *size)
    path = write_one(frames, tmp_path / "x", ending)
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert stream.codec_context.name in (codec, f"lib{codec}", "libvpx-vp9")
        read = list(container.decode(stream))
        shown = [frame.to_ndarray(format="rgb24") for frame in read]
        assert {frame.format.name for frame in read} == {"yuv420p"}
        assert stream.average_rate == 20
        # A hold is its frame over and over: 12 of the first, 40 of the last.
        assert len(read) == 12 + 3 + 40
        times = [float(frame.time) for frame in read if frame.time is not None]
    # Milliseconds are a WebM's unit.
    assert np.allclose(np.diff(times), 0.05, atol=1e-3)
    height, width = (side + side % 2 for side in size)
    assert shown[0].shape == (height, width, 3)
    for at, k in ((0, 0), (11, 0), (12, 1), (14, 3), (15, 4), (54, 4)):
        # The flat middle, away from edges: a video's loss is a few of 255 there.
        error = shown[at][12:, 20:60].astype(int)[:28] - frames.draw(k)[12:40, 20:60, :3]
        assert np.abs(error).mean() < 6, (at, k)


def seconds_of(path: Path) -> float:
    if path.suffix not in (".mp4", ".webm"):
        return sum(pillow_frames(path)[1]) / 1000
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        shown = sum(1 for _ in container.decode(stream))
        assert container.duration is not None and stream.average_rate is not None
        # What the file says is what a player plays.
        assert container.duration / 1e6 == pytest.approx(
            shown / float(stream.average_rate), abs=0.01
        )
        return container.duration / 1e6


@pytest.mark.parametrize(
    ("n", "frame"), [(1, 600), (2, 600), (5, 200), (3, 333), (4, 1000), (9, 25)]
)
def test_a_slow_film_is_as_long_in_every_form(n: int, frame: int, tmp_path: Path) -> None:
    timing = Timing(frame=frame)
    outputs = [tmp_path / f"x{e}" for e in (".gif", ".webp", ".apng", ".mp4", ".webm")]
    write(Plain(n), outputs, timing, {})
    meant = sum(timing.durations(n)) / 100
    for path in outputs:
        # A video's holds are told to half of a picture, which stands a fifth of a second.
        assert seconds_of(path) == pytest.approx(meant, abs=0.2), path.suffix


@pytest.mark.parametrize("what", ["frame", "first", "last"])
@pytest.mark.parametrize("time", [0, -1, 65_536])
def test_a_time_that_not_every_form_can_tell_is_refused(what: str, time: int) -> None:
    with pytest.raises(ToylabError, match=rf"Timing.{what} is {time}; expected 1 to 65535"):
        Timing(**{what: time})


def test_an_mp4_has_its_index_first(tmp_path: Path) -> None:
    data = write_one(Plain(), tmp_path / "x", ".mp4").read_bytes()
    # A browser plays such a file before it has the whole of it.
    assert 0 < data.index(b"moov") < data.index(b"mdat")


def test_a_folder_holds_its_frames_and_their_record(tmp_path: Path) -> None:
    frames = Plain(12)
    path = write_one(frames, tmp_path / "x", "/")
    names = sorted(os.listdir(path))
    assert names == [*(f"frame-{k:04}.png" for k in range(12)), "provenance.json"]
    for k, name in enumerate(names[:-1]):
        assert np.array_equal(np.asarray(Image.open(path / name)), frames.draw(k)[..., :3])


def test_a_folder_of_ours_is_replaced_and_any_other_refused(tmp_path: Path) -> None:
    path = write_one(Plain(12), tmp_path / "x", "/")
    write_one(Plain(3), tmp_path / "x", "/")
    assert len(os.listdir(path)) == 3 + 1
    (path / "notes.txt").write_text("mine")
    with pytest.raises(ToylabError, match="it holds other things"):
        write_one(Plain(5), tmp_path / "x", "/")
    assert len(os.listdir(path)) == 3 + 2 and os.listdir(tmp_path) == ["x"]


def test_a_folder_is_whole_or_not_there(tmp_path: Path) -> None:
    class Breaks(Plain):
        def draw(self, frame: int, into: np.ndarray | None = None) -> np.ndarray:
            if frame == 7:
                raise ToylabError("broken")
            return super().draw(frame)

    before = write_one(Plain(3), tmp_path / "old", "/")
    for name in ("new", "old"):
        with pytest.raises(ToylabError, match="broken"):
            write_one(Breaks(9), tmp_path / name, "/")
    assert os.listdir(tmp_path) == ["old"] and len(os.listdir(before)) == 4


def test_a_film_is_plain_arrays_for_other_programs(
    small_trace: Trace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The lines of docs/films.md, as a reader runs them."""
    (block,) = (one for one in read(ROOT / "docs" / "films.md").blocks if one.language == "python")
    assert len(block.text.splitlines()) <= 10
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(toylab, "record", lambda scenario, seeds: small_trace, raising=False)
    exec(block.text, {})
    film = Film(small_trace)
    frames = [*film]
    with iio.imopen("own.mp4", "w", plugin="pyav") as video:
        video.init_video_stream("libx264", fps=20)
        for frame in film:
            video.write_frame(frame)
    for k, frame in enumerate(frames):
        assert (frame.shape, frame.dtype) == ((720, 1280, 3), np.uint8)
        assert np.array_equal(frame, film.draw(k)[..., :3])
    for file in ("own.gif", "own.mp4"):
        theirs = iio.imread(file, plugin="pyav" if file.endswith("4") else "pillow")
        assert theirs.shape == (len(frames), 720, 1280, 3)
        # What a palette, or x264 at its usual loss, leaves: a hundredth of the range.
        assert np.abs(theirs.astype(int) - frames).mean() < 3


def test_contact_sheets_are_vectors_of_every_key_frame(small_trace: Trace, tmp_path: Path) -> None:
    film = Film(small_trace)
    film.save(tmp_path / "x.pdf", tmp_path / "x.svg")
    with pypdfium2.PdfDocument(tmp_path / "x.pdf") as document:
        assert len(document) == len(film) == 3
        said = [page.get_textpage().get_text_range() for page in document]
    # Words, not pixels: each page tells its own step.
    steps = [int(step) for step in small_trace.steps]
    assert all(f"step {step}" in text for step, text in zip(steps, said, strict=True))
    root = ElementTree.parse(tmp_path / "x.svg").getroot()
    assert len(root) == 3 and len({frame.get("x") for frame in root}) == 3
    ids = [e.get("id") for e in root.iter() if e.get("id")]
    assert len(ids) == len(set(ids))


def test_a_pdf_rasterised_shows_the_frame_and_an_svg_is_xml(
    small_trace: Trace, tmp_path: Path
) -> None:
    film = Film(small_trace)
    film.save(tmp_path / "x.pdf", tmp_path / "x.svg", tmp_path / "x.png", frame=1)
    pixels = film.draw(1)[..., :3].astype(float)
    with Image.open(tmp_path / "x.png") as image:
        assert np.array_equal(np.asarray(image.convert("RGB")), film.draw(1)[..., :3])
    with pypdfium2.PdfDocument(tmp_path / "x.pdf") as document:
        assert len(document) == 1
        # A point is 4/3 of our pixels.
        scale: Any = 4 / 3
        page = document[0].render(scale=scale).to_numpy()[..., ::-1]
    assert page.shape == pixels.shape
    # Another rasteriser: edges differ by a pixel, the surface and its place do not. A film upside down
    # or shifted by ten pixels is off by more than twice this.
    assert np.abs(page - pixels).mean() < 3
    root = ElementTree.parse(tmp_path / "x.svg").getroot()
    assert root.tag.endswith("svg") and root.get("width") == "960pt"


def test_a_pdf_embeds_truetype_fonts(small_trace: Trace, tmp_path: Path) -> None:
    Film(small_trace).save(tmp_path / "sheet.pdf")
    Film(small_trace).save(tmp_path / "frame.pdf", frame=1)
    runs = {("1",): [0.5], ("2",): [0.6]}
    axis = ("training.batch", ("1", "2"))
    diagram(tmp_path / "sweep.pdf", ".pdf", [axis], runs, "c2st", "T", "light", {})
    for name in ("sheet", "frame", "sweep"):
        data = (tmp_path / f"{name}.pdf").read_bytes()
        # Type 3 is what journals refuse; CIDFontType2 is TrueType.
        assert b"/Type3" not in data and b"/CIDFontType2" in data and b"/FontFile2" in data


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\0\1\0\0" + bytes(20), 42),
        (b"OTTO" + bytes(20), 3),
        (b"ttcf\0\1\0\0\0\0\0\1\0\0\0\x14" + bytes(4) + b"OTTO", 3),
        (b"ttcf\0\1\0\0\0\0\0\1\0\0\0\x14" + bytes(4) + b"\0\1\0\0", 42),
    ],
    ids=["TrueType", "CFF", "collection of CFF", "collection of TrueType"],
)
def test_outlines_of_postscript_are_not_passed_off_as_truetype(
    head: bytes, kind: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "font").write_bytes(head)
    monkeypatch.setattr(fonts.font_manager, "findfont", lambda family: str(tmp_path / "font"))
    assert vectors(["any"])["pdf.fonttype"] == kind


def words_in(path: Path) -> dict[str, str]:
    """Of an SVG its text and in which style each stands."""
    root = ElementTree.parse(path).getroot()
    return {(e.text or "").strip(): e.get("style", "") for e in root.iter(f"{{{SVG}}}text")}


def test_an_svg_holds_its_words_as_text_only_where_it_is_asked_to(
    small_trace: Trace, tmp_path: Path
) -> None:
    title = 'url(#a) id="b" href="#c"'
    text = small_trace.settings_text.replace('title = "Small"', f"title = '{title}'")
    film = Film(replace(small_trace, settings_text=text))
    for frame in (1, None):
        film.save(tmp_path / "shapes.svg", frame=frame)
        assert not words_in(tmp_path / "shapes.svg")
        film.save(tmp_path / "text.svg", frame=frame, svg_text=True)
        found = words_in(tmp_path / "text.svg")
        # What looks like a link in the words is none.
        assert "DejaVu Sans" in found[title] and "DejaVu Sans Mono" in found["step 2"]
    axis = ("training.batch", ("1", "2"))
    runs = {("1",): [0.5], ("2",): [0.6]}
    for svg_text in (False, True):
        diagram(tmp_path / "x.svg", ".svg", [axis], runs, "c2st", "T", "light", {}, svg_text)
        assert ("T" in words_in(tmp_path / "x.svg")) == svg_text


def test_text_in_an_svg_is_refused_where_none_is_written() -> None:
    look = Look(svg_text=True)
    assert look.checked(print, ["x.gif", "X.SVG"]) == look
    for outputs in ([], ["x.gif", "svg/"]):
        with pytest.raises(ToylabError, match="--svg-text is for .svg"):
            look.checked(print, outputs)


def test_a_still_is_the_asked_frame_or_a_contact_sheet(small_trace: Trace, tmp_path: Path) -> None:
    film = Film(small_trace)
    film.save(tmp_path / "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 1280
    for frame in (3, -1):
        with pytest.raises(ToylabError, match=r"It has 3: 0 to 2"):
            film.save(tmp_path / "x.png", frame=frame)
    with pytest.raises(ToylabError, match=r"is a film, and frame 1 is a still"):
        film.save(tmp_path / "x.gif", frame=1)
    assert os.listdir(tmp_path) == ["sheet.png"]


def test_drawing_a_still_does_not_change_the_film(small_trace: Trace, tmp_path: Path) -> None:
    film = Film(small_trace)
    before = film.draw(2)
    film.save(tmp_path / "x.svg", tmp_path / "x.pdf", frame=0)
    assert np.array_equal(film.draw(2), before)


def test_a_film_as_gif_stays_close_to_its_frames(small_trace: Trace, tmp_path: Path) -> None:
    film = Film(small_trace)
    film.save(tmp_path / "x.gif")
    for k, frame in enumerate(pillow_frames(tmp_path / "x.gif")[0]):
        error = frame.astype(float) - film.draw(k)[..., :3]
        psnr = 10 * np.log10(255**2 / np.mean(error**2))
        # 40 dB is where a still picture's loss stops being seen; 255 colours without dither reach it.
        assert psnr > 40, psnr


def test_a_palette_keeps_flat_colours_exactly(small_trace: Trace) -> None:
    film = Film(small_trace)
    palette = Palette([film.draw(0)])
    paper = [int(THEMES["light"].paper[i : i + 2], 16) for i in (1, 3, 5)]
    assert paper in palette.colours.tolist()
    assert len(palette.colours) <= 255


# --- what holds for each row of the table ---

HOSTILE = {
    "quotes": "\"double\" 'single' \\back \\u0041 (paren) \\(",
    "tags": "</svg><script>alert(1)</script>&amp;]]>-->",
    "lines": "one\ntwo\r\nthree\ttab\0nul",
    "chinese": "模式崩溃，梯度消失",
    "emoji": "😀",
    "long": "x(y)" * 25_000,
    "": "no key",
}


@pytest.mark.parametrize("ending", WRITERS)
def test_what_is_told_comes_back_whatever_it_is(ending: str, tmp_path: Path) -> None:
    assert provenance_of(write_one(Plain(), tmp_path / "x", ending, HOSTILE)) == HOSTILE


@pytest.mark.parametrize("ending", WRITERS)
def test_every_writer_says_where_its_film_came_from(
    ending: str, small_trace: Trace, tmp_path: Path
) -> None:
    Film(small_trace, seed=2).save(f"{tmp_path}/x{ending}", command="toylab run it")
    told = provenance_of(tmp_path / f"x{ending}")
    assert told["seed"] == "2" and told["film_command"] == "toylab run it"
    assert check(tomllib.loads(told["settings"])).title == "Small"


def content(path: Path) -> list[bytes]:
    files = sorted(path.iterdir()) if path.is_dir() else [path]
    return [file.read_bytes() for file in files]


@pytest.mark.parametrize("ending", WRITERS)
def test_the_same_film_twice_is_the_same_bytes(
    ending: str, small_trace: Trace, tmp_path: Path
) -> None:
    made = []
    for name in ("a", "b"):
        Film(small_trace).save(f"{tmp_path}/{name}{ending}")
        made.append(content(tmp_path / f"{name}{ending}"))
    assert made[0] == made[1]


@pytest.mark.parametrize("ending", WRITERS)
def test_what_cannot_be_written_is_a_line(ending: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a folder")
    with pytest.raises(ToylabError, match="Cannot write") as error:
        write_one(Plain(), tmp_path / "file" / "x", ending)
    assert "\n" not in str(error.value)
    (tmp_path / f"x{ending}" / "foreign").mkdir(parents=True)
    with pytest.raises(ToylabError, match="Cannot write"):
        write_one(Plain(), tmp_path / "x", ending)


@pytest.mark.parametrize("ending", WRITERS)
def test_damaged_and_foreign_files_are_said(ending: str, tmp_path: Path) -> None:
    path = tmp_path / f"x{ending}"
    if ending == "/":
        path.mkdir()
        (path / "provenance.json").write_text("{")
    else:
        path.write_text("hello")
    with pytest.raises(ToylabError, match="does not say how it was made"):
        provenance_of(path)


def test_a_picture_of_somebody_else_and_no_file_are_said(tmp_path: Path) -> None:
    Image.new("RGB", (4, 4)).save(tmp_path / "foreign.gif")
    (tmp_path / "x.txt").write_text("hello")
    for name in ("foreign.gif", "none.gif", "x.txt"):
        with pytest.raises(ToylabError):
            provenance_of(tmp_path / name)


def test_an_ending_without_writer_is_said_before_anything_is_drawn(tmp_path: Path) -> None:
    for name in ("x.gfi", "x", "x.txt"):
        with pytest.raises(ToylabError, match=r"ending .* is unknown|has no ending"):
            write(Plain(), [tmp_path / "good.gif", tmp_path / name], TIMING, {})
    with pytest.raises(ToylabError, match="end the name with /"):
        writer_for("frames")
    assert not list(tmp_path.iterdir())


def test_a_missing_extra_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    for ending in (".mp4", ".webm"):
        with pytest.raises(ToylabError) as error:
            writer_for(f"film{ending}")
        assert str(error.value) == (
            f"Cannot write film{ending}: the video extra is missing. "
            'pip install "toylab[video]", or write film.gif.'
        )
    writer_for("film.gif")


def test_a_full_disk_is_an_error_and_no_silence() -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("no /dev/full on this system")
    reel = showing.Reel(Plain(), TIMING, {}, early={0: Plain().draw(0)})
    with pytest.raises(OSError):
        with WRITERS[".gif"].open(full, reel) as writer:
            writer.add(0, Plain().draw(0), 5)


# --- one pass, one process or two ---


def test_several_outputs_draw_each_frame_once(tmp_path: Path) -> None:
    drawn: list[int] = []

    class Counted(Plain):
        def draw(self, frame: int, into: np.ndarray | None = None) -> np.ndarray:
            drawn.append(frame)
            return super().draw(frame)

    # A video keeps all of it in this process, where the drawing can be counted.
    outputs = [f"{tmp_path}/x{ending}" for ending in MOVING]
    write(Counted(40), outputs, TIMING, {})
    assert sorted(drawn) == list(range(40))


@pytest.mark.parametrize("ending", HALVES)
def test_two_processes_write_the_bytes_of_one(
    ending: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = []
    for two in (True, False):
        monkeypatch.setattr(showing, "worth_halving", lambda n, two=two: two)
        made.append(content(write_one(Plain(41), tmp_path / "x", ending)))
    assert made[0] == made[1]


@pytest.fixture
def two_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    if sys.platform != "linux":
        pytest.skip("one process on this system")
    monkeypatch.setattr(showing, "worth_halving", lambda n: True)


def test_what_fails_in_the_second_process_is_raised_in_the_first(
    two_processes: None, tmp_path: Path
) -> None:
    class Fails(Plain):
        def draw(self, frame: int, into: np.ndarray | None = None) -> np.ndarray:
            if frame == 33:  # not one of the dozen that are drawn first
                raise ToylabError("frame 33 is broken")
            return super().draw(frame)

    for ending in HALVES:
        with pytest.raises(ToylabError, match="frame 33 is broken"):
            write_one(Fails(40), tmp_path / "x", ending)
    assert not os.listdir(tmp_path)


def test_a_killed_second_process_is_a_line_and_leaves_nothing(
    two_processes: None, tmp_path: Path
) -> None:
    first = os.getpid()

    class Dies(Plain):
        def draw(self, frame: int, into: np.ndarray | None = None) -> np.ndarray:
            if frame >= 30 and os.getpid() != first:  # some of these are drawn early, not all
                os.kill(os.getpid(), signal.SIGKILL)
            return super().draw(frame)

    for ending in HALVES:
        with pytest.raises(ToylabError, match="was ended from outside"):
            write_one(Dies(40), tmp_path / "x", ending)
    assert not os.listdir(tmp_path)


ENDLESS = """
import os, signal, sys, time
sys.path.insert(0, {tests!r})
from test_writers import Plain, TIMING, showing
signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
signal.signal(signal.SIGINT, signal.default_int_handler)
showing.worth_halving = lambda n: True
class Slow(Plain):
    def draw(self, frame, into=None):
        if frame == 3:
            open("pid-%d" % os.getpid(), "w").close()
            time.sleep(600)
        time.sleep(.01)
        return super().draw(frame)
showing.write(Slow(4000), ["x.gif", "x/"], TIMING, {{}})
"""


@pytest.mark.parametrize("sent", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_a_signal_ends_both_processes(sent: signal.Signals, tmp_path: Path) -> None:
    if sys.platform != "linux":
        pytest.skip("one process on this system")
    process = subprocess.Popen(
        [sys.executable, "-c", ENDLESS.format(tests=str(Path(__file__).parent))],
        cwd=tmp_path,
        stderr=subprocess.DEVNULL,
    )
    try:
        children = wait_for(lambda: children_of(process.pid))
        wait_for(lambda: list(tmp_path.glob(f"pid-{process.pid}")))
        process.send_signal(sent)
        process.wait(20)
    finally:
        process.kill()
    assert wait_for(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    left = [name for name in os.listdir(tmp_path) if not name.startswith("pid-")]
    # Nobody can sweep after SIGKILL but the next command that writes the same name.
    assert not left or sent == signal.SIGKILL


def children_of(pid: int) -> list[int]:
    listed = Path(f"/proc/{pid}/task/{pid}/children")
    return [int(child) for child in listed.read_text().split()] if listed.exists() else []


def wait_for(found: Callable[[], Any]) -> Any:
    for _ in range(400):
        if result := found():
            return result
        time.sleep(0.05)
    raise AssertionError("waited 20 s")


# --- memory ---

PEAK = """
import resource, sys
sys.path.insert(0, {tests!r})
from test_writers import Plain, TIMING, showing
showing.write(Plain({n}, 180, 320), [{output!r}], TIMING, {{}})
for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
    print(resource.getrusage(who).ru_maxrss)
"""


@pytest.mark.slow
@pytest.mark.parametrize("ending", MOVING)
def test_memory_does_not_grow_with_the_number_of_frames(ending: str, tmp_path: Path) -> None:
    def peak(n: int) -> int:
        code = PEAK.format(tests=str(Path(__file__).parent), n=n, output=f"{tmp_path}/{n}{ending}")
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
        assert told.returncode == 0, told.stderr
        return max(int(line) for line in told.stdout.split())  # kB

    # 300 frames of 320 x 180 are 69 MB: a writer that kept them would be far above 20.
    assert peak(400) - peak(100) < 20_000
