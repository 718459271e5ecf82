"""The line from confirmation to write-back over a storage, stage by stage, with as many messages at a time as a host.

Each stage drains its queue. The time of a stage is from its first message to its last; receiving and deleting messages
belong to it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Protocol

from azure.storage.queue import QueueMessage, QueueServiceClient, TextBase64DecodePolicy, TextBase64EncodePolicy

from benchmarks.calls import CURRENT_JOB, Call, Job, Replay
from domain.commands import Command, ConfirmInvoice, ImportProposal
from domain.identifiers import derive_id
from domain.outcome import Outcome
from domain.pending_work import WorkKind
from domain.ports import CommandSender, RowStore
from domain.workflows.dispatch import perform
from domain.workflows.import_from_staging import import_from_staging
from domain.workflows.post_pending import posting_command, read_pending
from functions.messages import decode, encode

# messages that a host takes at a time: batchSize of host.json
AT_ONCE = 16
NOW = datetime(2026, 8, 31, 12, tzinfo=UTC)
INVOICE_DATE = date(2026, 8, 31)
CONFIRM, SYNC, IMPORT, POST, WRITE_BACK = STAGES = (
    "confirm-invoice",
    "sync-table-map",
    "import-from-staging",
    "post-proposal",
    "write-back-posting",
)
_INVISIBLE_SECONDS = 3600

# does one message or tick, and tells how much there was to do
type Work = Callable[[RowStore, CommandSender], int]


class Meter(Protocol):
    """Reads what has been used so far."""

    def read(self) -> Mapping[str, float]: ...


@dataclass(slots=True)
class Measured:
    """What the stages took: for each, the difference of every reading."""

    stages: dict[str, dict[str, float]] = field(default_factory=dict)

    @contextmanager
    def stage(self, name: str, meter: Meter) -> Iterator[None]:
        before = meter.read()
        yield
        found = self.stages.setdefault(name, {})
        for key, value in meter.read().items():
            # a peak is a height, everything else is a distance
            found[key] = value if key.startswith("peak") else found.get(key, 0.0) + value - before[key]


class Runner(Protocol):
    """Runs the work of one message or tick, known by its key."""

    def run(self, key: str, work: Work) -> int: ...


@dataclass(frozen=True, slots=True)
class Plain:
    """The product as it is."""

    store: RowStore
    sender: CommandSender

    def run(self, key: str, work: Work) -> int:
        return work(self.store, self.sender)


@dataclass(frozen=True, slots=True)
class Recording:
    """The product as it is, and every call noted."""

    store: RowStore
    sender: CommandSender
    jobs: dict[str, list[Job]]

    def run(self, key: str, work: Work) -> int:
        job = Job()
        self.jobs.setdefault(key, []).append(job)
        CURRENT_JOB.set(job)
        return work(self.store, self.sender)


@dataclass(frozen=True, slots=True)
class Replaying:
    """The noted calls, and no logic at all."""

    replay: Replay
    waves: dict[str, list[list[list[Call]]]]

    def run(self, key: str, work: Work) -> int:
        jobs = self.waves.get(key)
        if not jobs:
            return 0
        self.replay.run(jobs.pop(0))
        return 1


@dataclass(frozen=True, slots=True)
class Queues:
    """The queues of a run, with the plain client."""

    service: QueueServiceClient

    def send(self, queue: str, body: str, delay: int = 0) -> None:
        client = self.service.get_queue_client(queue, message_encode_policy=TextBase64EncodePolicy())
        client.send_message(body, visibility_timeout=delay, time_to_live=-1)

    def receive(self, queue: str) -> list[QueueMessage]:
        client = self.service.get_queue_client(queue, message_decode_policy=TextBase64DecodePolicy())
        return list(
            client.receive_messages(
                messages_per_page=AT_ONCE, max_messages=AT_ONCE, visibility_timeout=_INVISIBLE_SECONDS
            )
        )

    def delete(self, queue: str, message: QueueMessage) -> None:
        self.service.get_queue_client(queue).delete_message(message)


@dataclass(frozen=True, slots=True)
class Stages:
    """The stages over one storage."""

    queues: Queues
    runner: Runner
    pool: ThreadPoolExecutor

    def run(self, measured: Measured, meter: Meter) -> None:
        """Run the stages one after the other; each begins when the one before has nothing left."""
        for name in STAGES:
            with measured.stage(name, meter):
                self._begin(name)
                self._drain(name)
        with measured.stage(SYNC, meter):
            # what posting sends back to Dataverse by a table map
            self._drain(SYNC)

    def _begin(self, name: str) -> None:
        if name == IMPORT:
            count = 0
            while self.runner.run(f"{name} {count}", import_tick):
                # more proposals than a tick imports itself are handed to the queue
                self._drain(ImportProposal.name)
                count += 1
        if name == POST:
            self.runner.run(name, request_postings)

    def _drain(self, queue: str) -> None:
        if queue == IMPORT:
            return
        while messages := self.queues.receive(queue):
            list(self.pool.map(lambda message: self._one(queue, message), messages))

    def _one(self, queue: str, message: QueueMessage) -> None:
        body = str(message.content)
        self.runner.run(body, lambda store, sender: work_on(store, sender, body))
        self.queues.delete(queue, message)


def confirmations(invoices: Sequence[str]) -> Iterator[ConfirmInvoice]:
    """Make the commands that start the line."""
    for invoice in invoices:
        yield ConfirmInvoice(
            command=derive_id("bench-confirm", invoice),
            correlation=derive_id("bench-correlation", invoice),
            requested_at=NOW,
            invoice=invoice,
            confirmed_on=INVOICE_DATE,
        )


def body_of(command: Command) -> tuple[str, str]:
    """Give the queue and the body of a command."""
    return command.name, encode(command)


def work_on(store: RowStore, sender: CommandSender, body: str) -> int:
    """Do what a message asks for."""
    _check(perform(store, sender, decode(body)))
    return 1


def import_tick(store: RowStore, sender: CommandSender) -> int:
    """Run Import from staging once; gives how many pieces of work it found."""
    return sum(_check(outcome) for outcome in import_from_staging(store, sender, NOW))


def request_postings(store: RowStore, sender: CommandSender) -> int:
    """Send, as the clerk would, a command for every proposal that can be posted."""
    commands = [posting_command(work, NOW, INVOICE_DATE) for work in read_pending(store, WorkKind.POST_PROPOSAL)]
    sender.send(commands)
    return len(commands)


def _check(outcome: Outcome) -> int:
    if outcome.problems:
        raise RuntimeError(f"{outcome.document}: {outcome.problems[0].sentence}")
    return 1
