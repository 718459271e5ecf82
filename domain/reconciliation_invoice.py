"""An invoice from its confirmation to the posted customer invoice and back: its billed sales, its headers, its voucher.

Source: Project Operations documentation, project-integration-workspace (mismatched billed sales: here the exact rows
are named) and format-update-project-invoice-proposals (all lines of a proposal or none; what posting makes).
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple

from domain.actuals import Actual
from domain.customer_invoice import CustomerInvoice
from domain.errors import ReasonCode
from domain.invoice_proposal import ProjectInvoice, Proposal, ProposalStatus
from domain.ledger import CustomerTransaction, LedgerEntry, TaxTransaction, out_of_balance
from domain.money import ZERO, total
from domain.option_sets import ProjectInvoiceStatus
from domain.pending_work import WorkKind
from domain.posting_types import PostingType
from domain.proforma import UNCONFIRMED, Invoice
from domain.reconciliation import (
    ConfirmAgain,
    Difference,
    Passed,
    PostAgain,
    Remark,
    SyncAgain,
    WorkAgain,
    WriteBackAgain,
)
from domain.reconciliation_rows import Around, Row, arrived, crosses, worth
from domain.staging import StagedActual

HEADER_MAP = "project_invoice_proposal_v2"
IMPORTED = frozenset(ProposalStatus) - {ProposalStatus.AWAITING_LINES}
WITHOUT_REVENUE = frozenset((ProposalStatus.CLOSED, ProposalStatus.DROPPED))


class LineFacts(NamedTuple):
    """A proposal line, or a line of the posted invoice: no more than is compared."""

    number: int
    amount: Decimal
    # posted lines: in the accounting currency, and the tax
    accounting_amount: Decimal = ZERO
    tax: Decimal = ZERO


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of an invoice beside its rows; None: it does not stand."""

    header: Invoice
    # its legal entity and currency, as finance calls them
    company: str
    currency: str
    proposal: Proposal | None = None
    invoice: ProjectInvoice | None = None
    owed: CustomerTransaction | None = None
    exported: CustomerInvoice | None = None
    taxes: Sequence[TaxTransaction] = ()
    entries: Sequence[LedgerEntry] = ()
    # sums of the proposal's lines and of the posted lines
    lines: tuple[LineFacts, ...] = ()
    posted_lines: tuple[LineFacts, ...] = ()


class Billed(NamedTuple):
    """What stands behind the staged row of one billed sale."""

    line: LineFacts | None = None
    posted: LineFacts | None = None


def bill(row: Row, billed: Billed, standing: Standing, around: Around) -> tuple[Passed, list[Difference]]:
    """Follow a billed sale through proposal and customer invoice, and back."""
    differences = list(arrived(row, around))
    actual, staged, proposal = row.actual, row.staged, standing.proposal
    is_confirmed = actual is not None and crosses(actual)
    amounts = [worth(actual, around, row.company, row.currency) if actual is not None and is_confirmed else None]
    if staged is not None:
        value = worth(staged, around, staged.company, staged.currency)
        amounts.append(value)
        if proposal is not None and proposal.status in IMPORTED:
            amounts += _further(actual, staged, billed, standing, value)
            differences += _of_lines(row, staged, billed, standing, value)
    return Passed(row.company, row.kind, row.currency, tuple(amounts)), differences


def _further(
    actual: Actual | None, staged: StagedActual, billed: Billed, standing: Standing, value: Decimal
) -> Iterator[Decimal | None]:
    if billed.line is None and value != ZERO:
        return
    yield billed.line.amount if billed.line else ZERO
    is_posted = billed.posted is not None or (billed.line is None and _is_done(standing))
    if not is_posted:
        return
    amount = billed.posted.amount if billed.posted else ZERO
    yield amount
    is_dropped = standing.proposal is not None and standing.proposal.status is ProposalStatus.DROPPED
    if is_dropped or (actual is not None and _is_back(actual, staged, billed, standing)):
        yield amount


def _is_done(standing: Standing) -> bool:
    done = {ProposalStatus.INVOICED, *WITHOUT_REVENUE}
    return standing.proposal is not None and standing.proposal.status in done


def _is_back(actual: Actual, staged: StagedActual, billed: Billed, standing: Standing) -> bool:
    invoice, line = standing.invoice, billed.posted
    wanted: tuple[object, ...] = (ZERO, None, None, ZERO)
    if invoice is not None and line is not None:
        wanted = (line.accounting_amount, invoice.exchange_rate, invoice.voucher, line.tax)
    told = (actual.accounting_amount, actual.accounting_exchange_rate, actual.voucher, actual.sales_tax_amount)
    of_staged = (staged.accounting_amount, staged.exchange_rate, staged.voucher, staged.sales_tax_amount)
    return told == wanted and of_staged == wanted and staged.processed


def _of_lines(
    row: Row, staged: StagedActual, billed: Billed, standing: Standing, value: Decimal
) -> Iterator[Difference]:
    line, posted, currency = billed.line, billed.posted, row.currency
    if line is None and value != ZERO:
        what = "billed sales stand on no line of their imported proposal; delete its lines and import it again"
        yield Difference(Remark(ReasonCode.LOST_ROW, what, currency=currency), row.id, value)
    if line is not None and line.amount != value:
        what = "proposal lines differ from their staged billed sales; delete the lines and import the proposal again"
        yield Difference(Remark(ReasonCode.AMOUNT_DIFFERS, what, currency=currency), row.id, value - line.amount)
    if line is not None and staged.proposal_line != line.number:
        what = "staged billed sales do not name their proposal line; delete the lines and import the proposal again"
        yield Difference(Remark(ReasonCode.LOST_ROW, what), row.id)
    if not _is_done(standing) or line is None:
        yield from _not_back(row, staged, billed, standing)
        return
    if posted is None:
        what = "lines of the posted invoice are gone; restore FinanceProjectInvoiceLines from a backup"
        yield Difference(Remark(ReasonCode.LOST_ROW, what, currency=currency), row.id, line.amount)
        return
    if posted.amount != line.amount:
        what = "lines of the posted invoice differ from the proposal; compare both, nothing is changed"
        difference = line.amount - posted.amount
        yield Difference(Remark(ReasonCode.AMOUNT_DIFFERS, what, currency=currency), row.id, difference)
    yield from _not_back(row, staged, billed, standing)


def _not_back(row: Row, staged: StagedActual, billed: Billed, standing: Standing) -> Iterator[Difference]:
    proposal, actual = standing.proposal, row.actual
    if proposal is None or actual is None or not _is_done(standing) or proposal.status is ProposalStatus.DROPPED:
        return
    if not _is_back(actual, staged, billed, standing):
        what = f"what proposal {proposal.number} posted does not stand on the actuals; it is written back again"
        again = WriteBackAgain("proposal", proposal.proposal)
        remark = Remark(ReasonCode.NOT_WRITTEN_BACK, what, mend=again, currency=row.currency)
        yield Difference(remark, row.id, billed.posted.amount if billed.posted else ZERO)


def of_documents(standing: Standing, around: Around) -> Iterator[Difference]:
    """Compare the headers with each other, and say what an unfinished document waits for."""
    header, proposal = standing.header, standing.proposal
    if header.status in UNCONFIRMED:
        if header.confirmed_by is not None:
            what = "confirmation has begun and not ended; it is sent again"
            yield _about(standing, Remark(ReasonCode.NOT_ARRIVED, what, mend=ConfirmAgain(header.invoice)))
        return
    if proposal is None and (standing.invoice is not None or header.status in _POSTED):
        what = "the header of the posted proposal is gone; restore FinanceInvoiceProposals from a backup"
        yield _about(standing, Remark(ReasonCode.LOST_ROW, what, currency=standing.currency))
    elif proposal is None:
        again = SyncAgain(HEADER_MAP, header.invoice, header.invoice, header.invoice)
        what = "the header of the confirmed invoice has not arrived in finance; its sync is sent again"
        yield _about(standing, Remark(ReasonCode.NOT_ARRIVED, what, mend=again, currency=standing.currency))
    elif proposal.status not in WITHOUT_REVENUE | {ProposalStatus.INVOICED}:
        yield _about(standing, _unfinished(proposal, around))
    else:
        yield from _posted(standing, proposal)


def of_confirmed(standing: Standing, billed_sales: int, chargeable: Decimal) -> Iterator[Difference]:
    """Compare a confirmed header with the billed sales that stand in its partition."""
    header = standing.header
    if billed_sales != header.billed_sales:
        what = f"{billed_sales} of {header.billed_sales} confirmed billed sales stand in Dataverse; restore the actuals"
        yield Difference(Remark(ReasonCode.LOST_ROW, what), header.invoice)
    if chargeable != header.amount:
        what = "the billed sales of the confirmed invoice do not add up to its amount; compare them"
        yield _off(standing, what, header.amount - chargeable)


def _about(standing: Standing, remark: Remark) -> Difference:
    return Difference(remark, standing.header.invoice, standing.header.amount if remark.currency else ZERO)


def _off(standing: Standing, what: str, difference: Decimal, currency: str = "") -> Difference:
    remark = Remark(ReasonCode.AMOUNT_DIFFERS, what, currency=currency or standing.currency)
    return Difference(remark, standing.header.invoice, difference)


def _unfinished(proposal: Proposal, around: Around) -> Remark:
    id_, currency = proposal.proposal, proposal.currency
    kind = WorkKind.PROPOSAL_LINES if proposal.status is ProposalStatus.AWAITING_LINES else WorkKind.POST_PROPOSAL
    code = ReasonCode.NOT_IMPORTED if kind is WorkKind.PROPOSAL_LINES else ReasonCode.NOT_POSTED
    if proposal.status is ProposalStatus.PROCESSING:
        what = f"posting of proposal {proposal.number} has begun and not ended; it is sent again"
        return Remark(code, what, mend=PostAgain("proposal", id_), currency=currency)
    if around.pending.has(kind, id_):
        lines = "waits for its lines; the problem or the status of the invoice tells for what"
        waits = lines if kind is WorkKind.PROPOSAL_LINES else "waits to be posted; post it"
        return Remark(code, f"proposal {proposal.number} {waits}", waits=True, currency=currency)
    what = f"proposal {proposal.number} is on no list of what can be imported or posted; it is registered again"
    return Remark(code, what, mend=WorkAgain(kind, proposal.company, id_, id_, id_), currency=currency)


def _posted(standing: Standing, proposal: Proposal) -> Iterator[Difference]:
    sums = total(line.amount for line in standing.lines)
    if (len(standing.lines), sums) != (proposal.lines, proposal.amount):
        what = f"proposal {proposal.number} says {proposal.lines} line(s), {len(standing.lines)} stand; compare them"
        yield _off(standing, what, (proposal.amount or ZERO) - sums)
    if proposal.status is ProposalStatus.INVOICED:
        invoice = standing.invoice
        if invoice is None:
            what = "the posted customer invoice is gone; restore FinanceProjectInvoices from a backup"
            yield _about(standing, Remark(ReasonCode.LOST_ROW, what, currency=standing.currency))
            return
        yield from _of_voucher(standing, invoice)
        yield from _exported(standing, invoice)
    if proposal.status is ProposalStatus.CLOSED and standing.header.status not in _POSTED:
        what = f"proposal {proposal.number} is closed, and its proforma does not say so; it is written back again"
        again = WriteBackAgain("proposal", proposal.proposal)
        yield Difference(Remark(ReasonCode.NOT_WRITTEN_BACK, what, mend=again), proposal.proposal)


def _of_voucher(standing: Standing, invoice: ProjectInvoice) -> Iterator[Difference]:
    owed, entries = standing.owed, standing.entries
    customer = (each.amount for each in entries if each.posting_type is PostingType.CUSTOMER_BALANCE)
    tax = total(each.tax_amount for each in standing.taxes)
    compared = (
        ("its lines", total(line.amount for line in standing.posted_lines), invoice.amount),
        ("the proforma", standing.header.amount, invoice.amount),
        ("the customer transaction", ZERO if owed is None else owed.amount, invoice.total),
        ("the customer's balance in the ledger", total(customer), invoice.total),
        ("its tax transactions", tax, invoice.tax),
        ("amount and tax", total((invoice.amount, invoice.tax)), invoice.total),
    )
    for name, stands, wanted in compared:
        if stands != wanted:
            what = f"customer invoice {invoice.number} differs from {name}; compare both, nothing is changed"
            yield _off(standing, what, wanted - stands)
    imbalance = out_of_balance(entries)
    if imbalance is not None:
        sums = total(entry.accounting_amount for entry in entries)
        what = f"voucher {invoice.voucher} does not balance: entries are gone or changed; restore FinanceLedgerEntries"
        yield _off(standing, what, -sums, entries[0].accounting_currency)


def _exported(standing: Standing, invoice: ProjectInvoice) -> Iterator[Difference]:
    header, exported = standing.header, standing.exported
    told = (header.status, header.customer_invoice, header.customer_invoice_date, header.customer_invoice_tax)
    is_told = told[1:] == (invoice.number, invoice.invoice_date, invoice.tax) and told[0] in _POSTED
    if not is_told or exported is None:
        what = f"customer invoice {invoice.number} is not told to Dataverse; it is written back again"
        again = WriteBackAgain("proposal", invoice.proposal)
        remark = Remark(ReasonCode.NOT_WRITTEN_BACK, what, mend=again, currency=standing.currency)
        yield Difference(remark, invoice.proposal, invoice.total)
    elif (exported.number, exported.total, exported.tax) != (invoice.number, invoice.total, invoice.tax):
        what = f"the export of customer invoice {invoice.number} differs from it; compare both, nothing is changed"
        yield _off(standing, what, invoice.total - exported.total)


_POSTED = frozenset((ProjectInvoiceStatus.POSTED, ProjectInvoiceStatus.PAID))


def extra_lines(standing: Standing, ids: Iterable[tuple[str, Decimal]], where: str) -> Iterator[Difference]:
    """Name lines that bill what was not confirmed."""
    for id_, amount in ids:
        what = f"{where} bill what the invoice has no billed sale for; delete the lines and import again, or credit it"
        yield Difference(Remark(ReasonCode.EXTRA_ROW, what, currency=standing.currency), id_, -amount)
