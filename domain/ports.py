"""What the workflows need from the outside, and nothing about how it is done."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Protocol

from domain.commands import Command
from domain.rows import Operation, RowKey, StoredRow
from domain.tables import Table

# rows of one page, the most that the storage returns at once
PAGE_ROWS_MAX = 1000
# operations of one entity group transaction
TRANSACTION_OPERATIONS_MAX = 100


class RowStore(Protocol):
    """Tables of rows. The two bulk operations, reading a range and writing a batch, are the only ones that scale."""

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        """Read one row, or None."""
        ...

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
        """Read the rows of a partition in row-key order, page by page.

        Args:
            table: which table.
            partition: the document.
            first: lowest row key, inclusive.
            last: highest row key, inclusive; None reads to the end.
            columns: names of the columns to bring; empty brings all. A named column that a row lacks is absent.
            page_rows: rows a page at most, 1 to 1,000.
        """
        ...

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        """Do all operations of one partition in one entity group transaction, or none.

        Raises:
            LimitExceeded: more than the storage takes, refused before it is sent (`domain.limits` has the list).
            AlreadyExists: an insert found a row. RowMissing: a merge, replace or delete found none.
            ChangedMeanwhile: another version stands. OutcomeUnknown: no clear answer. In all of these but the last,
                nothing was written by this try.
        """
        ...


class CommandSender(Protocol):
    """Queues of commands."""

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        """Send each command to the queue of its kind, visible after the delay; at least once."""
        ...


class Clock(Protocol):
    """The time, so that no rule asks for it."""

    def now(self) -> datetime:
        """Tell the instant, aware, in UTC."""
        ...
