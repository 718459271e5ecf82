"""Headers of milestones: split them, and bring them up to date with their lines.

A split stands on the header first, by its version; then come the entries of the backlog and the lines, and last the
header again, without the split. Whoever meets a header with a split carries it out before anything else. What a header
says of its lines is counted from them after every change of a line: whoever counts last has seen everything, because
the header is replaced for the version that was read before the lines.
"""

from collections.abc import Callable, Iterable

from domain.backlog import BacklogEntry, Item, ItemKind
from domain.contract import Milestone
from domain.errors import ChangedMeanwhile, ContentDiffers, NotYet, Problem, ReasonCode, Refused
from domain.milestone_header import MilestoneHeader, PendingSplit
from domain.option_sets import MilestoneStatus
from domain.ports import RowStore
from domain.proforma import InvoiceLineDetail
from domain.progress_billing import recounted, rows_of
from domain.rows import Insert, Operation, Replace, RowKey, StoredRow
from domain.saving import ROUNDS_MAX, read_keys, replace_status, save
from domain.tables import Table

HEADERS, MILESTONES = Table.DATAVERSE_MILESTONE_HEADERS, Table.DATAVERSE_MILESTONES

# what is to change on a header as it stands with its lines; None when nothing is
type Decide = Callable[[MilestoneHeader, list[Milestone]], MilestoneHeader | None]


def act_on_header(store: RowStore, key: RowKey, decide: Decide) -> tuple[MilestoneHeader, bool]:
    """Decide on a header as it stands, and carry out what was decided.

    Returns:
        The header as it stands then, and whether anything was changed.

    Raises:
        Refused: there is no such header, or `decide` refuses; nothing was changed.
    """
    for _ in range(ROUNDS_MAX):
        try:
            row = _settled(store, key)
        except NotYet as error:
            raise Refused(error.problem) from error
        if row is None:
            sentence = f"milestone header {key.row} is not known; load it, or check the id"
            raise Refused(Problem(ReasonCode.DOCUMENT_UNKNOWN, sentence, (key.row,)))
        header = MilestoneHeader.from_columns(row.columns)
        after = decide(header, read_lines(store, header))
        if after is None:
            return header, False
        try:
            replace_status(store, HEADERS, key, after.to_columns(), row.etag)
        except ChangedMeanwhile:
            # somebody was faster: look again and decide again
            continue
        settled = _settled(store, key) if after.pending_split else None
        return (MilestoneHeader.from_columns(settled.columns) if settled else after), True
    raise Refused(_restless(key))


def _restless(key: RowKey) -> Problem:
    sentence = f"milestone header {key.row} is being changed by others all the time; do it again"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (key.row,))


def read_lines(store: RowStore, header: MilestoneHeader) -> list[Milestone]:
    """Read the lines of a header, those of what is left among them."""
    keys = (RowKey(header.contract, row) for row in header.lines)
    return [Milestone.from_columns(row.columns) for row in read_keys(store, MILESTONES, keys).values()]


def _settled(store: RowStore, key: RowKey) -> StoredRow | None:
    """Carry out the split that stands on a header, if one does, and give the header's row.

    Raises:
        NotYet: others keep changing it.
    """
    for _ in range(ROUNDS_MAX):
        row = store.find(HEADERS, key)
        if row is None:
            return None
        header = MilestoneHeader.from_columns(row.columns)
        if header.pending_split is None:
            return row
        try:
            _carry_out(store, header, row, PendingSplit.model_validate_json(header.pending_split))
        except (ChangedMeanwhile, ContentDiffers):
            # somebody else carries it out as well, or has done so: look again
            continue
    raise NotYet(_restless(key))


def _carry_out(store: RowStore, header: MilestoneHeader, row: StoredRow, split: PendingSplit) -> None:
    rows = rows_of(header, split)
    standing = read_keys(store, MILESTONES, rows)
    again = store.find(HEADERS, row.key)
    if again is None or again.etag != row.etag:
        raise ChangedMeanwhile(f"{HEADERS} {row.key.text}: another version stands; look again")
    ready = {key: each for key, each in rows.items() if each.invoice_status == MilestoneStatus.READY_TO_INVOICE}
    entries = {key: BacklogEntry(kind=ItemKind.MILESTONE, item=each.milestone) for key, each in ready.items()}
    inserts = (Insert(key.row, entry.to_columns()) for key, entry in entries.items())
    save(store, Table.DATAVERSE_BILLING_BACKLOG, header.contract, inserts)
    changes = (_written(key, each, standing.get(key)) for key, each in rows.items())
    save(store, MILESTONES, header.contract, changes)
    done = header.changed(pending_split=None)
    replace_status(store, HEADERS, row.key, recounted(done, read_lines(store, done)).to_columns(), row.etag)


def _written(key: RowKey, line: Milestone, stands: StoredRow | None) -> Operation:
    columns = line.to_columns()
    return Insert(key.row, columns) if stands is None else Replace(key.row, columns, stands.etag)


def follow(store: RowStore, keys: Iterable[RowKey]) -> None:
    """Bring headers up to date with their lines; one that is not known is left alone.

    Raises:
        ChangedMeanwhile: others keep changing one of them.
    """
    for key in sorted(set(keys)):
        _follow(store, key)


def _follow(store: RowStore, key: RowKey) -> None:
    for _ in range(ROUNDS_MAX):
        row = _settled(store, key)
        if row is None:
            return
        header = MilestoneHeader.from_columns(row.columns)
        after = recounted(header, read_lines(store, header))
        if after == header:
            return
        try:
            replace_status(store, HEADERS, key, after.to_columns(), row.etag)
        except ChangedMeanwhile:
            # a line was changed at the same time: count again
            continue
        return
    raise ChangedMeanwhile(f"{HEADERS} {key.text}: the header changes while it is counted; try again")


def headers_of(items: Iterable[Item]) -> set[RowKey]:
    """Name the headers of items: those of milestones that have one."""
    rows = (item.row for item in items)
    return {RowKey(row.contract, row.header) for row in rows if isinstance(row, Milestone) and row.header}


def follow_items(store: RowStore, items: Iterable[Item]) -> None:
    """Bring the headers of items up to date."""
    follow(store, headers_of(items))


def follow_details(store: RowStore, details: Iterable[InvoiceLineDetail]) -> None:
    """Bring the headers behind line details up to date."""
    follow(store, (RowKey(each.contract, each.milestone_header) for each in details if each.milestone_header))
