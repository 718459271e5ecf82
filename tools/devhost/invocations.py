"""One record and one line per try of a function, and the register of those that run at this moment."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Literal

from tools.devhost.clock import Clock
from tools.devhost.worker import Result

type Outcome = Literal["ok", "failed", "not called"]


@dataclass(frozen=True)
class Invocation:
    """One try of one function, or a message that was poisoned without a try."""

    # When it ended, UTC.
    ended_at: datetime
    function: str
    # Why it ran: `queue post-journal id=… dequeue=2`, `timer due`.
    reason: str
    outcome: Outcome
    # Wall time of the call; 0 when the function was not called.
    milliseconds: float
    # One line, class and text of the exception; None unless failed.
    error: str | None = None
    # What became of the message: `deleted`, `retry`, `moved to post-journal-poison`, …; empty for a timer.
    then: str = ""
    # The traceback of a failure.
    stack_trace: str = ""

    def line(self) -> str:
        """Return the record as one readable line."""
        parts = [f"{self.ended_at:%H:%M:%S}", self.function, self.reason, self.outcome]
        parts += [f"{self.milliseconds:.0f} ms"] if self.outcome != "not called" else []
        parts += [self.then] if self.then not in ("", "deleted") else []
        return "  ".join(parts) + (f": {self.error}" if self.error else "")


@dataclass(frozen=True)
class Running:
    """A call that has not come back."""

    invocation_id: str
    function: str
    reason: str
    started_at: datetime
    started: float = field(default_factory=time.perf_counter)

    def milliseconds(self) -> float:
        """Return for how long it has been running, in milliseconds of the machine's own clock."""
        return (time.perf_counter() - self.started) * 1000

    def ended(self, at: datetime, outcome: Outcome, result: Result, then: str = "") -> Invocation:
        """Return the record of this call, now that it has ended."""
        return Invocation(
            ended_at=at,
            function=self.function,
            reason=self.reason,
            outcome=outcome,
            milliseconds=self.milliseconds() if outcome != "not called" else 0.0,
            error=result.error,
            then=then,
            stack_trace=result.stack_trace,
        )


class InFlight:
    """Every call that runs now; tells when the last one has ended."""

    def __init__(self, clock: Clock, on_none: Callable[[], None] = lambda: None) -> None:
        self._clock = clock
        self._on_none = on_none
        self._running: dict[str, Running] = {}
        self._changed = threading.Condition()
        # How often a call began or ended; who compares two readings knows whether anything happened between them.
        self.changes = 0

    def enter(self, function: str, reason: str) -> Running:
        """Register a call that begins now."""
        running = Running(str(uuid.uuid4()), function, reason, self._clock.now())
        with self._changed:
            self._running[running.invocation_id] = running
            self.changes += 1
        return running

    def leave(self, running: Running) -> None:
        """Take out a call that has ended; when it was the last one, say so to whoever listens."""
        with self._changed:
            del self._running[running.invocation_id]
            self.changes += 1
            last = not self._running
            self._changed.notify_all()
        if last:
            self._on_none()

    def all(self) -> tuple[Running, ...]:
        """Return what runs now, oldest first."""
        with self._changed:
            return tuple(self._running.values())

    def overdue(self, limit: timedelta | None) -> Running | None:
        """Return a call that has been running for longer than the limit, or None."""
        now = self._clock.now()
        return next((one for one in self.all() if limit is not None and now - one.started_at > limit), None)

    def announce(self) -> None:
        """Let who waits look again."""
        with self._changed:
            self._changed.notify_all()

    def wait_until_none(self, seconds: float, and_also: Callable[[], bool] = lambda: True) -> bool:
        """Wait, in real time, until nothing runs and the condition holds; return whether that came true."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._running and and_also(), seconds)

    def function_of(self, invocation_id: str | None) -> str | None:
        """Return the name of the running function with that invocation id, for log lines."""
        running = self._running.get(invocation_id or "")
        return running.function if running else None
