"""`invoicing journal`: integration journals, for the accountant."""

from collections.abc import Iterator, Sequence

from domain.commands import PostJournal
from domain.draft_editing import field_name
from domain.journal import Journal, JournalLine, JournalStatus
from domain.journal_statuses import JOURNAL_WAYS_OUT, shown_status
from domain.line_posting import line_amount
from domain.outcome import Action, Outcome
from domain.rows import RowKey
from domain.tables import Table
from domain.workflows.delete_journal_lines import delete_journal_lines
from domain.workflows.dispatch import perform
from domain.workflows.edit_journal_lines import edit_journal_lines
from domain.workflows.reading import find_record, read_records
from domain.workflows.update_to_draft import update_to_draft
from tools.cli.amounts import amount_text, count_text
from tools.cli.desk import Desk, Sorry, new_id
from tools.cli.drawing import draw_rows, grid, say
from tools.cli.finding import is_id

JOURNALS = Table.FINANCE_INTEGRATION_JOURNALS
# what a list shows when no status is asked for, and where an id that is cut short is looked for
UNPOSTED = (JournalStatus.DRAFT, JournalStatus.PROCESSING, JournalStatus.ERROR)
# unposted journals that are looked through for an id that is cut short
SEARCHED_MAX = 5_000
# lines that are drawn; the rest is counted
LINES_DRAWN_MAX = 500


def list_journals(desk: Desk, *, company: str | None, status: str | None, limit: int) -> int:
    """List journals with what to do next."""
    statuses = (_status(status),) if status else UNPOSTED
    found = [
        journal
        for each in statuses
        for journal in _with_status(desk, each, limit)
        if company is None or journal.company == company.lower()
    ][:limit]
    if not found:
        say(desk.console, f"No integration journal is {' or '.join(statuses)}.", "yellow")
        return 0
    numbers = ("lines", "posted", "transferred", "deleted")
    table = grid("Integration journals", "id", "legal entity", "status", *numbers, "content", "next", right=numbers)
    draw_rows(desk.console, table, (_cells(journal) for journal in found))
    return 0


def show_journal(desk: Desk, name: str) -> int:
    """Show the lines of a journal; 1 while it waits for a person."""
    journal = _find(desk, name)
    lines = list(read_records(desk.store, Table.FINANCE_INTEGRATION_JOURNAL_LINES, journal.journal, JournalLine))
    title = f"{journal.journal}, {journal.status}: {JOURNAL_WAYS_OUT[journal.status]}"
    columns = ("number", "status", "type", "class", "date", "voucher", "amount", "tax groups", "dimensions", "actual")
    table = grid(title, *columns, "reason", right=("number", "amount"))
    draw_rows(desk.console, table, (_line_cells(journal, line) for line in lines[:LINES_DRAWN_MAX]))
    if len(lines) > LINES_DRAWN_MAX:
        say(desk.console, f"and {count_text(len(lines) - LINES_DRAWN_MAX, 'line')} more", "dim")
    if journal.original:
        say(desk.console, f"Its lines come from journal {journal.original}.")
    return int(journal.status is JournalStatus.ERROR or any(line.post_error for line in lines))


def delete_lines(desk: Desk, name: str, numbers: Sequence[int]) -> int:
    """Delete lines."""
    after = delete_journal_lines(desk.store, journal=_find(desk, name).journal, numbers=numbers)
    count = len(set(numbers))
    verb = "comes" if count == 1 else "come"
    left = f"{count_text(after.lines, 'line')} left" if after.lines else "no line is left, the journal is Deleted"
    say(
        desk.console,
        f"{count_text(count, 'line')} deleted, {left}; what is behind {verb} back at the next import.",
        "green",
    )
    return 0


def edit_lines(desk: Desk, name: str, numbers: Sequence[int], fields: Sequence[str]) -> int:
    """Edit lines alike."""
    changes = dict(_change(field) for field in fields)
    after = edit_journal_lines(desk.store, journal=_find(desk, name).journal, numbers=numbers, changes=changes)
    say(desk.console, f"{count_text(len(after), 'line')} edited.", "green")
    return 0


def to_draft(desk: Desk, name: str) -> int:
    """Update a journal to draft."""
    after = update_to_draft(desk.store, journal=_find(desk, name).journal)
    say(desk.console, f"journal {after.journal} is a draft with {count_text(after.lines, 'line')}; post it.", "green")
    return 0


def post(desk: Desk, name: str, *, in_batch: bool) -> int:
    """Post one journal: now, or by sending the command."""
    journal = _find(desk, name)
    command = PostJournal(
        command=new_id(),
        correlation=journal.correlation,
        requested_at=desk.clock.now(),
        journal=journal.journal,
        interactive=not in_batch,
    )
    if in_batch:
        desk.sender.send((command,))
        say(
            desk.console,
            f"1 command sent; `invoicing journal show {journal.journal}` shows what became of it.",
            "green",
        )
        return 0
    return _tell(desk, perform(desk.store, desk.sender, command))


def _tell(desk: Desk, outcome: Outcome) -> int:
    for problem in outcome.problems:
        hint = "; add --batch" if outcome.action is Action.COMMAND_REFUSED else ""
        say(desk.console, f"{problem.code}: {problem.sentence}{hint}", "yellow")
    if outcome.action is Action.JOURNAL_POSTED:
        posted, transferred = int(outcome.facts["posted"]), int(outcome.facts["transferred"])
        moved = f", {transferred} moved to a journal of errors" if transferred else ""
        say(desk.console, f"{count_text(posted, 'line')} posted{moved}.", "green")
    return int(bool(outcome.problems))


def _status(text: str) -> JournalStatus:
    try:
        return JournalStatus(text.capitalize())
    except ValueError:
        raise Sorry(f"there is no status {text!r}; there is {', '.join(JournalStatus)}") from None


def _with_status(desk: Desk, status: JournalStatus, limit: int) -> Iterator[Journal]:
    rows = desk.browser.rows(JOURNALS, where=("Status", status.value), limit=limit)
    return (Journal.from_columns(row.columns) for row in rows)


def _find(desk: Desk, name: str) -> Journal:
    """Find a journal by its id, or one that is not posted by how its id begins."""
    wanted = name.lower()
    found = find_record(desk.store, JOURNALS, RowKey(wanted, wanted), Journal) if is_id(name) else None
    if found is not None:
        return found
    known = (journal for status in UNPOSTED for journal in _with_status(desk, status, SEARCHED_MAX))
    match [journal for journal in known if journal.journal.startswith(wanted)]:
        case [journal]:
            return journal
        case []:
            raise Sorry(f"integration journal {name} is not known; `invoicing journal list` lists what is not posted")
        case several:
            raise Sorry(f"{len(several)} journals begin with {name}; give more of the id")


def _cells(journal: Journal) -> Sequence[object]:
    counts = (journal.lines, journal.posted or 0, journal.transferred or 0, journal.deleted or 0)
    way_out = JOURNAL_WAYS_OUT[journal.status]
    return (journal.journal, journal.company, journal.status, *counts, journal.description, way_out)


def _line_cells(journal: Journal, line: JournalLine) -> Sequence[object]:
    amount = amount_text(line_amount(line), line.currency)
    groups = " / ".join(filter(None, (line.tax_group, line.tax_item_group)))
    name = line.transaction_class.name.capitalize()
    what = (line.transaction_type.value, name, line.transaction_date, line.voucher, amount, groups)
    status = shown_status(journal, line)
    return (line.number, status, *what, line.default_dimension or "", line.actual, line.post_error or "")


def _change(field: str) -> tuple[str, str | None]:
    name, equals, text = field.partition("=")
    if not equals:
        raise Sorry(f"{field!r} must be a field with its value, as 'billing sales tax group=EXEMPT'")
    return field_name(name), text.strip() or None
