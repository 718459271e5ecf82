"""Where the company prevalidates, a staged row is compared with its actual before it becomes a journal line."""

from datetime import timedelta

import pytest

from domain.journal import JournalLine
from domain.pending_work import WorkKind
from domain.rows import Delete, Insert, Merge, StoredRow, Value
from domain.tables import Table
from tests.line import ADATUM, START, Line
from tests.workflows.restless import dying
from tests.workflows.staged_work import actuals_of, problems, works

KIND = WorkKind.JOURNAL_LINES


def arrived(*, prevalidates: bool = True, minutes: int = 6) -> Line:
    """The samples of one contract in staging, so many minutes after they were sent."""
    line = Line.in_memory()
    line.load_samples(ADATUM)
    parameters = {"PrevalidateActuals": prevalidates}
    line.store.write(Table.FINANCE_SETUP, "usmf", (Merge("ProjParameters", parameters),))
    line.drain()
    line.clock.set(START + timedelta(minutes=minutes))
    return line


def some_actual(line: Line) -> StoredRow:
    """A cost in Dataverse that has crossed."""
    staged = {row.columns["ActualId"] for row in line.rows(Table.FINANCE_ACTUALS_STAGING)}
    costs = (row for row in line.rows(Table.DATAVERSE_ACTUALS) if row.columns["msdyn_transactiontypecode"] == 192350000)
    return next(row for row in costs if row.columns["msdyn_actualid"] in staged)


def imported(line: Line) -> list[str]:
    return actuals_of(line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine))


def everything() -> list[str]:
    line = arrived(prevalidates=False)
    line.tick()
    return imported(line)


@pytest.mark.parametrize(("minutes", "is_old"), [(0, False), (4, False), (5, True), (6, True)])
def test_g48_a_row_of_less_than_five_minutes_waits_without_a_word(minutes: int, is_old: bool) -> None:
    line = arrived(minutes=minutes)
    before = line.snapshot()
    line.tick()
    assert imported(line) == (everything() if is_old else [])
    if not is_old:
        assert line.snapshot() == before
        assert len(works(line, KIND)) > 0


def test_without_the_parameter_nothing_waits() -> None:
    line = arrived(prevalidates=False, minutes=0)
    line.tick()
    assert imported(line) == everything()


def test_g48_a_row_whose_actual_is_gone_is_invalid_until_it_is_back() -> None:
    line = arrived()
    gone = some_actual(line)
    actual = str(gone.columns["msdyn_actualid"])
    line.store.write(Table.DATAVERSE_ACTUALS, gone.key.partition, (Delete(gone.key.row),))
    line.tick()
    assert imported(line) == sorted(set(everything()) - {actual})
    (problem,) = problems(line)
    assert (problem.code.value, problem.ids) == ("actual_missing", (actual,))
    assert "Invalid actuals: Dataverse has no such actual; restore it" in problem.sentence
    line.tick()
    line.store.write(Table.DATAVERSE_ACTUALS, gone.key.partition, (Insert(gone.key.row, gone.columns),))
    line.tick()
    assert imported(line) == everything()
    assert problems(line) == []
    assert works(line, KIND) == []


@pytest.mark.parametrize("change", [{"msdyn_quantity": "99"}, {"msdyn_skipsync": True}], ids=["value", "filter"])
def test_a_row_that_differs_from_its_actual_is_invalid(change: dict[str, Value]) -> None:
    line = arrived()
    changed = some_actual(line)
    line.store.write(Table.DATAVERSE_ACTUALS, changed.key.partition, (Merge(changed.key.row, change),))
    line.tick()
    assert imported(line) == sorted(set(everything()) - {str(changed.columns["msdyn_actualid"])})
    (problem,) = problems(line)
    assert problem.code.value == "staged_row_changed"


def test_a_description_that_may_follow_makes_no_row_invalid() -> None:
    line = arrived()
    changed = some_actual(line)
    merge = Merge(changed.key.row, {"msdyn_description": "another word"})
    line.store.write(Table.DATAVERSE_ACTUALS, changed.key.partition, (merge,))
    line.tick()
    assert imported(line) == everything()


def test_a_tick_that_dies_at_any_call_ends_as_if_it_had_not() -> None:
    start = arrived()
    gone = some_actual(start)
    start.store.write(Table.DATAVERSE_ACTUALS, gone.key.partition, (Delete(gone.key.row),))
    whole = start.twin()
    whole.clock.set(START + timedelta(minutes=6))
    whole.tick()
    whole.tick()
    fatal, died = 0, True
    while died:
        fatal += 1
        line = start.twin()
        line.clock.set(START + timedelta(minutes=6))
        with dying(line, fatal) as death:
            line.tick()
        line.tick()
        line.tick()
        died = death.died
        assert imported(line) == imported(whole), f"call {fatal}"
        # how often it was tried differs
        assert [(each.code, each.ids) for each in problems(line)] == [(each.code, each.ids) for each in problems(whole)]
    assert fatal > 20
