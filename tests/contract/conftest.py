"""The three stores and the two senders that the suites run over, each behind one small harness."""

import base64
from collections.abc import Callable, Iterator
from itertools import takewhile
from typing import Protocol
from uuid import NAMESPACE_URL, uuid5

import pytest
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueClient, QueueServiceClient

from domain.commands import COMMANDS, Command
from domain.errors import AlreadyExists, OutcomeUnknown
from domain.ports import CommandSender, RowStore
from functions.messages import decode, encode
from functions.settings import StorageConnection
from functions.storage import clients
from functions.storage.clients import queue_service, table_service
from functions.storage.ensure import ensure_storage
from functions.storage.memory import Call, MemoryQueues, MemoryRowStore
from functions.storage.queues import AzureCommandSender
from functions.storage.tables import AzureRowStore
from tests.contract.faulty_transport import Fault, FaultyTransport
from tests.fakes.frozen_clock import FrozenClock
from tools.devhost.azurite import Azurite

QUEUES = {command.name: command.name for command in COMMANDS}
# of one request, by the client
TRIES = clients.RETRIES_MAX + 1


class StoreUnderTest(Protocol):
    """A store, and faults for its next writes or reads."""

    @property
    def store(self) -> RowStore: ...

    def plan(self, *faults: Fault) -> None: ...

    def plan_reads(self, *faults: Fault) -> None: ...


class MemoryStoreUnderTest:
    """Faults by the hooks of the in-memory store."""

    def __init__(self, store: MemoryRowStore) -> None:
        self.store = store
        self._plan: list[Fault] = []
        self._plan_of_reads: list[Fault] = []
        store.before_call = self._before
        store.after_call = self._after

    def plan(self, *faults: Fault) -> None:
        self._plan = list(faults)

    def plan_reads(self, *faults: Fault) -> None:
        self._plan_of_reads = list(faults)

    def _of(self, call: Call) -> list[Fault]:
        return self._plan if call.method == "write" else self._plan_of_reads

    def _before(self, call: Call) -> None:
        plan = self._of(call)
        if plan[:1] == [Fault.NEVER_SENT]:
            plan.pop(0)
            raise OutcomeUnknown("the connection was refused")
        refusals = len(list(takewhile(lambda fault: fault is Fault.THROTTLED, plan)))
        del plan[: min(refusals, TRIES)]
        # fewer are mended by the client's own retries
        if refusals >= TRIES:
            raise OutcomeUnknown("the storage answered 503")

    def _after(self, call: Call) -> None:
        plan = self._of(call)
        fault = plan.pop(0) if plan else None
        if fault is Fault.ANSWER_LOST:
            raise OutcomeUnknown("the connection was closed")
        if fault is Fault.COMMITTED_THEN_503 and call.method == "write":
            raise AlreadyExists("the client tried again and met its own row")


class AzureStoreUnderTest:
    """Faults below the client's own retries."""

    def __init__(self, store: RowStore, transport: FaultyTransport) -> None:
        self.store = store
        self._transport = transport

    def plan(self, *faults: Fault) -> None:
        self._transport.plan = list(faults)

    def plan_reads(self, *faults: Fault) -> None:
        self._transport.plan_of_reads = list(faults)


class SenderUnderTest(Protocol):
    """A sender, and what a reader sees of its queues."""

    @property
    def sender(self) -> CommandSender: ...

    def visible(self, kind: type[Command]) -> list[Command]: ...

    def count(self, kind: type[Command]) -> int: ...


class MemorySenderUnderTest:
    def __init__(self, queues: MemoryQueues) -> None:
        self.sender = queues

    def visible(self, kind: type[Command]) -> list[Command]:
        taken = list(iter(self.sender.take, None))
        return [command for command in taken if isinstance(command, kind)]

    def count(self, kind: type[Command]) -> int:
        return sum(isinstance(each.command, kind) for each in self.sender.waiting)


class AzureSenderUnderTest:
    def __init__(self, service: QueueServiceClient) -> None:
        self.sender = AzureCommandSender(service, QUEUES, encode)
        self._service = service

    def queue(self, kind: type[Command]) -> QueueClient:
        return self._service.get_queue_client(kind.name)

    def visible(self, kind: type[Command]) -> list[Command]:
        # as the host reads: base64 is taken off by hand, and nothing else is done to the text
        return [decode(base64.b64decode(message.content)) for message in self.queue(kind).receive_messages()]

    def count(self, kind: type[Command]) -> int:
        return self.queue(kind).get_queue_properties().approximate_message_count or 0


@pytest.fixture(scope="session")
def connection(azurite: Azurite) -> StorageConnection:
    return StorageConnection(azurite.connection_string, "", "", "", "")


@pytest.fixture(scope="session")
def transport() -> FaultyTransport:
    return FaultyTransport()


@pytest.fixture(scope="session")
def tables(connection: StorageConnection, transport: FaultyTransport) -> Iterator[TableServiceClient]:
    with table_service(connection, transport=transport) as service:
        yield service


@pytest.fixture(scope="session")
def queues(connection: StorageConnection) -> Iterator[QueueServiceClient]:
    with queue_service(connection) as service:
        yield service


@pytest.fixture(scope="session")
def ensured(tables: TableServiceClient, queues: QueueServiceClient) -> None:
    ensure_storage(tables, queues, QUEUES.values())


@pytest.fixture
def azure_store(ensured: None, tables: TableServiceClient, transport: FaultyTransport) -> Iterator[AzureStoreUnderTest]:
    yield AzureStoreUnderTest(AzureRowStore(tables), transport)
    transport.plan, transport.plan_of_reads = [], []


@pytest.fixture
def lean_store(ensured: None, tables: TableServiceClient, transport: FaultyTransport) -> Iterator[AzureStoreUnderTest]:
    yield AzureStoreUnderTest(clients.lean_store(tables, transport=transport), transport)
    transport.plan, transport.plan_of_reads = [], []


@pytest.fixture(params=["azure_store", "lean_store"])
def table_store(request: pytest.FixtureRequest) -> AzureStoreUnderTest:
    """Each of the stores that a real account stands behind."""
    found: AzureStoreUnderTest = request.getfixturevalue(request.param)
    return found


@pytest.fixture(params=["memory", "azure_store", "lean_store"])
def under_test(request: pytest.FixtureRequest, frozen_clock: FrozenClock) -> StoreUnderTest:
    if request.param == "memory":
        return MemoryStoreUnderTest(MemoryRowStore(frozen_clock))
    found: StoreUnderTest = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def store(under_test: StoreUnderTest) -> RowStore:
    return under_test.store


@pytest.fixture
def azure_sender(ensured: None, queues: QueueServiceClient) -> AzureSenderUnderTest:
    for name in QUEUES.values():
        queues.get_queue_client(name).clear_messages()
    return AzureSenderUnderTest(queues)


@pytest.fixture(params=["memory", "azure"])
def sender_under_test(request: pytest.FixtureRequest, frozen_clock: FrozenClock) -> SenderUnderTest:
    if request.param == "memory":
        return MemorySenderUnderTest(MemoryQueues(frozen_clock, encode))
    found: SenderUnderTest = request.getfixturevalue("azure_sender")
    return found


@pytest.fixture
def partition(request: pytest.FixtureRequest) -> str:
    """A document of this test alone; the tables are the product's own and are shared by all tests."""
    return str(uuid5(NAMESPACE_URL, request.node.nodeid))


@pytest.fixture
def row(partition: str) -> Callable[[object], str]:
    """Make row keys that are unique in the whole table, as the product's are, and sort as the number does."""

    def key(number: object) -> str:
        return f"{number:05}|{partition}" if isinstance(number, int) else f"{number}|{partition}"

    return key
