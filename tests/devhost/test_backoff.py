import random

from tools.devhost.backoff import Backoff


def middle(low: float, high: float) -> float:
    return (low + high) / 2


def test_the_first_pause_after_work_is_the_minimum() -> None:
    backoff = Backoff(0.1, 60.0, middle)
    assert backoff.next_delay(after_work=True) == 0.1


def test_pauses_double_from_the_minimum_and_stop_at_the_maximum() -> None:
    backoff = Backoff(0.1, 2.0, middle)
    pauses = [round(backoff.next_delay(), 3) for _ in range(8)]
    assert pauses == [0.2, 0.3, 0.5, 0.9, 1.7, 2.0, 2.0, 2.0]


def test_work_starts_the_series_again() -> None:
    backoff = Backoff(0.1, 2.0, middle)
    for _ in range(8):
        backoff.next_delay()
    assert backoff.next_delay(after_work=True) == 0.1
    assert round(backoff.next_delay(), 3) == 0.2


def test_the_growth_is_spread_by_a_fifth() -> None:
    pauses = {Backoff(0.1, 60.0, random.Random(seed).uniform).next_delay() for seed in range(200)}
    assert 0.18 <= min(pauses) < 0.185
    assert 0.215 < max(pauses) <= 0.22


def test_a_very_long_series_stays_finite() -> None:
    backoff = Backoff(0.1, 1e300, middle)
    assert max(backoff.next_delay() for _ in range(3000)) < 1e300
