"""A clock that stands until a test moves it."""

from datetime import UTC, datetime, timedelta


class FrozenClock:
    """A Clock that tells the same instant until it is moved; it starts at noon of 27 August 2026, UTC."""

    def __init__(self, instant: datetime = datetime(2026, 8, 27, 12, tzinfo=UTC)) -> None:
        self._instant = instant

    def now(self) -> datetime:
        return self._instant

    def advance(self, seconds: float) -> None:
        self._instant += timedelta(seconds=seconds)

    def set(self, instant: datetime) -> None:
        self._instant = instant
