"""Another worker imports the same rows at one call of a slow one: each stands on one line, and says on which one."""

from contextlib import suppress
from functools import partial

from domain.pending_work import WorkKind
from domain.rows import RowKey
from domain.staging import StagedActual
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.import_journal_lines import import_journal_lines
from tests.finance_builders import rate_row
from tests.line import START, Line, ProcessDied
from tests.workflows.restless import overtake
from tests.workflows.staged_work import (
    actuals_of,
    add_setup,
    arrive,
    cost,
    finance,
    journals,
    key_of,
    lines,
    register,
    sale,
    stage,
    staged_row,
    without,
    works,
)

KIND = WorkKind.JOURNAL_LINES
STAGING, WORK = Table.FINANCE_ACTUALS_STAGING, Table.FINANCE_PENDING_WORK


def assert_stamped(line: Line, *rows: StagedActual) -> None:
    """Each row stands on one line, and says on which one."""
    assert actuals_of(lines(line)) == sorted(row.actual for row in rows)
    stamps = {(staged_row(line, row).journal, staged_row(line, row).journal_line) for row in rows}
    assert stamps == {(each.journal, each.number) for each in lines(line)}
    assert {each.journal for each in lines(line)} == {each.journal for each in journals(line)}


def test_a_slow_choice_does_not_stamp_what_has_become_a_line_since() -> None:
    line = finance()
    rows = [sale(number) for number in range(3)]
    arrive(line, key_of(rows[0]), rows[0])
    register(line, KIND, "2026-08-27", "2026-08-27~", rows=1)

    def others() -> None:
        # two more have arrived, so they choose otherwise
        for row in rows[1:]:
            arrive(line, key_of(row), row)
        line.tick()

    overtake(line, "write", STAGING, others)
    line.tick()
    assert_stamped(line, *rows)


def test_a_slow_choice_gives_no_reason_to_what_has_become_a_line_since() -> None:
    line = finance(currency="GBP")
    row = sale("s", currency="GBP")
    stage(line, row)

    def others() -> None:
        add_setup(line, rate_row("GBP", "USD", "2026-01-01", "130"))
        line.tick()

    overtake(line, "write", STAGING, others)
    line.tick()
    assert staged_row(line, row).waits_for is None
    assert_stamped(line, row)


def test_what_another_work_has_stamped_is_left_to_it() -> None:
    line = finance()
    rows = [sale(number) for number in range(3)]
    arrive(line, key_of(rows[2]), rows[2])
    work, other = stage(line, *rows[:2]), register(line, KIND, "2026-08-27", "2026-08-27~", rows=3)
    companies = Companies(line.store)

    def work_on(key: RowKey) -> None:
        row = line.store.find(WORK, key)
        assert row is not None
        import_journal_lines(line.store, companies, row, START)

    # chosen and committed, and about to write its lines
    overtake(line, "write", Table.FINANCE_INTEGRATION_JOURNAL_LINES, partial(work_on, other.key))
    work_on(work.key)
    assert_stamped(line, *rows)
    line.tick()
    assert works(line, KIND) == []


def test_a_journal_that_stands_needs_no_set_up_any_more() -> None:
    line = finance()
    row = cost("c")
    stage(line, row)

    def die() -> None:
        raise ProcessDied

    # its header stands, and its work too
    overtake(line, "write", Table.INVOICING_TIMELINE, die)
    with suppress(ProcessDied):
        line.tick()
    assert len(works(line, KIND)) == len(journals(line)) == 1
    without(line, CategoryId="LABOR")
    line.tick()
    assert works(line, KIND) == []
    assert line.rows(Table.INVOICING_PROBLEMS) == []
    assert len(works(line, WorkKind.POST_JOURNAL)) == 1
