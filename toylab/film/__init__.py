"""The cinema: traces on screen. Knows nothing of torch."""

# Before anything imports matplotlib.
from toylab.film import drawing as drawing  # isort: split

from toylab.film.compare import Compare, Seeds
from toylab.film.film import Film
from toylab.film.style import THEMES, Theme

__all__ = ["THEMES", "Compare", "Film", "Seeds", "Theme"]
