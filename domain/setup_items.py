"""The items of a legal entity's set-up: one row each, told apart by the column `Kind`.

All rows of a company stand in one partition of the set-up table and are read together; RowKey is the kind and the
item's natural key. Columns and kinds carry the names of finance. A column that no item knows is refused, not ignored:
a due date that is wrong because of a misspelt column is found too late.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, ConfigDict, Field

from domain.option_sets import FinanceBillingType
from domain.record import CompanyCode, CurrencyCode, Day, KeyText, Number, Record, Text
from domain.rows import RowKey

LINES_PER_JOURNAL_DEFAULT = 200
INTERACTIVE_LINES_DEFAULT = 100
# stands in a key for "every project", "every category"
EVERY = "*"


class PeriodUnit(StrEnum):
    """Which lines stand together in an integration journal."""

    DAYS = "Days"
    MONTHS = "Months"
    YEARS = "Years"
    ALL = "All"


class PostingErrors(StrEnum):
    """What becomes of an integration journal with lines that cannot be posted.

    Transfer lines: the good lines are posted, the bad ones move to a journal of their own (feature *Transfer all lines
    with posting errors*). Error status: nothing is posted, the bad lines and the journal get status Error and wait for
    Update to draft (feature *Processing improvements*).
    """

    TRANSFER_LINES = "TransferLines"
    ERROR_STATUS = "ErrorStatus"


class TaxGroupMethod(StrEnum):
    """Where the sales tax group comes from; Search takes the first of project, contract and customer that has one."""

    PROJECT = "Project"
    PROJECT_CONTRACT = "InvoiceProject"
    CUSTOMER = "AccountReceivable"
    SEARCH = "Search"


class TaxItemGroupMethod(StrEnum):
    """Where the item sales tax group of a material comes from: its released product, or its project category."""

    ITEM_NUMBER = "ItemNumber"
    CATEGORY = "Category"


class TaxDate(StrEnum):
    """The day whose percentage counts (`TaxCalcDateType`)."""

    INVOICE_DATE = "InvoiceDate"
    PROJECT_DATE = "ProjectDate"


class CategoryType(StrEnum):
    """Transaction type of a project category (`ProjTransType`)."""

    HOUR = "Hour"
    EXPENSE = "Expense"
    ITEM = "Item"
    FEE = "Fee"
    ON_ACCOUNT = "OnAccount"


class PaymentMethod(StrEnum):
    """From which day terms of payment count (`NetCurrent`): the invoice date, or the end of its month."""

    NET = "Net"
    CURRENT_MONTH = "CurrentMonth"
    CUTOFF_DAY = "CutOffDay"


class PeriodStatus(StrEnum):
    """Whether a ledger period takes postings."""

    OPEN = "Open"
    ON_HOLD = "OnHold"
    CLOSED = "Closed"


def _positive(number: Decimal) -> Decimal:
    if number <= 0:
        raise ValueError("must be more than zero")
    return number


# what finance shows for as many units of the foreign currency as the display factor says: 125 for 100 is 1.25
DisplayedRate = Annotated[Number, AfterValidator(_positive)]
DisplayFactor = Literal[1, 10, 100, 1000, 10000]
NumberFormat = Annotated[Text, Field(pattern=r"^[^#/\\?]*#{4,}[^#/\\?]*$")]


def rate_of(displayed: Decimal, factor: int) -> Decimal:
    """Give the multiplier behind a displayed rate: 125 for 100 units is 1.25."""
    return displayed.scaleb(1 - len(str(factor)))


class SetupItem(Record):
    """A row of the set-up."""

    model_config = ConfigDict(extra="forbid")
    KIND: ClassVar[str]

    company: CompanyCode = Field(alias="DataAreaId")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The parts that tell it from others of its kind."""
        return ()

    @property
    def key(self) -> RowKey:
        """Partition: the company. Row: kind and natural key."""
        return RowKey(self.company, "|".join((self.KIND, *self.natural_key)))


class Parameters(SetupItem):
    """The parameters of the company, one row."""

    KIND = "ProjParameters"

    kind: Literal["ProjParameters"] = Field(default="ProjParameters", alias="Kind")
    name: Text | None = Field(default=None, alias="Name")
    accounting_currency: CurrencyCode = Field(alias="AccountingCurrency")
    exchange_rate_type: KeyText = Field(default="Default", alias="ExchangeRateType")
    period_unit: PeriodUnit = Field(default=PeriodUnit.DAYS, alias="PeriodUnit")
    lines_per_journal: int = Field(default=LINES_PER_JOURNAL_DEFAULT, alias="LinesPerJournal", ge=1, le=9_999_999)
    # lines of a journal that are posted while somebody waits, at most; more are posted in batch
    interactive_lines: int = Field(default=INTERACTIVE_LINES_DEFAULT, alias="InteractiveLinesMax", ge=0, le=9_999_999)
    posting_errors: PostingErrors = Field(default=PostingErrors.TRANSFER_LINES, alias="JournalPostingErrors")
    # True: only rows whose actual stands in Dataverse, as it arrived, become journal lines
    prevalidates_actuals: bool = Field(default=False, alias="PrevalidateActuals")
    # costs and unbilled sales up to this day are in the opening balances; None: there are none
    beginning_balance_cut_off: Day | None = Field(default=None, alias="BeginningBalanceCutOffDate")
    tax_group_method: TaxGroupMethod = Field(default=TaxGroupMethod.SEARCH, alias="TaxGroupMethod")
    # materials only: all other lines have that of their category
    tax_item_group_method: TaxItemGroupMethod = Field(default=TaxItemGroupMethod.CATEGORY, alias="TaxItemGroupMethod")
    # the item sales tax group of fixed-price milestones
    tax_item_group_on_account: KeyText | None = Field(default=None, alias="TaxItemGroupOnAcc")
    tax_date: TaxDate = Field(default=TaxDate.INVOICE_DATE, alias="TaxCalcDateType")
    # True: an accounting date in a closed period moves to the first day of the next open one
    moves_accounting_dates: bool = Field(default=False, alias="IsAccountingDateUpdateAllowed")
    # True: the timer posts them
    posts_journals_in_batch: bool = Field(default=False, alias="PostJournalsInBatch")
    posts_proposals_in_batch: bool = Field(default=False, alias="PostProposalsInBatch")
    # True: the timer clears what invoices have left in WIP
    reconciles_in_batch: bool = Field(default=False, alias="ReconcileAccruedRevenueInBatch")
    # True: an invoice without revenue is dropped here, and Dataverse is not told; False: it is closed on both sides
    drops_zero_invoices: bool = Field(default=False, alias="DropZeroInvoices")
    # True: the dimensions of a proposal's header can be edited (Allow updates to project dimensions for accounts
    # receivable)
    edits_header_dimensions: bool = Field(default=False, alias="AllowARDimensionUpdate")
    # True: rows with a discount or a fee are taken; once they were, it must stay so
    discount_and_fee: bool = Field(default=False, alias="DiscountAndFee")
    # the category to whose revenue account discounts are debited; None: they reduce the revenue of their lines
    line_discount_category: KeyText | None = Field(default=None, alias="LineDiscountCategory")
    # for an actual without a transaction category; that of fees is also the fee's that is added to a line
    time_category: KeyText | None = Field(default=None, alias="TimeCategory")
    expense_category: KeyText | None = Field(default=None, alias="ExpenseCategory")
    material_category: KeyText | None = Field(default=None, alias="MaterialCategory")
    fee_category: KeyText | None = Field(default=None, alias="FeeCategory")
    milestone_category: KeyText | None = Field(default=None, alias="OnAccountCategory")
    # number sequences: # stands for a digit
    invoice_number_format: NumberFormat = Field(alias="InvoiceNumberFormat")
    invoice_voucher_format: NumberFormat = Field(alias="InvoiceVoucherFormat")
    journal_voucher_format: NumberFormat = Field(alias="JournalVoucherFormat")
    accrued_revenue_voucher_format: NumberFormat = Field(default="ARR-######", alias="AccruedRevenueVoucherFormat")
    adjustment_voucher_format: NumberFormat = Field(default="ADJ-######", alias="AdjustmentVoucherFormat")


class LineProperty(SetupItem):
    """What a billing type means for invoicing (`ProjBillingTypeLinePropertyDefault` with its `ProjLineProperty`)."""

    KIND = "ProjBillingTypeLinePropertyDefault"

    kind: Literal["ProjBillingTypeLinePropertyDefault"] = Field(
        default="ProjBillingTypeLinePropertyDefault", alias="Kind"
    )
    billing_type: FinanceBillingType = Field(alias="BillingType")
    line_property: KeyText = Field(alias="LinePropertyId")
    to_be_invoiced: bool = Field(alias="ToBeInvoiced")
    to_be_accrued: bool = Field(alias="ToBeAccrued")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The billing type."""
        return (self.billing_type,)


class ProjectCategory(SetupItem):
    """A project category (`ProjCategory`)."""

    KIND = "ProjCategory"

    kind: Literal["ProjCategory"] = Field(default="ProjCategory", alias="Kind")
    category: KeyText = Field(alias="CategoryId")
    name: Text = Field(alias="Name")
    category_type: CategoryType = Field(alias="CategoryType")
    tax_item_group: KeyText | None = Field(default=None, alias="TaxItemGroupId")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The category."""
        return (self.category,)
