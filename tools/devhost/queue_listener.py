"""Polls one queue for one function: how many messages, how often, how many at once.

`poll` is one step and never waits; `run` is the loop around it, which waits through the clock. So a test drives the
listener step by step, and the loop has nothing left to get wrong.
"""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor

from azure.core.exceptions import AzureError, ResourceNotFoundError
from azure.storage.queue import QueueMessage

from tools.devhost.backoff import Backoff
from tools.devhost.functions import Function, QueueTrigger
from tools.devhost.queue_clients import receive
from tools.devhost.queue_processor import Delivery, QueueProcessor
from tools.devhost.surroundings import Surroundings
from tools.devhost.worker import Abandoned, one_line

POLLING_SECONDS_MIN = 0.1
# A listener that is nudged because some function ended polls at most this often: a nudge is a guess, not a message.
NUDGE_SECONDS_MIN = 0.25
# While the function has its hands full there is nothing to poll for; the end of a message wakes the loop.
BUSY_SECONDS_MAX = 60.0


class QueueListener:
    """Takes messages off one queue and gives each to the processor, at most batchSize + newBatchThreshold at once."""

    def __init__(
        self,
        function: Function,
        trigger: QueueTrigger,
        surroundings: Surroundings,
    ) -> None:
        self.function = function
        self.trigger = trigger
        self.processor = QueueProcessor(function, trigger, surroundings)
        self._host = surroundings
        self._backoff = Backoff(POLLING_SECONDS_MIN, surroundings.options.max_polling_seconds)
        self._deliveries: list[Delivery] = []
        self._lock = threading.Lock()
        self._found_work = False
        self._busy = False
        # The number of starts and ends in the whole host when this queue was last seen empty; -1 for never.
        self.quiet_since = -1
        self._queue_missing = False
        self._stopping = threading.Event()
        # Set to poll at once, and set to poll soon.
        self._wake = threading.Event()
        self._nudge = threading.Event()
        options = surroundings.options
        self._pool = ThreadPoolExecutor(options.batch_size + options.new_batch_threshold, f"devhost-{function.name}")

    @property
    def deliveries(self) -> tuple[Delivery, ...]:
        """The messages of this function that are being processed."""
        with self._lock:
            return tuple(self._deliveries)

    @property
    def in_flight(self) -> int:
        """How many messages of this function are being processed."""
        with self._lock:
            return len(self._deliveries)

    def poll(self) -> float:
        """Ask for one batch if there is room for it, and start its messages.

        Returns:
            Seconds until the next poll: 0 after messages were found, the back-off after an empty queue or an error, and
            a long wait (which the end of a message cuts short) while more than newBatchThreshold are in flight.
        """
        # Said before it is looked at: a message that ends in between must know that we wait for it.
        self._busy = True
        if self.in_flight > self._host.options.new_batch_threshold:
            return BUSY_SECONDS_MAX
        self._busy = False
        changes = self._host.in_flight.changes
        messages = self.receive(self._host.options.batch_size)
        for message in messages:
            self._start(self.processor.delivery(message))
        if messages:
            self._found_work = True
            self.quiet_since = -1
            return 0.0
        delay = self._backoff.next_delay(after_work=self._found_work)
        self._found_work = False
        self.quiet_since = changes
        self._host.in_flight.announce()
        return delay

    def receive(self, count: int) -> list[QueueMessage]:
        """Take at most so many messages; a missing queue or an error of storage is told, and counts as empty."""
        try:
            messages = receive(self.processor.queue, count, self._host.lease_seconds)
        except ResourceNotFoundError:
            if not self._queue_missing:
                self._host.tell(f"queue {self.trigger.queue} does not exist: nothing reaches {self.function.name}")
            self._queue_missing = True
            return []
        except AzureError as error:
            self._host.tell(f"queue {self.trigger.queue} cannot be read: {one_line(str(error))}")
            return []
        self._queue_missing = False
        return messages

    def renew_leases(self) -> None:
        """Prolong the lease of every message in flight for which half of it is over."""
        for delivery in self.deliveries:
            self.processor.renew(delivery)

    def run(self) -> None:
        """Poll until `stop`; what is in flight then goes on."""
        while not self._stopping.is_set():
            # Cleared before the poll: what is written while we ask is found by the next one.
            self._wake.clear()
            self._nudge.clear()
            delay = self.poll()
            if delay:
                self._pause(delay)

    def wake(self) -> None:
        """Poll at once: a message was written to this queue."""
        self._wake.set()
        self._nudge.set()

    def nudge(self) -> None:
        """Poll soon: something may have been written to this queue."""
        self._nudge.set()

    def stop(self) -> None:
        """Let the loop end; nothing new is taken."""
        self._stopping.set()
        self.wake()

    def close(self) -> None:
        """Give back the threads once nothing runs any more."""
        self._pool.shutdown(wait=False)

    def _pause(self, delay: float) -> None:
        if self._stopping.is_set():
            return
        polled_at = self._host.clock.now()
        if self._host.clock.wait(self._nudge, delay) and not self._wake.is_set():
            passed = (self._host.clock.now() - polled_at).total_seconds()
            self._host.clock.wait(self._wake, max(NUDGE_SECONDS_MIN - passed, 0.0))

    def _start(self, delivery: Delivery) -> None:
        with self._lock:
            self._deliveries.append(delivery)
        self._pool.submit(self._process, delivery)

    def _process(self, delivery: Delivery) -> None:
        try:
            self.processor.process(delivery)
        except (AzureError, Abandoned) as error:
            self._host.tell(
                f"{self.function.name}: message {delivery.message.id} could not be completed and comes back when its "
                f"lease ends: {one_line(str(error))}"
            )
        finally:
            with self._lock:
                self._deliveries.remove(delivery)
            self._host.in_flight.announce()
            if self._busy:
                self.wake()
