"""What somebody else has done in the middle of an act is no error: the act looks at what stands, and ends well."""

from collections.abc import Callable
from datetime import date
from functools import partial

import pytest

from domain.commands import ConfirmInvoice
from domain.dead_letters import make_letter
from domain.errors import (
    ChangedMeanwhile,
    ContentDiffers,
    InvoicingError,
    NotYet,
    OutcomeUnknown,
    Problem,
    ReasonCode,
    RowMissing,
)
from domain.journal import JournalStatus
from domain.open_documents import GRACE, of_rows
from domain.outcome import Action
from domain.pending_work import PendingWork, WorkKind
from domain.problems import OpenProblem, open_problem
from domain.reconciliation import WorkAgain
from domain.replays import Replay
from domain.rows import Delete, Insert, Merge
from domain.tables import Table
from domain.workflows.delete_proposal_lines import delete_lines
from domain.workflows.dispatch import perform
from domain.workflows.edit_proposal import edit_lines
from domain.workflows.handling import clear_problem, keep_problem
from domain.workflows.open_index import TABLE, register
from domain.workflows.post_journal import error_journal
from domain.workflows.proposal_acts import settle
from domain.workflows.reconcile import reconcile
from domain.workflows.reconcile_mending import register_work
from domain.workflows.reconcile_pending_revenue import reconcile_pending_revenue
from domain.workflows.replay import Person, replay
from domain.workflows.sync_table_map import sync_table_map
from domain.workflows.work_index import claim
from tests.builders import drafted
from tests.builders import sale as sold
from tests.finance_builders import CONTRACT_PARTITION, PROPOSAL
from tests.line import END_OF_AUGUST, START, Line, ProcessDied
from tests.workflows.adatum import (
    ACTUALS,
    CONTRACT,
    CORRELATION,
    actual,
    guid,
    put_actuals,
    put_references,
    staged,
    sync,
)
from tests.workflows.journal_work import PAYROLL, imported, only, post, stands
from tests.workflows.restless import overtake
from tests.workflows.staged_work import (
    ACCRUES,
    add_setup,
    cost,
    finance,
    journals,
    lines,
    problems,
    proposal_lines,
    propose,
    sale,
    stage,
    staged_row,
    without,
    works,
)

JOURNALS, LINES = Table.FINANCE_INTEGRATION_JOURNALS, Table.FINANCE_INTEGRATION_JOURNAL_LINES
WORK, STAGING = Table.FINANCE_PENDING_WORK, Table.FINANCE_ACTUALS_STAGING
EMPTY = open_problem(
    Problem(ReasonCode.INVOICE_EMPTY, "invoice 1 has no line details; add some"),
    document=guid(1),
    stage="confirm-invoice",
    correlation=CORRELATION,
    since=START,
)
ACCOUNT = {"accountid": guid(1), "accountnumber": "A-1", "name": "Adatum"}
# what the storage says when somebody else was faster
FASTER = (ChangedMeanwhile("another version stands"), RowMissing("there is no such row"))


def failing(error: BaseException) -> Callable[[], None]:
    """Answer a request with an error."""

    def fail() -> None:
        raise error

    return fail


def proposed() -> Line:
    line = finance(ACCRUES, ReconcileAccruedRevenueInBatch=True)
    stage(line, sale(1))
    line.tick()
    line.post_all()
    propose(line, sale(1))
    line.tick()
    return line


def test_a_problem_that_another_one_stores_first_is_counted() -> None:
    line = Line.in_memory()
    overtake(
        line, "write", Table.INVOICING_PROBLEMS, partial(keep_problem, line.store, EMPTY.changed(since=START + GRACE))
    )
    keep_problem(line.store, EMPTY)
    assert [(each.since, each.tries) for each in line.records(Table.INVOICING_PROBLEMS, OpenProblem)] == [(START, 2)]


def test_a_problem_that_was_cleared_while_it_was_met_again_is_stored() -> None:
    line = Line.in_memory()
    keep_problem(line.store, EMPTY)
    overtake(line, "write", Table.INVOICING_PROBLEMS, partial(clear_problem, line.store, EMPTY.document, EMPTY.stage))
    keep_problem(line.store, EMPTY)
    assert [each.tries for each in line.records(Table.INVOICING_PROBLEMS, OpenProblem)] == [1]


def test_a_row_that_somebody_loads_first_gets_what_is_loaded_last() -> None:
    line = Line.in_memory()
    theirs = partial(line.load_entities, "accounts", {**ACCOUNT, "name": "Theirs"})
    overtake(line, "write", Table.DATAVERSE_ACCOUNTS, theirs)
    line.load_entities("accounts", ACCOUNT)
    assert [row.columns["name"] for row in line.rows(Table.DATAVERSE_ACCOUNTS)] == ["Adatum"]


def test_a_row_that_is_removed_while_it_is_loaded_is_loaded() -> None:
    line = Line.in_memory()
    line.load_entities("accounts", {**ACCOUNT, "name": "Before"})
    (row,) = line.rows(Table.DATAVERSE_ACCOUNTS)

    def remove() -> None:
        line.store.write(Table.DATAVERSE_ACCOUNTS, row.key.partition, (Delete(row.key.row),))

    overtake(line, "write", Table.DATAVERSE_ACCOUNTS, remove)
    line.load_entities("accounts", ACCOUNT)
    assert [row.columns["name"] for row in line.rows(Table.DATAVERSE_ACCOUNTS)] == ["Adatum"]


@pytest.mark.parametrize("table", [LINES, JOURNALS])
def test_a_journal_that_is_made_and_posted_while_it_is_made_is_no_problem(table: Table) -> None:
    line = finance()
    stage(line, cost("c"))

    def others() -> None:
        line.tick()
        line.post_all()

    overtake(line, "write", table, others)
    (outcome,) = line.tick()
    assert outcome.problems == ()
    assert [each.status for each in journals(line)] == [JournalStatus.POSTED]
    assert works(line, WorkKind.POST_JOURNAL) == works(line, WorkKind.JOURNAL_LINES) == []


def test_a_journal_of_errors_that_is_posted_before_its_original_does_not_stop_it() -> None:
    line = imported()
    original = only(line)
    without(line, PostingType=122)

    def others() -> None:
        # they die before the original is posted; its journal of errors stands, and somebody posts it by its id
        overtake(line, "write", JOURNALS, failing(ProcessDied()), nth=2)
        with pytest.raises(ProcessDied):
            post(line, original)
        add_setup(line, PAYROLL)
        post(line, original.changed(journal=error_journal(original.journal)))

    # after the lines of the journal were decided
    overtake(line, "write", LINES, others, nth=2)
    post(line, original)
    assert stands(line, original).status is JournalStatus.POSTED


def test_a_slow_edit_of_lines_that_were_deleted_since_ends() -> None:
    line = proposed()

    def others() -> None:
        settle(line.store, PROPOSAL)
        delete_lines(line.store, PROPOSAL)

    overtake(line, "write", Table.FINANCE_INVOICE_PROPOSAL_LINES, others)
    header = edit_lines(line.store, PROPOSAL, fields={"sales tax group": ""})
    assert (header.pending_act, header.deletions) == (None, 1)
    assert proposal_lines(line) == []


def synced() -> Line:
    """An actual that has crossed and whose description has changed since."""
    line = Line.in_memory()
    put_references(line.memory)
    put_actuals(line.memory, actual(1))
    sync_table_map(line.store, sync(ACTUALS))
    key = actual(1).backlog_key
    line.store.write(Table.DATAVERSE_ACTUALS, key.partition, (Merge(key.row, {"msdyn_description": "new"}),))
    return line


def test_a_staged_row_that_is_removed_while_it_is_synced_comes_again() -> None:
    line = synced()
    (row,) = line.rows(STAGING)
    remove = partial(line.store.write, STAGING, row.key.partition, (Delete(row.key.row),))
    # to add it comes first
    overtake(line, "write", STAGING, remove, nth=2)
    sync_table_map(line.store, sync(ACTUALS))
    assert staged(line.memory)["Description"] == "new"


def test_a_staged_row_that_comes_again_while_it_is_synced_is_brought_up_to_date() -> None:
    line = synced()
    (row,) = line.rows(STAGING)

    def restore() -> None:
        line.store.write(STAGING, row.key.partition, (Insert(row.key.row, row.columns),))

    def remove() -> None:
        line.store.write(STAGING, row.key.partition, (Delete(row.key.row),))
        overtake(line, "write", STAGING, restore)

    # to find out why it can't be added comes first
    overtake(line, "find", STAGING, remove, nth=2)
    sync_table_map(line.store, sync(ACTUALS))
    assert staged(line.memory)["Description"] == "new"


def test_work_that_pends_for_another_command_stays() -> None:
    line = synced()
    before = line.rows(WORK)
    sync_table_map(
        line.store, sync(ACTUALS, command=guid(77), correlation=guid(78), requested_at="2026-09-01T12:00:00Z")
    )
    assert line.rows(WORK) == before


def test_work_that_pends_is_not_registered_again_by_the_reconciliation() -> None:
    line = finance()
    work = stage(line, cost("c"))
    before = line.rows(WORK)
    document = of_rows(ACTUALS, CONTRACT_PARTITION, work.first, work.last, guid(79))
    again = WorkAgain(WorkKind.JOURNAL_LINES, "usmf", CONTRACT_PARTITION, work.first, work.last)
    assert register_work(line.store, document, again) == 1
    assert line.rows(WORK) == before


def test_of_two_who_replay_a_letter_at_once_one_has_done_it() -> None:
    line = Line.in_memory()
    command = ConfirmInvoice(
        command=guid(4), correlation=CORRELATION, requested_at=START, invoice=guid(5), confirmed_on=END_OF_AUGUST
    )
    problem = Problem(ReasonCode.ATTEMPTS_EXHAUSTED, "the process died on every delivery", (guid(5),))
    letter = make_letter(command.name, b"{}", 5, problem, command)
    ben = partial(replay, line.store, line.queues, letter, command, Person("ben", START))
    overtake(line, "write", Table.INVOICING_REPLAYS, ben)
    assert replay(line.store, line.queues, letter, command, Person("ann", START)).facts["by"] == "ben"
    assert [(each.number, each.by) for each in line.records(Table.INVOICING_REPLAYS, Replay)] == [(1, "ben")]


@pytest.mark.parametrize("error", [*FASTER, ContentDiffers("stands otherwise")], ids=lambda error: type(error).__name__)
def test_a_document_on_which_somebody_works_does_not_stop_the_reconciliation(error: InvoicingError) -> None:
    line = Line.in_memory()
    put_references(line.memory)
    put_actuals(line.memory, actual(1))
    register(line.store, (of_rows(ACTUALS, CONTRACT, "2026", "2027", CORRELATION),))
    line.clock.set(START + GRACE)
    overtake(line, "read_pages", Table.DATAVERSE_ACTUALS, failing(error))
    outcomes = list(reconcile(line.store, line.queues, (), line.clock.now()))
    assert outcomes[-1].facts["looked_at"] == 1
    assert len(line.rows(TABLE)) == 1
    assert [each.code for each in problems(line)] == [ReasonCode.CONTENT_DIFFERS] * isinstance(error, ContentDiffers)


@pytest.mark.parametrize("error", FASTER, ids=lambda error: type(error).__name__)
def test_an_invoice_that_somebody_reconciles_stays_for_the_next_tick(error: InvoicingError) -> None:
    line = proposed()
    line.post_all()
    line.drain()
    (row,) = line.rows(Table.FINANCE_PROJECT_TRANSACTIONS)
    merge = Merge(row.key.row, {"LedgerSalesReversed": "900"})
    line.store.write(Table.FINANCE_PROJECT_TRANSACTIONS, row.key.partition, (merge,))
    overtake(line, "find", Table.FINANCE_PROJECT_TRANSACTIONS, failing(error))
    (outcome,) = reconcile_pending_revenue(line.store, line.clock.now())
    assert (outcome.action, outcome.problems) == (Action.NOTHING_TO_DO, ())
    assert len(works(line, WorkKind.ACCRUED_REVENUE)) == 1


def two_days() -> Line:
    line = finance()
    for day in (27, 28):
        stage(line, cost(day, document_date=date(2026, 8, day)))
    return line


def test_a_piece_of_work_without_an_answer_does_not_hold_up_the_others() -> None:
    line = two_days()
    overtake(line, "read_pages", STAGING, failing(OutcomeUnknown("no answer")))
    with pytest.raises(OutcomeUnknown):
        line.tick()
    assert len(lines(line)) == 1


def test_a_piece_of_work_that_stands_otherwise_is_named_for_what_it_is() -> None:
    line = two_days()
    overtake(line, "read_pages", STAGING, failing(ContentDiffers("column A stands as 1 and should be 2")))
    line.tick()
    assert len(lines(line)) == 1
    (problem,) = problems(line)
    assert problem.sentence == "column A stands as 1 and should be 2"


def test_a_worker_whose_work_another_has_begun_stamps_nothing() -> None:
    line = finance()
    work = stage(line, cost("c"))

    def begin() -> None:
        # and die
        row = line.store.find(WORK, work.key)
        assert row is not None
        assert claim(line.store, row) is not None

    overtake(line, "read_pages", STAGING, begin)
    line.tick()
    assert staged_row(line, cost("c")).import_run is None
    assert [each.claims for each in line.records(WORK, PendingWork)] == [2]


def test_a_refusal_of_an_invoice_that_was_changed_since_it_was_read_is_decided_again() -> None:
    line = Line.in_memory()
    header = drafted(line, sold(1)).changed(invoice=guid(9), number="PRO-9", details=0)
    line.put(Table.DATAVERSE_INVOICES, header.key, header)
    command = line.confirm(guid(9))
    row = line.store.find(Table.DATAVERSE_INVOICES, header.key)
    assert row is not None
    touch = partial(line.store.write, Table.DATAVERSE_INVOICES, guid(9), (Merge(guid(9), row.columns),))
    overtake(line, "read_pages", Table.DATAVERSE_INVOICE_LINE_DETAILS, touch)
    with pytest.raises(NotYet):
        perform(line.store, line.queues, command)
