"""Ledger periods: on which day a transaction is accounted for, and which lines share a journal.

Source: Project Operations documentation, Integration journal.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType

from domain.errors import Problem, ReasonCode
from domain.setup import LegalEntitySetup
from domain.setup_items import PeriodStatus, PeriodUnit
from domain.setup_rates import LedgerPeriod

# finance's empty date: the period of a journal that takes every date
EVERY_DATE = date(1900, 1, 1)
_FIRST_DAYS: Mapping[PeriodUnit, Callable[[date], date]] = MappingProxyType(
    {
        PeriodUnit.DAYS: lambda day: day,
        PeriodUnit.MONTHS: lambda day: day.replace(day=1),
        PeriodUnit.YEARS: lambda day: day.replace(month=1, day=1),
        PeriodUnit.ALL: lambda _: EVERY_DATE,
    }
)


def period_start(day: date, unit: PeriodUnit) -> date:
    """Give the first day of the period that groups a journal: 1 February 2026 of 28 February 2026, by months."""
    return _FIRST_DAYS[unit](day)


def find_period(setup: LegalEntitySetup, day: date) -> LedgerPeriod | None:
    """Find the ledger period that contains a day."""
    position = bisect_right(setup.periods, day, key=lambda period: period.start)
    found = setup.periods[position - 1] if position else None
    return found if found and day <= found.end else None


def accounting_date(setup: LegalEntitySetup, day: date) -> date | Problem:
    """Give the day on which something of this day is accounted for.

    Returns:
        The day itself when its period is open; otherwise the first day of the next open period, if the parameter lets
        dates move. Problems: PERIOD_CLOSED when it does not; NO_OPEN_PERIOD when no later period is open.
    """
    period = find_period(setup, day)
    if period and period.status is PeriodStatus.OPEN:
        return day
    if not setup.parameters.moves_accounting_dates:
        return Problem(
            ReasonCode.PERIOD_CLOSED,
            f"No open fiscal period for accounting date {day} in {setup.company}; open the period, or let accounting"
            " dates move to the next open period (IsAccountingDateUpdateAllowed)",
            (day.isoformat(),),
        )
    later = (one.start for one in setup.periods if one.start > day and one.status is PeriodStatus.OPEN)
    return next(later, None) or Problem(
        ReasonCode.NO_OPEN_PERIOD,
        f"No open fiscal period in or after {day} in {setup.company}; open one",
        (day.isoformat(),),
    )
