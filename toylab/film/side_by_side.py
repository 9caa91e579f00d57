"""Several stages side by side: traces that differ in something, or the seeds of one trace."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from toylab.base.counted import Counted
from toylab.base.errors import ToylabError
from toylab.film.differences import told_differences
from toylab.film.layout import in_rows
from toylab.film.script import Cell, Script, chosen_plans, filmed_seed, told
from toylab.film.words import WORDS, told_claim
from toylab.metrics.claim import satisfied, span_in, told_claims
from toylab.trace import Trace
from toylab.trace.bounds import MOST_FILMED

MOST_TRACES = 4


def side_by_side(traces: Sequence[Trace], seed: int | None, layers: Sequence[str] | None) -> Script:
    """Two to four traces; their titles say only in what their settings differ.

    A past that they share is drawn once: until it ends only the first of them is shown.

    Args:
        traces: What was measured, with one square of data units.
        seed: Whose films; those that the scenarios ask for, or the first filmed ones, if none is given.
        layers: Names of layers, bottom first; those of the first trace if none are given.

    Raises:
        ToylabError: If there are too few or too many, their squares differ, none of their seeds was
            filmed, or a layer is unknown.
    """
    if not 2 <= len(traces) <= MOST_TRACES:
        raise ToylabError(f"compare takes 2 to {MOST_TRACES} traces, got {len(traces)}.")
    for trace in traces[1:]:
        if not np.array_equal(trace.extent, traces[0].extent):
            raise ToylabError(
                f"{traces[0].name} and {trace.name} cannot stand side by side: they show other "
                "squares of the plane.\n  Compare games on one target."
            )
    shared = _shared_seed(traces) if seed is None else seed
    seeds = [filmed_seed(trace, shared) for trace in traces]
    titles: list[dict[str, str]] = [{} for _ in traces]
    heading = {}
    for code, words in WORDS.items():
        differ = told_differences([trace.settings for trace in traces], code)
        # Two games on two seeds differ in their luck as well.
        lucky = len(set(seeds)) > 1 or not any(differ)
        for title, own, one in zip(titles, differ, seeds, strict=True):
            luck = f"{words.seed} {one}" if lucky else ""
            title[code] = " · ".join(filter(None, (own, luck)))
        names = dict.fromkeys(words.of(trace.settings, "title") for trace in traces)
        heading[code] = " · ".join(names)
    begins = [_parting(k, traces, seeds) for k in range(len(traces))]
    cells = [
        Cell(trace, seed, title, begins=at)
        for trace, seed, title, at in zip(traces, seeds, titles, begins, strict=True)
    ]
    _, lesson = told(traces[0])
    return _in_rows(cells, heading, lesson, layers)


def _parting(k: int, traces: Sequence[Trace], seeds: Sequence[int]) -> int:
    """Up to which step a stage would show what one before it shows; 0 if they differ from the start."""
    return max((_shared(traces[j], traces[k], seeds[j], seeds[k]) for j in range(k)), default=0)


def _shared(one: Trace, other: Trace, seed: int, its_seed: int) -> int:
    """The last step of the past that two trainings share; 0 if there is none, or if they never part."""
    steps, ours, theirs = np.intersect1d(one.steps, other.steps, return_indices=True)
    if one.samples.shape[2] != other.samples.shape[2]:
        return 0
    row, its_row = one.row(seed), other.row(its_seed)
    parted = (
        k
        for k, (t, u) in enumerate(zip(ours, theirs, strict=True))
        if not np.array_equal(one.samples[t, row], other.samples[u, its_row], equal_nan=True)
    )
    k = next(parted, 0)
    # What all games of one seed share is no past but where they begin.
    if k < 2:
        return 0
    # Where somebody changes something between the two snapshots, there they part.
    turns = [at for at in {*one.changes} ^ {*other.changes} if steps[k - 1] <= at < steps[k]]
    return int(min(turns, default=steps[k - 1]))


def of_seeds(trace: Trace, seeds: Sequence[int] | None, layers: Sequence[str] | None) -> Script:
    """Up to nine seeds of one trace, and how many of them do as its first claim says.

    Args:
        trace: What was measured.
        seeds: Which seeds; the first nine that were filmed if none are given.
        layers: Names of layers, bottom first; the scenario's if none are given.

    Raises:
        ToylabError: If a seed was not filmed, there are too many, or a layer is unknown.
    """
    filmed = [int(trace.seeds[row]) for row in trace.filmed[:MOST_FILMED]]
    chosen = filmed if seeds is None else list(seeds)
    if not 1 <= len(chosen) <= MOST_FILMED:
        raise ToylabError(f"A grid shows 1 to {MOST_FILMED} seeds, got {len(chosen)}.")
    for seed in chosen:
        trace.filmed_row(seed)
    title, lesson = told(trace)
    # A claim against another scenario cannot be judged from this trace alone.
    claim = next((c for c in told_claims(trace) if not c.against), None)
    marks, judged = dict.fromkeys(chosen, ""), 0
    if claim is not None:
        does = satisfied(claim, trace)
        marks = {seed: "✓" if does[trace.row(seed)] else "✗" for seed in chosen}
        # Where its window ends, and with rounding never beyond the last.
        end = span_in(claim, trace)[1] * float(trace.steps[-1])
        judged = min(int(np.searchsorted(trace.steps, end)), len(trace.steps) - 1)
        n, hits = Counted(len(chosen)), sum(bool(does[trace.row(seed)]) for seed in chosen)
        lesson = {
            code: f"{words.seeds_hold.format(hits=hits, n=n)}: {told_claim(claim, words)}"
            for code, words in WORDS.items()
        }

    numbered = {
        seed: {code: f"{words.seed} {seed}" for code, words in WORDS.items()} for seed in chosen
    }
    cells = [Cell(trace, seed, numbered[seed], marks[seed], judged) for seed in chosen]
    return _in_rows(cells, title, lesson, layers)


def _in_rows(
    cells: Sequence[Cell],
    title: dict[str, str],
    lesson: dict[str, str],
    layers: Sequence[str] | None,
) -> Script:
    names, _ = chosen_plans(cells[0].trace, layers)
    return Script(cells, title, lesson, names, in_rows(len(cells)))


def _shared_seed(traces: Sequence[Trace]) -> int | None:
    """The first seed that one of the scenarios asks for, if all traces have it filmed."""
    asked = (trace.settings["film"].get("seed") for trace in traces)
    seed = next((seed for seed in asked if seed is not None), None)
    return seed if all(seed in trace.seeds[trace.filmed] for trace in traces) else None
