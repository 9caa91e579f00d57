"""What writers share: frames, their time, and what a format is."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from matplotlib.figure import Figure
from numpy.typing import NDArray

from toylab.base.counted import Counted
from toylab.base.errors import ToylabError

Pixels = NDArray[np.uint8]  # [height, width, 4], opaque RGBA


class Frames(Protocol):
    """What a writer needs of a film."""

    def __len__(self) -> int:
        """Number of frames."""
        ...

    @property
    def key_frames(self) -> Sequence[int]:
        """Those that tell it on paper."""
        ...

    def draw(self, frame: int, into: Pixels | None = None) -> Pixels:
        """One frame, opaque RGBA, uint8, [height, width, 4]; drawn into an array if one is given."""
        ...

    def figure(self, frame: int | None) -> Figure:
        """The figure of one frame with nothing left out, or of a contact sheet of key frames."""
        ...

    def page(self, timing: Timing, told: str, frame: int) -> str:
        """The player as HTML, opened on a frame, with the provenance's JSON in it."""
        ...


# Hundredths of a second that a frame may stand: GIF and APNG have 16 bits for it.
LONGEST = 65_535


@dataclass(frozen=True)
class Timing:
    """How long each frame stands, hundredths of a second: a GIF knows no finer time.

    Attributes:
        frame: For each frame but the first and the last.
        first: Hold on the first.
        last: Hold on the last.
    """

    frame: int = 5
    first: int = 60
    last: int = 200

    def __post_init__(self) -> None:
        """Check that every format can tell them.

        Raises:
            ToylabError: If one is shorter or longer than a GIF can tell.
        """
        for what in ("frame", "first", "last"):
            time = getattr(self, what)
            if not 1 <= time <= LONGEST:
                raise ToylabError(
                    f"Timing.{what} is {time}; expected 1 to {LONGEST} hundredths of a second."
                )

    @classmethod
    def moving(cls, seconds: float, n: int) -> Timing:
        """Timing of n frames that move for so many seconds, holds not counted.

        Raises:
            ToylabError: If a frame would stand longer than a GIF can tell.
        """
        # Below 2 hundredths viewers slow down to 10: fewer frames a second is what they can show.
        frame = max(2, round(100 * seconds / max(1, n - 2)))
        if frame > LONGEST:
            raise ToylabError(
                f"{Counted(n):frame} in {seconds:g} s is {frame / 100:.0f} s a frame; expected "
                f"{LONGEST / 100:.0f} s at most. Give fewer --seconds, or record more snapshots."
            )
        return cls(frame=frame)

    def duration(self, k: int, n: int) -> int:
        """Hundredths of a second of frame k of n."""
        if k == n - 1:
            return self.last
        return self.first if k == 0 else self.frame

    def durations(self, n: int) -> list[int]:
        """Hundredths of a second for each of n frames."""
        return [self.duration(k, n) for k in range(n)]


@dataclass(frozen=True)
class Reel:
    """What is known of a film before its frames are written.

    Attributes:
        frames: The film.
        timing: How long frames stand.
        provenance: How the film was made.
        still: The one frame of a still; None for a contact sheet.
        early: Some frames over the film by number, drawn first. Only moving formats need them.
    """

    frames: Frames
    timing: Timing
    provenance: dict[str, str]
    still: int | None = None
    early: dict[int, Pixels] = field(default_factory=dict)

    @property
    def told(self) -> str:
        """The provenance as JSON in plain ASCII, which any format can carry."""
        return json.dumps(self.provenance, sort_keys=True)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width, pixels."""
        height, width = next(iter(self.early.values())).shape[:2]
        return height, width


class Writer(Protocol):
    """An open file that takes frames, in order, and keeps none of them."""

    def add(self, k: int, frame: Pixels, duration: int) -> None:
        """Take frame k, which stands for so many hundredths of a second.

        Args:
            k: Counts up from 0.
            frame: RGBA, [height, width, 4].
            duration: How long it stands, hundredths of a second.
        """
        ...

    def resume(self, before: Pixels) -> None:
        """In a second process: go on after a frame, apart from the file."""
        ...

    def join(self) -> None:
        """Take over what the second process wrote."""
        ...


@dataclass(frozen=True)
class Format:
    """A row of the table of writers.

    Attributes:
        open: Opens a file of this format; leaving the block finishes it.
        told: Reads back the provenance's JSON.
        moving: Whether it shows every frame. A still draws its own figure.
        halves: Whether a second process may make the later half.
        module: A package that it needs and that may be missing.
        extra: What installs that package.
    """

    open: Callable[[Path, Reel], AbstractContextManager[Writer]]
    told: Callable[[Path], str]
    moving: bool = True
    halves: bool = True
    module: str = ""
    extra: str = ""


# Frames of a contact sheet.
KEY_FRAMES = 6


def key_frames(n: int, moments: Sequence[int] = ()) -> list[int]:
    """Frames spread over a film of n, with the first and the last.

    Args:
        n: Frames of the film.
        moments: Frames that must be among them, each instead of its neighbour, as far as there are some.
    """
    spread = sorted({int(k) for k in np.linspace(0, n - 1, KEY_FRAMES)})
    for moment in moments:
        free = [k for k in spread[1:-1] if k not in moments]
        if free and moment not in spread:
            spread.remove(min(free, key=lambda k: abs(k - moment)))
            spread = sorted([*spread, moment])
    return spread
