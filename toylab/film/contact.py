"""A contact sheet: key frames of a film side by side."""

from __future__ import annotations

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from toylab.film.style import DPI, Theme
from toylab.film.writers.writer import Frames

# Frames in a row.
ACROSS = 3
# Pixels between frames.
_GAP = 20


def contact_sheet(film: Frames, theme: Theme) -> Figure:
    """Draw the key frames of a film at half their size, on the colour of its grid lines."""
    frames = [film.draw(k) for k in film.key_frames]
    height, width = (n // 2 for n in frames[0].shape[:2])
    across = min(ACROSS, len(frames))
    down = -(-len(frames) // across)
    wide, high = across * (width + _GAP) + _GAP, down * (height + _GAP) + _GAP
    # Twice the dots, so that the frames keep all of their pixels.
    sheet = Figure(figsize=(wide / DPI, high / DPI), dpi=2 * DPI, facecolor=theme.grid)
    FigureCanvasAgg(sheet)
    for place, frame in enumerate(frames):
        row, column = divmod(place, across)
        left = _GAP + column * (width + _GAP)
        bottom = high - (row + 1) * (height + _GAP)
        ax = sheet.add_axes((left / wide, bottom / high, width / wide, height / high))
        ax.set_axis_off()
        ax.imshow(frame, interpolation="none", aspect="auto")
    return sheet
