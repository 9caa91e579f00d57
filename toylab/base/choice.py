"""Choosing a row of a table by name: `{kind = "ring", radius = 2.0}` becomes `ring(radius=2.0)`."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from annotated_types import Interval, Len
from pydantic_core import PydanticCustomError, core_schema

from toylab.base.errors import ToylabError, unknown

T = TypeVar("T")


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
        reason = f"must be 0, or from {self.low:g} to {self.high:g}, got {value:g}."
        raise PydanticCustomError("row", "{reason}", {"reason": reason})


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
        shown = repr(value) if len(repr(value)) <= 60 else repr(value)[:57] + "..."
        reason = f"must be {self._expected}, got {shown}."
        raise PydanticCustomError("row", "{reason}", {"reason": reason})


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
        if name in settings and not _fits(settings[name], hint):
            shown = str(settings[name])
            shown = shown if len(shown) <= 40 else shown[:37] + "..."
            raise ToylabError(f"{what}.{name} cannot be {shown}.")


def _fits(value: Any, hint: Any) -> bool:
    """Whether plain data is of a type, bounds included; lists stand for tuples."""
    inner = get_args(hint)
    if get_origin(hint) is Annotated:
        return _fits(value, inner[0]) and all(_within(value, bound) for bound in inner[1:])
    if get_origin(hint) in (Union, UnionType):
        return any(_fits(value, one) for one in inner)
    if get_origin(hint) is Literal:
        return isinstance(value, str) and value in inner
    if hint is float:
        return type(value) is int or (type(value) is float and math.isfinite(value))
    if hint in (int, bool, str, NoneType):
        return type(value) is hint
    if get_origin(hint) is not tuple or not isinstance(value, list | tuple):
        return False
    each = inner[:1] * len(value) if inner[-1] is Ellipsis else inner
    return len(each) == len(value) and all(map(_fits, value, each))


def _within(value: Any, bound: Any) -> bool:
    """Whether a value of the right type keeps to a bound."""
    if isinstance(bound, Len):
        return bound.min_length <= len(value) <= (bound.max_length or math.inf)
    if isinstance(bound, Interval):
        low = (bound.ge is None or value >= bound.ge) and (bound.gt is None or value > bound.gt)
        high = (bound.le is None or value <= bound.le) and (bound.lt is None or value < bound.lt)
        return low and high
    return bound.allows(value)


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
