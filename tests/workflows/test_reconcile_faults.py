"""A fault at any request of a tick of the reconciliation: after the ticks that follow nobody can tell."""

from contextlib import suppress
from functools import cache

import pytest

from domain.commands import COMMANDS, SyncTableMap
from domain.errors import OutcomeUnknown, Problem, ReasonCode
from domain.open_documents import GRACE, OpenDocument, of_invoice, of_rows
from domain.pending_work import WorkKind
from domain.problems import OpenProblem, open_problem
from domain.rows import Delete
from domain.tables import Table
from domain.workflows.handling import keep_problem
from domain.workflows.open_index import TABLE, register
from domain.workflows.reconcile import reconcile
from domain.workflows.reconcile_looking import CONNECTIONS_MAP, MILESTONES_MAP
from functions.storage.memory_queues import MemoryQueues
from tests.fakes.frozen_clock import FrozenClock
from tests.faults.host import StoryStore
from tests.line import CONTRACT_ADATUM, DANISH, START, Breaker, Delivery, Line, ProcessDied, Snapshot
from tests.workflows.test_reconcile_lost import HOUR

QUEUES = tuple(command.name for command in COMMANDS)
# from the first tick after the fault to the one that has nothing more to mend
LOOKS = 3
# to die just after a request is to die just before the next one
FAULTS: dict[str, tuple[bool, BaseException]] = {
    "dies before": (False, ProcessDied()),
    "never sent": (False, OutcomeUnknown("the connection broke")),
    "the answer lost": (True, OutcomeUnknown("the connection broke")),
}


@cache
def stopped() -> Line:
    """Everything that a tick does, in the next one.

    The message of a milestone is lost, and so is the work of an expense: both are made again. A range without rows ties
    out, so that its problem is solved; an invoice that is gone gets one.
    """
    clock = FrozenClock(START)
    line = Line(StoryStore(clock), MemoryQueues(clock), clock)
    line.load_samples(DANISH)
    line.drain(Delivery(lost=lambda command: isinstance(command, SyncTableMap) and command.map == MILESTONES_MAP))
    (work,) = line.rows(Table.FINANCE_PENDING_WORK)
    line.store.write(Table.FINANCE_PENDING_WORK, WorkKind.JOURNAL_LINES.value, (Delete(work.key.row),))
    line.clock.set(line.clock.now() + GRACE)
    look(line)
    nothing = of_rows(CONNECTIONS_MAP, CONTRACT_ADATUM, "0", "1", CONTRACT_ADATUM)
    problem = Problem(ReasonCode.RECONCILIATION_GAVE_UP, "it stood still", (CONTRACT_ADATUM,))
    stored = open_problem(
        problem, document=CONTRACT_ADATUM, stage=nothing.stage, correlation=CONTRACT_ADATUM, since=START
    )
    keep_problem(line.store, stored)
    register(line.store, (nothing, of_invoice(CONTRACT_ADATUM, "PRO-1", CONTRACT_ADATUM)))
    return line


def look(line: Line) -> None:
    """One tick; nothing that it has sent is delivered yet."""
    list(reconcile(line.store, line.queues, QUEUES, line.clock.now()))


def begun() -> Line:
    start = stopped()
    assert isinstance(start.store, StoryStore)
    clock = FrozenClock(start.clock.now() + HOUR)
    return Line(start.store.twin(clock), MemoryQueues(clock), clock)


def ended(line: Line) -> Snapshot:
    line.reconcile(LOOKS, after=HOUR)
    assert line.dead == []
    tables = dict(line.snapshot())
    # since when is the moment of the tick that has found it
    problems = tables.pop(Table.INVOICING_PROBLEMS)
    return tables | {
        "problems": {
            key: {name: value for name, value in row.items() if name != "Since"} for key, row in problems.items()
        }
    }


def test_the_tick_does_all_that_a_tick_can_do() -> None:
    line = begun()
    look(line)
    assert [command.name for command in line.queues.sent] == [SyncTableMap.name]
    assert [row.key.partition for row in line.rows(Table.FINANCE_PENDING_WORK)] == [WorkKind.JOURNAL_LINES.value]
    (problem,) = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    assert (problem.document, problem.stage) == (CONTRACT_ADATUM, "reconcile")
    assert {each.map for each in line.records(TABLE, OpenDocument)} & {CONNECTIONS_MAP} == set()


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_a_tick_ends_as_if_there_had_been_none(fault: str) -> None:
    after, error = FAULTS[fault]
    whole = begun()
    counted = Breaker(whole)
    look(whole)
    requests = counted.requests
    expected = ended(whole)
    assert requests > 20
    for at in range(1, requests + 1):
        line = begun()
        breaker = Breaker(line, at=at, after=after, error=error)
        with suppress(OutcomeUnknown, ProcessDied):
            look(line)
        assert breaker.has_broken
        assert ended(line) == expected, f"request {at} of {requests}"
