"""Work index of open documents: who confirms or loads writes a row, `reconcile` notes what it saw and removes it."""

from collections.abc import Iterable, Iterator

from domain.errors import ChangedMeanwhile
from domain.open_documents import PARTITION, OpenDocument, of_invoice, of_rows
from domain.ports import RowStore
from domain.proforma import Invoice
from domain.rows import Delete, Insert, Merge, StoredRow
from domain.saving import save
from domain.tables import Table

TABLE = Table.INVOICING_OPEN_DOCUMENTS


def register(store: RowStore, documents: Iterable[OpenDocument]) -> None:
    """Say that documents are open, before their messages go out; one that is open already stays as it is."""
    save(store, TABLE, PARTITION, (Insert(each.key.row, each.to_columns()) for each in documents))


def open_invoice(store: RowStore, invoice: Invoice) -> None:
    """Say that an invoice is being confirmed."""
    register(store, (of_invoice(invoice.invoice, invoice.number, invoice.correlation),))


def open_backlog(store: RowStore, invoice: Invoice, table_map: str) -> None:
    """Say what a confirmed invoice has put back on the backlog of its contract, if anything; it crosses by itself."""
    if invoice.backlog_first and invoice.backlog_last:
        span = (invoice.contract, invoice.backlog_first, invoice.backlog_last)
        register(store, (of_rows(table_map, *span, invoice.correlation),))


def read_open(store: RowStore) -> Iterator[StoredRow]:
    """Read every open document."""
    for page in store.read_pages(TABLE, PARTITION):
        yield from page


def note(store: RowStore, row: StoredRow, *, progress: str, tries: int) -> None:
    """Note what a look saw; it counts for the distance to the next look that the row is written, whatever it says."""
    try:
        store.write(TABLE, PARTITION, (Merge(row.key.row, {"Progress": progress, "Tries": tries}, row.etag),))
    except ChangedMeanwhile:
        # another tick has looked at the same time, and noted it
        return


def close(store: RowStore, row: StoredRow) -> None:
    """Remove a document that ties out, unless somebody has looked at it or opened it again since."""
    try:
        save(store, TABLE, PARTITION, (Delete(row.key.row, row.etag),))
    except ChangedMeanwhile:
        return
