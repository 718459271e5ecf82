"""Project invoice proposals V2 (invoices): the header of a confirmed proforma becomes a proposal. Header only, one way.

Documented: one way, after confirmation, the proforma's number is the proposal's, payment terms since 1.0.0.3 (Project
Operations documentation, "Format and update project invoice proposals" and "Project Operations dual-write map
versions"). The status and what follows from it are not mapped: later stages own them, so a header that arrives twice
changes nothing.
"""

from domain.errors import ReasonCode
from domain.option_sets import OrderType, ProjectInvoiceStatus
from domain.table_map_definition import (
    AfterArrival,
    ColumnMapping,
    Condition,
    Direction,
    OneWay,
    Operator,
    TableMap,
)
from domain.table_maps import lookups
from domain.tables import Table

_WORK_BASED = OrderType.WORK_BASED.value

MAP = TableMap(
    name="project_invoice_proposal_v2",
    label="Project invoice proposals V2 (invoices)",
    version="1.0.0.3",
    source=Table.DATAVERSE_INVOICES,
    target=Table.FINANCE_INVOICE_PROPOSALS,
    direction=Direction.DATAVERSE_TO_FINANCE,
    keys=("invoicenumber",),
    filter=(
        Condition("msdyn_ordertype", Operator.EQUAL, _WORK_BASED, absent=_WORK_BASED),
        Condition("msdyn_projectinvoicestatus", Operator.EQUAL, ProjectInvoiceStatus.CONFIRMED.value),
    ),
    company=lookups.OWNING_COMPANY,
    columns=(
        ColumnMapping("invoiceid", "ProformaInvoiceId"),
        ColumnMapping("invoicenumber", "ProposalId"),
        ColumnMapping("salesorderid", "ProjInvoiceProjId", lookups.CONTRACT_NUMBER),
        ColumnMapping("salesorderid", "ContractRecordId"),
        ColumnMapping("msdyn_contractlinecustomer", "FundingSourceId", lookups.funding_source("salesorderid")),
        ColumnMapping("customerid", "InvoiceAccount", lookups.ACCOUNT_NUMBER),
        ColumnMapping("transactioncurrencyid", "CurrencyId", lookups.CURRENCY_CODE),
        # the accountant may change these three before posting
        ColumnMapping(
            "msdyn_accountingdate", "InvoiceDate", lookups.DAY, required=True, after_arrival=AfterArrival.KEPT
        ),
        ColumnMapping("msdyn_paymentterms", "Payment", after_arrival=AfterArrival.KEPT),
        ColumnMapping("name", "Description", after_arrival=AfterArrival.KEPT),
        # what the proposal must have to be complete
        ColumnMapping("invoicing_billedsalescount", "BillableSalesActualCount", required=True),
        ColumnMapping("invoicing_billedsalesdigest", "HashedListOfBillableSalesActualIds", required=True),
        ColumnMapping("invoicing_correlation", "Correlation"),
    ),
    one_way=OneWay(
        "proposals cannot be created or deleted in finance; confirm or revise the proforma", ReasonCode.PROPOSAL_ONE_WAY
    ),
)
