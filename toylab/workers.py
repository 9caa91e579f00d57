"""Workers: the same work on many tasks, in processes here or on a cluster, through joblib."""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from joblib import Parallel, delayed, parallel_config
from joblib.externals.loky.process_executor import TerminatedWorkerError

from toylab.errors import ToylabError, unknown

Given = TypeVar("Given")
Result = TypeVar("Result")

BACKENDS = ("loky", "dask")


@dataclass(frozen=True)
class Workers:
    """Who works.

    Attributes:
        jobs: Processes on this machine; a cluster has its own number.
        backend: "loky" for processes here, "dask" for a cluster of `jobs` workers here, or
            "dask=tcp://HOST:PORT" for the scheduler of one that runs already.
    """

    jobs: int = 2
    backend: str = "loky"

    def __post_init__(self) -> None:
        """Refuse what cannot work, before anything is trained.

        Raises:
            ToylabError: If the backend is unknown or its package is missing.
        """
        kind, given, address = self.backend.partition("=")
        if kind not in BACKENDS:
            raise ToylabError(unknown("--backend", kind, BACKENDS))
        if given and (kind != "dask" or not address):
            raise ToylabError(
                f'--backend "{self.backend}": expected dask, dask=tcp://HOST:PORT or loky.'
            )
        if kind == "dask" and importlib.util.find_spec("distributed") is None:
            raise ToylabError(
                "Cannot work on dask: the cluster extra is missing. "
                'pip install "toylab[cluster]", or leave --backend out.'
            )

    def results(self, work: Callable[[Given], Result], tasks: Sequence[Given]) -> Iterator[Result]:
        """Do the work on each task; yield what comes of them, in their order.

        Raises:
            ToylabError: If no scheduler answers, or a process was killed.
        """
        with self._at_work() as n:
            made: Any = Parallel(n_jobs=n, return_as="generator")(
                delayed(work)(task) for task in tasks
            )
            try:
                yield from made
            except TerminatedWorkerError as error:
                raise ToylabError(
                    "A worker was killed, or the machine ran out of memory. What had ended is kept: give "
                    "the same command again, with fewer --jobs if memory was short."
                ) from error

    @contextlib.contextmanager
    def _at_work(self) -> Iterator[int]:
        """The backend in force; gives the number that joblib shall be told."""
        kind, _, address = self.backend.partition("=")
        if kind == "loky":
            with parallel_config("loky"):
                yield self.jobs
            return
        distributed = importlib.import_module("distributed")
        with contextlib.ExitStack() as stack:
            try:
                # Threads would share torch's own; a worker is a process with one.
                where = address or stack.enter_context(
                    distributed.LocalCluster(
                        n_workers=self.jobs, threads_per_worker=1, dashboard_address=None
                    )
                )
                stack.enter_context(distributed.Client(where, timeout=10))
            except OSError as error:
                raise ToylabError(
                    f"No scheduler answers at {address}. Start one, or check the address."
                ) from error
            stack.enter_context(parallel_config("dask"))
            # As many as the cluster has.
            yield -1
