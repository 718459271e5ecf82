"""Posting a journal line: the account pairs of every kind of line, to the cent, and the stored decision."""

from datetime import date
from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.identifiers import derive_id
from domain.ledger import TransactionStatus, out_of_balance
from domain.line_posting import LinePosting
from domain.option_sets import BillingMethod, FinanceBillingType, FinanceTransactionType, TransactionClass
from domain.posting import post_line
from domain.setup import LegalEntitySetup, read_item
from tests.finance_builders import (
    ACCRUES_ALL,
    AUGUST_27,
    JOURNAL,
    PARTIES_GBP,
    PROJECT,
    fixed_rate_row,
    key_of,
    make_journal_line,
    make_posting,
    make_setup,
    make_staged,
    period_row,
    profile_row,
    rate_row,
    told,
    voucher_of,
    voucher_table,
)

COST, SALES = FinanceTransactionType.COST, FinanceTransactionType.SALES
TIME, EXPENSE, MATERIAL, FEE = (
    TransactionClass.TIME,
    TransactionClass.EXPENSE,
    TransactionClass.MATERIAL,
    TransactionClass.FEE,
)
WIP = {**profile_row(), **ACCRUES_ALL}


def coho() -> LegalEntitySetup:
    return make_setup(WIP, rate_row("GBP", "USD", "2026-01-01", "131"), fixed_rate_row("125"))


def problem_of(setup: LegalEntitySetup, **attributes: object) -> Problem:
    line = make_journal_line(make_setup(), make_staged()).changed(**attributes)
    found = post_line(setup, line, PROJECT)
    assert isinstance(found, Problem)
    return found


def test_g19c_the_vouchers_of_four_hours_at_coho_winery() -> None:
    cost = make_posting(coho(), make_staged(COST, price="120"), PARTIES_GBP)
    sale = make_posting(coho(), make_staged(SALES, price="250", currency="GBP"), PARTIES_GBP, "PJV-0002")
    assert voucher_table([*cost.entries, *sale.entries]) == voucher_of("""
        600300 Payroll allocation: -480.00 USD = -480.00 USD at 1, 122
        540100 Cost of project - labor: 480.00 USD = 480.00 USD at 1, 121
        161300 WIP sales value: 1000.00 GBP = 1250.00 USD at 1.25, 129
        420200 Accrued revenue: -1000.00 GBP = -1250.00 USD at 1.25, 128
    """)


@pytest.mark.parametrize(("kind", "accounting_amount", "rate"), [(COST, "480.00", "1"), (SALES, "1250.00", "1.25")])
def test_g19f_what_is_written_back(kind: FinanceTransactionType, accounting_amount: str, rate: str) -> None:
    price, currency = ("120", "USD") if kind is COST else ("250", "GBP")
    posting = make_posting(coho(), make_staged(kind, price=price, currency=currency), PARTIES_GBP)
    assert (str(posting.accounting_amount), posting.exchange_rate) == (accounting_amount, Decimal(rate))


@pytest.mark.parametrize(
    ("kind", "transaction_class", "debit", "credit"),
    [
        # debit and credit of 1,000: posting type and account
        (COST, TIME, "121 540100", "122 600300"),
        (COST, EXPENSE, "121 540900", "14 201100"),
        (COST, MATERIAL, "121 540900", "124 140300"),
        (SALES, TIME, "129 161300", "128 420200"),
        (SALES, EXPENSE, "129 161300", "128 420200"),
        (SALES, MATERIAL, "129 161300", "128 420200"),
        (SALES, FEE, "129 161300", "128 420200"),
    ],
)
def test_g22_journalizing_time_and_material_with_wip(
    kind: FinanceTransactionType, transaction_class: TransactionClass, debit: str, credit: str
) -> None:
    entries = make_posting(make_setup(WIP), make_staged(kind, transaction_class)).entries
    sides = [
        (f"{int(entry.posting_type)} {entry.main_account}", told(entry.amount), entry.is_credit) for entry in entries
    ]
    assert sides == [(debit, "1000", False), (credit, "-1000", True)]


@pytest.mark.parametrize("transaction_class", [TIME, EXPENSE, MATERIAL, FEE])
def test_g22_journalizing_a_sale_without_wip_posts_no_entries(transaction_class: TransactionClass) -> None:
    posting = make_posting(make_setup(), make_staged(SALES, transaction_class))
    assert posting.entries == ()
    assert told(posting.transaction.amount, posting.transaction.accounting_amount) == "1000 1000"
    assert posting.transaction.accrued_amount is None


@pytest.mark.parametrize(
    ("flag", "transaction_class"),
    [("PostWIPEmpl", TIME), ("PostWIPCost", EXPENSE), ("PostWIPItem", MATERIAL), ("PostWIPFee", FEE)],
)
def test_revenue_is_accrued_class_by_class(flag: str, transaction_class: TransactionClass) -> None:
    setup = make_setup({**profile_row(), flag: True})
    accrued = [name for name in (TIME, EXPENSE, MATERIAL, FEE) if make_posting(setup, make_staged(SALES, name)).entries]
    assert accrued == [transaction_class]


@pytest.mark.parametrize(
    "billing_type",
    [FinanceBillingType.NON_CHARGEABLE, FinanceBillingType.COMPLIMENTARY, FinanceBillingType.NOT_AVAILABLE],
)
def test_what_will_not_be_invoiced_is_not_accrued(billing_type: FinanceBillingType) -> None:
    posting = make_posting(make_setup(WIP), make_staged(SALES, billing_type=billing_type))
    assert posting.entries == ()
    assert told(posting.transaction.price, posting.transaction.amount, posting.transaction.quantity) == "0 0 4"


def test_what_is_not_to_be_accrued_is_not_accrued() -> None:
    kind = "ProjBillingTypeLinePropertyDefault"
    row = {"Kind": kind, "BillingType": "Chargeable", "LinePropertyId": "B", "ToBeInvoiced": True, "ToBeAccrued": False}
    posting = make_posting(make_setup(WIP, row), make_staged(SALES))
    assert (posting.entries, told(posting.transaction.amount)) == ((), "1000")


def test_a_reversed_actual_turns_the_voucher_around() -> None:
    posting = make_posting(make_setup(WIP), make_staged(SALES, quantity="-4"))
    sides = [(int(entry.posting_type), told(entry.amount), entry.is_credit) for entry in posting.entries]
    assert sides == [(129, "-1000", True), (128, "1000", False)]


def test_an_amount_of_zero_posts_no_entries() -> None:
    assert make_posting(make_setup(WIP), make_staged(COST, quantity="0")).entries == ()


def test_the_project_transaction_keeps_what_the_invoice_must_reverse() -> None:
    staged = make_staged(SALES, price="250", currency="GBP")
    transaction = make_posting(coho(), staged, PARTIES_GBP).transaction
    assert transaction.key.text == transaction.actual_key == key_of(staged)
    assert transaction.transaction == derive_id("project-transaction", staged.actual)
    assert told(transaction.amount, transaction.accounting_amount, transaction.exchange_rate) == "1000 1250 1.25"
    assert told(transaction.accrued_amount, transaction.accrued_accounting_amount) == "1000 1250"
    assert (transaction.wip_account, transaction.accrued_revenue_account) == ("161300", "420200")
    assert (transaction.status, transaction.voucher, transaction.journal) == (
        TransactionStatus.POSTED,
        "PJV-0001",
        JOURNAL,
    )
    assert (transaction.proposal, transaction.invoice) == (None, None)


def test_entries_are_numbered_within_their_voucher_and_are_in_balance() -> None:
    entries = make_posting(coho(), make_staged(SALES, currency="GBP"), PARTIES_GBP).entries
    assert [entry.key for entry in entries] == [(JOURNAL, "PJV-0001|00001"), (JOURNAL, "PJV-0001|00002")]
    assert {entry.posting_type_name for entry in entries} == {"WIP sales value", "Accrued revenue sales value"}
    assert out_of_balance(entries) is None


@pytest.mark.parametrize("kind", [COST, SALES])
def test_the_stored_decision_gives_the_same_rows_whatever_becomes_of_the_set_up(kind: FinanceTransactionType) -> None:
    posting = make_posting(make_setup(WIP), make_staged(kind, quantity="3", price="33.33"))
    again = LinePosting.from_text(posting.line, posting.to_text())
    assert again.entries == posting.entries
    assert again.transaction == posting.transaction
    assert again.to_text() == posting.to_text()


def test_a_closed_period_moves_or_is_told_when_it_is_posted() -> None:
    closed = (period_row("2026-08-01", "2026-08-31", "Closed"), period_row("2026-09-01", "2026-09-30"))
    line = make_journal_line(make_setup(), make_staged(COST))
    stays = make_setup(*closed, without="FiscalCalendarPeriod")
    moves = make_setup(*closed, without="FiscalCalendarPeriod", IsAccountingDateUpdateAllowed=True)
    problem, posting = post_line(stays, line, PROJECT), post_line(moves, line, PROJECT)
    assert isinstance(problem, Problem)
    assert isinstance(posting, LinePosting)
    assert problem.code is ReasonCode.PERIOD_CLOSED
    assert {(entry.document_date, entry.accounting_date) for entry in posting.entries} == {
        (AUGUST_27, date(2026, 9, 1))
    }


@pytest.mark.parametrize(
    ("without", "code"),
    [("ProjPosting", ReasonCode.POSTING_ACCOUNT_MISSING), ("ProjRevenueProfile", ReasonCode.REVENUE_PROFILE_MISSING)],
)
def test_missing_set_up_is_told(without: str, code: ReasonCode) -> None:
    rows = () if without == "ProjRevenueProfile" else (WIP,)
    assert problem_of(make_setup(*rows, without=without)).code is code


def test_the_first_problem_by_precedence_is_told() -> None:
    setup = make_setup(WIP, period_row("2026-01-01", "2026-12-31", "Closed"), without="ProjPosting")
    assert problem_of(setup).code is ReasonCode.PERIOD_CLOSED


def test_a_line_that_no_rule_knows_is_not_posted() -> None:
    problem = problem_of(make_setup(), transaction_type=COST, transaction_class=FEE, extended_cost=Decimal(1))
    assert problem.code is ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED


def test_an_unknown_project_is_told() -> None:
    problem = post_line(make_setup(), make_journal_line(make_setup(), make_staged()), None)
    assert isinstance(problem, Problem)
    assert problem.code is ReasonCode.PROJECT_UNKNOWN


STATUS_COLUMNS = {TIME: "EmplLedgerStatus", EXPENSE: "CostLedgerStatus", MATERIAL: "ItemLedgerStatus"}


@pytest.mark.parametrize(
    ("transaction_class", "status", "debit"),
    [
        (TIME, "Balance", "123 160100"),
        (EXPENSE, "Balance", "123 160100"),
        (MATERIAL, "Balance", "125 160200"),
        *((name, "ProfitAndLoss", f"121 {account}") for name, account in ((TIME, "540100"), (EXPENSE, "540900"))),
        *((name, status, None) for name in STATUS_COLUMNS for status in ("NoLedger", "NeverLedger")),
    ],
)
def test_g22_a_cost_goes_where_its_ledger_status_says(
    transaction_class: TransactionClass, status: str, debit: str | None
) -> None:
    setup = make_setup({**profile_row(), STATUS_COLUMNS[transaction_class]: status})
    posting = make_posting(setup, make_staged(COST, transaction_class))
    debits = [f"{int(entry.posting_type)} {entry.main_account}" for entry in posting.entries if not entry.is_credit]
    assert debits == ([debit] if debit else [])
    assert told(posting.accounting_amount, posting.transaction.amount) == "1000 1000"


def test_the_profile_of_the_contract_lines_billing_method_counts_for_a_cost() -> None:
    setup = make_setup({**profile_row("FixedPrice"), "EmplLedgerStatus": "NoLedger"})
    assert make_posting(setup, make_staged(COST)).entries
    assert not make_posting(setup, make_staged(COST, billing_method=BillingMethod.FIXED_PRICE)).entries


@pytest.mark.parametrize(
    ("flag", "status", "fits"),
    [
        ("PostWIPEmpl", "EmplLedgerStatus", False),
        ("PostWIPCost", "CostLedgerStatus", False),
        ("PostWIPItem", "ItemLedgerStatus", False),
        ("PostWIPEmpl", "CostLedgerStatus", True),
        ("PostWIPFee", "EmplLedgerStatus", True),
    ],
)
def test_revenue_is_accrued_only_beside_a_cost_on_profit_and_loss(flag: str, status: str, fits: bool) -> None:
    row = {"DataAreaId": "usmf", **profile_row(), flag: True, status: "Balance"}
    read = read_item("usmf", row)
    assert isinstance(read, Problem) is not fits
    if isinstance(read, Problem):
        assert read.code is ReasonCode.ROW_COLUMN_WRONG
        assert "goes to profit and loss" in read.sentence
