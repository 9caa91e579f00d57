"""A sweep as a command runs it: trained, and its tables, pictures and films written."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from math import isfinite
from pathlib import Path
from typing import Any

from toylab.base.errors import ToylabError
from toylab.base.files import expect_apart, whole
from toylab.claims.report import about
from toylab.claims.sweep import Plan, SweepRow, Values, films, rows, told
from toylab.claims.sweep_tables import TABLES, check_table
from toylab.claims.workers import Workers
from toylab.cli.look import Look
from toylab.cli.rehearsal import rehearse
from toylab.film.diagram import PICTURES, Runs, check_axes, check_words, diagram
from toylab.film.product import check_product, product
from toylab.film.words import WORDS
from toylab.film.writers import WRITERS, check_outputs
from toylab.film.writers.endings import ending_of, unknown_ending
from toylab.metrics import METRICS
from toylab.show.cinema import Projection
from toylab.trace import Trace

# Passes items on, knowing how many will come and what is done with them; for showing progress.
Progress = Callable[[Iterable[Any], int, str], Iterator[Any]]


@dataclass(frozen=True)
class Outputs:
    """What a sweep writes, by kind.

    Attributes:
        tables: A row a run.
        pictures: The metric over the settings.
        films: A grid of films. Text, since a folder of frames is told by its last slash.
    """

    tables: tuple[Path, ...]
    pictures: tuple[Path, ...]
    films: tuple[str, ...]

    @classmethod
    def of(cls, names: Sequence[str]) -> Outputs:
        """Sort outputs by their endings, before anything is trained.

        Raises:
            ToylabError: If an ending is unknown, a name stands twice, or a package is missing.
        """
        expect_apart(names)
        endings = {name: ending_of(name) for name in names}
        for name, ending in endings.items():
            if ending not in (*TABLES, *WRITERS):
                raise ToylabError(unknown_ending(name, (*TABLES, *WRITERS)))
        tables = tuple(Path(name) for name in names if endings[name] in TABLES)
        pictures = tuple(Path(name) for name in names if endings[name] in PICTURES)
        moving = tuple(name for name in names if endings[name] not in (*TABLES, *PICTURES))
        for path in tables:
            check_table(path)
        check_outputs(moving)
        return cls(tables, pictures, moving)

    def check(self, over: Sequence[tuple[str, Sequence[str]]]) -> None:
        """Check that pictures and films can show the settings.

        Raises:
            ToylabError: If there are too many.
        """
        for path in self.pictures:
            check_axes(path, over)
        for name in self.films:
            check_product(name, over)

    def filled_by(self, rows: Sequence[SweepRow]) -> Outputs:
        """Those that rows can fill: no picture of no number, no film where nothing was trained."""
        pictured = any(isfinite(row.numbers[0]) for row in rows)
        # The film is of the first seed of each combination.
        filmed = any(row.fault is None and row.seed == rows[0].seed for row in rows)
        return replace(
            self,
            pictures=self.pictures if pictured else (),
            films=self.films if filmed else (),
        )

    def __contains__(self, name: str) -> bool:
        """Whether a name is among them."""
        return Path(name) in map(Path, (*self.tables, *self.pictures, *self.films))


def run_sweep(
    plan: Plan,
    workers: Workers,
    outputs: Outputs,
    look: Look,
    folder: Path,
    command: str = "",
    watch: Progress = lambda items, total, words: iter(items),
) -> tuple[list[SweepRow], Outputs]:
    """Train a sweep and write everything; rows go to the tables as they come.

    A picture of no number and a film of no training are not written.

    Args:
        plan: What.
        workers: Who trains.
        outputs: What is written.
        look: How the pictures and films look.
        folder: Cache, as in `claims.cache`.
        command: What the user typed.
        watch: Shows progress.

    Returns:
        The rows, and what was written.

    Raises:
        ToylabError: If a picture or a film cannot show it, before anything is trained; or if a file
            cannot be written.
    """
    over, scenario = plan.axes, plan.scenarios[0][1]

    def opened(traces: dict[Values, Trace], runs: Runs) -> Projection:
        script = product(traces, over, runs, plan.metrics[0], look.named, look.lang)
        return Projection(script, look.theme, look.lang, "slide", look.style)

    words = WORDS[look.lang]
    title = words.of(scenario.settings, "title")
    if outputs.pictures:
        label = words.label(METRICS[plan.metrics[0]])
        shown = [title, label, *words.all, *(value for _, values in over for value in values)]
        check_words(shown, look.lang)
    if outputs.films and (brief := _brief(plan)):
        opened(brief, {values: [0.0] for values, _ in plan.scenarios})
    found: list[SweepRow] = []
    with ExitStack() as stack:
        tables = [(path, TABLES[path.suffix.lower()]) for path in outputs.tables]
        adds = [stack.enter_context(table.open(path, plan)) for path, table in tables]
        for part in watch(rows(plan, workers, folder), len(plan.tasks), "Sweeping"):
            for add in adds:
                add(part)
            found += part
    runs: dict[Values, list[float]] = {}
    for row in found:
        runs.setdefault(row.values, []).append(row.numbers[0])
    outputs = outputs.filled_by(found)
    origin = {
        "scenario": scenario.name,
        "settings": scenario.text,
        "film_command": command,
        **about(plan.seeds, plan.device),
    }
    del origin["date"]  # the same sweep, the same bytes
    for path in outputs.pictures:
        ending = path.suffix.lower()
        with whole(path) as part:
            named = plan.metrics[0], title, look.theme, origin, look.svg_text, look.lang
            diagram(part, ending, over, runs, *named)
    if outputs.films:
        film, timing = look.paced(opened(films(plan, folder), runs))
        film.save(
            *outputs.films,
            timing=timing,
            command=command,
            watch=lambda numbers: watch(numbers, len(numbers), "Filming the sweep"),
        )
    return found, outputs


def _brief(plan: Plan) -> dict[Values, Trace]:
    """A round of each combination, to try a film on; none of one that fails, whose row will say why."""
    shown: dict[Values, Trace] = {}
    for values, scenario in plan.scenarios:
        where = told(plan.axes, values)

        def keep(traces: list[Trace], values: Values = values) -> None:
            shown[values] = traces[0]

        try:
            rehearse([scenario], plan.seeds[:1], keep, where)
        except ToylabError:
            raise
        except Exception:
            continue
    return shown
