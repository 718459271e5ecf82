"""Bring what posting decided back: accounting attributes to the actuals, the customer invoice to the proforma.

The staged rows come first, then the actuals, through the write-back columns of the actuals map and no other. A posting
never fails because an actual is gone: it is named, the others get theirs.

Source: Project Operations documentation, resource-dual-write-estimates-actuals (the four attributes) and
format-update-project-invoice-proposals (the customer-invoice export).
"""

from collections.abc import Iterable, Mapping, Sequence

from domain.commands import SyncTableMap, WriteBackPosting
from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode, RowMissing
from domain.identifiers import derive_id
from domain.invoice_proposal import InvoicedAmounts, ProjectInvoice, Proposal, ProposalStatus
from domain.journal import Journal, JournalLine, JournalStatus, LineStatus
from domain.money import ZERO, plain_text
from domain.option_sets import FinanceTransactionType, ProjectInvoiceStatus
from domain.outcome import Action, Outcome
from domain.ports import CommandSender, RowStore
from domain.proforma import Invoice
from domain.rows import Columns, Merge, RowKey
from domain.saving import read_keys, replace_status, save_across
from domain.staging import ImportedActual
from domain.table_map import apply_write_back
from domain.table_map_definition import TableMap
from domain.table_maps import find_map
from domain.tables import Table
from domain.workflows.reading import find_record, known_document

ACTUALS_MAP = "project_operations_integration_actuals"
EXPORT_MAP = "customer_invoice_export"


def write_back_posting(store: RowStore, sender: CommandSender, command: WriteBackPosting) -> Outcome:
    """Write back what a journal or a proposal posted; what stands already is left alone.

    Raises:
        NotYet: the journal or proposal is not posted (yet).
    """
    if command.posted == "journal":
        return _write_back_journal(store, command)
    return _write_back_proposal(store, sender, command)


def _write_back_journal(store: RowStore, command: WriteBackPosting) -> Outcome:
    key = RowKey(command.posted_document, command.posted_document)
    row = known_document(store, Table.FINANCE_INTEGRATION_JOURNALS, key, "integration journal")
    journal = Journal.from_columns(row.columns)
    if journal.status != JournalStatus.POSTED:
        raise NotYet(_not_posted("integration journal", journal.journal))
    written, problems = 0, []
    for page in store.read_pages(
        Table.FINANCE_INTEGRATION_JOURNAL_LINES, journal.journal, columns=JournalLine.columns()
    ):
        lines = [JournalLine.from_columns(row.columns) for row in page]
        attributes = {
            RowKey.from_text(line.actual_key): _of_line(line) for line in lines if line.status == LineStatus.POSTED
        }
        problems += _write(store, attributes)
        written += len(attributes)
    return _outcome(command, written, problems)


def _write_back_proposal(store: RowStore, sender: CommandSender, command: WriteBackPosting) -> Outcome:
    key = RowKey(command.posted_document, command.posted_document)
    row = known_document(store, Table.FINANCE_INVOICE_PROPOSALS, key, "project invoice proposal")
    proposal = Proposal.from_columns(row.columns)
    if proposal.status not in {ProposalStatus.INVOICED, ProposalStatus.CLOSED}:
        raise NotYet(_not_posted("project invoice proposal", proposal.number))
    invoice = find_record(store, Table.FINANCE_PROJECT_INVOICES, key, ProjectInvoice)
    written, problems = 0, []
    for page in store.read_pages(Table.FINANCE_ACTUALS_STAGING, proposal.proposal, columns=ImportedActual.columns()):
        staged = [(row.key, ImportedActual.from_columns(row.columns)) for row in page]
        billed = [each for each in staged if each[1].transaction_type == FinanceTransactionType.BILLED_SALES]
        attributes = _of_page(store, proposal, invoice, billed)
        problems += _write(store, attributes)
        written += len(attributes)
    problems += _write_proforma(store, proposal, _posted(invoice))
    if invoice is not None:
        sender.send((_export(invoice, command),))
    return _outcome(command, written, problems)


def _of_line(line: JournalLine) -> Columns:
    amount = plain_text(line.accounting_amount or ZERO)
    return _attributes(amount, plain_text(line.exchange_rate), line.voucher, plain_text(ZERO))


def _attributes(amount: str, rate: str | None, voucher: str | None, tax: str) -> Columns:
    columns = {"AccountingAmount": amount, "ExchangeRate": rate, "VoucherNumber": voucher, "SalesTaxAmount": tax}
    return {**{name: value for name, value in columns.items() if value is not None}, "IsProcessed": True}


def _of_page(
    store: RowStore,
    proposal: Proposal,
    invoice: ProjectInvoice | None,
    billed: Sequence[tuple[RowKey, ImportedActual]],
) -> dict[RowKey, Columns]:
    lines = _invoice_lines(store, proposal, [row for _, row in billed]) if invoice else {}
    return {key: _of_billed_sale(invoice, lines.get(row.actual)) for key, row in billed}


def _invoice_lines(store: RowStore, proposal: Proposal, rows: Sequence[ImportedActual]) -> dict[str, InvoicedAmounts]:
    keys = [RowKey(proposal.proposal, f"{row.proposal_line:07d}|{row.actual}") for row in rows if row.proposal_line]
    found = read_keys(store, Table.FINANCE_PROJECT_INVOICE_LINES, keys, InvoicedAmounts.columns())
    lines = (InvoicedAmounts.from_columns(row.columns) for row in found.values())
    return {line.actual: line for line in lines}


def _of_billed_sale(invoice: ProjectInvoice | None, line: InvoicedAmounts | None) -> Columns:
    if invoice is None or line is None:
        # without revenue: nothing was posted for it, so it has no rate and no voucher
        return _attributes(plain_text(ZERO), None, None, plain_text(ZERO))
    amount, rate = plain_text(line.amount_accounting_currency), plain_text(invoice.exchange_rate)
    return _attributes(amount, rate, invoice.voucher, plain_text(line.tax))


def _write(store: RowStore, attributes: Mapping[RowKey, Columns]) -> list[Problem]:
    table_map = find_map(ACTUALS_MAP)
    if table_map is None:
        raise LookupError(f"the table map {ACTUALS_MAP} is not registered")
    _merge(store, table_map.target, attributes)
    back = {key: apply_write_back(table_map, columns) for key, columns in attributes.items()}
    return _merge_into_actuals(store, table_map, back)


def _merge(store: RowStore, table: Table, changes: Mapping[RowKey, Columns]) -> None:
    merges = ((key.partition, Merge(key.row, columns)) for key, columns in changes.items())
    save_across(store, table, merges, in_any_order=True)


def _merge_into_actuals(store: RowStore, table_map: TableMap, changes: Mapping[RowKey, Columns]) -> list[Problem]:
    try:
        _merge(store, table_map.source, changes)
    except RowMissing:
        stands = read_keys(store, table_map.source, changes, ("msdyn_actualid",))
        _merge(store, table_map.source, {key: changes[key] for key in stands})
        return [_invalid(key for key in changes if key not in stands)]
    return []


def _invalid(keys: Iterable[RowKey]) -> Problem:
    ids = tuple(key.row.rpartition("|")[2] for key in keys)
    sentence = (
        f"Dataverse has no actual {ids[0]}{f' and {len(ids) - 1} more' if len(ids) > 1 else ''} to write back to; "
        "the posting stands, restore the actual and write back again"
    )
    return Problem(ReasonCode.ACTUAL_MISSING, sentence, ids)


def _posted(invoice: ProjectInvoice | None) -> dict[str, object]:
    """Say on the proforma what became of it; one without revenue is done as well, without a customer invoice."""
    status: dict[str, object] = {"status": ProjectInvoiceStatus.POSTED}
    if invoice is None:
        return status
    number = {"customer_invoice": invoice.number, "customer_invoice_date": invoice.invoice_date}
    return {**status, **number, "customer_invoice_tax": invoice.tax}


def _write_proforma(store: RowStore, proposal: Proposal, posted: Mapping[str, object]) -> list[Problem]:
    key = proposal.key
    row = store.find(Table.DATAVERSE_INVOICES, key)
    if row is None:
        sentence = f"Dataverse has no proforma {proposal.number} to write back to; the posting stands"
        return [Problem(ReasonCode.ACTUAL_MISSING, sentence, (proposal.proposal,))]
    after = Invoice.from_columns(row.columns).changed(**posted)
    try:
        replace_status(store, Table.DATAVERSE_INVOICES, key, after.to_columns(), row.etag)
    except ChangedMeanwhile as error:
        sentence = f"proforma {proposal.number} was changed at the same time; it is written back again"
        raise NotYet(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (proposal.proposal,))) from error
    return []


def _export(invoice: ProjectInvoice, command: WriteBackPosting) -> SyncTableMap:
    return SyncTableMap(
        command=derive_id("sync", EXPORT_MAP, invoice.proposal),
        correlation=command.correlation,
        requested_at=command.requested_at,
        reference=command.reference,
        map=EXPORT_MAP,
        partition=invoice.proposal,
        first=invoice.proposal,
        last=invoice.proposal,
        side="finance",
    )


def _not_posted(what: str, document: str) -> Problem:
    sentence = f"{what} {document} is not posted; post it, then its results are written back"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (document,))


def _outcome(command: WriteBackPosting, written: int, problems: Sequence[Problem]) -> Outcome:
    facts: dict[str, str | int] = {"posted": command.posted, "actuals": written}
    return Outcome(Action.POSTING_WRITTEN_BACK, command.posted_document, facts, tuple(problems))
