"""Carry out what somebody wants changed on a draft: as a whole, by whoever meets it, or not at all.

The header gets the act first, by its version; then come the details with their connections and sources, then the
totals of the lines, and last the header again, without the act. A process that dies in between leaves an act that
stands: the next act on this draft, or its confirmation, carries it out before anything else. Every write is made for
the version that was read before the header was last seen with its act, so a slow worker whom others have overtaken
changes nothing any more. What it has written anew has no version to be held against: that it takes off again, or lets
the header count it.
"""

from collections.abc import Callable, Iterator, Sequence
from datetime import date
from itertools import batched

from domain.draft_acts import DraftAct
from domain.draft_totals import DetailAmount, DraftTotals
from domain.drafted_items import detail_of
from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode, Refused, RowMissing
from domain.identifiers import derive_id
from domain.money import ZERO
from domain.option_sets import InvoiceState
from domain.ports import PAGE_ROWS_MAX, RowStore
from domain.proforma import Invoice, InvoiceLine, InvoiceLineDetail
from domain.retainer_uses import Use
from domain.revision import corrective_detail
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow
from domain.saving import ROUNDS_MAX, read_keys, replace_status, save
from domain.tables import Table
from domain.timeline import TimelineEvent, draft_event
from domain.workflows.backlog_index import take_off_index
from domain.workflows.corrective_details import read_billed, save_corrections
from domain.workflows.draft_details import leave_out, release, save_details
from domain.workflows.draft_retainers import fit_retainers, leave_out_uses
from domain.workflows.due_items import Billing, claim, due_pages, read_billing
from domain.workflows.marking import mark
from domain.workflows.milestone_headers import follow_details, follow_items
from domain.workflows.reading import read_records

# what is to be changed on a draft as it stands; None when nothing is
type Decide = Callable[[Invoice], DraftAct | None]


def act_on_draft(store: RowStore, invoice: str, decide: Decide) -> tuple[Invoice, bool]:
    """Decide on a draft as it stands, and carry out what was decided.

    Returns:
        The header as it stands then, and whether anything was to be changed.

    Raises:
        Refused: there is no such draft, it can't be changed any more, or `decide` refuses; nothing was changed.
    """
    for _ in range(ROUNDS_MAX):
        header, row = _editable(store, invoice)
        act = decide(header)
        if act is None:
            return header, False
        begun = header.changed(pending_act=act.text)
        try:
            replace_status(store, Table.DATAVERSE_INVOICES, header.key, begun.to_columns(), row.etag)
        except ChangedMeanwhile:
            # somebody was faster: look again and decide again
            continue
        return Invoice.from_columns(settle(store, invoice).columns), True
    sentence = f"draft {invoice} is being changed by others all the time; do it again"
    raise Refused(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (invoice,)))


def always(act: DraftAct) -> Decide:
    """Decide the same, however the draft stands."""
    return lambda _: act


def settle(store: RowStore, invoice: str) -> StoredRow:
    """Carry out the act that stands on a header, if one does, and give the header's row.

    Raises:
        NotYet: there is no such invoice, or others keep changing it.
    """
    overtaken: DraftAct | None = None
    for _ in range(ROUNDS_MAX):
        row = _header_row(store, invoice)
        header = Invoice.from_columns(row.columns)
        act = None if header.pending_act is None else DraftAct.model_validate_json(header.pending_act)
        mending = _mending(store, header, overtaken) if act is None and overtaken and header.is_editable else None
        if act is None and mending is None:
            return row
        try:
            if act is not None:
                _carry_out(store, header, row, act)
            elif mending is not None:
                _replace(store, row, header.changed(pending_act=mending.text))
        except (ChangedMeanwhile, RowMissing):
            # somebody else carries it out as well, or has done so: look again
            overtaken = act or overtaken
            continue
    sentence = f"invoice {invoice} is being changed by others all the time; it is looked at again"
    raise NotYet(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (invoice,)))


def _header_row(store: RowStore, invoice: str) -> StoredRow:
    row = store.find(Table.DATAVERSE_INVOICES, RowKey(invoice, invoice))
    if row is None:
        sentence = f"invoice {invoice} is not known; check the id, or wait until the stage before has made it"
        raise NotYet(Problem(ReasonCode.DOCUMENT_UNKNOWN, sentence, (invoice,)))
    return row


def _editable(store: RowStore, invoice: str) -> tuple[Invoice, StoredRow]:
    try:
        row = settle(store, invoice)
    except NotYet as error:
        # there is no queue behind the people who edit: they are told at once
        raise Refused(error.problem) from error
    header = Invoice.from_columns(row.columns)
    if header.is_editable:
        return header, row
    raise Refused(not_editable(header))


def not_editable(invoice: Invoice) -> Problem:
    """Say why an invoice can't be changed any more."""
    if invoice.state == InvoiceState.CANCELED:
        what = "was deleted; create the invoice again from the backlog"
    elif invoice.is_confirmable:
        what = "is being confirmed; wait, and correct it when it is"
    else:
        what = f"is {invoice.status.name.lower()} and can't be changed; correct it by a corrective invoice"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, f"invoice {invoice.number} {what}", (invoice.invoice,))


def _carry_out(store: RowStore, header: Invoice, row: StoredRow, act: DraftAct) -> None:
    added: list[str] = []
    uses: list[Use] = []
    match act.kind:
        case "edit" | "mend":
            _edit(store, header, row, act)
        case "refresh":
            added = _refresh(store, header, date.fromisoformat(act.cut_off or ""))
        case "delete":
            _delete(store, header)
            save(store, Table.DATAVERSE_DRAFTS, header.contract, (Delete(header.draft_key.row),))
            mark(store, (_event(header, act),))
            gone = {"details": 0, "amount": ZERO, "tax": ZERO, "total": ZERO, "state": InvoiceState.CANCELED}
            _replace(store, row, header.changed(pending_act=None, **gone))
            return
    try:
        adds = act.kind in ("refresh", "apply")
        uses = fit_retainers(store, header, adds=adds, check=lambda: _check_version(store, row))
        counted = recount(store, header)
        if act.kind == "edit":
            # a refresh is carried out by whoever meets it, so whether there is one depends on the way
            mark(store, (_event(header, act),))
        _replace(store, row, counted.changed(pending_act=None, status=act.status or header.status))
    except ChangedMeanwhile:
        again = _header_row(store, header.invoice)
        stands = Invoice.from_columns(again.columns)
        if not stands.is_editable:
            _leave_out(store, header.invoice, added)
            leave_out_uses(store, header, stands, uses)
            mending = _mending(store, stands, act)
            if mending is not None:
                _edit(store, stands, again, mending)
            recount(store, stands)
        raise


def _mending(store: RowStore, header: Invoice, overtaken: DraftAct) -> DraftAct | None:
    """Tell what is to be done since a worker has written for an act with which others were through already.

    Args:
        store: where the draft stands.
        header: as it stands without an act.
        overtaken: the act.

    Returns:
        What takes off what the worker has put on the draft anew, if that is all that the header has not counted, and
        what counts it otherwise; None when the header has counted what stands.
    """
    new = {InvoiceLineDetail.from_columns(columns).key.row for columns in overtaken.added}
    billed = read_billed(store, (RowKey.from_text(key) for key in overtaken.corrected))
    new |= {corrective_detail(header.invoice, each).key.row for each in billed}
    found: list[str] = []

    def counted() -> Iterator[DetailAmount]:
        columns = DetailAmount.columns()
        for page in store.read_pages(Table.DATAVERSE_INVOICE_LINE_DETAILS, header.invoice, columns=columns):
            for row in page:
                found.extend({row.key.row} & new)
                yield DetailAmount.from_columns(row.columns)

    totals = DraftTotals(counted())
    if totals.header(header) == header:
        return None
    if overtaken.kind == "refresh":
        return overtaken
    is_all = totals.count - header.details == len(found)
    return DraftAct(kind="mend", removed=tuple(found) if is_all else ())


def _event(header: Invoice, act: DraftAct) -> TimelineEvent:
    """Tell of an act, before the header forgets it."""
    effect = f"changed={len(act.changed)} added={len(act.added) + len(act.corrected)} removed={len(act.removed)}"
    return draft_event(header.invoice, act.kind, derive_id("act", header.invoice, act.text), effect)


def _replace(store: RowStore, row: StoredRow, header: Invoice) -> None:
    replace_status(store, Table.DATAVERSE_INVOICES, header.key, header.to_columns(), row.etag)


def recount(store: RowStore, header: Invoice) -> Invoice:
    """Bring the totals of the lines up to date with the details that stand; gives the header with its own."""
    table = Table.DATAVERSE_INVOICE_LINES
    # the lines are read before the details: a version that still stands when it is replaced has counted no more
    standing = [row for page in store.read_pages(table, header.invoice) for row in page]
    totals = DraftTotals(read_records(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, header.invoice, DetailAmount))
    changes = []
    for row in standing:
        line = InvoiceLine.from_columns(row.columns)
        if (counted := totals.recounted(line)) != line:
            changes.append(Replace(row.key.row, counted.to_columns(), row.etag))
    save(store, table, header.invoice, changes)
    return totals.header(header)


def _edit(store: RowStore, header: Invoice, row: StoredRow, act: DraftAct) -> None:
    table, invoice = Table.DATAVERSE_INVOICE_LINE_DETAILS, header.invoice
    names = (*(change.row for change in act.changed), *act.removed)
    rows = read_keys(store, table, (RowKey(invoice, name) for name in names))
    standing = {key.row: each for key, each in rows.items()}
    removed = [InvoiceLineDetail.from_columns(standing[name].columns) for name in act.removed if name in standing]
    release(store, invoice, removed, lambda: _check_version(store, row))
    operations: list[Operation] = [
        Merge(change.row, change.columns, standing[change.row].etag) for change in act.changed if change.row in standing
    ]
    new = (InvoiceLineDetail.from_columns(columns) for columns in act.added)
    operations += [Insert(detail.key.row, detail.to_columns()) for detail in new]
    operations += [Delete(detail.key.row, standing[detail.key.row].etag) for detail in removed]
    save(store, table, invoice, operations)
    if act.corrected:
        billed = read_billed(store, (RowKey.from_text(key) for key in act.corrected))
        save_corrections(store, invoice, billed)


def _check_version(store: RowStore, row: StoredRow) -> None:
    stands = store.find(Table.DATAVERSE_INVOICES, row.key)
    if stands is None or stands.etag != row.etag:
        raise ChangedMeanwhile(f"{Table.DATAVERSE_INVOICES} {row.key.text}: another version stands; look again")


def _delete(store: RowStore, header: Invoice) -> None:
    # a draft that is deleted stays so: whoever overtakes us has deleted the same
    invoice = header.invoice
    for page in store.read_pages(Table.DATAVERSE_INVOICE_LINE_DETAILS, invoice):
        release(store, invoice, [InvoiceLineDetail.from_columns(row.columns) for row in page])
        save(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, invoice, (Delete(row.key.row) for row in page))
    for page in store.read_pages(Table.DATAVERSE_INVOICE_LINES, invoice):
        save(store, Table.DATAVERSE_INVOICE_LINES, invoice, (Delete(row.key.row) for row in page))


def billing_of(store: RowStore, header: Invoice, cut_off: date) -> Billing:
    """Read the contract of a draft, whose customer's items go on this draft."""
    drafts = {header.contract_customer: header.invoice}
    return read_billing(store, header.contract, wish=header.created_by, cut_off=cut_off, drafts=drafts)


def _leave_out(store: RowStore, invoice: str, added: Sequence[str]) -> None:
    for page in batched(added, PAGE_ROWS_MAX, strict=False):
        rows = read_keys(store, Table.DATAVERSE_INVOICE_LINE_DETAILS, (RowKey(invoice, row) for row in page)).values()
        details = [InvoiceLineDetail.from_columns(row.columns) for row in rows]
        leave_out(store, invoice, details)
        follow_details(store, details)


def _refresh(store: RowStore, header: Invoice, cut_off: date) -> list[str]:
    """Put page by page on a draft what is due, and its lines; gives the row keys of the details that are new."""
    billing, invoice = billing_of(store, header, cut_off), header.invoice
    added: list[str] = []
    for page in due_pages(store, billing):
        items = claim(store, billing, invoice, page.due.get(header.contract_customer, ()))
        details = [detail_of(item, invoice, billing.line_of(item)) for item in items]
        added += [each.key.row for each in save_details(store, invoice, details, is_new=False)]
        follow_items(store, items)
        take_off_index(store, header.contract, ((item.key.row, item.entry) for item in items))
    standing = {row.key.row for page in store.read_pages(Table.DATAVERSE_INVOICE_LINES, invoice) for row in page}
    none = DraftTotals(())
    lines = (none.line(line, invoice) for line in billing.lines.values())
    missing = (Insert(line.key.row, line.to_columns()) for line in lines if line.key.row not in standing)
    save(store, Table.DATAVERSE_INVOICE_LINES, invoice, missing)
    return added
