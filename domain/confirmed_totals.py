"""What a confirmed invoice says of all its line details: how much, which billed sales, what is back on the backlog."""

from decimal import Decimal

from domain.confirmation import digest_of
from domain.confirmed import Confirmation
from domain.money import total
from domain.option_sets import BillingType, BulkConfirmationStatus, ProjectInvoiceStatus
from domain.proforma import Invoice, InvoiceLineDetail


class ConfirmedTotals:
    """Adds up the details of an invoice one by one, so that a long invoice never stands in memory."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._billed: list[str] = []
        self._backlog: list[str] = []
        self._amount = Decimal(0)
        self._tax = Decimal(0)

    def add(self, detail: InvoiceLineDetail, confirmation: Confirmation) -> None:
        """Count a detail; only chargeable ones count to the total."""
        self._billed += confirmation.billed_sales
        rows = (made.key for made in confirmation.actuals if made.key.partition != detail.invoice)
        self._backlog += [key.row for key in rows]
        if detail.billing_type == BillingType.CHARGEABLE:
            self._amount = total((self._amount, detail.invoice_amount))
            self._tax = total((self._tax, detail.invoice_tax))

    def header(self, begun: Invoice) -> Invoice:
        """Give the header of the confirmed invoice."""
        return begun.changed(
            status=ProjectInvoiceStatus.CONFIRMED,
            bulk_status=None if begun.bulk_status is None else BulkConfirmationStatus.COMPLETE,
            billed_sales=len(self._billed),
            billed_sales_digest=digest_of(self._billed),
            backlog_first=min(self._backlog, default=None),
            backlog_last=max(self._backlog, default=None),
            amount=self._amount,
            tax=self._tax,
            total=total((self._amount, self._tax)),
        )
