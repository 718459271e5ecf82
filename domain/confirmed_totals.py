"""What a confirmed invoice says of all its line details: how much, which billed sales, what is back on the backlog."""

from decimal import Decimal

from domain.confirmation import digest_of
from domain.confirmed import Confirmation
from domain.identifiers import GatheredIds
from domain.money import total
from domain.option_sets import BillingType, BulkConfirmationStatus, ProjectInvoiceStatus
from domain.proforma import Invoice, InvoiceLineDetail


class ConfirmedTotals:
    """Adds up the details of an invoice one by one, so that a long invoice never stands in memory."""

    def __init__(self) -> None:
        """Begin with nothing."""
        self._billed = GatheredIds()
        # lowest and highest row key of what is back on the backlog
        self._first: str | None = None
        self._last: str | None = None
        self._amount = Decimal(0)
        self._tax = Decimal(0)

    def add(self, detail: InvoiceLineDetail, confirmation: Confirmation) -> None:
        """Count a detail; only chargeable ones count to the total."""
        self._billed.add(confirmation.billed_sales)
        for row in (made.key.row for made in confirmation.actuals if made.key.partition != detail.invoice):
            self._first, self._last = min(self._first or row, row), max(self._last or row, row)
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
            backlog_first=self._first,
            backlog_last=self._last,
            amount=self._amount,
            tax=self._tax,
            total=total((self._amount, self._tax)),
        )
