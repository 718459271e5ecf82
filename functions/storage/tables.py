"""The RowStore over Azure Table Storage, with the official synchronous client."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from azure.core import MatchConditions
from azure.data.tables import TableClient, TableEntity, TableServiceClient, UpdateMode

from domain.errors import LimitExceeded, RowMissing, StoreError
from domain.limits import check_key, check_transaction
from domain.ports import PAGE_ROWS_MAX
from domain.rows import Columns, Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow, Value
from domain.tables import Table
from functions.storage.answers import translated

_KEYS = frozenset(("PartitionKey", "RowKey"))
_TYPES = frozenset((str, int, bool))

type _Change = tuple[str, dict[str, Value], dict[str, Any]]


class AzureRowStore:
    """A RowStore over one storage account, safe for threads; make one for the process.

    One operation alone is a plain call, because an entity group transaction of one costs twice as much (measured: 6.7
    instead of 2.6 ms for an insert). Only a delete is always a transaction: the client's plain delete says nothing when
    there is no such row.
    """

    def __init__(self, service: TableServiceClient) -> None:
        """Use this service client for all tables; `functions.storage.clients` makes it."""
        self._tables = {table: service.get_table_client(table.value) for table in Table}

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        """Read one row, or None. Raises StoreError when the table itself does not exist."""
        check_key(table, key)
        try:
            with translated(f"{table} {key.text}"):
                entity = self._tables[table].get_entity(key.partition, key.row)
        except RowMissing:
            return None
        return _stored(table, key.partition, entity)

    def read_pages(
        self,
        table: Table,
        partition: str,
        *,
        first: str = "",
        last: str | None = None,
        columns: Sequence[str] = (),
        page_rows: int = PAGE_ROWS_MAX,
    ) -> Iterator[Sequence[StoredRow]]:
        """Read a range page by page, one request a page; nothing is read before the first page is asked for."""
        if not 1 <= page_rows <= PAGE_ROWS_MAX:
            raise LimitExceeded(f"{table} {partition}: a page has 1 to {PAGE_ROWS_MAX} rows, not {page_rows}")
        query = "PartitionKey eq @partition and RowKey ge @first" + ("" if last is None else " and RowKey le @last")
        pages = (
            self._tables[table]
            .query_entities(
                query,
                parameters={"partition": partition, "first": first, "last": last},
                select=["RowKey", "Timestamp", *columns] if columns else None,
                results_per_page=page_rows,
            )
            .by_page()
        )
        while True:
            with translated(f"{table} {partition}"):
                page = next(pages, None)
            if page is None:
                return
            rows = [_stored(table, partition, entity) for entity in page]
            # the storage may answer with an empty page and go on behind it
            if rows:
                yield rows

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        """Do all operations of one partition in one entity group transaction, or none."""
        check_transaction(table, partition, operations)
        changes = [_change(partition, operation) for operation in operations]
        with translated(f"{table} {partition}", [operation.row for operation in operations]):
            if len(operations) == 1 and not isinstance(operations[0], Delete):
                _write_one(self._tables[table], changes[0])
            else:
                self._tables[table].submit_transaction(changes)


def _write_one(client: TableClient, change: _Change) -> None:
    verb, entity, options = change
    if verb == "create":
        client.create_entity(entity)
    else:
        client.update_entity(entity, **options)


def _change(partition: str, operation: Operation) -> _Change:
    keys: dict[str, Value] = {"PartitionKey": partition, "RowKey": operation.row}
    match operation:
        case Insert(columns=columns):
            return "create", keys | _present(columns), {}
        case Merge(columns=columns, etag=etag):
            # the storage ignores None in a merge; empty text is what clears a column
            sent = {name: "" if value is None else value for name, value in columns.items()}
            return "update", keys | sent, {"mode": UpdateMode.MERGE, **_condition(etag)}
        case Replace(columns=columns, etag=etag):
            return "update", keys | _present(columns), {"mode": UpdateMode.REPLACE, **_condition(etag)}
        case Delete(etag=etag):
            return "delete", keys, _condition(etag)


def _present(columns: Columns) -> dict[str, Value]:
    return {name: value for name, value in columns.items() if value is not None}


def _condition(etag: str | None) -> dict[str, Any]:
    if etag is None:
        return {"match_condition": MatchConditions.Unconditionally}
    return {"etag": etag, "match_condition": MatchConditions.IfNotModified}


def _stored(table: Table, partition: str, entity: TableEntity) -> StoredRow:
    key = RowKey(partition, entity["RowKey"])
    columns = {name: value for name, value in entity.items() if name not in _KEYS}
    _check_types(table, key, columns)
    metadata = entity.metadata
    return StoredRow(key, columns, str(metadata["etag"]), metadata["timestamp"])


def _check_types(table: Table, key: RowKey, columns: Mapping[str, object]) -> None:
    for name, value in columns.items():
        if type(value) not in _TYPES:
            raise StoreError(
                f"{table} {key.text}: column {name} holds a {type(value).__name__}, which we never write; "
                "write it again as text, a 32-bit integer or a truth value"
            )
