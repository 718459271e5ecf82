"""Delete lines of an integration journal that are not posted; their actuals come back with the next import.

Source: Project Operations documentation, project-operations-integration-journal.
"""

from collections.abc import Iterable

from domain.errors import ChangedMeanwhile, Problem, ReasonCode, Refused
from domain.journal import Journal, LineStatus
from domain.journal_statuses import settled
from domain.ports import RowStore
from domain.rows import Delete, Insert
from domain.saving import save
from domain.tables import Table
from domain.workflows.deleted_lines import deletion_work, give_back
from domain.workflows.journal_lines_of import FoundLine, find_lines, known_journal, refusal_to_change

WORK = Table.FINANCE_PENDING_WORK


def delete_journal_lines(store: RowStore, *, journal: str, numbers: Iterable[int]) -> Journal:
    """Delete lines: all that are named, or none.

    Args:
        store: where the journal stands.
        journal: its id.
        numbers: of the lines. A line that is deleted already is fine, so the same call can be repeated.

    Returns:
        The journal as it stands then; with status Deleted when no line is left.

    Raises:
        NotYet: the journal is not known (yet).
        Refused: JOURNAL_LINE_UNKNOWN; DOCUMENT_WRONG_STATE, the journal or a line is being posted or is posted; nothing
            was changed. When posting begins at the same moment, the lines that were decided first stay and are named.
    """
    header, _ = known_journal(store, journal)
    found = find_lines(store, header, numbers)
    standing = [each for each in found if each.line.status is not LineStatus.DELETED]
    if standing and (problem := _refusal(store, header, standing)):
        raise Refused(problem)
    kept = [each for each in found if not _delete(store, header, each)]
    if kept:
        raise Refused(_decided_first(header, kept))
    return known_journal(store, journal)[0]


def _refusal(store: RowStore, header: Journal, lines: Iterable[FoundLine]) -> Problem | None:
    problems = (settled(header, each.line) for each in lines)
    return refusal_to_change(store, header) or next((each for each in problems if each), None)


def _delete(store: RowStore, header: Journal, each: FoundLine) -> bool:
    work = deletion_work(header, each.line)
    if each.line.status is not LineStatus.DELETED:
        save(store, WORK, work.kind.value, (Insert(work.key.row, work.to_columns()),))
    try:
        if give_back(store, work):
            return True
    except ChangedMeanwhile as error:
        sentence = f"line {each.line.number} of journal {header.journal} is being changed by others; it is deleted soon"
        raise Refused(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (each.line.actual,))) from error
    save(store, WORK, work.kind.value, (Delete(work.key.row),))
    return False


def _decided_first(header: Journal, kept: Iterable[FoundLine]) -> Problem:
    lines = tuple(each.line for each in kept)
    numbers = ", ".join(str(line.number) for line in lines)
    sentence = (
        f"journal {header.journal} was posted at the same moment, so line(s) {numbers} were not deleted;"
        " reverse the actuals in Dataverse to take them back"
    )
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, tuple(line.actual for line in lines))
