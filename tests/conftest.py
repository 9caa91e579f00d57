"""Small games and traces that many tests share."""

from __future__ import annotations

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from games import SMALL

from toylab.base.axes import Points
from toylab.scenario.scenario import Scenario, check
from toylab.trace import Trace
from toylab.training.run import record

# One thread: the suite's matmuls are tiny, and results must not depend on the machine's cores.
torch.set_num_threads(1)

# Tests press Ctrl-C, here and in commands that they start; a job in the background has it ignored.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def small() -> Callable[..., Scenario]:
    """Make a scenario of a few steps; keyword arguments lie over its tables."""

    def make(**tables: Any) -> Scenario:
        settings = {
            key: {**SMALL.get(key, {}), **value}
            if isinstance(value, dict) and "kind" not in value
            else value
            for key, value in {**SMALL, **tables}.items()
        }
        return check(settings, name="small")

    return make


@pytest.fixture(scope="session")
def small_trace() -> Trace:
    """A recorded game of three seeds, two of them filmed, on a finite training set."""
    finite = {**SMALL, "training": {**SMALL["training"], "points": 20}}
    return record(check(finite, name="small"), seeds=[0, 1, 2], filmed=[0, 2])


@pytest.fixture
def hand_made(small_trace: Trace) -> Callable[..., Trace]:
    """Make a trace whose clouds are given: one array [N, 2] a snapshot, one seed."""

    def make(*clouds: Points, target: str = 'kind = "ring"', **arrays: Any) -> Trace:
        t, n = len(clouds), len(clouds[0])
        nothing = np.zeros((t, 1, n), dtype=np.float32)
        rng = np.random.default_rng(7)
        text = f'title = "t"\nlesson = "l"\n[target]\n{target}\n[film]\n'
        fields: dict[str, Any] = {
            "steps": np.arange(t) * 10,
            "seeds": np.array([0]),
            "filmed": np.array([0]),
            "extent": small_trace.extent,
            "diverged_at": np.array([-1]),
            "samples": np.stack(clouds)[:, None].astype(np.float32),
            "real_logits": nothing,
            "fake_logits": nothing,
            "losses": np.zeros((t, 1, 2), np.float32),
            "gradients": np.zeros((t, 1, 4), np.float32),
            "critic": np.zeros((t, 1, 2), np.float32),
            "logits": np.zeros((t, 1, 8, 8), np.float32),
            "pushes": np.zeros((t, 1, n, 2), np.float32),
            "lattice": np.zeros((t, 1, 0, 0, 2), np.float32),
            "train_logits": np.zeros((t, 1, 3), np.float32),
            "parameters": np.zeros((t, 1, 2), np.float32),
            "field": np.zeros((0, 0, 2), np.float32),
            "field_extent": np.zeros(4),
            "target_data": np.zeros((0, 0), np.float32),
            "settings_text": text,
            "provenance": {"scenario": "hand-made"},
            "real": np.zeros((1, n, 2), np.float32),
            **arrays,
        }
        trace = Trace(**fields)
        if "real" not in arrays:
            fields["real"] = trace.target.sample(rng, n)[None]
        return Trace(**fields)

    return make


@pytest.fixture
def scenario_file(tmp_path: Path) -> Callable[..., Path]:
    """Write a scenario file; `body` follows a title and a lesson."""

    def write(name: str, body: str = '[target]\nkind = "ring"\n', head: bool = True) -> Path:
        path = tmp_path / f"{name}.toml"
        start = 'title = "A title"\nlesson = "A lesson"\n' if head else ""
        path.write_text(start + body, encoding="utf-8")
        return path

    return write
