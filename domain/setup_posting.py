"""The items of a legal entity's set-up that say how things are posted: revenue profiles, main accounts, dimensions."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Literal, Self

from pydantic import Field, model_validator

from domain.option_sets import BillingMethod, TransactionClass
from domain.posting_types import PostingType
from domain.record import KeyText, Text
from domain.setup_items import EVERY, SetupItem


class CompletionPrinciple(StrEnum):
    """How a fixed-price project recognizes revenue."""

    NO_WIP = "NoWIP"
    COMPLETED_CONTRACT = "CompletedContract"
    COMPLETED_PERCENTAGE = "CompletedPercentage"


class FinanceBillingMethod(StrEnum):
    """What a revenue profile is for."""

    TIME_AND_MATERIAL = "TimeAndMaterial"
    FIXED_PRICE = "FixedPrice"


class LedgerStatus(StrEnum):
    """`ProjLedgerStatus`, the members that on-account invoicing can have."""

    BALANCE = "Balance"
    PROFIT_AND_LOSS = "ProfitAndLoss"


class CostLedgerStatus(StrEnum):
    """`ProjLedgerStatus` of a cost: where posting it goes.

    No ledger: nowhere now, perhaps later by posting costs; never ledger: nowhere, ever.
    """

    NO_LEDGER = "NoLedger"
    BALANCE = "Balance"
    PROFIT_AND_LOSS = "ProfitAndLoss"
    NEVER_LEDGER = "NeverLedger"


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
    # where costs go, by class
    time_cost: CostLedgerStatus = Field(default=CostLedgerStatus.PROFIT_AND_LOSS, alias="EmplLedgerStatus")
    expense_cost: CostLedgerStatus = Field(default=CostLedgerStatus.PROFIT_AND_LOSS, alias="CostLedgerStatus")
    material_cost: CostLedgerStatus = Field(default=CostLedgerStatus.PROFIT_AND_LOSS, alias="ItemLedgerStatus")
    # whether revenue is accrued, by class
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

    @model_validator(mode="after")
    def _accrues_beside_profit_and_loss(self) -> Self:
        statuses = self.cost_ledger_statuses
        for transaction_class in self.accrued_classes & statuses.keys():
            if statuses[transaction_class] is not CostLedgerStatus.PROFIT_AND_LOSS:
                name = transaction_class.name.lower()
                raise ValueError(f"can accrue revenue of {name} only when the cost of {name} goes to profit and loss")
        return self

    @property
    def cost_ledger_statuses(self) -> Mapping[TransactionClass, CostLedgerStatus]:
        """Where the cost of each class goes."""
        return {
            TransactionClass.TIME: self.time_cost,
            TransactionClass.EXPENSE: self.expense_cost,
            TransactionClass.MATERIAL: self.material_cost,
        }

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
    # for what it counts; None: every project, group, category, funding source
    project: KeyText | None = Field(default=None, alias="ProjId")
    group: KeyText | None = Field(default=None, alias="ProjGroupId")
    category: KeyText | None = Field(default=None, alias="CategoryId")
    funding_source: KeyText | None = Field(default=None, alias="FundingSourceId")
    main_account: KeyText = Field(alias="MainAccount")
    account_name: Text = Field(alias="AccountName")

    @property
    def natural_key(self) -> tuple[str, ...]:
        """Posting type, project, project group, category, and the funding source where it is for one."""
        source = (self.funding_source,) if self.funding_source else ()
        place = (self.project or EVERY, self.group or EVERY, self.category or EVERY)
        return (str(int(self.posting_type)), *place, *source)


# a row that names no contract line counts as time and material
BILLING_METHODS: Mapping[BillingMethod | None, FinanceBillingMethod] = MappingProxyType(
    {
        None: FinanceBillingMethod.TIME_AND_MATERIAL,
        BillingMethod.TIME_AND_MATERIAL: FinanceBillingMethod.TIME_AND_MATERIAL,
        BillingMethod.FIXED_PRICE: FinanceBillingMethod.FIXED_PRICE,
    }
)


class DimensionPriority(StrEnum):
    """Whose dimensions a line takes."""

    PROJECT = "Project"
    CONTRACT_LINE = "ContractLine"


class DimensionRule(SetupItem):
    """A project default dimension rule; a criterion that is not named fits everything."""

    KIND = "ProjDefaultDimensionRule"

    kind: Literal["ProjDefaultDimensionRule"] = Field(default="ProjDefaultDimensionRule", alias="Kind")
    # the criteria, from the left to the right: the farther to the right, the more a rule that names it counts
    transaction_class: TransactionClass | None = Field(default=None, alias="TransactionClassification")
    group: KeyText | None = Field(default=None, alias="ProjGroupId")
    profile: KeyText | None = Field(default=None, alias="ProjRevenueProfileId")
    contract: KeyText | None = Field(default=None, alias="ProjInvoiceProjId")
    project: KeyText | None = Field(default=None, alias="ProjId")
    priority: DimensionPriority = Field(alias="DefaultDimensionPriority")

    @property
    def criteria(self) -> tuple[object, ...]:
        """What it counts for, from the left to the right."""
        return (self.transaction_class, self.group, self.profile, self.contract, self.project)

    @property
    def weight(self) -> tuple[bool, ...]:
        """Compare two rules that fit the same line: from the right."""
        return tuple(each is not None for each in reversed(self.criteria))

    def fits(self, line: tuple[object, ...]) -> bool:
        """Tell whether it counts for a line with these properties, in the order of the criteria."""
        return all(mine in {None, theirs} for mine, theirs in zip(self.criteria, line, strict=True))

    @property
    def natural_key(self) -> tuple[str, ...]:
        """The criteria."""
        class_ = EVERY if self.transaction_class is None else str(int(self.transaction_class))
        return (class_, *(name or EVERY for name in (self.group, self.profile, self.contract, self.project)))
