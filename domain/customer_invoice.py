"""What Dataverse keeps of a posted customer invoice: number, date, voucher and totals, as finance decided them."""

from pydantic import Field

from domain.option_sets import ProjectInvoiceStatus
from domain.record import CompanyCode, CurrencyCode, Day, Guid, KeyText, Number, Record
from domain.rows import RowKey


class CustomerInvoice(Record):
    """A row of `msdyn_customerinvoice`; written by finance alone, never edited."""

    # the proforma invoice that it was made of
    invoice: Guid = Field(alias="invoiceid")
    # the legal entity that posted it
    company: CompanyCode = Field(alias="cdm_companycode")
    # the number that the customer sees
    number: KeyText = Field(alias="msdyn_invoicenumber")
    invoice_date: Day = Field(alias="msdyn_invoicedate")
    voucher: KeyText = Field(alias="msdyn_ledgervoucher")
    currency: CurrencyCode = Field(alias="isocurrencycode")
    # sales tax of the whole invoice, and the total with it, in the invoice's currency
    tax: Number = Field(alias="totaltax")
    total: Number = Field(alias="totalamount")
    # always Posted
    status: ProjectInvoiceStatus = Field(alias="msdyn_projectinvoicestatus")

    @property
    def key(self) -> RowKey:
        """Partition and row: the proforma invoice."""
        return RowKey(self.invoice, self.invoice)
