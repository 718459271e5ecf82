"""The option sets of Dataverse and the enumerations of finance, with the product's own values.

Values: Common Data Model schemas of the named tables. Two values are not public and are stated once, here:
class Retainer and invoice status Posted.
"""

from enum import IntEnum, StrEnum


class TransactionType(IntEnum):
    """`msdyn_transactiontypecode` of an actual."""

    COST = 192350000
    PROJECT_CONTRACT = 192350004
    UNBILLED_SALES = 192350005
    BILLED_SALES = 192350006
    RESOURCING_UNIT_COST = 192350007
    INTER_ORGANIZATIONAL_SALES = 192350008


class TransactionClass(IntEnum):
    """`msdyn_transactionclassification` of an actual, a line detail or a milestone."""

    TIME = 192350000
    EXPENSE = 192350001
    MATERIAL = 192350002
    MILESTONE = 192350003
    FEE = 192350004
    # not public; the next free value of the publisher's range
    RETAINER = 192350005
    COMMISSION = 690970000
    ADDITIONAL = 690970001
    TAX = 690970002


class BillingType(IntEnum):
    """`msdyn_billingtype`; absent means not specified."""

    NON_CHARGEABLE = 192350000
    CHARGEABLE = 192350001
    COMPLIMENTARY = 192350002
    NOT_AVAILABLE = 192350003


class BillingStatus(IntEnum):
    """`msdyn_billingstatus` of an unbilled sales actual."""

    UNBILLED_SALES_CREATED = 192350000
    CUSTOMER_INVOICE_CREATED = 192350001
    CUSTOMER_INVOICE_POSTED = 192350002
    CANCELED = 192350003
    READY_TO_INVOICE = 192350004
    WORK_ORDER_CLOSED_POSTED = 690970000


class AdjustmentStatus(IntEnum):
    """`msdyn_adjustmentstatus`; absent means untouched."""

    IN_PROCESS = 192350000
    ADJUSTED = 192350001
    UNADJUSTABLE = 192350002


class NotToExceedStatus(IntEnum):
    """`msdyn_ntestatus` of an unbilled sales actual; the values are not public, these are ours."""

    NOT_APPLICABLE = 192350000
    NOT_EVALUATED = 192350001
    COMMITTED = 192350002
    FAILED = 192350003


class BillingMethod(IntEnum):
    """`msdyn_billingmethod` of a contract line."""

    TIME_AND_MATERIAL = 192350000
    FIXED_PRICE = 192350001


class MilestoneStatus(IntEnum):
    """`msdyn_invoicestatus` of a contract-line milestone."""

    NOT_READY = 192350000
    READY_TO_INVOICE = 192350001
    CUSTOMER_INVOICE_CREATED = 192350002
    CUSTOMER_INVOICE_POSTED = 192350003


class InvoiceScheduleType(IntEnum):
    """How a milestone header is billed; the values are not public, these are ours."""

    # as a whole, one milestone for each customer
    MILESTONE_BASED = 192350000
    # a part at a time
    PROGRESS_BASED = 192350001


class MilestoneHeaderStatus(IntEnum):
    """How far a milestone header is billed; the values are not public, these are ours."""

    NOT_STARTED = 192350000
    IN_PROGRESS = 192350001
    COMPLETED = 192350002


class InvoiceRunStatus(IntEnum):
    """`msdyn_invoicerunstatus` of an invoice schedule."""

    NOT_RUN = 192350000
    RUN_SUCCESSFUL = 192350001
    RUN_FAILED = 192350002


class RefundStatus(IntEnum):
    """Whether what is left of a retainer is paid back; the values are not public, these are ours."""

    READY_TO_REFUND = 192350000
    REFUNDED = 192350001


class RetainerUse(StrEnum):
    """What a line detail does to a retainer."""

    # bills it
    NEW = "new"
    # takes from what the customer owes
    APPLIED = "applied"
    # pays back
    REFUND = "refund"
    # a correction: takes an application or a refund back
    CREDITED = "credited"
    # a correction: takes the billing back
    WITHDRAWN = "withdrawn"


class ProjectInvoiceStatus(IntEnum):
    """`msdyn_projectinvoicestatus` of a proforma invoice."""

    DRAFT = 192350000
    IN_REVIEW = 192350001
    CONFIRMED = 192350002
    PAID = 192350003
    # not public; the next free value of the publisher's range
    POSTED = 192350004


class InvoiceState(IntEnum):
    """`statecode` of a proforma invoice."""

    ACTIVE = 0
    # a draft that was deleted: its header stays, because its number stays given
    CANCELED = 3


class BulkConfirmationStatus(IntEnum):
    """Where an invoice is that is confirmed with many others; the values are not public, these are ours."""

    SCHEDULED = 192350000
    PROCESSING = 192350001
    COMPLETE = 192350002
    FAILED = 192350003


class OrderType(IntEnum):
    """`msdyn_ordertype` of a contract and an invoice."""

    ITEM_BASED = 192350000
    WORK_BASED = 192350001


class FinanceTransactionType(StrEnum):
    """`ProjCDSTransType`; `Sales` is unbilled sales."""

    COST = "Cost"
    SALES = "Sales"
    BILLED_SALES = "BilledSales"
    INTER_ORG_SALES = "InterOrgSales"
    RESOURCING_UNIT_COST = "ResourcingUnitCost"


class FinanceBillingType(StrEnum):
    """`ProjBillingType`: another order than in Dataverse, so only the names may be compared."""

    NOT_SPECIFIED = "NotSpecified"
    CHARGEABLE = "Chargeable"
    NON_CHARGEABLE = "NonChargeable"
    COMPLIMENTARY = "Complimentary"
    NOT_AVAILABLE = "NotAvailable"
