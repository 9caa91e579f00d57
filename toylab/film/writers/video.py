"""MP4 and WebM through PyAV: constant frame rate, a hold as its frame repeated."""

from __future__ import annotations

import contextlib
import importlib
import math
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from toylab.film.writers.writer import Pixels, Reel

# ITU-R 709, which every player assumes of a picture this wide, and its limited range.
_BT709, _LIMITED = 1, 1
# Hundredths of a second that a picture stands, at most: a hold is told to half of it, however long the
# frames between are.
_LONGEST_PICTURE = 20


class Track:
    """A video's one stream.

    Args:
        av: The package.
        container: Open for writing.
        stream: Of the container.
        picture: Hundredths of a second that a picture of the video stands.
    """

    def __init__(self, av: Any, container: Any, stream: Any, picture: Fraction) -> None:
        self._av, self._container, self._stream = av, container, stream
        self._picture, self._time = picture, 0

    def add(self, k: int, frame: Pixels, duration: int) -> None:
        """Encode a frame as often as its time asks."""
        drawn = self._av.VideoFrame.from_ndarray(_even(frame), format="rgba").reformat(
            format="yuv420p", dst_colorspace=_BT709, dst_color_range=_LIMITED
        )
        for _ in range(max(1, round(duration / self._picture))):
            drawn.pts = self._time
            self._time += 1
            self._container.mux(self._stream.encode(drawn))

    def finish(self) -> None:
        """Encode what the encoder still holds."""
        self._container.mux(self._stream.encode(None))

    def resume(self, before: Pixels) -> None:
        """A video is one stream: it is written by one process."""
        raise NotImplementedError

    join = finish


def _even(frame: Pixels) -> Pixels:
    """A frame whose sides are even, as 4:2:0 wants them: the last row and column are repeated."""
    height, width = frame.shape[:2]
    if height % 2 or width % 2:
        return np.pad(frame, ((0, height % 2), (0, width % 2), (0, 0)), mode="edge")
    return frame


def video(
    container_format: str, codec: str, options: dict[str, str], container_options: dict[str, str]
) -> Callable[[Path, Reel], AbstractContextManager[Track]]:
    """A writer of videos with one codec.

    Args:
        container_format: FFmpeg's name of it.
        codec: FFmpeg's name of it.
        options: Of the codec.
        container_options: Of the container.
    """

    @contextlib.contextmanager
    def open_(path: Path, reel: Reel) -> Iterator[Track]:
        # Not at the top: the package may be missing, and takes a tenth of a second to load.
        av = importlib.import_module("av")
        height, width = reel.size
        frame = reel.timing.frame
        picture = Fraction(frame, math.ceil(frame / _LONGEST_PICTURE))
        with av.open(
            str(path), "w", format=container_format, container_options=container_options
        ) as container:
            # Neither version nor random numbers in the file: the same film, the same bytes.
            container.flags |= av.container.Flags.bitexact.value
            container.metadata["comment"] = reel.told
            stream = container.add_stream(codec, rate=100 / picture, options=options)
            stream.width, stream.height = width + width % 2, height + height % 2
            stream.pix_fmt = "yuv420p"
            context = stream.codec_context
            context.time_base = picture / 100
            context.colorspace = context.color_primaries = context.color_trc = _BT709
            context.color_range = _LIMITED
            track = Track(av, container, stream, picture)
            yield track
            track.finish()

    return open_


def comment_of(path: Path) -> str:
    """The comment tag of a video.

    Raises:
        ImportError: If PyAV is missing.
    """
    av = importlib.import_module("av")
    with av.open(str(path)) as container:
        told = {key.lower(): value for key, value in container.metadata.items()}
    return told["comment"]
