"""The Project Operations integration journal: header, lines, and their life.

One partition is one journal; lines sort by number. A line's voucher is chosen when the line is made, one for each line.
"""

from enum import StrEnum

from pydantic import Field

from domain.dimensions import Dimensions
from domain.option_sets import FinanceBillingType, FinanceTransactionType, TransactionClass
from domain.record import CompanyCode, CurrencyCode, Day, Guid, KeyText, Number, Record, Text
from domain.rows import RowKey
from domain.setup_posting import FinanceBillingMethod


class JournalStatus(StrEnum):
    """Status of a journal; `domain.journal_statuses` has the moves between them.

    Draft: can be posted. Processing: decisions stand on the lines. Error: waits for Update to draft. Posted: done.
    Deleted: its last line was deleted.
    """

    DRAFT = "Draft"
    PROCESSING = "Processing"
    ERROR = "Error"
    POSTED = "Posted"
    DELETED = "Deleted"


class LineStatus(StrEnum):
    """Status of a line; `domain.journal_statuses` has the moves between them.

    Transferred: it stood in error and now stands in the journal that was made for errors. Deleted: a person has deleted
    it; the row stays, so that its voucher is explained and no slow worker can write the line again.
    """

    DRAFT = "Draft"
    ERROR = "Error"
    POSTED = "Posted"
    TRANSFERRED = "Transferred"
    DELETED = "Deleted"


class JournalType(StrEnum):
    """What a journal was made for: rows from staging, what invoices have left in WIP, or other dimensions of a sale."""

    INTEGRATION = "Integration"
    ACCRUED_REVENUE = "AccruedRevenue"
    ADJUSTMENT = "Adjustment"


class Journal(Record):
    """A header (`ProjAdvancedJournal`), the status row of the document."""

    journal: Guid = Field(alias="ProjAdvancedJournalId")
    journal_type: JournalType = Field(default=JournalType.INTEGRATION, alias="JournalType")
    company: CompanyCode = Field(alias="DataAreaId")
    description: Text = Field(alias="Description")
    status: JournalStatus = Field(alias="Status")
    # first day of the period that its lines belong to
    period_start: Day = Field(alias="PeriodStartDate")
    # lines that stand in it, and lines that were deleted
    lines: int = Field(alias="NumberOfLines", ge=0)
    deleted: int | None = Field(default=None, alias="DeletedLines", ge=1)
    # the journal whose lines with errors stand here
    original: Guid | None = Field(default=None, alias="OriginalProjAdvancedJournalId")
    correlation: Guid = Field(alias="Correlation")
    # -- since posting
    posted: int | None = Field(default=None, alias="PostedLines")
    transferred: int | None = Field(default=None, alias="TransferredLines")

    @property
    def key(self) -> RowKey:
        """Partition and row: the journal."""
        return RowKey(self.journal, self.journal)


class JournalLineContent(Record):
    """What a line says before it stands in a journal: everything but journal, number and vouchers."""

    company: CompanyCode = Field(alias="DataAreaId")
    # the actual, and the key text of its staged row
    actual: Guid = Field(alias="ActualId")
    actual_key: Text = Field(alias="ActualKey")
    transaction_type: FinanceTransactionType = Field(alias="TransType")
    transaction_class: TransactionClass = Field(alias="TransactionClassification")
    billing_type: FinanceBillingType = Field(alias="BillingType")
    line_property: KeyText = Field(alias="LinePropertyId")
    transaction_date: Day = Field(alias="ProjTransDate")
    accounting_date: Day = Field(alias="AccountingDate")
    contract: KeyText = Field(alias="ContractId")
    contract_line: int | None = Field(default=None, alias="ContractLineId")
    funding_source: KeyText | None = Field(default=None, alias="FundingSourceId")
    project: KeyText = Field(alias="ProjId")
    category: KeyText = Field(alias="ProjCategoryId")
    resource: Text | None = Field(default=None, alias="BookableResourceName")
    # whose revenue profile counts
    billing_method: FinanceBillingMethod = Field(default=FinanceBillingMethod.TIME_AND_MATERIAL, alias="BillingMethod")
    # a reversal: the key text of the project transaction that it takes back, with its rate and its accounts
    reverses: Text | None = Field(default=None, alias="ReversesKey")
    quantity: Number = Field(alias="Quantity")
    # cost lines: a unit and in all, in the cost currency
    unit_cost: Number = Field(alias="UnitCost")
    extended_cost: Number = Field(alias="ExtendedCost")
    # sales lines: a unit and in all, in the price currency; in all is less the discount and plus the fee
    unit_price: Number = Field(alias="UnitPrice")
    extended_price: Number = Field(alias="ExtendedPrice")
    # None: nothing is taken off, nothing is added
    discount: Number | None = Field(default=None, alias="DiscountAmount")
    fee: Number | None = Field(default=None, alias="FeeAmount")
    # of the amounts above
    currency: CurrencyCode = Field(alias="TransactionCurrencyCode")
    # accounting currency for one unit of the line's currency, as 1.25 (finance shows 125)
    exchange_rate: Number = Field(alias="ExchangeRate")
    tax_group: KeyText | None = Field(default=None, alias="ProjectSalesTaxGroup")
    tax_item_group: KeyText | None = Field(default=None, alias="ProjectSalesTaxItemGroup")
    # the project's; and, of a cost, the worker's
    default_dimension: Dimensions | None = Field(default=None, alias="DefaultDimension")
    worker_dimension: Dimensions | None = Field(default=None, alias="WorkerDimension")
    description: Text | None = Field(default=None, alias="Description")

    def in_journal(self, journal: str, number: int, voucher: str, related_voucher: str | None = None) -> "JournalLine":
        """Make the line of a journal of this content, in status Draft."""
        own = {"journal": journal, "number": number, "voucher": voucher, "related_voucher": related_voucher}
        return JournalLine.model_validate({**dict(self), **own})


class JournalLine(JournalLineContent):
    """A line (`ProjAdvancedJournalLine`): one cost or one unbilled sale."""

    journal: Guid = Field(alias="ProjAdvancedJournalId")
    number: int = Field(alias="LineNumber", ge=1, le=9_999_999)
    status: LineStatus = Field(default=LineStatus.DRAFT, alias="Status")
    voucher: KeyText = Field(alias="Voucher")
    # the voucher of the cost or sale that belongs to it, wherever that stands; None: not connected, or not known yet
    related_voucher: KeyText | None = Field(default=None, alias="RelatedVoucher")
    # -- since posting: why it could not be posted; the ledger entries that posting decided, as JSON text
    post_error: Text | None = Field(default=None, alias="PostError")
    postings: Text | None = Field(default=None, alias="Postings")
    # what is written back to the actual: its amount in the accounting currency
    accounting_amount: Number | None = Field(default=None, alias="AccountingAmount")

    @property
    def key(self) -> RowKey:
        """Partition: the journal. Row: line number and actual."""
        return line_key(self.journal, self.number, self.actual)


def line_key(journal: str, number: int, actual: str) -> RowKey:
    """Locate the line of an actual; its staged row knows all three."""
    return RowKey(journal, f"{number:07d}|{actual}")
