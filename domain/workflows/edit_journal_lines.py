"""Edit lines of an integration journal that are not posted: sales tax groups and dimensions.

One write for each line, by its version: posting decides on a line as it stands, before or after.

Source: Project Operations documentation, project-operations-integration-journal.
"""

from collections.abc import Iterable, Mapping

from domain.errors import ChangedMeanwhile, Problem, ReasonCode, Refused
from domain.journal import JournalLine
from domain.journal_editing import EDITABLE, edited
from domain.journal_statuses import settled
from domain.ports import RowStore
from domain.rows import Merge
from domain.saving import ROUNDS_MAX, save
from domain.setup import LegalEntitySetup
from domain.workflows.companies import Companies
from domain.workflows.deleted_lines import LINES
from domain.workflows.journal_lines_of import find_lines, known_journal, refusal_to_change


def edit_journal_lines(
    store: RowStore, *, journal: str, numbers: Iterable[int], changes: Mapping[str, str | None]
) -> tuple[JournalLine, ...]:
    """Edit lines alike: all that are named, or none.

    Args:
        store: where the journal stands.
        journal: its id.
        numbers: of the lines.
        changes: names of fields with their new values; None clears one.

    Returns:
        The lines as they stand then, in the order of `numbers`.

    Raises:
        NotYet: the journal is not known (yet).
        Refused: JOURNAL_LINE_UNKNOWN, DOCUMENT_WRONG_STATE, COMPANY_NOT_SET_UP, or as `journal_editing.edited`; nothing
            was changed.
    """
    wanted = tuple(numbers)
    for _ in range(ROUNDS_MAX):
        try:
            return _edit(store, journal, wanted, changes)
        except ChangedMeanwhile:
            # posting has decided on a line, or its voucher was related: look again
            continue
    sentence = f"journal {journal} is being changed by others all the time; do it again"
    raise Refused(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (journal,)))


def _edit(
    store: RowStore, journal: str, numbers: tuple[int, ...], changes: Mapping[str, str | None]
) -> tuple[JournalLine, ...]:
    header, _ = known_journal(store, journal)
    setup = Companies(store).setup(header.company)
    found = find_lines(store, header, numbers)
    if problem := refusal_to_change(store, header):
        raise Refused(problem)
    after = [_edited(setup, each.line, changes) for each in found]
    problems = [settled(header, each.line) for each in found] + [each for each in after if isinstance(each, Problem)]
    if problem := next(filter(None, problems), None):
        raise Refused(problem)
    lines = tuple(each for each in after if isinstance(each, JournalLine))
    merges = (_merge(line, each.stored.etag) for line, each in zip(lines, found, strict=True))
    save(store, LINES, journal, merges)
    return lines


def _edited(
    setup: LegalEntitySetup | Problem, line: JournalLine, changes: Mapping[str, str | None]
) -> JournalLine | Problem:
    return setup if isinstance(setup, Problem) else edited(setup, line, changes)


def _merge(line: JournalLine, etag: str) -> Merge:
    columns = line.to_columns()
    names = (JournalLine.model_fields[field.attribute].alias or "" for field in EDITABLE.values())
    return Merge(line.key.row, {name: columns.get(name) for name in names}, etag)
