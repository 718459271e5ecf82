"""A command that fails comes back later or is given up; whoever has a problem holds up nobody else."""

import pytest

from domain.commands import Command, ConfirmInvoice
from domain.errors import ContentDiffers, NotYet, OutcomeUnknown, Problem, ReasonCode
from domain.outcome import Action, Outcome
from domain.problems import OpenProblem
from domain.retries import Retries
from domain.tables import Table
from domain.workflows.deliver import deliver
from functions.storage.memory import Call
from tests.line import ADATUM, COHO, CONTRACT_ADATUM, CONTRACT_COHO, START, Breaker, Line, ProcessDied
from tests.workflows.adatum import guid
from tests.workflows.restless import nothing

KEPT = Outcome(Action.DEAD_LETTER_RECORDED, "kept")


def keep(command: Command, problem: Problem, error: Exception) -> Outcome:
    return Outcome(KEPT.action, command.document, {"why": problem.sentence, "error": type(error).__name__})


def unknown(line: Line) -> ConfirmInvoice:
    command = line.confirm(guid(60))
    line.queues.waiting.clear()
    return command


def test_a_wait_comes_back_with_its_tries_and_its_delay() -> None:
    line = Line.in_memory()
    command = unknown(line)
    outcome = deliver(line.store, line.queues, command, Retries(), keep)
    assert (outcome.action, outcome.document) == (Action.COMMAND_POSTPONED, guid(60))
    assert outcome.facts == {"stage": "confirm-invoice", "tries": 1, "seconds": 10}
    assert [problem.code for problem in outcome.problems] == [ReasonCode.DOCUMENT_UNKNOWN]
    (waiting,) = line.queues.waiting
    assert waiting.command == command.model_copy(update={"tries": 1})
    assert (waiting.visible_at - START).total_seconds() == 10


def test_the_whole_life_of_a_command_that_never_succeeds() -> None:
    line = Line.in_memory()
    command = line.confirm(guid(60))
    assert line.drain() == []
    sent = line.queues.sent
    assert [each.tries for each in sent] == [None, *range(1, 20)]
    assert {each.wish for each in sent} == {command}
    assert [dead.command for dead in line.dead] == [command]
    (stored,) = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    assert stored.code == ReasonCode.DOCUMENT_UNKNOWN
    assert "gave up after 20 tries since 2026-08-31T12:00:00Z" in stored.sentence


def test_what_can_not_succeed_never_comes_back_and_is_a_problem() -> None:
    line = Line.in_memory()
    command = unknown(line)
    Breaker(line, at=1, error=ContentDiffers("column X stands as 1 and should be 2"))
    outcome = deliver(line.store, line.queues, command, Retries(), keep)
    assert (outcome.action, outcome.facts["error"]) == (KEPT.action, "ContentDiffers")
    assert line.queues.waiting == []
    (stored,) = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    assert (stored.document, stored.code, stored.sentence) == (
        guid(60),
        ReasonCode.ATTEMPTS_EXHAUSTED,
        outcome.facts["why"],
    )


def test_a_process_that_dies_says_nothing() -> None:
    line = Line.in_memory()
    command = unknown(line)
    Breaker(line, at=1, error=ProcessDied())
    with pytest.raises(ProcessDied):
        deliver(line.store, line.queues, command, Retries(), keep)
    assert line.queues.waiting == []
    assert line.snapshot() == {}


@pytest.mark.parametrize("after", [False, True])
def test_a_fault_at_each_request_of_giving_up_leaves_the_same_problem(after: bool) -> None:
    def run(at: int) -> tuple[Line, Breaker]:
        line = Line.in_memory()
        line.confirm(guid(60))
        breaker = Breaker(line, at=at, after=after, error=OutcomeUnknown("the connection was closed"))
        line.drain()
        return line, breaker

    straight, counted = run(0)
    # what fails in the last try is told as the reason, so only the tries before it are compared
    requests_of_a_try = counted.requests // straight.retries.tries_max
    for at in range(1, counted.requests - 2 * requests_of_a_try):
        line, breaker = run(at)
        assert breaker.has_broken
        assert {dead.command.document for dead in line.dead} == {guid(60)}
        assert line.snapshot() == straight.snapshot()


def test_a_document_that_fails_for_ever_holds_up_no_other() -> None:
    line = Line.in_memory()
    line.load_samples(ADATUM)
    line.drain()
    line.mark_ready(CONTRACT_ADATUM)
    for number in range(60, 80):
        line.confirm(guid(number))
    line.create_proforma(CONTRACT_ADATUM)
    outcomes = line.drain()
    assert [outcome.action for outcome in outcomes] == [Action.PROFORMA_CREATED]
    # the good one was done at once, long before the others were given up
    assert [row.changed_at for row in line.rows(Table.DATAVERSE_INVOICES)] == [START]
    assert len(line.dead) == 20
    assert all(isinstance(dead.error, NotYet) for dead in line.dead)


def test_a_table_of_problems_that_is_refused_multiplies_no_messages() -> None:
    line = Line.in_memory()
    line.load_samples(COHO)
    line.drain()
    line.mark_ready(CONTRACT_COHO)
    line.create_proforma(CONTRACT_COHO)
    line.drain()
    (invoice,) = line.rows(Table.DATAVERSE_INVOICES)
    line.confirm(invoice.key.row)
    before = len(line.queues.sent)
    line.memory.before_call = refused
    with pytest.raises(OutcomeUnknown):
        # even the letter can't be kept with its problem
        line.drain()
    line.memory.before_call = nothing
    assert {type(command) for command in line.queues.sent[before:]} == {ConfirmInvoice}
    assert len(line.queues.sent) - before < line.retries.tries_max


def refused(call: Call) -> None:
    if call.table is Table.INVOICING_PROBLEMS:
        raise OutcomeUnknown(f"{call.table}: the storage answered 429")
