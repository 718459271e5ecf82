"""Let the journal lines of a cost and its unbilled sale name each other's voucher.

Which belong together says the transaction connection. Lines and connections arrive in any order, so the work waits for
both lines; it waits for a transaction that is not even staged for a month only, because one that never crosses (Skip
Sync) would keep it for ever. Connections that come again after that register the work again.

A line that stood in error names it in every journal in which it has stood. Posting moves such lines at any moment; this
looks again at where a line stands after it has written, and posting looks again at the voucher after it has moved the
line, so one of the two sees the other.

Source: Project Operations documentation, project-operations-integration-journal (related voucher).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime, timedelta
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
_PLACE_COLUMNS = ("ActualId", "ProjAdvancedJournal", "ProjAdvancedJournalLine")
_VOUCHER_COLUMNS = ("Voucher", "RelatedVoucher")


class Pair(NamedTuple):
    """The keys of the staged rows of a sale and of its cost, in either order."""

    one: RowKey
    other: RowKey


class _Page(NamedTuple):
    """What became of the pairs of a page."""

    related: int
    # both are staged, one is no line yet
    waits: bool
    # one is not staged
    unknown: bool


def relate_vouchers(store: RowStore, pending: StoredRow, now: datetime) -> Outcome:
    """Relate the pairs of a range whose lines both stand; the work is put away when all do.

    Args:
        store: where connections, staged rows and lines stand.
        pending: the work row.
        now: the instant of the tick; the work's own age tells how long it has waited.

    Raises:
        ChangedMeanwhile: a line was moved while it was related; the next tick looks again.
    """
    work = PendingWork.from_columns(pending.columns)
    pages = [_relate(store, pairs) for pairs in related_pairs(store, work)]
    is_old = pending.changed_at is not None and now - pending.changed_at > ARRIVAL_MAX
    if not any(page.waits or (page.unknown and not is_old) for page in pages):
        put_away(store, pending)
    lines = sum(page.related for page in pages)
    return Outcome(Action.VOUCHERS_RELATED if lines else Action.NOTHING_TO_DO, work.partition, {"lines": lines})


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


def _relate(store: RowStore, pairs: list[Pair]) -> _Page:
    places = line_places(store, {key for pair in pairs for key in pair})
    lines = read_keys(store, Table.FINANCE_INTEGRATION_JOURNAL_LINES, filter(None, places.values()), _VOUCHER_COLUMNS)
    merges: dict[RowKey, Merge] = {}
    waits = unknown = False
    for pair in pairs:
        one, other = (lines.get(places.get(key) or NOWHERE) for key in pair)
        unknown = unknown or any(key not in places for key in pair)
        if one is None or other is None:
            waits = waits or all(key in places for key in pair)
            continue
        for line, related in ((one, other), (other, one)):
            voucher = related.columns["Voucher"]
            if line.columns.get("RelatedVoucher") != voucher:
                merges.setdefault(line.key, Merge(line.key.row, {"RelatedVoucher": voucher}))
    _write(store, merges)
    # read again only where something was written: see above
    if merges and line_places(store, places) != places:
        raise ChangedMeanwhile("a line was moved to another journal while it was related; it is looked at again")
    return _Page(len(merges), waits, unknown)


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
    for journal in sorted({key.partition for key in merges}):
        mine = [merge for key, merge in merges.items() if key.partition == journal]
        place: str | None = journal
        while place is not None:
            save(store, Table.FINANCE_INTEGRATION_JOURNAL_LINES, place, mine)
            header = find_record(store, Table.FINANCE_INTEGRATION_JOURNALS, RowKey(place, place), Journal)
            # a line keeps its number and so its row when it is moved
            place = header.original if header else None
