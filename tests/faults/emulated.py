"""The world of the matrix over the emulator: its faults befall requests, below the clients' own retries."""

import base64
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import batched, groupby
from typing import Any, NamedTuple

from azure.core.exceptions import ServiceRequestError, ServiceResponseError
from azure.core.pipeline.transport import RequestsTransport

from domain.commands import Command
from domain.ports import Clock, RowStore
from domain.rows import Delete, Insert, Operation, RowKey, StoredRow
from domain.tables import Table
from functions.messages import decode, encode
from functions.settings import StorageConnection
from functions.storage.clients import RETRIES_MAX, lean_store, queue_service
from functions.storage.memory_queues import MemoryQueues, Waiting
from functions.storage.queues import AzureCommandSender
from tests.contract.faulty_transport import Busy
from tests.e2e.account import QUEUES, Account
from tests.fakes.frozen_clock import FrozenClock
from tests.faults.host import Asked, StoryStore, rows_of
from tests.faults.kinds import (
    ANSWER_LOST,
    DIES_AFTER,
    DIES_BEFORE,
    DONE_THEN_503,
    NEVER_SENT,
    OTHER_WORKER,
    SLOW,
    THROTTLED_FOR_EVER,
    THROTTLED_ONCE,
    Effect,
    Fault,
    Moment,
)
from tests.faults.matrix import Run, ends_alike, same_rows, settle
from tests.faults.single import unaccounted
from tests.faults.world import STEPS_MAX, Step, StoryLine, World
from tests.line import START

# of one request, by the client
TRIES = RETRIES_MAX + 1
# the client mends it
BUSY_ONCE = Fault("throttled once", Moment.BEFORE, Effect.BUSY)
# longer than the client and we ourselves try, so that the delivery fails
BUSY_FOR_A_WHILE = Fault(THROTTLED_ONCE.name, Moment.BEFORE, Effect.BUSY, THROTTLED_ONCE.calls * TRIES)
EMULATED_FAULTS = (
    NEVER_SENT,
    ANSWER_LOST,
    DONE_THEN_503,
    BUSY_ONCE,
    BUSY_FOR_A_WHILE,
    THROTTLED_FOR_EVER,
    OTHER_WORKER,
    DIES_BEFORE,
    DIES_AFTER,
    SLOW,
)
# what a request says first of a table: its address, in the address of the request or of a part of its body
TABLE = re.compile(r"/devstoreaccount1/(\w+)")
QUEUE = re.compile(r"/devstoreaccount1/([\w-]+)/messages")
READ, WRITE = "read", "write"
REFUSALS = TOO_MANY, UNAVAILABLE = 429, 503


class NoAnswer(Exception):
    """The transport shall lose the request, or its answer."""


class Answer(Exception):
    """The storage shall answer this status."""


class HookedTransport(RequestsTransport):  # type: ignore[misc]  # azure-core hides its type behind a lazy import
    """Sends for real, and does to each request what the hooks raise."""

    def __init__(self) -> None:
        super().__init__()
        self.before: Callable[[Asked], None] = _nothing
        self.after: Callable[[Asked], None] = _nothing
        # tables and queues
        self.written: set[str] = set()
        self._busy = {
            status: RequestsTransport(session=Busy(status), session_owner=False) for status in (TOO_MANY, UNAVAILABLE)
        }

    def send(self, request: Any, **kwargs: Any) -> Any:
        asked = _asked(request)
        if asked.method == WRITE:
            self.written.add(asked.place)
        try:
            self.before(asked)
        except NoAnswer as error:
            raise ServiceRequestError("the connection was refused") from error
        except Answer as answer:
            return self._busy[answer.args[0]].send(request, **kwargs)
        response = super().send(request, **kwargs)
        # to its end, so that the connection is free again although nobody may look at the answer
        _ = response.internal_response.content
        try:
            self.after(asked)
        except NoAnswer as error:
            raise ServiceResponseError("the connection was closed") from error
        except Answer as answer:
            response.status_code = answer.args[0]
        return response


def _nothing(_: Asked) -> None:
    return None


def _asked(request: Any) -> Asked:
    content = request.content if hasattr(request, "content") else request.body
    text = content.decode(errors="replace") if isinstance(content, bytes) else str(content or "")
    address = str(request.url)
    queue, table = QUEUE.search(address), TABLE.search(text if "/$batch" in address else address)
    place = queue[1] if queue else table[1] if table else ""
    return Asked(READ if request.method == "GET" else WRITE, place, f"{request.method} {len(text)} bytes")


class EmulatedStore(StoryStore):
    """The lean store, and a look at whole tables past the transport."""

    def __init__(self, clock: Clock, store: RowStore, account: Account, letters: set[str]) -> None:
        super().__init__(clock)
        self._store, self._account = store, account
        # keys of the dead letters that somebody has begun to write
        self._letters = letters

    def find(self, table: Table, key: RowKey) -> StoredRow | None:
        return self._store.find(table, key)

    def read_pages(self, table: Table, partition: str, **how: Any) -> Iterator[Sequence[StoredRow]]:
        return self._store.read_pages(table, partition, **how)

    def write(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        if table is Table.INVOICING_DEAD_LETTERS:
            self._letters |= {RowKey(partition, each.row).text for each in operations}
        self._store.write(table, partition, operations)

    def rows(self, table: Table) -> list[StoredRow]:
        return self._account.rows(table)


class _Noted(NamedTuple):
    order: int
    visible_at: datetime


class EmulatedQueues(MemoryQueues):
    """Real queues; the driver remembers in which order it has sent and what shall come later."""

    def __init__(self, clock: Clock, account: Account, transport: HookedTransport) -> None:
        super().__init__(clock)
        self._account = account
        connection = StorageConnection(account.connection_string, "", "", "", "")
        service = queue_service(connection, transport=transport)
        self._sender = AzureCommandSender(service, {name: name for name in QUEUES}, encode)
        self._notes: dict[str, _Noted] = {}
        self._used: set[str] = set()

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        visible_at = self.clock.now() + timedelta(seconds=delay_seconds)
        for command in commands:
            self._notes[encode(command)] = _Noted(len(self._notes), visible_at)
        try:
            self._sender.send(commands)
        finally:
            # not before: another worker may come first, and look for what it has sent itself
            self._used |= {command.name for command in commands}

    def collect(self) -> Iterator[Waiting]:
        """Take everything, in the order in which it was sent."""
        taken: list[str] = []
        while self._used:
            with self._account.queue(self._used.pop()) as queue:
                for message in queue.receive_messages():
                    queue.delete_message(message)
                    taken.append(base64.b64decode(message.content).decode())
        for body in sorted(taken, key=lambda body: self._notes[body].order):
            yield Waiting(self._notes[body].visible_at, decode(body.encode()))


class EmulatedLine(StoryLine):
    """What people do and see over the emulator."""

    def rows(self, table: Table) -> Sequence[StoredRow]:
        assert isinstance(self.store, EmulatedStore)
        return self.store.rows(table)


class EmulatedWorld(World):
    """Both systems, the host and the people over the emulator."""

    transport: HookedTransport

    @property
    def line(self) -> StoryLine:
        return EmulatedLine(self.store, self.queues, self.clock, is_again=self.tries > 0 or self.struck > 0)

    @property
    def is_at_rest(self) -> bool:
        self.collect()
        return super().is_at_rest

    def collect(self) -> None:
        assert isinstance(self.queues, EmulatedQueues)
        self.queues.waiting += self.queues.collect()
        super().collect()

    def _hooked(self) -> "EmulatedWorld":
        self.transport.before, self.transport.after = self._before, self._after
        return self

    def _before(self, asked: Asked) -> None:
        self._calls += 1
        self.asked.append(asked)
        if self.outage == asked.service:
            raise Answer(TOO_MANY)
        self._strike(asked, Moment.BEFORE)

    def _befall(self, effect: Effect, asked: Asked) -> None:
        match effect:
            case Effect.LOSE:
                raise NoAnswer
            case Effect.BUSY | Effect.TRY_AGAIN:
                raise Answer(UNAVAILABLE)
            case Effect.OUTAGE:
                self.outage = asked.service
                raise Answer(TOO_MANY)
            case _:
                super()._befall(effect, asked)


@dataclass(slots=True)
class Emulator:
    """The emulator, what is known to stand in it, and worlds over it."""

    account: Account
    transport: HookedTransport
    known: StoryStore = field(default_factory=lambda: StoryStore(FrozenClock(START)))

    def world(self, other: World) -> EmulatedWorld:
        """Bring the tables to another world's moment, and go on from there."""
        self._become(other.store)
        letters, clock = set(other.letters), FrozenClock(other.clock.now())
        store = EmulatedStore(clock, lean_store(self.account.tables, transport=self.transport), self.account, letters)
        world = EmulatedWorld(other.story, clock, store, EmulatedQueues(clock, self.account, self.transport))
        world.transport, world.letters = self.transport, letters
        world.messages, world.number = list(other.messages), other.number
        world.position, world.tries = other.position, other.tries
        world.received, world.done, world.replayed = other.received, other.done, other.replayed
        return world._hooked()

    def look(self) -> StoryStore:
        """Read all tables; those to which nobody has written since are known."""
        written = [table for table in Table if table in self.transport.written]
        self.transport.written.clear()
        fresh = self.known.twin(FrozenClock(START))
        for place in [place for place in fresh._partitions if place[0] in written]:
            del fresh._partitions[place]
        for table in written:
            for partition, rows in groupby(self.account.rows(table), key=lambda row: row.key.partition):
                _write(fresh, table, partition, (Insert(row.key.row, row.columns) for row in rows))
        self.known = fresh
        return fresh

    def _become(self, wanted: StoryStore) -> None:
        quick, stands, wants = lean_store(self.account.tables), rows_of(self.look()), rows_of(wanted)
        for table, partition in sorted(stands.keys() | wants.keys()):
            before, after = (rows.get((table, partition), {}) for rows in (stands, wants))
            different = [row for row in before if row not in after or after[row].columns != before[row].columns]
            fresh = [row for row in after if row not in before or row in different]
            if not different and not fresh:
                continue
            _write(quick, table, partition, (Delete(row) for row in different))
            _write(quick, table, partition, (Insert(row, after[row].columns) for row in fresh))
            self.transport.written.add(table)


def _write(store: RowStore, table: Table, partition: str, operations: Iterable[Operation]) -> None:
    for some in batched(operations, 100, strict=False):
        store.write(table, partition, some)


def requests(emulator: Emulator, run: Run) -> Iterator[tuple[Step, Sequence[Asked]]]:
    """Run a story without a fault; gives what each step asked for."""
    world = emulator.world(World.begin(run.story))
    for step in run.steps:
        assert world.next_name() == step.name
        world.asked.clear()
        assert world.step()
        yield step, tuple(world.asked)
    assert not world.step()


def tried_for_real(emulator: Emulator, run: Run, step: Step, fault: Fault, at: int) -> list[str]:
    """Let a fault befall a request of a step, go on until all stands as without it; says what does not."""
    world = emulator.world(step.before)
    world.arm(fault, at)
    for _ in range(STEPS_MAX):
        if not world.step():
            break
        is_between = world.struck and not world.awaits_fault and not world.tries and not world.letters
        if is_between and world.is_at_rest and same_rows(run.rests[world.position], emulator.look()):
            return unaccounted(world)
    else:
        raise AssertionError(f"{run.story.name} goes round in circles")
    world.disarm()
    settle(world)
    seen = step.before.twin()
    seen.position, seen.store = world.position, emulator.look()
    missed = [] if world.struck else ["the fault did not strike"]
    return [*missed, *ends_alike(run, seen), *unaccounted(world)]
