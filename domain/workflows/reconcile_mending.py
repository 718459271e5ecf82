"""Do again what was lost: every command and every registration is one that may come any number of times."""

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import batched

from domain.commands import Command, ConfirmInvoice, PostJournal, PostProposal, SyncTableMap, WriteBackPosting
from domain.errors import ContentDiffers
from domain.identifiers import derive_id
from domain.invoice_proposal import Proposal
from domain.journal import Journal
from domain.open_documents import OpenDocument
from domain.pending_work import CROSS_COMPANY, PendingWork, WorkKind, posting_work, work_for
from domain.ports import CommandSender, RowStore
from domain.proforma import Invoice
from domain.reconciliation import ConfirmAgain, Mend, PostAgain, SyncAgain, WorkAgain, WriteBackAgain
from domain.rows import Insert, RowKey
from domain.saving import save
from domain.table_map_definition import COMPANY_COLUMN
from domain.tables import Table
from domain.workflows.reading import find_record

COMMANDS_AT_ONCE = 32
# where the rows stand that give the work of a range
SOURCES = (
    (WorkKind.JOURNAL_LINES, Table.FINANCE_ACTUALS_STAGING),
    (WorkKind.ON_ACCOUNT, Table.FINANCE_MILESTONES_STAGING),
    (WorkKind.RELATED_VOUCHERS, Table.FINANCE_TRANSACTION_RELATIONSHIPS),
)


def mend(store: RowStore, sender: CommandSender, document: OpenDocument, mends: Iterable[Mend], now: datetime) -> int:
    """Do again what can be done again.

    Returns:
        How many commands were sent and pieces of work registered.
    """
    done = 0
    commands: list[Command] = []
    for each in mends:
        if isinstance(each, WorkAgain):
            done += register_work(store, document, each)
        else:
            commands += _command(store, document, each, now)
    for some in batched(commands, COMMANDS_AT_ONCE, strict=False):
        sender.send(some)
    return done + len(commands)


def _command(
    store: RowStore,
    document: OpenDocument,
    again: SyncAgain | PostAgain | WriteBackAgain | ConfirmAgain,
    now: datetime,
) -> Iterator[Command]:
    match again:
        case SyncAgain():
            yield _sync(document, again, now)
        case ConfirmAgain():
            yield from _confirm(store, again, now)
        case PostAgain() | WriteBackAgain():
            yield from _of_posting(store, again, now)


def _sync(document: OpenDocument, again: SyncAgain, now: datetime) -> SyncTableMap:
    return SyncTableMap(
        command=derive_id("reconcile", *again),
        correlation=document.correlation,
        requested_at=now,
        reference=document.reference,
        map=again.map,
        partition=again.partition,
        first=again.first,
        last=again.last,
    )


def _confirm(store: RowStore, again: ConfirmAgain, now: datetime) -> Iterator[Command]:
    key = RowKey(again.invoice, again.invoice)
    invoice = find_record(store, Table.DATAVERSE_INVOICES, key, Invoice)
    if invoice is not None and invoice.confirmed_by is not None and invoice.confirmed_on is not None:
        yield ConfirmInvoice(
            command=invoice.confirmed_by,
            correlation=invoice.correlation,
            requested_at=now,
            reference=invoice.number,
            invoice=invoice.invoice,
            confirmed_on=invoice.confirmed_on,
        )


def _of_posting(store: RowStore, again: PostAgain | WriteBackAgain, now: datetime) -> Iterator[Command]:
    header = _header(store, again.posted, again.document)
    if header is None:
        return
    common: dict[str, object] = {"correlation": header.correlation, "requested_at": now}
    if isinstance(header, Proposal):
        common["reference"] = header.number
    if isinstance(again, WriteBackAgain):
        own: dict[str, object] = {"command": derive_id("write-back", again.document), "posted": again.posted}
        yield WriteBackPosting.model_validate({**common, **own, "posted_document": again.document})
        return
    common["command"] = derive_id("reconcile", again.posted, again.document)
    if isinstance(header, Proposal):
        own = {"proposal": again.document, "invoice_date": header.invoice_date}
        yield PostProposal.model_validate({**common, **own})
    else:
        yield PostJournal.model_validate({**common, "journal": again.document})


def _header(store: RowStore, posted: str, document: str) -> Journal | Proposal | None:
    key = RowKey(document, document)
    if posted == "journal":
        return find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, key, Journal)
    return find_record(store, Table.FINANCE_INVOICE_PROPOSALS, key, Proposal)


def register_work(store: RowStore, document: OpenDocument, again: WorkAgain) -> int:
    """Register work, exactly as it was registered first; gives how many pieces."""
    works = list(_works(store, document, again))
    for work in works:
        try:
            save(store, Table.FINANCE_PENDING_WORK, work.kind.value, (Insert(work.key.row, work.to_columns()),))
        except ContentDiffers:
            # the same work is pending since, for another command
            continue
    return len(works)


def _works(store: RowStore, document: OpenDocument, again: WorkAgain) -> Iterator[PendingWork]:
    table = dict(SOURCES).get(again.kind)
    if table is not None:
        yield from range_works(store, table, again, document.correlation)
        return
    posted = "journal" if again.kind is WorkKind.POST_JOURNAL else "proposal"
    header = _header(store, posted, again.partition)
    if header is not None:
        yield posting_work(again.kind, company=again.company, document=again.partition, correlation=header.correlation)


def range_works(store: RowStore, table: Table, again: WorkAgain, correlation: str) -> Iterator[PendingWork]:
    """Make the work that the rows of a range give, exactly as their sync has registered it."""
    counted: Counter[tuple[WorkKind, str]] = Counter()
    for page in store.read_pages(table, again.partition, first=again.first, last=again.last):
        for row in page:
            kind = work_for(table, row.columns)
            if kind is again.kind:
                counted[kind, str(row.columns.get(COMPANY_COLUMN, CROSS_COMPANY))] += 1
    for (kind, company), rows in sorted(counted.items()):
        if company == again.company:
            yield PendingWork(
                kind=kind,
                company=company,
                partition=again.partition,
                first=again.first,
                last=again.last,
                rows=rows,
                correlation=correlation,
            )
