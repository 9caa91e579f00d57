"""Writers by ending. To add one: its module, and its row here."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from toylab.base.errors import ToylabError, unknown
from toylab.base.extras import expect_extra
from toylab.base.foreign import at_home
from toylab.film.writers import animated, pages, stills, video
from toylab.film.writers.folder import folder, record_of
from toylab.film.writers.gif import comment_of, gif
from toylab.film.writers.writer import Format
from toylab.trace import Trace

# The ending of an output that is a folder of numbered frames.
FOLDER = "/"

_MP4 = video.video(
    "mp4",
    "libx264",
    # 18 is where x264's loss stops being seen. No deblocking bias: `animation` is for flat colours.
    {"crf": "18", "preset": "fast", "tune": "animation"},
    # The index first, so that a browser plays before it has the whole file.
    {"movflags": "+faststart"},
)
_WEBM = video.video(
    "webm",
    "libvpx-vp9",
    # Bit rate 0 lets the quality rule; 5 of 8 for speed, at which rows are shared among threads.
    {"crf": "20", "b": "0", "deadline": "good", "cpu-used": "5", "row-mt": "1", "threads": "2"},
    {},
)


def writer_for(output: str | Path) -> Format:
    """Find the writer of an output by its ending; checked before anything is trained or drawn.

    Raises:
        ToylabError: If there is none, or its extra is not installed.
    """
    ending = ending_of(output)
    if not Path(output).name:
        raise ToylabError(f'Cannot write "{output}": it names no file. Give a name.')
    if ending not in WRITERS:
        raise ToylabError(unknown_ending(output, WRITERS))
    row = WRITERS[ending]
    instead = f"write {Path(output).with_suffix('.gif')}"
    expect_extra(row.module, row.extra, f"write {output}", instead)
    return row


def unknown_ending(output: str | Path, known: Iterable[str]) -> str:
    """Say that an output's ending picks no writer, or that it has none."""
    ending = ending_of(output)
    if ending:
        return unknown(f"{output}: ending", ending, known)
    told = f"{output} has no ending, which would say what to write.\n  Known: {', '.join(sorted(known))}."
    return told + "\n  For a folder of numbered frames end the name with /." * (FOLDER in known)


def ending_of(output: str | Path) -> str:
    """What picks the writer: the suffix, or "/" for a folder."""
    return FOLDER if str(output).endswith("/") else Path(output).suffix.lower()


def provenance_of(path: Path) -> dict[str, str]:
    """Read back what a file says of its making.

    Raises:
        ToylabError: If the file is missing or toylab did not make it.
    """
    path = at_home(path)
    if not path.exists():
        raise ToylabError(f"{path}: no such file. Expected a film or a trace that toylab wrote.")
    if not path.is_file() and not path.is_dir():
        # A pipe would be waited for.
        raise ToylabError(f"{path}: neither a file nor a folder. Expected a film or a trace.")
    if path.is_file():
        with path.open("rb") as file:
            start = file.read(4)
        if start == b"PK\x03\x04":
            return _of_trace(path)
    row = writer_for(f"{path}/") if path.is_dir() else WRITERS.get(path.suffix.lower())
    if row:
        expect_extra(row.module, row.extra, f"read {path}")
    try:
        assert row is not None
        told = json.loads(row.told(path))
        return {str(key): str(value) for key, value in told.items()}
    # Each reader raises many kinds for a damaged file; json and a missing text add theirs.
    except Exception as error:
        raise ToylabError(
            f"{path} does not say how it was made. Expected a film or a trace that toylab wrote."
        ) from error


def _of_trace(path: Path) -> dict[str, str]:
    trace = Trace.load(path)
    seeds = ", ".join(str(seed) for seed in trace.seeds[:16])
    more = ", ..." if len(trace.seeds) > 16 else ""
    return {**trace.provenance, "seeds": seeds + more, "settings": trace.settings_text}


WRITERS: dict[str, Format] = {
    ".gif": Format(gif, comment_of),
    ".mp4": Format(_MP4, video.comment_of, halves=False, module="av", extra="video"),
    ".webm": Format(_WEBM, video.comment_of, halves=False, module="av", extra="video"),
    ".webp": Format(animated.webp, animated.xmp_of),
    ".apng": Format(animated.apng, animated.png_text_of),
    ".png": Format(stills.still("png", stills.png_metadata), animated.png_text_of, moving=False),
    ".pdf": Format(stills.still("pdf", stills.pdf_metadata), stills.pdf_keywords_of, moving=False),
    ".svg": Format(
        stills.still("svg", stills.svg_metadata), stills.svg_description_of, moving=False
    ),
    ".html": Format(pages.page, pages.provenance_in, moving=False),
    FOLDER: Format(folder, record_of),
}
