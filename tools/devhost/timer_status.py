"""What a timer remembers between two runs of the host: its last tick and the next, in a blob of the host's storage."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from azure.core.exceptions import ResourceNotFoundError
from azure.storage.blob import BlobClient

from tools.devhost.ncrontab import Schedule

# What stands in the blob for "never", as .NET's default date.
UNSET = datetime(1, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class TimerStatus:
    """The memory of one timer; all instants are UTC."""

    # Start of the last run; UNSET before the first.
    last: datetime
    # When the timer is due next.
    next: datetime
    # The instant that `next` was computed from.
    last_updated: datetime

    def as_dict(self) -> dict[str, str]:
        """Return the form that stands in the blob and that a function sees as its schedule status."""
        return {
            "Last": self.last.isoformat(),
            "Next": self.next.isoformat(),
            "LastUpdated": self.last_updated.isoformat(),
        }


@dataclass(frozen=True)
class StartPlan:
    """How a timer starts: with which status, and whether a tick was missed while no host ran."""

    status: TimerStatus
    # The stored status is missing or out of date.
    to_write: bool
    is_past_due: bool


def plan_start(stored: TimerStatus | None, schedule: Schedule, now: datetime) -> StartPlan:
    """Decide how a monitored timer starts.

    A stored tick that lies in the past is past due: one run makes up for however many were missed. If the stored tick
    is not what the schedule says, the schedule was changed since; then it is computed anew and is never past due.
    """
    if stored is None:
        return StartPlan(TimerStatus(UNSET, schedule.next_after(now), now), to_write=True, is_past_due=False)
    base = next((one for one in (stored.last, stored.last_updated) if one > UNSET), now)
    expected = schedule.next_after(base)
    if expected == stored.next:
        return StartPlan(stored, to_write=False, is_past_due=now > stored.next)
    if now > expected:
        base, expected = now, schedule.next_after(now)
    return StartPlan(TimerStatus(UNSET, expected, base), to_write=True, is_past_due=False)


def after_run(started: datetime, due: datetime, schedule: Schedule, *, scheduled: bool) -> TimerStatus:
    """Return the status after a run.

    Args:
        started: when the run started.
        due: the tick that the timer was waiting for.
        schedule: of the timer.
        scheduled: it was that tick, not a run at start; a run that came a moment early then counts as on time, or the
            same tick would come twice.
    """
    base = max(started, due) if scheduled else started
    return TimerStatus(base, schedule.next_after(base), base)


class StatusBlob:
    """The blob of one timer's status."""

    def __init__(self, blob: BlobClient) -> None:
        self._blob = blob

    def read(self) -> TimerStatus | None:
        """Return the stored status; None if there is none.

        Raises:
            AzureError: storage did not answer.
        """
        try:
            document = json.loads(self._blob.download_blob().readall())
        except ResourceNotFoundError:
            return None
        return TimerStatus(*(_instant(document.get(name)) for name in ("Last", "Next", "LastUpdated")))

    def write(self, status: TimerStatus) -> None:
        """Store the status in place of what was there.

        Raises:
            AzureError: storage did not take it.
        """
        self._blob.upload_blob(json.dumps(status.as_dict()).encode(), overwrite=True)


def _instant(text: Any) -> datetime:
    if not text:
        return UNSET
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
