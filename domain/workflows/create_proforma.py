"""Put every due item of a contract on a draft, one draft for each contract customer.

First the items are claimed, each by its version. Then come the details, the lines, the number, and last the header,
which is the commit point; the work index is cleared after it. A command that is delivered again finds the items that it
has claimed and goes on.

Two deliveries of one command may run at once, each with items that the other did not see. So lines and header are made
of the details that stand, by version: whoever comes last has counted everything. Once a draft stands, no delivery
claims more for it, and what a delivery has claimed too late for a draft that is being confirmed goes back.
"""

from collections.abc import Sequence

from domain.actuals import TransactionConnection
from domain.backlog import DetailAmount, DraftTotals, Item, ItemKind, detail_of
from domain.commands import CreateProforma
from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, Problem, ReasonCode
from domain.identifiers import derive_id
from domain.money import ZERO
from domain.number_sequences import formatted
from domain.option_sets import ProjectInvoiceStatus
from domain.outcome import Action, Outcome
from domain.ports import RowStore
from domain.proforma import Invoice, InvoiceLine, InvoiceLineDetail
from domain.rows import Delete, Insert, Operation, Replace, RowKey, StoredRow
from domain.saving import ROUNDS_MAX, read_keys, save
from domain.tables import Table
from domain.workflows.due_items import Billing, claim, due_items, put_back, read_billing, unbilled
from domain.workflows.numbering import allocate
from domain.workflows.reading import find_record, read_records

NUMBER_SEQUENCE = "proforma"
NUMBER_FORMAT = "PRO-######"


def create_proforma(store: RowStore, command: CreateProforma) -> Outcome:
    """Make the drafts of a contract's due items.

    Returns:
        The ids of the command's drafts, or `nothing_to_do`. A problem for each reason why due items stay behind.

    Raises:
        NotYet: the contract is not known (yet), or an earlier draft of this very command is just being confirmed.

    Repeating it: the drafts stay as they are; what became ready since waits for the next command.
    """
    billing = read_billing(store, command)
    due, problems = due_items(store, billing)
    drafts = [each for each in sorted(billing.customers) if _make_draft(store, billing, each, due.get(each, []))]
    invoices = [billing.invoice_of(customer) for customer in drafts]
    facts: dict[str, str | int] = {"invoices": ",".join(invoices), "items": sum(map(len, due.values()))}
    if not invoices:
        return Outcome(Action.NOTHING_TO_DO, command.document, facts, problems or (_nothing(command),))
    return Outcome(Action.PROFORMA_CREATED, command.document, facts, problems)


def _make_draft(store: RowStore, billing: Billing, customer: str, items: Sequence[Item]) -> bool:
    """Bring the due items of a customer on the command's draft, and tell whether it stands."""
    invoice = billing.invoice_of(customer)
    stands = find_record(store, Table.DATAVERSE_INVOICES, RowKey(invoice, invoice), Invoice)
    mine = claim(store, billing, invoice, items) if stands is None else [each for each in items if each.invoice]
    if not mine:
        return stands is not None
    details = [(item, detail_of(item, invoice, billing.lines[item.contract_line or ""])) for item in mine]
    if stands is None or stands.is_editable:
        _save_details(store, invoice, details, is_new=stands is None)
    if not _commit(store, billing, customer):
        mine = _leave_out(store, invoice, details)
    save(store, Table.DATAVERSE_BILLING_BACKLOG, billing.contract.contract, (Delete(item.key.row) for item in mine))
    return True


def _save_details(
    store: RowStore, invoice: str, details: Sequence[tuple[Item, InvoiceLineDetail]], *, is_new: bool
) -> None:
    table = Table.DATAVERSE_INVOICE_LINE_DETAILS
    # of a draft that people see, what stands may have been edited
    standing = {} if is_new else read_keys(store, table, (detail.key for _, detail in details))
    missing = (detail for _, detail in details if detail.key not in standing)
    save(store, table, invoice, (Insert(detail.key.row, detail.to_columns()) for detail in missing))
    connections = (_connection(detail) for item, detail in details if item.kind == ItemKind.UNBILLED_SALES)
    inserts = (Insert(row, connection.to_columns()) for row, connection in connections)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice, inserts)


def _leave_out(store: RowStore, invoice: str, details: Sequence[tuple[Item, InvoiceLineDetail]]) -> list[Item]:
    """Put back what came too late for a confirmed invoice; gives the items that it has billed."""
    late = unbilled(store, invoice, [item for item, _ in details])
    keys = {item.key for item in late}
    stray = [detail for item, detail in details if item.key in keys]
    save(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, invoice, (Delete(detail.key.row) for detail in stray))
    connections = (Delete(_connection(detail)[0]) for detail in stray)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice, connections)
    put_back(store, late)
    return [item for item, _ in details if item.key not in keys]


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


def _commit(store: RowStore, billing: Billing, customer: str) -> bool:
    """Write the lines and the header for the details that stand; False when the draft takes no more.

    Raises:
        NotYet: the draft is just being confirmed.
    """
    invoice = billing.invoice_of(customer)
    for _ in range(ROUNDS_MAX):
        row = store.find(Table.DATAVERSE_INVOICES, RowKey(invoice, invoice))
        stands = None if row is None else Invoice.from_columns(row.columns)
        if stands is not None and not stands.is_editable:
            if stands.is_confirmable:
                raise NotYet(_being_confirmed(stands))
            return False
        try:
            totals = _write_lines(store, billing, invoice)
            _write_header(store, billing, customer, totals, row)
        except (ContentDiffers, ChangedMeanwhile):
            # another delivery has written since: read again and count again
            continue
        return True
    raise ChangedMeanwhile(f"{Table.DATAVERSE_INVOICES} {invoice}: the draft changes while it is made; try again")


def _write_lines(store: RowStore, billing: Billing, invoice: str) -> DraftTotals:
    # the lines are read before the details: a version that still stands when it is replaced has counted no more
    standing: dict[str, StoredRow] = {
        row.key.row: row for page in store.read_pages(Table.DATAVERSE_INVOICE_LINES, invoice) for row in page
    }
    totals = DraftTotals(read_records(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, invoice, DetailAmount))
    ordered = sorted(billing.lines.values(), key=lambda line: (line.number, line.line))
    lines = (totals.line(line, invoice) for line in ordered)
    writes = (_write_of(line, standing.get(line.key.row)) for line in lines)
    save(store, Table.DATAVERSE_INVOICE_LINES, invoice, (write for write in writes if write is not None))
    return totals


def _write_of(line: InvoiceLine, stands: StoredRow | None) -> Operation | None:
    columns = line.to_columns()
    if stands is None:
        return Insert(line.key.row, columns)
    return None if stands.columns == columns else Replace(line.key.row, columns, stands.etag)


def _write_header(
    store: RowStore, billing: Billing, customer: str, totals: DraftTotals, stands: StoredRow | None
) -> None:
    invoice = billing.invoice_of(customer)
    if stands is None:
        header = _header(store, billing, customer, totals).to_columns()
        save(store, Table.DATAVERSE_INVOICES, invoice, (Insert(invoice, header),))
        return
    before = Invoice.from_columns(stands.columns)
    amount = totals.chargeable
    after = before.changed(amount=amount, total=amount + before.tax, details=totals.count)
    if after != before:
        save(store, Table.DATAVERSE_INVOICES, invoice, (Replace(invoice, after.to_columns(), stands.etag),))


def _header(store: RowStore, billing: Billing, customer: str, totals: DraftTotals) -> Invoice:
    invoice, payer = billing.invoice_of(customer), billing.customers[customer]
    sequence = Table.DATAVERSE_NUMBER_SEQUENCES
    number = allocate(store, sequence, NUMBER_SEQUENCE, invoice, pattern=NUMBER_FORMAT)
    return Invoice(
        invoice=invoice,
        number=formatted(NUMBER_FORMAT, number),
        name=f"{billing.contract.name} - {payer.name}",
        contract=billing.contract.contract,
        contract_customer=customer,
        customer=payer.account,
        currency=billing.contract.currency,
        owning_company=billing.contract.owning_company,
        status=ProjectInvoiceStatus.DRAFT,
        payment_terms=payer.payment_terms,
        amount=totals.chargeable,
        tax=ZERO,
        total=totals.chargeable,
        details=totals.count,
        created_by=billing.command.command,
        correlation=derive_id("correlation", invoice),
    )


def _being_confirmed(invoice: Invoice) -> Problem:
    sentence = f"invoice {invoice.number} is being confirmed; what came too late for it is put back after that"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (invoice.invoice,))


def _nothing(command: CreateProforma) -> Problem:
    sentence = (
        f"nothing on contract {command.contract} is Ready to invoice and dated up to {command.cut_off}; "
        "mark items as ready, or choose a later cut-off date"
    )
    return Problem(ReasonCode.NOTHING_TO_INVOICE, sentence, (command.contract,))
