"""One delivery of a queue message: what the host sees, what is kept, what is logged."""

import base64
import json
import logging
import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from azure.functions.timer import TimerRequest

from domain.commands import COMMANDS, Command, ConfirmInvoice, CreateProforma, SyncTableMap
from domain.dead_letters import body_of
from domain.errors import ContentDiffers, OutcomeUnknown, ReasonCode
from domain.identifiers import derive_id
from domain.option_sets import BillingStatus
from domain.outcome import Action, Outcome
from domain.policy import Policy
from domain.ports import RowStore
from domain.problems import OpenProblem, problem_key
from domain.record import Record
from domain.rows import Insert, RowKey
from domain.saving import save
from domain.tables import Table
from domain.workflows.mark_ready import mark_ready
from functions.invocation import PAUSE_SECONDS
from functions.messages import encode
from functions.storage.memory_queues import MemoryQueues
from functions.wiring import SystemClock, Wiring, wiring
from tests.triggers.conftest import Deliver, find_letter
from tests.workflows.adatum import CONTRACT, actual, reference_rows

NOW = datetime(2026, 8, 31, 12, tzinfo=UTC)
SECRET = "Rework of the cable duct"
EXPORT = "customer_invoice_export"


def wish(request: pytest.FixtureRequest) -> ConfirmInvoice:
    """A command for an invoice that nobody knows, of this test alone."""
    return ConfirmInvoice(
        command=derive_id("command", request.node.nodeid),
        correlation=derive_id("correlation", request.node.nodeid),
        requested_at=NOW,
        invoice=derive_id("invoice", request.node.nodeid),
        confirmed_on=NOW.date(),
    )


BAD: dict[str, tuple[bytes, ReasonCode]] = {
    "not JSON": (b"confirm invoice 12, please", ReasonCode.MESSAGE_NOT_JSON),
    "a list": (b"[]", ReasonCode.MESSAGE_NOT_JSON),
    "empty": (b"", ReasonCode.MESSAGE_NOT_JSON),
    "no schema": (b"{}", ReasonCode.MESSAGE_SCHEMA_UNKNOWN),
    "unknown version": (b'{"schema":"confirm-invoice/99"}', ReasonCode.MESSAGE_SCHEMA_UNKNOWN),
    "another queue's": (b'{"schema":"post-journal/1"}', ReasonCode.MESSAGE_SCHEMA_UNKNOWN),
    "wrong field": (b'{"schema":"confirm-invoice/1","invoice":"12"}', ReasonCode.MESSAGE_FIELD_WRONG),
    "not UTF-8": (b"\xff\xfe\x00\x01", ReasonCode.MESSAGE_NOT_JSON),
    "too large": (b'{"schema":"' + b"x" * 50_000 + b'"}', ReasonCode.MESSAGE_TOO_LARGE),
}


@pytest.mark.parametrize(("body", "code"), BAD.values(), ids=BAD.keys())
def test_a_message_that_can_never_be_processed_is_a_dead_letter_at_once(
    app: Wiring, deliver: Deliver, body: bytes, code: ReasonCode, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "invoicing"):
        deliver("confirm_invoice", body)
    letter = find_letter(app, "confirm-invoice", body)
    assert letter is not None
    assert (letter.code, letter.attempts, letter.traceback_digest) == (code, 1, None)
    assert letter.sentence.endswith("correct the sender and send the message again")
    assert body_of(letter) == body
    # delivered again, as after a lost delete, it stays one letter
    deliver("confirm_invoice", body, deliveries=2)
    assert find_letter(app, "confirm-invoice", body) == letter
    (line, *_) = [record for record in caplog.records if record.name == "invoicing"]
    assert vars(line)["action"] == "dead_letter_recorded"
    assert vars(line)["code"] == code.value


def test_a_body_that_is_no_text_is_kept_as_base64(app: Wiring, deliver: Deliver) -> None:
    body = b"\xff\xfe\x00 no text"
    deliver("create_proforma", body)
    letter = find_letter(app, "create-proforma", body)
    assert letter is not None
    assert (letter.body, letter.body_encoding) == (base64.b64encode(body).decode(), "base64")


def given_up(command: ConfirmInvoice, app: Wiring) -> ConfirmInvoice:
    """The command as it comes for the last time."""
    return command.model_copy(update={"tries": app.settings.retries.tries_max - 1})


@pytest.fixture
def queues(app: Wiring, monkeypatch: pytest.MonkeyPatch) -> MemoryQueues:
    """The queues of the app, in memory."""
    clock = SystemClock()
    queues = MemoryQueues(clock)
    monkeypatch.setattr("functions.invocation.wiring", lambda: replace(app, sender=queues, clock=clock))
    return queues


def test_a_wait_is_sent_again_for_later_and_leaves_no_letter(
    app: Wiring, deliver: Deliver, request: pytest.FixtureRequest, queues: MemoryQueues
) -> None:
    command = wish(request)
    for tries, seconds in ((None, 10), (1, 20), (2, 40), (6, 640), (7, 900), (18, 900)):
        began = queues.clock.now()
        deliver("confirm_invoice", command.model_copy(update={"tries": tries}))
        (waiting,) = queues.waiting
        queues.waiting.clear()
        assert waiting.command == command.model_copy(update={"tries": (tries or 0) + 1})
        assert timedelta(seconds=seconds) <= waiting.visible_at - began < timedelta(seconds=seconds + 60)
    assert find_letter(app, "confirm-invoice", command) is None
    row = app.store.find(Table.INVOICING_PROBLEMS, problem_key(command.invoice, "confirm-invoice"))
    assert row is not None
    stored = OpenProblem.from_columns(row.columns)
    assert (stored.code, stored.correlation) == (ReasonCode.DOCUMENT_UNKNOWN, command.correlation)


def test_the_last_try_keeps_the_reason_as_letter_and_as_problem(
    app: Wiring, deliver: Deliver, request: pytest.FixtureRequest, queues: MemoryQueues
) -> None:
    command = wish(request)
    deliver("confirm_invoice", given_up(command, app))
    assert queues.waiting == []
    letter = find_letter(app, "confirm-invoice", command)
    assert letter is not None
    assert (letter.code, letter.attempts) == (ReasonCode.DOCUMENT_UNKNOWN, 20)
    assert (letter.document, letter.correlation) == (command.invoice, command.correlation)
    assert re.fullmatch(r"[0-9a-f]{16}", letter.traceback_digest or "")
    assert body_of(letter) == encode(command).encode()
    assert "gave up after 20 tries since 2026-08-31T12:00:00Z" in letter.sentence
    row = app.store.find(Table.INVOICING_PROBLEMS, problem_key(command.invoice, "confirm-invoice"))
    assert row is not None
    assert row.columns["Sentence"] == letter.sentence
    # whatever comes of the same wish afterwards finds the letter
    for _ in range(2):
        deliver("record_dead_letter_confirm_invoice", command)
    assert find_letter(app, "confirm-invoice", command) == letter


def test_failures_of_one_cause_share_a_digest(app: Wiring, deliver: Deliver, request: pytest.FixtureRequest) -> None:
    first = wish(request)
    second = first.model_copy(update={"invoice": derive_id("another", first.invoice)})
    for command in (first, second):
        deliver("confirm_invoice", given_up(command, app))
    letters = [find_letter(app, "confirm-invoice", command) for command in (first, second)]
    assert len({letter.traceback_digest for letter in letters if letter}) == 1
    assert all(letters)


@pytest.mark.parametrize("error", [ValueError("no such attribute"), ContentDiffers("column X stands as 1")])
def test_what_can_never_succeed_is_given_up_at_once(
    app: Wiring, deliver: Deliver, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def fail(*_: object) -> Outcome:
        raise error

    monkeypatch.setattr("domain.workflows.deliver.perform", fail)
    command = wish(request)
    deliver("confirm_invoice", command)
    letter = find_letter(app, "confirm-invoice", command)
    assert letter is not None
    assert (letter.code, letter.attempts) == (ReasonCode.ATTEMPTS_EXHAUSTED, 1)
    assert letter.sentence.startswith(f"{type(error).__name__}: {error}; trying again can't help")


@pytest.mark.parametrize("deliveries", [1, 5])
def test_a_storage_that_takes_no_message_for_later_leaves_it_to_the_host(
    app: Wiring,
    deliver: Deliver,
    request: pytest.FixtureRequest,
    queues: MemoryQueues,
    caplog: pytest.LogCaptureFixture,
    deliveries: int,
) -> None:
    def refuse(_: Command) -> None:
        raise OutcomeUnknown("the connection was closed")

    queues.before_send = refuse
    command = wish(request)
    with caplog.at_level(logging.INFO, "invoicing"), pytest.raises(OutcomeUnknown):
        deliver("confirm_invoice", command, deliveries=deliveries)
    told = [vars(record)["action"] for record in caplog.records if record.name == "invoicing"]
    is_last = deliveries == app.settings.message_attempts_max
    assert told == (["command_failed", "dead_letter_recorded"] if is_last else ["command_failed"])
    assert (find_letter(app, "confirm-invoice", command) is not None) == is_last


def test_a_message_that_died_without_a_word_is_kept_by_the_poison_trigger(
    app: Wiring, deliver: Deliver, request: pytest.FixtureRequest
) -> None:
    command = wish(request)
    deliver("record_dead_letter_confirm_invoice", command)
    letter = find_letter(app, "confirm-invoice", command)
    assert letter is not None
    assert (letter.code, letter.attempts, letter.traceback_digest) == (ReasonCode.ATTEMPTS_EXHAUSTED, 5, None)
    assert letter.sentence.startswith(f"confirm-invoice for {command.invoice} failed on every delivery")


@pytest.mark.parametrize("kind", COMMANDS, ids=lambda kind: kind.name)
def test_every_queue_keeps_its_own_bad_messages(app: Wiring, deliver: Deliver, kind: type[Command]) -> None:
    stem, body = kind.name.replace("-", "_"), f"not for {kind.name}"
    deliver(stem, body)
    deliver(f"record_dead_letter_{stem}", f"poison of {kind.name}")
    letters = [find_letter(app, kind.name, text) for text in (body, f"poison of {kind.name}")]
    assert [letter.queue for letter in letters if letter] == [kind.name] * 2


def put(store: RowStore, table: Table, key: RowKey, record: Record) -> None:
    save(store, table, key.partition, (Insert(key.row, record.to_columns()),))


def test_a_success_is_one_event_with_its_document_and_correlation_and_no_rows(
    app: Wiring, deliver: Deliver, caplog: pytest.LogCaptureFixture
) -> None:
    for table, record, key in reference_rows():
        put(app.store, table, key, record)
    item = actual(77, description=SECRET, billing_status=BillingStatus.UNBILLED_SALES_CREATED)
    put(app.store, Table.DATAVERSE_ACTUALS, item.backlog_key, item)
    mark_ready(app.store, contract=CONTRACT, up_to=NOW.date())
    command = CreateProforma(
        command=derive_id("test-triggers"),
        correlation=derive_id("test-correlation"),
        requested_at=NOW,
        contract=CONTRACT,
        cut_off=NOW.date(),
    )
    with caplog.at_level(logging.INFO, "invoicing"):
        deliver("create_proforma", command)
    (line,) = [record for record in caplog.records if record.name == "invoicing"]
    told = vars(line)
    assert (told["action"], told["document"], told["correlation"], told["command"]) == (
        "proforma_created",
        CONTRACT,
        command.correlation,
        command.command,
    )
    assert line.getMessage().startswith(f"proforma_created document={CONTRACT} ")
    _expect_no_rows(caplog)


def test_a_failure_is_logged_with_its_document_and_never_with_the_body(
    app: Wiring, deliver: Deliver, caplog: pytest.LogCaptureFixture, request: pytest.FixtureRequest
) -> None:
    command = wish(request)
    with caplog.at_level(logging.INFO, "invoicing"):
        deliver("confirm_invoice", command)
        deliver("confirm_invoice", given_up(command, app))
        deliver("confirm_invoice", json.dumps({"schema": SECRET, "more": SECRET * 30}))
    lines = [record for record in caplog.records if record.name == "invoicing"]
    told = [(vars(line)["action"], line.levelname) for line in lines]
    assert told == [
        ("command_postponed", "WARNING"),
        ("command_failed", "ERROR"),
        ("dead_letter_recorded", "INFO"),
        ("dead_letter_recorded", "INFO"),
    ]
    assert {vars(line)["document"] for line in lines[:3]} == {command.invoice}
    assert {vars(line)["correlation"] for line in lines[:3]} == {command.correlation}
    _expect_no_rows(caplog)


def _expect_no_rows(caplog: pytest.LogCaptureFixture) -> None:
    text = "".join(f"{record.getMessage()} {vars(record)}" for record in caplog.records)
    assert SECRET not in text
    assert "msdyn_" not in text


@pytest.mark.parametrize(
    "name",
    [
        "create_scheduled_proformas",
        "import_from_staging",
        "measure_pending",
        "sweep_poison_queues",
        "post_pending_journals",
        "post_pending_proposals",
        "reconcile",
        "reconcile_pending_revenue",
    ],
)
def test_a_tick_runs_over_the_wired_storage(
    app: Wiring, functions: dict[str, object], name: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "invoicing"):
        functions[name].get_user_function()(TimerRequest(past_due=True))  # type: ignore[attr-defined]
    actions = {vars(record)["action"] for record in caplog.records if record.name == "invoicing"}
    assert "command_failed" not in actions


def test_the_wiring_is_built_once_and_its_clock_is_aware(app: Wiring) -> None:
    assert wiring() is wiring() is app
    assert SystemClock().now().tzinfo is UTC


def test_a_message_of_a_paused_map_waits_without_using_up_its_deliveries(
    app: Wiring,
    deliver: Deliver,
    request: pytest.FixtureRequest,
    queues: MemoryQueues,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    command = SyncTableMap.model_validate(
        {**wish(request).model_dump(exclude={"invoice", "confirmed_on"}), "map": EXPORT, "partition": "p"}
        | {"first": "0", "last": "~", "side": "finance"}
    )
    paused = replace(app.settings, paused_table_maps=frozenset((EXPORT,)))
    monkeypatch.setattr("functions.invocation.wiring", lambda: replace(app, settings=paused, sender=queues))
    began = queues.clock.now()
    with caplog.at_level(logging.INFO, "invoicing"):
        deliver("sync_table_map", command, deliveries=5)
    (waiting,) = queues.waiting
    assert waiting.command == command
    assert waiting.visible_at >= began + timedelta(seconds=PAUSE_SECONDS)
    assert "map_paused" in caplog.text
    assert find_letter(app, "sync-table-map", command) is None


@pytest.mark.parametrize("crosses", [True, False])
def test_the_policy_of_the_settings_reaches_the_work(
    app: Wiring, deliver: Deliver, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, crosses: bool
) -> None:
    seen: list[Policy] = []

    def work(*told: object) -> Outcome:
        seen.extend(each for each in told if isinstance(each, Policy))
        return Outcome(Action.NOTHING_TO_DO, "")

    settings = replace(app.settings, policy=Policy(adjustments_cross=crosses))
    monkeypatch.setattr("functions.invocation.wiring", lambda: replace(app, settings=settings))
    monkeypatch.setattr("domain.workflows.deliver.perform", work)
    deliver("confirm_invoice", wish(request))
    assert seen == [Policy(adjustments_cross=crosses)]
