"""Messages that cannot be processed: each is kept with its reason, and none stays in a poison queue."""

import base64
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime

import pytest
from azure.core.exceptions import HttpResponseError

from domain.commands import (
    COMMANDS,
    Command,
    ConfirmInvoice,
    CreateProforma,
    ImportProposal,
    PostJournal,
    PostProposal,
    ReviseInvoice,
    SyncTableMap,
    WriteBackPosting,
)
from domain.dead_letters import DeadLetter, body_of
from domain.errors import ReasonCode
from domain.identifiers import derive_id
from domain.tables import Table
from functions.messages import encode
from tests.e2e.account import Account
from tests.e2e.conftest import AT_ONCE
from tools.devhost.host import DevHost
from tools.devhost.queue_listener import QueueListener

DELIVERIES_MAX = 5
TRIES_MAX = int(AT_ONCE["RETRY_TRIES_MAX"])
COMMON = {"command": derive_id("test", 1), "correlation": derive_id("test", 2), "requested_at": "2026-08-31T12:00:00Z"}
CONFIRM = {"schema": "confirm-invoice/1", **COMMON, "invoice": derive_id("test", 3), "confirmed_on": "2026-08-31"}


def body(**changes: object) -> bytes:
    """A confirm-invoice message with some fields changed; None leaves a field out."""
    return json.dumps({name: value for name, value in (CONFIRM | changes).items() if value is not None}).encode()


def command_for(kind: type[Command], wish: str) -> Command:
    """A good command for a document that nobody knows."""
    document = derive_id("test-unknown", kind.name, wish)
    fields: dict[type[Command], dict[str, object]] = {
        CreateProforma: {"contract": document, "cut_off": date(2026, 8, 31)},
        ConfirmInvoice: {"invoice": document, "confirmed_on": date(2026, 8, 31)},
        SyncTableMap: {"map": "project_invoice_proposal_v2", "partition": document, "first": "0", "last": "~"},
        ImportProposal: {"proposal": document},
        PostJournal: {"journal": document},
        PostProposal: {"proposal": document, "invoice_date": date(2026, 8, 31)},
        ReviseInvoice: {"invoice": document},
        WriteBackPosting: {"posted": "journal", "posted_document": document},
    }
    common = {
        "command": derive_id("test-command", document),
        "correlation": derive_id("test-correlation", document),
        "requested_at": datetime(2026, 8, 31, 12, tzinfo=UTC),
    }
    return kind.model_validate(common | fields[kind])


def letters(account: Account, content: bytes) -> list[DeadLetter]:
    """The dead letters that hold this body."""
    rows = (DeadLetter.from_columns(row.columns) for row in account.rows(Table.INVOICING_DEAD_LETTERS))
    return [letter for letter in rows if body_of(letter) == content]


def listener_of(host: DevHost, function: str) -> QueueListener:
    (found,) = (listener for listener in host.queue_listeners if listener.function.name == function)
    return found


def deliver_once(listener: QueueListener) -> str:
    """Deliver one message once, and say what became of it."""
    (message,) = listener.receive(1)
    return listener.processor.process(listener.processor.delivery(message), retry_seconds=0.0).then


@contextmanager
def without(account: Account, table: Table) -> Iterator[None]:
    account.tables.delete_table(table.value)
    try:
        yield
    finally:
        account.ensure()


@pytest.mark.parametrize(
    ("content", "code", "told"),
    [
        (b"good morning", ReasonCode.MESSAGE_NOT_JSON, "the message is not JSON"),
        (b"", ReasonCode.MESSAGE_NOT_JSON, "the message is not JSON"),
        (b'["confirm-invoice/1"]', ReasonCode.MESSAGE_NOT_JSON, "not one object"),
        (body(schema="confirm-invoice/2"), ReasonCode.MESSAGE_SCHEMA_UNKNOWN, '/schema is "confirm-invoice/2"'),
        (body(schema="post-journal/1"), ReasonCode.MESSAGE_SCHEMA_UNKNOWN, "must be confirm-invoice/1"),
        (body(schema=None), ReasonCode.MESSAGE_SCHEMA_UNKNOWN, "/schema is missing"),
        (body(invoice="PRO-000001"), ReasonCode.MESSAGE_FIELD_WRONG, "/invoice must be a GUID"),
        (body(confirmed_on=None), ReasonCode.MESSAGE_FIELD_WRONG, "/confirmed_on is missing"),
        (body(discount="10"), ReasonCode.MESSAGE_FIELD_WRONG, "/discount is not a field"),
        (body(id=7, dequeueCount=4), ReasonCode.MESSAGE_FIELD_WRONG, "/id is not a field"),
    ],
    ids=[
        "text",
        "nothing",
        "a list",
        "a later version",
        "another command",
        "no schema",
        "a number for an id",
        "a field is missing",
        "a field too many",
        "names that the host lays over its own",
    ],
)
def test_a_message_that_can_never_be_read_is_kept_at_once(
    account: Account, host: DevHost, content: bytes, code: ReasonCode, told: str
) -> None:
    account.put("confirm-invoice", content)
    report = host.run_until_idle()
    assert [(each.function, each.outcome, each.then) for each in report.invocations] == [
        ("confirm_invoice", "ok", "deleted")
    ]
    assert account.waiting() == {}
    (letter,) = letters(account, content)
    assert (letter.queue, letter.code) == ("confirm-invoice", code)
    assert told in letter.sentence


def test_no_queue_takes_ten_megabytes(account: Account) -> None:
    before = account.waiting()
    with pytest.raises(HttpResponseError, match="RequestBodyTooLarge"):
        account.put("confirm-invoice", b"x" * 10_000_000)
    assert account.waiting() == before


def test_ten_megabytes_are_refused_when_they_come_all_the_same(account: Account, host: DevHost) -> None:
    account.put("confirm-invoice", b"taken from the queue, and replaced")
    listener = listener_of(host, "confirm_invoice")
    (message,) = listener.receive(1)
    message.content = base64.b64encode(b'{"schema":"' + b"x" * 10_000_000 + b'"}').decode()
    invocation = listener.processor.process(listener.processor.delivery(message))
    assert (invocation.outcome, invocation.then) == ("ok", "deleted")
    rows = [DeadLetter.from_columns(row.columns) for row in account.rows(Table.INVOICING_DEAD_LETTERS)]
    (letter,) = (each for each in rows if each.code == ReasonCode.MESSAGE_TOO_LARGE)
    assert "the message has more than 49,152 bytes; it carries keys, never rows" in letter.sentence
    assert len(letter.body) < 65_536
    assert account.waiting() == {}


def test_bytes_that_are_no_text_are_kept_as_base64(account: Account, host: DevHost) -> None:
    content = b"\xff\xfe\x00"
    account.put("post-journal", content)
    report = host.run_until_idle()
    assert [each.outcome for each in report.invocations] == ["ok"]
    (letter,) = letters(account, content)
    assert (letter.body_encoding, letter.code, letter.attempts) == ("base64", ReasonCode.MESSAGE_NOT_JSON, 1)


def test_the_same_bad_message_twice_is_one_letter(account: Account, host: DevHost) -> None:
    content = body(invoice="the same twice")
    account.put("confirm-invoice", content)
    account.put("confirm-invoice", content)
    report = host.run_until_idle()
    assert [each.outcome for each in report.invocations] == ["ok", "ok"]
    assert len(letters(account, content)) == 1


def test_an_unknown_invoice_is_tried_again_up_to_the_bound_and_kept_once(account: Account, host: DevHost) -> None:
    command = command_for(ConfirmInvoice, "unknown")
    account.sender.send((command,))
    report = host.run_until_idle()
    # each try is a message of its own, so the host never counts a failure
    assert [(each.function, each.outcome, each.then) for each in report.invocations] == [
        ("confirm_invoice", "ok", "deleted")
    ] * TRIES_MAX
    assert account.waiting() == {}
    (letter,) = letters(account, encode(command).encode())
    assert (letter.code, letter.attempts) == (ReasonCode.DOCUMENT_UNKNOWN, TRIES_MAX)
    assert (letter.document, letter.correlation) == (command.document, command.correlation)
    assert f"invoice {command.document} is not known" in letter.sentence
    assert f"gave up after {TRIES_MAX} tries since 2026-08-31T12:00:00Z" in letter.sentence


def test_the_letter_tells_why_the_last_try_failed(account: Account, host: DevHost) -> None:
    command = command_for(ConfirmInvoice, "first unknown, then without a table")
    account.sender.send((command,))
    listener = listener_of(host, "confirm_invoice")
    before = [deliver_once(listener) for _ in range(TRIES_MAX - 1)]
    with without(account, Table.DATAVERSE_INVOICES):
        last = deliver_once(listener)
    assert (set(before), last) == ({"deleted"}, "deleted")
    assert host.run_until_idle().invocations == ()
    (letter,) = letters(account, encode(command).encode())
    assert letter.code == ReasonCode.ATTEMPTS_EXHAUSTED
    assert "DataverseInvoices" in letter.sentence
    assert "does not exist" in letter.sentence


def test_a_storage_that_takes_nothing_leaves_the_message_to_the_host(account: Account, host: DevHost) -> None:
    command = command_for(ConfirmInvoice, "neither document nor problem")
    account.sender.send((command.model_copy(update={"tries": TRIES_MAX - 1}),))
    listener = listener_of(host, "confirm_invoice")
    with without(account, Table.INVOICING_PROBLEMS):
        before = [deliver_once(listener) for _ in range(DELIVERIES_MAX)]
    host.run_until_idle()
    assert before == ["retry"] * (DELIVERIES_MAX - 1) + ["moved to confirm-invoice-poison"]
    (letter,) = letters(account, encode(command).encode())
    assert "InvoicingProblems" in letter.sentence
    assert account.waiting() == {}


def test_a_message_that_killed_the_process_each_time_is_kept_from_every_queue(account: Account, host: DevHost) -> None:
    commands = [command_for(kind, "killed each time") for kind in COMMANDS]
    account.sender.send(commands)
    for command in commands:
        with account.queue(command.name) as queue:
            for _ in range(DELIVERIES_MAX):
                # taken, and nobody answers
                message = queue.receive_message()
                assert message is not None
                queue.update_message(message, visibility_timeout=0)
    report = host.run_until_idle()
    recorded = [each.function for each in report.invocations if each.outcome == "ok"]
    assert sorted(recorded) == sorted(f"record_dead_letter_{each.name.replace('-', '_')}" for each in commands)
    assert {each.then for each in report.invocations if each.outcome == "not called"} == {
        f"moved to {each.name}-poison" for each in commands
    }
    kept = [letter for command in commands for letter in letters(account, encode(command).encode())]
    assert [(letter.queue, letter.code) for letter in kept] == [
        (command.name, ReasonCode.ATTEMPTS_EXHAUSTED) for command in commands
    ]
    assert all("without leaving a reason" in letter.sentence for letter in kept)
    assert account.waiting() == {}


@pytest.mark.parametrize(
    ("text", "kept", "code"),
    [
        ("good morning, no base64", b"good morning, no base64", ReasonCode.MESSAGE_ENCODING_WRONG),
        (
            base64.b64encode(body(dequeueCount="x")).decode(),
            body(dequeueCount="x"),
            ReasonCode.MESSAGE_FIELD_WRONG,
        ),
    ],
    ids=["not base64", "a dequeueCount that is no number"],
)
def test_what_no_trigger_can_read_is_swept_from_the_poison_queue(
    account: Account, host: DevHost, text: str, kept: bytes, code: ReasonCode
) -> None:
    account.send_text("confirm-invoice", text)
    work, poison = (listener_of(host, name) for name in ("confirm_invoice", "record_dead_letter_confirm_invoice"))
    given_up = ""
    while not given_up.startswith("moved to"):
        given_up = deliver_once(work)
    # its own trigger stumbles as well, and the message is hidden until the host's lease ends
    (message,) = poison.receive(1)
    then = poison.processor.process(poison.processor.delivery(message)).then
    assert then == "left invisible until its lease ends"
    host.fire_timer("sweep_poison_queues")
    assert (account.waiting(), letters(account, kept)) == ({"confirm-invoice-poison": 1}, [])
    with account.queue("confirm-invoice-poison") as queue:
        queue.update_message(message, visibility_timeout=0)
    for _ in range(2):
        host.fire_timer("sweep_poison_queues")
        assert account.waiting() == {}
        (letter,) = letters(account, kept)
        assert (letter.queue, letter.code) == ("confirm-invoice", code)
