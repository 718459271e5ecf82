"""The actual: one operational or financial record of project work. Never edited, only reversed.

An actual of approved work stands in the partition of its contract's backlog; an actual that an invoice created stands
in the partition of that invoice. The staged row in finance has the same key, so neither side ever has to search.
"""

from pydantic import Field

from domain.option_sets import (
    AdjustmentStatus,
    BillingStatus,
    BillingType,
    NotToExceedStatus,
    TransactionClass,
    TransactionType,
)
from domain.record import Day, Guid, Number, Record, Text, Texts
from domain.rows import RowKey


class Actual(Record):
    """A row of `msdyn_actual`."""

    actual: Guid = Field(alias="msdyn_actualid")
    transaction_type: TransactionType = Field(alias="msdyn_transactiontypecode")
    transaction_class: TransactionClass = Field(alias="msdyn_transactionclassification")
    # None: not specified
    billing_type: BillingType | None = Field(default=None, alias="msdyn_billingtype")
    # unbilled sales only
    billing_status: BillingStatus | None = Field(default=None, alias="msdyn_billingstatus")
    # None: untouched
    adjustment_status: AdjustmentStatus | None = Field(default=None, alias="msdyn_adjustmentstatus")
    # whether it keeps within what its customer agreed to pay at most; None: not evaluated
    nte_status: NotToExceedStatus | None = Field(default=None, alias="msdyn_ntestatus")
    quantity: Number = Field(alias="msdyn_quantity")
    # a unit, in the transaction currency
    price: Number = Field(alias="msdyn_price")
    # in the transaction currency; negative on a reversal
    amount: Number = Field(alias="msdyn_amount")
    # sales of time and material: what is taken off the amount and what is added to it, with its sign; None: nothing.
    # The columns' names are not public, these are ours
    discount: Number | None = Field(default=None, alias="msdyn_discountamount")
    fee: Number | None = Field(default=None, alias="msdyn_feeamount")
    currency: Guid = Field(alias="transactioncurrencyid")
    transaction_date: Day = Field(alias="msdyn_transactiondate")
    # billed sales: the day of the confirmation; None: the transaction date
    accounting_date: Day | None = Field(default=None, alias="msdyn_accountingdate")
    contract: Guid = Field(alias="msdyn_salescontract")
    contract_line: Guid | None = Field(default=None, alias="msdyn_salescontractlineid")
    contract_customer: Guid | None = Field(default=None, alias="msdyn_contractlinecustomer")
    project: Guid | None = Field(default=None, alias="msdyn_project")
    category: Guid | None = Field(default=None, alias="msdyn_transactioncategory")
    resource: Guid | None = Field(default=None, alias="msdyn_bookableresource")
    # materials: the product that was used
    product: Guid | None = Field(default=None, alias="msdyn_product")
    description: Text | None = Field(default=None, alias="msdyn_description")
    # for the customer to read
    external_description: Text | None = Field(default=None, alias="msdyn_externaldescription")
    owning_company: Guid = Field(alias="msdyn_owningcompany")
    # True: the row never crosses to finance
    skip_sync: bool = Field(default=False, alias="msdyn_skipsync")
    # the draft or invoice that the row stands on, or that created it
    invoice: Guid | None = Field(default=None, alias="msdyn_invoice")
    # billed sales of a milestone: the milestone
    milestone: Guid | None = Field(default=None, alias="msdyn_contractlinescheduleofvalue")
    # billed sales that a corrective invoice takes back: that invoice
    corrected_by: Guid | None = Field(default=None, alias="invoicing_correctedby")
    # a reversal that crosses to finance: the key text of the actual that it takes back
    reverses: Text | None = Field(default=None, alias="invoicing_reverseskey")
    # `type:id` of every record that explains this one
    origins: Texts = Field(default=(), alias="msdyn_transactionorigins")
    # -- the accounting attributes, written back by finance alone
    # in the accounting currency of the owning company
    accounting_amount: Number | None = Field(default=None, alias="msdyn_accountingcurrencyamount")
    # accounting currency for one unit of the transaction currency, as 1.25
    accounting_exchange_rate: Number | None = Field(default=None, alias="msdyn_accountingexchangerate")
    voucher: Text | None = Field(default=None, alias="msdyn_vouchernumber")
    # in the transaction currency
    sales_tax_amount: Number | None = Field(default=None, alias="msdyn_salestaxamount")

    @property
    def backlog_key(self) -> RowKey:
        """Where an actual of approved work stands: the contract's backlog, by transaction date."""
        return RowKey(self.contract, f"{self.transaction_date}|{self.actual}")


class TransactionConnection(Record):
    """A link between two records, each with the role that it plays for the other (`msdyn_transactionconnection`)."""

    connection: Guid = Field(alias="msdyn_transactionconnectionid")
    transaction1: Guid = Field(alias="msdyn_transaction1")
    transaction1_role: Text = Field(alias="msdyn_transaction1role")
    transaction1_type: Text = Field(default="msdyn_actual", alias="msdyn_transaction1type")
    transaction2: Guid = Field(alias="msdyn_transaction2")
    transaction2_role: Text = Field(alias="msdyn_transaction2role")
    transaction2_type: Text = Field(default="msdyn_actual", alias="msdyn_transaction2type")
    # where the two stand, so that nobody has to search: key texts
    transaction1_key: Text | None = Field(default=None, alias="invoicing_transaction1key")
    transaction2_key: Text | None = Field(default=None, alias="invoicing_transaction2key")
