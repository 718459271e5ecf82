from datetime import UTC, datetime, timedelta

import pytest

from tools.devhost.ncrontab import (
    NEVER,
    ConstantSchedule,
    CronSchedule,
    fires_more_than_once_a_minute,
    parse_schedule,
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("expression", "after", "expected"),
    [
        ("0 */5 * * * *", "2026-03-02 12:00:00", "2026-03-02 12:05:00"),
        ("0 */5 * * * *", "2026-03-02 12:04:59", "2026-03-02 12:05:00"),
        ("0 */5 * * * *", "2026-03-02 12:04:59.900", "2026-03-02 12:05:00"),
        ("*/5 * * * *", "2026-03-02 12:01:00", "2026-03-02 12:05:00"),
        ("30 0 8 * * 1-5", "2026-03-06 08:00:30", "2026-03-09 08:00:30"),
        ("0 0 8 * * Mon-Fri", "2026-03-06 09:00:00", "2026-03-09 08:00:00"),
        ("0 0 0 1 Jan *", "2026-01-01 00:00:00", "2027-01-01 00:00:00"),
        ("0 0 0 1 january *", "2026-06-01 00:00:00", "2027-01-01 00:00:00"),
        ("0 0 0 29 2 *", "2026-01-01 00:00:00", "2028-02-29 00:00:00"),
        ("0 0 0 31 * *", "2026-01-31 00:00:00", "2026-03-31 00:00:00"),
        ("0 0 22-6 * * *", "2026-03-02 05:30:00", "2026-03-02 06:00:00"),
        ("0 10/20 * * * *", "2026-03-02 12:00:00", "2026-03-02 12:10:00"),
        ("0 10/20 * * * *", "2026-03-02 12:50:00", "2026-03-02 13:10:00"),
        ("0 5,10,15-20/5 * * * *", "2026-03-02 12:10:00", "2026-03-02 12:15:00"),
        ("*/0 * * * * *", "2026-03-02 12:00:00", "2026-03-02 12:00:01"),
        ("59 59 23 31 12 *", "2026-03-02 12:00:00", "2026-12-31 23:59:59"),
        ("00:10:00", "2026-03-02 12:00:07", "2026-03-02 12:10:07"),
        ("1.00:00:00", "2026-03-02 12:00:07", "2026-03-03 12:00:07"),
    ],
)
def test_the_next_tick_is_the_first_strictly_after(expression: str, after: str, expected: str) -> None:
    assert parse_schedule(expression).next_after(at(after)) == at(expected)


def test_day_of_month_and_day_of_week_must_both_match() -> None:
    friday_the_13th = parse_schedule("0 0 0 13 * Fri")
    assert friday_the_13th.next_after(at("2026-03-13 00:00:00")) == at("2026-11-13 00:00:00")


def test_a_date_that_does_not_exist_never_fires() -> None:
    schedule = parse_schedule("0 0 0 31 2 *")
    assert schedule.next_after(at("2026-03-02 12:00:00")) == NEVER
    assert schedule.next_after(NEVER) == NEVER


def test_the_rarest_date_is_found_across_a_century() -> None:
    leap_day_on_a_monday = parse_schedule("0 0 0 29 2 Mon")
    assert leap_day_on_a_monday.next_after(at("2072-03-01 00:00:00")) == at("2112-02-29 00:00:00")


@pytest.mark.parametrize(
    ("expression", "complaint"),
    [
        ("* * * *", "4 fields"),
        ("* * * * * * *", "7 fields"),
        ("60 * * * * *", "between 0 and 59"),
        ("0 0 24 * * *", "between 0 and 23"),
        ("0 0 0 0 * *", "between 1 and 31"),
        ("0 0 0 * 13 *", "between 1 and 12"),
        ("0 0 0 * * 7", "between 0 and 6"),
        ("0 0 0 ? * *", "no number"),
        ("0 0 0 L * *", "no number"),
        ("0 0 0 15W * *", "no number"),
        ("0 0 0 * * Fri#2", "no prefix"),
        ("0 0 0 * * Frytag", "no prefix"),
        ("0 */x * * * *", "step 'x'"),
        ("0 5/ * * * *", "step ''"),
        ("0 5- * * * *", "no number"),
        ("0 ,5 * * * *", "no number"),
        ("0 1_0 * * * *", "no number"),
        ("hourly", "no TimeSpan"),
        ("24:00:00", "out of range"),
        ("00:00:00", "longer than zero"),
        ("", "0 fields"),
    ],
)
def test_what_ncrontab_refuses_is_refused_with_the_reason(expression: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_schedule(expression)


@pytest.mark.parametrize(
    "expression",
    ["*/7 */11 * * * *", "3,50 1-10/3 */6 * * *", "0 30 9,17 1,15,28-31 * *", "0 0 12 */2 2,3 1-5", "15 59 23 * * 0"],
)
def test_it_agrees_with_looking_at_every_second(expression: str) -> None:
    schedule = parse_schedule(expression)
    assert isinstance(schedule, CronSchedule)
    start = at("2026-02-27 23:50:00")
    moments = (start + timedelta(seconds=offset) for offset in range(1, 6 * 86_400))
    expected = [moment for moment in moments if matches(schedule, moment)][:40]
    found: list[datetime] = []
    moment = start
    while len(found) < len(expected):
        moment = schedule.next_after(moment)
        found.append(moment)
    assert expected
    assert found == expected


def matches(schedule: CronSchedule, moment: datetime) -> bool:
    sunday_first = (moment.weekday() + 1) % 7
    return (
        moment.second in schedule.seconds
        and moment.minute in schedule.minutes
        and moment.hour in schedule.hours
        and moment.day in schedule.days
        and moment.month in schedule.months
        and sunday_first in schedule.weekdays
    )


@pytest.mark.parametrize(
    ("expression", "often"),
    [
        ("*/30 * * * * *", True),
        ("0 * * * * *", False),
        ("0,59 * * * * *", True),
        ("00:00:59", True),
        ("00:01:00", False),
    ],
)
def test_a_timer_is_frequent_when_it_fires_twice_a_minute(expression: str, often: bool) -> None:
    assert fires_more_than_once_a_minute(parse_schedule(expression), at("2026-03-02 12:00:00")) is often


def test_a_constant_schedule_counts_from_the_given_instant() -> None:
    assert ConstantSchedule(timedelta(minutes=1)).next_after(at("2026-03-02 12:00:30")) == at("2026-03-02 12:01:30")
