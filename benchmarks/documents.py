"""The documents of a run: brought to their draft invoices in memory, and copied to a storage.

What is measured begins at the confirmation. Everything before it (loading, the journals of costs and unbilled sales,
marking ready, the drafts) is set-up: it runs in memory, by the real workflows, and its rows are copied.
"""

from itertools import groupby

from domain.ports import RowStore
from domain.rows import Insert
from domain.saving import save
from domain.tables import Table
from tests.line import Line


def copy(line: Line, store: RowStore) -> int:
    """Write every row of the line to a storage; gives their number."""
    count = 0
    for table in Table:
        for partition, group in groupby(line.rows(table), key=lambda row: row.key.partition):
            rows = list(group)
            count += len(rows)
            save(store, table, partition, (Insert(row.key.row, row.columns) for row in rows))
    return count


def invoices(line: Line) -> list[str]:
    """Give the ids of all drafts."""
    return [row.key.row for row in line.rows(Table.DATAVERSE_INVOICES)]
