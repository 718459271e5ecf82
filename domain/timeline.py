"""The timeline of a document: one row for each stage that it has passed, written once, after what it tells of is done.

When it happened is the platform's own time stamp of the row, so that a stage which is tried again leaves the same row.
Rows of business tables can't tell: later stages write on them again. What a row tells of cause and effect is what every
try of the same command would tell.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime
from types import MappingProxyType

from pydantic import Field

from domain.commands import (
    Command,
    ConfirmInvoice,
    CreateProforma,
    Instant,
    PostProposal,
    SyncTableMap,
    WriteBackPosting,
)
from domain.journal import Journal
from domain.outcome import Action, Outcome
from domain.problems import OpenProblem
from domain.record import KeyText, Record, Text
from domain.rows import RowKey

# how the stage of a problem that was solved begins: what was met on the way is history, and no two ways are alike
SOLVED = "solved|"
# how the stage of an item that was marked begins
READY = "mark-ready|"
_STAGE_LENGTH_MAX = 256
# what is told of the effect: facts of the outcome that are the same whenever the command is done again
EFFECTS: Mapping[Action, tuple[str, ...]] = MappingProxyType(
    {
        Action.PROFORMA_CREATED: (),
        Action.INVOICE_CONFIRMED: ("invoice", "billed_sales", "amount"),
        Action.INVOICE_REVISED: ("draft",),
        Action.ROWS_SYNCED: ("map", "rows"),
        Action.PROPOSAL_LINES_IMPORTED: ("proposal", "lines", "status"),
        Action.JOURNAL_POSTED: ("posted", "transferred"),
        Action.PROPOSAL_POSTED: ("proposal", "invoice", "total"),
        Action.POSTING_WRITTEN_BACK: ("posted", "actuals"),
    }
)


# stages that are passed also when there was nothing left to do: who finds them done tells the same as who did them
ALWAYS: Mapping[str, Action] = MappingProxyType(
    {
        ConfirmInvoice.name: Action.INVOICE_CONFIRMED,
        SyncTableMap.name: Action.ROWS_SYNCED,
        PostProposal.name: Action.PROPOSAL_POSTED,
        WriteBackPosting.name: Action.POSTING_WRITTEN_BACK,
    }
)


class TimelineEvent(Record):
    """A row of `InvoicingTimeline`. Partition: the document. Row: stage and document."""

    document: KeyText = Field(alias="Document")
    # the stage that was passed, as `confirm-invoice` or `sync-table-map|project_invoice_proposal_v2|...`
    stage: KeyText = Field(alias="Stage")
    # what came of it, as a log event is called; None: written before there was this column
    action: Text | None = Field(default=None, alias="Action")
    # counts, numbers and amounts, as `lines=6 status=Open`
    effect: Text | None = Field(default=None, alias="Effect")
    # the kind of command that did it
    cause: Text | None = Field(default=None, alias="Cause")
    # its id and its instant; None where a timer does the same
    command: Text | None = Field(default=None, alias="Command")
    requested_at: Instant | None = Field(default=None, alias="RequestedAt")
    correlation: Text | None = Field(default=None, alias="Correlation")

    @property
    def key(self) -> RowKey:
        """Partition: the document. Row: stage and document, unique in the whole table."""
        return event_key(self.document, self.stage)

    @property
    def is_solved_problem(self) -> bool:
        """Whether it tells of a problem that was met and solved."""
        return self.stage.startswith(SOLVED)


def event_key(document: str, stage: str) -> RowKey:
    """Locate the event of a stage of a document."""
    return RowKey(document, f"{stage}|{document}")


def events_of(command: Command, outcome: Outcome, *, timers_too: bool = False) -> Iterator[TimelineEvent]:
    """Tell what a command has done: on its document, or on each draft that it has made.

    Args:
        command: what was done.
        outcome: what came of it; one that left nothing behind has no event.
        timers_too: a timer does the same without a command, so none is named.
    """
    action = ALWAYS.get(command.name, outcome.action)
    if action not in EFFECTS:
        return
    facts = ((name, outcome.facts.get(name)) for name in EFFECTS[action])
    by_command = {} if timers_too else {"command": command.command, "requested_at": command.requested_at}
    told = {
        "stage": command.stage,
        "action": action.value,
        "effect": " ".join(f"{name}={value}" for name, value in facts if value not in (None, "")) or None,
        "cause": command.name,
        "correlation": command.correlation,
        **by_command,
    }
    for document in _documents(command, outcome):
        yield TimelineEvent.model_validate({"document": document, **told})


def _documents(command: Command, outcome: Outcome) -> tuple[str, ...]:
    if isinstance(command, CreateProforma):
        return tuple(filter(None, str(outcome.facts.get("invoices", "")).split(",")))
    return (command.document,)


def ready_event(contract: str, item: str) -> TimelineEvent:
    """Tell that an item of a contract's backlog was marked Ready to invoice."""
    return TimelineEvent(
        document=contract, stage=f"{READY}{item}", action="items_marked_ready", effect="items=1", cause="a person"
    )


def journal_events(journal: Journal) -> Iterator[TimelineEvent]:
    """Tell that an integration journal was made of rows of staging, and of how many, whatever became of them since.

    A journal of errors was made by posting: nothing is told of it, though a slow import may find its rows there.
    """
    if journal.original is None:
        yield TimelineEvent(
            document=journal.journal,
            stage="journal-lines",
            action="journal_lines_imported",
            effect=f"lines={journal.lines + (journal.deleted or 0)}",
            cause="import_from_staging",
            correlation=journal.correlation,
        )


def draft_event(invoice: str, kind: str, act: str, effect: str) -> TimelineEvent:
    """Tell of an act on a draft; `act` names it, so that it is told once whoever carries it out."""
    stage = f"{kind}-draft|{act}"
    return TimelineEvent(document=invoice, stage=stage, action=f"draft_{kind}", effect=effect, cause="a person")


def met_text(problem: OpenProblem) -> str:
    """Say how often a problem was met."""
    return "met once" if problem.tries == 1 else f"met {problem.tries} times"


def solved_event(problem: OpenProblem, changed_at: datetime | None) -> TimelineEvent:
    """Tell that a problem was met, since when, how often, and that it is solved."""
    since = problem.since or changed_at
    met = f"{since:%Y-%m-%dT%H:%M:%SZ}" if since else "some time ago"
    return TimelineEvent(
        document=problem.document,
        stage=f"{SOLVED}{met}|{problem.code.value}|{problem.stage}"[:_STAGE_LENGTH_MAX],
        action="problem_solved",
        effect=f"{problem.code.value} since {met}, {met_text(problem)}: {problem.sentence}",
        cause=problem.stage,
        correlation=problem.correlation,
    )
