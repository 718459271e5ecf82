"""Splitting amounts and quantities over customers: whole, or refused; and nothing is lost, whatever is rounded."""

from collections.abc import Sequence
from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.contract import ContractCustomer
from domain.errors import Problem, ReasonCode
from domain.split_billing import LineCustomer, effective_splits, shares, split_problem, split_problems
from tests.workflows.adatum import CONTRACT, LINE, guid

CENT = Decimal("0.01")


def split(number: int, percent: object, *, is_rounding: bool = False, line: str = LINE) -> LineCustomer:
    fields = {"line_customer": guid(700 + number), "contract_line": line, "contract": CONTRACT}
    payer = {"contract_customer": guid(800 + number), "percent": percent, "is_rounding": is_rounding}
    return LineCustomer.model_validate({**fields, **payer})


def customer(number: int) -> ContractCustomer:
    fields = {"contract_customer": guid(800 + number), "contract": CONTRACT, "name": f"FS-{number}"}
    return ContractCustomer.model_validate({**fields, "account": guid(900 + number)})


@st.composite
def whole_splits(draw: st.DrawFn) -> Sequence[LineCustomer]:
    """Shares in hundredths of a percent that total 100 %, with one rounding customer."""
    cuts = sorted(draw(st.lists(st.integers(0, 10_000), max_size=6)))
    bounds = [0, *cuts, 10_000]
    percents = [Decimal(high - low).scaleb(-2) for low, high in pairwise(bounds)]
    rounding = draw(st.integers(0, len(percents) - 1))
    return [split(number, each, is_rounding=number == rounding) for number, each in enumerate(percents)]


@given(whole_splits(), st.decimals(-1_000_000, 1_000_000, places=2), st.sampled_from((2, 0, 4)))
def test_shares_add_up_exactly_and_only_the_rounding_customer_is_off(
    splits: Sequence[LineCustomer], number: Decimal, places: int
) -> None:
    number = number.quantize(Decimal(1).scaleb(-places))
    made = shares(number, splits, places)
    assert sum(made.values()) == number
    for each in splits:
        exact = number * each.percent / 100
        unit = Decimal(1).scaleb(-places)
        limit = unit / 2 * (len(splits) - 1) if each.is_rounding else unit / 2
        assert abs(made[each.contract_customer] - exact) <= limit


def test_a_quantity_of_eight_hours_is_split_in_hundredths() -> None:
    splits = [split(1, "33.33"), split(2, "33.33"), split(3, "33.34", is_rounding=True)]
    assert [str(each) for each in shares(Decimal(8), splits, 2).values()] == ["2.67", "2.67", "2.66"]


def test_tax_is_split_as_amounts_are() -> None:
    splits = [split(1, 60, is_rounding=True), split(2, 40)]
    assert sorted(shares(Decimal("25.01"), splits, 2).values()) == [Decimal("10.00"), Decimal("15.01")]


@pytest.mark.parametrize(
    ("splits", "code", "told"),
    [
        ((split(1, 60, is_rounding=True), split(2, 30)), ReasonCode.SPLIT_NOT_WHOLE, "totals 90 % over 2 customers"),
        ((split(1, 60, is_rounding=True), split(2, 50)), ReasonCode.SPLIT_NOT_WHOLE, "totals 110 %"),
        ((), ReasonCode.SPLIT_NOT_WHOLE, "totals 0 % over 0 customers"),
        ((split(1, 60), split(2, 40)), ReasonCode.ROUNDING_CUSTOMER_WRONG, "has 0 rounding customers"),
        (
            (split(1, 60, is_rounding=True), split(2, 40, is_rounding=True)),
            ReasonCode.ROUNDING_CUSTOMER_WRONG,
            "has 2 rounding customers; name exactly one",
        ),
        ((split(1, 60, is_rounding=True), split(1, 40)), ReasonCode.SPLIT_NOT_WHOLE, "twice"),
    ],
)
def test_a_split_that_is_not_whole_is_refused_with_its_ids(
    splits: Sequence[LineCustomer], code: ReasonCode, told: str
) -> None:
    problem = split_problem(LINE, splits)
    assert problem is not None
    assert (problem.code, problem.ids[0]) == (code, LINE)
    assert told in problem.sentence
    assert effective_splits(LINE, splits, (customer(1), customer(2))) == problem


def test_lines_are_looked_at_one_by_one() -> None:
    other = guid(77)
    splits = [split(1, 100, is_rounding=True), split(2, 70, line=other), split(3, 20, line=other)]
    assert [problem.ids[0] for problem in split_problems(splits)] == [other]


def test_a_contract_with_one_customer_needs_no_split() -> None:
    splits = effective_splits(LINE, (), (customer(1),))
    assert not isinstance(splits, Problem)
    assert shares(Decimal("0.01"), splits, 2) == {guid(801): CENT}


def test_who_pays_nothing_gets_no_share() -> None:
    splits = effective_splits(LINE, (split(1, 100, is_rounding=True), split(2, 0)), ())
    assert not isinstance(splits, Problem)
    assert shares(Decimal(10), splits, 2) == {guid(801): Decimal(10)}
