"""The host model's small parts: messages, the functions of the queues, the settings, and rows that can be copied."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import NamedTuple, Self, cast

from azure.functions.queue import QueueMessage

import functions.invocation
from domain.commands import COMMANDS, Command
from domain.ports import Clock
from domain.rows import Operation, StoredRow
from domain.tables import Table
from functions.invocation import run_command
from functions.poison_messages import record_poison
from functions.settings import Settings
from functions.storage.memory import MemoryQueues, MemoryRowStore
from functions.wiring import Wiring
from tests.fakes.frozen_clock import FrozenClock
from tests.line import ADATUM, COHO, DANISH, SAMPLES, SHARED, START, Line
from tests.properties.histories import OWN

REPOSITORY = Path(__file__).resolve().parents[2]
# times that a command, a person or a timer tries the same before it is given up or somebody restores the service
TRIES_MAX = 3


class Asked(NamedTuple):
    """One request, of the storage or of a queue: what stands behind an outage."""

    method: str
    place: str
    row: str

    @property
    def service(self) -> tuple[str, str]:
        """What an outage befalls: this kind of request to this table or queue."""
        return self.method, self.place


class Message(NamedTuple):
    """A message in its queue."""

    visible_at: datetime
    number: int
    kind: type[Command]
    body: bytes
    deliveries: int = 0
    is_poison: bool = False


class StoryStore(MemoryRowStore):
    """Rows in memory that can do the last transaction once more, as a client does that was answered 503."""

    last: tuple[Table, str, Sequence[Operation]] | None = None

    def __init__(self, clock: Clock) -> None:
        """Start empty."""
        super().__init__(clock)
        # partitions that no other store shares
        self._own: set[tuple[Table, str]] = set()

    def _commit(self, table: Table, partition: str, operations: Sequence[Operation]) -> None:
        place = (table, partition)
        if place not in self._own:
            shared = self._partitions[place]
            self._partitions[place] = type(shared)(dict(shared.rows), list(shared.order))
            self._own.add(place)
        super()._commit(table, partition, operations)
        self.last = (table, partition, operations)

    def try_again(self) -> None:
        """Do the last transaction again; the storage refuses what its first try has made true already."""
        if self.last is not None:
            MemoryRowStore._commit(self, *self.last)

    def twin(self, clock: Clock) -> Self:
        """Make another store with the same rows in the same versions."""
        other = type(self)(clock)
        other.become(self)
        return other

    def become(self, other: "StoryStore") -> None:
        """Take the rows of another store; both share each partition until one of them writes to it."""
        self._partitions, self._version = other._partitions.copy(), other._version
        self._own.clear()
        other._own.clear()


@cache
def samples() -> StoryStore:
    """The sample legal entities and contracts with all set-up, without transactions."""
    line = Line(StoryStore(FrozenClock(START)), MemoryQueues(FrozenClock(START)), FrozenClock(START))
    for name in (*SHARED, ADATUM, COHO, DANISH):
        for file in sorted((SAMPLES / name).rglob("*.json")):
            if not any(own in file.name for own in OWN):
                line.load(file.name, file.read_bytes())
    line.drain()
    return cast(StoryStore, line.store)


@cache
def kind_of(queue: str) -> type[Command]:
    """The kind of command that a queue carries."""
    names = settings().queues
    return next(kind for kind in COMMANDS if names[kind.name] == queue)


def hand_over(wiring: Wiring, message: Message) -> None:
    """Call the function of the queue, where the same wiring is set."""
    body = QueueMessage(id=str(message.number), body=message.body, dequeue_count=message.deliveries)
    if message.is_poison:
        record_poison(wiring, message.kind, body.get_body())
    else:
        run_command(body, message.kind)


@contextmanager
def wired(wiring: Wiring) -> Iterator[Wiring]:
    """Let the triggers find this wiring."""
    # as often as a message is delivered: the patching of pytest takes longer than some deliveries
    names = vars(functions.invocation)
    before = names["wiring"]
    names["wiring"] = lambda: wiring
    try:
        yield wiring
    finally:
        names["wiring"] = before


@cache
def settings() -> Settings:
    """The settings of the repository, as the host reads them, but for the number of tries: what takes long is slow."""
    read = Settings.from_env(json.loads((REPOSITORY / "local.settings.json").read_text())["Values"])
    return replace(read, retries=replace(read.retries, tries_max=TRIES_MAX))


@cache
def deliveries_max() -> int:
    """How often the host delivers a message."""
    host = json.loads((REPOSITORY / "host.json").read_text())
    return int(host["extensions"]["queues"]["maxDequeueCount"])


def rows_of(store: MemoryRowStore) -> dict[tuple[Table, str], dict[str, StoredRow]]:
    """All rows, shared and not copied: for comparing."""
    return {place: partition.rows for place, partition in store._partitions.items() if partition.rows}
