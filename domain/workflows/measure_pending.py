"""Count what is pending by stage, find how long the oldest of it has been, and count the dead letters.

It reads the work index, which holds what is pending and never what has ever been, and one page of each queue's letters
and replays.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from domain.outcome import Action, Outcome
from domain.pending_work import PendingWork, WorkKind
from domain.ports import RowStore
from domain.problems import OpenProblem, problem_key
from domain.replays import ReplayState
from domain.rows import StoredRow
from domain.tables import Table
from domain.workflows.work_index import pending

# problems that are read for their age in one tick; what stands behind them counts by its own row
PROBLEMS_READ_MAX = 100


@dataclass(frozen=True, slots=True)
class Stage:
    """What is pending of one stage."""

    stage: str
    # pieces of work
    pending: int
    # whole seconds since the oldest of them began to wait; 0 when nothing is pending
    oldest_seconds: int


@dataclass(frozen=True, slots=True)
class Measured:
    """Everything that was measured in one tick."""

    # every kind of work, also those with nothing pending
    stages: Sequence[Stage]
    # queue to letters without a replay that is done, 1,000 at most
    dead_letters: Mapping[str, int]

    @property
    def outcome(self) -> Outcome:
        """The event of the tick."""
        facts = {
            "pending": sum(stage.pending for stage in self.stages),
            "oldest_seconds": max(stage.oldest_seconds for stage in self.stages),
            "dead_letters": sum(self.dead_letters.values()),
        }
        return Outcome(Action.PENDING_MEASURED, "pending-work", facts)


def measure_pending(store: RowStore, queues: Mapping[str, str], now: datetime) -> Measured:
    """Measure.

    Args:
        store: where the work index, the problems and the letters stand.
        queues: kind of command to the name of its queue, without -poison.
        now: the instant of the tick.
    """
    stages = tuple(_stage(store, kind, now) for kind in WorkKind)
    return Measured(stages, {queue: _letters(store, kind, queue) for kind, queue in queues.items()})


def _stage(store: RowStore, kind: WorkKind, now: datetime) -> Stage:
    rows = sorted(pending(store, kind), key=lambda row: row.changed_at or now)
    ages = [_age(store, row, now, look=position < PROBLEMS_READ_MAX) for position, row in enumerate(rows)]
    return Stage(kind.value, len(rows), max(ages, default=0))


def _age(store: RowStore, row: StoredRow, now: datetime, *, look: bool) -> int:
    since = row.changed_at or now
    work = PendingWork.from_columns(row.columns)
    # every tick that claims a piece writes its row; its problem knows since when
    if look and work.claims is not None:
        problem = store.find(Table.INVOICING_PROBLEMS, problem_key(work.partition, work.stage))
        if problem is not None:
            since = min(since, OpenProblem.from_columns(problem.columns).since or problem.changed_at or now)
    return max(0, int((now - since).total_seconds()))


def _letters(store: RowStore, kind: str, queue: str) -> int:
    kept = _page(store, Table.INVOICING_DEAD_LETTERS, queue, ("Letter",))
    replays = _page(store, Table.INVOICING_REPLAYS, kind, ("Letter", "State"))
    settled = {row.columns.get("Letter") for row in replays if row.columns.get("State") == ReplayState.DONE}
    return sum(row.columns.get("Letter") not in settled for row in kept)


def _page(store: RowStore, table: Table, partition: str, columns: Sequence[str]) -> Sequence[StoredRow]:
    return next(iter(store.read_pages(table, partition, columns=columns)), ())
