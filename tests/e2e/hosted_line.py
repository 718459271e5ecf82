"""The line over real storage: what people do goes to Azurite, and what the app does the app does."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, Self

from domain.commands import Command
from domain.outcome import Outcome
from domain.ports import Clock, CommandSender
from domain.rows import StoredRow
from domain.tables import Table
from functions.storage.memory_queues import MemoryQueues
from tests.e2e.account import Account
from tests.fakes.frozen_clock import FrozenClock
from tests.line import START, Delivery, Line, Snapshot, snapshot
from tools.devhost.faults import Fault
from tools.devhost.host import DevHost
from tools.devhost.queue_listener import QueueListener

MESSAGE_ID = re.compile(r"^queue (?P<queue>\S+) id=(?P<id>\S+) ")


class Delivered(NamedTuple):
    """A message as it stood in its queue."""

    id: str
    queue: str
    # base64
    content: str


class SentOn(MemoryQueues):
    """The queues of a line whose messages somebody else delivers: nothing is kept, everything is sent on."""

    def __init__(self, clock: Clock, sender: CommandSender) -> None:
        super().__init__(clock)
        self._sender = sender

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        self._sender.send(commands, delay_seconds=delay_seconds)


@dataclass(slots=True, kw_only=True)
class PeoplesLine(Line):
    """What people do and see over an account; who delivers what they send is not said here."""

    account: Account

    @classmethod
    def over(cls, account: Account) -> Self:
        clock = FrozenClock(START)
        return cls(account.store, SentOn(clock, account.sender), clock, account=account)

    def rows(self, table: Table) -> Sequence[StoredRow]:
        return self.account.rows(table)

    def snapshot(self) -> Snapshot:
        return snapshot(self)


@dataclass(slots=True, kw_only=True)
class HostedLine(PeoplesLine):
    """The line on a host that is loaded in this process and runs when it is told to."""

    host: DevHost
    # every message is delivered a second time, because the host dies before it deletes it
    twice: bool = False
    # every message that was delivered so, in order
    delivered: list[Delivered] = field(default_factory=list)

    @classmethod
    def on(cls, account: Account, host: DevHost, *, twice: bool = False) -> Self:
        clock = FrozenClock(START)
        return cls(account.store, SentOn(clock, account.sender), clock, account=account, host=host, twice=twice)

    def drain(self, delivery: Delivery | None = None) -> list[Outcome]:
        """Deliver until the queues are empty; the app keeps its outcomes to itself, so there is none to give."""
        if self.twice:
            while sum(self._deliver_twice(listener) for listener in self.host.queue_listeners):
                pass
        else:
            self.host.run_until_idle()
        return []

    def tick(self) -> list[Outcome]:
        self.fire("import_from_staging")
        return []

    def fire(self, timer: str) -> None:
        """Run a timer function; one that fails is an error of the test."""
        self.host.fire_timer(timer)

    def deliver_all_again(self) -> None:
        """Deliver every message once more, now that all is done, the last stage first; then let the import look."""
        for message in self.delivered:
            self.account.send_text(message.queue, message.content)
        for listener in reversed(self.host.queue_listeners):
            while messages := listener.receive(1):
                listener.processor.process(listener.processor.delivery(messages[0]), retry_seconds=0.0)
        self.host.run_until_idle()
        self.tick()
        self.host.run_until_idle()

    def _deliver_twice(self, listener: QueueListener) -> int:
        count = 0
        while messages := listener.receive(1):
            if messages[0].dequeue_count == 1:
                self.delivered.append(Delivered(messages[0].id, listener.trigger.queue, str(messages[0].content)))
                self.host.faults.add(Fault("kill_before_delete", listener.function.name))
            listener.processor.process(listener.processor.delivery(messages[0]), retry_seconds=0.0)
            count += 1
        return count


def deliveries(host: DevHost) -> dict[str, list[str]]:
    """Message id: the outcome of each of its deliveries, in order."""
    told: dict[str, list[str]] = {}
    for invocation in host.invocations:
        if found := MESSAGE_ID.match(invocation.reason):
            told.setdefault(found["id"], []).append(invocation.outcome)
    return told
