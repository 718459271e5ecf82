"""What every PoisonQueues does: run over the one in memory and over Queue Storage as the emulator has it."""

import base64
from typing import Protocol

import pytest
from azure.storage.queue import QueueServiceClient

from domain.ports import PoisonMessage, PoisonQueues
from functions.storage.ensure import POISON_SUFFIX
from functions.storage.memory_poison import MemoryPoisonQueues
from functions.storage.poison import AzurePoisonQueues
from tests.contract.conftest import QUEUES
from tests.fakes.frozen_clock import FrozenClock

KIND, OTHER = "confirm-invoice", "post-journal"
# not base64; base64 of what trips the host; text that looks odd in XML
TEXTS = ("good morning", base64.b64encode(b'{"dequeueCount":"x"}').decode(), "<a>&amp;\u00e9 \u65e5\u672c \U0001f600")


class PoisonUnderTest(Protocol):
    """Poison queues, and somebody who fills them and counts."""

    @property
    def queues(self) -> PoisonQueues: ...

    def put(self, kind: str, text: str) -> None: ...

    def count(self, kind: str) -> int: ...


class InMemory:
    def __init__(self, queues: MemoryPoisonQueues) -> None:
        self.queues = queues

    def put(self, kind: str, text: str) -> None:
        self.queues.put(kind, text)

    def count(self, kind: str) -> int:
        return len(self.queues.texts(kind))


class InAzure:
    def __init__(self, service: QueueServiceClient) -> None:
        self.queues = AzurePoisonQueues(service, QUEUES)
        self._service = service
        for kind in (KIND, OTHER):
            self._client(kind).clear_messages()

    def _client(self, kind: str):  # type: ignore[no-untyped-def] # the client's own
        return self._service.get_queue_client(f"{QUEUES[kind]}{POISON_SUFFIX}")

    def put(self, kind: str, text: str) -> None:
        self._client(kind).send_message(text)

    def count(self, kind: str) -> int:
        return int(self._client(kind).get_queue_properties().approximate_message_count or 0)


@pytest.fixture(params=["memory", "azure"])
def poison(request: pytest.FixtureRequest, frozen_clock: FrozenClock) -> PoisonUnderTest:
    if request.param == "memory":
        return InMemory(MemoryPoisonQueues(frozen_clock))
    request.getfixturevalue("ensured")
    return InAzure(request.getfixturevalue("queues"))


def test_messages_are_taken_as_they_stand_and_hidden_from_others(poison: PoisonUnderTest) -> None:
    for text in TEXTS:
        poison.put(KIND, text)
    poison.put(OTHER, "another queue's")
    taken = poison.queues.receive(KIND)
    assert sorted(each.text for each in taken) == sorted(TEXTS)
    assert list(poison.queues.receive(KIND)) == []
    assert poison.count(KIND) == len(TEXTS)
    assert [each.text for each in poison.queues.receive(OTHER)] == ["another queue's"]


def test_what_was_taken_can_be_deleted_and_deleting_twice_is_fine(poison: PoisonUnderTest) -> None:
    for text in TEXTS:
        poison.put(KIND, text)
    taken = poison.queues.receive(KIND)
    for message in (*taken[1:], *taken[1:]):
        poison.queues.delete(KIND, message)
    assert poison.count(KIND) == 1


def test_a_message_that_another_has_taken_since_is_left_alone(poison: PoisonUnderTest) -> None:
    poison.put(KIND, TEXTS[0])
    (taken,) = poison.queues.receive(KIND)
    poison.queues.delete(KIND, PoisonMessage(taken.text, taken.id, "AgAAAAMAAAAAAAAA"))
    assert poison.count(KIND) == 1
    poison.queues.delete(KIND, taken)
    assert poison.count(KIND) == 0


def test_at_most_thirty_two_come_at_once(poison: PoisonUnderTest) -> None:
    for number in range(33):
        poison.put(KIND, f"number {number}")
    assert [len(poison.queues.receive(KIND)) for _ in range(3)] == [32, 1, 0]


def test_an_empty_queue_gives_nothing(poison: PoisonUnderTest) -> None:
    assert list(poison.queues.receive(KIND)) == []
