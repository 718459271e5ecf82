"""Find the journal and the lines that a person wants to change, or say why they cannot be changed."""

from collections.abc import Iterable
from dataclasses import dataclass

from domain.errors import Problem, ReasonCode, Refused
from domain.journal import Journal, JournalLine, JournalStatus
from domain.journal_statuses import unchangeable
from domain.ports import RowStore
from domain.rows import RowKey, StoredRow
from domain.tables import Table
from domain.workflows.reading import find_record, known_document

JOURNALS = Table.FINANCE_INTEGRATION_JOURNALS
# behind every actual id
_BEHIND = "~"


@dataclass(frozen=True, slots=True)
class FoundLine:
    """A line as it stands."""

    stored: StoredRow
    line: JournalLine


def known_journal(store: RowStore, journal: str) -> tuple[Journal, StoredRow]:
    """Read a journal.

    Raises:
        NotYet: it is not known (yet).
    """
    row = known_document(store, JOURNALS, RowKey(journal, journal), "integration journal")
    return Journal.from_columns(row.columns), row


def refusal_to_change(store: RowStore, journal: Journal) -> Problem | None:
    """Tell why nothing of a journal can be changed now; None: it can.

    The lines of a journal of errors can be changed when posting has ended on the journal that they come from.
    """
    if problem := unchangeable(journal):
        return problem
    if journal.original is None:
        return None
    original = find_record(store, JOURNALS, RowKey(journal.original, journal.original), Journal)
    if original is None or original.status is JournalStatus.POSTED:
        return None
    sentence = (
        f"journal {journal.journal} is being made of journal {journal.original}, which is not posted to its end;"
        " post that journal again, then change this one"
    )
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (journal.journal,))


def find_lines(store: RowStore, journal: Journal, numbers: Iterable[int]) -> list[FoundLine]:
    """Read lines by their numbers.

    Raises:
        Refused: JOURNAL_LINE_UNKNOWN, the journal has no such line; nothing was changed.
    """
    found = []
    for number in dict.fromkeys(numbers):
        first = f"{number:07d}|"
        pages = store.read_pages(
            Table.FINANCE_INTEGRATION_JOURNAL_LINES, journal.journal, first=first, last=first + _BEHIND
        )
        row = next((row for page in pages for row in page), None)
        if row is None:
            sentence = f"journal {journal.journal} has no line {number}; `invoicing journal show` lists its lines"
            raise Refused(Problem(ReasonCode.JOURNAL_LINE_UNKNOWN, sentence, (journal.journal,)))
        found.append(FoundLine(row, JournalLine.from_columns(row.columns)))
    return found
