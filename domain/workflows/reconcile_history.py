"""Tie out everything that has ever been: for people, document by document, in memory that does not grow with history.

Only who asks for it pays for it: no timer comes here.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from heapq import merge
from itertools import groupby
from typing import NamedTuple

from domain.contract import Contract
from domain.errors import BadRow, ReasonCode
from domain.identifiers import derive_id
from domain.journal import JournalLine, LineStatus
from domain.ledger import LedgerEntry, out_of_balance
from domain.limits import key_order
from domain.money import total
from domain.open_documents import OpenDocument, of_invoice, of_rows
from domain.option_sets import InvoiceState
from domain.proforma import UNCONFIRMED, Invoice
from domain.reconciliation import Difference, Remark, SyncAgain, TieOut
from domain.rows import RowKey
from domain.saving import read_keys
from domain.tables import Table
from domain.workflows.confirm_invoice import HIGHEST, LOWEST
from domain.workflows.reading import find_record, read_records
from domain.workflows.reconcile_looking import (
    ACTUALS_MAP,
    CONNECTIONS_MAP,
    LINES,
    MILESTONES_MAP,
    look_at_invoice,
    look_at_rows,
)
from domain.workflows.reconcile_reading import Look

# names the partitions of a table, each once, in order
type Partitions = Callable[[Table], Iterable[str]]
# maps of the rows of a contract, and the tables that may have its partition
OF_CONTRACT = (
    (ACTUALS_MAP, (Table.DATAVERSE_ACTUALS, Table.FINANCE_ACTUALS_STAGING)),
    (CONNECTIONS_MAP, (Table.DATAVERSE_TRANSACTION_CONNECTIONS, Table.FINANCE_TRANSACTION_RELATIONSHIPS)),
    (MILESTONES_MAP, (Table.DATAVERSE_MILESTONES, Table.FINANCE_MILESTONES_STAGING)),
)
INVOICE_TABLES = (
    Table.DATAVERSE_INVOICES,
    Table.FINANCE_INVOICE_PROPOSALS,
    Table.FINANCE_INVOICE_PROPOSAL_LINES,
    Table.FINANCE_PROJECT_INVOICES,
)
# lines that stand elsewhere by now, or nowhere
GONE = frozenset((LineStatus.TRANSFERRED, LineStatus.DELETED))
JOURNAL_TABLES = (Table.FINANCE_INTEGRATION_JOURNALS, LINES)


class Looked(NamedTuple):
    """One document with what was found."""

    document: OpenDocument
    tie_out: TieOut
    # what people call the document
    name: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a person wants to see."""

    # only this legal entity; None: all
    company: str | None = None
    # only invoices confirmed, and rows dated, on this day or later; None: all
    since: date | None = None


def tie_out_all(look: Look, partitions: Partitions, wanted: Wanted) -> Iterator[Looked]:
    """Look at every invoice, every contract and every journal.

    Args:
        look: both systems.
        partitions: how the documents are found.
        wanted: which of them count.

    Yields:
        Each document that counts, also those that tie out.
    """
    for invoice in _each(partitions, INVOICE_TABLES):
        looked = _invoice(look, invoice, wanted)
        if looked is not None:
            yield looked
    for table_map, tables in OF_CONTRACT:
        for contract in _each(partitions, tables):
            if _is_invoice(look, contract):
                continue
            header = find_record(look.store, Table.DATAVERSE_CONTRACTS, RowKey(contract, contract), Contract)
            if _counts(look, header, wanted):
                span = SyncAgain(table_map, contract, str(wanted.since or LOWEST), HIGHEST)
                document = of_rows(*span, derive_id("load", contract))
                name = f"contract {contract if header is None else header.number}"
                yield Looked(document, _readable(document, partial(look_at_rows, look, span)), name)
    for journal in _each(partitions, JOURNAL_TABLES):
        looked = _journal(look, journal, wanted)
        if looked is not None:
            yield looked


def _each(partitions: Partitions, tables: Iterable[Table]) -> Iterator[str]:
    names = merge(*(partitions(table) for table in tables), key=key_order)
    return (name for name, _ in groupby(names))


def _is_invoice(look: Look, partition: str) -> bool:
    key = RowKey(partition, partition)
    return any(look.store.find(table, key) is not None for table in INVOICE_TABLES[:2])


def _readable(document: OpenDocument, read: Callable[[], TieOut]) -> TieOut:
    try:
        return read()
    except BadRow as error:
        # a row that cannot be read holds up no other document
        tie_out = TieOut()
        tie_out.say(Difference(Remark(error.problem.code, error.problem.sentence), document.partition))
        return tie_out


def _invoice(look: Look, invoice: str, wanted: Wanted) -> Looked | None:
    header = find_record(look.store, Table.DATAVERSE_INVOICES, RowKey(invoice, invoice), Invoice)
    if header is None:
        document = of_invoice(invoice, invoice, derive_id("reconcile", invoice))
        return Looked(document, look_at_invoice(look, invoice), invoice)
    is_new = header.status in UNCONFIRMED and header.confirmed_by is None
    if is_new or header.state is InvoiceState.CANCELED:
        return None
    if wanted.since is not None and header.confirmed_on is not None and header.confirmed_on < wanted.since:
        return None
    if wanted.company is not None and look.company(header.owning_company) != wanted.company:
        return None
    document = of_invoice(invoice, header.number, header.correlation)
    return Looked(document, _readable(document, partial(look_at_invoice, look, invoice)), header.number)


def _counts(look: Look, contract: Contract | None, wanted: Wanted) -> bool:
    return wanted.company is None or contract is None or look.company(contract.owning_company) == wanted.company


def _journal(look: Look, journal: str, wanted: Wanted) -> Looked | None:
    """Look at a journal from its own side: lines that no staged row names, a header without lines, its balance."""
    header, tie_out = look.header(journal), TieOut()
    if wanted.company is not None and header is not None and header.company != wanted.company:
        return None
    if wanted.since is not None and header is not None and header.period_start < wanted.since:
        return None
    lines = 0
    for page in look.store.read_pages(LINES, journal, columns=JournalLine.columns()):
        read = [JournalLine.from_columns(row.columns) for row in page]
        lines += len(read)
        if header is None:
            what = f"the header of journal {journal} is gone, its lines stand; restore it from a backup"
            tie_out.say(Difference(Remark(ReasonCode.LOST_ROW, what), journal))
        for difference in _unnamed(look, read):
            tie_out.say(difference)
    if header is not None and header.original is None and lines == 0 and header.journal_type == "Integration":
        what = f"journal {journal} has no lines; restore FinanceIntegrationJournalLines from a backup"
        tie_out.say(Difference(Remark(ReasonCode.LOST_ROW, what), journal))
    entries = tuple(read_records(look.store, Table.FINANCE_LEDGER_ENTRIES, journal, LedgerEntry))
    if out_of_balance(entries) is not None:
        what = f"vouchers of journal {journal} do not balance: entries are gone or changed; compare them with its lines"
        remark = Remark(ReasonCode.AMOUNT_DIFFERS, what, currency=entries[0].accounting_currency)
        tie_out.say(Difference(remark, journal, -total(entry.accounting_amount for entry in entries)))
    document = OpenDocument(
        kind=of_rows(ACTUALS_MAP, journal, LOWEST, HIGHEST, derive_id("journal", journal)).kind,
        partition=journal,
        correlation=derive_id("journal", journal),
        reference=f"journal {journal}",
    )
    return Looked(document, tie_out, str(document.reference))


def _unnamed(look: Look, lines: list[JournalLine]) -> Iterator[Difference]:
    standing = [line for line in lines if line.status not in GONE]
    keys = [RowKey.from_text(line.actual_key) for line in standing]
    columns = ("ProjAdvancedJournal", "ProjAdvancedJournalLine")
    staged = read_keys(look.store, Table.FINANCE_ACTUALS_STAGING, keys, columns)
    for line, key in zip(standing, keys, strict=True):
        row = staged.get(key)
        named = None if row is None else (row.columns.get(columns[0]), row.columns.get(columns[1]))
        if named != (line.journal, line.number):
            what = f"lines of journal {line.journal} stand that no staged row names; reverse what was posted for them"
            remark = Remark(ReasonCode.EXTRA_ROW, what, currency=line.currency)
            yield Difference(remark, line.actual, -(line.extended_cost or line.extended_price))
