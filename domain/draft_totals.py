"""The totals of a draft: of its lines by billing type, of its header, and the tax that people have entered.

Project Operations documentation, manage-proforma-invoice: only chargeable details count to the total of a line and of
the invoice, less their discount and plus their fee, with their tax; of a correction (revise-project-invoices) the
difference to what was invoiced before.
"""

from collections.abc import Iterable
from decimal import Decimal

from pydantic import Field

from domain.backlog import line_id
from domain.contract import ContractLine
from domain.discount_fee import Worth, net_of
from domain.money import ZERO, total
from domain.option_sets import BillingType
from domain.proforma import Invoice, InvoiceLine
from domain.record import Guid, Number, Record

_TOTALS = (
    ("chargeable", BillingType.CHARGEABLE),
    ("non_chargeable", BillingType.NON_CHARGEABLE),
    ("complimentary", BillingType.COMPLIMENTARY),
)


class DetailAmount(Record):
    """The columns of a detail that its line's totals need."""

    line: Guid = Field(alias="msdyn_invoicelineid")
    billing_type: BillingType | None = Field(default=None, alias="msdyn_billingtype")
    amount: Number = Field(alias="msdyn_amount")
    discount: Number | None = Field(default=None, alias="msdyn_discountamount")
    fee: Number | None = Field(default=None, alias="msdyn_feeamount")
    tax: Number | None = Field(default=None, alias="msdyn_tax")
    # of a correction: what was invoiced before
    previous_amount: Number | None = Field(default=None, alias="msdyn_previousamount")
    previous_discount: Number | None = Field(default=None, alias="invoicing_previousdiscount")
    previous_fee: Number | None = Field(default=None, alias="invoicing_previousfee")
    previous_tax: Number | None = Field(default=None, alias="invoicing_previoustax")

    @property
    def invoice_amount(self) -> Decimal:
        """What it adds to its line, with discount and fee."""
        before = Worth(self.previous_amount or ZERO, self.previous_discount or ZERO, self.previous_fee or ZERO)
        return net_of(self) - before.net


class DraftTotals:
    """Adds up the details of a draft one by one, so that a long draft never stands in memory.

    Only chargeable details count to the invoice's total (Project Operations documentation, manage-proforma-invoice).
    """

    def __init__(self, details: Iterable[DetailAmount]) -> None:
        """Add up all details of an invoice."""
        self.count = 0
        self._sums: dict[tuple[str, BillingType | None], Decimal] = {}
        self._taxes: dict[str, Decimal] = {}
        for detail in details:
            self.count += 1
            place = (detail.line, detail.billing_type)
            self._sums[place] = total((self._sums.get(place, ZERO), detail.invoice_amount))
            if detail.billing_type == BillingType.CHARGEABLE:
                tax = (detail.tax or ZERO) - (detail.previous_tax or ZERO)
                self._taxes[detail.line] = total((self._taxes.get(detail.line, ZERO), tax))

    @property
    def chargeable(self) -> Decimal:
        """What the customer is asked to pay, without tax."""
        return total(amount for (_, billing), amount in self._sums.items() if billing == BillingType.CHARGEABLE)

    @property
    def tax(self) -> Decimal:
        """What people have entered as tax on the chargeable details; finance computes its own."""
        return total(self._taxes.values())

    def without(self, line: str) -> Decimal:
        """What the customer would be asked to pay without one of the lines."""
        found = (amount for (place, billing), amount in self._sums.items() if self._is_other(place, billing, line))
        return total(found)

    @staticmethod
    def _is_other(place: str, billing: BillingType | None, line: str) -> bool:
        return place != line and billing == BillingType.CHARGEABLE

    def header(self, invoice: Invoice) -> Invoice:
        """Bring the totals of a header up to date."""
        amount, tax = self.chargeable, self.tax
        return invoice.changed(amount=amount, tax=tax, total=total((amount, tax)), details=self.count)

    def recounted(self, line: InvoiceLine) -> InvoiceLine:
        """Bring the totals of an invoice line up to date."""
        return line.changed(**self._totals(line.line))

    def line(self, contract_line: ContractLine, invoice: str) -> InvoiceLine:
        """Make the invoice line of a contract line with its totals by billing type; no details give zeros."""
        line = line_id(invoice, contract_line.line)
        made: dict[str, object] = {
            "line": line,
            "invoice": invoice,
            "contract_line": contract_line.line,
            "number": contract_line.number,
            "name": contract_line.name,
            "billing_method": contract_line.billing_method,
            "project": contract_line.project,
            "discount_percent": contract_line.discount_percent,
            "fee_percent": contract_line.fee_percent,
        }
        return InvoiceLine.model_validate({**made, **self._totals(line)})

    def _totals(self, line: str) -> dict[str, Decimal]:
        sums = {name: self._sums.get((line, billing), ZERO) for name, billing in _TOTALS}
        return {**sums, "tax": self._taxes.get(line, ZERO)}
