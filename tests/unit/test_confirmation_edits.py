"""What confirming makes of an edited detail and of one that was added by hand: ActualsonTM, add-new-ild-to-invoice."""

from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from domain.actuals import Actual
from domain.backlog import item_of_actual
from domain.confirmation import confirm_detail
from domain.confirmed import Confirmation, Terms
from domain.drafted_items import detail_of
from domain.errors import Problem, ReasonCode
from domain.option_sets import (
    AdjustmentStatus,
    BillingStatus,
    BillingType,
    NotToExceedStatus,
    TransactionClass,
    TransactionType,
)
from domain.proforma import InvoiceLineDetail
from tests.builders import ORIGINS, contract_line, sale
from tests.workflows.adatum import INVOICE, LINE, guid, invoice

ON = date(2026, 8, 31)
TERMS = Terms(invoice(confirmed_by=None), ON)
BOB = sale(1, billing_status=BillingStatus.CUSTOMER_INVOICE_CREATED, invoice=INVOICE)
TIME = detail_of(item_of_actual(BOB, BOB.backlog_key, ""), INVOICE, contract_line(1, LINE))
BY_HAND = TIME.changed(
    detail=guid(60),
    transaction_class=TransactionClass.FEE,
    quantity="1",
    price="300.00",
    amount="300.00",
    source_key=None,
    source=None,
    origins=(),
)
ADJUSTED = {"msdyn_adjustmentstatus": 192350001, "msdyn_billingstatus": 192350003}


def edited(**changes: object) -> InvoiceLineDetail:
    return TIME.changed(**changes)


def confirmed(detail: InvoiceLineDetail, source: Actual | None = BOB, terms: Terms = TERMS) -> Confirmation:
    outcome = confirm_detail(terms, detail, source)
    assert isinstance(outcome, Confirmation)
    return outcome


def told(outcome: Confirmation) -> list[str]:
    return [_told(made.actual) for made in outcome.actuals]


def _told(actual: Actual) -> str:
    kind = {TransactionType.UNBILLED_SALES: "US", TransactionType.BILLED_SALES: "BS"}[actual.transaction_type]
    billing = actual.billing_type.name if actual.billing_type is not None else "-"
    adjusted = "U" if actual.adjustment_status == AdjustmentStatus.UNADJUSTABLE else "-"
    return f"{kind} {actual.quantity} {actual.amount} {billing} {adjusted} {'skip' if actual.skip_sync else 'cross'}"


def test_g09_eight_hours_billed_as_six() -> None:
    outcome = confirmed(edited(quantity="6", amount="1200.00"))
    assert told(outcome) == [
        "US -8 -1600.00 CHARGEABLE U cross",
        "US 6 1200.00 CHARGEABLE - cross",
        "US -6 -1200.00 CHARGEABLE U skip",
        "BS 6 1200.00 CHARGEABLE - cross",
        "US 2 400.00 NON_CHARGEABLE - cross",
        "US -2 -400.00 NON_CHARGEABLE U skip",
        "BS 2 400.00 NON_CHARGEABLE - cross",
    ]
    assert outcome.source_changes == ADJUSTED
    billed = [made.actual for made in outcome.actuals if made.actual.transaction_type == TransactionType.BILLED_SALES]
    assert outcome.billed_sales == tuple(each.actual for each in billed)
    assert {each.accounting_date for each in billed} == {ON}


def test_g09_statuses_places_and_what_the_crossing_reversal_names() -> None:
    outcome = confirmed(edited(quantity="6", amount="1200.00"))
    assert {made.key.partition for made in outcome.actuals} == {INVOICE}
    assert len({made.key.row.rsplit("|", 1)[0] for made in outcome.actuals}) == 7
    assert [made.actual.reverses for made in outcome.actuals if made.actual.reverses] == [BOB.backlog_key.text]
    posted = BillingStatus.CUSTOMER_INVOICE_POSTED
    assert [made.actual.billing_status for made in outcome.actuals] == [None, posted, None, None, posted, None, None]


def test_g09_connections_and_origins() -> None:
    detail = edited(quantity="6", amount="1200.00")
    outcome = confirmed(detail)
    names = {BOB.actual: "original"} | {
        made.actual.actual: name
        for made, name in zip(outcome.actuals, ("c", "d", "f", "h", "e", "g", "i"), strict=True)
    }
    ends = {
        (names[each.transaction1], each.transaction1_role, names[each.transaction2], each.transaction2_role)
        for each in (connected.connection for connected in outcome.connections)
    }
    assert ends == {
        ("c", "Reversing", "original", "Original"),
        ("d", "Replacing", "original", "Original"),
        ("e", "Replacing", "original", "Original"),
        ("f", "Reversing", "d", "Original"),
        ("g", "Reversing", "e", "Original"),
        ("h", "Billed Sales", "d", "Unbilled Sales"),
        ("i", "Billed Sales", "e", "Unbilled Sales"),
    }
    assert len({connected.key for connected in outcome.connections}) == 7
    first, second = outcome.actuals[:2]
    assert (first.actual.origins, second.actual.origins[3:]) == (ORIGINS, ORIGINS)
    assert f"msdyn_invoicelinetransaction:{detail.detail}" in second.actual.origins


@pytest.mark.parametrize(
    ("changes", "rows"),
    [
        (
            {"quantity": "10", "amount": "2000.00"},
            [
                "US 10 2000.00 CHARGEABLE - cross",
                "US -10 -2000.00 CHARGEABLE U skip",
                "BS 10 2000.00 CHARGEABLE - cross",
            ],
        ),
        (
            {"price": "210.00", "amount": "1680.00"},
            ["US 8 1680.00 CHARGEABLE - cross", "US -8 -1680.00 CHARGEABLE U skip", "BS 8 1680.00 CHARGEABLE - cross"],
        ),
        (
            {"billing_type": BillingType.COMPLIMENTARY},
            [
                "US 8 1600.00 COMPLIMENTARY - cross",
                "US -8 -1600.00 COMPLIMENTARY U skip",
                "BS 8 1600.00 COMPLIMENTARY - cross",
            ],
        ),
        (
            {"quantity": "6", "price": "210.00", "amount": "1260.00"},
            [
                "US 6 1260.00 CHARGEABLE - cross",
                "US -6 -1260.00 CHARGEABLE U skip",
                "BS 6 1260.00 CHARGEABLE - cross",
                "US 2 400.00 NON_CHARGEABLE - cross",
                "US -2 -400.00 NON_CHARGEABLE U skip",
                "BS 2 400.00 NON_CHARGEABLE - cross",
            ],
        ),
        (
            {"quantity": "0", "amount": "0.00"},
            [
                "US 8 1600.00 NON_CHARGEABLE - cross",
                "US -8 -1600.00 NON_CHARGEABLE U skip",
                "BS 8 1600.00 NON_CHARGEABLE - cross",
            ],
        ),
    ],
    ids=["increased", "price", "billing type", "price and quantity", "written off"],
)
def test_every_edit_takes_the_original_back_and_bills_what_the_detail_says(
    changes: dict[str, object], rows: list[str]
) -> None:
    outcome = confirmed(edited(**changes))
    assert told(outcome) == ["US -8 -1600.00 CHARGEABLE U cross", *rows]
    assert outcome.source_changes == ADJUSTED


def test_no_cent_is_lost_between_what_stays_and_what_is_written_off() -> None:
    source = BOB.changed(quantity="3", price="33.335", amount="100.01")
    detail = edited(quantity="1", price="33.335", amount="33.34")
    rows = [made.actual for made in confirmed(detail, source).actuals]
    assert [str(row.amount) for row in rows if row.transaction_type == TransactionType.BILLED_SALES] == [
        "33.34",
        "66.67",
    ]
    unbilled = [row.amount for row in rows if row.transaction_type == TransactionType.UNBILLED_SALES]
    assert source.amount + sum(unbilled) == Decimal(0)


def test_an_amount_that_was_written_without_cents_does_not_round_them_away() -> None:
    source = BOB.changed(quantity="4", price="33.25", amount="133")
    detail = edited(quantity="1.5", price="33.25", amount="49.88")
    amounts = [made.actual.amount for made in confirmed(detail, source).actuals]
    assert amounts[-1] == Decimal("83.12")


def test_q4_literal_keeps_the_reversal_of_the_original_here() -> None:
    outcome = confirmed(edited(quantity="6", amount="1200.00"), terms=replace(TERMS, adjustments_cross=False))
    assert told(outcome)[0] == "US -8 -1600.00 CHARGEABLE U skip"
    assert outcome.actuals[0].actual.reverses is None
    assert [row for row in told(outcome) if row.startswith("US -") and row.endswith("cross")] == []


def test_whoever_goes_on_with_a_confirmation_decides_as_before() -> None:
    detail = edited(quantity="6", amount="1200.00")
    begun = replace(TERMS, invoice=invoice(confirmed_by=guid(61)))
    half_done = BOB.changed(adjustment_status=AdjustmentStatus.ADJUSTED, billing_status=BillingStatus.CANCELED)
    assert confirmed(detail, half_done, begun) == confirmed(detail)


def test_a_sale_that_somebody_else_adjusted_is_refused_before_the_confirmation_begins() -> None:
    taken = BOB.changed(adjustment_status=AdjustmentStatus.ADJUSTED, billing_status=BillingStatus.CANCELED)
    assert not isinstance(confirm_detail(TERMS, TIME, taken), Confirmation)


def test_a_sale_over_its_limit_is_refused_until_the_confirmation_has_begun() -> None:
    over = BOB.changed(nte_status=NotToExceedStatus.FAILED)
    problem = confirm_detail(TERMS, TIME, over)
    assert isinstance(problem, Problem)
    assert problem.code == ReasonCode.ITEM_EXCEEDS_LIMIT
    begun = replace(TERMS, invoice=invoice(confirmed_by=guid(61)))
    # what has begun is finished, and what it makes has no limit of its own
    assert [made.actual.nte_status for made in confirmed(TIME, over, begun).actuals] == [None, None]


def test_g15_by_hand_on_time_and_material() -> None:
    outcome = confirmed(BY_HAND, None)
    assert told(outcome) == [
        "US 1 300.00 CHARGEABLE - cross",
        "US -1 -300.00 CHARGEABLE U skip",
        "BS 1 300.00 CHARGEABLE - cross",
    ]
    assert outcome.source_changes == {}
    roles = [(each.connection.transaction1_role, each.connection.transaction2_role) for each in outcome.connections]
    assert roles == [("Reversing", "Original"), ("Billed Sales", "Unbilled Sales")]
    assert len(outcome.actuals[0].actual.origins) == 3


def test_g15_by_hand_on_a_fixed_price() -> None:
    terms = replace(TERMS, fixed_price_lines=frozenset((BY_HAND.line,)))
    outcome = confirmed(BY_HAND, None, terms)
    assert told(outcome) == ["BS 1 300.00 CHARGEABLE - cross"]
    assert (outcome.connections, outcome.source_changes) == ((), {})
