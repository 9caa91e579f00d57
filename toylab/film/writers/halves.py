"""A second process for the later half of a film.

Where it is safe, the process is forked: it has the film as it stands and only draws and encodes. It
leaves nothing behind however either of the two ends.
"""

from __future__ import annotations

import contextlib
import os
import pickle
import signal
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator

from toylab.base.cores import cores
from toylab.base.errors import ToylabError
from toylab.base.signals import blocked

# Below so many frames a second process costs more than it saves.
_FEWEST = 16


def worth_halving(n: int) -> bool:
    """Whether a second process helps with n frames.

    Linux only: macOS forbids much after a fork, Windows knows none.
    """
    return n >= _FEWEST and sys.platform == "linux" and cores() > 1


@contextlib.contextmanager
def beside(work: Callable[[Callable[[], None]], None]) -> Iterator[None]:
    """Run a function in a second process while the block runs; leaving the block waits for it.

    Args:
        work: Called there with a function that it should call now and then: it ends the process if this
            one is gone.

    Raises:
        Exception: What the function raised there.
        ToylabError: If the process was ended from outside.
    """
    words, tell = os.pipe()  # what went wrong, from there to here
    first = os.getpid()
    # Neither process may be interrupted while it does not yet know which of the two it is.
    with blocked(signal.SIGINT, signal.SIGTERM) as before:
        with warnings.catch_warnings():
            # Python warns of threads at a fork: those of BLAS, which is held to one, of torch, which the
            # second process never calls, and one that may be packing a trace, which it knows nothing of.
            warnings.simplefilter("ignore", DeprecationWarning)
            child = os.fork()
        if child == 0:
            _work(work, first, tell, before)
    os.close(tell)
    try:
        yield
        with open(words, "rb", closefd=False) as pipe:
            raised = pipe.read()
        _, status = os.waitpid(child, 0)
        child = 0
        if raised:
            raise pickle.loads(raised)
        if status:
            code = os.waitstatus_to_exitcode(status)
            raise ToylabError(
                f"The second process that draws the film was ended from outside ({code}). "
                "If memory ran out, close other programs; then try again."
            )
    finally:
        if child:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
        os.close(words)


def _work(
    work: Callable[[Callable[[], None]], None], first: int, tell: int, before: Iterable[int]
) -> None:
    """Do the work in the second process, and end it."""
    code = 1
    try:
        # Ctrl-C reaches both; the first process ends this one.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

        def check() -> None:
            # Whose parent is gone gets another.
            if os.getppid() != first:
                os._exit(1)

        work(check)
        code = 0
    except BaseException as error:
        with contextlib.suppress(BaseException):
            os.write(tell, _pickled(error))
            code = 0
    finally:
        # Not sys.exit: what the first process has open is not this one's to close.
        os._exit(code)


def _pickled(error: BaseException) -> bytes:
    try:
        data = pickle.dumps(error)
        pickle.loads(data)
        return data
    except Exception:
        return pickle.dumps(RuntimeError(f"{type(error).__name__}: {error}"))
