"""The cinema: traces on screen. Knows nothing of torch."""

# Before anything imports matplotlib.
from toylab.film import drawing as drawing  # isort: split

from toylab.film.style import THEMES, Theme

__all__ = ["THEMES", "Theme"]
