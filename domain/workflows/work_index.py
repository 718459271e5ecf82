"""Take pending work, and put it away when it is done.

Whoever begins work counts its claims up, by version: that is what shuts out a slower worker that began before. It can
still write what it has in hand, but it can't commit its choice any more.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from domain.errors import ChangedMeanwhile, RowMissing
from domain.pending_work import PendingWork, WorkKind
from domain.ports import RowStore
from domain.rows import Delete, Merge, StoredRow
from domain.saving import save
from domain.tables import Table
from domain.workflows.handling import clear_problem

TABLE = Table.FINANCE_PENDING_WORK


def pending(store: RowStore, kind: WorkKind) -> Iterator[StoredRow]:
    """Read what is pending of a kind; a tick costs what is pending, never what has ever been."""
    for page in store.read_pages(TABLE, kind.value):
        yield from page


def take_turns[W](works: Iterable[W], now: datetime, most: int) -> Sequence[W]:
    """Choose what a tick looks at: everything, or as much as it may, from another place in each minute.

    Work that waits for a person stays pending; if every tick began at the first, it would hold up what stands behind.
    """
    everything = list(works)
    if len(everything) <= most:
        return everything
    start = int(now.timestamp()) // 60 * most % len(everything)
    return (everything[start:] + everything[:start])[:most]


def claim(store: RowStore, row: StoredRow) -> StoredRow | None:
    """Begin work.

    Returns:
        The row as it stands after the claim, with the version that the work is committed by; None when somebody else
        has begun it, or finished it, since the row was read.
    """
    work = PendingWork.from_columns(row.columns)
    claims = (work.claims or 0) + 1
    try:
        store.write(TABLE, row.key.partition, (Merge(row.key.row, {"Claims": claims}, row.etag),))
    except (ChangedMeanwhile, RowMissing):
        return None
    stands = store.find(TABLE, row.key)
    # whoever has begun since then shuts us out, and the version that stands is theirs
    return stands if stands is not None and PendingWork.from_columns(stands.columns).claims == claims else None


def mark_handed_on(store: RowStore, rows: Sequence[StoredRow], now: datetime) -> bool:
    """Note on pieces of work of one kind that their commands are about to be sent.

    Returns:
        False: one of them was put away meanwhile; the next tick looks at them again.
    """
    marked = (PendingWork.from_columns(row.columns).changed(handed_on_at=now) for row in rows)
    merges = (Merge(work.key.row, {"HandedOnAt": work.to_columns()["HandedOnAt"]}) for work in marked)
    try:
        save(store, TABLE, rows[0].key.partition, merges)
    except RowMissing:
        return False
    return True


def is_pending(store: RowStore, row: StoredRow) -> bool:
    """Tell whether work is still to be done, before its problem is kept.

    A worker that comes with its problem long after others have finished the work, and dies right after it has kept it,
    would leave it for good.
    """
    return store.find(TABLE, row.key) is not None


def still_pends(store: RowStore, row: StoredRow) -> bool:
    """Tell whether work is still to be done, after its problem was kept; who was about to put it away leaves it now.

    Otherwise a worker that has cleared the problems of its finished work, and dies right after it has put the work
    away, would leave ours for good.
    """
    # nothing changes but the version
    same = Merge(row.key.row, {"Kind": row.columns["Kind"]})
    try:
        save(store, TABLE, row.key.partition, (same,))
    except RowMissing:
        return False
    return True


def put_away(store: RowStore, row: StoredRow) -> None:
    """Remove work that is done, unless somebody has begun it again since.

    Its problem goes first: who dies in between comes back for the work, but nobody comes back for a problem.
    """
    work = PendingWork.from_columns(row.columns)
    clear_problem(store, work.partition, work.stage)
    try:
        save(store, TABLE, row.key.partition, (Delete(row.key.row, row.etag),))
    except ChangedMeanwhile:
        # the other worker finds nothing left to do and puts it away itself
        return
