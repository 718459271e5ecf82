"""Project Operations integration actuals (msdyn_actuals): actuals into staging, accounting attributes back.

Documented: the filter on Skip Sync, the transaction date as document date, and the four columns that are written back
(Project Operations documentation, "Project estimates and actuals integration"). The other pairs are named alike on both
ends.
"""

from domain.option_sets import BillingType, FinanceBillingType, FinanceTransactionType, TransactionType
from domain.table_map_definition import (
    AfterArrival,
    ColumnMapping,
    Condition,
    Direction,
    Flow,
    OneWay,
    Operator,
    TableMap,
    ValueMap,
)
from domain.table_maps import lookups
from domain.tables import Table

# type Project Contract never crosses: it stands in no pair, so it is rejected
TRANSACTION_TYPES = ValueMap(
    (
        (TransactionType.COST.value, FinanceTransactionType.COST.value),
        (TransactionType.UNBILLED_SALES.value, FinanceTransactionType.SALES.value),
        (TransactionType.BILLED_SALES.value, FinanceTransactionType.BILLED_SALES.value),
        (TransactionType.INTER_ORGANIZATIONAL_SALES.value, FinanceTransactionType.INTER_ORG_SALES.value),
        (TransactionType.RESOURCING_UNIT_COST.value, FinanceTransactionType.RESOURCING_UNIT_COST.value),
    )
)
# the two systems number these differently; no value at all is NotSpecified, the default
BILLING_TYPES = ValueMap(
    (
        (BillingType.NON_CHARGEABLE.value, FinanceBillingType.NON_CHARGEABLE.value),
        (BillingType.CHARGEABLE.value, FinanceBillingType.CHARGEABLE.value),
        (BillingType.COMPLIMENTARY.value, FinanceBillingType.COMPLIMENTARY.value),
        (BillingType.NOT_AVAILABLE.value, FinanceBillingType.NOT_AVAILABLE.value),
    )
)
# an unbilled sale is stamped with its invoice later, and must not look different for that when it comes again
_IS_BILLED_SALES = Condition("msdyn_transactiontypecode", Operator.EQUAL, TransactionType.BILLED_SALES.value)

MAP = TableMap(
    name="project_operations_integration_actuals",
    label="Project Operations integration actuals (msdyn_actuals)",
    version="1.0.0.21",
    source=Table.DATAVERSE_ACTUALS,
    target=Table.FINANCE_ACTUALS_STAGING,
    direction=Direction.BIDIRECTIONAL,
    keys=("msdyn_actualid",),
    filter=(Condition("msdyn_skipsync", Operator.NOT_EQUAL, True, absent=False),),
    company=lookups.OWNING_COMPANY,
    columns=(
        ColumnMapping("msdyn_actualid", "ActualId", flow=Flow.BOTH),
        ColumnMapping("msdyn_transactiontypecode", "TransactionType", TRANSACTION_TYPES),
        ColumnMapping("msdyn_transactionclassification", "TransactionClassification"),
        ColumnMapping(
            "msdyn_billingtype", "BillingType", BILLING_TYPES, default=FinanceBillingType.NOT_SPECIFIED.value
        ),
        ColumnMapping("msdyn_quantity", "Quantity"),
        ColumnMapping("msdyn_price", "UnitPrice"),
        ColumnMapping("msdyn_amount", "Amount"),
        ColumnMapping("msdyn_discountamount", "DiscountAmount"),
        ColumnMapping("msdyn_feeamount", "FeeAmount"),
        ColumnMapping("transactioncurrencyid", "TransactionCurrencyId", lookups.CURRENCY_CODE),
        ColumnMapping("msdyn_transactiondate", "DocumentDate", lookups.DAY),
        ColumnMapping("msdyn_accountingdate", "AccountingDate", lookups.DAY),
        ColumnMapping("msdyn_salescontract", "ContractId", lookups.CONTRACT_NUMBER),
        ColumnMapping("msdyn_salescontractlineid", "ContractLine", lookups.contract_line_number("msdyn_salescontract")),
        # ours: which of a project's revenue profiles counts
        ColumnMapping(
            "msdyn_salescontractlineid", "BillingMethod", lookups.contract_line_billing_method("msdyn_salescontract")
        ),
        ColumnMapping("msdyn_contractlinecustomer", "FundingSourceId", lookups.funding_source("msdyn_salescontract")),
        ColumnMapping(
            "msdyn_contractlinecustomer", "CustomerAccountNumber", lookups.funding_account("msdyn_salescontract")
        ),
        ColumnMapping("msdyn_project", "ProjectId", lookups.PROJECT_NUMBER),
        ColumnMapping("msdyn_transactioncategory", "TransactionCategoryId", lookups.CATEGORY_NUMBER),
        ColumnMapping("msdyn_bookableresource", "BookableResourceName", lookups.RESOURCE_NAME),
        ColumnMapping("msdyn_product", "ProductNumber", lookups.PRODUCT_NUMBER),
        ColumnMapping("msdyn_description", "Description", after_arrival=AfterArrival.FOLLOWS),
        ColumnMapping("msdyn_invoice", "InvoiceId", lookups.INVOICE_NUMBER, when=_IS_BILLED_SALES),
        ColumnMapping("msdyn_contractlinescheduleofvalue", "MilestoneId"),
        # ours: the row that this one takes back, so that finance reverses exactly what it posted
        ColumnMapping("invoicing_reverseskey", "ReversesKey"),
        # the accounting attributes
        ColumnMapping("msdyn_accountingcurrencyamount", "AccountingAmount", flow=Flow.BACK),
        ColumnMapping("msdyn_accountingexchangerate", "ExchangeRate", flow=Flow.BACK),
        ColumnMapping("msdyn_vouchernumber", "VoucherNumber", flow=Flow.BACK),
        ColumnMapping("msdyn_salestaxamount", "SalesTaxAmount", flow=Flow.BACK),
    ),
    one_way=OneWay(
        "finance neither creates nor deletes actuals, it writes back what posting decides; post the journal or the "
        "proposal, or correct the invoice in Dataverse"
    ),
)
