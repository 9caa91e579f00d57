"""Traces in a talk: slides for the common programs."""

# Before anything imports matplotlib.
from toylab.film import drawing as drawing
