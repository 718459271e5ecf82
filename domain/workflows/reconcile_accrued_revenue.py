"""Reconcile accrued revenue: journal and post what invoices have left in WIP.

One journal with one voucher for each invoice that needs it. Its header comes first, with the day that counts in every
try; then the entries; the header as Processing is the commit point, from there on the transactions learn that they are
corrected. What is found before that point is found again by every try: an invoiced transaction no longer changes.

Source: Project Operations documentation, reconcile-accrued-revenue (imbalance in the accounting currency; up to 1,000
lines at once, more in batch; a second run finds nothing).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from itertools import count

from domain.accrued_revenue import TEXT, Imbalance, corrected, correction_entries, imbalances, too_many
from domain.errors import Problem, Refused
from domain.identifiers import derive_id
from domain.invoice_proposal import Proposal
from domain.journal import Journal, JournalStatus, JournalType
from domain.ledger import ProjectTransaction, out_of_balance
from domain.ledger_periods import accounting_date
from domain.number_sequences import formatted
from domain.ports import RowStore
from domain.rows import Insert, Merge, RowKey
from domain.saving import read_keys, replace_status, save, save_across
from domain.setup import LegalEntitySetup
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.numbering import allocate
from domain.workflows.proposal_acts import line_pages
from domain.workflows.reading import find_record, known_document

JOURNALS = Table.FINANCE_INTEGRATION_JOURNALS
VOUCHER_SEQUENCE = "accrued-revenue-voucher"
# columns of a project transaction that a correction changes
CORRECTED_COLUMNS = ("LedgerSalesCorrected", "CorrectionVoucher")


@dataclass(frozen=True, slots=True)
class _Invoice:
    """A posted invoice with what it left in WIP."""

    proposal: Proposal
    setup: LegalEntitySetup
    found: Sequence[Imbalance]
    # of the project transactions that were read
    etags: dict[RowKey, str]


def reconcile_accrued_revenue(
    store: RowStore, *, proposals: Sequence[str], on: date, in_batch: bool = False
) -> tuple[Imbalance, ...]:
    """Clear what the named invoices have left in WIP.

    Args:
        store: where proposals and the ledger stand.
        proposals: ids.
        on: the day of the correction; in a closed period it moves as every accounting date does.
        in_batch: True: nobody waits, so any number of lines may be posted.

    Returns:
        What was cleared; a second run finds nothing.

    Raises:
        NotYet: a proposal is not known.
        Refused: too many lines for somebody who waits, no set-up, or no open period; nothing was posted.
        ChangedMeanwhile: somebody else does the same at the same time; ask again.
    """
    invoices = [_invoice(store, proposal) for proposal in dict.fromkeys(proposals)]
    problem = too_many(sum(len(invoice.found) for invoice in invoices))
    if problem and not in_batch:
        raise Refused(problem)
    days = [_day(invoice, on) for invoice in invoices]
    for invoice, day in zip(invoices, days, strict=True):
        _reconcile(store, invoice, day)
    return tuple(found for invoice in invoices for found in invoice.found)


def find_imbalances(store: RowStore, proposal: str) -> tuple[Imbalance, ...]:
    """Tell what an invoice has left in WIP, without changing anything."""
    return tuple(_invoice(store, proposal).found)


def _invoice(store: RowStore, proposal: str) -> _Invoice:
    row = known_document(store, Table.FINANCE_INVOICE_PROPOSALS, RowKey(proposal, proposal), "project invoice proposal")
    header = Proposal.from_columns(row.columns)
    setup = Companies(store).setup(header.company)
    if not isinstance(setup, LegalEntitySetup):
        raise Refused(setup)
    found: list[Imbalance] = []
    etags: dict[RowKey, str] = {}
    for page in line_pages(store, header):
        keys = [RowKey.from_text(line.unbilled_sales_key) for _, line in page if line.unbilled_sales_key]
        sales = read_keys(store, Table.FINANCE_PROJECT_TRANSACTIONS, keys)
        mine = list(imbalances(ProjectTransaction.from_columns(each.columns) for each in sales.values()))
        found += mine
        etags |= {each.transaction.key: sales[each.transaction.key].etag for each in mine}
    return _Invoice(header, setup, found, etags)


def _day(invoice: _Invoice, on: date) -> date:
    day = accounting_date(invoice.setup, on)
    if isinstance(day, Problem):
        raise Refused(day)
    return day


def _reconcile(store: RowStore, invoice: _Invoice, day: date) -> None:
    name, begun = _last_journal(store, invoice)
    if invoice.found:
        begun = _posted(store, invoice, begun or _begin(store, invoice, name, day))
    if begun is not None:
        # perhaps of a try that died behind its last transaction
        _moved(store, begun, JournalStatus.POSTED)


def _posted(store: RowStore, invoice: _Invoice, journal: Journal) -> Journal:
    """Write the voucher and tell the transactions."""
    voucher = _voucher(store, invoice, journal)
    if journal.status == JournalStatus.DRAFT:
        _post_entries(store, invoice, journal, voucher)
        journal = _moved(store, journal, JournalStatus.PROCESSING)
    after = (corrected(each, voucher) for each in invoice.found)
    merges = ((each.key.partition, _merge(each, invoice)) for each in after)
    save_across(store, Table.FINANCE_PROJECT_TRANSACTIONS, merges)
    return journal


def _merge(after: ProjectTransaction, invoice: _Invoice) -> Merge:
    columns = after.to_columns()
    return Merge(after.key.row, {name: columns[name] for name in CORRECTED_COLUMNS}, invoice.etags[after.key])


def _last_journal(store: RowStore, invoice: _Invoice) -> tuple[str, Journal | None]:
    """Find the journal that an earlier try has begun and not ended, or the id of the next one."""
    for number in count(1):
        journal = derive_id("accrued-revenue", invoice.proposal.proposal, number)
        found = find_record(store, JOURNALS, RowKey(journal, journal), Journal)
        if found is None or found.status != JournalStatus.POSTED:
            return journal, found
    raise AssertionError("counting does not end")


def _begin(store: RowStore, invoice: _Invoice, journal: str, day: date) -> Journal:
    begun = Journal(
        journal=journal,
        journal_type=JournalType.ACCRUED_REVENUE,
        company=invoice.proposal.company,
        description=f"{TEXT} of invoice {invoice.proposal.customer_invoice}",
        status=JournalStatus.DRAFT,
        period_start=day,
        lines=len(invoice.found),
        correlation=invoice.proposal.correlation,
    )
    save(store, JOURNALS, journal, (Insert(journal, begun.to_columns()),))
    return begun


def _voucher(store: RowStore, invoice: _Invoice, journal: Journal) -> str:
    sequence = f"{journal.company}|{VOUCHER_SEQUENCE}"
    number = allocate(store, Table.FINANCE_NUMBER_SEQUENCES, sequence, journal.journal)
    return formatted(invoice.setup.parameters.accrued_revenue_voucher_format, number)


def _post_entries(store: RowStore, invoice: _Invoice, journal: Journal, voucher: str) -> None:
    entries = correction_entries(
        invoice.found,
        journal=journal.journal,
        voucher=voucher,
        currency=invoice.setup.accounting_currency,
        day=journal.period_start,
    )
    if problem := out_of_balance(entries):
        raise Refused(problem)
    inserts = (Insert(entry.key.row, entry.to_columns()) for entry in entries)
    save(store, Table.FINANCE_LEDGER_ENTRIES, journal.journal, inserts)


def _moved(store: RowStore, journal: Journal, status: JournalStatus) -> Journal:
    row = known_document(store, JOURNALS, journal.key, "journal")
    after = journal.changed(status=status, posted=journal.lines)
    replace_status(store, JOURNALS, journal.key, after.to_columns(), row.etag)
    return after
