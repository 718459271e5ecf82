"""Everything that the tables know about one invoice, read once: what `status` is built from."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from itertools import batched

from domain.actuals import Actual, TransactionConnection
from domain.completeness import ON_ACCOUNT_CLASSES
from domain.invoice_proposal import ProjectInvoice, Proposal
from domain.option_sets import BillingType, TransactionType
from domain.problems import OpenProblem
from domain.proforma import Invoice
from domain.record import Record
from domain.replays import Replay
from domain.rows import RowKey, StoredRow
from domain.saving import read_keys
from domain.tables import Table
from domain.timeline import READY, TimelineEvent, event_key
from tools.cli.desk import Desk

KEYS_PER_READ = 1_000
# journals that are named and asked for their problems
JOURNALS_MAX = 10
# items whose marking is told, and replays of one document
ITEMS_MAX = 100
REPLAYS_MAX = 100
ACTUAL = "msdyn_actual"
WITHOUT_REVENUE = (BillingType.NON_CHARGEABLE, BillingType.COMPLIMENTARY)


@dataclass(slots=True)
class Count:
    """How many of how many, and when the last of them came."""

    done: int = 0
    all: int = 0
    at: datetime | None = None

    @property
    def is_whole(self) -> bool:
        """Whether nothing is left."""
        return self.done >= self.all

    def add(self, is_done: bool, at: datetime | None) -> None:
        """Count one more."""
        self.all += 1
        self.done += is_done
        if is_done and at is not None:
            self.at = max(self.at or at, at)


@dataclass(frozen=True, slots=True)
class StoredProblem:
    """A problem of the invoice, or of what it waits for, and since when it is open."""

    problem: OpenProblem
    since: datetime | None


@dataclass(frozen=True, slots=True)
class StoredEvent:
    """An event of a timeline, and when the storage wrote it."""

    event: TimelineEvent
    at: datetime | None


@dataclass(slots=True)
class InvoiceFacts:
    """What stands."""

    invoice: Invoice
    invoice_changed_at: datetime | None
    # when the lines of the draft were written
    drafted_at: datetime | None = None
    # when each stage of its timeline was passed first, by the stage's name
    passed_at: dict[str, datetime | None] = field(default_factory=dict)
    proposal: Proposal | None = None
    # chargeable billed sales in Dataverse, and those that know their voucher
    written_back: Count = field(default_factory=Count)
    # billed sales that arrived, of those that confirmation made
    staged: Count = field(default_factory=Count)
    # connections that arrived, of those that confirmation made
    connected: Count = field(default_factory=Count)
    # unbilled sales behind the invoice that the integration journal has posted
    sales_posted: Count = field(default_factory=Count)
    # journals in which the others stand, and why the rest waits
    journals: set[str] = field(default_factory=set)
    waits: set[str] = field(default_factory=set)
    lines: Count = field(default_factory=Count)
    project_invoice: ProjectInvoice | None = None
    posted_at: datetime | None = None
    problems: list[StoredProblem] = field(default_factory=list)
    # journals through which the sales went, and items that stand on the invoice
    passed_journals: set[str] = field(default_factory=set)
    items: set[str] = field(default_factory=set)
    # of the invoice, of its first items on the backlog, and of those journals
    events: list[StoredEvent] = field(default_factory=list)
    replays: list[Replay] = field(default_factory=list)


def read_facts(desk: Desk, invoice: Invoice) -> InvoiceFacts:
    """Read what stands about an invoice: its partitions, and the staged rows of its unbilled sales."""
    header = desk.store.find(Table.DATAVERSE_INVOICES, invoice.key)
    facts = InvoiceFacts(invoice, header.changed_at if header else None)
    for row in _rows(desk, Table.DATAVERSE_INVOICE_LINES, invoice.invoice, ("lineitemnumber",)):
        facts.drafted_at = _later(facts.drafted_at, row.changed_at)
    facts.events += _timeline(desk, invoice.invoice)
    facts.passed_at = {each.event.stage: each.at for each in facts.events}
    _read_actuals(desk, facts)
    _read_connections(desk, facts)
    _read_sales(desk, facts)
    _read_proposal(desk, facts)
    for document in (invoice.invoice, *sorted(facts.journals)[:JOURNALS_MAX]):
        facts.problems += _problems(desk, document)
    _read_history(desk, facts)
    return facts


def _read_history(desk: Desk, facts: InvoiceFacts) -> None:
    """Read what happened to what the invoice was made from, and what was replayed."""
    contract = facts.invoice.contract
    ready = [event_key(contract, f"{READY}{item}") for item in sorted(facts.items)[:ITEMS_MAX]]
    found = read_keys(desk.store, Table.INVOICING_TIMELINE, ready)
    facts.events += (StoredEvent(TimelineEvent.from_columns(row.columns), row.changed_at) for row in found.values())
    documents = [facts.invoice.invoice, *sorted(facts.passed_journals)[:JOURNALS_MAX]]
    for journal in documents[1:]:
        facts.events += _timeline(desk, journal)
    for document in documents:
        rows = desk.browser.rows(Table.INVOICING_REPLAYS, where=("Document", document), limit=REPLAYS_MAX)
        facts.replays += (Replay.from_columns(row.columns) for row in rows)


def _timeline(desk: Desk, document: str) -> Iterator[StoredEvent]:
    for row in _rows(desk, Table.INVOICING_TIMELINE, document, TimelineEvent.columns()):
        yield StoredEvent(TimelineEvent.from_columns(row.columns), row.changed_at)


def _rows(desk: Desk, table: Table, partition: str, columns: tuple[str, ...]) -> Iterator[StoredRow]:
    for page in desk.store.read_pages(table, partition, columns=columns):
        yield from page


def _later(first: datetime | None, second: datetime | None) -> datetime | None:
    return max((at for at in (first, second) if at is not None), default=None)


def _read_actuals(desk: Desk, facts: InvoiceFacts) -> None:
    names = _names(Actual, "transaction_type", "billing_type", "voucher")
    for row in _rows(desk, Table.DATAVERSE_ACTUALS, facts.invoice.invoice, names):
        if row.columns.get(names[0]) == TransactionType.BILLED_SALES:
            facts.staged.all += 1
            # what carries no revenue is never posted
            if row.columns.get(names[1]) not in WITHOUT_REVENUE:
                facts.written_back.add(bool(row.columns.get(names[2])), row.changed_at)
    facts.staged.all = max(facts.staged.all, facts.invoice.billed_sales or 0)
    for row in _rows(desk, Table.FINANCE_ACTUALS_STAGING, facts.invoice.invoice, ("TransactionType", "ImportError")):
        facts.staged.done += 1
        _add_wait(facts, row)


def _read_connections(desk: Desk, facts: InvoiceFacts) -> None:
    invoice = facts.invoice.invoice
    names = _names(TransactionConnection, "transaction1_type", "transaction2_type")
    for row in _rows(desk, Table.DATAVERSE_TRANSACTION_CONNECTIONS, invoice, names):
        # connections of line details are made with the draft, and stay in Dataverse
        if all(row.columns.get(name, ACTUAL) == ACTUAL for name in names):
            facts.connected.all += 1
    for row in _rows(desk, Table.FINANCE_TRANSACTION_RELATIONSHIPS, invoice, ("Transaction1Role",)):
        facts.connected.done += 1
        facts.connected.at = _later(facts.connected.at, row.changed_at)


def _read_sales(desk: Desk, facts: InvoiceFacts) -> None:
    names = ("invoicing_sourcekey", "msdyn_transactionclassification")
    details = _rows(desk, Table.DATAVERSE_INVOICE_LINE_DETAILS, facts.invoice.invoice, names)
    for chunk in batched(details, KEYS_PER_READ, strict=False):
        facts.items |= {str(row.columns[names[0]]).rpartition("|")[2] for row in chunk if row.columns.get(names[0])}
        keys = [RowKey.from_text(str(row.columns[names[0]])) for row in chunk if _is_transaction(row)]
        wanted = ("VoucherNumber", "ProjAdvancedJournal", "ImportError")
        found = read_keys(desk.store, Table.FINANCE_ACTUALS_STAGING, keys, wanted)
        for key in keys:
            _add_sale(facts, found.get(key))


def _is_transaction(row: StoredRow) -> bool:
    # what is billed on account has no unbilled sale in finance
    is_on_account = row.columns.get("msdyn_transactionclassification") in ON_ACCOUNT_CLASSES
    return not is_on_account and bool(row.columns.get("invoicing_sourcekey"))


def _add_sale(facts: InvoiceFacts, row: StoredRow | None) -> None:
    if row is None:
        facts.sales_posted.add(False, None)
        facts.waits.add("an unbilled sale has not arrived in finance")
        return
    is_posted = bool(row.columns.get("VoucherNumber"))
    facts.sales_posted.add(is_posted, row.changed_at)
    journal = row.columns.get("ProjAdvancedJournal")
    if journal:
        facts.passed_journals.add(str(journal))
    if journal and not is_posted:
        facts.journals.add(str(journal))
    _add_wait(facts, row)


def _add_wait(facts: InvoiceFacts, row: StoredRow) -> None:
    if reason := row.columns.get("ImportError"):
        facts.waits.add(str(reason))


def _read_proposal(desk: Desk, facts: InvoiceFacts) -> None:
    key = facts.invoice.key
    header = desk.store.find(Table.FINANCE_INVOICE_PROPOSALS, key)
    if header is not None:
        facts.proposal = Proposal.from_columns(header.columns)
        facts.lines.all = facts.proposal.lines or 0
    deletions = header.columns.get("LineDeletions") if header is not None else None
    for row in _rows(desk, Table.FINANCE_INVOICE_PROPOSAL_LINES, key.partition, ("LineNumber", "LineDeletions")):
        if row.columns.get("LineDeletions") != deletions:
            continue
        facts.lines.done += 1
        facts.lines.at = _later(facts.lines.at, row.changed_at)
    posted = desk.store.find(Table.FINANCE_PROJECT_INVOICES, key)
    if posted is not None:
        facts.project_invoice, facts.posted_at = ProjectInvoice.from_columns(posted.columns), posted.changed_at


def _problems(desk: Desk, document: str) -> Iterator[StoredProblem]:
    for page in desk.store.read_pages(Table.INVOICING_PROBLEMS, document):
        for row in page:
            problem = OpenProblem.from_columns(row.columns)
            yield StoredProblem(problem, problem.since or row.changed_at)


def _names(record: type[Record], *attributes: str) -> tuple[str, ...]:
    return tuple(record.model_fields[name].alias or name for name in attributes)
