"""Rows as the storage keeps them: keys, columns, versions, and the four operations that change them.

A column holds text, a 32-bit integer, a truth value or nothing. Decimals are plain decimal text, dates `YYYY-MM-DD`,
instants `YYYY-MM-DDTHH:MM:SSZ`, ids lower-case text, lists JSON text: what a person in a browser reads is meant.
Empty text is the stored form of "no value": a merge can clear a column, and reading gives None back.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

type Value = str | int | bool | None
type Columns = Mapping[str, Value]


class RowKey(NamedTuple):
    """Where a row stands in its table."""

    # the document (invoice, contract backlog, journal, legal entity) that the row belongs to
    partition: str
    # sorts in document order and is unique in the whole table
    row: str

    @property
    def text(self) -> str:
        """Give the key as one text, for a column that refers to a row."""
        return f"{self.partition}/{self.row}"

    @classmethod
    def from_text(cls, text: str) -> "RowKey":
        """Read a key back from the text form."""
        partition, _, row = text.partition("/")
        return cls(partition, row)


@dataclass(frozen=True, slots=True)
class StoredRow:
    """A row as it was read."""

    key: RowKey
    # without PartitionKey, RowKey and Timestamp
    columns: Columns
    # the version, opaque
    etag: str
    # when the platform last wrote the row; None when it was not read
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Insert:
    """Write a new row; columns without a value are left out."""

    row: str
    columns: Columns


@dataclass(frozen=True, slots=True)
class Merge:
    """Change the named columns of an existing row; None clears a column."""

    row: str
    columns: Columns
    # the version that must still stand; None takes any version
    etag: str | None = None


@dataclass(frozen=True, slots=True)
class Replace:
    """Write all columns of an existing row anew; columns not named are gone."""

    row: str
    columns: Columns
    # the version that must still stand
    etag: str


@dataclass(frozen=True, slots=True)
class Delete:
    """Remove an existing row."""

    row: str
    # the version that must still stand; None takes any version
    etag: str | None = None


type Operation = Insert | Merge | Replace | Delete
