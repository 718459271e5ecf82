"""Lines of integration journals are deleted: the actual comes back with the next import, once, however often."""

from functools import partial

import pytest

from domain.errors import ReasonCode, Refused
from domain.journal import JournalStatus, LineStatus
from domain.pending_work import WorkKind
from domain.rows import Merge
from domain.tables import Table
from domain.workflows.delete_journal_lines import delete_journal_lines
from domain.workflows.post_journal import error_journal
from functions.storage.memory import Call
from tests.line import Line
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
    standing,
    stands,
    transactions,
    try_to,
    try_to_post,
)
from tests.workflows.restless import dying, interleave, nothing, overtake
from tests.workflows.staged_work import (
    actuals_of,
    add_setup,
    connect,
    journals,
    lines,
    problems,
    staged_row,
    without,
    works,
)

ALL = sorted(each.actual for each in (COST, SALE, OTHER))


def delete(line: Line, *actuals: str) -> None:
    """Delete the lines of actuals, all of one journal."""
    journal = line_of(line, actuals[0]).journal
    delete_journal_lines(line.store, journal=journal, numbers=[number_of(line, each) for each in actuals])


def test_the_actual_comes_back_with_the_next_import() -> None:
    line = imported()
    journal, before = only(line), line_of(line, SALE.actual)
    delete(line, SALE.actual)
    assert (stands(line, journal).lines, stands(line, journal).deleted) == (2, 1)
    assert actuals_of(standing(line)) == sorted((COST.actual, OTHER.actual))
    free = staged_row(line, SALE)
    assert (free.journal, free.journal_line, free.deleted_line) == (None, None, before.key.text)
    line.tick()
    after = line_of(line, SALE.actual)
    assert after.journal != journal.journal
    # a voucher that is given is not lost
    assert (after.voucher, after.status) == (before.voucher, LineStatus.DRAFT)
    assert works(line, WorkKind.JOURNAL_LINES) == []
    line.post_all()
    assert transactions(line) == ALL
    assert staged_row(line, SALE).voucher == before.voucher


def test_deleting_again_and_again_loses_nothing() -> None:
    line = imported()
    vouchers = {each.actual: each.voucher for each in standing(line)}
    for _ in range(5):
        for actual in ALL:
            delete(line, actual)
        line.tick()
        assert actuals_of(standing(line)) == ALL
    assert {each.actual: each.voucher for each in standing(line)} == vouchers
    line.post_all()
    assert transactions(line) == ALL
    assert {each.status for each in journals(line)} == {JournalStatus.POSTED, JournalStatus.DELETED}
    assert works(line, WorkKind.POST_JOURNAL) == []


def test_a_journal_without_lines_is_deleted_and_not_posted() -> None:
    line = imported()
    journal = only(line)
    delete(line, *ALL)
    gone = stands(line, journal)
    assert (gone.status, gone.lines, gone.deleted) == (JournalStatus.DELETED, 0, 3)
    assert works(line, WorkKind.POST_JOURNAL) == []
    # a command that was sent before
    before = line.snapshot()
    assert post(line, journal).problems == ()
    assert line.snapshot() == before


def test_the_same_call_again_changes_nothing() -> None:
    line = imported()
    journal, number = only(line), number_of(line, SALE.actual)
    for _ in range(2):
        delete_journal_lines(line.store, journal=journal.journal, numbers=[number, number])
        line.tick()
    before = line.snapshot()
    delete_journal_lines(line.store, journal=journal.journal, numbers=[number])
    assert line.snapshot() == before
    line.tick()
    assert line.snapshot() == before


def test_cost_and_sale_go_on_naming_each_other() -> None:
    line = imported()
    connect(line, SALE, COST)
    line.tick()
    vouchers = {each.actual: each.voucher for each in standing(line)}
    delete(line, SALE.actual)
    line.tick()
    assert line_of(line, SALE.actual).related_voucher == vouchers[COST.actual]
    assert line_of(line, COST.actual).related_voucher == vouchers[SALE.actual]


def test_a_connection_that_comes_in_between_is_not_lost() -> None:
    for fatal in range(1, 30):
        line = imported()
        delete(line, SALE.actual)
        connect(line, SALE, COST)
        with dying(line, fatal):
            line.tick()
        line.tick()
        line.tick()
        assert line_of(line, SALE.actual).related_voucher == line_of(line, COST.actual).voucher, f"call {fatal}"
        assert line_of(line, COST.actual).related_voucher == line_of(line, SALE.actual).voucher


def test_posted_lines_stay() -> None:
    line = imported()
    journal, number = only(line), number_of(line, SALE.actual)
    line.post_all()
    before = line.snapshot()
    with pytest.raises(Refused, match="has status Posted and cannot be changed any more; none is needed") as refused:
        delete_journal_lines(line.store, journal=journal.journal, numbers=[number])
    assert refused.value.problem.code is ReasonCode.DOCUMENT_WRONG_STATE
    assert line.snapshot() == before


def test_a_line_that_is_not_there_is_named_and_none_is_deleted() -> None:
    line = imported()
    before = line.snapshot()
    with pytest.raises(Refused, match="has no line 9; `invoicing journal show` lists its lines") as refused:
        delete_journal_lines(line.store, journal=only(line).journal, numbers=[1, 9])
    assert refused.value.problem.code is ReasonCode.JOURNAL_LINE_UNKNOWN
    assert line.snapshot() == before


def test_a_line_of_a_journal_of_errors_is_deleted_there() -> None:
    line = imported()
    original, number = only(line), number_of(line, COST.actual)
    without(line, PostingType=122)
    post(line, original)
    line.drain()
    with pytest.raises(Refused, match="has status Posted"):
        delete_journal_lines(line.store, journal=original.journal, numbers=[number])
    delete_journal_lines(line.store, journal=error_journal(original.journal), numbers=[number])
    line.tick()
    again = line_of(line, COST.actual)
    assert again.journal not in {original.journal, error_journal(original.journal)}
    add_setup(line, PAYROLL)
    # the original comes again, and does not bring its journal of errors back
    post(line, original)
    line.post_all()
    assert transactions(line) == ALL
    assert problems(line) == []
    assert works(line, WorkKind.POST_JOURNAL) == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_at_any_request_ends_as_if_there_had_been_none(after: bool, fault: str) -> None:
    start = imported()
    journal, number = only(start), number_of(start, SALE.actual)

    def act(line: Line) -> None:
        delete_journal_lines(line.store, journal=journal.journal, numbers=[number])

    untouched, whole = start.twin(), start.twin()
    act(whole)
    whole.tick()
    for at, line in broken(start, act, fault, after=after):
        # nobody comes back: it was deleted as a whole, or not at all
        alone = line.twin()
        alone.tick()
        assert alone.snapshot() in (whole.snapshot(), untouched.snapshot()), f"request {at}"
        # the person does it again
        act(line)
        line.tick()
        assert line.snapshot() == whole.snapshot(), f"request {at}"


def test_an_import_that_dies_at_any_call_brings_the_actual_back_once() -> None:
    start = imported()
    delete(start, SALE.actual)
    whole = start.twin()
    whole.tick()
    for fatal in range(1, 40):
        line = start.twin()
        with dying(line, fatal):
            line.tick()
        line.tick()
        assert line.snapshot() == whole.snapshot(), f"call {fatal}"


def test_a_slow_deletion_leaves_a_row_alone_that_has_gone_on_to_another_line() -> None:
    line = imported()
    overtake(line, "write", Table.FINANCE_ACTUALS_STAGING, line.tick)
    delete(line, SALE.actual)
    free, again = staged_row(line, SALE), line_of(line, SALE.actual)
    assert (free.journal, free.journal_line) == (again.journal, again.number)


def test_a_deletion_that_came_too_late_leaves_no_work() -> None:
    line = imported()
    journal = only(line)
    overtake(line, "write", Table.FINANCE_INTEGRATION_JOURNAL_LINES, partial(post, line, journal))
    with pytest.raises(Refused, match="was posted at the same moment, so line"):
        delete(line, SALE.actual)
    assert works(line, WorkKind.JOURNAL_LINES) == []
    assert {each.status for each in lines(line)} == {LineStatus.POSTED}


def test_one_line_that_is_decided_keeps_the_others() -> None:
    line = imported()
    journal, decided = only(line), line_of(line, SALE.actual).key
    # a posting that died after it had decided on the line
    status = {"Status": LineStatus.POSTED.value}
    line.store.write(Table.FINANCE_INTEGRATION_JOURNAL_LINES, decided.partition, (Merge(decided.row, status),))
    before = line.snapshot()
    with pytest.raises(Refused, match="has status Processing and cannot be changed any more"):
        delete_journal_lines(line.store, journal=journal.journal, numbers=[1, 2, 3])
    assert line.snapshot() == before


def test_a_journal_of_errors_stays_as_it_is_while_it_is_made() -> None:
    line = imported()
    journal, number = only(line), number_of(line, COST.actual)
    without(line, PostingType=122)

    def others() -> None:
        with pytest.raises(Refused, match="is being made of journal"):
            delete_journal_lines(line.store, journal=error_journal(journal.journal), numbers=[number])

    # begun, and its journal of errors written: it is about to be posted
    overtake(line, "write", Table.FINANCE_INTEGRATION_JOURNALS, others, nth=3)
    post(line, journal)
    assert stands(line, journal).status is JournalStatus.POSTED
    assert {each.status for each in standing(line)} == {LineStatus.POSTED, LineStatus.DRAFT}


def test_a_line_that_others_keep_changing_is_deleted_by_the_next_import() -> None:
    line = imported()
    journal, number = only(line), number_of(line, SALE.actual)

    def restless(call: Call) -> None:
        if (call.method, call.table) == ("write", Table.FINANCE_INTEGRATION_JOURNAL_LINES):
            line.memory.before_call = nothing
            line.store.write(
                call.table, call.partition, (Merge(call.row, {"Description": str(len(line.memory.calls))}),)
            )
            line.memory.before_call = restless

    line.memory.before_call = restless
    with pytest.raises(Refused, match="is being changed by others; it is deleted soon"):
        delete_journal_lines(line.store, journal=journal.journal, numbers=[number])
    line.memory.before_call = nothing
    line.tick()
    assert (stands(line, journal).lines, stands(line, journal).deleted) == (2, 1)
    assert works(line, WorkKind.JOURNAL_LINES) == []


@pytest.mark.parametrize("breaks", [False, True], ids=["good lines", "an account is missing"])
def test_deleting_and_posting_at_any_two_calls_posts_each_actual_once(breaks: bool) -> None:
    decided = set()
    for at, until in ((at, until) for at in range(1, 20) for until in range(1, 16)):
        line = imported()
        journal, number = only(line), number_of(line, COST.actual)
        if breaks:
            without(line, PostingType=122)
        posting = partial(try_to_post, line, journal)
        deleting = partial(try_to, partial(delete_journal_lines, line.store, journal=journal.journal, numbers=[number]))
        interleave(line, posting, deleting, at, until)
        is_deleted = any(each.status is LineStatus.DELETED for each in lines(line))
        # refused, it has changed nothing
        assert len(works(line, WorkKind.JOURNAL_LINES)) == is_deleted, f"calls {at} and {until}"
        try_to_post(line, journal)
        line.drain()
        line.tick()
        counted = stands(line, journal)
        mine = [each for each in lines(line) if each.journal == journal.journal]
        gone = [each for each in mine if each.status is LineStatus.DELETED]
        decided.add(len(gone))
        assert (counted.lines, counted.deleted or 0) == (3 - len(gone), len(gone)), f"calls {at} and {until}"
        assert (counted.posted or 0) + (counted.transferred or 0) == counted.lines
        add_setup(line, PAYROLL)
        line.post_all()
        assert transactions(line) == ALL, f"calls {at} and {until}"
        assert works(line, WorkKind.POST_JOURNAL) == works(line, WorkKind.JOURNAL_LINES) == []
        assert problems(line) == []
        assert len({each.voucher for each in standing(line)}) == 3
    assert decided == {0, 1}


def test_two_people_and_an_import_at_any_two_calls_delete_once() -> None:
    for at, until in ((at, until) for at in range(1, 20) for until in (*range(1, 26, 3), 60)):
        line = imported()
        journal = only(line)
        numbers = [number_of(line, SALE.actual), number_of(line, OTHER.actual)]
        one = partial(try_to, partial(delete_journal_lines, line.store, journal=journal.journal, numbers=numbers))

        def other(line: Line = line, journal: str = journal.journal, number: int = numbers[0]) -> None:
            try_to(partial(delete_journal_lines, line.store, journal=journal, numbers=[number]))
            line.tick()

        interleave(line, one, other, at, until)
        line.tick()
        line.tick()
        assert actuals_of(standing(line)) == ALL, f"calls {at} and {until}"
        assert (stands(line, journal).lines, stands(line, journal).deleted) == (1, 2)
        assert works(line, WorkKind.JOURNAL_LINES) == []
        line.post_all()
        assert transactions(line) == ALL
