"""Choosing a row of a table by name: `{kind = "ring", radius = 2.0}` becomes `ring(radius=2.0)`."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import MISSING, fields, is_dataclass
from types import UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from annotated_types import Interval, Len
from pydantic_core import PydanticCustomError, core_schema

from toylab.base.errors import ToylabError, cut, unknown

T = TypeVar("T")


def mistake(reason: str) -> PydanticCustomError:
    """What pydantic lists beside its own findings."""
    return PydanticCustomError("row", "{reason}", {"reason": reason})


class OneOf:
    """Annotation of a string that names a row of a table; pydantic reads it."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.table = table

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Allow the table's names and nothing else."""
        return core_schema.literal_schema(sorted(self.table))


class OrZero:
    """Annotation of a number that is 0, or within bounds that leave out what is nearly 0.

    Args:
        low: Least number but 0.
        high: Greatest number.
    """

    def __init__(self, low: float, high: float) -> None:
        self.low, self.high = low, high

    def allows(self, value: float) -> bool:
        """Whether a number is 0 or within the bounds."""
        return value == 0 or self.low <= value <= self.high

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Check the number."""
        return core_schema.no_info_after_validator_function(self._checked, handler(source))

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Tell editors of the gap as well."""
        within = {**handler(schema), "minimum": self.low, "maximum": self.high}
        return {"anyOf": [within, {"const": 0}]}

    def _checked(self, value: float) -> float:
        if self.allows(value):
            return value
        raise mistake(f"must be 0, or from {self.low:g} to {self.high:g}, got {value:g}.")


class Fitting:
    """Annotation of a value that may be of several types; of a union each branch would complain by itself.

    Args:
        fits: Whether a value is one; lists come as tuples.
        expected: What it must be, in words.
        schema: The same for editors, as JSON schema.
    """

    def __init__(self, fits: Callable[[Any], bool], expected: str, schema: dict[str, Any]) -> None:
        self._fits, self._expected, self._schema = fits, expected, schema

    def allows(self, value: Any) -> bool:
        """Whether a value is one."""
        return self._fits(tuple(value) if isinstance(value, list) else value)

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Check the value."""
        return core_schema.no_info_plain_validator_function(self._checked)

    def __get_pydantic_json_schema__(self, schema: Any, handler: Any) -> dict[str, Any]:
        """Tell editors."""
        return self._schema

    def _checked(self, value: Any) -> Any:
        if self.allows(value):
            return value
        raise mistake(f"must be {self._expected}, got {cut(repr(value))}.")


def refuse_outside(what: str, row: Callable[..., Any], settings: Mapping[str, Any]) -> None:
    """Refuse settings that a row's signature does not allow, from a file that nobody has checked.

    By the same bounds as `options` checks a scenario, but without pydantic: a film does not wait for it to
    load.

    Args:
        what: Path of the settings, for messages.
        row: Its parameters carry types and bounds.
        settings: Some of the parameters by name; others that the row does not know do not matter here.

    Raises:
        ToylabError: If one is of another type, or out of bounds.
    """
    for name, hint in get_type_hints(row, include_extras=True).items():
        if name in settings and misfit(settings[name], hint, name):
            raise ToylabError(_cannot(settings[name], f"{what}.{name}"))


# Beyond it a number is nothing that can be drawn; a whole number has no end of its own.
_LARGEST = 1e300


def misfit(value: Any, hint: Any, what: str) -> str:
    """Say how plain data is not of a type, or within a bound; empty if it is.

    Lists stand for tuples, and tables for dataclasses: a field without a default must be there, and a key
    that is none does not matter.

    Args:
        value: As it was read.
        hint: The type, with its bounds; a bound alone takes the right type for granted.
        what: Path of the value, for the message.
    """
    inner, kind = get_args(hint), get_origin(hint)
    if kind is Annotated:
        return next(filter(None, (misfit(value, one, what) for one in inner)), "")
    if kind in (Union, UnionType):
        told = [misfit(value, one, what) for one in inner]
        return "" if "" in told else told[0]
    if isinstance(hint, OrZero | Fitting):
        return "" if hint.allows(value) else _cannot(value, what)
    if isinstance(hint, OneOf):
        return "" if value in hint.table else unknown(what, value, hint.table)
    if is_dataclass(hint) and isinstance(value, Mapping):
        return next(filter(None, _misfits(value, hint, what)), "")
    if kind is tuple and isinstance(value, list | tuple):
        each = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
        if len(each) == len(value):
            own = (misfit(one, each[i], f"{what}[{i}]") for i, one in enumerate(value))
            return next(filter(None, own), "")
    if isinstance(hint, Len):
        n, least, most = len(value), hint.min_length, hint.max_length or math.inf
        if least <= n <= most:
            return ""
        if isinstance(value, str) and n > most:
            return f"{what} is longer than {most} characters"
        return f"{what} has {n} entries, expected {least} to {most}"
    if isinstance(hint, Interval):
        ends = ((operator.ge, hint.ge), (operator.gt, hint.gt))
        ends += ((operator.le, hint.le), (operator.lt, hint.lt))
        fits = all(end is None or keeps(value, end) for keeps, end in ends)
    elif kind is Literal:
        fits = isinstance(value, str) and value in inner
    elif hint is float:
        fits = isinstance(value, int | float) and type(value) is not bool and abs(value) <= _LARGEST
    else:  # a bool is an int to Python, and to nobody else
        fits = type(value) is hint
    return "" if fits else _cannot(value, what)


def _misfits(table: Mapping[str, Any], row: Any, what: str) -> Iterator[str]:
    hints = get_type_hints(row, include_extras=True)
    for key in fields(row):
        path = f"{what}.{key.name}".removeprefix(".")
        if key.name in table:
            yield misfit(table[key.name], hints[key.name], path)
        elif key.default is MISSING:
            yield f"{path} is missing"


def _cannot(value: Any, what: str) -> str:
    return f"{what} cannot be {cut(str(value), 40)}."


def make(what: str, table: Mapping[str, Callable[..., T]], settings: Mapping[str, Any]) -> T:
    """Call the row that `settings["kind"]` names with the other settings.

    Args:
        what: Path of the setting, for messages.
        table: Rows by name.
        settings: `kind`, and the row's own options.

    Raises:
        ToylabError: If the kind is unknown or its options do not fit.
    """
    options = dict(settings)
    kind = options.pop("kind", None)
    if kind not in table:
        raise ToylabError(unknown(what, kind, table))
    try:
        return table[kind](**options)
    except ToylabError as error:
        raise ToylabError(f"{what}: {error}") from None
    except TypeError as error:
        raise ToylabError(f'{what} "{kind}" does not take these settings: {error}.') from None
