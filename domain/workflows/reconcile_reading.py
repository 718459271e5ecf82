"""What a reconciliation reads of a document: the rows of two tables side by side, and what stands around them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from domain.actuals import Actual
from domain.errors import Problem
from domain.invoice_proposal import ProjectInvoiceLine, ProposalLine
from domain.journal import Journal, JournalLine, line_key
from domain.ledger import LedgerEntry, ProjectTransaction
from domain.option_sets import FinanceBillingType
from domain.pending_work import PendingWork, WorkKind
from domain.ports import PAGE_ROWS_MAX, RowStore
from domain.reconciliation import SyncAgain
from domain.reconciliation_invoice import LineFacts
from domain.reconciliation_rows import Around, Booked, Pending, Row, crosses
from domain.rows import RowKey, StoredRow
from domain.saving import read_keys
from domain.setup import LegalEntitySetup
from domain.staging import StagedActual
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.reading import find_record, read_records
from domain.workflows.work_index import pending

# what is invoiced in a legal entity that is not set up yet
BILLED_DEFAULT = frozenset((FinanceBillingType.CHARGEABLE, FinanceBillingType.NOT_SPECIFIED))


class Pair(NamedTuple):
    """The rows of two tables under one key; at least one of them stands."""

    key: RowKey
    left: StoredRow | None
    right: StoredRow | None


@dataclass(slots=True)
class Look:
    """What all looks of one run share: each thing is read once."""

    store: RowStore
    companies: Companies
    pending: Pending
    _names: dict[tuple[Table, str], str] = field(default_factory=dict)
    _headers: dict[str, Journal | None] = field(default_factory=dict)
    # actuals on lines of journals that wait to be posted; read only when a staged row is missed
    _on_lines: frozenset[str] | None = None

    @classmethod
    def begin(cls, store: RowStore) -> "Look":
        """Read what is pending."""
        rows = (row for kind in WorkKind for row in pending(store, kind))
        return cls(store, Companies(store), Pending(PendingWork.from_columns(row.columns) for row in rows))

    def around(self, sync: SyncAgain) -> Around:
        """Give what the rows of a range have in common."""
        return Around(self.pending, sync, self.is_billed)

    def is_billed(self, company: str, billing_type: FinanceBillingType) -> bool:
        """Tell whether a billing type is invoiced in a legal entity."""
        setup = self.companies.setup(company)
        found = setup.line_property(billing_type) if isinstance(setup, LegalEntitySetup) else setup
        return billing_type in BILLED_DEFAULT if isinstance(found, Problem) else found.to_be_invoiced

    def company(self, id_: str) -> str:
        """Tell what finance calls a company; its id where it is not known."""
        return self._name(Table.DATAVERSE_COMPANIES, id_, "cdm_companycode").lower()

    def currency(self, id_: str) -> str:
        """Tell the ISO code of a currency; its id where it is not known."""
        return self._name(Table.DATAVERSE_CURRENCIES, id_, "isocurrencycode")

    def header(self, journal: str) -> Journal | None:
        """Read the header of a journal."""
        if journal not in self._headers:
            key = RowKey(journal, journal)
            self._headers[journal] = find_record(self.store, Table.FINANCE_INTEGRATION_JOURNALS, key, Journal)
        return self._headers[journal]

    def is_on_line(self, actual: str) -> bool:
        """Tell whether an actual stands on a line of a journal that waits to be posted."""
        if self._on_lines is None:
            table = Table.FINANCE_INTEGRATION_JOURNAL_LINES
            journals = self.pending.documents(WorkKind.POST_JOURNAL)
            pages = (page for each in journals for page in self.store.read_pages(table, each, columns=("ActualId",)))
            self._on_lines = frozenset(str(row.columns["ActualId"]) for page in pages for row in page)
        return actual in self._on_lines

    def _name(self, table: Table, id_: str, column: str) -> str:
        if (table, id_) not in self._names:
            found = self.store.find(table, RowKey(id_, id_))
            self._names[table, id_] = id_ if found is None else str(found.columns.get(column, id_))
        return self._names[table, id_]


def side_by_side(
    store: RowStore, tables: tuple[Table, Table], span: SyncAgain, columns: tuple[Sequence[str], Sequence[str]]
) -> Iterator[list[Pair]]:
    """Read the same range of two tables, page by page of the first, in key order."""
    begin = span.first
    pages = store.read_pages(tables[0], span.partition, first=span.first, last=span.last, columns=columns[0])
    for page in pages:
        is_full = len(page) == PAGE_ROWS_MAX
        end = page[-1].key.row if is_full else span.last
        yield _paired(page, _rest(store, tables[1], (span.partition, begin, end), columns[1], begin != span.first))
        begin = end
        if not is_full:
            return
    yield _paired((), _rest(store, tables[1], (span.partition, begin, span.last), columns[1], begin != span.first))


def _rest(
    store: RowStore, table: Table, place: tuple[str, str, str], columns: Sequence[str], is_later: bool
) -> Iterator[StoredRow]:
    partition, begin, end = place
    for page in store.read_pages(table, partition, first=begin, last=end, columns=columns):
        # the first row of a later range was the last one of the range before
        yield from (row for row in page if not is_later or row.key.row != begin)


def _paired(left: Iterable[StoredRow], right: Iterable[StoredRow]) -> list[Pair]:
    lefts, rights = ({row.key: row for row in rows} for rows in (left, right))
    return [Pair(key, lefts.get(key), rights.get(key)) for key in sorted(lefts.keys() | rights.keys())]


def read_rows(look: Look, span: SyncAgain) -> Iterator[list[Row]]:
    """Read actuals and their staged rows; what Dataverse keeps for itself and finance does not have is passed over."""
    tables = (Table.DATAVERSE_ACTUALS, Table.FINANCE_ACTUALS_STAGING)
    for page in side_by_side(look.store, tables, span, (Actual.columns(), StagedActual.columns())):
        rows = (_row(look, pair) for pair in page)
        yield [row for row in rows if row.staged is not None or (row.actual is not None and crosses(row.actual))]


def _row(look: Look, pair: Pair) -> Row:
    actual = None if pair.left is None else Actual.from_columns(pair.left.columns)
    staged = None if pair.right is None else StagedActual.from_columns(pair.right.columns)
    if actual is not None:
        return Row(pair.key, actual, staged, look.company(actual.owning_company), look.currency(actual.currency))
    return Row(pair.key, actual, staged, staged.company if staged else "", staged.currency if staged else "")


def read_booked(look: Look, rows: Sequence[Row]) -> dict[RowKey, Booked]:
    """Read what stands behind the staged rows of costs and unbilled sales."""
    places = {
        row.key: line_key(staged.journal, staged.journal_line, staged.actual)
        for row in rows
        if (staged := row.staged) is not None and staged.journal and staged.journal_line
    }
    table = Table.FINANCE_INTEGRATION_JOURNAL_LINES
    stored = read_keys(look.store, table, places.values(), JournalLine.columns())
    lines = {key: JournalLine.from_columns(row.columns) for key, row in stored.items()}
    keys = [row.key for row in rows]
    posted = read_keys(look.store, Table.FINANCE_PROJECT_TRANSACTIONS, keys, ProjectTransaction.columns())
    entries = _entries(look, {key.partition for key in places.values()})
    booked: dict[RowKey, Booked] = {}
    for row in rows:
        line = lines.get(places[row.key]) if row.key in places else None
        journal = row.staged.journal if row.staged else None
        booked[row.key] = Booked(
            journal=look.header(journal) if journal else None,
            line=line,
            transaction=ProjectTransaction.from_columns(posted[row.key].columns) if row.key in posted else None,
            entries=tuple(entries.get((line.journal, line.voucher), ())) if line else (),
        )
    return booked


def _entries(look: Look, journals: Iterable[str]) -> Mapping[tuple[str, str], list[LedgerEntry]]:
    entries: dict[tuple[str, str], list[LedgerEntry]] = {}
    for journal in sorted(journals):
        for entry in read_records(look.store, Table.FINANCE_LEDGER_ENTRIES, journal, LedgerEntry):
            entries.setdefault((journal, entry.voucher), []).append(entry)
    return entries


def read_proposal_lines(store: RowStore, proposal: str, deletions: int | None) -> dict[str, list[LineFacts]]:
    """Read what a proposal bills, by billed sale: the lines made since the last deletion."""
    found: dict[str, list[LineFacts]] = {}
    for line in read_records(store, Table.FINANCE_INVOICE_PROPOSAL_LINES, proposal, ProposalLine):
        if line.deletions == deletions:
            found.setdefault(line.actual, []).append(LineFacts(line.number, line.amount))
    return found


def read_invoice_lines(store: RowStore, proposal: str) -> dict[str, list[LineFacts]]:
    """Read what a posted invoice bills, by billed sale."""
    found: dict[str, list[LineFacts]] = {}
    for line in read_records(store, Table.FINANCE_PROJECT_INVOICE_LINES, proposal, ProjectInvoiceLine):
        facts = LineFacts(line.number, line.amount, line.amount_accounting_currency, line.tax)
        found.setdefault(line.actual, []).append(facts)
    return found
