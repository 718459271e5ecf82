"""What `status` tells about an invoice: one line for each stage, what it waits for, and its open problems. Pure."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from domain.commands import ConfirmInvoice, SyncTableMap
from domain.invoice_proposal import ProposalStatus
from domain.option_sets import InvoiceState, ProjectInvoiceStatus
from domain.proforma import Invoice
from tools.cli.amounts import amount_text, count_text
from tools.cli.invoice_facts import Count, InvoiceFacts
from tools.cli.timeline_view import EventView, build_timeline

DRAFTS = (ProjectInvoiceStatus.DRAFT, ProjectInvoiceStatus.IN_REVIEW)


class State(StrEnum):
    """How far a stage is."""

    DONE = "done"
    # under way, or waiting for something that is named
    WAITS = "waits"
    # the stage before it is not done
    LATER = "later"
    # there is nothing to do in this stage
    NONE = "nothing to do"


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of an invoice's life."""

    name: str
    state: State
    # how many of how many; empty where nothing is counted
    count: str
    # when it was done, by the clock of the storage; None: not done, or not kept
    at: datetime | None
    # ids and numbers
    what: str
    # what it waits for; empty: nothing
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class ProblemView:
    """An open problem."""

    stage: str
    code: str
    sentence: str
    ids: tuple[str, ...]
    since: datetime | None


@dataclass(frozen=True, slots=True)
class StatusView:
    """Where an invoice is."""

    number: str
    invoice: str
    name: str
    amount: str
    # one word for the whole invoice
    status: str
    correlation: str
    stages: tuple[StageView, ...]
    problems: tuple[ProblemView, ...]
    # everything that happened, in order
    timeline: tuple[EventView, ...] = ()

    @property
    def waits_for(self) -> str:
        """What the invoice as a whole waits for: the first stage that does."""
        return next((stage.waits_for for stage in self.stages if stage.waits_for), "")


def _status_text(invoice: Invoice) -> str:
    if invoice.state == InvoiceState.CANCELED:
        return "Canceled"
    status = invoice.status.name.capitalize().replace("_", " ")
    if invoice.bulk_status is None or not invoice.is_confirmable:
        return status
    return f"{status}, bulk confirmation {invoice.bulk_status.name.lower()}"


def build_status(facts: InvoiceFacts, currency: str) -> StatusView:
    """Build the view.

    Args:
        facts: what stands.
        currency: ISO code of the invoice's currency.
    """
    invoice = facts.invoice
    posted = facts.project_invoice
    return StatusView(
        number=invoice.number,
        invoice=invoice.invoice,
        name=invoice.name,
        amount=amount_text(invoice.total, currency),
        status=f"posted as {posted.number}" if posted else _status_text(invoice),
        correlation=invoice.correlation,
        stages=_stages(facts, currency),
        problems=tuple(
            ProblemView(
                each.problem.stage, each.problem.code.value, each.problem.sentence, each.problem.ids, each.since
            )
            for each in facts.problems
        ),
        timeline=build_timeline(facts),
    )


def _stages(facts: InvoiceFacts, currency: str) -> tuple[StageView, ...]:
    made = (_draft(facts, currency), _confirmed(facts))
    arrived = (_header(facts), _staged(facts), _connected(facts))
    rest = (_sales(facts), _lines(facts, currency), _posted(facts, currency), _written_back(facts, currency))
    if facts.invoice.status in DRAFTS:
        return (*made, *(StageView(stage.name, State.LATER, "", None, "") for stage in (*arrived, *rest)))
    return (*made, *arrived, *rest)


def _draft(facts: InvoiceFacts, currency: str) -> StageView:
    what = f"{count_text(facts.invoice.details, 'line detail')}, {amount_text(facts.invoice.amount, currency)}"
    return StageView("draft", State.DONE, "", facts.drafted_at, what)


def _confirmed(facts: InvoiceFacts) -> StageView:
    number = facts.invoice.number
    if facts.invoice.status in DRAFTS:
        return StageView("confirmed", State.WAITS, "", None, "", f"the project manager: invoicing confirm {number}")
    at = _passed_at(facts, ConfirmInvoice.name)
    return StageView("confirmed", State.DONE, "", at, f"accounting date {facts.invoice.confirmed_on}")


def _header(facts: InvoiceFacts) -> StageView:
    proposal = facts.proposal
    if proposal is None:
        return StageView("header synced", State.WAITS, "", None, "", "the table map Project invoice proposal V2")
    at = _passed_at(facts, f"{SyncTableMap.name}|project_invoice_proposal_v2|")
    return StageView("header synced", State.DONE, "", at, f"{proposal.company}, customer {proposal.customer}")


def _staged(facts: InvoiceFacts) -> StageView:
    stage = _counted("actuals staged", facts.staged, "the table map Project Operations integration actuals")
    at = _passed_at(facts, f"{SyncTableMap.name}|project_operations_integration_actuals|")
    return replace(stage, at=at) if stage.state == State.DONE else stage


def _connected(facts: InvoiceFacts) -> StageView:
    return _counted("connections staged", facts.connected, "the table map project transaction relationships")


def _sales(facts: InvoiceFacts) -> StageView:
    waits = "; ".join(sorted(facts.waits)) or "the import from staging"
    if facts.journals:
        waits = f"integration journal {', '.join(sorted(facts.journals))}: invoicing post journals"
    return _counted("unbilled sales posted", facts.sales_posted, waits)


def _lines(facts: InvoiceFacts, currency: str) -> StageView:
    proposal = facts.proposal
    if proposal is None or proposal.status == ProposalStatus.AWAITING_LINES:
        is_ready = all(count.is_whole for count in (facts.staged, facts.connected, facts.sales_posted))
        waits = "the import from staging" if is_ready and proposal else ""
        return StageView("proposal lines", State.WAITS if waits else State.LATER, "", None, "", waits)
    what = f"{proposal.status.value}, {amount_text(proposal.amount or 0, currency)}"
    return StageView("proposal lines", State.DONE, f"{facts.lines.done} of {facts.lines.all}", facts.lines.at, what)


def _posted(facts: InvoiceFacts, currency: str) -> StageView:
    proposal, posted = facts.proposal, facts.project_invoice
    if posted is not None:
        total = amount_text(posted.total, currency)
        what = f"invoice {posted.number}, voucher {posted.voucher}, {total}, due {posted.due_date}"
        return StageView("posted", State.DONE, "", facts.posted_at, what)
    if proposal is None or proposal.status == ProposalStatus.AWAITING_LINES:
        return StageView("posted", State.LATER, "", None, "")
    if proposal.status in {ProposalStatus.CLOSED, ProposalStatus.DROPPED}:
        what = f"the proposal is {proposal.status.lower()}: it has no lines with revenue"
        return StageView("posted", State.NONE, "", None, what)
    return StageView("posted", State.WAITS, "", None, "", "the clerk: invoicing post proposals")


def _written_back(facts: InvoiceFacts, currency: str) -> StageView:
    if facts.project_invoice is None:
        is_closed = facts.invoice.status == ProjectInvoiceStatus.POSTED
        at = facts.invoice_changed_at if is_closed else None
        return StageView("written back", State.DONE if is_closed else State.LATER, "", at, "")
    # the header is written last
    if facts.invoice.status == ProjectInvoiceStatus.POSTED:
        tax = amount_text(facts.invoice.customer_invoice_tax or 0, currency)
        what = f"invoice number {facts.invoice.customer_invoice}, tax {tax}"
        count = f"{facts.written_back.done} of {facts.written_back.all}"
        return StageView("written back", State.DONE, count, facts.invoice_changed_at, what)
    count = f"{facts.written_back.done} of {facts.written_back.all}"
    return StageView("written back", State.WAITS, count, None, "", "the write-back of the posting")


def _counted(name: str, count: Count, waits_for: str) -> StageView:
    told = f"{count.done} of {count.all}"
    if not count.all:
        return StageView(name, State.NONE, "", None, "")
    if count.is_whole:
        return StageView(name, State.DONE, told, count.at, "")
    return StageView(name, State.WAITS, told, None, "", waits_for)


def _passed_at(facts: InvoiceFacts, stage: str) -> datetime | None:
    """Tell when a stage was passed; of a stage in several ranges, when the last one was."""
    times = [at for name, at in facts.passed_at.items() if name.startswith(stage) and at is not None]
    return max(times, default=None)
