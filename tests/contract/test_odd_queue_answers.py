"""What answers in place of the queue service may say anything: nobody knows what was done, and no other error comes."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
from azure.core.pipeline.transport import RequestsTransport
from azure.storage.queue import QueueServiceClient

from domain.commands import PostJournal
from domain.errors import OutcomeUnknown
from domain.identifiers import derive_id
from domain.outcome import Outcome
from domain.ports import PoisonMessage
from domain.workflows.sweep_poison_queues import sweep_poison_queues
from functions.messages import encode
from functions.settings import StorageConnection
from functions.storage.clients import queue_service
from functions.storage.poison import AzurePoisonQueues
from functions.storage.queues import AzureCommandSender
from tests.contract.conftest import QUEUES
from tests.contract.faulty_transport import Busy

# nobody listens there, and nobody is asked
ACCOUNT = "AccountName=invoicing;AccountKey=c2VjcmV0;QueueEndpoint=http://127.0.0.1:1/invoicing"
WHEN = datetime(2026, 8, 27, 12, tzinfo=UTC)
LIST = b"<QueueMessagesList><QueueMessage><MessageId>1</MessageId>%s</QueueMessage></QueueMessagesList>"
BODIES = {
    "nothing": b"",
    "a page of a proxy": b"<html><body>Service Unavailable",
    "a sentence": b"upstream connect error",
    "no text": b"\xff\xfe\x00",
    "JSON": b'{"error":{"code":5}}',
    "an error that says nothing": b"<Error/>",
    "an instant that is none": LIST % b"<InsertionTime>yesterday</InsertionTime>",
}
# what a call succeeds with, and what stands for a failing server
STATUSES = (200, 201, 429, 500, 503)
COMMAND = PostJournal(
    command=derive_id("command", 1), correlation=derive_id("command", 1), requested_at=WHEN, journal=derive_id("j", 1)
)


def _send(service: QueueServiceClient) -> None:
    AzureCommandSender(service, QUEUES, encode).send([COMMAND])


def _receive(service: QueueServiceClient) -> None:
    AzurePoisonQueues(service, QUEUES).receive(PostJournal.name)


def _delete(service: QueueServiceClient) -> None:
    AzurePoisonQueues(service, QUEUES).delete(PostJournal.name, PoisonMessage("text", "id", "receipt"))


def _sweep(service: QueueServiceClient) -> None:
    def record(*_: object) -> Outcome:
        raise AssertionError("there is nothing to record")

    list(sweep_poison_queues(AzurePoisonQueues(service, QUEUES), record))


@pytest.fixture
def session(monkeypatch: pytest.MonkeyPatch) -> Busy:
    # retries wait; here they need not
    monkeypatch.setattr(time, "sleep", lambda _: None)
    return Busy()


@pytest.fixture
def service(session: Busy) -> Iterator[QueueServiceClient]:
    transport = RequestsTransport(session=session, session_owner=False)
    with queue_service(StorageConnection(ACCOUNT, "", "", "", ""), transport=transport) as service:
        yield service


@pytest.mark.parametrize("act", [_send, _receive, _delete, _sweep], ids=lambda act: act.__name__[1:])
def test_an_answer_that_cannot_be_read_tells_nothing(
    session: Busy, service: QueueServiceClient, act: Callable[[QueueServiceClient], None]
) -> None:
    for status in STATUSES:
        for name, body in BODIES.items():
            session.status, session.body = status, body
            # a queue without messages lists none, which any other document does too
            if act in (_receive, _sweep) and status == 200 and name == "an error that says nothing":
                continue
            with pytest.raises(OutcomeUnknown, match=r"queue [\w-]+: .*may have happened or not"):
                act(service)
                pytest.fail(f"{status} with {name} was taken for an answer")
