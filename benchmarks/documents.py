"""The documents of a run: brought to their draft invoices, and put on a storage.

What is measured begins at the confirmation. Everything before it (loading, the journals of costs and unbilled sales,
marking ready, the drafts) is set-up. It runs in memory, by the real workflows, and its rows are copied. That takes too
long for a very long invoice: there the rows of one line that is ready to invoice are copied under other ids, and the
draft is made on the storage itself.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Protocol

from domain.identifiers import derive_id
from domain.ports import RowStore
from domain.rows import Insert, RowKey, StoredRow
from domain.saving import save
from domain.tables import Table
from functions.storage.memory_queues import MemoryQueues
from tests.fakes.frozen_clock import FrozenClock
from tests.line import START, Line
from tests.many_lines import contract, drafted, ready

# tables in which every line of a backlog has rows
OF_LINES = frozenset(
    (
        Table.DATAVERSE_ACTUALS,
        Table.DATAVERSE_BILLING_BACKLOG,
        Table.DATAVERSE_TRANSACTION_CONNECTIONS,
        Table.FINANCE_ACTUALS_STAGING,
        Table.FINANCE_TRANSACTION_RELATIONSHIPS,
        Table.FINANCE_PROJECT_TRANSACTIONS,
    )
)
# lines of an invoice above which copying the rows of one of them is what can be waited for
LONG = 10_000


class Documents(Protocol):
    """Draft invoices that can be put on any number of storages."""

    def put_on(self, store: RowStore) -> list[str]:
        """Write all rows; gives the ids of the drafts."""
        ...


def invoices(line: Line) -> list[str]:
    """Give the ids of all drafts."""
    return [row.key.row for row in line.rows(Table.DATAVERSE_INVOICES)]


def documents(count: int, lines: int) -> Documents:
    """Prepare so many invoices of so many lines."""
    return LongDocument(lines) if count == 1 and lines > LONG else Drafted(drafted(count, lines))


@dataclass(frozen=True, slots=True)
class Drafted:
    """Drafts that were made in memory."""

    line: Line

    def put_on(self, store: RowStore) -> list[str]:
        """Copy them."""
        for table in Table:
            for partition, rows in groupby(self.line.rows(table), key=lambda row: row.key.partition):
                save(store, table, partition, (Insert(row.key.row, row.columns) for row in rows), in_any_order=True)
        return invoices(self.line)


@dataclass(frozen=True, slots=True)
class LongDocument:
    """One draft of very many lines."""

    lines: int

    def put_on(self, store: RowStore) -> list[str]:
        """Copy the rows of a line that is ready as often as wanted, and make the draft."""
        for table, row, names in rows_when_ready(self.lines):
            copies = renamed(row, names)
            inserts = (Insert(key.row, columns) for key, columns in copies)
            save(store, table, row.key.partition, inserts, in_any_order=True)
        clock = FrozenClock(START)
        line = Line(store, MemoryQueues(clock), clock)
        line.create_proforma(contract(0))
        line.drain()
        (drafts,) = store.read_pages(Table.DATAVERSE_DRAFTS, contract(0))
        return [str(draft.columns["Invoice"]) for draft in drafts]


type Names = Mapping[str, str]


def rows_when_ready(lines: int) -> Iterator[tuple[Table, StoredRow, Iterator[Names]]]:
    """Give each row that stands when one line is ready to invoice, and the names under which copies of it stand."""
    line = ready(1, 1)
    ids = [row.key.row.rpartition("|")[2] for row in line.rows(Table.DATAVERSE_ACTUALS)]
    for table in Table:
        for row in line.rows(table):
            is_of_line = table in OF_LINES and any(each in row.key.row for each in ids)
            yield table, row, _names(ids, lines) if is_of_line else iter(({},))


def renamed(row: StoredRow, names: Iterator[Names]) -> Iterator[tuple[RowKey, Mapping[str, str]]]:
    """Copy a row, each time with other ids in its key and its columns."""
    text = json.dumps([row.key.row, dict(row.columns)])
    for each in names:
        copied = text
        for old, new in each.items():
            copied = copied.replace(old, new)
        key, columns = json.loads(copied)
        yield RowKey(row.key.partition, key), columns


def _names(ids: Sequence[str], lines: int) -> Iterator[Names]:
    for number in range(lines):
        yield {each: derive_id("copy", each, number) for each in ids}
