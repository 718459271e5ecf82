"""One tick does everything that is ready, a bounded piece at a time; what fails is named and holds up nobody."""

import contextlib
from datetime import timedelta

import pytest

from domain.outcome import Action
from domain.pending_work import PendingWork, WorkKind
from domain.rows import Delete
from domain.tables import Table
from domain.workflows.import_from_staging import HANDED_ON_AGAIN_AFTER, WORK_PER_TICK_MAX, import_from_staging
from domain.workflows.work_index import TABLE, claim, put_away, still_pends, take_turns
from functions.storage.memory import Call
from tests.line import COHO, START, Breaker, Line, ProcessDied
from tests.many_lines import drafted
from tests.workflows.restless import nothing
from tests.workflows.staged_work import add_setup, cost, finance, lines, problems, propose, sale, stage, works

WAITS = {"currency": "GBP"}


def test_an_empty_tick_reads_the_index_and_nothing_else() -> None:
    line = finance()
    line.memory.calls.clear()
    assert line.tick() == []
    assert {(call.method, call.table) for call in line.memory.calls} == {("read_pages", Table.FINANCE_PENDING_WORK)}
    assert len(line.memory.calls) == 4


def test_a_tick_costs_what_is_pending_and_not_what_has_been() -> None:
    line = finance()
    stage(line, cost(0))
    line.memory.calls.clear()
    line.tick()
    first = len(line.memory.calls)
    for number in range(1, 20):
        stage(line, cost(number))
        line.tick()
    stage(line, cost(20))
    line.memory.calls.clear()
    line.tick()
    assert len(line.memory.calls) == first


def test_g51_a_row_with_skip_sync_is_never_in_staging() -> None:
    line = Line.in_memory()
    line.load_samples(COHO)
    line.drain()
    line.bill("ce18d4f0-cdca-554b-9ebf-9ca76d93e9e3")
    skipped = {
        row.columns["msdyn_actualid"] for row in line.rows(Table.DATAVERSE_ACTUALS) if row.columns.get("msdyn_skipsync")
    }
    staged = {row.columns["ActualId"] for row in line.rows(Table.FINANCE_ACTUALS_STAGING)}
    assert len(skipped) == 1
    assert staged
    assert not skipped & staged


def test_a_few_proposals_are_imported_by_the_tick_and_many_by_the_queue() -> None:
    line = drafted(3, 2)
    for row in line.rows(Table.DATAVERSE_INVOICES):
        line.confirm(row.key.row)
    line.drain()
    other = line.twin()
    by_itself = list(import_from_staging(line.store, line.queues, line.clock.now(), proposals_inline_max=3))
    assert [outcome.action for outcome in by_itself] == [Action.PROPOSAL_LINES_IMPORTED] * 3
    assert not line.queues.waiting
    (handed_on,) = import_from_staging(other.store, other.queues, other.clock.now(), proposals_inline_max=2)
    assert (handed_on.action, handed_on.facts) == (Action.IMPORT_REQUESTED, {"commands": 3})
    assert {outcome.action for outcome in other.drain()} == {Action.PROPOSAL_LINES_IMPORTED}
    assert other.snapshot() == line.snapshot()


def confirmed(count: int) -> Line:
    line = drafted(count, 1)
    for row in line.rows(Table.DATAVERSE_INVOICES):
        line.confirm(row.key.row)
    line.drain()
    return line


def hand_on(line: Line) -> int:
    told = import_from_staging(line.store, line.queues, line.clock.now(), proposals_inline_max=1)
    return sum(int(outcome.facts["commands"]) for outcome in told)


def test_a_proposal_waits_in_the_queue_once_however_many_ticks_pass_meanwhile() -> None:
    line = confirmed(3)
    assert [hand_on(line) for _ in range(3)] == [3, 0, 0]
    assert len(line.queues.waiting) == 3
    line.clock.advance(HANDED_ON_AGAIN_AFTER.total_seconds())
    assert hand_on(line) == 3
    line.drain()
    assert (works(line, WorkKind.PROPOSAL_LINES), hand_on(line)) == ([], 0)


@pytest.mark.parametrize("after", [False, True])
def test_a_tick_that_dies_at_any_call_while_it_hands_on_leaves_everything_to_a_later_one(*, after: bool) -> None:
    ground = confirmed(2)
    whole = ground.twin()
    counter = Breaker(whole)
    assert hand_on(whole) == 2
    whole.drain()
    calls = counter.requests
    for at in range(1, calls + 1):
        line = ground.twin()
        Breaker(line, at=at, after=after, error=ProcessDied())
        with contextlib.suppress(ProcessDied):
            hand_on(line)
            line.drain()
        line.clock.advance(HANDED_ON_AGAIN_AFTER.total_seconds())
        hand_on(line)
        line.drain()
        assert (at, line.snapshot()) == (at, whole.snapshot())
    assert calls > 4


def test_work_that_was_put_away_before_it_is_handed_on_is_looked_at_by_the_next_tick() -> None:
    line = confirmed(3)

    def compete(call: Call) -> None:
        if call.method == "write":
            line.memory.before_call = nothing
            line.tick()

    line.memory.before_call = compete
    assert (hand_on(line), line.queues.waiting) == (0, [])
    assert works(line, WorkKind.PROPOSAL_LINES) == []


def test_journal_lines_come_before_the_proposals_that_need_them() -> None:
    line = finance()
    each = sale("s")
    stage(line, each)
    propose(line, each)
    assert [outcome.action.value for outcome in line.tick()] == ["journal_lines_imported", "nothing_to_do"]


def test_a_problem_is_stored_for_each_range_and_cleared_when_it_is_solved() -> None:
    line = finance(currency="GBP")
    stage(line, sale(1, **WAITS))
    stage(line, sale(2, **WAITS))
    line.tick()
    assert len(problems(line)) == 2
    rate = {"Kind": "ExchangeRate", "FromCurrencyCode": "GBP", "ToCurrencyCode": "USD"}
    add_setup(line, {**rate, "ValidFrom": "2026-01-01", "ExchangeRate": "125"})
    line.tick()
    assert problems(line) == []
    assert len(lines(line)) == 2


def test_a_slow_tick_that_dies_leaves_no_problem_on_work_that_others_have_finished() -> None:
    line = finance()
    each = sale("s")
    stage(line, each)
    propose(line, each)
    line.tick()

    def die(call: Call) -> None:
        if (call.method, call.table) == ("write", Table.INVOICING_PROBLEMS):
            raise ProcessDied

    def finish(call: Call) -> None:
        # the tick knows what is missing, and is about to keep it
        if call.method == "find" and call.table in {Table.FINANCE_PENDING_WORK, Table.INVOICING_PROBLEMS}:
            line.memory.before_call = nothing
            line.post_all()
            line.tick()
            line.memory.after_call = die

    line.memory.before_call = finish
    with contextlib.suppress(ProcessDied):
        line.tick()
    line.memory.after_call = nothing
    assert works(line, WorkKind.PROPOSAL_LINES) == []
    assert problems(line) == []


def test_a_problem_that_another_worker_has_solved_meanwhile_does_not_stay() -> None:
    line = finance(currency="GBP")
    stage(line, sale(1, **WAITS))
    rate = {"Kind": "ExchangeRate", "FromCurrencyCode": "GBP", "ToCurrencyCode": "USD"}

    def solve(call: Call) -> None:
        # just before the problem is looked up, to be stored
        if call.table is Table.INVOICING_PROBLEMS:
            line.memory.before_call = nothing
            add_setup(line, {**rate, "ValidFrom": "2026-01-01", "ExchangeRate": "125"})
            line.tick()

    line.memory.before_call = solve
    line.tick()
    assert len(lines(line)) == 1
    assert problems(line) == []


def test_work_whose_problem_was_just_kept_is_not_put_away() -> None:
    line = finance(currency="GBP")
    stage(line, sale(1, **WAITS))
    (finished,) = line.rows(TABLE)
    # the slow worker keeps its problem when the fast one has cleared it and is about to put the work away
    assert still_pends(line.store, finished)
    put_away(line.store, finished)
    assert [row.columns for row in line.rows(TABLE)] == [finished.columns]
    (again,) = line.rows(TABLE)
    put_away(line.store, again)
    assert line.rows(TABLE) == []
    assert not still_pends(line.store, finished)


def test_work_that_vanishes_while_it_is_done_does_not_stop_the_tick() -> None:
    line = finance()
    stage(line, cost(1))
    stage(line, cost(2))
    first = works(line, WorkKind.JOURNAL_LINES)[0]

    def vanish(call: Call) -> None:
        if call.method == "write" and call.table is Table.FINANCE_ACTUALS_STAGING:
            line.memory.before_call = nothing
            line.store.write(Table.FINANCE_PENDING_WORK, first.key.partition, (Delete(first.key.row),))

    line.memory.before_call = vanish
    line.tick()
    assert len(lines(line)) == 1


def test_ticks_take_turns_when_more_is_pending_than_one_takes() -> None:
    everything = list(range(1200))
    seen: set[int] = set()
    for minute in range(3):
        taken = take_turns(everything, START + timedelta(minutes=minute), WORK_PER_TICK_MAX)
        assert len(taken) == WORK_PER_TICK_MAX
        seen |= set(taken)
    assert seen == set(everything)
    assert take_turns([3, 1, 2], START, 3) == [3, 1, 2]


def test_every_work_has_a_stage_of_its_own_in_the_problems() -> None:
    line = finance()
    stage(line, cost(1))
    (work,) = line.records(Table.FINANCE_PENDING_WORK, PendingWork)
    stages = {kind: work.changed(kind=kind).stage for kind in WorkKind}
    assert len(set(stages.values())) == len(WorkKind)
    assert stages[WorkKind.PROPOSAL_LINES] == "import-proposal"


def test_a_claim_that_was_overtaken_before_its_version_was_read_is_none() -> None:
    line = finance()
    work = stage(line, cost(1))
    row = line.store.find(TABLE, work.key)
    assert row is not None
    faster = []

    def overtake(call: Call) -> None:
        if call.method == "find":
            line.memory.before_call = nothing
            stands = line.store.find(TABLE, work.key)
            assert stands is not None
            faster.append(claim(line.store, stands))

    line.memory.before_call = overtake
    assert claim(line.store, row) is None
    assert [each.columns["Claims"] for each in faster if each] == [2]


def test_of_two_that_have_read_the_same_work_one_begins_it() -> None:
    line = finance()
    work = stage(line, cost(1))
    row = line.store.find(TABLE, work.key)
    assert row is not None
    mine = claim(line.store, row)
    assert mine is not None
    assert claim(line.store, row) is None
    # what the first one has in hand is still committed by the version that stands
    assert line.store.find(TABLE, work.key) == mine
    put_away(line.store, mine)
    assert claim(line.store, row) is None
