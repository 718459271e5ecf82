"""A map that does not fit its tables never loads: map, column and reason are named."""

from dataclasses import replace

import pytest

from domain.errors import BadTableMap
from domain.table_map_definition import (
    ColumnMapping,
    Condition,
    Constant,
    Date,
    Direction,
    Flow,
    Hop,
    Lookup,
    MapFault,
    Operator,
    TableMap,
    TargetKey,
    Transform,
    ValueMap,
)
from domain.table_map_loading import load_map, load_maps
from domain.tables import Table
from tests.unit.small_maps import CONTRACT_NUMBER, MILESTONES, NAME, PROJECT, bidirectional, with_column


def test_a_map_that_fits_is_given_back() -> None:
    assert load_map(MILESTONES) is MILESTONES


ID_TO_TWO: Transform = ValueMap((("a", "x"), ("b", "x")))
BACK_NAME = ColumnMapping("msdyn_salestaxamount", "SalesTaxAmount", flow=Flow.BACK)

REFUSED: tuple[tuple[MapFault, str, TableMap], ...] = (
    (MapFault.NAME_WRONG, "milestones!", replace(MILESTONES, name="milestones!")),
    (MapFault.VERSION_WRONG, "four numbers", replace(MILESTONES, version="1.0")),
    (MapFault.VERSION_WRONG, "four numbers", replace(MILESTONES, version="1.0.0.01")),
    (MapFault.TABLE_UNKNOWN, "FinanceLedgerEntries", replace(MILESTONES, target=Table.FINANCE_LEDGER_ENTRIES)),
    (MapFault.DIRECTION_WRONG, "cannot go", replace(MILESTONES, direction=Direction.FINANCE_TO_DATAVERSE)),
    (MapFault.SOURCE_COLUMN_UNKNOWN, "msdyn_nam", with_column(replace(NAME, source="msdyn_nam"), instead=NAME)),
    (MapFault.SOURCE_COLUMN_UNKNOWN, "constant", with_column(ColumnMapping(None, "ProjectId"))),
    (MapFault.SOURCE_COLUMN_UNKNOWN, "nowhere", replace(MILESTONES, target_key=TargetKey("nowhere", "msdyn_name"))),
    (MapFault.TARGET_COLUMN_UNKNOWN, "Descripton", with_column(replace(NAME, target="Descripton"), instead=NAME)),
    (
        MapFault.LOOKUP_UNKNOWN,
        "ordernr",
        with_column(ColumnMapping("msdyn_contract", "ProjectId", Lookup((Hop(Table.DATAVERSE_CONTRACTS, "ordernr"),)))),
    ),
    (
        MapFault.LOOKUP_UNKNOWN,
        "FinanceSetup",
        with_column(ColumnMapping("msdyn_contract", "ProjectId", Lookup((Hop(Table.FINANCE_SETUP, "a"),)))),
    ),
    (
        MapFault.LOOKUP_UNKNOWN,
        "partition",
        with_column(
            ColumnMapping(
                "msdyn_contract", "ProjectId", Lookup((Hop(Table.DATAVERSE_CONTRACTS, "ordernumber", "nowhere"),))
            )
        ),
    ),
    (
        MapFault.LOOKUP_UNKNOWN,
        "at least one hop",
        with_column(ColumnMapping("msdyn_contract", "ProjectId", Lookup(()))),
    ),
    (MapFault.FILTER_WRONG, "msdyn_skip", replace(MILESTONES, filter=(Condition("msdyn_skip", Operator.EQUAL, 1),))),
    (
        MapFault.FILTER_WRONG,
        "never be True",
        replace(MILESTONES, filter=(Condition("msdyn_invoicestatus", Operator.EQUAL, True),)),
    ),
    (
        MapFault.FILTER_WRONG,
        "never be 7",
        replace(MILESTONES, filter=(Condition("msdyn_invoicestatus", Operator.EQUAL, 7),)),
    ),
    (MapFault.FILTER_WRONG, "nowhere", with_column(replace(PROJECT, when=Condition("nowhere", Operator.EQUAL, 1)))),
    (MapFault.COMPANY_MISMATCH, "both", replace(MILESTONES, company=None)),
    (
        MapFault.COMPANY_MISMATCH,
        "company key",
        replace(MILESTONES, company=ColumnMapping("msdyn_contract", "ProjectId", CONTRACT_NUMBER)),
    ),
    (MapFault.COMPANY_MISMATCH, "part of the key", with_column(ColumnMapping("msdyn_name", "DataAreaId"))),
    (MapFault.TARGET_COLUMN_TWICE, "Description", with_column(ColumnMapping("msdyn_project", "Description"))),
    (MapFault.KEY_MISSING, "integration key", replace(MILESTONES, keys=())),
    (MapFault.KEY_NOT_MAPPED, "msdyn_project", replace(MILESTONES, keys=("msdyn_project",))),
    (
        MapFault.KEY_NOT_BIDIRECTIONAL,
        "msdyn_actualid",
        replace(bidirectional(), columns=(ColumnMapping("msdyn_actualid", "ActualId"), BACK_NAME)),
    ),
    (
        MapFault.DIRECTION_WRONG,
        "at least one column back",
        replace(bidirectional(), columns=bidirectional().columns[:1]),
    ),
    (MapFault.DIRECTION_WRONG, "one-way", with_column(replace(PROJECT, flow=Flow.BOTH))),
    (MapFault.NOT_REVERSIBLE, "turned round", bidirectional(replace(BACK_NAME, transform=Date()))),
    (
        MapFault.NOT_REVERSIBLE,
        "SalesTaxAmount",
        bidirectional(replace(BACK_NAME, transform=ValueMap((("1", "3"), ("2", "3"))))),
    ),
    (
        MapFault.VALUE_MAP_DUPLICATE,
        "msdyn_project",
        with_column(replace(PROJECT, transform=ValueMap((("a", "x"), ("a", "y"))))),
    ),
    (MapFault.VALUE_MAP_DUPLICATE, "ProjectId", with_column(replace(PROJECT, transform=ID_TO_TWO))),
    (
        MapFault.VALUE_MAP_DUPLICATE,
        "ProjectId",
        with_column(replace(PROJECT, transform=ValueMap((("a", "x"),)), default="x")),
    ),
    (
        MapFault.TYPE_MISMATCH,
        "Description",
        with_column(ColumnMapping("msdyn_invoicestatus", "Description"), instead=NAME),
    ),
    (
        MapFault.TYPE_MISMATCH,
        "lineitemnumber",
        with_column(
            ColumnMapping(
                "msdyn_contractlineid",
                "ProjectId",
                Lookup((Hop(Table.DATAVERSE_CONTRACT_LINES, "lineitemnumber", "msdyn_contract"),)),
            )
        ),
    ),
    (MapFault.TYPE_MISMATCH, "cannot be '3'", with_column(ColumnMapping(None, "ContractLine", Constant("3")))),
    (MapFault.TYPE_MISMATCH, "5", with_column(ColumnMapping(None, "ProjectId", Constant(5)))),
    (MapFault.TYPE_MISMATCH, "a/b", with_column(replace(PROJECT, default="a/b"))),
    (
        MapFault.TYPE_MISMATCH,
        "never 4",
        with_column(ColumnMapping("msdyn_invoicestatus", "ProjectId", ValueMap(((4, "x"),)))),
    ),
    (MapFault.TYPE_MISMATCH, "cannot be 1", with_column(replace(PROJECT, transform=ValueMap((("a", 1),))))),
    (MapFault.READ_ONLY_COLUMN_MAPPED, "IsProcessed", bidirectional(ColumnMapping("msdyn_skipsync", "IsProcessed"))),
    (
        MapFault.READ_ONLY_COLUMN_MAPPED,
        "msdyn_quantity",
        bidirectional(ColumnMapping("msdyn_quantity", "Quantity", flow=Flow.BACK)),
    ),
    (MapFault.MANDATORY_COLUMN_UNMAPPED, "Amount", replace(MILESTONES, columns=MILESTONES.columns[:-1])),
    (
        MapFault.MANDATORY_COLUMN_UNMAPPED,
        "some rows",
        with_column(replace(NAME, when=Condition("msdyn_invoicestatus", Operator.EQUAL, 192350001)), instead=NAME),
    ),
    (MapFault.DEFAULT_MISSING, "Description", with_column(replace(NAME, source="msdyn_project"), instead=NAME)),
    (
        MapFault.WRITE_BACK_ALSO_FORWARD,
        "msdyn_vouchernumber",
        bidirectional(ColumnMapping("msdyn_vouchernumber", "Description")),
    ),
)


@pytest.mark.parametrize(("fault", "words", "definition"), REFUSED)
def test_a_wrong_map_is_refused_with_map_column_and_reason(fault: MapFault, words: str, definition: TableMap) -> None:
    with pytest.raises(BadTableMap) as refused:
        load_map(definition)
    lines = [line for line in str(refused.value).splitlines() if line.startswith(fault.value)]
    assert any(words in line and f"map {definition.name}" in line for line in lines), str(refused.value)


def test_every_fault_is_tried() -> None:
    assert {fault for fault, _, _ in REFUSED} | {MapFault.NAME_TWICE} == set(MapFault)


def test_all_faults_of_a_stage_are_told_at_once() -> None:
    with pytest.raises(BadTableMap) as refused:
        load_map(replace(MILESTONES, name="", version="1"))
    assert [line.split(":")[0] for line in str(refused.value).splitlines()] == [
        "TMV1101 name_wrong",
        "TMV1103 version_wrong",
    ]


def test_two_maps_cannot_have_one_name() -> None:
    with pytest.raises(BadTableMap, match="TMV1102 name_twice: map milestones"):
        load_maps((MILESTONES, MILESTONES))
