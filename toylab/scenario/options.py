"""How a row of a table becomes a checked table of a scenario: the glue between signatures and pydantic.

The bounds of an option stand in the signature of the row that takes it, and a row is known here the
moment it exists.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, is_dataclass
from typing import Any, Literal, get_type_hints

from pydantic import BaseModel, ConfigDict, create_model
from pydantic_core import core_schema

from toylab.base.choice import mistake
from toylab.base.errors import ToylabError

# strict: TOML has types, so "8" for a number is a mistake and not a spelling.
CONFIG = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Strict(BaseModel):
    """A table of a file, checked as it is written."""

    model_config = CONFIG


@dataclass(frozen=True)
class Choice:
    """A row of a table by name, with its checked options.

    Attributes:
        kind: Name of the row.
        options: Its keys and values, defaults included.
    """

    kind: str
    options: Mapping[str, Any] = field(default_factory=dict)

    @property
    def settings(self) -> dict[str, Any]:
        """As plain data: `kind` and the options."""
        return {"kind": self.kind, **self.options}

    def but(self, *keys: str) -> dict[str, Any]:
        """The settings without some of the options."""
        return {key: value for key, value in self.settings.items() if key not in keys}

    @property
    def written(self) -> dict[str, Any] | str:
        """As a scenario writes it: a row without options is its bare name."""
        return self.settings if self.options else self.kind


def _model_of(row: Callable[..., Any], given: Mapping[str, Any], **tag: Any) -> type[BaseModel]:
    """Make a model whose keys are the parameters of a row's signature."""
    called: Any = row
    annotated = called if inspect.isfunction(row) or is_dataclass(row) else called.__init__
    hints = get_type_hints(annotated, include_extras=True)
    options: dict[str, Any] = {
        p.name: (hints[p.name], ... if p.default is p.empty else p.default)
        for p in inspect.signature(called).parameters.values()
        if p.name not in given
    }
    # The row's own words go along: the schema's for editors, and the guide's. One that is another with an
    # option more says nothing of those that it shares.
    lines = [one for one in getattr(row, "__mro__", ()) if is_dataclass(one)] or [row]
    return create_model(
        getattr(row, "__name__", "row"),
        __config__=CONFIG,
        __doc__="\n\n".join(inspect.cleandoc(one.__doc__ or "") for one in lines),
        **tag,
        **options,
    )


def attempt(build: Callable[[], Any]) -> Any:
    """Build a row; what it refuses becomes one of the scenario's mistakes."""
    try:
        return build()
    except ToylabError as error:
        raise mistake(str(error)) from None


class From:
    """Annotation: a `Choice` from a table; a bare string stands for a row without options.

    Args:
        table: Rows by name; the options of a row are the parameters of its signature.
        default: The kind where none is written.
        beside: Keys that every row takes besides its own: type and default.
        given: Parameters that the game fills in and the user does not write here.
    """

    def __init__(
        self,
        table: Mapping[str, Callable[..., Any]],
        default: str | None = None,
        beside: Mapping[str, tuple[Any, Any]] | None = None,
        **given: Any,
    ) -> None:
        self.table, self.default, self.given = table, default, given
        self.beside = dict(beside or {})

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Build one model a row, told apart by `kind`."""
        models = {
            name: handler(_model_of(row, self.given, kind=(Literal[name], name), **self.beside))
            for name, row in self.table.items()
        }
        return core_schema.no_info_before_validator_function(
            self._spelt_out,
            core_schema.no_info_after_validator_function(
                self._choose, core_schema.tagged_union_schema(models, discriminator="kind")
            ),
            serialization=core_schema.plain_serializer_function_ser_schema(
                lambda choice: choice.written
            ),
        )

    def _spelt_out(self, given: Any) -> Any:
        if isinstance(given, str):
            return {"kind": given}
        if self.default and isinstance(given, Mapping) and "kind" not in given:
            return {"kind": self.default, **given}
        return given

    def _choose(self, row: Any) -> Choice:
        # TOML has no word for nothing: what is None by default is left out.
        options = {key: value for key, value in row if key != "kind" and value is not None}
        own = {key: value for key, value in options.items() if key not in self.beside}
        accepted = inspect.signature(self.table[row.kind]).parameters
        given = {key: value for key, value in self.given.items() if key in accepted}
        attempt(lambda: self.table[row.kind](**own, **given))
        return Choice(row.kind, options)

    def chosen(self, kind: str, **options: Any) -> Choice:
        """A choice with the defaults of its row filled in."""
        parameters = inspect.signature(self.table[kind]).parameters.values()
        defaults = {
            p.name: p.default
            for p in parameters
            if p.name not in self.given and p.default is not None
        }
        beside = {key: default for key, (_, default) in self.beside.items()}
        return Choice(kind, {**defaults, **beside, **options})


class Built:
    """Annotation: a frozen dataclass, written as a table of its fields."""

    def __init__(self, row: Callable[..., Any]) -> None:
        self.row = row

    def __get_pydantic_core_schema__(self, source: Any, handler: Any) -> core_schema.CoreSchema:
        """Check the fields, then build the dataclass."""
        return core_schema.no_info_after_validator_function(
            lambda fields: attempt(lambda: self.row(**dict(fields))),
            handler(_model_of(self.row, {})),
            serialization=core_schema.plain_serializer_function_ser_schema(asdict),
        )
