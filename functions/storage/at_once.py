"""Transactions several at a time: what a long document waits for is the storage, one answer after the other.

Who asks for it says that the order does not matter (`domain.saving.save`). The threads are shared by the process, so
that many documents at once have no more requests under way than one long one.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from itertools import chain, islice

from domain.ports import PAGE_ROWS_MAX, RowStore
from domain.rows import Operation, RowKey, StoredRow
from domain.tables import Table


class AtOnceRowStore:
    """A RowStore that passes everything on to another one, and can do several things with it at a time."""

    def __init__(self, store: RowStore, at_once: int) -> None:
        """Start without threads.

        Args:
            store: who does it; safe for threads.
            at_once: how many are under way at most, 1 or more, for all callers together.
        """
        self._store, self._at_once = store, at_once
        self._pool = ThreadPoolExecutor(at_once, thread_name_prefix="transactions")

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        """Read one row, or None."""
        return self._store.find(table, key)

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
        """Read a range page by page."""
        return self._store.read_pages(table, partition, first=first, last=last, columns=columns, page_rows=page_rows)

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        """Do all operations of one partition in one transaction, or none."""
        self._store.write(table, partition, operations)

    def each_at_once[T](self, do: Callable[[T], None], things: Iterable[T]) -> None:
        """Do something with each thing, several at a time, in any order; one thing alone is done by the caller.

        What is told of the caller (traces) is told of the threads as well.

        Args:
            do: safe for threads.
            things: taken lazily, one more than are under way at most.

        Raises:
            Exception: of the first thing in order that failed, when all that were under way have ended; what had not
                begun by then is not begun.
        """
        taken = iter(things)
        begun = list(islice(taken, 2))
        if len(begun) == 1:
            do(begun[0])
            return
        under_way: list[Future[None]] = []
        try:
            for thing in chain(begun, taken):
                if len(under_way) == self._at_once:
                    under_way = _after_one(under_way)
                if any(map(_has_failed, under_way)):
                    break
                under_way.append(self._pool.submit(copy_context().run, do, thing))
        finally:
            # an error of taking the next thing waits for them too
            wait(under_way)
        for each in under_way:
            each.result()


def _after_one(under_way: list[Future[None]]) -> list[Future[None]]:
    wait(under_way, return_when=FIRST_COMPLETED)
    return [each for each in under_way if not each.done() or _has_failed(each)]


def _has_failed(future: Future[None]) -> bool:
    return future.done() and future.exception() is not None
