"""Tables of numbers as people have them: text whose separators, decimals and header nobody has told."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import numpy as np

from toylab.base.axes import Float

# Points of a file: the most that a film of minutes still draws from without a pause.
MOST_POINTS = 1_000_000
# Lines from whose cells the separators are told, and from which header and columns are.
_TRIED, _LOOKED_AT = 100, 1000
# Characters of a line: hundreds of columns have room, and every way to part them is tried in a moment.
_LONGEST = 10_000
# Leading lines that may hold no number: a title, an empty line, names, units.
_MOST_ABOVE = 20

Decimal = Literal["point", "comma"]
_Mark = Literal[".", ","]
_MARKS: dict[Decimal | None, _Mark | None] = {None: None, "point": ".", "comma": ","}
NumberedLine = tuple[int, str]
Row = tuple[int, list[str]]


class Unreadable(Exception):
    """What is wrong with a file, without its name."""


@dataclass(frozen=True)
class Told:
    """What the user says of a table; the rest is decided by rule.

    Attributes:
        header: Whether names stand above the columns.
        columns: The two that hold the points: their names, or their places from 0 on; none given if empty.
        decimal: What parts whole numbers from their decimals.
    """

    header: bool | None = None
    columns: tuple[str | int, ...] = ()
    decimal: Decimal | None = None


@dataclass
class Notes:
    """What is said of a table once it is read.

    Attributes:
        words: What was made of it, in a few words each.
        doubts: What may have been meant otherwise, and what to do about it.
    """

    words: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)


class _Dialect(NamedTuple):
    delimiter: str
    decimal: _Mark


# In the order in which they are preferred where several would do.
_DIALECTS = [
    _Dialect(delimiter, decimal)
    for delimiter in (";", "\t", "|", ",", " ", "\u00a0")
    for decimal in (".", ",")
]
_SEPARATORS = {";": "semicolons", "\t": "tabs", "|": "bars", ",": "commas"}

# Typographic minuses and hyphens, full-width marks of Chinese tables, and what has no width at all.
_SPELT = str.maketrans(
    {**dict.fromkeys("−‐‑‒–—﹣－", "-"), "＋": "+", "．": ".", "，": ",", "；": ";"}
    | dict.fromkeys("\ufeff\u200b\u200e\u200f")
)
_QUOTES = " \t\u00a0\u202f\"'“”„‘’«»"
_BLANK = " \u00a0\u2007\u2009\u202f'’"
_MISSING = frozenset(
    {"", "-", "--", "?", ".", "na", "n/a", "#n/a", "nan", "inf", "-inf", "null", "none"}
)


def _patterns(decimal: str, other: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """A number without and with marks between its thousands."""
    plain = rf"[+-]?(?:\d+\{decimal}?\d*|\{decimal}\d+)(?:[eE][+-]?\d+)?"
    grouped = rf"[+-]?\d{{1,3}}([{_BLANK}\{other}])\d{{3}}(?:\1\d{{3}})*(?:\{decimal}\d*)?"
    return re.compile(plain), re.compile(grouped)


_NUMBER = {".": _patterns(".", ","), ",": _patterns(",", ".")}
# The same digits are 60 with three decimals in one country and sixty thousand in another.
_THREE = re.compile(r"[+-]?[1-9]\d{0,2}[.,]\d{3}")


def _number(cell: str, decimal: _Mark) -> float | None:
    """The number that stands in a cell, if one does."""
    plain, grouped = _NUMBER[decimal]
    text = cell if plain.fullmatch(cell) else cell.translate(_SPELT).strip(_QUOTES)
    if not plain.fullmatch(text):
        if not grouped.fullmatch(text):
            return None
        text = re.sub(rf"[{_BLANK}{'.' if decimal == ',' else ','}]", "", text)
    value = float(text.replace(",", "."))
    return value if np.isfinite(value) else None


def read_table(text: str, told: Told, notes: Notes) -> Float:
    """Pairs of numbers, one a line, float64, [M, 2].

    Args:
        text: What the file holds.
        told: What the user says of it.
        notes: Filled with what is to be said.

    Raises:
        Unreadable: If there are none.
    """
    lines, separator = _lines(text, notes)
    dialect = _dialect(lines[:_TRIED], separator, _MARKS[told.decimal])
    head = _rows(lines[:_LOOKED_AT], dialect)
    above = _above(head, dialect, told, notes)
    columns = _Columns.chosen(head, above, dialect, told, notes)
    start = head[above][0] if above < len(head) else 0
    body = [line for line in lines if line[0] >= start]
    points = _at_once(body, dialect, columns)
    if points is None:
        points = np.array(list(_pairs(body, dialect, columns)), np.float64).reshape(-1, 2)
    if not len(points):
        raise Unreadable("holds no points")
    _say_separators(head[above:], dialect, columns, told, notes)
    return points


def _lines(text: str, notes: Notes) -> tuple[list[NumberedLine], str]:
    """Numbered lines that hold something, and the separator if the first line names it."""
    # Only these end a line: what else Python takes for an end would cut a cell, and is not counted.
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    n = text.count("\n")
    if n > 2 * MOST_POINTS:
        raise Unreadable(f"holds {n:,} lines, at most {MOST_POINTS:,} points are allowed")
    lines, comments, separator = [], 0, ""
    for i, line in enumerate(text.split("\n"), 1):
        if len(line) > _LONGEST:
            raise Unreadable(
                f"line {i} has {len(line):,} characters, at most {_LONGEST:,} are allowed"
            )
        kept = line
        if "#" in line and '"' not in line:
            kept = line.partition("#")[0]
        if line.lstrip().startswith(("%", "//")):
            kept = ""
        comments += not kept.strip() and bool(line.strip())
        # What Excel writes, and reads, above a table of its own.
        named = re.fullmatch(r'"?sep=(.)"?', kept.strip(" ")) if not lines else None
        if named:
            separator = named[1]
        # A line of separators alone is an empty row of a spreadsheet.
        elif kept.strip(' \t,;|"'):
            lines.append((i, kept))
    if comments:
        notes.words.append(f"{comments:,} {_of('comment', comments)} left out")
    if not lines:
        raise Unreadable("holds no points")
    return lines, separator


def _of(noun: str, n: int) -> str:
    return noun if n == 1 else f"{noun}s"


def _split(line: str, delimiter: str) -> list[str]:
    if delimiter == "\u00a0":
        return line.split()
    if delimiter == ",":
        # Empty columns that a spreadsheet has put behind a table with commas.
        line = line.rstrip("; \t")
    if '"' in line:
        line = line.strip() if delimiter == " " else line
        try:
            return next(csv.reader([line], delimiter=delimiter, skipinitialspace=True))
        except csv.Error as error:
            raise Unreadable(f'has a line that is "{line[:40]}" ({error})') from None
    if delimiter == " ":
        return re.split(r"[ \t]+", line.strip(" \t"))
    # A full-width comma of a Chinese table is one.
    return (line.translate(_SPELT) if delimiter in ",;" else line).split(delimiter)


def _dialect(lines: Sequence[NumberedLine], separator: str, decimal: _Mark | None) -> _Dialect:
    """The separators by which most lines hold two numbers, and most of what stands in them is one.

    Raises:
        Unreadable: If no line does.
    """

    def fitness(dialect: _Dialect) -> tuple[int, float, int]:
        pairs = found = filled = bent = 0
        for _, line in lines:
            cells = [cell for cell in _split(line, dialect.delimiter) if cell.strip()]
            numbers = [cell for cell in cells if _number(cell, dialect.decimal) is not None]
            pairs += len(numbers) >= 2
            other = "." if dialect.decimal == "," else ","
            # Words of a header say nothing of numbers.
            wordy = not numbers and not any(_number(cell, other) is not None for cell in cells)
            found, filled = found + len(numbers), filled + len(cells) * (not wordy)
            # 1,234 read as 1234: allowed where nothing else will do.
            alone = dialect.delimiter != "," and dialect.decimal != decimal
            bent += sum(
                alone and bool(_THREE.fullmatch(c.strip(_QUOTES))) and other in c for c in numbers
            )
        return pairs, found / max(filled, 1), -bent

    fitting = [
        one
        for one in _DIALECTS
        if separator in ("", one.delimiter) and decimal in (None, one.decimal)
    ]
    if not fitting:
        fitting = [_Dialect(separator, one) for one in (".", ",") if decimal in (None, one)]
    best = max(fitting, key=fitness)
    if not fitness(best)[0]:
        raise Unreadable(_no_pair(lines))
    return best


def _no_pair(lines: Sequence[NumberedLine]) -> str:
    """What is wrong with lines of which none holds two numbers."""
    for i, line in lines:
        if _number(line, ".") is not None or _number(line, ",") is not None:
            return f"line {i} has 1 columns"
        if any(character.isdigit() for character in line):
            return f'line {i} is "{line.strip()[:40]}", and no two numbers'
    return "holds no points"


def _rows(lines: Iterable[NumberedLine], dialect: _Dialect) -> list[Row]:
    """Cells of each line; lines of nothing but separators are none."""
    rows = [(i, [c.strip() for c in _split(line, dialect.delimiter)]) for i, line in lines]
    return [(i, cells) for i, cells in rows if any(cells)]


def _above(rows: Sequence[Row], dialect: _Dialect, told: Told, notes: Notes) -> int:
    """How many rows stand above the numbers."""

    def numbers(row: Row) -> list[float | None]:
        return [_number(cell, dialect.decimal) for cell in row[1] if cell]

    def wordy(row: Row) -> bool:
        return not any(x is not None for x in numbers(row)) and not _lacks(row[1])

    if told.header is False:
        return 0
    n = 0
    while n < min(len(rows), _MOST_ABOVE) and wordy(rows[n]):
        n += 1
    if not n and rows:
        n = int(told.header or _names_above(rows, dialect, notes))
    if n:
        names = [", ".join(cell for cell in cells if cell) for _, cells in rows[:n]]
        left = " / ".join(names)
        notes.words.append(f"header {left[:80]}{'...' if len(left) > 80 else ''} left out")
    else:
        notes.words.append("no header")
    return n


def _lacks(cells: Sequence[str]) -> bool:
    """Whether a row has nothing in it but words for a number that is not there."""
    return all(cell.translate(_SPELT).lower() in _MISSING for cell in cells)


def _names_above(rows: Sequence[Row], dialect: _Dialect, notes: Notes) -> bool:
    """Whether the first row, which holds a number, is a header after all."""
    cells, below = [c for c in rows[0][1] if c], rows[1:]
    first = [_number(cell, dialect.decimal) for cell in cells]
    bare = [cell.strip(_QUOTES) for cell in cells]
    words = [b for b, x in zip(bare, first, strict=True) if x is None]
    whole = [b.isdecimal() for b, x in zip(bare, first, strict=True) if x is not None]
    if not below or not whole or not all(whole) or _MISSING & {word.lower() for word in words}:
        return False
    if words:
        # "town, 2023" is a header, "1, x2" and a town with its numbers are none.
        columns = list(zip(*(c for _, c in below if len(c) == len(rows[0][1])), strict=False))
        place = [rows[0][1].index(cell) for cell, x in zip(cells, first, strict=True) if x is None]
        of_numbers = any(
            i < len(columns) and any(_number(c, dialect.decimal) is not None for c in columns[i])
            for i in place
        )
        named = of_numbers and not any(ch.isdigit() for word in words for ch in word)
        return named and _taken_for_header(cells, notes)
    return _far_above([x for x in first if x is not None], cells, below, dialect, notes)


def _taken_for_header(cells: Sequence[str], notes: Notes) -> bool:
    """Yes, and say how it is decided otherwise."""
    notes.doubts.append(
        f"{', '.join(cells)} above the other numbers was taken for a header. If it is a point, write "
        "header = false below [target]."
    )
    return True


# Whole numbers that name a column rather than count something.
_YEARS = range(1800, 2101)


def _far_above(
    first: Sequence[float],
    cells: Sequence[str],
    below: Sequence[Row],
    dialect: _Dialect,
    notes: Notes,
) -> bool:
    """Whether whole numbers in the first row are names: years, or far beyond all that stands below."""
    rows = [[_number(c, dialect.decimal) for c in cells if c] for _, cells in below]
    table = np.array([[*map(float, r)] for r in rows if len(r) == len(first) and None not in r])  # pyright: ignore[reportArgumentType]
    if not len(table):
        return False
    low, high = table.min(axis=0), table.max(axis=0)
    off = np.maximum(low - first, np.asarray(first) - high)
    far = len(table) > 2 and bool((off > 3 * np.maximum(high - low, 1e-300)).all())
    years = all(x in _YEARS for x in first) and not all(x in _YEARS for x in table.ravel())
    if far or years:
        return _taken_for_header(cells, notes)
    counted = len(first) > 1 and all(b - a == 1 for a, b in zip(first, first[1:], strict=False))
    if counted and first[0] in (0, 1) and not (table == np.round(table)).all(axis=1).any():
        notes.doubts.append(
            f"{', '.join(cells)} above the other numbers was taken for a point. If it is a header, write "
            "header = true below [target]."
        )
    return False


@dataclass(frozen=True)
class _Columns:
    """Which two columns hold the points, and how many a line may have."""

    first: int
    second: int
    most: int
    names: tuple[str, ...]

    @classmethod
    def chosen(
        cls, head: Sequence[Row], above: int, dialect: _Dialect, told: Told, notes: Notes
    ) -> _Columns:
        """Choose them: as told, or the only two that hold anything, or numbers."""
        rows = [cells for _, cells in head[above:]]
        if not rows:
            raise Unreadable("holds no points")
        # As most rows have it; one that has more is told by its line.
        width = Counter(max(i for i, c in enumerate(row) if c) + 1 for row in rows).most_common()[
            0
        ][0]
        names = [cell.strip(_QUOTES) for cell in head[above - 1][1]] if above else []
        names = tuple((names + [""] * width)[:width])
        filled, numeric = [], []
        for i in range(width):
            cells = [row[i] for row in rows if i < len(row) and row[i]]
            good = sum(_number(cell, dialect.decimal) is not None for cell in cells)
            filled += [i] * bool(cells)
            numeric += [i] * (bool(cells) and 2 * good >= len(cells))
        if told.columns:
            pair = [_place(column, names) for column in told.columns]
        else:
            pair = _only_two(filled, numeric, names, rows, dialect)
        if pair is None:
            raise Unreadable(_too_many(head[above][0], filled, names))
        others = [i for i in filled if i not in pair]
        if others or told.columns:
            notes.words.append(f"{_called(pair[0], names)} and {_called(pair[1], names)} read")
        if others:
            left = ", ".join(_called(i, names) for i in others)
            notes.words.append(f"{left[:80]} left out")
        return cls(pair[0], pair[1], max(filled) + 1, names)


def _called(i: int, names: Sequence[str]) -> str:
    return names[i] or f"column {i}"


def _place(column: str | int, names: Sequence[str]) -> int:
    """The place of a column by its name or by its place."""
    if isinstance(column, str) and column in names:
        return names.index(column)
    if isinstance(column, int) and 0 <= column < len(names):
        return column
    known = ", ".join(_called(i, names) for i in range(len(names)))
    raise Unreadable(f"has no column {column!r}; it has {known[:200]} (places count from 0)")


def _only_two(
    filled: Sequence[int],
    numeric: Sequence[int],
    names: Sequence[str],
    rows: Sequence[Sequence[str]],
    dialect: _Dialect,
) -> Sequence[int] | None:
    if len(filled) == 2:
        return filled
    if len(numeric) == 2:
        return numeric
    if len(numeric) == 3 and numeric[0] == 0 and names[0].lower() in ("", "index", "unnamed: 0"):
        # As pandas writes a table: each row begins with its number.
        counted = [_number(row[0], dialect.decimal) for row in rows if row[0]]
        if any(names) and counted in ([*range(len(rows))], [*range(1, len(rows) + 1)]):
            return numeric[1:]
    return None


def _too_many(line: int, filled: Sequence[int], names: Sequence[str]) -> str:
    said = f"line {line} has {len(filled)} columns"
    if len(filled) < 2:
        return said
    named = ", ".join(names[i] for i in filled if names[i])[:200]
    pair = [names[i] for i in filled[:2]] if any(names) else []
    example = f'["{pair[0]}", "{pair[1]}"]' if all(pair) and pair else "[0, 1]"
    return (
        said + f" ({named})" * bool(named) + f"; say which two hold the points: columns = {example}"
    )


def _at_once(lines: Sequence[NumberedLine], dialect: _Dialect, columns: _Columns) -> Float | None:
    """The points, if each line is nothing but plain cells: a tenth of the time that `_pairs` takes."""
    delimiter, mark = dialect
    at = columns.first, columns.second
    if delimiter in ("\u00a0", mark) or (delimiter == " " and columns.most > 2):
        return None

    def plain(line: str) -> str:
        line = line if line.isascii() else line.translate(_SPELT)
        # Behind the last column nothing but empty ones may stand.
        line = line.replace('"', "").rstrip(f"{delimiter} \t")
        if delimiter != " " and line.count(delimiter) != columns.most - 1:
            raise ValueError("a cell too many, or too few")
        if mark == "," and "." in line:
            raise ValueError("marks between thousands, or of both kinds")
        return line.replace(",", ".") if mark == "," else line

    try:
        found = np.loadtxt(
            map(plain, (line for _, line in lines)),
            delimiter=None if delimiter == " " else delimiter,
            comments=None,
            ndmin=2,
            usecols=at if columns.most > 2 else None,
        )
    except ValueError:
        return None  # told by `_pairs`, with its line
    if found.shape[1] != 2 or not np.isfinite(found).all():
        return None
    # Of more columns loadtxt took these two in this order; of two it took both, and so counted them.
    return found if columns.most > 2 else found[:, list(at)]


def _pairs(
    lines: Sequence[NumberedLine], dialect: _Dialect, columns: _Columns
) -> Iterable[tuple[float, float]]:
    """The points, line by line."""
    at = columns.first, columns.second
    for i, line in lines:
        cells = [cell.strip() for cell in _split(line, dialect.delimiter)]
        while cells and not cells[-1]:
            cells.pop()
        if not cells or not any(cells):
            continue
        if not max(at) < len(cells) <= columns.most:
            raise Unreadable(f"line {i} has {len(cells)} columns")
        x, y = (_number(cells[place], dialect.decimal) for place in at)
        if x is None or y is None:
            lacking = [cells[p] for p in at if cells[p].translate(_SPELT).lower() in _MISSING]
            said = f'line {i} is "{line.strip()[:40]}"'
            raise Unreadable(said + ", where a number is missing or not finite" * bool(lacking))
        yield x, y


def _say_separators(
    rows: Sequence[Row], dialect: _Dialect, columns: _Columns, told: Told, notes: Notes
) -> None:
    """Note what parts columns, thousands and decimals, and what else it could be."""
    at = columns.first, columns.second
    pairs = [(cells[at[0]], cells[at[1]]) for _, cells in rows if max(at) < len(cells)]
    cells = [cell.translate(_SPELT).strip(_QUOTES) for pair in pairs for cell in pair]
    plain, grouped = _NUMBER[dialect.decimal]
    if any(dialect.decimal in cell for cell in cells) and dialect.decimal == ",":
        notes.words.append("decimal commas")
    if any(not plain.fullmatch(cell) and grouped.fullmatch(cell) for cell in cells):
        notes.words.append("marks between thousands")
    if dialect.delimiter in _SEPARATORS and dialect.delimiter != ",":
        notes.words.append(f"{_SEPARATORS[dialect.delimiter]} between columns")
    # Where commas part columns a point stands before decimals; where blanks do, thousands have no marks.
    parted = any("," in cell for cell in cells) if dialect.delimiter == "," else True
    if told.decimal is None and parted and dialect.delimiter not in " \u00a0" and _either(cells):
        one = cells[0]
        as_number = _number(one, dialect.decimal)
        other, name = (",", "comma") if dialect.decimal == "." else (".", "point")
        notes.doubts.append(
            f'"{one}" was read as {as_number:g}. If it is {_number(one, other):g}, write '
            f'decimal = "{name}" below [target].'
        )
    alone = dialect.delimiter == "," and not any(columns.names) and told.header is None
    if alone and columns.most == 2 and all(cell.isdecimal() for cell in cells):
        one = ",".join(pairs[0])
        notes.doubts.append(
            f'"{one}" was read as two numbers. If its comma is a decimal mark, the file has one column '
            "and two are needed; if it is not, header = false below [target] says so."
        )


def _either(cells: Sequence[str]) -> bool:
    """Whether each number may be thousands as well as three decimals."""
    return bool(cells) and all(map(_THREE.fullmatch, cells))
