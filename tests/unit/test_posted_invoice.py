"""The posted invoice: its voucher to the cent, tax and customer transactions, credit notes and penny differences."""

from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.invoice_proposal import InvoiceType
from domain.ledger import out_of_balance
from domain.option_sets import TransactionClass
from domain.posted_invoice import finish, penny_difference_max
from domain.posting_types import PostingType
from domain.setup import LegalEntitySetup
from domain.voucher_totals import Addition, EntryKey, VoucherTotals
from tests.finance_builders import (
    ACCRUES_ALL,
    AUGUST_27,
    CUSTOMER,
    PARTIES_GBP,
    PROPOSAL,
    Row,
    fixed_rate_row,
    make_invoice,
    make_posting,
    make_proposal,
    make_proposal_line,
    make_setup,
    make_staged,
    make_terms,
    make_totals,
    profile_row,
    rate_row,
    tax_rows,
    told,
    voucher_of,
    voucher_table,
)

WIP = {**profile_row(), **ACCRUES_ALL}
MILESTONE = TransactionClass.MILESTONE
BALANCE = {"OnAccLedgerStatus": "Balance"}


def coho(*more: Row) -> LegalEntitySetup:
    return make_setup(WIP, rate_row("GBP", "USD", "2026-01-01", "131"), *more)


def test_g19e_the_invoice_voucher_of_coho_winery() -> None:
    setup = coho(fixed_rate_row("125"))
    transaction = make_posting(setup, make_staged(currency="GBP"), PARTIES_GBP).transaction
    invoice = make_invoice(
        make_terms(setup, make_proposal("GBP")), [(make_proposal_line(transaction=transaction), transaction)]
    )
    assert voucher_table(invoice.entries) == voucher_of("""
        161300 WIP sales value: -1000.00 GBP = -1250.00 USD at 1.25, 129
        420200 Accrued revenue: 1000.00 GBP = 1250.00 USD at 1.25, 128
        411100 Revenue - labor: -1000.00 GBP = -1250.00 USD at 1.25, 126
        130100 Accounts receivable: 1000.00 GBP = 1250.00 USD at 1.25, 31
    """)
    assert invoice.customer_transaction.fixed_exchange_rate
    assert invoice.tax_transactions == ()


def test_the_danish_milestone_of_5000_with_25_per_cent_vat() -> None:
    setup = make_setup(*tax_rows("25"), currency="DKK")
    line = make_proposal_line("5000", MILESTONE, tax_groups=("DOM", "FULL"))
    invoice = make_invoice(make_terms(setup, make_proposal("DKK")), [(line, None)])
    assert voucher_table(invoice.entries) == voucher_of("""
        130100 Accounts receivable: 6250.00 DKK = 6250.00 DKK at 1, 31
        412100 Invoiced revenue - on account: -5000.00 DKK = -5000.00 DKK at 1, 127
        222200 Sales tax payable: -1250.00 DKK = -1250.00 DKK at 1, 4
    """)
    assert told(invoice.invoice.amount, invoice.invoice.tax, invoice.invoice.total) == "5000 1250 6250"
    (tax,) = invoice.tax_transactions
    assert (tax.tax_code, told(tax.percent, tax.base_amount, tax.tax_amount)) == ("VAT", "25 5000 1250")


@pytest.mark.parametrize(
    ("profile", "transaction_class", "expected"),
    [
        # T&M no WIP: two entries, nothing is reversed
        ({}, TransactionClass.TIME, ["31 5000", "126 -5000"]),
        ({**ACCRUES_ALL}, TransactionClass.TIME, ["31 5000", "126 -5000", "129 -5000", "128 5000"]),
        ({"CompletionPrinciple": "NoWIP", **BALANCE}, MILESTONE, ["31 5000", "127 -5000"]),
        ({"CompletionPrinciple": "CompletedContract", **BALANCE}, MILESTONE, ["31 5000", "138 -5000"]),
        ({"CompletionPrinciple": "CompletedPercentage", **BALANCE}, MILESTONE, ["31 5000", "138 -5000"]),
    ],
    ids=["T&M no WIP", "T&M WIP", "FP no WIP", "FP completed contract", "FP completed percentage"],
)
def test_g22_invoicing_the_customer(profile: Row, transaction_class: TransactionClass, expected: list[str]) -> None:
    is_milestone = transaction_class is MILESTONE
    setup = make_setup({**profile_row("FixedPrice" if is_milestone else "TimeAndMaterial"), **profile})
    posting = make_posting(setup, make_staged(quantity="20"))
    transaction = None if is_milestone else posting.transaction
    line = make_proposal_line("5000", transaction_class, transaction=transaction)
    invoice = make_invoice(make_terms(setup), [(line, transaction)])
    assert [f"{int(entry.posting_type)} {told(entry.amount)}" for entry in invoice.entries] == expected


def test_the_accrual_goes_back_at_its_own_rate_whatever_the_rate_of_the_invoice() -> None:
    transaction = make_posting(coho(), make_staged(currency="GBP"), PARTIES_GBP).transaction
    terms = make_terms(coho(rate_row("GBP", "USD", "2026-08-20", "140")), make_proposal("GBP"))
    invoice = make_invoice(terms, [(make_proposal_line(transaction=transaction), transaction)])
    assert voucher_table(invoice.entries) == voucher_of("""
        161300 WIP sales value: -1000.00 GBP = -1310.00 USD at 1.31, 129
        420200 Accrued revenue: 1000.00 GBP = 1310.00 USD at 1.31, 128
        411100 Revenue - labor: -1000.00 GBP = -1400.00 USD at 1.4, 126
        130100 Accounts receivable: 1000.00 GBP = 1400.00 USD at 1.4, 31
    """)


def test_a_credit_note_is_an_invoice_with_a_negative_total() -> None:
    setup = make_setup(*tax_rows("25"), rate_row("GBP", "USD", "2026-01-01", "131"), WIP)
    terms = make_terms(setup, make_proposal("GBP"))
    lines = [
        make_proposal_line(amount, number=number, tax_groups=("DOM", "FULL"))
        for number, amount in ((1, "-1600"), (2, "400"))
    ]
    invoice = make_invoice(terms, [(line, None) for line in lines])
    # nothing stands behind the lines, so WIP stays as it is
    assert voucher_table(invoice.entries) == voucher_of("""
        130100 Accounts receivable: -1500.00 GBP = -1965.00 USD at 1.31, 31
        411100 Revenue - labor: 1200.00 GBP = 1572.00 USD at 1.31, 126
        222200 Sales tax payable: 300.00 GBP = 393.00 USD at 1.31, 4
    """)
    assert told(invoice.invoice.total, invoice.customer_transaction.amount) == "-1500 -1500"
    assert invoice.invoice.invoice_type is InvoiceType.CREDIT_NOTE


@pytest.mark.parametrize(
    ("amounts", "kind"), [(("-10", "11"), InvoiceType.INVOICE), (("-10", "10"), InvoiceType.INVOICE)]
)
def test_only_a_negative_total_makes_a_credit_note(amounts: tuple[str, ...], kind: InvoiceType) -> None:
    lines = [make_proposal_line(amount, number=number) for number, amount in enumerate(amounts, start=1)]
    assert make_invoice(make_terms(make_setup()), [(line, None) for line in lines]).invoice.invoice_type is kind


def test_lines_of_one_account_are_one_entry_and_others_are_not() -> None:
    lines = [
        make_proposal_line("10", number=1),
        make_proposal_line("20", number=2),
        make_proposal_line("30", TransactionClass.FEE, number=3),
        make_proposal_line("40", TransactionClass.EXPENSE, number=4),
    ]
    invoice = make_invoice(make_terms(make_setup()), [(line, None) for line in lines])
    assert [(entry.main_account, entry.category, told(entry.amount)) for entry in invoice.entries] == [
        ("130100", None, "100"),
        ("411900", "FEE", "-30"),
        ("411100", "LABOR", "-30"),
        ("411900", "TRAVEL", "-40"),
    ]
    assert invoice.invoice.lines == 4


def test_header_and_customer_transaction_carry_the_terms() -> None:
    setup = coho(fixed_rate_row("125"), *tax_rows("20"))
    terms = make_terms(setup, make_proposal("GBP"), CUSTOMER)
    invoice = make_invoice(terms, [(make_proposal_line("33.33", tax_groups=("DOM", "FULL")), None)])
    header, owed, (tax,) = invoice.invoice, invoice.customer_transaction, invoice.tax_transactions
    assert (header.number, header.voucher, header.customer, header.payment_terms) == (
        "INV-0001",
        "PIV-0001",
        "US-1",
        "Net30",
    )
    assert told(header.amount, header.tax, header.total, header.exchange_rate) == "33.33 6.67 40 1.25"
    assert told(owed.amount, owed.accounting_amount, owed.exchange_rate) == "40 50 1.25"
    assert (owed.invoice, owed.voucher, owed.due_date) == (header.number, header.voucher, header.due_date)
    assert (
        told(tax.base_amount, tax.tax_amount, tax.accounting_base_amount, tax.accounting_tax_amount)
        == "33.33 6.67 41.66 8.34"
    )
    assert {header.key, owed.key} == {(PROPOSAL, PROPOSAL)}
    assert tax.key == (PROPOSAL, f"00001|{PROPOSAL}")
    assert {entry.key.partition for entry in invoice.entries} == {PROPOSAL}
    assert {(entry.document_date, entry.accounting_date) for entry in invoice.entries} == {(AUGUST_27, AUGUST_27)}


def test_taxes_of_different_percentages_stay_apart() -> None:
    changed = {"Kind": "TaxData", "TaxCode": "VAT", "TaxFromDate": "2026-08-20", "TaxValue": "30"}
    setup = make_setup(*tax_rows("25"), changed, TaxCalcDateType="ProjectDate")
    lines = [
        make_proposal_line("100", number=number, tax_groups=("DOM", "FULL"), day=AUGUST_27.replace(day=day))
        for number, day in ((1, 19), (2, 20), (3, 21))
    ]
    invoice = make_invoice(make_terms(setup), [(line, None) for line in lines])
    assert [told(tax.percent, tax.base_amount, tax.tax_amount) for tax in invoice.tax_transactions] == [
        "25 100 25",
        "30 200 60",
    ]


def test_a_penny_difference_goes_to_its_account() -> None:
    # 3 x 0.10 GBP at 1.25 is 0.13 USD a line, 0.39 in all; the customer owes 0.30 GBP, 0.38 USD
    terms = make_terms(coho(fixed_rate_row("125")), make_proposal("GBP"))
    invoice = make_invoice(terms, [(make_proposal_line("0.10", number=number), None) for number in (1, 2, 3)])
    assert voucher_table(invoice.entries) == voucher_of("""
        130100 Accounts receivable: 0.30 GBP = 0.38 USD at 1.25, 31
        411100 Revenue - labor: -0.30 GBP = -0.39 USD at 1.25, 126
        618160 Penny difference: 0.00 GBP = 0.01 USD at 1.25, 11
    """)
    assert out_of_balance(invoice.entries) is None


@pytest.mark.parametrize(
    ("roundings", "currency", "most"),
    [
        (1, "USD", "0.05"),
        (10, "USD", "0.05"),
        (11, "USD", "0.055"),
        (1000, "USD", "5"),
        (2, "JPY", "5"),
        (2, "KWD", "0.005"),
    ],
)
def test_the_most_that_rounding_may_leave(roundings: int, currency: str, most: str) -> None:
    assert told(penny_difference_max(roundings, currency)) == most


def test_a_long_invoice_in_another_currency_is_not_refused_for_its_pennies() -> None:
    terms = make_terms(coho(fixed_rate_row("125")), make_proposal("GBP"))
    invoice = make_invoice(terms, [(make_proposal_line("0.10", number=number), None) for number in range(1, 1001)])
    (penny,) = [entry for entry in invoice.entries if entry.posting_type is PostingType.PENNY_DIFFERENCE]
    assert told(penny.amount, penny.accounting_amount) == "0 5"


@pytest.mark.parametrize(
    ("too_much", "is_posted"), [("0.05", True), ("0.06", False), ("-0.05", True), ("-0.06", False)]
)
def test_more_than_rounding_can_leave_is_an_error(too_much: str, is_posted: bool) -> None:
    terms = make_terms(coho(fixed_rate_row("125")), make_proposal("GBP"))
    key = EntryKey(PostingType.INVOICED_REVENUE, "411100", "Revenue", "GBP", Decimal("1.25"), "P-1", "LABOR")
    totals = VoucherTotals()
    totals.add([Addition(key, Decimal(-100), Decimal(-125) + Decimal(too_much))], [])
    found = finish(terms, totals, "INV-0001", "PIV-0001")
    assert isinstance(found, Problem) is not is_posted
    if isinstance(found, Problem):
        assert (found.code, found.ids) == (ReasonCode.VOUCHER_OUT_OF_BALANCE, (PROPOSAL, "PIV-0001"))


def test_a_proposal_without_lines_is_not_posted() -> None:
    found = finish(make_terms(make_setup()), VoucherTotals(), "INV-0001", "PIV-0001")
    assert isinstance(found, Problem)
    assert (found.code, found.ids) == (ReasonCode.PROPOSAL_WITHOUT_LINES, (PROPOSAL,))


def test_lines_that_cancel_out_make_an_invoice_of_zero() -> None:
    lines = [make_proposal_line("10", number=1), make_proposal_line("-10", TransactionClass.FEE, number=2)]
    invoice = make_invoice(make_terms(make_setup()), [(line, None) for line in lines])
    assert [entry.main_account for entry in invoice.entries] == ["411900", "411100"]
    assert told(invoice.invoice.total, invoice.customer_transaction.amount) == "0 0"


def test_finishing_again_gives_the_same_rows() -> None:
    terms = make_terms(coho(fixed_rate_row("125"), *tax_rows("20")), make_proposal("GBP"))
    lines = [(make_proposal_line("33.33", number=number, tax_groups=("DOM", "FULL")), None) for number in (1, 2)]
    assert finish(terms, make_totals(terms, lines), "I", "V") == finish(terms, make_totals(terms, lines), "I", "V")
