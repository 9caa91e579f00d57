"""Choosing a row of a table by name: `{kind = "ring", radius = 2.0}` becomes `ring(radius=2.0)`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from pydantic_core import core_schema

from toylab.errors import ToylabError, unknown

T = TypeVar("T")


class OneOf:
    """Annotation of a string that names a row of a table; pydantic reads it."""

    def __init__(self, table: Mapping[str, Any]) -> None:
        self.table = table

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Allow the table's names and nothing else."""
        return core_schema.literal_schema(sorted(self.table))


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
