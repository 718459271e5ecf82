"""What a workflow did, as a value: the trigger writes the log line, the workflow only says what belongs in it.

An outcome carries ids, codes and counts, never whole rows. What has to be tried again or refused for good is raised
(`NotYet`, `Refused`), so an outcome always means: the command is done.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from domain.errors import Problem

type Fact = str | int


class Action(StrEnum):
    """Names of the log events, one for each thing that a workflow can have done."""

    ITEMS_MARKED_READY = "items_marked_ready"
    ROWS_SYNCED = "rows_synced"
    MAP_PAUSED = "map_paused"
    PROFORMA_CREATED = "proforma_created"
    MILESTONE_CHANGED = "milestone_changed"
    DRAFT_CHANGED = "draft_changed"
    DRAFT_DELETED = "draft_deleted"
    REFUND_STAGED = "refund_staged"
    CONFIRMATION_SCHEDULED = "confirmation_scheduled"
    INVOICE_CONFIRMED = "invoice_confirmed"
    INVOICE_REVISED = "invoice_revised"
    JOURNAL_LINES_IMPORTED = "journal_lines_imported"
    ON_ACCOUNT_IMPORTED = "on_account_imported"
    PROPOSAL_LINES_IMPORTED = "proposal_lines_imported"
    VOUCHERS_RELATED = "vouchers_related"
    IMPORT_REQUESTED = "import_requested"
    JOURNAL_POSTED = "journal_posted"
    PROPOSAL_POSTED = "proposal_posted"
    SCHEDULES_PLANNED = "schedules_planned"
    INVOICING_SCHEDULED = "invoicing_scheduled"
    POSTING_REQUESTED = "posting_requested"
    REVENUE_RECONCILED = "revenue_reconciled"
    POSTING_WRITTEN_BACK = "posting_written_back"
    DEAD_LETTER_RECORDED = "dead_letter_recorded"
    LETTER_REPLAYED = "letter_replayed"
    DOCUMENTS_RECONCILED = "documents_reconciled"
    DOCUMENT_STOPPED = "document_stopped"
    PENDING_MEASURED = "pending_measured"
    TIMER_RAN = "timer_ran"
    NOTHING_TO_DO = "nothing_to_do"
    COMMAND_REFUSED = "command_refused"
    COMMAND_POSTPONED = "command_postponed"


@dataclass(frozen=True, slots=True)
class Outcome:
    """What happened to one document."""

    # the event's name
    action: Action
    # the id of the document that it happened to
    document: str
    # what else a person wants to read in the log: ids, codes and counts
    facts: Mapping[str, Fact] = field(default_factory=dict)
    # what stays undone for the rows or lines that are named in it; the rest of the document went on
    problems: tuple[Problem, ...] = ()
    # of a piece of a timer's work: the correlation of its document; a command carries its own
    correlation: str | None = field(default=None, compare=False)

    def log_context(self) -> dict[str, Fact]:
        """Give the event as flat pairs for a structured log line; problems as their codes, joined by a comma."""
        codes = sorted({problem.code.value for problem in self.problems})
        told: dict[str, Fact] = {"problems": ",".join(codes)} if codes else {}
        return {"action": self.action.value, "document": self.document, **self.facts, **told}
