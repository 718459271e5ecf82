"""Adjust accounting: other dimensions for a posted unbilled sale, before an invoice bills it.

What the sale accrued is moved from its old dimensions to the new ones, by a voucher of its own: the accounts, amounts
and currencies are those of the accrual. A sale without accrual has nothing in the ledger to move.

Source: Project Operations documentation, format-update-project-invoice-proposals (Adjust accounting of posted
transactions before the proforma is confirmed) and correct-project-invoice-proposals (after all lines are deleted).
"""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from itertools import count

from pydantic import BaseModel, ConfigDict

from domain.actuals import Actual
from domain.errors import Problem, ReasonCode
from domain.ledger import LedgerEntry, ProjectTransaction
from domain.money import ZERO
from domain.option_sets import FinanceTransactionType
from domain.posting_types import PostingType

TEXT = "Adjust accounting"


class Adjustment(BaseModel):
    """What is going to change on a transaction, written on it before it is carried out."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    # None: no dimensions
    dimension: str | None = None
    # the accounting date
    day: date
    # True: it was seen, after it was written on the transaction, that no proposal has a line of it: it will be done
    checked: bool = False

    @property
    def text(self) -> str:
        """Give it as the transaction keeps it."""
        return self.model_dump_json(exclude_defaults=True)


def not_adjustable(transaction: ProjectTransaction, actual: Actual | None) -> Problem | None:
    """Say why the accounting of a transaction can't be adjusted by what it is itself; None: it can."""
    about = f"transaction {transaction.actual}"
    if transaction.transaction_type is not FinanceTransactionType.SALES:
        why = f"is {transaction.transaction_type}; only unbilled sales go on a proposal, correct a cost in Dataverse"
    elif transaction.reverses is not None:
        why = "takes back another one; adjust nothing, both cancel each other"
    elif transaction.invoice is not None:
        why = f"is billed by invoice {transaction.invoice}; correct it by a corrective invoice"
    elif actual is not None and actual.adjustment_status is not None:
        why = "was taken back in Dataverse; adjust the one that replaces it"
    else:
        return None
    return Problem(ReasonCode.DOCUMENT_WRONG_STATE, f"{about} {why}", (transaction.actual,))


def adjustment_entries(
    transaction: ProjectTransaction, adjustment: Adjustment, *, journal: str, voucher: str, currency: str
) -> tuple[LedgerEntry, ...]:
    """Move what was accrued to the new dimensions.

    Args:
        transaction: as it was posted, with its old dimensions.
        adjustment: the new ones and the day.
        journal: id of the journal that the entries stand in.
        voucher: of the journal.
        currency: the accounting currency of the company.

    Returns:
        Four entries; none when nothing was accrued.
    """
    if not transaction.accrued_amount:
        return ()
    common = {
        "document": journal,
        "company": transaction.company,
        "voucher": voucher,
        "accounting_date": adjustment.day,
        "document_date": adjustment.day,
        "currency": transaction.currency,
        "accounting_currency": currency,
        "exchange_rate": transaction.exchange_rate,
        "project": transaction.project,
        "category": transaction.category,
        "text": TEXT,
    }
    sides = ((transaction.default_dimension, -1), (adjustment.dimension, 1))
    rows = (row for dimension, sign in sides for row in _sides(transaction, dimension, Decimal(sign)))
    return tuple(
        LedgerEntry.model_validate({**common, **row, "number": number})
        for number, row in zip(count(1), rows, strict=False)
    )


def _sides(transaction: ProjectTransaction, dimension: str | None, sign: Decimal) -> Iterator[dict[str, object]]:
    amount = (transaction.accrued_amount or ZERO) * sign
    accounting = (transaction.accrued_accounting_amount or ZERO) * sign
    wip = PostingType.WIP_SALES_VALUE, transaction.wip_account, transaction.wip_account_name
    revenue = (
        PostingType.ACCRUED_REVENUE_SALES_VALUE,
        transaction.accrued_revenue_account,
        transaction.accrued_revenue_account_name,
    )
    for (posting_type, account, name), turn in ((wip, 1), (revenue, -1)):
        yield {
            "posting_type": posting_type,
            "posting_type_name": posting_type.title,
            "main_account": account or "",
            "account_name": name or "",
            "amount": amount * turn,
            "accounting_amount": accounting * turn,
            "default_dimension": dimension,
            "is_credit": amount * turn < 0,
        }
