"""Tables: the rows of a sweep, on the disk as they come; a writer per file ending."""

from __future__ import annotations

import contextlib
import csv
import errno
import importlib
import io
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from toylab.base.extras import expect_extra
from toylab.base.files import naming, whole
from toylab.base.foreign import at_home
from toylab.claims.sweep import Plan, SweepRow

# Takes the rows of an ensemble that has ended.
Add = Callable[[Sequence[SweepRow]], None]


@dataclass(frozen=True)
class TableWriter:
    """A row of the table of writers.

    Attributes:
        open: Opens a table for a sweep; leaving the block finishes it.
        module: A package that it needs and that may be missing.
        extra: What installs that package.
    """

    open: Callable[[Path, Plan], AbstractContextManager[Add]]
    module: str = ""
    extra: str = ""


def check_table(path: Path) -> None:
    """Check that a table can be written, before anything is trained.

    Raises:
        ToylabError: If its extra is not installed.
    """
    row = TABLES[path.suffix.lower()]
    instead = f"write {path.with_suffix('.csv').name}"
    expect_extra(row.module, row.extra, f"write {path}", instead)


def names(plan: Plan) -> list[str]:
    """Names of the columns."""
    return [*(axis.path for axis in plan.axes), "seed", *plan.metrics, "failure"]


@contextlib.contextmanager
def _csv(path: Path, plan: Plan) -> Iterator[Add]:
    """Text, numbers to six digits. Rows are appended: a killed sweep leaves those that had ended."""
    begun, place = False, at_home(path)

    def add(rows: Sequence[SweepRow]) -> None:
        nonlocal begun
        text = io.StringIO()
        writer = csv.writer(text)
        if not begun:
            writer.writerow(names(plan))
        for row in rows:
            shown = (f"{x:.6g}" for x in row.numbers)
            writer.writerow([*row.values, row.seed, *shown, row.failure])
        with naming(path):
            if not begun:
                # What an earlier sweep left stands until this one has something to say.
                file.truncate(0)
                begun = True
            data, before = text.getvalue().encode(), file.seek(0, io.SEEK_END)
            # One write: no kill can part a row. A full disk can, and then none of these stay.
            if file.write(data) != len(data):
                file.truncate(before)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with naming(path):
        place.parent.mkdir(parents=True, exist_ok=True)
        file = place.open("ab", buffering=0)
    try:
        yield add
    finally:
        file.close()
        if not begun and place.is_file() and not place.stat().st_size:
            place.unlink()  # nothing came, and what was there before was empty


@contextlib.contextmanager
def _parquet(path: Path, plan: Plan) -> Iterator[Add]:
    """Columns with types, numbers in full; the file is whole at any moment, with the rows so far.

    A Parquet file ends with the directory of its rows, so that none can be appended to it: it is written
    anew, 5 ms for 10,000 rows, and moved into its place.
    """
    arrow, parquet = map(importlib.import_module, ("pyarrow", "pyarrow.parquet"))
    found: list[Any] = []

    def add(rows: Sequence[SweepRow]) -> None:
        found.append(arrow.table(dict(zip(names(plan), _columns(plan, rows), strict=True))))
        with whole(path) as part:
            parquet.write_table(arrow.concat_tables(found), part)

    yield add


def _columns(plan: Plan, rows: Sequence[SweepRow]) -> list[list[Any]]:
    """Values by column: settings as whole numbers, numbers or text, whatever all of them are."""
    settings = []
    for k, axis in enumerate(plan.axes):
        kind = next(kind for kind in (int, float, str) if _all(kind, axis.values))
        settings.append([kind(row.values[k]) for row in rows])
    numbers = [[row.numbers[k] for row in rows] for k in range(len(plan.metrics))]
    return [*settings, [row.seed for row in rows], *numbers, [row.failure for row in rows]]


def _all(kind: Callable[[str], Any], values: Sequence[str]) -> bool:
    try:
        for value in values:
            kind(value)
    except ValueError:
        return False
    return True


TABLES: dict[str, TableWriter] = {
    ".csv": TableWriter(_csv),
    ".parquet": TableWriter(_parquet, module="pyarrow", extra="parquet"),
}
