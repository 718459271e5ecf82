"""What the workflows need from the outside, and nothing about how it is done."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class SeveralAtOnce(Protocol):
    """What a RowStore may be able to do besides; over one that can't, everything is done in turn."""

    def each_at_once[T](self, do: Callable[[T], None], things: Iterable[T]) -> None:
        """Do something with each thing, several at a time, in any order.

        Args:
            do: safe for threads.
            things: taken lazily.

        Raises:
            Exception: of the first thing in order that failed, when all that were under way have ended; what had not
                begun by then is not begun.
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


@dataclass(frozen=True, slots=True)
class PoisonMessage:
    """A message as it stands in a poison queue."""

    # as it stands in the queue: base64 when the sender kept to it
    text: str
    # what deletes it: opaque
    id: str
    receipt: str


class PoisonQueues(Protocol):
    """The queues into which the host moves what it gives up on, one for each kind of command."""

    def receive(self, kind: str) -> Sequence[PoisonMessage]:
        """Take up to 32 visible messages; nobody else sees them for five minutes. Empty: none can be seen.

        Raises:
            StoreError: the queue does not exist. OutcomeUnknown: no clear answer.
        """
        ...

    def delete(self, kind: str, message: PoisonMessage) -> None:
        """Delete a message that was taken; one that is gone, or that somebody else has taken since, is left alone.

        Raises:
            OutcomeUnknown: no clear answer.
        """
        ...
