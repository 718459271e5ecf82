"""Proposal lines: the table of a billed sale, where its sales tax groups come from, and what carries no revenue."""

from decimal import Decimal

import pytest

from domain.errors import Problem, ReasonCode
from domain.finance_parties import Parties
from domain.invoice_posting import PostedLine, post_line
from domain.invoice_proposal import ProjectInvoiceLine, ProposalLine
from domain.ledger import ProjectTransaction
from domain.money import percent_of, total
from domain.option_sets import FinanceBillingType, FinanceTransactionType, TransactionClass
from domain.proposal_lines import Source, has_revenue, on_account_transaction, proposal_line
from domain.setup import LegalEntitySetup
from domain.staging import OnAccountTransaction, StagedActual, StagedMilestone
from tests.finance_builders import (
    AUGUST_27,
    CONTRACT,
    CUSTOMER,
    PARTIES,
    PROJECT,
    key_of,
    make_posting,
    make_proposal,
    make_proposal_line,
    make_setup,
    make_staged,
    make_terms,
    tax_rows,
    told,
)

BILLED = FinanceTransactionType.BILLED_SALES
MILESTONE_ID = "6a1f0000-0000-4000-8000-0000000000aa"
TAXED_PARTIES = Parties(PROJECT, CONTRACT, CUSTOMER.changed(tax_group="DOM"))


def billed(transaction_class: TransactionClass = TransactionClass.TIME, **attributes: object) -> StagedActual:
    return make_staged(BILLED, transaction_class, name="billed", **attributes)  # type: ignore[arg-type]


def milestone(amount: str = "5000", currency: str = "USD") -> StagedMilestone:
    return StagedMilestone(
        company="usmf",
        milestone=MILESTONE_ID,
        contract="C-1",
        contract_line=1,
        project="P-1",
        invoice_date=AUGUST_27,
        description="Report accepted",
        currency=currency,
        amount=Decimal(amount),
    )


def on_account(setup: LegalEntitySetup, amount: str = "5000", parties: Parties = PARTIES) -> OnAccountTransaction:
    return on_account_transaction(setup, milestone(amount), parties)


def found(
    setup: LegalEntitySetup, staged: StagedActual, source: Source | None = None, parties: Parties = PARTIES
) -> ProposalLine | Problem | None:
    return proposal_line(setup, make_proposal(), 1, staged, key_of(staged), parties, source)


def line_of(
    setup: LegalEntitySetup, staged: StagedActual, source: Source | None = None, parties: Parties = PARTIES
) -> ProposalLine:
    line = found(setup, staged, source, parties)
    assert isinstance(line, ProposalLine), line
    return line


def posted(transaction_class: TransactionClass = TransactionClass.TIME) -> ProjectTransaction:
    return make_posting(make_setup(), make_staged(transaction_class=transaction_class)).transaction


def test_g19d_one_line_of_four_hours() -> None:
    transaction = posted()
    line = line_of(make_setup(), billed(), transaction)
    assert told(line.quantity, line.price, line.amount) == "4 250 1000"
    assert (line.unbilled_sales_key, line.category, line.number) == (transaction.actual_key, "LABOR", 1)
    assert line.key.row == f"0000001|{line.actual}"


@pytest.mark.parametrize(
    ("transaction_class", "table"),
    [
        (TransactionClass.TIME, "ProjProposalEmpl"),
        (TransactionClass.EXPENSE, "ProjProposalCost"),
        (TransactionClass.MATERIAL, "ProjProposalItem"),
        (TransactionClass.FEE, "ProjProposalRevenue"),
        (TransactionClass.MILESTONE, "ProjProposalOnAcc"),
    ],
)
def test_the_class_of_a_billed_sale_tells_its_table(transaction_class: TransactionClass, table: str) -> None:
    is_milestone = transaction_class is TransactionClass.MILESTONE
    source: Source = on_account(make_setup()) if is_milestone else posted(transaction_class)
    assert line_of(make_setup(), billed(transaction_class), source).line_table == table


@pytest.mark.parametrize(
    ("billing_type", "quantity", "expected"),
    [
        (FinanceBillingType.CHARGEABLE, "2", True),
        (FinanceBillingType.CHARGEABLE, "-2", True),
        (FinanceBillingType.CHARGEABLE, "0", False),
        (FinanceBillingType.NOT_SPECIFIED, "2", True),
        (FinanceBillingType.NON_CHARGEABLE, "2", False),
        (FinanceBillingType.COMPLIMENTARY, "2", False),
        (FinanceBillingType.NOT_AVAILABLE, "2", False),
    ],
)
def test_only_what_is_to_be_invoiced_and_not_zero_has_revenue(
    billing_type: FinanceBillingType, quantity: str, expected: bool
) -> None:
    staged = billed(billing_type=billing_type, quantity=quantity)
    assert has_revenue(make_setup(), staged) is expected
    assert (found(make_setup(), staged, posted()) is not None) is expected


def test_groups_of_time_and_material_come_from_the_posted_transaction() -> None:
    transaction = posted().changed(tax_group="EDITED", tax_item_group="ITEM")
    line = line_of(make_setup(), billed(), transaction, TAXED_PARTIES)
    assert (line.tax_group, line.tax_item_group) == ("EDITED", "ITEM")


def test_a_group_that_was_not_known_when_the_journal_was_made_is_looked_for_again() -> None:
    line = line_of(make_setup(), billed(), posted(), TAXED_PARTIES)
    assert (line.tax_group, line.tax_item_group) == ("DOM", None)


def test_groups_of_a_milestone_come_from_its_on_account_transaction() -> None:
    setup = make_setup(TaxItemGroupOnAcc="FIXED")
    transaction = on_account(setup, parties=TAXED_PARTIES)
    assert (transaction.tax_group, transaction.tax_item_group) == ("DOM", "FIXED")
    edited = transaction.changed(tax_item_group="EXEMPT")
    line = line_of(setup, billed(TransactionClass.MILESTONE), edited, TAXED_PARTIES)
    assert (line.tax_group, line.tax_item_group, line.description) == ("DOM", "EXEMPT", "Report accepted")


def test_a_line_that_nothing_stands_behind_gets_the_defaults() -> None:
    taxed = {"Kind": "ProjCategory", "CategoryId": "FEE", "Name": "x", "CategoryType": "Fee", "TaxItemGroupId": "FULL"}
    line = line_of(make_setup(taxed), billed(TransactionClass.FEE, category=None), None, TAXED_PARTIES)
    assert (line.category, line.tax_group, line.tax_item_group, line.unbilled_sales_key) == ("FEE", "DOM", "FULL", None)


def test_a_credit_is_a_line_with_a_negative_amount() -> None:
    assert told(line_of(make_setup(), billed(quantity="-4")).amount) == "-1000"


@pytest.mark.parametrize(
    ("staged", "code"),
    [
        (billed(TransactionClass.COMMISSION), ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED),
        (billed(currency="GBP"), ReasonCode.CURRENCY_NOT_OF_CONTRACT),
        (billed(TransactionClass.MILESTONE), ReasonCode.MILESTONE_MISSING),
        (billed(category="UNKNOWN"), ReasonCode.CATEGORY_MISSING),
    ],
)
def test_what_cannot_be_proposed_is_told(staged: StagedActual, code: ReasonCode) -> None:
    problem = found(make_setup(), staged)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.ids) == (
        code,
        ("UNKNOWN",) if code is ReasonCode.CATEGORY_MISSING else (staged.actual,),
    )


@pytest.mark.parametrize("price", ["1000", "-1000"])
def test_g34_a_retainer_is_a_line_on_account_with_nothing_behind_it(price: str) -> None:
    setup = make_setup(TaxItemGroupOnAcc="FULL")
    line = line_of(setup, billed(TransactionClass.RETAINER, quantity="1", price=price), None, TAXED_PARTIES)
    assert (line.line_table, line.unbilled_sales_key, line.category) == ("ProjProposalOnAcc", None, "MILESTONE")
    assert (told(line.amount), line.tax_group, line.tax_item_group) == (price, "DOM", "FULL")


def test_a_retainer_of_the_whole_contract_needs_no_project() -> None:
    retainer = billed(TransactionClass.RETAINER, quantity="1", project=None)
    assert line_of(make_setup(), retainer, None, Parties(None, CONTRACT, CUSTOMER)).project is None
    named = found(make_setup(), billed(TransactionClass.RETAINER), None, Parties(None, CONTRACT, CUSTOMER))
    assert isinstance(named, Problem)
    assert named.code is ReasonCode.PROJECT_UNKNOWN


def credited(transaction_class: TransactionClass = TransactionClass.TIME) -> ProjectInvoiceLine:
    line = make_proposal_line("1000", transaction_class, tax_groups=("OLD", "OLDITEM"))
    decided = post_line(make_terms(make_setup(*tax_rows("10", "T", "OLD", "OLDITEM"))), line, PROJECT)
    assert isinstance(decided, PostedLine)
    return decided.invoice_line("INV-0001")


@pytest.mark.parametrize(
    "transaction_class", [TransactionClass.TIME, TransactionClass.MILESTONE, TransactionClass.RETAINER]
)
def test_a_credit_takes_category_and_tax_groups_from_the_line_that_it_credits(
    transaction_class: TransactionClass,
) -> None:
    staged = billed(transaction_class, quantity="-4", reverses="p/0001|x", category=None)
    line = line_of(make_setup(), staged, credited(transaction_class), TAXED_PARTIES)
    assert (line.tax_group, line.tax_item_group, line.unbilled_sales_key) == ("OLD", "OLDITEM", None)
    assert (line.category, told(line.amount)) == (credited(transaction_class).category, "-1000")


def test_a_credit_waits_until_what_it_credits_is_posted() -> None:
    problem = found(make_setup(), billed(quantity="-4", reverses="p/0001|0001|the-original"))
    assert isinstance(problem, Problem)
    assert (problem.code, problem.ids[1]) == (ReasonCode.DOCUMENT_WRONG_STATE, "the-original")
    gift = billed(quantity="-4", reverses="p/x", billing_type=FinanceBillingType.NON_CHARGEABLE)
    assert found(make_setup(), gift) is None


def test_an_unknown_project_is_told() -> None:
    problem = found(make_setup(), billed(), posted(), Parties())
    assert isinstance(problem, Problem)
    assert problem.code is ReasonCode.PROJECT_UNKNOWN


@pytest.mark.parametrize(("percents", "amounts"), [(("20", "30", "15", "35"), ("40000", "60000", "30000", "70000"))])
def test_g31_a_billing_schedule_of_a_contract_of_200000(percents: tuple[str, ...], amounts: tuple[str, ...]) -> None:
    """At signature 20 %, first delivery 30 %, second delivery 15 %, final acceptance 35 %."""
    parts = [percent_of(Decimal(200_000), Decimal(percent), "USD") for percent in percents]
    lines = [
        line_of(
            make_setup(), billed(TransactionClass.MILESTONE, quantity="1", price=str(part)), on_account(make_setup())
        )
        for part in parts
    ]
    assert told(*(line.amount for line in lines)) == " ".join(amounts)
    assert total(line.amount for line in lines) == Decimal(200_000)
