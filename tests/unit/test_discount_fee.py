"""Discount and fee: what they are of an amount, what a part of it has, and that a chain of actuals comes to nothing."""

from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from domain.actual_making import Made
from domain.actuals import Actual
from domain.backlog import item_of_actual
from domain.confirmation import confirm_detail
from domain.confirmed import Confirmation, Terms
from domain.contract import ContractLine
from domain.discount_fee import NAMES, NOTHING, Percents, Worth, net_of, out_of_bounds, rests, shares, worth_of
from domain.draft_editing import edited
from domain.draft_totals import DetailAmount, DraftTotals
from domain.drafted_items import detail_of
from domain.errors import Problem, ReasonCode
from domain.loading_backlog import wrong_discount_or_fee
from domain.money import ZERO, multiply
from domain.option_sets import (
    AdjustmentStatus,
    BillingMethod,
    BillingStatus,
    BillingType,
    TransactionClass,
    TransactionType,
)
from domain.proforma import InvoiceLineDetail
from domain.revision import Billed, corrective_detail
from tests.builders import contract_line, sale
from tests.workflows.adatum import CONTRACT, INVOICE, LINE, guid, invoice

ON = date(2026, 8, 31)
TERMS = Terms(invoice(confirmed_by=None), ON)
DRAFT = guid(777)

cents = st.decimals(min_value=0, max_value=10_000, places=2)
percent = st.decimals(min_value=0, max_value=100, places=2)


def worked(quantity: Decimal, price: Decimal, percents: Percents) -> Actual:
    amount = multiply(quantity, price, "USD")
    own = {"quantity": quantity, "price": price, "amount": amount, **percents.of(amount, "USD")}
    return sale(1, billing_status=BillingStatus.CUSTOMER_INVOICE_CREATED, invoice=INVOICE, **own)


def on_draft(source: Actual) -> InvoiceLineDetail:
    return detail_of(item_of_actual(source, source.backlog_key, ""), INVOICE, contract_line(1, LINE))


def changed(detail: InvoiceLineDetail, changes: Mapping[str, object], percents: Percents) -> InvoiceLineDetail:
    after = edited(detail, changes, "USD", percents)
    assert isinstance(after, InvoiceLineDetail), after
    return after


def confirmed(terms: Terms, detail: InvoiceLineDetail, source: Actual) -> tuple[Made, ...]:
    outcome = confirm_detail(terms, detail, source)
    assert isinstance(outcome, Confirmation), outcome
    return outcome.actuals


def sums(actuals: Iterable[Actual]) -> Worth:
    rows = list(actuals)
    return Worth(*(sum((getattr(each, name) or ZERO for each in rows), ZERO) for name in ("amount", *NAMES)))


def correction(made: Made, detail: InvoiceLineDetail) -> tuple[InvoiceLineDetail, Actual]:
    billed = Billed(detail, made.actual, made.key)
    claimed = made.actual.changed(adjustment_status=AdjustmentStatus.IN_PROCESS, corrected_by=DRAFT)
    return corrective_detail(DRAFT, billed), claimed


@given(cents, cents, cents, cents, percent, percent, st.sampled_from(BillingType))
def test_an_edited_sale_comes_to_nothing_and_no_cent_of_a_reduction_is_lost(
    quantity: Decimal,
    price: Decimal,
    to_quantity: Decimal,
    to_price: Decimal,
    discount: Decimal,
    fee: Decimal,
    billing_type: BillingType,
) -> None:
    percents = Percents(discount, fee)
    source = worked(quantity, price, percents)
    wanted = billing_type if billing_type is not BillingType.NOT_AVAILABLE else BillingType.CHARGEABLE
    for price_now, agreed in product((price, to_price), (percents, Percents())):
        changes = {"quantity": to_quantity, "price": price_now, "billing_type": wanted}
        detail = changed(on_draft(source), changes, agreed)
        made = [each.actual for each in confirmed(TERMS, detail, source)]
        unbilled = [each for each in made if each.transaction_type is TransactionType.UNBILLED_SALES]
        assert sums([source, *unbilled]) == NOTHING
        assert not [name for each in made for name in out_of_bounds(each)]
        billed = [each for each in made if each.transaction_type is TransactionType.BILLED_SALES]
        if price_now == price and to_quantity <= quantity and billed:
            assert sums(billed) == sums([source])


@given(cents, cents, cents, percent, percent, percent)
def test_a_write_off_fits_its_amount_when_the_percentages_have_changed_since(
    quantity: Decimal, price: Decimal, to_quantity: Decimal, before: Decimal, discount: Decimal, fee: Decimal
) -> None:
    source = worked(quantity, price, Percents(before, fee))
    detail = changed(on_draft(source), {"quantity": min(quantity, to_quantity)}, Percents(discount, fee))
    made = [each.actual for each in confirmed(TERMS, detail, source)]
    assert not [name for each in made for name in out_of_bounds(each)]


@given(cents, cents, cents, percent, percent, percent)
def test_a_correction_takes_back_all_and_gives_the_rest_to_the_backlog(
    quantity: Decimal, price: Decimal, to_quantity: Decimal, discount: Decimal, fee: Decimal, later: Decimal
) -> None:
    source = worked(quantity + 1, price, Percents(discount, fee))
    detail = on_draft(source)
    billed = confirmed(TERMS, detail, source)[-1]
    if to_quantity == source.quantity:
        return
    corrective, claimed = correction(billed, detail)
    corrective = changed(corrective, {"quantity": to_quantity}, Percents(later, later))
    terms = Terms(invoice(invoice=DRAFT, confirmed_by=None, has_corrections=True), ON)
    made = [each.actual for each in confirmed(terms, corrective, claimed)]
    credit, *others = made
    assert sums([billed.actual, credit]) == NOTHING
    back = [each for each in others if each.billing_status is BillingStatus.UNBILLED_SALES_CREATED]
    anew = [each for each in others if each.transaction_type is TransactionType.BILLED_SALES]
    if to_quantity < source.quantity:
        assert sums([*back, *anew]) == sums([source])
    assert corrective.invoice_amount == sums([credit, *anew]).net
    assert not [name for each in made for name in out_of_bounds(each)]


@given(cents, percent, percent)
def test_a_detail_adds_its_net_amount_to_line_and_header(amount: Decimal, discount: Decimal, fee: Decimal) -> None:
    source = worked(Decimal(1), amount, Percents(discount, fee))
    detail = on_draft(source)
    totals = DraftTotals([DetailAmount.from_columns(detail.to_columns())])
    assert totals.chargeable == detail.invoice_amount == net_of(source) == worth_of(source, "USD").net


@pytest.mark.parametrize(
    ("changes", "is_wrong"),
    [
        ({"discount": "160", "fee": "80"}, False),
        ({"discount": "1600"}, False),
        ({"discount": "0"}, False),
        ({"discount": "1600.01"}, True),
        ({"fee": "1600.01"}, True),
        ({"discount": "-160"}, True),
        ({"fee": "-80"}, True),
        ({"quantity": "-8", "amount": "-1600", "discount": "-160"}, False),
        ({"quantity": "-8", "amount": "-1600", "discount": "160"}, True),
        ({"discount": "160", "transaction_type": TransactionType.COST}, True),
        ({"fee": "80", "transaction_class": TransactionClass.MILESTONE}, True),
    ],
)
def test_what_is_no_part_of_a_sale_is_not_loaded(changes: dict[str, object], is_wrong: bool) -> None:
    problem = wrong_discount_or_fee(sale(1, **changes))
    assert (problem is not None) == is_wrong
    if problem is not None:
        assert problem.code is ReasonCode.ROW_COLUMN_WRONG
        assert problem.ids[0] in {"msdyn_discountamount", "msdyn_feeamount"}


@pytest.mark.parametrize("percents", [{"discount_percent": "100.01"}, {"fee_percent": "-1"}])
def test_a_percentage_is_between_nothing_and_all(percents: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        contract_line(1).changed(**percents)


def test_a_fixed_price_line_has_no_percentages() -> None:
    fixed = {
        "line": LINE,
        "contract": CONTRACT,
        "number": 1,
        "name": "Arm",
        "billing_method": BillingMethod.FIXED_PRICE,
    }
    assert ContractLine.model_validate(fixed).discount_percent is None
    with pytest.raises(ValidationError, match="time and material"):
        ContractLine.model_validate(fixed | {"fee_percent": "5"})


def test_a_detail_with_more_than_its_amount_or_on_a_fixed_price_is_not_confirmed() -> None:
    source = worked(Decimal(8), Decimal(200), Percents(Decimal(10), Decimal(5)))
    detail = on_draft(source)
    fixed = Terms(TERMS.invoice, ON, fixed_price_lines=frozenset({detail.line}))
    for terms, wrong in ((fixed, detail), (TERMS, detail.changed(discount="1600.01")), (TERMS, detail.changed(fee=-1))):
        outcome = confirm_detail(terms, wrong, source)
        assert isinstance(outcome, Problem)
        assert outcome.code is ReasonCode.DISCOUNT_OR_FEE_WRONG
        assert outcome.ids == (detail.detail,)


def test_a_correction_with_another_discount_than_its_part_is_not_confirmed() -> None:
    source = worked(Decimal(8), Decimal(200), Percents(Decimal(10), Decimal(5)))
    detail = on_draft(source)
    corrective, claimed = correction(confirmed(TERMS, detail, source)[-1], detail)
    wrong = changed(corrective, {"quantity": "6"}, Percents()).changed(discount="119.99")
    terms = Terms(invoice(invoice=DRAFT, confirmed_by=None, has_corrections=True), ON)
    outcome = confirm_detail(terms, wrong, claimed)
    assert isinstance(outcome, Problem)
    assert outcome.code is ReasonCode.LINE_EDIT_NOT_SUPPORTED


def test_what_is_set_back_to_what_was_invoiced_has_exactly_its_discount() -> None:
    source = worked(Decimal(3), Decimal("33.33"), Percents(Decimal(10), Decimal(5)))
    detail = on_draft(source)
    corrective, _ = correction(confirmed(TERMS, detail, source)[-1], detail)
    back = changed(changed(corrective, {"quantity": "1"}, Percents()), {"quantity": "3"}, Percents())
    assert (back.discount, back.fee) == (source.discount, source.fee)
    assert back.invoice_amount == ZERO


def test_what_the_invoice_line_says_nothing_of_keeps_its_proportion() -> None:
    detail = on_draft(worked(Decimal(8), Decimal(200), Percents(Decimal(10), Decimal(5))))
    fewer = changed(detail, {"quantity": "6"}, Percents())
    assert (fewer.discount, fewer.fee) == (Decimal(120), Decimal(60))
    other = changed(detail, {"quantity": "6"}, Percents(discount=Decimal(0)))
    assert (other.discount, other.fee) == (None, Decimal(60))
    cheaper = changed(detail, {"price": "33.33"}, Percents(fee=Decimal(10)))
    assert (cheaper.amount, cheaper.discount, cheaper.fee) == (Decimal("266.64"), Decimal("26.66"), Decimal("26.66"))


def test_shares_and_rests_of_nothing_are_nothing() -> None:
    assert shares(NOTHING, Decimal(5)) == rests(NOTHING, NOTHING) == {"discount": None, "fee": None}
    whole = Worth(Decimal("99.99"), Decimal("10.00"), Decimal("5.00"))
    part = shares(whole, Decimal("33.33"))
    assert part == {"discount": Decimal("3.33"), "fee": Decimal("1.67")}
