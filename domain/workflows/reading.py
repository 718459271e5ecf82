"""Read records: one, all of a partition page by page, or the document that a command names."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.errors import NotYet, Problem, ReasonCode, Refused
from domain.ports import PAGE_ROWS_MAX, RowStore
from domain.record import Record
from domain.rows import RowKey, StoredRow
from domain.tables import Table


def find_record[R: Record](store: RowStore, table: Table, key: RowKey, kind: type[R]) -> R | None:
    """Read one record, or None."""
    row = store.find(table, key)
    return None if row is None else kind.from_columns(row.columns)


def read_records[R: Record](store: RowStore, table: Table, partition: str, kind: type[R]) -> Iterator[R]:
    """Read all records of a partition in order; only the columns that the record knows are brought."""
    for page in store.read_pages(table, partition, columns=kind.columns()):
        for row in page:
            yield kind.from_columns(row.columns)


def known_document(store: RowStore, table: Table, key: RowKey, what: str) -> StoredRow:
    """Read the status row of the document that a command names.

    Raises:
        NotYet: there is no such document, or not yet: the command may have overtaken what makes it.
    """
    row = store.find(table, key)
    if row is None:
        sentence = f"{what} {key.row} is not known; check the id, or wait until the stage before has made it"
        raise NotYet(Problem(ReasonCode.DOCUMENT_UNKNOWN, sentence, (key.row,)))
    return row


@contextmanager
def refusing_as_read(store: RowStore, table: Table, row: StoredRow, changed: Problem) -> Iterator[None]:
    """Let a refusal count only for the document as it was read: what was looked at may be another worker's result.

    Raises:
        NotYet: the document was changed since it was read; `changed` says so. Refused: it was not.
    """
    try:
        yield
    except Refused:
        stands = store.find(table, row.key)
        if stands is None or stands.etag != row.etag:
            raise NotYet(changed) from None
        raise


def paged[P](pages: Callable[[], Iterator[P]], *, rows: int | None = None) -> Callable[[], Iterator[P]]:
    """Read pages twice for the price of one when there is only one page.

    A long document is read again from the storage, so that it never stands in memory as a whole.

    Args:
        pages: begins to read.
        rows: how many there are, if that is known: then the first of several pages is not held for nothing.
    """
    is_long = (rows or 0) > PAGE_ROWS_MAX
    kept: list[P] = []
    is_short = False

    def again() -> Iterator[P]:
        nonlocal is_short
        if is_short:
            yield from kept
            return
        count = 0
        for page in pages():
            count += 1
            kept[:] = [page] if count == 1 and not is_long else []
            yield page
            # not held while the next one is read
            del page
        is_short = count == 1 and not is_long

    return again
