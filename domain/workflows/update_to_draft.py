"""Update an integration journal with status Error to draft, when the cause is mended, so that it is posted again.

A journal with status Processing is not updated: its decisions stand and part of them may be in the ledger. The next
delivery of its command goes on where posting stopped; its offer stands among the pending work until it is posted.

Source: Project Operations documentation, project-operations-integration-journal (Update to draft).
"""

from collections.abc import Iterator

from domain.commands import PostJournal
from domain.errors import ChangedMeanwhile, Problem, ReasonCode, Refused
from domain.journal import Journal, JournalLine, JournalStatus, LineStatus
from domain.journal_statuses import unchangeable
from domain.ports import RowStore
from domain.rows import Insert, Merge
from domain.saving import ROUNDS_MAX, replace_status, save
from domain.tables import Table
from domain.workflows.deleted_lines import JOURNALS, LINES, offer_of
from domain.workflows.handling import clear_problem
from domain.workflows.journal_lines_of import known_journal


def update_to_draft(store: RowStore, *, journal: str) -> Journal:
    """Update a journal and its lines with status Error to draft; one that is a draft is offered to be posted again.

    Returns:
        The journal as it stands then.

    Raises:
        NotYet: the journal is not known (yet).
        Refused: DOCUMENT_WRONG_STATE, it is being posted, is posted or has no lines; nothing was changed.
    """
    for _ in range(ROUNDS_MAX):
        header, row = known_journal(store, journal)
        if problem := unchangeable(header):
            raise Refused(problem)
        # before the header, so that it is offered however soon the process dies; again behind it, because a delivery
        # that finds the journal in error withdraws the offer
        _offer(store, header)
        try:
            save(store, LINES, journal, _drafts(store, journal))
            after = header.changed(status=JournalStatus.DRAFT)
            replace_status(store, JOURNALS, row.key, after.to_columns(), row.etag)
        except ChangedMeanwhile:
            continue
        _offer(store, after)
        clear_problem(store, journal, PostJournal.name)
        return after
    sentence = f"journal {journal} is being changed by others all the time; do it again"
    raise Refused(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (journal,)))


def _offer(store: RowStore, header: Journal) -> None:
    work = offer_of(header)
    save(store, Table.FINANCE_PENDING_WORK, work.kind.value, (Insert(work.key.row, work.to_columns()),))


def _drafts(store: RowStore, journal: str) -> Iterator[Merge]:
    for page in store.read_pages(LINES, journal):
        for row in page:
            if JournalLine.from_columns(row.columns).status is LineStatus.ERROR:
                yield Merge(row.key.row, {"Status": LineStatus.DRAFT.value, "PostError": None}, row.etag)
