"""Put every due item of a contract on a draft, one draft for each contract customer.

Page by page the items are claimed, each by its version, and their details written. Then come the lines, the number, and
last the header, which is the commit point; the work index is cleared after it. A command that is delivered again finds
the items that it has claimed and goes on.

Two deliveries of one command may run at once, each with items that the other did not see. So lines and header are made
of the details that stand, by version: whoever comes last has counted everything. Once a draft stands, no delivery
claims more for it, and what a delivery has claimed too late for a draft that is being confirmed goes back.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from domain.backlog import Item
from domain.commands import CreateProforma
from domain.draft_acts import DraftAct
from domain.draft_totals import DetailAmount, DraftTotals
from domain.drafted_items import detail_of
from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, Problem, ReasonCode, Refused, by_precedence
from domain.identifiers import derive_id
from domain.money import total
from domain.number_sequences import formatted
from domain.option_sets import ProjectInvoiceStatus
from domain.outcome import Action, Outcome
from domain.ports import PAGE_ROWS_MAX, RowStore
from domain.proforma import DraftEntry, Invoice, InvoiceLine, InvoiceLineDetail
from domain.rows import Delete, Insert, Operation, Replace, RowKey, StoredRow
from domain.saving import ROUNDS_MAX, save
from domain.schedule_runs import LineLimits, RunResult, failed_lines, line_limits
from domain.tables import Table
from domain.timeline import events_of
from domain.workflows.backlog_index import take_invoice_off_index, take_off_index
from domain.workflows.draft_acts import settle
from domain.workflows.draft_details import leave_out, save_details
from domain.workflows.due_items import Billing, claim, due_pages, read_billing
from domain.workflows.marking import mark
from domain.workflows.milestone_headers import follow, headers_of
from domain.workflows.numbering import allocate
from domain.workflows.reading import find_record, read_records
from domain.workflows.schedule_rows import end_run, read_run

NUMBER_SEQUENCE = "proforma"
NUMBER_FORMAT = "PRO-######"


class _Draft:
    """How far the draft of a customer has come: a few numbers and the keys of a page, however long it is."""

    def __init__(self, customer: str, invoice: str) -> None:
        self.customer, self.invoice = customer, invoice
        # due items that were met, and those of them that stand on the draft
        self.due, self.taken = 0, 0
        # milestone headers of due items
        self.headers: set[RowKey] = set()
        self._entries: list[tuple[str, str | None]] = []
        self._found: list[Invoice | None] = []

    def header(self, store: RowStore) -> Invoice | None:
        """Give the header as it stood before anything was claimed."""
        if not self._found:
            self._found = [find_record(store, Table.DATAVERSE_INVOICES, RowKey(self.invoice, self.invoice), Invoice)]
        return self._found[0]

    def note(self, due: Sequence[Item], taken: Sequence[Item]) -> None:
        """Count a page."""
        self.due += len(due)
        self.taken += len(taken)
        self.headers.update(headers_of(due))
        self._entries = [*self._entries, *_entries(taken)] if self.taken <= PAGE_ROWS_MAX else []

    def leave_index(self, store: RowStore, contract: str) -> None:
        """Take its items off the work index; those of a long draft are looked for there."""
        if self.taken <= PAGE_ROWS_MAX:
            take_off_index(store, contract, self._entries)
        else:
            take_invoice_off_index(store, contract, self.invoice)


def create_proforma(store: RowStore, command: CreateProforma) -> Outcome:
    """Make the drafts of a contract's due items.

    Returns:
        The ids of the command's drafts, or `nothing_to_do`. A problem for each reason why due items stay behind.

    Raises:
        NotYet: the contract is not known (yet), or an earlier draft of this very command is just being confirmed.

    Repeating it: the drafts stay as they are; what became ready since waits for the next command.
    """
    if command.scheduled_on is not None:
        return _run_schedules(store, command)
    outcome, _ = _create(store, command, None)
    return outcome


def _run_schedules(store: RowStore, command: CreateProforma) -> Outcome:
    """Make the drafts that a run of invoice schedules lets be made, and write on the schedules how it ended."""
    planned = [schedule for _, schedule in read_run(store, command)]
    if not planned:
        # it has come to its end, or another run has taken its place
        return Outcome(Action.NOTHING_TO_DO, command.document, {"scheduled_on": str(command.scheduled_on)})
    try:
        outcome, result = _create(store, command, line_limits(planned))
    except NotYet as error:
        if error.problem.code != ReasonCode.CONTRACT_UNKNOWN:
            raise
        # the next tick tries again, whoever loads the contract
        end_run(store, command, RunResult(None, frozenset(each.contract_line for each in planned)))
        raise Refused(error.problem) from error
    end_run(store, command, result)
    problems = tuple(each for each in outcome.problems if each.code != ReasonCode.NOTHING_TO_INVOICE)
    return replace(outcome, problems=problems, facts={"scheduled_on": str(command.scheduled_on), **outcome.facts})


def _create(
    store: RowStore, command: CreateProforma, limits: Mapping[str, LineLimits] | None
) -> tuple[Outcome, RunResult]:
    billing = read_billing(
        store,
        command.contract,
        wish=command.command,
        cut_off=command.cut_off,
        asked_at=command.requested_at,
        limits=limits,
    )
    drafts = {customer: _Draft(customer, billing.invoice_of(customer)) for customer in sorted(billing.customers)}
    behind: dict[Problem, None] = {}
    failed: set[str] = set()
    for page in due_pages(store, billing):
        for customer, items in page.due.items():
            _take(store, billing, drafts[customer], items)
        behind.update((problem, None) for _, problem in page.behind)
        failed |= failed_lines(item for item, _ in page.behind)
    problems = by_precedence(behind)
    invoices = [draft.invoice for draft in drafts.values() if _finish(store, billing, draft)]
    facts: dict[str, str | int] = {"invoices": ",".join(invoices), "items": sum(draft.due for draft in drafts.values())}
    result = RunResult(next(iter(invoices), None), frozenset(failed))
    if not invoices:
        return Outcome(Action.NOTHING_TO_DO, command.document, facts, problems or (_nothing(command),)), result
    outcome = Outcome(Action.PROFORMA_CREATED, command.document, facts, problems)
    # before a run of schedules comes to its end, after which nobody comes back for the event
    mark(store, events_of(command, outcome))
    return outcome, result


def _take(store: RowStore, billing: Billing, draft: _Draft, items: Sequence[Item]) -> None:
    """Bring a page of due items on a draft, if it still takes some."""
    header = draft.header(store)
    mine = claim(store, billing, draft.invoice, items) if header is None else [each for each in items if each.invoice]
    if header is None or header.is_editable:
        save_details(store, draft.invoice, _details(billing, draft.invoice, mine), is_new=header is None)
    draft.note(items, mine)


def _finish(store: RowStore, billing: Billing, draft: _Draft) -> bool:
    """Let a draft stand with what was taken for it, and tell whether it does."""
    header = draft.header(store)
    # a delivery that died may have left what is to be done first with a new draft
    is_begun = header is not None and header.pending_act is not None
    if not draft.taken and (header is not None or draft.customer not in billing.refunded):
        follow(store, draft.headers)
        if is_begun:
            settle(store, draft.invoice)
        return header is not None
    if not _commit(store, billing, draft.customer):
        _leave_out(store, billing, draft)
        return True
    if is_begun or draft.customer in billing.advanced:
        settle(store, draft.invoice)
    follow(store, draft.headers)
    draft.leave_index(store, billing.contract.contract)
    return True


def _leave_out(store: RowStore, billing: Billing, draft: _Draft) -> None:
    """Put back page by page what came too late for a draft; what it has billed leaves the work index."""
    for page in due_pages(store, billing):
        claimed = [item for item in page.due.get(draft.customer, ()) if item.invoice]
        billed = leave_out(store, draft.invoice, _details(billing, draft.invoice, claimed))
        keys = {each.source_key for each in billed}
        entries = _entries(item for item in claimed if item.key.text in keys)
        take_off_index(store, billing.contract.contract, entries)
    follow(store, draft.headers)


def _entries(items: Iterable[Item]) -> list[tuple[str, str | None]]:
    return [(item.key.row, item.entry) for item in items]


def _details(billing: Billing, invoice: str, items: Sequence[Item]) -> list[InvoiceLineDetail]:
    return [detail_of(item, invoice, billing.line_of(item)) for item in items]


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
            # a slow delivery may have said that it is a draft after its confirmation took that back
            save(store, Table.DATAVERSE_DRAFTS, stands.contract, (Delete(stands.draft_key.row),))
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
        made = _header(store, billing, customer, totals)
        entry = Insert(made.draft_key.row, DraftEntry(invoice=invoice).to_columns())
        save(store, Table.DATAVERSE_DRAFTS, made.contract, (entry,))
        save(store, Table.DATAVERSE_INVOICES, invoice, (Insert(invoice, made.to_columns()),))
        return
    before = Invoice.from_columns(stands.columns)
    after = totals.header(before)
    if after != before:
        after = after.changed(pending_act=after.pending_act or _first_act(billing, customer))
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
        tax=totals.tax,
        total=total((totals.chargeable, totals.tax)),
        details=totals.count,
        created_by=billing.wish,
        created_at=billing.asked_at,
        correlation=derive_id("correlation", invoice),
        pending_act=_first_act(billing, customer),
    )


def _first_act(billing: Billing, customer: str) -> str | None:
    """Name what is to be done as soon as the draft stands: to use the retainers of its customer."""
    return DraftAct(kind="apply").text if customer in billing.advanced else None


def _being_confirmed(invoice: Invoice) -> Problem:
    sentence = f"invoice {invoice.number} is being confirmed; what came too late for it is put back after that"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (invoice.invoice,))


def _nothing(command: CreateProforma) -> Problem:
    sentence = (
        f"nothing on contract {command.contract} is Ready to invoice and dated up to {command.cut_off}; "
        "mark items as ready, or choose a later cut-off date"
    )
    return Problem(ReasonCode.NOTHING_TO_INVOICE, sentence, (command.contract,))
