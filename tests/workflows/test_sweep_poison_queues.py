"""What no trigger can read leaves the poison queues as a dead letter, whatever breaks on the way."""

import base64
from collections.abc import Iterator
from datetime import timedelta

import pytest

from domain.commands import COMMANDS, Command
from domain.dead_letters import DeadLetter, make_letter
from domain.errors import OutcomeUnknown, Problem, ReasonCode
from domain.outcome import Outcome
from domain.ports import PoisonMessage
from domain.tables import Table
from domain.workflows.record_dead_letter import record_dead_letter
from domain.workflows.sweep_poison_queues import MESSAGES_PER_TICK_MAX, sweep_poison_queues
from functions.storage.memory import MemoryRowStore
from functions.storage.memory_poison import MemoryPoisonQueues
from tests.fakes.frozen_clock import FrozenClock

PROBLEM = Problem(ReasonCode.MESSAGE_ENCODING_WRONG, "the message is not base64; correct the sender")


@pytest.fixture
def queues(frozen_clock: FrozenClock) -> MemoryPoisonQueues:
    return MemoryPoisonQueues(frozen_clock)


def sweep(store: MemoryRowStore, queues: MemoryPoisonQueues) -> list[Outcome]:
    def record(kind: type[Command], message: PoisonMessage) -> Outcome:
        return record_dead_letter(store, make_letter(kind.name, message.text.encode(), 0, PROBLEM))

    return list(sweep_poison_queues(queues, record))


def letters(store: MemoryRowStore) -> Iterator[tuple[str, str]]:
    for row in store.rows(Table.INVOICING_DEAD_LETTERS):
        letter = DeadLetter.from_columns(row.columns)
        yield letter.queue, letter.body


def test_every_queue_is_emptied_and_its_messages_are_kept(
    memory_store: MemoryRowStore, queues: MemoryPoisonQueues
) -> None:
    for kind in COMMANDS:
        queues.put(kind.name, f"no base64, {kind.name}")
    assert len(sweep(memory_store, queues)) == len(COMMANDS)
    assert sorted(letters(memory_store)) == sorted((kind.name, f"no base64, {kind.name}") for kind in COMMANDS)
    assert [queues.texts(kind.name) for kind in COMMANDS] == [[]] * len(COMMANDS)
    assert sweep(memory_store, queues) == []


def test_a_message_that_was_kept_and_not_deleted_stays_one_letter(
    memory_store: MemoryRowStore, queues: MemoryPoisonQueues, frozen_clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    queues.put("confirm-invoice", "!")

    def fail(*_: object) -> None:
        raise OutcomeUnknown("the connection was closed")

    with monkeypatch.context() as patch:
        patch.setattr(queues, "delete", fail)
        with pytest.raises(OutcomeUnknown):
            sweep(memory_store, queues)
    assert (list(letters(memory_store)), queues.texts("confirm-invoice")) == ([("confirm-invoice", "!")], ["!"])
    frozen_clock.set(frozen_clock.now() + timedelta(minutes=10))
    sweep(memory_store, queues)
    assert (list(letters(memory_store)), queues.texts("confirm-invoice")) == ([("confirm-invoice", "!")], [])


def test_what_can_not_be_kept_is_not_deleted(
    memory_store: MemoryRowStore, queues: MemoryPoisonQueues, frozen_clock: FrozenClock
) -> None:
    queues.put("confirm-invoice", "!")

    def fail(_: object) -> None:
        raise OutcomeUnknown("the storage is away")

    memory_store.before_call = fail
    with pytest.raises(OutcomeUnknown):
        sweep(memory_store, queues)
    assert queues.texts("confirm-invoice") == ["!"]


def test_a_tick_takes_so_many_of_a_queue_and_leaves_the_rest(
    memory_store: MemoryRowStore, queues: MemoryPoisonQueues
) -> None:
    texts = [base64.b64encode(str(number).encode()).decode() for number in range(MESSAGES_PER_TICK_MAX + 1)]
    for text in texts:
        queues.put("post-journal", text)
    assert len(sweep(memory_store, queues)) == MESSAGES_PER_TICK_MAX
    assert len(sweep(memory_store, queues)) == 1
