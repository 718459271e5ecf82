"""Messages that could not be processed are kept for good, once, with the reason that was known first."""

import base64

import pytest

from domain.dead_letters import PART_LENGTH, DeadLetter, body_columns, body_of, letter_id
from domain.errors import OutcomeUnknown, ReasonCode
from domain.outcome import Action
from domain.tables import Table
from domain.workflows.record_dead_letter import record_dead_letter
from functions.storage.memory import Call, MemoryRowStore

BODIES = [
    b'{"schema":"confirm-invoice/1"}',
    '{\n  "name": "J\u00f8rgen M\u00fcller"\n}'.encode(),
    b"\xff\xfe\x00 not text",
    b"tab\tand\r\nline",
    b"\x00\x01",
    b"",
    b"(empty)",
    b"x" * 65_536,
    "\u00f8".encode() * 32_768,
    "\U0001f9fe".encode() * 12_000,
    "\U0001f9fe".encode() * 16_384,
    bytes(range(256)) * 256,
]


def letter(body: bytes = BODIES[0], **changes: object) -> DeadLetter:
    attributes: dict[str, object] = {
        "letter": letter_id("confirm-invoice", body),
        "queue": "confirm-invoice",
        **body_columns(body),
        "attempts": 5,
        "code": ReasonCode.ATTEMPTS_EXHAUSTED,
        "sentence": "it failed; replay it",
    }
    return DeadLetter.model_validate(attributes | changes)


def kept(store: MemoryRowStore) -> list[DeadLetter]:
    return [DeadLetter.from_columns(row.columns) for row in store.rows(Table.INVOICING_DEAD_LETTERS)]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
def test_every_body_is_kept_and_can_be_read_back(memory_store: MemoryRowStore, body: bytes) -> None:
    record_dead_letter(memory_store, letter(body))
    (stands,) = kept(memory_store)
    assert body_of(stands) == body


def test_a_body_that_is_text_stands_as_people_read_it() -> None:
    assert body_columns(BODIES[1]) == {"body": BODIES[1].decode(), "body_encoding": "text"}
    assert body_columns(BODIES[2]) == {"body": base64.b64encode(BODIES[2]).decode(), "body_encoding": "base64"}
    assert len(str(body_columns(BODIES[7])["body"])) == PART_LENGTH


def test_the_reason_that_was_known_first_stays(memory_store: MemoryRowStore) -> None:
    first = letter(code=ReasonCode.DOCUMENT_UNKNOWN, sentence="invoice 1 is not known", traceback_digest="abc")
    assert record_dead_letter(memory_store, first).action == Action.DEAD_LETTER_RECORDED
    assert record_dead_letter(memory_store, letter()).action == Action.NOTHING_TO_DO
    assert record_dead_letter(memory_store, first).action == Action.DEAD_LETTER_RECORDED
    assert kept(memory_store) == [first]


def test_the_same_body_in_another_queue_is_another_letter(memory_store: MemoryRowStore) -> None:
    other = letter(letter=letter_id("create-proforma", BODIES[0]), queue="create-proforma")
    record_dead_letter(memory_store, letter())
    record_dead_letter(memory_store, other)
    assert sorted(each.queue for each in kept(memory_store)) == ["confirm-invoice", "create-proforma"]


def test_the_outcome_names_the_document_and_never_the_body(memory_store: MemoryRowStore) -> None:
    outcome = record_dead_letter(memory_store, letter(document="invoice-1"))
    assert outcome.document == "invoice-1"
    assert outcome.facts == {"queue": "confirm-invoice", "code": "attempts_exhausted", "attempts": 5}


def test_a_letter_is_kept_although_the_answer_was_lost(memory_store: MemoryRowStore) -> None:
    failures = [OutcomeUnknown("the connection was closed")]

    def lose(call: Call) -> None:
        if call.method == "write" and failures:
            raise failures.pop()

    memory_store.after_call = lose
    record_dead_letter(memory_store, letter())
    assert kept(memory_store) == [letter()]
