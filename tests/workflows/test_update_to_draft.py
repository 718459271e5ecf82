"""A legal entity that wants status Error: one bad line stops its journal until somebody updates it to draft."""

from functools import partial

import pytest

from domain.errors import ReasonCode, Refused
from domain.journal import Journal, JournalStatus, LineStatus
from domain.outcome import Action
from domain.pending_work import WorkKind
from domain.rows import Delete, Merge
from domain.tables import Table
from domain.workflows.delete_journal_lines import delete_journal_lines
from domain.workflows.post_pending import post_pending
from domain.workflows.update_to_draft import update_to_draft
from tests.line import Line
from tests.properties.histories import at_rest
from tests.workflows.journal_work import (
    COST,
    FAULTS,
    OTHER,
    PAYROLL,
    SALE,
    broken,
    imported,
    line_of,
    number_of,
    only,
    post,
    stands,
    transactions,
    try_to_post,
)
from tests.workflows.restless import interleave
from tests.workflows.staged_work import ACCRUES, add_setup, finance, lines, problems, sale, stage, without, works

ALL = sorted(each.actual for each in (COST, SALE, OTHER))
DRAFT, ERROR = LineStatus.DRAFT, LineStatus.ERROR


def stopped() -> Line:
    """A journal whose cost has no account, posted where status Error is wanted."""
    line = imported(JournalPostingErrors="ErrorStatus", PostJournalsInBatch=True)
    without(line, PostingType=122)
    post(line, only(line))
    return line


def test_a_bad_line_stops_its_journal_and_nothing_else() -> None:
    line = imported(JournalPostingErrors="ErrorStatus")
    stage(line, sale("later", document_date=SALE.document_date.replace(day=28)))
    line.tick()
    without(line, PostingType=122)
    line.post_all()
    (bad, good) = sorted(line.records(Table.FINANCE_INTEGRATION_JOURNALS, Journal), key=lambda each: -each.lines)
    assert (bad.status, good.status) == (JournalStatus.ERROR, JournalStatus.POSTED)
    mine = {each.actual: each for each in lines(line) if each.journal == bad.journal}
    assert {actual: each.status for actual, each in mine.items()} == {
        COST.actual: ERROR,
        SALE.actual: DRAFT,
        OTHER.actual: DRAFT,
    }
    assert "Posting type 122 (Payroll allocation) has no main account" in (mine[COST.actual].post_error or "")
    assert transactions(line) == [sale("later").actual]
    (problem,) = problems(line)
    assert (problem.code, problem.ids) == (ReasonCode.JOURNAL_IN_ERROR, (COST.actual,))
    assert problem.sentence.endswith("mend the cause, then update the journal to draft")


def test_the_timer_does_not_try_again_before_it_is_updated_to_draft() -> None:
    line = stopped()
    journal = only(line)
    assert works(line, WorkKind.POST_JOURNAL) == []
    add_setup(line, PAYROLL)
    assert post_pending(line.store, line.queues, WorkKind.POST_JOURNAL, line.clock.now()).facts == {"commands": 0}
    before = line.snapshot()
    # a command that was sent before
    assert post(line, journal).action is Action.NOTHING_TO_DO
    assert line.snapshot() == before
    after = update_to_draft(line.store, journal=journal.journal)
    assert after.status is JournalStatus.DRAFT
    assert {(each.status, each.post_error) for each in lines(line)} == {(DRAFT, None)}
    assert problems(line) == []
    assert post_pending(line.store, line.queues, WorkKind.POST_JOURNAL, line.clock.now()).facts == {"commands": 1}
    line.drain()
    assert transactions(line) == ALL
    assert works(line, WorkKind.POST_JOURNAL) == []


def test_a_bad_line_can_be_deleted_instead() -> None:
    line = stopped()
    journal = only(line)
    delete_journal_lines(line.store, journal=journal.journal, numbers=[number_of(line, COST.actual)])
    assert stands(line, journal).status is JournalStatus.ERROR
    update_to_draft(line.store, journal=journal.journal)
    line.post_all()
    assert transactions(line) == sorted((SALE.actual, OTHER.actual))
    # the cost is back, in a journal of its own, which stops alone
    assert line_of(line, COST.actual).status is DRAFT


def test_without_the_switch_bad_lines_move_as_before() -> None:
    line = imported()
    without(line, PostingType=122)
    post(line, only(line))
    assert transactions(line) == sorted((SALE.actual, OTHER.actual))


def test_what_an_earlier_try_has_decided_is_posted_and_only_the_rest_moves() -> None:
    line = imported(JournalPostingErrors="ErrorStatus")
    journal = only(line)
    decided = line_of(line, SALE.actual)
    # a try that died behind its first transaction, when nothing was bad
    other = line.twin()
    post(other, journal)
    row = next(row for row in other.rows(Table.FINANCE_INTEGRATION_JOURNAL_LINES) if row.key == decided.key)
    line.store.write(Table.FINANCE_INTEGRATION_JOURNAL_LINES, journal.journal, (Merge(row.key.row, row.columns),))
    without(line, PostingType=122)
    post(line, journal)
    assert stands(line, journal).status is JournalStatus.POSTED
    assert line_of(line, COST.actual).journal != journal.journal
    add_setup(line, PAYROLL)
    line.post_all()
    assert transactions(line) == ALL


@pytest.mark.parametrize("status", [JournalStatus.PROCESSING, JournalStatus.POSTED])
def test_what_is_being_posted_or_posted_is_not_updated(status: JournalStatus) -> None:
    line = imported()
    journal = only(line)
    header = journal.changed(status=status)
    line.store.write(
        Table.FINANCE_INTEGRATION_JOURNALS, journal.journal, (Merge(journal.journal, header.to_columns()),)
    )
    before = line.snapshot()
    with pytest.raises(Refused, match=f"has status {status} and cannot be changed any more"):
        update_to_draft(line.store, journal=journal.journal)
    assert line.snapshot() == before


def test_a_draft_is_offered_again() -> None:
    line = imported()
    before = line.snapshot()
    (work,) = works(line, WorkKind.POST_JOURNAL)
    line.store.write(Table.FINANCE_PENDING_WORK, work.kind.value, (Delete(work.key.row),))
    update_to_draft(line.store, journal=only(line).journal)
    assert line.snapshot() == before


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_stopping_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start = imported(JournalPostingErrors="ErrorStatus")
    without(start, PostingType=122)
    journal = only(start)
    whole = start.twin()
    post(whole, journal)
    for at, line in broken(start, lambda line: post(line, journal), fault, after=after):
        post(line, journal)
        assert line.snapshot() == whole.snapshot(), f"request {at}"


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_of_updating_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start = stopped()
    add_setup(start, PAYROLL)
    journal = only(start)

    def act(line: Line) -> None:
        update_to_draft(line.store, journal=journal.journal)

    whole = start.twin()
    act(whole)
    whole.post_all()
    for at, line in broken(start, act, fault, after=after):
        # nobody comes back: what the timer sends ends it, or leaves it in error
        alone = line.twin()
        alone.post_all()
        is_stopped = stands(alone, journal).status is JournalStatus.ERROR
        assert is_stopped or at_rest(alone) == at_rest(whole), f"request {at}"
        act(line)
        line.post_all()
        assert at_rest(line) == at_rest(whole), f"request {at}"


def test_updating_and_posting_at_any_two_calls_posts_each_actual_once() -> None:
    for at, until in ((at, until) for at in range(1, 12) for until in range(1, 12)):
        line = stopped()
        journal = only(line)
        add_setup(line, PAYROLL)
        updating = partial(update_to_draft, line.store, journal=journal.journal)
        if not interleave(line, partial(try_to_post, line, journal), updating, at, until).switches:
            updating()
        line.post_all()
        assert transactions(line) == ALL, f"calls {at} and {until}"
        assert works(line, WorkKind.POST_JOURNAL) == []
        assert problems(line) == []


def test_stopping_while_another_worker_posts_at_any_two_calls_posts_each_actual_once() -> None:
    for at, until in ((at, until) for at in range(1, 14) for until in range(1, 14)):
        line = imported(JournalPostingErrors="ErrorStatus")
        without(line, PostingType=122)
        journal = only(line)

        def mended(line: Line = line, journal: Journal = journal) -> None:
            add_setup(line, PAYROLL)
            try_to_post(line, journal)

        interleave(line, partial(try_to_post, line, journal), mended, at, until)
        line.drain()
        add_setup(line, PAYROLL)
        if stands(line, journal).status is JournalStatus.ERROR:
            update_to_draft(line.store, journal=journal.journal)
        line.post_all()
        assert transactions(line) == ALL, f"calls {at} and {until}"
        assert works(line, WorkKind.POST_JOURNAL) == []
        assert problems(line) == []


def test_g41_more_lines_than_somebody_waits_for_are_posted_in_batch() -> None:
    line = imported(InteractiveLinesMax=2)
    journal = only(line)
    (problem,) = post(line, journal, interactive=True).problems
    assert problem.code is ReasonCode.BATCH_REQUIRED
    assert "has 3 lines; more than 2 are posted in batch only" in problem.sentence
    assert stands(line, journal) == journal
    assert post(line, journal).action is Action.JOURNAL_POSTED
    assert problems(line) == []


@pytest.mark.parametrize(("count", "action"), [(100, Action.JOURNAL_POSTED), (101, Action.COMMAND_REFUSED)])
def test_g41_a_hundred_lines_are_posted_while_somebody_waits(count: int, action: Action) -> None:
    line = finance(ACCRUES)
    stage(line, *(sale(number) for number in range(count)))
    line.tick()
    (journal,) = (each for each in line.records(Table.FINANCE_INTEGRATION_JOURNALS, Journal) if each.lines == count)
    assert post(line, journal, interactive=True).action is action
