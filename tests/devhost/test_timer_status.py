from datetime import UTC, datetime, timedelta

from tools.devhost.ncrontab import parse_schedule
from tools.devhost.timer_status import UNSET, TimerStatus, after_run, plan_start

NOON = datetime(2026, 3, 2, 12, 0, 0, 500_000, tzinfo=UTC)
EVERY_FIVE = parse_schedule("0 */5 * * * *")


def minutes(count: float) -> datetime:
    """So many minutes after noon sharp."""
    return datetime(2026, 3, 2, 12, 0, tzinfo=UTC) + timedelta(minutes=count)


def test_the_first_start_waits_for_the_next_tick() -> None:
    plan = plan_start(None, EVERY_FIVE, NOON)
    assert plan.status == TimerStatus(UNSET, minutes(5), NOON)
    assert (plan.to_write, plan.is_past_due) == (True, False)


def test_a_start_before_the_stored_tick_changes_nothing() -> None:
    stored = TimerStatus(minutes(0), minutes(5), minutes(0))
    plan = plan_start(stored, EVERY_FIVE, minutes(3))
    assert (plan.status, plan.to_write, plan.is_past_due) == (stored, False, False)


def test_a_start_after_the_stored_tick_is_past_due() -> None:
    stored = TimerStatus(minutes(0), minutes(5), minutes(0))
    plan = plan_start(stored, EVERY_FIVE, minutes(23))
    assert (plan.status, plan.to_write, plan.is_past_due) == (stored, False, True)


def test_a_timer_that_never_ran_can_be_past_due_too() -> None:
    stored = TimerStatus(UNSET, minutes(5), minutes(1))
    assert plan_start(stored, EVERY_FIVE, minutes(6)).is_past_due


def test_a_changed_schedule_is_computed_anew_and_never_past_due() -> None:
    stored = TimerStatus(minutes(0), minutes(5), minutes(0))
    hourly = parse_schedule("0 0 * * * *")
    plan = plan_start(stored, hourly, minutes(23))
    assert plan.status == TimerStatus(UNSET, minutes(60), minutes(0))
    assert (plan.to_write, plan.is_past_due) == (True, False)
    much_later = plan_start(stored, hourly, minutes(200))
    assert much_later.status == TimerStatus(UNSET, minutes(240), minutes(200))
    assert not much_later.is_past_due


def test_ticks_missed_by_a_late_run_collapse() -> None:
    assert after_run(minutes(23), minutes(5), EVERY_FIVE, scheduled=True).next == minutes(25)


def test_a_tick_that_comes_early_is_not_repeated() -> None:
    early = minutes(5) - timedelta(milliseconds=20)
    assert after_run(early, minutes(5), EVERY_FIVE, scheduled=True) == TimerStatus(minutes(5), minutes(10), minutes(5))


def test_a_run_at_start_keeps_the_tick_to_come() -> None:
    assert after_run(minutes(3), minutes(5), EVERY_FIVE, scheduled=False).next == minutes(5)
