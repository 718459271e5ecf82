"""Deliver everything that is waiting, one message at a time in the calling thread, in an order that never varies."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from azure.core.exceptions import ResourceNotFoundError

from tools.devhost.errors import HostError
from tools.devhost.invocations import Invocation
from tools.devhost.queue_listener import QueueListener


@dataclass(frozen=True)
class DrainReport:
    """What one drain delivered, in order, and what it had to leave."""

    invocations: tuple[Invocation, ...]
    # Queue: messages that are there but invisible now (delayed by their sender or by visibilityTimeout, or failed on a
    # queue that has no poison queue); queues without any are left out.
    left: Mapping[str, int]

    @property
    def failures(self) -> tuple[Invocation, ...]:
        """The tries that raised, in order; a message that succeeded later may have some."""
        return tuple(one for one in self.invocations if one.outcome == "failed")

    @property
    def poisoned(self) -> tuple[Invocation, ...]:
        """The tries after which a message went to its poison queue."""
        return tuple(one for one in self.invocations if one.then.startswith("moved to "))


def drain(
    listeners: Sequence[QueueListener], *, deliver_failures_now: bool = True, deliveries_max: int = 100_000
) -> DrainReport:
    """Deliver every visible message of every queue, and what that brings forth, until all queues look empty.

    Queues take turns in the order of the app; each is emptied before the next. Messages are taken singly, so at the
    same content of the queues every run delivers in the same order.

    Args:
        listeners: one for each queue function.
        deliver_failures_now: a failed message is visible again at once instead of after visibilityTimeout, so that it
            reaches its success or its poison queue in this drain.
        deliveries_max: gives up beyond this many.

    Raises:
        HostError: the queues were still not empty after deliveries_max deliveries.
        AzureError: storage failed.
    """
    done: list[Invocation] = []
    before = -1
    while len(done) != before:
        before = len(done)
        for listener in listeners:
            _empty(listener, done, 0.0 if deliver_failures_now else None, deliveries_max)
    return DrainReport(tuple(done), _left(listeners))


def _empty(listener: QueueListener, done: list[Invocation], retry_seconds: float | None, deliveries_max: int) -> None:
    while messages := listener.receive(1):
        if len(done) >= deliveries_max:
            raise HostError(f"still not idle after {deliveries_max} deliveries; the last was {done[-1].line()}")
        delivery = listener.processor.delivery(messages[0])
        done.append(listener.processor.process(delivery, retry_seconds=retry_seconds))


def _left(listeners: Sequence[QueueListener]) -> dict[str, int]:
    counts = {listener.trigger.queue: _count(listener) for listener in listeners}
    return {queue: count for queue, count in counts.items() if count}


def _count(listener: QueueListener) -> int:
    try:
        return int(listener.processor.queue.get_queue_properties().approximate_message_count or 0)
    except ResourceNotFoundError:
        return 0
