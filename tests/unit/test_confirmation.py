"""What confirming makes of one line detail, and why it refuses others."""

import hashlib
from datetime import date

import pytest

from domain.actuals import Actual
from domain.backlog import item_of_actual, item_of_milestone
from domain.confirmation import Source, confirm_detail, digest_of
from domain.confirmed import Confirmation, Terms
from domain.contract import Milestone
from domain.drafted_items import detail_of
from domain.errors import Problem, ReasonCode
from domain.option_sets import (
    AdjustmentStatus,
    BillingStatus,
    BillingType,
    MilestoneStatus,
    TransactionClass,
    TransactionType,
)
from domain.proforma import InvoiceLineDetail
from tests.builders import ORIGINS, contract_line, sale
from tests.workflows.adatum import INVOICE, LINE, guid, invoice, milestone

ON = date(2026, 8, 31)
TERMS = Terms(invoice(), ON)
CLAIMED = {"billing_status": BillingStatus.CUSTOMER_INVOICE_CREATED, "invoice": INVOICE}
BOB = sale(1, **CLAIMED)
DESIGN = milestone(invoice_status=MilestoneStatus.CUSTOMER_INVOICE_CREATED, invoice=INVOICE)


def detail_for(source: Actual | Milestone) -> InvoiceLineDetail:
    line = contract_line(1, LINE)
    if isinstance(source, Milestone):
        return detail_of(item_of_milestone(source, source.key, ""), INVOICE, line)
    return detail_of(item_of_actual(source, source.backlog_key, ""), INVOICE, line)


def confirmed(source: Actual | Milestone) -> Confirmation:
    outcome = confirm_detail(TERMS, detail_for(source), source)
    assert isinstance(outcome, Confirmation)
    return outcome


def actuals(outcome: Confirmation) -> list[Actual]:
    return [made.actual for made in outcome.actuals]


def figures(actual: Actual) -> str:
    return f"{actual.quantity} x {actual.price} = {actual.amount}"


def refused(detail: InvoiceLineDetail, source: Source) -> Problem:
    outcome = confirm_detail(TERMS, detail, source)
    assert isinstance(outcome, Problem)
    return outcome


def test_g08_reversal_and_billed_sale_of_an_unedited_transaction() -> None:
    c, d = actuals(confirmed(BOB))
    assert (c.transaction_type, figures(c)) == (TransactionType.UNBILLED_SALES, "-8 x 200.00 = -1600.00")
    assert (d.transaction_type, figures(d)) == (TransactionType.BILLED_SALES, "8 x 200.00 = 1600.00")
    assert (c.billing_type, d.billing_type) == (BillingType.CHARGEABLE, BillingType.CHARGEABLE)
    assert (c.adjustment_status, d.adjustment_status) == (AdjustmentStatus.UNADJUSTABLE, None)
    assert (c.billing_status, d.billing_status) == (None, None)
    assert (c.skip_sync, d.skip_sync) == (True, False)
    assert (c.invoice, d.invoice) == (INVOICE, INVOICE)
    # the transaction keeps its date; the billed sale is accounted for on the day of the confirmation
    assert (c.transaction_date, d.transaction_date, d.accounting_date) == (date(2026, 8, 3), date(2026, 8, 3), ON)


def test_g08_the_unbilled_sale_is_posted_and_nothing_else_of_it_changes() -> None:
    assert confirmed(BOB).source_changes == {"msdyn_billingstatus": 192350002}


def test_g08_connections_name_both_ends_with_their_roles() -> None:
    outcome = confirmed(BOB)
    c, d = actuals(outcome)
    linked = [each.connection for each in outcome.connections]
    told = [(each.transaction1, each.transaction1_role, each.transaction2, each.transaction2_role) for each in linked]
    assert told == [
        (c.actual, "Reversing", BOB.actual, "Original"),
        (d.actual, "Billed Sales", BOB.actual, "Unbilled Sales"),
    ]
    assert {each.transaction2_key for each in linked} == {BOB.backlog_key.text}
    assert [each.transaction1_key for each in linked] == [made.key.text for made in outcome.actuals]
    assert {each.key.partition for each in outcome.connections} == {INVOICE}
    assert {made.key.partition for made in outcome.actuals} == {INVOICE}


def test_g08_origins_are_five_for_the_billed_sale_and_two_for_the_reversal() -> None:
    detail = detail_for(BOB)
    c, d = actuals(confirmed(BOB))
    assert c.origins == ORIGINS
    assert d.origins == (
        f"invoice:{INVOICE}",
        f"invoicedetail:{detail.line}",
        f"msdyn_invoicelinetransaction:{detail.detail}",
        *ORIGINS,
    )


def test_g18e_a_milestone_becomes_a_billed_sale_without_a_reversal() -> None:
    outcome = confirmed(DESIGN)
    (billed,) = actuals(outcome)
    assert (billed.transaction_type, billed.transaction_class) == (
        TransactionType.BILLED_SALES,
        TransactionClass.MILESTONE,
    )
    assert (figures(billed), billed.billing_type) == ("1 x 5000.00 = 5000.00", BillingType.CHARGEABLE)
    assert (billed.milestone, billed.accounting_date, billed.skip_sync) == (DESIGN.milestone, ON, False)
    assert billed.origins[-1] == f"msdyn_contractlinescheduleofvalue:{DESIGN.milestone}"
    assert outcome.connections == ()
    assert outcome.source_changes == {"msdyn_invoicestatus": 192350003}


@pytest.mark.parametrize("transaction_class", ["TIME", "EXPENSE", "MATERIAL", "FEE"])
@pytest.mark.parametrize("billing_type", ["CHARGEABLE", "NON_CHARGEABLE", "COMPLIMENTARY"])
def test_class_and_billing_type_are_carried_over(transaction_class: str, billing_type: str) -> None:
    source = BOB.changed(transaction_class=TransactionClass[transaction_class], billing_type=BillingType[billing_type])
    outcome = confirmed(source)
    assert len(outcome.actuals) == 2
    for each in actuals(outcome):
        assert (each.transaction_class, each.billing_type) == (source.transaction_class, source.billing_type)


def test_what_finance_wrote_back_is_not_copied_to_the_reversal() -> None:
    posted = BOB.changed(
        voucher="PJV-1", accounting_amount="1600.00", accounting_exchange_rate="1", sales_tax_amount="0"
    )
    c, _ = actuals(confirmed(posted))
    assert (c.voucher, c.accounting_amount, c.accounting_exchange_rate, c.sales_tax_amount) == (None,) * 4


def test_a_second_decision_is_the_first_one() -> None:
    half_done = BOB.changed(billing_status=BillingStatus.CUSTOMER_INVOICE_POSTED)
    assert confirm_detail(TERMS, detail_for(BOB), half_done) == confirmed(BOB)


def test_a_description_may_be_edited_and_goes_to_the_billed_sale() -> None:
    outcome = confirm_detail(TERMS, detail_for(BOB).changed(description="For the customer"), BOB)
    assert isinstance(outcome, Confirmation)
    assert [each.description for each in actuals(outcome)] == ["Install the arm", "For the customer"]


TIME = detail_for(BOB)
REFUSALS: list[tuple[str, InvoiceLineDetail, Source, ReasonCode, str]] = [
    ("amount", TIME.changed(amount="1"), BOB, ReasonCode.LINE_EDIT_NOT_SUPPORTED, "amount"),
    ("day", TIME.changed(transaction_date="2026-08-04"), BOB, ReasonCode.LINE_EDIT_NOT_SUPPORTED, "transaction date"),
    ("payer", TIME.changed(contract_customer=guid(99)), BOB, ReasonCode.LINE_EDIT_NOT_SUPPORTED, "contract customer"),
    (
        "class",
        TIME.changed(transaction_class=TransactionClass.FEE),
        BOB,
        ReasonCode.LINE_EDIT_NOT_SUPPORTED,
        "transaction class",
    ),
    (
        "quantity without its amount",
        TIME.changed(quantity="6"),
        BOB,
        ReasonCode.LINE_EDIT_NOT_SUPPORTED,
        "amount",
    ),
    ("milestone amount", detail_for(DESIGN).changed(amount="1"), DESIGN, ReasonCode.LINE_EDIT_NOT_SUPPORTED, "amount"),
    (
        "milestone quantity",
        detail_for(DESIGN).changed(quantity="2"),
        DESIGN,
        ReasonCode.LINE_EDIT_NOT_SUPPORTED,
        "quantity",
    ),
    ("correction", TIME.changed(correction=True), BOB, ReasonCode.BACKING_ACTUAL_MISSING, "billed sale"),
    (
        "retainer by hand",
        TIME.changed(transaction_class=TransactionClass.RETAINER, source_key=None),
        None,
        ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED,
        "only time",
    ),
    ("gone", TIME, None, ReasonCode.BACKING_ACTUAL_MISSING, "missing"),
    ("elsewhere", TIME, BOB.changed(invoice=guid(98)), ReasonCode.BACKING_ACTUAL_MISSING, "not on this invoice"),
    (
        "adjusted",
        TIME,
        BOB.changed(adjustment_status=AdjustmentStatus.ADJUSTED),
        ReasonCode.BACKING_ACTUAL_MISSING,
        "adjusted",
    ),
    (
        "commission",
        detail_for(BOB.changed(transaction_class=TransactionClass.COMMISSION)),
        BOB.changed(transaction_class=TransactionClass.COMMISSION),
        ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED,
        "only time, expense, material, fee and milestones",
    ),
]


@pytest.mark.parametrize(
    ("detail", "source", "code", "word"), [case[1:] for case in REFUSALS], ids=[case[0] for case in REFUSALS]
)
def test_what_cannot_be_confirmed_is_refused_with_its_reason(
    detail: InvoiceLineDetail, source: Source, code: ReasonCode, word: str
) -> None:
    problem = refused(detail, source)
    assert (problem.code, problem.ids) == (code, (detail.detail,))
    assert word in problem.sentence
    assert problem.sentence.startswith(f"invoice INV-0001, line detail {detail.detail}: ")


def test_when_two_reasons_apply_the_first_scenario_is_told() -> None:
    both = TIME.changed(correction=True, quantity="6", billing_type=BillingType.COMPLIMENTARY)
    assert "billed sale" in refused(both, None).sentence
    assert refused(both.changed(correction=False), None).code == ReasonCode.BACKING_ACTUAL_MISSING
    assert refused(both.changed(correction=False), BOB).code == ReasonCode.LINE_EDIT_NOT_SUPPORTED


def test_the_billing_type_of_a_milestone_may_be_changed() -> None:
    outcome = confirm_detail(TERMS, detail_for(DESIGN).changed(billing_type=BillingType.COMPLIMENTARY), DESIGN)
    assert isinstance(outcome, Confirmation)
    assert [each.billing_type for each in actuals(outcome)] == [BillingType.COMPLIMENTARY]
    assert outcome.source_changes == {"msdyn_invoicestatus": 192350003}


def test_the_digest_is_that_of_the_ids_sorted_and_joined_by_commas() -> None:
    assert digest_of(["b", "a"]) == hashlib.sha256(b"a,b").hexdigest() == digest_of(["a", "b"])
    assert digest_of(["ab"]) != digest_of(["a", "b"])
