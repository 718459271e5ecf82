"""The project invoice proposal, the accountant's document, and the project invoice that posting makes of it.

One partition is one proposal; it stands under the id of the proforma invoice. The header comes across the table map
alone; the lines come from Import from staging, all of them or none.
"""

from datetime import datetime
from enum import StrEnum

from pydantic import Field

from domain.commands import WriteBackPosting
from domain.dimensions import Dimensions
from domain.identifiers import derive_id
from domain.option_sets import TransactionClass
from domain.record import CompanyCode, CurrencyCode, Day, Guid, KeyText, Number, Record, Text
from domain.rows import RowKey


class ProposalStatus(StrEnum):
    """Status of a proposal.

    Closed: every line was without revenue, so there is nothing to post, and Dataverse knows. Dropped: the same in a
    legal entity that drops such invoices; Dataverse hears nothing.
    """

    AWAITING_LINES = "AwaitingLines"
    OPEN = "Open"
    PROCESSING = "Processing"
    INVOICED = "Invoiced"
    CLOSED = "Closed"
    DROPPED = "Dropped"


class InvoiceType(StrEnum):
    """What a posted document is, by the sign of its total; an invoice over nothing is an invoice."""

    INVOICE = "Invoice"
    CREDIT_NOTE = "CreditNote"


class Proposal(Record):
    """A header (`ProjProposalJour`), the status row of the document."""

    # the id of the proforma invoice
    proposal: Guid = Field(alias="ProformaInvoiceId")
    # the number of the proforma invoice
    number: KeyText = Field(alias="ProposalId")
    company: CompanyCode = Field(alias="DataAreaId")
    contract: KeyText = Field(alias="ProjInvoiceProjId")
    # the partition of the contract's backlog
    contract_partition: Guid = Field(alias="ContractRecordId")
    funding_source: KeyText = Field(alias="FundingSourceId")
    customer: KeyText = Field(alias="InvoiceAccount")
    currency: CurrencyCode = Field(alias="CurrencyId")
    invoice_date: Day = Field(alias="InvoiceDate")
    payment_terms: KeyText | None = Field(default=None, alias="Payment")
    description: Text | None = Field(default=None, alias="Description")
    # how many billed sales confirmation made, and the digest of their ids
    billed_sales: int = Field(alias="BillableSalesActualCount")
    billed_sales_digest: Text = Field(alias="HashedListOfBillableSalesActualIds")
    correlation: Guid = Field(alias="Correlation")
    # -- since import of its lines; an arrived header has no status yet
    status: ProposalStatus = Field(default=ProposalStatus.AWAITING_LINES, alias="ProposalStatus")
    lines: int | None = Field(default=None, alias="NumberOfLines")
    # sum of the lines, without tax
    amount: Number | None = Field(default=None, alias="SalesOrderbalance")
    # the funding source's: of the customer's balance
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")
    # a due date that somebody set by hand, and the invoice date that it was set for
    manual_due_date: Day | None = Field(default=None, alias="FixedDueDate")
    manual_due_date_for: Day | None = Field(default=None, alias="FixedDueDateInvoiceDate")
    # how often all lines were deleted to be imported again; a line counts when it was made after as many
    deletions: int | None = Field(default=None, alias="LineDeletions", ge=1)
    # what is being changed, as JSON text; None: nothing is
    pending_act: Text | None = Field(default=None, alias="PendingAct")
    # -- since posting began: what it decided
    customer_invoice: Text | None = Field(default=None, alias="ProjInvoiceId")
    voucher: Text | None = Field(default=None, alias="LedgerVoucher")
    accounting_date: Day | None = Field(default=None, alias="AccountingDate")
    due_date: Day | None = Field(default=None, alias="DueDate")
    exchange_rate: Number | None = Field(default=None, alias="ExchRate")
    tax: Number | None = Field(default=None, alias="SumTax")
    total: Number | None = Field(default=None, alias="InvoiceAmount")

    @property
    def key(self) -> RowKey:
        """Partition and row: the proposal."""
        return RowKey(self.proposal, self.proposal)

    def write_back(self, at: datetime) -> WriteBackPosting:
        """Make the command that tells Dataverse what became of it."""
        return WriteBackPosting(
            command=derive_id("write-back", self.proposal),
            correlation=self.correlation,
            requested_at=at,
            reference=self.number,
            posted="proposal",
            posted_document=self.proposal,
        )


class ProposalLine(Record):
    """A line of a proposal (`ProjProposalEmpl`, `Cost`, `Item`, `OnAcc`, `Revenue`); `line_table` tells which."""

    proposal: Guid = Field(alias="ProformaInvoiceId")
    number: int = Field(alias="LineNumber", ge=1, le=9_999_999)
    line_table: KeyText = Field(alias="LineTable")
    # the billed sales actual, and the key text of its staged row
    actual: Guid = Field(alias="ActualId")
    actual_key: Text = Field(alias="ActualKey")
    # the unbilled sale that was posted for it, as a key text; None for milestones
    unbilled_sales_key: Text | None = Field(default=None, alias="UnbilledSalesKey")
    transaction_class: TransactionClass = Field(alias="TransactionClassification")
    transaction_date: Day = Field(alias="ProjectDate")
    contract_line: int | None = Field(default=None, alias="ContractLineId")
    # None: a retainer of the whole contract
    project: KeyText | None = Field(default=None, alias="ProjectId")
    category: KeyText | None = Field(default=None, alias="ProjectCategoryId")
    resource: Text | None = Field(default=None, alias="BookableResourceName")
    quantity: Number = Field(alias="Quantity")
    price: Number = Field(alias="SalesPrice")
    # without tax, less the discount and plus the fee, in the proposal's currency
    amount: Number = Field(alias="LineAmount")
    # None: nothing is taken off, nothing is added
    discount: Number | None = Field(default=None, alias="DiscountAmount")
    fee: Number | None = Field(default=None, alias="FeeAmount")
    # where fee and discount are posted; a discount without one reduces the line's own revenue
    fee_category: KeyText | None = Field(default=None, alias="FeeCategoryId")
    discount_category: KeyText | None = Field(default=None, alias="DiscountCategoryId")
    tax_group: KeyText | None = Field(default=None, alias="TaxGroupId")
    tax_item_group: KeyText | None = Field(default=None, alias="TaxItemGroupId")
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")
    description: Text | None = Field(default=None, alias="Txt")
    # how often the lines of the proposal had been deleted when this one was made; None: never
    deletions: int | None = Field(default=None, alias="LineDeletions", ge=1)

    @property
    def key(self) -> RowKey:
        """Partition: the proposal. Row: line number and actual, and since the first deletion the number of deletions.

        So a line that a slow import of deleted lines still writes stands beside the new ones, and never in their way.
        """
        key = line_key(self.proposal, self.number, self.actual)
        return key if self.deletions is None else RowKey(key.partition, f"{key.row}|{self.deletions:04d}")


class ProjectInvoice(Record):
    """The posted customer invoice (`ProjInvoiceJour`)."""

    proposal: Guid = Field(alias="ProformaInvoiceId")
    company: CompanyCode = Field(alias="DataAreaId")
    number: KeyText = Field(alias="ProjInvoiceId")
    invoice_type: InvoiceType = Field(default=InvoiceType.INVOICE, alias="ProjInvoiceType")
    proposal_number: KeyText = Field(alias="ProposalId")
    contract: KeyText = Field(alias="ProjInvoiceProjId")
    customer: KeyText = Field(alias="InvoiceAccount")
    invoice_date: Day = Field(alias="InvoiceDate")
    due_date: Day = Field(alias="DueDate")
    payment_terms: KeyText | None = Field(default=None, alias="Payment")
    currency: CurrencyCode = Field(alias="CurrencyId")
    exchange_rate: Number = Field(alias="ExchRate")
    # without tax, the tax, and both, in the invoice's currency
    amount: Number = Field(alias="SalesOrderbalance")
    tax: Number = Field(alias="SumTax")
    total: Number = Field(alias="InvoiceAmount")
    voucher: KeyText = Field(alias="LedgerVoucher")
    lines: int = Field(alias="NumberOfLines")
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")

    @property
    def key(self) -> RowKey:
        """Partition and row: the proposal."""
        return RowKey(self.proposal, self.proposal)


class InvoicedAmounts(Record):
    """What the line of a posted customer invoice says about its actual, for those who need no more of it."""

    actual: Guid = Field(alias="ActualId")
    # without tax, in the accounting currency
    amount_accounting_currency: Number = Field(alias="LineAmountMST")
    # in the invoice's currency
    tax: Number = Field(alias="TaxAmount")


class ProjectInvoiceLine(InvoicedAmounts):
    """A line of a posted customer invoice."""

    proposal: Guid = Field(alias="ProformaInvoiceId")
    invoice: KeyText = Field(alias="ProjInvoiceId")
    number: int = Field(alias="LineNumber")
    line_table: KeyText = Field(alias="LineTable")
    actual_key: Text = Field(alias="ActualKey")
    project: KeyText | None = Field(default=None, alias="ProjId")
    category: KeyText | None = Field(default=None, alias="CategoryId")
    transaction_date: Day = Field(alias="TransDate")
    quantity: Number = Field(alias="Qty")
    price: Number = Field(alias="SalesPrice")
    currency: CurrencyCode = Field(alias="CurrencyId")
    # without tax, in the invoice's currency
    amount: Number = Field(alias="LineAmount")
    # what the amount is reduced and increased by; None: nothing
    discount: Number | None = Field(default=None, alias="DiscountAmount")
    fee: Number | None = Field(default=None, alias="FeeAmount")
    # where fee and discount are posted; a discount without one reduces the line's own revenue
    fee_category: KeyText | None = Field(default=None, alias="FeeCategoryId")
    discount_category: KeyText | None = Field(default=None, alias="DiscountCategoryId")
    tax_group: KeyText | None = Field(default=None, alias="TaxGroupId")
    tax_item_group: KeyText | None = Field(default=None, alias="TaxItemGroupId")
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")
    description: Text | None = Field(default=None, alias="Txt")

    @property
    def key(self) -> RowKey:
        """Partition: the proposal. Row: line number and actual, as the proposal's line."""
        return line_key(self.proposal, self.number, self.actual)


def line_key(proposal: str, number: int, actual: str) -> RowKey:
    """Locate the line of a billed sale, on the proposal and on the posted invoice; its staged row knows all three."""
    return RowKey(proposal, f"{number:07d}|{actual}")
