"""Workers: the same work on many tasks, in processes here or on a cluster, through joblib."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import logging
import os
import re
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import resource_tracker
from typing import Any, TypeVar

from joblib import Parallel, delayed, parallel_config

from toylab.base.errors import ToylabError, unknown
from toylab.base.memory import keep_freed
from toylab.base.signals import blocked

Given = TypeVar("Given")
Result = TypeVar("Result")

# Where tasks can go, and the package that takes them there; pip names its extra, or itself.
BACKENDS = {
    "loky": ("joblib", "toylab"),
    "dask": ("distributed", "toylab[cluster]"),
    "ray": ("ray", "ray"),
}
# Where a scheduler of dask answers: tcp://10.0.0.1:8786, tls://host:8786, or without its scheme.
_ADDRESS = re.compile(r"((tcp|tls)://)?[^\s/]+:\d{1,5}/?")
# Tasks for each processor of Ray before what came of them is told.
_ROUND = 4


def _done(work: Callable[[Given], Result], task: Given, host: int) -> Result:
    # A process that is ours alone; the host's own memory is not a worker's to arrange.
    if os.getpid() != host:
        keep_freed()
    return work(task)


@contextlib.contextmanager
def _deaf_to_interrupts() -> Iterator[None]:
    """What is started in here never sees Ctrl-C, which a terminal sends to every process.

    It is for this process to say that it was stopped, and to end its workers: one that is still being
    started would print a traceback of its own above that.
    """
    if hasattr(signal, "pthread_sigmask"):  # not on Windows
        # Python's watcher of what processes share lets interrupts in again when it starts: here, before.
        resource_tracker.ensure_running()
    with blocked(signal.SIGINT):
        yield


@dataclass(frozen=True)
class Workers:
    """Who works.

    Attributes:
        jobs: Processes on this machine; a cluster has its own number.
        backend: "loky" for processes here, "dask" for a cluster of `jobs` workers here, or
            "dask=tcp://HOST:PORT" for the scheduler of one that runs already; "ray" for a Ray of `jobs`
            processors here, or the one that RAY_ADDRESS names.
    """

    jobs: int = 2
    backend: str = "loky"

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is trained.

        Raises:
            ToylabError: If the backend is unknown or its package is missing.
        """
        if self.jobs < 1:
            raise ToylabError(f"--jobs is a number of workers from 1 on, got {self.jobs}.")
        kind, given, address = self.backend.partition("=")
        if kind not in BACKENDS:
            raise ToylabError(unknown("--backend", kind, BACKENDS))
        if given and (kind != "dask" or not _ADDRESS.fullmatch(address)):
            raise ToylabError(
                f'--backend "{self.backend}": expected dask, dask=tcp://HOST:PORT, loky or ray.'
            )
        module, package = BACKENDS[kind]
        if importlib.util.find_spec(module) is None:
            raise ToylabError(
                f'Cannot work on {kind}: it is not installed. pip install "{package}", or leave '
                "--backend out."
            )

    def results(self, work: Callable[[Given], Result], tasks: Sequence[Given]) -> Iterator[Result]:
        """Do the work on each task; yield what comes of them, in their order.

        Raises:
            ToylabError: If no scheduler answers, or a process was killed.
        """
        with self._at_work() as n:
            # Ray's part of joblib gives what it was given all at once: a few tasks for each processor,
            # so that results keep coming.
            in_rounds = self.backend == "ray"
            size = _ROUND * n if in_rounds else max(1, len(tasks))
            try:
                for start in range(0, len(tasks), size):
                    # The list of a round is made of workers that run already, and may be interrupted.
                    with contextlib.nullcontext() if in_rounds else _deaf_to_interrupts():
                        made: Any = Parallel(n, return_as="list" if in_rounds else "generator")(
                            delayed(_done)(work, task, os.getpid())
                            for task in tasks[start : start + size]
                        )
                    yield from made
            except Exception as error:
                # loky's word for it, and dask's, whose package may not be here.
                if type(error).__name__ not in ("TerminatedWorkerError", "KilledWorker"):
                    raise
                raise ToylabError(
                    "A worker was killed, or the machine ran out of memory. What had ended is kept: give "
                    "the same command again, with fewer --jobs if memory was short."
                ) from error

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[int]:
        """The backend in force; gives the number that joblib shall be told."""
        kind, _, address = self.backend.partition("=")
        with contextlib.ExitStack() as stack:
            n = self.jobs
            if kind == "ray":
                ray = importlib.import_module("ray")
                # A cluster's own number of processors is its own affair.
                here = {} if "RAY_ADDRESS" in os.environ else {"num_cpus": n}
                with _deaf_to_interrupts():
                    ray.init(
                        log_to_driver=False, include_dashboard=False, logging_level="ERROR", **here
                    )
                stack.callback(ray.shutdown)
                importlib.import_module("ray.util.joblib").register_ray()
                n = int(ray.cluster_resources()["CPU"])
            elif kind == "dask":
                self._reach(address, stack)
                n = -1  # as many as the cluster has
            stack.enter_context(parallel_config(kind))
            yield n

    def _reach(self, address: str, stack: contextlib.ExitStack) -> None:
        """Open dask's scheduler at an address, or a cluster of our own."""
        distributed = importlib.import_module("distributed")
        try:
            # Threads would share torch's own; a worker is a process with one.
            with _deaf_to_interrupts():
                where = address or stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=self.jobs,
                        threads_per_worker=1,
                        # A free port, for this machine alone: with none named it would be 8787 for all who
                        # ask, and the second cluster of a machine would begin with a warning.
                        dashboard_address="127.0.0.1:0",
                        # What a stopped worker says of itself is nothing to whoever stopped it.
                        silence_logs=logging.CRITICAL,
                    )
                )
            stack.enter_context(distributed.Client(where, timeout=10))
        # An address that is none raises either of the others.
        except (OSError, ValueError, TypeError, OverflowError) as error:
            raise ToylabError(
                f"No scheduler answers at {address or 'this machine'}. Start one, or check the address."
            ) from error
