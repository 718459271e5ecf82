"""What must hold of a line when everything is through, whatever went wrong: for every test that breaks things.

Each oracle looks at the tables alone, as an auditor would, and knows nothing of how they came about.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from decimal import Decimal

from domain.actuals import Actual
from domain.invoice_proposal import ProposalStatus
from domain.money import ZERO
from domain.option_sets import BillingType, FinanceTransactionType, ProjectInvoiceStatus, TransactionType
from domain.proforma import Invoice
from tests.line import Line
from tests.properties.invariants import Seen, assert_always, assert_finished

type Sums = Mapping[tuple[str, ...], Decimal]


def assert_through(line: Line, *, begins_in_finance: bool = False) -> int:
    """Assert all oracles of a line on which nothing is on its way any more; gives how many effects were looked at.

    Args:
        line: storage, queues and clock.
        begins_in_finance: invoices stand confirmed from the start, without the draft that they came from.
    """
    seen = Seen(line)
    _each_confirmed_line_is_proposed_once(seen)
    _sums_agree(seen)
    _written_back_if_and_only_if_posted(seen)
    if not begins_in_finance:
        assert_always(line)
    assert_finished(line)
    effects = (*seen.actuals, *seen.staged, *seen.transactions, *seen.invoices, *seen.journal_lines, *seen.entries)
    return len(effects) + len(seen.proposal_lines) + len(seen.invoice_lines)


def _confirmed(seen: Seen) -> list[Invoice]:
    done = (ProjectInvoiceStatus.CONFIRMED, ProjectInvoiceStatus.POSTED)
    return [invoice for invoice in seen.invoices if invoice.status in done]


def _chargeable(seen: Seen, invoice: Invoice) -> list[Actual]:
    billed = seen.of_invoice(invoice.invoice, TransactionType.BILLED_SALES)
    return [each for each in billed if each.billing_type == BillingType.CHARGEABLE and each.amount]


def _each_confirmed_line_is_proposed_once(seen: Seen) -> None:
    """Each confirmed line has exactly one proposal line with its amount, and one staged row."""
    confirmed = {each.actual: each.amount for invoice in _confirmed(seen) for each in _chargeable(seen, invoice)}
    proposed = Counter(each.actual for each in seen.proposal_lines)
    assert proposed == Counter(confirmed.keys()), "confirmed lines are not proposed exactly once"
    assert {each.actual: each.amount for each in seen.proposal_lines} == confirmed, "a line has another amount"
    staged = Counter(
        each.actual for each in seen.staged.values() if each.transaction_type == FinanceTransactionType.BILLED_SALES
    )
    assert not confirmed.keys() - staged.keys(), "a confirmed line has not arrived"
    assert set(staged.values()) <= {1}, "a confirmed line has arrived twice"


def _sums_agree(seen: Seen) -> None:
    """Confirmed, proposed and posted amounts are the same to the cent, by invoice, by project and by legal entity."""
    invoices = {invoice.invoice: invoice for invoice in _confirmed(seen)}
    companies = {proposal.proposal: proposal.company for proposal in seen.proposals}
    projects = {each.actual: str(each.project) for each in seen.actuals.values()}
    confirmed = _sums(
        (invoice, companies.get(invoice, ""), projects[each.actual], each.amount)
        for invoice, header in invoices.items()
        for each in _chargeable(seen, header)
    )
    proposed = _sums(
        (each.proposal, companies[each.proposal], projects[each.actual], each.amount) for each in seen.proposal_lines
    )
    assert confirmed == proposed, "confirmed and proposed sums differ"
    invoiced = {proposal.proposal for proposal in seen.proposals if proposal.status == ProposalStatus.INVOICED}
    posted = _sums(
        (each.proposal, companies[each.proposal], projects[each.actual], each.amount) for each in seen.invoice_lines
    )
    expected = _sums(
        (each.proposal, companies[each.proposal], projects[each.actual], each.amount)
        for each in seen.proposal_lines
        if each.proposal in invoiced
    )
    assert posted == expected, "proposed and posted sums differ"


def _sums(lines: Iterable[tuple[str, str, str, Decimal]]) -> Sums:
    sums: defaultdict[tuple[str, ...], Decimal] = defaultdict(lambda: ZERO)
    for invoice, company, project, amount in lines:
        sums["invoice", invoice] += amount
        sums["company", company] += amount
        sums["project", project] += amount
    return dict(sums)


def _written_back_if_and_only_if_posted(seen: Seen) -> None:
    """An actual has a voucher if and only if its transaction is posted; a proforma is posted when its invoice is."""
    vouchers = {each.actual: each.voucher for each in seen.transactions.values()}
    numbered = {each.proposal: each for each in seen.project_invoices}
    vouchers |= {each.actual: numbered[each.proposal].voucher for each in seen.invoice_lines}
    written = {each.actual: each.voucher for each in seen.actuals.values() if each.voucher is not None}
    assert written == vouchers, "what is written back is not what is posted"
    posted = {each.invoice for each in seen.invoices if each.status == ProjectInvoiceStatus.POSTED}
    closed = {each.proposal for each in seen.proposals if each.status == ProposalStatus.CLOSED}
    assert posted - closed == numbered.keys() - closed, "a proforma is posted without an invoice, or the reverse"
