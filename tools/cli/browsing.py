"""Looking into whole tables, which no workflow may do: for people, and with a limit."""

from collections.abc import Iterator
from itertools import islice
from typing import Protocol

from azure.data.tables import TableEntity, TableServiceClient

from domain.rows import RowKey, StoredRow
from domain.tables import Table
from functions.storage.answers import translated
from functions.storage.memory import MemoryRowStore

PAGE_ROWS = 500


class Browser(Protocol):
    """Reads rows of any partition."""

    def rows(
        self, table: Table, *, partition: str | None = None, where: tuple[str, str] | None = None, limit: int
    ) -> Iterator[StoredRow]:
        """Read rows in order of their keys.

        Args:
            table: which table.
            partition: only this one; None: all.
            where: a column, or RowKey, and the text that it must have; None: every row.
            limit: rows at most.
        """
        ...

    def partitions(self, table: Table) -> Iterator[str]:
        """Name the partitions of a table, each once, in order: one call for each of them."""
        ...


class AzureBrowser:
    """A Browser over Table Storage."""

    def __init__(self, service: TableServiceClient) -> None:
        """Use this service client for all tables."""
        self._service = service

    def rows(
        self, table: Table, *, partition: str | None = None, where: tuple[str, str] | None = None, limit: int
    ) -> Iterator[StoredRow]:
        """Read rows in order of their keys, page by page."""
        # the client refuses an empty filter, and every key is at least empty text
        tests = ["PartitionKey ge @partition" if partition is None else "PartitionKey eq @partition"]
        tests += [] if where is None else [f"{where[0]} eq @text"]
        parameters = {"partition": partition or "", "text": where[1] if where else ""}
        client = self._service.get_table_client(table.value)
        entities = client.query_entities(" and ".join(tests), parameters=parameters, results_per_page=PAGE_ROWS)
        for _ in range(limit):
            with translated(table.value):
                entity = next(entities, None)
            if entity is None:
                return
            yield _stored(entity)

    def partitions(self, table: Table) -> Iterator[str]:
        """Name the partitions of a table: after the first row of each, ask for what comes behind it."""
        client, last, test = self._service.get_table_client(table.value), "", "PartitionKey ge @last"
        while True:
            found = client.query_entities(
                test, parameters={"last": last}, results_per_page=1, select=["PartitionKey", "RowKey"]
            )
            with translated(table.value):
                entity = next(iter(found), None)
            if entity is None:
                return
            last, test = str(entity["PartitionKey"]), "PartitionKey gt @last"
            yield last


class MemoryBrowser:
    """A Browser over rows in memory."""

    def __init__(self, store: MemoryRowStore) -> None:
        """Look into this store."""
        self._store = store

    def rows(
        self, table: Table, *, partition: str | None = None, where: tuple[str, str] | None = None, limit: int
    ) -> Iterator[StoredRow]:
        """Read rows in order of their keys."""
        found = (row for row in self._store.rows(table) if partition in (None, row.key.partition))
        yield from islice((row for row in found if where is None or _value(row, where[0]) == where[1]), limit)

    def partitions(self, table: Table) -> Iterator[str]:
        """Name the partitions of a table, each once, in order."""
        yield from dict.fromkeys(row.key.partition for row in self._store.rows(table))


def _value(row: StoredRow, name: str) -> object:
    return row.key.row if name == "RowKey" else row.columns.get(name)


def _stored(entity: TableEntity) -> StoredRow:
    columns = {name: value for name, value in entity.items() if name not in {"PartitionKey", "RowKey"}}
    key = RowKey(entity["PartitionKey"], entity["RowKey"])
    return StoredRow(key, columns, str(entity.metadata["etag"]), entity.metadata["timestamp"])
