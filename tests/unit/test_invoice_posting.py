"""Posting an invoice: what may be posted, what each line adds, and the reversal of what was accrued."""

from datetime import date
from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.exchange_rates import Rate
from domain.finance_parties import Blocked
from domain.invoice_posting import INVOICE_LINE_TABLES, PostedLine, begin, post_line
from domain.invoice_proposal import ProposalLine
from domain.ledger import ProjectTransaction, TransactionStatus
from domain.option_sets import TransactionClass
from domain.posting_types import PostingType
from domain.proposal_lines import LINE_TABLES
from domain.setup import LegalEntitySetup
from tests.finance_builders import (
    ACCRUES_ALL,
    AUGUST_27,
    CUSTOMER,
    LINE_TABLE_OF,
    PARTIES_GBP,
    PROJECT,
    PROPOSAL,
    Row,
    fixed_rate_row,
    make_posting,
    make_proposal,
    make_proposal_line,
    make_setup,
    make_staged,
    make_terms,
    period_row,
    profile_row,
    rate_row,
    tax_rows,
    told,
)

WIP = {**profile_row(), **ACCRUES_ALL}
GBP_ROWS: tuple[Row, ...] = (WIP, rate_row("GBP", "USD", "2026-01-01", "131"))


def accrued(setup: LegalEntitySetup) -> ProjectTransaction:
    return make_posting(setup, make_staged(currency="GBP"), PARTIES_GBP).transaction


def decided(setup: LegalEntitySetup, line: ProposalLine, transaction: ProjectTransaction | None = None) -> PostedLine:
    found = post_line(make_terms(setup), line, PROJECT, transaction)
    assert isinstance(found, PostedLine), found
    return found


def refused(setup: LegalEntitySetup, line: ProposalLine, transaction: ProjectTransaction | None = None) -> Problem:
    found = post_line(make_terms(setup), line, PROJECT, transaction)
    assert isinstance(found, Problem)
    return found


def test_terms_hold_what_counts_for_the_whole_invoice() -> None:
    terms = make_terms(make_setup(fixed_rate_row("125")), make_proposal("GBP"))
    assert (terms.rate, terms.accounting_date) == (Rate(Decimal("1.25"), fixed=True), AUGUST_27)
    assert (terms.due.day, terms.due.terms, terms.receivable.main_account) == (date(2026, 9, 26), "Net30", "130100")


def test_the_proposals_terms_of_payment_come_before_the_customers() -> None:
    net_10 = {"Kind": "PaymTerm", "PaymTermId": "Net10", "NumOfDays": 10}
    terms = make_terms(make_setup(net_10), make_proposal(payment_terms="Net10"))
    assert (terms.due.day, terms.due.terms) == (date(2026, 9, 6), "Net10")


@pytest.mark.parametrize("on_hold", [Blocked.INVOICE, Blocked.ALL])
def test_a_customer_on_hold_is_not_invoiced(on_hold: Blocked) -> None:
    found = begin(make_setup(), make_proposal(), CUSTOMER.changed(on_hold=on_hold), AUGUST_27)
    assert isinstance(found, Problem)
    assert (found.code, found.ids) == (ReasonCode.CUSTOMER_ON_HOLD, ("US-1", PROPOSAL))


def test_an_unknown_customer_is_told() -> None:
    found = begin(make_setup(), make_proposal(), None, AUGUST_27)
    assert isinstance(found, Problem)
    assert (found.code, found.ids) == (ReasonCode.CUSTOMER_UNKNOWN, ("US-1",))


def test_the_rate_is_the_one_of_the_invoice_date() -> None:
    setup = make_setup(rate_row("GBP", "USD", "2026-01-01", "120"), rate_row("GBP", "USD", "2026-09-01", "140"))
    assert make_terms(setup, make_proposal("GBP"), day=date(2026, 9, 1)).rate == Rate(Decimal("1.4"))


def test_a_closed_period_moves_the_accounting_date_but_not_the_due_date() -> None:
    closed = (period_row("2026-08-01", "2026-08-31", "Closed"), period_row("2026-09-01", "2026-09-30"))
    setup = make_setup(*closed, without="FiscalCalendarPeriod", IsAccountingDateUpdateAllowed=True)
    terms = make_terms(setup)
    assert (terms.invoice_date, terms.accounting_date, terms.due.day) == (
        AUGUST_27,
        date(2026, 9, 1),
        date(2026, 9, 26),
    )


@pytest.mark.parametrize(
    ("repaired", "code"),
    [
        # each repair brings the next reason to light
        (0, ReasonCode.EXCHANGE_RATE_MISSING),
        (1, ReasonCode.PERIOD_CLOSED),
        (2, ReasonCode.POSTING_ACCOUNT_MISSING),
        (3, ReasonCode.POSTING_ACCOUNT_MISSING),
        (4, ReasonCode.PAYMENT_TERMS_UNKNOWN),
        (5, ReasonCode.CUSTOMER_ON_HOLD),
    ],
)
def test_the_first_reason_by_precedence_is_told(repaired: int, code: ReasonCode) -> None:
    repairs: tuple[Row, ...] = (
        rate_row("GBP", "USD", "2026-01-01", "125"),
        period_row("2026-01-01", "2026-12-31"),
        {"Kind": "ProjPosting", "PostingType": 31, "MainAccount": "1", "AccountName": "x"},
        {"Kind": "ProjPosting", "PostingType": 11, "MainAccount": "1", "AccountName": "x"},
        {"Kind": "PaymTerm", "PaymTermId": "Net99"},
    )
    closed = period_row("2026-01-01", "2026-12-31", "Closed")
    setup = make_setup(closed, *repairs[:repaired], without="ProjPosting")
    customer = CUSTOMER.changed(payment_terms="Net99", on_hold=Blocked.ALL)
    found = begin(setup, make_proposal("GBP"), customer, AUGUST_27)
    assert isinstance(found, Problem)
    assert found.code is code


@pytest.mark.parametrize(
    ("transaction_class", "profile", "credited"),
    [
        (TransactionClass.TIME, {}, PostingType.INVOICED_REVENUE),
        (TransactionClass.EXPENSE, {}, PostingType.INVOICED_REVENUE),
        (TransactionClass.MATERIAL, {}, PostingType.INVOICED_REVENUE),
        (TransactionClass.FEE, {}, PostingType.INVOICED_REVENUE),
        (TransactionClass.MILESTONE, {}, PostingType.INVOICED_ON_ACCOUNT),
        (TransactionClass.RETAINER, {}, PostingType.INVOICED_ON_ACCOUNT),
        (
            TransactionClass.RETAINER,
            {"OnAccLedgerStatus": "Balance", "CompletionPrinciple": "CompletedContract"},
            PostingType.WIP_INVOICED_ON_ACCOUNT,
        ),
        # without WIP it is profit and loss, whatever is set
        (TransactionClass.MILESTONE, {"OnAccLedgerStatus": "Balance"}, PostingType.INVOICED_ON_ACCOUNT),
        (
            TransactionClass.MILESTONE,
            {"CompletionPrinciple": "CompletedContract", "OnAccLedgerStatus": "Balance"},
            PostingType.WIP_INVOICED_ON_ACCOUNT,
        ),
        (
            TransactionClass.MILESTONE,
            {"CompletionPrinciple": "CompletedPercentage", "OnAccLedgerStatus": "Balance"},
            PostingType.WIP_INVOICED_ON_ACCOUNT,
        ),
        (TransactionClass.MILESTONE, {"CompletionPrinciple": "CompletedContract"}, PostingType.INVOICED_ON_ACCOUNT),
    ],
)
def test_g22_what_an_invoiced_line_credits(
    transaction_class: TransactionClass, profile: Row, credited: PostingType
) -> None:
    setup = make_setup({**profile_row("FixedPrice"), **profile})
    line = make_proposal_line(transaction_class=transaction_class)
    (addition,) = decided(setup, line).additions
    assert (addition.key.posting_type, told(addition.amount)) == (credited, "-1000")
    assert (addition.key.project, addition.key.category) == (line.project, line.category)


def test_a_line_takes_the_account_of_its_category() -> None:
    accounts = [
        decided(make_setup(), make_proposal_line(transaction_class=name)).additions[0].key.main_account
        for name in (TransactionClass.TIME, TransactionClass.FEE)
    ]
    assert accounts == ["411100", "411900"]


def test_an_accrued_line_reverses_with_its_own_amounts_and_rate() -> None:
    transaction = accrued(make_setup(*GBP_ROWS))
    setup = make_setup(*GBP_ROWS, rate_row("GBP", "USD", "2026-08-20", "140"))
    found = post_line(
        make_terms(setup, make_proposal("GBP")), make_proposal_line(transaction=transaction), PROJECT, transaction
    )
    assert isinstance(found, PostedLine)
    sides = [
        (int(one.key.posting_type), told(one.amount, one.accounting_amount, one.key.rate)) for one in found.additions
    ]
    assert sides == [(126, "-1000 -1400 1.4"), (129, "-1000 -1310 1.31"), (128, "1000 1310 1.31")]


def test_the_reversal_takes_the_accounts_of_the_accrual_even_if_they_were_changed_since() -> None:
    transaction = accrued(make_setup(*GBP_ROWS)).changed(wip_account="OLD-WIP", accrued_revenue_account="OLD-ACC")
    setup = make_setup(*GBP_ROWS)
    found = post_line(
        make_terms(setup, make_proposal("GBP")), make_proposal_line(transaction=transaction), PROJECT, transaction
    )
    assert isinstance(found, PostedLine)
    assert [one.key.main_account for one in found.additions[1:]] == ["OLD-WIP", "OLD-ACC"]


def test_a_line_that_was_not_accrued_reverses_nothing() -> None:
    transaction = make_posting(make_setup(), make_staged()).transaction
    assert len(decided(make_setup(), make_proposal_line(transaction=transaction), transaction).additions) == 1


def test_tax_is_credited_beside_the_line() -> None:
    found = decided(make_setup(*tax_rows("20")), make_proposal_line("33.33", tax_groups=("DOM", "FULL")))
    assert [(int(one.key.posting_type), told(one.amount)) for one in found.additions] == [(126, "-33.33"), (4, "-6.67")]
    assert told(found.tax) == "6.67"


@pytest.mark.parametrize(("tax_date", "percent"), [("InvoiceDate", "30"), ("ProjectDate", "25")])
def test_the_tax_date_is_the_invoice_date_or_the_project_date(tax_date: str, percent: str) -> None:
    changed = {"Kind": "TaxData", "TaxCode": "VAT", "TaxFromDate": "2026-08-20", "TaxValue": "30"}
    setup = make_setup(*tax_rows("25"), changed, TaxCalcDateType=tax_date)
    line = make_proposal_line("100", tax_groups=("DOM", "FULL"), day=date(2026, 8, 19))
    assert told(decided(setup, line).tax) == percent


def test_the_invoice_line_is_the_proposals_line_with_tax_and_accounting_amount() -> None:
    setup = make_setup(*GBP_ROWS, fixed_rate_row("125"), *tax_rows("20"))
    line = make_proposal_line("33.33", tax_groups=("DOM", "FULL"))
    found = post_line(make_terms(setup, make_proposal("GBP")), line, PROJECT)
    assert isinstance(found, PostedLine)
    posted = found.invoice_line("INV-0001")
    assert told(posted.amount, posted.tax, posted.amount_accounting_currency) == "33.33 6.67 41.66"
    assert (posted.line_table, posted.invoice, posted.currency, posted.key.row) == (
        "ProjInvoiceEmpl",
        "INV-0001",
        "GBP",
        line.key.row,
    )


def test_an_invoiced_transaction_says_so_and_keeps_the_rest() -> None:
    transaction = make_posting(make_setup(WIP), make_staged()).transaction
    found = decided(make_setup(WIP), make_proposal_line(transaction=transaction), transaction)
    invoiced = found.invoiced_transaction("INV-0001")
    assert invoiced is not None
    assert (invoiced.status, invoiced.invoice, invoiced.proposal) == (TransactionStatus.INVOICED, "INV-0001", PROPOSAL)
    assert invoiced.reversed_accounting_amount == transaction.accrued_accounting_amount
    before = {"status": transaction.status, "invoice": None, "proposal": None, "reversed_accounting_amount": None}
    assert invoiced.changed(**before) == transaction
    # a second delivery finds it invoiced by this very invoice
    assert decided(make_setup(WIP), make_proposal_line(transaction=transaction), invoiced).additions == found.additions


def test_a_milestone_has_no_transaction_to_mark() -> None:
    line = make_proposal_line(transaction_class=TransactionClass.MILESTONE)
    assert decided(make_setup(), line).invoiced_transaction("INV-0001") is None


def test_what_another_invoice_has_billed_is_not_billed_again() -> None:
    transaction = make_posting(make_setup(), make_staged()).transaction
    other = transaction.changed(
        proposal=PROPOSAL.replace("2", "9"), invoice="INV-0009", status=TransactionStatus.INVOICED
    )
    problem = refused(make_setup(), make_proposal_line(transaction=transaction), other)
    assert problem.code is ReasonCode.DOCUMENT_WRONG_STATE
    assert "INV-0009" in problem.sentence


def test_a_line_whose_unbilled_sale_is_not_given_is_refused() -> None:
    transaction = make_posting(make_setup(), make_staged()).transaction
    assert (
        refused(make_setup(), make_proposal_line(transaction=transaction)).code is ReasonCode.UNBILLED_SALES_NOT_POSTED
    )


@pytest.mark.parametrize(
    ("line", "without", "code"),
    [
        (make_proposal_line(tax_groups=("DOM", "FULL")), "", ReasonCode.SALES_TAX_CODE_MISSING),
        (
            make_proposal_line(transaction_class=TransactionClass.MILESTONE),
            "ProjRevenueProfile",
            ReasonCode.REVENUE_PROFILE_MISSING,
        ),
    ],
)
def test_missing_set_up_is_told(line: ProposalLine, without: str, code: ReasonCode) -> None:
    assert refused(make_setup(without=without), line).code is code


def test_missing_accounts_are_told() -> None:
    receivable = {"Kind": "ProjPosting", "PostingType": 31, "MainAccount": "1", "AccountName": "x"}
    revenue = {**receivable, "PostingType": 126}
    bare = make_setup(receivable, *tax_rows("25"), without="ProjPosting")
    untaxed = make_setup(receivable, revenue, *tax_rows("25"), without="ProjPosting")
    for setup, number in ((bare, "126"), (untaxed, "4")):
        problem = refused(setup, make_proposal_line(tax_groups=("DOM", "FULL")))
        assert problem.code is ReasonCode.POSTING_ACCOUNT_MISSING
        assert problem.sentence.startswith(f"Posting type {number} ")


def test_an_unknown_project_is_told() -> None:
    found = post_line(make_terms(make_setup()), make_proposal_line(), None)
    assert isinstance(found, Problem)
    assert found.code is ReasonCode.PROJECT_UNKNOWN


def test_every_proposal_line_table_has_its_invoice_line_table() -> None:
    assert set(INVOICE_LINE_TABLES) == set(LINE_TABLES.values()) == set(LINE_TABLE_OF.values())


def test_a_retainer_of_the_whole_contract_goes_where_the_contracts_profile_says() -> None:
    profile = {**profile_row("FixedPrice"), "OnAccLedgerStatus": "Balance", "CompletionPrinciple": "CompletedContract"}
    setup = make_setup({**profile, "ProjInvoiceProjId": "C-1"}, {**profile_row("FixedPrice"), "ProjId": "P-1"})
    line = make_proposal_line(transaction_class=TransactionClass.RETAINER).changed(project=None)
    found = post_line(make_terms(setup), line, None)
    assert isinstance(found, PostedLine), found
    assert [each.key.posting_type for each in found.additions] == [PostingType.WIP_INVOICED_ON_ACCOUNT]
    assert found.invoice_line("INV-0001").project is None
