"""What holds of any line after every step, and what holds when nothing is on its way any more."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from decimal import Decimal

from domain.actuals import Actual
from domain.completeness import SALE_ROLES
from domain.invoice_proposal import ProjectInvoice, ProjectInvoiceLine, Proposal, ProposalLine, ProposalStatus
from domain.journal import Journal, JournalLine, JournalStatus, JournalType, LineStatus
from domain.ledger import CustomerTransaction, LedgerEntry, ProjectTransaction, TransactionStatus, out_of_balance
from domain.money import ZERO
from domain.option_sets import (
    AdjustmentStatus,
    BillingStatus,
    BillingType,
    FinanceBillingType,
    FinanceTransactionType,
    InvoiceState,
    ProjectInvoiceStatus,
    TransactionClass,
    TransactionType,
)
from domain.pending_work import PendingWork, WorkKind
from domain.posting_types import PostingType
from domain.problems import OpenProblem
from domain.proforma import UNCONFIRMED, Invoice, InvoiceLine, InvoiceLineDetail
from domain.record import Record
from domain.rows import RowKey
from domain.staging import StagedActual, StagedRelationship
from domain.tables import Table
from tests.line import Line, Snapshot
from tests.properties.chains import asked_for, left_over, values
from tests.properties.journal_moves import assert_moves
from tests.properties.retainer_invariants import assert_retainers, without_retainers
from tests.workflows.restless import numbers

# statuses of lines that another line has taken the place of, or will
GONE = (LineStatus.TRANSFERRED, LineStatus.DELETED)
ACCRUAL = (PostingType.WIP_SALES_VALUE, PostingType.ACCRUED_REVENUE_SALES_VALUE)
# written once
FOR_EVER = (
    Table.FINANCE_LEDGER_ENTRIES,
    Table.FINANCE_CUSTOMER_TRANSACTIONS,
    Table.FINANCE_TAX_TRANSACTIONS,
    Table.FINANCE_PROJECT_INVOICES,
    Table.FINANCE_PROJECT_INVOICE_LINES,
    Table.FINANCE_NUMBER_SEQUENCES,
)
# what stands beside the amount on a sum: account, currency
type Sums = Mapping[tuple[object, ...], Decimal]


class Seen:
    """Everything that the invariants look at, read once."""

    def __init__(self, line: Line) -> None:
        """Read it."""
        self.line = line
        self.actuals = _keyed(line, Table.DATAVERSE_ACTUALS, Actual)
        self.invoices = line.records(Table.DATAVERSE_INVOICES, Invoice)
        self.lines = line.records(Table.DATAVERSE_INVOICE_LINES, InvoiceLine)
        self.details = line.records(Table.DATAVERSE_INVOICE_LINE_DETAILS, InvoiceLineDetail)
        self.staged = _keyed(line, Table.FINANCE_ACTUALS_STAGING, StagedActual)
        self.relationships = line.records(Table.FINANCE_TRANSACTION_RELATIONSHIPS, StagedRelationship)
        self.journals = line.records(Table.FINANCE_INTEGRATION_JOURNALS, Journal)
        self.journal_lines = line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)
        self.transactions = _keyed(line, Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
        self.proposals = line.records(Table.FINANCE_INVOICE_PROPOSALS, Proposal)
        self.proposal_lines = line.records(Table.FINANCE_INVOICE_PROPOSAL_LINES, ProposalLine)
        self.project_invoices = line.records(Table.FINANCE_PROJECT_INVOICES, ProjectInvoice)
        self.invoice_lines = line.records(Table.FINANCE_PROJECT_INVOICE_LINES, ProjectInvoiceLine)
        self.owed = line.records(Table.FINANCE_CUSTOMER_TRANSACTIONS, CustomerTransaction)
        self.entries = line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)
        self.pending = line.records(Table.FINANCE_PENDING_WORK, PendingWork)
        self.problems = line.records(Table.INVOICING_PROBLEMS, OpenProblem)

    def of_invoice(self, invoice: str, kind: TransactionType) -> list[Actual]:
        """The actuals that an invoice made."""
        own = (actual for key, actual in self.actuals.items() if key.partition == invoice)
        return [actual for actual in own if actual.transaction_type == kind]


def _keyed[R: Record](line: Line, table: Table, kind: type[R]) -> dict[RowKey, R]:
    return {row.key: kind.from_columns(row.columns) for row in line.rows(table)}


# -- after every step


def assert_always(line: Line) -> None:
    """Assert everything that holds after every step."""
    seen = Seen(line)
    for check in (
        _vouchers_balance,
        _one_journal_line_and_one_proposal_line,
        _a_journal_counts_its_lines,
        _what_is_deleted_comes_back,
        _an_invoice_counts_what_stands_on_it,
        _an_invoice_bills_its_total,
        _unbilled_sales_of_an_invoice_come_to_nothing,
        _no_accrual_is_left_behind_an_invoice,
        _a_reversal_takes_back_all,
        _a_proposal_has_all_of_its_lines_or_none,
        _a_line_names_what_was_posted_for_it,
        _what_is_owed_is_what_was_invoiced,
        _written_back_is_posted,
        _numbers_have_no_gaps,
    ):
        check(seen)
    assert_retainers(line, list(seen.actuals.values()))


def _vouchers_balance(seen: Seen) -> None:
    assert out_of_balance(seen.entries) is None, "a voucher is out of balance"
    by_voucher: defaultdict[str, set[str]] = defaultdict(set)
    for entry in seen.entries:
        by_voucher[entry.voucher].add(entry.document)
    assert all(len(documents) == 1 for documents in by_voucher.values()), "a voucher belongs to one document"


def _one_journal_line_and_one_proposal_line(seen: Seen) -> None:
    lines = [each for each in seen.journal_lines if each.status not in GONE]
    standing = Counter(each.actual for each in lines)
    assert _repeated(standing) == [], "actuals on two journal lines"
    assert _repeated(Counter(each.actual for each in seen.proposal_lines)) == [], "billed sales on two proposal lines"
    assert _repeated(Counter(each.actual for each in seen.transactions.values())) == [], "actuals posted twice"
    assert _repeated(Counter(each.voucher for each in lines)) == [], "one voucher on two journal lines"


def _a_journal_counts_its_lines(seen: Seen) -> None:
    by_journal: defaultdict[str, Counter[LineStatus]] = defaultdict(Counter)
    for line in seen.journal_lines:
        by_journal[line.journal][line.status] += 1
    for journal in seen.journals:
        if journal.journal_type is not JournalType.INTEGRATION:
            continue
        statuses = by_journal[journal.journal]
        deleted = statuses[LineStatus.DELETED]
        told = (journal.lines, journal.deleted or 0)
        assert told == (statuses.total() - deleted, deleted), f"{journal.journal} does not count its lines"
        if journal.status is JournalStatus.POSTED:
            counted = (journal.posted, journal.transferred)
            assert counted == (statuses[LineStatus.POSTED], statuses[LineStatus.TRANSFERRED])


def _what_is_deleted_comes_back(seen: Seen) -> None:
    """An actual whose line was deleted has another line, or waits for the import."""
    standing = {each.actual for each in seen.journal_lines if each.status not in GONE}
    waiting = {(each.partition, each.first) for each in seen.pending if each.kind is WorkKind.JOURNAL_LINES}
    for line in seen.journal_lines:
        if line.status is LineStatus.DELETED and line.actual not in standing:
            key = RowKey.from_text(line.actual_key)
            assert (key.partition, key.row) in waiting, f"{line.actual} was deleted and does not come back"


def _repeated(counted: Counter[str]) -> list[str]:
    return [name for name, times in counted.items() if times > 1]


def _is_confirmed(invoice: Invoice) -> bool:
    return invoice.status not in UNCONFIRMED and invoice.state == InvoiceState.ACTIVE


def _an_invoice_bills_its_total(seen: Seen) -> None:
    for invoice in seen.invoices:
        billed = seen.of_invoice(invoice.invoice, TransactionType.BILLED_SALES)
        if not _is_confirmed(invoice):
            assert billed == [], f"{invoice.number} is a draft and has billed sales"
            continue
        assert asked_for(billed) == invoice.amount, f"{invoice.number} bills another amount than its total"
        assert len(billed) == invoice.billed_sales, f"{invoice.number} counts other billed sales than it has"


def _an_invoice_counts_what_stands_on_it(seen: Seen) -> None:
    for invoice in seen.invoices:
        details = [each for each in seen.details if each.invoice == invoice.invoice]
        chargeable = [each.invoice_amount for each in details if each.billing_type == BillingType.CHARGEABLE]
        of_lines = [each.chargeable for each in seen.lines if each.invoice == invoice.invoice]
        of_lines += [each.invoice_amount for each in details if each.retainer_use is not None]
        told = (invoice.details, invoice.amount, invoice.amount)
        assert told == (len(details), sum(chargeable, ZERO), sum(of_lines, ZERO)), f"{invoice.number} miscounts"


def _unbilled_sales_of_an_invoice_come_to_nothing(seen: Seen) -> None:
    for invoice in filter(_is_confirmed, seen.invoices):
        sources = [
            actual
            for key, actual in seen.actuals.items()
            if key.partition == invoice.contract and actual.invoice == invoice.invoice
        ]
        made = without_retainers(seen.of_invoice(invoice.invoice, TransactionType.UNBILLED_SALES))
        chain = [*sources, *made]
        left = left_over(chain)
        assert not left, f"{invoice.number} leaves unbilled {', '.join(left)}"
        billed = without_retainers(seen.of_invoice(invoice.invoice, TransactionType.BILLED_SALES))
        replaced = [each for each in sources if each.adjustment_status is None]
        replaced += [each for each in made if each.adjustment_status != AdjustmentStatus.UNADJUSTABLE]
        _bills_all_that_was_worked(invoice, sources, seen)
        # a fixed-price line has no unbilled sales
        if chain and not invoice.has_corrections:
            assert Counter(map(values, billed)) == Counter(map(values, replaced)), invoice.number


def _bills_all_that_was_worked(invoice: Invoice, sources: Iterable[Actual], seen: Seen) -> None:
    """What was taken off a quantity is billed too, as non-chargeable; only what was put on comes on top."""
    for source in sources:
        billed = [
            actual.quantity
            for key, actual in seen.actuals.items()
            if key.partition == invoice.invoice
            and source.actual in key.row
            and actual.transaction_type == TransactionType.BILLED_SALES
        ]
        assert sum(billed, ZERO) >= source.quantity, f"{invoice.number} forgets some of {source.actual}"


def _accruals(entries: Iterable[LedgerEntry]) -> Sums:
    sums: defaultdict[tuple[object, ...], Decimal] = defaultdict(Decimal)
    for entry in entries:
        if entry.posting_type in ACCRUAL:
            about = (entry.posting_type, entry.main_account)
            sums[*about, entry.currency] += entry.amount
            sums[*about, f"accounting {entry.accounting_currency}"] += entry.accounting_amount
    return {name: amount for name, amount in sums.items() if amount}


def _no_accrual_is_left_behind_an_invoice(seen: Seen) -> None:
    for invoice in seen.project_invoices:
        sales = [each for each in seen.transactions.values() if each.proposal == invoice.proposal]
        vouchers = {invoice.voucher, *(each.voucher for each in sales)}
        left = _accruals(entry for entry in seen.entries if entry.voucher in vouchers)
        assert left == {}, f"{invoice.number} leaves WIP or accrued revenue: {left}"
        assert all(each.status == TransactionStatus.INVOICED for each in sales)


def _a_reversal_takes_back_all(seen: Seen) -> None:
    for transaction in seen.transactions.values():
        if transaction.reverses is not None:
            original = seen.transactions[RowKey.from_text(transaction.reverses)]
            pair = {transaction.voucher, original.voucher}
            left = _accruals(entry for entry in seen.entries if entry.voucher in pair)
            assert left == {}, f"{transaction.actual} leaves WIP of {original.actual}: {left}"
            assert transaction.amount + original.amount == ZERO
            assert transaction.accounting_amount + original.accounting_amount == ZERO


def _has_line(billing_type: object, amount: Decimal) -> bool:
    chargeable = (BillingType.CHARGEABLE, FinanceBillingType.CHARGEABLE)
    return any(billing_type is each for each in chargeable) and amount != ZERO


def _a_proposal_has_all_of_its_lines_or_none(seen: Seen) -> None:
    for proposal in seen.proposals:
        lines = {each.actual for each in seen.proposal_lines if each.proposal == proposal.proposal}
        if proposal.status == ProposalStatus.AWAITING_LINES:
            assert lines == set(), f"{proposal.number} has lines before it has all"
            continue
        billed = seen.of_invoice(proposal.proposal, TransactionType.BILLED_SALES)
        confirmed = {each.actual for each in billed if _has_line(each.billing_type, each.amount)}
        arrived = {
            each.actual
            for key, each in seen.staged.items()
            if key.partition == proposal.proposal
            and each.transaction_type == FinanceTransactionType.BILLED_SALES
            and _has_line(each.billing_type, each.amount)
        }
        assert lines == arrived == confirmed, f"{proposal.number} has other lines than billed sales"
        assert (proposal.status == ProposalStatus.CLOSED) == (not lines), f"{proposal.number} is {proposal.status}"


def _a_line_names_what_was_posted_for_it(seen: Seen) -> None:
    sales = {
        each.transaction1: RowKey.from_text(each.transaction2_key or "")
        for each in seen.relationships
        if (each.transaction1_role, each.transaction2_role) == SALE_ROLES
    }
    for line in seen.proposal_lines:
        if line.actual in sales and line.transaction_class != TransactionClass.RETAINER:
            assert line.unbilled_sales_key == sales[line.actual].text, f"{line.actual} names another sale"
            assert sales[line.actual] in seen.transactions, f"{line.actual} is billed before its sale is posted"


def _what_is_owed_is_what_was_invoiced(seen: Seen) -> None:
    amounts: defaultdict[str, Decimal] = defaultdict(Decimal)
    for line in seen.invoice_lines:
        amounts[line.proposal] += line.amount
    owed = {each.proposal: each for each in seen.owed}
    headers = {each.invoice: each for each in seen.invoices}
    for invoice in seen.project_invoices:
        lines, proforma = amounts[invoice.proposal], headers[invoice.proposal].amount
        assert invoice.amount == lines == proforma, f"{invoice.number} is over another amount than its proforma"
        due = owed[invoice.proposal].amount
        assert due == invoice.total == invoice.amount + invoice.tax, f"{invoice.number} is not what is owed"


def _written_back_is_posted(seen: Seen) -> None:
    posted = {each.actual: each.voucher for each in seen.journal_lines if each.status == LineStatus.POSTED}
    vouchers = {each.proposal: each.voucher for each in seen.project_invoices}
    posted |= {each.actual: vouchers.get(each.proposal, "") for each in seen.invoice_lines}
    for actual in seen.actuals.values():
        if actual.voucher is not None:
            assert posted.get(actual.actual) == actual.voucher, f"{actual.actual} names a voucher that is not its own"
    done = (ProposalStatus.CLOSED, ProposalStatus.INVOICED)
    closed = {each.proposal for each in seen.proposals if each.status in done}
    for staged in seen.staged.values():
        assert not staged.processed or staged.actual in posted or staged.proposal in closed, (
            f"{staged.actual} is not posted"
        )
    for invoice in seen.invoices:
        is_posted = invoice.status == ProjectInvoiceStatus.POSTED
        assert not is_posted or invoice.invoice in vouchers.keys() | closed, (
            f"{invoice.number} is posted, not in finance"
        )


def _numbers_have_no_gaps(seen: Seen) -> None:
    for sequence, given in numbers(seen.line).items():
        assert given == list(range(1, len(given) + 1)), f"{sequence}: {given}"
    proformas = sorted(int(each.number.removeprefix("PRO-")) for each in seen.invoices)
    assert proformas == list(range(1, len(proformas) + 1)), f"proformas: {proformas}"


def assert_kept(before: Snapshot, after: Snapshot) -> None:
    """Assert that what was posted stands as it stood."""
    for table in FOR_EVER:
        stood, stands = before.get(table.value, {}), after.get(table.value, {})
        # the counter of a sequence is what is counted on
        changed = [key for key, row in stood.items() if stands.get(key) != row and "next|" not in key]
        assert changed == [], f"{table.value}: posted rows changed: {changed}"
    assert_moves(before, after)


# -- when nothing is on its way any more


def assert_finished(line: Line) -> None:
    """Assert that every document is finished, or that somebody can read what it waits for."""
    seen = Seen(line)
    assert line.dead == []
    unnamed = list(_unnamed(seen))
    assert unnamed == [], f"neither finished nor named: {unnamed}"
    _posted_is_written_back(seen)
    _only_open_sales_are_accrued(seen)


def _only_open_sales_are_accrued(seen: Seen) -> None:
    taken_back = {transaction.reverses for transaction in seen.transactions.values()}
    for key, sale in seen.transactions.items():
        is_open = sale.status == TransactionStatus.POSTED and sale.reverses is None and key.text not in taken_back
        if is_open and sale.accrued_amount:
            actual = seen.actuals[key]
            is_settled = actual.billing_status == BillingStatus.CUSTOMER_INVOICE_POSTED
            assert actual.adjustment_status is None, f"{sale.actual} is adjusted, its accrual stands"
            assert not is_settled, f"{sale.actual} is billed, its accrual stands"


def _posted_is_written_back(seen: Seen) -> None:
    actuals = {actual.actual: actual for actual in seen.actuals.values()}
    for line in seen.journal_lines:
        if line.status == LineStatus.POSTED:
            actual = actuals[line.actual]
            told = (actual.voucher, actual.accounting_amount, actual.accounting_exchange_rate)
            wanted = (line.voucher, line.accounting_amount, line.exchange_rate)
            assert told == wanted, f"{line.actual} has not got what was posted"
    for invoice in seen.project_invoices:
        header = next(each for each in seen.invoices if each.invoice == invoice.proposal)
        assert header.customer_invoice == invoice.number
    numbered = {invoice.proposal: invoice for invoice in seen.project_invoices}
    for billed in seen.invoice_lines:
        actual, voucher = actuals[billed.actual], numbered[billed.proposal].voucher
        told = (actual.voucher, actual.accounting_amount, actual.sales_tax_amount)
        wanted = (voucher, billed.amount_accounting_currency, billed.tax)
        assert told == wanted, f"{billed.actual} has not got what was posted"


def _unnamed(seen: Seen) -> Iterator[str]:
    """The documents and rows that are not finished, and of which nobody is told why."""
    named = {id_ for problem in seen.problems for id_ in (problem.document, *problem.ids)}
    pending = {work.partition for work in seen.pending}
    for journal in seen.journals:
        if journal.status not in (JournalStatus.POSTED, JournalStatus.DELETED):
            yield f"journal {journal.journal}: {journal.status}"
    for proposal in seen.proposals:
        # nothing that can happen to these contracts stands in the way of an invoice
        if proposal.status not in (ProposalStatus.INVOICED, ProposalStatus.CLOSED):
            yield f"proposal {proposal.number}: {proposal.status}"
    proposed = {proposal.proposal for proposal in seen.proposals}
    for invoice in filter(_is_confirmed, seen.invoices):
        if invoice.invoice not in proposed | named:
            yield f"invoice {invoice.number} has no proposal"
    for key, staged in seen.staged.items():
        # what is told of its proposal or journal is told of the row
        told = {staged.actual, staged.journal, *({key.partition} & proposed)} & (pending | named)
        if not staged.processed and staged.waits_for is None and not told:
            yield f"staged {staged.transaction_type} {staged.actual}"
    for key, actual in seen.actuals.items():
        if not actual.skip_sync and key not in seen.staged and actual.actual not in named:
            yield f"actual {actual.actual} has not crossed"
