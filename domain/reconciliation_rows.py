"""One actual from Dataverse to finance and back: what stands of it at each stage, and what is to be said of it.

A row that has not come to its end is looked at stage by stage; the first stage that it has not passed decides what is
said. Amounts are compared at every stage that it has passed. Source: Project Operations documentation, Out-of-sync
actuals (what has no voucher is sent again) and project-integration-workspace (the exact rows are named).
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType

from domain.actuals import Actual
from domain.discount_fee import net_of, worth_of
from domain.errors import ReasonCode
from domain.journal import Journal, JournalLine, JournalStatus, LineStatus
from domain.ledger import LedgerEntry, ProjectTransaction
from domain.line_posting import LinePosting, line_amount
from domain.money import ZERO
from domain.option_sets import FinanceBillingType, FinanceTransactionType, TransactionType
from domain.pending_work import PendingWork, WorkKind
from domain.reconciliation import Difference, Passed, PostAgain, Remark, SyncAgain, WorkAgain, WriteBackAgain
from domain.rows import RowKey
from domain.staging import StagedActual
from domain.table_maps.project_operations_integration_actuals import BILLING_TYPES, TRANSACTION_TYPES

JOURNALIZED = frozenset((FinanceTransactionType.COST, FinanceTransactionType.SALES))
_FINANCE_TYPES = MappingProxyType(dict(TRANSACTION_TYPES.pairs))
_FINANCE_BILLING_TYPES = MappingProxyType(
    {source: FinanceBillingType(str(target)) for source, target in BILLING_TYPES.pairs}
)


class Pending:
    """What is pending, as a look found it: it explains what has not come to its end."""

    def __init__(self, works: Iterable[PendingWork]) -> None:
        """Index it."""
        self._works: dict[tuple[WorkKind, str], list[PendingWork]] = {}
        for work in works:
            self._works.setdefault((work.kind, work.partition), []).append(work)

    def covers(self, kind: WorkKind, key: RowKey) -> bool:
        """Tell whether work is pending in whose range a staged row stands."""
        works = self._works.get((kind, key.partition), ())
        return any(work.first <= key.row <= work.last for work in works)

    def meets(self, kind: WorkKind, partition: str, first: str, last: str) -> bool:
        """Tell whether work is pending for some of the rows of a range."""
        works = self._works.get((kind, partition), ())
        return any(work.first <= last and first <= work.last for work in works)

    def has(self, kind: WorkKind, document: str) -> bool:
        """Tell whether work is pending for a whole document."""
        return (kind, document) in self._works

    def documents(self, kind: WorkKind) -> list[str]:
        """Name the documents that work of a kind is pending for."""
        return [partition for each, partition in self._works if each is kind]


@dataclass(frozen=True, slots=True)
class Around:
    """What the rows of one range have in common."""

    pending: Pending
    # what carries the range across again
    sync: SyncAgain
    # whether a billing type is invoiced in a legal entity
    is_billed: Callable[[str, FinanceBillingType], bool]


@dataclass(frozen=True, slots=True)
class Row:
    """An actual, and its staged row under the same key; at least one of them stands."""

    key: RowKey
    actual: Actual | None
    staged: StagedActual | None
    # the actual's legal entity and currency, as finance calls them; of a staged row alone, its own
    company: str
    currency: str
    # True: it is known to have arrived once, so it was lost since
    has_arrived: bool = False

    @property
    def id(self) -> str:
        """The actual."""
        row = self.actual or self.staged
        return row.actual if row is not None else self.key.row

    @property
    def kind(self) -> str:
        """What finance calls the type of the actual."""
        if self.actual is not None:
            return str(_FINANCE_TYPES.get(self.actual.transaction_type.value, self.actual.transaction_type.name))
        return "" if self.staged is None else self.staged.transaction_type.value


@dataclass(frozen=True, slots=True)
class Booked:
    """What stands of a cost or an unbilled sale behind its staged row; None: it does not stand."""

    journal: Journal | None = None
    line: JournalLine | None = None
    transaction: ProjectTransaction | None = None
    # ledger entries that stand under the line's voucher
    entries: tuple[LedgerEntry, ...] = ()


def crosses(actual: Actual) -> bool:
    """Tell whether an actual belongs to finance too."""
    return not actual.skip_sync and actual.transaction_type is not TransactionType.PROJECT_CONTRACT


def worth(row: Actual | StagedActual, around: Around, company: str, currency: str) -> Decimal:
    """Tell what a row is worth once it is booked: what is not invoiced is worth nothing, costs always count."""
    if isinstance(row, Actual):
        default = FinanceBillingType.NOT_SPECIFIED
        billing_type = _FINANCE_BILLING_TYPES.get(row.billing_type, default)
        is_cost = row.transaction_type is TransactionType.COST
    else:
        billing_type, is_cost = row.billing_type, row.transaction_type is FinanceTransactionType.COST
    return worth_of(row, currency).net if is_cost or around.is_billed(company, billing_type) else ZERO


def arrived(row: Row, around: Around) -> Iterator[Difference]:
    """Compare an actual with its staged row."""
    actual, staged = row.actual, row.staged
    if staged is None:
        if actual is not None and crosses(actual):
            yield _not_there(row, actual, around)
        return
    if actual is None or not crosses(actual):
        why = "Dataverse does not have" if actual is None else "that Dataverse keeps for itself"
        what = f"finance has staged rows {why}; compare both, and reverse what was booked for them"
        yield Difference(Remark(ReasonCode.EXTRA_ROW, what, currency=row.currency), row.id, -net_of(staged))
        return
    told = {
        "amount": actual.amount - staged.amount,
        "discount": (actual.discount or ZERO) - (staged.discount or ZERO),
        "fee": (actual.fee or ZERO) - (staged.fee or ZERO),
        "quantity": actual.quantity - staged.quantity,
        "price": actual.price - staged.price,
    }
    for name, difference in told.items():
        if difference != ZERO:
            currency = row.currency if name != "quantity" else "units"
            what = f"{name} of the staged row differs from the actual; correct it by a reversal in Dataverse"
            yield Difference(Remark(ReasonCode.AMOUNT_DIFFERS, what, currency=currency), row.id, difference)
    if (row.company, row.currency) != (staged.company, staged.currency):
        what = "legal entity or currency of the staged row differs from the actual; correct it by a reversal"
        yield Difference(Remark(ReasonCode.AMOUNT_DIFFERS, what), row.id)


def _not_there(row: Row, actual: Actual, around: Around) -> Difference:
    if row.has_arrived:
        what = "staged rows were lost after they had been imported; restore them from a backup of FinanceActualsStaging"
        return Difference(Remark(ReasonCode.LOST_ROW, what, currency=row.currency), row.id, net_of(actual))
    what = "actuals have not arrived in finance; their sync is sent again"
    remark = Remark(ReasonCode.NOT_ARRIVED, what, mend=around.sync, currency=row.currency)
    return Difference(remark, row.id, net_of(actual))


def book(row: Row, booked: Booked, around: Around) -> tuple[Passed, list[Difference]]:
    """Follow a cost or an unbilled sale through journal and subledger, and back."""
    differences = list(arrived(row, around))
    value = worth(row.actual or _staged(row), around, row.company, row.currency)
    amounts: list[Decimal | None] = [value if row.actual is not None and crosses(row.actual) else None]
    if row.staged is not None:
        amounts.append(worth(row.staged, around, row.staged.company, row.staged.currency))
        line, posted = booked.line, booked.transaction
        if line is not None and line.status is not LineStatus.DELETED:
            amounts.append(line_amount(line))
            if posted is not None:
                amounts.append(posted.amount)
                if row.actual is not None and _is_back(row.actual, line):
                    amounts.append(posted.amount)
        differences += _of_line(row, row.staged, booked, around)
    kind = row.kind
    return Passed(row.company, kind, row.currency, tuple(amounts)), differences


def _staged(row: Row) -> StagedActual:
    if row.staged is None:
        raise LookupError(f"{row.key.text}: neither an actual nor a staged row")
    return row.staged


def _is_back(actual: Actual, line: JournalLine) -> bool:
    told = (actual.voucher, actual.accounting_amount, actual.accounting_exchange_rate)
    return told == (line.voucher, line.accounting_amount, line.exchange_rate)


def _of_line(row: Row, staged: StagedActual, booked: Booked, around: Around) -> Iterator[Difference]:
    line, journal = booked.line, booked.journal
    if booked.transaction is not None and (journal is None or line is None):
        what = "project transactions stand whose journal or line is gone; restore the journal from a backup"
        yield Difference(Remark(ReasonCode.LOST_ROW, what, currency=row.currency), row.id, booked.transaction.amount)
        return
    is_deleted = line is not None and line.status is LineStatus.DELETED
    if journal is None or journal.status is JournalStatus.DELETED or is_deleted:
        yield Difference(_before_journal(row, staged, around), row.id, ZERO)
        return
    if line is None:
        what = f"lines of journal {journal.journal} are gone; restore FinanceIntegrationJournalLines from a backup"
        yield Difference(Remark(ReasonCode.LOST_ROW, what, currency=row.currency), row.id, net_of(staged))
        return
    wanted = worth(staged, around, staged.company, staged.currency)
    reverses = staged.reverses is not None
    if line_amount(line) != wanted and not (reverses and line_amount(line) == ZERO):
        yield _differs(row, "journal lines differ from their staged rows", wanted - line_amount(line))
    if journal.status is not JournalStatus.POSTED:
        yield Difference(_before_posting(journal, line, around), row.id, line_amount(line))
        return
    yield from _of_posting(row, staged, line, booked)


def _before_journal(row: Row, staged: StagedActual, around: Around) -> Remark:
    currency = row.currency
    if staged.waits_for is not None:
        return Remark(ReasonCode.NOT_IMPORTED, f"rows wait in staging: {staged.waits_for}", waits=True)
    if staged.transaction_type not in JOURNALIZED:
        return Remark(ReasonCode.INTERCOMPANY_NOT_SUPPORTED, "rows between legal entities stay in staging", waits=True)
    if around.pending.covers(WorkKind.JOURNAL_LINES, row.key):
        return Remark(ReasonCode.NOT_IMPORTED, "rows wait for the next Import from staging", waits=True)
    again = WorkAgain(WorkKind.JOURNAL_LINES, staged.company, row.key.partition, around.sync.first, around.sync.last)
    what = "staged rows stand on no journal, and no import is pending for them; it is registered again"
    return Remark(ReasonCode.NOT_IMPORTED, what, mend=again, currency=currency)


def _before_posting(journal: Journal, line: JournalLine, around: Around) -> Remark:
    id_ = journal.journal
    if journal.status is JournalStatus.PROCESSING:
        what = f"posting of journal {id_} has begun and not ended; it is sent again"
        return Remark(ReasonCode.NOT_POSTED, what, mend=PostAgain("journal", id_), currency=line.currency)
    if journal.status is JournalStatus.ERROR:
        what = f"journal {id_} is in error, mend it and update it to draft: {line.post_error or 'another line is bad'}"
        return Remark(ReasonCode.NOT_POSTED, what, waits=True, currency=line.currency)
    if around.pending.has(WorkKind.POST_JOURNAL, id_):
        why = f": {line.post_error}" if line.post_error else " waits to be posted; post it"
        return Remark(ReasonCode.NOT_POSTED, f"journal {id_}{why}", waits=True, currency=line.currency)
    what = f"journal {id_} is on no list of what can be posted; it is registered again"
    again = WorkAgain(WorkKind.POST_JOURNAL, journal.company, id_, id_, id_)
    return Remark(ReasonCode.NOT_POSTED, what, mend=again, currency=line.currency)


def _of_posting(row: Row, staged: StagedActual, line: JournalLine, booked: Booked) -> Iterator[Difference]:
    transaction = booked.transaction
    if line.status is not LineStatus.POSTED:
        what = f"lines of posted journal {line.journal} are {line.status.value}; compare it with its journal of errors"
        yield Difference(Remark(ReasonCode.NOT_POSTED, what, currency=row.currency), row.id, line_amount(line))
        return
    if transaction is None:
        what = "posted lines have no project transaction; restore FinanceProjectTransactions from a backup"
        yield Difference(Remark(ReasonCode.LOST_ROW, what, currency=row.currency), row.id, line_amount(line))
    elif transaction.amount != line_amount(line):
        yield _differs(row, "project transactions differ from their lines", line_amount(line) - transaction.amount)
    yield from _of_entries(row, line, booked.entries)
    told = (staged.voucher, staged.accounting_amount, staged.exchange_rate, staged.processed)
    is_staged_back = told == (line.voucher, line.accounting_amount, line.exchange_rate, True)
    if row.actual is not None and not (is_staged_back and _is_back(row.actual, line)):
        what = f"what journal {line.journal} posted does not stand on the actuals; it is written back again"
        again = WriteBackAgain("journal", line.journal)
        remark = Remark(ReasonCode.NOT_WRITTEN_BACK, what, mend=again, currency=row.currency)
        yield Difference(remark, row.id, line_amount(line))


def _of_entries(row: Row, line: JournalLine, entries: Iterable[LedgerEntry]) -> Iterator[Difference]:
    stands = {entry.key: entry for entry in entries}
    for wanted in LinePosting.from_text(line, line.postings).entries if line.postings else ():
        entry = stands.pop(wanted.key, None)
        if entry is None:
            what = f"ledger entries of journal {line.journal} are gone; restore FinanceLedgerEntries from a backup"
            remark = Remark(ReasonCode.LOST_ROW, what, currency=wanted.accounting_currency)
            yield Difference(remark, wanted.key.row, wanted.accounting_amount)
        elif (entry.amount, entry.accounting_amount) != (wanted.amount, wanted.accounting_amount):
            difference = wanted.accounting_amount - entry.accounting_amount
            what = f"ledger entries of journal {line.journal} differ from what was decided; compare them with the line"
            remark = Remark(ReasonCode.AMOUNT_DIFFERS, what, currency=wanted.accounting_currency)
            yield Difference(remark, wanted.key.row, difference)
    for extra in stands.values():
        what = f"ledger entries of journal {line.journal} were not decided by its lines; reverse them"
        remark = Remark(ReasonCode.EXTRA_ROW, what, currency=extra.accounting_currency)
        yield Difference(remark, extra.key.row, -extra.accounting_amount)


def _differs(row: Row, what: str, difference: Decimal) -> Difference:
    remark = Remark(ReasonCode.AMOUNT_DIFFERS, f"{what}; compare both, nothing is changed", currency=row.currency)
    return Difference(remark, row.id, difference)
