"""Poison queues in memory: texts that are hidden from others for a while when somebody takes them."""

from datetime import datetime, timedelta
from itertools import count
from threading import RLock
from typing import NamedTuple

from domain.ports import Clock, PoisonMessage

MESSAGES_MAX = 32
HIDDEN_SECONDS = 300


class _Waiting(NamedTuple):
    kind: str
    message: PoisonMessage
    visible_at: datetime


class MemoryPoisonQueues:
    """A PoisonQueues in memory, safe for threads."""

    def __init__(self, clock: Clock) -> None:
        """Start empty; the clock tells what is visible."""
        self._clock = clock
        self._lock = RLock()
        self._numbers = count(1)
        self._waiting: list[_Waiting] = []

    def put(self, kind: str, text: str) -> None:
        """Let the host give up on a message."""
        number = next(self._numbers)
        with self._lock:
            self._waiting.append(_Waiting(kind, PoisonMessage(text, str(number), ""), self._clock.now()))

    def texts(self, kind: str) -> list[str]:
        """Tell what stands in a queue, visible or not."""
        return [each.message.text for each in self._waiting if each.kind == kind]

    def receive(self, kind: str) -> list[PoisonMessage]:
        """Take up to 32 visible messages; nobody else sees them for five minutes."""
        now = self._clock.now()
        taken: list[PoisonMessage] = []
        with self._lock:
            for place, each in enumerate(self._waiting):
                if each.kind != kind or each.visible_at > now or len(taken) == MESSAGES_MAX:
                    continue
                message = PoisonMessage(each.message.text, each.message.id, str(next(self._numbers)))
                self._waiting[place] = _Waiting(kind, message, now + timedelta(seconds=HIDDEN_SECONDS))
                taken.append(message)
        return taken

    def delete(self, kind: str, message: PoisonMessage) -> None:
        """Delete a message that was taken; one that is gone or taken by another is left alone."""
        with self._lock:
            self._waiting = [each for each in self._waiting if (each.kind, each.message) != (kind, message)]
