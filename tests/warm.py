"""Commands that begin at once: forked from a process that has imported all of toylab.

What is stopped is then a command at its work, and not Python at its imports; the command's own process is like
any other, with its own group, working folder and end.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

_SERVER = """
import importlib, json, os, pkgutil, resource, sys
import toylab

for module in pkgutil.walk_packages(toylab.__path__, "toylab."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)

def serve():
    for line in sys.stdin:
        words, folder, most, said = json.loads(line)
        child = os.fork()
        if not child:
            os.setpgid(0, 0)
            os.chdir(folder)
            for number, file in enumerate((os.devnull, os.devnull, said)):
                os.dup2(os.open(file, os.O_RDWR | os.O_CREAT), number)
            if most:
                resource.setrlimit(resource.RLIMIT_FSIZE, (most, most))
            return words
        try:
            os.setpgid(child, child)
        except OSError:
            pass  # it was quicker, and has ended
        print(child, flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)

words = serve()
if words is not None:
    sys.argv = ["toylab", *words]
    from toylab.__main__ import main
    main()
"""


class Warm:
    """Starts one command at a time."""

    def __init__(self, server: subprocess.Popen[str]) -> None:
        """Take the process that has imported everything."""
        self.server = server

    def start(
        self, words: Sequence[str], folder: Path, most: int = 0, said: Path | str = os.devnull
    ) -> int:
        """Start `toylab ...` in a folder, as the leader of its own group; its process's number.

        Args:
            words: What is typed.
            folder: Where.
            most: Bytes beyond which the system lets no file grow; 0 means that it does not care.
            said: A file that takes what is said on standard error.
        """
        return int(self._ask(json.dumps([list(words), str(folder), most, str(said)])))

    def wait(self) -> int:
        """The exit code of what was started; minus the signal that ended it."""
        return int(self._ask(""))

    def run(
        self, words: Sequence[str], folder: Path, most: int = 0, said: Path | str = os.devnull
    ) -> int:
        """Start a command and wait for it; arguments as `start`."""
        self.start(words, folder, most, said)
        return self.wait()

    def _ask(self, line: str) -> str:
        assert self.server.stdin and self.server.stdout
        self.server.stdin.write(line + "\n")
        self.server.stdin.flush()
        there, _, _ = select.select([self.server.stdout], [], [], 120)
        assert there, "the command neither ends nor is stopped"
        return self.server.stdout.readline()


@contextmanager
def warm() -> Iterator[Warm]:
    """A process that has imported all of toylab, from which commands are started."""
    server = subprocess.Popen(
        [sys.executable, "-W", "error", "-c", _SERVER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    with server:
        yield Warm(server)
