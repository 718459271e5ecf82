"""`invoicing post`: the clerk posts what waits for it."""

from collections.abc import Iterator
from datetime import date

from domain.commands import Command, PostJournal, PostProposal
from domain.invoice_proposal import Proposal
from domain.journal import Journal
from domain.pending_work import PendingWork, WorkKind
from domain.rows import RowKey
from domain.tables import Table
from domain.workflows.reading import find_record, read_records
from tools.cli.amounts import amount_text, count_text
from tools.cli.desk import Desk, new_id
from tools.cli.drawing import draw_rows, grid, say

KINDS = {
    "journals": (WorkKind.POST_JOURNAL,),
    "proposals": (WorkKind.POST_PROPOSAL,),
    "all": (WorkKind.POST_JOURNAL, WorkKind.POST_PROPOSAL),
}
COMMANDS_PER_SEND = 100


def post(desk: Desk, what: str, *, invoice_date: date | None, company: str | None) -> int:
    """Send a command for each document that waits, and say for which."""
    work = [each for kind in KINDS[what] for each in pending(desk, kind, company)]
    if not work:
        _tell_nothing(desk, what, company)
        return 0
    day = invoice_date or desk.today
    desk.sender.send([_command(desk, each, day) for each in work])
    rows = [_told(desk, each) for each in work]
    draw_rows(desk.console, grid("Sent to be posted", "what", "legal entity", "document", "content", "id"), rows)
    say(
        desk.console,
        f"{count_text(len(work), 'command')} sent; `invoicing status INVOICE` shows what became of them.",
        "green",
    )
    return 0


def pending(desk: Desk, kind: WorkKind, company: str | None) -> Iterator[PendingWork]:
    """Read what waits to be posted."""
    for work in read_records(desk.store, Table.FINANCE_PENDING_WORK, kind.value, PendingWork):
        if company is None or work.company == company.lower():
            yield work


def _command(desk: Desk, work: PendingWork, day: date) -> Command:
    common = {"command": new_id(), "correlation": work.correlation, "requested_at": desk.clock.now()}
    if work.kind is WorkKind.POST_JOURNAL:
        return PostJournal.model_validate({**common, "journal": work.partition})
    return PostProposal.model_validate({**common, "proposal": work.partition, "invoice_date": day})


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
