"""Reconcile the accrued revenue of what was invoiced lately, for the legal entities that want it in batch.

Posting an invoice registers it as work; each is looked at once, whatever the number of its lines, because nobody waits.
So a tick costs what was invoiced since the last one. An invoice older than the window is put away: whoever wants it
reconciled names it.

Source: Project Operations documentation, reconcile-accrued-revenue (in batch; by default the last three months).
"""

from collections.abc import Iterator
from datetime import datetime

from domain.accrued_revenue import is_in_window
from domain.errors import CarriesProblem, ChangedMeanwhile, RowMissing
from domain.invoice_proposal import Proposal, ProposalStatus
from domain.outcome import Action, Outcome
from domain.pending_work import PendingWork, WorkKind
from domain.ports import RowStore
from domain.problems import open_problem
from domain.rows import RowKey, StoredRow
from domain.tables import Table
from domain.workflows.handling import keep_problem
from domain.workflows.reading import find_record
from domain.workflows.reconcile_accrued_revenue import reconcile_accrued_revenue
from domain.workflows.work_index import pending, put_away, take_turns

# invoices of one tick
INVOICES_MAX = 100


def reconcile_pending_revenue(store: RowStore, now: datetime) -> Iterator[Outcome]:
    """Reconcile what is registered, bounded.

    Args:
        store: where the invoices stand.
        now: the instant of the tick; its day is the accounting date of the corrections.

    Yields:
        The outcome of each invoice. One that fails is named, stays registered and does not hold up the others.
    """
    for row in take_turns(pending(store, WorkKind.ACCRUED_REVENUE), now, INVOICES_MAX):
        yield _one(store, row, PendingWork.from_columns(row.columns), now)


def _one(store: RowStore, row: StoredRow, work: PendingWork, now: datetime) -> Outcome:
    proposal = find_record(store, Table.FINANCE_INVOICE_PROPOSALS, RowKey(work.partition, work.partition), Proposal)
    if proposal is None or proposal.status is not ProposalStatus.INVOICED:
        # it is registered before it is invoiced
        return Outcome(Action.NOTHING_TO_DO, work.partition, correlation=work.correlation)
    found = 0
    if is_in_window(proposal.invoice_date, now.date()):
        try:
            cleared = reconcile_accrued_revenue(store, proposals=(work.partition,), on=now.date(), in_batch=True)
        except CarriesProblem as error:
            told = (error.problem,)
            keep_problem(
                store,
                open_problem(
                    error.problem, document=work.partition, stage=work.stage, correlation=work.correlation, since=now
                ),
            )
            return Outcome(Action.NOTHING_TO_DO, work.partition, problems=told, correlation=work.correlation)
        except (ChangedMeanwhile, RowMissing):
            # somebody reconciles it at the same time; the next tick looks again
            return Outcome(Action.NOTHING_TO_DO, work.partition, correlation=work.correlation)
        found = len(cleared)
    put_away(store, row)
    facts: dict[str, str | int] = {"proposal": proposal.number, "imbalances": found}
    return Outcome(Action.REVENUE_RECONCILED, work.partition, facts, correlation=work.correlation)
