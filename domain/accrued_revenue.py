"""Accrued-revenue reconciliation: what an invoice left in WIP, and the correction that clears it.

An invoice takes back what its unbilled sales have accrued, in both currencies. Where the two differ in the accounting
currency (rows of another system, or of an older version that used the rate of the invoice), the difference stays in WIP
for ever. It is moved to accrued revenue, in the accounting currency alone.
Source: Project Operations documentation, Reconcile accrued revenue.
"""

from calendar import monthrange
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import NamedTuple

from domain.errors import Problem, ReasonCode
from domain.ledger import LedgerEntry, ProjectTransaction
from domain.money import ZERO, total
from domain.option_sets import FinanceTransactionType
from domain.posting_types import PostingType

# lines that may be posted while somebody waits; more go to the batch
SYNCHRONOUS_LINES_MAX = 1000
TEXT = "Accrued revenue reconciliation"
# invoices that a period without dates means
WINDOW_MONTHS = 3


@dataclass(frozen=True, slots=True)
class Imbalance:
    """What one invoiced transaction has left in WIP."""

    transaction: ProjectTransaction
    # in the accounting currency; positive: more was accrued than taken back
    amount: Decimal


class _Place(NamedTuple):
    """What imbalances have in common that one entry clears."""

    posting_type: PostingType
    main_account: str
    account_name: str
    project: str
    category: str
    dimension: str


def corrected(imbalance: Imbalance, voucher: str) -> ProjectTransaction:
    """Give a transaction as it stands since its correction."""
    transaction = imbalance.transaction
    so_far = transaction.corrected_accounting_amount or ZERO
    return transaction.changed(
        corrected_accounting_amount=total((so_far, imbalance.amount)), correction_voucher=voucher
    )


def correction_entries(
    found: Iterable[Imbalance], *, journal: str, voucher: str, currency: str, day: date
) -> tuple[LedgerEntry, ...]:
    """Credit WIP sales value and debit accrued revenue by what is left; a negative rest the other way round.

    Args:
        found: of one legal entity.
        journal: id of the journal.
        voucher: of the journal.
        currency: the accounting currency; nothing is left in another.
        day: the accounting date.

    Returns:
        The entries of the voucher, one for each account, project, category and set of dimensions.
    """
    sums: dict[_Place, Decimal] = {}
    company = ""
    for each in found:
        company = each.transaction.company
        for place, amount in _parts(each):
            sums[place] = total((sums.get(place, ZERO), amount))
    posted = sorted((place, amount) for place, amount in sums.items() if amount)
    common = {"document": journal, "company": company, "voucher": voucher, "accounting_date": day}
    common |= {"document_date": day, "currency": currency, "accounting_currency": currency}
    return tuple(
        _entry(place, amount, {**common, "number": number}) for number, (place, amount) in enumerate(posted, start=1)
    )


def _entry(place: _Place, amount: Decimal, common: Mapping[str, object]) -> LedgerEntry:
    own = {
        "posting_type": place.posting_type,
        "posting_type_name": place.posting_type.title,
        "main_account": place.main_account,
        "account_name": place.account_name,
        "amount": amount,
        "accounting_amount": amount,
        "exchange_rate": Decimal(1),
        "project": place.project,
        "category": place.category,
        "default_dimension": place.dimension or None,
        "text": TEXT,
        "is_credit": amount < 0,
    }
    return LedgerEntry.model_validate({**common, **own})


def _parts(imbalance: Imbalance) -> tuple[tuple[_Place, Decimal], tuple[_Place, Decimal]]:
    transaction, amount = imbalance.transaction, imbalance.amount
    about = (transaction.project, transaction.category, transaction.default_dimension or "")
    wip = (transaction.wip_account or "", transaction.wip_account_name or "")
    accrued = (transaction.accrued_revenue_account or "", transaction.accrued_revenue_account_name or "")
    return (
        (_Place(PostingType.WIP_SALES_VALUE, *wip, *about), -amount),
        (_Place(PostingType.ACCRUED_REVENUE_SALES_VALUE, *accrued, *about), amount),
    )


def imbalances(transactions: Iterable[ProjectTransaction]) -> Iterator[Imbalance]:
    """Find the invoiced sales whose accrual was not taken back exactly, in the order given.

    What is not invoiced still has its accrual by right. A transaction that does not tell what was taken back (posted
    before this was recorded) is none: it was taken back with its own amounts.
    """
    for transaction in transactions:
        taken_back = transaction.reversed_accounting_amount
        is_invoiced_sale = (
            transaction.transaction_type is FinanceTransactionType.SALES and transaction.invoice is not None
        )
        if not is_invoiced_sale or taken_back is None:
            continue
        corrected = transaction.corrected_accounting_amount or ZERO
        amount = total((transaction.accrued_accounting_amount or ZERO, -taken_back, -corrected))
        if amount:
            yield Imbalance(transaction, amount)


def window_start(today: date) -> date:
    """Give the first day of the default period: the same day three months ago, or the last day of a shorter month."""
    months = today.year * 12 + today.month - 1 - WINDOW_MONTHS
    first = date(months // 12, months % 12 + 1, 1)
    return first.replace(day=min(today.day, monthrange(first.year, first.month)[1]))


def is_in_window(invoice_date: date, today: date) -> bool:
    """Tell whether an invoice is of the default period."""
    return invoice_date >= window_start(today)


def too_many(lines: int) -> Problem | None:
    """Refuse more lines than may be posted while somebody waits."""
    if lines <= SYNCHRONOUS_LINES_MAX:
        return None
    sentence = (
        f"{lines} lines of accrued revenue are to be reconciled, more than the {SYNCHRONOUS_LINES_MAX} that can be"
        " posted while you wait; run it in batch, or choose fewer invoices"
    )
    return Problem(ReasonCode.BATCH_REQUIRED, sentence)
