"""Fires one timer function: on its schedule, once for whatever was missed, never twice at a time, in one host only.

`step` does what is due and says how long nothing is; `run` is the loop around it.
"""

from __future__ import annotations

import json
import threading
from datetime import datetime

from azure.core.exceptions import AzureError

from tools.devhost.blob_lock import RETRY_SECONDS, BlobLock
from tools.devhost.functions import Function, TimerTrigger
from tools.devhost.ncrontab import fires_more_than_once_a_minute
from tools.devhost.surroundings import Surroundings
from tools.devhost.timer_run import run_timer
from tools.devhost.timer_status import UNSET, StatusBlob, TimerStatus, after_run, plan_start
from tools.devhost.worker import Abandoned, one_line

# A longer wait is cut, so that a machine that slept does not oversleep.
WAIT_SECONDS_MAX = 60.0


class TimerListener:
    """The schedule of one timer function."""

    def __init__(
        self,
        function: Function,
        trigger: TimerTrigger,
        surroundings: Surroundings,
        *,
        status: StatusBlob,
        lock: BlobLock,
    ) -> None:
        self.function = function
        self.trigger = trigger
        self.lock = lock
        self.surroundings = surroundings
        self._blob = status
        # None until the lease is ours and the status is read.
        self._status: TimerStatus | None = None
        # Why a run is due before the first tick; None if none is.
        self._at_start: str | None = None
        self._monitored = False
        self._stopping = threading.Event()

    def step(self) -> float:
        """Do what is due, and return the seconds until something may be due again.

        Errors of storage are told and tried again after the retry time of the lease: they never stop the schedule.
        """
        try:
            return self._step()
        except (AzureError, Abandoned) as error:
            self.surroundings.tell(f"{self.function.name}: the timer failed: {one_line(str(error))}")
            return RETRY_SECONDS

    def run(self) -> None:
        """Follow the schedule until `stop`, then give the lease back."""
        while not self._stopping.is_set():
            self.surroundings.clock.wait(self._stopping, min(self.step(), WAIT_SECONDS_MAX))
        self.lock.release()

    def stop(self) -> None:
        """Let the loop end; a run that is under way goes on to its end."""
        self._stopping.set()

    def _step(self) -> float:
        if not self.lock.is_held:
            self._status = None
            if not self.lock.acquire():
                return RETRY_SECONDS
        status = self._status or self._begin()
        now = self.surroundings.clock.now()
        if self._at_start is not None:
            reason, self._at_start = self._at_start, None
            status = self._fire(status, now, reason)
        elif now >= status.next:
            status = self._fire(status, now, "due")
        # A tick that passed while the function ran is due at once, and only once.
        return max((status.next - self.surroundings.clock.now()).total_seconds(), 0.0)

    def _begin(self) -> TimerStatus:
        now, schedule = self.surroundings.clock.now(), self.trigger.schedule
        self._monitored = self.trigger.use_monitor and not fires_more_than_once_a_minute(schedule, now)
        plan = plan_start(self._blob.read() if self._monitored else None, schedule, now)
        if self._monitored and plan.to_write:
            self._blob.write(plan.status)
        self._status = plan.status
        self._at_start = "past due" if plan.is_past_due else "startup" if self.trigger.run_on_startup else None
        return plan.status

    def _fire(self, status: TimerStatus, now: datetime, reason: str) -> TimerStatus:
        run_timer(
            self.function,
            self.trigger,
            self.surroundings,
            value=timer_value(status if self._monitored else None, is_past_due=reason == "past due"),
            reason=reason,
            stopping=self._stopping,
        )
        self._status = after_run(now, status.next, self.trigger.schedule, scheduled=reason == "due")
        if self._monitored:
            self._blob.write(self._status)
        return self._status


def timer_value(status: TimerStatus | None, *, is_past_due: bool) -> str:
    """Return the JSON text that the worker turns into a TimerRequest."""
    known = status is not None and status.next > UNSET
    return json.dumps(
        {
            "Schedule": {"AdjustForDST": True},
            "ScheduleStatus": status.as_dict() if status and known else None,
            "IsPastDue": is_past_due,
        }
    )
