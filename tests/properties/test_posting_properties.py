"""What holds for every voucher: whatever the lines, rates and taxes, their order and the size of the pages."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import batched
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from domain.finance_parties import Parties
from domain.invoice_posting import InvoiceTerms, PostedLine, post_line
from domain.invoice_proposal import ProposalLine
from domain.ledger import LedgerEntry, ProjectTransaction, out_of_balance
from domain.line_posting import LinePosting
from domain.money import multiply, round_amount, total
from domain.option_sets import TransactionClass
from domain.posted_invoice import PostedInvoice, finish, penny_difference_max
from domain.posting import post_line as post_journal_line
from domain.posting_types import PostingType
from domain.setup import LegalEntitySetup
from domain.voucher_totals import VoucherTotals
from tests.finance_builders import (
    ACCRUES_ALL,
    CONTRACT,
    CUSTOMER,
    PROJECT,
    Row,
    fixed_rate_row,
    make_invoice,
    make_journal_line,
    make_proposal,
    make_proposal_line,
    make_setup,
    make_staged,
    make_terms,
    profile_row,
)

type Lines = Sequence[tuple[ProposalLine, ProjectTransaction | None]]

CURRENCIES = st.sampled_from(("USD", "GBP", "JPY", "KWD"))
ACCRUING = (TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL, TransactionClass.FEE)
CLASSES = st.sampled_from((*ACCRUING, TransactionClass.MILESTONE, TransactionClass.RETAINER))
AMOUNTS = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=3, allow_nan=False, allow_infinity=False)
# what finance shows for 100 units: 0.0001 to 1,000 for one
RATES = st.decimals(min_value=Decimal("0.01"), max_value=100_000, places=4, allow_nan=False, allow_infinity=False)
PERCENTS = st.decimals(min_value=0, max_value=40, places=3, allow_nan=False, allow_infinity=False)


@dataclass(frozen=True)
class Sale:
    """A billed sale as it may come: class, amount, and the rate at which its revenue was accrued, if it was."""

    transaction_class: TransactionClass
    amount: Decimal
    accrual_rate: Decimal | None
    taxed: bool


SALES = st.lists(st.builds(Sale, CLASSES, AMOUNTS, st.none() | RATES, st.booleans()), min_size=1, max_size=12)


def setup_of(currency: str, rate: Decimal, percents: Sequence[Decimal], *, accrues: bool) -> LegalEntitySetup:
    codes = [f"T{number}" for number in range(len(percents))]
    taxes: list[Row] = [
        {"Kind": "TaxData", "TaxCode": code, "TaxFromDate": "2020-01-01", "TaxValue": str(percent)}
        for code, percent in zip(codes, percents, strict=True)
    ]
    return make_setup(
        {**profile_row(), **(ACCRUES_ALL if accrues else {})},
        {"Kind": "TaxGroupHeading", "TaxGroup": "DOM", "TaxCodes": codes},
        {"Kind": "TaxItemGroupHeading", "TaxItemGroup": "FULL", "TaxCodes": codes},
        fixed_rate_row(str(rate), currency=currency),
        *taxes,
    )


def accrual_of(sale: Sale, currency: str, number: int) -> LinePosting | None:
    if sale.accrual_rate is None or sale.transaction_class not in ACCRUING:
        return None
    setup = setup_of(currency, sale.accrual_rate, (), accrues=True)
    parties = Parties(PROJECT, CONTRACT.changed(currency=currency), CUSTOMER)
    staged = make_staged(
        transaction_class=sale.transaction_class, quantity="1", price=str(sale.amount), currency=currency, name=number
    )
    posting = post_journal_line(setup, make_journal_line(setup, staged, parties, f"PJV-{number}"), PROJECT)
    assert isinstance(posting, LinePosting)
    return posting


@dataclass(frozen=True)
class Case:
    """An invoice as it may come."""

    terms: InvoiceTerms
    lines: Lines
    accruals: Sequence[LinePosting]


@st.composite
def cases(draw: st.DrawFn) -> Case:
    currency, rate = draw(CURRENCIES), draw(RATES)
    setup = setup_of(currency, rate, draw(st.lists(PERCENTS, max_size=3)), accrues=False)
    lines: list[tuple[ProposalLine, ProjectTransaction | None]] = []
    accruals: list[LinePosting] = []
    for number, sale in enumerate(draw(SALES), start=1):
        posting = accrual_of(sale, currency, number)
        accruals += [posting] if posting else []
        line = make_proposal_line(
            str(round_amount(sale.amount, currency)),
            sale.transaction_class,
            number=number,
            transaction=posting.transaction if posting else None,
            tax_groups=("DOM", "FULL") if sale.taxed else None,
        )
        lines.append((line, posting.transaction if posting else None))
    return Case(make_terms(setup, make_proposal(currency)), lines, accruals)


def of_types(entries: Sequence[LedgerEntry], *posting_types: PostingType) -> list[LedgerEntry]:
    return [entry for entry in entries if entry.posting_type in posting_types]


@given(cases())
def test_every_voucher_is_in_balance_in_both_currencies(case: Case) -> None:
    assert out_of_balance(make_invoice(case.terms, case.lines).entries) is None
    assert out_of_balance([entry for posting in case.accruals for entry in posting.entries]) is None


@given(cases())
def test_lines_and_tax_are_what_the_customer_owes(case: Case) -> None:
    invoice = make_invoice(case.terms, case.lines)
    amount = total(line.amount for line, _ in case.lines)
    tax = total(one.tax_amount for one in invoice.tax_transactions)
    assert (invoice.invoice.amount, invoice.invoice.tax) == (amount, tax)
    assert invoice.invoice.total == invoice.customer_transaction.amount == amount + tax
    receivable = of_types(invoice.entries, PostingType.CUSTOMER_BALANCE)
    assert total(entry.amount for entry in receivable) == amount + tax
    rate, currency = case.terms.rate.value, case.terms.setup.accounting_currency
    assert invoice.customer_transaction.accounting_amount == multiply(amount + tax, rate, currency)


@given(cases())
def test_the_ledger_adds_up_the_rounded_lines(case: Case) -> None:
    invoice = make_invoice(case.terms, case.lines)
    rate, currency = case.terms.rate.value, case.terms.setup.accounting_currency
    revenue = of_types(invoice.entries, PostingType.INVOICED_REVENUE, PostingType.INVOICED_ON_ACCOUNT)
    rounded = total(multiply(line.amount, rate, currency) for line, _ in case.lines)
    assert -total(entry.accounting_amount for entry in revenue) == rounded
    payable = of_types(invoice.entries, PostingType.SALES_TAX)
    taxes = total(one.accounting_tax_amount for one in invoice.tax_transactions)
    assert -total(entry.accounting_amount for entry in payable) == taxes


@given(cases())
def test_only_rounding_goes_to_the_penny_difference(case: Case) -> None:
    invoice = make_invoice(case.terms, case.lines)
    most = penny_difference_max(len(case.lines) * 4 + 1, case.terms.setup.accounting_currency)
    for entry in of_types(invoice.entries, PostingType.PENNY_DIFFERENCE):
        assert entry.amount == 0
        assert 0 < abs(entry.accounting_amount) <= most


@given(cases())
def test_wip_of_every_transaction_is_zero_after_its_invoice(case: Case) -> None:
    for line, transaction in case.lines:
        decided = post_line(case.terms, line, PROJECT, transaction)
        assert isinstance(decided, PostedLine)
        for posting_type in (PostingType.WIP_SALES_VALUE, PostingType.ACCRUED_REVENUE_SALES_VALUE):
            before = [
                (entry.main_account, entry.currency, entry.amount, entry.accounting_amount)
                for posting in case.accruals
                if transaction and posting.line.actual == transaction.actual
                for entry in of_types(posting.entries, posting_type)
            ]
            after = [
                (one.key.main_account, one.key.currency, -one.amount, -one.accounting_amount)
                for one in decided.additions
                if one.key.posting_type is posting_type
            ]
            assert before == after


@given(cases(), st.randoms(use_true_random=False))
def test_the_order_of_the_lines_does_not_matter(case: Case, random: Random) -> None:
    shuffled = list(case.lines)
    random.shuffle(shuffled)
    assert make_invoice(case.terms, shuffled) == make_invoice(case.terms, case.lines)


@given(cases(), st.integers(min_value=1, max_value=5))
def test_the_size_of_the_pages_does_not_matter(case: Case, page_rows: int) -> None:
    totals = VoucherTotals()
    for page in batched(case.lines, page_rows, strict=False):
        decided = [post_line(case.terms, line, PROJECT, transaction) for line, transaction in page]
        for one in decided:
            assert isinstance(one, PostedLine)
            totals.add(one.additions, one.taxes)
    assert finish(case.terms, totals, "INV-0001", "PIV-0001") == make_invoice(case.terms, case.lines)


@given(cases())
def test_crediting_every_line_leaves_nothing_owed(case: Case) -> None:
    credit = [(line.changed(amount=-line.amount, unbilled_sales_key=None), None) for line, _ in case.lines]
    invoice, note = make_invoice(case.terms, case.lines), make_invoice(case.terms, credit)
    owed = (invoice.customer_transaction, note.customer_transaction)
    assert total(one.amount for one in owed) == total(one.accounting_amount for one in owed) == 0
    by_account: dict[tuple[PostingType, str, str | None], list[Decimal]] = {}
    for entry in (*invoice.entries, *note.entries):
        by_account.setdefault((entry.posting_type, entry.main_account, entry.category), []).append(
            entry.accounting_amount
        )
    accrual = {PostingType.WIP_SALES_VALUE, PostingType.ACCRUED_REVENUE_SALES_VALUE}
    assert all(total(amounts) == 0 for key, amounts in by_account.items() if key[0] not in accrual)


@given(cases())
def test_the_state_grows_with_accounts_and_codes_not_with_lines(case: Case) -> None:
    once, tenfold = VoucherTotals(), VoucherTotals()
    for totals, times in ((once, 1), (tenfold, 10)):
        for line, transaction in list(case.lines) * times:
            decided = post_line(case.terms, line, PROJECT, transaction)
            assert isinstance(decided, PostedLine)
            totals.add(decided.additions, decided.taxes)
    assert (len(tenfold.entries), len(tenfold.taxes)) == (len(once.entries), len(once.taxes))
    assert tenfold.lines == once.lines * 10


@given(cases())
def test_what_is_stored_is_what_was_decided(case: Case) -> None:
    for posting in case.accruals:
        again = LinePosting.from_text(posting.line, posting.to_text())
        assert (again.entries, again.transaction) == (posting.entries, posting.transaction)
    invoice = make_invoice(case.terms, case.lines)
    assert isinstance(invoice, PostedInvoice)
    for entry in invoice.entries:
        assert LedgerEntry.from_columns(entry.to_columns()) == entry
