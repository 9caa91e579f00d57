"""Chapters: what happens in a training, and in which snapshot."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from toylab.base.counted import Counted
from toylab.film.differences import told_changes
from toylab.film.script import plans
from toylab.film.words import Words
from toylab.metrics import METRICS
from toylab.metrics.claim import REDUCTIONS, RELATIONS, SIGNS, told_claims
from toylab.trace import Trace

# Marks closer than this share of the training are one mark.
_CLOSE = 0.03
# More marks than these are noise.
_MOST = 6
# Snapshots that are asked whether a claim holds, at most: a density may take a tenth of a second, and a
# hundredth of the training beside its place a mark is where it was.
_ASKED = 121


@dataclass(frozen=True)
class Chapter:
    """Something that happened.

    Attributes:
        frame: Snapshot in which it first shows.
        words: What happened.
        what: Of a change on the way, what is changed, without its step; else empty.
        step: Before which round a change comes.
    """

    frame: int
    words: str
    what: str = ""
    step: int = 0


def chapters_of(trace: Trace, seed: int, words: Words) -> list[Chapter]:
    """When settings change, claims begin to hold for good, modes are won and lost, the seed diverges.

    Changes are all told; of the rest what there is room for between them.

    Args:
        trace: What was measured.
        seed: Whose training.
        words: Language.

    Returns:
        In order of time; the first snapshot has none.
    """
    row = trace.row(seed)
    found = [*_modes(trace, row, words), *_claims(trace, row, words)]
    ended = int(trace.diverged_at[row])
    if ended >= 0:
        at = int(np.searchsorted(trace.steps, ended))
        found.append(Chapter(min(at, len(trace.steps) - 1), words.diverged.format(step=ended)))
    changes = changes_of(trace, words)
    kept: list[Chapter] = []
    apart = _CLOSE * (len(trace.steps) - 1)
    for chapter in sorted(found, key=lambda c: c.frame):
        near = [*kept[-1:], *changes]
        if chapter.frame > 0 and all(abs(chapter.frame - c.frame) >= apart for c in near):
            kept.append(chapter)
    room = max(0, _MOST - len(changes))
    return sorted([*kept[:room], *changes], key=lambda c: c.frame)


def changes_of(trace: Trace, words: Words) -> list[Chapter]:
    """The changes on the way, each where it is first felt: the snapshot of its step shows what was before.

    Args:
        trace: What was measured.
        words: Language.
    """
    last = len(trace.steps) - 1
    return [
        Chapter(
            min(int(np.searchsorted(trace.steps, at)), last),
            words.change.format(step=at, what=what),
            what,
            at,
        )
        for at, what in told_changes(trace.settings, words.code)
    ]


def _modes(trace: Trace, row: int, words: Words) -> list[Chapter]:
    """The most modes that are ever alive, and the moment when half of them are gone again."""
    if len(trace.target.modes) < 2:
        return []
    alive = METRICS["modes_covered"](trace)[:, row]
    if not np.isfinite(alive).any() or np.nanmax(alive) < 2:
        return []
    peak = int(np.nanargmax(alive))
    k = len(trace.target_of(peak).modes)
    found = [Chapter(peak, words.modes_won.format(n=int(alive[peak]), total=k))]
    lost = np.flatnonzero(alive[peak:] <= alive[peak] / 2)
    if len(lost):
        at = peak + int(lost[0])
        found.append(Chapter(at, words.modes_lost.format(n=Counted(alive[peak] - alive[at]))))
    return found


def _claims(trace: Trace, row: int, words: Words) -> list[Chapter]:
    """From which snapshot on the curve of a claim stays on its side, with the panel's name."""
    found, last = [], len(trace.steps) - 1
    every = -(-last // (_ASKED - 1)) or 1
    asked = range(last % every, last + 1, every)
    few = trace.during(asked.start, asked.stop, every) if every > 1 else trace
    drawn = {name for panel in plans(trace.settings)[1] for name in panel.metrics}
    for claim in told_claims(trace):
        metric = METRICS[claim.metric]
        if claim.against or not REDUCTIONS[claim.reduce].in_units:
            continue
        if metric.costly and claim.metric not in drawn:
            continue
        # What is counted up to a snapshot has to see all before it; what is costly has seen all by now.
        curve = metric(trace)[asked] if metric.cumulative or metric.costly else metric(few)
        holds = RELATIONS[claim.relation](curve[:, row], claim.threshold)
        if not holds[-1] or holds.all():
            continue
        first = asked[int(np.flatnonzero(~holds)[-1]) + 1]
        told = f"{words.label(metric)} {SIGNS[claim.relation]} {claim.threshold:g}"
        found.append(Chapter(first, told))
    return found
