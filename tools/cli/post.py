"""`invoicing post`: the clerk posts what waits for it."""

from collections.abc import Iterator
from datetime import date

from domain.invoice_proposal import Proposal
from domain.journal import Journal
from domain.pending_work import PendingWork, WorkKind
from domain.rows import RowKey
from domain.tables import Table
from domain.workflows.post_pending import posting_command, read_pending
from domain.workflows.reading import find_record
from tools.cli.amounts import amount_text, count_text
from tools.cli.desk import Desk
from tools.cli.drawing import draw_rows, grid, say

KINDS = {
    "journals": (WorkKind.POST_JOURNAL,),
    "proposals": (WorkKind.POST_PROPOSAL,),
    "all": (WorkKind.POST_JOURNAL, WorkKind.POST_PROPOSAL),
}
# documents that are named; the rest is counted
ROWS_DRAWN_MAX = 50


def post(desk: Desk, what: str, *, invoice_date: date | None, company: str | None) -> int:
    """Send a command for each document that waits, and say for which."""
    work = [each for kind in KINDS[what] for each in pending(desk, kind, company)]
    if not work:
        _tell_nothing(desk, what, company)
        return 0
    day = invoice_date or desk.today
    desk.sender.send([posting_command(each, desk.clock.now(), day) for each in work])
    rows = [_told(desk, each) for each in work[:ROWS_DRAWN_MAX]]
    draw_rows(desk.console, grid("Sent to be posted", "what", "legal entity", "document", "content", "id"), rows)
    say(
        desk.console,
        f"{count_text(len(work), 'command')} sent; `invoicing status INVOICE` shows what became of them.",
        "green",
    )
    return 0


def pending(desk: Desk, kind: WorkKind, company: str | None) -> Iterator[PendingWork]:
    """Read what waits to be posted."""
    for work in read_pending(desk.store, kind):
        if company is None or work.company == company.lower():
            yield work


def _told(desk: Desk, work: PendingWork) -> tuple[str, str, str, str, str]:
    key = RowKey(work.partition, work.partition)
    if work.kind is WorkKind.POST_JOURNAL:
        journal = find_record(desk.store, Table.FINANCE_INTEGRATION_JOURNALS, key, Journal)
        text = (journal.description, count_text(journal.lines, "line")) if journal else ("", "")
        return ("integration journal", work.company, *text, work.partition)
    proposal = find_record(desk.store, Table.FINANCE_INVOICE_PROPOSALS, key, Proposal)
    amount = amount_text(proposal.amount or 0, proposal.currency) if proposal else ""
    return ("project invoice proposal", work.company, proposal.number if proposal else "", amount, work.partition)


def _tell_nothing(desk: Desk, what: str, company: str | None) -> None:
    names = {"journals": "No integration journal", "proposals": "No project invoice proposal", "all": "Nothing"}
    where = f" in legal entity {company}" if company else ""
    text = f"{names[what]} waits to be posted{where}."
    hint = "Journals and lines of proposals are made by the import from staging, once rows have arrived."
    say(desk.console, f"{text} {hint}", "yellow")
