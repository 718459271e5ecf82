"""Make every work index anew from the documents: for the day on which an index has lost rows, or was restored.

What stands on an index stays, since a row of an index is a hint: work that is registered again after it was done costs
one empty pass. Rows are inserted under the keys that the workflows give them, so that nothing is registered twice.
"""

from collections.abc import Callable, Iterator
from functools import partial
from itertools import chain

from domain.backlog import BacklogEntry
from domain.errors import BadRow
from domain.identifiers import derive_id
from domain.invoice_schedule import InvoiceSchedule
from domain.open_documents import OpenDocument, of_invoice, of_rows
from domain.option_sets import InvoiceState
from domain.ports import RowStore
from domain.proforma import UNCONFIRMED, DraftEntry, Invoice
from domain.reconciliation import SyncAgain, TieOut, WorkAgain
from domain.rows import Insert, RowKey
from domain.saving import save
from domain.schedule_runs import due_entry
from domain.tables import Table
from domain.workflows.mark_ready import backlog_items
from domain.workflows.open_index import register
from domain.workflows.reading import find_record, read_records
from domain.workflows.reconcile_history import OF_CONTRACT, Partitions
from domain.workflows.reconcile_looking import look_at_invoice, look_at_rows
from domain.workflows.reconcile_mending import register_work
from domain.workflows.reconcile_reading import Look
from domain.workflows.schedule_rows import plan


def rebuild_indexes(store: RowStore, partitions: Partitions) -> Iterator[tuple[str, int]]:
    """Register everything that is to do.

    Args:
        store: both systems.
        partitions: how the documents are found.

    Yields:
        The name of each index, and how many rows it must have, whether they stood or not.
    """
    yield Table.DATAVERSE_DRAFTS.value, sum(_drafts(store, partitions))
    yield Table.DATAVERSE_BILLING_BACKLOG.value, sum(_backlog(store, partitions))
    yield Table.DATAVERSE_DUE_SCHEDULES.value, sum(_schedules(store, partitions))
    opened = works = 0
    look = Look.begin(store)
    for document, tie_out in chain(_invoices(look, partitions), _ranges(look, partitions)):
        if tie_out is not None and not tie_out.found:
            continue
        register(store, (document,))
        opened += 1
        again = () if tie_out is None else tie_out.mends
        works += sum(register_work(store, document, each) for each in again if isinstance(each, WorkAgain))
    yield Table.FINANCE_PENDING_WORK.value, works
    yield Table.INVOICING_OPEN_DOCUMENTS.value, opened


def _drafts(store: RowStore, partitions: Partitions) -> Iterator[int]:
    for invoice in partitions(Table.DATAVERSE_INVOICES):
        header = find_record(store, Table.DATAVERSE_INVOICES, RowKey(invoice, invoice), Invoice)
        if header is not None and header.is_editable:
            entry = DraftEntry(invoice=invoice).to_columns()
            save(store, Table.DATAVERSE_DRAFTS, header.contract, (Insert(header.draft_key.row, entry),))
            yield 1


def _backlog(store: RowStore, partitions: Partitions) -> Iterator[int]:
    for contract in partitions(Table.DATAVERSE_CONTRACTS):
        ready = [item for item in backlog_items(store, contract) if item.is_ready]
        entries = ((item.key.row, BacklogEntry(kind=item.kind, item=item.id)) for item in ready)
        inserts = (Insert(row, entry.to_columns()) for row, entry in entries)
        save(store, Table.DATAVERSE_BILLING_BACKLOG, contract, inserts)
        yield len(ready)


def _schedules(store: RowStore, partitions: Partitions) -> Iterator[int]:
    for contract in partitions(Table.DATAVERSE_INVOICE_SCHEDULES):
        schedules = list(read_records(store, Table.DATAVERSE_INVOICE_SCHEDULES, contract, InvoiceSchedule))
        plan(store, schedules)
        yield sum(due_entry(each) is not None for each in schedules)


def _invoices(look: Look, partitions: Partitions) -> Iterator[tuple[OpenDocument, TieOut | None]]:
    for invoice in partitions(Table.DATAVERSE_INVOICES):
        header = find_record(look.store, Table.DATAVERSE_INVOICES, RowKey(invoice, invoice), Invoice)
        if header is None or header.state is InvoiceState.CANCELED:
            continue
        if header.status in UNCONFIRMED and header.confirmed_by is None:
            continue
        document = of_invoice(invoice, header.number, header.correlation)
        yield document, _readable(partial(look_at_invoice, look, invoice))


def _ranges(look: Look, partitions: Partitions) -> Iterator[tuple[OpenDocument, TieOut | None]]:
    """Look at the rows of contracts in ranges of one page, as they were loaded."""
    for table_map, (source, _) in OF_CONTRACT:
        for contract in partitions(source):
            if look.store.find(Table.DATAVERSE_INVOICES, RowKey(contract, contract)) is not None:
                continue
            for page in look.store.read_pages(source, contract, columns=("RowKey",)):
                span = SyncAgain(table_map, contract, page[0].key.row, page[-1].key.row)
                document = of_rows(*span, derive_id("load", contract))
                yield document, _readable(partial(look_at_rows, look, span))


def _readable(read: Callable[[], TieOut]) -> TieOut | None:
    try:
        return read()
    except BadRow:
        # the timer looks at it, and names the row
        return None
