"""What is taken back is taken back whole: by the journal or an invoice, at whatever rate, with whatever dimensions."""

from collections.abc import Iterable
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from domain.accrued_revenue import imbalances
from domain.finance_parties import Parties
from domain.invoice_posting import PostedLine
from domain.invoice_posting import post_line as post_invoice_line
from domain.journal_lines import journal_line
from domain.ledger import LedgerEntry, out_of_balance
from domain.line_posting import LinePosting
from domain.money import total
from domain.option_sets import TransactionClass
from domain.posting import post_line
from domain.setup import LegalEntitySetup
from domain.staging import StagedActual
from tests.finance_builders import (
    ACCRUES_ALL,
    CONTRACT,
    CUSTOMER,
    JOURNAL,
    PROJECT,
    fixed_rate_row,
    key_of,
    make_journal_line,
    make_posting,
    make_proposal,
    make_proposal_line,
    make_setup,
    make_staged,
    make_terms,
    profile_row,
)

CURRENCIES = st.sampled_from(("USD", "GBP", "JPY", "KWD"))
CLASSES = st.sampled_from(
    (TransactionClass.TIME, TransactionClass.EXPENSE, TransactionClass.MATERIAL, TransactionClass.FEE)
)
PRICES = st.decimals(min_value=-1_000_000, max_value=1_000_000, places=3, allow_nan=False, allow_infinity=False)
RATES = st.decimals(min_value=Decimal("0.01"), max_value=100_000, places=4, allow_nan=False, allow_infinity=False)
DIMENSIONS = st.sampled_from((None, "A=1", "A=2;B=3"))


def setup_at(rate: Decimal, currency: str) -> LegalEntitySetup:
    return make_setup({**profile_row(), **ACCRUES_ALL}, fixed_rate_row(str(rate), currency=currency))


def parties_of(currency: str, dimension: str | None) -> Parties:
    return Parties(PROJECT.changed(default_dimension=dimension), CONTRACT.changed(currency=currency), CUSTOMER)


def sums(entries: Iterable[LedgerEntry]) -> set[tuple[Decimal, Decimal]]:
    places: dict[tuple[str, str | None], list[LedgerEntry]] = {}
    for entry in entries:
        places.setdefault((entry.main_account, entry.default_dimension), []).append(entry)
    return {
        (total(each.amount for each in group), total(each.accounting_amount for each in group))
        for group in places.values()
    }


def turned(staged: StagedActual) -> StagedActual:
    return staged.changed(quantity=-staged.quantity, amount=-staged.amount, reverses=key_of(staged))


@given(CURRENCIES, CLASSES, PRICES, RATES, RATES, DIMENSIONS, DIMENSIONS)
def test_a_sale_and_its_reversal_leave_every_account_at_zero(
    currency: str,
    transaction_class: TransactionClass,
    price: Decimal,
    then: Decimal,
    now: Decimal,
    dimension_then: str | None,
    dimension_now: str | None,
) -> None:
    staged = make_staged(transaction_class=transaction_class, price=str(price), currency=currency)
    sale = make_posting(setup_at(then, currency), staged, parties_of(currency, dimension_then))
    setup, parties = setup_at(now, currency), parties_of(currency, dimension_now)
    content = journal_line(setup, turned(staged), "p/back", parties, sale.transaction)
    assert not isinstance(content, tuple), content
    back = post_line(setup, content.in_journal(JOURNAL, 1, "PJV-0002"), PROJECT, sale.transaction)
    assert isinstance(back, LinePosting)
    assert out_of_balance([*sale.entries, *back.entries]) is None
    assert sums([*sale.entries, *back.entries]) <= {(Decimal(0), Decimal(0))}
    assert total((sale.accounting_amount, back.accounting_amount)) == 0
    assert total((sale.transaction.quantity, back.transaction.quantity)) == 0


@given(CURRENCIES, CLASSES, PRICES, RATES, RATES)
def test_our_own_invoices_leave_nothing_to_reconcile(
    currency: str, transaction_class: TransactionClass, price: Decimal, then: Decimal, now: Decimal
) -> None:
    staged = make_staged(transaction_class=transaction_class, price=str(price), currency=currency)
    line = make_journal_line(setup_at(then, currency), staged, parties_of(currency, None))
    sale = post_line(setup_at(then, currency), line, PROJECT)
    assert isinstance(sale, LinePosting)
    billed = make_proposal_line(str(sale.transaction.amount), transaction_class, transaction=sale.transaction)
    terms = make_terms(setup_at(now, currency), make_proposal(currency))
    decided = post_invoice_line(terms, billed, PROJECT, sale.transaction)
    assert isinstance(decided, PostedLine)
    invoiced = decided.invoiced_transaction("INV-0001")
    assert invoiced is not None
    assert list(imbalances([invoiced])) == []
