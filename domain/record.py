"""The base of every record: frozen, typed, and the one way between a record and the columns of its row.

A record's attributes have readable names; their aliases are the product's own column names, so a row exported from a
system loads as it is and a person in a storage browser reads what the product's documentation writes.
"""

import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints, ValidationError

from domain.errors import BadRow, Problem, ReasonCode
from domain.money import decimal_from, plain_text
from domain.rows import Columns, Value

_DATE_LENGTH = len("2026-08-27")


def _date_from(value: object) -> object:
    # a date is a date: what the Web API writes as 2026-08-27T00:00:00Z is that day, never moved by a time zone;
    # anything but such a text is refused here, because pydantic would read a number as seconds since 1970
    if isinstance(value, date):
        return value
    if not isinstance(value, str) or value[_DATE_LENGTH:][:1] not in {"", "T"}:
        raise ValueError("must be a date as 2026-08-27")
    try:
        return date.fromisoformat(value[:_DATE_LENGTH])
    except ValueError:
        raise ValueError("must be a date as 2026-08-27") from None


def list_from(value: object) -> object:
    """Read a list that a column holds as JSON text; anything but text is left to the record."""
    if not isinstance(value, str):
        return value
    try:
        listed = json.loads(value)
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list):
        raise ValueError("must be a list, as JSON")
    return tuple(listed)


def list_text(values: tuple[Any, ...]) -> str:
    """Write a list as a column holds it."""
    return json.dumps(values, separators=(",", ":"), ensure_ascii=False)


# a number that a person or a system wrote; plain text at rest
Number = Annotated[Decimal, BeforeValidator(decimal_from), PlainSerializer(plain_text, return_type=str)]
Day = Annotated[date, BeforeValidator(_date_from)]
Guid = Annotated[str, StringConstraints(pattern=r"^[0-9a-fA-F]{8}-([0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}$", to_lower=True)]
Text = Annotated[str, StringConstraints(max_length=32_000)]
# text that may become part of a key, so without the characters that keys cannot have
KeyText = Annotated[str, StringConstraints(min_length=1, max_length=256, pattern=r"^[^/\\#?\x00-\x1f\x7f-\x9f]+$")]
CompanyCode = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_-]{1,10}$", to_lower=True)]
CurrencyCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]
# a short list, kept as JSON text in one column
Texts = Annotated[tuple[str, ...], BeforeValidator(list_from), PlainSerializer(list_text, return_type=str)]


class Record(BaseModel):
    """A row with names and types. A row at rest may have unknown columns: a newer version may have written them."""

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    def to_columns(self) -> dict[str, Value]:
        """Give the columns as they stand at rest; attributes without a value are left out."""
        return self.model_dump(mode="json", by_alias=True, exclude_none=True)

    @classmethod
    def from_columns(cls, columns: Mapping[str, object]) -> Self:
        """Read a record from columns; empty text is no value.

        Raises:
            BadRow: a column is missing or wrong; the problem names it and says what it must be.
        """
        try:
            return cls.model_validate({name: value for name, value in columns.items() if value != ""})
        except ValidationError as error:
            raise BadRow(_problem_of(cls.__name__, error)) from error

    @classmethod
    def columns(cls) -> tuple[str, ...]:
        """Name the columns that the record reads: what a stage asks the storage for."""
        return tuple(field.alias or name for name, field in cls.model_fields.items())

    def changed(self, **attributes: object) -> Self:
        """Make a copy with other attributes; they are validated."""
        return type(self).model_validate({**dict(self), **attributes})


def merged(before: Columns, changes: Columns) -> dict[str, Value]:
    """Lay changes over columns as a merge does; None clears."""
    both = {**before, **changes}
    return {name: value for name, value in both.items() if value is not None}


def _problem_of(record: str, error: ValidationError) -> Problem:
    first = error.errors(include_url=False, include_context=False)[0]
    column = ".".join(str(part) for part in first["loc"]) or record
    reason = "is missing" if first["type"] == "missing" else first["msg"].removeprefix("Value error, ")
    return Problem(
        ReasonCode.ROW_COLUMN_WRONG, f"{record}: column {column} {reason}; correct the row and load it again"
    )
