"""Put every due item of a contract on a draft, one draft for each contract customer.

An item is claimed by its version: whoever stamps it first has it. Then the details, the lines, the number, and last the
header, which is the commit point; the work index is cleared after it. A command that is delivered again finds the items
that it has claimed and goes on.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import batched

from domain.actuals import Actual, TransactionConnection
from domain.backlog import (
    ITEM_TABLES,
    BacklogEntry,
    DetailAmount,
    Item,
    ItemKind,
    chargeable_total,
    claimed_columns,
    detail_of,
    draft_id,
    is_due,
    item_of_actual,
    item_of_milestone,
    line_of,
)
from domain.commands import CreateProforma
from domain.contract import Account, Contract, ContractCustomer, ContractLine, Milestone
from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, Problem, ReasonCode, Refused
from domain.identifiers import derive_id
from domain.money import ZERO
from domain.number_sequences import formatted
from domain.option_sets import ProjectInvoiceStatus
from domain.outcome import Action, Outcome
from domain.ports import PAGE_ROWS_MAX, TRANSACTION_OPERATIONS_MAX, RowStore
from domain.proforma import Invoice, InvoiceLine, InvoiceLineDetail
from domain.record import Record
from domain.rows import Delete, Insert, Merge, RowKey, StoredRow
from domain.saving import read_keys, replace_status, save
from domain.tables import Table
from domain.workflows.numbering import allocate
from domain.workflows.reading import find_record, read_records

NUMBER_SEQUENCE = "proforma"
NUMBER_FORMAT = "PRO-######"


@dataclass(frozen=True, slots=True)
class _Draft:
    """What is known about a contract when its drafts are made."""

    command: CreateProforma
    contract: Contract
    lines: Mapping[str, ContractLine]
    customers: Mapping[str, ContractCustomer]

    def invoice_of(self, customer: str) -> str:
        return draft_id(self.command.command, self.contract.contract, customer)


def create_proforma(store: RowStore, command: CreateProforma) -> Outcome:
    """Make the drafts of a contract's due items.

    Returns:
        The ids of the drafts, or `nothing_to_do`. A problem for each due item that can't be invoiced.

    Raises:
        NotYet: the contract is not known (yet).
    """
    draft = _load(store, command)
    items, problems = _due_items(store, draft)
    invoices = []
    for customer in sorted({item.contract_customer for item in items if item.contract_customer}):
        claimed = _claim(store, draft, customer, [item for item in items if item.contract_customer == customer])
        if claimed:
            invoices.append(_make_draft(store, draft, customer, claimed))
    facts: dict[str, str | int] = {"invoices": ",".join(invoices), "items": len(items)}
    if not invoices:
        problems = problems or (_nothing(command),)
        return Outcome(Action.NOTHING_TO_DO, command.document, facts, problems)
    return Outcome(Action.PROFORMA_CREATED, command.document, facts, problems)


def _load(store: RowStore, command: CreateProforma) -> _Draft:
    contract = find_record(store, Table.DATAVERSE_CONTRACTS, RowKey(command.contract, command.contract), Contract)
    if contract is None:
        sentence = f"contract {command.contract} is not known; load it, or check the id"
        raise NotYet(Problem(ReasonCode.CONTRACT_UNKNOWN, sentence, (command.contract,)))
    lines = read_records(store, Table.DATAVERSE_CONTRACT_LINES, contract.contract, ContractLine)
    customers = read_records(store, Table.DATAVERSE_CONTRACT_CUSTOMERS, contract.contract, ContractCustomer)
    return _Draft(
        command,
        contract,
        {line.line: line for line in lines},
        {customer.contract_customer: customer for customer in customers},
    )


def _due_items(store: RowStore, draft: _Draft) -> tuple[list[Item], tuple[Problem, ...]]:
    due: list[Item] = []
    problems: list[Problem] = []
    for item in _indexed_items(store, draft.contract.contract):
        invoice = draft.invoice_of(item.contract_customer or "")
        if not is_due(item, draft.command.cut_off, invoice):
            continue
        problem = _misfit(draft, item)
        if problem is None:
            due.append(item)
        else:
            problems.append(problem)
    return due, tuple(problems)


def _indexed_items(store: RowStore, contract: str) -> Iterator[Item]:
    for page in store.read_pages(Table.DATAVERSE_BILLING_BACKLOG, contract, page_rows=PAGE_ROWS_MAX):
        entries = [(row.key, BacklogEntry.from_columns(row.columns).kind) for row in page]
        yield from _read_items(store, ItemKind.UNBILLED_SALES, entries)
        yield from _read_items(store, ItemKind.MILESTONE, entries)


def _read_items(store: RowStore, kind: ItemKind, entries: Sequence[tuple[RowKey, ItemKind]]) -> Iterator[Item]:
    keys = [key for key, entry_kind in entries if entry_kind == kind]
    for row in read_keys(store, ITEM_TABLES[kind], keys).values():
        yield _item(kind, row)


def _item(kind: ItemKind, row: StoredRow) -> Item:
    if kind == ItemKind.MILESTONE:
        return item_of_milestone(Milestone.from_columns(row.columns), row.key, row.etag)
    return item_of_actual(Actual.from_columns(row.columns), row.key, row.etag)


def _misfit(draft: _Draft, item: Item) -> Problem | None:
    if item.contract_line not in draft.lines or item.contract_customer not in draft.customers:
        sentence = (
            f"{item.kind} {item.id} names contract line {item.contract_line} and customer {item.contract_customer}, "
            f"which contract {draft.contract.number} does not have; load them, or correct the item"
        )
        return Problem(ReasonCode.ITEM_HAS_NO_CUSTOMER, sentence, (item.id,))
    if item.currency != draft.contract.currency:
        sentence = f"{item.kind} {item.id} is not in the currency of contract {draft.contract.number}; correct the item"
        return Problem(ReasonCode.CURRENCY_NOT_OF_CONTRACT, sentence, (item.id,))
    return None


def _claim(store: RowStore, draft: _Draft, customer: str, items: Sequence[Item]) -> list[Item]:
    invoice = draft.invoice_of(customer)
    claimed = [item for item in items if item.invoice == invoice]
    for kind in ItemKind:
        open_items = [item for item in items if item.kind == kind and item.invoice is None]
        for chunk in batched(open_items, TRANSACTION_OPERATIONS_MAX, strict=False):
            claimed += _claim_chunk(store, draft, invoice, list(chunk))
    return sorted(claimed, key=lambda item: (item.kind, item.key))


def _claim_chunk(store: RowStore, draft: _Draft, invoice: str, items: list[Item]) -> list[Item]:
    if not items:
        return []
    kind, partition = items[0].kind, draft.contract.contract
    changes = claimed_columns(kind, invoice)
    try:
        save(store, ITEM_TABLES[kind], partition, (Merge(item.key.row, changes, item.etag) for item in items))
    except ChangedMeanwhile:
        # somebody else took one of them: read what stands and claim what is left
        rows = read_keys(store, ITEM_TABLES[kind], (item.key for item in items)).values()
        again = [_item(kind, row) for row in rows]
        mine = [item for item in again if item.invoice == invoice]
        left = [item for item in again if item.invoice is None and is_due(item, draft.command.cut_off, invoice)]
        return mine + _claim_chunk(store, draft, invoice, left)
    return items


def _make_draft(store: RowStore, draft: _Draft, customer: str, items: Sequence[Item]) -> str:
    invoice = draft.invoice_of(customer)
    details = [detail_of(item, invoice, draft.lines[item.contract_line or ""]) for item in items]
    _save_all(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, details)
    connections = [_connection(detail) for item, detail in zip(items, details, strict=True) if _is_sale(item)]
    inserts = (Insert(row, connection.to_columns()) for row, connection in connections)
    save(store, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice, inserts)
    _commit(store, draft, customer, details)
    entries = (Delete(item.key.row) for item in items)
    save(store, Table.DATAVERSE_BILLING_BACKLOG, draft.contract.contract, entries)
    return invoice


def _is_sale(item: Item) -> bool:
    return item.kind == ItemKind.UNBILLED_SALES


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


def _commit(store: RowStore, draft: _Draft, customer: str, details: Sequence[InvoiceLineDetail]) -> None:
    """Write the lines, then the header; one that another delivery has written is brought up to the same details."""
    invoice = draft.invoice_of(customer)
    stands = store.find(Table.DATAVERSE_INVOICES, RowKey(invoice, invoice))
    if stands is None:
        lines = _lines(draft, invoice, details)
        _put_lines(store, invoice, lines)
        header = _header(store, draft, customer, lines, len(details))
        try:
            save(store, Table.DATAVERSE_INVOICES, invoice, (Insert(invoice, header.to_columns()),))
        except ContentDiffers:
            stands = store.find(Table.DATAVERSE_INVOICES, RowKey(invoice, invoice))
    if stands is not None:
        _bring_up_to_date(store, draft, stands)


def _bring_up_to_date(store: RowStore, draft: _Draft, stands: StoredRow) -> None:
    before = Invoice.from_columns(stands.columns)
    if before.status != ProjectInvoiceStatus.DRAFT:
        return
    details = list(read_records(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, before.invoice, DetailAmount))
    lines = _lines(draft, before.invoice, details)
    amount = chargeable_total(lines)
    after = before.changed(amount=amount, total=amount + before.tax, details=len(details))
    if after != before:
        _put_lines(store, before.invoice, lines)
        replace_status(store, Table.DATAVERSE_INVOICES, before.key, after.to_columns(), stands.etag)


def _lines(draft: _Draft, invoice: str, details: Sequence[InvoiceLineDetail | DetailAmount]) -> tuple[InvoiceLine, ...]:
    ordered = sorted(draft.lines.values(), key=lambda line: line.number)
    return tuple(line_of(line, invoice, details) for line in ordered)


def _put_lines(store: RowStore, invoice: str, lines: Sequence[InvoiceLine]) -> None:
    try:
        _save_all(store, Table.DATAVERSE_INVOICE_LINES, lines)
    except ContentDiffers:
        # an earlier try that did not reach the header had claimed fewer items
        merges = (Merge(line.key.row, line.to_columns()) for line in lines)
        save(store, Table.DATAVERSE_INVOICE_LINES, invoice, merges)


def _header(store: RowStore, draft: _Draft, customer: str, lines: Sequence[InvoiceLine], details: int) -> Invoice:
    invoice, payer = draft.invoice_of(customer), draft.customers[customer]
    if find_record(store, Table.DATAVERSE_ACCOUNTS, RowKey(payer.account, payer.account), Account) is None:
        sentence = f"account {payer.account} of contract customer {payer.name} is not known; load the account"
        raise Refused(Problem(ReasonCode.CUSTOMER_UNKNOWN, sentence, (payer.account,)))
    sequence = Table.DATAVERSE_NUMBER_SEQUENCES
    number = allocate(store, sequence, NUMBER_SEQUENCE, invoice, pattern=NUMBER_FORMAT)
    amount = chargeable_total(lines)
    return Invoice(
        invoice=invoice,
        number=formatted(NUMBER_FORMAT, number),
        name=f"{draft.contract.name} - {payer.name}",
        contract=draft.contract.contract,
        contract_customer=customer,
        customer=payer.account,
        currency=draft.contract.currency,
        owning_company=draft.contract.owning_company,
        status=ProjectInvoiceStatus.DRAFT,
        payment_terms=payer.payment_terms,
        amount=amount,
        tax=ZERO,
        total=amount,
        details=details,
        created_by=draft.command.command,
        correlation=derive_id("correlation", invoice),
    )


def _save_all(store: RowStore, table: Table, records: Sequence[InvoiceLineDetail] | Sequence[InvoiceLine]) -> None:
    rows: list[tuple[RowKey, Record]] = [(record.key, record) for record in records]
    save(store, table, rows[0][0].partition, (Insert(key.row, record.to_columns()) for key, record in rows))


def _nothing(command: CreateProforma) -> Problem:
    sentence = (
        f"nothing on contract {command.contract} is Ready to invoice and dated up to {command.cut_off}; "
        "mark items as ready, or choose a later cut-off date"
    )
    return Problem(ReasonCode.NOTHING_TO_INVOICE, sentence, (command.contract,))
