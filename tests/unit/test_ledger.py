"""The ledger's rows: keys, posting types, and the balance of vouchers in both currencies."""

from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.ledger import LedgerEntry, out_of_balance
from domain.posting_types import PostingType
from tests.finance_builders import AUGUST_27, JOURNAL


def entry(amount: str, accounting: str, currency: str = "GBP", voucher: str = "V-1", number: int = 1) -> LedgerEntry:
    return LedgerEntry(
        document=JOURNAL,
        company="usmf",
        voucher=voucher,
        number=number,
        accounting_date=AUGUST_27,
        document_date=AUGUST_27,
        posting_type=PostingType.COST,
        posting_type_name=PostingType.COST.title,
        main_account="1",
        account_name="x",
        currency=currency,
        amount=Decimal(amount),
        accounting_currency="USD",
        accounting_amount=Decimal(accounting),
        exchange_rate=Decimal("1.25"),
        is_credit=amount.startswith("-"),
    )


BALANCED = (entry("100", "125"), entry("-100", "-125"))


@pytest.mark.parametrize(
    "entries",
    [
        (),
        BALANCED,
        # each currency by itself, and a penny difference in the accounting currency alone
        (*BALANCED, entry("7", "7", "USD"), entry("-7", "-7.01", "USD"), entry("0", "0.01", "USD")),
        # two vouchers
        (*BALANCED, entry("1", "1.25", voucher="V-2"), entry("-1", "-1.25", voucher="V-2")),
    ],
)
def test_a_voucher_is_in_balance(entries: tuple[LedgerEntry, ...]) -> None:
    assert out_of_balance(entries) is None


@pytest.mark.parametrize(
    ("entries", "difference"),
    [
        ((entry("100", "125"),), "100 in transaction currency GBP"),
        ((entry("100", "125"), entry("-100", "-124.99")), "0.01 in accounting currency USD"),
        # adds up over both currencies, but in neither
        ((entry("100", "125"), entry("-100", "-125", "EUR")), "100 in transaction currency GBP"),
        # adds up over both vouchers, but in neither
        ((entry("100", "125"), entry("-100", "-125", voucher="V-2")), "100 in transaction currency GBP"),
    ],
)
def test_a_voucher_is_out_of_balance(entries: tuple[LedgerEntry, ...], difference: str) -> None:
    problem = out_of_balance(entries)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.ids) == (ReasonCode.VOUCHER_OUT_OF_BALANCE, ("V-1",))
    assert f"out of balance by {difference};" in problem.sentence


def test_entries_of_a_voucher_stand_together_in_order() -> None:
    keys = [entry("1", "1", number=number).key for number in (1, 2, 10)]
    assert [key.row for key in keys] == sorted(key.row for key in keys) == ["V-1|00001", "V-1|00002", "V-1|00010"]
    assert {key.partition for key in keys} == {JOURNAL}


def test_an_entry_is_read_back_as_it_was_written() -> None:
    one = entry("-1000", "-1250")
    columns = one.to_columns()
    assert LedgerEntry.from_columns(columns) == one
    assert (columns["PostingType"], columns["TransactionCurrencyAmount"], columns["IsCredit"]) == (121, "-1000", True)


@pytest.mark.parametrize(
    ("posting_type", "number", "title"),
    [
        (PostingType.SALES_TAX, 4, "Sales tax"),
        (PostingType.PENNY_DIFFERENCE, 11, "Penny difference"),
        (PostingType.LEDGER_JOURNAL, 14, "Ledger journal"),
        (PostingType.CUSTOMER_BALANCE, 31, "Customer balance"),
        (PostingType.COST, 121, "Cost"),
        (PostingType.PAYROLL_ALLOCATION, 122, "Payroll allocation"),
        (PostingType.WIP_COST_VALUE, 123, "WIP cost value"),
        (PostingType.COST_ITEM, 124, "Cost item"),
        (PostingType.WIP_COST_VALUE_ITEM, 125, "WIP cost value item"),
        (PostingType.INVOICED_REVENUE, 126, "Invoiced revenue"),
        (PostingType.INVOICED_ON_ACCOUNT, 127, "Invoiced on account"),
        (PostingType.ACCRUED_REVENUE_SALES_VALUE, 128, "Accrued revenue sales value"),
        (PostingType.WIP_SALES_VALUE, 129, "WIP sales value"),
        (PostingType.WIP_INVOICED_ON_ACCOUNT, 138, "WIP invoiced on account"),
    ],
)
def test_posting_types_have_the_numbers_of_finance(posting_type: PostingType, number: int, title: str) -> None:
    assert (int(posting_type), posting_type.title) == (number, title)


def test_every_posting_type_is_in_the_table_above() -> None:
    assert len(PostingType) == 14
