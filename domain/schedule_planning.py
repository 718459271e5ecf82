"""Planning invoice schedules: on which days a contract line is invoiced.

Project Operations documentation, invoice-schedules-contract-line: from the billing start date to the end of the
contract, as often as the invoice frequency says; the cut-off of each run is the day before.
"""

from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from enum import StrEnum
from itertools import takewhile
from types import MappingProxyType

from domain.errors import Problem, ReasonCode
from domain.identifiers import derive_id
from domain.invoice_schedule import InvoiceSchedule

# runs that are planned at once: weekly for ten years
RUNS_MAX = 520
_MONTHS_A_YEAR = 12


class Frequency(StrEnum):
    """How often a line is invoiced."""

    WEEK = "week"
    TWO_WEEKS = "2-weeks"
    MONTH = "month"
    QUARTER = "quarter"


_DAYS: Mapping[Frequency, int] = MappingProxyType({Frequency.WEEK: 7, Frequency.TWO_WEEKS: 14})
_MONTHS: Mapping[Frequency, int] = MappingProxyType({Frequency.MONTH: 1, Frequency.QUARTER: 3})


def run_dates(first: date, until: date, every: Frequency) -> list[date] | Problem:
    """Tell the run dates from the first to a last day, inclusive.

    Months are counted from the first run: from 31 January on, it is the last day of shorter months.
    """
    if until < first:
        return _wrong(f"the last day {until} is before the first run {first}; give a later one")
    dates = list(takewhile(lambda run: run <= until, _dates(first, every)))
    if len(dates) > RUNS_MAX:
        return _wrong(f"more than {RUNS_MAX} runs would be planned until {until}; give an earlier day")
    return dates


def _wrong(sentence: str) -> Problem:
    return Problem(ReasonCode.FIELD_VALUE_WRONG, sentence)


def _dates(first: date, every: Frequency) -> Iterator[date]:
    try:
        for count in range(RUNS_MAX + 1):
            days = _DAYS.get(every)
            yield first + timedelta(days=days * count) if days else _months_after(first, _MONTHS[every] * count)
    except (OverflowError, ValueError):
        # the calendar ends
        return


def _months_after(first: date, months: int) -> date:
    year, month = divmod(first.year * _MONTHS_A_YEAR + first.month - 1 + months, _MONTHS_A_YEAR)
    last = monthrange(year, month + 1)[1]
    return date(year, month + 1, min(first.day, last))


def schedule_on(contract: str, line: str, run_date: date) -> InvoiceSchedule:
    """Plan one run; the same line and day are the same schedule."""
    return InvoiceSchedule(
        schedule=derive_id("invoice-schedule", line, run_date),
        contract=contract,
        contract_line=line,
        run_date=run_date,
        cut_off=run_date - timedelta(days=1),
    )
