"""Two small maps that fit their tables, to be changed into what a test is about."""

from dataclasses import replace

from domain.table_map_definition import (
    ColumnMapping,
    Date,
    Direction,
    Flow,
    Hop,
    Lookup,
    OneWay,
    TableMap,
)
from domain.tables import Table

KEY = ColumnMapping("msdyn_contractlinescheduleofvalueid", "TransactionId")
NAME = ColumnMapping("msdyn_name", "Description")
AMOUNT = ColumnMapping("msdyn_amount", "Amount")
PROJECT = ColumnMapping("msdyn_project", "ProjectId")
CONTRACT_NUMBER = Lookup((Hop(Table.DATAVERSE_CONTRACTS, "ordernumber"),))
TO_COMPANY = Hop(Table.DATAVERSE_COMPANIES, "cdm_companycode")
MILESTONES = TableMap(
    name="milestones",
    label="Milestones",
    version="1.0.0.0",
    source=Table.DATAVERSE_MILESTONES,
    target=Table.FINANCE_MILESTONES_STAGING,
    direction=Direction.DATAVERSE_TO_FINANCE,
    keys=("msdyn_contractlinescheduleofvalueid",),
    company=ColumnMapping(
        "msdyn_contract", "DataAreaId", Lookup((Hop(Table.DATAVERSE_CONTRACTS, "msdyn_owningcompany"), TO_COMPANY))
    ),
    columns=(
        KEY,
        ColumnMapping("msdyn_contract", "ContractId", CONTRACT_NUMBER),
        ColumnMapping(
            "msdyn_contractlineid",
            "ContractLine",
            Lookup((Hop(Table.DATAVERSE_CONTRACT_LINES, "lineitemnumber", partition="msdyn_contract"),)),
        ),
        ColumnMapping("msdyn_milestonedate", "InvoiceDate", Date()),
        NAME,
        ColumnMapping(
            "transactioncurrencyid", "CurrencyId", Lookup((Hop(Table.DATAVERSE_CURRENCIES, "isocurrencycode"),))
        ),
        AMOUNT,
    ),
    one_way=OneWay("change it in Dataverse"),
)


def with_column(mapping: ColumnMapping, *, instead: ColumnMapping | None = None) -> TableMap:
    """The map with one more column, or with one exchanged."""
    columns = MILESTONES.columns if instead is None else tuple(each for each in MILESTONES.columns if each != instead)
    return replace(MILESTONES, columns=(*columns, mapping))


def bidirectional(*columns: ColumnMapping) -> TableMap:
    """A small map over actuals that writes one column back, with further columns; not every mandatory one is mapped."""
    return replace(
        MILESTONES,
        source=Table.DATAVERSE_ACTUALS,
        target=Table.FINANCE_ACTUALS_STAGING,
        direction=Direction.BIDIRECTIONAL,
        keys=("msdyn_actualid",),
        company=ColumnMapping("msdyn_owningcompany", "DataAreaId", Lookup((TO_COMPANY,))),
        columns=(
            ColumnMapping("msdyn_actualid", "ActualId", flow=Flow.BOTH),
            ColumnMapping("msdyn_vouchernumber", "VoucherNumber", flow=Flow.BACK),
            *columns,
        ),
    )
