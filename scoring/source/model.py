"""What models are made of: `Model`, the types of its fields, and `build`, which checks a file against it.

Nothing is coerced: a number in quotes is no number, and a code without quotes is no text. The types say so in plain
words where pydantic would say it in its own; `scoring.source.misfit` has the words for everything else.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from functools import cache, partial
from typing import Annotated, Any, TypeVar

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Strict,
    StringConstraints,
    ValidationError,
    ValidationInfo,
    WithJsonSchema,
)
from pydantic_core import SchemaValidator, core_schema

from scoring.errors import Fault, ScoringError, Text
from scoring.source import misfit
from scoring.source.text import Source


class Seen(dict[int, tuple[object, list[type[BaseModel]]]]):
    """The models each mapping of a file was checked against, by its id (which stays its own while it is kept)."""

    def keys_of(self, mapping: object) -> dict[str, str]:
        """The keys the mapping may have, each with its title or ""."""
        return {
            str(field.validation_alias or name): field.title or ""
            for model in self.get(id(mapping), (mapping, []))[1]
            for name, field in model.model_fields.items()
        }


class Model(BaseModel):
    """A frozen model that refuses keys it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


M = TypeVar("M", bound=BaseModel)


def build(source: Source, model: type[M]) -> M:
    """The file as a model. Errors: ScoringError with a Diagnostic for everything that does not fit."""
    try:
        return model.model_validate(source.data)
    except ValidationError as error:
        seen = Seen()
        with suppress(ValidationError):
            _noting(model).validate_python(source.data, context=seen)
        raise ScoringError(*misfit.diagnostics(source, model, error, seen.keys_of)) from None


@cache
def _noting(model: type[BaseModel]) -> SchemaValidator:
    """What fills a Seen, as pydantic's errors do not say which model refused a key.

    It checks what the model checks, with a note where a model begins and no model made; models that noted this themselves
    would do so for every sound file as well.
    """
    return SchemaValidator(_with_notes(model.__pydantic_core_schema__))


def _with_notes(schema: Any) -> Any:
    if isinstance(schema, list | tuple):
        return type(schema)(_with_notes(part) for part in schema)
    if not isinstance(schema, dict):
        return schema
    made = {key: _with_notes(part) for key, part in schema.items()}
    if made.get("type") not in ("model", "function-after"):
        return made
    inner: Any = made["schema"]  # what comes after asks for a finished model
    if made["type"] == "model":
        inner = core_schema.with_info_before_validator_function(partial(_note, made["cls"]), inner)
    return {**inner, "ref": made["ref"]} if "ref" in made else inner


def _note(model: type[BaseModel], data: Any, info: ValidationInfo) -> Any:
    assert isinstance(info.context, Seen)
    info.context.setdefault(id(data), (data, []))[1].append(model)
    return data


def fault_in(error: ValidationError) -> Fault:
    """The fault a validator of ours raised, out of pydantic's error; for models that code builds itself."""
    for each in error.errors(include_url=False):
        found = each.get("ctx", {}).get("error")
        if isinstance(found, Fault):
            return found
    raise error


def _number(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if isinstance(value, int) and not isinstance(value, bool):
        return Decimal(value)
    raise misfit.wanted(misfit.NUMBER, value)


def _date(value: object) -> date:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if isinstance(value, str) and re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", value):
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise Fault(Text(f"没有 {value} 这一天", f"there is no day {value}")) from None
    raise misfit.wanted(misfit.DATE, value)


Str = Annotated[str, StringConstraints(strict=True, pattern=misfit.TEXT_PATTERN)]
"""Text that is not blank and holds no control characters."""
Bool = Annotated[bool, Strict()]
Int = Annotated[int, Strict()]
Number = Annotated[Decimal, BeforeValidator(_number), WithJsonSchema({"type": "number"})]
"""An exact number: from an integer or a fraction in the file, never from text or a float."""
Id = Annotated[str, StringConstraints(strict=True, pattern=misfit.ID_PATTERN, max_length=64)]
"""What other files refer to: `on-time-delivery` or `on_time_delivery`."""
Name = Annotated[str, StringConstraints(strict=True, pattern=misfit.NAME_PATTERN, max_length=64)]
"""What formulas refer to: `on_time_delivery`."""
Date = Annotated[date, BeforeValidator(_date), WithJsonSchema({"type": "string", "format": "date"})]
"""A day of the calendar, written `2019-12-31`."""
