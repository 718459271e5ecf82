"""Progress billing over any history of parts: the parts of every customer add up to its share of the whole."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from hypothesis import assume, given
from hypothesis import strategies as st

from domain.contract import Milestone
from domain.errors import Problem, ReasonCode
from domain.milestone_header import MilestoneHeader, PendingSplit
from domain.option_sets import MilestoneHeaderStatus, MilestoneStatus
from domain.progress_billing import LINES_MAX, Next, begun, recounted, remaining, rows_of, split_of, with_next
from domain.rows import RowKey
from domain.split_billing import LineCustomer, shares
from tests.unit.test_split_billing import split, whole_splits
from tests.workflows.adatum import CONTRACT, LINE, USD, guid

DAY = date(2026, 8, 24)
ONE = (split(1, 100, is_rounding=True),)


def header(amount: object = "1000.00", **changes: object) -> MilestoneHeader:
    fields = {
        "header": guid(650),
        "name": "Roof",
        "contract": CONTRACT,
        "contract_line": LINE,
        "amount": amount,
        "currency": USD,
        "milestone_date": DAY,
    }
    return MilestoneHeader.model_validate({**fields, **changes})


type Rows = dict[RowKey, Milestone]


def ready(stands: MilestoneHeader, rows: Rows, splits: Sequence[LineCustomer]) -> tuple[MilestoneHeader, Rows]:
    """Split the next part off, as the workflow does."""
    made = split_of(stands, list(rows.values()), splits, DAY, "USD")
    assert isinstance(made, PendingSplit), made
    after = begun(stands, made)
    rows = {**rows, **rows_of(after, made)}
    return recounted(after.changed(pending_split=None), rows.values()), rows


def posted(stands: MilestoneHeader, rows: Rows) -> tuple[MilestoneHeader, Rows]:
    """Confirm what is ready."""
    status = MilestoneStatus.CUSTOMER_INVOICE_POSTED
    rows = {
        key: row.changed(invoice_status=status) if row.invoice_status == MilestoneStatus.READY_TO_INVOICE else row
        for key, row in rows.items()
    }
    return recounted(stands, rows.values()), rows


def sums(rows: Rows, name: str) -> dict[str, Decimal]:
    found: dict[str, Decimal] = {}
    for row in rows.values():
        customer = row.contract_customer or ""
        found[customer] = found.get(customer, Decimal(0)) + (getattr(row, name) or Decimal(0))
    return {customer: number for customer, number in found.items() if number}


@given(
    whole_splits(),
    st.decimals("10.00", "100000.00", places=2),
    st.lists(st.decimals("1.00", "60.00", places=2), min_size=1, max_size=8),
)
def test_parts_add_up_to_every_customers_share(
    splits: Sequence[LineCustomer], amount: Decimal, percents: list[Decimal]
) -> None:
    stands, rows = header(amount, tax=(amount / 4).quantize(Decimal("0.01"))), dict[RowKey, Milestone]()
    for wanted in (*(Next(percent=each) for each in percents), Next()):
        after = with_next(stands, wanted, "USD")
        if isinstance(after, Problem):
            assert after.code in {ReasonCode.PROGRESS_WRONG, ReasonCode.DOCUMENT_WRONG_STATE}
            continue
        made = split_of(after, list(rows.values()), splits, DAY, "USD")
        # parts of a few cents over many customers are refused
        assume(not isinstance(made, Problem))
        stands, rows = ready(after, rows, splits)
        # what is billed and what is left is always the whole
        assert sum(sums(rows, "amount").values()) == amount
        stands, rows = posted(stands, rows)
    assert stands.status == MilestoneHeaderStatus.COMPLETED
    assert (stands.invoiced, remaining(stands)) == (amount, Decimal(0))
    expected = {customer: share for customer, share in shares(amount, splits, 2).items() if share}
    assert sums(rows, "amount") == expected
    # a part of nothing has no tax: so much at most is missing
    missing = (stands.tax or Decimal(0)) - sum(sums(rows, "tax").values())
    assert abs(missing) <= len(splits) * Decimal("0.01")


def test_thirds_leave_a_cent_that_the_rest_takes() -> None:
    stands, rows = header(), dict[RowKey, Milestone]()
    for _ in range(3):
        after = with_next(stands, Next(percent=Decimal("33.33")), "USD")
        assert isinstance(after, MilestoneHeader)
        stands, rows = posted(*ready(after, rows, ONE))
    assert (stands.invoiced, remaining(stands)) == (Decimal("999.90"), Decimal("0.10"))
    over = with_next(stands, Next(percent=Decimal("33.33")), "USD")
    assert isinstance(over, Problem)
    assert over.sentence == "milestone header Roof: 333.30 USD is more than the 0.10 USD left; say less"
    last = with_next(stands, Next(), "USD")
    assert isinstance(last, MilestoneHeader)
    stands, rows = posted(*ready(last, rows, ONE))
    assert (stands.status, stands.percent_invoiced) == (MilestoneHeaderStatus.COMPLETED, Decimal(100))


def test_a_customer_who_was_billed_more_than_its_new_share_is_named() -> None:
    after = with_next(header(), Next(percent=Decimal(50)), "USD")
    assert isinstance(after, MilestoneHeader)
    stands, rows = posted(*ready(after, {}, ONE))
    after = with_next(stands, Next(percent=Decimal(10)), "USD")
    assert isinstance(after, MilestoneHeader)
    others = (split(1, 10, is_rounding=True), split(2, 90))
    refused = split_of(after, list(rows.values()), others, DAY, "USD")
    assert isinstance(refused, Problem)
    assert (refused.code, guid(801) in refused.sentence) == (ReasonCode.PROGRESS_WRONG, True)


def test_a_header_with_too_many_lines_takes_no_more_parts() -> None:
    lines = [f"2026-08-24|{guid(number)}" for number in range(LINES_MAX - 1)]
    after = with_next(header(lines=lines), Next(percent=Decimal(1)), "USD")
    assert isinstance(after, MilestoneHeader)
    refused = split_of(after, (), ONE, DAY, "USD")
    assert isinstance(refused, Problem)
    assert "the most is 500" in refused.sentence
