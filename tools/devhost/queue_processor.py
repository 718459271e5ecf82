"""What happens to one received message: before the call, the call, after the call, and the lease meanwhile.

The order and the rules are those of the Storage queue extension: a message is deleted only after its function and its
outputs succeeded, poisoning is a copy and then a delete (so a crash between them leaves both), and a receipt that is
no longer ours is swallowed, because somebody else then has the message.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from azure.core.exceptions import AzureError, HttpResponseError
from azure.storage.queue import QueueClient, QueueMessage, StorageErrorCode

from tools.devhost.functions import Function, QueueTrigger
from tools.devhost.invocations import Invocation, Running
from tools.devhost.outputs import send_outputs
from tools.devhost.queue_bodies import (
    UndecodableBody,
    decode_body,
    poison_queue_of,
    trigger_metadata,
    trigger_value,
)
from tools.devhost.queue_clients import client_of, content_of, send_creating
from tools.devhost.surroundings import Surroundings
from tools.devhost.worker import Call, Result

RENEWAL_RETRY_SECONDS = 60.0
CONFLICT, NOT_FOUND = 409, 404


@dataclass
class Delivery:
    """One received message while we hold it; its receipt changes with every renewal."""

    message: QueueMessage
    pop_receipt: str
    renew_at: datetime
    # Completed, or lost to somebody else: nothing may be renewed any more.
    over: bool = False
    lock: threading.Lock = field(default_factory=threading.Lock)


class QueueProcessor:
    """Processes the messages of one function."""

    def __init__(self, function: Function, trigger: QueueTrigger, surroundings: Surroundings) -> None:
        self.function = function
        self.trigger = trigger
        self.queue: QueueClient = client_of(trigger.connection, trigger.queue)
        self._poison_name = poison_queue_of(trigger.queue)
        self._host = surroundings

    def delivery(self, message: QueueMessage) -> Delivery:
        """Return the record of a message that was received just now."""
        return Delivery(message, str(message.pop_receipt), self._renewal_time())

    def process(self, delivery: Delivery, *, retry_seconds: float | None = None) -> Invocation:
        """Run the function for one message and complete the message; failures of the function are values.

        Args:
            delivery: a message that we hold.
            retry_seconds: how long a failed message stays invisible; None takes visibilityTimeout of host.json.

        Raises:
            AzureError: storage failed while the message was completed; it comes back when its lease ends.
        """
        reason = f"queue {self.trigger.queue} id={delivery.message.id} dequeue={delivery.message.dequeue_count}"
        with self._entered(reason) as running:
            refusal = self._refusal(delivery)
            if refusal is not None:
                then = self._poison(delivery)
                invocation = running.ended(self._host.clock.now(), "not called", Result(refusal, "", {}), then)
            else:
                invocation = self._call(delivery, running, retry_seconds)
            self._host.record(invocation)
        return invocation

    def renew(self, delivery: Delivery) -> None:
        """Prolong the lease of a message in flight when half of it is over; a message that is not ours is let go."""
        with delivery.lock:
            if delivery.over or self._host.clock.now() < delivery.renew_at:
                return
            try:
                self._set_visibility(delivery, self._host.lease_seconds)
                delivery.renew_at = self._renewal_time()
            except AzureError as error:
                delivery.over = _is_stale(error)
                delivery.renew_at = self._host.clock.now() + timedelta(seconds=RENEWAL_RETRY_SECONDS)

    @contextlib.contextmanager
    def _entered(self, reason: str) -> Iterator[Running]:
        running = self._host.in_flight.enter(self.function.name, reason)
        try:
            yield running
        finally:
            self._host.in_flight.leave(running)

    def _refusal(self, delivery: Delivery) -> str | None:
        try:
            self._body(delivery)
        except UndecodableBody as error:
            return str(error)
        count = int(delivery.message.dequeue_count or 0)
        # A poison queue has no limit of its own: its messages are tried for as long as they come.
        if self._poison_name and count > self._host.options.max_dequeue_count:
            return f"taken {count} times, at most {self._host.options.max_dequeue_count} are allowed"
        return None

    def _body(self, delivery: Delivery) -> bytes:
        return decode_body(content_of(delivery.message), self._host.options.message_encoding)

    def _call(self, delivery: Delivery, running: Running, retry_seconds: float | None) -> Invocation:
        self._strike_before_call(delivery)
        result = self._invoke(delivery, running)
        then = self._complete(delivery, result, retry_seconds)
        return running.ended(self._host.clock.now(), "failed" if result.error else "ok", result, then)

    def _strike_before_call(self, delivery: Delivery) -> None:
        if fault := self._host.faults.take("delay", self.function.name):
            self._host.clock.wait(self._host.never, fault.seconds)
        if self._host.faults.take("drop_lease", self.function.name):
            self._release(delivery, 0)

    def _invoke(self, delivery: Delivery, running: Running) -> Result:
        body = self._body(delivery)
        call = Call(
            invocation_id=running.invocation_id,
            function_id=self.function.function_id,
            parameter=self.trigger.parameter,
            value=trigger_value(body, binary=self.trigger.binary),
            metadata=trigger_metadata(delivery.message, delivery.pop_receipt, body),
        )
        return send_outputs(
            self._host.worker.invoke(call), self.function.outputs, self._host.options, self._host.written
        )

    def _complete(self, delivery: Delivery, result: Result, retry_seconds: float | None) -> str:
        if result.error is None:
            if self._host.faults.take("kill_before_delete", self.function.name):
                self._release(delivery, 0)
                return "killed before the delete"
            return self._delete(delivery)
        if self._poison_name is None:
            return "left invisible until its lease ends"
        if int(delivery.message.dequeue_count or 0) >= self._host.options.max_dequeue_count:
            return self._poison(delivery)
        seconds = self._host.options.visibility_seconds if retry_seconds is None else retry_seconds
        return "retry" if self._release(delivery, seconds) else "lease lost"

    def _poison(self, delivery: Delivery) -> str:
        if self._poison_name is None:
            return "left invisible until its lease ends"
        # A copy and then a delete, not atomic: a crash between them leaves the message in both queues.
        send_creating(client_of(self.trigger.connection, self._poison_name), content_of(delivery.message))
        self._delete(delivery)
        self._host.written(self._poison_name)
        return f"moved to {self._poison_name}"

    def _delete(self, delivery: Delivery) -> str:
        with delivery.lock:
            delivery.over = True
            try:
                self.queue.delete_message(delivery.message.id, delivery.pop_receipt)
            except AzureError as error:
                if not _is_stale(error):
                    raise
                return "lease lost"
        return "deleted"

    def _release(self, delivery: Delivery, seconds: float) -> bool:
        with delivery.lock:
            delivery.over = True
            try:
                # The receipt that comes back is dropped on purpose: from here on the message is anybody's.
                self.queue.update_message(delivery.message.id, delivery.pop_receipt, visibility_timeout=int(seconds))
            except AzureError as error:
                if not _is_stale(error):
                    raise
                return False
        return True

    def _set_visibility(self, delivery: Delivery, seconds: float) -> None:
        updated = self.queue.update_message(delivery.message.id, delivery.pop_receipt, visibility_timeout=int(seconds))
        delivery.pop_receipt = str(updated.pop_receipt)

    def _renewal_time(self) -> datetime:
        return self._host.clock.now() + timedelta(seconds=self._host.lease_seconds / 2)


def _is_stale(error: AzureError) -> bool:
    # A receipt mismatch, 404 and 409 all say that the message is no longer ours to touch.
    if not isinstance(error, HttpResponseError):
        return False
    code = getattr(error, "error_code", None)
    return code == StorageErrorCode.POP_RECEIPT_MISMATCH or error.status_code in (CONFLICT, NOT_FOUND)
