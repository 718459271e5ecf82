"""The periodic process Import from staging: everything that is pending, bounded, one piece of work at a time.

First the on-account transactions, then the journal lines and their related vouchers, then the proposals. A piece that
fails is named and does not hold up the others; where there is more than one tick takes, the ticks take turns.

A few proposals are imported by the tick itself. Many are handed to the queue, one command each, so that all workers
share them and a long one holds up nobody. What was handed on a moment ago is left to the queue: when workers are
slower than ticks, the queue holds each proposal once and does not grow with every tick.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import batched

from domain.commands import ImportProposal
from domain.errors import (
    CarriesProblem,
    ChangedMeanwhile,
    ContentDiffers,
    OutcomeUnknown,
    Problem,
    ReasonCode,
    RowMissing,
)
from domain.identifiers import derive_id
from domain.outcome import Action, Outcome
from domain.pending_work import PendingWork, WorkKind
from domain.ports import CommandSender, RowStore
from domain.problems import open_problem
from domain.retries import hopeless, passes
from domain.rows import StoredRow
from domain.workflows.companies import Companies
from domain.workflows.handling import clear_problem, keep_problem
from domain.workflows.import_journal_lines import import_journal_lines
from domain.workflows.import_on_account import import_on_account
from domain.workflows.import_proposal import import_lines
from domain.workflows.relate_vouchers import relate_vouchers
from domain.workflows.work_index import is_pending, mark_handed_on, pending, still_pends, take_turns

# pieces of work of one kind in one tick
WORK_PER_TICK_MAX = 500
# proposals that a tick imports itself
PROPOSALS_INLINE_MAX = 16
COMMANDS_AT_ONCE = 32
# after that time a proposal that still waits is handed on again
HANDED_ON_AGAIN_AFTER = timedelta(minutes=5)
# pieces of one tick to which the storage gives no answer; then the storage as a whole is taken to be away
FAULTS_PER_TICK_MAX = 3

type Work = Callable[[StoredRow], Outcome]


def import_from_staging(
    store: RowStore, sender: CommandSender, now: datetime, *, proposals_inline_max: int = PROPOSALS_INLINE_MAX
) -> Iterator[Outcome]:
    """Import what is ready.

    Args:
        store: where staging, journals and proposals stand.
        sender: where proposals without revenue report that they are closed, and where many proposals are handed on.
        now: the instant of the tick.
        proposals_inline_max: proposals that the tick imports itself; when there are more, all go to the queue.

    Yields:
        The outcome of each piece of work, in the order in which it was done.

    Raises:
        OutcomeUnknown: the storage gave no answer to a piece; the others have had their turn all the same, up to the
            third such piece.
    """
    companies = Companies(store)
    work: Mapping[WorkKind, Work] = {
        WorkKind.ON_ACCOUNT: lambda row: import_on_account(store, companies, row),
        WorkKind.JOURNAL_LINES: lambda row: import_journal_lines(store, companies, row, now),
        WorkKind.RELATED_VOUCHERS: lambda row: next(outcome for _, outcome in relate_vouchers(store, (row,), now)),
        WorkKind.PROPOSAL_LINES: lambda row: import_lines(store, sender, companies, _command(row, now)),
    }
    faults: list[OutcomeUnknown] = []
    for kind, do in work.items():
        rows = take_turns(pending(store, kind), now, WORK_PER_TICK_MAX)
        if kind == WorkKind.PROPOSAL_LINES and len(rows) > proposals_inline_max:
            yield from _handed_on(store, sender, rows, now)
            continue
        if kind == WorkKind.RELATED_VOUCHERS:
            rows = yield from _related(store, rows, now)
        yield from _each(store, rows, do, now, faults)
    if faults:
        raise faults[0]


def _each(
    store: RowStore, rows: Sequence[StoredRow], do: Work, now: datetime, faults: list[OutcomeUnknown]
) -> Iterator[Outcome]:
    """Do one piece after the other; those to which the storage gives no answer are noted, and the last one raises."""
    for row in rows:
        correlation = PendingWork.from_columns(row.columns).correlation
        try:
            outcome = _isolated(store, row, do, now)
        except OutcomeUnknown as error:
            faults.append(error)
            if len(faults) == FAULTS_PER_TICK_MAX:
                raise
            continue
        yield replace(outcome, correlation=correlation)


def _handed_on(store: RowStore, sender: CommandSender, rows: Sequence[StoredRow], now: datetime) -> Iterator[Outcome]:
    """Send a command for each proposal, unless one was sent a moment ago.

    Whoever dies between the mark and the message leaves it to the tick after that moment.
    """
    due = [row for row in rows if _is_due(row, now)]
    count = 0
    for at_once in batched(due, COMMANDS_AT_ONCE, strict=False):
        if mark_handed_on(store, at_once, now):
            sender.send(tuple(_command(row, now) for row in at_once))
            count += len(at_once)
    if count:
        yield Outcome(Action.IMPORT_REQUESTED, ImportProposal.name, {"commands": count})


def _is_due(row: StoredRow, now: datetime) -> bool:
    last = PendingWork.from_columns(row.columns).handed_on_at
    return last is None or now - last >= HANDED_ON_AGAIN_AFTER


def _related(
    store: RowStore, rows: Sequence[StoredRow], now: datetime
) -> Generator[Outcome, None, Sequence[StoredRow]]:
    """Relate vouchers of all ranges together; gives those that are left when one of them stumbles, to be done alone."""
    done = 0
    try:
        for row, outcome in relate_vouchers(store, rows, now):
            done += 1
            yield _kept(store, row, outcome, now)
    except Exception:  # whose fault it is shows when each is done alone
        return rows[done:]
    return ()


def _isolated(store: RowStore, row: StoredRow, do: Work, now: datetime) -> Outcome:
    work = PendingWork.from_columns(row.columns)
    try:
        outcome = do(row)
    except CarriesProblem as error:
        outcome = Outcome(Action.NOTHING_TO_DO, work.partition, {"kind": work.kind.value}, (error.problem,))
    except ContentDiffers as error:
        problem = Problem(ReasonCode.CONTENT_DIFFERS, str(error), (work.partition,))
        outcome = Outcome(Action.NOTHING_TO_DO, work.partition, {"kind": work.kind.value}, (problem,))
    except (ChangedMeanwhile, RowMissing):
        # another worker was faster; the next tick looks again
        return Outcome(Action.NOTHING_TO_DO, work.partition, {"kind": work.kind.value})
    except Exception as error:  # a piece on which the program stumbles is named, and holds up no other
        if passes(error):
            raise
        problem = hopeless(error, work.partition)
        outcome = Outcome(Action.NOTHING_TO_DO, work.partition, {"kind": work.kind.value}, (problem,))
    _keep_or_clear(store, row, outcome, now)
    return outcome


def _keep_or_clear(store: RowStore, row: StoredRow, outcome: Outcome, now: datetime) -> None:
    work = PendingWork.from_columns(row.columns)
    if outcome.problems and is_pending(store, row):
        stored = open_problem(
            outcome.problems[0],
            document=work.partition,
            stage=work.stage,
            correlation=work.correlation,
            since=now,
        )
        keep_problem(store, stored)
        if still_pends(store, row):
            return
    clear_problem(store, work.partition, work.stage)


def _kept(store: RowStore, row: StoredRow, outcome: Outcome, now: datetime) -> Outcome:
    _keep_or_clear(store, row, outcome, now)
    return replace(outcome, correlation=PendingWork.from_columns(row.columns).correlation)


def _command(row: StoredRow, now: datetime) -> ImportProposal:
    work = PendingWork.from_columns(row.columns)
    return ImportProposal(
        command=derive_id("import-proposal", work.partition),
        correlation=work.correlation,
        requested_at=now,
        proposal=work.partition,
    )
