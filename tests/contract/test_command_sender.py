"""What every CommandSender does: run over the one in memory and over Queue Storage as the emulator has it."""

import base64
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import ClassVar

import pytest
from azure.storage.queue import LinearRetry, QueueServiceClient

from domain.commands import ConfirmInvoice, PostJournal, SyncTableMap
from domain.errors import BadSettings, LimitExceeded, OutcomeUnknown, StoreError
from domain.identifiers import derive_id
from domain.limits import DELAY_SECONDS_MAX, MESSAGE_BYTES_MAX
from functions.messages import encode
from functions.settings import StorageConnection
from functions.storage.queues import AzureCommandSender
from tests.contract.conftest import QUEUES, AzureSenderUnderTest, SenderUnderTest
from tests.contract.faulty_transport import Fault, FaultyTransport

WHEN = datetime(2026, 8, 27, 12, tzinfo=UTC)


def post_journal(number: int) -> PostJournal:
    wish = derive_id("command", number)
    return PostJournal(command=wish, correlation=wish, requested_at=WHEN, journal=derive_id("journal", number))


def sync(partition: str) -> SyncTableMap:
    wish = derive_id("command", partition)
    return SyncTableMap(
        command=wish, correlation=wish, requested_at=WHEN, map="actuals", partition=partition, first="a", last="z|é"
    )


class Noted(PostJournal):
    """A command that can be of any size, which no real one can."""

    name: ClassVar[str] = PostJournal.name
    note: str


def noted(size: int) -> Noted:
    command = Noted(**dict(post_journal(1)), note="")
    return command.model_copy(update={"note": "x" * (size - len(encode(command)))})


def test_every_command_is_one_message_in_order(sender_under_test: SenderUnderTest) -> None:
    commands = [post_journal(number) for number in range(3)]
    sender_under_test.sender.send(commands)
    assert sender_under_test.count(PostJournal) == 3
    seen = [*sender_under_test.visible(PostJournal)]
    assert seen == commands


def test_commands_go_to_the_queue_of_their_kind(sender_under_test: SenderUnderTest) -> None:
    sender_under_test.sender.send([post_journal(1), sync("日本 | 'x'")])
    assert sender_under_test.count(PostJournal) == 1
    assert sender_under_test.count(SyncTableMap) == 1
    assert sender_under_test.count(ConfirmInvoice) == 0
    assert sender_under_test.visible(SyncTableMap) == [sync("日本 | 'x'")]


def test_nothing_to_send_sends_nothing(sender_under_test: SenderUnderTest) -> None:
    sender_under_test.sender.send([])
    assert sender_under_test.count(PostJournal) == 0


def test_a_delayed_command_waits_unseen(sender_under_test: SenderUnderTest) -> None:
    sender_under_test.sender.send([post_journal(1)], delay_seconds=DELAY_SECONDS_MAX)
    assert sender_under_test.count(PostJournal) == 1
    assert sender_under_test.visible(PostJournal) == []


@pytest.mark.parametrize("seconds", [-1, DELAY_SECONDS_MAX + 1])
def test_a_delay_over_seven_days_is_refused(sender_under_test: SenderUnderTest, seconds: int) -> None:
    with pytest.raises(LimitExceeded, match="seven days"):
        sender_under_test.sender.send([post_journal(1)], delay_seconds=seconds)
    assert sender_under_test.count(PostJournal) == 0


def test_a_message_of_48_kibibytes_is_sent(sender_under_test: SenderUnderTest) -> None:
    sender_under_test.sender.send([noted(MESSAGE_BYTES_MAX)])
    assert sender_under_test.count(PostJournal) == 1


def test_a_larger_message_is_refused_before_any_is_sent(sender_under_test: SenderUnderTest) -> None:
    with pytest.raises(LimitExceeded, match="49,153 bytes"):
        sender_under_test.sender.send([post_journal(1), noted(MESSAGE_BYTES_MAX + 1)])
    assert sender_under_test.count(PostJournal) == 0


def test_a_reader_sees_base64_that_never_expires(azure_sender: AzureSenderUnderTest) -> None:
    command = sync("日本")
    azure_sender.sender.send([command])
    (message,) = azure_sender.queue(SyncTableMap).peek_messages()
    assert base64.b64decode(message.content, validate=True).decode() == encode(command)
    assert message.expires_on is not None
    assert message.expires_on.year == 9999


def test_a_missing_queue_is_named_with_the_way_out(ensured: None, queues: QueueServiceClient) -> None:
    sender = AzureCommandSender(queues, QUEUES | {PostJournal.name: "nobody-made-this"}, encode)
    with pytest.raises(StoreError, match=r"nobody-made-this.*does not exist.*ensure_storage"):
        sender.send([post_journal(1)])


def test_a_sender_without_a_queue_for_every_command_is_not_made(queues: QueueServiceClient) -> None:
    with pytest.raises(BadSettings, match="post-journal"):
        AzureCommandSender(queues, {name: name for name in QUEUES if name != PostJournal.name}, encode)


@pytest.fixture
def faulty(azure_sender: AzureSenderUnderTest, connection: StorageConnection) -> Iterator[FaultyTransport]:
    with FaultyTransport() as transport:
        yield transport


@pytest.mark.parametrize("fault", Fault)
def test_whatever_happens_to_the_answer_the_command_is_there(
    azure_sender: AzureSenderUnderTest, connection: StorageConnection, faulty: FaultyTransport, fault: Fault
) -> None:
    service = QueueServiceClient.from_connection_string(
        connection.connection_string,
        transport=faulty,
        retry_policy=LinearRetry(backoff=0, retry_total=1, random_jitter_range=0),
    )
    faulty.plan = [fault]
    AzureCommandSender(service, QUEUES, encode).send([post_journal(1)])
    # twice is allowed, not at all is not
    assert azure_sender.count(PostJournal) in {1, 2}


def test_a_queue_that_stays_away_is_told(
    azure_sender: AzureSenderUnderTest, connection: StorageConnection, faulty: FaultyTransport
) -> None:
    service = QueueServiceClient.from_connection_string(
        connection.connection_string,
        transport=faulty,
        retry_policy=LinearRetry(backoff=0, retry_total=1, random_jitter_range=0),
    )
    faulty.plan = [Fault.NEVER_SENT] * 2
    with pytest.raises(OutcomeUnknown, match="queue post-journal"):
        AzureCommandSender(service, QUEUES, encode).send([post_journal(1)])
    assert azure_sender.count(PostJournal) == 0
