"""The player: a film as one HTML file that can be paused and questioned, without a network."""

from toylab.show.page.page import Opening, Scene, Story, page_of
from toylab.show.page.recording import Cell

__all__ = ["Cell", "Opening", "Scene", "Story", "page_of"]
