"""Timer schedules: NCRONTAB with six or five fields, or a constant TimeSpan; always in UTC.

The rules are NCrontab's, not Vixie cron's: day of month AND day of week must both match, Sunday is 0 and there is no
7, a name may be shortened to any prefix (`Mon`, `Ja`), a reversed range is swapped, a step below 1 counts as 1, and a
schedule that can never come true is legal and never fires. `?`, `L`, `W` and `#` are refused, as NCrontab refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

from tools.devhost.timespan import parse_timespan

# What NCrontab answers for "no further occurrence": the last second of .NET's calendar.
NEVER = datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)

# 29 February on a given weekday comes back after at most 40 years (across a century without a leap day).
SEARCH_DAYS_MAX = 41 * 366

MINUTE = timedelta(minutes=1)
MONTHS = "January February March April May June July August September October November December"
WEEKDAYS = "Sunday Monday Tuesday Wednesday Thursday Friday Saturday"


@dataclass(frozen=True)
class Field:
    """One of the six fields: its name for messages, its bounds (inclusive), and the names of its values, if any."""

    name: str
    low: int
    high: int
    names: tuple[str, ...] = ()

    def parse(self, text: str) -> frozenset[int]:
        """Return the values that the text selects.

        Raises:
            ValueError: the text is no expression of this field.
        """
        return frozenset(value for element in text.split(",") for value in self._element(element))

    def _element(self, text: str) -> range:
        span, slash, step_text = text.partition("/")
        if slash and not re.fullmatch(r"[+-]?\d+", step_text, re.ASCII):
            raise self._error(text, f"the step '{step_text}' is no number")
        step = max(int(step_text), 1) if slash else 1
        if span == "*":
            return range(self.low, self.high + 1, step)
        first_text, dash, last_text = span.partition("-")
        first = self._value(first_text)
        last = self._value(last_text) if dash else (self.high if slash else first)
        low, high = sorted((first, last))
        if low < self.low or high > self.high:
            raise self._error(text, f"it must lie between {self.low} and {self.high}")
        return range(low, high + 1, step)

    def _value(self, text: str) -> int:
        if re.fullmatch(r"\d+", text, re.ASCII):
            return int(text)
        for index, name in enumerate(self.names):
            if text and name.lower().startswith(text.lower()):
                return self.low + index
        raise self._error(
            text, "it is no number" + (f" and no prefix of {', '.join(self.names)}" if self.names else "")
        )

    def _error(self, text: str, why: str) -> ValueError:
        return ValueError(f"'{text}' is not valid for the {self.name}: {why}")


FIELDS = (
    Field("seconds", 0, 59),
    Field("minutes", 0, 59),
    Field("hours", 0, 23),
    Field("day of the month", 1, 31),
    Field("month", 1, 12, tuple(MONTHS.split())),
    Field("day of the week", 0, 6, tuple(WEEKDAYS.split())),
)


class Schedule(Protocol):
    """When a timer fires."""

    def next_after(self, instant: datetime) -> datetime:
        """Return the first occurrence strictly after the instant (UTC), or NEVER."""


@dataclass(frozen=True)
class CronSchedule:
    """A schedule of the calendar: the values that each field selects, seconds first."""

    seconds: frozenset[int]
    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    def next_after(self, instant: datetime) -> datetime:
        """Return the first occurrence strictly after the instant, whole seconds, in UTC; NEVER if there is none."""
        if instant >= NEVER:
            return NEVER
        start = instant.replace(microsecond=0) + timedelta(seconds=1)
        for moment in self._mornings(start):
            found = self._time_of_day(moment)
            if found is not None:
                return found
        return NEVER

    def _mornings(self, start: datetime) -> Iterator[datetime]:
        # The earliest moment worth looking at on each day that matches.
        midnight = start.replace(hour=0, minute=0, second=0)
        for offset in range(SEARCH_DAYS_MAX):
            day = midnight + timedelta(days=offset)
            if day.month in self.months and day.day in self.days and day.isoweekday() % 7 in self.weekdays:
                yield max(day, start)

    def _time_of_day(self, start: datetime) -> datetime | None:
        for hour in sorted(value for value in self.hours if value >= start.hour):
            first_minute = start.minute if hour == start.hour else 0
            for minute in sorted(value for value in self.minutes if value >= first_minute):
                same = hour == start.hour and minute == start.minute
                seconds = [value for value in self.seconds if not same or value >= start.second]
                if seconds:
                    return start.replace(hour=hour, minute=minute, second=min(seconds))
        return None


@dataclass(frozen=True)
class ConstantSchedule:
    """A fixed distance between two runs."""

    interval: timedelta

    def next_after(self, instant: datetime) -> datetime:
        """Return the instant plus the interval."""
        return instant + self.interval


def parse_schedule(text: str) -> Schedule:
    """Return the schedule that a timer trigger's expression spells, after its settings are expanded.

    Args:
        text: six fields (seconds first), five fields (without seconds), or a TimeSpan.

    Raises:
        ValueError: it is none of them; the message says which part is wrong.
    """
    fields = [part for part in text.split(" ") if part]
    if len(fields) == len(FIELDS) - 1:
        fields.insert(0, "0")
    if len(fields) == len(FIELDS):
        return CronSchedule(*(field.parse(part) for field, part in zip(FIELDS, fields, strict=True)))
    if len(fields) != 1:
        raise ValueError(f"'{text}' has {len(fields)} fields: a schedule has six (seconds first), or five")
    interval = parse_timespan(text)
    if not interval:
        raise ValueError(f"'{text}' is no interval: it must be longer than zero")
    return ConstantSchedule(interval)


def fires_more_than_once_a_minute(schedule: Schedule, now: datetime) -> bool:
    """Return whether the timer is too frequent to be monitored; the host then keeps no status for it.

    For a calendar schedule the coming minute decides, as in the real host; for a constant one its interval.
    """
    if isinstance(schedule, ConstantSchedule):
        return schedule.interval < MINUTE
    return schedule.next_after(schedule.next_after(now)) <= now + MINUTE
