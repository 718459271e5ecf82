"""An integration journal is posted: good lines with vouchers, bad lines in a journal of their own with reasons."""

from decimal import Decimal
from functools import partial
from itertools import count

import pytest

from domain.commands import PostJournal
from domain.errors import NotYet
from domain.identifiers import derive_id
from domain.journal import Journal, JournalStatus, LineStatus
from domain.ledger import ProjectTransaction
from domain.option_sets import FinanceBillingType
from domain.pending_work import WorkKind
from domain.tables import Table
from domain.workflows.delete_journal_lines import delete_journal_lines
from domain.workflows.dispatch import perform
from domain.workflows.post_journal import error_journal
from functions.storage.memory import Call
from tests.finance_builders import fixed_rate_row, period_row, voucher_of
from tests.line import Line
from tests.workflows.restless import interleave, nothing, overtake
from tests.workflows.staged_work import (
    ACCRUES,
    add_setup,
    cost,
    finance,
    journals,
    lines,
    problems,
    sale,
    stage,
    staged_row,
    voucher,
    without,
    works,
)

PAYROLL = {"Kind": "ProjPosting", "PostingType": 122, "MainAccount": "600300", "AccountName": "Payroll allocation"}
COST, SALE = cost("c"), sale("s")


def imported() -> Line:
    """A journal of a cost and a sale that is not accrued."""
    line = finance()
    stage(line, COST, SALE)
    line.tick()
    return line


def command(line: Line, journal: Journal) -> PostJournal:
    return PostJournal(
        command=derive_id("post", journal.journal),
        correlation=journal.correlation,
        requested_at=line.clock.now(),
        journal=journal.journal,
    )


def post(line: Line, journal: Journal) -> list[str]:
    """Post a journal, without what it sends; give the codes of its problems."""
    outcome = perform(line.store, line.queues, command(line, journal))
    return [problem.code.value for problem in outcome.problems]


def test_g19c_the_voucher_of_cost_and_accrual() -> None:
    line = finance(fixed_rate_row("125"), ACCRUES, currency="GBP")
    stage(line, COST, sale("s", currency="GBP"))
    line.tick()
    post(line, journals(line)[0])
    by_kind = {each.transaction_type.value: each.voucher for each in lines(line)}
    assert voucher(line, by_kind["Cost"]) == voucher_of("""
        600300 Payroll allocation: -480.00 USD = -480.00 USD at 1, 122
        540100 Cost of project - labor: 480.00 USD = 480.00 USD at 1, 121
    """)
    assert voucher(line, by_kind["Sales"]) == voucher_of("""
        161300 WIP sales value: 1000.00 GBP = 1250.00 USD at 1.25, 129
        420200 Accrued revenue: -1000.00 GBP = -1250.00 USD at 1.25, 128
    """)


def test_posting_twice_changes_nothing() -> None:
    line = imported()
    journal = journals(line)[0]
    post(line, journal)
    before = line.snapshot()
    post(line, journal)
    assert line.snapshot() == before


def test_a_journal_that_is_not_known_is_waited_for() -> None:
    line = imported()
    with pytest.raises(NotYet, match="is not known; check the id"):
        perform(line.store, line.queues, command(line, journals(line)[0].changed(journal=derive_id("nothing"))))


def test_a_bad_line_moves_to_a_journal_of_its_own_and_is_posted_when_the_cause_is_mended() -> None:
    line = imported()
    original = journals(line)[0]
    number, name = next((each.number, each.voucher) for each in lines(line) if each.actual == COST.actual)
    without(line, PostingType=122)
    line.send(command(line, original))
    line.drain()
    (errors,) = (journal for journal in journals(line) if journal.original)
    assert (errors.journal, errors.original) == (error_journal(original.journal), original.journal)
    assert (errors.status, errors.lines) == (JournalStatus.DRAFT, 1)
    (moved,) = (each for each in lines(line) if each.journal == errors.journal)
    assert (moved.number, moved.voucher, moved.status) == (number, name, LineStatus.DRAFT)
    assert "Posting type 122 (Payroll allocation) has no main account" in (moved.post_error or "")
    assert (staged_row(line, COST).journal, staged_row(line, COST).journal_line) == (errors.journal, number)
    assert staged_row(line, SALE).processed
    assert not staged_row(line, COST).processed
    # the cause stays: the journal of errors keeps its line, with the reason
    assert post(line, errors) == ["posting_account_missing"]
    add_setup(line, PAYROLL)
    line.post_all()
    assert staged_row(line, COST).voucher == name
    assert voucher(line, name) == voucher_of("""
        600300 Payroll allocation: -480.00 USD = -480.00 USD at 1, 122
        540100 Cost of project - labor: 480.00 USD = 480.00 USD at 1, 121
    """)
    assert problems(line) == []
    assert works(line, WorkKind.POST_JOURNAL) == []


def test_posting_the_original_again_does_not_offer_a_posted_journal_of_errors() -> None:
    line = imported()
    original = journals(line)[0]
    without(line, PostingType=122)
    line.send(command(line, original))
    line.drain()
    add_setup(line, PAYROLL)
    line.post_all()
    before = line.snapshot()
    line.send(command(line, original))
    line.drain()
    assert line.snapshot() == before


@pytest.mark.parametrize("method", ["find", "write"], ids=["before it looks", "before it writes"])
def test_a_slow_posting_leaves_a_row_alone_that_has_gone_on_from_the_journal_of_errors(method: str) -> None:
    line = imported()
    original = journals(line)[0]
    number = next(each.number for each in lines(line) if each.actual == COST.actual)
    without(line, PostingType=122)

    def others() -> None:
        post(line, original)
        delete_journal_lines(line.store, journal=error_journal(original.journal), numbers=[number])
        line.tick()

    overtake(line, method, Table.FINANCE_ACTUALS_STAGING, others)
    try_to_post(line, original)
    line.drain()
    (standing,) = (each for each in lines(line) if each.status is LineStatus.DRAFT)
    assert standing.actual == COST.actual
    assert standing.journal not in {original.journal, error_journal(original.journal)}
    assert (staged_row(line, COST).journal, staged_row(line, COST).journal_line) == (standing.journal, standing.number)


def test_a_journal_of_only_bad_lines_stays_with_its_reasons() -> None:
    line = finance()
    stage(line, COST, cost("d"))
    line.tick()
    (journal,) = journals(line)
    without(line, PostingType=122)
    assert post(line, journal) == ["posting_account_missing"]
    assert journals(line) == [journal]
    assert [(each.status, "122" in (each.post_error or "")) for each in lines(line)] == [(LineStatus.DRAFT, True)] * 2
    assert line.rows(Table.FINANCE_LEDGER_ENTRIES) == []
    assert len(works(line, WorkKind.POST_JOURNAL)) == 1
    add_setup(line, PAYROLL)
    assert post(line, journal) == []
    assert journals(line)[0].posted == 2
    assert [each.post_error for each in lines(line)] == [None, None]
    assert problems(line) == []


def test_a_closed_period_keeps_the_line_and_names_the_period() -> None:
    line = finance(period_row("2026-01-01", "2026-12-31", "Closed"))
    stage(line, COST)
    line.tick()
    assert post(line, journals(line)[0]) == ["period_closed"]
    add_setup(line, period_row("2026-01-01", "2026-12-31"))
    assert post(line, journals(line)[0]) == []


def test_a_period_that_closes_after_import_moves_the_posting_when_it_may() -> None:
    line = finance(IsAccountingDateUpdateAllowed=True)
    stage(line, COST)
    line.tick()
    add_setup(line, period_row("2026-01-01", "2026-12-31", "Closed"), period_row("2027-01-01", "2027-12-31"))
    post(line, journals(line)[0])
    (transaction,) = line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
    assert transaction.accounting_date.isoformat() == "2027-01-01"


@pytest.mark.parametrize("billing_type", [FinanceBillingType.NON_CHARGEABLE, FinanceBillingType.COMPLIMENTARY])
def test_a_sale_that_is_not_invoiced_is_posted_without_value(billing_type: FinanceBillingType) -> None:
    line = finance(ACCRUES)
    free = sale("s", billing_type=billing_type)
    stage(line, free)
    line.tick()
    line.post_all()
    assert line.rows(Table.FINANCE_LEDGER_ENTRIES) == []
    after = staged_row(line, free)
    assert (after.processed, after.accounting_amount, after.sales_tax_amount) == (True, Decimal(0), Decimal(0))


def other_worker_at(line: Line, call: int, journal: Journal, *, breaks: bool) -> bool:
    """Post, with another worker posting the same journal whole at a call; tell whether there was such a call."""
    calls = count(1)

    def other(_: Call) -> None:
        if next(calls) == call:
            line.memory.before_call = nothing
            if breaks:
                without(line, PostingType=122)
            line.send(command(line, journal))
            line.drain()

    line.memory.before_call = other
    try:
        post(line, journal)
    except NotYet:
        line.send(command(line, journal))
    line.memory.before_call = nothing
    line.drain()
    return next(calls) > call


@pytest.mark.parametrize("breaks", [False, True], ids=["same set-up", "an account goes in between"])
def test_another_worker_at_any_call_posts_nothing_twice(breaks: bool) -> None:
    for call in count(1):
        line = finance(ACCRUES)
        stage(line, COST, SALE)
        line.tick()
        was_called = other_worker_at(line, call, journals(line)[0], breaks=breaks)
        add_setup(line, PAYROLL)
        line.post_all()
        transactions = line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
        assert sorted(each.actual for each in transactions) == sorted((COST.actual, SALE.actual)), f"call {call}"
        assert len(line.rows(Table.FINANCE_LEDGER_ENTRIES)) == 4
        assert {staged_row(line, each).processed for each in (COST, SALE)} == {True}
        assert {journal.status for journal in journals(line)} == {JournalStatus.POSTED}
        posted = [each.actual for each in lines(line) if each.status is LineStatus.POSTED]
        assert sorted(posted) == sorted((COST.actual, SALE.actual)), f"call {call}"
        assert problems(line) == []
        assert works(line, WorkKind.POST_JOURNAL) == []
        if not was_called:
            break
    assert call > 10


def test_two_workers_that_stop_and_go_on_at_any_two_calls_post_nothing_twice() -> None:
    for at, until in ((at, until) for at in range(1, 18) for until in range(1, 18)):
        line = finance(ACCRUES)
        stage(line, COST, SALE)
        line.tick()
        journal = journals(line)[0]

        def broken(line: Line = line, journal: Journal = journal) -> None:
            without(line, PostingType=122)
            try_to_post(line, journal)

        interleave(line, partial(try_to_post, line, journal), broken, at, until)
        line.drain()
        add_setup(line, PAYROLL)
        line.post_all()
        transactions = line.records(Table.FINANCE_PROJECT_TRANSACTIONS, ProjectTransaction)
        assert sorted(each.actual for each in transactions) == sorted((COST.actual, SALE.actual))
        posted = [each.actual for each in lines(line) if each.status is LineStatus.POSTED]
        assert sorted(posted) == sorted((COST.actual, SALE.actual)), f"calls {at} and {until}"
        assert len(line.rows(Table.FINANCE_LEDGER_ENTRIES)) == 4
        assert {journal.status for journal in journals(line)} == {JournalStatus.POSTED}
        assert works(line, WorkKind.POST_JOURNAL) == []


def try_to_post(line: Line, journal: Journal) -> None:
    """Post as the host does: what is not ready yet is delivered again."""
    try:
        perform(line.store, line.queues, command(line, journal))
    except NotYet:
        line.send(command(line, journal))
