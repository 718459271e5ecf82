"""A whole story on the emulator, with a fault at one request, below the retries of the clients."""

import base64
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import batched, groupby
from typing import NamedTuple

import pytest

from domain.commands import Command
from domain.errors import InvoicingError
from domain.ports import Clock
from domain.rows import Insert
from domain.tables import Table
from functions.messages import decode, encode
from functions.settings import StorageConnection
from functions.storage.clients import lean_store, queue_service
from functions.storage.memory_queues import MemoryQueues
from functions.storage.queues import AzureCommandSender
from tests.contract.faulty_transport import DOUBTS, Fault, FaultyTransport
from tests.e2e.account import QUEUES, Account
from tests.e2e.differences import differences
from tests.e2e.hosted_line import PeoplesLine
from tests.e2e.journey import invoices
from tests.fakes.frozen_clock import FrozenClock
from tests.faults.oracles import assert_through
from tests.line import COHO, CONTRACT_COHO, START, Line
from tests.workflows.restless import named
from tools.devhost.azurite import Azurite

SEED = 20260831
# most of the requests read, and a single fault of a read is mended by the client
READS, WRITES = 1, 3
TRIES_MAX = 5


class EmulatedQueues(MemoryQueues):
    """Real queues of which a driver takes the messages one by one; what shall wait comes at once."""

    def __init__(self, clock: Clock, account: Account, transport: FaultyTransport) -> None:
        super().__init__(clock)
        self._account = account
        connection = StorageConnection(account.connection_string, "", "", "", "")
        service = queue_service(connection, transport=transport)
        self._sender = AzureCommandSender(service, {name: name for name in QUEUES}, encode)
        # queues in which something may wait
        self._used: list[str] = []

    def send(self, commands: Sequence[Command], *, delay_seconds: int = 0) -> None:
        self._used += [each.name for each in commands if each.name not in self._used]
        self._sender.send(commands)

    def take(self) -> Command | None:
        while self._used:
            with self._account.queue(self._used[0]) as queue:
                message = queue.receive_message()
                if message is not None:
                    queue.delete_message(message)
                    return decode(base64.b64decode(message.content))
            self._used.pop(0)
        return None


class Where(NamedTuple):
    """A request of the run without a fault."""

    is_read: bool
    at: int


@dataclass(frozen=True, slots=True)
class Emulated:
    """The emulator, and what the story begins with."""

    account: Account
    begin: Line

    def run(self, transport: FaultyTransport, where: Where | None = None, fault: Fault | None = None) -> PeoplesLine:
        """Run the story over empty tables, with a fault at one request."""
        self.account.empty()
        quick = lean_store(self.account.tables)
        for table in Table:
            for partition, rows in groupby(self.begin.rows(table), key=lambda row: row.key.partition):
                for some in batched(rows, 100, strict=False):
                    quick.write(table, partition, [Insert(row.key.row, row.columns) for row in some])
        clock = FrozenClock(START)
        store = lean_store(self.account.tables, transport=transport)
        queues = EmulatedQueues(clock, self.account, transport)
        line = PeoplesLine(store, queues, clock, account=self.account)
        if where is not None:
            plan = [*[None] * where.at, fault]
            transport.plan, transport.plan_of_reads = ([], plan) if where.is_read else (plan, [])
        play(line)
        return line


def play(line: Line) -> None:
    """From the backlog to the customer invoice; who gets an error does the same again."""
    again(lambda: line.mark_ready(CONTRACT_COHO))
    again(lambda: line.create_proforma(CONTRACT_COHO))
    line.drain()
    again(lambda: [line.confirm(each.invoice) for each in invoices(line)])
    again(line.finish)
    again(line.finish)


def again(act: Callable[[], object]) -> None:
    for _ in range(TRIES_MAX):
        try:
            act()
        except InvoicingError as error:
            told = error
        else:
            return
    raise told


@pytest.fixture
def emulated(azurite: Azurite, monkeypatch: pytest.MonkeyPatch) -> Iterator[Emulated]:
    # retries wait; here they need not
    monkeypatch.setattr(time, "sleep", lambda _: None)
    begin = Line.in_memory()
    begin.load_samples(COHO)
    begin.drain()
    with Account.open(azurite.connection_string) as account:
        yield Emulated(account, begin)


def test_a_fault_at_a_request_leaves_what_a_run_without_one_leaves(
    emulated: Emulated, record_property: Callable[[str, object], None]
) -> None:
    expected = emulated.begin.twin()
    play(expected)
    with FaultyTransport() as transport:
        line = emulated.run(transport)
        assert_through(line)
        assert differences(named(expected), named(line)) == []
        reads = sum(method == "GET" for method, _ in transport.sent)
        requests, chance, wrong = len(transport.sent), random.Random(SEED), list[str]()
        chosen = [Where(is_read=True, at=at) for at in chance.sample(range(reads), READS)]
        chosen += [Where(is_read=False, at=at) for at in chance.sample(range(requests - reads), WRITES)]
        for where in chosen:
            for fault in DOUBTS:
                found = differences(named(expected), named(emulated.run(transport, where, fault)))
                assert not transport.plan
                assert not transport.plan_of_reads
                wrong += [f"{where}, {fault.name}: {each}" for each in found]
    assert wrong == []
    counts = {"requests": requests, "of them with faults": len(chosen), "runs": len(chosen) * len(DOUBTS)}
    record_property("proof", ("Emulator", counts))
