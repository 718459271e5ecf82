"""A problem is a row that people read: what, which ids, what to do."""

from datetime import UTC, datetime

import pytest

from domain.errors import Problem, ReasonCode, by_precedence
from domain.problems import IDS_MAX, OpenProblem, open_problem, problem_key

WHEN = datetime(2026, 8, 31, 12, tzinfo=UTC)
DOCUMENT = "b91690a6-68d3-59bf-8263-166d33fca015"


def problem(code: ReasonCode = ReasonCode.INVOICE_EMPTY, *ids: str) -> Problem:
    return Problem(code, f"{code.value}; do something", ids)


def test_a_problem_stands_once_for_each_stage_of_a_document() -> None:
    row = open_problem(problem(), document=DOCUMENT, stage="confirm-invoice", correlation="c", since=WHEN)
    assert row.key == problem_key(DOCUMENT, "confirm-invoice")
    assert row.key.partition == DOCUMENT
    assert row.key != problem_key(DOCUMENT, "create-proforma")


def test_a_problem_reads_back_as_it_was_written() -> None:
    row = open_problem(
        problem(ReasonCode.ITEM_ADJUSTED, "a", "b"),
        document=DOCUMENT,
        stage="create-proforma",
        correlation="c",
        since=WHEN,
    )
    assert OpenProblem.from_columns(row.to_columns()) == row
    assert row.to_columns()["Ids"] == '["a","b"]'


def test_a_row_names_a_hundred_ids_and_no_more() -> None:
    ids = tuple(f"id-{number}" for number in range(IDS_MAX + 50))
    row = open_problem(
        problem(ReasonCode.ITEM_ADJUSTED, *ids), document=DOCUMENT, stage="s", correlation="c", since=WHEN
    )
    assert row.ids == ids[:IDS_MAX]


@pytest.mark.parametrize("reverse", [True, False])
def test_the_reason_that_stands_first_in_the_list_is_told_first(reverse: bool) -> None:
    found = [problem(code) for code in ReasonCode]
    assert by_precedence(reversed(found) if reverse else found) == tuple(found)


def test_the_same_problem_is_told_once() -> None:
    assert by_precedence([problem(), problem()]) == (problem(),)
