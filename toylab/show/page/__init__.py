"""The player: a film as one HTML file that can be paused and questioned, without a network."""

from toylab.show.page.page import page_of

__all__ = ["page_of"]
