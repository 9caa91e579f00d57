"""Trace: what a training was measured to be, and the file that holds it."""

from toylab.trace.trace import Snapshot, Trace

__all__ = ["Snapshot", "Trace"]
