"""Writers: one per ending. All write whole files or none, and all say where the film came from.

A writer takes frames as they are drawn and keeps none, so memory does not grow with their number.
"""

from toylab.film.writers.endings import WRITERS, provenance_of, writer_for
from toylab.film.writers.palette import Palette
from toylab.film.writers.showing import check_outputs, write
from toylab.film.writers.stills import svg_words
from toylab.film.writers.writer import Frames, Pixels, Timing

__all__ = [
    "WRITERS",
    "Pixels",
    "Frames",
    "Palette",
    "Timing",
    "check_outputs",
    "provenance_of",
    "svg_words",
    "write",
    "writer_for",
]
