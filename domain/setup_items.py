"""The items of a legal entity's set-up: one row each, told apart by the column `Kind`.

All rows of a company stand in one partition of the set-up table and are read together; RowKey is the kind and the
item's natural key. Columns and kinds carry the names of finance. A column that no item knows is refused, not ignored:
a due date that is wrong because of a misspelt column is found too late.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, ClassVar, Literal, Self

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from domain.option_sets import FinanceBillingType, TransactionClass
from domain.posting_types import PostingType
from domain.record import CompanyCode, CurrencyCode, KeyText, Number, Record, Text
from domain.rows import RowKey

LINES_PER_JOURNAL_DEFAULT = 200
# stands in a key for "every project", "every category"
EVERY = "*"


class PeriodUnit(StrEnum):
    """Which lines stand together in an integration journal."""

    DAYS = "Days"
    MONTHS = "Months"
    YEARS = "Years"
    ALL = "All"


class TaxGroupMethod(StrEnum):
    """Where the sales tax group comes from; Search takes the first of project, contract and customer that has one."""

    PROJECT = "Project"
    PROJECT_CONTRACT = "InvoiceProject"
    CUSTOMER = "AccountReceivable"
    SEARCH = "Search"


class TaxDate(StrEnum):
    """The day whose percentage counts (`TaxCalcDateType`)."""

    INVOICE_DATE = "InvoiceDate"
    PROJECT_DATE = "ProjectDate"


class CompletionPrinciple(StrEnum):
    """How a fixed-price project recognizes revenue."""

    NO_WIP = "NoWIP"
    COMPLETED_CONTRACT = "CompletedContract"
    COMPLETED_PERCENTAGE = "CompletedPercentage"


class FinanceBillingMethod(StrEnum):
    """What a revenue profile is for."""

    TIME_AND_MATERIAL = "TimeAndMaterial"
    FIXED_PRICE = "FixedPrice"


class CategoryType(StrEnum):
    """Transaction type of a project category (`ProjTransType`)."""

    HOUR = "Hour"
    EXPENSE = "Expense"
    ITEM = "Item"
    FEE = "Fee"
    ON_ACCOUNT = "OnAccount"


class LedgerStatus(StrEnum):
    """`ProjLedgerStatus`, the members that on-account invoicing can have."""

    BALANCE = "Balance"
    PROFIT_AND_LOSS = "ProfitAndLoss"


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
    tax_group_method: TaxGroupMethod = Field(default=TaxGroupMethod.SEARCH, alias="TaxGroupMethod")
    # the item sales tax group of fixed-price milestones
    tax_item_group_on_account: KeyText | None = Field(default=None, alias="TaxItemGroupOnAcc")
    tax_date: TaxDate = Field(default=TaxDate.INVOICE_DATE, alias="TaxCalcDateType")
    # True: an accounting date in a closed period moves to the first day of the next open one
    moves_accounting_dates: bool = Field(default=False, alias="IsAccountingDateUpdateAllowed")
    # True: the timer posts them
    posts_journals_in_batch: bool = Field(default=False, alias="PostJournalsInBatch")
    posts_proposals_in_batch: bool = Field(default=False, alias="PostProposalsInBatch")
    # for an actual without a transaction category
    time_category: KeyText | None = Field(default=None, alias="TimeCategory")
    expense_category: KeyText | None = Field(default=None, alias="ExpenseCategory")
    material_category: KeyText | None = Field(default=None, alias="MaterialCategory")
    fee_category: KeyText | None = Field(default=None, alias="FeeCategory")
    milestone_category: KeyText | None = Field(default=None, alias="OnAccountCategory")
    # number sequences: # stands for a digit
    invoice_number_format: NumberFormat = Field(alias="InvoiceNumberFormat")
    invoice_voucher_format: NumberFormat = Field(alias="InvoiceVoucherFormat")
    journal_voucher_format: NumberFormat = Field(alias="JournalVoucherFormat")


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


class RevenueProfile(SetupItem):
    """A project cost and revenue profile together with the rule that says for what it counts (`ProjRevenueProfile`).

    Source: Project Operations documentation, Configure accounting for billable projects.
    """

    KIND = "ProjRevenueProfile"

    kind: Literal["ProjRevenueProfile"] = Field(default="ProjRevenueProfile", alias="Kind")
    profile: KeyText = Field(alias="ProfileName")
    billing_method: FinanceBillingMethod = Field(alias="BillingMethod")
    # for what it counts, at most one of the three; none: everything else in the company
    project: KeyText | None = Field(default=None, alias="ProjId")
    group: KeyText | None = Field(default=None, alias="ProjGroupId")
    contract: KeyText | None = Field(default=None, alias="ProjInvoiceProjId")
    accrues_time: bool = Field(default=False, alias="PostWIPEmpl")
    accrues_expense: bool = Field(default=False, alias="PostWIPCost")
    accrues_material: bool = Field(default=False, alias="PostWIPItem")
    accrues_fee: bool = Field(default=False, alias="PostWIPFee")
    completion: CompletionPrinciple = Field(default=CompletionPrinciple.NO_WIP, alias="CompletionPrinciple")
    on_account: LedgerStatus = Field(default=LedgerStatus.PROFIT_AND_LOSS, alias="OnAccLedgerStatus")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """Billing method, and scope and id of what it counts for."""
        return (self.billing_method, *self.scope)

    @property
    def scope(self) -> tuple[str, str]:
        """Name what it counts for: `project`, `group`, `contract` with its id, or `company`."""
        scopes = (("project", self.project), ("group", self.group), ("contract", self.contract))
        return next(((name, value) for name, value in scopes if value), ("company", EVERY))

    @model_validator(mode="after")
    def _one_scope(self) -> Self:
        if sum(value is not None for value in (self.project, self.group, self.contract)) > 1:
            raise ValueError("must name at most one of ProjId, ProjGroupId and ProjInvoiceProjId")
        return self

    @property
    def accrued_classes(self) -> frozenset[TransactionClass]:
        """The classes whose revenue is accrued when an unbilled sale is posted."""
        flags = (
            (TransactionClass.TIME, self.accrues_time),
            (TransactionClass.EXPENSE, self.accrues_expense),
            (TransactionClass.MATERIAL, self.accrues_material),
            (TransactionClass.FEE, self.accrues_fee),
        )
        return frozenset(transaction_class for transaction_class, accrues in flags if accrues)

    @property
    def on_account_posting_type(self) -> PostingType:
        """Tell what a milestone is credited to; without WIP it is always profit and loss."""
        balance = self.on_account is LedgerStatus.BALANCE and self.completion is not CompletionPrinciple.NO_WIP
        return PostingType.WIP_INVOICED_ON_ACCOUNT if balance else PostingType.INVOICED_ON_ACCOUNT


class PostingAccount(SetupItem):
    """A line of the ledger posting set-up (`ProjPosting`): the main account of a posting type, project and category."""

    KIND = "ProjPosting"

    kind: Literal["ProjPosting"] = Field(default="ProjPosting", alias="Kind")
    posting_type: PostingType = Field(alias="PostingType")
    # for what it counts; None: every project, group, category
    project: KeyText | None = Field(default=None, alias="ProjId")
    group: KeyText | None = Field(default=None, alias="ProjGroupId")
    category: KeyText | None = Field(default=None, alias="CategoryId")
    main_account: KeyText = Field(alias="MainAccount")
    account_name: Text = Field(alias="AccountName")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """Posting type, project, project group, category."""
        return (str(int(self.posting_type)), self.project or EVERY, self.group or EVERY, self.category or EVERY)
