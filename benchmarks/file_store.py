"""Rows in a file, behind the codec of the lean client: for what is measured at sizes that an emulator can't take."""

import sqlite3
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from domain.errors import AlreadyExists, ChangedMeanwhile, RowMissing
from domain.ports import PAGE_ROWS_MAX
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow
from domain.tables import Table
from functions.storage.multipart import one_request, transaction
from functions.storage.odata import row_body, row_in, rows_in

_SCHEMA = "CREATE TABLE rows (place TEXT, row TEXT, version INT, body BLOB, PRIMARY KEY (place, row)) WITHOUT ROWID"
_STAMP = b'"Timestamp":"2026-08-31T12:00:00Z","odata.etag":"%d"'


@dataclass(slots=True)
class Used:
    """What was asked of a storage."""

    calls: int = 0
    # bytes of bodies, both ways
    moved: int = 0
    # processor seconds that the storage took itself
    seconds: float = 0.0


class FileRowStore:
    """A RowStore over a file, through the codec of the lean client; safe for threads."""

    def __init__(self, file: Path) -> None:
        self._rows = sqlite3.connect(file, check_same_thread=False, isolation_level=None)
        self._rows.execute("PRAGMA synchronous = OFF")
        self._rows.execute("PRAGMA journal_mode = OFF")
        self._lock = threading.Lock()
        self._counting = threading.Lock()
        self.used = Used()

    @classmethod
    def new(cls, file: Path) -> "FileRowStore":
        """Begin a file without rows."""
        store = cls(file)
        store._rows.execute(_SCHEMA)
        return store

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        with self._answering() as told:
            found = self._select("row = ?", table, key.partition, (key.row,), 1)
            told.extend(body for _, body in found)
        return row_in(table, key.partition, found[0][1]) if found else None

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
        begin: str | None = first
        while begin is not None:
            where, bounds = ("row >= ?", (begin,)) if last is None else ("row BETWEEN ? AND ?", (begin, last))
            with self._answering() as told:
                found = self._select(where, table, partition, bounds, page_rows + 1)
                begin = found.pop()[0] if len(found) > page_rows else None
                told.extend(_chosen(found, columns))
            if told:
                yield rows_in(table, partition, b'{"value":[' + b",".join(told) + b"]}")

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        # made as for the service, and thrown away
        _, body = transaction("", [one_request(table, partition, operation) for operation in operations])
        place = f"{table}/{partition}"
        with self._answering(len(body)), self._lock:
            self._rows.execute("BEGIN")
            try:
                for operation in operations:
                    self._do(place, partition, operation)
            except Exception:
                self._rows.execute("ROLLBACK")
                raise
            self._rows.execute("COMMIT")

    def fill(self, table: Table, partition: str, rows: Iterable[tuple[RowKey, Mapping[str, Any]]]) -> None:
        """Write new rows of a partition, without a client."""
        self._rows.execute("BEGIN")
        for key, columns in rows:
            self._put(f"{table}/{partition}", 1, partition, key.row, dict(columns))
        self._rows.execute("COMMIT")

    @contextmanager
    def _answering(self, sent: int = 0) -> Iterator[list[bytes]]:
        """Count a request, what it moves, and the time that is the storage's own."""
        told: list[bytes] = []
        began = time.thread_time()
        try:
            yield told
        finally:
            taken = time.thread_time() - began
            with self._counting:
                self.used.calls += 1
                self.used.moved += sent + sum(map(len, told))
                self.used.seconds += taken

    def _do(self, place: str, partition: str, operation: Operation) -> None:
        stands = self._rows.execute(
            "SELECT version, body FROM rows WHERE place = ? AND row = ?", (place, operation.row)
        ).fetchone()
        if isinstance(operation, Insert):
            if stands is not None:
                raise AlreadyExists(f"{place} {operation.row}")
            self._put(place, 1, partition, operation.row, dict(operation.columns))
            return
        if stands is None:
            raise RowMissing(f"{place} {operation.row}")
        version, body = stands
        if operation.etag not in (None, str(version)):
            raise ChangedMeanwhile(f"{place} {operation.row}")
        match operation:
            case Delete():
                self._rows.execute("DELETE FROM rows WHERE place = ? AND row = ?", (place, operation.row))
            case Replace(columns=columns):
                self._put(place, version + 1, partition, operation.row, dict(columns))
            case Merge(columns=columns):
                changes = {name: "" if value is None else value for name, value in columns.items()}
                self._put(place, version + 1, partition, operation.row, orjson.loads(body) | changes)

    def _put(self, place: str, version: int, partition: str, row: str, columns: dict[str, Any]) -> None:
        body = row_body(partition, row, columns)
        self._rows.execute("INSERT OR REPLACE INTO rows VALUES (?, ?, ?, ?)", (place, row, version, body))

    def _select(
        self, where: str, table: Table, partition: str, bounds: tuple[str, ...], count: int
    ) -> list[tuple[str, bytes]]:
        query = f"SELECT row, version, body FROM rows WHERE place = ? AND {where} ORDER BY row LIMIT {count}"  # noqa: S608
        with self._lock:
            found = self._rows.execute(query, (f"{table}/{partition}", *bounds)).fetchall()
        return [(row, b"{" + _STAMP % version + b"," + body[1:]) for row, version, body in found]


def _chosen(found: Sequence[tuple[str, bytes]], columns: Sequence[str]) -> list[bytes]:
    bodies = [body for _, body in found]
    if not columns:
        return bodies
    names = {"RowKey", "Timestamp", "odata.etag", *columns}
    return [orjson.dumps({name: each[name] for name in each if name in names}) for each in map(orjson.loads, bodies)]
