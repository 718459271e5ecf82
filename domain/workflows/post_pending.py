"""Find the journals or proposals that can be posted, and send a command for each."""

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from itertools import batched
from types import MappingProxyType

from domain.commands import Command, PostJournal, PostProposal
from domain.errors import Problem
from domain.identifiers import derive_id
from domain.outcome import Action, Outcome
from domain.pending_work import PendingWork, WorkKind
from domain.ports import CommandSender, RowStore
from domain.setup import LegalEntitySetup
from domain.workflows.companies import Companies
from domain.workflows.work_index import pending, take_turns

# commands of one tick, where no setting says otherwise
COMMANDS_MAX = 500
COMMANDS_AT_ONCE = 32
# the parameter of the legal entity that lets the timer post
BATCH_PARAMETERS: Mapping[WorkKind, str] = MappingProxyType(
    {WorkKind.POST_JOURNAL: "posts_journals_in_batch", WorkKind.POST_PROPOSAL: "posts_proposals_in_batch"}
)


def post_pending(
    store: RowStore, sender: CommandSender, kind: WorkKind, now: datetime, *, most: int = COMMANDS_MAX
) -> Outcome:
    """Send a command for everything of a kind that is pending in legal entities that post in batch.

    The choice is made at the time of the tick, so a document that became ready late is not forgotten. Each command is
    one whole document: the workers of the queue share the documents and never split one.

    Args:
        store: where the work index stands.
        sender: whose workers post.
        kind: journals or proposals.
        now: the instant of the tick; its day is the invoice date.
        most: commands of one tick; what is left waits for the next one, which begins elsewhere.
    """
    companies = Companies(store)
    works = (work for work in read_pending(store, kind) if _posts_in_batch(companies.setup(work.company), kind))
    sent = 0
    for works_at_once in batched(take_turns(works, now, most), COMMANDS_AT_ONCE, strict=False):
        sender.send(tuple(posting_command(work, now, now.date()) for work in works_at_once))
        sent += len(works_at_once)
    action = Action.POSTING_REQUESTED if sent else Action.NOTHING_TO_DO
    return Outcome(action, kind.value, {"commands": sent})


def read_pending(store: RowStore, kind: WorkKind) -> Iterator[PendingWork]:
    """Read what is pending of a kind."""
    return (PendingWork.from_columns(row.columns) for row in pending(store, kind))


def posting_command(work: PendingWork, now: datetime, invoice_date: date) -> Command:
    """Make the command that posts a pending journal or proposal."""
    common = {
        "command": derive_id("post", work.partition, invoice_date),
        "correlation": work.correlation,
        "requested_at": now,
    }
    if work.kind == WorkKind.POST_JOURNAL:
        return PostJournal.model_validate({**common, "journal": work.partition})
    return PostProposal.model_validate({**common, "proposal": work.partition, "invoice_date": invoice_date})


def _posts_in_batch(setup: LegalEntitySetup | Problem, kind: WorkKind) -> bool:
    return isinstance(setup, LegalEntitySetup) and bool(getattr(setup.parameters, BATCH_PARAMETERS[kind]))
