"""The proforma invoice: header, one line for each contract line, one line detail for each transaction or milestone.

One partition is one invoice. Details sort by contract line, then as their sources do on the backlog, by date.
"""

from decimal import Decimal

from pydantic import Field

from domain.commands import Guid as CommandGuid
from domain.commands import Instant
from domain.discount_fee import Worth, net_of
from domain.money import ZERO
from domain.option_sets import (
    BillingMethod,
    BillingType,
    BulkConfirmationStatus,
    InvoiceState,
    OrderType,
    ProjectInvoiceStatus,
    RetainerUse,
    TransactionClass,
)
from domain.record import Day, Guid, KeyText, Number, Record, Text, Texts
from domain.rows import RowKey

UNCONFIRMED = frozenset((ProjectInvoiceStatus.DRAFT, ProjectInvoiceStatus.IN_REVIEW))


def detail_row(line_number: int, source_key: str | None, detail: str) -> str:
    """Make the row key of a line detail; one without a source comes last on its line."""
    source_row = RowKey.from_text(source_key).row if source_key else f"manual|{detail}"
    return f"{line_number:04d}|{source_row}"


class Invoice(Record):
    """The header, the status row of the document. Life: Draft or In Review, then Confirmed, then Posted."""

    invoice: Guid = Field(alias="invoiceid")
    # becomes the number of the project invoice proposal
    number: KeyText = Field(alias="invoicenumber")
    name: Text = Field(alias="name")
    contract: Guid = Field(alias="salesorderid")
    contract_customer: Guid = Field(alias="msdyn_contractlinecustomer")
    # the account behind the contract customer
    customer: Guid = Field(alias="customerid")
    currency: Guid = Field(alias="transactioncurrencyid")
    owning_company: Guid = Field(alias="msdyn_owningcompany")
    order_type: OrderType = Field(default=OrderType.WORK_BASED, alias="msdyn_ordertype")
    status: ProjectInvoiceStatus = Field(alias="msdyn_projectinvoicestatus")
    state: InvoiceState = Field(default=InvoiceState.ACTIVE, alias="statecode")
    payment_terms: KeyText | None = Field(default=None, alias="msdyn_paymentterms")
    # sum of the chargeable details, without tax, in the contract's currency
    amount: Number = Field(alias="totallineitemamount")
    # sum of the taxes that people entered on chargeable details
    tax: Number = Field(alias="totaltax")
    total: Number = Field(alias="totalamount")
    has_corrections: bool = Field(default=False, alias="msdyn_hascorrections")
    # how many details stand on it
    details: int = Field(alias="invoicing_details", ge=0)
    # the command that made the draft; what follows the document through every log line
    created_by: CommandGuid = Field(alias="invoicing_createdby")
    created_at: Instant | None = Field(default=None, alias="createdon")
    correlation: CommandGuid = Field(alias="invoicing_correlation")
    # None: it is not confirmed together with others
    bulk_status: BulkConfirmationStatus | None = Field(default=None, alias="msdyn_bulkconfirmationstatus")
    # an act of the project manager that is not carried out yet (`domain.draft_acts`)
    pending_act: Text | None = Field(default=None, alias="invoicing_pendingact")
    # -- since somebody has begun to confirm it: how, whoever goes on
    confirmed_on: Day | None = Field(default=None, alias="msdyn_accountingdate")
    confirmed_by: CommandGuid | None = Field(default=None, alias="invoicing_confirmedby")
    # True: the reversals of its edited sales do not cross to finance; decided when its confirmation began
    keeps_adjustments: bool | None = Field(default=None, alias="invoicing_keepsadjustments")
    # -- since confirmation
    # how many billed sales confirmation made, and the digest of their ids: what makes a proposal complete
    billed_sales: int | None = Field(default=None, alias="invoicing_billedsalescount")
    billed_sales_digest: Text | None = Field(default=None, alias="invoicing_billedsalesdigest")
    # lowest and highest row key of what it put back on the contract's backlog; None: nothing
    backlog_first: KeyText | None = Field(default=None, alias="invoicing_backlogfirst")
    backlog_last: KeyText | None = Field(default=None, alias="invoicing_backloglast")
    # -- since posting, written back by finance alone
    customer_invoice: Text | None = Field(default=None, alias="msdyn_customerinvoicenumber")
    customer_invoice_date: Day | None = Field(default=None, alias="msdyn_customerinvoicedate")
    customer_invoice_tax: Number | None = Field(default=None, alias="msdyn_customerinvoicetax")

    @property
    def key(self) -> RowKey:
        """Partition and row: the invoice."""
        return RowKey(self.invoice, self.invoice)

    @property
    def is_confirmable(self) -> bool:
        """Tell whether it is still to be confirmed, perhaps by somebody who has begun."""
        return self.status in UNCONFIRMED and self.state == InvoiceState.ACTIVE

    @property
    def is_editable(self) -> bool:
        """Tell whether its details may change: nobody has begun to confirm it."""
        return self.is_confirmable and self.confirmed_by is None

    @property
    def draft_key(self) -> RowKey:
        """Where it stands among the drafts of its contract, the latest last."""
        at = "" if self.created_at is None else self.created_at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return RowKey(self.contract, f"{at}|{self.number}|{self.invoice}")


class DraftEntry(Record):
    """A row of the work index `DataverseDrafts`: one draft of a contract, which may be confirmed or deleted by now."""

    invoice: Guid = Field(alias="Invoice")


class InvoiceLine(Record):
    """One line for each contract line, even without transactions."""

    line: Guid = Field(alias="invoicedetailid")
    invoice: Guid = Field(alias="invoiceid")
    contract_line: Guid = Field(alias="msdyn_contractlineid")
    number: int = Field(alias="lineitemnumber")
    name: Text = Field(alias="productdescription")
    billing_method: BillingMethod = Field(alias="msdyn_billingmethod")
    project: Guid | None = Field(default=None, alias="msdyn_project")
    chargeable: Number = Field(alias="msdyn_chargeableamount")
    non_chargeable: Number = Field(alias="msdyn_nonchargeableamount")
    complimentary: Number = Field(alias="msdyn_complimentaryamount")
    # of the chargeable details, as people entered it
    tax: Number = Field(default=ZERO, alias="tax")
    # what the contract line takes off and adds, percent; what is edited or added by hand follows them
    discount_percent: Number | None = Field(default=None, alias="msdyn_discountpercentage")
    fee_percent: Number | None = Field(default=None, alias="msdyn_feepercentage")

    @property
    def key(self) -> RowKey:
        """Partition: the invoice. Row: number and id."""
        return RowKey(self.invoice, f"{self.number:04d}|{self.line}")


class InvoiceLineDetail(Record):
    """One transaction or milestone on an invoice (`msdyn_invoicelinetransaction`)."""

    detail: Guid = Field(alias="msdyn_invoicelinetransactionid")
    invoice: Guid = Field(alias="msdyn_invoice")
    line: Guid = Field(alias="msdyn_invoicelineid")
    line_number: int = Field(alias="lineitemnumber")
    transaction_class: TransactionClass = Field(alias="msdyn_transactionclassification")
    billing_type: BillingType | None = Field(default=None, alias="msdyn_billingtype")
    quantity: Number = Field(alias="msdyn_quantity")
    price: Number = Field(alias="msdyn_price")
    amount: Number = Field(alias="msdyn_amount")
    # what is taken off the amount and what is added to it; None: nothing
    discount: Number | None = Field(default=None, alias="msdyn_discountamount")
    fee: Number | None = Field(default=None, alias="msdyn_feeamount")
    # as people entered it, for the customer to read; finance computes its own
    tax: Number | None = Field(default=None, alias="msdyn_tax")
    currency: Guid = Field(alias="transactioncurrencyid")
    transaction_date: Day = Field(alias="msdyn_transactiondate")
    contract: Guid = Field(alias="msdyn_salescontract")
    # None: a retainer of the whole contract
    contract_line: Guid | None = Field(default=None, alias="msdyn_salescontractlineid")
    contract_customer: Guid = Field(alias="msdyn_contractlinecustomer")
    project: Guid | None = Field(default=None, alias="msdyn_project")
    category: Guid | None = Field(default=None, alias="msdyn_transactioncategory")
    resource: Guid | None = Field(default=None, alias="msdyn_bookableresource")
    product: Guid | None = Field(default=None, alias="msdyn_product")
    description: Text | None = Field(default=None, alias="msdyn_description")
    external_description: Text | None = Field(default=None, alias="msdyn_externaldescription")
    # a detail of a corrective invoice: quantity and amount say what is to be invoiced in all, not what is credited
    correction: bool = Field(default=False, alias="msdyn_correction")
    # corrections: the detail that was invoiced, with what it was invoiced for
    original_detail: Guid | None = Field(default=None, alias="msdyn_originalinvoicelinedetail")
    previous_amount: Number | None = Field(default=None, alias="msdyn_previousamount")
    previous_discount: Number | None = Field(default=None, alias="invoicing_previousdiscount")
    previous_fee: Number | None = Field(default=None, alias="invoicing_previousfee")
    previous_quantity: Number | None = Field(default=None, alias="invoicing_previousquantity")
    previous_tax: Number | None = Field(default=None, alias="invoicing_previoustax")
    origins: Texts = Field(default=(), alias="msdyn_transactionorigins")
    # the header of the milestone behind it, when that has one
    milestone_header: Guid | None = Field(default=None, alias="invoicing_milestoneheader")
    # the key text of the unbilled sale or milestone behind it, and its id; None: added by hand
    source_key: Text | None = Field(default=None, alias="invoicing_sourcekey")
    source: Guid | None = Field(default=None, alias="invoicing_source")

    # about a retainer: what it does to it, the retainer's key text, and whether somebody has entered the amount
    retainer_use: RetainerUse | None = Field(default=None, alias="invoicing_retaineruse")
    retainer_key: Text | None = Field(default=None, alias="invoicing_retainerkey")
    by_hand: bool | None = Field(default=None, alias="invoicing_amountbyhand")

    @property
    def key(self) -> RowKey:
        """Partition: the invoice. Row: contract line, then where the source stands on the backlog, by date."""
        if self.correction or self.retainer_use is not None:
            # the source of a correction stands behind a detail itself: keys must not grow from one to the next; one
            # retainer can be applied and refunded by one invoice
            return RowKey(self.invoice, f"{self.line_number:04d}|{self.transaction_date}|{self.detail}")
        return RowKey(self.invoice, detail_row(self.line_number, self.source_key, self.detail))

    @property
    def uses_retainer(self) -> bool:
        """Tell whether it takes a part of a retainer that was invoiced before."""
        return not self.correction and self.retainer_use in {RetainerUse.APPLIED, RetainerUse.REFUND}

    @property
    def invoice_amount(self) -> Decimal:
        """What it adds to its invoice with discount and fee: of a correction, the difference to what was invoiced."""
        return net_of(self) if self.previous is None else net_of(self) - net_of(self.previous)

    @property
    def previous(self) -> Worth | None:
        """What a correction replaces; None: it is none."""
        if self.previous_amount is None:
            return None
        return Worth(self.previous_amount, self.previous_discount or ZERO, self.previous_fee or ZERO)

    @property
    def invoice_tax(self) -> Decimal:
        """The tax that it adds to its invoice, as people entered it."""
        return (self.tax or ZERO) - (self.previous_tax or ZERO)
