"""Cost and unbilled sales become lines of integration journals: each once, in the right journal, or with its reason."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import date
from decimal import Decimal
from functools import partial
from itertools import count

import pytest

from domain.errors import ChangedMeanwhile, RowMissing
from domain.journal import JournalStatus
from domain.pending_work import WorkKind
from domain.rows import Delete, Insert, Merge, RowKey, StoredRow
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.import_journal_lines import import_journal_lines
from domain.workflows.post_pending import posting_command
from functions.storage.memory import Call
from tests.finance_builders import fixed_rate_row, profile_row, rate_row
from tests.line import END_OF_AUGUST, START, Line
from tests.workflows.restless import dying, interleave
from tests.workflows.staged_work import (
    actuals_of,
    add_setup,
    arrive,
    cost,
    finance,
    journals,
    key_of,
    lines,
    on_days,
    register,
    sale,
    stage,
    staged_row,
    works,
)

DAYS_OF_G40 = (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28))
KIND = WorkKind.JOURNAL_LINES
type Stored = Mapping[RowKey, StoredRow | None]
NEW_TAX_GROUP = {
    "Kind": "ProjCategory",
    "CategoryId": "LABOR",
    "Name": "LABOR",
    "CategoryType": "Hour",
    "TaxItemGroupId": "NEW",
}


def test_g39_450_rows_of_one_day_make_journals_of_200_200_and_50() -> None:
    line = finance()
    rows = [sale(number) for number in range(450)]
    stage(line, *rows)
    line.tick()
    assert [journal.lines for journal in journals(line)] == [200, 200, 50]
    assert [journal.description for journal in journals(line)] == ["Import from staging, 2026-08-27 to 2026-08-27"] * 3
    assert actuals_of(lines(line)) == sorted(row.actual for row in rows)
    assert [each.voucher for each in lines(line)] == [f"PJV-{number:04d}" for number in range(1, 451)]
    assert works(line, KIND) == []


@pytest.mark.parametrize(
    ("unit", "expected"),
    [
        ("Days", [("2026-01-31", 1), ("2026-02-01", 1), ("2026-02-28", 1)]),
        ("Months", [("2026-01-01", 1), ("2026-02-01", 2)]),
        ("Years", [("2026-01-01", 3)]),
        ("All", [("1900-01-01", 3)]),
    ],
)
def test_g40_the_period_unit_groups_journals(unit: str, expected: list[tuple[str, int]]) -> None:
    line = finance(PeriodUnit=unit)
    stage(line, *on_days(*DAYS_OF_G40))
    line.tick()
    assert [(journal.period_start.isoformat(), journal.lines) for journal in journals(line)] == expected


def test_g19b_the_two_lines_of_four_hours() -> None:
    line = finance(fixed_rate_row("125"), profile_row(PostWIPEmpl=True), currency="GBP")
    stage(line, cost("c"), sale("s", currency="GBP"))
    line.tick()
    table = [
        (
            each.transaction_type.value,
            each.quantity,
            each.extended_cost,
            each.extended_price,
            each.currency,
            each.exchange_rate * 100,
        )
        for each in sorted(lines(line), key=lambda each: each.transaction_type)
    ]
    assert table == [
        ("Cost", Decimal(4), Decimal(480), Decimal(0), "USD", Decimal(100)),
        ("Sales", Decimal(4), Decimal(0), Decimal(1000), "GBP", Decimal(125)),
    ]


def test_g43_without_a_rate_the_sale_waits_and_the_cost_goes_on() -> None:
    line = finance(currency="GBP")
    cost_row, sale_row = cost("c"), sale("s", currency="GBP")
    stage(line, cost_row, sale_row)
    (outcome,) = line.tick()
    assert actuals_of(lines(line)) == [cost_row.actual]
    assert "No exchange rate GBP to USD is valid on 2026-08-27 in usmf" in (staged_row(line, sale_row).waits_for or "")
    assert outcome.problems[0].ids == (sale_row.actual,)
    assert len(line.rows(Table.INVOICING_PROBLEMS)) == 1
    # ticks do not change what waits
    before = staged_row(line, sale_row)
    line.tick()
    assert staged_row(line, sale_row) == before
    add_setup(line, rate_row("GBP", "USD", "2026-01-01", "130"))
    line.tick()
    assert actuals_of(lines(line)) == sorted((cost_row.actual, sale_row.actual))
    assert staged_row(line, sale_row).waits_for is None
    assert line.rows(Table.INVOICING_PROBLEMS) == []
    assert works(line, KIND) == []


@pytest.mark.parametrize("earlier_claims", [0, 1, 3])
def test_g47_work_that_is_registered_again_makes_no_second_line(earlier_claims: int) -> None:
    line = finance()
    work = stage(line, *(sale(number) for number in range(3)))
    if earlier_claims:
        # workers that began and died
        claims = Merge(work.key.row, {"Claims": earlier_claims})
        line.store.write(Table.FINANCE_PENDING_WORK, work.key.partition, (claims,))
    line.tick()
    line.post_all()
    before = line.snapshot()
    register(line, KIND, work.first, work.last, rows=work.rows)
    line.tick()
    assert line.snapshot() == before
    assert len(lines(line)) == 3


def test_the_rest_of_a_range_makes_a_journal_of_its_own() -> None:
    line = finance()
    rows = [sale(number) for number in range(3)]
    stage(line, *rows[:2])
    line.tick()
    stage(line, rows[2])
    register(line, KIND, "2026-08-27", "2026-08-27~", rows=3)
    line.tick()
    assert [journal.lines for journal in journals(line)] == [2, 1]
    assert actuals_of(lines(line)) == sorted(row.actual for row in rows)
    assert works(line, KIND) == []


def test_g47_two_imports_at_the_same_time_over_threads_make_three_lines() -> None:
    for attempt in range(25):
        line = finance()
        stage(line, *(sale((attempt, number)) for number in range(3)))
        with ThreadPoolExecutor(4) as pool:
            for future in [pool.submit(line.tick) for _ in range(4)]:
                future.result()
        line.tick()
        assert len(lines(line)) == 3
        assert works(line, KIND) == []
        assert line.rows(Table.INVOICING_PROBLEMS) == []


def other_worker_at(line: Line, call: int, *, mends: bool) -> bool:
    """One tick, with another whole tick at its call of this number; tell whether there was such a call."""
    calls = count(1)

    def other(_: Call) -> None:
        if next(calls) == call:
            line.memory.before_call = lambda _: None
            if mends:
                add_setup(line, rate_row("GBP", "USD", "2026-01-01", "130"))
            line.tick()

    line.memory.before_call = other
    line.tick()
    line.memory.before_call = lambda _: None
    return next(calls) > call


@pytest.mark.parametrize("mends", [False, True], ids=["same set-up", "the rate comes in between"])
def test_g47_another_worker_at_any_call_makes_no_second_line(mends: bool) -> None:
    rows = [cost("c"), *(sale(number, currency="GBP") for number in range(2))]
    for call in count(1):
        line = finance(currency="GBP", LinesPerJournal=2)
        stage(line, *rows)
        was_called = other_worker_at(line, call, mends=mends)
        add_setup(line, rate_row("GBP", "USD", "2026-01-01", "130"))
        line.tick()
        line.tick()
        assert actuals_of(lines(line)) == sorted(row.actual for row in rows), f"call {call}"
        assert works(line, KIND) == []
        assert line.rows(Table.INVOICING_PROBLEMS) == []
        assert {journal.lines for journal in journals(line)} <= {1, 2}
        if not was_called:
            break
    assert call > 15


def test_two_workers_that_stop_and_go_on_at_any_two_calls_make_no_second_line() -> None:
    rows = [cost("c"), *(sale(number, currency="GBP") for number in range(2))]
    rate = rate_row("GBP", "USD", "2026-01-01", "130")
    for at, until in ((at, until) for at in range(1, 28) for until in range(1, 28)):
        line = finance(currency="GBP", LinesPerJournal=3)
        stage(line, *rows)

        def with_rate(line: Line = line) -> None:
            add_setup(line, rate)
            line.tick()

        interleave(line, line.tick, with_rate, at, until)
        line.tick()
        add_setup(line, rate)
        line.tick()
        assert actuals_of(lines(line)) == sorted(row.actual for row in rows), f"calls {at} and {until}"
        assert sum(journal.lines for journal in journals(line)) == 3
        assert {(staged_row(line, row).journal, staged_row(line, row).journal_line) for row in rows} == {
            (each.journal, each.number) for each in lines(line)
        }
        assert works(line, KIND) == []
        assert line.rows(Table.INVOICING_PROBLEMS) == []


def test_a_tick_that_died_after_its_journal_was_offered_does_not_offer_it_when_it_is_posted() -> None:
    for fatal in count(1):
        line = finance()
        stage(line, cost("c"))
        with dying(line, fatal) as death:
            line.tick()
        offered = works(line, WorkKind.POST_JOURNAL)
        line.send(*(posting_command(work, START, END_OF_AUGUST) for work in offered))
        line.drain()
        line.tick()
        if offered:
            assert works(line, WorkKind.POST_JOURNAL) == [], f"call {fatal}"
        if not death.died:
            break
    assert fatal > 10


def test_a_tick_that_dies_at_any_call_leaves_no_problem_that_is_solved() -> None:
    for fatal in count(1):
        line = finance(currency="GBP")
        stage(line, sale("s", currency="GBP"))
        line.tick()
        add_setup(line, rate_row("GBP", "USD", "2026-01-01", "130"))
        with dying(line, fatal) as death:
            line.tick()
        line.tick()
        assert len(lines(line)) == 1
        assert line.rows(Table.INVOICING_PROBLEMS) == [], f"call {fatal}"
        if not death.died:
            break
    assert fatal > 10


def test_two_works_over_the_same_rows_make_each_line_once() -> None:
    rows = [sale(number) for number in range(3)]
    for fatal in count(1):
        line = finance()
        stage(line, *rows)
        # the same range again, because a row crossed later
        register(line, KIND, "2026-08-27", "2026-08-27~", rows=4)
        with dying(line, fatal) as death:
            line.tick()
        # the other work comes first this time
        for first in works(line, KIND)[:1]:
            row = line.store.find(Table.FINANCE_PENDING_WORK, first.key)
            assert row is not None
            line.store.write(Table.FINANCE_PENDING_WORK, first.key.partition, (Delete(first.key.row),))
            line.tick()
            line.store.write(Table.FINANCE_PENDING_WORK, first.key.partition, (Insert(first.key.row, row.columns),))
        line.tick()
        line.tick()
        assert actuals_of(lines(line)) == sorted(row.actual for row in rows), f"call {fatal}"
        if not death.died:
            break
    assert works(line, KIND) == []


def test_two_works_over_the_same_rows_at_the_same_time_make_each_line_once() -> None:
    rows = [sale(number) for number in range(3)]
    for at, until in ((at, until) for at in range(1, 26) for until in range(1, 26)):
        line = finance()
        # the second work covers a row more, so it would make another journal of the same rows
        arrive(line, key_of(rows[2]), rows[2])
        (work, other) = (stage(line, *rows[:2]), register(line, KIND, "2026-08-27", "2026-08-27~", rows=3))
        stored = {each.key: line.store.find(Table.FINANCE_PENDING_WORK, each.key) for each in (work, other)}
        companies = Companies(line.store)

        def work_on(key: RowKey, line: Line = line, companies: Companies = companies, stored: Stored = stored) -> None:
            row = stored[key]
            assert row is not None
            with suppress(ChangedMeanwhile, RowMissing):
                import_journal_lines(line.store, companies, row, START)

        interleave(line, partial(work_on, work.key), partial(work_on, other.key), at, until)
        line.tick()
        line.tick()
        assert actuals_of(lines(line)) == sorted(row.actual for row in rows), f"calls {at} and {until}"
        assert works(line, KIND) == []


def test_set_up_that_changes_between_two_tries_does_not_stop_a_journal() -> None:
    for fatal in count(1):
        line = finance(LinesPerJournal=200)
        rows = [sale(number) for number in range(120)]
        stage(line, *rows)
        with dying(line, fatal, after_writes=True) as death:
            line.tick()
        add_setup(line, NEW_TAX_GROUP)
        line.tick()
        assert actuals_of(lines(line)) == sorted(row.actual for row in rows), f"write {fatal}"
        assert works(line, KIND) == []
        assert [journal.lines for journal in journals(line)] == [120]
        if not death.died:
            break
    assert fatal > 7


@pytest.mark.parametrize(("moves", "expected"), [(True, "2026-09-01"), (False, "2026-08-27")])
def test_an_accounting_date_moves_out_of_a_closed_period_when_it_may(moves: bool, expected: str) -> None:
    line = finance(
        {"Kind": "FiscalCalendarPeriod", "StartDate": "2026-01-01", "EndDate": "2026-08-31", "PeriodStatus": "Closed"},
        {"Kind": "FiscalCalendarPeriod", "StartDate": "2026-09-01", "EndDate": "2026-09-30", "PeriodStatus": "Open"},
        IsAccountingDateUpdateAllowed=moves,
    )
    stage(line, cost("c"))
    line.tick()
    assert [each.accounting_date.isoformat() for each in lines(line)] == [expected]


def test_a_company_without_set_up_waits_and_is_named() -> None:
    line = Line.in_memory()
    stage(line, cost("c"))
    (outcome,) = line.tick()
    assert [problem.code.value for problem in outcome.problems] == ["company_not_set_up"]
    assert len(works(line, KIND)) == 1


def test_one_range_that_waits_does_not_hold_up_another() -> None:
    line = finance(currency="GBP")
    waiting, going = sale("w", currency="GBP"), cost("g", document_date=END_OF_AUGUST)
    stage(line, waiting)
    stage(line, going)
    line.tick()
    assert actuals_of(lines(line)) == [going.actual]
    assert journals(line)[0].status is JournalStatus.DRAFT
    assert staged_row(line, going).journal == journals(line)[0].journal
