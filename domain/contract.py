"""The project contract and what belongs to it, as Dataverse keeps them: read here, written by the people who sell.

Columns: Common Data Model schemas of `salesorder`, `salesorderdetail`, `msdyn_projectcontractsplitbillingrule`,
`msdyn_contractlinescheduleofvalue`, `msdyn_project`, and the reference tables behind their look-ups.
"""

from typing import Self

from pydantic import Field, model_validator

from domain.option_sets import BillingMethod, MilestoneStatus, OrderType, TransactionClass
from domain.record import CompanyCode, CurrencyCode, Day, Guid, KeyText, Number, Record, Text
from domain.rows import RowKey


class Company(Record):
    """A legal entity as Dataverse knows it."""

    company: Guid = Field(alias="cdm_companyid")
    # the legal entity's id in finance, as `usmf`
    code: CompanyCode = Field(alias="cdm_companycode")
    name: Text | None = Field(default=None, alias="cdm_name")


class Currency(Record):
    """A currency of Dataverse."""

    currency: Guid = Field(alias="transactioncurrencyid")
    iso_code: CurrencyCode = Field(alias="isocurrencycode")
    precision: int = Field(default=2, alias="currencyprecision", ge=0, le=4)
    # units of this currency for one unit of the base currency
    exchange_rate: Number | None = Field(default=None, alias="exchangerate")


class Account(Record):
    """A customer."""

    account: Guid = Field(alias="accountid")
    # the customer's account in finance
    number: KeyText = Field(alias="accountnumber")
    name: Text = Field(alias="name")


class Project(Record):
    """A project."""

    project: Guid = Field(alias="msdyn_projectid")
    name: Text = Field(alias="msdyn_subject")
    # the project's id in finance
    number: KeyText = Field(alias="msdyn_projectnumber")


class TransactionCategory(Record):
    """A transaction category, as Labor or Travel."""

    category: Guid = Field(alias="msdyn_transactioncategoryid")
    name: Text = Field(alias="msdyn_name")
    # the project category in finance
    number: KeyText = Field(alias="msdyn_categorynumber")


class Resource(Record):
    """A bookable resource: who did the work."""

    resource: Guid = Field(alias="bookableresourceid")
    name: Text = Field(alias="name")


class Product(Record):
    """A product: what was used or sold as material."""

    product: Guid = Field(alias="productid")
    name: Text = Field(alias="name")
    # the item number in finance
    number: KeyText = Field(alias="productnumber")


class Contract(Record):
    """A project contract; all of its invoices are in its currency."""

    contract: Guid = Field(alias="salesorderid")
    name: Text = Field(alias="name")
    # the contract's id in finance
    number: KeyText = Field(alias="ordernumber")
    currency: Guid = Field(alias="transactioncurrencyid")
    owning_company: Guid = Field(alias="msdyn_owningcompany")
    customer: Guid = Field(alias="customerid")
    order_type: OrderType = Field(default=OrderType.WORK_BASED, alias="msdyn_ordertype")

    @property
    def key(self) -> RowKey:
        """Partition and row: the contract."""
        return RowKey(self.contract, self.contract)


class ContractLine(Record):
    """A line of a contract: what is billed, and how."""

    line: Guid = Field(alias="salesorderdetailid")
    contract: Guid = Field(alias="salesorderid")
    number: int = Field(alias="lineitemnumber", ge=1, le=9999)
    name: Text = Field(alias="productdescription")
    billing_method: BillingMethod = Field(alias="msdyn_billingmethod")
    project: Guid | None = Field(default=None, alias="msdyn_project")
    # time and material: what is taken off every sale and what is added to it, percent; None: nothing
    discount_percent: Number | None = Field(default=None, alias="msdyn_discountpercentage", ge=0, le=100)
    fee_percent: Number | None = Field(default=None, alias="msdyn_feepercentage", ge=0, le=100)

    @model_validator(mode="after")
    def _percents_of_time_and_material(self) -> Self:
        if self.billing_method != BillingMethod.TIME_AND_MATERIAL and (self.discount_percent or self.fee_percent):
            raise ValueError("can have a discount or a fee percentage only when it is billed by time and material")
        return self

    @property
    def key(self) -> RowKey:
        """Partition: the contract. Row: the line's id."""
        return RowKey(self.contract, self.line)


class ContractCustomer(Record):
    """Who pays for the lines of a contract; syncs to finance as its funding source."""

    contract_customer: Guid = Field(alias="msdyn_projectcontractsplitbillingruleid")
    contract: Guid = Field(alias="msdyn_contract")
    # the funding source's id in finance
    name: KeyText = Field(alias="msdyn_name")
    account: Guid = Field(alias="msdyn_account")
    # the id of the terms of payment in finance, as Net30
    payment_terms: KeyText | None = Field(default=None, alias="msdyn_paymentterms")

    @property
    def key(self) -> RowKey:
        """Partition: the contract. Row: the contract customer's id."""
        return RowKey(self.contract, self.contract_customer)


class Milestone(Record):
    """A billing milestone of a fixed-price contract line, one for each contract customer."""

    milestone: Guid = Field(alias="msdyn_contractlinescheduleofvalueid")
    name: Text = Field(alias="msdyn_name")
    contract: Guid = Field(alias="msdyn_contract")
    contract_line: Guid = Field(alias="msdyn_contractlineid")
    contract_customer: Guid | None = Field(default=None, alias="msdyn_contractlinecustomer")
    project: Guid | None = Field(default=None, alias="msdyn_project")
    amount: Number = Field(alias="msdyn_amount")
    currency: Guid = Field(alias="transactioncurrencyid")
    # when it may be invoiced; independent of time zones
    milestone_date: Day = Field(alias="msdyn_milestonedate")
    invoice_status: MilestoneStatus = Field(alias="msdyn_invoicestatus")
    transaction_class: TransactionClass = Field(
        default=TransactionClass.MILESTONE, alias="msdyn_transactionclassification"
    )
    # the draft or invoice that it stands on
    invoice: Guid | None = Field(default=None, alias="msdyn_invoice")
    # as the customer is told; finance computes its own
    tax: Number | None = Field(default=None, alias="msdyn_tax")
    # the header whose line it is: progress billing, or a milestone of several customers
    header: Guid | None = Field(default=None, alias="msdyn_milestoneheader")
    # True: what is left of its header for its customer; it can't be billed until the header says so
    is_rest: bool | None = Field(default=None, alias="invoicing_isrest")

    @property
    def key(self) -> RowKey:
        """Partition: the contract. Row: the milestone's date and id."""
        return RowKey(self.contract, f"{self.milestone_date}|{self.milestone}")
