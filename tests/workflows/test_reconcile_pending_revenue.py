"""The timer that reconciles accrued revenue: each new invoice once, in companies that want it, whatever happens."""

from datetime import date, timedelta
from itertools import count

import pytest

from domain.accrued_revenue import is_in_window, window_start
from domain.invoice_proposal import ProposalStatus
from domain.ledger import LedgerEntry
from domain.money import total
from domain.outcome import Action, Outcome
from domain.pending_work import WorkKind
from domain.problems import OpenProblem
from domain.rows import Merge
from domain.tables import Table
from domain.workflows.reconcile_accrued_revenue import find_imbalances
from domain.workflows.reconcile_pending_revenue import reconcile_pending_revenue
from tests.finance_builders import PROPOSAL
from tests.line import Line
from tests.workflows.restless import dying
from tests.workflows.staged_work import (
    ACCRUES,
    add_setup,
    finance,
    propose,
    read_proposal,
    sale,
    stage,
    works,
)


def invoiced(*, in_batch: bool = True, taken_back: str = "900") -> Line:
    """One invoice over an accrual of 1,000, of which so much was taken back."""
    line = finance(ACCRUES, ReconcileAccruedRevenueInBatch=in_batch)
    mine = sale(1)
    stage(line, mine)
    line.tick()
    line.post_all()
    propose(line, mine)
    line.tick()
    line.post_all()
    line.drain()
    assert read_proposal(line).status is ProposalStatus.INVOICED
    (row,) = line.rows(Table.FINANCE_PROJECT_TRANSACTIONS)
    merge = Merge(row.key.row, {"LedgerSalesReversed": taken_back})
    line.store.write(Table.FINANCE_PROJECT_TRANSACTIONS, row.key.partition, (merge,))
    return line


def tick(line: Line) -> list[Outcome]:
    return list(reconcile_pending_revenue(line.store, line.clock.now()))


def moved(line: Line) -> list[int]:
    entries = line.records(Table.FINANCE_LEDGER_ENTRIES, LedgerEntry)
    return [int(total([each.accounting_amount])) for each in entries if each.voucher.startswith("ARR-")]


def test_a_new_invoice_is_reconciled_once() -> None:
    line = invoiced()
    assert [work.partition for work in works(line, WorkKind.ACCRUED_REVENUE)] == [PROPOSAL]
    (outcome,) = tick(line)
    assert (outcome.action, outcome.facts["imbalances"]) == (Action.REVENUE_RECONCILED, 1)
    assert sorted(moved(line)) == [-100, 100]
    assert works(line, WorkKind.ACCRUED_REVENUE) == []
    assert tick(line) == []


def test_one_that_took_back_exactly_is_put_away() -> None:
    line = invoiced(taken_back="1000")
    (outcome,) = tick(line)
    assert outcome.facts["imbalances"] == 0
    assert (moved(line), works(line, WorkKind.ACCRUED_REVENUE)) == ([], [])


def test_a_company_that_does_not_want_it_registers_nothing() -> None:
    line = invoiced(in_batch=False)
    assert works(line, WorkKind.ACCRUED_REVENUE) == []
    assert tick(line) == []


def test_an_old_invoice_is_put_away_and_left_to_people() -> None:
    line = invoiced()
    line.clock.set(line.clock.now() + timedelta(days=120))
    assert [outcome.facts["imbalances"] for outcome in tick(line)] == [0]
    assert works(line, WorkKind.ACCRUED_REVENUE) == []
    assert len(find_imbalances(line.store, PROPOSAL)) == 1


def test_what_cannot_be_corrected_stays_registered_with_its_reason() -> None:
    line = invoiced()
    add_setup(line, {"Kind": "FiscalCalendarPeriod", "StartDate": "2026-01-01", "EndDate": "2026-08-30"})
    assert [problem.code.value for outcome in tick(line) for problem in outcome.problems] == ["period_closed"]
    (problem,) = line.records(Table.INVOICING_PROBLEMS, OpenProblem)
    assert problem.stage == WorkKind.ACCRUED_REVENUE.value
    assert len(works(line, WorkKind.ACCRUED_REVENUE)) == 1
    add_setup(line, {"Kind": "FiscalCalendarPeriod", "StartDate": "2026-01-01", "EndDate": "2026-12-31"})
    tick(line)
    assert line.records(Table.INVOICING_PROBLEMS, OpenProblem) == []
    assert works(line, WorkKind.ACCRUED_REVENUE) == []


def test_dying_at_any_call_changes_nothing() -> None:
    straight = invoiced()
    tick(straight)
    for after_writes in (False, True):
        for fatal in count(1):
            line = invoiced()
            with dying(line, fatal, after_writes=after_writes) as death:
                tick(line)
            tick(line)
            assert line.snapshot() == straight.snapshot(), f"call {fatal}"
            if not death.died:
                break


@pytest.mark.parametrize(
    ("today", "start"),
    [
        (date(2026, 8, 31), date(2026, 5, 31)),
        (date(2026, 5, 31), date(2026, 2, 28)),
        (date(2026, 2, 15), date(2025, 11, 15)),
        (date(2026, 3, 1), date(2025, 12, 1)),
    ],
)
def test_the_window_is_three_months(today: date, start: date) -> None:
    assert window_start(today) == start
    assert is_in_window(start, today)
    assert not is_in_window(start - timedelta(days=1), today)
