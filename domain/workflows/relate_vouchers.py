"""Let the journal lines of a cost and its unbilled sale name each other's voucher.

Which belong together says the transaction connection. Lines and connections arrive in any order, so the work waits for
both lines; it waits for a transaction that is not even staged for a month only, because one that never crosses (Skip
Sync) would keep it for ever. Connections that come again after that register the work again.

A line that stood in error names it in every journal in which it has stood. Posting moves such lines at any moment; this
looks again at where a line stands after it has written, and posting looks again at the voucher after it has moved the
line, so one of the two sees the other.

Source: Project Operations documentation, project-operations-integration-journal (related voucher).
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import batched, groupby
from typing import NamedTuple

from domain.errors import ChangedMeanwhile
from domain.journal import Journal, line_key
from domain.outcome import Action, Outcome
from domain.pending_work import RELATED_ROLES, PendingWork
from domain.ports import RowStore
from domain.rows import Merge, RowKey, StoredRow
from domain.saving import read_keys, save
from domain.staging import StagedRelationship
from domain.tables import Table
from domain.workflows.reading import find_record
from domain.workflows.work_index import put_away

# how long the work waits for a transaction that has not arrived
ARRIVAL_MAX = timedelta(days=31)
# pairs that are looked at together, of one piece of work or of several. Their lines stand all over the journals of
# their day, and every look reads all of these: a page at a time would make calls grow with the square of its lines
PAIRS_AT_ONCE = 10_000
_PLACE_COLUMNS = ("ActualId", "ProjAdvancedJournal", "ProjAdvancedJournalLine")
_VOUCHER_COLUMNS = ("Voucher", "RelatedVoucher")


class Pair(NamedTuple):
    """The keys of the staged rows of a sale and of its cost, in either order."""

    one: RowKey
    other: RowKey


@dataclass(slots=True)
class _Work:
    """A piece of work, and what became of its pairs."""

    row: StoredRow
    work: PendingWork
    related: int = 0
    # both are staged, one is no line yet
    waits: bool = False
    # one is not staged
    unknown: bool = False

    def is_done(self, now: datetime) -> bool:
        """Tell that nothing is left to wait for."""
        is_old = self.row.changed_at is not None and now - self.row.changed_at > ARRIVAL_MAX
        return not self.waits and (is_old or not self.unknown)


def relate_vouchers(
    store: RowStore, pending: Iterable[StoredRow], now: datetime
) -> Iterator[tuple[StoredRow, Outcome]]:
    """Relate the pairs of ranges whose lines both stand; a work is put away when all of its pairs do.

    Args:
        store: where connections, staged rows and lines stand.
        pending: the work rows; they are looked at together.
        now: the instant of the tick; a work's own age tells how long it has waited.

    Yields:
        Each work with its outcome, when it is done with it.

    Raises:
        ChangedMeanwhile: a line was moved while it was related; the next tick looks again.

    Bounds: 10,000 pairs with their lines stand in memory, and for so many each journal is read and written once.
    """
    begun: list[_Work] = []
    for together in batched(_pairs_of(store, pending, begun), PAIRS_AT_ONCE, strict=False):
        _relate(store, together)
        # the last one that was begun may go on
        yield from _ended(store, begun[:-1], now)
        del begun[:-1]
    yield from _ended(store, begun, now)


def _pairs_of(store: RowStore, pending: Iterable[StoredRow], begun: list[_Work]) -> Iterator[tuple[_Work, Pair]]:
    for row in pending:
        work = _Work(row, PendingWork.from_columns(row.columns))
        begun.append(work)
        yield from ((work, pair) for pairs in related_pairs(store, work.work) for pair in pairs)


def _ended(store: RowStore, works: Sequence[_Work], now: datetime) -> Iterator[tuple[StoredRow, Outcome]]:
    for each in works:
        if each.is_done(now):
            put_away(store, each.row)
        action = Action.VOUCHERS_RELATED if each.related else Action.NOTHING_TO_DO
        yield each.row, Outcome(action, each.work.partition, {"lines": each.related})


def related_pairs(store: RowStore, work: PendingWork) -> Iterator[list[Pair]]:
    """Read the connected costs and unbilled sales in the range of a work, page by page."""
    table = Table.FINANCE_TRANSACTION_RELATIONSHIPS
    columns = StagedRelationship.columns()
    for page in store.read_pages(table, work.partition, first=work.first, last=work.last, columns=columns):
        relationships = (StagedRelationship.from_columns(row.columns) for row in page)
        yield [
            Pair(RowKey.from_text(each.transaction1_key), RowKey.from_text(each.transaction2_key))
            for each in relationships
            if {each.transaction1_role, each.transaction2_role} == RELATED_ROLES
            and each.transaction1_key
            and each.transaction2_key
        ]


def _relate(store: RowStore, together: Sequence[tuple[_Work, Pair]]) -> None:
    places = line_places(store, {key for _, pair in together for key in pair})
    lines = read_keys(store, Table.FINANCE_INTEGRATION_JOURNAL_LINES, filter(None, places.values()), _VOUCHER_COLUMNS)
    merges: dict[RowKey, Merge] = {}
    for work, pair in together:
        one, other = (lines.get(places.get(key) or NOWHERE) for key in pair)
        if one is None or other is None:
            is_known = all(key in places for key in pair)
            work.waits = work.waits or is_known
            work.unknown = work.unknown or not is_known
            continue
        for line, related in ((one, other), (other, one)):
            voucher = related.columns["Voucher"]
            if line.columns.get("RelatedVoucher") != voucher and line.key not in merges:
                merges[line.key] = Merge(line.key.row, {"RelatedVoucher": voucher})
                work.related += 1
    _write(store, merges)
    # read again only where something was written: see above
    if merges and line_places(store, places) != places:
        raise ChangedMeanwhile("a line was moved to another journal while it was related; it is looked at again")


# the key of no row
NOWHERE = RowKey("", "")


def line_places(store: RowStore, keys: Iterable[RowKey]) -> dict[RowKey, RowKey | None]:
    """Find the lines of staged rows; None: the row is no line yet."""
    rows = read_keys(store, Table.FINANCE_ACTUALS_STAGING, keys, _PLACE_COLUMNS)
    return {key: _place(row) for key, row in rows.items()}


def _place(row: StoredRow) -> RowKey | None:
    journal, number = row.columns.get("ProjAdvancedJournal"), row.columns.get("ProjAdvancedJournalLine")
    if not isinstance(journal, str) or not isinstance(number, int):
        return None
    return line_key(journal, number, str(row.columns["ActualId"]))


def _write(store: RowStore, merges: Mapping[RowKey, Merge]) -> None:
    for journal, keys in groupby(sorted(merges), key=lambda key: key.partition):
        mine = [merges[key] for key in keys]
        place: str | None = journal
        while place is not None:
            save(store, Table.FINANCE_INTEGRATION_JOURNAL_LINES, place, mine)
            header = find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, RowKey(place, place), Journal)
            # a line keeps its number and so its row when it is moved
            place = header.original if header else None
