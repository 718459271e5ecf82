"""Time as the host sees it: one port, so that a test decides what time it is and never waits for it."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """What the host asks of time."""

    def now(self) -> datetime:
        """Return the present instant, timezone-aware, in UTC."""

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Wait until the event is set, at most so many seconds; return whether it is set."""


class SystemClock:
    """The machine's own time."""

    def now(self) -> datetime:
        """Return the present instant in UTC."""
        return datetime.now(UTC)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Block the calling thread until the event is set or the seconds are over."""
        return event.wait(seconds)


class ManualClock:
    """A clock for tests: it stands still, `advance` moves it, and waiting takes no time but moves it too."""

    def __init__(self, start: datetime) -> None:
        self._now = start
        # Every wait that was asked for, in seconds, in order.
        self.waits: list[float] = []

    def now(self) -> datetime:
        """Return the instant that the test has set."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock forward."""
        self._now += timedelta(seconds=seconds)

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """Move forward by the whole wait, unless the event is set already, and return at once."""
        if not event.is_set():
            self.waits.append(seconds)
            self.advance(seconds)
        return event.is_set()
