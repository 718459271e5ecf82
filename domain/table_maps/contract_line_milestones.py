"""Project Operations integration contract line milestones (msdyn_contractlinescheduleofvalues): billed on account.

The date is the one that is independent of time zones, since 1.0.0.7 (Project Operations documentation, "Time zone
independent date fields"). The pairs are named alike on both ends. A milestone's invoice status is not mapped: it
changes while the milestone is invoiced, and only a cutover carries it.
"""

from domain.option_sets import MilestoneStatus
from domain.table_map_definition import (
    AfterArrival,
    ColumnMapping,
    Condition,
    Direction,
    OneWay,
    Operator,
    TableMap,
    ValueMap,
)
from domain.table_maps import lookups
from domain.tables import Table

# For the cutover variant alone, which maps msdyn_invoicestatus to TRANSSTATUS while a company migrates: 4 is fully
# invoiced, 0 is not, for lines of progress billing (Project Operations documentation, "Migrating invoiced milestones").
CUTOVER_STATUSES = ValueMap(((MilestoneStatus.READY_TO_INVOICE.value, 4), (MilestoneStatus.NOT_READY.value, 0)))

MAP = TableMap(
    name="contract_line_milestones",
    label="Project Operations integration contract line milestones (msdyn_contractlinescheduleofvalues)",
    version="1.0.0.7",
    source=Table.DATAVERSE_MILESTONES,
    target=Table.FINANCE_MILESTONES_STAGING,
    direction=Direction.DATAVERSE_TO_FINANCE,
    keys=("msdyn_contractlinescheduleofvalueid",),
    company=lookups.COMPANY_OF_CONTRACT,
    # what is left of a header changes with every part that is billed; it crosses when it is billed itself
    filter=(Condition("invoicing_isrest", Operator.NOT_EQUAL, True, absent=False),),
    columns=(
        ColumnMapping("msdyn_contractlinescheduleofvalueid", "TransactionId"),
        ColumnMapping("msdyn_contract", "ContractId", lookups.CONTRACT_NUMBER),
        ColumnMapping("msdyn_contractlineid", "ContractLine", lookups.contract_line_number("msdyn_contract")),
        ColumnMapping("msdyn_contractlinecustomer", "FundingSourceId", lookups.funding_source("msdyn_contract")),
        ColumnMapping("msdyn_contractlinecustomer", "CustomerAccountNumber", lookups.funding_account("msdyn_contract")),
        ColumnMapping("msdyn_project", "ProjectId", lookups.PROJECT_NUMBER),
        ColumnMapping("msdyn_milestonedate", "InvoiceDate", lookups.DAY),
        ColumnMapping("msdyn_name", "Description", after_arrival=AfterArrival.FOLLOWS),
        ColumnMapping("transactioncurrencyid", "CurrencyId", lookups.CURRENCY_CODE),
        ColumnMapping("msdyn_amount", "Amount"),
    ),
    one_way=OneWay("milestones are planned on the contract line in Dataverse; change them there"),
)
