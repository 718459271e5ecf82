"""Rows as the table service's JSON has them: addresses, filters, bodies and answers. Knows no client and sends nothing.

Only what we write is written: text, 32-bit integers and truth values are what JSON says they are, so no value needs a
type beside it. What somebody else wrote in another type is refused on reading, as the other store refuses it.
Source: "Payload format for Table service operations" and "Query timeout and pagination" of the Azure documentation.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

import orjson

from domain.errors import StoreError
from domain.rows import Columns, RowKey, StoredRow
from domain.tables import Table

_TYPE_MARK = "@odata.type"
_PLAIN_TYPES = frozenset(("Edm.String", "Edm.Int32", "Edm.Boolean"))
_TYPES = frozenset((str, int, bool))


def quoted(text: str) -> str:
    """Write a text as a literal of an address or a filter: quotes doubled, then percent-encoded."""
    return quote(text.replace("'", "''"), safe="")


def row_path(table: Table, partition: str, row: str) -> str:
    """Write the address of one row, below the account's own."""
    return f"{table.value}(PartitionKey='{quoted(partition)}',RowKey='{quoted(row)}')"


def range_path(
    table: Table, partition: str, first: str, last: str | None, columns: Sequence[str], page_rows: int
) -> str:
    """Write the address of the first page of a range; both ends belong to it."""
    end = "" if last is None else f"%20and%20RowKey%20le%20%27{quoted(last)}%27"
    chosen = f"&$select={quote(','.join(('RowKey', 'Timestamp', *columns)), safe='')}" if columns else ""
    where = f"PartitionKey%20eq%20%27{quoted(partition)}%27%20and%20RowKey%20ge%20%27{quoted(first)}%27{end}"
    return f"{table.value}()?$top={page_rows}{chosen}&$filter={where}"


def continuation(headers: Mapping[str, str]) -> str | None:
    """Read from an answer what is added to the address for the next page; None when this was the last one."""
    names = ("NextPartitionKey", "NextRowKey")
    following = [(name, headers.get(f"x-ms-continuation-{name}")) for name in names]
    return "".join(f"&{name}={quote(value, safe='')}" for name, value in following if value) or None


def row_body(partition: str, row: str, columns: Columns) -> bytes:
    """Write a row; a column without a value is left out."""
    keys = {"PartitionKey": partition, "RowKey": row}
    present = keys | {name: value for name, value in columns.items() if value is not None}
    body = orjson.dumps(present)
    # the emulator decodes a body in pieces, so a letter of several bytes can be cut in two; escaped it cannot
    return body if body.isascii() else json.dumps(present, separators=(",", ":")).encode()


def row_in(table: Table, partition: str, body: bytes) -> StoredRow:
    """Read the answer that has one row.

    Raises:
        ValueError: it is not such an answer. StoreError: a column holds what we never write.
    """
    return _stored(table, partition, _parsed(body), _TYPE_MARK.encode() in body)


def rows_in(table: Table, partition: str, body: bytes) -> list[StoredRow]:
    """Read the answer that has a page of rows. Raises as `row_in`."""
    rows = _parsed(body).get("value")
    if not isinstance(rows, list):
        raise ValueError("the answer has no rows")
    # looked for once for the whole page; a text that happens to have it only takes the longer way
    is_marked = _TYPE_MARK.encode() in body
    return [_stored(table, partition, row, is_marked) for row in rows]


def _parsed(body: bytes) -> dict[str, Any]:
    try:
        parsed = orjson.loads(body)
    except orjson.JSONDecodeError:
        try:
            # half of a surrogate pair, which others can write; the standard library takes it
            parsed = json.loads(body)
        except RecursionError as error:
            raise ValueError("the answer is nested too deeply") from error
    if not isinstance(parsed, dict):
        raise ValueError("the answer is not an object")
    return parsed


def _stored(table: Table, partition: str, row: dict[str, Any], is_marked: bool) -> StoredRow:
    try:
        key, changed = RowKey(partition, row.pop("RowKey")), row.pop("Timestamp")
        changed_at = datetime.fromisoformat(changed)
    except (AttributeError, KeyError, TypeError) as error:
        raise ValueError("a row of the answer is none, or has no RowKey or no Timestamp") from error
    # with the least metadata the service may leave the version out, which is the instant in another form
    etag = row.pop("odata.etag", None) or f"W/\"datetime'{quote(changed)}'\""
    if type(key.row) is not str or type(etag) is not str:
        raise ValueError("a row of the answer has a key or a version that is no text")
    row.pop("odata.metadata", None)
    row.pop("PartitionKey", None)
    columns = _without_marks(table, key, row) if is_marked else row
    for name, value in columns.items():
        if type(value) not in _TYPES:
            raise foreign_type(table, key, name, type(value).__name__)
    return StoredRow(key, columns, etag, changed_at)


def _without_marks(table: Table, key: RowKey, row: Mapping[str, Any]) -> dict[str, Any]:
    for name, value in row.items():
        column = name.removesuffix(_TYPE_MARK)
        if column not in (name, "Timestamp") and str(value) not in _PLAIN_TYPES:
            raise foreign_type(table, key, column, str(value))
    return {name: value for name, value in row.items() if not name.endswith(_TYPE_MARK)}


def foreign_type(table: Table, key: RowKey, column: str, kind: str) -> StoreError:
    """Say that a column holds what this product never writes, and what to do."""
    return StoreError(
        f"{table} {key.text}: column {column} holds a {kind}, which we never write; "
        "write it again as text, a 32-bit integer or a truth value"
    )
