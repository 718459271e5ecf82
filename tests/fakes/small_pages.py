"""A store in memory whose pages are short, so that a short document has many."""

from collections.abc import Iterator, Sequence

from domain.ports import PAGE_ROWS_MAX
from domain.rows import StoredRow
from domain.tables import Table
from functions.storage.memory import MemoryRowStore

PAGE_ROWS = 5


class SmallPages(MemoryRowStore):
    """Brings five rows a page at most; the storage may bring less than was asked for, too."""

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
        rows = min(page_rows, PAGE_ROWS)
        return super().read_pages(table, partition, first=first, last=last, columns=columns, page_rows=rows)
