"""Rows and commands kept in memory, by the same rules as the storage: for scenarios, the command line and tests.

Both refuse what the storage refuses, and one contract suite holds them to what the Azure adapters do. They keep a log
of calls, so that a test can count them, and have hooks, so that a test can lose an answer or let somebody come first.
"""

from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from threading import RLock
from types import MappingProxyType
from typing import NamedTuple

from domain.errors import AlreadyExists, ChangedMeanwhile, LimitExceeded, RowMissing
from domain.limits import check_columns, check_key, check_transaction, key_order
from domain.ports import PAGE_ROWS_MAX, Clock
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow, Value
from domain.tables import Table
from functions.storage.memory_queues import MemoryQueues

__all__ = ["Call", "MemoryQueues", "MemoryRowStore"]


class Call(NamedTuple):
    """One request that a store was asked for: a page is one, a transaction is one."""

    # "find", "read_pages" or "write"
    method: str
    table: Table
    partition: str
    # row key of the row, of the first row asked for, or of the first operation
    row: str
    # operations written, or rows that came back; before a read has run it is 0
    rows: int


type Hook = Callable[[Call], None]


def _no_hook(_: Call) -> None:
    return None


@dataclass(slots=True)
class _Partition:
    rows: dict[str, StoredRow] = field(default_factory=dict)
    # row keys as the storage sorts them, each behind what it is sorted by
    order: list[tuple[bytes, str]] = field(default_factory=list)


class MemoryRowStore:
    """A RowStore in memory, safe for threads.

    Attributes:
        calls: every request that was answered or failed, in order.
        before_call: called before a request does anything; what it raises is what the caller gets; nothing happened.
        after_call: called when a request has done its work; what it raises is what the caller gets, as a lost answer.
    """

    def __init__(self, clock: Clock) -> None:
        """Start empty; all tables exist. The clock tells when a row was changed."""
        self._clock = clock
        self._lock = RLock()
        self._partitions: defaultdict[tuple[Table, str], _Partition] = defaultdict(_Partition)
        self._version = 0
        self.calls: list[Call] = []
        self.before_call: Hook = _no_hook
        self.after_call: Hook = _no_hook

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        """Read one row, or None."""
        check_key(table, key)
        self.before_call(Call("find", table, key.partition, key.row, 0))
        with self._lock:
            found = self._partitions[table, key.partition].rows.get(key.row)
        self._finish(Call("find", table, key.partition, key.row, 0 if found is None else 1))
        return found

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
        """Read a range page by page; a page shows what stands when it is asked for."""
        if not 1 <= page_rows <= PAGE_ROWS_MAX:
            raise LimitExceeded(f"{table} {partition}: a page has 1 to {PAGE_ROWS_MAX} rows, not {page_rows}")
        begin: str | None = first
        while begin is not None:
            self.before_call(Call("read_pages", table, partition, begin, 0))
            with self._lock:
                page, following = self._page(table, partition, begin, last, page_rows)
                rows = [_projected(row, columns) for row in page] if columns else page
            self._finish(Call("read_pages", table, partition, begin, len(rows)))
            if rows:
                yield rows
            begin = following

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        """Do all operations of one partition, or none."""
        check_transaction(table, partition, operations)
        call = Call("write", table, partition, operations[0].row, len(operations))
        self.before_call(call)
        try:
            with self._lock:
                self._commit(table, partition, operations)
        except (AlreadyExists, RowMissing, ChangedMeanwhile):
            self.calls.append(call)
            raise
        self._finish(call)

    def rows(self, table: Table) -> list[StoredRow]:
        """Give all rows of a table in order of their keys, outside of the log of calls: for looking at the result."""
        with self._lock:
            places = sorted((key_order(place[1]), place) for place in self._partitions if place[0] is table)
            partitions = [self._partitions[place] for _, place in places]
            return [each.rows[row] for each in partitions for _, row in each.order]

    def _finish(self, call: Call) -> None:
        self.calls.append(call)
        self.after_call(call)

    def _page(
        self, table: Table, partition: str, begin: str, last: str | None, page_rows: int
    ) -> tuple[list[StoredRow], str | None]:
        place = self._partitions[table, partition]
        low = bisect_left(place.order, _in_order(begin))
        high = len(place.order) if last is None else bisect_right(place.order, _in_order(last))
        end = min(high, low + page_rows)
        following = place.order[end][1] if end < high else None
        return [place.rows[row] for _, row in place.order[low:end]], following

    def _commit(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        place = self._partitions[table, partition]
        now = self._clock.now()
        # everything is decided before anything is changed
        after = [(each.row, self._decide(table, partition, place.rows.get(each.row), each, now)) for each in operations]
        for row, stored in after:
            if stored is None:
                del place.rows[row]
                del place.order[bisect_left(place.order, _in_order(row))]
                continue
            if row not in place.rows:
                insort(place.order, _in_order(row))
            place.rows[row] = stored

    def _decide(
        self, table: Table, partition: str, before: StoredRow | None, operation: Operation, now: datetime
    ) -> StoredRow | None:
        key = RowKey(partition, operation.row)
        _check_version(table, key, before, operation)
        columns = _columns_after(before, operation)
        if columns is None:
            return None
        if isinstance(operation, Merge):
            # all others were checked as they came
            check_columns(table, key, columns)
        self._version += 1
        # rows are handed out as they stand: nobody may change them
        return StoredRow(key, MappingProxyType(columns), f'W/"{self._version}"', now)


def _in_order(row: str) -> tuple[bytes, str]:
    return key_order(row), row


def _check_version(table: Table, key: RowKey, before: StoredRow | None, operation: Operation) -> None:
    if isinstance(operation, Insert):
        if before is not None:
            raise AlreadyExists(f"{table} {key.text}: the row exists already")
        return
    if before is None:
        raise RowMissing(f"{table} {key.text}: there is no such row")
    if operation.etag is not None and operation.etag != before.etag:
        raise ChangedMeanwhile(f"{table} {key.text}: another version than {operation.etag} stands")


def _columns_after(before: StoredRow | None, operation: Operation) -> dict[str, Value] | None:
    match operation:
        case Insert(columns=columns) | Replace(columns=columns):
            return {name: value for name, value in columns.items() if value is not None}
        case Merge(columns=columns):
            sent: dict[str, Value] = {name: "" if value is None else value for name, value in columns.items()}
            return {**(before.columns if before else {}), **sent}
        case Delete():
            return None


def _projected(row: StoredRow, columns: Sequence[str]) -> StoredRow:
    chosen = {name: row.columns[name] for name in columns if name in row.columns}
    return StoredRow(row.key, chosen, row.etag, row.changed_at)
