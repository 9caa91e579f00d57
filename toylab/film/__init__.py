"""The cinema: traces on screen. Knows nothing of torch."""

from toylab.film.film import Film
from toylab.film.style import THEMES, Theme

__all__ = ["THEMES", "Film", "Theme"]
