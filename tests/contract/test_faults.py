"""Each fault of one request means the same over the three stores and the two senders."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from azure.storage.queue import LinearRetry, QueueServiceClient

from domain.commands import Command, PostJournal
from domain.errors import OutcomeUnknown, StoreError
from domain.identifiers import derive_id
from domain.ports import CommandSender, RowStore
from domain.rows import Insert, RowKey
from domain.tables import Table
from functions.messages import encode
from functions.settings import StorageConnection
from functions.storage.queues import AzureCommandSender
from tests.contract.conftest import QUEUES, TRIES, MemorySenderUnderTest, SenderUnderTest, StoreUnderTest
from tests.contract.faulty_transport import Fault, FaultyTransport

TABLE = Table.FINANCE_INTEGRATION_JOURNAL_LINES
WHEN = datetime(2026, 8, 27, 12, tzinfo=UTC)
# the faults of one request, or of all its tries; what the caller is told; whether it was done
WRITES = {
    "never sent": ((Fault.NEVER_SENT,), "OutcomeUnknown", False),
    "done, the answer lost": ((Fault.ANSWER_LOST,), "OutcomeUnknown", True),
    "done, answered 503": ((Fault.COMMITTED_THEN_503,), "AlreadyExists", True),
    "throttled once": ((Fault.THROTTLED,), "done", True),
    "throttled for ever": ((Fault.THROTTLED,) * TRIES, "OutcomeUnknown", False),
}
READS = {name: faults for name, (faults, _, _) in WRITES.items() if len(faults) == 1}
PAGE_ROWS = 2
type MakeKey = Callable[[object], str]


@pytest.fixture(autouse=True)
def _patient(monkeypatch: pytest.MonkeyPatch) -> None:
    # retries wait; here they need not
    monkeypatch.setattr(time, "sleep", lambda _: None)


def told_by(act: Callable[[], object]) -> str:
    try:
        act()
    except StoreError as error:
        return type(error).__name__
    return "done"


def numbers(store: RowStore, partition: str) -> list[object]:
    pages = store.read_pages(TABLE, partition, page_rows=PAGE_ROWS)
    return [row.columns["number"] for page in pages for row in page]


@pytest.mark.parametrize("rows", [1, 5])
@pytest.mark.parametrize("case", WRITES)
def test_a_write_is_done_or_not_and_told_alike(
    under_test: StoreUnderTest, partition: str, row: MakeKey, case: str, rows: int
) -> None:
    faults, told, is_done = WRITES[case]
    inserts = [Insert(row(number), {"number": number}) for number in range(rows)]
    under_test.plan(*faults)
    assert told_by(lambda: under_test.store.write(TABLE, partition, inserts)) == told
    assert numbers(under_test.store, partition) == (list(range(rows)) if is_done else [])
    # all planned faults have struck: the next write is done as ever
    after = [Insert(row(9), {"number": 9})]
    assert told_by(lambda: under_test.store.write(TABLE, partition, after)) == "done"


@pytest.fixture
def five(under_test: StoreUnderTest, partition: str, row: MakeKey) -> RowStore:
    under_test.store.write(TABLE, partition, [Insert(row(number), {"number": number}) for number in range(5)])
    return under_test.store


@pytest.mark.parametrize("case", READS)
def test_a_row_is_found_or_nobody_knows(
    under_test: StoreUnderTest, five: RowStore, partition: str, row: MakeKey, case: str
) -> None:
    def find() -> None:
        found = five.find(TABLE, RowKey(partition, row(3)))
        assert found is not None
        assert found.columns == {"number": 3}

    under_test.plan_reads(*READS[case])
    # never that there is no such row
    assert told_by(find) in {"done", "OutcomeUnknown"}
    assert told_by(find) == "done"


@pytest.mark.parametrize("case", READS)
@pytest.mark.parametrize("pages_before", [0, 1])
def test_no_page_is_left_out(
    under_test: StoreUnderTest, five: RowStore, partition: str, case: str, pages_before: int
) -> None:
    seen: list[object] = []

    def read() -> None:
        for count, page in enumerate(five.read_pages(TABLE, partition, page_rows=PAGE_ROWS), start=1):
            seen.extend(each.columns["number"] for each in page)
            if count == pages_before:
                under_test.plan_reads(*READS[case])

    under_test.plan_reads(*(READS[case] if not pages_before else ()))
    told = told_by(read)
    # all of them, or those that came before and an error: never an end too early
    expected = {"done": list(range(5)), "OutcomeUnknown": list(range(PAGE_ROWS * pages_before))}
    assert seen == expected[told]
    assert numbers(five, partition) == list(range(5))


def test_a_read_that_is_throttled_for_ever_is_told(
    under_test: StoreUnderTest, five: RowStore, partition: str, row: MakeKey
) -> None:
    under_test.plan_reads(*[Fault.THROTTLED] * TRIES)
    with pytest.raises(OutcomeUnknown):
        five.find(TABLE, RowKey(partition, row(3)))
    under_test.plan_reads(*[Fault.THROTTLED] * TRIES)
    with pytest.raises(OutcomeUnknown):
        next(iter(five.read_pages(TABLE, partition)))
    assert numbers(five, partition) == list(range(5))


def _faulty_in_memory(under_test: MemorySenderUnderTest, fault: Fault) -> CommandSender:
    faults, queues = [fault], under_test.sender

    def strike(*wanted: Fault) -> None:
        if faults and faults[0] in wanted:
            raise OutcomeUnknown(faults.pop().value)

    def after(_: Command) -> None:
        strike(Fault.ANSWER_LOST)
        if faults and faults.pop() is Fault.COMMITTED_THEN_503:
            queues.waiting.append(queues.waiting[-1])

    queues.before_send = lambda _: strike(Fault.NEVER_SENT, Fault.THROTTLED)
    queues.after_send = after
    return queues


def _faulty_client(connection: StorageConnection, fault: Fault) -> CommandSender:
    # its own try again is the fault where the storage answers 503 to what it has done; else it is in the way
    tries = 1 if fault is Fault.COMMITTED_THEN_503 else 0
    transport = FaultyTransport()
    transport.plan = [fault]
    service = QueueServiceClient.from_connection_string(
        connection.connection_string,
        transport=transport,
        retry_policy=LinearRetry(backoff=0, retry_total=tries, random_jitter_range=0),
    )
    return AzureCommandSender(service, QUEUES, encode)


@pytest.mark.parametrize(
    ("fault", "told", "copies"),
    [
        (Fault.NEVER_SENT, "OutcomeUnknown", 0),
        (Fault.THROTTLED, "OutcomeUnknown", 0),
        (Fault.ANSWER_LOST, "OutcomeUnknown", 1),
        (Fault.COMMITTED_THEN_503, "done", 2),
    ],
)
def test_a_command_is_sent_or_told_as_unknown(
    sender_under_test: SenderUnderTest, connection: StorageConnection, fault: Fault, told: str, copies: int
) -> None:
    wish = derive_id("command", fault.name)
    command = PostJournal(command=wish, correlation=wish, requested_at=WHEN, journal=derive_id("journal", fault.name))
    if isinstance(sender_under_test, MemorySenderUnderTest):
        sender = _faulty_in_memory(sender_under_test, fault)
    else:
        sender = _faulty_client(connection, fault)
    # twice is allowed, not at all and "done" is not
    assert told_by(lambda: sender.send([command])) == told
    assert sender_under_test.count(PostJournal) == copies
    sender.send([command])
    assert sender_under_test.count(PostJournal) == copies + 1
