"""Adjust the accounting of a posted unbilled sale: its dimensions, before an invoice bills it.

The transaction says first what is going to change, by its version. Then it is looked at once more whether it stands on
a proposal, and that is written on it too: whoever imports or posts it from now on sees that it is being adjusted, and
waits. Then come the voucher and
its journal, last the transaction with its new dimensions. A process that dies in between leaves an adjustment that
stands; asking for any adjustment of the transaction carries it out first.

Source: Project Operations documentation, format-update-project-invoice-proposals and correct-project-invoice-proposals.
"""

from collections.abc import Mapping
from datetime import date

from domain.actuals import Actual
from domain.adjust_accounting import TEXT, Adjustment, adjustment_entries, not_adjustable
from domain.errors import ChangedMeanwhile, NotYet, Problem, ReasonCode, Refused
from domain.identifiers import derive_id
from domain.invoice_proposal import Proposal
from domain.journal import Journal, JournalStatus, JournalType
from domain.ledger import LedgerEntry, ProjectTransaction
from domain.ledger_periods import accounting_date
from domain.number_sequences import formatted
from domain.ports import RowStore
from domain.proposal_editing import Place, edited_columns
from domain.rows import Insert, Merge, RowKey, StoredRow, Value
from domain.saving import ROUNDS_MAX, save
from domain.setup import LegalEntitySetup
from domain.tables import Table
from domain.workflows.companies import Companies
from domain.workflows.edit_on_account import standing_on
from domain.workflows.numbering import allocate
from domain.workflows.proposal_acts import refuse
from domain.workflows.reading import find_record, known_document

TABLE = Table.FINANCE_PROJECT_TRANSACTIONS
VOUCHER_SEQUENCE = "adjust-accounting-voucher"
PENDING, DIMENSION = "PendingAdjustment", "DefaultDimension"


def adjust_accounting(store: RowStore, key: RowKey, *, fields: Mapping[str, str], on: date) -> ProjectTransaction:
    """Adjust the accounting of a transaction.

    Args:
        store: where it stands.
        key: of the transaction, which is its actual's.
        fields: `dimensions` with the new ones; empty for none.
        on: the accounting date; in a closed period it moves as every accounting date does.

    Returns:
        The transaction as it stands then. With the dimensions that it has already nothing is posted.

    Raises:
        NotYet: the transaction is not posted (yet), or others keep changing it.
        Refused: it is no unbilled sale, is billed, was taken back, or stands on the lines of a proposal; a field or
            value is wrong; or no period is open. Nothing was changed.
    """
    for _ in range(ROUNDS_MAX):
        try:
            row = _settled(store, key)
            before = ProjectTransaction.from_columns(row.columns)
            adjustment = _decided(store, before, fields, on)
            if adjustment.dimension == before.default_dimension:
                return before
            _merge(store, row, {PENDING: adjustment.text})
            return ProjectTransaction.from_columns(_settled(store, key, is_new=True).columns)
        except ChangedMeanwhile:
            # somebody was faster: look again and decide again
            continue
    sentence = f"transaction {key.row} is being changed by others all the time; do it again"
    raise NotYet(Problem(ReasonCode.DOCUMENT_WRONG_STATE, sentence, (key.row,)))


def _decided(store: RowStore, before: ProjectTransaction, fields: Mapping[str, str], on: date) -> Adjustment:
    refuse(_forbidden(store, before))
    setup = _setup(store, before)
    columns = edited_columns(setup, Place.TRANSACTION, f"transaction {before.actual}", fields)
    if isinstance(columns, Problem):
        raise Refused(columns)
    day = accounting_date(setup, on)
    if isinstance(day, Problem):
        raise Refused(day)
    dimension = columns.get(DIMENSION, before.default_dimension)
    return Adjustment(dimension=None if dimension is None else str(dimension), day=day)


def _setup(store: RowStore, transaction: ProjectTransaction) -> LegalEntitySetup:
    setup = Companies(store).setup(transaction.company)
    if isinstance(setup, LegalEntitySetup):
        return setup
    raise Refused(setup)


def _forbidden(store: RowStore, transaction: ProjectTransaction) -> Problem | None:
    actual = find_record(store, Table.DATAVERSE_ACTUALS, transaction.key, Actual)
    if problem := not_adjustable(transaction, actual):
        return problem
    if actual is None or actual.invoice is None:
        return None
    place = RowKey(actual.invoice, actual.invoice)
    proposal = find_record(store, Table.FINANCE_INVOICE_PROPOSALS, place, Proposal)
    return standing_on(proposal, f"transaction {transaction.actual}", transaction.actual)


def _settled(store: RowStore, key: RowKey, *, is_new: bool = False) -> StoredRow:
    """Carry out the adjustment that stands on a transaction, if one does, and give the transaction's row."""
    row = known_document(store, TABLE, key, "project transaction")
    transaction = ProjectTransaction.from_columns(row.columns)
    if transaction.pending_adjustment is None:
        return row
    adjustment = Adjustment.model_validate_json(transaction.pending_adjustment)
    if not adjustment.checked:
        problem = _forbidden(store, transaction)
        checked = adjustment.model_copy(update={"checked": True})
        # a proposal may have made a line of it since it was looked at
        _merge(store, row, {PENDING: None if problem else checked.text})
        if problem and is_new:
            raise Refused(problem)
        return _settled(store, key, is_new=is_new)
    number = (transaction.adjustments or 0) + 1
    _post(store, transaction, adjustment, derive_id("adjust-accounting", transaction.transaction, number))
    _merge(store, row, {DIMENSION: adjustment.dimension, PENDING: None, "Adjustments": number})
    return known_document(store, TABLE, key, "project transaction")


def _merge(store: RowStore, row: StoredRow, columns: Mapping[str, Value]) -> None:
    save(store, TABLE, row.key.partition, (Merge(row.key.row, columns, row.etag),))


def _post(store: RowStore, transaction: ProjectTransaction, adjustment: Adjustment, journal: str) -> None:
    if not transaction.accrued_amount:
        return
    setup = _setup(store, transaction)
    sequence = f"{transaction.company}|{VOUCHER_SEQUENCE}"
    number = allocate(store, Table.FINANCE_NUMBER_SEQUENCES, sequence, journal)
    voucher = formatted(setup.parameters.adjustment_voucher_format, number)
    entries = adjustment_entries(
        transaction, adjustment, journal=journal, voucher=voucher, currency=setup.accounting_currency
    )
    _save(store, journal, entries)
    header = Journal(
        journal=journal,
        journal_type=JournalType.ADJUSTMENT,
        company=transaction.company,
        description=f"{TEXT} of {transaction.actual}",
        status=JournalStatus.POSTED,
        period_start=adjustment.day,
        lines=1,
        posted=1,
        correlation=transaction.journal,
    )
    save(store, Table.FINANCE_INTEGRATION_JOURNALS, journal, (Insert(journal, header.to_columns()),))


def _save(store: RowStore, journal: str, entries: tuple[LedgerEntry, ...]) -> None:
    inserts = (Insert(entry.key.row, entry.to_columns()) for entry in entries)
    save(store, Table.FINANCE_LEDGER_ENTRIES, journal, inserts)
