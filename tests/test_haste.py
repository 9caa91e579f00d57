"""Python's search for dead cycles is held back in a command, and left out at its end."""

from __future__ import annotations

from pathlib import Path

from commands import ran

ASKED = """
import gc
usual = gc.get_threshold()
from toylab.base.haste import hurry, leave
assert gc.get_threshold() == usual, "nothing happens to who imports it"
hurry()
# 700 before Python 3.13, 2,000 from there on.
assert gc.isenabled() and gc.get_threshold()[0] > 10 * usual[0]
# What is dead is still found.
class Node: pass
before = len(gc.get_objects())
for _ in range(200_000):
    one = Node(); one.itself = one
assert len(gc.get_objects()) - before < 150_000
leave()
assert gc.get_freeze_count() > 1000
"""


def test_dead_cycles_are_sought_seldom_and_not_at_the_end(tmp_path: Path) -> None:
    done = ran(["-c", ASKED], tmp_path)
    assert done.returncode == 0, done.stderr


def test_the_library_leaves_its_hosts_memory_alone(tmp_path: Path) -> None:
    words = "import gc; was = gc.get_threshold(); import toylab.cli.commands, toylab.training.run"
    done = ran(["-c", f"{words}; assert gc.get_threshold() == was, gc.get_threshold()"], tmp_path)
    assert done.returncode == 0, done.stderr
