"""Films of the gallery as videos: a tenth of the bytes, and nothing that moves before it is seen."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import av
from PIL import Image, ImageSequence

# GIFs count hundredths of a second.
_CLOCK = Fraction(1, 100)


def as_video(film: Path, video: Path) -> None:
    """Write a GIF's frames, each for as long as it stands, as an MP4 that every browser plays."""
    video.parent.mkdir(parents=True, exist_ok=True)
    with (
        Image.open(film) as moving,
        av.open(str(video), "w", options={"movflags": "faststart"}) as file,
    ):
        stream = file.add_stream("libx264", rate=100)
        stream.width, stream.height = (n - n % 2 for n in moving.size)
        stream.pix_fmt, stream.time_base = "yuv420p", _CLOCK
        stream.codec_context.time_base = _CLOCK
        # One thread: the same bytes on any machine.
        stream.options = {"crf": "23", "preset": "medium", "threads": "1"}
        now, still = 0, None
        for image in ImageSequence.Iterator(moving):
            still = image.convert("RGB").crop((0, 0, stream.width, stream.height))
            frame = av.VideoFrame.from_image(still)
            frame.pts, frame.time_base = now, _CLOCK
            file.mux(stream.encode(frame))
            now += max(1, round(image.info.get("duration", 100) / 10))
        # A last frame has no end but the next one's beginning.
        assert still is not None, "a GIF has a frame"
        frame = av.VideoFrame.from_image(still)
        frame.pts, frame.time_base = now - 1, _CLOCK
        file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
