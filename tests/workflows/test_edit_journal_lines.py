"""Lines of integration journals are edited: sales tax groups and dimensions, before they are posted."""

from functools import partial

import pytest

from domain.errors import ReasonCode, Refused
from domain.ledger import ProjectTransaction
from domain.rows import Merge
from domain.tables import Table
from domain.workflows.edit_journal_lines import edit_journal_lines
from tests.line import Line
from tests.workflows.journal_work import (
    COST,
    FAULTS,
    OTHER,
    SALE,
    broken,
    imported,
    line_of,
    number_of,
    only,
    post,
    transactions,
    try_to,
    try_to_post,
)
from tests.workflows.restless import interleave
from tests.workflows.staged_work import add_setup

GROUP = {"Kind": "TaxGroupHeading", "TaxGroup": "EXPORT", "TaxCodes": "[]"}
ITEM_GROUP = {"Kind": "TaxItemGroupHeading", "TaxItemGroup": "EXEMPT", "TaxCodes": "[]"}
ALL = sorted(each.actual for each in (COST, SALE, OTHER))


def taxed() -> Line:
    line = imported()
    add_setup(line, GROUP, ITEM_GROUP)
    return line


def edit(line: Line, actual: str, **changes: str | None) -> None:
    edit_journal_lines(line.store, journal=only(line).journal, numbers=[number_of(line, actual)], changes=changes)


def test_tax_groups_and_dimensions_are_those_of_the_posted_transaction() -> None:
    line = taxed()
    edit(line, SALE.actual, billing_sales_tax_group="EXPORT", billing_item_sales_tax_group="EXEMPT")
    edit(line, SALE.actual, dimensions="Department=Sales; CostCenter=001")
    post(line, only(line))
    found = line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
    (mine,) = (each for each in found if each.actual == SALE.actual)
    told = (mine.tax_group, mine.tax_item_group, mine.default_dimension)
    assert told == ("EXPORT", "EXEMPT", "CostCenter=001;Department=Sales")
    assert {each.default_dimension for each in found if each.actual != SALE.actual} != {told[2]}


def test_a_field_can_be_cleared_and_called_by_its_attribute() -> None:
    line = taxed()
    edit(line, SALE.actual, tax_group="EXPORT", default_dimension="Department=Sales")
    edit(line, SALE.actual, tax_group=None, dimensions=None)
    assert (line_of(line, SALE.actual).tax_group, line_of(line, SALE.actual).default_dimension) == (None, None)


@pytest.mark.parametrize(
    ("changes", "code", "sentence"),
    [
        ({"quantity": "3"}, ReasonCode.FIELD_NOT_EDITABLE, "quantity comes from the actual; only billing sales tax"),
        ({"accounting_date": "2026-01-01"}, ReasonCode.FIELD_NOT_EDITABLE, "accounting date comes from the actual"),
        ({"colour": "red"}, ReasonCode.FIELD_UNKNOWN, "there is no field 'colour'; billing sales tax group"),
        ({"billing_sales_tax_group": "X"}, ReasonCode.FIELD_VALUE_WRONG, "must be set up in usmf, and 'X' is not"),
        ({"dimensions": "Department"}, ReasonCode.FIELD_VALUE_WRONG, "must be dimensions as CostCenter=001"),
    ],
)
def test_everything_else_is_refused(changes: dict[str, str], code: ReasonCode, sentence: str) -> None:
    line = taxed()
    before = line.snapshot()
    with pytest.raises(Refused, match=sentence) as refused:
        edit(line, SALE.actual, **changes)
    assert refused.value.problem.code is code
    assert line.snapshot() == before


def test_a_cost_has_no_billing_sales_tax_but_dimensions() -> None:
    line = taxed()
    with pytest.raises(Refused, match="is a cost, which has no billing sales tax group"):
        edit(line, COST.actual, billing_sales_tax_group="EXPORT")
    edit(line, COST.actual, dimensions="Department=Sales")
    assert line_of(line, COST.actual).default_dimension == "Department=Sales"


def test_a_line_that_takes_something_back_stays_as_that_was_posted() -> None:
    line = taxed()
    row = next(row for row in line.rows(Table.FINANCE_INTEGRATION_JOURNAL_LINES) if row.columns["TransType"] == "Sales")
    merge = Merge(row.key.row, {"ReversesKey": "p/2026-08-27|x"})
    line.store.write(Table.FINANCE_INTEGRATION_JOURNAL_LINES, row.key.partition, (merge,))
    with pytest.raises(Refused, match="takes back what was posted, with its tax groups and dimensions"):
        edit(line, str(row.columns["ActualId"]), dimensions="Department=Sales")


def test_one_line_that_cannot_be_edited_keeps_the_others_as_they_are() -> None:
    line = taxed()
    before = line.snapshot()
    with pytest.raises(Refused):
        edit_journal_lines(
            line.store,
            journal=only(line).journal,
            numbers=[number_of(line, each) for each in ALL],
            changes={"billing_sales_tax_group": "EXPORT"},
        )
    assert line.snapshot() == before


def test_what_is_posted_stays() -> None:
    line = taxed()
    number = number_of(line, SALE.actual)
    line.post_all()
    before = line.snapshot()
    with pytest.raises(Refused, match="has status Posted and cannot be changed any more"):
        edit_journal_lines(
            line.store, journal=only(line).journal, numbers=[number], changes={"billing_sales_tax_group": "EXPORT"}
        )
    assert line.snapshot() == before


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start = taxed()
    untouched, whole = start.snapshot(), start.twin()

    def act(line: Line) -> None:
        edit(line, SALE.actual, billing_sales_tax_group="EXPORT", dimensions="Department=Sales")

    act(whole)
    for at, line in broken(start, act, fault, after=after):
        assert line.snapshot() in (untouched, whole.snapshot()), f"request {at}"
        act(line)
        assert line.snapshot() == whole.snapshot(), f"request {at}"


def test_editing_and_posting_at_any_two_calls_posts_what_stands_on_the_line() -> None:
    seen = set()
    for at, until in ((at, until) for at in range(1, 16) for until in range(1, 10)):
        line = taxed()
        journal = only(line)
        editing = partial(try_to, partial(edit, line, SALE.actual, billing_sales_tax_group="EXPORT"))
        interleave(line, partial(try_to_post, line, journal), editing, at, until)
        try_to_post(line, journal)
        line.post_all()
        assert transactions(line) == ALL, f"calls {at} and {until}"
        found = line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
        (posted,) = (each.tax_group for each in found if each.actual == SALE.actual)
        assert posted == line_of(line, SALE.actual).tax_group, f"calls {at} and {until}"
        seen.add(posted)
    assert len(seen) == 2
