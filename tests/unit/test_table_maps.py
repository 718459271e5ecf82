"""The shipped maps: their value maps exact both ways, their documents golden, one row across each of them.

`python -m tests.unit.test_table_maps` writes the golden documents anew after a map was changed on purpose.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import pytest

from domain.errors import BadRow, BadTableMap, Problem, ReasonCode
from domain.option_sets import BillingType, TransactionType
from domain.record import Record
from domain.rows import Columns
from domain.table_map import apply, apply_write_back, needed_lookups, passes, reverse_value
from domain.table_map_definition import (
    COMPANY_COLUMN,
    ColumnMapping,
    Direction,
    Flow,
    LookupKey,
    MapFault,
    TableMap,
    ValueMap,
)
from domain.table_map_loading import load_map
from domain.table_maps import TABLE_MAPS, contract_line_milestones, find_map
from domain.table_maps.project_operations_integration_actuals import BILLING_TYPES, TRANSACTION_TYPES
from tests.workflows.adatum import (
    CONTRACT,
    CORRELATION,
    INVOICE,
    MILESTONE,
    actual,
    connection,
    invoice,
    milestone,
    project_invoice,
    reference_rows,
)

TESTS = Path(__file__).resolve().parents[1]
GOLDEN = TESTS / "data" / "table_maps"
DOCUMENTATION = TESTS.parent / "docs" / "reference" / "table-maps.md"
TRANSACTION_TYPE_PAIRS = (
    (192350000, "Cost"),
    (192350005, "Sales"),
    (192350006, "BilledSales"),
    (192350008, "InterOrgSales"),
    (192350007, "ResourcingUnitCost"),
)
BILLING_TYPE_PAIRS = (
    (192350000, "NonChargeable"),
    (192350001, "Chargeable"),
    (192350002, "Complimentary"),
    (192350003, "NotAvailable"),
    (None, "NotSpecified"),
)
STATUS_PAIRS = ((192350001, 4), (192350000, 0))


def the_map(name: str) -> TableMap:
    """The shipped map of this name."""
    found = find_map(name)
    assert found is not None
    return found


ACTUALS = the_map("project_operations_integration_actuals")
PROPOSALS = the_map("project_invoice_proposal_v2")
RELATIONSHIPS = the_map("project_transaction_relationships")
MILESTONES = the_map("contract_line_milestones")
EXPORT = the_map("customer_invoice_export")


def mapping_of(table_map: TableMap, target: str) -> ColumnMapping:
    """The mapping that fills a column."""
    return next(each for each in table_map.columns if each.target == target)


def found() -> dict[LookupKey, Columns | None]:
    """What look-ups find in the reference rows."""
    rows: Iterable[tuple[LookupKey, Record]] = (
        (LookupKey(table, key), record) for table, record, key in reference_rows()
    )
    return {key: record.to_columns() for key, record in rows}


def carried(table_map: TableMap, record: Record, lookups: Mapping[LookupKey, Columns | None]) -> Columns:
    """The target row of a record."""
    result = apply(table_map, record.to_columns(), lookups)
    assert not isinstance(result, Problem), result
    return result


def column_document(mapping: ColumnMapping) -> dict[str, Any]:
    """A column mapping for readers outside of Python; what is not said is direct, optional, and fixed on arrival."""
    told = {**asdict(mapping), "transform": type(mapping.transform).__name__, **asdict(mapping.transform)}
    return {
        name: value
        for name, value in told.items()
        if not (value is None or value is False or value in ("fixed", "Direct"))
    }


def document(table_map: TableMap) -> dict[str, Any]:
    """A map as readers outside of Python see it."""
    company = table_map.company and column_document(table_map.company)
    return {**asdict(table_map), "company": company, "columns": [column_document(each) for each in table_map.columns]}


def golden_text(table_map: TableMap) -> str:
    """The golden document of a map."""
    return json.dumps(document(table_map), indent=2) + "\n"


# -- golden documents


@pytest.mark.parametrize("table_map", TABLE_MAPS, ids=lambda each: each.name)
def test_a_map_is_what_its_document_says(table_map: TableMap) -> None:
    assert json.loads((GOLDEN / f"{table_map.name}.json").read_text()) == json.loads(golden_text(table_map))


def test_there_is_no_document_without_a_map() -> None:
    assert {path.stem for path in GOLDEN.iterdir()} == {table_map.name for table_map in TABLE_MAPS}


def test_the_catalogue_is_complete() -> None:
    assert {(each.name, each.version, each.direction) for each in TABLE_MAPS} == {
        ("project_invoice_proposal_v2", "1.0.0.3", Direction.DATAVERSE_TO_FINANCE),
        ("project_operations_integration_actuals", "1.0.0.21", Direction.BIDIRECTIONAL),
        ("project_transaction_relationships", "1.0.0.0", Direction.DATAVERSE_TO_FINANCE),
        ("contract_line_milestones", "1.0.0.7", Direction.DATAVERSE_TO_FINANCE),
        ("customer_invoice_export", "1.0.0.0", Direction.FINANCE_TO_DATAVERSE),
    }
    assert find_map("msdyn_actuals") is None


def test_the_documentation_names_every_map_and_every_fault() -> None:
    lines = DOCUMENTATION.read_text().splitlines()
    for table_map in TABLE_MAPS:
        tables = f"`{table_map.source}` → `{table_map.target}`"
        start = f"| `{table_map.name}` | {table_map.label} | {table_map.version} | {tables} |"
        assert any(line.startswith(start) for line in lines), table_map.name
    for fault in MapFault:
        words = fault.name.lower().replace("_", " ").replace("lookup", "look-up").replace("write back", "write-back")
        words = words.replace("read only", "read-only")
        assert any(line.startswith(f"| {fault.value} | {words} |") for line in lines), fault


@pytest.mark.parametrize("table_map", TABLE_MAPS, ids=lambda each: each.name)
def test_a_map_that_loses_a_mandatory_column_no_longer_loads(table_map: TableMap) -> None:
    key = mapping_of(table_map, table_map.columns[0].target)
    with pytest.raises(BadTableMap, match=f"TMV10(10|14) .*{table_map.name}.*{key.target}"):
        load_map(replace(table_map, columns=tuple(each for each in table_map.columns if each != key)))


# -- G56 and G57: value maps


@pytest.mark.parametrize(("given", "made"), TRANSACTION_TYPE_PAIRS)
def test_g56_transaction_types_are_exact_both_ways(given: int, made: str) -> None:
    row = carried(ACTUALS, actual(1, transaction_type=given), found())
    assert row["TransactionType"] == made
    assert reverse_value(mapping_of(ACTUALS, "TransactionType"), made) == given


@pytest.mark.parametrize(("given", "made"), BILLING_TYPE_PAIRS)
def test_g56_billing_types_are_exact_both_ways(given: int | None, made: str) -> None:
    row = carried(ACTUALS, actual(1, billing_type=given), found())
    assert row["BillingType"] == made
    assert reverse_value(mapping_of(ACTUALS, "BillingType"), made) == given


def test_g56_no_pair_is_missing_and_none_is_too_many() -> None:
    assert set(TRANSACTION_TYPES.pairs) == set(TRANSACTION_TYPE_PAIRS)
    assert {*BILLING_TYPES.pairs, (None, "NotSpecified")} == set(BILLING_TYPE_PAIRS)


def test_g56_project_contract_is_rejected() -> None:
    problem = apply(ACTUALS, actual(1, transaction_type=TransactionType.PROJECT_CONTRACT).to_columns(), found())
    assert isinstance(problem, Problem)
    assert (problem.code, problem.ids) == (ReasonCode.MAP_VALUE_UNKNOWN, (actual(1).actual,))
    assert "192350004 in column msdyn_transactiontypecode" in problem.sentence
    with pytest.raises(BadRow, match="ProjectContract"):
        reverse_value(mapping_of(ACTUALS, "TransactionType"), "ProjectContract")


def test_g56_numeric_identity_would_be_wrong() -> None:
    # the members of ProjBillingType in their own order: number 0, number 1, ...
    finance = ("NotSpecified", "Chargeable", "NonChargeable", "Complimentary", "NotAvailable")
    identity = {value.value: finance[value.value - BillingType.NON_CHARGEABLE.value] for value in BillingType}
    wrong = [given for given, made in BILLING_TYPE_PAIRS if given and identity[given] != made]
    assert wrong == [192350000, 192350002, 192350003]


@pytest.mark.parametrize(("given", "made"), STATUS_PAIRS)
def test_g57_cutover_statuses_are_exact_both_ways(given: int, made: int) -> None:
    mapping = ColumnMapping("msdyn_invoicestatus", "TRANSSTATUS", contract_line_milestones.CUTOVER_STATUSES)
    assert reverse_value(mapping, made) == given
    assert isinstance(mapping.transform, ValueMap)
    assert set(mapping.transform.pairs) == set(STATUS_PAIRS)


# -- one row across each map


def test_an_unbilled_sale_crosses_with_what_finance_calls_everything() -> None:
    assert carried(ACTUALS, actual(1), found()) == {
        "DataAreaId": "usmf",
        "ActualId": actual(1).actual,
        "TransactionType": "Sales",
        "TransactionClassification": 192350000,
        "BillingType": "Chargeable",
        "Quantity": "8",
        "UnitPrice": "200.00",
        "Amount": "1600.00",
        "TransactionCurrencyId": "USD",
        "DocumentDate": "2026-08-03",
        "ContractId": "C-001",
        "ContractLine": 1,
        "BillingMethod": 192350000,
        "FundingSourceId": "FS-Adatum",
        "CustomerAccountNumber": "US-001",
        "ProjectId": "P-1",
        "TransactionCategoryId": "Labor",
        "BookableResourceName": "Bob Kozack",
        "Description": "Install the arm",
    }


def test_an_unbilled_sale_looks_the_same_after_it_was_stamped_with_its_invoice() -> None:
    stamped = actual(1, invoice=INVOICE, billing_status=192350001, adjustment_status=192350001)
    assert carried(ACTUALS, stamped, found()) == carried(ACTUALS, actual(1), found())


def test_a_billed_sale_carries_the_proformas_number_and_its_milestone() -> None:
    record = invoice()
    lookups = {**found(), LookupKey(PROPOSALS.source, record.key): record.to_columns()}
    row = carried(ACTUALS, actual(1, transaction_type=192350006, invoice=INVOICE, milestone=MILESTONE), lookups)
    assert (row["InvoiceId"], row["MilestoneId"]) == ("INV-0001", MILESTONE)


@pytest.mark.parametrize(("skip_sync", "crosses"), [(True, False), (False, True), (None, True)])
def test_g51_rows_with_skip_sync_do_not_cross(skip_sync: bool | None, crosses: bool) -> None:
    assert passes(ACTUALS, {**actual(1).to_columns(), "msdyn_skipsync": skip_sync}) is crosses


def test_exactly_the_four_accounting_attributes_are_written_back() -> None:
    staged: Columns = {
        **carried(ACTUALS, actual(1), found()),
        "AccountingAmount": "1600.00",
        "ExchangeRate": "1",
        "VoucherNumber": "PVN-1",
        "SalesTaxAmount": "160.00",
        "IsProcessed": True,
    }
    assert apply_write_back(ACTUALS, staged) == {
        "msdyn_accountingcurrencyamount": "1600.00",
        "msdyn_accountingexchangerate": "1",
        "msdyn_vouchernumber": "PVN-1",
        "msdyn_salestaxamount": "160.00",
    }
    assert [each.target for each in ACTUALS.columns if each.flow is Flow.BOTH] == ["ActualId"]


def test_a_confirmed_proforma_becomes_a_header_without_a_status() -> None:
    assert carried(PROPOSALS, invoice(), found()) == {
        "DataAreaId": "usmf",
        "ProformaInvoiceId": INVOICE,
        "ProposalId": "INV-0001",
        "ProjInvoiceProjId": "C-001",
        "ContractRecordId": CONTRACT,
        "FundingSourceId": "FS-Adatum",
        "InvoiceAccount": "US-001",
        "CurrencyId": "USD",
        "InvoiceDate": "2026-08-31",
        "Payment": "Net30",
        "Description": "Arm Installation",
        "BillableSalesActualCount": 1,
        "HashedListOfBillableSalesActualIds": "5e0c",
        "Correlation": CORRELATION,
    }


@pytest.mark.parametrize(
    ("changes", "crosses"),
    [
        ({}, True),
        ({"msdyn_ordertype": None}, True),
        ({"msdyn_ordertype": 192350000}, False),
        ({"msdyn_projectinvoicestatus": 192350000}, False),
        ({"msdyn_projectinvoicestatus": 192350001}, False),
        ({"msdyn_projectinvoicestatus": 192350004}, False),
    ],
)
def test_only_confirmed_work_based_proformas_become_proposals(changes: Columns, crosses: bool) -> None:
    assert passes(PROPOSALS, {**invoice().to_columns(), **changes}) is crosses


@pytest.mark.parametrize(
    ("types", "crosses"),
    [
        (("msdyn_actual", "msdyn_actual"), True),
        (("msdyn_invoicelinetransaction", "msdyn_actual"), False),
        (("msdyn_actual", "msdyn_journalline"), False),
    ],
)
def test_only_connections_between_actuals_cross(types: tuple[str, str], crosses: bool) -> None:
    row = connection(1, transaction1_type=types[0], transaction2_type=types[1]).to_columns()
    assert passes(RELATIONSHIPS, row) is crosses
    assert needed_lookups(RELATIONSHIPS, row) == ()


def test_a_connection_crosses_without_a_company() -> None:
    row = carried(RELATIONSHIPS, connection(1, transaction1_key="a/b", transaction2_key="c/d"), {})
    assert COMPANY_COLUMN not in row
    assert (row["Transaction1Role"], row["Transaction1Key"], row["Transaction2Key"]) == ("Billed Sales", "a/b", "c/d")
    bare = {key: value for key, value in connection(1).to_columns().items() if not key.endswith("type")}
    assert passes(RELATIONSHIPS, bare)
    assert apply(RELATIONSHIPS, bare, {}) == carried(RELATIONSHIPS, connection(1), {})


def test_a_milestone_crosses_into_the_company_of_its_contract() -> None:
    row = carried(MILESTONES, milestone(), found())
    assert row == {
        "DataAreaId": "usmf",
        "TransactionId": MILESTONE,
        "ContractId": "C-001",
        "ContractLine": 1,
        "FundingSourceId": "FS-Adatum",
        "CustomerAccountNumber": "US-001",
        "ProjectId": "P-1",
        "InvoiceDate": "2026-08-15",
        "Description": "Design approved",
        "CurrencyId": "USD",
        "Amount": "5000.00",
    }


def test_a_posted_invoice_returns_with_number_date_voucher_tax_and_status() -> None:
    assert carried(EXPORT, project_invoice(), {}) == {
        "cdm_companycode": "usmf",
        "invoiceid": INVOICE,
        "msdyn_invoicenumber": "CIV-000001",
        "msdyn_invoicedate": "2026-09-01",
        "msdyn_ledgervoucher": "PIV-000001",
        "isocurrencycode": "USD",
        "totaltax": "160.00",
        "totalamount": "1760.00",
        "msdyn_projectinvoicestatus": 192350004,
    }


if __name__ == "__main__":
    for each in TABLE_MAPS:
        (GOLDEN / f"{each.name}.json").write_text(golden_text(each))
