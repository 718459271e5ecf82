"""Look at one document from end to end: what has passed each stage, and what is to be said of it."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from domain.actuals import TransactionConnection
from domain.commands import SyncTableMap
from domain.contract import Milestone
from domain.customer_invoice import CustomerInvoice
from domain.discount_fee import net_of
from domain.errors import ReasonCode
from domain.invoice_proposal import ProjectInvoice, Proposal
from domain.ledger import CustomerTransaction, LedgerEntry, TaxTransaction
from domain.money import ZERO, round_amount, total
from domain.option_sets import BillingType, FinanceTransactionType, InvoiceState, TransactionType
from domain.pending_work import CROSS_COMPANY, PendingWork, WorkKind
from domain.proforma import UNCONFIRMED, Invoice
from domain.reconciliation import MILESTONE, Difference, Passed, Remark, SyncAgain, TieOut, WorkAgain
from domain.reconciliation_invoice import (
    IMPORTED,
    Billed,
    LineFacts,
    Standing,
    bill,
    extra_lines,
    of_confirmed,
    of_documents,
)
from domain.reconciliation_rows import Around, Row, book
from domain.rows import RowKey
from domain.saving import read_keys
from domain.staging import OnAccountTransaction, StagedMilestone, StagedRelationship
from domain.table_map import passes
from domain.table_maps import contract_line_milestones, project_operations_integration_actuals
from domain.table_maps import project_transaction_relationships as relationships
from domain.tables import Table
from domain.timeline import event_key
from domain.workflows.confirm_invoice import HIGHEST, LOWEST
from domain.workflows.reading import find_record, read_records
from domain.workflows.reconcile_reading import (
    Look,
    read_booked,
    read_invoice_lines,
    read_proposal_lines,
    read_rows,
    side_by_side,
)
from domain.workflows.relate_vouchers import line_places, related_pairs

ACTUALS_MAP = project_operations_integration_actuals.MAP.name
CONNECTIONS_MAP = relationships.MAP.name
MILESTONES_MAP = contract_line_milestones.MAP.name
LINES = Table.FINANCE_INTEGRATION_JOURNAL_LINES


def look_at_rows(look: Look, span: SyncAgain) -> TieOut:
    """Look at a range of loaded rows of one table map."""
    tie_out = TieOut()
    if span.map == CONNECTIONS_MAP:
        _connections(look, span, tie_out)
        _vouchers(look, span, tie_out)
    elif span.map == MILESTONES_MAP:
        _milestones(look, span, tie_out)
    else:
        for page in read_rows(look, span):
            _book(look, page, look.around(span), tie_out)
    return tie_out


def look_at_invoice(look: Look, invoice: str) -> TieOut:
    """Look at an invoice that is confirmed, or being confirmed."""
    tie_out, key = TieOut(), RowKey(invoice, invoice)
    header = find_record(look.store, Table.DATAVERSE_INVOICES, key, Invoice)
    span = SyncAgain(ACTUALS_MAP, invoice, LOWEST, HIGHEST)
    around = look.around(span)
    if header is None:
        what = "the proforma invoice is gone; restore it from a backup of DataverseInvoices"
        tie_out.say(Difference(Remark(ReasonCode.LOST_ROW, what), invoice))
        return tie_out
    if header.state is InvoiceState.CANCELED:
        return tie_out
    proposal = find_record(look.store, Table.FINANCE_INVOICE_PROPOSALS, key, Proposal)
    proposed = read_proposal_lines(look.store, invoice, proposal.deletions if proposal else None)
    lines = _Lines(proposed, read_invoice_lines(look.store, invoice))
    standing = replace(
        _standing(look, header), proposal=proposal, lines=_all(lines.proposed), posted_lines=_all(lines.posted)
    )
    for difference in of_documents(standing, around):
        tie_out.say(difference)
    if header.status not in UNCONFIRMED:
        _rows_of_invoice(look, standing, lines, around, tie_out)
        _connections_of_invoice(look, invoice, tie_out)
    return tie_out


def _standing(look: Look, header: Invoice) -> Standing:
    store, key = look.store, header.key
    return Standing(
        header=header,
        company=look.company(header.owning_company),
        currency=look.currency(header.currency),
        invoice=find_record(store, Table.FINANCE_PROJECT_INVOICES, key, ProjectInvoice),
        owed=find_record(store, Table.FINANCE_CUSTOMER_TRANSACTIONS, key, CustomerTransaction),
        exported=find_record(store, Table.DATAVERSE_CUSTOMER_INVOICES, key, CustomerInvoice),
        taxes=tuple(read_records(store, Table.FINANCE_TAX_TRANSACTIONS, key.partition, TaxTransaction)),
        entries=tuple(read_records(store, Table.FINANCE_LEDGER_ENTRIES, key.partition, LedgerEntry)),
    )


def _all(lines: dict[str, list[LineFacts]]) -> tuple[LineFacts, ...]:
    return tuple(line for group in lines.values() for line in group)


@dataclass(slots=True)
class _Lines:
    """The lines of an invoice by billed sale; whoever finds its line takes it, what is left is too many."""

    proposed: dict[str, list[LineFacts]]
    posted: dict[str, list[LineFacts]]


def _rows_of_invoice(look: Look, standing: Standing, lines: _Lines, around: Around, tie_out: TieOut) -> None:
    count, chargeable = 0, ZERO
    is_imported = standing.proposal is not None and standing.proposal.status in IMPORTED
    for page in read_rows(look, around.sync):
        billed = [row for row in page if _is_billed_sale(row)]
        _book(look, [row for row in page if not _is_billed_sale(row)], around, tie_out)
        for row in billed:
            facts = Billed(_taken(lines.proposed, row.id), _taken(lines.posted, row.id))
            tie_out.add(*bill(replace(row, has_arrived=is_imported), facts, standing, around))
            if row.actual is not None:
                count += 1
                if row.actual.billing_type is BillingType.CHARGEABLE:
                    chargeable = total((chargeable, net_of(row.actual)))
    for difference in of_confirmed(standing, count, chargeable):
        tie_out.say(difference)
    for where, left in (("proposal lines", lines.proposed), ("lines of the posted invoice", lines.posted)):
        extra = ((id_, line.amount) for id_, group in left.items() for line in group)
        for difference in extra_lines(standing, extra, where):
            tie_out.say(difference)


def _taken(lines: dict[str, list[LineFacts]], actual: str) -> LineFacts | None:
    """Take the line of a billed sale from those that stand; what is left in the end is too many."""
    group = lines.get(actual)
    return group.pop(0) if group else None


def _is_billed_sale(row: Row) -> bool:
    if row.actual is not None:
        return row.actual.transaction_type is TransactionType.BILLED_SALES
    return row.staged is not None and row.staged.transaction_type is FinanceTransactionType.BILLED_SALES


def _book(look: Look, rows: list[Row], around: Around, tie_out: TieOut) -> None:
    booked = read_booked(look, rows)
    for row in rows:
        known = row
        if row.staged is None:
            known = replace(row, has_arrived=booked[row.key].transaction is not None or look.is_on_line(row.id))
        tie_out.add(*book(known, booked[row.key], around))


def _connections_of_invoice(look: Look, invoice: str, tie_out: TieOut) -> None:
    span = SyncAgain(CONNECTIONS_MAP, invoice, LOWEST, HIGHEST)
    if not _connections(look, span, tie_out):
        # where there is nothing to carry, only the timeline tells whether somebody has looked
        stage = f"{SyncTableMap.name}|{span.map}|{span.first}"
        if look.store.find(Table.INVOICING_TIMELINE, event_key(invoice, stage)) is None:
            what = "nobody has looked for connections of the invoice; their sync is sent again"
            tie_out.say(Difference(Remark(ReasonCode.NOT_ARRIVED, what, mend=span), invoice))


def _connections(look: Look, span: SyncAgain, tie_out: TieOut) -> int:
    tables = (Table.DATAVERSE_TRANSACTION_CONNECTIONS, Table.FINANCE_TRANSACTION_RELATIONSHIPS)
    columns = (TransactionConnection.columns(), StagedRelationship.columns())
    what = "connections have not arrived in finance; their sync is sent again"
    late = Remark(ReasonCode.NOT_ARRIVED, what, mend=span)
    extra = Remark(ReasonCode.EXTRA_ROW, "finance has connections that Dataverse does not have; compare both")
    rows = 0
    for page in side_by_side(look.store, tables, span, columns):
        rows += len(page)
        for pair in page:
            crosses = pair.left is not None and passes(relationships.MAP, pair.left.columns)
            if crosses and pair.right is None:
                tie_out.say(Difference(late, pair.key.row.rpartition("|")[2]))
            if pair.right is not None and not crosses:
                tie_out.say(Difference(extra, pair.key.row.rpartition("|")[2]))
    return rows


def _vouchers(look: Look, span: SyncAgain, tie_out: TieOut) -> None:
    """See that lines of connected costs and sales name each other's voucher."""
    kind = WorkKind.RELATED_VOUCHERS
    again = WorkAgain(kind, CROSS_COMPANY, span.partition, span.first, span.last)
    lost = Remark(
        ReasonCode.NOT_IMPORTED,
        "journal lines do not name the voucher of their cost or sale; it is done again",
        mend=again,
    )
    waits = Remark(ReasonCode.NOT_IMPORTED, "vouchers wait to be related until both lines stand", waits=True)
    is_pending = look.pending.meets(kind, span.partition, span.first, span.last)
    for page in related_pairs(look.store, _work(again)):
        stands = line_places(look.store, {key for pair in page for key in pair})
        lines = read_keys(look.store, LINES, filter(None, stands.values()), ("Voucher", "RelatedVoucher"))
        for pair in page:
            one, other = (lines.get(stands.get(key) or RowKey("", "")) for key in pair)
            if one is not None and other is not None:
                names = {(one.columns["Voucher"], other.columns.get("RelatedVoucher"))}
                names |= {(other.columns["Voucher"], one.columns.get("RelatedVoucher"))}
                is_done = all(left == right for left, right in names)
            else:
                # a transaction that is not even staged may never come; then nobody waits for it
                is_done = any(key not in stands for key in pair) and not is_pending
            if not is_done:
                remark = waits if is_pending else lost
                tie_out.say(Difference(remark, pair.one.row.rpartition("|")[2]))


def _work(again: WorkAgain) -> PendingWork:
    return PendingWork(
        kind=again.kind,
        company=again.company,
        partition=again.partition,
        first=again.first,
        last=again.last,
        rows=1,
        correlation="00000000-0000-0000-0000-000000000000",
    )


def _milestones(look: Look, span: SyncAgain, tie_out: TieOut) -> None:
    tables = (Table.DATAVERSE_MILESTONES, Table.FINANCE_MILESTONES_STAGING)
    for page in side_by_side(look.store, tables, span, (Milestone.columns(), StagedMilestone.columns())):
        keys = [pair.key for pair in page]
        made = read_keys(look.store, Table.FINANCE_ON_ACCOUNT_TRANSACTIONS, keys)
        for pair in page:
            crosses = pair.left is not None and passes(contract_line_milestones.MAP, pair.left.columns)
            if pair.right is None and not crosses:
                continue
            milestone = Milestone.from_columns(pair.left.columns) if pair.left is not None and crosses else None
            staged = None if pair.right is None else StagedMilestone.from_columns(pair.right.columns)
            stands = made.get(pair.key)
            on_account = None if stands is None else OnAccountTransaction.from_columns(stands.columns)
            currency = staged.currency if staged else look.currency(milestone.currency) if milestone else ""
            amounts = [each.amount for each in (milestone, staged, on_account) if each is not None]
            rounded = tuple(round_amount(amount, currency) for amount in amounts)
            if milestone is not None:
                tie_out.add(Passed(staged.company if staged else CROSS_COMPANY, MILESTONE, currency, rounded))
            for difference in _of_milestone(look, span, milestone, staged, on_account):
                tie_out.say(difference)


def _of_milestone(
    look: Look,
    span: SyncAgain,
    milestone: Milestone | None,
    staged: StagedMilestone | None,
    on_account: OnAccountTransaction | None,
) -> Iterable[Difference]:
    if milestone is None or staged is None:
        id_ = (staged.milestone if staged else "") if milestone is None else milestone.milestone
        what = "milestones have not arrived in finance; their sync is sent again"
        late = Remark(ReasonCode.NOT_ARRIVED, what, mend=span)
        extra = Remark(ReasonCode.EXTRA_ROW, "finance has milestones that Dataverse does not have; compare both")
        yield Difference(extra if milestone is None else late, id_)
        return
    if milestone.amount != staged.amount:
        what = "staged milestones differ from Dataverse; change the milestone back, or plan another one"
        remark = Remark(ReasonCode.AMOUNT_DIFFERS, what, currency=staged.currency)
        yield Difference(remark, milestone.milestone, milestone.amount - staged.amount)
    if on_account is None:
        key = RowKey(span.partition, milestone.key.row)
        again = WorkAgain(WorkKind.ON_ACCOUNT, staged.company, span.partition, span.first, span.last)
        lost = Remark(ReasonCode.NOT_IMPORTED, "milestones have no on-account transaction; it is made", mend=again)
        waits = Remark(ReasonCode.NOT_IMPORTED, "milestones wait for the next Import from staging", waits=True)
        yield Difference(waits if look.pending.covers(WorkKind.ON_ACCOUNT, key) else lost, milestone.milestone)
    elif on_account.amount != round_amount(staged.amount, staged.currency):
        what = "on-account transactions differ from their milestones; compare both, nothing is changed"
        remark = Remark(ReasonCode.AMOUNT_DIFFERS, what, currency=staged.currency)
        yield Difference(remark, milestone.milestone, staged.amount - on_account.amount)
