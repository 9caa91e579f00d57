"""Traces in a talk: slides for the common programs."""
