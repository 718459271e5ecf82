"""Run dates: weeks, months and quarters, to the last day, and no more than fit."""

from datetime import date

import pytest

from domain.errors import Problem, ReasonCode
from domain.schedule_planning import RUNS_MAX, Frequency, run_dates, schedule_on
from tests.workflows.adatum import CONTRACT, LINE

JANUARY_31 = date(2027, 1, 31)


@pytest.mark.parametrize(
    ("every", "until", "expected"),
    [
        (Frequency.WEEK, date(2027, 2, 14), ["2027-01-31", "2027-02-07", "2027-02-14"]),
        (Frequency.TWO_WEEKS, date(2027, 2, 14), ["2027-01-31", "2027-02-14"]),
        (Frequency.MONTH, date(2027, 4, 30), ["2027-01-31", "2027-02-28", "2027-03-31", "2027-04-30"]),
        (Frequency.QUARTER, date(2027, 12, 31), ["2027-01-31", "2027-04-30", "2027-07-31", "2027-10-31"]),
        (Frequency.MONTH, JANUARY_31, ["2027-01-31"]),
    ],
)
def test_runs_go_on_to_the_last_day(every: Frequency, until: date, expected: list[str]) -> None:
    dates = run_dates(JANUARY_31, until, every)
    assert not isinstance(dates, Problem)
    assert [str(day) for day in dates] == expected


@pytest.mark.parametrize(
    ("first", "until"),
    [(JANUARY_31, date(2027, 1, 30)), (JANUARY_31, date(2040, 1, 1))],
    ids=["backwards", "too many"],
)
def test_wrong_days_are_refused(first: date, until: date) -> None:
    dates = run_dates(first, until, Frequency.WEEK)
    assert isinstance(dates, Problem)
    assert dates.code == ReasonCode.FIELD_VALUE_WRONG


def test_the_end_of_the_calendar_ends_the_runs() -> None:
    for every in Frequency:
        dates = run_dates(date(9999, 12, 31), date.max, every)
        assert dates == [date(9999, 12, 31)]


def test_the_most_runs_are_ten_years_of_weeks() -> None:
    dates = run_dates(date(2027, 1, 1), date(2036, 12, 18), Frequency.WEEK)
    assert not isinstance(dates, Problem)
    assert len(dates) == RUNS_MAX
    assert isinstance(run_dates(date(2027, 1, 1), date(2036, 12, 19), Frequency.WEEK), Problem)


def test_a_planned_run_takes_what_is_dated_up_to_the_day_before() -> None:
    planned = schedule_on(CONTRACT, LINE, JANUARY_31)
    assert (planned.billed_up_to, planned.contract_line) == (date(2027, 1, 30), LINE)
    assert planned == schedule_on(CONTRACT, LINE, JANUARY_31)
