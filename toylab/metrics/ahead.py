"""Measuring beside the training: snapshots as they arrive, while another core plays on."""

from __future__ import annotations

import contextlib
import signal
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType

from toylab.base.axes import Curve
from toylab.base.cores import cores
from toylab.base.signals import blocked
from toylab.metrics import METRICS
from toylab.metrics.metric import Metric, know
from toylab.trace import Trace

Wanted = Callable[[Trace], Mapping[str, range]]


class MeasuredAhead:
    """Measures a trace while it grows; to be entered, and left once the trace is whole or given up.

    What a metric needs of other snapshots it cannot have yet: `wanted` names none that is cumulative.

    Args:
        wanted: From a trace, as long as it will be, to metrics and where they will be asked for.
        idle: Whether the training leaves a core to others, if there is more than one.
    """

    def __init__(self, wanted: Wanted, *, idle: bool) -> None:
        self._wanted, self._worth = wanted, idle and cores() > 1
        self._found: dict[Metric, dict[int, Curve]] | None = None
        self._ranges: dict[Metric, range] = {}

    def __enter__(self) -> MeasuredAhead:
        """Open the thread, which takes no signals."""
        self._pool = ThreadPoolExecutor(1)
        if self._worth:
            with blocked(signal.SIGINT, signal.SIGTERM):
                self._pool.submit(int)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        where: TracebackType | None,
    ) -> None:
        """Close the thread; what it has not begun is left."""
        self._pool.shutdown(cancel_futures=True)

    def look(self, trace: Trace, snapshot: int) -> None:
        """Measure a snapshot, soon.

        Args:
            trace: As long as it will be, filled up to the snapshot.
            snapshot: The new one.
        """
        if not self._worth:
            return
        if self._found is None:
            self._ranges = {METRICS[name]: at for name, at in self._wanted(trace).items()}
            self._found = {metric: {} for metric in self._ranges}
        part = trace.during(snapshot, snapshot + 1)
        self._pool.submit(self._measure, part, snapshot)

    def _measure(self, part: Trace, snapshot: int) -> None:
        assert self._found is not None
        for metric, at in self._ranges.items():
            if snapshot in at:
                # Whatever goes wrong: whoever asks for this number meets it again, and can tell of it.
                with contextlib.suppress(Exception):
                    self._found[metric][snapshot] = metric(part)[0]

    def tell(self, trace: Trace) -> None:
        """Let a trace know what was found of it so far: for the rest there are all cores now."""
        self._pool.shutdown(cancel_futures=True)
        if self._found is not None:
            know(trace, self._found)
