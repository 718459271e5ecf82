"""What confirming a corrective detail makes: revise-project-invoices, ActualsonTM, ActualonFP, connectingactuals."""

from datetime import date

import pytest

from domain.actuals import Actual
from domain.confirmation import confirm_detail
from domain.confirmed import Confirmation, Release, Terms
from domain.errors import Problem, ReasonCode
from domain.option_sets import (
    AdjustmentStatus,
    BillingStatus,
    BillingType,
    RetainerUse,
    TransactionClass,
    TransactionType,
)
from domain.proforma import InvoiceLineDetail
from domain.revision import Billed, corrective_detail
from domain.rows import RowKey
from tests.builders import ORIGINS, sale
from tests.workflows.adatum import CONTRACT, INVOICE, LINE, guid, invoice

ON = date(2026, 9, 2)
DRAFT, OLD_DETAIL = guid(70), guid(71)
TERMS = Terms(invoice(invoice=DRAFT, number="INV-0002", confirmed_by=None), ON)
FIVE = (f"invoice:{INVOICE}", f"invoicedetail:{LINE}", f"msdyn_invoicelinetransaction:{OLD_DETAIL}", *ORIGINS)
BILLED = sale(
    1,
    transaction_type=TransactionType.BILLED_SALES,
    billing_status=None,
    invoice=INVOICE,
    accounting_date=date(2026, 8, 31),
    origins=FIVE,
    adjustment_status=AdjustmentStatus.IN_PROCESS,
    corrected_by=DRAFT,
    accounting_amount="1600.00",
    voucher="PIV-1",
)
KEY = RowKey(INVOICE, f"0001|2026-08-03|{guid(5)}|2|{BILLED.actual}")
ORIGINAL = InvoiceLineDetail(
    detail=OLD_DETAIL,
    invoice=INVOICE,
    line=guid(72),
    line_number=1,
    contract=CONTRACT,
    contract_line=LINE,
    contract_customer=BILLED.contract_customer or "",
    source=guid(5),
    source_key=f"{CONTRACT}/2026-08-03|{guid(5)}",
    **{name: getattr(BILLED, name) for name in ("transaction_class", "billing_type", "quantity", "price", "amount")},
    **{name: getattr(BILLED, name) for name in ("currency", "transaction_date")},
)
MILESTONE = BILLED.changed(
    transaction_class=TransactionClass.MILESTONE, quantity="1", price="5000", amount="5000", milestone=guid(80)
)


def correction(billed: Actual = BILLED, **changes: object) -> InvoiceLineDetail:
    return corrective_detail(DRAFT, Billed(ORIGINAL, billed, KEY)).changed(**changes)


def confirmed(detail: InvoiceLineDetail, billed: Actual = BILLED, terms: Terms = TERMS) -> Confirmation:
    outcome = confirm_detail(terms, detail, billed)
    assert isinstance(outcome, Confirmation), outcome
    return outcome


def told(outcome: Confirmation) -> list[str]:
    return [_told(made.actual, made.key) for made in outcome.actuals]


def _told(actual: Actual, key: RowKey) -> str:
    kind = {TransactionType.UNBILLED_SALES: "US", TransactionType.BILLED_SALES: "BS"}[actual.transaction_type]
    adjusted = "U" if actual.adjustment_status == AdjustmentStatus.UNADJUSTABLE else "-"
    where = "backlog" if key.partition == CONTRACT else "invoice"
    return f"{kind} {actual.quantity} {actual.amount} {adjusted} {'skip' if actual.skip_sync else 'cross'} {where}"


CREDIT = "BS -8 -1600.00 U cross invoice"
CASES = {
    "in full": ("0", "0", [CREDIT, "US 8 1600.00 - cross backlog"]),
    "in part": (
        "6",
        "1200.00",
        [
            CREDIT,
            "US 6 1200.00 - cross invoice",
            "US -6 -1200.00 U skip invoice",
            "BS 6 1200.00 - cross invoice",
            "US 2 400.00 - cross backlog",
        ],
    ),
    "increased": (
        "10",
        "2000.00",
        [
            CREDIT,
            "US 10 2000.00 - cross invoice",
            "US -10 -2000.00 U skip invoice",
            "BS 10 2000.00 - cross invoice",
        ],
    ),
}


@pytest.mark.parametrize("kind", list(TransactionClass)[:3])
@pytest.mark.parametrize(("quantity", "amount", "rows"), CASES.values(), ids=CASES)
def test_time_expense_and_material(kind: TransactionClass, quantity: str, amount: str, rows: list[str]) -> None:
    billed = BILLED.changed(transaction_class=kind)
    outcome = confirmed(correction(billed, quantity=quantity, amount=amount), billed)
    assert told(outcome) == rows
    assert outcome.source_changes == {"msdyn_adjustmentstatus": 192350001}
    crossing = [each.actual for each in (made.actual for made in outcome.actuals) if _is_billed(each)]
    assert list(outcome.billed_sales) == crossing


def _is_billed(actual: Actual) -> bool:
    return actual.transaction_type == TransactionType.BILLED_SALES


def test_a_fee_in_part_leaves_no_remainder() -> None:
    fee = BILLED.changed(transaction_class=TransactionClass.FEE)
    assert told(confirmed(correction(fee, quantity="6", amount="1200.00"), fee)) == CASES["in part"][2][:4]
    assert told(confirmed(correction(fee), fee)) == CASES["in full"][2]


def test_a_milestone_is_credited_and_released() -> None:
    outcome = confirmed(correction(MILESTONE), MILESTONE)
    assert told(outcome) == ["BS -1 -5000 U cross invoice"]
    assert outcome.released == (Release(RowKey(CONTRACT, f"2026-08-03|{guid(80)}"), INVOICE),)
    assert outcome.actuals[0].actual.milestone == guid(80)


def test_what_the_credit_says() -> None:
    credit = confirmed(correction()).actuals[0].actual
    assert (credit.reverses, credit.accounting_date, credit.invoice) == (KEY.text, ON, DRAFT)
    assert (credit.corrected_by, credit.accounting_amount, credit.voucher) == (None, None, None)
    assert credit.origins == FIVE


def test_what_goes_back_can_be_invoiced_again() -> None:
    back = confirmed(correction(quantity="6", amount="1200.00")).actuals[-1]
    assert back.key == back.actual.backlog_key
    assert (back.actual.billing_status, back.actual.invoice) == (BillingStatus.UNBILLED_SALES_CREATED, None)
    assert (back.actual.adjustment_status, back.actual.accounting_date) == (None, None)


def test_origins_five_on_the_credit_and_eight_on_what_is_new() -> None:
    detail = correction(quantity="6", amount="1200.00")
    credit, *new = (made.actual for made in confirmed(detail).actuals)
    own = (f"invoice:{DRAFT}", f"invoicedetail:{detail.line}", f"msdyn_invoicelinetransaction:{detail.detail}")
    assert credit.origins == FIVE
    assert {each.origins for each in new} == {(*own, *FIVE)}


def test_connections() -> None:
    outcome = confirmed(correction(quantity="6", amount="1200.00"))
    names = {BILLED.actual: "d"} | {
        made.actual.actual: name for made, name in zip(outcome.actuals, ("e", "f", "h", "i", "g"), strict=True)
    }
    ends = {
        (names[each.transaction1], each.transaction1_role, names[each.transaction2], each.transaction2_role)
        for each in (connected.connection for connected in outcome.connections)
    }
    assert ends == {
        ("e", "Reversing", "d", "Original"),
        ("f", "Replacing", "d", "Original"),
        ("g", "Replacing", "d", "Original"),
        ("h", "Reversing", "f", "Original"),
        ("i", "Billed Sales", "f", "Unbilled Sales"),
    }
    assert {connected.key.partition for connected in outcome.connections} == {DRAFT}
    assert len({connected.key for connected in outcome.connections}) == 5


def test_billing_types_are_copied() -> None:
    gift = BILLED.changed(billing_type=BillingType.NON_CHARGEABLE)
    outcome = confirmed(correction(gift, quantity="6", amount="1200.00"), gift)
    assert {made.actual.billing_type for made in outcome.actuals} == {BillingType.NON_CHARGEABLE}


def test_no_cent_is_lost_between_two_roundings() -> None:
    third = BILLED.changed(quantity="3", price="33.333", amount="100.00")
    outcome = confirmed(correction(third, quantity="1", amount="33.33"), third)
    assert [str(made.actual.amount) for made in outcome.actuals if made.key.partition == CONTRACT] == ["66.67"]


def test_what_was_billed_without_an_unbilled_sale_makes_none() -> None:
    by_hand = BILLED.changed(origins=FIVE[:3])
    detail = correction(by_hand, quantity="6", amount="1200.00")
    fixed = Terms(TERMS.invoice, ON, fixed_price_lines=frozenset((detail.line,)))
    assert told(confirmed(detail, by_hand, fixed)) == [CREDIT, "BS 6 1200.00 - cross invoice"]
    assert told(confirmed(correction(by_hand), by_hand, fixed)) == [CREDIT]
    assert told(confirmed(correction(by_hand), by_hand)) == CASES["in full"][2]
    assert told(confirmed(correction(), BILLED, fixed)) == CASES["in full"][2]


def test_a_negative_sale_is_credited_by_a_positive_one() -> None:
    refund = BILLED.changed(quantity="-2", amount="-400.00")
    assert told(confirmed(correction(refund), refund)) == [
        "BS 2 400.00 U cross invoice",
        "US -2 -400.00 - cross backlog",
    ]


def test_going_on_gives_the_same_rows() -> None:
    detail = correction(quantity="6", amount="1200.00")
    adjusted = BILLED.changed(adjustment_status=AdjustmentStatus.ADJUSTED)
    assert confirmed(detail, adjusted).actuals == confirmed(detail).actuals


REFUSALS: dict[str, tuple[InvoiceLineDetail, Actual | None, ReasonCode]] = {
    "gone": (correction(), None, ReasonCode.BACKING_ACTUAL_MISSING),
    "of another draft": (correction(), BILLED.changed(corrected_by=guid(99)), ReasonCode.BACKING_ACTUAL_MISSING),
    "not claimed": (correction(), BILLED.changed(corrected_by=None), ReasonCode.BACKING_ACTUAL_MISSING),
    "price": (correction(quantity="6", price="100", amount="600"), BILLED, ReasonCode.LINE_EDIT_NOT_SUPPORTED),
    "billing type": (
        correction(billing_type=BillingType.COMPLIMENTARY),
        BILLED,
        ReasonCode.LINE_EDIT_NOT_SUPPORTED,
    ),
    "amount": (correction(quantity="6", amount="1"), BILLED, ReasonCode.LINE_EDIT_NOT_SUPPORTED),
    "sign": (correction(quantity="-6", amount="-1200"), BILLED, ReasonCode.LINE_EDIT_NOT_SUPPORTED),
    "no difference": (
        correction(quantity="8", amount="1600"),
        BILLED,
        ReasonCode.CORRECTION_WITHOUT_DIFFERENCE,
    ),
    "milestone in part": (
        correction(MILESTONE, quantity="0.5", amount="2500"),
        MILESTONE,
        ReasonCode.CORRECTION_NOT_SUPPORTED,
    ),
    "retainer": (
        correction(
            BILLED.changed(transaction_class=TransactionClass.RETAINER), retainer_use=RetainerUse.CREDITED, quantity=1
        ),
        BILLED.changed(transaction_class=TransactionClass.RETAINER),
        ReasonCode.CORRECTION_NOT_SUPPORTED,
    ),
}


@pytest.mark.parametrize(("detail", "billed", "code"), REFUSALS.values(), ids=REFUSALS)
def test_refused(detail: InvoiceLineDetail, billed: Actual | None, code: ReasonCode) -> None:
    problem = confirm_detail(TERMS, detail, billed)
    assert isinstance(problem, Problem)
    assert (problem.code, problem.ids) == (code, (detail.detail,))
    assert problem.sentence.startswith(f"invoice INV-0002, line detail {detail.detail}: ")


def test_another_tax_alone_is_a_difference() -> None:
    detail = correction(quantity="8", amount="1600", tax="5")
    assert len(confirmed(detail).actuals) == 4
