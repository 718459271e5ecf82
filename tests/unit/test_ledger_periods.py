"""Ledger periods: where a closed period sends its dates, and which days share a journal."""

from datetime import date

import pytest

from domain.errors import Problem, ReasonCode
from domain.ledger_periods import accounting_date, find_period, period_start
from domain.setup import LegalEntitySetup
from domain.setup_items import PeriodUnit
from tests.finance_builders import make_setup, period_row

PERIODS = (
    period_row("2026-01-01", "2026-01-31", "Closed"),
    period_row("2026-02-01", "2026-02-28", "OnHold"),
    period_row("2026-03-01", "2026-03-31"),
    period_row("2026-05-01", "2026-05-31", "Closed"),
    period_row("2026-06-01", "2026-06-30"),
    period_row("2026-07-01", "2026-07-31", "Closed"),
)


def setup_of(*, moves: bool) -> LegalEntitySetup:
    return make_setup(*PERIODS, without="FiscalCalendarPeriod", IsAccountingDateUpdateAllowed=moves)


@pytest.mark.parametrize("moves", [True, False])
@pytest.mark.parametrize("day", ["2026-03-01", "2026-03-31", "2026-06-15"])
def test_a_day_in_an_open_period_stays(day: str, moves: bool) -> None:
    assert accounting_date(setup_of(moves=moves), date.fromisoformat(day)) == date.fromisoformat(day)


@pytest.mark.parametrize(
    ("day", "moved"),
    [
        ("2025-06-01", "2026-03-01"),  # before the calendar
        ("2026-01-15", "2026-03-01"),  # closed, the next one on hold
        ("2026-02-28", "2026-03-01"),
        ("2026-04-10", "2026-06-01"),  # no period, the next one closed
        ("2026-05-31", "2026-06-01"),
    ],
)
def test_a_closed_period_moves_to_the_first_day_of_the_next_open_one(day: str, moved: str) -> None:
    assert accounting_date(setup_of(moves=True), date.fromisoformat(day)) == date.fromisoformat(moved)


@pytest.mark.parametrize(
    ("day", "moves", "code"),
    [
        ("2026-01-15", False, ReasonCode.PERIOD_CLOSED),
        ("2026-04-10", False, ReasonCode.PERIOD_CLOSED),
        ("2026-07-15", False, ReasonCode.PERIOD_CLOSED),
        ("2026-07-15", True, ReasonCode.NO_OPEN_PERIOD),
        ("2027-01-01", True, ReasonCode.NO_OPEN_PERIOD),
    ],
)
def test_a_day_that_cannot_be_accounted_for_is_named(day: str, moves: bool, code: ReasonCode) -> None:
    found = accounting_date(setup_of(moves=moves), date.fromisoformat(day))
    assert isinstance(found, Problem)
    assert (found.code, found.ids) == (code, (day,))


def test_a_day_between_two_periods_is_in_neither() -> None:
    assert find_period(setup_of(moves=True), date(2026, 4, 10)) is None


@pytest.mark.parametrize(
    ("unit", "start"),
    [
        (PeriodUnit.DAYS, "2026-02-28"),
        (PeriodUnit.MONTHS, "2026-02-01"),
        (PeriodUnit.YEARS, "2026-01-01"),
        (PeriodUnit.ALL, "1900-01-01"),
    ],
)
def test_a_journals_period_begins_on(unit: PeriodUnit, start: str) -> None:
    assert period_start(date(2026, 2, 28), unit) == date.fromisoformat(start)
