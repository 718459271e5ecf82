"""Deleted lines of integration journals: the actual goes back to the staging table, the counts of the journal follow.

The work row says which line is to be deleted before anything is changed. Whoever takes the work first carries it out, a
person's command or the next import, and carrying it out again changes nothing: so a process that dies in between leaves
nothing half done for longer than one tick. What decides between deleting and posting is the version of the line.

Source: Project Operations documentation, project-operations-integration-journal (deleted lines return with the next
import; bug 515258 lost them when it was done repeatedly).
"""

from collections.abc import Iterator
from contextlib import contextmanager

from domain.commands import PostJournal
from domain.errors import ChangedMeanwhile, ContentDiffers
from domain.journal import Journal, JournalLine, JournalStatus, LineStatus
from domain.journal_statuses import OPEN_JOURNALS, OPEN_LINES
from domain.pending_work import PendingWork, WorkKind, posting_work
from domain.ports import RowStore
from domain.rows import Delete, Merge, RowKey, Value
from domain.saving import ROUNDS_MAX, replace_status, save
from domain.staging import StagedActual
from domain.tables import Table
from domain.workflows.handling import clear_problem
from domain.workflows.reading import find_record

JOURNALS = Table.FINANCE_INTEGRATION_JOURNALS
LINES = Table.FINANCE_INTEGRATION_JOURNAL_LINES


def deletion_work(journal: Journal, line: JournalLine) -> PendingWork:
    """Make the work of giving a line's actual back and importing it again."""
    staged = RowKey.from_text(line.actual_key)
    return PendingWork(
        kind=WorkKind.JOURNAL_LINES,
        company=line.company,
        partition=staged.partition,
        first=staged.row,
        last=staged.row,
        rows=1,
        correlation=journal.correlation,
        deleted_line=line.key.text,
    )


def give_back(store: RowStore, work: PendingWork) -> bool:
    """Delete the line of a work and give its actual back; tell whether the line is deleted.

    Returns:
        False when the line was decided first: it is posted, or stands in a journal of errors.

    Raises:
        ChangedMeanwhile: others keep changing its rows; it is done again.
    """
    key = RowKey.from_text(work.deleted_line or "")
    if not _mark(store, key):
        return False
    _unlink(store, RowKey(work.partition, work.first), key)
    recount(store, key.partition)
    return True


def recount(store: RowStore, journal: str) -> None:
    """Bring the counts of a journal up to date with its lines; one without lines is Deleted and not posted any more.

    A journal that is being posted counts its lines itself.
    """
    for _ in range(ROUNDS_MAX):
        row = store.find(JOURNALS, RowKey(journal, journal))
        if row is None:
            return
        header = Journal.from_columns(row.columns)
        after = _counted(store, header) if header.status in OPEN_JOURNALS else header
        try:
            if after != header:
                replace_status(store, JOURNALS, row.key, after.to_columns(), row.etag)
        except ChangedMeanwhile:
            continue
        if after.status is JournalStatus.DELETED:
            withdraw(store, after)
            clear_problem(store, journal, PostJournal.name)
        return
    raise ChangedMeanwhile(f"{JOURNALS} {journal}: others keep changing it; it is counted again")


@contextmanager
def suppress_if_posted(store: RowStore, journal: Journal) -> Iterator[None]:
    """Let a slow worker end well when another one has posted the journal, and what it wrote has gone on since.

    Raises:
        ContentDiffers: as what is done inside raised it, and the journal is not posted.
    """
    try:
        yield
    except ContentDiffers:
        stands = find_record(store, JOURNALS, journal.key, Journal)
        if stands is None or stands.status != JournalStatus.POSTED:
            raise


def withdraw(store: RowStore, journal: Journal) -> None:
    """Take a journal from what waits to be posted."""
    work = offer_of(journal)
    save(store, Table.FINANCE_PENDING_WORK, work.kind.value, (Delete(work.key.row),))


def offer_of(journal: Journal) -> PendingWork:
    """Make the row that says that a journal can be posted."""
    return posting_work(
        WorkKind.POST_JOURNAL, company=journal.company, document=journal.journal, correlation=journal.correlation
    )


def _counted(store: RowStore, header: Journal) -> Journal:
    pages = store.read_pages(LINES, header.journal, columns=("Status",))
    statuses = [row.columns["Status"] for page in pages for row in page]
    deleted = statuses.count(LineStatus.DELETED.value)
    standing = len(statuses) - deleted
    status = header.status if standing else JournalStatus.DELETED
    return header.changed(lines=standing, deleted=deleted or None, status=status)


def _mark(store: RowStore, key: RowKey) -> bool:
    for _ in range(ROUNDS_MAX):
        row = store.find(LINES, key)
        line = JournalLine.from_columns(row.columns) if row else None
        if row is None or line is None or line.status not in OPEN_LINES:
            return line is not None and line.status is LineStatus.DELETED
        try:
            save(store, LINES, key.partition, (Merge(key.row, {"Status": LineStatus.DELETED.value}, row.etag),))
        except ChangedMeanwhile:
            continue
        return True
    raise ChangedMeanwhile(f"{LINES} {key.text}: others keep changing the line; it is looked at again")


def _unlink(store: RowStore, staged: RowKey, key: RowKey) -> None:
    """Free the staged row of a deleted line, unless it has gone on to another line."""
    number = int(key.row.partition("|")[0])
    cleared: dict[str, Value] = {"ProjAdvancedJournal": None, "ProjAdvancedJournalLine": None, "ImportRun": None}
    for _ in range(ROUNDS_MAX):
        row = store.find(Table.FINANCE_ACTUALS_STAGING, staged)
        if row is None:
            return
        stands = StagedActual.from_columns(row.columns)
        if (stands.journal, stands.journal_line) != (key.partition, number):
            return
        free = Merge(staged.row, {**cleared, "DeletedJournalLine": key.text}, row.etag)
        try:
            save(store, Table.FINANCE_ACTUALS_STAGING, staged.partition, (free,))
        except ChangedMeanwhile:
            continue
        return
    raise ChangedMeanwhile(f"{Table.FINANCE_ACTUALS_STAGING} {staged.text}: others keep changing it")
