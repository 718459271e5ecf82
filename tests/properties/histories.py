"""A history: what people and systems do to the whole line in any order, and what the host delivers in any order.

Everything is chosen by whoever calls, so a history can be told and repeated. Rows get their ids by counting.
"""

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from functools import cache

from domain.actuals import Actual, TransactionConnection
from domain.commands import Command, ReviseInvoice
from domain.contract import Contract, ContractCustomer, ContractLine, Currency, Milestone
from domain.discount_fee import Percents
from domain.draft_editing import NewLine
from domain.errors import NotYet
from domain.identifiers import derive_id
from domain.journal import Journal, JournalLine, JournalStatus
from domain.option_sets import (
    MilestoneStatus,
    ProjectInvoiceStatus,
    TransactionClass,
)
from domain.pending_work import WorkKind
from domain.proforma import Invoice, InvoiceLineDetail
from domain.record import Record
from domain.rows import Delete, RowKey, Value
from domain.tables import Table
from domain.workflows.delete_journal_lines import delete_journal_lines
from domain.workflows.dispatch import perform
from domain.workflows.edit_draft import add_line, delete_draft, edit_details, remove_details, review_draft
from domain.workflows.edit_journal_lines import edit_journal_lines
from domain.workflows.post_pending import posting_command, read_pending
from domain.workflows.refresh_draft import refresh_draft
from domain.workflows.update_to_draft import update_to_draft
from tests.line import ADATUM, COHO, DANISH, SAMPLES, SHARED, Delivery, Line, Snapshot
from tests.properties.work import Terms, Work, cost_of, sale_of
from tests.workflows.restless import copy_of, dying

CONTRACTS = ("C-ADATUM", "C-COHO", "C-DANISH")
# transactional rows of the samples, which a history brings itself
OWN = ("msdyn_actuals", "msdyn_transactionconnections", "msdyn_contractlinescheduleofvalues")
# rounds in which everything must come to rest
ROUNDS_MAX = 12
COMPANIES = {"C-ADATUM": "usmf", "C-COHO": "usmf", "C-DANISH": "dkds"}


@cache
def samples() -> Line:
    """The sample legal entities, contracts and set-up, without transactions."""
    line = Line.in_memory()
    for name in (*SHARED, ADATUM, COHO, DANISH):
        for file in sorted((SAMPLES / name).rglob("*.json")):
            if not any(own in file.name for own in OWN):
                line.load(file.name, file.read_bytes())
    line.drain()
    return line


@dataclass
class History:
    """A line with what has happened to it so far."""

    line: Line = field(default_factory=lambda: copy_of(samples()))
    # how many rows and wishes there have been
    count: int = 0
    # connections that are not loaded yet
    unconnected: list[TransactionConnection] = field(default_factory=list)

    # -- what other systems load

    def approve(self, work: Work) -> None:
        """Load the cost and, but for fixed price, the unbilled sale of approved work; their connection comes later."""
        terms, actuals = self.terms(work.contract), []
        if work.contract != "C-DANISH":
            actuals.append(sale_of(self.new_id(), terms, work, currencies()))
        if work.cost_currency is not None and work.transaction_class != TransactionClass.FEE:
            actuals.append(cost_of(self.new_id(), terms, work, currencies()))
        self.load(Table.DATAVERSE_ACTUALS, *actuals)
        if len(actuals) == 2:
            self.unconnected.append(_connection(*actuals))

    def connect(self) -> None:
        """Load the connections of all work that has been approved."""
        loaded, self.unconnected = self.unconnected, []
        self.load(Table.DATAVERSE_TRANSACTION_CONNECTIONS, *loaded)

    def plan_milestone(self, amount: Decimal, day: date) -> None:
        """Load a milestone of the fixed-price contract."""
        terms = self.terms("C-DANISH")
        milestone = Milestone(
            milestone=self.new_id(),
            name="Milestone",
            contract=terms.contract.contract,
            contract_line=terms.line.line,
            contract_customer=terms.payer.contract_customer,
            project=terms.line.project,
            amount=amount,
            currency=terms.contract.currency,
            milestone_date=day,
            invoice_status=MilestoneStatus.NOT_READY,
        )
        self.load(Table.DATAVERSE_MILESTONES, milestone)

    def set_up(self, company: str, kind: str, **columns: Value) -> None:
        """Enter a row of set-up, or change the one that stands for the whole company."""
        body = {"table": Table.FINANCE_SETUP.value, "company": company, "rows": [{"Kind": kind, **columns}]}
        self.line.load("set-up", json.dumps(body).encode())

    def agree(self, contract: str, percents: Percents) -> None:
        """Agree on what the first line of a time-and-material contract takes off and adds."""
        line = self.terms(contract).line.changed(discount_percent=percents.discount, fee_percent=percents.fee)
        self.load(Table.DATAVERSE_CONTRACT_LINES, line)

    # -- what people do

    def mark_ready(self, contract: str, day: date) -> None:
        """Mark all that is open and dated in time as Ready to invoice."""
        self.line.mark_ready(self.terms(contract).contract.contract, up_to=day)

    def create_proforma(self, contract: str, cut_off: date) -> None:
        """Ask for drafts of what is due."""
        self.line.create_proforma(self.terms(contract).contract.contract, cut_off=cut_off, wish=self.new_id())

    def confirm(self, place: int, day: date) -> None:
        """Ask that an invoice is confirmed, whatever its status."""
        if invoices := self.invoices():
            self.line.confirm(invoices[place % len(invoices)].invoice, on=day, wish=self.new_id())

    def edit(self, place: int, field_name: str, value: object) -> None:
        """Edit a line detail of an invoice, whatever its status."""
        if details := self.line.records(Table.DATAVERSE_INVOICE_LINE_DETAILS, InvoiceLineDetail):
            detail = details[place % len(details)]
            edit_details(self.line.store, invoice=detail.invoice, edits={detail.detail: {field_name: value}})

    def add_by_hand(self, place: int, transaction_class: TransactionClass, quantity: Decimal, price: Decimal) -> None:
        """Add a line detail to an invoice by hand, whatever its status."""
        if invoices := self.invoices():
            entry = NewLine(self.new_id(), 1, transaction_class, quantity, price, date(2026, 8, 24))
            add_line(self.line.store, invoice=invoices[place % len(invoices)].invoice, entry=entry)

    def remove(self, place: int) -> None:
        """Remove a line detail from its invoice, whatever its status."""
        if details := self.line.records(Table.DATAVERSE_INVOICE_LINE_DETAILS, InvoiceLineDetail):
            detail = details[place % len(details)]
            remove_details(self.line.store, invoice=detail.invoice, details=[detail.detail])

    def review(self, place: int) -> None:
        """Put a draft in review."""
        if invoices := self.invoices():
            invoice = invoices[place % len(invoices)].invoice
            review_draft(self.line.store, invoice=invoice, status=ProjectInvoiceStatus.IN_REVIEW)

    def delete(self, place: int) -> None:
        """Delete a draft."""
        if invoices := self.invoices():
            delete_draft(self.line.store, invoice=invoices[place % len(invoices)].invoice)

    def refresh(self, place: int, day: date) -> None:
        """Bring what has become ready onto a draft."""
        if invoices := self.invoices():
            refresh_draft(self.line.store, invoice=invoices[place % len(invoices)].invoice, cut_off=day)

    def post(self, kind: WorkKind, day: date) -> None:
        """Ask that everything of a kind that is pending is posted."""
        works = list(read_pending(self.line.store, kind))
        self.line.send(*(posting_command(work, self.line.clock.now(), day) for work in works))

    def revise(self, place: int) -> None:
        """Ask for a corrective draft of an invoice, whatever its status."""
        if invoices := self.invoices():
            wish, invoice = self.new_id(), invoices[place % len(invoices)].invoice
            now = self.line.clock.now()
            self.line.send(ReviseInvoice(command=wish, correlation=wish, requested_at=now, invoice=invoice))

    def delete_journal_line(self, place: int) -> None:
        """Delete a journal line, whatever its status."""
        if lines := self.journal_lines():
            line = lines[place % len(lines)]
            delete_journal_lines(self.line.store, journal=line.journal, numbers=[line.number])

    def edit_journal_line(self, place: int) -> None:
        """Give a journal line other dimensions, whatever its status."""
        if lines := self.journal_lines():
            line, changes = lines[place % len(lines)], {"dimensions": f"Department={self.count}"}
            edit_journal_lines(self.line.store, journal=line.journal, numbers=[line.number], changes=changes)

    def update_to_draft(self, place: int) -> None:
        """Update a journal to draft, whatever its status."""
        if journals := self.line.records(Table.FINANCE_INTEGRATION_JOURNALS, Journal):
            update_to_draft(self.line.store, journal=journals[place % len(journals)].journal)

    def forget_account(self) -> None:
        """Forget the account to which costs of labor are posted."""
        row = "ProjPosting|121|*|*|LABOR"
        if self.line.store.find(Table.FINANCE_SETUP, RowKey("usmf", row)) is not None:
            self.line.store.write(Table.FINANCE_SETUP, "usmf", (Delete(row),))

    def mend(self) -> None:
        """Enter that account, and update what is in error to draft."""
        account = {"CategoryId": "LABOR", "MainAccount": "540100", "AccountName": "Labor"}
        self.set_up("usmf", "ProjPosting", PostingType=121, **account)
        for journal in self.line.records(Table.FINANCE_INTEGRATION_JOURNALS, Journal):
            if journal.status is JournalStatus.ERROR:
                update_to_draft(self.line.store, journal=journal.journal)

    # -- what the host does

    def deliver(self, place: int) -> Command | None:
        """Deliver one of the messages that wait; one that comes too early goes to the end."""
        waiting = self.line.queues.waiting
        if not waiting:
            return None
        visible_at, command = waiting.pop(place % len(waiting))
        self.line.clock.set(max(visible_at, self.line.clock.now()))
        try:
            perform(self.line.store, self.line.queues, command)
        except NotYet:
            self.line.send(command)
        return command

    def deliver_dying(self, place: int, call: int, *, after_writes: bool) -> Command | None:
        """Deliver a message to a process that dies at one of its calls, and once more to another one."""
        waiting = self.line.queues.waiting
        if not waiting:
            return None
        visible_at, command = waiting.pop(place % len(waiting))
        self.line.clock.set(max(visible_at, self.line.clock.now()))
        with dying(self.line, call, after_writes=after_writes), suppress(NotYet):
            perform(self.line.store, self.line.queues, command)
        try:
            perform(self.line.store, self.line.queues, command)
        except NotYet:
            self.line.send(command)
        return command

    def deliver_restlessly(self, seed: int) -> None:
        """Deliver everything twice in any order."""
        dead = len(self.line.dead)
        self.line.drain(Delivery(seed=seed, twice=True))
        # what came too early five times is sent again by whoever looks at the dead letters
        early, self.line.dead[dead:] = self.line.dead[dead:], []
        self.line.send(*(letter.command for letter in early if isinstance(letter.error, NotYet)))
        assert all(isinstance(letter.error, NotYet) for letter in early), early

    def send_again(self, place: int) -> Command | None:
        """Put a message that was sent at some time into its queue once more."""
        sent = self.line.queues.sent
        if not sent:
            return None
        command = sent[place % len(sent)]
        self.line.send(command)
        return command

    def finish(self, day: date) -> None:
        """Deliver, import and post until nothing changes any more."""
        self.connect()
        before = None
        for _ in range(ROUNDS_MAX):
            self.line.finish(day)
            stands = at_rest(self.line)
            if stands == before:
                return
            before = stands
        raise AssertionError(f"the line does not come to rest in {ROUNDS_MAX} rounds")

    def send_everything_again(self) -> None:
        """Deliver every message that was ever sent once more."""
        for command in dict.fromkeys(self.line.queues.sent):
            self.line.send(command)
            self.line.drain()
        self.line.tick()
        self.line.drain()

    # -- what stands

    def terms(self, number: str) -> Terms:
        """A contract with its first line and its customer."""
        return _terms()[number]

    @property
    def has_invoices(self) -> bool:
        """Whether there is a proforma invoice."""
        return bool(self.line.rows(Table.DATAVERSE_INVOICES))

    @property
    def has_proposals(self) -> bool:
        """Whether there is a proposal in finance."""
        return bool(self.line.rows(Table.FINANCE_INVOICE_PROPOSALS))

    @property
    def has_details(self) -> bool:
        """Whether there is a line detail."""
        return bool(self.line.rows(Table.DATAVERSE_INVOICE_LINE_DETAILS))

    def journal_lines(self) -> Sequence[JournalLine]:
        """All lines of integration journals, in the order of their keys."""
        return self.line.records(Table.FINANCE_INTEGRATION_JOURNAL_LINES, JournalLine)

    def invoices(self) -> Sequence[Invoice]:
        """All proforma headers, in the order of their numbers."""
        return sorted(self.line.records(Table.DATAVERSE_INVOICES, Invoice), key=lambda invoice: invoice.number)

    def new_id(self) -> str:
        """The id of something new."""
        self.count += 1
        return derive_id("history", self.count)

    def load(self, table: Table, *records: Record) -> None:
        """Load rows as another system sends them."""
        if records:
            rows = [record.to_columns() for record in records]
            self.line.load(table.value, json.dumps({"table": table.value, "rows": rows}).encode())


def at_rest(line: Line) -> Snapshot:
    """All rows but for how often somebody has begun a piece of work that waits."""
    stands = line.snapshot()
    work = stands.get(Table.FINANCE_PENDING_WORK.value, {})
    counted = {key: {name: row[name] for name in row if name != "Claims"} for key, row in work.items()}
    return {**stands, Table.FINANCE_PENDING_WORK.value: counted}


def _connection(sale: Actual, cost: Actual) -> TransactionConnection:
    return TransactionConnection(
        connection=derive_id("history-connection", sale.actual),
        transaction1=sale.actual,
        transaction1_role="Unbilled Sales",
        transaction2=cost.actual,
        transaction2_role="Cost",
    )


@cache
def currencies() -> dict[str, str]:
    """The id of each currency, by its ISO code."""
    rows = samples().records(Table.DATAVERSE_CURRENCIES, Currency)
    return {currency.iso_code: currency.currency for currency in rows}


@cache
def _terms() -> dict[str, Terms]:
    line = samples()
    lines = {each.contract: each for each in line.records(Table.DATAVERSE_CONTRACT_LINES, ContractLine)}
    payers = {each.contract: each for each in line.records(Table.DATAVERSE_CONTRACT_CUSTOMERS, ContractCustomer)}
    contracts = line.records(Table.DATAVERSE_CONTRACTS, Contract)
    return {each.number: Terms(each, lines[each.contract], payers[each.contract]) for each in contracts}
