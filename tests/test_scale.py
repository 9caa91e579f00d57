"""What grows with steps, seeds, frames and points of a file, and by how much; `make scale` measures the times."""

from __future__ import annotations

import importlib.util
import platform
import subprocess
import sys
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import toylab
from toylab.base import memory
from toylab.claims.workers import Workers
from toylab.scenario.scenario import Scenario
from toylab.targets.target import blurred_log_density
from toylab.training.run import train

Make = Callable[..., Scenario]


def peak(work: Callable[[], Any]) -> int:
    """Bytes of Python and numpy that were held at once, above what was held before."""
    tracemalloc.start()
    try:
        work()
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_steps(small: Make) -> None:
    def played(steps: int) -> Callable[[], Any]:
        scenario = small(training={"steps": steps}, recording={"snapshots": 3})
        return lambda: toylab.record(scenario, [0])

    played(8)()  # what is loaded once and kept
    # A number kept for each of 800 steps would be 6 kB, a batch 100 kB; what is drawn at once is the same.
    assert peak(played(864)) - peak(played(64)) < 6_000


def test_a_training_that_is_looked_at_and_let_go_keeps_no_snapshot(small: Make) -> None:
    def seen(snapshots: int) -> Callable[[], Any]:
        scenario = small(training={"steps": 400}, recording={"snapshots": snapshots, "grid": 64})
        return lambda: [shot.step for shot in train(scenario, [0])]

    seen(5)()
    # A snapshot is 18 kB here: 180 more of them would be 3.2 MB. torch frees its tensors' wrappers, some 600
    # bytes a snapshot, where tracemalloc does not see it: measured, resident memory stays within 100 kB
    # from 200 to 3,200 snapshots, while this number grows by 100 kB from 20 to 200.
    assert peak(seen(200)) - peak(seen(20)) < 180 * 18_000 / 10


@pytest.mark.parametrize("what", ["seeds", "snapshots", "filmed"])
def test_a_trace_grows_by_as_much_for_each_that_is_added(what: str, small: Make) -> None:
    def size(n: int) -> int:
        scenario = small(
            training={"steps": 40}, recording={"snapshots": n if what == "snapshots" else 5}
        )
        n_seeds = 24 if what == "filmed" else n if what == "seeds" else 1
        trace = toylab.record(scenario, range(n_seeds), filmed=range(n if what == "filmed" else 1))
        assert len(trace.steps) == scenario.recording.snapshots
        arrays = [value for value in vars(trace).values() if isinstance(value, np.ndarray)]
        return sum(array.nbytes for array in arrays)

    sizes = [size(n) for n in (8, 16, 24)]
    assert sizes[2] - sizes[1] == sizes[1] - sizes[0] > 0


def test_a_density_of_many_points_is_worked_out_in_pieces() -> None:
    rng = np.random.default_rng(0)
    places = rng.normal(size=(96, 96, 2))

    def density(n: int) -> Callable[[], Any]:
        knots = rng.normal(size=(n, 2))
        return lambda: blurred_log_density(places, knots, 0.1)

    # The whole table of 20,000 points would be 1.5 GB, twice that of 10,000.
    assert peak(density(20_000)) < 1.2 * peak(density(10_000)) < 300e6


# Pages of 160 MB that were freed: held on to, and then given back. In a process of its own, whose allocator
# nobody else has set.
FREED = """
import numpy as np
from pathlib import Path
from toylab.base.memory import give_back, keep_freed

def resident():
    return int(Path("/proc/self/statm").read_text().split()[1])

keep_freed()
before = resident()
pieces = [np.ones(500_000) for _ in range(40)]
del pieces
kept = resident()
give_back()
print(kept - before, resident() - before)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators keep their ways")
def test_what_was_freed_is_kept_until_it_is_given_back() -> None:
    told = subprocess.run([sys.executable, "-c", FREED], capture_output=True, text=True, check=True)
    kept, left = map(int, told.stdout.split())
    # Pages of 4 kB: 39,000 were written to. An import or a page table may take some hundreds.
    assert kept > 35_000
    assert left < 4_000


def test_a_training_leaves_the_allocator_of_its_host_alone(
    small: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Commands and workers arrange their own; a worker that is no process of its own does not either.
    monkeypatch.setattr(memory, "_of_glibc", lambda name: pytest.fail(f"{name} is asked for"))
    toylab.record(small(), [0])
    assert list(Workers(1).results(abs, [-1, 2])) == [1, 2]


@pytest.mark.parametrize("what", ["steps", "seeds", "frames", "points"])
def test_what_is_measured_by_hand_still_runs(what: str) -> None:
    path = Path(__file__).parent / "bench" / "scale.py"
    spec = importlib.util.spec_from_file_location("scale", path)
    assert spec is not None and spec.loader is not None
    scale = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(scale)
    function, most = scale.GROWING[what]
    assert most >= 500
    function(20)
