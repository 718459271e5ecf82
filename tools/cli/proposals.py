"""What the accountant does to a proposal before it is posted: show it, edit it, delete its lines, import them again."""

from collections.abc import Sequence
from datetime import date
from typing import cast

from domain.commands import ImportProposal, PostProposal
from domain.errors import Refused
from domain.invoice_proposal import Proposal, ProposalLine, ProposalStatus
from domain.rows import RowKey
from domain.staging import OnAccountTransaction
from domain.tables import Table
from domain.workflows.adjust_accounting import adjust_accounting
from domain.workflows.delete_proposal_lines import delete_lines
from domain.workflows.edit_on_account import edit_on_account
from domain.workflows.edit_proposal import edit_header, edit_lines
from domain.workflows.post_pending import posting_command
from domain.workflows.post_proposal import preview
from domain.workflows.proposal_acts import line_pages, ready_work, settle
from domain.workflows.reading import read_records
from tools.cli.amounts import amount_text, count_text
from tools.cli.desk import Desk, Sorry, new_id
from tools.cli.drawing import draw_rows, grid, say
from tools.cli.finding import find_contract, find_invoice

# lines that are drawn; the rest is counted
ROWS_DRAWN_MAX = 200


def show(desk: Desk, name: str, *, invoice_date: date | None) -> int:
    """Print the lines of a proposal, and what its invoice would come to."""
    header = _header(desk, name)
    lines = [line for page in line_pages(desk.store, header) for _, line in page]
    table = grid(
        f"{header.number}, {header.status.value}",
        *("line", "class", "date", "project", "category", "amount", "tax group", "item group", "dimensions"),
        right=("line", "amount"),
    )
    draw_rows(desk.console, table, (_cells(header, each) for each in lines[:ROWS_DRAWN_MAX]))
    if header.default_dimension:
        say(desk.console, f"dimensions of the header: {header.default_dimension}")
    say(
        desk.console,
        f"{count_text(len(lines), 'line')}, {amount_text(header.amount or 0, header.currency)} without tax",
    )
    if header.status is ProposalStatus.OPEN:
        _tell_totals(desk, header, invoice_date or desk.today)
    return 0


def _tell_totals(desk: Desk, header: Proposal, day: date) -> None:
    """Say what the invoice would come to, or why it can't be posted."""
    command = posting_command(ready_work(header), desk.clock.now(), day)
    try:
        tried = preview(desk.store, cast(PostProposal, command))
    except Refused as refused:
        say(desk.console, f"can't be posted on {day}: {refused.problem.sentence}", "yellow")
        return
    tax, total = (amount_text(each, header.currency) for each in (tried.tax, tried.total))
    say(desk.console, f"posted on {day}: sales tax {tax}, {total} in all, due on {tried.due_date}")


def _header(desk: Desk, name: str) -> Proposal:
    return Proposal.from_columns(settle(desk.store, find_invoice(desk, name).invoice).columns)


def _cells(header: Proposal, line: ProposalLine) -> tuple[object, ...]:
    return (
        line.number,
        line.transaction_class.name.capitalize(),
        line.transaction_date,
        line.project or "",
        line.category or "",
        amount_text(line.amount, header.currency),
        line.tax_group or "",
        line.tax_item_group or "",
        line.default_dimension or "",
    )


def edit(desk: Desk, name: str, *, lines: Sequence[int], header: bool, fields: Sequence[str]) -> int:
    """Edit lines of a proposal alike, or its header."""
    proposal, changes = find_invoice(desk, name).invoice, fields_of(fields)
    if header:
        after = edit_header(desk.store, proposal, fields=changes)
        say(desk.console, f"{after.number}: its header has dimensions {after.default_dimension or 'none'}.", "green")
        return 0
    after = edit_lines(desk.store, proposal, lines=lines, fields=changes)
    edited = len(set(lines)) or after.lines or 0
    say(
        desk.console,
        f"{after.number}: {count_text(edited, 'line')} edited; sales tax follows when it is posted.",
        "green",
    )
    return 0


def fields_of(fields: Sequence[str]) -> dict[str, str]:
    """Read fields with their new values.

    Raises:
        Sorry: one is not written as `dimensions=Department=Sales`.
    """
    changes: dict[str, str] = {}
    for field in fields:
        name, equals, value = field.partition("=")
        if not equals:
            raise Sorry(f"{field!r} is no field with a value; write it as 'sales tax group=EU'")
        changes[name.strip().lower()] = value
    return changes


def edit_milestone(desk: Desk, contract: str, milestone: str, *, fields: Sequence[str]) -> int:
    """Edit the on-account transaction of a milestone."""
    partition = find_contract(desk, contract).contract
    table = Table.FINANCE_ON_ACCOUNT_TRANSACTIONS
    standing = list(read_records(desk.store, table, partition, OnAccountTransaction))
    found = [each for each in standing if milestone in {each.transaction, each.description}]
    if len(found) != 1:
        known = ", ".join(f"{each.description} ({each.transaction})" for each in standing) or "none"
        raise Sorry(f"{contract} has {len(found)} on-account transactions {milestone!r}; it has {known}")
    key = RowKey(partition, f"{found[0].transaction_date}|{found[0].transaction}")
    after = edit_on_account(desk.store, key, fields=fields_of(fields))
    told = f"sales tax groups {after.tax_group or 'none'} and {after.tax_item_group or 'none'}"
    say(desk.console, f"{after.description}: {told}, dimensions {after.default_dimension or 'none'}.", "green")
    return 0


def adjust(desk: Desk, actual: str, *, fields: Sequence[str], on: date | None) -> int:
    """Adjust the accounting of a posted unbilled sale."""
    table = Table.FINANCE_PROJECT_TRANSACTIONS
    row = next(iter(desk.browser.rows(table, where=("ActualId", actual.lower()), limit=1)), None)
    if row is None:
        raise Sorry(f"no posted transaction of actual {actual} is known; post its integration journal first")
    after = adjust_accounting(desk.store, row.key, fields=fields_of(fields), on=on or desk.today)
    say(desk.console, f"{after.actual} has dimensions {after.default_dimension or 'none'}.", "green")
    return 0


def delete(desk: Desk, name: str) -> int:
    """Delete all lines of a proposal."""
    after = delete_lines(desk.store, find_invoice(desk, name).invoice)
    say(desk.console, f"{after.number} has no lines; the next Import from staging makes them anew.", "green")
    return 0


def import_again(desk: Desk, name: str, *, wait: float) -> int:
    """Delete all lines and let them be made anew, at once."""
    header = _header(desk, name)
    goal = (header.deletions or 0) + (1 if header.lines is not None else 0)
    command = ImportProposal(
        command=new_id(),
        correlation=header.correlation,
        requested_at=desk.clock.now(),
        reference=header.number,
        proposal=header.proposal,
        delete_after=header.deletions or 0,
    )
    desk.sender.send([command])

    def look() -> Proposal | None:
        stands = _header(desk, header.proposal)
        return stands if (stands.deletions or 0) >= goal and stands.lines is not None else None

    after: Proposal | None = desk.wait_for(look, wait, "waiting for the app")
    if after is None:
        way_out = f"`invoicing status {header.number}` shows what became of it"
        say(desk.console, f"Asked to import the lines of {header.number} again; {way_out}.", "yellow")
        return 1 if wait else 0
    say(desk.console, f"{after.number}: {count_text(after.lines or 0, 'line')} imported again.", "green")
    return 0
