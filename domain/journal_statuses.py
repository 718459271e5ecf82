"""The life of an integration journal and of its lines: which status may follow which, by whom, and what the way out is.

Source: Project Operations documentation, project-operations-integration-journal (the table of statuses, and the
features *Transfer all lines with posting errors* and *Processing improvements*).
"""

from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import NamedTuple

from domain.errors import Problem, ReasonCode
from domain.journal import Journal, JournalLine, JournalStatus, JournalType, LineStatus
from domain.problems import IDS_MAX

# what is shown of a line that is decided while its journal is not posted yet
BEING_POSTED = "Processing"


class Move[S](NamedTuple):
    """A status that may follow another."""

    before: S
    after: S
    # the workflow that does it
    by: str
    when: str


JOURNAL_MOVES: tuple[Move[JournalStatus], ...] = (
    Move(JournalStatus.DRAFT, JournalStatus.PROCESSING, "post_journal", "every line is decided, one at least is good"),
    Move(JournalStatus.PROCESSING, JournalStatus.POSTED, "post_journal", "ledger and subledger rows stand"),
    Move(JournalStatus.DRAFT, JournalStatus.ERROR, "post_journal", "a line is bad, and the company wants status Error"),
    Move(JournalStatus.ERROR, JournalStatus.DRAFT, "update_to_draft", "a person has mended the cause"),
    Move(JournalStatus.DRAFT, JournalStatus.DELETED, "delete_journal_lines", "its last line was deleted"),
    Move(JournalStatus.ERROR, JournalStatus.DELETED, "delete_journal_lines", "its last line was deleted"),
)
LINE_MOVES: tuple[Move[LineStatus], ...] = (
    Move(LineStatus.DRAFT, LineStatus.POSTED, "post_journal", "it is good"),
    Move(LineStatus.DRAFT, LineStatus.TRANSFERRED, "post_journal", "it is bad, others are good"),
    Move(LineStatus.DRAFT, LineStatus.ERROR, "post_journal", "it is bad, and the company wants status Error"),
    Move(LineStatus.ERROR, LineStatus.DRAFT, "update_to_draft", "a person has mended the cause"),
    Move(LineStatus.ERROR, LineStatus.POSTED, "post_journal", "another try died before the journal was in error"),
    Move(LineStatus.ERROR, LineStatus.TRANSFERRED, "post_journal", "another try died before the journal was in error"),
    Move(LineStatus.DRAFT, LineStatus.DELETED, "delete_journal_lines", "a person has deleted it"),
    Move(LineStatus.ERROR, LineStatus.DELETED, "delete_journal_lines", "a person has deleted it"),
)
# what a person does next
JOURNAL_WAYS_OUT: Mapping[JournalStatus, str] = MappingProxyType(
    {
        JournalStatus.DRAFT: "post it, or delete lines",
        JournalStatus.PROCESSING: "post it again: posting goes on where it stopped",
        JournalStatus.ERROR: "mend the cause and update it to draft, or delete the bad lines",
        JournalStatus.POSTED: "none is needed; reverse the actual in Dataverse to take a line back",
        JournalStatus.DELETED: "none is needed; the next import makes new lines of its actuals",
    }
)
LINE_WAYS_OUT: Mapping[LineStatus, str] = MappingProxyType(
    {
        LineStatus.DRAFT: "post its journal, or delete it",
        LineStatus.ERROR: "mend the cause and update its journal to draft, or delete it",
        LineStatus.POSTED: "none is needed; reverse the actual in Dataverse to take it back",
        LineStatus.TRANSFERRED: "see the journal that names this one as its original",
        LineStatus.DELETED: "none is needed; the next import makes a new line of its actual",
    }
)
# in which nothing is decided, so that people may change something
OPEN_JOURNALS = frozenset((JournalStatus.DRAFT, JournalStatus.ERROR))
OPEN_LINES = frozenset((LineStatus.DRAFT, LineStatus.ERROR))
# which the timer has nothing to do with
AT_REST = frozenset((JournalStatus.POSTED, JournalStatus.ERROR, JournalStatus.DELETED))


def reachable[S](moves: Iterable[Move[S]], before: S) -> frozenset[S]:
    """Name every status that can follow one, by any number of moves, and the status itself."""
    found = {before}
    known = tuple(moves)
    while more := {move.after for move in known if move.before in found} - found:
        found |= more
    return frozenset(found)


def shown_status(journal: Journal, line: JournalLine) -> str:
    """Name the status of a line as people should read it: what is decided is not posted before its journal is."""
    is_decided = line.status is LineStatus.POSTED and journal.status is not JournalStatus.POSTED
    return BEING_POSTED if is_decided else line.status.value


def unchangeable(journal: Journal) -> Problem | None:
    """Tell why nothing of a journal can be changed, with the way out; None: it can."""
    if journal.journal_type is not JournalType.INTEGRATION:
        sentence = f"journal {journal.journal} is of type {journal.journal_type} and has no lines to change"
    elif journal.status in OPEN_JOURNALS:
        return None
    else:
        way_out = JOURNAL_WAYS_OUT[journal.status]
        sentence = f"journal {journal.journal} has status {journal.status} and cannot be changed any more; {way_out}"
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (journal.journal,))


def settled(journal: Journal, line: JournalLine) -> Problem | None:
    """Tell why a line of a journal that can be changed cannot be changed itself; None: it can."""
    if line.status in OPEN_LINES:
        return None
    status = shown_status(journal, line)
    sentence = (
        f"line {line.number} of journal {journal.journal} has status {status} and cannot be changed any more;"
        f" {JOURNAL_WAYS_OUT[JournalStatus.PROCESSING] if status == BEING_POSTED else LINE_WAYS_OUT[line.status]}"
    )
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (line.actual,))


def in_error(journal: Journal, bad: Iterable[JournalLine]) -> Problem:
    """Tell that a journal waits for a person, and what for.

    Args:
        journal: with status Error.
        bad: its lines with status Error, at least one, in order.
    """
    lines = tuple(bad)
    more = f" (line {lines[0].number}), and {len(lines) - 1} more" if len(lines) > 1 else f" (line {lines[0].number})"
    sentence = (
        f"Journal {journal.journal} has status Error and nothing of it is posted: {lines[0].post_error}{more};"
        " mend the cause, then update the journal to draft"
    )
    return Problem(ReasonCode.JOURNAL_IN_ERROR, sentence, tuple(line.actual for line in lines[:IDS_MAX]))
