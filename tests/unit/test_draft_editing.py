"""Which field of which line detail may change on a draft, and what follows from it."""

from datetime import date
from decimal import Decimal

import pytest

from domain.backlog import item_of_actual, item_of_milestone
from domain.draft_editing import EDITABLE, DetailKind, NewLine, added, edited, field_name, kind_of
from domain.drafted_items import detail_of
from domain.errors import Problem, ReasonCode
from domain.option_sets import BillingMethod, BillingType, TransactionClass
from domain.proforma import InvoiceLine, InvoiceLineDetail
from tests.builders import contract_line, sale
from tests.workflows.adatum import CONTRACT, INVOICE, LINE, USD, guid, invoice, milestone

BOB, DESIGN = sale(1), milestone()
TIME = detail_of(item_of_actual(BOB, BOB.backlog_key, ""), INVOICE, contract_line(1, LINE))
STONE = detail_of(item_of_milestone(DESIGN, DESIGN.key, ""), INVOICE, contract_line(1, LINE))
BY_HAND = TIME.changed(source_key=None, source=None)
RETAINER = TIME.changed(transaction_class=TransactionClass.RETAINER)
KINDS = {
    DetailKind.TRANSACTION: TIME,
    DetailKind.MILESTONE: STONE,
    DetailKind.BY_HAND: BY_HAND,
    DetailKind.RETAINER: RETAINER,
}
VALUES: dict[str, object] = {
    "billing_type": BillingType.COMPLIMENTARY,
    "quantity": "6",
    "price": "150",
    "tax": "12.50",
    "description": "For the customer",
    "external_description": "Arm",
}
# update-ild-on-an-invoice: time and material, then fixed price
DOCUMENTED = {
    DetailKind.TRANSACTION: set(VALUES),
    DetailKind.MILESTONE: {"billing_type", "tax", "description", "external_description"},
    DetailKind.BY_HAND: set(VALUES),
    DetailKind.RETAINER: set(),
}


def done(detail: InvoiceLineDetail, **changes: object) -> InvoiceLineDetail:
    result = edited(detail, changes, "USD")
    assert isinstance(result, InvoiceLineDetail), result
    return result


def refused(detail: InvoiceLineDetail, **changes: object) -> ReasonCode:
    result = edited(detail, changes, "USD")
    assert isinstance(result, Problem)
    assert result.ids == (detail.detail,)
    return result.code


@pytest.mark.parametrize("kind", KINDS)
def test_the_documented_fields_of_a_kind_can_be_edited_and_no_other(kind: DetailKind) -> None:
    detail = KINDS[kind]
    assert kind_of(detail) == kind
    allowed = {name for name in VALUES if isinstance(edited(detail, {name: VALUES[name]}, "USD"), InvoiceLineDetail)}
    assert allowed == DOCUMENTED[kind]
    for name in InvoiceLineDetail.model_fields.keys() - EDITABLE.keys() - {"currency"}:
        problem = edited(detail, {name: getattr(detail, name)}, "USD")
        assert isinstance(problem, Problem)
        assert problem.code == ReasonCode.FIELD_NOT_EDITABLE


def test_the_amount_follows_quantity_and_price_rounded_half_away_from_zero() -> None:
    assert str(done(TIME, quantity="6").amount) == "1200.00"
    assert str(done(TIME, price="33.333", quantity="7.5").amount) == "250.00"
    assert str(done(TIME, price="0.005", quantity="1").amount) == "0.01"
    half_yen = edited(TIME, {"price": "0.5", "quantity": "1"}, "JPY")
    assert isinstance(half_yen, InvoiceLineDetail)
    assert str(half_yen.amount) == "1"


def test_an_amount_that_is_no_product_stays_while_quantity_and_price_stay() -> None:
    fixed = TIME.changed(amount="1500.00")
    assert str(done(fixed, quantity="8", tax="1").amount) == "1500.00"
    assert str(done(fixed, billing_type=BillingType.NON_CHARGEABLE).amount) == "1500.00"


def test_optional_fields_can_be_cleared_and_others_not() -> None:
    full = TIME.changed(tax="5", description="a", external_description="b")
    bare = done(full, tax=None, description=None, external_description=None)
    assert (bare.tax, bare.description, bare.external_description) == (None, None, None)
    assert refused(TIME, quantity=None) == ReasonCode.FIELD_VALUE_WRONG
    assert refused(TIME, billing_type=None) == ReasonCode.FIELD_VALUE_WRONG


@pytest.mark.parametrize(
    ("detail", "changes", "code"),
    [
        (TIME, {"colour": "blue"}, ReasonCode.FIELD_UNKNOWN),
        (TIME, {"currency": USD}, ReasonCode.CURRENCY_NOT_OF_CONTRACT),
        (TIME, {"quantity": "-1"}, ReasonCode.QUANTITY_NEGATIVE),
        (BY_HAND, {"quantity": "-0.01"}, ReasonCode.QUANTITY_NEGATIVE),
        (TIME, {"quantity": "many"}, ReasonCode.FIELD_VALUE_WRONG),
        (TIME, {"price": 1.5}, ReasonCode.FIELD_VALUE_WRONG),
        (TIME, {"billing_type": BillingType.NOT_AVAILABLE}, ReasonCode.FIELD_VALUE_WRONG),
        (TIME, {"price": "999999999999"}, ReasonCode.FIELD_VALUE_WRONG),
        (TIME, {"tax": "-1000000000.01"}, ReasonCode.FIELD_VALUE_WRONG),
        (
            TIME.changed(correction=True),
            {"billing_type": BillingType.COMPLIMENTARY},
            ReasonCode.BILLING_TYPE_ON_CORRECTION,
        ),
        (STONE, {"price": "1"}, ReasonCode.FIELD_NOT_EDITABLE),
        (RETAINER, {"description": "x"}, ReasonCode.FIELD_NOT_EDITABLE),
    ],
)
def test_what_must_not_be_edited_has_its_reason(
    detail: InvoiceLineDetail, changes: dict[str, object], code: ReasonCode
) -> None:
    assert refused(detail, **changes) == code


def test_a_correction_takes_the_new_quantity() -> None:
    assert str(done(TIME.changed(correction=True, quantity="0", amount="0"), quantity="6").amount) == "1200.00"


def test_a_negative_detail_can_be_edited_in_all_but_its_quantity() -> None:
    credit = TIME.changed(quantity="-2", amount="-400.00")
    assert str(done(credit, price="100").amount) == "-200.00"


def test_people_write_fields_as_they_like() -> None:
    assert [field_name(text) for text in (" Billing type", "billing-type", "QUANTITY ")] == [
        "billing_type",
        "billing_type",
        "quantity",
    ]


LINE_1 = InvoiceLine(
    line=guid(90),
    invoice=INVOICE,
    contract_line=LINE,
    number=1,
    name="Labor",
    billing_method=BillingMethod.TIME_AND_MATERIAL,
    chargeable="0",  # type: ignore[arg-type] # numbers are read from text
    non_chargeable="0",  # type: ignore[arg-type]
    complimentary="0",  # type: ignore[arg-type]
)
ENTRY = NewLine("gift", 1, TransactionClass.FEE, Decimal(3), Decimal("33.335"), date(2026, 8, 28))


def test_a_line_by_hand_has_no_source_and_an_id_of_its_wish() -> None:
    detail = added(invoice(), LINE_1, ENTRY, "USD")
    assert isinstance(detail, InvoiceLineDetail)
    assert (detail.source_key, detail.source, detail.origins) == (None, None, ())
    assert (detail.contract, detail.contract_line, str(detail.amount)) == (CONTRACT, LINE, "100.01")
    assert detail.key.row == f"0001|manual|{detail.detail}"
    assert added(invoice(), LINE_1, ENTRY, "USD") == detail


@pytest.mark.parametrize("name", ["MILESTONE", "RETAINER", "TAX", "COMMISSION", "ADDITIONAL"])
def test_other_classes_cannot_be_added_by_hand(name: str) -> None:
    entry = NewLine("x", 1, TransactionClass[name], Decimal(1), Decimal(1), date(2026, 8, 28))
    problem = added(invoice(), LINE_1, entry, "USD")
    assert isinstance(problem, Problem)
    assert problem.code == ReasonCode.TRANSACTION_CLASS_NOT_SUPPORTED


@pytest.mark.parametrize("value", ["1e400", "1" + "0" * 400, "9" * 29, 10**400])
@pytest.mark.parametrize("field", ["quantity", "price", "tax"])
def test_a_number_out_of_all_bounds_is_refused(field: str, value: object) -> None:
    assert refused(TIME, **{field: value}) is ReasonCode.FIELD_VALUE_WRONG
