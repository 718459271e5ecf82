"""A refusal and a wait are stored on their document, a success clears what was stored."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest

from domain.commands import ConfirmInvoice, CreateProforma, PostJournal
from domain.errors import NotYet, OutcomeUnknown, Problem, ReasonCode, Refused
from domain.outcome import Action, Outcome
from domain.pending_work import WorkKind
from domain.problems import OpenProblem, open_problem, problem_key
from domain.rows import Replace
from domain.tables import Table
from domain.timeline import TimelineEvent, events_of
from domain.workflows.dispatch import perform
from domain.workflows.handling import clear_problem, handle, keep_problem
from domain.workflows.post_pending import posting_command, read_pending
from functions.storage.memory import Call, MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock
from tests.line import END_OF_AUGUST
from tests.many_lines import drafted
from tests.workflows.adatum import COMMAND, CORRELATION, INVOICE
from tests.workflows.restless import overtake

CONFIRM = ConfirmInvoice.model_validate(
    {
        "command": COMMAND,
        "correlation": CORRELATION,
        "requested_at": "2026-08-31T12:00:00Z",
        "invoice": INVOICE,
        "confirmed_on": "2026-08-31",
    }
)
WHEN = datetime(2026, 8, 31, 12, tzinfo=UTC)
EMPTY = Problem(ReasonCode.INVOICE_EMPTY, "invoice 1 has no line details; add some", (INVOICE,))
EDITED = Problem(ReasonCode.LINE_EDIT_NOT_SUPPORTED, "line 1 was edited; set it back")
DONE = Outcome(Action.INVOICE_CONFIRMED, INVOICE, {"amount": "2747.00", "told": "not on the timeline"})


def raising(error: Exception) -> Callable[[], Outcome]:
    def work() -> Outcome:
        raise error

    return work


def stored(store: MemoryRowStore) -> list[OpenProblem]:
    return [OpenProblem.from_columns(row.columns) for row in store.rows(Table.INVOICING_PROBLEMS)]


def row_of(problem: Problem) -> OpenProblem:
    return open_problem(problem, document=INVOICE, stage="confirm-invoice", correlation=CORRELATION, since=WHEN)


def test_a_refusal_is_stored_and_is_an_outcome(memory_store: MemoryRowStore) -> None:
    outcome = handle(memory_store, CONFIRM, raising(Refused(EMPTY)))
    assert (outcome.action, outcome.document, outcome.problems) == (Action.COMMAND_REFUSED, INVOICE, (EMPTY,))
    assert outcome.facts == {"stage": "confirm-invoice"}
    assert stored(memory_store) == [row_of(EMPTY)]


def test_a_wait_is_stored_and_goes_back_to_the_host(memory_store: MemoryRowStore) -> None:
    with pytest.raises(NotYet):
        handle(memory_store, CONFIRM, raising(NotYet(EMPTY)))
    assert stored(memory_store) == [row_of(EMPTY)]


def test_a_failure_of_the_storage_goes_back_and_is_no_problem_of_the_document(memory_store: MemoryRowStore) -> None:
    with pytest.raises(OutcomeUnknown):
        handle(memory_store, CONFIRM, raising(OutcomeUnknown("no answer")))
    assert stored(memory_store) == []


def test_of_several_problems_the_first_by_precedence_is_stored(memory_store: MemoryRowStore) -> None:
    partly = Outcome(Action.PROFORMA_CREATED, INVOICE, {}, (EDITED, EMPTY))
    assert handle(memory_store, CONFIRM, lambda: partly) is partly
    assert stored(memory_store) == [row_of(EMPTY)]


def test_success_clears_the_problem_of_its_own_stage_only(memory_store: MemoryRowStore) -> None:
    other = open_problem(EDITED, document=INVOICE, stage="import-proposal", correlation=CORRELATION, since=WHEN)
    keep_problem(memory_store, other)
    handle(memory_store, CONFIRM, raising(Refused(EMPTY)))
    assert handle(memory_store, CONFIRM, lambda: DONE) is DONE
    assert stored(memory_store) == [other]


def test_the_same_problem_again_is_counted_and_another_replaces_it(memory_store: MemoryRowStore) -> None:
    keep_problem(memory_store, row_of(EMPTY))
    keep_problem(memory_store, row_of(EMPTY))
    assert [call.method for call in memory_store.calls] == ["find", "write"] * 2
    assert stored(memory_store) == [row_of(EMPTY).changed(tries=2)]
    # the last word about a try that was counted already
    keep_problem(memory_store, row_of(EMPTY).changed(sentence="gave up"), is_counted=True)
    assert [(each.sentence, each.tries) for each in stored(memory_store)] == [("gave up", 2)]
    keep_problem(memory_store, row_of(EDITED))
    # the ids of the first are gone, not left beside the second's sentence
    assert stored(memory_store) == [row_of(EDITED)]


@pytest.mark.parametrize("later_first", [True, False])
def test_a_problem_is_open_since_the_first_command_that_met_it_whoever_came_first(
    memory_store: MemoryRowStore, later_first: bool
) -> None:
    later = CONFIRM.model_copy(update={"requested_at": WHEN + timedelta(hours=1)})
    commands = (later, CONFIRM) if later_first else (CONFIRM, later)
    for command in commands:
        handle(memory_store, command, raising(Refused(EMPTY)))
    assert [(each.since, each.tries) for each in stored(memory_store)] == [(WHEN, 2)]
    # another reason is another problem
    handle(memory_store, later, raising(Refused(EDITED)))
    assert [(each.since, each.tries) for each in stored(memory_store)] == [(later.requested_at, 1)]


@pytest.mark.parametrize("after", [True, False], ids=["answer lost", "never sent"])
def test_a_problem_is_stored_although_an_answer_was_lost(memory_store: MemoryRowStore, after: bool) -> None:
    failures = [OutcomeUnknown("the connection was closed")]

    def lose(call: Call) -> None:
        if call.method == "write" and failures:
            raise failures.pop()

    if after:
        memory_store.after_call = lose
    else:
        memory_store.before_call = lose
    keep_problem(memory_store, row_of(EMPTY))
    assert (stored(memory_store), failures) == ([row_of(EMPTY)], [])


def test_a_problem_that_cannot_be_stored_is_an_error(memory_store: MemoryRowStore) -> None:
    def lose(call: Call) -> None:
        if call.method == "write":
            raise OutcomeUnknown("the connection was refused")

    memory_store.before_call = lose
    with pytest.raises(OutcomeUnknown, match="could not be stored"):
        handle(memory_store, CONFIRM, raising(Refused(EMPTY)))


def test_a_problem_that_an_earlier_command_met_at_the_same_time_stays_open_since_then(
    memory_store: MemoryRowStore,
) -> None:
    later = row_of(EMPTY).changed(since=WHEN + timedelta(hours=1))
    keep_problem(memory_store, later)

    def another_delivery_stops(call: Call) -> None:
        if call.method == "write":
            memory_store.before_call = lambda _: None
            keep_problem(memory_store, row_of(EMPTY))

    memory_store.before_call = another_delivery_stops
    keep_problem(memory_store, later)
    assert [(each.since, each.tries) for each in stored(memory_store)] == [(WHEN, 3)]


def test_a_problem_that_came_meanwhile_is_not_cleared(memory_store: MemoryRowStore) -> None:
    keep_problem(memory_store, row_of(EMPTY))
    key = problem_key(INVOICE, "confirm-invoice")

    def another_delivery_stops(call: Call) -> None:
        if call.method == "write":
            memory_store.before_call = lambda _: None
            stands = memory_store.find(Table.INVOICING_PROBLEMS, key)
            assert stands is not None
            columns = row_of(EDITED).to_columns()
            memory_store.write(Table.INVOICING_PROBLEMS, key.partition, (Replace(key.row, columns, stands.etag),))

    memory_store.before_call = another_delivery_stops
    clear_problem(memory_store, INVOICE, "confirm-invoice")
    assert stored(memory_store) == [row_of(EDITED)]


def test_nothing_to_clear_costs_one_read_and_the_timeline_one_write(memory_store: MemoryRowStore) -> None:
    handle(memory_store, CONFIRM, lambda: DONE)
    assert [call.method for call in memory_store.calls] == ["find", "write"]


def test_a_stage_stands_on_the_timeline_once_with_the_time_of_the_first(
    memory_store: MemoryRowStore, frozen_clock: FrozenClock
) -> None:
    began = frozen_clock.now()
    for _ in range(2):
        handle(memory_store, CONFIRM, lambda: DONE)
        frozen_clock.advance(60)
    (event,) = memory_store.rows(Table.INVOICING_TIMELINE)
    assert event.columns == {
        "Document": INVOICE,
        "Stage": "confirm-invoice",
        "Action": "invoice_confirmed",
        "Effect": "amount=2747.00",
        "Cause": "confirm-invoice",
        "Command": COMMAND,
        "RequestedAt": "2026-08-31T12:00:00Z",
        "Correlation": CORRELATION,
    }
    assert event.changed_at == began


def test_a_draft_begins_its_own_timeline(memory_store: MemoryRowStore) -> None:
    command = CreateProforma(
        command=COMMAND, correlation=CORRELATION, requested_at=CONFIRM.requested_at, contract=INVOICE, cut_off=date.max
    )
    drafts = ("0a1b2c3d-0000-4000-8000-000000000001", "0a1b2c3d-0000-4000-8000-000000000002")
    made = Outcome(Action.PROFORMA_CREATED, INVOICE, {"invoices": ",".join(drafts), "items": 7})
    events = list(events_of(command, made))
    handle(memory_store, command, lambda: made)
    # the workflow writes them itself, before its run of schedules comes to its end
    assert memory_store.rows(Table.INVOICING_TIMELINE) == []
    assert [(each.document, each.action, each.effect) for each in events] == [
        (draft, "proforma_created", None) for draft in drafts
    ]


def test_what_left_nothing_behind_has_no_event(memory_store: MemoryRowStore) -> None:
    command = PostJournal(command=COMMAND, correlation=CORRELATION, requested_at=CONFIRM.requested_at, journal=INVOICE)
    handle(memory_store, command, lambda: Outcome(Action.NOTHING_TO_DO, INVOICE))
    assert memory_store.rows(Table.INVOICING_TIMELINE) == []


def test_a_later_command_leaves_the_event_of_the_first(memory_store: MemoryRowStore) -> None:
    handle(memory_store, CONFIRM, lambda: DONE)
    later = CONFIRM.model_copy(update={"requested_at": WHEN + timedelta(hours=1)})
    handle(memory_store, later, lambda: DONE)
    (event,) = memory_store.rows(Table.INVOICING_TIMELINE)
    assert event.columns["RequestedAt"] == "2026-08-31T12:00:00Z"


@pytest.mark.parametrize(("times", "told"), [(1, "met once"), (3, "met 3 times")])
def test_a_problem_that_is_solved_stands_on_the_timeline(memory_store: MemoryRowStore, times: int, told: str) -> None:
    for _ in range(times):
        handle(memory_store, CONFIRM, raising(Refused(EMPTY)))
    handle(memory_store, CONFIRM, lambda: DONE)
    events = [TimelineEvent.from_columns(row.columns) for row in memory_store.rows(Table.INVOICING_TIMELINE)]
    (solved,) = [event for event in events if event.is_solved_problem]
    assert (solved.action, solved.cause, solved.correlation) == ("problem_solved", "confirm-invoice", CORRELATION)
    assert solved.effect == f"invoice_empty since 2026-08-31T12:00:00Z, {told}: {EMPTY.sentence}"


@pytest.mark.parametrize("stage", [Table.DATAVERSE_INVOICES, Table.FINANCE_INVOICE_PROPOSALS])
def test_who_was_overtaken_by_others_that_are_through_keeps_no_problem(stage: Table) -> None:
    line = drafted(1, 1)
    (invoice,) = line.rows(Table.DATAVERSE_INVOICES)
    line.confirm(invoice.key.row)
    if stage is Table.FINANCE_INVOICE_PROPOSALS:
        line.drain()
        line.tick()
        works = read_pending(line.store, WorkKind.POST_PROPOSAL)
        line.send(*(posting_command(work, line.clock.now(), END_OF_AUGUST) for work in works))
    command = line.queues.take()
    assert command is not None
    overtake(line, "write", stage, lambda: perform(line.store, line.queues, command))
    with pytest.raises(NotYet):
        perform(line.store, line.queues, command)
    assert line.rows(Table.INVOICING_PROBLEMS) == []
