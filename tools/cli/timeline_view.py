"""The timeline of an invoice, from its items on the backlog to the write-back: when, what, because of what. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from domain.timeline import SOLVED, TimelineEvent, met_text
from tools.cli.invoice_facts import InvoiceFacts

# what people call an event; others go by the name of their log event
WORDS = {
    "items_marked_ready": "marked ready",
    "proforma_created": "drafted",
    "draft_edit": "draft edited",
    "draft_refresh": "draft refreshed",
    "draft_delete": "draft deleted",
    "invoice_confirmed": "confirmed",
    "invoice_revised": "revised",
    "rows_synced": "rows synced",
    "journal_lines_imported": "journal imported",
    "proposal_lines_imported": "proposal imported",
    "journal_posted": "journal posted",
    "proposal_posted": "posted",
    "posting_written_back": "written back",
    "problem_solved": "problem solved",
}
HEADER_MAP = "project_invoice_proposal_v2"


@dataclass(frozen=True, slots=True)
class EventView:
    """One event of an invoice, or of what it was made from."""

    # by the clock of the storage; of problems and replays, the instant that they tell themselves
    at: datetime | None
    what: str
    # counts, numbers and amounts
    effect: str
    # the kind of command, or who
    cause: str
    # the command's id, and when it was asked for; empty where a timer does the same
    command: str
    requested_at: datetime | None
    correlation: str
    # the document: the invoice itself, its contract, or a journal
    document: str


def build_timeline(facts: InvoiceFacts) -> tuple[EventView, ...]:
    """Put everything that happened in order; what has no time stands first."""
    views = [*_events(facts), *_open_problems(facts), *_replays(facts)]
    return tuple(sorted(views, key=lambda view: (view.at.isoformat() if view.at else "", view.document, view.what)))


def _events(facts: InvoiceFacts) -> Iterator[EventView]:
    for stored in facts.events:
        event = stored.event
        if event.is_solved_problem:
            yield _view(event, _met_at(event), "problem met")
        yield _view(event, stored.at, _what(event))


def _what(event: TimelineEvent) -> str:
    if event.action is None:
        return event.stage.partition("|")[0]
    if HEADER_MAP in event.stage:
        return "header synced"
    return WORDS.get(event.action, event.action.replace("_", " "))


def _view(event: TimelineEvent, at: datetime | None, what: str) -> EventView:
    return EventView(
        at=at,
        what=what,
        effect=event.effect or "",
        cause=event.cause or "",
        command=event.command or "",
        requested_at=event.requested_at,
        correlation=event.correlation or "",
        document=event.document,
    )


def _met_at(event: TimelineEvent) -> datetime | None:
    text = event.stage.removeprefix(SOLVED).partition("|")[0]
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def _open_problems(facts: InvoiceFacts) -> Iterator[EventView]:
    for each in facts.problems:
        problem = each.problem
        effect = f"{problem.code.value}, {met_text(problem)}: {problem.sentence}"
        yield EventView(
            each.since, "problem met", effect, problem.stage, "", None, problem.correlation, problem.document
        )


def _replays(facts: InvoiceFacts) -> Iterator[EventView]:
    for replay in facts.replays:
        effect = f"{replay.kind}, replay {replay.number}: {replay.state.value} {replay.sentence or ''}".rstrip()
        yield EventView(
            replay.at, "replayed", effect, replay.by, "", None, replay.correlation or "", replay.document or ""
        )
