"""What a draft uses of its customer's retainers: reserved in the retainer's row, so that no two drafts use the same.

Every change of a retainer is made by its version. A draft's details and its reservations are fitted to each other
whenever an act on the draft is carried out, so whoever carries it out again brings both to the same end.
"""

from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal

from domain.backlog import retainer_line
from domain.draft_totals import DetailAmount, DraftTotals
from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, Problem, ReasonCode
from domain.option_sets import RefundStatus, RetainerUse
from domain.ports import RowStore
from domain.proforma import Invoice, InvoiceLineDetail
from domain.retainer import LINE_NUMBER, Retainer
from domain.retainer_uses import USES, Use, fitted, use_detail
from domain.rows import Delete, Insert, Merge, Operation, Replace, RowKey, StoredRow
from domain.saving import ROUNDS_MAX, replace_status, save
from domain.tables import Table
from domain.workflows.corrective_details import Check, nobody
from domain.workflows.reading import read_records

TABLE = Table.DATAVERSE_RETAINERS
DETAILS = Table.DATAVERSE_INVOICE_LINE_DETAILS
# where details about retainers stand on an invoice: before those of its lines
_FIRST, _LAST = f"{LINE_NUMBER:04d}|", f"{LINE_NUMBER:04d}|~"


def retainers_of(store: RowStore, contract: str) -> list[tuple[StoredRow, Retainer]]:
    """Read the retainers of a contract with their versions, the oldest first."""
    rows = (row for page in store.read_pages(TABLE, contract) for row in page)
    return [(row, Retainer.from_columns(row.columns)) for row in rows]


def retainer_details(store: RowStore, invoice: str) -> list[tuple[StoredRow, InvoiceLineDetail]]:
    """Read the details of an invoice that are about retainers, with their versions."""
    rows = (row for page in store.read_pages(DETAILS, invoice, first=_FIRST, last=_LAST) for row in page)
    return [(row, InvoiceLineDetail.from_columns(row.columns)) for row in rows]


def chargeable_of(store: RowStore, invoice: str) -> Decimal:
    """Count what a draft bills without retainers and without tax."""
    totals = DraftTotals(read_records(store, DETAILS, invoice, DetailAmount))
    return totals.without(retainer_line(invoice))


def fit_retainers(store: RowStore, header: Invoice, *, adds: bool, check: Check) -> list[Use]:
    """Bring what a draft uses of retainers up to what it bills and what is available.

    Args:
        store: where the draft stands.
        header: the draft.
        adds: True: retainers that it does not use yet are used as well.
        check: raises when somebody has overtaken us, after everything was read.

    Returns:
        The uses whose details are new.

    Raises:
        ChangedMeanwhile, RowMissing: somebody else was faster; look again.
    """
    if header.has_corrections:
        return []
    standing = [(row, each) for row, each in retainer_details(store, header.invoice) if each.uses_retainer]
    if not standing and not adds:
        return []
    retainers = retainers_of(store, header.contract)
    if not retainers:
        return []
    chargeable = chargeable_of(store, header.invoice)
    uses = fitted(header, [each for _, each in standing], [each for _, each in retainers], chargeable, adds=adds)
    check()
    _reserve(store, header, retainers, uses)
    return _write_details(store, header, standing, uses)


def _reserve(
    store: RowStore, header: Invoice, retainers: Sequence[tuple[StoredRow, Retainer]], uses: Iterable[Use]
) -> None:
    wanted = {(each.retainer.retainer, each.use): each.amount for each in uses}
    changes: list[Operation] = []
    for row, retainer in retainers:
        after = retainer
        for use in USES:
            amount = wanted.get((retainer.retainer, use), Decimal(0))
            if retainer.reserved(header.invoice, use) != amount:
                after = after.reserving(header.invoice, use, amount)
        if after is not retainer:
            changes.append(Replace(row.key.row, after.to_columns(), row.etag))
    save(store, TABLE, header.contract, changes)


def _write_details(
    store: RowStore, header: Invoice, standing: Sequence[tuple[StoredRow, InvoiceLineDetail]], uses: Iterable[Use]
) -> list[Use]:
    rows = {detail.detail: row for row, detail in standing}
    new: list[Use] = []
    operations: list[Operation] = []
    for use in uses:
        made = use_detail(header, use)
        if use.detail is None:
            new.append(use)
            operations.append(Insert(made.key.row, made.to_columns()))
        elif use.detail.amount != made.amount:
            columns = made.to_columns()
            names = ("msdyn_quantity", "msdyn_price", "msdyn_amount")
            stands = rows[use.detail.detail]
            operations.append(Merge(stands.key.row, {name: columns[name] for name in names}, stands.etag))
    try:
        save(store, DETAILS, header.invoice, operations)
    except ContentDiffers as error:
        raise ChangedMeanwhile(str(error)) from error
    return new


def leave_out_uses(store: RowStore, header: Invoice, stands: Invoice, uses: Sequence[Use]) -> None:
    """Take uses off a draft that takes no more: their details go, and what was reserved for them.

    Those that it has counted stay: whoever was faster has put the same on it, and it was confirmed with them.

    Args:
        store: where both stand.
        header: the draft as it stood when the uses were decided.
        stands: its header now.
        uses: that a slow worker has written.
    """
    pages = store.read_pages(DETAILS, header.invoice, columns=("msdyn_invoicelinetransactionid",)) if uses else ()
    if sum(len(page) for page in pages) <= stands.details:
        return
    billed = {event.detail for _, each in retainers_of(store, header.contract) for event in each.events}
    details = [detail for use in uses if (detail := use_detail(header, use)).detail not in billed]
    save(store, DETAILS, header.invoice, (Delete(detail.key.row) for detail in details))
    release_retainers(store, header.invoice, details)


def release_retainers(
    store: RowStore, invoice: str, details: Iterable[InvoiceLineDetail], check: Check = nobody
) -> None:
    """Give back what details of a draft have reserved; a refund that is taken off a draft is not staged any more.

    Args:
        store: where the draft stands.
        invoice: the draft.
        details: of it; those that are not about retainers are passed over.
        check: called after a retainer was read; raises when somebody has overtaken us.
    """
    for detail in details:
        if detail.retainer_key is None or detail.retainer_use in {None, RetainerUse.NEW}:
            continue
        use = detail.retainer_use or RetainerUse.APPLIED

        def given_back(retainer: Retainer, use: RetainerUse = use) -> Retainer:
            check()
            after = retainer.reserving(invoice, use, Decimal(0))
            is_staged = use == RetainerUse.REFUND and after.refund_status == RefundStatus.READY_TO_REFUND
            return after.changed(refund_status=None) if is_staged else after

        change_retainer(store, RowKey.from_text(detail.retainer_key), given_back)


def change_retainer(store: RowStore, key: RowKey, change: Callable[[Retainer], Retainer]) -> None:
    """Change a retainer as it stands, by its version; one that is gone, or stands so already, is left alone.

    Raises:
        NotYet: others keep changing it.
    """
    for _ in range(ROUNDS_MAX):
        row = store.find(TABLE, key)
        if row is None:
            return
        before = Retainer.from_columns(row.columns)
        after = change(before)
        if after == before:
            return
        try:
            replace_status(store, TABLE, key, after.to_columns(), row.etag)
        except ChangedMeanwhile:
            continue
        return
    sentence = f"retainer {key.row.rpartition('|')[2]} is being changed by others all the time; it is looked at again"
    raise NotYet(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (key.row.rpartition("|")[2],)))
