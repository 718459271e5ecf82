"""The line details of a draft with what hangs on them: their connections, and the items of the backlog behind them."""

from collections.abc import Iterable, Sequence

from domain.actuals import TransactionConnection
from domain.backlog import ItemKind, source_kind
from domain.errors import ContentDiffers
from domain.identifiers import derive_id
from domain.ports import RowStore
from domain.proforma import InvoiceLineDetail
from domain.rows import Delete, Insert, RowKey
from domain.saving import read_keys, save
from domain.tables import Table
from domain.workflows.corrective_details import Check, give_back, nobody
from domain.workflows.draft_retainers import release_retainers
from domain.workflows.due_items import claimed_by, put_back_indexed
from domain.workflows.milestone_headers import follow_details

# above every row key that begins with the same text
_HIGHEST = "~"
_ID = ("msdyn_invoicelinetransactionid",)


def save_details(
    store: RowStore, invoice: str, details: Sequence[InvoiceLineDetail], *, is_new: bool
) -> list[InvoiceLineDetail]:
    """Put items on a draft; of a draft that people see, what stands may have been edited and stays.

    Returns:
        What was missing.
    """
    table = Table.DATAVERSE_INVOICE_LINE_DETAILS
    # connections first: whoever meets a detail that came too late brings its connection in order as well
    connections = (_connection(each) for each in details if source_kind(each) == ItemKind.UNBILLED_SALES)
    inserts = (Insert(row, connection.to_columns()) for row, connection in connections)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice, inserts, in_any_order=True)
    standing = {} if is_new else read_keys(store, table, (detail.key for detail in details), _ID)
    missing = [detail for detail in details if detail.key not in standing]
    try:
        inserts = (Insert(detail.key.row, detail.to_columns()) for detail in missing)
        save(store, table, invoice, inserts, in_any_order=True)
    except ContentDiffers:
        if not is_new:
            raise
        # a slow delivery: another one has made the draft, and somebody has edited it since
        return save_details(store, invoice, details, is_new=False)
    return missing


def leave_out(store: RowStore, invoice: str, details: Sequence[InvoiceLineDetail]) -> list[InvoiceLineDetail]:
    """Put back what came too late for an invoice that takes no more; gives the details that it has billed."""
    late = claimed_by(store, invoice, (_source(each) for each in details))
    keys = {item.key.text for item in late}
    stray = [each for each in details if each.source_key in keys]
    save(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, invoice, (Delete(each.key.row) for each in stray))
    connections = (Delete(_connection(each)[0]) for each in stray)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice, connections)
    put_back_indexed(store, late)
    return [each for each in details if each.source_key not in keys]


def release(store: RowStore, invoice: str, details: Sequence[InvoiceLineDetail], check: Check = nobody) -> None:
    """Give back what stands behind details of a draft: Ready to invoice, without a stamp, without a connection.

    The source goes first: until its detail is gone as well, nobody else confirms this draft. What another draft has
    taken since is left alone. A billed sale that was to be corrected stays as it was invoiced.

    Args:
        store: where the draft stands.
        invoice: the draft.
        details: of it, as they were read.
        check: raises when somebody has overtaken us; called at least once, between what is read and what is written
            for it, since the same sources may stand on the same draft anew.

    Raises:
        ChangedMeanwhile: somebody else was faster; look again.
    """
    corrected = (RowKey.from_text(each.source_key or "") for each in details if each.correction)
    give_back(store, invoice, corrected, check)
    release_retainers(store, invoice, details, check)
    items = claimed_by(store, invoice, (_source(each) for each in details if _has_source(each)))
    connections = _connections_of(store, invoice, [each.key.row for each in details])
    check()
    put_back_indexed(store, items)
    follow_details(store, details)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice, connections)


def _connections_of(store: RowStore, invoice: str, rows: Iterable[str]) -> list[Delete]:
    """Choose the connections that stand behind details, to be removed by their versions."""
    prefixes = tuple(f"{row}|" for row in sorted(rows))
    if not prefixes:
        return []
    table = Table.DATAVERSE_TRANSACTION_CONNECTIONS
    columns = ("msdyn_transactionconnectionid",)
    pages = store.read_pages(table, invoice, first=prefixes[0], last=prefixes[-1] + _HIGHEST, columns=columns)
    return [Delete(row.key.row, row.etag) for page in pages for row in page if row.key.row.startswith(prefixes)]


def _source(detail: InvoiceLineDetail) -> tuple[ItemKind, RowKey]:
    return source_kind(detail), RowKey.from_text(detail.source_key or "")


def _has_source(detail: InvoiceLineDetail) -> bool:
    return detail.source_key is not None and not detail.correction and not detail.uses_retainer


def _connection(detail: InvoiceLineDetail) -> tuple[str, TransactionConnection]:
    source = detail.source or ""
    connection = TransactionConnection(
        connection=derive_id("connection", detail.detail, "Billed Sales", source, "Unbilled Sales"),
        transaction1=detail.detail,
        transaction1_role="Billed Sales",
        transaction1_type="msdyn_invoicelinetransaction",
        transaction1_key=detail.key.text,
        transaction2=source,
        transaction2_role="Unbilled Sales",
        transaction2_key=detail.source_key,
    )
    return f"{detail.key.row}|0|{connection.connection}", connection
