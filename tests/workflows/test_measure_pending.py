"""What is pending is counted by stage, its age is since it waits or stopped, and letters are counted by queue."""

from datetime import timedelta

import pytest

from domain.errors import Problem, ReasonCode
from domain.outcome import Action
from domain.pending_work import PendingWork, WorkKind, posting_work
from domain.problems import open_problem
from domain.replays import ReplayState
from domain.rows import Insert, Merge
from domain.tables import Table
from domain.workflows.handling import keep_problem
from domain.workflows.measure_pending import Measured, measure_pending
from functions.storage.memory import MemoryRowStore
from tests.fakes.frozen_clock import FrozenClock

JOURNALS = ("11111111-1111-4111-8111-111111111111", "22222222-2222-4222-8222-222222222222")
CORRELATION = "66a4c753-0b5c-51e9-b0d2-968986d18f5e"


def put(store: MemoryRowStore, kind: WorkKind, document: str) -> PendingWork:
    work = posting_work(kind, company="usmf", document=document, correlation=CORRELATION)
    store.write(Table.FINANCE_PENDING_WORK, work.key.partition, (Insert(work.key.row, work.to_columns()),))
    return work


def claimed(store: MemoryRowStore, work: PendingWork) -> None:
    store.write(Table.FINANCE_PENDING_WORK, work.key.partition, (Merge(work.key.row, {"Claims": 2}, None),))


def measured(store: MemoryRowStore, clock: FrozenClock) -> Measured:
    return measure_pending(store, {name: name for name in ("confirm-invoice", "post-journal")}, clock.now())


def stage_of(found: Measured, kind: WorkKind) -> tuple[int, int]:
    (stage,) = [stage for stage in found.stages if stage.stage == kind.value]
    return stage.pending, stage.oldest_seconds


def test_nothing_pending_is_told_as_zeros(memory_store: MemoryRowStore, frozen_clock: FrozenClock) -> None:
    found = measured(memory_store, frozen_clock)
    assert {(stage.pending, stage.oldest_seconds) for stage in found.stages} == {(0, 0)}
    assert {stage.stage for stage in found.stages} == {kind.value for kind in WorkKind}
    assert found.dead_letters == {"confirm-invoice": 0, "post-journal": 0}


def test_the_age_is_that_of_the_oldest(memory_store: MemoryRowStore, frozen_clock: FrozenClock) -> None:
    put(memory_store, WorkKind.POST_JOURNAL, JOURNALS[0])
    frozen_clock.set(frozen_clock.now() + timedelta(hours=2))
    put(memory_store, WorkKind.POST_JOURNAL, JOURNALS[1])
    frozen_clock.set(frozen_clock.now() + timedelta(hours=1))
    found = measured(memory_store, frozen_clock)
    assert stage_of(found, WorkKind.POST_JOURNAL) == (2, 3 * 3600)
    assert found.outcome.action is Action.PENDING_MEASURED
    assert found.outcome.facts == {"pending": 2, "oldest_seconds": 3 * 3600, "dead_letters": 0}


def test_work_that_every_tick_claims_is_as_old_as_its_problem(
    memory_store: MemoryRowStore, frozen_clock: FrozenClock
) -> None:
    work = put(memory_store, WorkKind.JOURNAL_LINES, JOURNALS[0])
    problem = Problem(ReasonCode.ATTEMPTS_EXHAUSTED, "waits for a rate")
    row = open_problem(
        problem, document=work.partition, stage=work.stage, correlation=CORRELATION, since=frozen_clock.now()
    )
    keep_problem(memory_store, row)
    frozen_clock.set(frozen_clock.now() + timedelta(hours=5))
    claimed(memory_store, work)
    keep_problem(memory_store, row)
    assert stage_of(measured(memory_store, frozen_clock), WorkKind.JOURNAL_LINES) == (1, 5 * 3600)


def test_letters_are_counted_by_queue(memory_store: MemoryRowStore, frozen_clock: FrozenClock) -> None:
    for letter in ("a", "b"):
        insert = Insert(letter, {"Letter": letter})
        memory_store.write(Table.INVOICING_DEAD_LETTERS, "post-journal", (insert,))
    assert measured(memory_store, frozen_clock).dead_letters == {"confirm-invoice": 0, "post-journal": 2}
    for letter, state in (("a", ReplayState.DONE), ("b", ReplayState.DEAD_AGAIN)):
        insert = Insert(f"{letter}|00001", {"Letter": letter, "State": state.value})
        memory_store.write(Table.INVOICING_REPLAYS, "post-journal", (insert,))
    assert measured(memory_store, frozen_clock).dead_letters == {"confirm-invoice": 0, "post-journal": 1}


@pytest.mark.parametrize("pieces", [0, 2])
def test_a_tick_costs_what_is_pending_and_two_pages_for_each_queue(
    memory_store: MemoryRowStore, frozen_clock: FrozenClock, pieces: int
) -> None:
    for document in JOURNALS[:pieces]:
        claimed(memory_store, put(memory_store, WorkKind.JOURNAL_LINES, document))
    memory_store.calls.clear()
    measured(memory_store, frozen_clock)
    assert len(memory_store.calls) == len(WorkKind) + 4 + pieces
